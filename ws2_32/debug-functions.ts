import { loadPart } from '../host/load-part.js';
import type { Dispatcher } from './dispatcher/index.js';
import type { DebugHook, FunctionName, TakeOff, TraceOptions } from './debug/index.js';
import type * as Facility from './debug/index.js';

/** The debug and trace facility of an instance (specification: Debug and Trace Facilities). */
export interface DebugFunctions<Api> {
  /**
   * Has a hook told of calls that cross a border: of the API, of providers (of each layer), of WinSock's upcalls and of
   * name-space providers. It may change, prevent and redirect them, and change what comes of them. It applies at once, also to
   * sockets that are open; of several, the one that was put in last is told first, and last of what was returned.
   *
   * @param hook what is told of which calls
   * @returns takes the hook off; functions that no other one hooks are those that were given again
   * @throws TypeError for an option that there is not, a wrong value, or a name that no function has
   */
  hook<const Name extends FunctionName = FunctionName>(hook: DebugHook<Api, Name>): TakeOff;

  /**
   * Writes a trace of calls that cross a border, nested, with what their arguments say, what came of them, and the ends
   * of operations; see docs/debug-and-trace.md. Contents and secrets are left out unless they are asked for.
   *
   * @param options what to tell, and where; readable lines to standard error if absent
   * @returns ends the trace, and writes the rest of it
   * @throws TypeError for a wrong option, Error when the file cannot be opened. When it cannot be written later, that is
   *   reported as a defect, and the trace ends there
   */
  trace(options?: TraceOptions): TakeOff;
}

/** Makes the debug and trace facility of an instance; what it consists of is loaded by its first use. */
export function createDebugFunctions<Api>(dispatcher: Dispatcher): DebugFunctions<Api> {
  return {
    hook: (hook) => loadFacility().putHookIn(dispatcher, hook),
    trace: (options) => loadFacility().traceInstance(dispatcher, options),
  };
}

/** Writes the trace of an instance that the environment asks for by WS2SPI_TRACE, if it does. */
export function traceByEnvironment(dispatcher: Dispatcher): void {
  const { WS2SPI_TRACE: value } = process.env;
  if (value !== undefined && value !== '') loadFacility().traceByEnvironment(dispatcher, value);
}

function loadFacility(): typeof Facility {
  return loadPart<typeof Facility>(import.meta.url, './debug/index.js');
}

import { loadPart } from '../../host/load-part.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { DebugHook, FunctionName, TakeOff } from './debug-hook.js';
import type * as PutIn from './put-in.js';

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
}

/** Makes the debug and trace facility of an instance; what it consists of is loaded by its first use. */
export function createDebugFunctions<Api>(dispatcher: Dispatcher): DebugFunctions<Api> {
  return {
    hook: (hook) => loadPart<typeof PutIn>(import.meta.url, './put-in.js').putHookIn(dispatcher, hook),
  };
}

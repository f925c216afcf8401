// Traces, made of a hook.
import { kindOf, messageOf } from '../../spi/answers.js';
import { ERROR_IO_PENDING, INVALID_SOCKET, winsockErrorName } from '../../spi/index.js';
import {
  describeArguments,
  Words,
  type ArgumentValue,
  type Disclosure,
  type Trace,
  type TracedCall,
} from '../../tracing/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { DebugHook } from './debug-hook.js';
import type { HookedCall } from './hooked-call.js';

/** Makes the hook that writes a trace of an instance. */
export function traceHook(
  dispatcher: Dispatcher,
  trace: Trace,
  match: DebugHook<unknown>['match'],
  disclosure: Disclosure,
): DebugHook<unknown, string> {
  const instance = trace.addInstance();
  const { clock } = dispatcher.host;
  const open = new Map<number, TracedCall>();

  const before = (call: HookedCall): void => {
    const { id, parent, depth, border, layer, socket, signature, values } = call;
    const traced: TracedCall = {
      id,
      parent: parent?.id ?? null,
      depth,
      function: call.function,
      border,
      layer,
      socket: typeof socket === 'number' ? socket : undefined,
      instance,
      began: clock.now(),
      arguments: describeArguments(signature, values, disclosure),
    };
    open.set(id, traced);
    trace.begin(traced);
  };
  const after = (call: HookedCall): void => {
    const traced = open.get(call.id);
    if (traced === undefined) return;
    open.delete(call.id);
    const { error, failed, thrown, result } = call;
    const isPending = error === ERROR_IO_PENDING || (call.function.startsWith('WSAAsyncGet') && result !== 0);
    const outputs =
      failed || thrown !== null ? {} : describeArguments(call.signature, call.values, disclosure, transferredBy(call));
    trace.end(traced, {
      ended: clock.now(),
      result: result === INVALID_SOCKET && failed ? new Words('INVALID_SOCKET') : describeResult(result),
      error,
      errorName: error === 0 ? null : winsockErrorName(error),
      outputs,
      thrown: thrown === null ? null : messageOf(thrown.cause) || kindOf(thrown.cause),
      isPending,
    });
  };
  const completed = (call: HookedCall): void => {
    const { id, border, layer, socket, completionError: error, transferred, by } = call;
    // Buffers of a layer are its caller's, who may use them for something else by now.
    const isReceived =
      border === 'api' &&
      error === 0 &&
      disclosure.contents > 0 &&
      call.signature.args.some(({ kind, direction }) => kind === 'buffers' && direction === 'out');
    trace.completed({
      id,
      function: call.function,
      border,
      layer,
      socket: typeof socket === 'number' ? socket : undefined,
      instance,
      time: clock.now(),
      error,
      errorName: error === 0 ? null : winsockErrorName(error),
      transferred,
      by,
      outputs: isReceived ? onlyBuffers(describeArguments(call.signature, call.values, disclosure, transferred)) : {},
    });
  };
  const hook = { name: 'the trace', ...(match === undefined ? {} : { match }), before, after, completed };
  return hook as unknown as DebugHook<unknown, string>;
}

/** How many bytes a call that succeeded has transferred. */
function transferredBy({ result, signature, values }: HookedCall): number {
  if (signature.result === 'count') return Math.max(Number(result) || 0, 0);
  const at = signature.args.findIndex(
    ({ kind, direction, reference }) => kind === 'length' && direction === 'out' && reference,
  );
  const told = at < 0 ? null : (values[at] as { value?: unknown } | null | undefined);
  return typeof told?.value === 'number' ? Math.max(told.value, 0) : 0;
}

function onlyBuffers({ lpBuffers }: Readonly<Record<string, ArgumentValue>>): Record<string, ArgumentValue> {
  return lpBuffers === undefined ? {} : { lpBuffers };
}

function describeResult(result: unknown): ArgumentValue {
  if (typeof result === 'number' || typeof result === 'boolean' || result === null) return result;
  return typeof result === 'string'
    ? result.slice(0, 200)
    : new Words(result === undefined ? 'nothing' : kindOf(result));
}

// How the end of an operation is joined to the call that began it.
import { memberOf } from '../../spi/arguments.js';
import { ERROR_IO_PENDING, type WSACOMPLETION } from '../../spi/index.js';
import type { Signature } from '../../spi/signatures/index.js';
import type { Dispatcher, HookedFunction } from '../dispatcher/index.js';
import type { CallCompletion, OperationKey } from './debug-hook.js';
import type { HookedCall } from './hooked-call.js';

/** How a call that begins an operation tells what the operation is known by. */
export interface OperationOf {
  /** From the arguments, before it is called; `null` when it begins none. */
  readonly keyBefore: (values: readonly unknown[]) => OperationKey | null;
  /** Whether the operation is known by what the call returns. */
  readonly isResult: boolean;
  /** Where the completion routine is among the arguments; -1 for none. */
  readonly routineAt: number;
}

const NO_KEY = (): null => null;

/** How a function begins operations; `null` for one that never does. */
export function operationOf(
  { function: name, border }: HookedFunction,
  { args, result }: Signature,
): OperationOf | null {
  if (name.startsWith('WSAAsyncGet')) return { keyBefore: NO_KEY, isResult: result === 'handle', routineAt: -1 };
  const asked = args.findIndex(({ name: each }) => each === 'hAsyncCall');
  // By WSAProviderCompleteAsyncCall the provider ends what it was asked.
  if (asked >= 0 && border === 'api') return null;
  if (asked >= 0) return { keyBefore: (values) => handleIn(values[asked]), isResult: false, routineAt: -1 };
  // What only asks about an operation has nothing else to say.
  const overlapped = args.findIndex(({ kind, direction }) => kind === 'overlapped' && direction === 'inout');
  const notice = args.findIndex(({ structure }) => structure === 'WSACOMPLETION');
  if (args.length < 2 || (overlapped < 0 && notice < 0)) return null;
  const routineAt = args.findIndex(({ name: each }) => each === 'lpCompletionRoutine');
  const keyBefore = (values: readonly unknown[]): OperationKey | null =>
    overlapped >= 0 ? objectIn(values[overlapped]) : overlappedIn(values[notice]);
  return { keyBefore, isResult: false, routineAt };
}

function handleIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function objectIn(value: unknown): object | null {
  return typeof value === 'object' ? value : null;
}

function overlappedIn(completion: unknown): object | null {
  try {
    const { Event, Apc, Port } = (completion as Partial<WSACOMPLETION>).Parameters!;
    return objectIn((Event ?? Apc ?? Port)?.lpOverlapped);
  } catch {
    // No structure, or one that its function will refuse.
    return null;
  }
}

/** The operations of the calls that one hook was told of. */
export class HookedOperations {
  // The calls that an operation went through, outermost first.
  readonly #byObject = new WeakMap<object, HookedCall[]>();
  readonly #byHandle = new Map<number, HookedCall[]>();

  /** @param complete tells the hook of an operation's end */
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly complete: (call: HookedCall) => void,
  ) {}

  /** Listens to the ends of operations; the function returned stops that. */
  watch(): () => void {
    return this.dispatcher.host.observers.watch((key, s, error, transferred, flags) => {
      const calls = this.#take(key);
      // Completions come up from the bottom of a chain.
      for (let at = calls.length - 1; at >= 0; at--) {
        const call = calls[at]!;
        call.complete({ completionError: error, transferred, flags, by: this.#way(call, key, s) });
        this.complete(call);
      }
    });
  }

  /** A call is about to be made that may begin an operation. */
  begin(call: HookedCall, begins: OperationOf): void {
    const key = begins.keyBefore(call.values);
    if (key !== null) this.#put(key, call);
  }

  /** It has returned. */
  returned(call: HookedCall, begins: OperationOf, result: unknown): void {
    if (begins.isResult) {
      if (typeof result === 'number' && result !== 0) this.#put(result, call);
      return;
    }
    const key = begins.keyBefore(call.values);
    if (key === null || !call.failed || call.error === ERROR_IO_PENDING) return;
    // It failed at once, and nobody is told of an end; who asks is answered at once where the key is a handle.
    const calls = this.#get(key)?.filter((each) => each !== call) ?? [];
    if (calls.length === 0) this.#take(key);
    else this.#set(key, calls);
  }

  #way(call: HookedCall, key: OperationKey, s: number): CallCompletion<unknown, string>['by'] {
    if (typeof key === 'number') return call.border === 'api' ? 'message' : 'callback';
    if (typeof call.argument('lpCompletionRoutine') === 'function') return 'routine';
    const hEvent = memberOf(key, 'hEvent');
    if (this.dispatcher.host.ports.isAssociated(s) && !(typeof hEvent === 'number' && (hEvent & 1) !== 0))
      return 'port';
    return hEvent ? 'event' : 'none';
  }

  #put(key: OperationKey, call: HookedCall): void {
    const known = this.#get(key);
    // A structure may be used again for an operation whose former one nobody was told the end of.
    if (known === undefined || !known.some((each) => each.isOpen)) this.#set(key, [call]);
    else known.push(call);
  }

  #get(key: OperationKey): HookedCall[] | undefined {
    return typeof key === 'number' ? this.#byHandle.get(key) : this.#byObject.get(key);
  }

  #set(key: OperationKey, calls: HookedCall[]): void {
    if (typeof key === 'number') this.#byHandle.set(key, calls);
    else this.#byObject.set(key, calls);
  }

  #take(key: OperationKey): HookedCall[] {
    const calls = this.#get(key) ?? [];
    if (typeof key === 'number') this.#byHandle.delete(key);
    else this.#byObject.delete(key);
    return calls;
  }
}

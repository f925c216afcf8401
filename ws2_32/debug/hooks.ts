// What is done around a hooked function: hooks are told, and what they want is done.
import { ignoreOutcome, isGenerator, isThenable, RUNS_WHEN_CALLED } from '../../spi/answers.js';
import { SOCKET_ERROR, WSAENOTSOCK, type SOCKET, type WSPPROC_TABLE } from '../../spi/index.js';
import type { Signature } from '../../spi/signatures/index.js';
import type { AnyFunction } from '../../spi/wrap-table.js';
import type { BorderHook, Dispatcher, HookedFunction } from '../dispatcher/index.js';
import type { DebugHook } from './debug-hook.js';
import { HookedCall, HookedPlace, type Instead } from './hooked-call.js';
import { HookedOperations, operationOf, type OperationOf } from './operations.js';

/** A hook as it is called: of whatever function. */
interface Told {
  readonly name: string;
  readonly before: ((call: HookedCall) => unknown) | undefined;
  readonly after: ((call: HookedCall) => unknown) | undefined;
  readonly completed: ((call: HookedCall) => unknown) | undefined;
}

/** One hook that was put in, and the calls that it is told of. */
export class InstalledHook implements BorderHook {
  readonly match: (hooked: HookedFunction) => boolean;
  readonly #told: Told;
  readonly #operations: HookedOperations | null;
  #takeOut: (() => void) | null = null;
  #stopWatching: (() => void) | null = null;
  #isOn = true;
  /** Whether one of its functions runs: it is not told of calls that it makes itself. */
  #isBusy = false;
  #calls = 0;
  /** The innermost call that is under way. */
  #current: HookedCall | null = null;
  /** A function that it has led a call to: not told of a second time. */
  #passing: unknown = null;
  /** Functions that it has led calls of elsewhere: where those call them, they mean the functions themselves. */
  readonly #ledAway = new Set<unknown>();

  /** @param matches which functions it is for; may throw */
  constructor(
    private readonly dispatcher: Dispatcher,
    hook: DebugHook<unknown, string>,
    matches: (hooked: HookedFunction) => unknown,
  ) {
    const { name = 'a debug hook', before, after, completed } = hook as DebugHook<unknown, string> & Told;
    this.#told = { name, before, after, completed };
    this.#operations =
      completed === undefined ? null : new HookedOperations(dispatcher, (call) => this.#complete(call));
    this.match = (hooked) => {
      if (!this.#isOn) return false;
      const wasBusy = this.#isBusy;
      this.#isBusy = true;
      try {
        return Boolean(matches(hooked));
      } catch (cause) {
        this.#fault(`threw, asked whether it is for ${hooked.function}`, cause);
        return false;
      } finally {
        this.#isBusy = wasBusy;
      }
    };
  }

  /** Puts it in. */
  putIn(): void {
    const takeOut = this.dispatcher.borders.hook(this);
    if (!this.#isOn) {
      takeOut();
      return;
    }
    this.#takeOut = takeOut;
    this.#stopWatching = this.#operations?.watch() ?? null;
  }

  /** Takes it off: it is told of nothing from here on, also of calls that are under way. */
  takeOff(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#takeOut?.();
    this.#stopWatching?.();
  }

  wrap(hooked: HookedFunction, signature: Signature, next: AnyFunction, original: AnyFunction): AnyFunction {
    const place = new HookedPlace(hooked, signature);
    const begins = this.#operations === null ? null : operationOf(hooked, signature);
    return (...values) => {
      if (this.#isBusy || !this.#isOn || this.#ledAway.has(original)) return next(...values);
      if (this.#passing === original) {
        this.#passing = null;
        return next(...values);
      }
      return this.#call(place, begins, next, original, values);
    };
  }

  #call(
    place: HookedPlace,
    begins: OperationOf | null,
    next: AnyFunction,
    original: AnyFunction,
    values: unknown[],
  ): unknown {
    const parent = this.#current;
    const call = new HookedCall(place, values, ++this.#calls, parent, parent === null ? 0 : parent.depth + 1);
    const { before, after } = this.#told;
    if (before !== undefined && !this.#tell(call, before, 'before')) call.takeBack();
    call.begin();
    if (begins !== null) this.#operations!.begin(call, begins);
    let result: unknown;
    let isThrown = false;
    this.#current = call;
    try {
      result = call.instead === null ? next(...values) : this.#doInstead(call, call.instead, next, original);
    } catch (cause) {
      call.threw(cause);
      isThrown = true;
    } finally {
      this.#current = parent;
    }
    const { dispatcher } = this;
    call.returned(result, place.saysFailure(result) ? this.#errorOf(call, result) : 0);
    if (after !== undefined && this.#isOn) {
      const told = dispatcher.lastError;
      if (this.#tell(call, after, 'after') && this.#isSound(call)) {
        result = call.result;
        if (call.hasNewResult) isThrown = false;
        if (call.newError >= 0) this.#setError(call, call.newError);
        else if (call.hasNewResult && !call.failed && call.errorPlace() === null) dispatcher.setLastError(0);
      } else dispatcher.setLastError(told);
    }
    call.end();
    if (begins !== null) this.#operations!.returned(call, begins, result);
    if (isThrown) throw call.thrown!.cause;
    return result;
  }

  /** Does what the hook wants in place of the function. */
  #doInstead(call: HookedCall, instead: Instead, next: AnyFunction, original: AnyFunction): unknown {
    const { values, place } = call;
    switch (instead.kind) {
      case 'result':
        if (place.saysFailure(instead.result) || call.errorPlace() === null) this.#setError(call, instead.error);
        return instead.result;
      case 'function':
        return this.#callFunction(call, instead.target, next, original);
      case 'socket':
        call.leadTo(instead.socket);
        if (place.hooked.border !== 'provider') return next(...values);
        return this.#callProviderOf(instead.socket, call, next, original);
    }
  }

  /** Calls the function that a call is led to: what it throws is the caller's; what is no result of this one, the hook's fault. */
  #callFunction(call: HookedCall, target: AnyFunction, next: AnyFunction, original: AnyFunction): unknown {
    let result: unknown;
    this.#ledAway.add(original);
    try {
      result = this.#passTo(target, call.values);
    } finally {
      this.#ledAway.delete(original);
    }
    if (isThenable(result)) ignoreOutcome(result);
    try {
      call.place.checkResult(result);
      return result;
    } catch (cause) {
      this.#fault(`led ${call.function} to a function that returns no result of it`, cause);
    }
    return next(...call.values);
  }

  /** Calls a function that may be hooked itself: of that call this hook knows already. */
  #passTo(target: AnyFunction, values: unknown[]): unknown {
    const passing = this.#passing;
    this.#passing = this.dispatcher.borders.unhooked(target);
    try {
      return target(...values);
    } finally {
      this.#passing = passing;
    }
  }

  #callProviderOf(socket: SOCKET, call: HookedCall, next: AnyFunction, original: AnyFunction): unknown {
    const { dispatcher } = this;
    const procedures = dispatcher.sockets.get(socket)?.provider.procedures;
    if (procedures === undefined) {
      this.#setError(call, WSAENOTSOCK);
      return call.place.failure ?? SOCKET_ERROR;
    }
    const target = procedures[`lp${call.function}` as keyof WSPPROC_TABLE] as AnyFunction;
    return dispatcher.borders.unhooked(target) === original ? next(...call.values) : this.#passTo(target, call.values);
  }

  #errorOf(call: HookedCall, result: unknown): number {
    if (call.signature.result === 'error') return result as number;
    const place = call.errorPlace();
    return place === null ? this.dispatcher.lastError : place.value;
  }

  #setError(call: HookedCall, error: number): void {
    const place = call.errorPlace();
    if (place === null) this.dispatcher.setLastError(error);
    else place.value = error;
  }

  /** Whether what the hook has made of a result can be: else it would be its provider that is blamed. */
  #isSound(call: HookedCall): boolean {
    if (!call.failed || call.error !== 0 || !(call.hasNewResult || call.newError >= 0)) return true;
    this.#fault(`made ${call.function} fail without an error`);
    return false;
  }

  #complete(call: HookedCall): void {
    if (this.#isOn && !this.#isBusy) this.#tell(call, this.#told.completed!, 'completed');
  }

  /** Calls one of the hook's functions; false when it failed, and was taken off for it. The last error stays what it was. */
  #tell(call: HookedCall, told: (call: HookedCall) => unknown, what: string): boolean {
    const { dispatcher } = this;
    const { lastError } = dispatcher;
    this.#isBusy = true;
    try {
      const answer = told(call);
      if (isGenerator(answer)) {
        this.#fault(`returned a generator in ${what} of ${call.function}, of which nothing runs: ${RUNS_WHEN_CALLED}`);
        return false;
      }
      if (!isThenable(answer)) return true;
      ignoreOutcome(answer);
      this.#fault(
        `returned a promise in ${what} of ${call.function}: a hook answers at once; make it one that is not async`,
      );
    } catch (cause) {
      this.#fault(`threw in ${what} of ${call.function}`, cause);
    } finally {
      this.#isBusy = false;
      dispatcher.setLastError(lastError);
    }
    return false;
  }

  #fault(what: string, cause?: unknown): void {
    this.takeOff();
    const message = `${this.#told.name} ${what}: it was taken off`;
    this.dispatcher.report({ message, ...(cause === undefined ? {} : { cause }) });
  }
}

import { shown } from '../../spi/answers.js';
import { isSocketHandle } from '../../spi/arguments.js';
import { ERROR_IO_PENDING, INVALID_SOCKET, SOCKET_ERROR, type Ref, type SOCKET } from '../../spi/index.js';
import { failureOf, positionOf, type ResultKind, type Signature } from '../../spi/signatures/index.js';
import type { AnyFunction } from '../../spi/wrap-table.js';
import type { Border, HookedFunction, Layer } from '../dispatcher/index.js';
import type { CallCompletion } from './debug-hook.js';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What is known of a function once it is hooked. */
export class HookedPlace {
  readonly failure: unknown;
  /** Where the socket that a call is about is among the arguments; -1 for none. */
  readonly socketAt: number;
  /** Where a function of the service provider interface puts its error; -1 where it is the thread's last error. */
  readonly errorAt: number;
  readonly View: ViewConstructor;

  constructor(
    readonly hooked: HookedFunction,
    readonly signature: Signature,
  ) {
    const { args } = signature;
    this.failure = failureOf(signature);
    this.socketAt = args.findIndex(({ kind }) => kind === 'socket');
    const last = args.at(-1);
    this.errorAt = last?.kind === 'error' && last.direction === 'out' ? args.length - 1 : -1;
    this.View = viewOf(signature);
  }

  /** Whether a result says failure. */
  saysFailure(result: unknown): boolean {
    const { result: kind } = this.signature;
    return kind === 'error' ? result !== 0 : this.failure !== undefined && result === this.failure;
  }

  /** @throws TypeError when the function cannot return it */
  checkResult(result: unknown): void {
    const { result: kind } = this.signature;
    if (RESULTS[kind].fits(result)) return;
    throw new TypeError(`${this.hooked.function} returns ${RESULTS[kind].expected}, not ${shown(result)}`);
  }
}

interface ResultRule {
  readonly fits: (result: unknown) => boolean;
  readonly expected: string;
}

const isWhole = (value: unknown): boolean => typeof value === 'number' && value >>> 0 === value;

const RESULTS: Readonly<Record<ResultKind, ResultRule>> = {
  status: { fits: (value) => value === 0 || value === SOCKET_ERROR, expected: '0 or SOCKET_ERROR' },
  count: { fits: (value) => isWhole(value) || value === SOCKET_ERROR, expected: 'how many, or SOCKET_ERROR' },
  socket: {
    fits: (value) => isSocketHandle(value) || value === INVALID_SOCKET,
    expected: 'a socket or INVALID_SOCKET',
  },
  handle: { fits: isWhole, expected: 'a handle or 0' },
  boolean: { fits: (value) => typeof value === 'boolean', expected: 'true or false' },
  pointer: {
    fits: (value) =>
      value === null || typeof value === 'object' || typeof value === 'string' || typeof value === 'function',
    expected: 'an object, a text or null',
  },
  error: { fits: isWhole, expected: '0 or an error' },
  value: { fits: () => true, expected: 'anything' },
  nothing: { fits: () => true, expected: 'nothing' },
};

/** What the hook wants done in place of the function. */
export type Instead =
  | { readonly kind: 'result'; readonly result: unknown; readonly error: number }
  | { readonly kind: 'function'; readonly target: AnyFunction }
  | { readonly kind: 'socket'; readonly socket: SOCKET };

/** How an operation ended. */
export type Completion = Pick<CallCompletion<unknown, string>, 'completionError' | 'transferred' | 'flags' | 'by'>;

/** One call of a hooked function, for one hook. */
export class HookedCall {
  #instead: Instead | null = null;
  /** What may be set depends on how far it is. */
  #stage: 'before' | 'called' | 'after' | 'over' = 'before';
  #newError = -1;
  #hasNewResult = false;
  #thrown: { readonly cause: unknown } | null = null;
  /** What the arguments were before the hook changed one; `null` as long as it has not. */
  #given: unknown[] | null = null;
  #completion: Completion | null = null;
  #result: unknown = undefined;
  #told = 0;
  #view: object | null = null;

  constructor(
    readonly place: HookedPlace,
    readonly values: unknown[],
    readonly id: number,
    readonly parent: HookedCall | null,
    readonly depth: number,
  ) {}

  get function(): string {
    return this.place.hooked.function;
  }

  get border(): Border {
    return this.place.hooked.border;
  }

  get layer(): Layer | null {
    return this.place.hooked.layer;
  }

  get signature(): Signature {
    return this.place.signature;
  }

  get arguments(): object {
    return (this.#view ??= new this.place.View(this));
  }

  argument(name: string): unknown {
    const at = positionOf(this.place.signature, name);
    return at < 0 ? undefined : this.values[at];
  }

  get socket(): SOCKET | undefined {
    const { socketAt } = this.place;
    return socketAt < 0 ? undefined : (this.values[socketAt] as SOCKET);
  }

  /** Changes an argument, for what is called from here on. */
  change(at: number, value: unknown): void {
    if (this.#stage !== 'before') {
      throw new TypeError(
        `the arguments of ${this.function} are changed in before; in after, change what they refer to`,
      );
    }
    if (at === this.place.errorAt)
      throw new TypeError(`where ${this.function} puts its error cannot be changed: fail(error)`);
    this.#given ??= [...this.values];
    this.values[at] = value;
  }

  // ---- Before ----

  prevent(result: unknown, error = 0): void {
    this.#require('before', 'prevent');
    this.place.checkResult(result);
    if (this.place.saysFailure(result) && this.signature.result !== 'error' && !isError(error)) {
      throw new TypeError(
        `${this.function} cannot fail without an error: prevent(${String(result)}, error), or fail(error)`,
      );
    }
    this.#instead = { kind: 'result', result, error };
  }

  fail(error: number): void {
    this.#require('before', 'fail');
    if (!isError(error)) throw new TypeError(`an error is a code such as WSAECONNREFUSED, not ${shown(error)}`);
    if (this.signature.result === 'error') return this.prevent(error, error);
    if (this.place.failure === undefined) throw new TypeError(`${this.function} cannot fail`);
    this.prevent(this.place.failure, error);
  }

  redirect(to: unknown): void {
    this.#require('before', 'redirect');
    if (typeof to === 'function') {
      this.#instead = { kind: 'function', target: to as AnyFunction };
      return;
    }
    if (!isSocketHandle(to)) throw new TypeError(`redirect takes a function or a socket, not ${shown(to)}`);
    if (this.place.socketAt < 0) throw new TypeError(`${this.function} is about no socket: redirect takes a function`);
    this.#instead = { kind: 'socket', socket: to };
  }

  // ---- After ----

  get result(): unknown {
    return this.#result;
  }

  set result(result: unknown) {
    this.#require('after', 'result');
    this.place.checkResult(result);
    this.#result = result;
    this.#hasNewResult = true;
  }

  get failed(): boolean {
    return this.place.saysFailure(this.#result);
  }

  get error(): number {
    if (!this.failed) return 0;
    return this.#newError >= 0 ? this.#newError : this.#told;
  }

  set error(error: number) {
    this.#require('after', 'error');
    if (!isWhole(error)) throw new TypeError(`an error is 0 or a code such as WSAECONNREFUSED, not ${shown(error)}`);
    if (this.signature.result === 'error') this.result = error;
    this.#newError = error;
  }

  get prevented(): boolean {
    return this.#instead?.kind === 'result';
  }

  /** What the hook wants done in place of the function; `null` for nothing. */
  get instead(): Instead | null {
    return this.#instead;
  }

  /** Whether the hook has set the result. */
  get hasNewResult(): boolean {
    return this.#hasNewResult;
  }

  /** What the hook has set the error to; -1 for nothing. */
  get newError(): number {
    return this.#newError;
  }

  get thrown(): { readonly cause: unknown } | null {
    return this.#thrown;
  }

  /** Takes back what a hook that failed has set before. */
  takeBack(): void {
    this.#instead = null;
    for (const [at, value] of this.#given?.entries() ?? []) this.values[at] = value;
  }

  /** It is made now. */
  begin(): void {
    this.#stage = 'called';
  }

  /** It is led to another socket. */
  leadTo(socket: SOCKET): void {
    this.values[this.place.socketAt] = socket;
  }

  /** It threw. */
  threw(cause: unknown): void {
    this.#thrown = { cause };
  }

  /** It has returned; the hook is told next. */
  returned(result: unknown, error: number): void {
    this.#result = result;
    this.#told = error;
    this.#stage = 'after';
  }

  /** The hook was told. */
  end(): void {
    this.#stage = 'over';
  }

  /** Whether it is under way, or its operation is. */
  get isOpen(): boolean {
    if (this.#stage === 'called') return true;
    return this.#completion === null && this.failed && this.error === ERROR_IO_PENDING;
  }

  /** Its operation has ended. */
  complete(completion: Completion): void {
    this.#completion = completion;
  }

  /** Where the function puts its error; `null` where that is the thread's last error. */
  errorPlace(): Ref<number> | null {
    const { errorAt } = this.place;
    const place = errorAt < 0 ? null : (this.values[errorAt] as Ref<number> | null | undefined);
    return typeof place === 'object' ? (place ?? null) : null;
  }

  // ---- Completed ----

  get completionError(): number {
    return this.#completion?.completionError ?? 0;
  }

  get transferred(): number {
    return this.#completion?.transferred ?? 0;
  }

  get flags(): number {
    return this.#completion?.flags ?? 0;
  }

  get by(): CallCompletion<unknown, string>['by'] {
    return this.#completion?.by ?? 'none';
  }

  /** What it is, for people. */
  [INSPECT](): Record<string, unknown> {
    const { id, border, layer, depth } = this;
    const result = this.#stage === 'after' || this.#stage === 'over' ? { result: this.result, error: this.error } : {};
    return {
      id,
      function: this.function,
      border,
      layer: layer?.name ?? null,
      depth,
      arguments: this.arguments,
      ...result,
    };
  }

  #require(stage: 'before' | 'after', what: string): void {
    if (this.#stage !== stage) throw new TypeError(`${what} of a call of ${this.function} is for ${stage}`);
  }
}

function isError(error: unknown): error is number {
  return isWhole(error) && error !== 0;
}

type ViewConstructor = new (call: HookedCall) => object;

const views = new WeakMap<Signature, ViewConstructor>();

/** A class of objects with the arguments of a function as members, so that a call has them at no cost until they are asked for. */
function viewOf(signature: Signature): ViewConstructor {
  const known = views.get(signature);
  if (known !== undefined) return known;
  const { args } = signature;
  class Arguments {
    readonly #call: HookedCall;

    constructor(call: HookedCall) {
      this.#call = call;
    }

    static {
      for (const [at, { name }] of args.entries()) {
        Object.defineProperty(this.prototype, name, {
          enumerable: true,
          get(this: Arguments) {
            return this.#call.values[at];
          },
          set(this: Arguments, value: unknown) {
            this.#call.change(at, value);
          },
        });
      }
    }

    toJSON(): Record<string, unknown> {
      return Object.fromEntries(args.map(({ name }, at) => [name, this.#call.values[at]]));
    }

    [INSPECT](): Record<string, unknown> {
      return this.toJSON();
    }
  }
  // What is misspelt would change nothing.
  const sealed = class extends Arguments {
    constructor(call: HookedCall) {
      super(call);
      Object.preventExtensions(this);
    }
  };
  views.set(signature, sealed);
  return sealed;
}

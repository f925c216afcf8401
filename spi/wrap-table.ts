// What is done around functions that cross a border, so that what they do wrong costs one call alone.
import { methodOf, type AnyFunction, type BoundMethod } from './method-functions.js';
import type { Signature } from './signatures/argument.js';
import { failureOf } from './signatures/failures.js';
import type { Ref } from './ref.js';
import type { WSABUF } from './structures/index.js';

export { failureOf, type AnyFunction };

/** One call of a function that was wrapped. */
export interface WrappedCall {
  /** The function's name in the specification: `WSPSend`, `send`. */
  readonly name: string;
  readonly signature: Signature;
  /** What it was given, in the order of `signature.args`; may be longer. */
  readonly args: readonly unknown[];
}

/** What is done around a function. Whatever is left out costs nothing. */
export interface Wrapper {
  /**
   * Told of what the function returned; what it returns is what the caller gets. Told neither of the plain success, 0 or
   * TRUE, nor of a failure with an error in `lpErrno`, so that such calls make no object.
   */
  readonly unusual?: (call: WrappedCall, result: unknown) => unknown;
  /** Whether `unusual` is told of plain successes too. */
  readonly tellsAll?: boolean;
  /**
   * Told of a success of a function that transfers bytes, whose count is more than its buffers held before the call, or no
   * number of bytes; what it returns is what the caller gets. Goes with `unusual`.
   */
  readonly miscounted?: (call: WrappedCall, count: unknown, limit: number) => unknown;
  /** Told, before a function that transfers bytes is called with an overlapped structure, how many its buffers hold. */
  readonly overlapped?: (lpOverlapped: unknown, room: number) => void;
  /** Told of what the function threw; what it returns is what the caller gets, and it may throw in its turn. */
  readonly threw?: (call: WrappedCall, cause: unknown) => unknown;
}

/**
 * Wraps functions of a table, in place.
 *
 * @param table the table
 * @param signatures those of its functions; functions without one, and places without a function, are left as they are
 * @param wrapper what is done around each
 * @param applies whether a place of the table is wrapped; all are if absent
 */
export function wrapTable<Table extends object>(
  table: Table,
  signatures: Readonly<Partial<Record<keyof Table, Signature>>>,
  wrapper: Wrapper,
  applies: (place: keyof Table) => boolean = () => true,
): void {
  const places = table as Record<keyof Table, unknown>;
  for (const place of Object.keys(signatures) as (keyof Table)[]) {
    const wrapped = places[place];
    if (typeof wrapped !== 'function' || !applies(place)) continue;
    places[place] = wrapFunction(nameOf(place as string), signatures[place]!, wrapped as AnyFunction, wrapper);
  }
}

/**
 * Wraps one function.
 *
 * @param name the function's name in the specification
 * @param next the function
 */
export function wrapFunction(name: string, signature: Signature, next: AnyFunction, wrapper: Wrapper): AnyFunction {
  const { unusual, tellsAll, miscounted, overlapped, threw } = wrapper;
  const plain = signature.result === 'boolean' ? true : 0;
  const guards = miscounted !== undefined && transfers(signature) ? ofTransfers : byCount;
  const guarded = guards[Math.min(signature.args.length, guards.length - 1)]!(methodOf(next), {
    plain: tellsAll === true ? NEVER : plain,
    failure: signature.args.at(-1)?.kind === 'error' ? failureOf(signature) : NEVER,
    judge: unusual === undefined ? returned : (args, result) => unusual({ name, signature, args }, result),
    miscounted: (args, count, limit) => miscounted!({ name, signature, args }, count, limit),
    overlapped: overlapped ?? nothing,
    threw: threw === undefined ? rethrown : (args, cause) => threw({ name, signature, args }, cause),
  });
  guardedFunctions.set(guarded, next);
  return guarded;
}

const guardedFunctions = new WeakMap<object, unknown>();

/**
 * The function that is wrapped, if its wrapper only judges what comes of it; else the function itself. Who calls the function
 * in a way of his own, and judges as much, may go past such a wrapper; nobody past one that is told of every call.
 */
export function withoutGuard<Function>(guarded: Function): Function {
  let inner: unknown = guarded;
  for (;;) {
    const next = guardedFunctions.get(inner as object);
    if (next === undefined) return inner as Function;
    inner = next;
  }
}

/** The name of a function by its place in a procedure table: `lpWSPSend` is the place of `WSPSend`. */
export function nameOf(place: string): string {
  return place.startsWith('lpW') ? place.slice(2) : place;
}

interface Guard {
  /** The result that says no more than that all is well. */
  readonly plain: unknown;
  /** The result that says failure, if the last argument says why; else what no function returns. */
  readonly failure: unknown;
  readonly judge: (args: readonly unknown[], result: unknown) => unknown;
  readonly miscounted: (args: readonly unknown[], count: unknown, limit: number) => unknown;
  readonly overlapped: (lpOverlapped: unknown, room: number) => void;
  readonly threw: (args: readonly unknown[], cause: unknown) => unknown;
}

const NEVER = Symbol('never');

/** Whether a function has buffers, their number and a place for the number of bytes behind its socket. */
function transfers({ args }: Signature): boolean {
  return args[1]?.kind === 'buffers' && args[2]?.kind === 'count' && args[3]?.kind === 'length' && args[3].reference;
}

/** The bytes that buffers hold; what is not a list of buffers, its function will say. */
function roomOf(lpBuffers: unknown, count: unknown): number {
  const buffers = lpBuffers as readonly WSABUF[] | null | undefined;
  if (count === 1) return buffers?.[0]?.len ?? 0;
  let room = 0;
  for (let index = 0; index < (count as number); index++) room += buffers?.[index]?.len ?? 0;
  return room;
}

function isCountOf(lpCount: unknown, room: number): boolean {
  const told = lpCount as Ref<number> | null | undefined;
  // Nobody is told of the number of an overlapped operation here.
  return told === null || told === undefined || (told.value >>> 0 === told.value && told.value <= room);
}

const countIn = (lpCount: unknown): unknown => (lpCount as Ref<unknown>).value;

function hasError(lpErrno: unknown): boolean {
  const { value } = lpErrno as Ref<number>;
  return value >>> 0 === value && value !== 0;
}

function nothing(): void {}

const returned: Guard['judge'] = (_args, result) => result;
const rethrown: Guard['threw'] = (_args, cause) => {
  throw cause;
};

/**
 * Guards by the number of arguments, so that a call collects none into an array before there is something to tell; the
 * last one is for more.
 */
// prettier-ignore
const byCount: readonly ((called: BoundMethod, guard: Guard) => AnyFunction)[] = [
  ({ self, method }, { plain, judge, threw }) => () => {
    try {
      const result = method.call(self);
      return result === plain ? result : judge([], result);
    } catch (cause) { return threw([], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a) => {
    try {
      const result = method.call(self, a);
      return result === plain || (result === failure && hasError(a)) ? result : judge([a], result);
    } catch (cause) { return threw([a], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b) => {
    try {
      const result = method.call(self, a, b);
      return result === plain || (result === failure && hasError(b)) ? result : judge([a, b], result);
    } catch (cause) { return threw([a, b], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c) => {
    try {
      const result = method.call(self, a, b, c);
      return result === plain || (result === failure && hasError(c)) ? result : judge([a, b, c], result);
    } catch (cause) { return threw([a, b, c], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d) => {
    try {
      const result = method.call(self, a, b, c, d);
      return result === plain || (result === failure && hasError(d)) ? result : judge([a, b, c, d], result);
    } catch (cause) { return threw([a, b, c, d], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d, e) => {
    try {
      const result = method.call(self, a, b, c, d, e);
      return result === plain || (result === failure && hasError(e)) ? result : judge([a, b, c, d, e], result);
    } catch (cause) { return threw([a, b, c, d, e], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d, e, f) => {
    try {
      const result = method.call(self, a, b, c, d, e, f);
      return result === plain || (result === failure && hasError(f)) ? result : judge([a, b, c, d, e, f], result);
    } catch (cause) { return threw([a, b, c, d, e, f], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d, e, f, g) => {
    try {
      const result = method.call(self, a, b, c, d, e, f, g);
      return result === plain || (result === failure && hasError(g)) ? result : judge([a, b, c, d, e, f, g], result);
    } catch (cause) { return threw([a, b, c, d, e, f, g], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d, e, f, g, h) => {
    try {
      const result = method.call(self, a, b, c, d, e, f, g, h);
      return result === plain || (result === failure && hasError(h)) ? result : judge([a, b, c, d, e, f, g, h], result);
    } catch (cause) { return threw([a, b, c, d, e, f, g, h], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d, e, f, g, h, i) => {
    try {
      const result = method.call(self, a, b, c, d, e, f, g, h, i);
      return result === plain || (result === failure && hasError(i)) ? result : judge([a, b, c, d, e, f, g, h, i], result);
    } catch (cause) { return threw([a, b, c, d, e, f, g, h, i], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d, e, f, g, h, i, j) => {
    try {
      const result = method.call(self, a, b, c, d, e, f, g, h, i, j);
      return result === plain || (result === failure && hasError(j)) ? result : judge([a, b, c, d, e, f, g, h, i, j], result);
    } catch (cause) { return threw([a, b, c, d, e, f, g, h, i, j], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (a, b, c, d, e, f, g, h, i, j, k) => {
    try {
      const result = method.call(self, a, b, c, d, e, f, g, h, i, j, k);
      return result === plain || (result === failure && hasError(k)) ? result : judge([a, b, c, d, e, f, g, h, i, j, k], result);
    } catch (cause) { return threw([a, b, c, d, e, f, g, h, i, j, k], cause); }
  },
  ({ self, method }, { plain, failure, judge, threw }) => (...args) => {
    try {
      const result = method.apply(self, args);
      return result === plain || (result === failure && hasError(args.at(-1))) ? result : judge(args, result);
    } catch (cause) { return threw(args, cause); }
  },
];

type Maker = (typeof byCount)[number];

const ofTransfer: Maker =
  ({ self, method }, { failure, judge, miscounted, overlapped, threw }) =>
  (a, b, c, d, e, f, g, h, i) => {
    const room = roomOf(b, c);
    if (f !== null && f !== undefined) overlapped(f, room);
    try {
      const result = method.call(self, a, b, c, d, e, f, g, h, i);
      if (result === 0 ? isCountOf(d, room) : result === failure && hasError(i)) return result;
      const args = [a, b, c, d, e, f, g, h, i];
      return result === 0 ? miscounted(args, countIn(d), room) : judge(args, result);
    } catch (cause) {
      return threw([a, b, c, d, e, f, g, h, i], cause);
    }
  };

const ofTransferWithName: Maker =
  ({ self, method }, { failure, judge, miscounted, overlapped, threw }) =>
  (a, b, c, d, e, f, g, h, i, j, k) => {
    const room = roomOf(b, c);
    if (h !== null && h !== undefined) overlapped(h, room);
    try {
      const result = method.call(self, a, b, c, d, e, f, g, h, i, j, k);
      if (result === 0 ? isCountOf(d, room) : result === failure && hasError(k)) return result;
      const args = [a, b, c, d, e, f, g, h, i, j, k];
      return result === 0 ? miscounted(args, countIn(d), room) : judge(args, result);
    } catch (cause) {
      return threw([a, b, c, d, e, f, g, h, i, j, k], cause);
    }
  };

/** The same for functions that transfer bytes. */
const ofTransfers: readonly Maker[] = byCount.map((guard, count) =>
  count === 9 ? ofTransfer : count === 11 ? ofTransferWithName : guard,
);

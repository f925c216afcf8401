// How a function is described: how it is called well, what its failure looks like, what it asks of the system and waits
// for.
import { SOCKET_ERROR } from 'ws2spi';
import type { DocumentedFunction } from './documented-codes.js';
import type { SystemOperation } from './faults.js';
import type { Given, State } from './states.js';

/** Arguments by the names that the documentation gives them, in its order. */
export type Arguments = Record<string, unknown>;

/** What a call waits for on a blocking socket. */
export type WaitsFor = 'data' | 'room' | 'a connection' | 'an answer' | 'a socket' | 'an event' | 'an operation';

/** How one function is called. */
export interface FunctionRow {
  readonly name: DocumentedFunction;
  /** The state of the socket in which a call with these arguments succeeds. */
  readonly state: State;
  /** What it returns when it fails; `undefined` when the code itself. */
  readonly failure: unknown;
  readonly arguments: (given: Given) => Arguments;
  /** What it asks of the system. */
  readonly asks?: SystemOperation;
  readonly waitsFor?: WaitsFor;
  /** Arguments that are ignored, or nothing but a number in C. */
  readonly ignores?: readonly string[];
  /** It sends, receives or connects: what conditions go by that belong to many functions. */
  readonly kind?: 'send' | 'receive' | 'connect' | 'accept' | 'event' | 'socket';
}

/** What only some rows have. */
export type Rest = Omit<FunctionRow, 'name' | 'state' | 'failure' | 'arguments'>;

/** Makes a row. */
export function row(
  name: DocumentedFunction,
  state: State,
  failure: unknown,
  args: (given: Given) => Arguments,
  rest: Rest = {},
): FunctionRow {
  return { name, state, failure, arguments: args, ...rest };
}

/** What most functions return when they fail. */
export const SE = SOCKET_ERROR;

/** Neither an overlapped structure nor a completion routine. */
export const NO_OVERLAPPED = { lpOverlapped: null, lpCompletionRoutine: null };

/** Room for an address. */
export const addressRoom = (): Uint8Array => new Uint8Array(128);

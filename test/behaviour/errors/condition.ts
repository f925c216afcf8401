// What a condition is, and how a call that meets it is made.
import { expect } from 'vitest';
import * as ws2spi from 'ws2spi';
import { ref, WSAEINTR, WSA_IO_PENDING, WSAOVERLAPPED, WSS_OPERATION_IN_PROGRESS, type Ws2_32Options } from 'ws2spi';
import type { World } from '../../support/providers.js';
import type { DocumentedFunction } from './documented-codes.js';
import type { Arguments, FunctionRow } from './function-row.js';
import type { Given, State } from './states.js';

/** What a call came to. */
export interface Outcome {
  readonly result: unknown;
  readonly code: number;
}

/** One way to bring a code about, for all functions that it holds of. */
export interface Condition {
  readonly code: string;
  /** The rest of a sentence that begins with the code. */
  readonly when: string;
  readonly of: (row: FunctionRow) => boolean;
  /** The state of the socket, where it is not the function's own. */
  readonly state?: (row: FunctionRow) => State;
  /** Does what has to be done before the call. What it gives replaces arguments; of a list each is called with. */
  readonly arrange?: (given: Given, args: Arguments, row: FunctionRow) => Arguments | Arguments[] | void;
  /** Makes the call, where that takes more than to call. */
  readonly observe?: (given: Given, call: () => Outcome, row: FunctionRow, args: Arguments) => Outcome;
  /** What it observes belongs to its functions alone, so that it is not tried with others. */
  readonly particular?: true;
  /** What the world is made with. */
  readonly options?: () => Ws2_32Options;
}

/** Holds of these functions. */
export function of(...names: DocumentedFunction[]): Condition['of'] {
  return ({ name }) => names.includes(name);
}

/** The number of a code. */
export function numberOf(code: string): number {
  const number = (ws2spi as unknown as Record<string, unknown>)[code];
  if (typeof number !== 'number') throw new TypeError(`no constant ${code}`);
  return number;
}

/** Makes a plain call. */
export function callOnce({ world }: Given, row: FunctionRow, args: Arguments): Outcome {
  const { ws2 } = world;
  const does = ws2[row.name] as (...all: unknown[]) => unknown;
  const result = does(...Object.values(args));
  if (row.failure === undefined) return { result, code: Number(result ?? 0) };
  return { result, code: result === row.failure ? ws2.WSAGetLastError() : 0 };
}

/** A call that pends where its outcome is told by the completion, as that of ConnectEx. */
export function throughCompletion({ world, s }: Given, call: () => Outcome, args: Arguments): Outcome {
  const outcome = call();
  const overlapped = args['lpOverlapped'];
  if (outcome.code !== WSA_IO_PENDING || !(overlapped instanceof WSAOVERLAPPED)) return outcome;
  world.until(() => overlapped.Internal !== WSS_OPERATION_IN_PROGRESS);
  return { ...outcome, code: completionCode(world, s, overlapped) };
}

/** The code of an operation that is over. */
export function completionCode(world: World, s: number, overlapped: WSAOVERLAPPED): number {
  return world.code(world.ws2.WSAGetOverlappedResult(s, overlapped, ref(0), false, ref(0)));
}

/** Makes the application one of version 1.1, whose blocking hook does something. */
export function withHook(world: World, hook: () => void): void {
  expect(world.ws2.WSAStartup(0x0101, {})).toBe(0);
  world.ws2.WSASetBlockingHook(() => {
    hook();
    expect(world.ws2.WSACancelBlockingCall()).toBe(0);
    return false;
  });
}

/** Makes a call from inside a blocking hook. */
export function inHook({ world }: Given, call: () => Outcome): Outcome {
  const { server } = world.connectedPair();
  let outcome: Outcome | null = null;
  withHook(world, () => (outcome = call()));
  expect(world.receive(server)).toBe(-WSAEINTR);
  return outcome!;
}

// What a trace tells of calls, before it is given the form of one format.
import type { WSAPROTOCOL_INFOW } from '../spi/index.js';
import type { ArgumentValue } from './argument-values.js';

/** Whose function it is. */
export interface TracedLayer {
  readonly name: string;
  /** How many layers of the chain lie above it. */
  readonly depth: number;
  readonly entry: WSAPROTOCOL_INFOW | null;
}

/** A call that crosses a border. */
export interface TracedCall {
  /** Numbers the calls of a trace, from 1. */
  readonly id: number;
  /** The call within which it was made; `null` for an outermost one. */
  readonly parent: number | null;
  readonly depth: number;
  readonly function: string;
  readonly border: 'api' | 'provider' | 'upcall' | 'name-space provider';
  readonly layer: TracedLayer | null;
  readonly socket: number | undefined;
  /** The instance, from 1, of those that this trace is of. */
  readonly instance: number;
  /** When it began, in milliseconds of the instance's clock. */
  readonly began: number;
  readonly arguments: Readonly<Record<string, ArgumentValue>>;
}

/** What came of a call. */
export interface TracedResult {
  /** When it returned, in milliseconds of the instance's clock. */
  readonly ended: number;
  readonly result: ArgumentValue;
  /** The code of a failure, and its name; else 0. */
  readonly error: number;
  readonly errorName: string | null;
  readonly outputs: Readonly<Record<string, ArgumentValue>>;
  /** What it threw, in a few words. */
  readonly thrown: string | null;
  /** Whether an operation is under way whose end is told later. */
  readonly isPending: boolean;
}

/** The end of an operation. */
export interface TracedCompletion {
  readonly id: number;
  readonly function: string;
  readonly border: TracedCall['border'];
  readonly layer: TracedLayer | null;
  readonly socket: number | undefined;
  readonly instance: number;
  readonly time: number;
  readonly error: number;
  readonly errorName: string | null;
  readonly transferred: number;
  readonly by: string;
  /** What was received, if contents are wanted. */
  readonly outputs: Readonly<Record<string, ArgumentValue>>;
}

/** Writes what a trace tells in one form. */
export interface TraceFormat {
  /** A call began. */
  begin(call: TracedCall): void;
  /** It returned. */
  end(call: TracedCall, result: TracedResult): void;
  /** An operation that a call began has ended. */
  completed(completion: TracedCompletion): void;
  /** Writes what has been held back: the process may be about to sleep, or to end. */
  settle(): void;
  /**
   * The trace ends.
   *
   * @param open the calls that are under way, outermost first
   */
  finish(open: readonly TracedCall[]): void;
}

/** Where the text of a trace goes. */
export type WriteText = (text: string) => void;

// What gives up a case that does not end.
/* eslint-disable no-restricted-syntax, no-restricted-globals -- cases wait by promises, and are given up by real time */
import { createContext, Script } from 'node:vm';

/** A case was given up. */
export class GivenUp extends Error {
  /**
   * @param milliseconds after which it was given up
   * @param worked milliseconds of the processor's time that it had of them
   */
  constructor(
    readonly milliseconds: number,
    readonly worked: number,
    why: string,
  ) {
    super(`the case was not over after ${milliseconds} ms: ${why}`);
  }
}

const CALL = new Script('call()');
const OVER = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/**
 * Calls a function, and gives it up after so many real milliseconds, wherever it is by then: in a loop that a provider keeps
 * going, for instance. What it does later, by promises, `settled` bounds.
 *
 * @returns what the function returns
 * @throws what it throws; GivenUp when it was given up
 */
export function withinTime<Result>(milliseconds: number, call: () => Result): Result {
  const before = process.cpuUsage();
  try {
    // Code of a context can be ended from outside, and so can what it calls.
    return CALL.runInContext(createContext({ call }), { timeout: milliseconds }) as Result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code !== OVER) throw error;
    const { user, system } = process.cpuUsage(before);
    throw new GivenUp(milliseconds, (user + system) / 1000, 'it goes round in a loop, for something that never comes');
  }
}

/**
 * Waits for a promise, so many real milliseconds at most.
 *
 * @throws what it rejects with; an Error when it was given up
 */
export async function settled(milliseconds: number, promise: void | PromiseLike<void>): Promise<void> {
  if (promise === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the case was not over after ${milliseconds} ms: something that it waits for never came`)),
      milliseconds,
    );
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Real milliseconds after which a blocking call is given up, so that a case fails instead of hanging. */
const STUCK = 15_000;
/** Processor time, as a share of real time, from which a case has been at work, and not waited: on a busy machine it gets no more. */
const AT_WORK = 1 / 50;
/** How often a case may have been at work in place of being over: a loop that waits for nothing is at work, too. */
const MOST_ROUNDS = 8;

/** What a watch needs of the host of providers. */
interface WatchHost {
  readonly clock: { now(): number };
  setTimer(when: number, callback: () => void): { cancel(): void };
}

/** Ends a case whose blocking call waits for something that never comes, by the real clock. */
export class StuckWatch {
  #timer!: { cancel(): void };
  #rounds = 0;
  #isStuck = false;

  /**
   * @param host whose clock is the real one
   * @param giveUp has the blocking call return
   * @param processorTime what this process has used so far, in milliseconds
   */
  constructor(
    readonly host: WatchHost,
    readonly giveUp: () => void,
    readonly processorTime: () => number = ownProcessorTime,
  ) {
    this.#begin();
  }

  /** Whether the case was given up. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #begin(): void {
    const before = this.processorTime();
    this.#timer = this.host.setTimer(this.host.clock.now() + STUCK, () => {
      if (this.processorTime() - before > STUCK * AT_WORK && ++this.#rounds < MOST_ROUNDS) return this.#begin();
      this.#isStuck = true;
      this.giveUp();
    });
  }
}

function ownProcessorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

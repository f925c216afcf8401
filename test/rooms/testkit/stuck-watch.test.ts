// A case that works is not taken for one that waits for what never comes, however little of the machine it gets.
import { expect, test } from 'vitest';
import { StuckWatch } from '../../../dist/testkit/provider/watchdog.js';

/** A host whose clock is moved by the test; each step takes 15 s, of which the process had so many milliseconds. */
class Watched {
  #now = 0;
  #worked = 0;
  #due: { readonly when: number; readonly callback: () => void } | null = null;
  givenUp = 0;
  readonly watch = new StuckWatch(
    {
      clock: { now: () => this.#now },
      setTimer: (when, callback) => ((this.#due = { when, callback }), { cancel: () => void (this.#due = null) }),
    },
    () => void this.givenUp++,
    () => this.#worked,
  );

  passed(worked: number): void {
    this.#now += 15_000;
    this.#worked += worked;
    const due = this.#due;
    if (due === null || due.when > this.#now) return;
    this.#due = null;
    due.callback();
  }
}

test('A case whose blocking call waits is given up after 15 s', () => {
  const watched = new Watched();
  watched.passed(20);
  expect([watched.watch.isStuck, watched.givenUp]).toEqual([true, 1]);
});

test('A case that had a fiftieth of the processor or more goes on, and is given up once it waits', () => {
  const watched = new Watched();
  for (let round = 0; round < 5; round++) watched.passed(500);
  expect(watched.watch.isStuck).toBe(false);
  watched.passed(20);
  expect([watched.watch.isStuck, watched.givenUp]).toEqual([true, 1]);
});

test('A loop that is never over is given up after two minutes', () => {
  const watched = new Watched();
  for (let round = 0; round < 8; round++) watched.passed(14_000);
  expect([watched.watch.isStuck, watched.givenUp]).toEqual([true, 1]);
});

test('A case that is over is not given up afterwards', () => {
  const watched = new Watched();
  watched.watch.cancel();
  watched.passed(20);
  expect([watched.watch.isStuck, watched.givenUp]).toEqual([false, 0]);
});

// Work whose amount is not ours to choose, cut into slices: one in each turn of the event loop, so that others get on in between.
import type { DeferredWork, InstanceHost } from '../spi/index.js';

/** Work that yields where a turn has done enough, and returns what came of it. */
export type Slices<T> = Generator<void, T, void>;

/**
 * Does work in slices: the first one at once, which is all for a little work.
 *
 * @param host whose turns they are
 * @param work that never throws
 * @param isOver whether nobody wants it any more: then no further slice is done, and nobody told
 * @param done told what came of it; within the call, if the first slice was all
 */
export function inSlices<T>(
  host: Pick<InstanceHost, 'deferToNextTurn'>,
  work: Slices<T>,
  isOver: () => boolean,
  done: (outcome: T) => void,
): void {
  const slice: DeferredWork = {
    queued: false,
    run() {
      if (isOver()) return;
      const step = work.next();
      if (step.done === true) done(step.value);
      else host.deferToNextTurn(slice);
    },
  };
  slice.run();
}

/** Does work at one go, for who cannot wait. */
export function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

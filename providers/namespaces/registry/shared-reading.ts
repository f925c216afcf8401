import { inSlices } from '../../../name-space/slices.js';
import type { InstanceHost } from '../../../spi/index.js';
import type { RegistryData } from './registry-data.js';
import type { RegistryProblem, RegistryStore } from './registry-store.js';

type Read = (outcome: RegistryData | RegistryProblem) => void;

/** Reads a registry for all who want to know it at the same time. A large one takes several turns of the event loop. */
export class SharedReading {
  #waiting: Read[] | null = null;

  constructor(
    private readonly store: Pick<RegistryStore, 'reading'>,
    private readonly host: Pick<InstanceHost, 'defer' | 'deferToNextTurn'>,
  ) {}

  /**
   * Reads.
   *
   * @param read told what is registered, or why that is not known; within the call, where it is known or soon read
   */
  wait(read: Read): void {
    if (this.#waiting !== null) {
      this.#waiting.push(read);
      return;
    }
    const waiting = (this.#waiting = [read]);
    inSlices(
      this.host,
      this.store.reading(),
      () => false,
      (outcome) => {
        this.#waiting = null;
        const [first, ...others] = waiting;
        first!(outcome);
        // What has changed since the first one asked is read again. There may be very many, and each does something then.
        for (const each of others) this.host.defer({ queued: false, run: () => this.wait(each) });
      },
    );
  }
}

import type { InstanceHost, Timer } from '../../../spi/index.js';
import type { MemoryLink } from './link.js';

/** What a core needs of the instance that it belongs to. */
export type MemoryHost = Pick<InstanceHost, 'clock' | 'random' | 'defer' | 'setTimer'>;

/** What carries data from one socket to another: a network, as its pipes and queues see it. */
export interface Carrier {
  /** What lies between any two endpoints. */
  readonly link: MemoryLink;
  /**
   * Runs a callback on an instance's clock; the network counts as busy until then.
   *
   * @param host the instance that receives
   * @param when the time of that instance's clock, in milliseconds
   */
  schedule(host: MemoryHost, when: number, callback: () => void): Timer;
}

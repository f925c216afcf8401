import type { GroupPlace } from '../../../io/index.js';
import type { InstanceHost, Timer } from '../../../spi/index.js';
import type { MemoryLink } from './link.js';

/** What a core needs of the instance that it belongs to. */
export type MemoryHost = Pick<InstanceHost, 'clock' | 'random' | 'defer' | 'setTimer'>;

/** Who sends, as far as that matters to the link: sockets of one group share what it carries. */
export interface LinkSender {
  readonly host: MemoryHost;
  /** The socket's place in a group; `null` without one. */
  readonly place: GroupPlace | null;
}

/** What the sockets of a group share of a link. */
export interface GroupLink {
  /**
   * Lets a packet leave in its turn.
   *
   * @param owner whose packets they are, for `drop` and `bytesOf`
   * @param sender by whose clock they leave, and whose place in the group counts
   * @param leave called, in a timer, once it has left: so many milliseconds ago
   */
  send(owner: object, sender: LinkSender, bytes: number, leave: (late: number) => void): void;
  /** Bytes of an owner's packets that have not left. */
  bytesOf(owner: object): number;
  /** Drops what an owner has waiting. */
  drop(owner: object): void;
}

/** What carries data from one socket to another: a network, as its pipes and queues see it. */
export interface Carrier {
  /** What lies between any two endpoints. */
  readonly link: MemoryLink;
  /** Told of what leaves, with its bytes, which are valid during the call; `null` for nobody. */
  readonly observe:
    ((kind: 'data' | 'urgent' | 'end' | 'reset' | 'datagram' | 'lost', content: Uint8Array | null) => void) | null;
  /** What the sockets of a group share of the link. */
  sharedLink(group: object): GroupLink;
  /**
   * Runs a callback on an instance's clock; the network counts as busy until then.
   *
   * @param host the instance that receives
   * @param when the time of that instance's clock, in milliseconds
   */
  schedule(host: MemoryHost, when: number, callback: () => void): Timer;
}

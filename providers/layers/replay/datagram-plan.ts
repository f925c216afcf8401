// What a recorded socket of datagrams says is to be answered to what.
import {
  Direction,
  endpointText,
  type Endpoint,
  type RecordedConversation,
  type Substitution,
} from '../../../recordings/index.js';

/** A datagram that comes. */
export interface ReplyDatagram {
  readonly from: Endpoint;
  readonly bytes: Buffer;
  /** Milliseconds after whatever came before it in the recording. */
  readonly delay: number;
}

/** A datagram that the program sent, and what came after it. */
export interface Exchange {
  readonly to: Endpoint;
  readonly bytes: Buffer;
  readonly replies: readonly ReplyDatagram[];
  used: boolean;
}

/** One recorded socket of datagrams. */
export class DatagramPlan {
  /** What came before the program had sent anything. */
  readonly first: readonly ReplyDatagram[];
  /** By the destination as a text. */
  readonly exchanges = new Map<string, Exchange[]>();
  #used = false;

  /** @param variation what may be another each time; `null` for nothing */
  constructor(
    readonly conversation: RecordedConversation,
    variation: Substitution | null,
  ) {
    const first: ReplyDatagram[] = [];
    let replies = first;
    /** Where what comes from an address belongs: behind what was last sent to it. */
    const behind = new Map<string, ReplyDatagram[]>();
    let before = 0;
    for (const event of conversation.events) {
      if (event.kind !== 'datagram') continue;
      const delay = Math.max(0, event.at - before);
      before = Math.max(before, event.at);
      const key = endpointText(event.peer);
      if (event.direction === Direction.RECEIVED) {
        (behind.get(key) ?? replies).push({ from: event.peer, bytes: event.bytes, delay });
        continue;
      }
      replies = [];
      behind.set(key, replies);
      const exchange = { to: event.peer, bytes: variation?.applyTo(event.bytes) ?? event.bytes, replies, used: false };
      const others = this.exchanges.get(key);
      if (others === undefined) this.exchanges.set(key, [exchange]);
      else others.push(exchange);
    }
    this.first = first;
  }

  /** Whether a socket plays it, or has. */
  get used(): boolean {
    return this.#used;
  }

  /** A socket plays it. */
  use(): void {
    this.#used = true;
  }
}

// Sockets offered to other processes and instances.
import { WSAENOBUFS, type WSAPROTOCOL_INFOW, type ErrorCode } from '../../spi/index.js';
import type { OfferedSocket, PlatformSockets, Poller, SocketOffer } from '../../platform/index.js';

/** The offers of one instance. Each ends when it was taken, with the process that it was for, or with the instance. */
export class SocketOffers {
  readonly #sockets: PlatformSockets;
  readonly #poller: Poller;
  /** Each with its slots in the poller. */
  readonly #open = new Map<SocketOffer, number[]>();

  constructor(sockets: PlatformSockets, poller: Poller) {
    this.#sockets = sockets;
    this.#poller = poller;
  }

  /**
   * Offers a descriptor's socket.
   *
   * @param info receives how to take it: the descriptor in `dwProviderReserved`, the rest in the reserved service flags
   * @returns 0 or a WinSock code
   */
  add(descriptor: number, processId: number, info: WSAPROTOCOL_INFOW): ErrorCode {
    const offer = this.#sockets.offer(descriptor, processId);
    if (typeof offer === 'number') return offer;
    const slots: number[] = [];
    this.#open.set(offer, slots);
    const target = { ready: () => this.#end(offer) };
    try {
      slots.push(this.#poller.add(offer.offerTaken, target));
      if (offer.processEnded >= 0) slots.push(this.#poller.add(offer.processEnded, target));
    } catch {
      this.#end(offer);
      return WSAENOBUFS;
    }
    info.dwProviderReserved = offer.descriptor;
    info.dwServiceFlags2 = offer.cookie;
    info.dwServiceFlags3 = offer.taken;
    info.dwServiceFlags4 = offer.process;
    return 0;
  }

  /** Ends every offer. */
  close(): void {
    for (const offer of [...this.#open.keys()]) this.#end(offer);
  }

  #end(offer: SocketOffer): void {
    const slots = this.#open.get(offer);
    if (slots === undefined) return;
    this.#open.delete(offer);
    for (const slot of slots) this.#poller.remove(slot);
    this.#sockets.endOffer(offer);
  }
}

/** The offer that a duplicate's protocol information tells of; `null` when it can be none. */
export function offeredSocket(info: WSAPROTOCOL_INFOW): OfferedSocket | null {
  const offered = {
    descriptor: info.dwProviderReserved,
    cookie: info.dwServiceFlags2,
    taken: info.dwServiceFlags3,
    process: info.dwServiceFlags4,
  };
  return Object.values(offered).every((value) => typeof value === 'number' && value >>> 0 === value) ? offered : null;
}

// Sockets offered to other processes and instances.
import { WSAENOBUFS, type WSAPROTOCOL_INFOW } from '../../spi/index.js';
import type { GroupMember } from '../../io/index.js';
import {
  PollEvents,
  type OfferedSocket,
  type PlatformSockets,
  type Poller,
  type SocketOffer,
} from '../../platform/index.js';

/** The offers of one instance. Each ends when it was taken, with the process that it was for, or with the instance. */
export class SocketOffers {
  readonly #sockets: PlatformSockets;
  readonly #poller: Poller;
  /** Each with its slots in the poller, and its part in the group of the socket. */
  readonly #open = new Map<SocketOffer, { readonly slots: number[]; readonly member: GroupMember | null }>();

  constructor(sockets: PlatformSockets, poller: Poller) {
    this.#sockets = sockets;
    this.#poller = poller;
  }

  /**
   * Offers a descriptor's socket.
   *
   * @param info receives how to take it: the descriptor in `dwProviderReserved`, the rest in the reserved service flags
   * @param member a part in the group of the socket, which the offer leaves when it ends
   * @returns 0 or a WinSock code, with which `member` is still the caller's
   */
  add(descriptor: number, processId: number, info: WSAPROTOCOL_INFOW, member: GroupMember | null): number {
    const offer = this.#sockets.offer(descriptor, processId);
    if (typeof offer === 'number') return offer;
    const fields = withGroup(offer, member?.id ?? 0);
    if (fields === null) {
      this.#sockets.endOffer(offer);
      return WSAENOBUFS;
    }
    const slots: number[] = [];
    this.#open.set(offer, { slots, member: null });
    const target = {
      ready: (events: number) => {
        // A socket that only can be written to tells nothing.
        if ((events & ~PollEvents.OUT) !== 0) this.#end(offer);
      },
    };
    try {
      if (offer.offerTaken >= 0) slots.push(this.#poller.add(offer.offerTaken, target));
      if (offer.processEnded >= 0) slots.push(this.#poller.add(offer.processEnded, target));
    } catch {
      this.#end(offer);
      return WSAENOBUFS;
    }
    this.#open.set(offer, { slots, member });
    info.dwProviderReserved = fields.descriptor;
    info.dwServiceFlags2 = fields.cookie;
    info.dwServiceFlags3 = fields.taken;
    info.dwServiceFlags4 = fields.process;
    return 0;
  }

  /** Ends every offer. */
  close(): void {
    for (const offer of [...this.#open.keys()]) this.#end(offer);
  }

  #end(offer: SocketOffer): void {
    const open = this.#open.get(offer);
    if (open === undefined) return;
    this.#open.delete(offer);
    for (const slot of open.slots) this.#poller.remove(slot);
    this.#sockets.endOffer(offer);
    open.member?.leave();
  }
}

/** How many bits of each number of an offer are its own: those above are the group's number, which is a multiple of 4. */
const OWN_BITS = { descriptor: 20, taken: 20, process: 22 } as const;
const GROUP_BITS = 30;

/** An offer's numbers with that of a group; `null` when they are too large to have room for one. */
function withGroup(offer: OfferedSocket, group: number): OfferedSocket | null {
  const { descriptor, cookie, taken, process } = offer;
  if (group === 0) return { descriptor, cookie, taken, process };
  let rest = group / 4;
  const packed = { descriptor, cookie, taken, process };
  for (const [name, own] of Object.entries(OWN_BITS) as [keyof typeof OWN_BITS, number][]) {
    if (offer[name] >= 2 ** own) return null;
    packed[name] = offer[name] + (rest % 2 ** (32 - own)) * 2 ** own;
    rest = Math.floor(rest / 2 ** (32 - own));
  }
  return packed;
}

/** The offer that a duplicate's protocol information tells of, and the socket's group; `null` when it can be none. */
export function offeredSocket(info: WSAPROTOCOL_INFOW): { offered: OfferedSocket; group: number } | null {
  const packed = {
    descriptor: info.dwProviderReserved,
    cookie: info.dwServiceFlags2,
    taken: info.dwServiceFlags3,
    process: info.dwServiceFlags4,
  };
  if (!Object.values(packed).every((value) => typeof value === 'number' && value >>> 0 === value)) return null;
  const offered = { ...packed };
  let [group, bits] = [0, 0];
  for (const [name, own] of Object.entries(OWN_BITS) as [keyof typeof OWN_BITS, number][]) {
    offered[name] = packed[name] % 2 ** own;
    group += Math.floor(packed[name] / 2 ** own) * 2 ** bits;
    bits += 32 - own;
  }
  return group >= 2 ** GROUP_BITS ? null : { offered, group: group * 4 };
}

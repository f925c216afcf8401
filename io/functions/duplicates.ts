import { WSAEINVAL, WSAENOTSOCK, type LPWSPDUPLICATESOCKET, type WSAPROTOCOL_INFOW } from '../../spi/index.js';
import type { SocketCore } from '../core/socket-core.js';
import { fail } from './failure.js';
import { shareCore } from '../core/shared-core.js';
import type { OptionValues } from '../options/option-values.js';
import type { FrontSocket } from '../socket/front-socket.js';
import type { SocketTable } from '../socket/socket-table.js';
import { State } from '../core/states.js';

/** A socket that was duplicated and not yet opened: what its duplicate begins with. */
export interface DuplicateOffer {
  readonly core: SocketCore;
  readonly state: number;
  readonly options: OptionValues | null;
  readonly active: boolean;
  readonly family: number;
  readonly type: number;
  /** The provider, as one instance started it, whose socket it is. */
  readonly owner: object;
}

/** The duplicates that wait to be opened, by the number in `dwProviderReserved`. */
export class DuplicateOffers {
  readonly #offers = new Map<number, DuplicateOffer>();
  #last = 0;

  /** Keeps an offer, and returns its number. */
  add(offer: DuplicateOffer): number {
    this.#last = (this.#last % 0x7fffffff) + 1;
    this.#offers.set(this.#last, offer);
    return this.#last;
  }

  /** Takes an offer, once; one of another kind of socket than is asked for stays. */
  take({ dwProviderReserved, iAddressFamily, iSocketType }: WSAPROTOCOL_INFOW): DuplicateOffer | undefined {
    const offer = this.#offers.get(dwProviderReserved);
    if (offer === undefined || offer.family !== iAddressFamily || offer.type !== iSocketType) return undefined;
    this.#offers.delete(dwProviderReserved);
    return offer;
  }

  /** Drops what nobody opened of a provider that ends. */
  dropOf(owner: object): void {
    for (const [number, offer] of this.#offers) {
      if (offer.owner !== owner) continue;
      this.#offers.delete(number);
      offer.core.close();
    }
  }
}

/** Makes `WSPDuplicateSocket` over a table of sockets. */
export function createDuplicateSocket(table: SocketTable): LPWSPDUPLICATESOCKET {
  return (s, dwProcessId, lpProtocolInfo, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    const { core } = socket;
    if (core.offerTo !== undefined) {
      const error = core.offerTo(dwProcessId, lpProtocolInfo);
      if (error !== 0) return fail(lpErrno, error);
      socket.duplicate = true;
      return 0;
    }
    // What lives in this process can be shared within it alone.
    if (dwProcessId !== process.pid) return fail(lpErrno, WSAEINVAL);
    const { own, other } = shareCore(core);
    socket.core = own;
    own.notice = socket;
    socket.duplicate = true;
    const { state, options, active, family, type } = socket;
    const offer = { core: other, state, options, active, family, type, owner: table };
    lpProtocolInfo.dwProviderReserved = table.offers.add(offer);
    return 0;
  };
}

/**
 * Finds the core of a duplicate that is being opened.
 *
 * @returns the offer, `null` when none is meant, `undefined` when there is none of that number
 */
export function takeOffer(table: SocketTable, info: WSAPROTOCOL_INFOW | null): DuplicateOffer | null | undefined {
  if (info === null || !info.dwProviderReserved) return null;
  const { factory } = table;
  if (factory.openOffer === undefined) return table.offers.take(info);
  const opened = factory.openOffer(info);
  if (typeof opened === 'number') return undefined;
  const { iAddressFamily: family, iSocketType: type } = info;
  return { ...opened, options: null, family, type, owner: table };
}

/** Gives a duplicate the state of the socket that it is one of. */
export function becomeDuplicate(socket: FrontSocket, offer: DuplicateOffer): void {
  socket.duplicate = true;
  socket.active = offer.active;
  socket.options = offer.options;
  socket.enter(offer.state === State.CONNECTING ? State.CONNECTED : offer.state);
  if (offer.core.readiness !== 0) socket.changed(offer.core.readiness);
}

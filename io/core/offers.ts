import type { WSAPROTOCOL_INFOW } from '../../spi/index.js';
import type { OptionValues } from '../options/index.js';
import type { SocketCore } from './socket-core.js';
import type { GroupMember } from './socket-group.js';

/** A socket that was duplicated and not yet opened: what its duplicate begins with. */
export interface DuplicateOffer {
  readonly core: SocketCore;
  readonly state: number;
  readonly options: OptionValues | null;
  readonly active: boolean;
  readonly family: number;
  readonly type: number;
  /** Its part in a group of sockets. */
  readonly group: GroupMember | null;
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
      offer.group?.leave();
    }
  }
}

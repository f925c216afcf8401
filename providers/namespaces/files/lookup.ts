import {
  LUP_FLUSHPREVIOUS,
  LUP_RES_SERVICE,
  LUP_RETURN_ADDR,
  LUP_RETURN_ALIASES,
  LUP_RETURN_ALL,
  LUP_RETURN_BLOB,
  LUP_RETURN_NAME,
  LUP_RETURN_QUERY_STRING,
  LUP_RETURN_TYPE,
  RESULT_IS_ALIAS,
  sizeofWSAQUERYSET,
  WSA_E_NO_MORE,
  WSAEFAULT,
  WSAQUERYSETW,
  type GUID,
  type Ref,
} from '../../../spi/index.js';
import type { Item } from './query.js';
import { csaddrInfo } from './transports.js';

/** A query under way: its items, and which of them is next. */
export class Lookup {
  #next = 0;
  #isTooLarge = false;

  /**
   * @param items what answers the query
   * @param flags those of NSPLookupServiceBegin
   * @param queryString the query's own, given back with LUP_RETURN_QUERY_STRING
   * @param providerId the provider's GUID
   * @param nameSpace the name space that the provider serves
   */
  constructor(
    private readonly items: readonly Item[],
    private readonly flags: number,
    private readonly queryString: string | null,
    private readonly providerId: GUID,
    private readonly nameSpace: number,
  ) {}

  /**
   * Fetches the next item.
   *
   * The LUP_RETURN flags restrict those of the beginning; none of them restricts nothing, because applications may use
   * the flags to say LUP_FLUSHPREVIOUS alone (specification: WSALookupServiceNext). LUP_FLUSHPREVIOUS and
   * LUP_RES_SERVICE have their effect whatever the beginning said.
   *
   * @param length in: room in bytes; out, when too small: bytes needed, and the item stays
   * @param results emptied and given the item; `null` for no room
   * @returns 0, WSA_E_NO_MORE or WSAEFAULT
   */
  next(flags: number, length: Ref<number>, results: WSAQUERYSETW[] | null): number {
    if ((flags & LUP_FLUSHPREVIOUS) !== 0 && this.#isTooLarge) this.#next++;
    this.#isTooLarge = false;
    const wanted = this.flags & ((flags & LUP_RETURN_ALL) === 0 ? LUP_RETURN_ALL : flags);
    const isWanted = (item: Item): boolean => !item.isAlias || (wanted & LUP_RETURN_ALIASES) !== 0;
    let item = this.items[this.#next];
    while (item !== undefined && !isWanted(item)) item = this.items[++this.#next];
    if (item === undefined) return WSA_E_NO_MORE;

    const result = this.#result(item, wanted, ((this.flags | flags) & LUP_RES_SERVICE) !== 0);
    const needed = sizeofWSAQUERYSET(result);
    if (results === null || length.value >>> 0 < needed) {
      this.#isTooLarge = true;
      length.value = needed;
      return WSAEFAULT;
    }
    results.splice(0, results.length, result);
    this.#next++;
    return 0;
  }

  #result(item: Item, wanted: number, forService: boolean): WSAQUERYSETW {
    const has = (flag: number): boolean => (wanted & flag) !== 0;
    const csaddrs = has(LUP_RETURN_ADDR) ? item.addresses.map((each) => csaddrInfo(each, forService)) : [];
    const blob = has(LUP_RETURN_BLOB) ? item.blob : null;
    return {
      dwSize: WSAQUERYSETW.size,
      lpszServiceInstanceName: has(LUP_RETURN_NAME) ? item.name : null,
      lpServiceClassId: has(LUP_RETURN_TYPE) ? item.serviceClass : null,
      lpVersion: null,
      lpszComment: null,
      dwNameSpace: this.nameSpace,
      lpNSProviderId: this.providerId,
      lpszContext: null,
      dwNumberOfProtocols: 0,
      lpafpProtocols: null,
      lpszQueryString: has(LUP_RETURN_QUERY_STRING) ? this.queryString : null,
      dwNumberOfCsAddrs: csaddrs.length,
      lpcsaBuffer: csaddrs.length > 0 ? csaddrs : null,
      dwOutputFlags: item.isAlias ? RESULT_IS_ALIAS : 0,
      // A copy, so that what one caller does to it is not seen by the next.
      lpBlob: blob === null ? null : { cbSize: blob.length, pBlobData: blob.slice() },
    };
  }
}

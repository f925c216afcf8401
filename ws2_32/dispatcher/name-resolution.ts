/** An answer that is kept, with what somebody has made of its addresses to show them: it is made once. */
export interface KeptForm {
  /** `null` until somebody has made it. */
  form: unknown;
}

/**
 * Looks a host's addresses up without waiting, as `getaddrinfo` does with these hints.
 *
 * @param found told the error, 0 for none, and the sockaddrs; and where these are all of an answer that is kept, its form; maybe before
 *   the function returns
 * @returns gives up; nothing is told then
 */
export type HostLookup = (
  node: string,
  hints: { readonly ai_family: number; readonly ai_flags: number },
  found: (error: number, addresses: readonly Uint8Array[], kept: KeptForm | null) => void,
) => () => void;

/**
 * Looks records of a host up without waiting, in the name spaces of NS_DNS.
 *
 * @param type the records' type, as RFC 1035 and its successors number them
 * @param found told the error, 0 for none, and the data of each record; maybe before the function returns
 * @returns gives up; nothing is told then
 */
export type RecordLookup = (
  name: string,
  type: number,
  found: (error: number, records: readonly Uint8Array[]) => void,
) => () => void;

/** What others do about name resolution: the final WSACleanup, and providers. */
export interface NameResolution {
  endQueries(): void;
  cleanup(): void;
  /** Returns 0 or a WSA error. */
  completeAsyncCall(hAsyncCall: unknown, code: unknown): number;
  lookUp: HostLookup;
  lookUpRecords: RecordLookup;
}

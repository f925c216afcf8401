/**
 * Looks a host's addresses up without waiting, as `getaddrinfo` does with these hints.
 *
 * @param found told the error, 0 for none, and the sockaddrs; maybe before the function returns
 * @returns gives up; nothing is told then
 */
export type HostLookup = (
  node: string,
  hints: { readonly ai_family: number; readonly ai_flags: number },
  found: (error: number, addresses: readonly Uint8Array[]) => void,
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

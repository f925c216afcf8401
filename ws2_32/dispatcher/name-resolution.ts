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

/** What others do about name resolution: the final WSACleanup, and providers. */
export interface NameResolution {
  endQueries(): void;
  cleanup(): void;
  /** Returns 0 or a WSA error. */
  completeAsyncCall(hAsyncCall: unknown, code: unknown): number;
  lookUp: HostLookup;
}

// Which catalog entry a socket is made of.
import {
  AF_UNSPEC,
  PFL_MATCHES_PROTOCOL_ZERO,
  WSAEAFNOSUPPORT,
  WSAEINVAL,
  WSAEPROTONOSUPPORT,
  WSAESOCKTNOSUPPORT,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';

/** The entry found, or the WSA error of `socket`. */
export type MatchResult =
  | { readonly entry: WSAPROTOCOL_INFOW; readonly error?: undefined }
  | { readonly error: number; readonly entry?: undefined };

/**
 * Finds the entry that `socket(af, type, protocol)` names: the first in catalog order that matches. Hidden entries
 * match like others, layered protocols (ChainLen 0) never do (specification: WSASocket; errors as measured on Windows).
 *
 * @param entries the catalog, in its order
 * @param af the address family; 0 matches any, if `protocol` is not 0
 * @param type the socket type; 0 matches any
 * @param protocol the protocol; 0 matches entries with PFL_MATCHES_PROTOCOL_ZERO
 * @param startAfterId the entry to go on behind, when its provider declined; WSAEPROTONOSUPPORT when no other matches
 * @returns the entry, or WSAEINVAL (neither family nor protocol given), WSAESOCKTNOSUPPORT (no such type, in the
 *   catalog or in this family), WSAEAFNOSUPPORT (no such family) or WSAEPROTONOSUPPORT, in this precedence
 */
export function matchProtocol(
  entries: readonly WSAPROTOCOL_INFOW[],
  af: number,
  type: number,
  protocol: number,
  startAfterId?: number,
): MatchResult {
  if (af === AF_UNSPEC && protocol === 0) return { error: WSAEINVAL };

  // Most calls, without going through the whole catalog several times.
  if (startAfterId === undefined) {
    for (const entry of entries) if (matches(entry, af, type, protocol)) return { entry };
  }

  const candidates = entries.filter((entry) => entry.ProtocolChain.ChainLen !== 0);
  const ofType = candidates.filter((entry) => type === 0 || entry.iSocketType === type);
  if (ofType.length === 0) return { error: WSAESOCKTNOSUPPORT };

  const isOfFamily = (entry: WSAPROTOCOL_INFOW): boolean => af === AF_UNSPEC || entry.iAddressFamily === af;
  if (!candidates.some(isOfFamily)) return { error: WSAEAFNOSUPPORT };

  const ofBoth = ofType.filter(isOfFamily);
  if (ofBoth.length === 0) return { error: WSAESOCKTNOSUPPORT };

  const taking = ofBoth.filter((entry) => takesProtocol(entry, protocol));
  const place = (entry: WSAPROTOCOL_INFOW | undefined): number => (entry === undefined ? -1 : entries.indexOf(entry));
  const after = place(entries.find((entry) => startAfterId !== undefined && entry.dwCatalogEntryId === startAfterId));
  const entry = taking.find((candidate) => place(candidate) > after);
  return entry === undefined ? { error: WSAEPROTONOSUPPORT } : { entry };
}

function matches(entry: WSAPROTOCOL_INFOW, af: number, type: number, protocol: number): boolean {
  if (type !== 0 && entry.iSocketType !== type) return false;
  if (af !== AF_UNSPEC && entry.iAddressFamily !== af) return false;
  return entry.ProtocolChain.ChainLen !== 0 && takesProtocol(entry, protocol);
}

function takesProtocol(entry: WSAPROTOCOL_INFOW, protocol: number): boolean {
  if (protocol === 0) return (entry.dwProviderFlags & PFL_MATCHES_PROTOCOL_ZERO) !== 0;
  return protocol >= entry.iProtocol && protocol <= entry.iProtocol + entry.iProtocolMaxOffset;
}

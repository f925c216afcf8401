// Which entry of the catalog a socket is opened on.
import { FROM_PROTOCOL_INFO, guidEqual, WSAEINVAL, type WSAPROTOCOL_INFOW } from '../../spi/index.js';
import type { Dispatcher } from './dispatcher.js';

/**
 * The entry that a WSAPROTOCOL_INFO given to `WSASocket` names (specification: WSASocket).
 *
 * One from this instance's own enumeration is known by its identifier. One that `WSADuplicateSocket` filled may come
 * from another instance, with a catalog of its own: there the provider, family, type and protocol decide.
 *
 * @returns the entry; `undefined` when the instance has none such
 */
export function findEntry(dispatcher: Dispatcher, info: WSAPROTOCOL_INFOW): WSAPROTOCOL_INFOW | undefined {
  const { catalog } = dispatcher;
  const sameId = catalog.entry(info.dwCatalogEntryId);
  const isOfProvider = (entry: WSAPROTOCOL_INFOW): boolean =>
    typeof info.ProviderId !== 'string' || guidEqual(entry.ProviderId, info.ProviderId);
  const candidate = sameId !== undefined && isOfProvider(sameId) ? sameId : undefined;
  const isDuplicate = Boolean(info.dwProviderReserved);
  if (candidate !== undefined && (!isDuplicate || isOfTriple(candidate, info))) return usable(dispatcher, candidate);
  if (typeof info.ProviderId !== 'string') return undefined;
  return catalog.entries().find((entry) => usable(dispatcher, entry) && isOfProvider(entry) && isOfTriple(entry, info));
}

/**
 * What a provider is told of a socket that is opened by a WSAPROTOCOL_INFO of the caller's: the caller's family, type,
 * protocol and private members, in the place that this instance's catalog gives them.
 */
export function describeSocket(entry: WSAPROTOCOL_INFOW, info: WSAPROTOCOL_INFOW): WSAPROTOCOL_INFOW {
  return {
    ...info,
    ...entry,
    ProtocolChain: { ...entry.ProtocolChain, ChainEntries: [...entry.ProtocolChain.ChainEntries] },
    iAddressFamily: info.iAddressFamily ?? entry.iAddressFamily,
    iSocketType: info.iSocketType ?? entry.iSocketType,
    iProtocol: info.iProtocol ?? entry.iProtocol,
    dwProviderReserved: info.dwProviderReserved ?? 0,
    // A duplicate's provider may need more room than that: the service flags that the specification reserves.
    ...(info.dwProviderReserved ? reservedFlags(info) : {}),
  };
}

/**
 * The entry that `SO_PROTOCOL_INFO` gives for a socket that was opened by a WSAPROTOCOL_INFO: the caller may have asked
 * the provider of one entry for the family, type or protocol of another.
 */
export function openedEntry(
  dispatcher: Dispatcher,
  entry: WSAPROTOCOL_INFOW,
  info: WSAPROTOCOL_INFOW,
  af: number,
  type: number,
  protocol: number,
): WSAPROTOCOL_INFOW {
  const choose = (asked: number, told: number): number => (asked === 0 || asked === FROM_PROTOCOL_INFO ? told : asked);
  const wanted = {
    iAddressFamily: choose(af, info.iAddressFamily),
    iSocketType: choose(type, info.iSocketType),
    iProtocol: choose(protocol, info.iProtocol),
  };
  if (isOfTriple(entry, wanted)) return entry;
  const other = dispatcher.catalog
    .entries()
    .find(
      (each) => guidEqual(each.ProviderId, entry.ProviderId) && usable(dispatcher, each) && isOfTriple(each, wanted),
    );
  return other ?? entry;
}

/** Whether any entry has the family that is asked for, by the argument or else by the WSAPROTOCOL_INFO. */
export function isFamilyKnown(dispatcher: Dispatcher, af: number, info: WSAPROTOCOL_INFOW): boolean {
  const family = af === 0 || af === FROM_PROTOCOL_INFO ? info.iAddressFamily : af;
  return dispatcher.catalog.entries().some((entry) => entry.iAddressFamily === family);
}

/**
 * Finds an entry for `socket`, or the next one after a provider has declined.
 *
 * @param startAfterId the entry whose provider declined
 * @returns the entry, or the WSA error; damage that is to blame is reported
 */
export function matchEntry(
  dispatcher: Dispatcher,
  af: number,
  type: number,
  protocol: number,
  startAfterId?: number,
): WSAPROTOCOL_INFOW | number {
  const match = dispatcher.catalog.match(af, type, protocol, startAfterId);
  if (match.error === undefined) return match.entry;
  if (match.problem !== undefined) dispatcher.report({ message: match.problem.message, cause: match.problem });
  return match.error ?? WSAEINVAL;
}

// Layered protocols are no entries to open sockets on, nor are chains with a layer that the program does not permit.
function usable({ catalog }: Dispatcher, entry: WSAPROTOCOL_INFOW): WSAPROTOCOL_INFOW | undefined {
  return entry.ProtocolChain.ChainLen === 0 || catalog.isLeftOut(entry) ? undefined : entry;
}

function isOfTriple(
  entry: WSAPROTOCOL_INFOW,
  wanted: Pick<WSAPROTOCOL_INFOW, 'iAddressFamily' | 'iSocketType' | 'iProtocol'>,
): boolean {
  const offset = wanted.iProtocol - entry.iProtocol;
  return (
    entry.iAddressFamily === wanted.iAddressFamily &&
    entry.iSocketType === wanted.iSocketType &&
    offset >= 0 &&
    offset <= entry.iProtocolMaxOffset
  );
}

function reservedFlags(info: WSAPROTOCOL_INFOW): Partial<WSAPROTOCOL_INFOW> {
  const { dwServiceFlags2, dwServiceFlags3, dwServiceFlags4 } = info;
  return {
    dwServiceFlags2: dwServiceFlags2 ?? 0,
    dwServiceFlags3: dwServiceFlags3 ?? 0,
    dwServiceFlags4: dwServiceFlags4 ?? 0,
  };
}

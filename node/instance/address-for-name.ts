import {
  AF_INET,
  AF_INET6,
  INSTANCE,
  INVALID_SOCKET,
  IPPROTO_TCP,
  parseSockaddr,
  ref,
  SIO_TAKES_NAMES,
  SOCK_STREAM,
  type Ws2_32,
} from '../../index.js';
import { familiesOf, resolveChain, type ChainChoice } from './chain-option.js';

/** What is known of an instance's chains, as long as its catalog is the same. */
interface Known {
  readonly serial: number;
  /** By catalog id, or by family where the catalog's order decides. */
  readonly takes: Map<string, boolean>;
}

const known = new WeakMap<object, Known>();

/**
 * Finds the address that stands for a host's name on a chain that connects by names, as to a proxy: then nobody is asked for the
 * host's own.
 *
 * @param families 4, 6 or both: which may be used
 * @returns `null` when the chain takes addresses alone, so that the name has to be looked up
 */
export function addressForName(
  ws2: Ws2_32,
  chain: ChainChoice | undefined,
  host: string,
  families: readonly number[],
): { readonly address: string; readonly family: number } | null {
  const carried = familiesOf(ws2, chain);
  for (const [family, af] of [
    [4, AF_INET],
    [6, AF_INET6],
  ] as const) {
    if (!families.includes(family) || !carried.includes(af) || !takesNames(ws2, chain, af)) continue;
    const name = ws2[INSTANCE].providerHost.names.addressOf(host, af);
    if (name !== null) return { address: parseSockaddr(name).address, family };
  }
  return null;
}

/** Whether a chain connects by names in one of the families that it carries. */
export function chainTakesNames(ws2: Ws2_32, chain: ChainChoice | undefined): boolean {
  return familiesOf(ws2, chain).some((af) => takesNames(ws2, chain, af));
}

function takesNames(ws2: Ws2_32, chain: ChainChoice | undefined, af: number): boolean {
  const { catalog, providerHost } = ws2[INSTANCE];
  const entry = resolveChain(ws2, chain, af);
  if (entry instanceof Error) return false;
  const candidates = entry === null ? providerHost.catalogEntries() : [entry];
  // Base providers take none, and most programs have nothing else.
  if (!candidates.some((each) => each.iAddressFamily === af && each.ProtocolChain.ChainLen > 1)) return false;
  let state = known.get(catalog);
  if (state?.serial !== catalog.serial) {
    state = { serial: catalog.serial, takes: new Map() };
    known.set(catalog, state);
  }
  const key = entry === null ? `family ${af}` : `${entry.dwCatalogEntryId}`;
  let takes = state.takes.get(key);
  if (takes === undefined) {
    const s = ws2.WSASocket(af, SOCK_STREAM, IPPROTO_TCP, entry, 0, 0);
    // Who knows whether it would: the name is not looked up, and whoever connects is told why there is no socket.
    if (s === INVALID_SOCKET) return true;
    const answer = new Uint8Array(4);
    takes = ws2.WSAIoctl(s, SIO_TAKES_NAMES, null, 0, answer, 4, ref(0), null, null) === 0 && answer[0] !== 0;
    ws2.closesocket(s);
    state.takes.set(key, takes);
  }
  return takes;
}

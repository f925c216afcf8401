// How long `net` waits for a connection to one address of a name before it gives that up, and tries the next one.
import net from 'node:net';
import { existsSync } from 'node:fs';
import { INSTANCE, type Ws2_32 } from '../index.js';
import type { ChainError } from '../node/instance/index.js';
import type { WSAPROTOCOL_INFOW } from '../spi/index.js';

/** RFC 8305's upper bound, in milliseconds; Node.js waits for 250, from 26 on for 500. */
const LONGEST_ATTEMPT = 2000;
/** Layers by which a connection is there as soon as it is below them. */
const NOT_IN_THE_WAY: ReadonlySet<string> = new Set(['trace', 'capture', 'qos']);
/** Chains that end in chains are followed so far. */
const DEEPEST = 8;
const OPTION = '--network-family-autoselection-attempt-timeout';

/**
 * Gives layers the time to connect: theirs is not over when TCP has connected, for handshakes, proxies and filters come behind that.
 * What the program or its command line says of it stays as it is.
 */
export function giveAttemptsTime(): void {
  const said = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''];
  if (said.some((text) => text.includes(OPTION))) return;
  if (net.getDefaultAutoSelectFamilyAttemptTimeout() < LONGEST_ATTEMPT)
    net.setDefaultAutoSelectFamilyAttemptTimeout(LONGEST_ATTEMPT);
}

/**
 * Whether a layer may make connections take longer than TCP's own.
 *
 * @param named the names of layers that the environment stacks
 * @param bases the entries that those lie over, or sockets are opened on; only asked for where it may be more than TCP/IP itself
 */
export function connectsLater(
  named: readonly string[],
  bases: () => { readonly ws2: Ws2_32; readonly entries: readonly WSAPROTOCOL_INFOW[] } | ChainError,
): boolean {
  if (named.some((name) => !NOT_IN_THE_WAY.has(name))) return true;
  const { WS2SPI_CATALOG: catalog, WS2SPI_CHAIN: chosen } = process.env;
  if (!chosen && (catalog === undefined || !existsSync(catalog))) return false;
  const found = bases();
  return !(found instanceof Error) && found.entries.some((entry) => hasLayerInTheWay(found.ws2, entry));
}

function hasLayerInTheWay(ws2: Ws2_32, { ProtocolChain }: WSAPROTOCOL_INFOW, depth = 0): boolean {
  const { catalog } = ws2[INSTANCE];
  const members = ProtocolChain.ChainEntries.slice(0, ProtocolChain.ChainLen);
  if (members.length <= 1 || depth > DEEPEST) return false;
  const layers = members.slice(0, -1).map((id) => catalog.pathOfEntry(id)?.replace(/^di:layers\//, '') ?? '');
  if (layers.some((name) => !NOT_IN_THE_WAY.has(name))) return true;
  const base = catalog.entries().find(({ dwCatalogEntryId }) => dwCatalogEntryId === members.at(-1));
  return base !== undefined && hasLayerInTheWay(ws2, base, depth + 1);
}

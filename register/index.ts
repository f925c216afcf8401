/**
 * `node --import ws2spi/register app.js` puts the TCP and UDP sockets of a program, and the names that it looks up, on a protocol
 * chain: the one that `WS2SPI_CHAIN` names, else the one that the catalog gives; below the layers that `WS2SPI_LAYERS` names. The
 * program is not changed.
 *
 * @module
 */
import { writeSync } from 'node:fs';
import { AF_INET, AF_INET6, SOCK_STREAM, type Ws2_32 } from '../index.js';
import { putOnChain } from '../node/handle/index.js';
import {
  chainNamed,
  chainTakesNames,
  defaultInstance,
  resolveChain,
  type ChainChoice,
  type ChainError,
} from '../node/instance/index.js';
import { ChainHandle } from '../node/transfers/index.js';
import type * as Children from './children/index.js';
import type * as Looks from './looks/index.js';
import { hookUrl, isHooked, withHook } from '../node-programs/index.js';
import { loadPart } from '../host/load-part.js';
import type { WSAPROTOCOL_INFOW } from '../spi/index.js';
import { connectsLater, giveAttemptsTime } from './attempt-time.js';
import { shareListeners } from './cluster.js';
import { foreignSocket, mayPassBy } from './foreign-sockets.js';
import { basesOf, layersOf, stackLayers, type ChosenChain } from './layers.js';
import { lookUpByInstance } from './look-ups.js';
import { checkNetworkPermission, flagsThatAreNeeded, isRestricted } from './permissions.js';
import { leadResolvers } from './resolvers.js';
import { refuseSentHandles } from './sent-handles.js';
import { hookWorkers } from './workers.js';
import { openWithReasons } from './reasons.js';

/** Where the environment says that there may be layers. */
const LAYERED_BY = ['WS2SPI_LAYERS', 'WS2SPI_CHAIN', 'WS2SPI_CATALOG'];
const told = new Set<string>();
const chain = chainNamed(process.env['WS2SPI_CHAIN']);

/** Ends the program before it opens a socket that is not on the chain. */
function refuse(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  writeSync(2, `ws2spi/register: ${why}${isRestricted() ? `; ${flagsThatAreNeeded()}` : ''}\n`);
  process.exit(1);
}

/** `net` has but a number for an error: what it means is said once. */
function tell(error: ChainError): ChainError {
  if (!told.has(error.message)) {
    told.add(error.message);
    process.emitWarning(error.message, 'Ws2spiChain');
  }
  return error;
}

/** The instance of this thread, once there is one. */
let made: Ws2_32 | null = null;

/** The instance of this thread, made when it is needed. */
function instance(): Ws2_32 | ChainError {
  try {
    return (made = defaultInstance());
  } catch (error) {
    return error as ChainError;
  }
}

function onChain(
  which: keyof ChosenChain,
  open: (ws2: Ws2_32, on: ChainChoice | undefined) => ChainHandle | ChainError,
): ChainHandle | ChainError {
  const ws2 = instance();
  if (ws2 instanceof Error) return tell(ws2);
  const on = chains[which];
  const handle = on instanceof Error ? on : openWithReasons(ws2, () => open(ws2, on));
  return handle instanceof Error ? tell(handle) : handle;
}

/** Where sockets are opened. What the environment names is looked at now, so that the program does not begin without it. */
function chosenChains(): ChosenChain {
  const layers = layersOf(process.env['WS2SPI_LAYERS']);
  namedLayers = layers.map(({ name }) => name);
  if (chain === undefined && layers.length === 0) return { streams: undefined, datagrams: undefined };
  const ws2 = instance();
  if (ws2 instanceof Error) throw ws2;
  const entries = [AF_INET, AF_INET6].map((family) => resolveChain(ws2, chain, family));
  const [refusal] = entries;
  if (refusal instanceof Error && entries.every((entry) => entry instanceof Error)) throw refusal;
  return layers.length === 0 ? { streams: chain, datagrams: chain } : stackLayers(ws2, layers, chain);
}

/** Opens a socket where that may not be permitted. */
function tryChain(): void {
  const tried = [AF_INET, AF_INET6].map((family) =>
    onChain('streams', (ws2, on) => ChainHandle.open(ws2, on, family, 'TCPWRAP')),
  );
  for (const handle of tried) if (!(handle instanceof Error)) handle.close();
  const [refusal] = tried;
  if (tried.every((handle) => handle instanceof Error)) throw refusal as ChainError;
}

/** Children that are forked in another folder find the hook, too. */
function nameHookByUrl(args: string[]): void {
  for (const [at, arg] of args.entries()) args[at] = arg.replace(/^(--import=)?ws2spi\/register$/, `$1${hookUrl()}`);
}

/** Whether the chain leaves it to programs to find addresses; not where nobody can tell. */
function mayAskNameServers(): boolean {
  const ws2 = instance();
  return !(ws2 instanceof Error) && !chainTakesNames(ws2, chains.streams);
}

/** What the layers that the environment names lie over, or sockets are opened on. */
function streamBases(): { ws2: Ws2_32; entries: WSAPROTOCOL_INFOW[] } | ChainError {
  const ws2 = instance();
  if (ws2 instanceof Error) return ws2;
  const entries = basesOf(ws2, chain, SOCK_STREAM);
  return entries instanceof Error ? entries : { ws2, entries };
}

let namedLayers: readonly string[] = [];
let chains: ChosenChain;
try {
  checkNetworkPermission();
  chains = chosenChains();
  const handles = putOnChain({
    open: (family) => onChain('streams', (ws2, on) => ChainHandle.open(ws2, on, family, 'TCPWRAP')),
    openDatagrams: (family) => onChain('datagrams', (ws2, on) => ChainHandle.openDatagrams(ws2, on, family, 'UDPWRAP')),
    foreign: () => (mayPassBy() ? null : tell(foreignSocket())),
  });
  lookUpByInstance(instance, chains.streams);
  leadResolvers({ mayAsk: mayAskNameServers, instance, chain: chains.streams });
  if (LAYERED_BY.some((name) => process.env[name]) && connectsLater(namedLayers, streamBases)) giveAttemptsTime();
  if ((process.env['WS2SPI_TOP'] ?? '0') !== '0' && process.env['WS2SPI_TOP'] !== '') {
    loadPart<typeof Looks>(import.meta.url, './looks/index.js').letLook(() => made);
  }
  if (isRestricted()) tryChain();
  // Children are meant to be on the chain, all of them, where the hook came by NODE_OPTIONS: who is not is named then.
  const inherited = isHooked(process.env['NODE_OPTIONS']);
  if (!inherited) process.env['NODE_OPTIONS'] = withHook(process.env['NODE_OPTIONS']);
  nameHookByUrl(process.execArgv);
  hookWorkers();
  refuseSentHandles(handles);
  shareListeners(handles);
  loadPart<typeof Children>(import.meta.url, './children/index.js').lookAfterChildren(inherited);
} catch (error) {
  refuse(error);
}

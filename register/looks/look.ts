// One look at the sockets of this thread.
import { threadId } from 'node:worker_threads';
import {
  INSTANCE,
  SIO_LAYER_TRAFFIC,
  SIO_TCP_INFO,
  SO_PROTOCOL_INFOW,
  SOL_SOCKET,
  WSAPROTOCOL_INFOW,
  type Ws2_32,
} from '../../index.js';
import {
  LOOK_VERSION,
  type ChainTotals,
  type ProgramLook,
  type SocketLook,
  type TrafficLook,
} from '../../looks/index.js';
import { openHandlesOf, type AddressInfo, type ChainHandle, type HandleReport } from '../../node/transfers/index.js';
import { closedTotals, withOpen } from './totals.js';
import { TCP_INFO_v0, type WSAPROTOCOL_INFOW as Entry } from '../../spi/index.js';

/** Sockets that are listed at most: what is told takes the program's own time. */
const MOST = 1000;

/** What is the same for a handle at each look. */
interface Known {
  readonly id: number;
  readonly chain: string;
  readonly layers: readonly string[];
}

const known = new WeakMap<ChainHandle, Known>();
let lastId = 0;
const room = new Uint8Array(16 * 1024);
const returned = { value: 0 };
const version = new Uint8Array(4);

/**
 * Looks at what is open in this thread.
 *
 * @param ws2 the thread's instance; `null` while it has none
 */
export function lookAtSockets(ws2: Ws2_32 | null): ProgramLook {
  const handles = ws2 === null ? [] : [...openHandlesOf(ws2)];
  const sockets = handles.slice(0, MOST).map(lookAt);
  return {
    version: LOOK_VERSION,
    pid: process.pid,
    thread: threadId,
    program: process.argv[1] ?? process.title,
    node: process.version,
    at: performance.now(),
    sockets,
    more: Math.max(0, handles.length - MOST),
    totals: withOpen(closedTotals(), sockets),
  };
}

function lookAt(handle: ChainHandle): SocketLook {
  const { id, chain, layers } = knownOf(handle);
  const isStream = handle.type !== 'UDPWRAP';
  const { state, sent, received, queued } = reportOf(handle);
  const isConnected = state === 'connected';
  return {
    id,
    protocol: isStream ? 'tcp' : 'udp',
    state,
    local: text(handle.name('getsockname')),
    peer: isConnected ? text(handle.name('getpeername')) : null,
    chain,
    sent,
    received,
    queued,
    layers: state === 'listening' ? [] : trafficOf(handle, layers, sent, received, isStream && isConnected),
    rtt: isStream && isConnected ? roundTrip(handle) : null,
  };
}

function reportOf(handle: ChainHandle): HandleReport {
  return handle.owner?.report?.() ?? { state: 'open', sent: 0, received: 0, queued: 0 };
}

/** What a socket has carried, as one that is about to be closed. */
export function lastLookAt(handle: ChainHandle): Omit<ChainTotals, 'open' | 'closed'> {
  const { chain, layers } = knownOf(handle);
  const isStream = handle.type !== 'UDPWRAP';
  const { sent, received } = reportOf(handle);
  const traffic = trafficOf(handle, layers, sent, received, isStream);
  return { protocol: isStream ? 'tcp' : 'udp', chain, sent, received, layers: traffic };
}

function text(name: AddressInfo | null): string | null {
  if (name === null) return null;
  return name.family === 'IPv6' ? `[${name.address}]:${name.port}` : `${name.address}:${name.port}`;
}

function knownOf(handle: ChainHandle): Known {
  let found = known.get(handle);
  if (found === undefined) {
    const entry = entryOf(handle);
    found = {
      id: ++lastId,
      chain: entry?.szProtocol ?? '',
      layers: entry === null ? [] : membersOf(handle.ws2[INSTANCE].catalog.entries(), entry),
    };
    known.set(handle, found);
  }
  return found;
}

function entryOf({ ws2, s }: ChainHandle): Entry | null {
  const bytes = new Uint8Array(WSAPROTOCOL_INFOW.size);
  const got = ws2.getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, bytes, { value: bytes.length });
  return got === 0 ? WSAPROTOCOL_INFOW.decode(bytes) : null;
}

/** The names of a chain's members, the outermost first, with those of a chain that it ends in. */
function membersOf(entries: readonly Entry[], { ProtocolChain, szProtocol }: Entry, depth = 0): string[] {
  const { ChainLen, ChainEntries } = ProtocolChain;
  if (ChainLen <= 1 || depth > 8) return [szProtocol];
  return ChainEntries.slice(0, ChainLen).flatMap((id, place) => {
    const member = entries.find(({ dwCatalogEntryId }) => dwCatalogEntryId === id);
    if (member === undefined) return [];
    return place === ChainLen - 1 ? membersOf(entries, member, depth + 1) : [member.szProtocol];
  });
}

/** What went below each member: codecs tell it, and what passes the others is what came to them. */
function trafficOf(
  { ws2, s }: ChainHandle,
  members: readonly string[],
  sent: number,
  received: number,
  hasCodecs: boolean,
): TrafficLook[] {
  const told = hasCodecs ? codecTraffic(ws2, s) : [];
  let passing: TrafficLook = { name: '', sent, received };
  return members.map((name) => {
    if (told[0]?.name === name) passing = told.shift()!;
    return { name, sent: passing.sent, received: passing.received };
  });
}

function codecTraffic(ws2: Ws2_32, s: number): TrafficLook[] {
  if (ws2.WSAIoctl(s, SIO_LAYER_TRAFFIC, null, 0, room, room.length, returned, null, null) !== 0) return [];
  try {
    return JSON.parse(Buffer.from(room.buffer, 0, returned.value).toString()) as TrafficLook[];
  } catch {
    return [];
  }
}

function roundTrip({ ws2, s }: ChainHandle): number | null {
  const told = ws2.WSAIoctl(s, SIO_TCP_INFO, version, 4, room, TCP_INFO_v0.size, returned, null, null);
  if (told !== 0 || returned.value < TCP_INFO_v0.size) return null;
  return TCP_INFO_v0.decode(room.subarray(0, TCP_INFO_v0.size)).RttUs / 1000;
}

import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DONTFRAGMENT,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_HDRINCL,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IP_UNBLOCK_SOURCE,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  IPV6_HOPLIMIT,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_PKTINFO,
  IPV6_RECVTCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_CONDITIONAL_ACCEPT,
  SO_DEBUG,
  SO_DONTLINGER,
  SO_DONTROUTE,
  SO_ERROR,
  SO_EXCLUSIVEADDRUSE,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_MAX_MSG_SIZE,
  SO_OOBINLINE,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../spi/index.js';

/**
 * How an option's value is laid out, and what lengths are taken (measured behaviour 3.11):
 * `boolean` and `byte` take any length from 1 (0 too for booleans of SOL_SOCKET), `flag` reads back as one byte,
 * `dword`, `switch` (which reads back as 0 or 1) and `linger` need all four bytes, `structure` any bytes, which go to the core as they are.
 */
export type OptionShape = 'boolean' | 'byte' | 'flag' | 'dword' | 'switch' | 'linger' | 'structure';

/** One row of the table of options. */
export interface OptionRow {
  readonly name: string;
  readonly level: number;
  readonly optname: number;
  readonly shape: OptionShape;
  /** Who has the value: the front alone; the front, which tells the core; or the core alone. */
  readonly keeper: 'front' | 'both' | 'core';
  /** The value of an option never set. */
  readonly initial: number;
  /** May it be set; read? */
  readonly access: 'read-write' | 'read' | 'write';
  /** The kind of socket that has it; all when left out. */
  readonly only?: 'stream' | 'datagram' | 'raw';
  /** What a stream begins with, where that is another value. */
  readonly streamInitial?: number;
  /** Accepted sockets take it from their listener. */
  readonly inherited?: true;
}

function row(
  name: string,
  level: number,
  optname: number,
  shape: OptionShape,
  keeper: OptionRow['keeper'],
  initial: number,
  more: Partial<Pick<OptionRow, 'access' | 'only' | 'inherited' | 'streamInitial'>> = {},
): OptionRow {
  return { name, level, optname, shape, keeper, initial, access: 'read-write', ...more };
}

const inherited = { inherited: true } as const;

/** The table of options (specification: getsockopt, setsockopt; the later ones: ws2ipdef.h). */
export const SOCKET_OPTIONS: readonly OptionRow[] = [
  row('SO_DEBUG', SOL_SOCKET, SO_DEBUG, 'boolean', 'front', 0, inherited),
  row('SO_ACCEPTCONN', SOL_SOCKET, SO_ACCEPTCONN, 'boolean', 'front', 0, { access: 'read' }),
  row('SO_REUSEADDR', SOL_SOCKET, SO_REUSEADDR, 'boolean', 'both', 0, inherited),
  row('SO_EXCLUSIVEADDRUSE', SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 'boolean', 'both', 0, inherited),
  row('SO_KEEPALIVE', SOL_SOCKET, SO_KEEPALIVE, 'flag', 'both', 0, { only: 'stream', inherited: true }),
  row('SO_DONTROUTE', SOL_SOCKET, SO_DONTROUTE, 'flag', 'both', 0, inherited),
  row('SO_BROADCAST', SOL_SOCKET, SO_BROADCAST, 'boolean', 'both', 0, { only: 'datagram' }),
  row('SO_LINGER', SOL_SOCKET, SO_LINGER, 'linger', 'front', 0, { only: 'stream', inherited: true }),
  row('SO_DONTLINGER', SOL_SOCKET, SO_DONTLINGER, 'boolean', 'front', 1, { only: 'stream' }),
  row('SO_OOBINLINE', SOL_SOCKET, SO_OOBINLINE, 'boolean', 'both', 0, { only: 'stream', inherited: true }),
  row('SO_SNDBUF', SOL_SOCKET, SO_SNDBUF, 'dword', 'both', 65536, inherited),
  row('SO_RCVBUF', SOL_SOCKET, SO_RCVBUF, 'dword', 'both', 65536, inherited),
  row('SO_SNDTIMEO', SOL_SOCKET, SO_SNDTIMEO, 'dword', 'front', 0, inherited),
  row('SO_RCVTIMEO', SOL_SOCKET, SO_RCVTIMEO, 'dword', 'front', 0, inherited),
  row('SO_ERROR', SOL_SOCKET, SO_ERROR, 'dword', 'front', 0),
  row('SO_TYPE', SOL_SOCKET, SO_TYPE, 'dword', 'front', 0, { access: 'read' }),
  row('SO_MAX_MSG_SIZE', SOL_SOCKET, SO_MAX_MSG_SIZE, 'dword', 'front', 0, { access: 'read', only: 'datagram' }),
  row('SO_GROUP_ID', SOL_SOCKET, SO_GROUP_ID, 'dword', 'front', 0, { access: 'read' }),
  row('SO_GROUP_PRIORITY', SOL_SOCKET, SO_GROUP_PRIORITY, 'dword', 'front', 0),
  row('SO_CONDITIONAL_ACCEPT', SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 'boolean', 'front', 0, { only: 'stream' }),
  row('TCP_NODELAY', IPPROTO_TCP, TCP_NODELAY, 'flag', 'both', 0, { only: 'stream', inherited: true }),
  row('IP_HDRINCL', IPPROTO_IP, IP_HDRINCL, 'dword', 'core', 0, { only: 'raw' }),
  row('IP_TOS', IPPROTO_IP, IP_TOS, 'byte', 'both', 0, inherited),
  row('IP_TTL', IPPROTO_IP, IP_TTL, 'byte', 'both', 128, inherited),
  row('IP_MULTICAST_IF', IPPROTO_IP, IP_MULTICAST_IF, 'dword', 'both', 0),
  row('IP_MULTICAST_TTL', IPPROTO_IP, IP_MULTICAST_TTL, 'byte', 'both', 1),
  row('IP_MULTICAST_LOOP', IPPROTO_IP, IP_MULTICAST_LOOP, 'boolean', 'both', 1),
  row('IP_DONTFRAGMENT', IPPROTO_IP, IP_DONTFRAGMENT, 'boolean', 'both', 0, { streamInitial: 1 }),
  row('IP_PKTINFO', IPPROTO_IP, IP_PKTINFO, 'switch', 'both', 0),
  row('IP_RECVTTL', IPPROTO_IP, IP_RECVTTL, 'switch', 'both', 0),
  row('IP_RECVTOS', IPPROTO_IP, IP_RECVTOS, 'switch', 'both', 0),
  row('IP_ADD_MEMBERSHIP', IPPROTO_IP, IP_ADD_MEMBERSHIP, 'structure', 'core', 0, { access: 'write' }),
  row('IP_DROP_MEMBERSHIP', IPPROTO_IP, IP_DROP_MEMBERSHIP, 'structure', 'core', 0, { access: 'write' }),
  row('IP_ADD_SOURCE_MEMBERSHIP', IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, 'structure', 'core', 0, { access: 'write' }),
  row('IP_DROP_SOURCE_MEMBERSHIP', IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, 'structure', 'core', 0, { access: 'write' }),
  row('IP_BLOCK_SOURCE', IPPROTO_IP, IP_BLOCK_SOURCE, 'structure', 'core', 0, { access: 'write' }),
  row('IP_UNBLOCK_SOURCE', IPPROTO_IP, IP_UNBLOCK_SOURCE, 'structure', 'core', 0, { access: 'write' }),
  row('IPV6_V6ONLY', IPPROTO_IPV6, IPV6_V6ONLY, 'flag', 'both', 1, inherited),
  row('IPV6_UNICAST_HOPS', IPPROTO_IPV6, IPV6_UNICAST_HOPS, 'byte', 'both', 128, inherited),
  row('IPV6_MULTICAST_HOPS', IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 'byte', 'both', 1),
  row('IPV6_MULTICAST_LOOP', IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 'boolean', 'both', 1),
  row('IPV6_MULTICAST_IF', IPPROTO_IPV6, IPV6_MULTICAST_IF, 'dword', 'both', 0),
  row('IPV6_PKTINFO', IPPROTO_IPV6, IPV6_PKTINFO, 'switch', 'both', 0),
  row('IPV6_HOPLIMIT', IPPROTO_IPV6, IPV6_HOPLIMIT, 'switch', 'both', 0),
  row('IPV6_RECVTCLASS', IPPROTO_IPV6, IPV6_RECVTCLASS, 'switch', 'both', 0),
  row('IPV6_ADD_MEMBERSHIP', IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, 'structure', 'core', 0, { access: 'write' }),
  row('IPV6_DROP_MEMBERSHIP', IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, 'structure', 'core', 0, { access: 'write' }),
];

/** The levels at which a TCP/IP socket has options. */
const LEVELS: ReadonlySet<number> = new Set([SOL_SOCKET, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IP, IPPROTO_IPV6]);

/** Key of an option in maps. */
export function optionKey(level: number, optname: number): number {
  return level * 0x10000 + (optname & 0xffff);
}

const byKey = new Map(SOCKET_OPTIONS.map((option) => [optionKey(option.level, option.optname), option]));

/** Whether there are options at this level. */
export function isOptionLevel(level: number): boolean {
  return LEVELS.has(level);
}

/** The option's row, or `undefined`. */
export function findOption(level: number, optname: number): OptionRow | undefined {
  return byKey.get(optionKey(level, optname));
}

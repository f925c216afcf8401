import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_ADD_MEMBERSHIP,
  IPV6_CHECKSUM,
  IPV6_DONTFRAG,
  IPV6_DROP_MEMBERSHIP,
  IPV6_HDRINCL,
  IPV6_HOPLIMIT,
  IPV6_MTU,
  IPV6_MTU_DISCOVER,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_PKTINFO,
  IPV6_PROTECTION_LEVEL,
  IPV6_RECVDSTADDR,
  IPV6_RECVIF,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_UNICAST_IF,
  IPV6_USER_MTU,
  IPV6_V6ONLY,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DONTFRAGMENT,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_HDRINCL,
  IP_MTU,
  IP_MTU_DISCOVER,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_OPTIONS,
  IP_ORIGINAL_ARRIVAL_IF,
  IP_PKTINFO,
  IP_PMTUDISC_MAX,
  IP_PMTUDISC_NOT_SET,
  IP_PROTECTION_LEVEL,
  IP_RECEIVE_BROADCAST,
  IP_RECVDSTADDR,
  IP_RECVIF,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IP_UNBLOCK_SOURCE,
  IP_UNICAST_IF,
  IP_UNSPECIFIED_USER_MTU,
  IP_USER_MTU,
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
  PROTECTION_LEVEL_DEFAULT,
  PROTECTION_LEVEL_EDGERESTRICTED,
  PROTECTION_LEVEL_RESTRICTED,
  PROTECTION_LEVEL_UNRESTRICTED,
  SOL_SOCKET,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_BSP_STATE,
  SO_COMPARTMENT_ID,
  SO_CONDITIONAL_ACCEPT,
  SO_CONNECT_TIME,
  SO_DEBUG,
  SO_DONTLINGER,
  SO_DONTROUTE,
  SO_ERROR,
  SO_EXCLUSIVEADDRUSE,
  SO_GROUP_ID,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_MAXDG,
  SO_MAXPATHDG,
  SO_MAX_MSG_SIZE,
  SO_OOBINLINE,
  SO_PAUSE_ACCEPT,
  SO_PORT_SCALABILITY,
  SO_RANDOMIZE_PORT,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_REUSE_MULTICASTPORT,
  SO_REUSE_UNICASTPORT,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_UPDATE_CONNECT_CONTEXT,
  TCP_EXPEDITED_1122,
  TCP_FAIL_CONNECT_ON_ICMP_ERROR,
  TCP_FASTOPEN,
  TCP_KEEPALIVE,
  TCP_KEEPCNT,
  TCP_KEEPINTVL,
  TCP_MAXRT,
  TCP_MAXRTMS,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_NOSYNRETRIES,
  TCP_STDURG,
  TCP_TIMESTAMPS,
  UDP_CHECKSUM_COVERAGE,
  UDP_NOCHECKSUM,
} from '../spi/index.js';

/**
 * How an option's value is laid out, and what lengths are taken (measured behaviour 3.11):
 * `boolean` and `byte` take any length from 1 (0 too for booleans of SOL_SOCKET), `flag` reads back as one byte,
 * `dword`, `switch` (which reads back as 0 or 1) and `linger` need all four bytes, `bytes` are kept as they are,
 * `structure` is what the option's own function or the core makes of it.
 */
export type OptionShape = 'boolean' | 'byte' | 'flag' | 'dword' | 'switch' | 'linger' | 'bytes' | 'structure';

/**
 * Who has an option's value: the front alone; the front, which tells the core (`both`); the front, which tells the core if
 * that can do something with it (`hint`); or the core alone.
 */
export type OptionKeeper = 'front' | 'both' | 'hint' | 'core';

/** One row of the table of options. */
export interface OptionRow {
  readonly name: string;
  readonly level: number;
  readonly optname: number;
  readonly shape: OptionShape;
  readonly keeper: OptionKeeper;
  /** The value of an option never set. */
  readonly initial: number;
  /** The same of a stream socket, where it differs. */
  readonly initialOfStreams?: number;
  /** May it be set; read? */
  readonly access: 'read-write' | 'read' | 'write';
  /** The kind of socket that has it; all when left out. */
  readonly only?: 'stream' | 'datagram' | 'raw';
  /** Accepted sockets take it from their listener. */
  readonly inherited?: true;
  /** The numbers that it takes; others are WSAEINVAL. */
  readonly range?: readonly [least: number, most: number];
  /** The only numbers that it takes; others are WSAEINVAL. */
  readonly values?: readonly number[];
  /** Not to be set any more once the socket is bound, or listens: WSAEINVAL. */
  readonly before?: 'bind' | 'listen';
  /** What a reader should know, for the documentation. */
  readonly remark?: string;
}

type More = Partial<Omit<OptionRow, 'name' | 'level' | 'optname' | 'shape' | 'keeper' | 'initial'>>;

function row(
  name: string,
  level: number,
  optname: number,
  shape: OptionShape,
  keeper: OptionKeeper,
  initial: number,
  more: More = {},
): OptionRow {
  return { name, level, optname, shape, keeper, initial, access: 'read-write', ...more };
}

const inherited = { inherited: true } as const;
const streams = { only: 'stream' } as const;
const datagrams = { only: 'datagram' } as const;
const memberships = { access: 'write', only: 'datagram' } as const;
/** For options that Windows remembers and this implementation does not act on. */
const idle = { remark: 'kept, without effect' } as const;
/** IPV6_PROTECTION_LEVEL's values (ws2ipdef.h). */
const PROTECTION_LEVELS = [
  PROTECTION_LEVEL_UNRESTRICTED,
  PROTECTION_LEVEL_EDGERESTRICTED,
  PROTECTION_LEVEL_RESTRICTED,
  PROTECTION_LEVEL_DEFAULT,
];
const MTU_MODES = { range: [IP_PMTUDISC_NOT_SET, IP_PMTUDISC_MAX - 1] } as const;

/** The options of groups that do not depend on the protocol; each protocol has them at its level. */
function multicastRows(level: number): OptionRow[] {
  const names = [
    ['MCAST_JOIN_GROUP', MCAST_JOIN_GROUP],
    ['MCAST_LEAVE_GROUP', MCAST_LEAVE_GROUP],
    ['MCAST_BLOCK_SOURCE', MCAST_BLOCK_SOURCE],
    ['MCAST_UNBLOCK_SOURCE', MCAST_UNBLOCK_SOURCE],
    ['MCAST_JOIN_SOURCE_GROUP', MCAST_JOIN_SOURCE_GROUP],
    ['MCAST_LEAVE_SOURCE_GROUP', MCAST_LEAVE_SOURCE_GROUP],
  ] as const;
  return names.map(([name, optname]) => row(name, level, optname, 'structure', 'core', 0, memberships));
}

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
  // No SO_GROUP_PRIORITY: there are no socket groups here, and it is WSAENOPROTOOPT then (specification: getsockopt). No
  // PVD_CONFIG either: this provider has no configuration.
  row('SO_BSP_STATE', SOL_SOCKET, SO_BSP_STATE, 'structure', 'front', 0, {
    access: 'read',
    remark: 'CSADDR_INFO, its pointers being offsets',
  }),
  row('SO_CONNECT_TIME', SOL_SOCKET, SO_CONNECT_TIME, 'dword', 'front', 0xffffffff, { access: 'read', only: 'stream' }),
  row('SO_UPDATE_ACCEPT_CONTEXT', SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, 'structure', 'front', 0, {
    access: 'write',
    only: 'stream',
    remark: 'the handle of the listener, in 4 or 8 bytes',
  }),
  row('SO_UPDATE_CONNECT_CONTEXT', SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, 'structure', 'front', 0, {
    access: 'write',
    only: 'stream',
    remark: 'no value is needed',
  }),
  row('SO_MAXDG', SOL_SOCKET, SO_MAXDG, 'dword', 'front', 0, { access: 'read', only: 'datagram' }),
  row('SO_MAXPATHDG', SOL_SOCKET, SO_MAXPATHDG, 'dword', 'front', 0, { access: 'read', only: 'datagram' }),
  row('SO_CONDITIONAL_ACCEPT', SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 'boolean', 'front', 0, {
    only: 'stream',
    before: 'listen',
    remark: 'kept; the system below completes the handshake before the condition function is asked',
  }),
  row('SO_PAUSE_ACCEPT', SOL_SOCKET, SO_PAUSE_ACCEPT, 'boolean', 'front', 0, { ...streams, ...idle }),
  row('SO_COMPARTMENT_ID', SOL_SOCKET, SO_COMPARTMENT_ID, 'dword', 'front', 1, {
    values: [1],
    remark: 'there is one compartment',
  }),
  row('SO_RANDOMIZE_PORT', SOL_SOCKET, SO_RANDOMIZE_PORT, 'boolean', 'front', 0, { before: 'bind', ...idle }),
  row('SO_PORT_SCALABILITY', SOL_SOCKET, SO_PORT_SCALABILITY, 'boolean', 'front', 0, idle),
  row('SO_REUSE_UNICASTPORT', SOL_SOCKET, SO_REUSE_UNICASTPORT, 'boolean', 'front', 0, { before: 'bind', ...idle }),
  row('SO_REUSE_MULTICASTPORT', SOL_SOCKET, SO_REUSE_MULTICASTPORT, 'boolean', 'front', 0, {
    only: 'datagram',
    before: 'bind',
    ...idle,
  }),
  row('TCP_NODELAY', IPPROTO_TCP, TCP_NODELAY, 'flag', 'both', 0, { only: 'stream', inherited: true }),
  row('TCP_EXPEDITED_1122', IPPROTO_TCP, TCP_EXPEDITED_1122, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_KEEPALIVE', IPPROTO_TCP, TCP_KEEPALIVE, 'dword', 'hint', 7200, {
    ...streams,
    ...inherited,
    range: [1, 32767],
  }),
  row('TCP_KEEPINTVL', IPPROTO_TCP, TCP_KEEPINTVL, 'dword', 'hint', 1, { ...streams, ...inherited, range: [1, 32767] }),
  row('TCP_KEEPCNT', IPPROTO_TCP, TCP_KEEPCNT, 'dword', 'hint', 10, { ...streams, ...inherited, range: [1, 255] }),
  row('TCP_MAXSEG', IPPROTO_TCP, TCP_MAXSEG, 'dword', 'core', 0, { access: 'read', only: 'stream' }),
  row('TCP_MAXRT', IPPROTO_TCP, TCP_MAXRT, 'dword', 'hint', 0, streams),
  row('TCP_MAXRTMS', IPPROTO_TCP, TCP_MAXRTMS, 'dword', 'hint', 0, streams),
  row('TCP_STDURG', IPPROTO_TCP, TCP_STDURG, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_NOSYNRETRIES', IPPROTO_TCP, TCP_NOSYNRETRIES, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_TIMESTAMPS', IPPROTO_TCP, TCP_TIMESTAMPS, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_FASTOPEN', IPPROTO_TCP, TCP_FASTOPEN, 'flag', 'hint', 0, streams),
  row('TCP_FAIL_CONNECT_ON_ICMP_ERROR', IPPROTO_TCP, TCP_FAIL_CONNECT_ON_ICMP_ERROR, 'flag', 'front', 0, {
    ...streams,
    ...idle,
  }),
  row('UDP_NOCHECKSUM', IPPROTO_UDP, UDP_NOCHECKSUM, 'flag', 'hint', 0, datagrams),
  row('UDP_CHECKSUM_COVERAGE', IPPROTO_UDP, UDP_CHECKSUM_COVERAGE, 'flag', 'front', 0, { ...datagrams, ...idle }),
  row('IP_OPTIONS', IPPROTO_IP, IP_OPTIONS, 'bytes', 'hint', 0),
  row('IP_HDRINCL', IPPROTO_IP, IP_HDRINCL, 'switch', 'hint', 0, { only: 'raw' }),
  row('IP_TOS', IPPROTO_IP, IP_TOS, 'byte', 'both', 0, inherited),
  row('IP_TTL', IPPROTO_IP, IP_TTL, 'byte', 'both', 128, inherited),
  row('IP_MULTICAST_IF', IPPROTO_IP, IP_MULTICAST_IF, 'dword', 'hint', 0, datagrams),
  row('IP_MULTICAST_TTL', IPPROTO_IP, IP_MULTICAST_TTL, 'byte', 'both', 1, datagrams),
  row('IP_MULTICAST_LOOP', IPPROTO_IP, IP_MULTICAST_LOOP, 'boolean', 'both', 1, datagrams),
  row('IP_DONTFRAGMENT', IPPROTO_IP, IP_DONTFRAGMENT, 'boolean', 'hint', 0, { initialOfStreams: 1 }),
  row('IP_PKTINFO', IPPROTO_IP, IP_PKTINFO, 'switch', 'hint', 0),
  row('IP_RECVTTL', IPPROTO_IP, IP_RECVTTL, 'switch', 'hint', 0),
  row('IP_RECVTOS', IPPROTO_IP, IP_RECVTOS, 'switch', 'hint', 0),
  row('IP_RECEIVE_BROADCAST', IPPROTO_IP, IP_RECEIVE_BROADCAST, 'boolean', 'front', 1, { ...datagrams, ...idle }),
  row('IP_RECVIF', IPPROTO_IP, IP_RECVIF, 'switch', 'front', 0, idle),
  row('IP_RECVDSTADDR', IPPROTO_IP, IP_RECVDSTADDR, 'switch', 'front', 0, idle),
  row('IP_ORIGINAL_ARRIVAL_IF', IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF, 'switch', 'front', 0, idle),
  row('IP_PROTECTION_LEVEL', IPPROTO_IP, IP_PROTECTION_LEVEL, 'dword', 'front', PROTECTION_LEVEL_DEFAULT, {
    values: PROTECTION_LEVELS,
    ...idle,
  }),
  row('IP_UNICAST_IF', IPPROTO_IP, IP_UNICAST_IF, 'dword', 'hint', 0, { remark: 'an index in network order' }),
  row('IP_MTU_DISCOVER', IPPROTO_IP, IP_MTU_DISCOVER, 'dword', 'hint', IP_PMTUDISC_NOT_SET, MTU_MODES),
  row('IP_MTU', IPPROTO_IP, IP_MTU, 'dword', 'core', 0, { access: 'read' }),
  row('IP_USER_MTU', IPPROTO_IP, IP_USER_MTU, 'dword', 'front', IP_UNSPECIFIED_USER_MTU, idle),
  row('IP_ADD_MEMBERSHIP', IPPROTO_IP, IP_ADD_MEMBERSHIP, 'structure', 'core', 0, memberships),
  row('IP_DROP_MEMBERSHIP', IPPROTO_IP, IP_DROP_MEMBERSHIP, 'structure', 'core', 0, memberships),
  row('IP_ADD_SOURCE_MEMBERSHIP', IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, 'structure', 'core', 0, memberships),
  row('IP_DROP_SOURCE_MEMBERSHIP', IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, 'structure', 'core', 0, memberships),
  row('IP_BLOCK_SOURCE', IPPROTO_IP, IP_BLOCK_SOURCE, 'structure', 'core', 0, memberships),
  row('IP_UNBLOCK_SOURCE', IPPROTO_IP, IP_UNBLOCK_SOURCE, 'structure', 'core', 0, memberships),
  ...multicastRows(IPPROTO_IP),
  // Of IPv4 sockets the front keeps a value as well (measured behaviour 20.1).
  row('IPV6_V6ONLY', IPPROTO_IPV6, IPV6_V6ONLY, 'flag', 'hint', 1, { ...inherited, before: 'bind' }),
  row('IPV6_HDRINCL', IPPROTO_IPV6, IPV6_HDRINCL, 'switch', 'hint', 0, { only: 'raw' }),
  row('IPV6_UNICAST_HOPS', IPPROTO_IPV6, IPV6_UNICAST_HOPS, 'byte', 'both', 128, inherited),
  row('IPV6_MULTICAST_HOPS', IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 'byte', 'both', 1, datagrams),
  row('IPV6_MULTICAST_LOOP', IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 'boolean', 'both', 1, datagrams),
  row('IPV6_MULTICAST_IF', IPPROTO_IPV6, IPV6_MULTICAST_IF, 'dword', 'hint', 0, datagrams),
  row('IPV6_PKTINFO', IPPROTO_IPV6, IPV6_PKTINFO, 'switch', 'hint', 0),
  row('IPV6_HOPLIMIT', IPPROTO_IPV6, IPV6_HOPLIMIT, 'switch', 'hint', 0),
  row('IPV6_TCLASS', IPPROTO_IPV6, IPV6_TCLASS, 'dword', 'hint', 0, { range: [0, 255] }),
  row('IPV6_RECVTCLASS', IPPROTO_IPV6, IPV6_RECVTCLASS, 'switch', 'hint', 0),
  row('IPV6_DONTFRAG', IPPROTO_IPV6, IPV6_DONTFRAG, 'boolean', 'hint', 0, { initialOfStreams: 1 }),
  row('IPV6_RECVIF', IPPROTO_IPV6, IPV6_RECVIF, 'switch', 'front', 0, idle),
  row('IPV6_RECVDSTADDR', IPPROTO_IPV6, IPV6_RECVDSTADDR, 'switch', 'front', 0, idle),
  row('IPV6_PROTECTION_LEVEL', IPPROTO_IPV6, IPV6_PROTECTION_LEVEL, 'dword', 'front', PROTECTION_LEVEL_DEFAULT, {
    values: PROTECTION_LEVELS,
    ...idle,
  }),
  row('IPV6_UNICAST_IF', IPPROTO_IPV6, IPV6_UNICAST_IF, 'dword', 'hint', 0, { remark: 'an index in host order' }),
  row('IPV6_CHECKSUM', IPPROTO_IPV6, IPV6_CHECKSUM, 'dword', 'hint', 0xffffffff, { only: 'raw' }),
  row('IPV6_MTU_DISCOVER', IPPROTO_IPV6, IPV6_MTU_DISCOVER, 'dword', 'hint', IP_PMTUDISC_NOT_SET, MTU_MODES),
  row('IPV6_MTU', IPPROTO_IPV6, IPV6_MTU, 'dword', 'core', 0, { access: 'read' }),
  row('IPV6_USER_MTU', IPPROTO_IPV6, IPV6_USER_MTU, 'dword', 'front', IP_UNSPECIFIED_USER_MTU, idle),
  row('IPV6_ADD_MEMBERSHIP', IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, 'structure', 'core', 0, memberships),
  row('IPV6_DROP_MEMBERSHIP', IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, 'structure', 'core', 0, memberships),
  ...multicastRows(IPPROTO_IPV6),
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

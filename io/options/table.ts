// The table of socket options.
import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOL_SOCKET,
  WSAEINVAL,
  WSAENOPROTOOPT,
} from '../../spi/index.js';
import { IP_ROWS } from './ip-options.js';
import { datagrams, idle, inherited, row, streams, udp, type OptionRow } from './option-row.js';

/** The value of an option that is on unless it was turned off. */
const ON = 1;
/** The bytes of a buffer that no program has set the size of. */
const BUFFER_SIZE = 65_536;
/** SO_CONNECT_TIME of a socket that is not connected. */
const NOT_CONNECTED = 0xffffffff;
/** The routing compartment that there is. */
const COMPARTMENT = 1;
/** TCP_KEEPALIVE, TCP_KEEPINTVL and TCP_KEEPCNT: silence before the first probe, seconds between two of them, and how many. */
const KEEP_ALIVE = { time: 7200, interval: 1, count: 10 } as const;
const SECONDS = { range: [1, 32_767] } as const;

/** The table of options (specification: getsockopt, setsockopt; the later ones: ws2ipdef.h). */
export const SOCKET_OPTIONS: readonly OptionRow[] = [
  row('SO_DEBUG', SOL_SOCKET, 'boolean', 'front', 0, inherited),
  row('SO_ACCEPTCONN', SOL_SOCKET, 'boolean', 'front', 0, { access: 'read' }),
  row('SO_REUSEADDR', SOL_SOCKET, 'boolean', 'both', 0, inherited),
  row('SO_EXCLUSIVEADDRUSE', SOL_SOCKET, 'boolean', 'both', 0, inherited),
  row('SO_KEEPALIVE', SOL_SOCKET, 'flag', 'both', 0, { ...streams, inherited: true }),
  row('SO_DONTROUTE', SOL_SOCKET, 'flag', 'both', 0, inherited),
  row('SO_BROADCAST', SOL_SOCKET, 'boolean', 'both', 0, datagrams),
  row('SO_LINGER', SOL_SOCKET, 'linger', 'front', 0, { ...streams, inherited: true }),
  row('SO_DONTLINGER', SOL_SOCKET, 'boolean', 'front', ON, streams),
  row('SO_OOBINLINE', SOL_SOCKET, 'boolean', 'both', 0, { ...streams, inherited: true }),
  row('SO_SNDBUF', SOL_SOCKET, 'dword', 'both', BUFFER_SIZE, inherited),
  row('SO_RCVBUF', SOL_SOCKET, 'dword', 'both', BUFFER_SIZE, inherited),
  row('SO_SNDTIMEO', SOL_SOCKET, 'dword', 'front', 0, inherited),
  row('SO_RCVTIMEO', SOL_SOCKET, 'dword', 'front', 0, inherited),
  row('SO_ERROR', SOL_SOCKET, 'dword', 'front', 0),
  row('SO_TYPE', SOL_SOCKET, 'dword', 'front', 0, { access: 'read' }),
  row('SO_MAX_MSG_SIZE', SOL_SOCKET, 'dword', 'front', 0, { access: 'read', ...datagrams }),
  row('SO_GROUP_ID', SOL_SOCKET, 'dword', 'front', 0, { access: 'read' }),
  row('SO_GROUP_PRIORITY', SOL_SOCKET, 'dword', 'core', 0, {
    needsGroup: true,
    remark: 'WSAENOPROTOOPT without a group; 0 is served first',
  }),
  // No PVD_CONFIG: this provider has no configuration.
  row('SO_BSP_STATE', SOL_SOCKET, 'structure', 'front', 0, {
    access: 'read',
    remark: 'CSADDR_INFO, its pointers being offsets',
  }),
  row('SO_CONNECT_TIME', SOL_SOCKET, 'dword', 'front', NOT_CONNECTED, { access: 'read' }),
  row('SO_UPDATE_ACCEPT_CONTEXT', SOL_SOCKET, 'structure', 'front', 0, {
    access: 'write',
    ...streams,
    remark: 'the handle of the listener, in 4 or 8 bytes',
  }),
  row('SO_UPDATE_CONNECT_CONTEXT', SOL_SOCKET, 'structure', 'front', 0, {
    access: 'write',
    ...streams,
    remark: 'no value is needed',
  }),
  row('SO_MAXDG', SOL_SOCKET, 'dword', 'front', 0, { access: 'read', ...datagrams }),
  row('SO_MAXPATHDG', SOL_SOCKET, 'dword', 'front', 0, { access: 'read', ...datagrams }),
  row('SO_CONDITIONAL_ACCEPT', SOL_SOCKET, 'boolean', 'hint', 0, {
    ...streams,
    before: 'listen',
    remark:
      'kept: TCP completes the handshake before the condition function is asked; 1 where a connection waits for the answer (SPX and ATM in memory), until it is set to 0',
  }),
  row('SO_PAUSE_ACCEPT', SOL_SOCKET, 'boolean', 'front', 0, { ...streams, ...idle }),
  row('SO_COMPARTMENT_ID', SOL_SOCKET, 'dword', 'front', COMPARTMENT, {
    values: [COMPARTMENT],
    remark: 'there is one compartment',
  }),
  row('SO_RANDOMIZE_PORT', SOL_SOCKET, 'boolean', 'front', 0, { before: 'bind', ...idle }),
  row('SO_PORT_SCALABILITY', SOL_SOCKET, 'boolean', 'front', 0, idle),
  row('SO_REUSE_UNICASTPORT', SOL_SOCKET, 'boolean', 'front', 0, { before: 'bind', ...idle }),
  row('SO_REUSE_MULTICASTPORT', SOL_SOCKET, 'boolean', 'front', 0, {
    ...datagrams,
    before: 'bind',
    ...idle,
  }),
  row('TCP_NODELAY', IPPROTO_TCP, 'flag', 'both', 0, { ...streams, inherited: true }),
  row('TCP_EXPEDITED_1122', IPPROTO_TCP, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_KEEPALIVE', IPPROTO_TCP, 'dword', 'hint', KEEP_ALIVE.time, {
    ...streams,
    ...inherited,
    ...SECONDS,
  }),
  row('TCP_KEEPINTVL', IPPROTO_TCP, 'dword', 'hint', KEEP_ALIVE.interval, { ...streams, ...inherited, ...SECONDS }),
  row('TCP_KEEPCNT', IPPROTO_TCP, 'dword', 'hint', KEEP_ALIVE.count, { ...streams, ...inherited, range: [1, 255] }),
  row('TCP_MAXSEG', IPPROTO_TCP, 'dword', 'core', 0, { access: 'read', ...streams }),
  row('TCP_MAXRT', IPPROTO_TCP, 'dword', 'hint', 0, streams),
  row('TCP_MAXRTMS', IPPROTO_TCP, 'dword', 'hint', 0, streams),
  row('TCP_STDURG', IPPROTO_TCP, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_NOSYNRETRIES', IPPROTO_TCP, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_TIMESTAMPS', IPPROTO_TCP, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_FASTOPEN', IPPROTO_TCP, 'flag', 'hint', 0, streams),
  row('TCP_FAIL_CONNECT_ON_ICMP_ERROR', IPPROTO_TCP, 'flag', 'front', 0, {
    ...streams,
    ...idle,
  }),
  row('UDP_NOCHECKSUM', IPPROTO_UDP, 'flag', 'hint', 0, udp),
  row('UDP_CHECKSUM_COVERAGE', IPPROTO_UDP, 'flag', 'front', 0, { ...udp, ...idle }),
  ...IP_ROWS,
];

/** The levels at which a TCP/IP socket has options. */
const LEVELS: ReadonlySet<number> = new Set([SOL_SOCKET, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IP, IPPROTO_IPV6]);

/** Key of an option in maps. */
export function optionKey(level: number, optname: number): number {
  return level * 0x10000 + (optname & 0xffff);
}

const byKey = new Map(SOCKET_OPTIONS.map((option) => [optionKey(option.level, option.optname), option]));

/**
 * What a socket says of an option that it does not have, but others do: at the levels of IP every number is known
 * everywhere (WSAEINVAL), elsewhere those of other kinds are not (WSAENOPROTOOPT).
 *
 * @param option the option's row
 */
export function foreignOptionError(option: OptionRow): number {
  return option.level === IPPROTO_IP || option.level === IPPROTO_IPV6 ? WSAEINVAL : WSAENOPROTOOPT;
}

/** Whether there are options at this level. */
export function isOptionLevel(level: number): boolean {
  return LEVELS.has(level);
}

/** The option's row, or `undefined`. */
export function findOption(level: number, optname: number): OptionRow | undefined {
  return byKey.get(optionKey(level, optname));
}

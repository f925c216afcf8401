import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
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
  SO_MAX_MSG_SIZE,
  SO_MAXDG,
  SO_MAXPATHDG,
  SO_OOBINLINE,
  SO_PAUSE_ACCEPT,
  SO_PORT_SCALABILITY,
  SO_RANDOMIZE_PORT,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSE_MULTICASTPORT,
  SO_REUSE_UNICASTPORT,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_UPDATE_CONNECT_CONTEXT,
  SOL_SOCKET,
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
  WSAEINVAL,
  WSAENOPROTOOPT,
} from '../../spi/index.js';
import { IP_ROWS } from './ip-options.js';
import { datagrams, idle, inherited, row, streams, udp, type OptionRow } from './option-row.js';

/** The table of options (specification: getsockopt, setsockopt; the later ones: ws2ipdef.h). */
export const SOCKET_OPTIONS: readonly OptionRow[] = [
  row('SO_DEBUG', SOL_SOCKET, SO_DEBUG, 'boolean', 'front', 0, inherited),
  row('SO_ACCEPTCONN', SOL_SOCKET, SO_ACCEPTCONN, 'boolean', 'front', 0, { access: 'read' }),
  row('SO_REUSEADDR', SOL_SOCKET, SO_REUSEADDR, 'boolean', 'both', 0, inherited),
  row('SO_EXCLUSIVEADDRUSE', SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 'boolean', 'both', 0, inherited),
  row('SO_KEEPALIVE', SOL_SOCKET, SO_KEEPALIVE, 'flag', 'both', 0, { ...streams, inherited: true }),
  row('SO_DONTROUTE', SOL_SOCKET, SO_DONTROUTE, 'flag', 'both', 0, inherited),
  row('SO_BROADCAST', SOL_SOCKET, SO_BROADCAST, 'boolean', 'both', 0, datagrams),
  row('SO_LINGER', SOL_SOCKET, SO_LINGER, 'linger', 'front', 0, { ...streams, inherited: true }),
  row('SO_DONTLINGER', SOL_SOCKET, SO_DONTLINGER, 'boolean', 'front', 1, { ...streams }),
  row('SO_OOBINLINE', SOL_SOCKET, SO_OOBINLINE, 'boolean', 'both', 0, { ...streams, inherited: true }),
  row('SO_SNDBUF', SOL_SOCKET, SO_SNDBUF, 'dword', 'both', 65536, inherited),
  row('SO_RCVBUF', SOL_SOCKET, SO_RCVBUF, 'dword', 'both', 65536, inherited),
  row('SO_SNDTIMEO', SOL_SOCKET, SO_SNDTIMEO, 'dword', 'front', 0, inherited),
  row('SO_RCVTIMEO', SOL_SOCKET, SO_RCVTIMEO, 'dword', 'front', 0, inherited),
  row('SO_ERROR', SOL_SOCKET, SO_ERROR, 'dword', 'front', 0),
  row('SO_TYPE', SOL_SOCKET, SO_TYPE, 'dword', 'front', 0, { access: 'read' }),
  row('SO_MAX_MSG_SIZE', SOL_SOCKET, SO_MAX_MSG_SIZE, 'dword', 'front', 0, { access: 'read', ...datagrams }),
  row('SO_GROUP_ID', SOL_SOCKET, SO_GROUP_ID, 'dword', 'front', 0, { access: 'read' }),
  // No SO_GROUP_PRIORITY: there are no socket groups here, and it is WSAENOPROTOOPT then (specification: getsockopt).
  // No PVD_CONFIG either: this provider has no configuration.
  row('SO_BSP_STATE', SOL_SOCKET, SO_BSP_STATE, 'structure', 'front', 0, {
    access: 'read',
    remark: 'CSADDR_INFO, its pointers being offsets',
  }),
  row('SO_CONNECT_TIME', SOL_SOCKET, SO_CONNECT_TIME, 'dword', 'front', 0xffffffff, { access: 'read' }),
  row('SO_UPDATE_ACCEPT_CONTEXT', SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, 'structure', 'front', 0, {
    access: 'write',
    ...streams,
    remark: 'the handle of the listener, in 4 or 8 bytes',
  }),
  row('SO_UPDATE_CONNECT_CONTEXT', SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, 'structure', 'front', 0, {
    access: 'write',
    ...streams,
    remark: 'no value is needed',
  }),
  row('SO_MAXDG', SOL_SOCKET, SO_MAXDG, 'dword', 'front', 0, { access: 'read', ...datagrams }),
  row('SO_MAXPATHDG', SOL_SOCKET, SO_MAXPATHDG, 'dword', 'front', 0, { access: 'read', ...datagrams }),
  row('SO_CONDITIONAL_ACCEPT', SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 'boolean', 'front', 0, {
    ...streams,
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
    ...datagrams,
    before: 'bind',
    ...idle,
  }),
  row('TCP_NODELAY', IPPROTO_TCP, TCP_NODELAY, 'flag', 'both', 0, { ...streams, inherited: true }),
  row('TCP_EXPEDITED_1122', IPPROTO_TCP, TCP_EXPEDITED_1122, 'flag', 'front', 0, { ...streams, ...idle }),
  row('TCP_KEEPALIVE', IPPROTO_TCP, TCP_KEEPALIVE, 'dword', 'hint', 7200, {
    ...streams,
    ...inherited,
    range: [1, 32767],
  }),
  row('TCP_KEEPINTVL', IPPROTO_TCP, TCP_KEEPINTVL, 'dword', 'hint', 1, { ...streams, ...inherited, range: [1, 32767] }),
  row('TCP_KEEPCNT', IPPROTO_TCP, TCP_KEEPCNT, 'dword', 'hint', 10, { ...streams, ...inherited, range: [1, 255] }),
  row('TCP_MAXSEG', IPPROTO_TCP, TCP_MAXSEG, 'dword', 'core', 0, { access: 'read', ...streams }),
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
  row('UDP_NOCHECKSUM', IPPROTO_UDP, UDP_NOCHECKSUM, 'flag', 'hint', 0, udp),
  row('UDP_CHECKSUM_COVERAGE', IPPROTO_UDP, UDP_CHECKSUM_COVERAGE, 'flag', 'front', 0, { ...udp, ...idle }),
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

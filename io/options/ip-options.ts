// The options at the levels of IP. Windows knows each number on every socket, and refuses what does not fit its kind.
import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  IP_PMTUDISC_MAX,
  IP_PMTUDISC_NOT_SET,
  IP_UNSPECIFIED_USER_MTU,
  PROTECTION_LEVEL_DEFAULT,
  PROTECTION_LEVEL_EDGERESTRICTED,
  PROTECTION_LEVEL_RESTRICTED,
  PROTECTION_LEVEL_UNRESTRICTED,
} from '../../spi/index.js';
import { datagrams, idle, inherited, raws, row, udp, type OptionRow } from './option-row.js';

/** The value of an option that is on unless it was turned off. */
const ON = 1;
/** How many routers a packet may pass (ws2ipdef.h), and that a packet to a group may pass none. */
const MOST_HOPS = 128;
const NO_ROUTER = 1;
/** IPV6_CHECKSUM, which tells where the checksum lies in what is sent: there is none. */
const NO_CHECKSUM = 0xffffffff;
const BYTE = { range: [0, 0xff] } as const;
const memberships = { ...datagrams, access: 'write' } as const;
/** IPV6_PROTECTION_LEVEL's values (ws2ipdef.h). */
const PROTECTION_LEVELS = [
  PROTECTION_LEVEL_UNRESTRICTED,
  PROTECTION_LEVEL_EDGERESTRICTED,
  PROTECTION_LEVEL_RESTRICTED,
  PROTECTION_LEVEL_DEFAULT,
];
/** IP_PMTUDISC_NOT_SET is only read: it says that none was set. */
const MTU_MODES = { range: [IP_PMTUDISC_NOT_SET + 1, IP_PMTUDISC_MAX - 1] } as const;
/** Nothing here receives from some interfaces and not from others, so that the list of them stays off. */
const INTERFACE_LIST = { values: [0], remark: 'reception is never limited to some interfaces' } as const;
const unlisted = { kinds: [], remark: 'there is no list while it is off' } as const;

/** The options of groups that do not depend on the protocol; each protocol has them at its level. */
function multicastRows(level: number): OptionRow[] {
  const names = [
    'MCAST_JOIN_GROUP',
    'MCAST_LEAVE_GROUP',
    'MCAST_BLOCK_SOURCE',
    'MCAST_UNBLOCK_SOURCE',
    'MCAST_JOIN_SOURCE_GROUP',
    'MCAST_LEAVE_SOURCE_GROUP',
  ] as const;
  return names.map((name) => row(name, level, 'structure', 'core', 0, memberships));
}

/** The options at the levels of IPv4 and IPv6 (ws2ipdef.h). */
export const IP_ROWS: readonly OptionRow[] = [
  row('IP_OPTIONS', IPPROTO_IP, 'bytes', 'hint', 0),
  row('IP_HDRINCL', IPPROTO_IP, 'switch', 'hint', 0, raws),
  row('IP_TOS', IPPROTO_IP, 'byte', 'both', 0, inherited),
  row('IP_TTL', IPPROTO_IP, 'byte', 'both', MOST_HOPS, inherited),
  row('IP_MULTICAST_IF', IPPROTO_IP, 'dword', 'hint', 0, datagrams),
  row('IP_MULTICAST_TTL', IPPROTO_IP, 'byte', 'both', NO_ROUTER, datagrams),
  row('IP_MULTICAST_LOOP', IPPROTO_IP, 'boolean', 'both', ON, datagrams),
  row('IP_DONTFRAGMENT', IPPROTO_IP, 'boolean', 'hint', 0, { initialOfStreams: ON }),
  row('IP_PKTINFO', IPPROTO_IP, 'switch', 'hint', 0, datagrams),
  row('IP_RECVTTL', IPPROTO_IP, 'switch', 'hint', 0, datagrams),
  row('IP_RECEIVE_BROADCAST', IPPROTO_IP, 'boolean', 'front', ON, { ...datagrams, ...idle }),
  row('IP_PROTECTION_LEVEL', IPPROTO_IP, 'dword', 'front', PROTECTION_LEVEL_DEFAULT, {
    values: PROTECTION_LEVELS,
    ...idle,
  }),
  row('IP_RECVIF', IPPROTO_IP, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IP_RECVDSTADDR', IPPROTO_IP, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IP_IFLIST', IPPROTO_IP, 'boolean', 'front', 0, INTERFACE_LIST),
  row('IP_ADD_IFLIST', IPPROTO_IP, 'dword', 'front', 0, { ...unlisted, access: 'write' }),
  row('IP_DEL_IFLIST', IPPROTO_IP, 'dword', 'front', 0, { ...unlisted, access: 'write' }),
  row('IP_UNICAST_IF', IPPROTO_IP, 'dword', 'hint', 0, { remark: 'an index in network order' }),
  row('IP_RTHDR', IPPROTO_IP, 'bytes', 'front', 0, idle),
  row('IP_GET_IFLIST', IPPROTO_IP, 'bytes', 'front', 0, { ...unlisted, access: 'read' }),
  row('IP_RECVRTHDR', IPPROTO_IP, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IP_TCLASS', IPPROTO_IP, 'dword', 'front', 0, { ...BYTE, ...idle }),
  row('IP_RECVTOS', IPPROTO_IP, 'switch', 'hint', 0, datagrams),
  row('IP_ORIGINAL_ARRIVAL_IF', IPPROTO_IP, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IP_ECN', IPPROTO_IP, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IP_PKTINFO_EX', IPPROTO_IP, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IP_WFP_REDIRECT_RECORDS', IPPROTO_IP, 'switch', 'front', 0, {
    ...datagrams,
    ...idle,
  }),
  row('IP_WFP_REDIRECT_CONTEXT', IPPROTO_IP, 'switch', 'front', 0, {
    ...datagrams,
    ...idle,
  }),
  row('IP_MTU_DISCOVER', IPPROTO_IP, 'dword', 'hint', IP_PMTUDISC_NOT_SET, MTU_MODES),
  row('IP_MTU', IPPROTO_IP, 'dword', 'core', 0, { access: 'read' }),
  row('IP_NRT_INTERFACE', IPPROTO_IP, 'dword', 'front', 0, idle),
  row('IP_RECVERR', IPPROTO_IP, 'switch', 'front', 0, { ...udp, ...idle }),
  row('IP_USER_MTU', IPPROTO_IP, 'dword', 'front', IP_UNSPECIFIED_USER_MTU, idle),
  row('IP_ADD_MEMBERSHIP', IPPROTO_IP, 'structure', 'core', 0, memberships),
  row('IP_DROP_MEMBERSHIP', IPPROTO_IP, 'structure', 'core', 0, memberships),
  row('IP_ADD_SOURCE_MEMBERSHIP', IPPROTO_IP, 'structure', 'core', 0, memberships),
  row('IP_DROP_SOURCE_MEMBERSHIP', IPPROTO_IP, 'structure', 'core', 0, memberships),
  row('IP_BLOCK_SOURCE', IPPROTO_IP, 'structure', 'core', 0, memberships),
  row('IP_UNBLOCK_SOURCE', IPPROTO_IP, 'structure', 'core', 0, memberships),
  ...multicastRows(IPPROTO_IP),
  row('IPV6_HOPOPTS', IPPROTO_IPV6, 'bytes', 'front', 0, idle),
  row('IPV6_HDRINCL', IPPROTO_IPV6, 'switch', 'hint', 0, raws),
  row('IPV6_UNICAST_HOPS', IPPROTO_IPV6, 'byte', 'both', MOST_HOPS, inherited),
  row('IPV6_MULTICAST_IF', IPPROTO_IPV6, 'dword', 'hint', 0, datagrams),
  row('IPV6_MULTICAST_HOPS', IPPROTO_IPV6, 'byte', 'both', NO_ROUTER, datagrams),
  row('IPV6_MULTICAST_LOOP', IPPROTO_IPV6, 'boolean', 'both', ON, datagrams),
  row('IPV6_ADD_MEMBERSHIP', IPPROTO_IPV6, 'structure', 'core', 0, memberships),
  row('IPV6_DROP_MEMBERSHIP', IPPROTO_IPV6, 'structure', 'core', 0, memberships),
  row('IPV6_DONTFRAG', IPPROTO_IPV6, 'boolean', 'hint', 0, { initialOfStreams: ON }),
  row('IPV6_PKTINFO', IPPROTO_IPV6, 'switch', 'hint', 0, datagrams),
  row('IPV6_HOPLIMIT', IPPROTO_IPV6, 'switch', 'hint', 0, datagrams),
  row('IPV6_PROTECTION_LEVEL', IPPROTO_IPV6, 'dword', 'front', PROTECTION_LEVEL_DEFAULT, {
    values: PROTECTION_LEVELS,
    ...idle,
  }),
  row('IPV6_RECVIF', IPPROTO_IPV6, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IPV6_RECVDSTADDR', IPPROTO_IPV6, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IPV6_CHECKSUM', IPPROTO_IPV6, 'dword', 'hint', NO_CHECKSUM, raws),
  // Of IPv4 sockets the front keeps a value as well (measured behaviour 20.1).
  row('IPV6_V6ONLY', IPPROTO_IPV6, 'flag', 'hint', ON, { ...inherited, before: 'bind' }),
  row('IPV6_IFLIST', IPPROTO_IPV6, 'boolean', 'front', 0, INTERFACE_LIST),
  row('IPV6_ADD_IFLIST', IPPROTO_IPV6, 'dword', 'front', 0, { ...unlisted, access: 'write' }),
  row('IPV6_DEL_IFLIST', IPPROTO_IPV6, 'dword', 'front', 0, { ...unlisted, access: 'write' }),
  row('IPV6_UNICAST_IF', IPPROTO_IPV6, 'dword', 'hint', 0, { remark: 'an index in host order' }),
  row('IPV6_RTHDR', IPPROTO_IPV6, 'bytes', 'front', 0, idle),
  row('IPV6_GET_IFLIST', IPPROTO_IPV6, 'bytes', 'front', 0, { ...unlisted, access: 'read' }),
  row('IPV6_RECVRTHDR', IPPROTO_IPV6, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IPV6_TCLASS', IPPROTO_IPV6, 'dword', 'hint', 0, BYTE),
  row('IPV6_RECVTCLASS', IPPROTO_IPV6, 'switch', 'hint', 0, datagrams),
  row('IPV6_ECN', IPPROTO_IPV6, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IPV6_PKTINFO_EX', IPPROTO_IPV6, 'switch', 'front', 0, { ...datagrams, ...idle }),
  row('IPV6_WFP_REDIRECT_RECORDS', IPPROTO_IPV6, 'switch', 'front', 0, {
    ...datagrams,
    ...idle,
  }),
  row('IPV6_WFP_REDIRECT_CONTEXT', IPPROTO_IPV6, 'switch', 'front', 0, {
    ...datagrams,
    ...idle,
  }),
  row('IPV6_MTU_DISCOVER', IPPROTO_IPV6, 'dword', 'hint', IP_PMTUDISC_NOT_SET, MTU_MODES),
  row('IPV6_MTU', IPPROTO_IPV6, 'dword', 'core', 0, { access: 'read' }),
  row('IPV6_NRT_INTERFACE', IPPROTO_IPV6, 'dword', 'front', 0, idle),
  row('IPV6_RECVERR', IPPROTO_IPV6, 'switch', 'front', 0, { ...udp, ...idle }),
  row('IPV6_USER_MTU', IPPROTO_IPV6, 'dword', 'front', IP_UNSPECIFIED_USER_MTU, idle),
  ...multicastRows(IPPROTO_IPV6),
];

// Interfaces, multicast groups, packet information and port reservations of the internet protocols.
import { nested, structure, type TableCodec } from './codec.js';
import { byteArray, u16, u32, u64, u8 } from './fields.js';
import { in_addr, in6_addr } from './sockaddr.js';
import { SOCKET_ADDRESS } from './socket-address.js';

/** A network interface; its addresses are sockaddrs of at most 24 bytes, so IPv6 comes without scope. */
export interface INTERFACE_INFO {
  iiFlags: number;
  iiAddress: Uint8Array;
  iiBroadcastAddress: Uint8Array;
  iiNetmask: Uint8Array;
}

/** Codec of INTERFACE_INFO (76 bytes). */
export const INTERFACE_INFO: TableCodec<INTERFACE_INFO> = structure<INTERFACE_INFO>('INTERFACE_INFO', 76, [
  ['iiFlags', 0, u32],
  ['iiAddress', 4, byteArray(24)],
  ['iiBroadcastAddress', 28, byteArray(24)],
  ['iiNetmask', 52, byteArray(24)],
]);

/** A network interface with addresses of any length. */
export interface INTERFACE_INFO_EX {
  iiFlags: number;
  iiAddress: SOCKET_ADDRESS;
  iiBroadcastAddress: SOCKET_ADDRESS;
  iiNetmask: SOCKET_ADDRESS;
}

/** Codec of INTERFACE_INFO_EX (28 bytes). */
export const INTERFACE_INFO_EX: TableCodec<INTERFACE_INFO_EX> = structure<INTERFACE_INFO_EX>('INTERFACE_INFO_EX', 28, [
  ['iiFlags', 0, u32],
  ['iiAddress', 4, nested(SOCKET_ADDRESS)],
  ['iiBroadcastAddress', 12, nested(SOCKET_ADDRESS)],
  ['iiNetmask', 20, nested(SOCKET_ADDRESS)],
]);

/** Where an IPv4 packet was going, and through which interface it came. */
export interface in_pktinfo {
  ipi_addr: string;
  ipi_ifindex: number;
}

/** Codec of in_pktinfo (8 bytes). */
export const in_pktinfo: TableCodec<in_pktinfo> = structure<in_pktinfo>('in_pktinfo', 8, [
  ['ipi_addr', 0, in_addr],
  ['ipi_ifindex', 4, u32],
]);

/** Where an IPv6 packet was going, and through which interface it came. */
export interface in6_pktinfo {
  ipi6_addr: string;
  ipi6_ifindex: number;
}

/** Codec of in6_pktinfo (20 bytes). */
export const in6_pktinfo: TableCodec<in6_pktinfo> = structure<in6_pktinfo>('in6_pktinfo', 20, [
  ['ipi6_addr', 0, in6_addr],
  ['ipi6_ifindex', 16, u32],
]);

/** An IPv4 multicast group and the interface to join it on. */
export interface ip_mreq {
  imr_multiaddr: string;
  imr_interface: string;
}

/** Codec of ip_mreq (8 bytes). */
export const ip_mreq: TableCodec<ip_mreq> = structure<ip_mreq>('ip_mreq', 8, [
  ['imr_multiaddr', 0, in_addr],
  ['imr_interface', 4, in_addr],
]);

/** An IPv6 multicast group and the interface to join it on. */
export interface ipv6_mreq {
  ipv6mr_multiaddr: string;
  ipv6mr_interface: number;
}

/** Codec of ipv6_mreq (20 bytes). */
export const ipv6_mreq: TableCodec<ipv6_mreq> = structure<ipv6_mreq>('ipv6_mreq', 20, [
  ['ipv6mr_multiaddr', 0, in6_addr],
  ['ipv6mr_interface', 16, u32],
]);

/** An IPv4 multicast group, one of its sources, and the interface. */
export interface ip_mreq_source {
  imr_multiaddr: string;
  imr_sourceaddr: string;
  imr_interface: string;
}

/** Codec of ip_mreq_source (12 bytes). */
export const ip_mreq_source: TableCodec<ip_mreq_source> = structure<ip_mreq_source>('ip_mreq_source', 12, [
  ['imr_multiaddr', 0, in_addr],
  ['imr_sourceaddr', 4, in_addr],
  ['imr_interface', 8, in_addr],
]);

/** A multicast group of any family, as a sockaddr, and the interface. */
export interface GROUP_REQ {
  gr_interface: number;
  gr_group: Uint8Array;
}

/** Codec of GROUP_REQ (136 bytes). */
export const GROUP_REQ: TableCodec<GROUP_REQ> = structure<GROUP_REQ>('GROUP_REQ', 136, [
  ['gr_interface', 0, u32],
  ['gr_group', 8, byteArray(128)],
]);

/** A multicast group of any family, one of its sources, and the interface. */
export interface GROUP_SOURCE_REQ {
  gsr_interface: number;
  gsr_group: Uint8Array;
  gsr_source: Uint8Array;
}

/** Codec of GROUP_SOURCE_REQ (264 bytes). */
export const GROUP_SOURCE_REQ: TableCodec<GROUP_SOURCE_REQ> = structure<GROUP_SOURCE_REQ>('GROUP_SOURCE_REQ', 264, [
  ['gsr_interface', 0, u32],
  ['gsr_group', 8, byteArray(128)],
  ['gsr_source', 136, byteArray(128)],
]);

/** A block of ports; `StartPort` is in network order as in C, `htons(port)`. */
export interface INET_PORT_RANGE {
  StartPort: number;
  NumberOfPorts: number;
}

/** Codec of INET_PORT_RANGE (4 bytes). */
export const INET_PORT_RANGE: TableCodec<INET_PORT_RANGE> = structure<INET_PORT_RANGE>('INET_PORT_RANGE', 4, [
  ['StartPort', 0, u16],
  ['NumberOfPorts', 2, u16],
]);

/** A reserved block of ports. */
export type INET_PORT_RESERVATION = INET_PORT_RANGE;

/** What names a reserved block of ports. */
export interface INET_PORT_RESERVATION_TOKEN {
  Token: bigint;
}

/** Codec of INET_PORT_RESERVATION_TOKEN (8 bytes). */
export const INET_PORT_RESERVATION_TOKEN: TableCodec<INET_PORT_RESERVATION_TOKEN> =
  structure<INET_PORT_RESERVATION_TOKEN>('INET_PORT_RESERVATION_TOKEN', 8, [['Token', 0, u64]]);

/** A reserved block of ports and its token. */
export interface INET_PORT_RESERVATION_INSTANCE {
  Reservation: INET_PORT_RANGE;
  Token: INET_PORT_RESERVATION_TOKEN;
}

/** Codec of INET_PORT_RESERVATION_INSTANCE (16 bytes). */
export const INET_PORT_RESERVATION_INSTANCE: TableCodec<INET_PORT_RESERVATION_INSTANCE> =
  structure<INET_PORT_RESERVATION_INSTANCE>('INET_PORT_RESERVATION_INSTANCE', 16, [
    ['Reservation', 0, nested(INET_PORT_RANGE)],
    ['Token', 8, nested(INET_PORT_RESERVATION_TOKEN)],
  ]);

/** What TCP knows of a connection, as SIO_TCP_INFO gives it for version 0. */
export interface TCP_INFO_v0 {
  /** A TCPSTATE: 0 closed, 1 listening, 4 established, 7 closed by the peer, … */
  State: number;
  Mss: number;
  ConnectionTimeMs: bigint;
  TimestampsEnabled: number;
  RttUs: number;
  MinRttUs: number;
  BytesInFlight: number;
  Cwnd: number;
  SndWnd: number;
  RcvWnd: number;
  RcvBuf: number;
  BytesOut: bigint;
  BytesIn: bigint;
  BytesReordered: number;
  BytesRetrans: number;
  FastRetrans: number;
  DupAcksIn: number;
  TimeoutEpisodes: number;
  SynRetrans: number;
}

/** Codec of TCP_INFO_v0 (88 bytes). */
export const TCP_INFO_v0: TableCodec<TCP_INFO_v0> = structure<TCP_INFO_v0>('TCP_INFO_v0', 88, [
  ['State', 0, u32],
  ['Mss', 4, u32],
  ['ConnectionTimeMs', 8, u64],
  ['TimestampsEnabled', 16, u8],
  ['RttUs', 20, u32],
  ['MinRttUs', 24, u32],
  ['BytesInFlight', 28, u32],
  ['Cwnd', 32, u32],
  ['SndWnd', 36, u32],
  ['RcvWnd', 40, u32],
  ['RcvBuf', 44, u32],
  ['BytesOut', 48, u64],
  ['BytesIn', 56, u64],
  ['BytesReordered', 64, u32],
  ['BytesRetrans', 68, u32],
  ['FastRetrans', 72, u32],
  ['DupAcksIn', 76, u32],
  ['TimeoutEpisodes', 80, u32],
  ['SynRetrans', 84, u8],
]);

// The numbers and layouts in which the systems of the Unix family differ, for the code that they share.
import type { ControlLayout } from '../control-data.js';
import type { SystemErrors } from './errors.js';

/** One system's. Structures are those of a 64-bit process, in little-endian order. */
export interface SystemNumbers {
  readonly errors: SystemErrors;
  readonly AF_INET6: number;
  /** Names begin with their length and a family of one byte, not with a family of two. */
  readonly namesHaveLength: boolean;
  readonly message: MessageLayout;
  readonly control: ControlLayout;
  /** In the flags of a message that was received: it was longer than its buffers. */
  readonly MSG_TRUNC: number;
  /** Of a send: no signal when the peer is gone; 0 where that is an option of the socket's. */
  readonly MSG_NOSIGNAL: number;
  readonly SOL_SOCKET: number;
  readonly SO_REUSEADDR: number;
  readonly SO_REUSEPORT: number;
  readonly SO_TYPE: number;
  readonly SO_ERROR: number;
  readonly SO_KEEPALIVE: number;
  readonly SO_LINGER: number;
  readonly SO_ACCEPTCONN: number;
  readonly TCP_KEEPIDLE: number;
  readonly TCP_KEEPINTVL: number;
  /** What all sockets of datagrams have to ask for, to be bound to one name. */
  readonly sharedDatagrams: readonly number[];
  readonly FIONREAD: number;
  readonly SIOCATMARK: number;
  /** What a bind, or a connect, fails with for an address of one link that does not say of which. */
  readonly scopeMissing: readonly number[];
}

/** `struct msghdr`: where its members begin, in 32-bit integers, and its bytes. */
export interface MessageLayout {
  readonly NAME: number;
  readonly NAMELEN: number;
  readonly IOV: number;
  readonly IOVLEN: number;
  readonly CONTROL: number;
  readonly CONTROLLEN: number;
  readonly FLAGS: number;
  readonly SIZE: number;
}

/** IPPROTO_IP, the same on every system. */
export const SOL_IP = 0;
/** IPPROTO_IPV6. */
export const SOL_IPV6 = 41;
/** IPPROTO_TCP. */
export const SOL_TCP = 6;

/** An `in_pktinfo`: index, the local address that it was routed to, the address in its header. */
export const PKTINFO = { INDEX: 0, SENT_FROM: 4, RECEIVED_AT: 8, SIZE: 12 } as const;

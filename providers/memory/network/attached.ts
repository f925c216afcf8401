// What is attached to a network, as the others on it see it.
import type { WSABUF } from '../../../spi/index.js';
import type {
  BytePipe,
  Endpoint,
  LinkSender,
  MemoryHost,
  MessageEnd,
  MessagePipe,
  PipeEnd,
  Station,
  UserData,
} from '../wire/index.js';
import type { ConnectionFlow } from './flows.js';

/** A stream socket that asks for a connection. */
export interface CallingStream extends PipeEnd {
  /** Between which two addresses the connection is to be. */
  readonly local: Endpoint | null;
  readonly peer: Endpoint | null;
  /** Its request was taken; that the connection is there comes through `incoming`. */
  joined(incoming: BytePipe, outgoing: BytePipe): void;
}

/** A stream socket that has an address. */
export interface AttachedStream {
  readonly host: MemoryHost;
  /** Whether connections can be made to it. */
  readonly listening: boolean;
  /** Takes a connection into the listen queue, and answers it; 0, or WSAECONNREFUSED when the queue is full. */
  admit(caller: CallingStream): number;
  /** Whether it has a connection from one address to the other. */
  connects(from: Endpoint, to: Endpoint): boolean;
}

/** What part a socket has in the control plane of multipoint sessions; `none` for one of two that are connected. */
export type SessionRole = 'none' | 'root' | 'leaf';

/** A socket of a message protocol that asks for a connection. */
export interface CallingStation extends MessageEnd {
  /** What part it has: a root invites leaves, a leaf asks roots. */
  readonly role: SessionRole;
  readonly local: Station | null;
  readonly peer: Station | null;
  /** Data that goes with its request. */
  readonly request: UserData;
  /** The flow that its connection is to have; `null` where flows do not go with connections. */
  readonly connectionFlow: ConnectionFlow | null;
  /** Its request waits to be accepted; the answer comes through `incoming`. */
  joined(incoming: MessagePipe, outgoing: MessagePipe): void;
}

/** A socket of a message protocol that has an address. */
export interface AttachedStation {
  readonly host: MemoryHost;
  /** Whether connections can be made to it. */
  readonly listening: boolean;
  /** Takes a request for a connection into the listen queue; 0, or WSAECONNREFUSED when that is full. */
  admit(caller: CallingStation): number;
}

/** A datagram socket that has an address. */
export interface AttachedDatagrams {
  /** How well it fits a datagram's source: 2 when connected to it, 1 when to nobody, 0 when to another. */
  rank(source: Endpoint): number;
  /** Whether it is in a group and wants what a source sends to that. */
  takesFrom(group: Endpoint, source: Endpoint): boolean;
  /**
   * Brings it a datagram.
   *
   * @param sender whose datagrams stay in order among themselves, and who may be in a group of sockets
   * @param bytes how many there are in the first `count` buffers
   */
  deliver(
    sender: LinkSender,
    buffers: WSABUF[],
    count: number,
    bytes: number,
    source: Endpoint,
    destination: Endpoint,
  ): void;
}

/** A raw socket. */
export interface AttachedRaw {
  /** Takes a packet, if it is one of its own. */
  take(packet: Packet, sender: object): void;
}

/** A packet on its way between raw sockets, as they receive it: over IPv4 with its header. */
export interface Packet {
  readonly bytes: Uint8Array;
  readonly protocol: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** What the destination answers by itself. */
  readonly reply: Packet | null;
}

// What filters are asked, and what comes of it.
import type { SOCKET } from '../../spi/index.js';
import type { CodecConnection } from './connection.js';

/**
 * What a name is about to be used for: to connect a socket, also one of datagrams; to send a datagram; to join a multicast
 * group or a multipoint session (WSAJoinLeaf); to accept a caller; for a bind; or for the name that a socket without one gets
 * by connecting or sending.
 */
export type FilterPurpose = 'connect' | 'send' | 'join' | 'accept' | 'bind' | 'implicit bind';

/** A name that is about to be used, as a filter sees it. A filter may change `address` and `port`. */
export interface FilterRequest {
  /** What the name is about to be used for. */
  readonly purpose: FilterPurpose;
  /**
   * The host's name that the application gave for the address, as `Destination.name`; `null` when it gave none, and for what is
   * not to be connected to.
   */
  readonly name: string | null;
  /** The socket; for `accept` the listener. */
  readonly socket: SOCKET;
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** The address in text form; what it is changed to is used instead. */
  address: string;
  /** The port, 0 to 65535; what it is changed to is used instead. */
  port: number;
  /** The connection asked about, which the codec of the layer is told of too; `null` for a layer without a codec. */
  readonly connection: CodecConnection | null;
  /** The name of the host that the address is changed to, for who knows it: layers below are told of it. `null` at first. */
  hostName: string | null;
  /**
   * Refuses; the call fails with this WinSock code, WSAEACCES when left out.
   *
   * @param reason why, for people: told by the instance's `defect` event, with the layer's name in front
   */
  refuse(error?: number, reason?: string): void;
  /**
   * Answers later: by `resume` or `refuse`, from a callback or timer, within the layer's `filterTimeout`. For filters of
   * layers with a codec, about a connection that is made or accepted; anything else refuses.
   */
  wait(): void;
  /** Lets pass what `wait` held up, with `address` and `port` as they are now. */
  resume(): void;
}

/** A filter: `connect`, `accept` or `bind`. */
export type Filter = (request: FilterRequest) => number | void;

/** What came of asking a filter: a WinSock code that refuses, or the name to use. */
export interface Verdict {
  /** 0 when it passes, WAITS when the filter answers later. */
  readonly error: number;
  /** A copy of the name asked about, or what the filter made of it. */
  readonly name: Uint8Array;
  /** The name of the host that the filter leads to, when it gave one. */
  readonly hostName?: string | null;
}

/** What a verdict says of a filter that has not answered yet. */
export const WAITS = -1;

/** A question that a filter answers later. */
export interface OpenQuestion {
  /** Nobody waits for the answer any more: it is not told of, nor given up in time. */
  forget(): void;
}

/** Who asks a filter that may answer later. */
export interface PatientCaller {
  readonly connection: CodecConnection;
  /** Milliseconds after which the filter is given up; 0 where it has to answer at once. */
  readonly timeout: number;
  /** Told of a question that the filter has not answered yet. */
  waits(question: OpenQuestion): void;
  /** Told of the verdict, once, when the filter has answered or was given up. */
  answered(verdict: Verdict): void;
  /** Whether an answer is for nobody any more. */
  readonly gone: boolean;
}

/** Asks a filter about a name; one that may answer later if there is who waits for it. */
export type AskFilter = (
  filter: Filter,
  purpose: FilterPurpose,
  s: SOCKET,
  name: Uint8Array,
  namelen: number,
  patient?: PatientCaller,
) => Verdict;

import type { CodecConnection, ConnectionName } from '../filters/index.js';
import type { CodecDirection } from './codec.js';

/**
 * How a datagram codec answers. Every function may be called from inside any of the codec's own, as often as needed, and
 * from outside of them, by a timer or a callback of the codec's: what is answered is heard at once. Once the socket is
 * closed, answers are ignored.
 *
 * An address that is left out is the one that `send` or `receive` was called with; outside of them the peer of a connected
 * socket. One that is given is one that the codec was given, or any object with `address` and `port` of the socket's family.
 */
export interface DatagramOutput {
  /**
   * Appends a datagram for the application; one that finds 256 KiB waiting is lost.
   *
   * @param bytes copied, and the caller's own afterwards
   * @param from where it is said to come from
   */
  decoded(bytes: Uint8Array, from?: DatagramName): void;
  /**
   * Sends a datagram. What fails within `send` fails the application's call; what fails elsewhere is lost.
   *
   * @param bytes copied, and the caller's own afterwards
   * @param to where it goes
   */
  encoded(bytes: Uint8Array, to?: DatagramName): void;
  /**
   * Has the codec given nothing more of a direction, until `resume`: the application's sends would block; or what comes waits
   * below, where as much is kept as by any socket.
   */
  pause(direction: CodecDirection): void;
  /** Takes `pause` back. */
  resume(direction: CodecDirection): void;
  /** Asks for `timer` to be called in so many milliseconds of the instance's clock; `null` takes the request back. */
  setTimer(milliseconds: number | null): void;
  /**
   * Says that no datagrams pass: within `send` that call fails, elsewhere the next receive does, once.
   *
   * @param error a WinSock code
   * @param reason why, for people: told by the instance's `defect` event, with the layer's name in front
   */
  failed(error: number, reason?: string): void;
  /** Milliseconds of the instance's clock. */
  now(): number;
  /** A number from 0 up to 1 of the instance's generator. */
  random(): number;
}

/** Where a datagram goes or comes from, as a codec says it. */
export type DatagramName = Pick<ConnectionName, 'address' | 'port'>;

/**
 * A transform of a socket's datagrams: a state machine that never waits. It is given each datagram whole, may answer by none,
 * by one or by several, and later. Input is valid during the call only. No function may be asynchronous. The framework gives
 * it every I/O model.
 */
export interface DatagramCodec {
  /**
   * Whether the socket below stays without a peer when the application connects: its datagrams go by way of others. The peer is
   * kept above, and what is decoded from elsewhere is dropped. An IPv6 socket below reaches IPv4 addresses, too.
   */
  readonly unconnected?: boolean;
  /** A datagram came from the wire. */
  receive(bytes: Uint8Array, from: ConnectionName, output: DatagramOutput): void;
  /** The application sends a datagram; on a connected socket to its peer. */
  send(bytes: Uint8Array, to: ConnectionName, output: DatagramOutput): void;
  /** The time asked for has come. */
  timer?(output: DatagramOutput): void;
  /**
   * The application has closed the socket. What is encoded now still goes out; what is encoded later does as long as a timer
   * is set, but no longer than the layer's `endTimeout` after the last.
   */
  shutdown?(output: DatagramOutput): void;
  /** The socket is closed; frees what the codec holds. */
  close?(): void;
}

/**
 * Makes the codec of one socket, when it is given a name, a peer or a datagram to send. Of the connection that it is told
 * of, `destination` is the peer that the application asked for, and `role` always `client`.
 */
export type DatagramCodecFactory = (connection: CodecConnection) => DatagramCodec;

// The options of sockets of messages: a few of SOL_SOCKET, and the data that goes with connects and disconnects.
import {
  copyOfBytes,
  SO_CONDITIONAL_ACCEPT,
  SO_CONNDATA,
  SO_CONNDATALEN,
  SO_CONNOPT,
  SO_CONNOPTLEN,
  SO_DISCDATA,
  SO_DISCDATALEN,
  SO_DISCOPT,
  SO_DISCOPTLEN,
  SO_DONTROUTE,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_SNDBUF,
  SOL_SOCKET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
} from '../../../spi/index.js';
import { NO_USER_DATA, type UserData } from '../wire/index.js';
import type { MessageProtocol } from './message-protocols.js';

const DEFAULT_BUFFER = 65_536;

/** The numbers of SOL_SOCKET that a new socket has. */
const INITIAL: ReadonlyMap<number, number> = new Map([
  [SO_RCVBUF, DEFAULT_BUFFER],
  [SO_SNDBUF, DEFAULT_BUFFER],
  [SO_KEEPALIVE, 0],
  [SO_DONTROUTE, 0],
  [SO_CONDITIONAL_ACCEPT, 1],
]);

/** What an option of user data is about. */
interface UserDataOption {
  readonly event: 'connect' | 'disconnect';
  readonly part: keyof UserData;
  /** Whether it is the length of what came, not what came. */
  readonly length: boolean;
}

const USER_DATA: ReadonlyMap<number, UserDataOption> = new Map([
  [SO_CONNDATA, { event: 'connect', part: 'data', length: false }],
  [SO_CONNOPT, { event: 'connect', part: 'options', length: false }],
  [SO_DISCDATA, { event: 'disconnect', part: 'data', length: false }],
  [SO_DISCOPT, { event: 'disconnect', part: 'options', length: false }],
  [SO_CONNDATALEN, { event: 'connect', part: 'data', length: true }],
  [SO_CONNOPTLEN, { event: 'connect', part: 'options', length: true }],
  [SO_DISCDATALEN, { event: 'disconnect', part: 'data', length: true }],
  [SO_DISCOPTLEN, { event: 'disconnect', part: 'options', length: true }],
]);

/** The option values of one socket of messages, and what its user wants to go with its connection. */
export class ConnectionOptions {
  readonly #protocol: MessageProtocol;
  readonly #values: Map<number, number>;
  /** What is to go with the next connect, or with the answer to one. */
  connect: UserData;
  /** What is to go with the end of sending. */
  disconnect: UserData;

  /**
   * Makes the options of a socket.
   *
   * @param parent those of the listener, for an accepted socket
   */
  constructor(protocol: MessageProtocol, parent: ConnectionOptions | null = null) {
    this.#protocol = protocol;
    this.#values = new Map(parent === null ? INITIAL : parent.#values);
    this.connect = parent?.connect ?? NO_USER_DATA;
    this.disconnect = parent?.disconnect ?? NO_USER_DATA;
  }

  /** The number that an option of SOL_SOCKET holds. */
  value(optname: number): number {
    return this.#values.get(optname)!;
  }

  /**
   * Takes data or options for the connect, or for the end of sending.
   *
   * @returns 0, or WSAEINVAL for more than the protocol carries, with everything as it was
   */
  take(event: UserDataOption['event'], part: keyof UserData, value: Uint8Array, length: number): number {
    if (length > this.most(event)) return WSAEINVAL;
    this[event] = { ...this[event], [part]: length === 0 ? null : copyOfBytes(value, length) };
    return 0;
  }

  /** What went with a connect was for that one alone. */
  forgetRequest(): void {
    this.connect = NO_USER_DATA;
  }

  /** The end of sending is to be told with what another socket's would be told with. */
  takeFarewell(other: ConnectionOptions): void {
    this.disconnect = other.disconnect;
  }

  /** The most bytes that go with a connect, or with the end of sending. */
  most(event: UserDataOption['event']): number {
    return event === 'connect' ? this.#protocol.mostConnectData : this.#protocol.mostDisconnectData;
  }

  /**
   * Sets an option.
   *
   * @returns 0, WSAENOPROTOOPT, WSAEFAULT or WSAEINVAL
   */
  set(level: number, optname: number, value: Uint8Array, length: number): number {
    if (level !== SOL_SOCKET) return WSAENOPROTOOPT;
    const about = USER_DATA.get(optname);
    // How long what comes is, is the peer's to say.
    if (about !== undefined) return about.length ? WSAEINVAL : this.take(about.event, about.part, value, length);
    if (!this.#values.has(optname)) return WSAENOPROTOOPT;
    if (length < 1) return WSAEFAULT;
    let number = 0;
    for (let at = 0; at < Math.min(length, 4); at++) number |= value[at]! << (8 * at);
    this.#values.set(optname, number >>> 0);
    return 0;
  }

  /**
   * Reads an option.
   *
   * @param came what has come with the connect and with the peer's end of sending
   * @returns the bytes written, -WSAENOPROTOOPT, or -WSAEFAULT where there is too little room
   */
  get(level: number, optname: number, value: Uint8Array, length: number, came: CameAlong): number {
    if (level !== SOL_SOCKET) return -WSAENOPROTOOPT;
    const about = USER_DATA.get(optname);
    if (about === undefined && !this.#values.has(optname)) return -WSAENOPROTOOPT;
    if (about === undefined || about.length) {
      if (length < 4) return -WSAEFAULT;
      const number = about === undefined ? this.value(optname) : (came[about.event][about.part]?.length ?? 0);
      for (let at = 0; at < 4; at++) value[at] = number >>> (8 * at);
      return 4;
    }
    const data = came[about.event][about.part];
    if (data === null) return 0;
    if (length < data.length) return -WSAEFAULT;
    value.set(data);
    return data.length;
  }
}

/** What has come along from the peer. */
export interface CameAlong {
  readonly connect: UserData;
  readonly disconnect: UserData;
}

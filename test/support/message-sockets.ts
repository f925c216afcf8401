// Sockets of the message protocols that a network in memory has: SPX, its pseudo stream, and ATM.
import { expect } from 'vitest';
import {
  AF_ATM,
  AF_IPX,
  CF_ACCEPT,
  createWs2_32,
  FIONBIO,
  INVALID_SOCKET,
  ref,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_atm,
  sockaddr_ipx,
  VirtualClock,
  WSAEWOULDBLOCK,
  type LPCONDITIONPROC,
  type WSABUF,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { createMemoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from 'ws2spi/providers/memory';

/** A protocol of the network, as the tests open it. */
export interface MessageKind {
  readonly title: string;
  readonly family: number;
  readonly type: number;
  /** Whether an end is announced, and not only felt. */
  readonly graceful: boolean;
  readonly mostConnectData: number;
  /** The address of a program on the network's station. */
  name(program: number): Uint8Array;
}

const hex = (program: number): string => program.toString(16).padStart(4, '0');
const ipx = (program: number): Uint8Array => sockaddr_ipx(`00000001.020000000001:${hex(program)}`);
const atm = (program: number): Uint8Array => sockaddr_atm(`47000580${'00'.repeat(9)}02000000000100:${hex(program)}`);

export const SPX: MessageKind = {
  title: 'SPX',
  family: AF_IPX,
  type: SOCK_SEQPACKET,
  graceful: true,
  mostConnectData: 534,
  name: ipx,
};
export const PSEUDO_STREAM: MessageKind = { ...SPX, title: 'SPX’ pseudo stream', type: SOCK_STREAM };
export const ATM: MessageKind = {
  title: 'ATM',
  family: AF_ATM,
  type: SOCK_SEQPACKET,
  graceful: false,
  mostConnectData: 131,
  name: atm,
};
export const MESSAGE_KINDS: readonly MessageKind[] = [SPX, PSEUDO_STREAM, ATM];

export const data = (text: string): WSABUF => ({ len: Buffer.byteLength(text), buf: Buffer.from(text) });
export const room = (length: number): WSABUF => ({ len: length, buf: new Uint8Array(length) });
export const textOf = ({ len, buf }: WSABUF): string => Buffer.from(buf.subarray(0, len)).toString('latin1');

/** What a client may say, and a listener answer. */
interface Meeting {
  readonly caller?: WSABUF | null;
  readonly callee?: WSABUF | null;
  readonly condition?: LPCONDITIONPROC | null;
}

/** An instance on a network in memory, with virtual time. */
export class MessageWorld implements Disposable {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly ws2: Ws2_32;
  /** Entries to open sockets on, by family and type; without one the catalog chooses. */
  readonly entries = new Map<string, WSAPROTOCOL_INFO>();
  readonly defects: string[] = [];
  #program = 0x5000;

  constructor(link: MemoryNetworkOptions = {}) {
    this.network = createMemoryNetwork(link);
    this.ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock: this.clock, network: this.network });
    this.ws2.on('defect', ({ message }) => this.defects.push(message));
    expect(this.ws2.WSAStartup(0x0202, {})).toBe(0);
  }

  [Symbol.dispose](): void {
    this.ws2[Symbol.dispose]();
    expect(this.network.idle(), 'the network is idle').toBe(true);
  }

  /** 0 for a call that succeeded, its error for one that failed. */
  code(result: number): number {
    return result === -1 || result === INVALID_SOCKET ? this.ws2.WSAGetLastError() : 0;
  }

  socket(kind: MessageKind, flags = 1): number {
    const entry = this.entries.get(`${kind.family} ${kind.type}`) ?? null;
    const s = this.ws2.WSASocket(kind.family, kind.type, 0, entry, 0, flags);
    expect(s, `error ${this.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    return s;
  }

  nonBlocking(s: number): void {
    expect(this.code(this.ws2.ioctlsocket(s, FIONBIO, ref(1)))).toBe(0);
  }

  listener(kind: MessageKind, backlog = 5): { listener: number; name: Uint8Array } {
    const [listener, name] = [this.socket(kind), kind.name(this.#program++)];
    expect(this.code(this.ws2.bind(listener, name, name.length))).toBe(0);
    expect(this.code(this.ws2.listen(listener, backlog))).toBe(0);
    return { listener, name };
  }

  /** Begins to connect; the answer is the callee's. */
  calling(kind: MessageKind, name: Uint8Array, { caller = null, callee = null }: Meeting = {}): number {
    const client = this.socket(kind);
    this.nonBlocking(client);
    const result = this.ws2.WSAConnect(client, name, name.length, caller, callee, null, null);
    expect(this.code(result)).toBe(WSAEWOULDBLOCK);
    return client;
  }

  /** Waits until a socket is connected, or has failed to be: 0, or SO_ERROR's code. */
  outcome(client: number): number {
    const [write, except] = [1, 1].map(() => ({ fd_count: 1, fd_array: [client] }));
    expect(this.ws2.select(0, null, write!, except!, null)).toBe(1);
    if (write!.fd_count === 1) return 0;
    const value = new Uint8Array(4);
    expect(this.code(this.ws2.getsockopt(client, 0xffff, 0x1007, value, ref(4)))).toBe(0);
    return new DataView(value.buffer).getUint32(0, true);
  }

  /** Two sockets with a connection, both of which block. */
  connected(kind: MessageKind, meeting: Meeting = {}, accepting = kind): { client: number; server: number } {
    const { listener, name } = this.listener(accepting);
    const client = this.calling(kind, name, meeting);
    const server = this.ws2.WSAAccept(listener, null, null, meeting.condition ?? null, 0);
    expect(server, `error ${this.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    expect(this.outcome(client)).toBe(0);
    for (const s of [client, server]) this.ws2.ioctlsocket(s, FIONBIO, ref(0));
    this.ws2.closesocket(listener);
    return { client, server };
  }

  /** Bytes sent, or the negated error. */
  send(s: number, text: string, flags = 0): number {
    const bytes = this.ws2.send(s, Buffer.from(text), text.length, flags);
    return bytes < 0 ? -this.ws2.WSAGetLastError() : bytes;
  }

  /** Text received with the flags that were told, or the negated error. */
  receive(s: number, length = 100, flags = 0): [text: string, flags: number] | number {
    const [into, bytes, lpFlags] = [room(length), ref(0), ref(flags)];
    const result = this.ws2.WSARecv(s, [into], 1, bytes, lpFlags, null, null);
    if (result !== 0) return -this.ws2.WSAGetLastError();
    return [textOf({ len: bytes.value, buf: into.buf }), lpFlags.value];
  }
}

/** A condition function that accepts, and answers with a text. */
export function answering(text: string): LPCONDITIONPROC {
  return (_id, _data, _sqos, _gqos, _callee, calleeData) => {
    calleeData!.buf.set(Buffer.from(text));
    calleeData!.len = text.length;
    return CF_ACCEPT;
  };
}

// An instance over the provider under test, and what cases do with it over and over.
import { inspect } from 'node:util';
import {
  FD_MAX_EVENTS,
  FIONBIO,
  INSTANCE,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOCKET_ERROR,
  WSA_FLAG_OVERLAPPED,
  WSA_WAIT_EVENT_0,
  type Defect,
  type VirtualClock,
  type WSANETWORKEVENTS,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from '../../index.js';
import { expect } from './expectation.js';
import { loopback } from './names-and-buffers.js';
import type { ProviderUnderTest } from './subject.js';
import { StuckWatch } from './watchdog.js';

/** Names of the FD_* bits, by index. */
const EVENT_NAMES = ['READ', 'WRITE', 'OOB', 'ACCEPT', 'CONNECT', 'CLOSE', 'QOS', 'GROUP_QOS', 'ROUTING', 'ADDRESS'];

/** An instance with a provider, its sockets, and what a case does with them. */
export class ProviderWorld {
  readonly ws2: Ws2_32;
  /** The instance's clock, if it is virtual. */
  readonly clock: VirtualClock | null;
  /** What was contained and reported so far. */
  readonly defects: Defect[] = [];
  readonly #subject: ProviderUnderTest;
  readonly #sockets: number[] = [];
  readonly #watch: StuckWatch | null;

  /**
   * Starts an instance.
   *
   * @param subject what is under test
   * @param families its families; sockets are of the first unless a case asks for another
   */
  constructor(
    subject: ProviderUnderTest,
    readonly families: readonly number[],
  ) {
    this.#subject = subject;
    this.ws2 = subject.ws2;
    this.clock = subject.clock ?? null;
    this.ws2.on('defect', (defect) => void this.defects.push(defect));
    expect(this.ws2.WSAStartup(0x0202, {})).toBe(0);
    const giveUp = (): void => void this.ws2.WSACleanup();
    this.#watch = this.clock === null ? new StuckWatch(this.ws2[INSTANCE].providerHost, giveUp) : null;
  }

  /** The family of sockets unless a case asks for another. */
  get family(): number {
    return this.families[0]!;
  }

  /** The entry that sockets are opened on; none where WSASocket chooses. */
  entryOf(family: number, type: number): WSAPROTOCOL_INFO | undefined {
    return this.#subject.entries?.find((entry) => entry.iAddressFamily === family && entry.iSocketType === type);
  }

  /** A name that a socket may be bound to, and that nobody has. */
  freeName(family = this.family): Uint8Array {
    return this.#subject.name?.(family) ?? loopback(0, family);
  }

  /** Milliseconds of the instance's clock. */
  now(): number {
    return this.ws2[INSTANCE].providerHost.clock.now();
  }

  /** 0, or the last error of a call that failed. */
  code(result: number | boolean): number {
    const failed = result === SOCKET_ERROR || result === INVALID_SOCKET || result === false;
    return failed ? this.ws2.WSAGetLastError() : 0;
  }

  /** The result of a call that counts, or its error as a negative number. */
  count(result: number): number {
    return result === SOCKET_ERROR ? -this.ws2.WSAGetLastError() : result;
  }

  /** Takes care that a socket is closed at the end. */
  track(s: number): number {
    expect(s, `error ${this.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    this.#sockets.push(s);
    return s;
  }

  #open(family: number, type: number, flags: number): number {
    const entry = this.entryOf(family, type);
    return this.track(
      entry === undefined
        ? this.ws2.WSASocket(family, type, 0, null, 0, flags)
        : this.ws2.WSASocket(-1, -1, -1, entry, 0, flags),
    );
  }

  /** Opens a socket for streams. */
  streamSocket(family = this.family, flags: number = WSA_FLAG_OVERLAPPED): number {
    return this.#open(family, SOCK_STREAM, flags);
  }

  /** Opens a socket for datagrams. */
  datagramSocket(family = this.family): number {
    return this.#open(family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED);
  }

  /** A datagram socket that is bound, and its name. */
  boundDatagram(family = this.family): { s: number; name: Uint8Array } {
    const s = this.datagramSocket(family);
    const any = this.freeName(family);
    expect(this.code(this.ws2.bind(s, any, any.length))).toBe(0);
    return { s, name: this.nameOf(s) };
  }

  /** The name of a socket. */
  nameOf(s: number): Uint8Array {
    const name = new Uint8Array(128);
    const length = ref(128);
    expect(this.code(this.ws2.getsockname(s, name, length))).toBe(0);
    return name.slice(0, length.value);
  }

  /** The port of a socket with a name of the internet. */
  portOf(s: number): number {
    return parseSockaddr(this.nameOf(s)).port;
  }

  /** A socket that listens on loopback, and its name. */
  listener(family = this.family, backlog = 8): { s: number; name: Uint8Array } {
    const s = this.streamSocket(family);
    const any = this.freeName(family);
    expect(this.code(this.ws2.bind(s, any, any.length))).toBe(0);
    expect(this.code(this.ws2.listen(s, backlog))).toBe(0);
    return { s, name: this.nameOf(s) };
  }

  /** Connects: 0, or the error. */
  connect(s: number, name: Uint8Array): number {
    return this.code(this.ws2.connect(s, name, name.length));
  }

  /** Accepts, blocking. */
  accept(listener: number): number {
    return this.track(this.ws2.accept(listener, null, null));
  }

  /** A connection made by a blocking `connect` and a blocking `accept`. */
  connectedPair(family = this.family): { client: number; server: number; listener: number; name: Uint8Array } {
    const { s: listener, name } = this.listener(family);
    const client = this.streamSocket(family);
    expect(this.connect(client, name)).toBe(0);
    const server = this.accept(listener);
    return { client, server, listener, name };
  }

  /** A name that nobody listens at: a socket has it, so that no other program can. */
  closedName(family = this.family): Uint8Array {
    const s = this.streamSocket(family);
    const any = this.freeName(family);
    expect(this.code(this.ws2.bind(s, any, any.length))).toBe(0);
    return this.nameOf(s);
  }

  /** Makes a socket non-blocking, or blocking again. */
  nonBlocking(s: number, on = 1): number {
    return this.code(this.ws2.ioctlsocket(s, FIONBIO, ref(on)));
  }

  /** Sends once: how many bytes, or the error as a negative number. */
  send(s: number, text: string | Uint8Array, flags = 0): number {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    return this.count(this.ws2.send(s, bytes, bytes.length, flags));
  }

  /** Receives once: the text, or the error as a negative number. */
  receive(s: number, most = 1000, flags = 0): string | number {
    const bytes = new Uint8Array(most);
    const result = this.count(this.ws2.recv(s, bytes, most, flags));
    return result < 0 ? result : Buffer.from(bytes.subarray(0, result)).toString('latin1');
  }

  /** Receives, blocking, until so many bytes are there. */
  receiveAll(s: number, length: number): string {
    let text = '';
    while (text.length < length) {
      const piece = this.receive(s, Math.min(length - text.length, 1_000_000));
      if (typeof piece === 'number' || piece === '') throw new Error(`recv: ${piece} after ${text.length} bytes`);
      text += piece;
    }
    return text;
  }

  /** Lets everything happen that is due, without letting time pass. */
  settle(): void {
    for (let round = 0; round < 8; round++) this.ws2.host.SleepEx(0, false);
  }

  /** Waits until a condition holds: five seconds of a virtual clock at most, and on a real one until the case is given up. */
  until(condition: () => boolean): void {
    const { providerHost } = this.ws2[INSTANCE];
    const end = this.clock === null ? Infinity : this.now() + 5000;
    let holds = false;
    providerHost.wait(() => (holds = condition()) || this.#watch?.isStuck === true, end, 'no', 'the test');
    expect(holds, 'what the test waits for').toBe(true);
  }

  /** Makes an event object. */
  event(): number {
    return this.ws2.WSACreateEvent();
  }

  /** Whether an event object is set, within so many milliseconds. */
  signalled(hEvent: number, timeout = 0): boolean {
    return this.ws2.WSAWaitForMultipleEvents(1, [hEvent], false, timeout, false) === WSA_WAIT_EVENT_0;
  }

  /** Calls WSAEventSelect: 0, or the error. */
  eventSelect(s: number, hEvent: number | null, mask: number): number {
    return this.code(this.ws2.WSAEventSelect(s, hEvent, mask));
  }

  /** Fetches the network events recorded now, as `{ READ: 0 }`: each one's error by its name. */
  networkEvents(s: number, hEvent: number | null = null): Record<string, number> {
    this.settle();
    const events: Partial<WSANETWORKEVENTS> = {};
    expect(this.code(this.ws2.WSAEnumNetworkEvents(s, hEvent, events))).toBe(0);
    const named: Record<string, number> = {};
    for (let index = 0; index < FD_MAX_EVENTS; index++) {
      if ((events.lNetworkEvents! & (1 << index)) !== 0) named[EVENT_NAMES[index]!] = events.iErrorCode![index]!;
    }
    return named;
  }

  /** Takes the defects reported so far, which were expected. */
  takeDefects(): string[] {
    return this.defects.splice(0).map(({ message }) => message);
  }

  /** Closes everything, and sees to it that nothing is left. */
  close(): void {
    for (const s of this.#sockets) this.ws2.closesocket(s);
    this.settle();
    this.#watch?.cancel();
    try {
      expect(this.#watch?.isStuck ?? false, 'a blocking call waited too long').toBe(false);
      expect(
        this.defects.map(({ message, cause }) => (cause === undefined ? message : `${message}: ${inspect(cause)}`)),
      ).toEqual([]);
      this.#subject.checkNothingIsLeft?.();
      expect(this.ws2.WSACleanup()).toBe(0);
    } finally {
      this.ws2[Symbol.dispose]();
    }
  }

  /** Ends the instance after a test that failed, without looking any further. */
  abandon(): void {
    this.#watch?.cancel();
    this.ws2[Symbol.dispose]();
  }
}

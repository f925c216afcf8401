import { stack } from '../chain/index.js';
import {
  AF_INET,
  FIONBIO,
  INVALID_SOCKET,
  IPPROTO_TCP,
  ref,
  SD_SEND,
  SO_ERROR,
  SO_LINGER,
  SOCK_STREAM,
  sockaddr_in,
  SOL_SOCKET,
  winsockErrorName,
  WSAENOTCONN,
  WSAEWOULDBLOCK,
  type SOCKET,
  type WSAPROTOCOL_INFO,
} from '../index.js';
import { kindOf } from '../spi/answers.js';
import { checkOptions, oneOf, type OptionRule } from '../spi/option-check.js';
import { createTestInstance, type TestInstance } from './instance.js';

/** How layers are embedded; everything may be left out. */
export interface EmbeddedOptions {
  /** On which side of the connection the layers are: the one that connects (`client`, the default) or that accepts. */
  readonly role?: 'client' | 'server';
}

const RULES: Readonly<Record<keyof EmbeddedOptions, OptionRule>> = { role: oneOf('client', 'server') };
const ROOM = 64 * 1024;
/** Rounds in which what is due happens: layers lead to layers. */
const ROUNDS = 16;

/** What can be stacked: a layer of `defineLayer`, or of a function that makes one. */
type Layers = Parameters<typeof stack>[1];

/**
 * Layers with nothing around them: bytes go in at one end, step by step, and what comes out at the other is there to be looked
 * at. Time is virtual.
 */
export class EmbeddedLayers {
  /** The instance that they run in. */
  readonly test: TestInstance;
  readonly #listener: SOCKET;
  #outside: SOCKET;
  #inside: SOCKET;
  #unsent: Uint8Array[] = [];
  #isClosed = false;
  #ending = false;
  #ended = false;
  #wireEnded = false;
  #error = 0;
  #wireError = 0;
  readonly #wire: Buffer[] = [];
  readonly #application: Buffer[] = [];

  /** Use `embedded`. @internal */
  constructor(layers: Layers, { role = 'client' }: EmbeddedOptions) {
    this.test = createTestInstance();
    const { ws2 } = this.test;
    const [chain] = stack(ws2, layers);
    const open = (entry: WSAPROTOCOL_INFO): SOCKET => {
      const s = ws2.WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, entry, 0, 0);
      this.#need('WSASocket', s !== INVALID_SOCKET);
      this.#need('ioctlsocket', ws2.ioctlsocket(s, FIONBIO, ref(1)) === 0);
      return s;
    };
    // The outside is the base provider alone: what is there is what is on the wire.
    const base = baseOf(this.test);
    const isClient = role === 'client';
    this.#listener = open(isClient ? base : chain!);
    const name = new Uint8Array(16);
    this.#need('bind', ws2.bind(this.#listener, sockaddr_in('127.0.0.1', 0), 16) === 0);
    this.#need('listen', ws2.listen(this.#listener, 1) === 0);
    this.#need('getsockname', ws2.getsockname(this.#listener, name, ref(16)) === 0);
    const caller = open(isClient ? chain! : base);
    this.#need('connect', ws2.connect(caller, name, 16) === 0 || ws2.WSAGetLastError() === WSAEWOULDBLOCK);
    this.#inside = isClient ? caller : INVALID_SOCKET;
    this.#settleCalls();
    this.#outside = isClient ? ws2.accept(this.#listener, null, null) : caller;
    this.#need('accept', this.#outside !== INVALID_SOCKET);
    ws2.ioctlsocket(this.#outside, FIONBIO, ref(1));
    this.#step();
  }

  /** The application's socket, above the layers; INVALID_SOCKET for a server whose layers are still in their handshake. */
  get socket(): SOCKET {
    return this.#inside;
  }

  /** Whether the application has seen the end of what it receives. */
  get ended(): boolean {
    this.#step();
    return this.#ended;
  }

  /** The WinSock code with which the application's calls fail; 0 while they do not. */
  get error(): number {
    this.#step();
    return this.#error;
  }

  /** WSAECONNRESET when the layers, or who closed the socket above them, have reset the connection on the wire; 0 if not. */
  get wireError(): number {
    this.#step();
    return this.#wireError;
  }

  /** Whether the layers have ended what they send. */
  get wireEnded(): boolean {
    this.#step();
    return this.#wireEnded;
  }

  /** The application sends. What the layers do not take yet waits, as in the middle of a handshake. */
  send(bytes: Uint8Array | string): void {
    checkBytes('send', bytes);
    if (this.#ending || this.#isClosed) throw new Error(`embedded: send() after ${this.#isClosed ? 'close' : 'end'}()`);
    this.#unsent.push(Buffer.from(bytes));
    this.#step();
  }

  /** What the layers have put on the wire since it was last asked. */
  wire(): Buffer {
    this.#step();
    return Buffer.concat(this.#wire.splice(0));
  }

  /** Bytes come from the wire. */
  receive(bytes: Uint8Array | string): void {
    checkBytes('receive', bytes);
    const { ws2 } = this.test;
    let left = Buffer.from(bytes);
    while (left.length > 0) {
      const sent = ws2.send(this.#outside, left, left.length, 0);
      this.#need('send on the wire', sent > 0);
      left = left.subarray(sent);
      this.#step();
    }
  }

  /** What the application has received since it was last asked. */
  application(): Buffer {
    this.#step();
    return Buffer.concat(this.#application.splice(0));
  }

  /** The application ends its side. */
  end(): void {
    this.#ending = true;
    this.#step();
  }

  /** The peer ends its side, on the wire. */
  endWire(): void {
    this.#need('shutdown on the wire', this.test.ws2.shutdown(this.#outside, SD_SEND) === 0);
    this.#step();
  }

  /** The peer resets the connection, on the wire. */
  resetWire(): void {
    const { ws2 } = this.test;
    const atOnce = Uint8Array.of(1, 0, 0, 0);
    this.#need('setsockopt on the wire', ws2.setsockopt(this.#outside, SOL_SOCKET, SO_LINGER, atOnce, 4) === 0);
    this.#need('closesocket on the wire', ws2.closesocket(this.#outside) === 0);
    this.#outside = INVALID_SOCKET;
    this.#step();
  }

  /** The application closes its socket; what the layers still put on the wire is there to be looked at. */
  close(): void {
    this.#need('closesocket', this.#inside !== INVALID_SOCKET && this.test.ws2.closesocket(this.#inside) === 0);
    this.#inside = INVALID_SOCKET;
    this.#isClosed = true;
    this.#step();
  }

  /** Lets so many milliseconds pass, for the timers of layers. */
  advance(milliseconds: number): void {
    this.test.clock.advance(milliseconds);
    this.#step();
  }

  /**
   * Ends it all.
   *
   * @throws Error telling what is left: bytes on the wire or for the application that nobody looked at, bytes that the layers
   *   never took, what was reported
   */
  finish(): void {
    this.#step();
    const count = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);
    const left = [
      [count(this.#unsent), 'that the application sent and the layers did not take'],
      [count(this.#wire), 'on the wire: look at them with wire()'],
      [count(this.#application), 'for the application: look at them with application()'],
    ].filter(([bytes]) => bytes !== 0);
    try {
      if (left.length > 0) {
        const failed = this.#error === 0 ? '' : `; its calls fail with ${winsockErrorName(this.#error)}`;
        const what = left.map(([bytes, where]) => `${bytes} bytes ${where}`).join('; and ');
        throw new Error(`embedded: left are ${what}${failed}${this.#reported()}`);
      }
    } finally {
      for (const s of [this.#inside, this.#outside, this.#listener])
        if (s !== INVALID_SOCKET) this.test.ws2.closesocket(s);
      this.#settleCalls();
      if (left.length > 0) this.test[Symbol.dispose]();
    }
    this.test.finish();
  }

  /** Ends it without a look. */
  [Symbol.dispose](): void {
    this.test[Symbol.dispose]();
  }

  #settleCalls(): void {
    for (let round = 0; round < ROUNDS; round++) this.test.ws2.host.SleepEx(0, false);
  }

  /** Lets happen what can happen now, and takes in what came of it. */
  #step(): void {
    const { ws2 } = this.test;
    this.#settleCalls();
    if (this.#inside === INVALID_SOCKET && !this.#isClosed) {
      this.#inside = ws2.accept(this.#listener, null, null);
      if (this.#inside !== INVALID_SOCKET) ws2.ioctlsocket(this.#inside, FIONBIO, ref(1));
    }
    if (this.#inside !== INVALID_SOCKET) this.#workInside();
    this.#settleCalls();
    if (this.#outside !== INVALID_SOCKET && !this.#wireEnded) {
      const code = this.#take(this.#outside, this.#wire);
      if (code === 0) this.#wireEnded = true;
      else if (code !== WSAEWOULDBLOCK) this.#wireError = code;
    }
    if (this.#inside === INVALID_SOCKET || this.#ended) return;
    const code = this.#take(this.#inside, this.#application);
    if (code === 0) this.#ended = true;
    else this.#noticed(code);
  }

  #workInside(): void {
    const { ws2 } = this.test;
    while (this.#unsent.length > 0) {
      const [piece] = this.#unsent as [Uint8Array];
      const sent = piece.length === 0 ? 0 : ws2.send(this.#inside, piece, piece.length, 0);
      if (sent < 0) return this.#noticed(ws2.WSAGetLastError());
      if (sent < piece.length) this.#unsent[0] = piece.subarray(sent);
      else this.#unsent.shift();
    }
    if (this.#ending) ws2.shutdown(this.#inside, SD_SEND);
  }

  /** What a call of the application's failed with: where there is no connection yet, the connect may have failed. */
  #noticed(code: number): void {
    if (code === WSAEWOULDBLOCK || this.#error !== 0) return;
    if (code !== WSAENOTCONN) {
      this.#error = code;
      return;
    }
    const value = new Uint8Array(4);
    this.test.ws2.getsockopt(this.#inside, SOL_SOCKET, SO_ERROR, value, ref(4));
    this.#error = new DataView(value.buffer).getUint32(0, true);
  }

  /** Takes in what can be received, until there is the end (0) or an error, which may be that there is nothing now. */
  #take(s: SOCKET, into: Buffer[]): number {
    const room = Buffer.alloc(ROOM);
    for (;;) {
      const bytes = this.test.ws2.recv(s, room, ROOM, 0);
      if (bytes < 0) return this.test.ws2.WSAGetLastError();
      if (bytes === 0) return 0;
      into.push(Buffer.from(room.subarray(0, bytes)));
    }
  }

  #reported(): string {
    return this.test.defects.map(({ message }) => `\n  reported was: ${message}`).join('');
  }

  #need(call: string, ok: boolean): void {
    if (ok) return;
    const error = this.test.ws2.WSAGetLastError();
    throw new Error(`embedded: ${call} failed with ${winsockErrorName(error)} (${error})${this.#reported()}`);
  }
}

function checkBytes(call: string, bytes: unknown): void {
  if (typeof bytes === 'string' || bytes instanceof Uint8Array) return;
  throw new TypeError(`embedded: ${call}() is given a Uint8Array or a text, not ${kindOf(bytes)}`);
}

function baseOf({ ws2 }: TestInstance): WSAPROTOCOL_INFO {
  const entries: WSAPROTOCOL_INFO[] = [];
  ws2.WSCEnumProtocols(null, entries, ref(100_000), ref(0));
  return entries.find(
    ({ ProtocolChain, iAddressFamily, iSocketType }) =>
      ProtocolChain.ChainLen === 1 && iAddressFamily === AF_INET && iSocketType === SOCK_STREAM,
  )!;
}

/**
 * Embeds layers: what the application sends is seen on the wire, what comes from the wire is seen by the application, step by
 * step, without a peer that has the same layers.
 *
 * @param layers the outermost first, as for `stack`
 * @param options on which side they are
 * @returns the layers; call `finish`, or dispose of it
 * @throws TypeError or RangeError for what cannot be stacked
 */
export function embedded(layers: Layers, options: EmbeddedOptions = {}): EmbeddedLayers {
  checkOptions('embedded', options, RULES);
  return new EmbeddedLayers(layers, options);
}

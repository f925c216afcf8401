// One body of tests for every provider and every chain.
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  FD_MAX_EVENTS,
  INSTANCE,
  INVALID_SOCKET,
  IPPROTO_TCP,
  IPPROTO_UDP,
  parseSockaddr,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SOCKET_ERROR,
  VirtualClock,
  WSA_FLAG_OVERLAPPED,
  WSA_WAIT_EVENT_0,
  type Defect,
  type WSANETWORKEVENTS,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
  type Ws2_32Options,
} from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { createMemoryNetwork, type MemoryNetwork } from 'ws2spi/providers/memory';
import { NATIVE_EXCEPTIONS, type NativeException } from './exceptions.js';
import { helloLayer, overridingLayer, scramblingLayer } from './layers.js';

export type Base = 'memory' | 'tcpip';

/** What stands between the application and the base provider. */
export interface Chain {
  readonly name: string;
  /** Made anew for every world; empty for none. The first is outermost. */
  layers(): Layer[];
  /** Whether it has a codec: then it carries streams alone, and keeps a queue of its own. */
  readonly codec: boolean;
}

export const NO_LAYERS: Chain = { name: 'alone', layers: () => [], codec: false };
export const PASS_THROUGH: Chain = {
  name: 'under a pass-through layer',
  layers: () => [overridingLayer()],
  codec: false,
};
export const CHAINS: readonly Chain[] = [
  NO_LAYERS,
  PASS_THROUGH,
  { name: 'under a codec', layers: () => [scramblingLayer()], codec: true },
  { name: 'under a codec with a handshake', layers: () => [helloLayer()], codec: true },
  {
    name: 'under a codec over a codec over a pass-through layer',
    layers: () => [scramblingLayer(0x33), helloLayer(), overridingLayer()],
    codec: true,
  },
];

/** Real milliseconds after which a blocking call on native sockets is given up, so that a test fails instead of hanging. */
const STUCK = 15_000;

export const FAMILIES = [
  ['IPv4', AF_INET],
  ['IPv6', AF_INET6],
] as const;

/** Names of the FD_* bits, by index. */
const EVENT_NAMES = ['READ', 'WRITE', 'OOB', 'ACCEPT', 'CONNECT', 'CLOSE', 'QOS', 'GROUP_QOS', 'ROUTING', 'ADDRESS'];

/** An instance with a base provider, a chain, and what tests do with them over and over. */
export class World {
  readonly ws2: Ws2_32;
  readonly native: boolean;
  /** The clock of a memory world; native ones have the machine's. */
  readonly clock: VirtualClock | null;
  readonly network: MemoryNetwork | null;
  readonly defects: Defect[] = [];
  /** Entries to open TCP and UDP sockets on, by family; none when there are no layers. */
  readonly entries = new Map<string, WSAPROTOCOL_INFO>();
  readonly #sockets: number[] = [];
  readonly #descriptors: number;
  readonly #watchdog: { cancel(): void } | null = null;
  #stuck = false;

  constructor(
    readonly base: Base,
    readonly chain: Chain = NO_LAYERS,
    options: Ws2_32Options = {},
  ) {
    this.native = base === 'tcpip';
    this.#descriptors = descriptors();
    this.clock = this.native ? null : new VirtualClock();
    this.network = this.native ? null : ((options.network as MemoryNetwork | undefined) ?? createMemoryNetwork());
    const own = this.native ? {} : { network: this.network!, clock: this.clock! };
    this.ws2 = createWs2_32({ base, catalog: 'memory', ...own, ...options });
    this.ws2.on('defect', (defect) => void this.defects.push(defect));
    expect(this.ws2.WSAStartup(0x0202, {})).toBe(0);
    const layers = chain.layers();
    if (layers.length > 0) this.stack(layers, !chain.codec);
    if (this.native) {
      this.#watchdog = this.ws2[INSTANCE].providerHost.setTimer(this.now() + STUCK, () => {
        this.#stuck = true;
        this.ws2.WSACleanup();
      });
    }
  }

  /** Stacks layers over TCP, and UDP if told so; sockets of this world are opened on them from now on. */
  stack(layers: Layer[], datagrams = false): WSAPROTOCOL_INFO[] {
    const bases: WSAPROTOCOL_INFO[] = [];
    const room = ref(0);
    this.ws2.WSAEnumProtocols(null, null, room);
    this.ws2.WSAEnumProtocols(null, bases, room);
    const over = bases.filter(
      (entry) =>
        entry.ProtocolChain.ChainLen === 1 &&
        ((entry.iSocketType === SOCK_STREAM && entry.iProtocol === IPPROTO_TCP) ||
          (datagrams && entry.iSocketType === SOCK_DGRAM && entry.iProtocol === IPPROTO_UDP)),
    );
    const chains = stack(this.ws2, layers, { over });
    for (const entry of chains) this.entries.set(`${entry.iAddressFamily} ${entry.iSocketType}`, entry);
    return chains;
  }

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

  /** Has a socket closed at the end. */
  track(s: number): number {
    expect(s, `error ${this.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    this.#sockets.push(s);
    return s;
  }

  #open(family: number, type: number): number {
    const entry = this.entries.get(`${family} ${type}`);
    return this.track(
      entry === undefined
        ? this.ws2.socket(family, type, 0)
        : this.ws2.WSASocket(-1, -1, -1, entry, 0, WSA_FLAG_OVERLAPPED),
    );
  }

  tcpSocket(family: number = AF_INET): number {
    return this.#open(family, SOCK_STREAM);
  }

  udpSocket(family: number = AF_INET): number {
    return this.#open(family, SOCK_DGRAM);
  }

  /** A UDP socket bound to loopback, and its name. */
  boundUdp(family: number = AF_INET): { s: number; name: Uint8Array } {
    const s = this.udpSocket(family);
    const any = loopback(0, family);
    expect(this.code(this.ws2.bind(s, any, any.length))).toBe(0);
    return { s, name: this.nameOf(s) };
  }

  nameOf(s: number): Uint8Array {
    const name = new Uint8Array(128);
    const length = ref(128);
    expect(this.code(this.ws2.getsockname(s, name, length))).toBe(0);
    return name.slice(0, length.value);
  }

  portOf(s: number): number {
    return parseSockaddr(this.nameOf(s)).port;
  }

  /** A socket that listens on loopback, and its name. */
  listener(family: number = AF_INET, backlog = 8): { s: number; name: Uint8Array } {
    const s = this.tcpSocket(family);
    const any = loopback(0, family);
    expect(this.code(this.ws2.bind(s, any, any.length))).toBe(0);
    expect(this.code(this.ws2.listen(s, backlog))).toBe(0);
    return { s, name: this.nameOf(s) };
  }

  connect(s: number, name: Uint8Array): number {
    return this.code(this.ws2.connect(s, name, name.length));
  }

  accept(listener: number): number {
    return this.track(this.ws2.accept(listener, null, null));
  }

  /** A connection made by a blocking `connect` and a blocking `accept`. */
  connectedPair(family: number = AF_INET): { client: number; server: number; listener: number; name: Uint8Array } {
    const { s: listener, name } = this.listener(family);
    const client = this.tcpSocket(family);
    expect(this.connect(client, name)).toBe(0);
    const server = this.accept(listener);
    return { client, server, listener, name };
  }

  /** The name of a port on loopback that nobody has. */
  closedPort(family: number = AF_INET): Uint8Array {
    const { s, name } = this.listener(family);
    this.ws2.closesocket(s);
    this.settle();
    return name;
  }

  nonBlocking(s: number, on = 1): number {
    return this.code(this.ws2.ioctlsocket(s, FIONBIO, ref(on)));
  }

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

  /** Has everything happen that is due, without letting time pass. */
  settle(): void {
    for (let round = 0; round < 8; round++) this.ws2.host.SleepEx(0, false);
  }

  /** Waits, on native sockets at most five seconds, until a condition holds. */
  until(condition: () => boolean): void {
    const { providerHost } = this.ws2[INSTANCE];
    expect(providerHost.wait(condition, this.now() + 5000, 'no', 'the test')).toBe('condition');
  }

  event(): number {
    return this.ws2.WSACreateEvent();
  }

  signalled(hEvent: number, timeout = 0): boolean {
    return this.ws2.WSAWaitForMultipleEvents(1, [hEvent], false, timeout, false) === WSA_WAIT_EVENT_0;
  }

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
    this.#watchdog?.cancel();
    try {
      expect(this.#stuck, 'a blocking call waited too long').toBe(false);
      expect(
        this.defects.map(({ message, cause }) => (cause === undefined ? message : `${message}: ${String(cause)}`)),
      ).toEqual([]);
      if (this.native) expect(descriptors(), 'descriptors').toBe(this.#descriptors);
      else expect(this.network!.idle(), 'the network is idle').toBe(true);
      expect(this.ws2.WSACleanup()).toBe(0);
    } finally {
      this.ws2[Symbol.dispose]();
    }
  }

  /** Ends the instance after a test that failed, without looking any further. */
  abandon(): void {
    this.#watchdog?.cancel();
    this.ws2[Symbol.dispose]();
  }
}

const FIONBIO = 0x8004667e;

/** An address of this machine alone. */
export function loopback(port = 0, family: number = AF_INET): Uint8Array {
  return family === AF_INET6 ? sockaddr_in6('::1', port) : sockaddr_in('127.0.0.1', port);
}

export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** A WSABUF over text or room for so many bytes. */
export function buffer(content: string | number | Uint8Array): { len: number; buf: Uint8Array } {
  const buf =
    typeof content === 'number'
      ? new Uint8Array(content)
      : typeof content === 'string'
        ? Buffer.from(content)
        : content;
  return { len: buf.length, buf };
}

export function textOf(...buffers: { buf: Uint8Array }[]): string {
  return Buffer.concat(buffers.map(({ buf }) => buf))
    .toString('latin1')
    .replaceAll('\0', '.');
}

type Body = (world: World) => void | Promise<void>;

/** Where a body of tests runs. */
export interface Place {
  readonly base: Base;
  readonly chain: Chain;
  readonly native: boolean;
  /** A test with a world of its own, which is closed, and looked at, afterwards. */
  it(sentence: string, body: Body): void;
  /** The same over IPv4 and IPv6. */
  onEveryFamily(sentence: string, body: (world: World, family: number) => void | Promise<void>): void;
  /** A test that the native provider cannot pass here, and why. */
  itUnless(exception: NativeException, sentence: string, body: Body, applies?: boolean): void;
  /** A test for chains without a codec. */
  withoutCodec(sentence: string, body: Body): void;
}

async function run(world: World, body: Body): Promise<void> {
  let finished = false;
  try {
    await body(world);
    finished = true;
  } finally {
    if (finished) world.close();
    else world.abandon();
  }
}

function placeOf(base: Base, chain: Chain): Place {
  const native = base === 'tcpip';
  const it: Place['it'] = (sentence, body) => test(sentence, () => run(new World(base, chain), body));
  return {
    base,
    chain,
    native,
    it,
    onEveryFamily(sentence, body) {
      for (const [name, family] of FAMILIES) it(`${sentence} (${name})`, (world) => body(world, family));
    },
    itUnless(exception, sentence, body, applies = true) {
      if (native && applies) test.skip(`${sentence} [${NATIVE_EXCEPTIONS[exception]}]`, () => undefined);
      else it(sentence, body);
    },
    withoutCodec(sentence, body) {
      if (!chain.codec) it(sentence, body);
    },
  };
}

const BASES: readonly Base[] = ['memory', 'tcpip'];

// The poller and the binding of the operating system are made once per thread, and stay.
{
  const world = new World('tcpip');
  world.tcpSocket();
  world.udpSocket();
  world.abandon();
}

/** Runs a body of tests on the memory provider and on the operating system's sockets. */
export function describeOnEveryProvider(title: string, body: (place: Place) => void): void {
  for (const base of BASES) describe(`${title}: ${base}`, () => body(placeOf(base, NO_LAYERS)));
}

/** Runs a body of tests on both, or those named, alone and under every kind of layer. */
export function describeOnEveryChain(title: string, body: (place: Place) => void, bases = BASES): void {
  for (const base of bases) {
    for (const chain of CHAINS) describe(`${title}: ${base} ${chain.name}`, () => body(placeOf(base, chain)));
  }
}

/** Runs a body of tests on both, alone and under a pass-through layer: for datagrams, which codecs do not carry. */
export function describeOnEveryDatagramChain(title: string, body: (place: Place) => void): void {
  for (const base of BASES) {
    for (const chain of [NO_LAYERS, PASS_THROUGH]) {
      describe(`${title}: ${base} ${chain.name}`, () => body(placeOf(base, chain)));
    }
  }
}

/** Runs a body with a world, for tests that are about one kind of base. */
export function inWorld(base: Base, body: Body, options?: Ws2_32Options): () => Promise<void> {
  return () => run(new World(base, NO_LAYERS, options), body);
}

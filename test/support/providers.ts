// One body of tests for every provider and every chain.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  VirtualClock,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
  type Ws2_32Options,
} from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { createMemoryNetwork, type MemoryNetwork } from 'ws2spi/providers/memory';
import { ProviderWorld, type ProviderUnderTest } from 'ws2spi/testkit';
import { descriptors } from './descriptors.js';
import { NATIVE_EXCEPTIONS, type NativeException } from './exceptions.js';
import { datagramLayer, helloLayer, overridingLayer, scramblingLayer } from './layers.js';
import { chainsThatWereAskedFor, type Chain } from './stacks.js';

export { descriptors };

export { buffer, loopback, noise, textOf } from 'ws2spi/testkit';

export type { Chain };
export type Base = 'memory' | 'tcpip';

export const NO_LAYERS: Chain = { name: 'alone', layers: () => [], codec: false };
export const PASS_THROUGH: Chain = {
  name: 'under a pass-through layer',
  layers: () => [overridingLayer()],
  codec: false,
};
export const DATAGRAM_CODEC: Chain = {
  name: 'under a codec of datagrams',
  layers: () => [datagramLayer()],
  codec: false,
};

/** What every suite of I/O runs over: a few chains that differ as chains can, or the stacks that were asked for. */
export const CHAINS: readonly Chain[] = chainsThatWereAskedFor() ?? [
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

export const FAMILIES = [
  ['IPv4', AF_INET],
  ['IPv6', AF_INET6],
] as const;

/** A world of a base provider of the package, with a chain. */
export class World extends ProviderWorld {
  readonly native: boolean;
  readonly network: MemoryNetwork | null;
  /** Entries to open TCP and UDP sockets on, by family and kind; none when there are no layers. */
  readonly entries = new Map<string, WSAPROTOCOL_INFO>();

  constructor(
    readonly base: Base,
    readonly chain: Chain = NO_LAYERS,
    options: Ws2_32Options = {},
  ) {
    const subject = subjectOf(base, chain, options);
    super(subject, [AF_INET, AF_INET6]);
    this.native = base === 'tcpip';
    this.network = subject.network;
    this.use(subject.entries);
  }

  /** Stacks layers over TCP, and UDP if told so; sockets of this world are opened on them from now on. */
  stack(layers: Layer[], datagrams = false): WSAPROTOCOL_INFO[] {
    const chains = stackOver(this.ws2, layers, datagrams);
    this.use(chains);
    return chains;
  }

  private use(chains: readonly WSAPROTOCOL_INFO[]): void {
    for (const entry of chains) this.entries.set(`${entry.iAddressFamily} ${entry.iSocketType}`, entry);
  }

  override entryOf(family: number, type: number): WSAPROTOCOL_INFO | undefined {
    return this.entries.get(`${family} ${type}`);
  }

  tcpSocket(family: number = AF_INET): number {
    return this.streamSocket(family);
  }

  udpSocket(family: number = AF_INET): number {
    return this.datagramSocket(family);
  }

  /** The name of a port on loopback that nobody has. */
  closedPort(family: number = AF_INET): Uint8Array {
    return this.closedName(family);
  }

  /** A UDP socket bound to loopback, and its name. */
  boundUdp(family: number = AF_INET): { s: number; name: Uint8Array } {
    return this.boundDatagram(family);
  }
}

/** An instance with a base provider of the package and a chain, for the suite of `ws2spi/testkit`. */
export function subjectOf(
  base: Base,
  chain: Chain,
  options: Ws2_32Options = {},
): ProviderUnderTest & { readonly network: MemoryNetwork | null; readonly entries: readonly WSAPROTOCOL_INFO[] } {
  const before = descriptors();
  const memory =
    base === 'tcpip'
      ? null
      : { clock: new VirtualClock(), network: (options.network as MemoryNetwork | undefined) ?? createMemoryNetwork() };
  const ws2 = createWs2_32({ base, catalog: 'memory', ...memory, ...options });
  const layers = chain.layers();
  return {
    ws2,
    entries: layers.length === 0 ? [] : stackOver(ws2, layers, !chain.codec),
    network: memory?.network ?? null,
    ...(memory === null ? {} : { clock: memory.clock }),
    checkNothingIsLeft() {
      if (memory === null) expect(descriptors(), 'descriptors').toBe(before);
      else expect(memory.network.idle(), 'the network is idle').toBe(true);
    },
  };
}

function stackOver(ws2: Ws2_32, layers: Layer[], datagrams: boolean): WSAPROTOCOL_INFO[] {
  const bases: WSAPROTOCOL_INFO[] = [];
  ws2.WSCEnumProtocols(null, bases, ref(100_000), ref(0));
  const over = bases.filter(
    (entry) =>
      entry.ProtocolChain.ChainLen === 1 &&
      ((entry.iSocketType === SOCK_STREAM && entry.iProtocol === IPPROTO_TCP) ||
        (datagrams && entry.iSocketType === SOCK_DGRAM && entry.iProtocol === IPPROTO_UDP)),
  );
  return stack(ws2, layers, { over });
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
  /** A test for chains that carry control data with datagrams: codecs of datagrams do not. */
  withControlData(sentence: string, body: Body): void;
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

/** Tests that send urgent data; the look at data is at urgent data too. */
const ABOUT_URGENT_DATA =
  /urgent|out-of-band|SO_OOBINLINE|recorded again by a look at data|queues up, and leaves nothing in the stream|is none on a socket that is fresh|stays when an ordinary receive passes it|is told of by select, however much/;

function placeOf(base: Base, chain: Chain): Place {
  const native = base === 'tcpip';
  const it: Place['it'] = (sentence, body) => {
    const skipped = chain.urgent === false && ABOUT_URGENT_DATA.test(sentence);
    if (skipped)
      test.skip(`${sentence} [${chain.name} there is no urgent data: it would go around what secures the rest]`);
    else test(sentence, () => run(new World(base, chain), body));
  };
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
    withControlData(sentence, body) {
      if (chain !== DATAGRAM_CODEC) it(sentence, body);
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

/** Runs a body of tests on both, alone, under a pass-through layer and under a codec of datagrams. */
export function describeOnEveryDatagramChain(title: string, body: (place: Place) => void): void {
  for (const base of BASES) {
    for (const chain of [NO_LAYERS, PASS_THROUGH, DATAGRAM_CODEC]) {
      describe(`${title}: ${base} ${chain.name}`, () => body(placeOf(base, chain)));
    }
  }
}

/** Runs a body with a world, for tests that are about one kind of base. */
export function inWorld(base: Base, body: Body, options?: Ws2_32Options): () => Promise<void> {
  return () => run(new World(base, NO_LAYERS, options), body);
}

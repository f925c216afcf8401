// Each rule that layers have to keep to is broken by a careless one, whose author is told which rule, where, and what to write
// instead; once.
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  AF_INET,
  INVALID_SOCKET,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOCKET_ERROR,
  sockaddr_in,
  WSAOVERLAPPED,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import {
  defineLayer,
  PassThroughProvider,
  stack,
  createWSPStartup,
  type Layer,
  type LayerDefinition,
} from 'ws2spi/chain';
import { createTestInstance, type TestInstance } from 'ws2spi/testkit';
import { LAYER_RULES, type Breach, type LayerRule } from '../../../spi/layer-rules.js';

/** A layer called "mine", as somebody writes it who does not know the rules: types are no hindrance. */
const mine = (definition: object): Layer => defineLayer({ name: 'mine', ...definition } as LayerDefinition);
const override = (name: string, does: (...args: never[]) => unknown): Layer => mine({ overrides: { [name]: does } });
interface Output {
  encoded(bytes: Uint8Array): void;
}
const pass = {
  send: (bytes: Uint8Array, output: Output) => output.encoded(bytes),
  receive: (bytes: Uint8Array, output: { decoded(bytes: Uint8Array): void }) => output.decoded(bytes),
};
const codec = (members: object): Layer => mine({ codec: () => ({ ...pass, ...members }) });
const boom = (): never => {
  throw new Error('boom');
};

/** What is done with a layer until it breaks its rule, at least twice. */
type Use = (world: World) => void;

interface World extends TestInstance {
  readonly entry: WSAPROTOCOL_INFO;
}

const open = ({ ws2, entry }: World, type: number = SOCK_STREAM): number =>
  ws2.WSASocket(AF_INET, type, 0, entry, 0, 1);

/** A connection whose calls are of no interest. */
function connection(world: World): { client: number; server: number } {
  const { ws2 } = world;
  const [listener, name] = [open(world), sockaddr_in('127.0.0.1', 4000)];
  ws2.bind(listener, name, 16);
  ws2.listen(listener, 5);
  const client = open(world);
  ws2.connect(client, name, 16);
  return { client, server: ws2.accept(listener, null, null) };
}

const openTwice: Use = (world) => void [open(world), open(world)];
const send: Use = (world) => {
  const { client } = connection(world);
  for (let i = 0; i < 3; i++) world.ws2.send(client, Buffer.from('hello'), 5, 0);
};
const receive: Use = (world) => {
  const { client, server } = connection(world);
  world.ws2.send(client, Buffer.from('hello'), 5, 0);
  world.ws2.ioctlsocket(server, 0x8004667e, ref(1));
  for (let i = 0; i < 3; i++) world.ws2.recv(server, Buffer.alloc(10), 10, 0);
};
const connect: Use = (world) => {
  const s = open(world);
  world.ws2.connect(s, sockaddr_in('127.0.0.1', 80), 16);
};

/** A layer that breaks a rule, and what has it do so; or what throws at once. */
type Provocation = readonly [layer: () => Layer, use: Use, over?: 'udp'] | (() => unknown);

const withStartup = (startup: (sound: Layer, args: Parameters<Layer['WSPStartup']>) => unknown): Layer => {
  const sound = mine({});
  return { ...sound, WSPStartup: (...args) => startup(sound, args) as number };
};

/** What filters have kept to do later. */
const late: (() => void)[] = [];

const PROVOCATIONS: Readonly<Record<Breach, Provocation>> = {
  functionThrows: [() => override('WSPSend', boom), send],
  functionPromises: [() => override('WSPSend', async () => 0), send],
  functionReturns: [() => override('WSPSend', () => 5), send],
  functionFails: [() => override('WSPSend', () => SOCKET_ERROR), send],
  functionCounts: [
    () =>
      override('WSPRecv', (_lower: never, _s: never, _buffers: never, _count: never, received: { value: number }) => {
        received.value = 1000;
        return 0;
      }),
    receive,
  ],
  functionHandles: [() => override('WSPAccept', () => 43968), (world) => void connection(world)],
  cleanupKept: [
    () => override('WSPCleanup', () => 0),
    (world) => {
      open(world);
      world.ws2.WSACleanup();
    },
  ],
  completesOnce: [
    () => {
      class Mine extends PassThroughProvider {
        override WSPSend(...args: Parameters<PassThroughProvider['WSPSend']>): number {
          const result = super.WSPSend(...args);
          if (args[5] !== null) this.host.completeOverlapped(args[0], args[5], args[6], args[7], 0, 5, 0);
          return result;
        }
      }
      return { ...mine({}), WSPStartup: createWSPStartup('mine', (context) => new Mine(context)) };
    },
    (world) => {
      const { client } = connection(world);
      world.ws2.WSASend(client, [{ len: 5, buf: Buffer.from('hello') }], 1, ref(0), 0, new WSAOVERLAPPED(), null);
    },
  ],
  startThrows: [() => withStartup(boom), openTwice],
  startFillsTable: [
    () =>
      withStartup((sound, args) => {
        const code = sound.WSPStartup(...args);
        delete (args[4] as { lpWSPSend?: unknown }).lpWSPSend;
        return code;
      }),
    openTwice,
  ],
  exportsStartup: [
    () => mine({}),
    (world) => {
      const template = { ...world.entry, szProtocol: 'mine', dwCatalogEntryId: 0 };
      const { ws2 } = world;
      ws2.WSCInstallProvider(
        '7B0E3A54-2C0B-4F5C-8C1B-5D9C0A4B7E11',
        new URL('./fixtures/no-startup.mjs', import.meta.url).href,
        [{ ...template, ProtocolChain: { ChainLen: 1, ChainEntries: [] }, iAddressFamily: 1 }],
        1,
        ref(0),
      );
      ws2.WSAStartup(0x0202, {});
      expect(ws2.socket(1, SOCK_STREAM, 0)).toBe(INVALID_SOCKET);
    },
  ],
  codecThrows: [() => codec({ receive: boom }), receive],
  codecPromises: [() => codec({ send: async () => undefined }), send],
  codecGenerators: [() => codec({ *send() {} }), send],
  codecIsMade: [() => mine({ codec: () => undefined }), send],
  codecIsMadeAtOnce: [() => mine({ codec: async () => pass }), send],
  codecMakerThrows: [() => mine({ codec: boom }), send],
  codecGivesBytes: [
    () => codec({ send: (_: never, output: { encoded(text: string): void }) => output.encoded('hello') }),
    send,
  ],
  codecKeepsBytes: [
    () =>
      codec({
        send(_: never, output: { encoded(bytes: Uint8Array): void }) {
          const bytes = new Uint8Array(5);
          structuredClone(bytes, { transfer: [bytes.buffer] });
          output.encoded(bytes);
        },
      }),
    send,
  ],
  codecSpelling: [() => codec({ shutdwon: () => undefined }), send],
  codecTimer: [() => codec({ send: (_: never, output: { setTimer(n: number): void }) => output.setTimer(NaN) }), send],
  codecFails: [
    () => codec({ send: (_: never, output: { failed(n: string): void }) => output.failed('bad header') }),
    send,
  ],
  codecUnreads: [
    () =>
      codec({
        receive: (bytes: Uint8Array, output: { unread(bytes: Uint8Array): void }) =>
          output.unread(new Uint8Array(bytes.length + 1)),
      }),
    receive,
  ],
  codecReturns: [() => codec({ send: (bytes: Uint8Array) => Buffer.from(bytes) }), send],
  codecUnreadsAgain: [
    () => codec({ receive: (bytes: Uint8Array, output: { unread(bytes: Uint8Array): void }) => output.unread(bytes) }),
    receive,
  ],
  codecPauses: [
    () => codec({ receive: (_: never, output: { pause(how: string): void }) => output.pause('both') }),
    receive,
  ],
  codecIsReady: [
    () => codec({ handshake: true, open: (_: never, output: Output) => output.encoded(Buffer.from('hello')) }),
    (world) => void [connection(world), connection(world)],
  ],
  codecIoctl: [
    () => codec({ ioctl: () => true }),
    (world) => {
      const { client } = connection(world);
      for (let i = 0; i < 2; i++)
        world.ws2.WSAIoctl(client, 0x58000001, null, 0, Buffer.alloc(8), 8, ref(0), null, null);
    },
  ],
  datagramThrows: [
    () => mine({ datagrams: () => ({ ...pass, receive: boom, send: passDatagram }) }),
    datagramsReceived,
    'udp',
  ],
  filterThrows: [() => mine({ connect: boom }), connect],
  filterPromises: [() => mine({ connect: async () => undefined }), connect],
  filterAnswers: [() => mine({ connect: () => false }), connect],
  filterRefuses: [
    () => mine({ connect: (request: { refuse(code: string): void }) => request.refuse('not here') }),
    connect,
  ],
  filterLeads: [
    () => mine({ connect: (request: { address: string }) => void (request.address = 'localhost') }),
    connect,
  ],
  filterWaits: [() => mine({ connect: (request: { wait(): void }) => request.wait() }), connect],
  filterAnswersOnce: [
    () => mine({ codec: () => pass, connect: (request: { refuse(): void }) => void late.push(() => request.refuse()) }),
    (world) => {
      connection(world);
      // Twice, as a callback that is called twice does.
      for (const refuse of late.splice(0)) for (let i = 0; i < 2; i++) refuse();
    },
  ],
  definitionSpelling: () => mine({ conect: () => undefined }),
  definitionFunctions: () => mine({ WSPSend: () => 0 }),
};

function passDatagram(bytes: Uint8Array, to: never, output: { encoded(bytes: Uint8Array, to: never): void }): void {
  output.encoded(bytes, to);
}

function datagramsReceived(world: World): void {
  const [s, name] = [open(world, SOCK_DGRAM), sockaddr_in('127.0.0.1', 5000)];
  world.ws2.bind(s, name, 16);
  world.ws2.ioctlsocket(s, 0x8004667e, ref(1));
  for (let i = 0; i < 3; i++) {
    world.ws2.sendto(s, Buffer.from('x'), 1, 0, name, 16);
    world.ws2.recv(s, Buffer.alloc(10), 10, 0);
  }
}

/** What the author is told, the layer called by its own name. */
function toldBy(provocation: Provocation): string[] {
  if (typeof provocation === 'function') {
    try {
      provocation();
    } catch (error) {
      return [(error as Error).message];
    }
    return [];
  }
  const [layer, use, over = 'tcp'] = provocation;
  const instance = createTestInstance();
  onTestFinished(() => instance[Symbol.dispose]());
  const [entry] = stack(instance.ws2, [layer()], { over });
  use(Object.assign(instance, { entry: entry! }));
  return instance.defects.map(({ message }) =>
    message.replaceAll(entry!.szProtocol, 'mine').replace(/ws2spi Memory/g, 'MSAFD Tcpip'),
  );
}

/** Of two sockets that cannot be opened, and two ends that cannot be served, each is a failure of its own. */
const TOLD_TWICE: readonly Breach[] = [
  'startThrows',
  'startFillsTable',
  'codecIsMade',
  'codecIsMadeAtOnce',
  'codecMakerThrows',
];

describe('who writes a layer is told, once, where he broke which rule, and what to write instead', () => {
  test.each(Object.entries(PROVOCATIONS) as [Breach, Provocation][])('%s', (breach, provocation) => {
    const { told, cure }: LayerRule = LAYER_RULES[breach];
    const all = toldBy(provocation);
    const about = all.filter((message) => message.includes(`${told}: ${cure}`) || message.includes(`${told}${cure}`));
    expect(about, `told was: ${all.join('\n')}`).toHaveLength(TOLD_TWICE.includes(breach) ? 2 : 1);
    // And nothing else that would hide it.
    expect(all.length).toBeLessThanOrEqual(about.length + 1);
  });
});

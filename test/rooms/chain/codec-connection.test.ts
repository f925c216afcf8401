// What a codec, and the filters of its layer, are told of their connection.
import { once } from 'node:events';
import type { LookupFunction } from 'node:net';
import { expect } from 'vitest';
import { AF_INET, ERROR_IO_PENDING, INSTANCE, parseSockaddr, ref, SOCK_DGRAM, WSAOVERLAPPED } from 'ws2spi';
import {
  defineLayer,
  identity,
  type Codec,
  type CodecConnection,
  type ConnectionName,
  type FilterRequest,
  type LayerDefinition,
} from 'ws2spi/chain';
import { createConnection } from 'ws2spi/node';
import { overridingLayer } from '../../support/layers.js';
import { describeOnEveryProvider, loopback, type World } from '../../support/providers.js';

/** A layer whose codecs put down what they are told. */
function noting(connections: CodecConnection[], hooks: Partial<LayerDefinition> = {}, name = 'noting') {
  return defineLayer({
    name,
    codec(connection): Codec {
      connections.push(connection);
      return identity();
    },
    ...hooks,
  });
}

const named = (name: Uint8Array): ConnectionName => {
  const { family, address, port } = parseSockaddr(name);
  return { family, address, port };
};

function peerOf(world: World, s: number): ConnectionName {
  const name = new Uint8Array(28);
  expect(world.code(world.ws2.getpeername(s, name, ref(28)))).toBe(0);
  return named(name);
}

describeOnEveryProvider('a codec is told', (on) => {
  on.onEveryFamily(
    'on which side it is, where the application asked to go, and the names of both ends',
    (world, family) => {
      const told: CodecConnection[] = [];
      world.stack([noting(told)]);
      const { s: listener, name } = world.listener(family);
      const client = world.tcpSocket(family);
      expect(world.connect(client, name)).toBe(0);
      const server = world.accept(listener);
      world.settle();
      const ofClient = told.find(({ role }) => role === 'client')!;
      const ofServer = told.find(({ role }) => role === 'server')!;
      expect(told).toHaveLength(2);
      expect(ofClient.destination).toEqual({ name: null, ...named(name) });
      expect(ofServer.destination).toBeNull();
      expect(ofClient.localName()).toEqual(named(world.nameOf(client)));
      expect(ofClient.peerName()).toEqual(named(name));
      expect(ofServer.localName()).toEqual(named(world.nameOf(server)));
      expect(ofServer.peerName()).toEqual(named(world.nameOf(client)));
      expect([ofClient.socket, ofServer.socket]).toEqual([client, server]);
    },
  );

  on.it('which entry it is of, the time and the chance of the instance', (world) => {
    const told: CodecConnection[] = [];
    world.stack([noting(told)]);
    const { name } = world.listener();
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    const [connection] = told;
    expect(connection!.entry).toMatchObject({ iAddressFamily: AF_INET, szProtocol: expect.stringMatching(/^noting/) });
    const before = world.now();
    expect(connection!.now()).toBeGreaterThanOrEqual(before);
    expect(connection!.now()).toBeLessThanOrEqual(world.now());
    const { random } = world.ws2[INSTANCE].providerHost;
    const next = random.next.bind(random);
    random.next = () => 0.125;
    expect(connection!.random()).toBe(0.125);
    random.next = next;
  });

  on.it('the names when it is made, and none of them once the connection is closed', (world) => {
    const names: unknown[] = [];
    let connection: CodecConnection | null = null;
    const { s: listener, name } = world.listener();
    world.stack([
      noting([], {
        codec(given) {
          connection = given;
          names.push(given.peerName(), given.destination, given.socket);
          return identity();
        },
      }),
    ]);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    expect(names).toEqual([named(name), { name: null, ...named(name) }, client]);
    world.ws2.closesocket(listener);
    world.ws2.closesocket(client);
    world.settle();
    expect(connection!.localName()).toBeNull();
    expect(connection!.peerName()).toBeNull();
    expect(connection!.destination).toEqual({ name: null, ...named(name) });
  });

  on.it('the name and the address by WSAConnectByName, and no name when the application gave an address', (world) => {
    const told: CodecConnection[] = [];
    const { s: listener, name } = world.listener(AF_INET);
    const port = world.portOf(listener);
    world.stack([noting(told)]);
    for (const host of ['localhost', '127.0.0.1']) {
      const s = world.tcpSocket();
      const by = world.ws2.WSAConnectByName(s, host, String(port), null, null, null, null, null, null);
      expect(world.code(by)).toBe(0);
      world.accept(listener);
    }
    expect(told.map(({ destination }) => destination)).toEqual([
      { name: 'localhost', ...named(name) },
      { name: null, ...named(name) },
    ]);
  });

  on.it('the `host` of a ChainSocket, and no name when that is an address', async (world) => {
    const told: CodecConnection[] = [];
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    const [chain] = world.stack([noting(told)]);
    for (const host of ['localhost', '127.0.0.1']) {
      const socket = createConnection({ ws2: world.ws2, chain: chain!, host, port, family: 4 });
      await once(socket, 'connect');
      world.accept(listener);
      socket.destroy();
      await once(socket, 'close');
    }
    expect(told.map(({ destination }) => destination)).toEqual([
      { name: 'localhost', ...named(name) },
      { name: null, ...named(name) },
    ]);
  });

  on.it('where ConnectEx goes', (world) => {
    const told: CodecConnection[] = [];
    const { s: listener, name } = world.listener();
    world.stack([noting(told)]);
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    const operation = new WSAOVERLAPPED();
    const code = world.code(world.ws2.ConnectEx(s, name, name.length, null, 0, null, operation));
    expect(code).toBe(ERROR_IO_PENDING);
    world.until(() => operation.Internal === 0);
    world.accept(listener);
    expect(told[0]!.destination).toEqual({ name: null, ...named(name) });
  });
});

describeOnEveryProvider('the filters of a layer with a codec', (on) => {
  on.it('are told the connection that its codec is, and share its state', (world) => {
    const told: CodecConnection[] = [];
    const asked: (CodecConnection | null)[] = [];
    const note = (what: string) => (request: { connection: CodecConnection | null }) => {
      asked.push(request.connection);
      request.connection!.state['asked'] = what;
    };
    world.stack([noting(told, { connect: note('connect'), accept: note('accept') })]);
    const { client, server } = world.connectedPair();
    const [first, second] = asked;
    expect(told.find(({ role }) => role === 'client')).toBe(first);
    expect(told.find(({ role }) => role === 'server')).toBe(second);
    expect([first!.state, second!.state]).toEqual([{ asked: 'connect' }, { asked: 'accept' }]);
    expect([first!.socket, second!.socket]).toEqual([client, server]);
  });

  on.it('know in connect where the application wants to go, and in accept who calls', (world) => {
    const seen: unknown[] = [];
    world.stack([
      noting([], {
        connect: ({ connection }) => void seen.push([connection!.role, connection!.destination]),
        accept: ({ connection }) => void seen.push([connection!.role, connection!.destination, connection!.peerName()]),
      }),
    ]);
    const { client, name } = world.connectedPair();
    expect(seen).toEqual([
      ['client', { name: null, ...named(name) }],
      ['server', null, named(world.nameOf(client))],
    ]);
  });

  on.it('have none when the layer has no codec', (world) => {
    const asked: unknown[] = [];
    world.stack([defineLayer({ name: 'bare', connect: ({ connection }) => void asked.push(connection) })]);
    world.connectedPair();
    expect(asked).toEqual([null]);
  });
});

const BETWEEN = [
  ['upon each other', []],
  ['with a pass-through layer between them', [overridingLayer()]],
] as const;

for (const [kind, between] of BETWEEN) {
  describeOnEveryProvider(`two layers ${kind}`, (on) => {
    on.it('have a state each, and the names of one connection', (world) => {
      const outer: CodecConnection[] = [];
      const inner: CodecConnection[] = [];
      const { name } = world.listener();
      world.stack([noting(outer, {}, 'outer'), ...between, noting(inner, {}, 'inner')]);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      expect(outer[0]!.state).not.toBe(inner[0]!.state);
      for (const { localName, peerName } of [outer[0]!, inner[0]!].map((each) => ({
        localName: each.localName(),
        peerName: each.peerName(),
      }))) {
        expect(localName).toEqual(named(world.nameOf(client)));
        expect(peerName).toEqual(named(name));
      }
    });

    on.it('and their filters are told one entry: that which the socket was opened by', (world) => {
      const told: CodecConnection[] = [];
      const filter = ({ connection }: FilterRequest): void => void told.push(connection!);
      const hooks = { connect: filter, accept: filter };
      const [entry] = world.stack([noting(told, hooks, 'outer'), ...between, noting(told, hooks, 'inner')]);
      world.connectedPair();
      // A codec and a filter, of two layers, on either side.
      expect(told).toHaveLength(8);
      for (const connection of told) expect(connection.entry).toEqual(entry);
    });

    on.it('of datagrams and their filters are told one entry: that which the socket was opened by', (world) => {
      const told: CodecConnection[] = [];
      const hooks: Partial<LayerDefinition> = {
        connect: ({ connection }) => void told.push(connection!),
        datagrams(connection) {
          told.push(connection);
          return {
            receive: (bytes, _from, output) => output.decoded(bytes),
            send: (bytes, _to, output) => output.encoded(bytes),
          };
        },
      };
      const { name } = world.boundUdp();
      const entry = world
        .stack([noting([], hooks, 'outer'), ...between, noting([], hooks, 'inner')], true)
        .find((each) => each.iAddressFamily === AF_INET && each.iSocketType === SOCK_DGRAM)!;
      expect(world.connect(world.udpSocket(), name)).toBe(0);
      expect(told).toHaveLength(4);
      for (const connection of told) expect(connection.entry).toEqual(entry);
    });

    on.it(
      'are told the host’s name, both of them, also when a filter of the outer one answers later',
      async (world) => {
        const outer: CodecConnection[] = [];
        const inner: CodecConnection[] = [];
        const { s: listener, name } = world.listener();
        const { port } = parseSockaddr(name);
        let late = false;
        const [chain] = world.stack([
          noting(outer, {
            connect(request) {
              if (!late) return;
              request.wait();
              setImmediate(() => request.resume());
            },
          }),
          ...between,
          noting(inner),
        ]);
        for (late of [false, true]) {
          const socket = createConnection({ ws2: world.ws2, chain: chain!, host: 'localhost', port, family: 4 });
          await once(socket, 'connect');
          world.accept(listener);
          socket.destroy();
          await once(socket, 'close');
          const destination = { name: 'localhost', ...named(name) };
          expect(outer.pop()!.destination).toEqual(destination);
          expect(inner.pop()!.destination).toEqual(destination);
        }
      },
    );

    on.it('are told no name below a filter that led to another host', async (world) => {
      const inner: CodecConnection[] = [];
      const { s: listener, name } = world.listener();
      const { port } = parseSockaddr(name);
      const connect = (request: { address: string }) => void (request.address = '127.0.0.1');
      const [chain] = world.stack([noting([], { connect }), ...between, noting(inner)]);
      const [bare] = world.stack([defineLayer({ name: 'bare', connect }), ...between, noting(inner)]);
      for (const each of [chain, bare]) {
        const lookup: LookupFunction = (_host, _options, done) => done(null, [{ address: '127.0.0.9', family: 4 }]);
        const socket = createConnection({
          ws2: world.ws2,
          chain: each!,
          host: 'service',
          port,
          lookup,
        });
        await once(socket, 'connect');
        world.accept(listener);
        socket.destroy();
        await once(socket, 'close');
        expect(inner.pop()!.destination).toEqual({ name: null, ...named(name) });
      }
    });

    on.it('and a filter that leads elsewhere: getpeername tells where the application wanted to go', (world) => {
      const outer: CodecConnection[] = [];
      const inner: CodecConnection[] = [];
      const { s: listener, name } = world.listener();
      const { port } = parseSockaddr(name);
      world.stack([
        noting(outer, { connect: (request) => void (request.port = 7) }),
        ...between,
        noting(inner, { connect: (request) => void (request.port = port) }),
      ]);
      const client = world.tcpSocket();
      expect(world.connect(client, loopback(9))).toBe(0);
      world.accept(listener);
      expect(peerOf(world, client)).toEqual({ family: AF_INET, address: '127.0.0.1', port: 9 });
      expect(outer[0]!.destination).toEqual({ name: null, family: AF_INET, address: '127.0.0.1', port: 9 });
      expect(inner[0]!.destination).toEqual({ name: null, family: AF_INET, address: '127.0.0.1', port: 7 });
    });
  });
}

describeOnEveryProvider('getpeername', (on) => {
  on.onEveryFamily(
    'tells the peer itself when no filter led elsewhere, and of accepted connections',
    (world, family) => {
      world.stack([noting([], { connect: () => undefined })]);
      const { client, server, name } = world.connectedPair(family);
      expect(peerOf(world, client)).toEqual(named(name));
      expect(peerOf(world, server)).toEqual(named(world.nameOf(client)));
    },
  );

  on.it('tells the second destination when a connect is tried again', (world) => {
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    world.stack([
      noting([], {
        connect(request) {
          if (request.port === 9) request.port = 0;
          request.address = '127.0.0.1';
          if (request.port === 0) return request.refuse();
          request.port = port;
        },
      }),
    ]);
    const client = world.tcpSocket();
    expect(world.connect(client, loopback(9))).not.toBe(0);
    expect(world.connect(client, loopback(11))).toBe(0);
    world.accept(listener);
    expect(peerOf(world, client).port).toBe(11);
  });
});

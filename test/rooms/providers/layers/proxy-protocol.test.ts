// The layer `proxy-protocol`: headers of the PROXY protocol, written and read.
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  FD_ACCEPT,
  parseSockaddr,
  ref,
  SOCK_STREAM,
  sockaddr_in,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { defineLayer, identity, stack, type CodecConnection } from 'ws2spi/chain';
import { createServer } from 'ws2spi/node';
import { proxyHeaderOf, proxyProtocol, type ProxyProtocolOptions } from 'ws2spi/providers/layers/proxy-protocol';
import { describeOnEveryProvider, type World } from '../../../support/providers.js';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function v2(command: number, protocol: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([SIGNATURE, Uint8Array.of(command, protocol, body.length >> 8, body.length & 255), body]);
}

const tlv = (type: number, value: Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(type, value.length >> 8, value.length & 255), value]);

const ends4 = Uint8Array.of(203, 0, 113, 7, 192, 0, 2, 1, 0x30, 0x39, 0x01, 0xbb);
const origin = { address: '203.0.113.7', port: 12345 };
const destination = { address: '192.0.2.1', port: 443 };

/** The names of both ends, as an accepted socket has them. */
function namesOf(world: World, s: number) {
  const name = new Uint8Array(28);
  const length = ref(28);
  expect(world.code(world.ws2.getpeername(s, name, length))).toBe(0);
  const { address, port } = parseSockaddr(name, length.value);
  const own = parseSockaddr(world.nameOf(s));
  return { peer: { address, port }, local: { address: own.address, port: own.port } };
}

/** A listener under the layer, and sockets without it. */
function listening(world: World, options: ProxyProtocolOptions = { from: 'loopback' }, family = AF_INET) {
  const plain = world.entryOf(family, SOCK_STREAM);
  const base = plain ?? null;
  const [v4, v6] = stack(world.ws2, [proxyProtocol(options)]);
  const entry = (family === AF_INET ? v4 : v6)!;
  const s = world.track(world.ws2.WSASocket(-1, -1, -1, entry, 0, 1));
  const any = world.freeName(family);
  expect(world.code(world.ws2.bind(s, any, any.length))).toBe(0);
  expect(world.code(world.ws2.listen(s, 8))).toBe(0);
  return { listener: s, name: world.nameOf(s), entry, base };
}

/** Connects without the layer, and sends. */
function sends(world: World, name: Uint8Array, bytes: Uint8Array, family = AF_INET): number {
  const s = world.streamSocket(family);
  expect(world.connect(s, name)).toBe(0);
  if (bytes.length > 0) world.send(s, bytes);
  return s;
}

describeOnEveryProvider('a listener under `proxy-protocol`', (on) => {
  on.it('accepts connections of proxies, and names their origin and where that went', (world) => {
    const { listener, name } = listening(world);
    for (const header of [
      Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 12345 443\r\n'),
      v2(0x21, 0x11, ends4),
      v2(0x21, 0x11, ends4, tlv(4, new Uint8Array(9)), tlv(2, Buffer.from('example.com'))),
    ]) {
      const client = sends(world, name, Buffer.concat([header, Buffer.from('hello')]));
      const from = new Uint8Array(16);
      const length = ref(16);
      const server = world.track(world.ws2.accept(listener, from, length));
      expect(parseSockaddr(from)).toMatchObject(origin);
      expect(length.value).toBe(16);
      expect(namesOf(world, server)).toEqual({ peer: origin, local: destination });
      expect(world.receiveAll(server, 5)).toBe('hello');
      world.send(server, 'back');
      expect(world.receiveAll(client, 4)).toBe('back');
    }
  });

  on.it('keeps the values of version 2, and tells them', (world) => {
    const { listener, name } = listening(world);
    const client = sends(
      world,
      name,
      v2(0x21, 0x11, ends4, tlv(2, Buffer.from('example.com')), tlv(0xee, Buffer.alloc(300, 7))),
    );
    const server = world.accept(listener);
    expect(proxyHeaderOf(world.ws2, server)).toEqual({
      version: 2,
      command: 'proxy',
      family: 'IPv4',
      source: origin,
      destination,
      values: [
        { type: 2, value: new Uint8Array(Buffer.from('example.com')) },
        { type: 0xee, value: new Uint8Array(300).fill(7) },
      ],
    });
    expect(proxyHeaderOf(world.ws2, client)).toBeNull();
  });

  on.it('leaves the names as they are where the header names nobody', (world) => {
    const { listener, name } = listening(world);
    const real = parseSockaddr(name);
    for (const header of [
      Buffer.from('PROXY UNKNOWN\r\n'),
      Buffer.from('PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n'),
      v2(0x20, 0x00),
      v2(0x20, 0x11, ends4),
      v2(0x21, 0x00, Buffer.from('anything'.repeat(0))),
      v2(0x21, 0x31, Buffer.alloc(216, 65)),
      Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n'), // no place on a socket of IPv4
    ]) {
      const client = sends(world, name, header);
      const server = world.accept(listener);
      expect(namesOf(world, server)).toEqual({
        peer: { address: '127.0.0.1', port: world.portOf(client) },
        local: { address: real.address, port: real.port },
      });
    }
  });

  on.it('over IPv6 names origins of both families', (world) => {
    const { listener, name } = listening(world, { from: '::1' }, AF_INET6);
    sends(world, name, Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n'), AF_INET6);
    expect(namesOf(world, world.accept(listener)).peer).toEqual({ address: '2001:db8::1', port: 1 });
    sends(world, name, v2(0x21, 0x11, ends4), AF_INET6);
    expect(namesOf(world, world.accept(listener)).peer).toEqual({ address: '::ffff:203.0.113.7', port: 12345 });
  });

  on.it('has AcceptEx and a window of non-blocking accepts name the origin', (world) => {
    const { listener, name, entry } = listening(world);
    const acceptor = world.track(world.ws2.WSASocket(-1, -1, -1, entry, 0, 1));
    const operation = new WSAOVERLAPPED();
    operation.hEvent = world.event();
    const room = new Uint8Array(5 + 64);
    world.ws2.AcceptEx(listener, acceptor, room, 5, 32, 32, ref(0), operation);
    sends(world, name, Buffer.concat([v2(0x21, 0x11, ends4), Buffer.from('hello')]));
    expect(world.signalled(operation.hEvent, 60_000)).toBe(true);
    const [local, localLength, remote, remoteLength] = [
      ref<Uint8Array | null>(null),
      ref(0),
      ref<Uint8Array | null>(null),
      ref(0),
    ];
    world.ws2.GetAcceptExSockaddrs(room, 5, 32, 32, local, localLength, remote, remoteLength);
    expect(parseSockaddr(remote.value!)).toMatchObject(origin);
    expect(parseSockaddr(local.value!)).toMatchObject(destination);
    world.ws2.WSACloseEvent(operation.hEvent);

    const event = world.event();
    expect(world.eventSelect(listener, event, FD_ACCEPT)).toBe(0);
    const late = sends(world, name, v2(0x21, 0x11, ends4).subarray(0, 20));
    world.settle();
    expect(world.networkEvents(listener, event)).toEqual({});
    world.nonBlocking(late, 0);
    world.send(late, v2(0x21, 0x11, ends4).subarray(20));
    expect(world.signalled(event, 60_000)).toBe(true);
    const from = new Uint8Array(16);
    const server = world.track(world.ws2.accept(listener, from, ref(16)));
    expect(server).toBeGreaterThan(0);
    expect(parseSockaddr(from)).toMatchObject(origin);
    world.ws2.WSACloseEvent(event);
  });

  on.it('has a ChainServer name the origin', async (world) => {
    const chain = stack(world.ws2, [proxyProtocol({ from: '127.0.0.0/8' })]);
    const server = createServer({ ws2: world.ws2, chain } as never, (socket) => socket.end(`${socket.remoteAddress}`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = sends(world, sockaddr_in('127.0.0.1', port), v2(0x21, 0x11, ends4));
    const [socket] = await once(server, 'connection');
    expect(socket.remoteAddress).toBe('203.0.113.7');
    await new Promise(setImmediate);
    expect(world.receiveAll(client, 11)).toBe('203.0.113.7');
    world.ws2.closesocket(client);
    socket.destroy();
    server.close();
    await once(server, 'close');
  });

  on.it('tells layers above the origin, and their filters of accept', (world) => {
    const told: CodecConnection[] = [];
    const asked: string[] = [];
    const above = defineLayer({
      name: 'above',
      accept: ({ address }) => void asked.push(address),
      codec: (connection) => {
        told.push(connection);
        return identity();
      },
    });
    const [entry] = stack(world.ws2, [above, proxyProtocol({ from: 'loopback' })]);
    const s = world.track(world.ws2.WSASocket(-1, -1, -1, entry as WSAPROTOCOL_INFO, 0, 1));
    const any = world.freeName();
    world.ws2.bind(s, any, any.length);
    world.ws2.listen(s, 8);
    sends(world, world.nameOf(s), v2(0x21, 0x11, ends4));
    world.accept(s);
    expect(asked).toEqual(['203.0.113.7']);
    expect(told[0]!.peerName()).toMatchObject(origin);
    expect(told[0]!.localName()).toMatchObject(destination);
  });

  on.it('refuses everybody who is not among its proxies, which nobody is by default', (world) => {
    for (const options of [{}, { from: ['10.0.0.0/8', 'fd00::/8'] }]) {
      const { listener, name } = listening(world, options);
      const client = sends(world, name, v2(0x21, 0x11, ends4));
      world.nonBlocking(listener);
      world.settle();
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
      expect(world.receive(client)).toBeLessThan(0);
      sends(world, name, v2(0x21, 0x11, ends4));
      world.settle();
      world.ws2.accept(listener, null, null);
      expect(world.takeDefects()).toEqual([
        'proxy-protocol: 127.0.0.1 is not among the proxies of `from`: its connections are refused',
      ]);
    }
  });

  const wrong: [string, Buffer | string, RegExp][] = [
    ['no header', 'GET / HTTP/1.1\r\n', /no header of the PROXY protocol/],
    ['no header that begins alike', 'PROXIMITY\r\n', /no header of the PROXY protocol/],
    ['a line without end', `PROXY TCP4 ${'1'.repeat(200)}`, /too long/],
    ['a bare line feed', 'PROXY UNKNOWN\n', /a line of version 1 that is none/],
    ['two blanks', 'PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n', /is none/],
    ['an address with zeros in front', 'PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n', /not one of IPv4/],
    ['an address of the other family', 'PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n', /not one of IPv6/],
    ['a port above 65535', 'PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n', /above 65535/],
    ['a port with zeros in front', 'PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n', /is none/],
    ['UDP', 'PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n', /is none/],
    ['version 3', v2(0x31, 0x11, ends4), /version 3, which there is not/],
    ['a command that there is not', v2(0x22, 0x11, ends4), /command 2/],
    ['a family that there is not', v2(0x21, 0x41, ends4), /protocol of version 2 that there is not/],
    ['addresses that are cut off', v2(0x21, 0x11, ends4.subarray(0, 11)), /addresses of version 2 that are cut off/],
    [
      'a value that is cut off',
      v2(0x21, 0x11, ends4, Uint8Array.of(2, 0, 9, 1)),
      /a value of version 2 that is cut off/,
    ],
    ['a checksum that is wrong', v2(0x21, 0x11, ends4, tlv(3, Uint8Array.of(1, 2, 3, 4))), /a checksum that is wrong/],
    ['a checksum of three bytes', v2(0x21, 0x11, ends4, tlv(3, Uint8Array.of(1, 2, 3))), /a checksum that is wrong/],
  ];
  on.it('breaks connections whose header is none, and says what is wrong', (world) => {
    const { listener, name } = listening(world);
    world.nonBlocking(listener);
    for (const [what, header, text] of wrong) {
      const client = sends(world, name, Buffer.from(header as Buffer));
      const told = () => world.defects.length > 0;
      world.until(told);
      expect(world.takeDefects(), what).toEqual([expect.stringMatching(text)]);
      expect(world.code(world.ws2.accept(listener, null, null)), what).toBe(WSAEWOULDBLOCK);
      expect(world.receive(client), what).toBeLessThan(0);
    }
  });

  on.it('breaks a connection that ends within its header, and says nothing of one that says nothing', (world) => {
    const { listener, name } = listening(world);
    world.nonBlocking(listener);
    const silent = sends(world, name, Buffer.alloc(0));
    world.ws2.closesocket(silent);
    world.settle();
    const cut = sends(world, name, Buffer.from('PROXY TCP4 '));
    world.ws2.shutdown(cut, 1);
    world.until(() => world.defects.length > 0);
    expect(world.takeDefects()).toEqual(['proxy-protocol: 127.0.0.1 hung up within its header']);
  });

  on.it('gives a connection up that sends no header in time', (world) => {
    const { listener, name } = listening(world, { from: 'loopback', timeout: 30 });
    world.nonBlocking(listener);
    sends(world, name, Buffer.from('PROXY'));
    world.until(() => world.defects.length > 0);
    expect(world.takeDefects()).toEqual(['proxy-protocol: 127.0.0.1 sent no header within 0.03 s']);
  });

  on.it('reads a header of 64 KiB, and every header cut at every byte', (world) => {
    const { listener, name } = listening(world);
    const long = v2(0x21, 0x11, ends4, tlv(0xe0, Buffer.alloc(65000, 1)));
    sends(world, name, long);
    expect(proxyHeaderOf(world.ws2, world.accept(listener))!.values[0]!.value.length).toBe(65000);
    for (const header of [
      Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 12345 443\r\n'),
      v2(0x21, 0x11, ends4, tlv(2, Buffer.from('example.com'))),
    ]) {
      const all = Buffer.concat([header, Buffer.from('hello')]);
      for (let cut = 1; cut < all.length; cut++) {
        const client = sends(world, name, all.subarray(0, cut));
        world.settle();
        world.send(client, all.subarray(cut));
        const server = world.accept(listener);
        expect(namesOf(world, server).peer).toEqual(origin);
        expect(world.receiveAll(server, 5)).toBe('hello');
        world.ws2.closesocket(server);
        world.ws2.closesocket(client);
      }
    }
  });
});

describeOnEveryProvider('a client under `proxy-protocol`', (on) => {
  /** What a server without the layer receives of a client with it. */
  function received(
    world: World,
    options: ProxyProtocolOptions,
    family = AF_INET,
  ): { bytes: Buffer; local: string; peer: string } {
    const { s: listener, name } = world.listener(family);
    const chains = stack(world.ws2, [proxyProtocol(options)]);
    const entry = chains.find(({ iAddressFamily }) => iAddressFamily === family)!;
    const client = world.track(world.ws2.WSASocket(-1, -1, -1, entry as WSAPROTOCOL_INFO, 0, 1));
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    world.send(client, '!');
    world.ws2.shutdown(client, 1);
    let bytes = Buffer.alloc(0);
    for (let piece = world.receive(server); piece !== ''; piece = world.receive(server)) {
      bytes = Buffer.concat([bytes, Buffer.from(piece as string, 'latin1')]);
    }
    return { bytes, local: `${world.portOf(client)}`, peer: `${parseSockaddr(name).port}` };
  }

  on.it('begins with a line of version 1 that names its own ends', (world) => {
    const { bytes, local, peer } = received(world, { version: 1 });
    expect(bytes.toString()).toBe(`PROXY TCP4 127.0.0.1 127.0.0.1 ${local} ${peer}\r\n!`);
    const six = received(world, { version: 1 }, AF_INET6);
    expect(six.bytes.toString()).toBe(`PROXY TCP6 ::1 ::1 ${six.local} ${six.peer}\r\n!`);
  });

  on.it('begins with a header of version 2, with a checksum unless it is told otherwise', (world) => {
    const { bytes } = received(world, { checksum: false });
    expect(bytes.subarray(0, 16)).toEqual(Buffer.concat([SIGNATURE, Uint8Array.of(0x21, 0x11, 0, 12)]));
    expect(bytes.length).toBe(16 + 12 + 1);
    expect(received(world, {}).bytes.length).toBe(16 + 12 + 7 + 1);
  });

  on.it('names whom the program says, or nobody', (world) => {
    const { bytes } = received(world, { version: 1, origin: () => ({ source: origin, destination }) });
    expect(bytes.toString()).toBe('PROXY TCP4 203.0.113.7 192.0.2.1 12345 443\r\n!');
    expect(received(world, { version: 1, origin: () => null }).bytes.toString()).toBe('PROXY UNKNOWN\r\n!');
    const local = received(world, { checksum: false, origin: () => null }).bytes;
    expect(local).toEqual(Buffer.concat([SIGNATURE, Uint8Array.of(0x20, 0, 0, 0), Buffer.from('!')]));
    const mixed = received(world, {
      checksum: false,
      origin: () => ({ source: origin, destination: { address: '2001:db8::2', port: 1 } }),
    }).bytes;
    expect(mixed.subarray(12, 16)).toEqual(Buffer.from([0x21, 0, 0, 0]));
  });

  on.it('is read by a server under it, whatever the version, and the name that was asked for is told', (world) => {
    for (const version of [1, 2] as const) {
      const { listener, name, entry } = listening(world, { from: 'loopback', version });
      const client = world.track(world.ws2.WSASocket(-1, -1, -1, entry as WSAPROTOCOL_INFO, 0, 1));
      const { port } = parseSockaddr(name);
      expect(world.ws2.WSAConnectByName(client, 'localhost', `${port}`, null, null, null, null, null, null)).toBe(true);
      const server = world.accept(listener);
      expect(namesOf(world, server).peer.port).toBe(world.portOf(client));
      const header = proxyHeaderOf(world.ws2, server)!;
      expect(header.version).toBe(version);
      const authority = header.values.find(({ type }) => type === 2)?.value;
      if (version === 2) expect(Buffer.from(authority!).toString()).toBe('localhost');
    }
  });
});

describe('the options of `proxy-protocol`', () => {
  test('are looked at at once', () => {
    const refused = (options: unknown): string => {
      try {
        proxyProtocol(options as ProxyProtocolOptions);
        return 'nothing';
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const from of ['nowhere', '10.0.0.0/33', '::/129', '1.2.3', ['127.0.0.1', 7], 'fe80::1%eth0', '']) {
      expect(refused({ from }), String(from)).toMatch(/^proxyProtocol: `from` must be addresses or networks/);
    }
    expect(refused({ version: 3 })).toMatch(/`version` must be 1 or 2/);
    expect(refused({ form: [] })).toMatch(/did you mean "from"/);
    expect(refused({ origin: 7 })).toMatch(/`origin` must be a function/);
    expect(proxyProtocol().name).toBe('proxy-protocol');
  });
});

test.each([
  [undefined, 5, /^proxyHeaderOf: the first argument is the instance, as createWs2_32 returns it, not undefined/],
  [5, 5, /the first argument is the instance.*not 5/],
  [{ WSAIoctl: () => 0 }, {}, /the second argument is the handle of a socket, a number, not another object/],
])('proxyHeaderOf(%j, %j) says which of the two is something else', (ws2, s, told) => {
  expect(() => proxyHeaderOf(ws2 as never, s as never)).toThrow(told);
});

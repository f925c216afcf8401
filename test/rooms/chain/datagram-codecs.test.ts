// Codecs of datagrams: whole ones, with their addresses, under every I/O model.
import { expect } from 'vitest';
import {
  AF_INET,
  FD_READ,
  FD_WRITE,
  FIONREAD,
  IPPROTO_UDP,
  MSG_PEEK,
  parseSockaddr,
  ref,
  SO_BROADCAST,
  SO_RCVTIMEO,
  sockaddr_in,
  SOCK_DGRAM,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAEACCES,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAESOCKTNOSUPPORT,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  WSASYSCALLFAILURE,
  type WSAMSG,
} from 'ws2spi';
import {
  defineLayer,
  identity,
  type CodecConnection,
  type DatagramCodec,
  type DatagramCodecFactory,
  type DatagramOutput,
  type LayerDefinition,
} from 'ws2spi/chain';
import { describeOnEveryProvider, FAMILIES, type World } from '../../support/providers.js';

const PLAIN: DatagramCodec = {
  receive: (bytes, _from, output) => output.decoded(bytes),
  send: (bytes, _to, output) => output.encoded(bytes),
};

/** Adds the sum of the bytes, and drops what does not carry it. */
const summing: DatagramCodecFactory = () => ({
  send: (bytes, _to, output) => output.encoded(Buffer.concat([bytes, Uint8Array.of(sum(bytes))])),
  receive(bytes, _from, output) {
    const body = bytes.subarray(0, -1);
    if (sum(body) === bytes[bytes.length - 1]) output.decoded(body);
  },
});

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}

/** A socket without layers, bound, and one on a layer with such a codec. */
function worldWith(world: World, datagrams: unknown, more: Partial<LayerDefinition> = {}, family: number = AF_INET) {
  const peer = world.boundUdp(family);
  const [entry] = world
    .stack([defineLayer({ name: 'datagrams', datagrams: datagrams as DatagramCodecFactory, ...more })], true)
    .filter((each) => each.iSocketType === SOCK_DGRAM && each.iAddressFamily === family);
  return { peer, entry: entry! };
}

function sendTo(world: World, s: number, text: string | Uint8Array, name: Uint8Array): number {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  return world.count(world.ws2.sendto(s, bytes, bytes.length, 0, name, name.length));
}

/** Receives once: the text and the port of its source, or the error as a negative number. */
function receiveFrom(world: World, s: number, flags = 0): readonly [text: string, port: number] | number {
  const [bytes, from] = [Buffer.alloc(2000), new Uint8Array(28)];
  const count = world.count(world.ws2.recvfrom(s, bytes, bytes.length, flags, from, ref(from.length)));
  return count < 0 ? count : [bytes.toString('latin1', 0, count), parseSockaddr(from).port];
}

/** As `receiveFrom`, when it does not matter where it came from. */
function textFrom(world: World, s: number, flags = 0): string | number {
  const received = receiveFrom(world, s, flags);
  return typeof received === 'number' ? received : received[0];
}

function onlyDefect(world: World): string {
  const defects = world.takeDefects();
  expect(defects).toHaveLength(1);
  expect(defects[0]).toMatch(/^datagrams over \[.*\]: /);
  return defects[0]!;
}

describeOnEveryProvider('a codec of datagrams', (on) => {
  for (const [familyName, family] of FAMILIES) {
    on.it(`transforms what is sent and received, and drops what is damaged (${familyName})`, (world) => {
      const { peer } = worldWith(world, summing, {}, family);
      const { s, name } = world.boundUdp(family);
      expect(sendTo(world, s, 'AB', peer.name)).toBe(2);
      expect(receiveFrom(world, peer.s)).toEqual(['AB\x83', world.portOf(s)]);
      sendTo(world, peer.s, 'damaged?', name);
      sendTo(world, peer.s, 'CD\x87', name);
      expect(receiveFrom(world, s)).toEqual(['CD', world.portOf(peer.s)]);
    });
  }

  on.it('is given each datagram whole, an empty one too', (world) => {
    const seen: number[] = [];
    const { peer } = worldWith(world, () => ({
      ...PLAIN,
      receive: (bytes: Uint8Array, _: unknown, output: DatagramOutput) => (
        seen.push(bytes.length),
        output.decoded(bytes)
      ),
    }));
    const { s, name } = world.boundUdp();
    for (const length of [0, 1, 1400, 0]) sendTo(world, peer.s, Buffer.alloc(length, 0x61), name);
    for (const length of [0, 1, 1400, 0]) {
      expect(receiveFrom(world, s)).toEqual(['a'.repeat(length), world.portOf(peer.s)]);
    }
    expect(seen).toEqual([0, 1, 1400, 0]);
    sendTo(world, s, '', peer.name);
    expect(receiveFrom(world, peer.s)).toEqual(['', world.portOf(s)]);
  });

  on.it('is given addresses, and may give others', (world) => {
    const other = world.boundUdp();
    const seen: unknown[] = [];
    const { peer } = worldWith(world, () => ({
      send(bytes: Uint8Array, to: object, output: DatagramOutput) {
        seen.push({ ...to });
        output.encoded(bytes, { address: '127.0.0.1', port: world.portOf(other.s) });
      },
      receive(bytes: Uint8Array, from: object, output: DatagramOutput) {
        seen.push({ ...from });
        output.decoded(bytes, { address: '192.0.2.7', port: 7 });
      },
    }));
    const { s, name } = world.boundUdp();
    sendTo(world, s, 'redirected', peer.name);
    expect(receiveFrom(world, other.s)).toEqual(['redirected', world.portOf(s)]);
    sendTo(world, peer.s, 'from elsewhere', name);
    expect(receiveFrom(world, s)).toEqual(['from elsewhere', 7]);
    const port = world.portOf(peer.s);
    expect(seen).toEqual([
      { address: '127.0.0.1', port, family: AF_INET },
      { address: '127.0.0.1', port, family: AF_INET },
    ]);
  });

  on.it('may make several of one, in either direction, and answer by itself', (world) => {
    const { peer } = worldWith(world, () => ({
      send(bytes: Uint8Array, _to: unknown, output: DatagramOutput) {
        for (const byte of bytes) output.encoded(Uint8Array.of(byte));
      },
      receive(bytes: Uint8Array, _from: unknown, output: DatagramOutput) {
        for (const byte of bytes) output.decoded(Uint8Array.of(byte));
        output.encoded(Buffer.from('ack'));
      },
    }));
    const { s, name } = world.boundUdp();
    sendTo(world, s, 'xy', peer.name);
    expect([textFrom(world, peer.s), textFrom(world, peer.s)]).toEqual(['x', 'y']);
    sendTo(world, peer.s, 'zw', name);
    // It answers though nobody has received yet.
    expect(receiveFrom(world, peer.s)).toEqual(['ack', world.portOf(s)]);
    expect([textFrom(world, s), textFrom(world, s)]).toEqual(['z', 'w']);
  });

  on.it('keeps the memory of what it hands on', (world) => {
    const reused = Buffer.alloc(1);
    const { peer } = worldWith(world, () => ({
      ...PLAIN,
      receive(bytes: Uint8Array, _from: unknown, output: DatagramOutput) {
        for (const byte of bytes) {
          reused[0] = byte;
          output.decoded(reused);
        }
      },
    }));
    const { s, name } = world.boundUdp();
    sendTo(world, peer.s, 'xyz', name);
    expect([1, 2, 3].map(() => textFrom(world, s))).toEqual(['x', 'y', 'z']);
  });

  on.it('may hold datagrams back, and send and deliver them by a timer', (world) => {
    const { peer } = worldWith(world, () => {
      const held: (() => void)[] = [];
      return {
        send(bytes: Uint8Array, to: never, output: DatagramOutput) {
          const copy = bytes.slice();
          held.push(() => output.encoded(copy, to));
          output.setTimer(20);
        },
        receive(bytes: Uint8Array, from: never, output: DatagramOutput) {
          const copy = bytes.slice();
          held.push(() => output.decoded(copy, from));
          output.setTimer(20);
        },
        timer: () => held.splice(0).forEach((release) => release()),
      };
    });
    const s = world.udpSocket();
    const began = world.now();
    expect(sendTo(world, s, 'later', peer.name)).toBe(5);
    // The first datagram named the socket, although it has not gone out.
    const name = sockaddr_in('127.0.0.1', world.portOf(s));
    expect(receiveFrom(world, peer.s)).toEqual(['later', world.portOf(s)]);
    sendTo(world, peer.s, 'and back', name);
    expect(receiveFrom(world, s)).toEqual(['and back', world.portOf(peer.s)]);
    expect(world.now() - began).toBeGreaterThanOrEqual(39);
  });

  on.it('answers from a callback of its own, and is ignored after the close', async (world) => {
    const outputs: DatagramOutput[] = [];
    let closed = 0;
    const { peer } = worldWith(world, () => ({
      ...PLAIN,
      send: (_bytes: Uint8Array, _to: unknown, output: DatagramOutput) => outputs.push(output),
      close: () => closed++,
    }));
    const { s } = world.boundUdp();
    sendTo(world, s, 'x', peer.name);
    const [output] = outputs;
    const to = { address: '127.0.0.1', port: world.portOf(peer.s) };
    await Promise.resolve();
    output!.encoded(Buffer.from('outside'), to);
    output!.decoded(Buffer.from('inside'), to);
    expect(receiveFrom(world, peer.s)).toEqual(['outside', world.portOf(s)]);
    expect(receiveFrom(world, s)).toEqual(['inside', world.portOf(peer.s)]);
    world.ws2.closesocket(s);
    expect(closed).toBe(1);
    output!.setTimer(1);
    output!.encoded(Buffer.from('late'), to);
    output!.decoded(Buffer.from('late'), to);
    world.settle();
    world.nonBlocking(peer.s);
    expect(receiveFrom(world, peer.s)).toBe(-WSAEWOULDBLOCK);
  });

  on.it('serves connected sockets, whose peer it is told of', (world) => {
    const connections: CodecConnection[] = [];
    const { peer } = worldWith(
      world,
      (connection: CodecConnection) => (connections.push(connection), summing(connection)),
    );
    const s = world.udpSocket();
    expect(world.code(world.ws2.send(s, Buffer.from('x'), 1, 0))).toBe(WSAENOTCONN);
    expect(world.connect(s, peer.name)).toBe(0);
    expect(world.send(s, 'AB')).toBe(2);
    const received = receiveFrom(world, peer.s);
    expect(received).toEqual(['AB\x83', world.portOf(s)]);
    sendTo(world, peer.s, 'CD\x87', world.nameOf(s));
    expect(world.receive(s)).toBe('CD');
    const [name, length] = [new Uint8Array(16), ref(16)];
    expect(world.code(world.ws2.getpeername(s, name, length))).toBe(0);
    expect(parseSockaddr(name).port).toBe(world.portOf(peer.s));
    const at = { address: '127.0.0.1', port: world.portOf(peer.s), family: AF_INET };
    expect(connections).toHaveLength(1);
    expect(connections[0]).toMatchObject({ role: 'client', socket: s, destination: { name: null, ...at } });
    expect(connections[0]!.peerName()).toEqual(at);
    expect(connections[0]!.localName()).toMatchObject({ port: world.portOf(s) });
    // Taken away again, by a name of zeros.
    expect(world.connect(s, sockaddr_in('0.0.0.0', 0))).toBe(0);
    expect(connections[0]!.destination).toBeNull();
    expect(world.send(s, 'AB')).toBe(-WSAENOTCONN);
    expect(sendTo(world, s, 'AB', peer.name)).toBe(2);
  });

  on.it('lies upon others, each of which is given what the one above made', (world) => {
    const peer = world.boundUdp();
    const marking = (mark: string) =>
      defineLayer({
        name: `mark ${mark}`,
        datagrams: () => ({
          send: (bytes, _to, output) => output.encoded(Buffer.concat([Buffer.from(mark), bytes])),
          receive: (bytes, _from, output) => output.decoded(bytes.subarray(1)),
        }),
      });
    world.stack([marking('a'), marking('b'), marking('c')], true);
    const { s, name } = world.boundUdp();
    sendTo(world, s, '!', peer.name);
    expect(textFrom(world, peer.s)).toBe('cba!');
    sendTo(world, peer.s, 'xyz?', name);
    expect(receiveFrom(world, s)).toEqual(['?', world.portOf(peer.s)]);
  });
});

describeOnEveryProvider('a socket under a codec of datagrams', (on) => {
  on.it('does not block when it is told so, peeks, and tells the length of the first datagram', (world) => {
    const { peer } = worldWith(world, summing);
    const { s, name } = world.boundUdp();
    world.nonBlocking(s);
    expect(receiveFrom(world, s)).toBe(-WSAEWOULDBLOCK);
    sendTo(world, peer.s, 'ABC', name);
    sendTo(world, peer.s, Buffer.from('ABC\xc6', 'latin1'), name);
    const length = ref(0);
    world.until(() => (world.ws2.ioctlsocket(s, FIONREAD, length), length.value === 3));
    expect(textFrom(world, s, MSG_PEEK)).toBe('ABC');
    expect(textFrom(world, s)).toBe('ABC');
    expect(receiveFrom(world, s)).toBe(-WSAEWOULDBLOCK);
  });

  on.it('cuts a datagram that is longer than the buffer', (world) => {
    const { peer } = worldWith(world, () => PLAIN);
    const { s, name } = world.boundUdp();
    sendTo(world, peer.s, 'longer', name);
    sendTo(world, peer.s, 'next', name);
    const buffer = Buffer.alloc(4);
    expect(world.code(world.ws2.recv(s, buffer, 4, 0))).toBe(WSAEMSGSIZE);
    expect(buffer.toString()).toBe('long');
    expect(world.receive(s)).toBe('next');
  });

  on.it('times out while the codec drops all that comes', (world) => {
    const { peer } = worldWith(world, () => ({ ...PLAIN, receive: () => undefined }));
    const { s, name } = world.boundUdp();
    const timeout = new Uint8Array(4);
    new DataView(timeout.buffer).setUint32(0, 30, true);
    world.ws2.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, timeout, 4);
    sendTo(world, peer.s, 'dropped', name);
    expect(receiveFrom(world, s)).toBe(-WSAETIMEDOUT);
  });

  on.it('is selected when the codec has decoded something, and not before', (world) => {
    const { peer } = worldWith(world, summing);
    const { s, name } = world.boundUdp();
    const selected = (milliseconds: number): number =>
      world.ws2.select(0, { fd_count: 1, fd_array: [s] }, null, null, { tv_sec: 0, tv_usec: milliseconds * 1000 });
    sendTo(world, peer.s, 'damaged', name);
    expect(selected(20)).toBe(0);
    sendTo(world, peer.s, Buffer.from([0x41, 0x41]), name);
    expect(selected(5000)).toBe(1);
    expect(textFrom(world, s)).toBe('A');
    expect(selected(0)).toBe(0);
  });

  on.it('tells an event object of what is decoded, once for each while something is left', (world) => {
    const { peer } = worldWith(world, summing);
    const { s, name } = world.boundUdp();
    const event = world.event();
    expect(world.eventSelect(s, event, FD_READ | FD_WRITE)).toBe(0);
    expect(world.networkEvents(s, event)).toEqual({ WRITE: 0 });
    sendTo(world, peer.s, 'damaged', name);
    sendTo(world, peer.s, Buffer.from([0x41, 0x41]), name);
    sendTo(world, peer.s, Buffer.from([0x42, 0x42]), name);
    expect(world.signalled(event, 60_000)).toBe(true);
    world.settle();
    expect(world.networkEvents(s, event)).toEqual({ READ: 0 });
    expect(textFrom(world, s)).toBe('A');
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(s, event)).toEqual({ READ: 0 });
    expect(textFrom(world, s)).toBe('B');
    world.settle();
    expect(world.networkEvents(s, event)).toEqual({});
  });

  on.it('completes overlapped receives in their order, and sends', (world) => {
    const { ws2 } = world;
    const { peer } = worldWith(world, summing);
    const { s, name } = world.boundUdp();
    const receives = [0, 1].map(() => {
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = world.event();
      const buf = Buffer.alloc(10);
      const [from, flags] = [new Uint8Array(16), ref(0)];
      const code = ws2.WSARecvFrom(s, [{ len: 10, buf }], 1, null, flags, from, ref(16), overlapped, null);
      expect(world.code(code)).toBe(WSA_IO_PENDING);
      return { overlapped, buf, from };
    });
    for (const bytes of ['bad', [0x41, 0x41], [0x42, 0x42]]) sendTo(world, peer.s, Buffer.from(bytes as never), name);
    for (const [{ overlapped, buf, from }, letter] of [
      [receives[0]!, 'A'],
      [receives[1]!, 'B'],
    ] as const) {
      expect(world.signalled(overlapped.hEvent!, 60_000)).toBe(true);
      const count = ref(0);
      expect(ws2.WSAGetOverlappedResult(s, overlapped, count, false, ref(0))).toBe(true);
      expect([buf.toString('latin1', 0, count.value), parseSockaddr(from).port]).toEqual([
        letter,
        world.portOf(peer.s),
      ]);
    }
    const sent = new WSAOVERLAPPED();
    sent.hEvent = world.event();
    const parts = ['A', 'B'].map((text) => ({ len: 1, buf: Buffer.from(text) }));
    ws2.WSASendTo(s, parts, 2, null, 0, peer.name, peer.name.length, sent, null);
    expect(world.signalled(sent.hEvent, 60_000)).toBe(true);
    expect(textFrom(world, peer.s)).toBe('AB\x83');
  });

  on.it('sends and receives messages, without control data', (world) => {
    const { ws2 } = world;
    const { peer } = worldWith(world, summing);
    const { s, name } = world.boundUdp();
    const message = (text: string): WSAMSG => ({
      name: peer.name,
      namelen: peer.name.length,
      lpBuffers: [{ len: text.length, buf: Buffer.from(text) }],
      dwBufferCount: 1,
      Control: { len: 0, buf: new Uint8Array(0) },
      dwFlags: 0,
    });
    const count = ref(0);
    expect(world.code(ws2.WSASendMsg(s, message('AB'), 0, count, null, null))).toBe(0);
    expect(textFrom(world, peer.s)).toBe('AB\x83');
    sendTo(world, peer.s, Buffer.from([0x41, 0x41]), name);
    const incoming = { ...message('0123456789'), name: new Uint8Array(16), namelen: 16 };
    expect(world.code(ws2.WSARecvMsg(s, incoming, count, null, null))).toBe(0);
    expect([count.value, parseSockaddr(incoming.name).port]).toEqual([1, world.portOf(peer.s)]);
  });

  on.it('has the options and the names of the socket below', (world) => {
    worldWith(world, () => PLAIN);
    const s = world.udpSocket();
    const on_ = Uint8Array.of(1, 0, 0, 0);
    expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_BROADCAST, on_, 4))).toBe(0);
    const [value, length] = [new Uint8Array(4), ref(4)];
    expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_BROADCAST, value, length))).toBe(0);
    expect(value[0]).toBe(1);
    expect(world.code(world.ws2.getsockname(s, new Uint8Array(16), ref(16)))).not.toBe(0);
    world.ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16);
    expect(world.portOf(s)).toBeGreaterThan(0);
  });

  on.it('is told by a receive that nobody has the port', (world) => {
    worldWith(world, () => PLAIN);
    const { s } = world.boundUdp();
    const nobody = world.boundUdp();
    world.ws2.closesocket(nobody.s);
    sendTo(world, s, 'x', nobody.name);
    expect(receiveFrom(world, s)).toBe(-WSAECONNRESET);
  });

  on.it('loses what comes when 256 KiB wait, and goes on', (world) => {
    let decoded = 0;
    const { peer } = worldWith(world, () => ({
      ...PLAIN,
      receive(bytes: Uint8Array, _from: unknown, output: DatagramOutput) {
        for (let i = 0; i < 600; i++, decoded++) output.decoded(new Uint8Array(1000).fill(bytes[0]!));
      },
    }));
    const { s, name } = world.boundUdp();
    sendTo(world, peer.s, 'a', name);
    let received = 0;
    expect(textFrom(world, s)).toBe('a'.repeat(1000));
    world.nonBlocking(s);
    while (receiveFrom(world, s) !== -WSAEWOULDBLOCK) received++;
    expect(decoded).toBe(600);
    expect(received).toBeGreaterThan(150);
    expect(received).toBeLessThan(263);
    sendTo(world, peer.s, 'b', name);
    world.until(() => typeof receiveFrom(world, s) !== 'number');
  });

  on.it('refuses what is longer than a datagram can be, also when the codec made it so', (world) => {
    const { peer } = worldWith(world, summing);
    const { s } = world.boundUdp();
    expect(sendTo(world, s, new Uint8Array(70_000), peer.name)).toBe(-WSAEMSGSIZE);
    expect(sendTo(world, s, new Uint8Array(65_507), peer.name)).toBe(-WSAEMSGSIZE);
    expect(sendTo(world, s, 'AB', peer.name)).toBe(2);
    expect(textFrom(world, peer.s)).toBe('AB\x83');
  });

  for (const closing of [false, true]) {
    const then = closing ? 'is closed, what it sent goes out first' : 'goes on when there is room again';
    on.it(`keeps what finds no room below, up to a bound, and ${then}`, (world) => {
      const peer = world.boundUdp();
      const below = narrowLayer();
      world.stack([defineLayer({ name: 'datagrams', datagrams: () => PLAIN }), below.layer], true);
      const { s } = world.boundUdp();
      world.nonBlocking(s);
      let sent = 0;
      while (sent < 1000 && sendTo(world, s, Buffer.alloc(1000, sent), peer.name) === 1000) sent++;
      expect(world.ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
      expect(sent).toBeGreaterThan(100);
      expect(sent).toBeLessThan(263);
      if (closing) world.ws2.closesocket(s);
      // No more than the peer's own buffer surely takes.
      below.open(20);
      for (let i = 0; i < 20; i++) {
        expect(receiveFrom(world, peer.s)).toMatchObject({ 0: Buffer.alloc(1000, i).toString('latin1') });
      }
      below.open(Infinity);
      world.settle();
      if (closing) return;
      world.nonBlocking(s, 0);
      expect(sendTo(world, s, 'more', peer.name)).toBe(4);
    });
  }
});

/** A layer that has no room for datagrams until it is opened for so many. */
function narrowLayer() {
  let room = 0;
  let tell = (): void => undefined;
  const layer = defineLayer({
    name: 'narrow',
    overrides: ({ host }) => {
      let told = 0;
      return {
        WSPSendTo(lower, ...args) {
          if (room-- > 0) return lower.lpWSPSendTo(...args);
          args[10].value = WSAEWOULDBLOCK;
          return -1;
        },
        WSPEventSelect(lower, s, event, mask, lpErrno) {
          if (event !== null && event !== 0) {
            tell = () => {
              told = FD_WRITE;
              host.setEvent(event);
            };
          }
          return lower.lpWSPEventSelect(s, event, mask, lpErrno);
        },
        WSPEnumNetworkEvents(lower, s, event, events, lpErrno) {
          const result = lower.lpWSPEnumNetworkEvents(s, event, events, lpErrno);
          events.lNetworkEvents |= told;
          told = 0;
          return result;
        },
      };
    },
  });
  const open = (datagrams: number): void => {
    room = datagrams;
    tell();
  };
  return { layer, open };
}

describeOnEveryProvider('filters of a layer with a codec of datagrams', (on) => {
  on.it('are asked for each destination, and about the name that a socket gets with its first datagram', (world) => {
    const asked: string[] = [];
    const local = world.freeName();
    const { peer } = worldWith(world, () => PLAIN, {
      connect: (request) => {
        asked.push(`connect ${request.port} ${request.connection!.socket}`);
        if (request.port === 9) request.refuse();
        if (request.port === 10) request.port = world.portOf(peer.s);
      },
      bind: (request) => {
        asked.push(`bind ${request.address} ${request.port}`);
        request.address = '127.0.0.1';
        request.port = parseSockaddr(local).port;
      },
    });
    const s = world.udpSocket();
    expect(sendTo(world, s, 'x', sockaddr_in('127.0.0.1', 9))).toBe(-WSAEACCES);
    expect(sendTo(world, s, 'y', sockaddr_in('127.0.0.1', 10))).toBe(1);
    expect(textFrom(world, peer.s)).toBe('y');
    expect(asked).toEqual([`connect 9 ${s}`, `connect 10 ${s}`, 'bind 0.0.0.0 0']);
    expect(world.connect(s, sockaddr_in('127.0.0.1', 9))).toBe(WSAEACCES);
    // Led elsewhere, the peer's name is still the one that was asked for.
    expect(world.connect(s, sockaddr_in('127.0.0.1', 10))).toBe(0);
    const name = new Uint8Array(16);
    world.ws2.getpeername(s, name, ref(16));
    expect(parseSockaddr(name).port).toBe(10);
    expect(world.send(s, 'z')).toBe(1);
    expect(textFrom(world, peer.s)).toBe('z');
  });

  on.it('cannot answer later: what they were asked about is refused', (world) => {
    const { peer } = worldWith(world, () => PLAIN, { connect: (request) => request.wait() });
    const { s } = world.boundUdp();
    expect(sendTo(world, s, 'x', peer.name)).toBe(-WSAEACCES);
    expect(world.connect(s, peer.name)).toBe(WSAEACCES);
    for (const defect of world.takeDefects())
      expect(defect).toMatch(/request\.wait\(\) about a datagram socket.*decide at once/);
  });
});

describeOnEveryProvider('a layer', (on) => {
  on.it('with a codec of connections alone has no datagram sockets', (world) => {
    const entries = world.stack([defineLayer({ name: 'streams', codec: identity })], true);
    const entry = entries.find((each) => each.iSocketType === SOCK_DGRAM)!;
    expect(world.ws2.WSASocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, entry, 0, 1)).toBe(-1 >>> 0);
    expect(world.ws2.WSAGetLastError()).toBe(WSAESOCKTNOSUPPORT);
  });

  on.it('with a codec of datagrams alone passes connections as they are; with both, has both', (world) => {
    for (const codec of [undefined, identity]) {
      world.stack([defineLayer({ name: 'both', datagrams: summing, ...(codec && { codec }) })], true);
      const { client, server } = world.connectedPair();
      world.send(client, 'plain');
      expect(world.receiveAll(server, 5)).toBe('plain');
      const [one, other] = [world.boundUdp(), world.boundUdp()];
      sendTo(world, one.s, 'summed', other.name);
      expect(receiveFrom(world, other.s)).toEqual(['summed', world.portOf(one.s)]);
    }
  });
});

const later = (): void => Promise.resolve() as never;

const FAULTS: readonly (readonly [what: string, send: DatagramCodec['send'], said: RegExp])[] = [
  [
    'throws',
    () => {
      throw new Error('oops');
    },
    /the codec's "\w+" threw; its datagram is lost: look at/,
  ],
  ['answers by a promise', later, /the codec's "send" is asynchronous/],
  ['is a generator', function* () {} as never, /the codec's "send" returned a generator, of which nothing runs/],
  [
    'hands on a string',
    (_b, _t, output) => output.encoded('text' as never),
    /output\.encoded a string, not a Uint8Array/,
  ],
  [
    'hands on nothing',
    (_b, _t, output) => output.decoded(undefined as never),
    /output\.decoded undefined, not a Uint8Array/,
  ],
  [
    'sends to what is not an address',
    (b, _t, output) => output.encoded(b, { address: 'nowhere', port: 1 }),
    /the address "nowhere", port 1, which is none of the socket's family/,
  ],
  [
    'sends to an address of another family',
    (b, _t, output) => output.encoded(b, { address: '::1', port: 1 }),
    /"::1", port 1, which is none of the socket's family/,
  ],
  [
    'sends to a text',
    (b, _t, output) => output.encoded(b, '127.0.0.1:1' as never),
    /a string for an address: give it an object with "address" and "port"/,
  ],
  [
    'sends to an impossible port',
    (b, _t, output) => output.encoded(b, { address: '127.0.0.1', port: 65_536 }),
    /port 65536/,
  ],
  [
    'sends to port 0',
    (b, _t, output) => output.encoded(b, { address: '127.0.0.1', port: 0 }),
    /port 0: no datagram goes there/,
  ],
  ['asks for no time', (_b, _t, output) => output.setTimer(NaN), /output\.setTimer NaN, not milliseconds/],
];

describeOnEveryProvider('a codec of datagrams that does wrong', (on) => {
  for (const [what, send, said] of FAULTS) {
    on.it(`and ${what} loses that datagram, and is reported; the socket goes on`, (world) => {
      let wrong = true;
      const { peer } = worldWith(world, () => ({
        ...PLAIN,
        send: (...args: Parameters<typeof send>) => (wrong ? send(...args) : PLAIN.send(...args)),
      }));
      const { s, name } = world.boundUdp();
      expect(sendTo(world, s, 'lost', peer.name)).toBe(-WSASYSCALLFAILURE);
      expect(onlyDefect(world)).toMatch(said);
      wrong = false;
      expect(sendTo(world, s, 'good', peer.name)).toBe(4);
      expect(textFrom(world, peer.s)).toBe('good');
      sendTo(world, peer.s, 'back', name);
      expect(textFrom(world, s)).toBe('back');
    });
  }

  on.it('as it receives, loses that datagram and no other', (world) => {
    const { peer } = worldWith(world, () => ({
      ...PLAIN,
      receive(bytes: Uint8Array, _from: unknown, output: DatagramOutput) {
        if (bytes.length === 3) throw new Error('oops');
        if (bytes.length === 4) output.encoded(new Uint8Array(70_000));
        else output.decoded(bytes);
      },
    }));
    const { s, name } = world.boundUdp();
    for (const text of ['bad', 'long', 'right']) sendTo(world, peer.s, text, name);
    expect(textFrom(world, s)).toBe('right');
    expect(world.takeDefects()).toEqual([
      expect.stringMatching(/the codec's "\w+" threw; its datagram is lost: look at/),
      expect.stringMatching(/encoded a datagram of 70000 bytes to 127\.0\.0\.1, port \d+: too long \(WSAEMSGSIZE\)/),
    ]);
  });

  on.it('and says no address where there is none to be known, is told how', (world) => {
    let output: DatagramOutput | null = null;
    const { peer } = worldWith(world, () => ({
      ...PLAIN,
      send: (_bytes: Uint8Array, _to: unknown, given: DatagramOutput) => ((output = given), undefined),
    }));
    const { s } = world.boundUdp();
    sendTo(world, s, 'x', peer.name);
    output!.encoded(Buffer.from('whither?'));
    expect(onlyDefect(world)).toMatch(/output\.encoded without an address outside of "send" and "receive"/);
  });

  for (const [what, factory, said] of [
    [
      'is none',
      () => ({ receive: () => undefined, sned: () => undefined }),
      /without "send": is that what "sned" is meant to be/,
    ],
    ['comes by a promise', () => Promise.resolve(PLAIN), /is asynchronous/],
    [
      'cannot be made',
      () => {
        throw new Error('oops');
      },
      /the function that makes the codec threw/,
    ],
  ] as const) {
    on.it(`${what}: nothing passes, and that is reported once`, (world) => {
      const { peer } = worldWith(world, factory);
      const s = world.udpSocket();
      expect(sendTo(world, s, 'x', peer.name)).toBe(-WSAECONNABORTED);
      expect(sendTo(world, s, 'x', peer.name)).toBe(-WSAECONNABORTED);
      expect(world.connect(s, peer.name)).toBe(WSAECONNABORTED);
      expect(world.code(world.ws2.bind(world.udpSocket(), sockaddr_in('127.0.0.1', 0), 16))).toBe(WSAECONNABORTED);
      const defects = world.takeDefects();
      expect(defects).toHaveLength(2);
      for (const defect of defects) expect(defect).toMatch(said);
    });
  }

  on.it('is a codec of connections: the functions that nobody calls are named', (world) => {
    const { peer } = worldWith(world, () => ({ ...PLAIN, open: () => undefined }));
    const { s } = world.boundUdp();
    expect(sendTo(world, s, 'x', peer.name)).toBe(1);
    expect(onlyDefect(world)).toMatch(/has a "open", which codecs of datagrams do not have/);
  });
});

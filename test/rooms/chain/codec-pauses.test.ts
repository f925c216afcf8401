// Codecs that take nothing more for a while: who sends has to wait, who receives is held up, and no end overtakes what is held.
import { expect } from 'vitest';
import {
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  SD_SEND,
  WSAECONNABORTED,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  SO_RCVTIMEO,
  SOL_SOCKET,
} from 'ws2spi';
import {
  defineLayer,
  type Codec,
  type CodecOutput,
  type DatagramCodec,
  type DatagramOutput,
  type LayerDefinition,
} from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';
import { scramblingLayer } from '../../support/layers.js';

const PLAIN: Codec = {
  receive: (bytes, output) => output.decoded(bytes),
  send: (bytes, output) => output.encoded(bytes),
};

/** Lets so many bytes through every so many milliseconds, in one direction. */
function trickle(direction: 'send' | 'receive', bytes: number, milliseconds: number): Codec {
  let allowed = bytes;
  const pass = (input: Uint8Array, output: CodecOutput, hand: (piece: Uint8Array) => void): void => {
    const now = Math.min(allowed, input.length);
    if (now > 0) hand(input.subarray(0, now));
    allowed -= now;
    if (allowed > 0) return;
    output.pause(direction);
    if (now < input.length) output.unread(input.subarray(now));
    output.setTimer(milliseconds);
  };
  return {
    send: (input, output) =>
      direction === 'send' ? pass(input, output, output.encoded.bind(output)) : output.encoded(input),
    receive: (input, output) =>
      direction === 'receive' ? pass(input, output, output.decoded.bind(output)) : output.decoded(input),
    timer(output) {
      allowed = bytes;
      output.resume(direction);
    },
  };
}

const clientOver = (world: World, codec: () => Codec, more: Partial<LayerDefinition> = {}, below = false) => {
  const { s: listener, name } = world.listener();
  const layer = defineLayer({ name: 'pausing', codec, ...more });
  world.stack(below ? [scramblingLayer(0), layer] : [layer]);
  const client = world.tcpSocket();
  expect(world.connect(client, name)).toBe(0);
  return { client, server: world.accept(listener) };
};

const text = (length: number) => Array.from({ length }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');

describeOnEveryProvider('a codec that pauses', (on) => {
  for (const below of [false, true]) {
    const where = below ? ', under another codec' : '';

    on.it(`what is sent has a sender wait that blocks, and loses nothing${where}`, (world) => {
      const { client, server } = clientOver(world, () => trickle('send', 100, 5), {}, below);
      const before = world.now();
      expect(world.send(client, text(1000))).toBe(1000);
      if (!below) expect(world.now() - before).toBeGreaterThanOrEqual(40);
      expect(world.receiveAll(server, 1000)).toBe(text(1000));
      expect(world.now() - before).toBeGreaterThanOrEqual(40);
      world.ws2.closesocket(client);
      expect(world.receive(server)).toBe('');
    });

    on.it(`what is sent has its end wait behind what is held, by shutdown and by closesocket${where}`, (world) => {
      for (const ends of ['shutdown', 'close'] as const) {
        const { client, server } = clientOver(world, () => trickle('send', 100, 5), {}, below);
        world.nonBlocking(client);
        let sent = 0;
        for (let taken = 1; taken > 0; sent += Math.max(taken, 0)) taken = world.send(client, text(1000).slice(sent));
        if (ends === 'shutdown') expect(world.code(world.ws2.shutdown(client, SD_SEND))).toBe(0);
        else world.ws2.closesocket(client);
        expect(world.receiveAll(server, sent)).toBe(text(sent));
        expect(world.receive(server)).toBe('');
        world.entries.clear();
      }
    });

    on.it(`what is received holds the end back too${where}`, (world) => {
      const { client, server } = clientOver(world, () => trickle('receive', 100, 5), {}, below);
      world.send(server, text(1000));
      world.ws2.closesocket(server);
      const before = world.now();
      expect(world.receiveAll(client, 1000)).toBe(text(1000));
      expect(world.receive(client)).toBe('');
      expect(world.now() - before).toBeGreaterThanOrEqual(40);
    });
  }

  on.it('what is sent has one that does not block told of room when there is some, and not before', (world) => {
    // Long enough on the system's clock for a busy machine.
    const pause = world.native ? 100 : 5;
    const { client, server } = clientOver(world, () => trickle('send', 100, pause));
    const event = world.event();
    world.eventSelect(client, event, FD_WRITE);
    world.until(() => world.signalled(event));
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    const before = world.now();
    expect(world.send(client, text(1000))).toBe(100);
    expect(world.send(client, 'x')).toBe(-WSAEWOULDBLOCK);
    expect(world.networkEvents(client, event)).toEqual({});
    world.until(() => world.signalled(event));
    expect(world.now() - before).toBeGreaterThanOrEqual(world.native ? pause / 2 : pause);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    expect(world.send(client, text(1000).slice(100))).toBe(100);
    expect(world.receiveAll(server, 200)).toBe(text(200));
    world.ws2.closesocket(client);
    expect(world.receive(server)).toBe('');
  });

  on.it('what is received holds the peer up, so that memory is bounded', (world) => {
    const held: CodecOutput[] = [];
    const { client, server } = clientOver(world, () => ({
      ...PLAIN,
      open(_role, output) {
        output.pause('receive');
        held.push(output);
      },
    }));
    world.nonBlocking(server);
    const block = 'x'.repeat(65_536);
    let sent = 0;
    for (let taken = 1, tries = 0; tries < 50; tries++) {
      taken = world.send(server, block);
      if (taken > 0) sent += taken;
      else world.settle();
    }
    // What the two ends of the base keep, and no more.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    world.nonBlocking(client);
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
    const event = world.event();
    world.eventSelect(client, event, FD_READ | FD_CLOSE);
    world.settle();
    expect(world.networkEvents(client, event)).toEqual({});
    held[0]!.resume('receive');
    world.until(() => world.signalled(event));
    expect(world.networkEvents(client, event)).toEqual({ READ: 0 });
    world.eventSelect(client, null, 0);
    world.nonBlocking(client, 0);
    world.nonBlocking(server, 0);
    expect(world.receiveAll(client, sent).length).toBe(sent);
  });

  on.it('for good does not keep what it was given for good', (world) => {
    const { client, server } = clientOver(world, () => ({ ...PLAIN, open: (_role, output) => output.pause('send') }), {
      endTimeout: 50,
    });
    const before = world.now();
    world.ws2.closesocket(client);
    expect(world.receive(server)).toBe('');
    expect(world.now() - before).toBeGreaterThanOrEqual(world.native ? 40 : 50);
  });

  on.it('may hold the end back longer than the layer says, as long as it goes on to encode', (world) => {
    const { client, server } = clientOver(world, () => trickle('send', 10, 30), { endTimeout: 50 });
    world.nonBlocking(client);
    expect(world.send(client, text(10))).toBe(10);
    world.ws2.closesocket(client);
    expect(world.receiveAll(server, 10)).toBe(text(10));
    expect(world.receive(server)).toBe('');
  });

  on.it('may be answered from outside, and be closed meanwhile', (world) => {
    const held: CodecOutput[] = [];
    const { client, server } = clientOver(world, () => ({
      ...PLAIN,
      open(_role, output) {
        output.pause('send');
        held.push(output);
      },
    }));
    world.nonBlocking(client);
    expect(world.send(client, 'early')).toBe(-WSAEWOULDBLOCK);
    held[0]!.resume('send');
    world.settle();
    expect(world.send(client, 'now')).toBe(3);
    expect(world.receiveAll(server, 3)).toBe('now');
    held[0]!.pause('send');
    world.ws2.closesocket(client);
    world.settle();
    held[0]!.resume('send');
    expect(world.receive(server)).toBe('');
    held[0]!.resume('send');
    held[0]!.pause('receive');
  });

  on.it('says which direction, or breaks its connection', (world) => {
    for (const [name, given] of [
      ['pause', 'sending'],
      ['resume', undefined],
    ] as const) {
      const { client, server } = clientOver(world, () => ({
        ...PLAIN,
        send: (_bytes, output) => output[name](given as never),
      }));
      world.send(client, 'x');
      expect(world.receive(client)).toBe(-WSAECONNABORTED);
      expect(world.takeDefects().join()).toMatch(/neither "send" nor "receive"/);
      world.ws2.closesocket(server);
      world.entries.clear();
    }
  });

  on.it('or does not, and gives back what it is to encode, breaks its connection', (world) => {
    const { client } = clientOver(world, () => ({ ...PLAIN, send: (bytes, output) => output.unread(bytes) }));
    world.send(client, 'x');
    expect(world.receive(client)).toBe(-WSAECONNABORTED);
    expect(world.takeDefects().join()).toMatch(/unread what it is to encode.*output\.pause\('send'\)/);
  });
});

describeOnEveryProvider('a codec that ends what is sent before the application does', (on) => {
  for (const below of [false, true]) {
    on.it(`has the peer see the end, and the application go on${below ? ', under another codec' : ''}`, (world) => {
      let count = 0;
      const { client, server } = clientOver(
        world,
        () => ({
          ...PLAIN,
          send(bytes, output) {
            output.encoded(bytes.subarray(0, Math.max(0, 5 - count)));
            count += bytes.length;
            if (count >= 5) output.ended();
          },
        }),
        {},
        below,
      );
      expect(world.send(client, 'hello, world')).toBe(12);
      expect(world.receiveAll(server, 5)).toBe('hello');
      expect(world.receive(server)).toBe('');
      expect(world.send(client, 'more')).toBe(4);
      world.send(server, 'answer');
      expect(world.receiveAll(client, 6)).toBe('answer');
      expect(world.code(world.ws2.shutdown(client, SD_SEND))).toBe(0);
      world.ws2.closesocket(server);
      expect(world.receive(client)).toBe('');
      world.ws2.closesocket(client);
      world.settle();
    });
  }
});

/** A socket without layers, bound, and one on a layer with such a codec. */
function datagramWorld(world: World, datagrams: () => DatagramCodec, more: Partial<LayerDefinition> = {}) {
  const bare = world.boundUdp();
  world.stack([defineLayer({ name: 'pausing', datagrams, ...more })], true);
  const own = world.boundUdp();
  const send = (content: string): number =>
    world.ws2.sendto(own.s, Buffer.from(content), content.length, 0, bare.name, bare.name.length);
  world.ws2.setsockopt(bare.s, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(200, 0, 0, 0), 4);
  return { bare, own, send };
}

describeOnEveryProvider('a codec of datagrams that pauses', (on) => {
  on.it('what is sent has a sender wait, or told of room', (world) => {
    const { bare, own, send } = datagramWorld(world, () => ({
      receive() {},
      send(bytes, _to, output) {
        output.encoded(bytes);
        output.pause('send');
        output.setTimer(10);
      },
      timer: (output) => output.resume('send'),
    }));
    const before = world.now();
    for (const each of ['one', 'two', 'three']) expect(send(each)).toBe(each.length);
    expect(world.now() - before).toBeGreaterThanOrEqual(18);
    for (const each of ['one', 'two', 'three']) expect(world.receive(bare.s)).toBe(each);
    const event = world.event();
    world.eventSelect(own.s, event, FD_WRITE);
    while (send('four') < 0) world.ws2.host.SleepEx(10, false);
    world.networkEvents(own.s, event);
    expect(send('five')).toBe(-1);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
    world.until(() => world.signalled(event));
    expect(world.networkEvents(own.s, event)).toEqual({ WRITE: 0 });
    expect(send('five')).toBe(4);
  });

  on.it('what is received leaves it below until it goes on', (world) => {
    const held: DatagramOutput[] = [];
    const { bare, own } = datagramWorld(world, () => ({
      send() {},
      receive(bytes, _from, output) {
        output.decoded(bytes);
        if (held.push(output) === 1) output.pause('receive');
      },
    }));
    for (const each of ['one', 'two']) {
      world.ws2.sendto(bare.s, Buffer.from(each), each.length, 0, own.name, own.name.length);
    }
    world.ws2.setsockopt(own.s, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(50, 0, 0, 0), 4);
    expect(world.receive(own.s)).toBe('one');
    expect(world.receive(own.s)).toBe(-WSAETIMEDOUT);
    held[0]!.resume('receive');
    expect(world.receive(own.s)).toBe('two');
  });

  on.it('sends what it holds though the socket was closed, if it has `shutdown`, and loses it else', (world) => {
    for (const lingers of [true, false]) {
      let closed = 0;
      const waiting: Buffer[] = [];
      const { bare, own, send } = datagramWorld(world, () => ({
        receive() {},
        send(bytes, to, output) {
          waiting.push(Buffer.from(bytes));
          output.setTimer(20);
          target = to;
        },
        timer(output) {
          output.encoded(waiting.shift()!, target!);
          if (waiting.length > 0) output.setTimer(20);
        },
        ...(lingers ? { shutdown() {} } : {}),
        close: () => void closed++,
      }));
      let target: { address: string; port: number } | null = null;
      send('one');
      send('two');
      world.ws2.closesocket(own.s);
      expect(closed).toBe(lingers ? 0 : 1);
      expect(world.receive(bare.s)).toBe(lingers ? 'one' : -WSAETIMEDOUT);
      expect(world.receive(bare.s)).toBe(lingers ? 'two' : -WSAETIMEDOUT);
      world.settle();
      expect(closed).toBe(1);
      world.entries.clear();
    }
  });

  on.it('holds a closed socket no longer than the layer says', (world) => {
    let closed = false;
    const { own, send } = datagramWorld(
      world,
      () => ({
        receive() {},
        send: (_bytes, _to, output) => output.setTimer(10),
        timer: (output) => output.setTimer(10),
        shutdown() {},
        close: () => void (closed = true),
      }),
      { endTimeout: 100 },
    );
    send('never');
    world.ws2.closesocket(own.s);
    world.until(() => closed);
  });
});

// What goes wrong is what was asked for, where it was asked for, and what applications see is what the real thing gives.
import { describe, expect, test } from 'vitest';
import {
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  SD_SEND,
  SO_LINGER,
  SO_RCVTIMEO,
  SOL_SOCKET,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEHOSTUNREACH,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  WSA_IO_PENDING,
} from 'ws2spi';
import { fault, WSPStartup, type FaultOptions } from 'ws2spi/providers/layers/fault';
import { describeOnEveryProvider, World } from '../../../support/providers.js';
import { scramblingLayer } from '../../../support/layers.js';

/** A client on the layer, and a server without it. */
function clientOver(world: World, options: FaultOptions, more = false) {
  const { s: listener, name } = world.listener();
  const layer = fault(options);
  world.stack(more ? [scramblingLayer(0), layer, scramblingLayer(0)] : [layer]);
  const connect = () => {
    const client = world.tcpSocket();
    const code = world.connect(client, name);
    return { client, code, server: code === 0 ? world.accept(listener) : 0 };
  };
  return { ...connect(), connect, layer, name, listener };
}

function abandon(world: World, ...sockets: number[]): void {
  for (const s of sockets) {
    world.ws2.setsockopt(s, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0), 4);
    world.ws2.closesocket(s);
  }
}

const timeout = (world: World, s: number, value: number) =>
  world.ws2.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(value & 255, value >> 8, 0, 0), 4);

const what = ({ log }: { log: readonly { fault: string; direction: string | null; place: number }[] }) =>
  log.map(({ fault, direction, place }) => `${fault} ${direction} ${place}`);

describeOnEveryProvider('a fault', (on) => {
  on.it('refuses a connect by the error of the real thing, at once or after its time', (world) => {
    const { code, layer, name } = clientOver(world, { rules: [{ fault: 'refuse', connection: 1 }] });
    expect(code).toBe(WSAECONNREFUSED);
    expect(what(layer.faults)).toEqual(['refuse null 0']);
    const again = world.tcpSocket();
    expect(world.connect(again, name)).toBe(0);
    layer.faults.set({ rules: [{ fault: 'refuse', error: 'WSAETIMEDOUT', after: 40 }] });
    const before = world.now();
    const late = world.tcpSocket();
    expect(world.connect(late, name)).toBe(WSAETIMEDOUT);
    expect(world.now() - before).toBeGreaterThanOrEqual(39);
    layer.faults.set({ refuse: 1, error: 'WSAEHOSTUNREACH' });
    const polled = world.tcpSocket();
    const event = world.event();
    world.eventSelect(polled, event, FD_CONNECT);
    expect(world.connect(polled, name)).toBe(WSAEHOSTUNREACH);
  });

  on.it('refuses a caller that is accepted, who is reset', (world) => {
    const bare = world.tcpSocket();
    world.stack([fault({ rules: [{ fault: 'refuse', role: 'server', connection: 1 }] })]);
    const { s: listener, name } = world.listener();
    expect(world.connect(bare, name)).toBe(0);
    world.nonBlocking(listener);
    expect(world.receive(bare)).toBe(-WSAECONNRESET);
  });

  for (const more of [false, true]) {
    const where = more ? ', between other codecs' : '';
    on.it(`resets a connection after so many bytes, on both sides${where}`, (world) => {
      const { client, server, layer } = clientOver(
        world,
        { rules: [{ fault: 'reset', byte: 5, direction: 'down' }] },
        more,
      );
      world.send(server, 'hello, world');
      expect([-WSAECONNRESET, 'hello']).toContain(world.receive(client));
      expect(world.receive(client)).toBe(-WSAECONNRESET);
      expect(world.send(client, 'x')).toBe(-WSAECONNRESET);
      expect(world.receive(server)).toBe(-WSAECONNRESET);
      expect(what(layer.faults)).toEqual(['reset null 5']);
    });

    on.it(`cuts what is sent, and what is received${where}`, (world) => {
      const { client, server, layer } = clientOver(
        world,
        {
          rules: [
            { fault: 'truncate', byte: 5, direction: 'up' },
            { fault: 'truncate', byte: 3, direction: 'down' },
          ],
        },
        more,
      );
      expect(world.send(client, 'hello, world')).toBe(12);
      expect(world.receiveAll(server, 5)).toBe('hello');
      expect(world.receive(server)).toBe('');
      expect(world.send(client, 'more')).toBe(4);
      world.send(server, 'answer');
      expect(world.receiveAll(client, 3)).toBe('ans');
      expect(world.receive(client)).toBe('');
      expect(what(layer.faults)).toEqual(['truncate up 5', 'truncate down 3']);
      world.ws2.closesocket(client);
    });

    on.it(`flips a bit at a place, and no other${where}`, (world) => {
      const { client, server } = clientOver(
        world,
        {
          rules: [
            { fault: 'corrupt', byte: 5, direction: 'up' },
            { fault: 'corrupt', byte: 0, direction: 'down' },
          ],
        },
        more,
      );
      world.send(client, 'hel');
      world.send(client, 'lo, world');
      const got = Buffer.from(world.receiveAll(server, 12), 'latin1');
      expect(
        [...got].map((byte, at) => byte ^ 'hello, world'.charCodeAt(at)).filter((bits) => bits !== 0),
      ).toHaveLength(1);
      expect(got[5]).not.toBe(','.charCodeAt(0));
      world.send(server, 'back');
      const back = world.receiveAll(client, 4);
      expect(back.slice(1)).toBe('ack');
      expect(back[0]).not.toBe('b');
    });

    on.it(`has a connection stand still, for a time or for good, and loses nothing${where}`, (world) => {
      const { client, server, layer } = clientOver(
        world,
        { rules: [{ fault: 'stall', byte: 5, direction: 'down', for: 100 }] },
        more,
      );
      world.send(server, 'hello, world');
      world.ws2.closesocket(server);
      expect(world.receiveAll(client, 5)).toBe('hello');
      timeout(world, client, 20);
      expect(world.receive(client)).toBe(-WSAETIMEDOUT);
      timeout(world, client, 5000);
      expect(world.receiveAll(client, 7)).toBe(', world');
      expect(world.receive(client)).toBe('');
      expect(what(layer.faults)).toEqual(['stall down 5']);
    });
  }

  on.it('that stalls for good ends when faults are set anew, and resets what is there', (world) => {
    const { client, server, layer } = clientOver(world, { rules: [{ fault: 'stall', byte: 0, direction: 'up' }] });
    world.nonBlocking(client);
    expect(world.send(client, 'x')).toBe(-WSAEWOULDBLOCK);
    layer.faults.set({});
    world.settle();
    expect(world.send(client, 'through')).toBe(7);
    expect(world.receiveAll(server, 7)).toBe('through');
    layer.faults.set({ rules: [{ fault: 'reset', after: 0 }] });
    world.settle();
    expect(world.receive(client)).toBe(-WSAECONNRESET);
    expect(world.receive(server)).toBe(-WSAECONNRESET);
  });

  on.it('that stalls for good does not keep a closed connection for good', (world) => {
    const { client, server } = clientOver(world, { rules: [{ fault: 'stall', byte: 0, direction: 'up' }] });
    abandon(world, client);
    expect(world.receive(server)).toBe(-WSAECONNRESET);
  });

  on.it('slices a connection, and loses nothing of it', (world) => {
    const { client, server } = clientOver(world, { seed: 1, rules: [{ fault: 'slice', size: 4, direction: 'down' }] });
    const content = 'abcdefghijklmnopqrstuvwxyz'.repeat(4);
    world.send(server, content);
    world.ws2.closesocket(server);
    const pieces = [];
    for (let got = world.receive(client); got !== ''; got = world.receive(client)) pieces.push(got);
    expect(pieces.join('')).toBe(content);
    expect(pieces.length).toBeGreaterThan(world.native ? 5 : 20);
    if (!world.native) expect(Math.max(...pieces.map((piece) => String(piece).length))).toBeLessThanOrEqual(4);
  });

  on.it('is seen by overlapped receives and by event objects as by others', (world) => {
    const { client, server, layer, connect } = clientOver(world, {
      rules: [{ fault: 'reset', byte: 3, direction: 'down' }],
    });
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    const buffers = [{ len: 100, buf: new Uint8Array(100) }];
    expect(world.ws2.WSARecv(client, buffers, 1, null, { value: 0 }, overlapped, null)).toBe(-1);
    expect(world.ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
    layer.faults.set({ rules: [{ fault: 'reset', after: 0 }] });
    world.until(() => world.signalled(overlapped.hEvent!));
    expect(world.ws2.WSAGetOverlappedResult(client, overlapped, { value: 0 }, false, { value: 0 })).toBe(false);
    expect(world.ws2.WSAGetLastError()).toBe(WSAECONNRESET);
    expect(world.receive(server)).toBe(-WSAECONNRESET);
    layer.faults.set({ rules: [{ fault: 'reset', byte: 3, direction: 'down' }] });
    const other = connect();
    const event = world.event();
    world.eventSelect(other.client, event, FD_READ | FD_CLOSE);
    world.send(other.server, 'abc');
    const seen: Record<string, number> = {};
    world.until(() => {
      Object.assign(seen, world.networkEvents(other.client, event));
      return seen['CLOSE'] !== undefined;
    });
    expect(seen['CLOSE']).toBe(WSAECONNRESET);
  });

  on.it('loses, doubles, corrupts, cuts and delays datagrams at their numbers', (world) => {
    const bare = world.boundUdp();
    const layer = fault({
      rules: [
        { fault: 'drop', datagram: 1, direction: 'up' },
        { fault: 'duplicate', datagram: 2, direction: 'up' },
        { fault: 'corrupt', datagram: 3, direction: 'up' },
        { fault: 'truncate', datagram: 4, direction: 'up' },
        { fault: 'delay', datagram: 5, direction: 'up', for: 30 },
        { fault: 'drop', datagram: 1, direction: 'down' },
      ],
    });
    world.stack([layer], true);
    const own = world.boundUdp();
    for (const each of ['one', 'two', 'three', 'four', 'five', 'six'])
      world.ws2.sendto(own.s, Buffer.from(each), each.length, 0, bare.name, bare.name.length);
    timeout(world, bare.s, 1000);
    const got = Array.from({ length: 6 }, () => String(world.receive(bare.s)));
    expect(got.slice(0, 2)).toEqual(['two', 'two']);
    expect(got[2]).toHaveLength(5);
    expect(got[2]).not.toBe('three');
    expect('four'.startsWith(got[3]!) && got[3] !== 'four').toBe(true);
    expect(got.slice(4)).toEqual(['six', 'five']);
    for (const each of ['lost', 'there'])
      world.ws2.sendto(bare.s, Buffer.from(each), each.length, 0, own.name, own.name.length);
    expect(world.receive(own.s)).toBe('there');
    expect(layer.faults.count).toBe(6);
  });

  on.it('without faults stands by and changes nothing', (world) => {
    const { client, server, layer } = clientOver(world, { standby: true });
    world.send(client, 'question');
    expect(world.receiveAll(server, 8)).toBe('question');
    world.ws2.shutdown(client, SD_SEND);
    expect(world.receive(server)).toBe('');
    world.send(server, 'answer');
    world.ws2.closesocket(server);
    expect(world.receiveAll(client, 6)).toBe('answer');
    expect(world.receive(client)).toBe('');
    expect(layer.faults.count).toBe(0);
  });
});

describe('a seed', () => {
  /** Connections that carry much, in both directions, in pieces of other sizes each time. */
  function run(options: FaultOptions, piece: number): { digest: string; log: string } {
    const world = new World('memory');
    const { s: listener, name } = world.listener();
    const layer = fault(options);
    world.stack([layer]);
    for (let at = 0; at < 30; at++) {
      const client = world.tcpSocket();
      if (world.connect(client, name) !== 0) continue;
      const server = world.accept(listener);
      for (const s of [client, server]) world.nonBlocking(s);
      for (let sent = 0; sent < 8000; sent += piece) {
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          world.send(from, 'x'.repeat(Math.min(piece, 8000 - sent)));
          world.settle();
          while (typeof world.receive(to, 100_000) === 'string' && to > 0)
            if (world.receive(to, 100_000) !== 'x') break;
        }
        world.clock!.advance(2000);
        world.settle();
      }
      abandon(world, client, server);
      world.settle();
    }
    world.close();
    return { digest: layer.faults.digest(), log: JSON.stringify(what(layer.faults)) };
  }

  const options = { refuse: 0.1, reset: 0.1, corrupt: 0.3, delay: 0.3, within: 6000 };

  test('gives the same run twice, however the bytes come, and another seed another', () => {
    const first = run({ ...options, seed: 'run' }, 1000);
    expect(run({ ...options, seed: 'run' }, 1000)).toEqual(first);
    expect(run({ ...options, seed: 'other' }, 1000).digest).not.toBe(first.digest);
    expect(JSON.parse(first.log).length).toBeGreaterThan(8);
  });

  test('is drawn and told when none is given', () => {
    const one = fault({ reset: 0.1 });
    expect(typeof one.faults.seed).toBe('number');
    expect(fault({ reset: 0.1, seed: 7 }).faults.seed).toBe(7);
  });

  test('of datagrams holds for each by its number', () => {
    const datagrams = (seed: number) => {
      const world = new World('memory');
      const bare = world.boundUdp();
      const layer = fault({ drop: 0.1, duplicate: 0.1, corrupt: 0.1, seed });
      world.stack([layer], true);
      const own = world.boundUdp();
      for (let at = 0; at < 1000; at++) {
        world.ws2.sendto(own.s, new Uint8Array(10), 10, 0, bare.name, 16);
        if (at % 50 === 0) world.nonBlocking(bare.s);
        while (typeof world.receive(bare.s) === 'string');
      }
      world.close();
      return layer.faults;
    };
    const { count, digest } = datagrams(3);
    expect(datagrams(3).digest()).toBe(digest());
    expect(datagrams(4).digest()).not.toBe(digest());
    expect(count).toBeGreaterThan(240);
    expect(count).toBeLessThan(360);
  });
});

describe('options of fault', () => {
  test.each([
    [{ resett: 1 }, /fault: there is no option "resett": did you mean "reset"\?/],
    ...[NaN, -0.1, 1.1, 1e308, '0.5', null].map((reset) => [{ reset }, /`reset` must be a probability from 0 to 1/]),
    ...[NaN, 0, -1, 1e308, 1.5].map((within) => [{ within }, /`within` must be a whole number, 1 or more/]),
    ...[NaN, -1, Infinity].map((hold) => [{ hold }, /`hold` must be milliseconds/]),
    ...[NaN, Infinity, '', {}].map((seed) => [{ seed }, /`seed` must be a number or a text/]),
    [{ error: 'ECONNREFUSED' }, /`error` must be 'WSAECONNREFUSED'/],
    [{ rules: {} }, /`rules` must be a list of rules/],
    [{ rules: [7] }, /fault: rule 1 is an object/],
    [{ rules: [{}] }, /fault: rule 1: `fault` must be/],
    [{ rules: [{ fault: 'reset' }, { fault: 'rest' }] }, /rule 2: `fault` must be .*did you mean "reset"/],
    [{ rules: [{ fault: 'reset', bytes: 1 }] }, /rule 1: there is no option "bytes": did you mean "byte"/],
    [{ rules: [{ fault: 'reset', byte: 1, after: 1 }] }, /rule 1 has a `byte` and an `after`/],
    [{ rules: [{ fault: 'refuse', byte: 3 }] }, /rule 1: `byte` says nothing of "refuse": leave it out/],
    [{ rules: [{ fault: 'reset', datagram: 3 }] }, /rule 1: `datagram` says nothing of "reset"/],
    [{ onFault: 1 }, /`onFault` must be a function/],
    [{ standby: 1 }, /`standby` must be true or false/],
  ] as [unknown, RegExp][])('%o', (options, message) => {
    expect(() => fault(options as never)).toThrow(message);
  });

  test('without faults leave the layer out of the way, and say so to who sets some', () => {
    const layer = fault({ seed: 7, reset: 0 });
    expect(layer.ifs).toBe(true);
    expect(() => layer.faults.set({ reset: 1 })).toThrow(/not in the way: make it with standby: true/);
    expect(() => fault({ standby: true }).faults.set({ reset: 2 })).toThrow(/faults\.set: `reset` must be/);
    expect(typeof WSPStartup).toBe('function');
  });
});

// Senders are held to the token bucket of their flow specification, under every I/O model, by the instance's clock.
import {
  AF_INET,
  FD_WRITE,
  QOS_OBJECT_SD_MODE,
  QOS_OBJECT_SHAPING_RATE,
  ref,
  SERVICETYPE_NOTRAFFIC,
  TC_NONCONF_BORROW,
  TC_NONCONF_DISCARD,
  WSA_IO_PENDING,
  WSAEMSGSIZE,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  SO_SNDTIMEO,
  SOL_SOCKET,
} from 'ws2spi';
import { qos } from 'ws2spi/providers/layers/qos';
import { expect, it as test, describe } from 'vitest';
import { NO_LAYERS, World } from '../../support/providers.js';
import { quality, qosObject, setQuality } from '../../support/qualities.js';

function it(sentence: string, body: (world: World) => void): void {
  test(sentence, () => {
    const world = new World('memory', NO_LAYERS);
    world.stack([qos()], true);
    body(world);
    world.close();
  });
}

/** Lets the other end take what arrives, so that nothing but the bucket holds the sender. */
function keepEmpty(world: World, s: number): void {
  const buf = new Uint8Array(65_536);
  const take = (): void => {
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(s, [{ len: buf.length, buf }], 1, null, ref(0), overlapped, () => take());
  };
  take();
}

/** What arrived by when, as long as `send` runs. */
function curveOf(world: World, server: number, send: () => void): { at: number; bytes: number }[] {
  const curve: { at: number; bytes: number }[] = [];
  const buf = new Uint8Array(65_536);
  let bytes = 0;
  const take = (): void => {
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [{ len: buf.length, buf }], 1, null, ref(0), overlapped, (error, count) => {
      bytes += count;
      curve.push({ at: world.now(), bytes });
      if (error === 0 && count > 0) take();
    });
  };
  take();
  send();
  return curve;
}

describe('The token bucket of a flow', () => {
  for (const [what, specification] of [
    ['a small bucket', { TokenRate: 10_000, TokenBucketSize: 500 }],
    ['a deep bucket', { TokenRate: 10_000, TokenBucketSize: 60_000 }],
    ['a fast line', { TokenRate: 5_000_000, TokenBucketSize: 100_000 }],
    ['a slow line', { TokenRate: 64, TokenBucketSize: 64 }],
    ['a peak', { TokenRate: 10_000, TokenBucketSize: 20_000, PeakBandwidth: 40_000, MaxSduSize: 1000 }],
  ] as const) {
    it(`lets ${what} through within 2 % of its specification, and never more`, (world) => {
      const { client, server } = world.connectedPair(AF_INET);
      const { TokenRate: rate, TokenBucketSize: depth } = specification;
      const peak = 'PeakBandwidth' in specification ? specification.PeakBandwidth : Infinity;
      expect(setQuality(world, client, quality(specification))).toBe(0);
      const total = depth + rate * 10;
      const began = world.now();
      const curve = curveOf(world, server, () => {
        for (let left = total; left > 0;)
          left -= world.ws2.send(client, new Uint8Array(30_000), Math.min(left, 30_000), 0);
      });
      const took = world.now() - began;
      const wanted = 10_000;
      expect(took).toBeGreaterThanOrEqual(wanted * 0.98);
      expect(took).toBeLessThanOrEqual(wanted * 1.02);
      for (const { at, bytes } of curve) {
        const seconds = (at - began) / 1000;
        expect(bytes).toBeLessThanOrEqual((depth + rate * seconds) * 1.001);
        if (peak < Infinity) expect(bytes).toBeLessThanOrEqual((1000 + peak * seconds) * 1.02);
      }
    });
  }

  it('makes a non-blocking sender wait for FD_WRITE, which comes when there are tokens', (world) => {
    const { client, server } = world.connectedPair(AF_INET);
    keepEmpty(world, server);
    const event = world.event();
    world.eventSelect(client, event, FD_WRITE);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    setQuality(world, client, quality({ TokenRate: 1000, TokenBucketSize: 1000 }));
    const began = world.now();
    expect(world.ws2.send(client, new Uint8Array(1500), 1500, 0)).toBe(1000);
    expect(world.send(client, new Uint8Array(1500))).toBe(-WSAEWOULDBLOCK);
    expect(world.signalled(event)).toBe(false);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    expect(world.now() - began).toBeCloseTo(1000, 3);
    expect(world.ws2.send(client, new Uint8Array(1500), 1500, 0)).toBe(1000);
  });

  it('is no room for select until there are tokens', (world) => {
    const { client } = world.connectedPair(AF_INET);
    world.nonBlocking(client);
    setQuality(world, client, quality({ TokenRate: 100, TokenBucketSize: 100 }));
    world.ws2.send(client, new Uint8Array(100), 100, 0);
    world.ws2.send(client, new Uint8Array(100), 100, 0);
    const writable = (seconds: number): number =>
      world.ws2.select(0, null, { fd_count: 1, fd_array: [client] } as never, null, { tv_sec: seconds, tv_usec: 0 });
    expect(writable(0)).toBe(0);
    const began = world.now();
    expect(writable(10)).toBe(1);
    expect(world.now() - began).toBeCloseTo(1000, 3);
  });

  it('queues an overlapped send, and completes it when all of it has gone', (world) => {
    const { client, server } = world.connectedPair(AF_INET);
    keepEmpty(world, server);
    setQuality(world, client, quality({ TokenRate: 1000, TokenBucketSize: 1000 }));
    const [overlapped, began] = [new WSAOVERLAPPED(), world.now()];
    overlapped.hEvent = world.event();
    const buffers = [{ len: 4000, buf: new Uint8Array(4000) }];
    expect(world.code(world.ws2.WSASend(client, buffers, 1, null, 0, overlapped, null))).toBe(WSA_IO_PENDING);
    const count = ref(0);
    expect(world.ws2.WSAGetOverlappedResult(client, overlapped, count, true, ref(0))).toBe(true);
    expect([count.value, Math.round(world.now() - began)]).toEqual([4000, 3000]);
  });

  it('lets a blocking send wait no longer than SO_SNDTIMEO', (world) => {
    const { client } = world.connectedPair(AF_INET);
    setQuality(world, client, quality({ TokenRate: 10, TokenBucketSize: 10 }));
    world.ws2.send(client, new Uint8Array(10), 10, 0);
    world.ws2.setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, Uint8Array.of(100, 0, 0, 0), 4);
    expect(world.send(client, new Uint8Array(10))).toBe(-WSAETIMEDOUT);
  });

  it('lets datagrams go whole, and counts short ones as the specification says', (world) => {
    const { s: to, name } = world.boundUdp(AF_INET);
    const s = world.udpSocket(AF_INET);
    setQuality(world, s, quality({ TokenRate: 1000, TokenBucketSize: 1000, MaxSduSize: 800, MinimumPolicedSize: 100 }));
    world.nonBlocking(s);
    const send = (bytes: number): number =>
      world.count(world.ws2.sendto(s, new Uint8Array(bytes), bytes, 0, name, name.length));
    expect(send(801)).toBe(-WSAEMSGSIZE);
    expect([send(700), send(1), send(1), send(1), send(1)]).toEqual([700, 1, 1, 1, -WSAEWOULDBLOCK]);
    expect([world.receive(to, 2000), world.receive(to), world.receive(to), world.receive(to)].length).toBe(4);
    world.nonBlocking(s, 0);
    const began = world.now();
    expect(send(500)).toBe(500);
    expect(Math.round(world.now() - began)).toBe(500);
  });

  it('drops datagrams beyond it, or lets them go, where the program has asked for that', (world) => {
    const { s: to, name } = world.boundUdp(AF_INET);
    const s = world.udpSocket(AF_INET);
    const flow = { TokenRate: 1000, TokenBucketSize: 100 };
    const send = (text: string): number =>
      world.count(world.ws2.sendto(s, Buffer.from(text.padEnd(60)), 60, 0, name, name.length));
    const texts = (): string[] => {
      world.nonBlocking(to);
      const found: string[] = [];
      for (let text = world.receive(to); typeof text === 'string'; text = world.receive(to)) found.push(text.trim());
      return found;
    };
    setQuality(world, s, quality(flow, [qosObject(QOS_OBJECT_SD_MODE, TC_NONCONF_DISCARD)]));
    expect([send('one'), send('two')]).toEqual([60, 60]);
    world.settle();
    expect(texts()).toEqual(['one']);
    setQuality(world, s, quality(flow, [qosObject(QOS_OBJECT_SD_MODE, TC_NONCONF_BORROW)]));
    expect([send('three'), send('four'), send('five')]).toEqual([60, 60, 60]);
    world.settle();
    expect(texts()).toEqual(['three', 'four', 'five']);
  });

  it('is no faster than a shaping rate', (world) => {
    const { client, server } = world.connectedPair(AF_INET);
    keepEmpty(world, server);
    const objects = [qosObject(QOS_OBJECT_SHAPING_RATE, 1000)];
    setQuality(world, client, quality({ TokenRate: 5000, TokenBucketSize: 1000 }, objects));
    const began = world.now();
    world.ws2.send(client, new Uint8Array(5000), 5000, 0);
    expect(Math.round(world.now() - began)).toBe(4000);
  });

  it('is not filled anew by asking for it again', (world) => {
    const { client } = world.connectedPair(AF_INET);
    world.nonBlocking(client);
    const flow = quality({ TokenRate: 1000, TokenBucketSize: 1000 });
    setQuality(world, client, flow);
    expect(world.ws2.send(client, new Uint8Array(1000), 1000, 0)).toBe(1000);
    setQuality(world, client, flow);
    expect(world.send(client, new Uint8Array(1000))).toBe(-WSAEWOULDBLOCK);
  });

  it('holds nobody where there is no traffic to specify, and lets go who waits when it is taken off', (world) => {
    const { client } = world.connectedPair(AF_INET);
    const event = world.event();
    world.eventSelect(client, event, FD_WRITE);
    world.networkEvents(client, event);
    setQuality(world, client, quality({ TokenRate: 1, TokenBucketSize: 1 }));
    world.ws2.send(client, new Uint8Array(10), 10, 0);
    expect(world.send(client, 'x')).toBe(-WSAEWOULDBLOCK);
    setQuality(world, client, quality({ ServiceType: SERVICETYPE_NOTRAFFIC, TokenRate: 1 }));
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    expect(world.ws2.send(client, new Uint8Array(10_000), 10_000, 0)).toBe(10_000);
  });
});

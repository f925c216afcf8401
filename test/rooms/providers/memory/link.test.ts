import { describe, expect, test } from 'vitest';
import { ref, WSA_IO_PENDING, WSAEWOULDBLOCK, WSAOVERLAPPED } from 'ws2spi';
import type { SocketCore } from '../../../../dist/io/index.js';
import { createMemoryNetwork, type MemoryNetworkOptions } from '../../../../dist/providers/memory/index.js';
import { SD_SEND } from '../../../../dist/spi/index.js';
import { buffer, NO_LAYERS, World } from '../../../support/providers.js';
import { accept, FakeInstance, nameOf, receive, send, sendTo } from './fake-instance.js';

const MINUTE = 60_000;

function worldOf(options: MemoryNetworkOptions): World {
  const network = createMemoryNetwork(options);
  return new World('memory', NO_LAYERS, { network });
}

/** A connection between two cores of one instance over a network. */
function connectedCores(options: MemoryNetworkOptions) {
  const network = createMemoryNetwork(options);
  const instance = new FakeInstance(network);
  const { core: listener, name } = instance.listener();
  const client = instance.stream();
  expect(client.tryConnect(name, name.length)).toBe(WSAEWOULDBLOCK);
  instance.advance(MINUTE);
  const server = accept(listener);
  const close = (): void => {
    for (const core of [client, server, listener]) core.close();
    expect(network.idle()).toBe(true);
  };
  return { network, instance, client, server, close };
}

/** A receiver of datagrams with room for all of them, and a sender. */
function datagramCores(options: MemoryNetworkOptions) {
  const network = createMemoryNetwork(options);
  const instance = new FakeInstance(network);
  const receiver = instance.datagram();
  const name = nameOf('127.0.0.1', 7000);
  receiver.bind(name, name.length);
  const arrivals: number[] = [];
  const contents: string[] = [];
  receiver.notice = {
    changed: () => {
      arrivals.push(instance.time);
      for (let text = receive(receiver); typeof text === 'string'; text = receive(receiver)) contents.push(text);
    },
  };
  const sender = instance.datagram();
  const close = (): void => {
    for (const core of [receiver, sender]) core.close();
    expect(network.idle()).toBe(true);
  };
  return { network, instance, sender, name, arrivals, contents, close };
}

/** Sends whenever there is room and reads whatever has arrived, every so often; returns the bytes that came. */
function pump(instance: FakeInstance, from: SocketCore, to: SocketCore, milliseconds: number, each = 10): number {
  const block = new Uint8Array(20_000);
  const room = new Uint8Array(20_000);
  let received = 0;
  for (const end = instance.time + milliseconds; instance.time < end; instance.advance(each)) {
    while (send(from, block) > 0);
    for (;;) {
      const got = to.tryReceive([{ len: room.length, buf: room }], 1, 0, null);
      if (got <= 0) break;
      received += got;
    }
  }
  return received;
}

describe('bandwidth', () => {
  test.each([1000, 9600, 1_000_000])('a stream carries %d bytes a second over a minute', (bandwidth) => {
    const { instance, client, server, close } = connectedCores({ bandwidth, latency: 20 });
    const received = pump(instance, client, server, MINUTE);
    expect(received / 60).toBeGreaterThan(bandwidth * 0.97);
    expect(received / 60).toBeLessThanOrEqual(bandwidth);
    close();
  });

  test('each direction has all of it', () => {
    const { instance, client, server, close } = connectedCores({ bandwidth: 8000 });
    const block = new Uint8Array(8000);
    send(client, block);
    send(server, block);
    instance.advance(999);
    expect(client.available()).toBeLessThan(8000);
    instance.advance(1);
    expect([client.available(), server.available()]).toEqual([8000, 8000]);
    close();
  });

  test('each connection has all of it', () => {
    const network = createMemoryNetwork({ bandwidth: 1000 });
    const instance = new FakeInstance(network);
    const { core: listener, name } = instance.listener();
    const clients = [instance.stream(), instance.stream()];
    for (const client of clients) client.tryConnect(name, name.length);
    instance.advance();
    const servers = clients.map(() => accept(listener));
    for (const client of clients) send(client, new Uint8Array(1000));
    instance.advance(1000);
    expect(servers.map((server) => server.available())).toEqual([1000, 1000]);
    for (const core of [...clients, ...servers, listener]) core.close();
    expect(network.idle()).toBe(true);
  });

  test('bytes arrive little by little, and the end of the stream after the last', () => {
    const { instance, client, server, close } = connectedCores({ bandwidth: 1460, latency: 100 });
    send(client, new Uint8Array(1460 * 3));
    client.shutdown(SD_SEND);
    const seen: number[] = [];
    for (let second = 0; second < 4; second++) {
      seen.push(server.available());
      instance.advance(1000);
    }
    expect(seen).toEqual([0, 0, 1460, 2920]);
    const room = new Uint8Array(5000);
    expect(server.tryReceive([{ len: 5000, buf: room }], 1, 0, null)).toBe(4380);
    expect(receive(server)).toBe('');
    close();
  });

  test('a link that was idle has saved nothing up', () => {
    const { instance, client, server, close } = connectedCores({ bandwidth: 1000 });
    send(client, new Uint8Array(1000));
    instance.advance(MINUTE);
    send(client, new Uint8Array(1000));
    instance.advance(999);
    expect(server.available()).toBe(1000);
    instance.advance(1);
    expect(server.available()).toBe(2000);
    close();
  });

  test('a stream is limited at once when the link is changed', () => {
    const { network, instance, client, server, close } = connectedCores({});
    send(client, 'at once');
    expect(server.available()).toBe(7);
    network.link.bandwidth = 10;
    send(client, new Uint8Array(10));
    instance.advance(999);
    expect(server.available()).toBe(7);
    instance.advance(1);
    expect(server.available()).toBe(17);
    network.link.bandwidth = Infinity;
    send(client, 'at once');
    expect(server.available()).toBe(24);
    close();
  });

  test('datagrams leave one after the other', () => {
    const { instance, sender, name, arrivals, contents, close } = datagramCores({ bandwidth: 1000, latency: 5 });
    for (const text of ['x'.repeat(100), 'y'.repeat(50), 'z'.repeat(10)]) sendTo(sender, text, name);
    instance.advance(1000);
    expect(arrivals).toEqual([105, 155, 165]);
    expect(contents.map((text) => text[0])).toEqual(['x', 'y', 'z']);
    close();
  });

  test('datagrams that find the queue full are lost, and the sender hears nothing of it', () => {
    const options = { bandwidth: 1000, queue: 500 };
    const { network, instance, sender, name, contents, close } = datagramCores(options);
    const burst = (): number => {
      contents.length = 0;
      for (let index = 0; index < 20; index++) expect(sendTo(sender, 'x'.repeat(100), name)).toBe(100);
      instance.advance(MINUTE);
      return contents.length;
    };
    expect(burst()).toBe(5);
    network.link.queue = 0;
    expect(burst()).toBe(1);
    network.link.queue = 2000;
    expect(burst()).toBe(20);
    close();
  });

  test('datagrams carry the bandwidth over a minute, whatever more is sent', () => {
    const { instance, sender, name, contents, close } = datagramCores({ bandwidth: 2000, queue: 1000 });
    const end = instance.time + MINUTE;
    for (; instance.time < end; instance.advance(10)) sendTo(sender, 'x'.repeat(100), name);
    expect(contents.length).toBeGreaterThanOrEqual(20 * 60 - 1);
    expect(contents.length).toBeLessThanOrEqual(20 * 60);
    close();
  });

  test('a blocking sender is held back: a minute takes a minute', () => {
    const world = worldOf({ bandwidth: 10_000, latency: 10 });
    const { client, server } = world.connectedPair();
    let received = 0;
    const room = new Uint8Array(50_000);
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    const { ws2 } = world;
    const next = (): void => {
      const done = (_error: number, bytes: number): void => {
        received += bytes;
        next();
      };
      const result = ws2.WSARecv(server, [buffer(room)], 1, null, ref(0), overlapped, done);
      expect([0, WSA_IO_PENDING]).toContain(world.code(result));
    };
    next();
    const began = world.now();
    for (let sent = 0; sent < 600_000;) {
      const got = world.send(client, new Uint8Array(30_000));
      expect(got).toBe(30_000);
      sent += got;
    }
    const capacity = 600_000 - received;
    expect(world.now() - began).toBeGreaterThan(MINUTE - (capacity / 10_000) * 1000);
    while (received < 600_000) expect(ws2.host.SleepEx(10_000, true)).not.toBe(0);
    expect(world.now() - began).toBeGreaterThanOrEqual(MINUTE);
    expect(world.now() - began).toBeLessThan(MINUTE + 100);
    world.close();
  });

  test('overlapped sends complete as the link takes them, and a blocking receiver gets everything in order', () => {
    const world = worldOf({ bandwidth: 1000 });
    const { client, server } = world.connectedPair();
    const sends = Array.from({ length: 30 }, (_, index) => {
      const overlapped = new WSAOVERLAPPED();
      const code = world.code(
        world.ws2.WSASend(client, [buffer(new Uint8Array(10_000).fill(index))], 1, null, 0, overlapped, null),
      );
      return { overlapped, code };
    });
    expect(sends[0]!.code).toBe(0);
    expect(sends.at(-1)!.code).toBe(WSA_IO_PENDING);
    const began = world.now();
    const all = Buffer.from(world.receiveAll(server, 300_000), 'latin1');
    expect(world.now() - began).toBe(300_000);
    for (let index = 0; index < 30; index++) {
      expect(all.subarray(index * 10_000, (index + 1) * 10_000).every((byte) => byte === index)).toBe(true);
    }
    for (const { overlapped } of sends) {
      expect(world.ws2.WSAGetOverlappedResult(client, overlapped, ref(0), false, ref(0))).toBe(true);
      expect(overlapped.InternalHigh).toBe(10_000);
    }
    world.close();
  });
});

describe('loss', () => {
  test.each([
    [0.01, 1],
    [0.1, 2],
    [0.5, 3],
    [0.9, 4],
  ])('of datagrams %d are lost (seed %d)', (loss, seed) => {
    const { instance, sender, name, contents, close } = datagramCores({ loss, seed });
    const sent = 10_000;
    for (let index = 0; index < sent; index++) {
      expect(sendTo(sender, String(index), name)).toBeGreaterThan(0);
      instance.advance();
    }
    // Four standard deviations.
    const margin = 4 * Math.sqrt(sent * loss * (1 - loss));
    expect(Math.abs(sent - contents.length - sent * loss)).toBeLessThan(margin);
    const numbers = contents.map(Number);
    expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
    close();
  });

  test('the same seed loses the same datagrams, and another seed others', () => {
    const run = (seed: number): string[] => {
      const { instance, sender, name, contents, close } = datagramCores({ loss: 0.3, jitter: 4, seed });
      for (let index = 0; index < 100; index++) sendTo(sender, String(index), name);
      instance.advance(1000);
      close();
      return contents;
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  test('without a seed of its own the network takes the receiving instance’s chance', () => {
    const run = (seed: number): string[] => {
      const network = createMemoryNetwork({ loss: 0.5 });
      const receiver = new FakeInstance(network, 0, seed).datagram();
      const name = nameOf('127.0.0.1', 7000);
      receiver.bind(name, name.length);
      const instance = new FakeInstance(network, 0, 99);
      const sender = instance.datagram();
      for (let index = 0; index < 40; index++) sendTo(sender, String(index), name);
      const timers = (receiver as unknown as { host: FakeInstance }).host;
      timers.advance(10);
      const got: string[] = [];
      for (let text = receive(receiver); typeof text === 'string'; text = receive(receiver)) got.push(text);
      for (const core of [receiver, sender]) core.close();
      return got;
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  test('a stream loses nothing and keeps its order: it is late', () => {
    const late = (loss: number): number => {
      const { instance, client, server, close } = connectedCores({ loss, latency: 10, seed: 11 });
      const text = Array.from({ length: 2000 }, (_, index) => String(index)).join(' ');
      const began = instance.time;
      for (let at = 0; at < text.length; at += 50) send(client, text.slice(at, at + 50));
      let got = '';
      let last = began;
      while (got.length < text.length) {
        instance.advance(1);
        for (let piece = receive(server, 5000); typeof piece === 'string'; piece = receive(server, 5000)) {
          got += piece;
          last = instance.time;
        }
        expect(instance.time - began).toBeLessThan(MINUTE);
      }
      expect(got).toBe(text);
      close();
      return last - began;
    };
    expect(late(0)).toBe(10);
    // A packet is repeated after 300 milliseconds and a way there and back.
    expect(late(0.05)).toBeGreaterThanOrEqual(330);
    expect(late(0.5)).toBeGreaterThan(late(0.05));
  });

  test('a stream over a bad link carries less than one over a good link', () => {
    const carry = (loss: number): number => {
      const { instance, client, server, close } = connectedCores({ bandwidth: 100_000, latency: 20, loss, seed: 8 });
      const bytes = pump(instance, client, server, MINUTE);
      close();
      return bytes;
    };
    const [good, fair, bad] = [carry(0), carry(0.05), carry(0.3)];
    expect(fair).toBeLessThan(good);
    expect(bad).toBeLessThan(fair);
    expect(bad).toBeGreaterThan(0);
  });

  test('a connection is made all the same, and so is its end', () => {
    const world = worldOf({ loss: 0.4, latency: 5, seed: 2 });
    for (let time = 0; time < 10; time++) {
      const { client, server, listener } = world.connectedPair();
      expect(world.send(client, 'hello')).toBe(5);
      expect(world.receiveAll(server, 5)).toBe('hello');
      expect(world.ws2.shutdown(client, SD_SEND)).toBe(0);
      expect(world.receive(server)).toBe('');
      for (const s of [client, server, listener]) expect(world.ws2.closesocket(s)).toBe(0);
    }
    world.ws2.host.SleepEx(MINUTE, false);
    world.close();
  });

  test('word that a port is closed can be lost as well', () => {
    const { instance, sender, close } = datagramCores({ loss: 0.5, seed: 4 });
    const nobody = nameOf('127.0.0.1', 7001);
    let returned = 0;
    for (let index = 0; index < 200; index++) {
      sendTo(sender, 'x', nobody);
      instance.advance(1);
      if (receive(sender) !== -WSAEWOULDBLOCK) returned++;
    }
    expect(returned).toBeGreaterThan(60);
    expect(returned).toBeLessThan(140);
    close();
  });
});

describe('a property out of range is refused, and the cure named', () => {
  test.each<[keyof MemoryNetworkOptions, unknown, RegExp]>([
    ['latency', -1, /latency.*cannot be -1: give milliseconds, 0 or more/],
    ['latency', Number.NaN, /latency.*NaN/],
    ['latency', Infinity, /silent/],
    ['latency', '20', /latency.*20: give milliseconds/],
    ['jitter', -0.5, /jitter.*milliseconds/],
    ['bandwidth', 0, /bandwidth.*cannot be 0: give bytes per second, more than 0, or leave it out for no limit/],
    ['bandwidth', -1000, /bytes per second/],
    ['bandwidth', Number.NaN, /bytes per second/],
    ['queue', -1, /queue.*bytes, 0 or more/],
    ['loss', 1, /loss.*cannot be 1: give a probability, from 0 to less than 1.*silent/],
    ['loss', 5, /0\.05 for 5 %/],
    ['loss', -0.1, /probability/],
    ['seed', 1.5, /seed.*give an integer/],
    ['seed', Number.NaN, /seed.*give an integer/],
  ])('%s %s', (property, value, message) => {
    const options = { [property]: value } as MemoryNetworkOptions;
    expect(() => createMemoryNetwork(options)).toThrow(RangeError);
    expect(() => createMemoryNetwork(options)).toThrow(message);
    if (property === 'seed') return;
    const { link } = createMemoryNetwork();
    const before = link[property as 'loss'];
    expect(() => (link[property as 'loss'] = value as number)).toThrow(message);
    expect(link[property as 'loss']).toBe(before);
  });

  test('what is in range is taken', () => {
    const { link } = createMemoryNetwork({ latency: 0.5, jitter: 0, bandwidth: Infinity, queue: 0, loss: 0, seed: -3 });
    expect([link.latency, link.bandwidth, link.queue, link.immediate]).toEqual([0.5, Infinity, 0, false]);
    link.latency = 0;
    expect(link.immediate).toBe(true);
    link.loss = 0.999;
    expect(link.immediate).toBe(false);
  });
});

test('a program sees loss and bandwidth as it would those of a network: datagrams by blocking calls', () => {
  const world = worldOf({ loss: 0.25, bandwidth: 100_000, latency: 10, seed: 21 });
  const { s: receiver, name } = world.boundUdp();
  const { s: sender } = world.boundUdp();
  const sent = 400;
  for (let index = 0; index < sent; index++) {
    const bytes = Buffer.from(String(index).padStart(4, '0'));
    expect(world.count(world.ws2.sendto(sender, bytes, bytes.length, 0, name, name.length))).toBe(4);
  }
  world.ws2.host.SleepEx(1000, false);
  world.nonBlocking(receiver);
  const got: number[] = [];
  for (let text = world.receive(receiver); typeof text === 'string'; text = world.receive(receiver))
    got.push(Number(text));
  expect(world.count(-1)).toBe(-WSAEWOULDBLOCK);
  expect(got.length).toBeGreaterThan(sent * 0.65);
  expect(got.length).toBeLessThan(sent * 0.85);
  expect(got).toEqual([...got].sort((left, right) => left - right));
  world.close();
});

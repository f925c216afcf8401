import { expect, test } from 'vitest';
import { Readiness, type SocketCore } from '../../../../dist/io/index.js';
import { seededRandom } from '../../../../dist/host/index.js';
import { createMemoryNetwork } from '../../../../dist/providers/memory/index.js';
import { SD_SEND, WSAECONNABORTED, WSAECONNREFUSED, WSAEWOULDBLOCK } from '../../../../dist/spi/index.js';
import { accept, FakeInstance, localName, nameOf, receive, send, sendTo, watch } from './fake-instance.js';

/** Two instances whose clocks have nothing to do with each other, moved together. */
function pair(options: Parameters<typeof createMemoryNetwork>[0]) {
  const network = createMemoryNetwork(options);
  const here = new FakeInstance(network, 1000);
  const there = new FakeInstance(network, 500_000, 2);
  const advance = (milliseconds: number): void => {
    for (let step = 0; step < milliseconds; step++) {
      here.advance(1);
      there.advance(1);
    }
    here.advance();
  };
  return { network, here, there, advance };
}

test('a connection takes one way to be seen by the listener and two by who asked for it', () => {
  const { network, here, there, advance } = pair({ latency: 30 });
  const { core: listener, name } = there.listener();
  const client = here.stream();
  expect(client.tryConnect(name, name.length)).toBe(WSAEWOULDBLOCK);
  advance(29);
  expect(listener.readiness).toBe(0);
  advance(1);
  expect(listener.readiness).toBe(Readiness.ACCEPTABLE);
  const server = accept(listener);
  send(server, 'banner');
  advance(29);
  expect(client.confirm(Readiness.CONNECTED)).toBe(0);
  advance(1);
  expect(client.readiness).toBe(Readiness.CONNECTED | Readiness.WRITABLE | Readiness.READABLE);
  expect(receive(client)).toBe('banner');

  send(client, 'bye');
  client.shutdown(SD_SEND);
  expect(client.unsent()).toBe(3);
  client.close();
  expect(receive(server)).toBe(-WSAEWOULDBLOCK);
  advance(30);
  expect([receive(server), receive(server)]).toEqual(['bye', '']);
  server.close();
  listener.close();
  expect(network.idle()).toBe(true);
});

test('a refusal takes two ways, and so does a reset that answers', () => {
  const { here, there, advance } = pair({ latency: 10 });
  const nowhere = nameOf('127.0.0.1', 9);
  const refused = here.stream();
  refused.tryConnect(nowhere, nowhere.length);
  here.advance(19);
  expect(refused.readiness).toBe(0);
  here.advance(1);
  expect(refused.error).toBe(WSAECONNREFUSED);

  const { core: listener, name } = there.listener();
  const client = here.stream();
  client.tryConnect(name, name.length);
  advance(10);
  const server = accept(listener);
  advance(10);
  server.close();
  expect(send(client, 'x')).toBe(1);
  advance(10);
  expect(client.readiness & Readiness.PEER_CLOSED).not.toBe(0);
  expect(client.readiness & Readiness.RESET).toBe(0);
  advance(10);
  expect(client.error).toBe(WSAECONNABORTED);
});

test('who hangs up while connecting leaves nothing behind', () => {
  for (const moment of [0, 10, 15]) {
    const { network, here, there, advance } = pair({ latency: 10 });
    const { core: listener, name } = there.listener();
    const client = here.stream();
    client.tryConnect(name, name.length);
    advance(moment);
    client.close();
    advance(50);
    listener.close();
    expect(network.idle()).toBe(true);
  }
});

test('jitter spreads arrivals, but nothing overtakes within a stream', () => {
  const { here, there, advance } = pair({ latency: 20, jitter: 50, seed: 7 });
  const { core: listener, name } = there.listener();
  const client = here.stream();
  client.tryConnect(name, name.length);
  advance(200);
  const server = accept(listener);
  const sent = Array.from({ length: 50 }, (_, index) => String.fromCharCode(65 + index));
  for (const letter of sent) {
    send(client, letter);
    advance(2);
  }
  const arrivals = watch(server);
  let got = String(receive(server));
  for (let turn = 0; turn < 100; turn++) {
    const moment = arrivals.length;
    advance(1);
    if (arrivals.length > moment) got += String(receive(server));
  }
  expect(got).toBe(sent.join(''));
  expect(arrivals.length).toBeGreaterThan(1);
});

test('jitter keeps the datagrams of each sender in order, and mixes senders', () => {
  const { network, here, there, advance } = pair({ latency: 5, jitter: 40, seed: 3 });
  const receiver = there.datagram();
  const address = nameOf('127.0.0.1', 7000);
  receiver.bind(address, address.length);
  const to = localName(receiver);
  const senders = [here.datagram(), here.datagram()];
  for (let index = 0; index < 26; index++) {
    sendTo(senders[0]!, String.fromCharCode(65 + index), to);
    sendTo(senders[1]!, String.fromCharCode(97 + index), to);
    advance(3);
  }
  advance(100);
  let got = '';
  for (let datagram = receive(receiver); typeof datagram === 'string'; datagram = receive(receiver)) got += datagram;
  expect(got.replace(/[a-z]/g, '')).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  expect(got.replace(/[A-Z]/g, '')).toBe('abcdefghijklmnopqrstuvwxyz');
  expect(got).not.toBe(Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i, 97 + i)).join(''));
  sendTo(senders[0]!, 'never arrives', to);
  for (const core of [receiver, ...senders]) core.close();
  expect(network.idle()).toBe(true);
});

test('the same seed gives the same arrivals', () => {
  const run = (seed: number): number[] => {
    const { here, there, advance } = pair({ latency: 1, jitter: 30, seed });
    const receiver = there.datagram();
    const address = nameOf('127.0.0.1', 7000);
    receiver.bind(address, address.length);
    const times: number[] = [];
    receiver.notice = { changed: () => void times.push(there.time) };
    const sender = here.datagram();
    for (let index = 0; index < 20; index++) {
      sendTo(sender, 'x', address);
      advance(5);
    }
    advance(50);
    return times;
  };
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
});

/** More than any stream of the test below sends, and of a period that no buffer's size has. */
const PATTERN = Uint8Array.from({ length: 1 << 23 }, (_, position) => (position * 31 + (position >>> 8)) % 251);

test.each([
  ['at once', {}],
  ['with latency and jitter', { latency: 3, jitter: 9 }],
])('random sends and receives of random sizes leave the streams whole (%s)', (_name, options) => {
  for (let seed = 1; seed <= 10; seed++) {
    const { network, here, there, advance } = pair({ ...options, seed });
    const random = seededRandom(seed);
    const pick = (most: number): number => Math.floor(random.next() ** 3 * most);
    const { core: listener, name } = there.listener();
    const client = here.stream();
    client.tryConnect(name, name.length);
    advance(50);
    const server = accept(listener);
    const directions = [
      { from: client, to: server, sent: 0, received: 0 },
      { from: server, to: client, sent: 0, received: 0 },
    ];
    const check = (direction: (typeof directions)[0], room: number): number => {
      const bufs = [new Uint8Array(room >> 1), new Uint8Array(room - (room >> 1))];
      const buffers = bufs.map((buf) => ({ buf, len: buf.length }));
      const got = direction.to.tryReceive(buffers, 2, 0, null);
      if (got <= 0) return got;
      const expected = PATTERN.subarray(direction.received, direction.received + got);
      if (!Buffer.concat(bufs).subarray(0, got).equals(expected)) throw new Error(`seed ${seed}: a wrong byte`);
      direction.received += got;
      return got;
    };
    for (let step = 0; step < 400; step++) {
      const direction = directions[pick(2.99) % 2]!;
      if (random.next() < 0.5) {
        const block = PATTERN.subarray(direction.sent, direction.sent + pick(40_000));
        const writable = (direction.from.confirm(Readiness.WRITABLE) & Readiness.WRITABLE) !== 0;
        const taken = send(direction.from, block);
        if (block.length > 0) expect(taken > 0).toBe(writable);
        if (taken > 0) direction.sent += taken;
      } else {
        const readable = (direction.to.readiness & Readiness.READABLE) !== 0;
        const room = 1 + pick(60_000);
        expect(check(direction, room) > 0).toBe(readable);
      }
      if (random.next() < 0.3) advance(pick(10));
    }
    const drain = (core: SocketCore): void => void core.shutdown(SD_SEND);
    drain(client);
    drain(server);
    advance(100);
    for (const direction of directions) {
      while (check(direction, 50_000) > 0);
      expect(direction.received).toBe(direction.sent);
      expect(direction.from.unsent()).toBe(0);
    }
    for (const core of [client, server, listener]) core.close();
    expect(network.idle()).toBe(true);
  }
});

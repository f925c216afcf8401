// What a program need not arrange before it is recorded: in which order its connections are answered, what time it is, who looked a name up.
import { expect, test } from 'vitest';
import { FIONREAD, ref, WSAECONNABORTED, type addrinfo } from 'ws2spi';
import type { World } from '../../../support/providers.js';
import { elsewhere, newRecording, recorded, replayed, writtenRecording } from '../../../support/recordings.js';

/** Two connections that are there at the same time; the second is answered first. */
const TWO = `1 connect tcp 192.0.2.7:80
2 connect tcp 192.0.2.7:80
1 > a
2 > b
2 < bb
1 < aa
1 > again
1 < once more
`;

function connected(world: World, port = 80): number {
  const s = world.streamSocket();
  expect(world.connect(s, elsewhere(port))).toBe(0);
  return s;
}

function waiting(world: World, s: number): number {
  const count = ref(0);
  expect(world.ws2.ioctlsocket(s, FIONREAD, count)).toBe(0);
  return count.value;
}

test('connections are answered in the order in which they were, whoever asks first', () => {
  replayed(writtenRecording(TWO), (world) => {
    const [first, second] = [connected(world), connected(world)];
    world.send(first, 'a');
    expect(waiting(world, first)).toBe(0);
    world.send(second, 'b');
    const began = world.now();
    expect(world.receiveAll(second, 2)).toBe('bb');
    expect(world.receiveAll(first, 2)).toBe('aa');
    expect(world.now()).toBe(began);
    // Nothing is held back any more, however long nobody asks.
    world.ws2.host.SleepEx(5000, true);
    world.send(first, 'again');
    expect(world.receiveAll(first, 9)).toBe('once more');
    expect(world.takeDefects()).toEqual([]);
  });
});

test('a connection that begins behind those that were recorded after it is answered at once', () => {
  const recording = `1 connect tcp 192.0.2.7:81
2 connect tcp 192.0.2.7:82
3 connect tcp 192.0.2.7:83
1 > a
1 < aa
2 > b
2 < bb
3 > c
3 < cc
`;
  replayed(writtenRecording(recording), (world) => {
    const [third, second] = [connected(world, 83), connected(world, 82)];
    const began = world.now();
    world.send(second, 'b');
    expect(world.receiveAll(second, 2)).toBe('bb');
    const first = connected(world, 81);
    world.send(first, 'a');
    expect(world.receiveAll(first, 2)).toBe('aa');
    world.send(third, 'c');
    expect(world.receiveAll(third, 2)).toBe('cc');
    expect(world.now()).toBe(began);
  });
});

test('an answer is not held back for long where another connection does not ask', () => {
  replayed(writtenRecording(TWO), (world) => {
    const [first, second] = [connected(world), connected(world)];
    world.send(first, 'a');
    const began = world.now();
    expect(world.receiveAll(first, 2)).toBe('aa');
    expect(world.now() - began).toBe(1000);
    world.send(first, 'again');
    expect(world.receiveAll(first, 9)).toBe('once more');
    world.send(second, 'b');
    expect(world.receiveAll(second, 2)).toBe('bb');
    expect(world.now() - began).toBe(1000);
  });
});

test('nobody is waited for who is not connected, has closed, or has said something else', () => {
  const alone = (world: World, before: (second: number) => void): void => {
    const first = connected(world);
    before(0);
    const began = world.now();
    world.send(first, 'a');
    expect(world.receiveAll(first, 2)).toBe('aa');
    expect(world.now()).toBe(began);
  };
  replayed(writtenRecording(TWO), (world) => alone(world, () => undefined));
  replayed(writtenRecording(TWO), (world) => alone(world, () => world.ws2.closesocket(connected(world))));
  replayed(writtenRecording(TWO), (world) => {
    alone(world, () => {
      const second = connected(world);
      world.send(second, 'c');
      expect(world.receive(second)).toBe(-WSAECONNABORTED);
    });
    expect(world.takeDefects()).toHaveLength(1);
  });
});

test('each is by itself where conversations may be played again', () => {
  replayed(
    writtenRecording(TWO),
    (world) => {
      const first = connected(world);
      connected(world);
      world.send(first, 'a');
      expect(waiting(world, first)).toBe(2);
    },
    { mode: 'longest' },
  );
});

test('the date of an answer of HTTP may be another one, cut as it may be', () => {
  const head = (date: string): string => `HTTP/1.1 200 OK\r\nDate: ${date}\r\nContent-Length: 2\r\n\r\nok`;
  const text = head('Sat, 28 Nov 2026 19:25:20 GMT').replaceAll('\r\n', '\\r\\n');
  const file = writtenRecording(`1 connect tcp 192.0.2.7:80\n1 > ${text}\n1 < thanks\n`);
  replayed(file, (world) => {
    const s = connected(world);
    for (const piece of head('Tue, 02 Feb 2027 01:02:03 GMT').match(/[^]{1,7}/g)!) world.send(s, piece);
    expect(world.receiveAll(s, 6)).toBe('thanks');
  });
  replayed(file, (world) => {
    const s = connected(world);
    world.send(s, head('yesterday'));
    expect(world.receive(s)).toBe(-WSAECONNABORTED);
    expect(world.takeDefects()[0]).toContain('Date: yesterday');
  });
});

test('a program that looked the name up itself, and connects to an address, is recorded with the name', () => {
  const text = recorded(newRecording(), (world) => {
    expect(world.ws2.getaddrinfo('LOCALHOST', null, null, ref<addrinfo | null>(null))).toBe(0);
    world.connectedPair();
  });
  expect(text).toMatch(/^\d connect tcp 127\.0\.0\.1:\d+ localhost$/m);
});

test('what came on a connection is written before the program speaks on another one, and before it connects', () => {
  const text = recorded(newRecording(), (world) => {
    const one = world.connectedPair();
    const two = world.connectedPair();
    world.send(one.client, 'one?');
    world.receive(one.server);
    world.send(one.server, '1');
    world.receive(one.client);
    world.send(two.client, 'two?');
    world.receive(two.server);
    world.send(two.server, '2');
    world.receive(two.client);
    world.connectedPair();
  });
  const order = text.split('\n').flatMap((line) => / connect|< [12]$|> \w+\?$/.exec(line)?.[0].slice(0, 8) ?? []);
  expect(order).toEqual([' connect', ' connect', '> one?', '< 1', '> two?', '< 2', ' connect']);
});

test('what came is written in the order in which it came, not in which it was asked for', () => {
  const text = recorded(newRecording(), (world) => {
    const one = world.connectedPair();
    const two = world.connectedPair();
    for (const { client } of [one, two]) world.send(client, 'asks');
    for (const { server, client } of [two, one]) {
      world.receive(server);
      world.send(server, server === one.server ? '1' : '2');
      world.receive(client);
    }
    world.connectedPair();
  });
  expect(text.split('\n').flatMap((line) => /< [12]$/.exec(line)?.[0] ?? [])).toEqual(['< 2', '< 1']);
});

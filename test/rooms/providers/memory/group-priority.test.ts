// Sockets of a group share what a link carries, and those of higher priority come first.
import { expect, test } from 'vitest';
import { join } from 'node:path';
import {
  AF_INET,
  SG_UNCONSTRAINED_GROUP,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  ref,
} from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { World } from '../../../support/providers.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

process.env['WS2SPI_GROUPS'] = join(temporaryFolder(), 'groups.json');

/** Bytes per second: a kilobyte takes a second. */
const BANDWIDTH = 1000;

interface Rig {
  readonly world: World;
  /** Opens a socket of the group, with a priority. */
  member(priority: number, type?: number): number;
  /** A connection of the group, and its other end. */
  connection(priority: number): { client: number; server: number };
}

/** Runs on a network whose link is narrow. */
function onNarrowLink(body: (rig: Rig) => void): () => void {
  return () => {
    const network = createMemoryNetwork({ bandwidth: BANDWIDTH });
    const world = new World('memory', undefined, { network });
    let group = SG_UNCONSTRAINED_GROUP as number;
    const member = (priority: number, type: number = SOCK_STREAM): number => {
      const s = world.track(world.ws2.WSASocket(AF_INET, type, 0, null, group, WSA_FLAG_OVERLAPPED));
      const value = new Uint8Array(4);
      world.ws2.getsockopt(s, SOL_SOCKET, SO_GROUP_ID, value, ref(4));
      group = new DataView(value.buffer).getUint32(0, true);
      const wanted = new Uint8Array(new Int32Array([priority]).buffer);
      expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_GROUP_PRIORITY, wanted, 4))).toBe(0);
      return s;
    };
    const { s: listener, name } = world.listener();
    const connection = (priority: number): { client: number; server: number } => {
      const client = member(priority);
      expect(world.connect(client, name)).toBe(0);
      return { client, server: world.accept(listener) };
    };
    body({ world, member, connection });
    world.close();
  };
}

/** When, in milliseconds from now, each socket has received so many bytes. */
function arrivals(world: World, ends: readonly (readonly [s: number, bytes: number])[]): number[] {
  const start = world.now();
  const done = ends.map(() => -1);
  const got = ends.map(() => 0);
  for (const [s] of ends) world.nonBlocking(s);
  world.until(() => {
    for (const [at, [s, bytes]] of ends.entries()) {
      for (let text = world.receive(s, 4096); typeof text === 'string' && text !== ''; text = world.receive(s, 4096))
        got[at]! += text.length;
      if (done[at]! < 0 && got[at]! >= bytes) done[at] = world.now() - start;
    }
    return done.every((time) => time >= 0);
  });
  return done;
}

const bytes = (count: number): Uint8Array => new Uint8Array(count).fill(120);

test(
  'the higher priority is sent first, though it was given later',
  onNarrowLink(({ world, connection }) => {
    const [low, high] = [connection(5), connection(1)];
    world.send(low.client, bytes(1460));
    world.send(low.client, bytes(1460));
    world.send(high.client, bytes(1000));
    // What was on the link already is not taken back.
    expect(
      arrivals(world, [
        [low.server, 2920],
        [high.server, 1000],
      ]),
    ).toEqual([3920, 2460]);
  }),
);

test(
  'equal priorities are served in the order of sending, over one and the same bandwidth',
  onNarrowLink(({ world, connection }) => {
    const [one, two] = [connection(0), connection(0)];
    world.send(one.client, bytes(1000));
    world.send(two.client, bytes(500));
    expect(
      arrivals(world, [
        [one.server, 1000],
        [two.server, 500],
      ]),
    ).toEqual([1000, 1500]);
  }),
);

test(
  'a priority that changes counts for what waits already',
  onNarrowLink(({ world, connection }) => {
    const [one, two, three] = [connection(1), connection(2), connection(3)];
    for (const { client } of [one, two, three]) world.send(client, bytes(1000));
    const value = new Uint8Array(4);
    world.ws2.setsockopt(three.client, SOL_SOCKET, SO_GROUP_PRIORITY, value, 4);
    expect(
      arrivals(
        world,
        [one, two, three].map(({ server }) => [server, 1000] as const),
      ),
    ).toEqual([1000, 3000, 2000]);
  }),
);

test(
  'datagrams are ordered with streams, and only too many of the low ones are lost',
  onNarrowLink(({ world, member, connection }) => {
    world.network!.link.queue = 1000;
    const { s: receiver, name } = world.boundUdp();
    const stream = connection(1);
    const [low, high] = [member(2, SOCK_DGRAM), member(0, SOCK_DGRAM)];
    const send = (s: number, text: string): void => {
      expect(world.count(world.ws2.sendto(s, Buffer.from(text.padEnd(500)), 500, 0, name, name.length))).toBe(500);
    };
    world.send(stream.client, bytes(500));
    for (const text of ['low 1', 'low 2', 'low 3', 'low 4']) send(low, text);
    send(high, 'high');
    const texts: string[] = [];
    for (let count = 0; count < 3; count++) texts.push((world.receive(receiver) as string).trim());
    expect(texts).toEqual(['high', 'low 1', 'low 2']);
    expect(world.now()).toBeGreaterThanOrEqual(2000);
    world.nonBlocking(receiver);
    expect(world.receive(receiver)).toBeLessThan(0);
  }),
);

test(
  'sockets that are in no group, or in another, have bandwidth of their own',
  onNarrowLink(({ world, connection }) => {
    const grouped = connection(9);
    const { client, server } = world.connectedPair();
    world.send(client, bytes(1000));
    world.send(grouped.client, bytes(1000));
    expect(
      arrivals(world, [
        [server, 1000],
        [grouped.server, 1000],
      ]),
    ).toEqual([1000, 1000]);
  }),
);

test(
  'what a socket that is closed has sent still leaves in its turn, and one that is reset leaves nothing',
  onNarrowLink(({ world, connection }) => {
    const [first, second, third] = [connection(0), connection(1), connection(2)];
    for (const { client } of [first, second, third]) world.send(client, bytes(1000));
    world.ws2.closesocket(first.client);
    // With a receiver that is gone there is nobody to send to.
    world.ws2.closesocket(second.server);
    expect(
      arrivals(world, [
        [first.server, 1000],
        [third.server, 1000],
      ]),
    ).toEqual([1000, 2000]);
    expect(world.receive(first.server)).toBe('');
  }),
);

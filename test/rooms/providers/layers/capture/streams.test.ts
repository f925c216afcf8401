// Captures of connections, as tshark reads them.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import {
  AF_INET,
  FIONBIO,
  INVALID_SOCKET,
  ref,
  SD_SEND,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
  WSAECONNREFUSED,
  WSAECONNRESET,
} from 'ws2spi';
import { defineLayer, identity } from 'ws2spi/chain';
import { capture, type CaptureLayer, type CaptureOptions } from 'ws2spi/providers/layers/capture';
import { compression } from 'ws2spi/providers/layers/compression';
import { describeOnEveryProvider, type World } from '../../../../support/providers.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { contentsOf, faultsOf, followStream, packetsOf, tshark, type Packet } from '../../../../support/tshark.js';

const folder = temporaryFolder();
let files = 0;

/** A capture that a world's sockets are opened on. */
function capturing(world: World, options: Partial<CaptureOptions> = {}): { file: string; layer: CaptureLayer } {
  const file = join(folder, `${++files}.pcapng`);
  const layer = capture({ file, ...options });
  world.stack([layer], true);
  return { file, layer };
}

/** The packets of a file, with none of which anything is wrong. */
function cleanPackets(file: string): Packet[] {
  const packets = packetsOf(file);
  expect(faultsOf(packets)).toEqual([]);
  return packets;
}

/** Sends all of it, while the other end receives; returns what that got. */
function transfer(world: World, from: number, to: number, bytes: Uint8Array): Buffer {
  const { ws2 } = world;
  ws2.ioctlsocket(from, FIONBIO, ref(1));
  ws2.ioctlsocket(to, FIONBIO, ref(1));
  const got: Buffer[] = [];
  let sent = 0;
  let received = 0;
  while (received < bytes.length) {
    const rest = bytes.subarray(sent);
    const count = rest.length === 0 ? 0 : ws2.send(from, rest, rest.length, 0);
    if (count > 0) sent += count;
    const room = Buffer.alloc(100_000);
    const length = ws2.recv(to, room, room.length, 0);
    if (length > 0) got.push(room.subarray(0, length));
    received += Math.max(length, 0);
    world.settle();
  }
  ws2.ioctlsocket(from, FIONBIO, ref(0));
  ws2.ioctlsocket(to, FIONBIO, ref(0));
  return Buffer.concat(got);
}

describe.skipIf(withoutServer('tshark').skip)('a capture of connections', () => {
  describeOnEveryProvider('as tshark reads it', (on) => {
    on.onEveryFamily('shows handshake, data, acknowledgements and ends, with the real names', (world, family) => {
      const { file, layer } = capturing(world);
      const { client, server } = world.connectedPair(family);
      world.send(client, 'question');
      expect(world.receive(server)).toBe('question');
      world.send(server, 'answer');
      expect(world.receive(client)).toBe('answer');
      expect(world.code(world.ws2.closesocket(client))).toBe(0);
      expect(world.receive(server)).toBe('');
      world.ws2.closesocket(server);
      layer.stop();
      const packets = cleanPackets(file);
      const host = family === AF_INET ? '127.0.0.1' : '::1';
      const [first] = packets;
      expect(first!.source.startsWith(`${host} `)).toBe(true);
      expect(first!.comment).toMatch(/^capture: socket \d+ of .* connects$/);
      const to = first!.destination;
      expect(packets.map(({ flags, length, source }) => `${source === to ? '←' : '→'} ${flags} ${length}`)).toEqual([
        '→ S 0',
        '← AS 0',
        '→ A 0',
        '→ AP 8',
        '← AP 6',
        '→ AF 0',
        '← A 0',
        '← AF 0',
        '→ A 0',
      ]);
      expect(contentsOf(packets, 0)).toEqual(['question', 'answer']);
    });

    on.it('has each stream of several, byte for byte', (world) => {
      const { file, layer } = capturing(world);
      const pairs = Array.from({ length: 5 }, () => world.connectedPair());
      const sent = pairs.map((_, at) => [randomBytes(300_000 + at * 70_001), randomBytes(at * 1000 + 1)] as const);
      pairs.forEach(({ client, server }, at) => {
        const [request, answer] = sent[at]!;
        expect(transfer(world, client, server, request).equals(request)).toBe(true);
        expect(transfer(world, server, client, answer).equals(answer)).toBe(true);
      });
      for (const { client, server } of pairs) {
        world.ws2.closesocket(client);
        world.ws2.closesocket(server);
      }
      layer.stop();
      const packets = cleanPackets(file);
      sent.forEach(([request, answer], at) => {
        const [got, gotBack] = contentsOf(packets, at);
        expect(got).toBe(request.toString('latin1'));
        expect(gotBack).toBe(answer.toString('latin1'));
      });
      expect(new Set(packets.map(({ stream }) => stream)).size).toBe(5);
      const last = followStream(file, 4);
      expect(last[0].equals(sent[4]![0]) && last[1].equals(sent[4]![1])).toBe(true);
    });

    on.it('shows one end alone where the other is not captured', (world) => {
      const plain = world.tcpSocket();
      world.ws2.bind(plain, world.freeName(), 16);
      world.ws2.listen(plain, 5);
      const { file, layer } = capturing(world);
      const client = world.tcpSocket();
      expect(world.connect(client, world.nameOf(plain))).toBe(0);
      const server = world.accept(plain);
      world.send(client, 'question');
      expect(world.receive(server)).toBe('question');
      world.send(server, 'answer');
      world.ws2.shutdown(server, SD_SEND);
      expect(world.receive(client)).toBe('answer');
      expect(world.receive(client)).toBe('');
      world.ws2.closesocket(client);
      layer.stop();
      const packets = cleanPackets(file);
      expect(packets.map(({ flags, direction }) => `${flags} ${direction}`)).toEqual([
        'S 2',
        'AS 1',
        'A 2',
        'AP 2',
        'AP 1',
        'AF 1',
        'A 2',
        'AF 2',
        'A 1',
      ]);
      expect(contentsOf(packets, 0)).toEqual(['question', 'answer']);
    });

    on.it('has an interface for each place, and streams that do not mix', (world) => {
      const file = join(folder, `${++files}.pcapng`);
      const layers = [capture({ file }), compression(), capture({ file })];
      world.stack(layers);
      const { client, server } = world.connectedPair();
      const text = 'to be compressed '.repeat(1000);
      world.send(client, text);
      expect(world.receiveAll(server, text.length)).toBe(text);
      world.ws2.closesocket(client);
      world.ws2.closesocket(server);
      world.settle();
      for (const each of [layers[0], layers[2]]) (each as CaptureLayer).stop();
      const packets = cleanPackets(file);
      const streamOf = (place: string) =>
        new Set(packets.filter((packet) => packet.interface === place).map(({ stream }) => stream));
      expect(new Set(packets.map((packet) => packet.interface))).toEqual(
        new Set(['capture above compression', 'capture below compression']),
      );
      const [above] = streamOf('capture above compression');
      const [below] = streamOf('capture below compression');
      expect(above).not.toBe(below);
      expect(contentsOf(packets, above!)[0]).toBe(text);
      expect(contentsOf(packets, below!)[0].length).toBeLessThan(1000);
      const ports = packets.filter(({ flags }) => flags === 'S').map(({ source }) => source);
      expect(new Set(ports).size).toBe(2);
      expect(packets.find((packet) => packet.interface === 'capture above compression')!.comment).toMatch(
        /127\.0\.0\.1:\d+ stands for 127\.0\.0\.1:\d+, which is shown elsewhere$/,
      );
    });

    on.it('begins in the middle of what was there before it was started, and ends where it is stopped', (world) => {
      const { file, layer } = capturing(world, { enabled: false });
      const { client, server } = world.connectedPair();
      world.send(client, 'before');
      expect(world.receive(server)).toBe('before');
      expect(layer.isCapturing).toBe(false);
      layer.start();
      world.send(client, 'while');
      expect(world.receive(server)).toBe('while');
      world.send(server, 'back');
      expect(world.receive(client)).toBe('back');
      layer.stop();
      world.send(client, 'after');
      expect(world.receive(server)).toBe('after');
      expect(
        cleanPackets(file).map(({ flags, payload }) => `${flags} ${Buffer.from(payload, 'hex').toString()}`),
      ).toEqual(['AP while', 'AP back']);
      layer.start();
      world.send(client, 'again');
      layer.stop();
      expect(cleanPackets(file).map(({ payload }) => Buffer.from(payload, 'hex').toString())).toEqual([
        'while',
        'back',
        'again',
      ]);
    });

    on.it('keeps headers alone if told so, and says how long the contents were', (world) => {
      const { file, layer } = capturing(world, { snaplen: 0 });
      const { client, server } = world.connectedPair();
      world.send(client, 'a secret');
      expect(world.receive(server)).toBe('a secret');
      layer.stop();
      expect(readFileSync(file).includes('secret')).toBe(false);
      expect(cleanPackets(file).map(({ length }) => length)).toEqual([0, 0, 0, 8]);
    });

    on.it('shows a refused connect, and resets from both sides', (world) => {
      const { file, layer } = capturing(world);
      expect(world.connect(world.tcpSocket(), world.closedPort())).toBe(WSAECONNREFUSED);
      const { client, server } = world.connectedPair();
      world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0), 4);
      world.ws2.closesocket(client);
      world.until(() => true);
      expect(world.receive(server)).toBe(-WSAECONNRESET);
      layer.stop();
      expect(cleanPackets(file).map(({ stream, flags }) => `${stream} ${flags}`)).toEqual([
        '0 S',
        '0 AR',
        '1 S',
        '1 AS',
        '1 A',
        '1 AR',
      ]);
    });

    on.it('says which name an address was found by', (world) => {
      const { file, layer } = capturing(world);
      const { s: listener } = world.listener();
      const entry = world.entryOf(AF_INET, SOCK_STREAM)!;
      const client = world.ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
      expect(client).not.toBe(INVALID_SOCKET);
      const port = String(world.portOf(listener));
      expect(
        world.code(world.ws2.WSAConnectByName(client, 'localhost', port, null, null, null, null, null, null)),
      ).toBe(0);
      world.ws2.closesocket(client);
      layer.stop();
      const shown = tshark(
        file,
        '-N',
        'n',
        '-o',
        'nameres.use_external_name_resolver:FALSE',
        '-T',
        'fields',
        '-e',
        'ip.dst_host',
      );
      expect(shown).toContain('localhost');
    });

    on.it('changes nothing of what goes wrong at other layers, and captures what they do', (world) => {
      const file = join(folder, `${++files}.pcapng`);
      const layer = capture({ file, name: 'eye' });
      world.stack([
        defineLayer({ name: 'codec', codec: identity }),
        layer,
        defineLayer({ name: 'other', codec: identity }),
      ]);
      const { client, server } = world.connectedPair();
      world.send(client, 'through');
      expect(world.receive(server)).toBe('through');
      world.ws2.closesocket(client);
      expect(world.receive(server)).toBe('');
      world.ws2.closesocket(server);
      world.settle();
      layer.stop();
      const packets = cleanPackets(file);
      expect(packets[0]!.interface).toBe('eye above other');
      expect(contentsOf(packets, 0)).toEqual(['through', '']);
    });
  });
});

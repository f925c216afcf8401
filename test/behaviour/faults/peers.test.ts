import { describe, expect } from 'vitest';
import {
  INSTANCE,
  LINGER,
  ref,
  SD_BOTH,
  SD_SEND,
  SO_LINGER,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SOL_SOCKET,
  WSA_IO_INCOMPLETE,
  WSA_IO_PENDING,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryProvider, type World } from '../../support/providers.js';
import { MODELS, type Receiver } from './models.js';

function text(got: Uint8Array | number): string | number {
  return typeof got === 'number' ? got : Buffer.from(got).toString('latin1');
}

/** Everything up to the end of the stream, or the error it ends in. */
function drain(receive: Receiver, most = 4096): { bytes: Buffer; error: number } {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const got = receive(most);
    if (typeof got === 'number') return { bytes: Buffer.concat(pieces), error: -got };
    if (got.length === 0) return { bytes: Buffer.concat(pieces), error: 0 };
    pieces.push(got);
  }
}

function reset(world: World, s: number): void {
  const value = LINGER.encode({ l_onoff: 1, l_linger: 0 });
  expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_LINGER, value, 4))).toBe(0);
  expect(world.code(world.ws2.closesocket(s))).toBe(0);
}

function setOption(world: World, s: number, optname: number, number: number): void {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, number, true);
  expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, optname, value, 4))).toBe(0);
}

/** A connection that holds little, so that a sender soon finds no room. */
function narrowPair(world: World): { client: number; server: number } {
  const pair = world.connectedPair();
  setOption(world, pair.client, SO_SNDBUF, 65_536);
  setOption(world, pair.server, SO_RCVBUF, 65_536);
  return pair;
}

const PATTERN = Buffer.from(Uint8Array.from({ length: 2_000_003 }, (_, at) => (at * 31 + (at >>> 8)) % 251));

/** Sends of a pattern whatever there is room for now. Returns the new position. */
function pour(world: World, s: number, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const got = world.send(s, PATTERN.subarray(at, Math.min(to, at + 60_000)));
    if (got === -WSAEWOULDBLOCK) break;
    if (got <= 0) throw new Error(`send: ${got}`);
    at += got;
  }
  return at;
}

describeOnEveryProvider('a peer', (on) => {
  describe.each(MODELS)('of a socket used $name', (model) => {
    on.it('that resets is told of at every receive and send from then on', (world) => {
      const { client, server } = world.connectedPair();
      const receive = model.receiver(world, server);
      reset(world, client);
      expect(text(receive(10))).toBe(-WSAECONNRESET);
      expect(text(receive(10))).toBe(-WSAECONNRESET);
      expect([-WSAECONNRESET, -WSAECONNABORTED]).toContain(world.send(server, 'anybody?'));
    });

    on.it('that resets while a receive waits ends the wait', (world) => {
      const { client, server } = world.connectedPair();
      const receive = model.receiver(world, server);
      world.ws2[INSTANCE].providerHost.setTimer(world.now() + 20, () => reset(world, client));
      expect(text(receive(10))).toBe(-WSAECONNRESET);
    });

    on.it('that ends its side can be answered', (world) => {
      const { client, server } = world.connectedPair();
      const receive = model.receiver(world, server);
      world.send(client, 'last words');
      expect(world.code(world.ws2.shutdown(client, SD_SEND))).toBe(0);
      const { bytes, error } = drain(receive, 4);
      expect([bytes.toString(), error]).toEqual(['last words', 0]);
      expect(text(receive(4))).toBe('');
      expect(world.send(server, 'the answer')).toBe(10);
      expect(world.receiveAll(client, 10)).toBe('the answer');
      expect(world.code(world.ws2.shutdown(server, SD_BOTH))).toBe(0);
      expect(world.receive(client)).toBe('');
    });

    on.it('that floods loses nothing, and keeps nobody else from being served', (world) => {
      const { client, server, listener } = world.connectedPair();
      const receive = model.receiver(world, server);
      const quiet = world.tcpSocket();
      expect(world.connect(quiet, world.nameOf(listener))).toBe(0);
      const other = world.accept(listener);
      const receiveOther = model.receiver(world, other);
      world.nonBlocking(client);
      let sent = 0;
      let received = 0;
      for (let round = 0; received < PATTERN.length; round++) {
        sent = pour(world, client, sent, PATTERN.length);
        if (round % 8 === 0) {
          world.send(quiet, 'me too');
          expect(text(receiveOther(6))).toBe('me too');
        }
        // Slower than the flood: what is behind has to wait with the sender.
        for (let times = 0; times < 4 && received < sent; times++) {
          const got = receive(50_000);
          if (typeof got === 'number') throw new Error(`recv: ${got}`);
          expect(PATTERN.subarray(received, received + got.length).equals(got)).toBe(true);
          received += got.length;
        }
      }
      expect(received).toBe(PATTERN.length);
    });
  });

  on.it('that stalls lets a blocking send and a blocking receive run into their time', (world) => {
    const { client, server } = narrowPair(world);
    setOption(world, client, SO_SNDTIMEO, 50);
    setOption(world, client, SO_RCVTIMEO, 50);
    expect(world.receive(client)).toBe(-WSAETIMEDOUT);
    // What went out is counted; then nothing does any more.
    const sent = world.send(client, PATTERN);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(PATTERN.length);
    expect(world.send(client, PATTERN)).toBe(-WSAETIMEDOUT);
    const all = Buffer.from(world.receiveAll(server, sent), 'latin1');
    expect(all.equals(PATTERN.subarray(0, sent))).toBe(true);
    expect(world.send(client, 'again')).toBe(5);
    expect(world.receiveAll(server, 5)).toBe('again');
  });

  on.it('that stalls has a non-blocking sender told of room once it reads', (world) => {
    const { client, server } = narrowPair(world);
    const event = world.event();
    world.eventSelect(client, event, 2);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    const sent = pour(world, client, 0, PATTERN.length);
    expect(sent).toBeLessThan(PATTERN.length);
    expect(world.networkEvents(client, event)).toEqual({});
    const all = Buffer.from(world.receiveAll(server, sent), 'latin1');
    expect(all.equals(PATTERN.subarray(0, sent))).toBe(true);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    expect(pour(world, client, sent, sent + 100)).toBe(sent + 100);
  });

  on.it('that stalls keeps overlapped sends waiting, in order, and has them end when it reads', (world) => {
    const { client, server } = narrowPair(world);
    const sends = Array.from({ length: 4 }, (_, index) => {
      const overlapped = new WSAOVERLAPPED();
      const bytes = PATTERN.subarray(index * 500_000, (index + 1) * 500_000);
      const code = world.code(world.ws2.WSASend(client, [buffer(bytes)], 1, null, 0, overlapped, null));
      expect([0, WSA_IO_PENDING]).toContain(code);
      return overlapped;
    });
    const outcome = (overlapped: WSAOVERLAPPED): number =>
      world.code(world.ws2.WSAGetOverlappedResult(client, overlapped, ref(0), false, ref(0)));
    expect(outcome(sends[3]!)).toBe(WSA_IO_INCOMPLETE);
    const all = Buffer.from(world.receiveAll(server, 2_000_000), 'latin1');
    expect(all.equals(PATTERN.subarray(0, 2_000_000))).toBe(true);
    world.until(() => sends[3]!.Internal !== 0x103);
    expect(sends.map((each) => [outcome(each), each.InternalHigh])).toEqual(sends.map(() => [0, 500_000]));
  });

  on.it('that resets has waiting overlapped operations of both directions fail, each once', (world) => {
    const { client, server } = narrowPair(world);
    const ends: [string, number, number][] = [];
    const receive = (name: string) =>
      world.ws2.WSARecv(client, [buffer(10)], 1, null, ref(0), new WSAOVERLAPPED(), (error, bytes) => {
        ends.push([name, error, bytes]);
      });
    expect(world.code(receive('first'))).toBe(WSA_IO_PENDING);
    expect(world.code(receive('second'))).toBe(WSA_IO_PENDING);
    let code = 0;
    for (let index = 0; index < 10 && code === 0; index++) {
      code = world.code(
        world.ws2.WSASend(client, [buffer(PATTERN)], 1, null, 0, new WSAOVERLAPPED(), (error) => {
          if (error !== 0) ends.push(['send', error, 0]);
        }),
      );
    }
    expect(code).toBe(WSA_IO_PENDING);
    reset(world, server);
    world.until(() => (world.ws2.host.SleepEx(0, true), ends.length >= 3));
    expect(ends.filter(([name]) => name !== 'send')).toEqual([
      ['first', WSAECONNRESET, 0],
      ['second', WSAECONNRESET, 0],
    ]);
    expect(ends.filter(([name]) => name === 'send')).toEqual([['send', WSAECONNRESET, 0]]);
    for (let round = 0; round < 3; round++) world.ws2.host.SleepEx(0, true);
    expect(ends).toHaveLength(3);
  });
});

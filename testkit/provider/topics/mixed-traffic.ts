import { ref, SD_SEND, seededRandom, WSA_IO_PENDING, WSAEWOULDBLOCK, WSAOVERLAPPED } from '../../../index.js';
import { expect } from '../expectation.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

const TOTAL = 1_500_000;

/** One direction of a connection: what is sent, and what is expected, by position. */
class Direction {
  sent = 0;
  received = 0;
  pending: { overlapped: WSAOVERLAPPED; buf: Uint8Array } | null = null;

  constructor(
    readonly from: number,
    readonly to: number,
    readonly key: number,
  ) {}

  byteAt(position: number): number {
    return (position * this.key + (position >> 7)) & 0xff;
  }

  check(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== this.byteAt(this.received + i)) {
        throw new Error(`byte ${this.received + i} is ${bytes[i]}, not ${this.byteAt(this.received + i)}`);
      }
    }
    this.received += bytes.length;
  }
}

function send(world: ProviderWorld, direction: Direction, sizes: number[]): void {
  let position = direction.sent;
  const buffers = sizes.map((size) => {
    const len = Math.min(size, TOTAL - position);
    const buf = new Uint8Array(len).map((_, index) => direction.byteAt(position + index));
    position += len;
    return { len, buf };
  });
  const bytes = ref(0);
  if (world.ws2.WSASend(direction.from, buffers, buffers.length, bytes, 0, null, null) === 0) {
    direction.sent += bytes.value;
    // What was taken is the provider's: the buffers may be used again.
    for (const { buf } of buffers) buf.fill(0);
  } else expect(world.ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
}

function receive(world: ProviderWorld, direction: Direction, sizes: number[], overlapped: boolean): void {
  if (direction.pending !== null) {
    const { overlapped: operation, buf } = direction.pending;
    if (operation.Internal === 0x103) return;
    direction.pending = null;
    return direction.check(buf.subarray(0, operation.InternalHigh));
  }
  const all = new Uint8Array(sizes.reduce((sum, size) => sum + size));
  let at = 0;
  const buffers = sizes.map((len) => ({ len, buf: all.subarray(at, (at += len)) }));
  const bytes = ref(0);
  const operation = overlapped ? new WSAOVERLAPPED() : null;
  const code = world.code(world.ws2.WSARecv(direction.to, buffers, buffers.length, bytes, ref(0), operation, null));
  if (code === 0) direction.check(all.subarray(0, bytes.value));
  else if (code === WSA_IO_PENDING) direction.pending = { overlapped: operation!, buf: all };
  else expect(code).toBe(WSAEWOULDBLOCK);
}

/** What programs rely on: mixed traffic. */
export const mixedTraffic = topic('mixed traffic', [], (on) => {
  for (const seed of [1, 2, 3]) {
    on.it(`both ways at once, in pieces of any size, arrives as it was sent (seed ${seed})`, (world) => {
      const random = seededRandom(seed);
      const below = (limit: number): number => Math.floor(random.next() * limit);
      const size = (): number => Math.max(1, below(random.next() < 0.5 ? 100 : 120_000));
      const pieces = (): number[] => Array.from({ length: 1 + below(3) }, size);
      const { client, server } = world.connectedPair();
      world.nonBlocking(client);
      world.nonBlocking(server);
      const directions = [new Direction(client, server, 7), new Direction(server, client, 31)];
      for (let step = 0; directions.some(({ received }) => received < TOTAL); step++) {
        if (step > 100_000) throw new Error('traffic stands still');
        const direction = directions[below(2)]!;
        if (random.next() < 0.5 && direction.sent < TOTAL) send(world, direction, pieces());
        else receive(world, direction, pieces(), random.next() < 0.3);
        if (random.next() < 0.3) world.settle();
      }
      expect(directions.map(({ sent, received }) => [sent, received])).toEqual([
        [TOTAL, TOTAL],
        [TOTAL, TOTAL],
      ]);
      for (const s of [client, server]) expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(0);
    });
  }
});

// AFD's descriptor set over a kernel of the test's own: what is told of sockets, and that nothing is missed. As a request begins, the kernel clears the
// event that is to be set by it, as Windows' does; and its pool thread comes too late.
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PollEvents } from 'ws2spi/platform';
import { pinMemory } from '../../../dist/platform/native-memory.js';
import { AfdSet } from '../../../dist/platform/windows/afd-set.js';
import type { Winsock } from '../../../dist/platform/windows/functions.js';

const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
const EVENT = 77;
const RECEIVE = 1;
const SEND = 4;
const DISCONNECT = 8;
const ABORT = 0x10;
const LOCAL_CLOSE = 0x20;
const STATUS_PENDING = 0x103;
const [BATCH_EVENTS, ENTRY_INTS] = [256, 8];

interface Request {
  readonly block: Int32Array;
  readonly context: number;
}

/** What holds of each socket. */
const sockets = new Map<number, number>();
let pending: Request[] = [];
/** What lies in the completion port: the numbers of requests. */
let port: number[] = [];
/** The event is set, and nobody has taken that yet. */
let signalled = false;

const memory = (address: number, size: number): Int32Array => new Int32Array(koffi.view(BigInt(address), size));
const pinned: unknown[] = [];
function allocate(size: number): number {
  const piece = pinMemory(size);
  pinned.push(piece);
  return piece.address;
}

/** Has the requests come back that have something to tell. */
function complete(): void {
  for (const request of [...pending]) {
    const { block, context } = request;
    const found = block[10]! & sockets.get(block[8]!)!;
    if (found === 0) continue;
    pending = pending.filter((other) => other !== request);
    [block[0], block[6], block[10]] = [0, 1, found];
    signalled = true;
    port.push(context);
  }
}

const kernel = {
  NtCreateFile: () => 0,
  CreateIoCompletionPort: () => 4,
  CloseHandle: () => 1,
  NtCancelIoFileEx: () => 0,
  RtlGetNtProductType: () => 0,
  VirtualAlloc: (_: number, size: number) => allocate(size),
  NtDeviceIoControlFile(_: number, event: number, __: number, context: number, address: number) {
    if (event !== 0) signalled = false;
    const block = memory(address, 64);
    if (block[4] === 0) {
      const holds = block[10]! & sockets.get(block[8]!)!;
      [block[0], block[6], block[10]] = [0, holds === 0 ? 0 : 1, holds];
      return 0;
    }
    pending.push({ block, context });
    complete();
    return STATUS_PENDING;
  },
  GetQueuedCompletionStatusEx(_: number, entries: number, most: number, count: number) {
    const taken = port.splice(0, most);
    const ints = memory(entries, BATCH_EVENTS * ENTRY_INTS * 4);
    taken.forEach((context, index) => ints.set([0, 0, context, 0], index * ENTRY_INTS));
    memory(count, 4)[0] = taken.length;
    return taken.length > 0 ? 1 : 0;
  },
} as unknown as Winsock;

function becomes(socket: number, events: number): void {
  sockets.set(socket, events);
  complete();
}

const nothing = (): void => undefined;
const bell = { event: EVENT, ref: nothing, unref: nothing, close: nothing };
const batch = new Int32Array(3 * BATCH_EVENTS);
let set: AfdSet;
let onReadable: () => void;

/** What the set finds at once: the events by the number of the slot. */
function found(): Record<number, number> {
  const count = set.wait(0, batch, 0);
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [batch[index * 3]!, batch[index * 3 + 2]!]));
}

/** The pool thread, which takes what it was rung for. */
function poolThreadComes(): void {
  if (signalled) onReadable();
  signalled = false;
}

/** Two rounds of the event loop. */
async function rounds(): Promise<void> {
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  sockets.clear();
  [pending, port, signalled, onReadable] = [[], [], false, nothing];
  set = new AfdSet(() => onReadable(), kernel, bell);
  for (const [slot, socket] of [4, 8].entries()) {
    becomes(socket, SEND);
    set.add(socket, slot, 0);
  }
  expect(found()).toEqual({ 0: PollEvents.OUT, 1: PollEvents.OUT });
  becomes(8, 0);
});
afterEach(() => set.close());

describe('A socket that somebody else has closed', () => {
  test('is told of, by each of the requests that the kernel gives back, where a wait would last for ever', () => {
    becomes(4, LOCAL_CLOSE);
    expect(found()).toEqual({ 0: PollEvents.GONE });
    set.remove(4);
    expect(found()).toEqual({});
  });

  test('is nobody’s matter any more once it was taken from the set, as before each close of its owner’s', () => {
    set.remove(4);
    becomes(4, LOCAL_CLOSE);
    expect(found()).toEqual({});
  });
});

describe('A ring that a request has taken from the pool thread', () => {
  test('is made up for: what came is found all the same', async () => {
    await rounds();
    const told: Record<number, number>[] = [];
    onReadable = () => void told.push(found());
    becomes(4, RECEIVE);
    set.filled(8);
    poolThreadComes();
    expect(told).toEqual([]);
    await rounds();
    expect(told).toEqual([{ 0: PollEvents.IN }]);
  });

  test('is not missed where somebody has looked since: the event loop is spared the way', async () => {
    await rounds();
    let calls = 0;
    onReadable = () => void calls++;
    becomes(4, RECEIVE);
    set.filled(8);
    expect(found()).toEqual({ 0: PollEvents.IN });
    await rounds();
    expect(calls).toBe(0);
  });

  test('is made up for as often as requests are made, and by nothing while none is', async () => {
    await rounds();
    let calls = 0;
    onReadable = () => {
      calls++;
      found();
      if (calls < 3) {
        becomes(8, SEND);
        found();
        becomes(8, 0);
        set.filled(8);
      }
    };
    becomes(8, SEND);
    set.filled(8);
    for (let turn = 0; turn < 5; turn++) await rounds();
    expect(calls).toBe(3);
  });

  test('is nobody’s any more once the set has left the event loop', async () => {
    await rounds();
    let calls = 0;
    onReadable = () => void calls++;
    set.filled(8);
    set.leaveLoop();
    becomes(4, RECEIVE);
    set.emptied(4);
    await rounds();
    expect(calls).toBe(0);
    expect(found()).toEqual({ 0: PollEvents.IN });
  });
});

describe('What a request has found, and a call has taken before anybody was told,', () => {
  test('is not told of', () => {
    becomes(4, RECEIVE);
    becomes(4, 0);
    set.emptied(4);
    expect(found()).toEqual({});
  });

  test('is asked about anew: what comes then is told', () => {
    becomes(4, RECEIVE);
    becomes(4, 0);
    set.emptied(4);
    found();
    becomes(4, RECEIVE);
    expect(found()).toEqual({ 0: PollEvents.IN });
  });

  test('is told of where more has come since', () => {
    becomes(4, RECEIVE);
    becomes(4, 0);
    set.emptied(4);
    becomes(4, RECEIVE);
    expect(found()).toEqual({ 0: PollEvents.IN });
    expect(found()).toEqual({});
  });
});

describe('The end of a connection', () => {
  test.each([
    ['the peer’s end', DISCONNECT, PollEvents.IN | PollEvents.PEER_HANG_UP],
    ['a reset', ABORT, PollEvents.IN | PollEvents.ERROR | PollEvents.HANG_UP],
  ])('is told once while there is something that nobody has read: %s', (_name, end, told) => {
    becomes(4, RECEIVE);
    expect(found()).toEqual({ 0: PollEvents.IN });
    becomes(4, RECEIVE | end);
    expect(found()).toEqual({ 0: told });
    expect(found()).toEqual({});
    becomes(4, end);
    set.emptied(4);
    expect(found()).toEqual({});
  });

  test('is asked about once a socket has connected, not before', () => {
    becomes(12, ABORT);
    set.connecting(12);
    set.add(12, 2, 0);
    expect(found()).toEqual({});
    becomes(12, SEND);
    expect(found()).toEqual({ 2: PollEvents.OUT });
    becomes(12, ABORT);
    expect(found()).toEqual({ 2: PollEvents.IN | PollEvents.ERROR | PollEvents.HANG_UP });
  });
});

test('the event loop comes back for what did not fit into a batch', async () => {
  for (let slot = 2; slot < 2 + BATCH_EVENTS; slot++) {
    sockets.set(8 + 4 * slot, SEND);
    set.add(8 + 4 * slot, slot, 0);
  }
  becomes(4, RECEIVE);
  signalled = false;
  let count = Object.keys(found()).length;
  expect(count).toBe(BATCH_EVENTS);
  onReadable = () => void (count += Object.keys(found()).length);
  await rounds();
  expect(count).toBe(BATCH_EVENTS + 1);
});

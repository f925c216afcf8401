// Windows' sockets where AFD does not know them: WSAPoll's set, over functions of the test's own.
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PollEvents } from 'ws2spi/platform';
import { PolledSet } from '../../../dist/platform/windows/polled-set.js';

const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
const EVENT = 77;
const READ = 0x100;
const BAND = 0x200;
const WRITE = 0x10;
const HANG_UP = 2;
const ERROR = 1;
const INVALID = 4;
const BATCH = 256;

/** What holds of each socket: bits of WSAPoll's, or that its connect failed. */
const sockets = new Map<number, { now: number; failed?: boolean; event: number }>();
let polls: { asked: Map<number, number>; timeout: number }[] = [];
let selects = 0;
let onReadable: () => void;
let refusesPolls = false;

const memory = (address: number, size: number): Int32Array => new Int32Array(koffi.view(BigInt(address), size));

/** A ws2_32.dll of a few sockets. */
const functions = {
  WSAPoll(address: number, count: number, timeout: number): number {
    if (refusesPolls) return -1;
    const entries = memory(address, count * 16);
    if (Array.from({ length: count }, (_, index) => entries[index * 4]!).every((each) => !sockets.has(each))) return -1;
    const asked = new Map<number, number>();
    let found = 0;
    for (let index = 0; index < count; index++) {
      const descriptor = entries[index * 4]!;
      const events = entries[index * 4 + 2]! & 0xffff;
      asked.set(descriptor, events);
      const now = sockets.get(descriptor)?.now ?? INVALID;
      const told = now & (events | HANG_UP | ERROR | INVALID);
      entries[index * 4 + 2] = events | (told << 16);
      // As under Wine, what is no socket counts for nothing.
      if (told !== 0 && told !== INVALID) found++;
    }
    polls.push({ asked, timeout });
    return found;
  },
  select(_: number, __: number, writable: number, failed: number): number {
    selects++;
    const asked = [writable, failed].flatMap((address) => {
      const words = memory(address + 8, memory(address, 4)[0]! * 8);
      return [...words].filter((__, index) => index % 2 === 0);
    });
    if (asked.some((descriptor) => !sockets.has(descriptor))) return -1;
    const keep = (address: number, holds: (descriptor: number) => boolean): number => {
      const count = memory(address, 4);
      const words = memory(address + 8, count[0]! * 8);
      const left = [...words].filter((__, index) => index % 2 === 0).filter(holds);
      left.forEach((descriptor, index) => (words[index * 2] = descriptor));
      return (count[0] = left.length);
    };
    return (
      keep(writable, (descriptor) => (sockets.get(descriptor)!.now & WRITE) !== 0) +
      keep(failed, (descriptor) => sockets.get(descriptor)!.failed === true)
    );
  },
  WSAEventSelect(descriptor: number, event: number): number {
    const socket = sockets.get(descriptor);
    if (socket === undefined) return -1;
    socket.event = event;
    return 0;
  },
} as unknown as ConstructorParameters<typeof PolledSet>[1];

const nothing = (): void => undefined;
const bell = { event: EVENT, ref: nothing, unref: nothing, close: nothing };
const batch = new Int32Array(3 * BATCH);
let set: PolledSet;

/** What a wait finds: the events by the number of the slot. */
function found(timeout = 0): Record<number, number> | 'again' {
  const count = set.wait(timeout, batch, 0);
  if (count < 0) return 'again';
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [batch[index * 3]!, batch[index * 3 + 2]!]));
}

function open(descriptor: number, now: number): void {
  sockets.set(descriptor, { now, event: 0 });
}

beforeEach(() => {
  sockets.clear();
  polls = [];
  [selects, refusesPolls, onReadable] = [0, false, nothing];
  set = new PolledSet(() => onReadable(), functions, bell);
});
afterEach(() => set.close());

describe('A socket', () => {
  test('is told readable and writable once, and again when a call found nothing more', () => {
    open(4, READ | WRITE);
    expect(set.add(4, 0, 7)).toBe(true);
    expect(sockets.get(4)!.event).toBe(EVENT);
    expect(found()).toEqual({ 0: PollEvents.IN | PollEvents.OUT });
    expect(batch[1]).toBe(7);
    expect(found()).toEqual({});
    set.emptied(4);
    expect(found()).toEqual({ 0: PollEvents.IN });
    set.filled(4);
    sockets.get(4)!.now = READ;
    expect(found()).toEqual({});
    sockets.get(4)!.now = WRITE;
    expect(found()).toEqual({ 0: PollEvents.OUT });
  });

  test('is not told of any more when it was taken away, and its event is taken from it', () => {
    open(4, READ);
    set.add(4, 0, 0);
    set.remove(4);
    set.remove(4);
    expect(sockets.get(4)!.event).toBe(0);
    expect(found()).toEqual({});
    expect(polls).toEqual([]);
  });

  test('that is none is not taken', () => {
    expect(set.add(5, 0, 0)).toBe(false);
    set.emptied(5);
    set.filled(5);
    expect(found()).toEqual({});
  });

  test('is told of urgent bytes', () => {
    open(4, BAND);
    set.add(4, 3, 0);
    expect(found()).toEqual({ 3: PollEvents.PRIORITY });
  });

  test('whose peer has ended is told of once, and may still become writable', () => {
    open(4, READ | HANG_UP);
    set.add(4, 0, 0);
    expect(found()).toEqual({ 0: PollEvents.IN | PollEvents.PEER_HANG_UP });
    // WSAPoll would answer at once, again and again.
    expect(found()).toEqual({});
    expect(found()).toEqual({});
    expect(polls).toHaveLength(1);
    set.filled(4);
    sockets.get(4)!.now |= WRITE;
    expect(found()).toEqual({ 0: PollEvents.OUT });
    expect(found()).toEqual({});
  });

  test('that was reset is told of as that', () => {
    open(4, HANG_UP | ERROR);
    set.add(4, 0, 0);
    expect(found()).toEqual({
      0: PollEvents.IN | PollEvents.PEER_HANG_UP | PollEvents.ERROR | PollEvents.HANG_UP,
    });
    expect(found()).toEqual({});
  });
});

describe('A socket that connects', () => {
  test('is asked about by select, told writable, and then about reading', () => {
    open(4, 0);
    set.connecting(4);
    set.add(4, 0, 0);
    expect(found()).toEqual({});
    sockets.get(4)!.now = WRITE;
    expect(found()).toEqual({ 0: PollEvents.OUT });
    sockets.get(4)!.now = READ | WRITE;
    expect(found()).toEqual({ 0: PollEvents.IN });
  });

  test('tells of its failure, of which WSAPoll does not on older Windows', () => {
    open(4, 0);
    set.add(4, 0, 0);
    set.connecting(4);
    sockets.get(4)!.failed = true;
    expect(found()).toEqual({ 0: PollEvents.ERROR | PollEvents.HANG_UP });
    expect(found()).toEqual({});
  });

  test('has a long wait end before its time, to be asked about again', () => {
    open(4, 0);
    set.connecting(4);
    set.add(4, 0, 0);
    open(8, 0);
    set.add(8, 1, 0);
    expect(found(-1)).toBe('again');
    expect(polls.at(-1)!.timeout).toBeLessThanOrEqual(20);
    expect(selects).toBe(1);
  });
});

describe('A socket that somebody else has closed', () => {
  const CLOSED = PollEvents.GONE;

  test('is told of once, alone and beside others', () => {
    open(4, 0);
    set.add(4, 0, 0);
    sockets.delete(4);
    expect(found()).toEqual({ 0: CLOSED });
    expect(found()).toEqual({});
    open(8, READ);
    set.add(8, 1, 0);
    open(12, 0);
    set.add(12, 2, 0);
    sockets.delete(12);
    expect(found()).toEqual({ 1: PollEvents.IN, 2: CLOSED });
    // It still could be written to, if it were there.
    while (Object.keys(found()).length > 0);
    set.remove(12);
    sockets.get(8)!.now = WRITE;
    expect(found()).toEqual({ 1: PollEvents.OUT });
  });

  test('keeps no other from being told that it is connected', () => {
    for (const [index, descriptor] of [4, 8].entries()) {
      open(descriptor, 0);
      set.connecting(descriptor);
      set.add(descriptor, index, 0);
    }
    expect(found()).toEqual({});
    sockets.delete(4);
    sockets.get(8)!.now = WRITE;
    expect(found()).toEqual({ 0: CLOSED });
    expect(found()).toEqual({ 1: PollEvents.OUT });
  });
});

describe('Of more sockets than are told at once', () => {
  test('each has its turn, and the event loop comes back for those that are left', async () => {
    for (let index = 0; index < 600; index++) {
      open(4 * index + 4, WRITE);
      set.add(4 * index + 4, index, 0);
    }
    const told = new Set<number>();
    const look = (): void => {
      for (const slot of Object.keys(found())) {
        told.add(Number(slot));
        set.filled(4 * Number(slot) + 4);
      }
    };
    look();
    for (let turn = 1; turn < 3; turn++) {
      await new Promise<void>((resolve) => (onReadable = resolve));
      look();
    }
    expect(told.size).toBe(600);
  });
});

describe('A layer whose WSAPoll fails', () => {
  test('keeps nobody busy: the wait takes its time', () => {
    open(4, READ);
    set.add(4, 0, 0);
    refusesPolls = true;
    const began = performance.now();
    expect(found(15)).toEqual({});
    expect(performance.now() - began).toBeGreaterThan(10);
  });
});

describe('The alarm', () => {
  test('ends a wait, and is taken once', () => {
    set.setAlarm(1);
    expect(found(-1)).toEqual({});
    expect([set.takeAlarm(), set.takeAlarm()]).toEqual([true, false]);
  });
});

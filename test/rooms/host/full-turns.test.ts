// Work of the application's own in very great number: a turn of the event loop does some of it, and lets others in.
import { describe, expect, test } from 'vitest';
import { createWs2_32, INSTANCE, INVALID_SOCKET, type Ws2_32 } from 'ws2spi';

/** Milliseconds of work that each piece does, and the most that a turn may take of all of them. */
const PIECE = 1;
const LONGEST = 50;
const PIECES = 400;

function work(): void {
  for (const end = performance.now() + PIECE; performance.now() < end;);
}

/** What may be queued, and how: each calls `run` once for every piece, soon. */
const KINDS: Readonly<Record<string, (ws2: Ws2_32, run: () => void, count: number) => void>> = {
  procedures({ host }, run, count) {
    for (let i = 0; i < count; i++) host.QueueUserAPC(run, null);
  },
  'procedures of which each queues two more'({ host }, run, count) {
    let queued = 1;
    const routine = (): void => {
      run();
      for (let i = 0; i < 2 && queued < count; i++, queued++) host.QueueUserAPC(routine, null);
    };
    host.QueueUserAPC(routine, null);
  },
  'window messages'({ host }, run, count) {
    const hWnd = host.CreateWindow(run);
    for (let i = 0; i < count; i++) host.PostMessage(hWnd, 0x400, 0, 0);
  },
  'registered waits'(ws2, run, count) {
    registerWaits(ws2, run, count, 0);
  },
  'registered waits in the wait thread'(ws2, run, count) {
    registerWaits(ws2, run, count, WT_EXECUTEINWAITTHREAD);
  },
  'completions of handles'(ws2, run, count) {
    for (let i = 0; i < count; i++) ws2[INSTANCE].queueCompletion({ queued: false, run });
  },
  timers(ws2, run, count) {
    const { providerHost } = ws2[INSTANCE];
    for (let i = 0; i < count; i++) providerHost.setTimer(0, run);
  },
  'deferred work'(ws2, run, count) {
    for (let i = 0; i < count; i++) ws2[INSTANCE].providerHost.defer({ queued: false, run });
  },
};

const WT_EXECUTEINWAITTHREAD = 4;
const WT_EXECUTEONLYONCE = 8;

function registerWaits(ws2: Ws2_32, run: () => void, count: number, flags: number): void {
  for (let i = 0; i < count; i++) {
    const hEvent = ws2.WSACreateEvent();
    ws2.WSASetEvent(hEvent);
    ws2.host.RegisterWaitForSingleObject(hEvent, run, null, 0xffffffff, flags | WT_EXECUTEONLYONCE);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Counts pieces of work, in all and in the fullest turn. */
class Pieces {
  ran = 0;
  most = 0;
  #inTurn = 0;

  readonly run = (): void => {
    this.ran++;
    this.most = Math.max(this.most, ++this.#inTurn);
    work();
  };

  /** Lets the event loop turn until so many have run. */
  async haveRun(count: number): Promise<void> {
    while (this.ran < count) {
      this.#inTurn = 0;
      await nextTurn();
    }
  }
}

function started(base: 'memory' | 'tcpip'): Ws2_32 {
  const ws2 = createWs2_32({ base, catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  return ws2;
}

describe.each(['memory', 'tcpip'] as const)('over %s', (base) => {
  test.each(Object.keys(KINDS))('%s in great number are spread over turns, and none is lost', async (kind) => {
    const ws2 = started(base);
    const pieces = new Pieces();
    KINDS[kind]!(ws2, pieces.run, PIECES);
    await pieces.haveRun(PIECES);
    await nextTurn();
    expect(pieces.ran).toBe(PIECES);
    expect(pieces.most * PIECE).toBeLessThan(LONGEST);
    ws2[Symbol.dispose]();
  });

  test('all kinds at once leave a turn as short', async () => {
    const ws2 = started(base);
    const pieces = new Pieces();
    const kinds = Object.values(KINDS);
    for (const begin of kinds) begin(ws2, pieces.run, 60);
    await pieces.haveRun(60 * kinds.length);
    expect(pieces.most * PIECE).toBeLessThan(LONGEST);
    ws2[Symbol.dispose]();
  });

  test('procedures keep their order from turn to turn, and an alertable wait runs all that are left', async () => {
    const ws2 = started(base);
    const order: number[] = [];
    for (let i = 0; i < PIECES; i++) {
      ws2.host.QueueUserAPC((number) => {
        order.push(number as number);
        work();
      }, i);
    }
    await nextTurn();
    await nextTurn();
    const before = order.length;
    ws2.host.QueueUserAPC((number) => order.push(number as number), PIECES);
    ws2.host.SleepEx(0, true);
    expect(before).toBeLessThan(PIECES);
    expect(order).toEqual(Array.from({ length: PIECES + 1 }, (_, i) => i));
    ws2[Symbol.dispose]();
  });

  test('a message that a procedure takes for itself, in a full turn, comes once', async () => {
    const ws2 = started(base);
    const { host } = ws2;
    const seen: number[] = [];
    const hWnd = host.CreateWindow((_hWnd, _message, wParam) => {
      seen.push(wParam);
      work();
      const message = host.PeekMessage(hWnd, true);
      if (message !== null) seen.push(message.wParam);
      return 0;
    });
    for (let i = 0; i < 100; i++) host.PostMessage(hWnd, 0x400, i, 0);
    while (seen.length < 100) await nextTurn();
    await nextTurn();
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i));
    ws2[Symbol.dispose]();
  });
});

test('packets of a port wait for whoever asks, and keep no turn', async () => {
  const ws2 = started('memory');
  const port = ws2.host.CreateIoCompletionPort(INVALID_SOCKET, null, null);
  for (let i = 0; i < 1000; i++) ws2.host.PostQueuedCompletionStatus(port, i, 0, null);
  await nextTurn();
  const bytes = { value: 0 };
  expect(ws2.host.GetQueuedCompletionStatus(port, bytes, { value: null }, { value: null }, 0)).toBe(true);
  expect(bytes.value).toBe(0);
  ws2[Symbol.dispose]();
});

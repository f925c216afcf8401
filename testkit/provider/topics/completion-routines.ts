// Cases that wait for the idle event loop do so by promises.
/* eslint-disable no-restricted-syntax */
import {
  INSTANCE,
  MSG_PEEK,
  ref,
  SD_SEND,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSA_WAIT_EVENT_0,
  WSA_WAIT_IO_COMPLETION,
  WSA_WAIT_TIMEOUT,
  WSAECONNRESET,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer, textOf } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

interface Completion {
  readonly error: number;
  readonly transferred: number;
  readonly overlapped: WSAOVERLAPPED;
  readonly flags: number;
}

/** Begins a receive that is told to a completion routine, and notes what it is told. */
function beginReceive(world: ProviderWorld, s: number, room: number, seen: Completion[], then?: () => void) {
  const overlapped = new WSAOVERLAPPED();
  const bytes = buffer(room);
  const result = world.ws2.WSARecv(s, [bytes], 1, null, ref(0), overlapped, (error, transferred, same, flags) => {
    seen.push({ error, transferred, overlapped: same, flags });
    then?.();
  });
  return { code: world.code(result), overlapped, bytes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the event loop turn until a condition holds. */
async function turns(condition: () => boolean, most = 1000): Promise<void> {
  for (let i = 0; i < most && !condition(); i++) await turn();
}

/** What programs rely on: a completion routine. */
export const aCompletionRoutine = topic('a completion routine', [], (on) => {
  on.it('runs in an alertable wait, and only there', (world) => {
    const { client, server } = world.connectedPair();
    const seen: Completion[] = [];
    const { code, overlapped, bytes } = beginReceive(world, server, 10, seen);
    expect(code).toBe(WSA_IO_PENDING);
    world.send(client, 'hello');
    world.until(() => overlapped.Internal === 0);
    const event = world.event();
    expect(world.ws2.host.SleepEx(5, false)).toBe(0);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [event], false, 5, false)).toBe(WSA_WAIT_TIMEOUT);
    expect(seen).toEqual([]);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [event], false, 60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(seen).toEqual([{ error: 0, transferred: 5, overlapped, flags: 0 }]);
    expect(seen[0]!.overlapped).toBe(overlapped);
    expect(textOf(bytes).slice(0, 5)).toBe('hello');
    expect(world.ws2.host.SleepEx(0, true)).toBe(0);
  });

  on.it('is queued even when the call succeeds at once', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'x');
    world.settle();
    const seen: Completion[] = [];
    expect(beginReceive(world, server, 1, seen).code).toBe(0);
    expect(seen).toEqual([]);
    let sent = 0;
    const send = world.ws2.WSASend(server, [buffer('y')], 1, ref(0), 0, new WSAOVERLAPPED(), () => void sent++);
    expect(send).toBe(0);
    expect(world.ws2.host.SleepEx(0, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect([seen.length, sent]).toEqual([1, 1]);
  });

  on.it('leaves the event of the structure to the application', (world) => {
    const { client, server } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    let called = 0;
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), overlapped, () => void called++);
    world.send(client, 'x');
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect([called, world.signalled(overlapped.hEvent)]).toEqual([1, false]);
  });

  on.it('never runs within another of the same socket, whatever it calls', (world) => {
    const { client, server } = world.connectedPair();
    let depth = 0;
    let deepest = 0;
    let total = 0;
    const receive = (): void => {
      world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), () => {
        total++;
        deepest = Math.max(deepest, ++depth);
        if (total < 20) receive();
        world.ws2.host.SleepEx(0, true);
        depth--;
      });
    };
    receive();
    receive();
    world.send(client, 'x'.repeat(30));
    while (total < 20) expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(deepest).toBe(1);
  });

  on.it('may send and receive, which makes an echo server', (world) => {
    const { client, server } = world.connectedPair();
    const room = new Uint8Array(64);
    const receive = (): void => {
      world.ws2.WSARecv(server, [{ len: 64, buf: room }], 1, null, ref(0), new WSAOVERLAPPED(), (error, got) => {
        if (error !== 0 || got === 0) return;
        expect(world.count(world.ws2.send(server, room, got, 0))).toBe(got);
        receive();
      });
    };
    receive();
    for (const text of ['one', 'two', 'three']) {
      world.send(client, text);
      // recv waits alertably, so that the server answers while its client waits.
      expect(world.receiveAll(client, text.length)).toBe(text);
    }
    world.ws2.shutdown(client, SD_SEND);
    world.ws2.host.SleepEx(20, true);
  });

  on.it('keeps nothing else from happening, however many procedures follow each other', (world) => {
    const { client, server } = world.connectedPair();
    const seen: Completion[] = [];
    const { code, bytes } = beginReceive(world, server, 10, seen);
    expect(code).toBe(WSA_IO_PENDING);
    const again = (): void => void world.ws2.host.QueueUserAPC(again, null);
    again();
    world.send(client, 'arrives');
    for (const end = Date.now() + 60_000; seen.length === 0 && Date.now() < end;) world.ws2.host.SleepEx(0, true);
    expect(textOf(bytes)).toContain('arrives');
    // A wait that goes on past procedures is ended by what it waits for, too.
    const late = 'and so does the rest';
    world.ws2[INSTANCE].providerHost.setTimer(world.now(), () => void world.send(client, late));
    expect(world.receiveAll(server, late.length)).toBe(late);
  });

  on.needs('resets').it('is told of the end, a reset and the abortion of its operation', (world) => {
    const ended = world.connectedPair();
    const seen: Completion[] = [];
    beginReceive(world, ended.server, 4, seen);
    world.ws2.shutdown(ended.client, SD_SEND);
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    const reset = world.connectedPair();
    beginReceive(world, reset.server, 4, seen);
    world.ws2.setsockopt(reset.client, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4);
    world.ws2.closesocket(reset.client);
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    const closed = world.connectedPair();
    beginReceive(world, closed.server, 4, seen);
    world.ws2.closesocket(closed.server);
    expect(seen).toHaveLength(2);
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(seen.map(({ error, transferred }) => [error, transferred])).toEqual([
      [0, 0],
      [WSAECONNRESET, 0],
      [WSA_OPERATION_ABORTED, 0],
    ]);
  });

  on.it('is called for as many operations as there were, in their order', (world) => {
    const { client, server } = world.connectedPair();
    const order: number[] = [];
    for (let i = 0; i < 5; i++) beginReceive(world, server, 1, [], () => void order.push(i));
    world.send(client, 'abcde');
    while (order.length < 5) expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  on.it('may only look, and leave the data', (world) => {
    const { client, server } = world.connectedPair();
    const room = buffer(3);
    let looked = 0;
    world.ws2.WSARecv(server, [room], 1, null, ref(MSG_PEEK), new WSAOVERLAPPED(), () => void looked++);
    world.send(client, 'abc');
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect([looked, textOf(room)[0]]).toEqual([1, 'a']);
    expect(world.receiveAll(server, 3)).toBe('abc');
  });

  on.it('runs from the idle event loop', async (world) => {
    const { client, server } = world.connectedPair();
    const seen: Completion[] = [];
    beginReceive(world, server, 10, seen);
    await turn();
    expect(seen).toEqual([]);
    world.send(client, 'hello');
    expect(seen).toEqual([]);
    await turns(() => seen.length > 0);
    expect(seen.map(({ transferred }) => transferred)).toEqual([5]);
  });

  on.withExplicitWaits('waits for an explicit alertable wait when the event loop is none', async (world) => {
    const { client, server } = world.connectedPair();
    const seen: Completion[] = [];
    const { overlapped } = beginReceive(world, server, 10, seen);
    world.send(client, 'hello');
    await turns(() => overlapped.Internal === 0);
    for (let i = 0; i < 5; i++) await turn();
    expect([overlapped.Internal, seen.length]).toEqual([0, 0]);
    const event = world.event();
    world.ws2.WSASetEvent(event);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [event], false, 0, true)).toBe(WSA_WAIT_EVENT_0);
    expect(await world.ws2.host.waitForMultipleEvents([world.event()], { alertable: true })).toBe(
      WSA_WAIT_IO_COMPLETION,
    );
    expect(seen).toHaveLength(1);
  });
});

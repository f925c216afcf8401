import { describe, expect, test } from 'vitest';
import {
  WSA_INFINITE,
  WSA_INVALID_EVENT,
  WSA_INVALID_HANDLE,
  WSA_INVALID_PARAMETER,
  WSA_WAIT_EVENT_0,
  WSA_WAIT_FAILED,
  WSA_WAIT_IO_COMPLETION,
  WSA_WAIT_TIMEOUT,
  WSAEFAULT,
  WSANOTINITIALISED,
  createWs2_32,
} from 'ws2spi';
import { describeOnEveryProvider, inWorld, type World } from '../../support/providers.js';

const turns = async (count = 5): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describeOnEveryProvider('WSAWaitForMultipleEvents', (on) => {
  const wait = (world: World, events: number[], all: boolean, timeout: number, alertable = false): number =>
    world.ws2.WSAWaitForMultipleEvents(events.length, events, all, timeout, alertable);

  on.it('gives the first of those that are set, and leaves them set', (world) => {
    const events = [world.event(), world.event(), world.event()];
    world.ws2.WSASetEvent(events[2]!);
    expect(wait(world, events, false, WSA_INFINITE)).toBe(WSA_WAIT_EVENT_0 + 2);
    world.ws2.WSASetEvent(events[1]!);
    expect(wait(world, events, false, 0)).toBe(WSA_WAIT_EVENT_0 + 1);
    expect(wait(world, events, false, 0)).toBe(WSA_WAIT_EVENT_0 + 1);
    world.ws2.WSAResetEvent(events[1]!);
    expect(wait(world, events, false, 0)).toBe(WSA_WAIT_EVENT_0 + 2);
    expect(world.ws2.WSAGetLastError()).toBe(0);
  });

  on.it('waits for all when told to', (world) => {
    const events = [world.event(), world.event()];
    world.ws2.WSASetEvent(events[0]!);
    expect(wait(world, events, true, 5)).toBe(WSA_WAIT_TIMEOUT);
    world.ws2.WSASetEvent(events[1]!);
    expect(wait(world, events, true, 0)).toBe(WSA_WAIT_EVENT_0);
  });

  on.it('lasts as long as it was told', (world) => {
    const before = world.now();
    expect(wait(world, [world.event()], false, 40)).toBe(WSA_WAIT_TIMEOUT);
    const passed = world.now() - before;
    if (world.native) expect(passed).toBeGreaterThanOrEqual(39);
    else expect(passed).toBe(40);
  });

  on.it('ends with WSA_WAIT_IO_COMPLETION when a procedure ran, if it is alertable', (world) => {
    let ran = 0;
    world.ws2.host.QueueUserAPC((data) => void (ran += data as number), 2);
    expect(wait(world, [world.event()], false, 5)).toBe(WSA_WAIT_TIMEOUT);
    expect(wait(world, [world.event()], false, WSA_INFINITE, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(ran).toBe(2);
  });

  on.it('prefers an event that is set to a procedure that waits', (world) => {
    const event = world.event();
    let ran = 0;
    world.ws2.host.QueueUserAPC(() => void ran++, null);
    world.ws2.WSASetEvent(event);
    expect(wait(world, [event], false, WSA_INFINITE, true)).toBe(WSA_WAIT_EVENT_0);
    expect(ran).toBe(0);
    expect(world.ws2.host.SleepEx(0, true)).toBe(WSA_WAIT_IO_COMPLETION);
  });

  on.it('refuses counts of 0 and 65, handles that are not events, and arrays that are short', (world) => {
    const event = world.event();
    const closed = world.event();
    expect(world.ws2.WSACloseEvent(closed)).toBe(true);
    const outcome = (count: number, events: unknown): number[] => {
      const result = world.ws2.WSAWaitForMultipleEvents(count, events as number[], false, 0, false);
      return [result, world.ws2.WSAGetLastError()];
    };
    expect(outcome(0, [])).toEqual([WSA_WAIT_FAILED, WSA_INVALID_PARAMETER]);
    expect(outcome(65, new Array(65).fill(event))).toEqual([WSA_WAIT_FAILED, WSA_INVALID_PARAMETER]);
    expect(outcome(1, [closed])).toEqual([WSA_WAIT_FAILED, WSA_INVALID_HANDLE]);
    expect(outcome(2, [event, world.tcpSocket()])).toEqual([WSA_WAIT_FAILED, WSA_INVALID_HANDLE]);
    expect(outcome(2, [event])).toEqual([WSA_WAIT_FAILED, WSAEFAULT]);
    expect(outcome(1, null)).toEqual([WSA_WAIT_FAILED, WSAEFAULT]);
    world.ws2.WSASetEvent(event);
    expect(outcome(64, new Array(64).fill(event))).toEqual([WSA_WAIT_EVENT_0, 0]);
  });

  on.it('waits without the thread as a promise', async (world) => {
    const events = [world.event(), world.event()];
    const { host } = world.ws2;
    const any = host.waitForMultipleEvents(events);
    const all = host.waitForMultipleEvents(events, { all: true });
    let ended = 0;
    void all.then(() => ended++);
    world.ws2.WSASetEvent(events[1]!);
    expect(await any).toBe(WSA_WAIT_EVENT_0 + 1);
    await turns();
    expect(ended).toBe(0);
    world.ws2.WSASetEvent(events[0]!);
    expect(await all).toBe(WSA_WAIT_EVENT_0);
    expect(await host.waitForMultipleEvents(events)).toBe(WSA_WAIT_EVENT_0);
    expect(await host.waitForMultipleEvents([])).toBe(WSA_WAIT_FAILED);
    expect(await host.waitForMultipleEvents([world.tcpSocket()])).toBe(WSA_WAIT_FAILED);
  });

  on.it('ends a promise by time, and by a procedure', async (world) => {
    const { host } = world.ws2;
    const timed = host.waitForMultipleEvents([world.event()], { timeout: 20 });
    world.clock?.advance(20);
    expect(await timed).toBe(WSA_WAIT_TIMEOUT);
    const alertable = host.waitForMultipleEvents([world.event()], { alertable: true });
    let ran = 0;
    host.QueueUserAPC(() => void ran++, null);
    expect(await alertable).toBe(WSA_WAIT_IO_COMPLETION);
    expect(ran).toBe(1);
  });
});

describe('event objects', () => {
  test('need WSAStartup', () => {
    const ws2 = createWs2_32({ catalog: 'memory', base: 'memory' });
    expect([ws2.WSACreateEvent(), ws2.WSAGetLastError()]).toEqual([WSA_INVALID_EVENT, WSANOTINITIALISED]);
    ws2[Symbol.dispose]();
  });

  test(
    'have handles of their own, which are multiples of 4 and not used again soon',
    inWorld('memory', (world) => {
      const handles = new Set<number>();
      for (let i = 0; i < 200; i++) {
        const event = world.event();
        expect(event % 4).toBe(0);
        handles.add(event);
        world.ws2.WSACloseEvent(event);
      }
      expect(handles.size).toBe(200);
      expect(handles.has(world.tcpSocket())).toBe(false);
    }),
  );

  test(
    'are closed by CloseHandle too, and once',
    inWorld('memory', (world) => {
      const event = world.event();
      expect(world.ws2.host.CloseHandle(event)).toBe(true);
      expect(world.code(world.ws2.host.CloseHandle(event))).toBe(WSA_INVALID_HANDLE);
      expect(world.code(world.ws2.WSACloseEvent(event))).toBe(WSA_INVALID_HANDLE);
    }),
  );
});

describeOnEveryProvider('RegisterWaitForSingleObject', (on) => {
  on.it('calls from the event loop, with the context, and never from a blocking call', async (world) => {
    const event = world.event();
    const context = { any: 'value' };
    const calls: unknown[][] = [];
    const wait = world.ws2.host.RegisterWaitForSingleObject(
      event,
      (...args) => {
        calls.push(args);
        world.ws2.WSAResetEvent(event);
      },
      context,
    );
    expect(wait).not.toBe(0);
    world.ws2.WSASetEvent(event);
    world.ws2.host.SleepEx(5, true);
    expect(calls).toEqual([]);
    await turns();
    expect(calls).toEqual([[context, false]]);
    expect(calls[0]![0]).toBe(context);
    world.ws2.WSASetEvent(event);
    await turns();
    expect(calls).toHaveLength(2);
    expect(world.ws2.host.UnregisterWait(wait)).toBe(true);
    world.ws2.WSASetEvent(event);
    await turns();
    expect(calls).toHaveLength(2);
    expect(world.code(world.ws2.host.UnregisterWait(wait))).toBe(WSA_INVALID_HANDLE);
  });

  on.it('calls again while the event stays set', async (world) => {
    const event = world.event();
    let calls = 0;
    const wait = world.ws2.host.RegisterWaitForSingleObject(event, () => {
      if (++calls === 3) world.ws2.WSAResetEvent(event);
    });
    world.ws2.WSASetEvent(event);
    await turns(20);
    expect(calls).toBe(3);
    world.ws2.host.UnregisterWait(wait);
  });

  on.it(
    'calls at once for an event that is set already, and not at all for one that is reset in time',
    async (world) => {
      const [set, reset] = [world.event(), world.event()];
      world.ws2.WSASetEvent(set);
      const seen: string[] = [];
      const { host } = world.ws2;
      const first = host.RegisterWaitForSingleObject(set, () => {
        seen.push('set');
        world.ws2.WSAResetEvent(set);
      });
      const second = host.RegisterWaitForSingleObject(reset, () => void seen.push('reset'));
      world.ws2.WSASetEvent(reset);
      world.ws2.WSAResetEvent(reset);
      await turns();
      expect(seen).toEqual(['set']);
      host.UnregisterWait(first);
      host.UnregisterWait(second);
    },
  );

  on.it('wants an event object', (world) => {
    const wait = world.ws2.host.RegisterWaitForSingleObject(world.tcpSocket(), () => undefined);
    expect([wait, world.ws2.WSAGetLastError()]).toEqual([0, WSA_INVALID_HANDLE]);
  });
});

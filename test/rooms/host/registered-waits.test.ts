import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import { expect } from 'vitest';
import { INFINITE, WT_EXECUTEINWAITTHREAD, WT_EXECUTEONLYONCE } from 'ws2spi';
import { describeOnEveryProvider, type World } from '../../support/providers.js';
import { turnsUntil } from '../../support/turns-until.js';

/** Resolves when the event loop has been around a few times. */
async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits, turn by turn, until something holds. */
async function until(condition: () => boolean): Promise<void> {
  await turnsUntil(condition);
  expect(condition()).toBe(true);
}

function register(
  world: World,
  event: number,
  callback: (context: unknown, timedOut: boolean) => void,
  ms: number,
  flags: number,
): number {
  return world.ws2.host.RegisterWaitForSingleObject(event, callback, 'context', ms, flags);
}

describeOnEveryProvider('RegisterWaitForSingleObject', ({ it, native }) => {
  it('calls once when it is told to', async (world) => {
    const event = world.event();
    let calls = 0;
    const wait = register(world, event, () => void calls++, INFINITE, WT_EXECUTEONLYONCE);
    world.ws2.WSASetEvent(event);
    await until(() => calls > 0);
    await turns();
    world.ws2.WSASetEvent(event);
    await turns();
    expect(calls).toBe(1);
    world.ws2.host.UnregisterWait(wait);
  });

  it('calls when the time runs out without a signal, again and again, and says so', async (world) => {
    const event = world.event();
    const seen: boolean[] = [];
    const wait = register(world, event, (_context, timedOut) => void seen.push(timedOut), 10, 0);
    if (native) {
      await until(() => seen.length === 2);
    } else {
      world.clock!.advance(10);
      await turns();
      world.clock!.advance(10);
      await turns();
    }
    expect(seen).toEqual([true, true]);
    world.ws2.host.UnregisterWait(wait);
    if (!native) world.clock!.advance(1000);
    await turns();
    expect(seen).toEqual([true, true]);
  });

  it('tells a signal from time that ran out', async (world) => {
    const event = world.event();
    const seen: boolean[] = [];
    const wait = register(
      world,
      event,
      (_context, timedOut) => {
        seen.push(timedOut);
        world.ws2.WSAResetEvent(event);
      },
      60_000,
      0,
    );
    world.ws2.WSASetEvent(event);
    await until(() => seen.length > 0);
    expect(seen).toEqual([false]);
    world.ws2.host.UnregisterWait(wait);
  });

  it('runs callbacks where Node.js runs its own: promises and ticks have their turn right after', async (world) => {
    const { client, server } = world.connectedPair();
    const storage = new AsyncLocalStorage<string>();
    storage.enterWith('outside');
    const event = world.event();
    const order: string[] = [];
    world.eventSelect(server, event, 1);
    const wait = register(
      world,
      event,
      () => {
        world.ws2.WSAResetEvent(event);
        expect(executionAsyncId()).not.toBe(0);
        process.nextTick(() => order.push('tick'));
        void Promise.resolve().then(() => order.push('promise'));
        order.push('callback');
      },
      INFINITE,
      0,
    );
    world.send(client, 'x');
    await until(() => order.length >= 3);
    expect(order).toEqual(['callback', 'tick', 'promise']);
    world.ws2.host.UnregisterWait(wait);
  });

  it('calls short work as soon as the poller has looked, when it is told to', async (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, 1);
    const order: string[] = [];
    const late = register(world, event, () => void order.push('default'), INFINITE, WT_EXECUTEONLYONCE);
    const early = register(
      world,
      event,
      () => void order.push('in the wait thread'),
      INFINITE,
      WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD,
    );
    world.send(client, 'x');
    await until(() => order.length === 2);
    expect(order).toEqual(['in the wait thread', 'default']);
    world.ws2.host.UnregisterWait(late);
    world.ws2.host.UnregisterWait(early);
  });
});

import { describe, expect, test } from 'vitest';
import { WSA_WAIT_IO_COMPLETION } from 'ws2spi';
import { inWorld, World } from '../../support/providers.js';

describe('asynchronous procedure calls', () => {
  test(
    'run in the order of their queueing, and leave what they queue for the next wait',
    inWorld('memory', (world) => {
      const { host } = world.ws2;
      const order: unknown[] = [];
      host.QueueUserAPC((data) => {
        order.push(data);
        host.QueueUserAPC((later) => void order.push(later), 'later');
      }, 'first');
      host.QueueUserAPC((data) => void order.push(data), 'second');
      expect(host.SleepEx(0, true)).toBe(WSA_WAIT_IO_COMPLETION);
      expect(order).toEqual(['first', 'second']);
      expect(host.SleepEx(0, true)).toBe(WSA_WAIT_IO_COMPLETION);
      expect(order).toEqual(['first', 'second', 'later']);
      expect(host.SleepEx(0, true)).toBe(0);
    }),
  );

  test(
    'may wait alertably themselves',
    inWorld('memory', (world) => {
      const { host } = world.ws2;
      const order: string[] = [];
      host.QueueUserAPC(() => {
        order.push('outer begins');
        host.QueueUserAPC(() => void order.push('inner'), null);
        host.SleepEx(0, true);
        order.push('outer ends');
      }, null);
      host.SleepEx(0, true);
      expect(order).toEqual(['outer begins', 'inner', 'outer ends']);
    }),
  );

  test(
    'must be functions',
    inWorld('memory', (world) => {
      expect(world.ws2.host.QueueUserAPC(7 as never, null)).toBe(false);
      expect(world.ws2.host.SleepEx(0, true)).toBe(0);
    }),
  );

  test('follow one another within a turn of the event loop, but not for ever', async () => {
    const world = new World('memory');
    const { host } = world.ws2;
    let ran = 0;
    const again = (): void => void (ran++ < 1000 && host.QueueUserAPC(again, null));
    host.QueueUserAPC(again, null);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await turn();
    expect(ran).toBeGreaterThan(1);
    expect(ran).toBeLessThan(10);
    while (ran <= 1000) await turn();
    world.close();
  });

  test('run from the idle event loop, unless that is turned off', async () => {
    const ran: string[] = [];
    const on = new World('memory');
    const off = new World('memory', undefined, { alertableEventLoop: false });
    on.ws2.host.QueueUserAPC(() => void ran.push('on'), null);
    off.ws2.host.QueueUserAPC(() => void ran.push('off'), null);
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(ran).toEqual(['on']);
    off.ws2.host.SleepEx(0, true);
    expect(ran).toEqual(['on', 'off']);
    on.close();
    off.close();
  });
});

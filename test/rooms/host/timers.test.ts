import { describe, expect, test } from 'vitest';
import { createWs2_32, INSTANCE, seededRandom, VirtualClock } from 'ws2spi';
import { inWorld, World } from '../../support/providers.js';

const hostOf = (world: World) => world.ws2[INSTANCE].providerHost;

describe('timers', () => {
  test(
    'fire in the order of their moments, and of their setting',
    inWorld('memory', (world) => {
      const host = hostOf(world);
      const order: string[] = [];
      for (const [name, when] of [
        ['c', 30],
        ['a', 10],
        ['b1', 20],
        ['b2', 20],
        ['d', 40],
      ] as const) {
        host.setTimer(when, () => void order.push(`${name}@${world.now()}`));
      }
      world.clock!.advance(35);
      expect(order).toEqual(['a@10', 'b1@20', 'b2@20', 'c@30']);
      expect(world.now()).toBe(35);
      world.clock!.advance(5);
      expect(order.at(-1)).toBe('d@40');
    }),
  );

  test(
    'of any number come out sorted, but for those taken back',
    inWorld('memory', (world) => {
      const random = seededRandom(7);
      const moments = Array.from({ length: 500 }, () => Math.floor(random.next() * 1000));
      const fired: number[] = [];
      const timers = moments.map((when) => hostOf(world).setTimer(when, () => void fired.push(when)));
      for (let i = 0; i < timers.length; i += 3) timers[i]!.cancel();
      world.clock!.advance(1000);
      const expected = moments.filter((_, index) => index % 3 !== 0).sort((a, b) => a - b);
      expect(fired).toEqual(expected);
    }),
  );

  test(
    'may set and take back others, which count from then on',
    inWorld('memory', (world) => {
      const host = hostOf(world);
      const order: string[] = [];
      const victim = host.setTimer(20, () => void order.push('victim'));
      host.setTimer(10, () => {
        order.push('first');
        victim.cancel();
        host.setTimer(15, () => void order.push('added'));
        host.setTimer(0, () => void order.push('overdue'));
      });
      world.clock!.advance(100);
      expect(order).toEqual(['first', 'overdue', 'added']);
    }),
  );

  test(
    'that throw are reported, and those after them fire',
    inWorld('memory', (world) => {
      let fired = 0;
      hostOf(world).setTimer(1, () => {
        throw new Error('boom');
      });
      hostOf(world).setTimer(2, () => void fired++);
      world.clock!.advance(5);
      expect(fired).toBe(1);
      expect(world.takeDefects()).toEqual(['a timer of a provider threw']);
    }),
  );

  test('of several instances on one clock fire in one order', () => {
    const clock = new VirtualClock(1000);
    const [one, other] = [1, 2].map(() => createWs2_32({ catalog: 'memory', base: 'memory', clock }));
    const order: string[] = [];
    one![INSTANCE].providerHost.setTimer(1010, () => void order.push('one 10'));
    other![INSTANCE].providerHost.setTimer(1005, () => void order.push('other 5'));
    one![INSTANCE].providerHost.setTimer(1020, () => void order.push('one 20'));
    other![INSTANCE].providerHost.setTimer(1015, () => void order.push('other 15'));
    clock.advance(18);
    expect(order).toEqual(['other 5', 'one 10', 'other 15']);
    for (const ws2 of [one!, other!]) ws2[Symbol.dispose]();
    clock.advance(100);
    expect(order).toHaveLength(3);
  });

  test('of the machine’s clock fire from a blocking call and from the event loop', async () => {
    const world = new World('tcpip');
    const fired: string[] = [];
    hostOf(world).setTimer(world.now() + 5, () => void fired.push('blocking'));
    world.ws2.host.SleepEx(30, false);
    expect(fired).toEqual(['blocking']);
    const done = new Promise<void>((resolve) => {
      hostOf(world).setTimer(world.now() + 5, () => {
        fired.push('loop');
        resolve();
      });
    });
    hostOf(world).ref();
    await done;
    hostOf(world).unref();
    expect(fired).toEqual(['blocking', 'loop']);
    world.close();
  });
});

describe('a virtual clock', () => {
  test('moves when told to, and never back', () => {
    const clock = new VirtualClock(100);
    expect([clock.virtual, clock.now()]).toEqual([true, 100]);
    clock.moveTo(50);
    expect(clock.now()).toBe(100);
    clock.advance(-5);
    expect(clock.now()).toBe(100);
    clock.advance(7.5);
    expect(clock.now()).toBe(107.5);
  });

  test(
    'is moved by a blocking call that has nothing else to wait for, timer by timer',
    inWorld('memory', (world) => {
      const seen: number[] = [];
      hostOf(world).setTimer(60_000, () => void seen.push(world.now()));
      hostOf(world).setTimer(90_000, () => void seen.push(world.now()));
      expect(world.ws2.host.SleepEx(75_000, false)).toBe(0);
      expect([seen, world.now()]).toEqual([[60_000], 75_000]);
      world.ws2.host.SleepEx(75_000, false);
      expect([seen, world.now()]).toEqual([[60_000, 90_000], 150_000]);
    }),
  );

  test('is never moved by the event loop', async () => {
    const world = new World('memory');
    let fired = false;
    hostOf(world).setTimer(1, () => void (fired = true));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect([fired, world.now()]).toEqual([false, 0]);
    world.close();
  });
});

describe('a seeded generator', () => {
  test('repeats itself for the same seed, evenly between 0 and 1', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 2000 }, () => random.next());
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
    const numbers = draw(0);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});

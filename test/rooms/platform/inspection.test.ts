// When a thread's poller looks whether its descriptors are still what they were: a process that waits for nothing is left alone.
import { describe, expect, test } from 'vitest';
import { PollEvents, ThreadPoller, type DescriptorSet } from 'ws2spi/platform';

/** A system's set that is silent about closes, and whose alarm rings when it is told to. */
function silentSystem(closesUnseen = true) {
  const closed = new Set<number>();
  const asked: number[] = [];
  const alarms: number[] = [];
  let told: readonly number[] = [];
  let rang = false;
  let onReadable = (): void => undefined;
  const set: DescriptorSet = {
    closesUnseen,
    add: () => true,
    remove: (descriptor) => !closed.has(descriptor),
    holds(descriptor) {
      asked.push(descriptor);
      return !closed.has(descriptor);
    },
    wait(_timeout, batch, at) {
      told.forEach((each, index) => (batch[at + index] = each));
      const count = told.length / 3;
      told = [];
      return count;
    },
    setAlarm: (milliseconds) => void alarms.push(milliseconds),
    takeAlarm() {
      const result = rang;
      rang = false;
      return result;
    },
    ref: () => undefined,
    unref: () => undefined,
    leaveLoop: () => undefined,
    close: () => undefined,
  };
  const poller = new ThreadPoller((readable) => {
    onReadable = readable;
    return set;
  });
  // As long ago as an alarm needs to be due.
  poller.inspectEvery = 0;
  return {
    poller,
    closed,
    alarms,
    ring(): number[] {
      rang = true;
      onReadable();
      return asked.splice(0);
    },
    tell(...event: number[]): void {
      told = event;
      onReadable();
    },
    asked: () => asked.splice(0),
  };
}

const quiet = { ready: () => undefined };

describe('A thread whose system is silent about descriptors that somebody else closes', () => {
  test('sets no alarm while nobody waits', () => {
    const { poller, alarms } = silentSystem();
    poller.add(7, quiet);
    poller.poll(0);
    expect(alarms.filter((each) => each !== Infinity)).toEqual([]);
  });

  test('looks at all descriptors as long as something keeps the event loop', () => {
    const { poller, alarms, ring } = silentSystem();
    poller.add(7, quiet);
    poller.add(8, quiet);
    poller.ref();
    expect(ring()).toEqual([7, 8]);
    expect(ring()).toEqual([7, 8]);
    poller.unref();
    alarms.length = 0;
    expect(ring()).toEqual([7, 8]);
    // The last look sets no other.
    expect(alarms).toEqual([]);
    expect(ring()).toEqual([]);
  });

  test('looks from within calls that wait', () => {
    const { poller, ring, alarms } = silentSystem();
    poller.add(7, quiet);
    poller.poll(1000);
    expect(alarms).toEqual([0]);
    expect(ring()).toEqual([7]);
    expect(alarms).toEqual([0]);
  });

  test('sets one alarm for all that begins to wait until it rings', () => {
    const { poller, alarms } = silentSystem();
    poller.add(7, quiet);
    for (let count = 0; count < 100; count++) {
      poller.ref();
      poller.poll(10);
      poller.unref();
    }
    expect(alarms).toEqual([0]);
  });

  test('goes over very many by and by', () => {
    const { poller, ring } = silentSystem();
    for (let descriptor = 0; descriptor < 2500; descriptor++) poller.add(descriptor, quiet);
    poller.ref();
    const looked = [ring(), ring(), ring()].flat();
    expect(looked.length).toBeLessThanOrEqual(3 * 1024);
    expect(new Set(looked).size).toBe(2500);
  });
});

describe('A target whose descriptor somebody else has closed', () => {
  const watcher = () => {
    const heard: (number | string)[] = [];
    return { heard, ready: (events: number) => void heard.push(events), lost: () => void heard.push('lost') };
  };

  test('is told once, and hears nothing of its number any more', () => {
    const { poller, closed, ring, tell } = silentSystem();
    const one = watcher();
    const slot = poller.add(7, one);
    poller.ref();
    closed.add(7);
    ring();
    ring();
    tell(slot, 0, PollEvents.IN);
    expect(one.heard).toEqual(['lost']);
    expect(poller.holds(slot)).toBe(false);
    expect(poller.remove(slot)).toBe(false);
    expect(poller.size).toBe(0);
  });

  test('is told as soon as another gets its number, who is watched and closes as ever', () => {
    const { poller, tell } = silentSystem();
    const [before, after] = [watcher(), watcher()];
    const [old, slot] = [poller.add(7, before), poller.add(7, after)];
    expect(before.heard).toEqual(['lost']);
    expect(poller.remove(old)).toBe(false);
    tell(slot, 0, PollEvents.IN);
    expect(after.heard).toEqual([PollEvents.IN]);
    expect(poller.holds(slot)).toBe(true);
    expect(poller.remove(slot)).toBe(true);
  });

  test('is told that all has come that it may wait for, where it knows no better', () => {
    const { poller, closed, ring } = silentSystem();
    const heard: number[] = [];
    poller.add(7, { ready: (events) => void heard.push(events) });
    poller.ref();
    closed.add(7);
    ring();
    expect(heard).toEqual([PollEvents.IN | PollEvents.OUT | PollEvents.ERROR | PollEvents.HANG_UP]);
  });

  test('is told at once where the system tells of it, which is not asked then', () => {
    const { poller, alarms, asked, tell } = silentSystem(false);
    const one = watcher();
    const slot = poller.add(7, one);
    poller.ref();
    poller.poll(1000);
    tell(slot, 0, PollEvents.GONE);
    expect(one.heard).toEqual(['lost']);
    expect(asked()).toEqual([]);
    expect(alarms.filter((each) => each !== Infinity)).toEqual([]);
  });
});

import { readdirSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PollEvents, systemSockets, threadPoller, type PollTarget } from 'ws2spi/platform';
import { turnsUntil } from '../../support/turns-until.js';

const linux = process.platform === 'linux';
const poller = threadPoller();
const slots: number[] = [];
const descriptors: number[] = [];

function udp(): { descriptor: number; name: Uint8Array } {
  const sockets = systemSockets();
  const descriptor = sockets.socket(2, 2, 17);
  descriptors.push(descriptor);
  const name = Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  expect(sockets.bind(descriptor, name, 16)).toBe(0);
  const slot = { bytes: new Uint8Array(128), length: 0 };
  expect(sockets.localName(descriptor, slot)).toBe(0);
  return { descriptor, name: slot.bytes.slice(0, 16) };
}

function watch(descriptor: number, target: PollTarget): number {
  const slot = poller.add(descriptor, target);
  slots.push(slot);
  poller.poll(0); // a datagram socket is writable at once
  return slot;
}

function sendTo(to: { name: Uint8Array }, from: { descriptor: number }, text: string): void {
  const bytes = Buffer.from(text);
  expect(systemSockets().sendTo(from.descriptor, bytes, bytes.length, 0, to.name, 16)).toBe(bytes.length);
}

/** Lets the event loop turn until something holds. */
async function eventually(condition: () => boolean): Promise<void> {
  await turnsUntil(condition);
  expect(condition()).toBe(true);
}

afterEach(() => {
  for (const slot of slots.splice(0)) poller.remove(slot);
  for (const descriptor of descriptors.splice(0)) systemSockets().close(descriptor);
  poller.spin = 0;
});

describe("a thread's poller without descriptors", () => {
  it('begins without native code', () => {
    expect(poller.native).toBe(false);
    expect(poller.size).toBe(0);
  });

  it('dispatches after a wake-up, once', async () => {
    const client = { dispatch: vi.fn() };
    poller.addClient(client);
    poller.wake();
    poller.wake();
    await eventually(() => client.dispatch.mock.calls.length > 0);
    await new Promise((next) => setImmediate(next));
    expect(client.dispatch).toHaveBeenCalledTimes(1);
    poller.removeClient(client);
  });

  it('dispatches when an alarm is due, while somebody holds the event loop', async () => {
    const begin = performance.now();
    poller.ref();
    await new Promise<void>((done) => {
      const client = {
        dispatch(): void {
          poller.removeClient(client);
          done();
        },
      };
      poller.addClient(client);
      poller.setAlarm(client, 20);
    });
    poller.unref();
    expect(performance.now() - begin).toBeGreaterThanOrEqual(18);
  });

  it('sleeps for the time given', () => {
    const begin = performance.now();
    expect(poller.poll(15)).toBe(0);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(14);
  });
});

describe.runIf(linux)("a thread's poller with descriptors", () => {
  it('keeps clients and their alarms when the first descriptor makes it native', async () => {
    let dispatched = 0;
    const client = { dispatch: (): void => void dispatched++ };
    poller.addClient(client);
    poller.setAlarm(client, 15);
    poller.ref();
    const socket = udp();
    watch(socket.descriptor, { ready: () => {} });
    expect(poller.native).toBe(true);
    const before = dispatched;
    const begin = performance.now();
    await new Promise<void>((done) => {
      const look = (): void =>
        void (dispatched > before || performance.now() - begin > 60_000 ? done() : setImmediate(look));
      look();
    });
    expect(dispatched).toBeGreaterThan(before);
    poller.unref();
    poller.removeClient(client);
  });

  it('tells a target that data has come', () => {
    const [a, b] = [udp(), udp()];
    const events: number[] = [];
    watch(a.descriptor, { ready: (bits) => void events.push(bits) });
    events.length = 0;
    sendTo(a, b, 'x');
    expect(poller.poll(1000)).toBe(1);
    expect(events[0]! & PollEvents.IN).toBe(PollEvents.IN);
    expect(poller.poll(0)).toBe(0);
  });

  it('tells targets from the event loop too, and dispatches after them', async () => {
    const [a, b] = [udp(), udp()];
    const order: string[] = [];
    watch(a.descriptor, { ready: () => void order.push(`target ${poller.delivering}`) });
    order.length = 0;
    const client = { dispatch: (): void => void order.push(`client ${poller.delivering}`) };
    poller.addClient(client);
    poller.ref();
    sendTo(a, b, 'x');
    await eventually(() => order.length >= 2);
    expect(order.slice(0, 2)).toEqual(['target true', 'client false']);
    poller.unref();
    poller.removeClient(client);
  });

  it('runs ticks and promises queued by a target before the next turn of the loop', async () => {
    const [a, b] = [udp(), udp()];
    const order: string[] = [];
    let armed = false;
    watch(a.descriptor, {
      ready: () => {
        if (!armed) return;
        armed = false;
        process.nextTick(() => order.push('tick'));
        void Promise.resolve().then(() => order.push('promise'));
      },
    });
    armed = true;
    poller.ref();
    sendTo(a, b, 'x');
    await eventually(() => order.length >= 2);
    expect(order.slice(0, 2)).toEqual(['tick', 'promise']);
    poller.unref();
  });

  it('tells of a hang-up', async () => {
    const sockets = systemSockets();
    const { server, accepted } = await new Promise<{ server: Server; accepted: Promise<Socket> }>((resolve) => {
      const listening = createServer();
      const peer = new Promise<Socket>((got) => listening.once('connection', got));
      listening.listen(0, '127.0.0.1', () => resolve({ server: listening, accepted: peer }));
    });
    const { port } = server.address() as AddressInfo;
    const descriptor = sockets.socket(2, 1, 6);
    descriptors.push(descriptor);
    let seen = 0;
    sockets.connect(descriptor, Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 16);
    slots.push(poller.add(descriptor, { ready: (bits) => void (seen |= bits) }));
    (await accepted).end();
    (await accepted).resume();
    poller.ref();
    await eventually(() => (seen & PollEvents.PEER_HANG_UP) !== 0);
    poller.unref();
    (await accepted).destroy();
    server.close();
  });

  it('drops the late event of a slot that was removed and given away again', () => {
    const [a, b, c] = [udp(), udp(), udp()];
    const told: string[] = [];
    let slotOfB = -1;
    let armed = false;
    const slotOfA = watch(a.descriptor, {
      ready: () => {
        if (!armed) return;
        told.push('a');
        poller.remove(slotOfB);
        slots.push(poller.add(c.descriptor, { ready: () => void told.push('c') }));
      },
    });
    expect(slotOfA).toBeGreaterThanOrEqual(0);
    slotOfB = watch(b.descriptor, { ready: () => void told.push('b') });
    armed = true;
    told.length = 0;
    sendTo(a, c, 'first');
    sendTo(b, c, 'second');
    expect(poller.poll(1000)).toBe(1);
    expect(told).toEqual(['a']);
  });

  it('survives a target that throws, and tells the others', async () => {
    const [a, b, c] = [udp(), udp(), udp()];
    let armed = false;
    let told = 0;
    watch(a.descriptor, {
      ready: () => {
        if (armed) throw new Error('thrown by a target');
      },
    });
    watch(b.descriptor, { ready: () => void told++ });
    armed = true;
    told = 0;
    const uncaught = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    sendTo(a, c, 'x');
    sendTo(b, c, 'x');
    expect(poller.poll(1000)).toBe(2);
    expect(told).toBe(1);
    expect((await caught).message).toBe('thrown by a target');
    for (const listener of uncaught) process.on('uncaughtException', listener);
  });

  it('can be polled from inside a target without losing what was found before', () => {
    const [a, b, c, d] = [udp(), udp(), udp(), udp()];
    const told: string[] = [];
    let nest = false;
    const target = (name: string): PollTarget => ({
      ready: () => {
        told.push(name);
        if (!nest) return;
        nest = false;
        sendTo(c, d, 'inner');
        poller.poll(1000);
      },
    });
    watch(a.descriptor, target('a'));
    watch(b.descriptor, target('b'));
    watch(c.descriptor, target('c'));
    told.length = 0;
    nest = true;
    sendTo(a, d, 'outer');
    sendTo(b, d, 'outer');
    poller.poll(1000);
    expect(told).toEqual(['a', 'c', 'b']);
  });

  it('owes a dispatch for an alarm that rang inside a blocking poll', async () => {
    const socket = udp();
    watch(socket.descriptor, { ready: () => {} });
    let dispatched = 0;
    const client = { dispatch: (): void => void dispatched++ };
    poller.addClient(client);
    poller.setAlarm(client, 5);
    poller.poll(1000);
    await eventually(() => dispatched > 0);
    poller.removeClient(client);
  });

  it('gives each client its own alarm', async () => {
    const socket = udp();
    watch(socket.descriptor, { ready: () => {} });
    const begin = performance.now();
    const rang: number[] = [];
    const one = { dispatch: (): void => void rang.push(performance.now() - begin) };
    const other = { dispatch: (): void => {} };
    poller.addClient(one);
    poller.addClient(other);
    poller.ref();
    // Each the sooner one in its turn. Two that are both due when the machine comes to it would ring at once.
    poller.setAlarm(one, 5);
    poller.setAlarm(other, 3_600_000);
    await eventually(() => rang.length === 1);
    expect(rang[0]).toBeGreaterThanOrEqual(4);
    const before = performance.now() - begin;
    poller.setAlarm(one, 3_600_000);
    poller.setAlarm(other, 25);
    await eventually(() => rang.length === 2);
    expect(rang[1]! - before).toBeGreaterThanOrEqual(24);
    poller.unref();
    poller.removeClient(one);
    poller.removeClient(other);
  });

  it('times out, and says that nobody was told', () => {
    const socket = udp();
    watch(socket.descriptor, { ready: () => {} });
    const begin = performance.now();
    expect(poller.poll(12.5)).toBe(0);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(12);
  });

  it('spins after activity when asked to, and finds what came meanwhile', async () => {
    const [a, b] = [udp(), udp()];
    let told = 0;
    watch(a.descriptor, {
      ready: () => {
        if (++told === 1) sendTo(a, b, 'again');
      },
    });
    told = 0;
    poller.spin = 500;
    poller.ref();
    sendTo(a, b, 'x');
    await eventually(() => told >= 2);
    poller.unref();
  });

  it('spins after what the event loop told it, though nobody asked to be woken', async () => {
    const [a, b] = [udp(), udp()];
    let told = 0;
    watch(a.descriptor, { ready: () => void told++ });
    told = 0;
    const forApplication: boolean[] = [];
    const client = {
      dispatch(application: boolean): void {
        forApplication.push(application);
        if (forApplication.length === 1) sendTo(a, b, 'again');
      },
    };
    poller.addClient(client);
    poller.spin = 500;
    poller.ref();
    sendTo(a, b, 'x');
    await eventually(() => forApplication.length >= 3);
    // The event loop, the immediate in which the spin begins, and what the spin found; the event loop has not come
    // again.
    expect(forApplication).toEqual([false, true, true]);
    expect(told).toBe(2);
    poller.unref();
    poller.removeClient(client);
  });

  /**
   * Has every turn of the application make a descriptor ready, or every one of the wait thread; `dispatched` is told whether the
   * turn was the application's.
   */
  function busy(dispatched: (application: boolean) => void, inWaitThread = false): { end(): void; told(): number } {
    const [a, b] = [udp(), udp()];
    let told = 0;
    const bytes = Buffer.alloc(8);
    watch(a.descriptor, {
      ready: () => {
        told++;
        while (systemSockets().receive(a.descriptor, bytes, 8, 0) > 0);
      },
    });
    told = 0;
    const client = {
      dispatch(application: boolean): void {
        dispatched(application);
        if (application || inWaitThread) sendTo(a, b, 'next');
        else poller.wake();
      },
    };
    poller.addClient(client);
    poller.ref();
    sendTo(a, b, 'first');
    return {
      told: () => told,
      end: () => {
        poller.unref();
        poller.removeClient(client);
      },
    };
  }

  it('finds what the application made ready in its turn, before the event loop does', async () => {
    const turns: boolean[] = [];
    const traffic = busy((application) => turns.push(application));
    await eventually(() => traffic.told() > 200);
    traffic.end();
    const found = turns.filter((application, turn) => application && turns[turn - 1] === true);
    expect(found.length).toBeGreaterThan(turns.length / 2);
  });

  it.each([
    ['the application makes', false],
    ['callbacks in the wait thread make', true],
  ])(
    'gives the event loop its turn, however much %s ready, and finds some of it before',
    async (_who, inWaitThread) => {
      const traffic = busy(() => undefined, inWaitThread);
      await eventually(() => traffic.told() > 50);
      let most = 0;
      for (let turn = 0; turn < 100; turn++) {
        const before = traffic.told();
        await new Promise((next) => setImmediate(next));
        most = Math.max(most, traffic.told() - before);
      }
      traffic.end();
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(10);
    },
  );

  it('counts what it watches and leaves no descriptor behind', () => {
    const before = readdirSync('/proc/self/fd').length;
    const size = poller.size;
    const socket = udp();
    const slot = poller.add(socket.descriptor, { ready: () => {} });
    expect(poller.size).toBe(size + 1);
    poller.remove(slot);
    poller.remove(slot);
    expect(poller.size).toBe(size);
    systemSockets().close(descriptors.pop()!);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  it('accepts a connection of node:net while both share the event loop', async () => {
    const sockets = systemSockets();
    const listener = sockets.socket(2, 1, 6);
    descriptors.push(listener);
    sockets.bind(listener, Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 16);
    sockets.listen(listener, 5);
    const slot = { bytes: new Uint8Array(128), length: 0 };
    sockets.localName(listener, slot);
    let accepted = -1;
    slots.push(poller.add(listener, { ready: () => void (accepted = sockets.accept(listener, slot)) }));
    poller.ref();
    const client = createConnection((slot.bytes[2]! << 8) | slot.bytes[3]!, '127.0.0.1');
    await eventually(() => accepted >= 0);
    poller.unref();
    client.destroy();
    sockets.close(accepted);
  });
});

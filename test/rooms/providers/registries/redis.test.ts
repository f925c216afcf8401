// The registry on a Redis server: one that the test scripts, on a network in memory and in virtual time.
import { describe, expect, it } from 'vitest';
import {
  ref,
  RNRSERVICE_DELETE,
  SERVICE_MULTIPLE,
  VirtualClock,
  WSA_IO_PENDING,
  WSAEACCES,
  WSAETIMEDOUT,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
} from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { createRedisRegistry, type RedisOptions } from 'ws2spi/providers/namespaces/redis';
import { at, RegistryUser } from './instance.js';
import { FakeRedis } from './fake-redis.js';
import { describeRegistry, watching } from './registry-suite.js';

const LEASE = 30_000;

/** A user of a registry on a server, and that server. */
function alone(options: RedisOptions = {}): { registry: RegistryUser; redis: FakeRedis; clock: VirtualClock } {
  const clock = new VirtualClock();
  const registry = new RegistryUser(createRedisRegistry({ url: 'redis://127.0.0.1', ...options }), { clock });
  return { registry, redis: new FakeRedis(registry.ws2), clock };
}

/** Several users, each an instance of its own, on one network; the server is the first one's. */
function several(count: number) {
  const clock = new VirtualClock();
  const network = createMemoryNetwork();
  const users = Array.from({ length: count }, (_, place) => {
    const registry = createRedisRegistry({ url: 'redis://127.0.0.1' });
    return new RegistryUser(registry, { clock, network, random: randomOf(place + 1) });
  });
  const redis = new FakeRedis(new RegistryUser(createRedisRegistry(), { clock, network, random: randomOf(99) }).ws2);
  return { users, redis, clock };
}

function randomOf(seed: number) {
  let state = seed;
  return { next: () => (state = (state * 16807) % 2147483647) / 2147483647 };
}

/** Lets time pass. */
function pass({ ws2 }: RegistryUser, milliseconds: number): void {
  ws2.host.SleepEx(milliseconds, false);
}

describeRegistry('The registry on a Redis server, in virtual time', () => alone().registry);

describe('The registry on a Redis server', () => {
  it('says what it wants of the server before the first command', () => {
    const { registry, redis } = alone({ url: 'redis://me:s%40cret@127.0.0.1:6379/3' });
    redis.password = 's@cret';
    expect(registry.register('x', [at('192.0.2.1', 1)])).toBe(0);
    expect(redis.commands.slice(0, 2)).toEqual(['AUTH me s@cret', 'SELECT 3']);
    expect(registry.ports('x')).toEqual([1]);
  });

  it('keeps its keys apart by a prefix', () => {
    const { registry, redis } = alone({ prefix: 'a*b' });
    registry.register('x*y', [at('192.0.2.1', 1)]);
    expect([...redis.values.keys()].every((key) => key.startsWith('a*b:'))).toBe(true);
    expect([registry.ports('x*y'), registry.ports('xzy')]).toEqual([[1], WSASERVICE_NOT_FOUND]);
  });

  it('renews what it has registered for as long as it lives', () => {
    const { registry } = alone();
    registry.register('x', [at('192.0.2.1', 1)]);
    pass(registry, 10 * LEASE);
    expect(registry.ports('x')).toEqual([1]);
  });

  it('forgets what a process has registered that does not renew it any more', () => {
    const { users, redis } = several(2);
    const [dead, alive] = users as [RegistryUser, RegistryUser];
    dead.add('x', [at('192.0.2.1', 1)]);
    alive.add('x', [at('192.0.2.2', 2)]);
    expect((alive.ports('x') as number[]).sort()).toEqual([1, 2]);
    dead.ws2[Symbol.dispose]();
    pass(alive, LEASE - 1);
    expect((alive.ports('x') as number[]).sort()).toEqual([1, 2]);
    pass(alive, 2);
    expect(alive.ports('x')).toEqual([2]);
    expect(redis.connections).toBe(1);
  });

  it('leaves nothing behind once nobody renews anything', () => {
    const { registry, redis } = alone();
    for (const name of ['x', 'y']) registry.register(name, [at('192.0.2.1', 1)]);
    registry.ws2.WSACleanup();
    registry.ws2.WSAStartup(0x0202, {});
    pass(registry, 4 * LEASE + 1);
    expect([...redis.values.keys()]).toEqual([]);
  });

  it('registers anew what the server has lost', () => {
    const { registry, redis } = alone();
    registry.register('x', [at('192.0.2.1', 1)]);
    redis.values.clear();
    redis.disconnect();
    expect(registry.ports('x')).toBe(WSASERVICE_NOT_FOUND);
    pass(registry, LEASE);
    expect(registry.ports('x')).toEqual([1]);
  });

  it('lets one process replace, change and delete what another has registered, for good', () => {
    const { users, clock } = several(2);
    const [one, other] = users as [RegistryUser, RegistryUser];
    one.add('x', [at('192.0.2.1', 1), at('192.0.2.1', 2)]);
    expect(other.deregister('x', [at('192.0.2.1', 1)], SERVICE_MULTIPLE)).toBe(0);
    expect([one.ports('x'), other.ports('x')]).toEqual([[2], [2]]);
    pass(one, 5 * LEASE);
    expect(one.ports('x')).toEqual([2]);
    other.register('x', [at('192.0.2.2', 3)]);
    pass(one, 5 * LEASE);
    expect([one.ports('x'), other.ports('x')]).toEqual([[3], [3]]);
    expect(one.deregister('x')).toBe(0);
    expect([one.ports('x'), other.ports('x'), other.delete('x')]).toEqual([WSANO_DATA, WSANO_DATA, 0]);
    pass(one, 5 * LEASE);
    expect([one.ports('x'), one.set(RNRSERVICE_DELETE, 'x', [])]).toEqual([WSASERVICE_NOT_FOUND, WSASERVICE_NOT_FOUND]);
    expect(clock.now()).toBeGreaterThanOrEqual(15 * LEASE);
  });

  it('looks again when somebody else came in between', () => {
    const { registry, redis } = alone();
    registry.register('x', [at('192.0.2.1', 1)]);
    let times = 0;
    redis.overrides.set('EXEC', () => (times++ < 2 ? '*-1\r\n' : null));
    expect([registry.register('x', [at('192.0.2.1', 2)]), registry.ports('x')]).toEqual([0, [2]]);
    redis.overrides.set('EXEC', () => '*-1\r\n');
    expect([registry.register('x', [at('192.0.2.1', 3)]), registry.ports('x')]).toEqual([WSATRY_AGAIN, [2]]);
  });

  it.each<[string, (redis: FakeRedis) => void, number]>([
    ['nobody listens', (redis) => redis.close(), WSATRY_AGAIN],
    ['a password is wanted', (redis) => void (redis.password = 'x'), WSAEACCES],
    ['the server is loading', (redis) => refuse(redis, 'LOADING Redis is loading the dataset'), WSATRY_AGAIN],
    ['the server is a replica', (redis) => refuse(redis, "READONLY You can't write against a replica"), WSAEACCES],
    ['the user may not', (redis) => refuse(redis, 'NOPERM this user has no permissions'), WSAEACCES],
    ['a key is of another kind', (redis) => refuse(redis, 'WRONGTYPE Operation against a key'), WSANO_RECOVERY],
    ['it is no Redis server', (redis) => say(redis, 'HTTP/1.1 400 Bad Request\r\n'), WSANO_RECOVERY],
    ['a text has no end', (redis) => say(redis, '$999999999\r\n'), WSANO_RECOVERY],
    ['an array has no end', (redis) => say(redis, '*99999999\r\n'), WSANO_RECOVERY],
    ['arrays lie within each other', (redis) => say(redis, '*1\r\n'.repeat(20)), WSANO_RECOVERY],
  ])('says so when %s', (_, arrange, code) => {
    const { registry, redis } = alone();
    arrange(redis);
    expect(registry.register('x', [at('192.0.2.1', 1)])).toBe(code);
    // What another attempt may mend needs no explanation.
    expect(registry.defects.length > 0).toBe(code !== WSATRY_AGAIN);
    expect(JSON.stringify(registry.defects)).not.toContain('secret');
  });

  it('gives a server up that does not answer, and asks it again the next time', () => {
    const { registry, redis, clock } = alone({ timeout: 2000 });
    redis.overrides.set('MGET', () => '');
    registry.register('x', [at('192.0.2.1', 1)]);
    const before = clock.now();
    expect(registry.find('x')).toBe(WSATRY_AGAIN);
    expect(clock.now() - before).toBe(2000);
    redis.overrides.clear();
    expect(registry.ports('x')).toEqual([1]);
  });

  it('does not wait beyond what SetAddrInfoEx is told', () => {
    const { registry, redis } = alone();
    redis.overrides.set('EXEC', () => '');
    const { ws2, nameSpace } = registry;
    const timeout = { tv_sec: 1, tv_usec: 0 };
    const [{ RemoteAddr }] = [at('192.0.2.1', 0)];
    expect(
      ws2.SetAddrInfoEx('x', null, [RemoteAddr], 1, null, SERVICE_MULTIPLE, nameSpace, null, timeout, null, null, null),
    ).toBe(WSAETIMEDOUT);
  });

  it('makes nothing of what stands on the server and is no service', () => {
    const { registry, redis } = alone();
    registry.register('x', [at('192.0.2.1', 1)]);
    const key = [...redis.values.keys()].find((each) => each.includes(':part:'))!;
    for (const text of [
      '',
      '{',
      '[]',
      '{"name":7}',
      '{"name":"y","serviceClass":"z"}',
      (redis.values.get(key) as string).replace('"x"', '"other"'),
    ]) {
      redis.values.set(key, text);
      expect(registry.ports('x')).toBe(WSASERVICE_NOT_FOUND);
    }
  });

  it('reads answers that come byte by byte', () => {
    const { registry, redis } = alone({ timeout: 1e6 });
    redis.isSlow = true;
    registry.register('x', [at('192.0.2.1', 1)], { lpszComment: 'Ä€😀' });
    expect(registry.find('x')).toMatchObject([{ lpszComment: 'Ä€😀', lpcsaBuffer: [at('192.0.2.1', 1)] }]);
  });

  describe('tells of changes', () => {
    it('that other processes make, and when a lease ends', () => {
      const { users } = several(2);
      const [one, other] = users as [RegistryUser, RegistryUser];
      const watch = watching(one, null);
      expect(watch.ask()).toBe(WSA_IO_PENDING);
      other.register('x', [at('192.0.2.1', 1)]);
      expect(watch.isTold(1000)).toBe(true);
      watch.ask();
      // Renewing is no change.
      expect(watch.isTold(5 * LEASE)).toBe(false);
      other.ws2[Symbol.dispose]();
      expect(watch.isTold(LEASE + 1000)).toBe(true);
      expect(one.find('x')).toBe(WSASERVICE_NOT_FOUND);
    });

    it('has the server say so, and adds to what it says already', () => {
      const { registry, redis } = alone();
      redis.notices = 'KEt';
      watching(registry, 'x').ask();
      pass(registry, 100);
      expect(redis.notices).toBe('KEtg$xh');
    });

    it('says what to set where the server may not be asked', () => {
      const { registry, redis } = alone();
      redis.overrides.set('CONFIG', () => '-NOPERM this user has no permissions\r\n');
      watching(registry, 'x').ask();
      pass(registry, 100);
      expect(registry.defects[0]?.message).toContain('notify-keyspace-events');
    });

    it('subscribes anew when the connection was lost, and finds out what changed meanwhile', () => {
      const { users, redis } = several(2);
      const [one, other] = users as [RegistryUser, RegistryUser];
      const watch = watching(one, 'x');
      watch.ask();
      pass(one, 100);
      redis.disconnect();
      other.register('x', [at('192.0.2.1', 1)]);
      expect(watch.isTold(5000)).toBe(true);
      watch.ask();
      other.register('x', [at('192.0.2.1', 2)]);
      expect(watch.isTold(1000)).toBe(true);
    });

    it('closes the subscription with the last look-up that wants it', () => {
      const { registry, redis } = alone();
      const watch = watching(registry, 'x');
      watch.ask();
      pass(registry, 100);
      expect(redis.connections).toBe(2);
      registry.ws2.WSALookupServiceEnd(watch.handle);
      pass(registry, 100);
      expect(redis.connections).toBe(1);
    });
  });

  it.each<[string, RedisOptions, string]>([
    ['another protocol', { url: 'http://127.0.0.1' }, '"http:" is not "redis:"'],
    ['no URL', { url: 'x' }, 'that is no URL'],
    ['a name', { url: 'redis://me:secret@redis.example' }, '"redis.example" is no address'],
    ['a database that is none', { url: 'redis://localhost/x' }, 'no number of a database'],
    ['a lease that is too short', { lease: 5 }, 'milliseconds, 100 or more'],
    ['an option that is none', { leese: 5 } as object, '"lease"'],
  ])('refuses %s, and does not tell the password', (_, options, reason) => {
    let message = '';
    try {
      createRedisRegistry(options);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain(reason);
    expect(message).not.toContain('secret');
  });
});

function refuse(redis: FakeRedis, message: string): void {
  for (const name of ['WATCH', 'SMEMBERS', 'MGET', 'EXEC']) redis.overrides.set(name, () => `-${message}\r\n`);
}

function say(redis: FakeRedis, text: string): void {
  redis.overrides.set('SMEMBERS', () => text);
}

it('A registry on a Redis server asks nothing before it is asked', () => {
  const { registry, redis } = alone();
  registry.ws2.gethostbyname('localhost');
  const handle = ref(0);
  registry.ws2.WSALookupServiceBegin({ dwSize: 60, lpszServiceInstanceName: 'x' }, 0, handle);
  expect(redis.connections).toBe(0);
});

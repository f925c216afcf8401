// The registry on a real Redis server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WSA_IO_PENDING, WSASERVICE_NOT_FOUND } from 'ws2spi';
import { systemClock } from 'ws2spi/host';
import { createRedisRegistry, type RedisOptions } from 'ws2spi/providers/namespaces/redis';
import { startRedis, type RealServer } from '../../../support/database-servers.js';
import { withoutServer } from '../../../support/real-servers.js';
import { at, RegistryUser } from './instance.js';
import { describeRegistry, watching } from './registry-suite.js';

const { skip } = withoutServer('redis-server');

let server: RealServer | null = null;
let url = '';
let users = 0;

beforeAll(async () => {
  if (skip) return;
  server = await startRedis(['--requirepass', 'secret']);
  url = `redis://:secret@127.0.0.1:${server.port}/2`;
});

afterAll(() => server?.stop());

function user(options: RedisOptions = {}): RegistryUser {
  const registry = createRedisRegistry({ url, prefix: `test-${users++}`, ...options });
  return new RegistryUser(registry, { base: 'tcpip', clock: systemClock() });
}

describe.skipIf(skip)('On a real server', () => {
  describeRegistry('the registry', user);

  it('a registration goes with its process when its lease is over, and that is told', () => {
    const dead = user({ prefix: 'lease', lease: 400 });
    const alive = user({ prefix: 'lease', lease: 400 });
    dead.register('x', [at('192.0.2.1', 1)]);
    const watch = watching(alive, 'x');
    expect(watch.ask()).toBe(WSA_IO_PENDING);
    // It is renewed during calls that block.
    expect(watch.isTold(1200)).toBe(false);
    expect(alive.ports('x')).toEqual([1]);
    dead.ws2[Symbol.dispose]();
    expect(watch.isTold(10_000)).toBe(true);
    expect(alive.ports('x')).toBe(WSASERVICE_NOT_FOUND);
  });

  it('keeps what several processes have registered apart, and joins it', () => {
    const [one, other] = [user({ prefix: 'two' }), user({ prefix: 'two' })];
    one.add('x', [at('192.0.2.1', 1)]);
    other.add('x', [at('192.0.2.2', 2)]);
    expect((one.ports('x') as number[]).sort()).toEqual([1, 2]);
    other.register('x', [at('192.0.2.3', 3)]);
    expect([one.ports('x'), one.delete('x'), other.ports('x')]).toEqual([[3], 0, WSASERVICE_NOT_FOUND]);
  });

  it('has a thousand services, and all of them found', () => {
    const registry = user();
    const names = Array.from({ length: 1000 }, (_, n) => `service ${`${n}`.padStart(4, '0')}`);
    for (const name of names) registry.register(name, [at('192.0.2.1', 1)]);
    expect(registry.names()).toEqual(names);
  });
});

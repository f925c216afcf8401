// Registries of very many services: they are read, searched and answered from in many turns of the event loop.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from 'ws2spi/host';
import type { NameSpace } from 'ws2spi/names';
import { createRedisRegistry } from 'ws2spi/providers/namespaces/redis';
import { createRegistry, verifyRegistry } from 'ws2spi/providers/namespaces/registry';
import { startRedis, type RealServer } from '../../../support/database-servers.js';
import { withoutServer } from '../../../support/real-servers.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { atEachTurn } from '../../name-space/fixtures/turns.js';
import { at, CLASS, RegistryUser } from './instance.js';

/** Turns of the event loop that the provider asked for. */
let turns = 0;

// The registry with its turns counted.
function counted(registry: NameSpace): NameSpace {
  turns = 0;
  return atEachTurn(registry, () => turns++);
}

const nameOf = (n: number): string => `service ${`${n}`.padStart(5, '0')}`;

function entry(n: number): object {
  const address = Buffer.from([2, 0, 0, 80, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]).toString('base64');
  return {
    name: nameOf(n),
    serviceClass: CLASS,
    context: '',
    comment: null,
    version: null,
    queryString: null,
    blob: null,
    addresses: [{ local: null, remote: address, socketType: 1, protocol: 6 }],
  };
}

function fileOf(services: readonly unknown[]): string {
  const file = join(temporaryFolder(), 'registry.json');
  writeFileSync(file, JSON.stringify({ format: 'ws2spi-registry', version: 1, serial: 3, classes: [], services }));
  return file;
}

const MANY = 10_000;

describe('A registry in a file', () => {
  const file = fileOf(Array.from({ length: MANY }, (_, n) => entry(n)));

  it('of ten thousand services is read, searched and told of in so many turns that none does it for a thousand', () => {
    const user = new RegistryUser(counted(createRegistry({ file })));
    expect(user.ports(nameOf(77))).toEqual([80]);
    const first = turns;
    expect(first).toBeGreaterThanOrEqual((2 * MANY) / 1000);
    const found = user.find(null);
    expect(found).toHaveLength(MANY);
    // It is known by now.
    expect(turns - first).toBeGreaterThanOrEqual((2 * MANY) / 1000);
    expect(user.defects).toEqual([]);
  });

  it('of ten thousand services is changed behind a reading in as many turns, and keeps all of them', () => {
    const user = new RegistryUser(counted(createRegistry({ file })));
    expect(user.register('one more', [at('192.0.2.2', 81)])).toBe(0);
    expect(turns).toBeGreaterThanOrEqual(MANY / 1000);
    const others = new RegistryUser(createRegistry({ file }));
    expect(others.ports('one more')).toEqual([81]);
    expect(others.find(null)).toHaveLength(MANY + 1);
  });

  it('with two hundred thousand damaged entries is read in many turns, and keeps them as they were', () => {
    const damaged = Array.from({ length: 200_000 }, (_, n) => (n % 2 === 0 ? {} : [n]));
    const path = fileOf([entry(1), ...damaged]);
    const user = new RegistryUser(counted(createRegistry({ file: path })));
    expect(user.ports(nameOf(1))).toEqual([80]);
    expect(turns).toBeGreaterThanOrEqual(200);
    expect(user.register('one more', [at('192.0.2.2', 81)])).toBe(0);
    const { services } = JSON.parse(readFileSync(path, 'utf8')) as { services: unknown[] };
    expect(services.slice(2)).toEqual(damaged);
    const said = verifyRegistry(path);
    expect(said).toHaveLength(101);
    expect(said[0]).toBe(`the registry ${path} has an entry that is none, and is left out: {}.`);
    expect(said[100]).toBe(`the registry ${path} has 199900 more entries that are none.`);
  });

  it('has what another process registered while it was being read', () => {
    const path = fileOf(Array.from({ length: MANY }, (_, n) => entry(n)));
    let write: (() => void) | null = null;
    const user = new RegistryUser(
      atEachTurn(createRegistry({ file: path }), () => {
        write?.();
        write = null;
      }),
    );
    const other = new RegistryUser(createRegistry({ file: path }));
    write = () => other.register('while', [at('192.0.2.2', 82)]);
    expect(user.ports(nameOf(5))).toEqual([80]);
    expect(write).toBeNull();
    expect(user.ports('while')).toEqual([82]);
  });
});

const { skip } = withoutServer('redis-server');

describe.skipIf(skip)('A registry on a real Redis server', () => {
  let server: RealServer | null = null;

  beforeAll(async () => {
    server = await startRedis([]);
  });

  afterAll(() => server?.stop());

  it('of ten thousand services is told of in so many turns that none reads a thousand of them', () => {
    const options = { url: `redis://127.0.0.1:${server!.port}`, prefix: 'many', lease: 600_000 };
    const system = { base: 'tcpip', clock: systemClock() } as const;
    const writer = new RegistryUser(createRedisRegistry(options), system);
    for (let n = 0; n < MANY; n++) {
      if (writer.register(nameOf(n), [at('192.0.2.1', 80)]) !== 0) throw new Error('a service was not registered');
    }
    const reader = new RegistryUser(counted(createRedisRegistry(options)), system);
    expect(reader.find(null)).toHaveLength(MANY);
    expect(turns).toBeGreaterThanOrEqual((3 * MANY) / 1000);
  });
});

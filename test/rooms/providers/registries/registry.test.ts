// The registry: services and classes in a file that processes share, or in memory.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  INSTANCE,
  LUP_RETURN_NAME,
  ref,
  RNRSERVICE_REGISTER,
  VirtualClock,
  WSA_E_NO_MORE,
  WSA_IO_PENDING,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  type WSAQUERYSETW,
} from 'ws2spi';
import { systemClock } from 'ws2spi/host';
import { createRegistry } from 'ws2spi/providers/namespaces/registry';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { at, CLASS, RegistryUser } from './instance.js';
import { describeRegistry, watching } from './registry-suite.js';

/** A registry in memory, or in a file of its own. */
function user(where: 'memory' | 'file'): RegistryUser {
  return new RegistryUser(createRegistry(where === 'memory' ? {} : { file: join(temporaryFolder(), 'registry.json') }));
}

describeRegistry('The registry, in memory', () => user('memory'));
describeRegistry('The registry, in a file', () => user('file'));

describe('The registry, in memory', () => {
  it('is the instance’s own', () => {
    const [one, other] = [user('memory'), user('memory')];
    one.register('x', [at('192.0.2.1', 1)]);
    expect([one.ports('x'), other.ports('x')]).toEqual([[1], WSASERVICE_NOT_FOUND]);
  });
});

describe('The registry, in a file', () => {
  const fileIn = (folder: string): string => join(folder, 'registry.json');

  it('is shared by instances, and tells one of what another does', () => {
    const file = fileIn(temporaryFolder());
    const [one, other] = [new RegistryUser(createRegistry({ file })), new RegistryUser(createRegistry({ file }))];
    one.register('x', [at('192.0.2.1', 1)]);
    expect(other.ports('x')).toEqual([1]);
    other.delete('x');
    expect(one.ports('x')).toBe(WSASERVICE_NOT_FOUND);
  });

  it('tells of what another process does, though a call waits', () => {
    const file = fileIn(temporaryFolder());
    const clock = systemClock();
    const [one, other] = [
      new RegistryUser(createRegistry({ file }), { clock }),
      new RegistryUser(createRegistry({ file })),
    ];
    const watch = watching(one, null);
    expect(watch.ask()).toBe(WSA_IO_PENDING);
    other.register('x', [at('192.0.2.1', 1)]);
    expect(watch.isTold(10_000)).toBe(true);
  });

  it('lies beside the catalog, for its user alone', () => {
    const folder = temporaryFolder();
    const registry = new RegistryUser(createRegistry(), { catalog: join(folder, 'catalog.json') });
    expect(registry.register('x', [at('192.0.2.1', 1)])).toBe(0);
    expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600);
  });

  it('keeps generations, no more than a few, and leaves no lock', () => {
    const folder = temporaryFolder();
    const registry = new RegistryUser(createRegistry({ file: fileIn(folder) }));
    for (let port = 1; port <= 8; port++) registry.register('x', [at('192.0.2.1', port)]);
    expect(readdirSync(folder).sort()).toEqual([
      'registry.json',
      'registry.json.6',
      'registry.json.7',
      'registry.json.8',
    ]);
  });

  it.each([
    ['an empty file', '', 'is empty'],
    ['half a file', '{"format": "ws2spi-reg', 'was cut off'],
    ['something else', '{"format": "other"}', 'is no registry'],
    ['a later version', '{"format": "ws2spi-registry", "version": 2}', 'has version 2'],
    ['a list', '[]', 'is no registry'],
    ['what lacks its services', '{"format": "ws2spi-registry", "version": 1, "serial": 1}', 'lacks'],
  ])('refuses %s, says so, and leaves it as it is', (_, text, reason) => {
    const file = fileIn(temporaryFolder());
    writeFileSync(file, text);
    const registry = new RegistryUser(createRegistry({ file }));
    expect([registry.find('x'), registry.register('x', [at('192.0.2.1', 1)])]).toEqual([
      WSANO_RECOVERY,
      WSANO_RECOVERY,
    ]);
    expect(registry.defects[0]?.message).toContain(file);
    expect(registry.defects[0]?.message).toContain(reason);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('uses what is sound of a file with damaged entries, and writes those back as they were', () => {
    const file = fileIn(temporaryFolder());
    const registry = new RegistryUser(createRegistry({ file }));
    registry.register('x', [at('192.0.2.1', 1)]);
    const text = readFileSync(file, 'utf8').replace('"services": [', '"services": [ {"name": 7}, null,');
    writeFileSync(file, text);
    expect(registry.ports('x')).toEqual([1]);
    registry.register('y', [at('192.0.2.1', 2)]);
    expect(registry.names()).toEqual(['x', 'y']);
    expect(readFileSync(file, 'utf8')).toContain('{"name":7}');
  });

  it('says that it cannot be read, where a folder lies in its place', () => {
    const folder = temporaryFolder();
    mkdirSync(fileIn(folder));
    const registry = new RegistryUser(createRegistry({ file: fileIn(folder) }));
    expect(typeof registry.find('x')).toBe('number');
    expect(registry.register('x', [at('192.0.2.1', 1)])).not.toBe(0);
    expect(registry.defects[0]?.message).toContain('is a folder');
  });

  it('tries again while somebody else changes it, and says at last who does', () => {
    const folder = temporaryFolder();
    const file = fileIn(folder);
    const clock = new VirtualClock();
    const registry = new RegistryUser(createRegistry({ file, lockTimeout: 3000 }), { clock });
    registry.register('x', [at('192.0.2.1', 1)]);
    // Whether it lives cannot be seen from here.
    writeFileSync(`${file}.lock`, JSON.stringify({ pid: 7, start: '1', host: 'another-machine', token: 'f00d' }));
    expect(registry.set(RNRSERVICE_REGISTER, 'y', [at('192.0.2.1', 2)])).toBe(WSATRY_AGAIN);
    expect(clock.now()).toBeGreaterThanOrEqual(3000);
    expect(registry.defects[0]?.message).toContain(`${file}.lock`);
  });

  it('changes it as soon as whoever held it is done, in virtual time, of which a blocking call takes no more than that', () => {
    const file = fileIn(temporaryFolder());
    const clock = new VirtualClock();
    const registry = new RegistryUser(createRegistry({ file, lockTimeout: 60_000 }), { clock });
    registry.register('x', [at('192.0.2.1', 1)]);
    writeFileSync(`${file}.lock`, JSON.stringify({ pid: 7, start: '1', host: 'another-machine', token: 'f00d' }));
    registry.ws2[INSTANCE].providerHost.setTimer(clock.now() + 2000, () => rmSync(`${file}.lock`));
    expect(registry.register('y', [at('192.0.2.1', 2)])).toBe(0);
    // It is tried again every five to ten milliseconds.
    expect(clock.now()).toBeGreaterThanOrEqual(2000);
    expect(clock.now()).toBeLessThanOrEqual(2010);
    expect(registry.names()).toEqual(['x', 'y']);
  });

  it('refuses options that are none', () => {
    expect(() => createRegistry({ fiel: 'x' } as object)).toThrow('"file"');
    expect(() => createRegistry({ file: '' })).toThrow('a path');
    expect(() => createRegistry({ nameSpace: 0 })).toThrow('an NS_ number');
  });
});

it('A query of the registry that is over says so', () => {
  const registry = user('memory');
  registry.register('x', [at('192.0.2.1', 1)]);
  const handle = ref(0);
  const { ws2 } = registry;
  ws2.WSALookupServiceBegin(
    { dwSize: 60, lpszServiceInstanceName: 'x', lpServiceClassId: CLASS },
    LUP_RETURN_NAME,
    handle,
  );
  const out: WSAQUERYSETW[] = [];
  ws2.WSALookupServiceNext(handle.value, 0, ref(1000), out);
  expect([ws2.WSALookupServiceNext(handle.value, 0, ref(1000), out), ws2.WSAGetLastError()]).toEqual([
    -1,
    WSA_E_NO_MORE,
  ]);
});

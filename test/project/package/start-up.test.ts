// What a program loads that only imports the package, and one that uses it: each part at its first need.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const DIST = new URL('../../../dist/', import.meta.url).href;

// inversify brings reflect-metadata, which adds to `Reflect`; what is loaded by `require` is in the cache of it.
const LOADED = `
  import { createRequire } from 'node:module';
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  console.log(JSON.stringify({
    inversify: 'defineMetadata' in Reflect,
    koffi: loaded.some((file) => /node_modules.koffi/.test(file)),
    instance: loaded.some((file) => /ws2_32.instance\\.js$/.test(file)),
    memory: loaded.some((file) => /memory.network.index\\.js$/.test(file)),
    names: loaded.some((file) => /ws2_32.names.index\\.js$/.test(file)),
    catalogFunctions: loaded.some((file) => /catalog.functions\\.js$/.test(file)),
    files: loaded.some((file) => /catalog.file-store\\.js$/.test(file)),
    reservations: loaded.some((file) => /port-reservations.index\\.js$/.test(file)),
    groups: loaded.some((file) => /socket-groups.socket-groups\\.js$/.test(file)),
    crypto: process.moduleLoadList.includes('NativeModule crypto'),
  }));`;

async function loadedBy(program: string): Promise<unknown> {
  const source = `const { createWs2_32, createMemoryNetwork, sockaddr_in } = await import('${DIST}index.js'); ${program}\n${LOADED}`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', source]);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

const NOTHING = {
  inversify: false,
  koffi: false,
  instance: false,
  memory: false,
  names: false,
  catalogFunctions: false,
  files: false,
  reservations: false,
  groups: false,
  crypto: false,
};

describe('a program that imports ws2spi', () => {
  it('loads nothing but constants and structures', async () => {
    expect(await loadedBy('')).toEqual(NOTHING);
  });

  it('loads the network in memory when it makes one', async () => {
    expect(await loadedBy('createMemoryNetwork();')).toEqual({ ...NOTHING, memory: true, crypto: true });
  });

  it('loads instances when it makes one, and neither inversify nor native code', async () => {
    const program = `createWs2_32({ base: 'memory', catalog: 'memory' }).WSAStartup(0x0202, {});`;
    expect(await loadedBy(program)).toEqual({ ...NOTHING, instance: true });
  });

  it.runIf(process.platform === 'linux')(
    'loads native code, and still not inversify, for a native socket',
    async () => {
      const program = `const ws2 = createWs2_32({ catalog: 'memory' }); ws2.WSAStartup(0x0202, {}); ws2.socket(2, 1, 6);
      ws2[Symbol.dispose]();`;
      expect(await loadedBy(program)).toEqual({ ...NOTHING, instance: true, koffi: true });
    },
  );

  it('loads name resolution when it asks for a name, by functions that are the same before and after', async () => {
    const program = `const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' }); ws2.WSAStartup(0x0202, {});
      const { gethostbyname } = ws2; const before = [gethostbyname.name, gethostbyname.length];
      if (gethostbyname('localhost') === null || ws2.gethostbyname !== gethostbyname) throw new Error('not found');
      if (before.join() !== 'gethostbyname,1') throw new Error(before.join());`;
    expect(await loadedBy(program)).toMatchObject({ instance: true, names: true });
  });

  it('loads the functions of the catalog when it asks for its entries', async () => {
    const program = `const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
      if (ws2.WSCEnumProtocols(null, [], { value: 9999 }, { value: 0 }) <= 0) throw new Error('no entries');`;
    expect(await loadedBy(program)).toEqual({ ...NOTHING, instance: true, catalogFunctions: true });
  });

  it('loads what works on files for a catalog in one, and on reserved ports once there are any', async () => {
    const inFile = `createWs2_32({ catalog: '/nowhere/catalog.json' });`;
    expect(await loadedBy(inFile)).toEqual({ ...NOTHING, instance: true, files: true });
    const bound = `const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' }); ws2.WSAStartup(0x0202, {});
      const s = ws2.socket(2, 2, 17); const name = new Uint8Array(16); name.set([2, 0, 0, 0, 127, 0, 0, 1]);
      if (ws2.bind(s, name, 16) !== 0) throw new Error(String(ws2.WSAGetLastError()));`;
    expect(await loadedBy(bound)).toMatchObject({ files: false, reservations: false, groups: false });
    const reserved = `${bound} if (ws2.CreatePersistentTcpPortReservation(0x5000, 1, { value: 0n }) !== 0) throw new Error();`;
    expect(await loadedBy(reserved)).toMatchObject({ reservations: true, groups: false });
  });

  it('loads groups of sockets with the first socket in one', async () => {
    const program = `const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' }); ws2.WSAStartup(0x0202, {});
      ws2.WSASocket(2, 1, 6, null, 1, 1); ws2[Symbol.dispose]();`;
    expect(await loadedBy(program)).toMatchObject({ groups: true, reservations: false });
  });

  it('hears of names what it would without having asked for one: nothing began, so nothing ends', async () => {
    const program = `const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' }); ws2.WSAStartup(0x0202, {});
      ws2.WSACleanup(); if (ws2.gethostbyname('localhost') !== null || ws2.WSAGetLastError() !== 10093) throw new Error();
      ws2[Symbol.dispose]();`;
    expect(await loadedBy(program)).toMatchObject({ names: true });
  });

  it('loads inversify when it has a container', async () => {
    const program = `const { Container } = await import('inversify');
      createWs2_32({ base: 'memory', catalog: 'memory', container: new Container() });`;
    const cwd = new URL('../../../', import.meta.url);
    const source = `const { createWs2_32 } = await import('${DIST}index.js'); ${program}\n${LOADED}`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', source], { cwd });
    expect(JSON.parse(stdout)).toEqual({ ...NOTHING, inversify: true, instance: true });
  });
});

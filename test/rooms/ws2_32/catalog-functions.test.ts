// The functions of the catalog are there before their part is loaded, and say of themselves what they do after.
import { describe, expect, it } from 'vitest';
import { createWs2_32, ref, SOCKET_ERROR, WSAEFAULT } from 'ws2spi';
import { createCatalogFunctions, type CatalogFunctions } from '../../../catalog/functions.js';
import { API_SIGNATURES } from '../../../spi/signatures/index.js';
import { fakeInstance } from './fake-provider.js';

describe('a function of the catalog', () => {
  const anything: never = new Proxy(() => undefined, { get: () => anything, apply: () => anything }) as never;
  const functions = createCatalogFunctions(anything, anything);
  const names = Object.keys(functions) as (keyof CatalogFunctions)[];

  it.each(names)('%s has its name and its number of arguments before it is loaded', (name) => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    expect([ws2[name].name, ws2[name].length]).toEqual([name, functions[name].length]);
    ws2[Symbol.dispose]();
  });

  it('is one that every instance has, and no other begins with WSC but those of 32-bit processes', () => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const own = Object.keys(ws2).filter((name) => name.startsWith('WSC') && !name.includes('32'));
    ws2[Symbol.dispose]();
    expect(own).toEqual(names.filter((name) => !name.includes('32')));
  });

  it('has a signature', () => {
    expect(names.filter((name) => !(name in API_SIGNATURES))).toEqual([]);
  });

  it('is the very same after it was called, and by its name of a 32-bit process', () => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const { WSCEnumProtocols } = ws2;
    const errno = ref(0);
    expect(WSCEnumProtocols(null, null, null as never, errno)).toBe(SOCKET_ERROR);
    expect(errno.value).toBe(WSAEFAULT);
    expect(ws2.WSCEnumProtocols).toBe(WSCEnumProtocols);
    expect(ws2.WSCEnumProtocols32).toBe(WSCEnumProtocols);
    ws2[Symbol.dispose]();
  });

  it('can be hooked before it is loaded', () => {
    const { ws2 } = fakeInstance();
    ws2.WSAStartup(0x0202, {});
    const told: string[] = [];
    const takeOff = ws2.debug.hook({
      match: 'WSCUnInstallNameSpace',
      before: ({ function: name }) => void told.push(name),
    });
    ws2.on('defect', () => undefined);
    ws2.WSCUnInstallNameSpace('none');
    takeOff();
    ws2.WSCUnInstallNameSpace('none');
    expect(told).toEqual(['WSCUnInstallNameSpace']);
  });
});

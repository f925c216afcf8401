// The functions of name resolution are there before their part is loaded, and say of themselves what they do after.
import { describe, expect, it } from 'vitest';
import { createWs2_32, ref } from 'ws2spi';
import { API_SIGNATURES } from '../../../spi/signatures/index.js';
import type { NameResolutionFunctions } from '../../../ws2_32/names/index.js';
import { createNameFunctions } from '../../../ws2_32/names/index.js';
import { fakeInstance } from './fake-provider.js';

describe('a function of name resolution', () => {
  const anything: never = new Proxy(() => undefined, { get: () => anything, apply: () => anything }) as never;
  const { functions } = createNameFunctions(anything, anything, anything);
  const names = Object.keys(functions) as (keyof NameResolutionFunctions)[];

  it.each(names)('%s has its name and its number of arguments before it is loaded', (name) => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    expect([ws2[name].name, ws2[name].length]).toEqual([name, functions[name].length]);
    ws2[Symbol.dispose]();
  });

  it('has a signature', () => {
    expect(names.filter((name) => !(name in API_SIGNATURES))).toEqual([]);
  });

  it('can be hooked before it is loaded', () => {
    const { ws2 } = fakeInstance();
    ws2.WSAStartup(0x0202, {});
    const told: string[] = [];
    const takeOff = ws2.debug.hook({ match: 'gethostname', before: ({ function: name }) => void told.push(name) });
    ws2.gethostname(ref(''), 256);
    takeOff();
    ws2.gethostname(ref(''), 256);
    expect(told).toEqual(['gethostname']);
  });
});

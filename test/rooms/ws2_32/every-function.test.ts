// Every function that there is, is a method of an instance.
import { createWs2_32 } from 'ws2spi';
import { afterAll, describe, expect, it } from 'vitest';
import { CATALOG, CATALOG_32, IN_BOTH_WIDTHS, MICROSOFT, RESERVATIONS, SPECIFICATION } from './every-function.js';

const ws2 = createWs2_32({ base: 'memory' });
afterAll(() => ws2[Symbol.dispose]());

describe.each([
  ['the specification', 93, SPECIFICATION],
  ['Microsoft’s later headers', 35, MICROSOFT],
  ['the catalog', 20, CATALOG],
  ['the 32-bit catalog', 14, CATALOG_32],
  ['port reservations', 6, RESERVATIONS],
])('Of %s', (_where, count, names) => {
  it(`there are ${count} functions`, () => {
    expect(new Set(names).size).toBe(count);
  });

  it.each(names)('%s is a method of an instance', (name) => {
    expect(ws2).toHaveProperty(name, expect.any(Function));
  });
});

it.each(IN_BOTH_WIDTHS)('%s has an A and a W form', (name) => {
  expect(ws2).toMatchObject({
    [`${name}A`]: expect.any(Function) as object,
    [`${name}W`]: expect.any(Function) as object,
  });
});

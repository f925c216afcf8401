// Names with very many addresses: the work for each does not grow with their number.
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ref, type addrinfo } from 'ws2spi';
import { filesInstance, writeFiles } from './fixtures.js';

it('a name of twenty thousand addresses has each of them once', () => {
  const files = writeFiles();
  const addresses = Array.from({ length: 20_000 }, (_, at) => `10.0.${at >> 8}.${at & 255} many.example`);
  writeFileSync(files.hosts!, [...addresses, ...addresses].join('\n'));
  const { ws2 } = filesInstance(files);
  const result = ref<addrinfo | null>(null);
  expect(ws2.getaddrinfo('many.example', null, { ai_socktype: 1 }, result)).toBe(0);
  let found = 0;
  for (let each = result.value; each !== null; each = each.ai_next) found++;
  expect(found).toBe(20_000);
});

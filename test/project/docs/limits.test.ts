import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NATIVE_EXCEPTIONS } from '../../support/exceptions.js';

const page = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');

describe('docs/limits.md', () => {
  it.each(Object.entries(NATIVE_EXCEPTIONS))('tells why not on Linux: %s', (_expectation, reason) => {
    expect(page).toContain(reason);
  });
});

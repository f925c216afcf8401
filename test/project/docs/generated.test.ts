import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as constants from 'ws2spi/spi';
// @ts-expect-error -- a tool in plain JavaScript
import { generatedPages } from '../../../tools/generate-docs.mjs';

const pages = (await generatedPages()) as Record<string, string>;

describe('generated pages of docs/', () => {
  it.each(Object.entries(pages))('%s is up to date (npm run docs)', (name, text) => {
    expect(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')).toBe(text);
  });

  it('tell of each ioctl that there is a constant of', () => {
    const names = Object.keys(constants).filter((name) => /^(SIO|SIOC|FIO)[A-Z_]+$/.test(name));
    expect(names).toContain('SIO_TAKES_NAMES');
    for (const name of names) if (!name.includes('RESERVED')) expect(pages['ioctls.md']).toContain(`\`${name}\``);
  });

  it('have no gaps', () => {
    for (const text of Object.values(pages)) expect(text).not.toContain('undefined');
  });
});

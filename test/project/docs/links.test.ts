import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pages } from './code-blocks.js';

const ROOT = new URL('../../../', import.meta.url);

/** A page without its code. */
const proseOf = (url: URL): string => readFileSync(url, 'utf8').replaceAll(/^```[^]*?^```$/gm, '');

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(url: URL): string[] {
  return [...proseOf(url).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link; `null` when it leads somewhere. */
function fault(page: URL, link: string): string | null {
  const target = new URL(link, page);
  const { hash } = target;
  target.hash = '';
  if (!existsSync(target)) return `${link}: no such file`;
  if (hash === '' || statSync(target).isDirectory()) return null;
  return anchors(target).includes(decodeURIComponent(hash.slice(1))) ? null : `${link}: no such heading`;
}

describe('links', () => {
  it.each([...pages(), 'examples/README.md', 'CHANGELOG.md'])('of %s lead somewhere', (page) => {
    const url = new URL(page, ROOT);
    const links = [...proseOf(url).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const own = links.filter((link) => !/^https?:/.test(link));
    expect(own.map((link) => fault(url, link)).filter((found) => found !== null)).toEqual([]);
  });

  it('of docs/README.md lead to every page', () => {
    const index = readFileSync(new URL('docs/README.md', ROOT), 'utf8');
    const others = pages().filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    for (const page of others) expect(index).toContain(`(${page.slice('docs/'.length)})`);
  });
});

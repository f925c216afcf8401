// Each row of docs/failures-in-the-wild.md names a test that there is.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const rows = readFileSync(new URL('docs/failures-in-the-wild.md', ROOT), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.split(' | '));

test('the page has the 31 failures, and the 15 things that were written by hand', () => {
  const numbers = rows.map(([number]) => Number(number!.replace('|', '')));
  const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
  expect(numbers).toEqual([...upTo(31), ...upTo(15)]);
});

describe('the test of each row is there', () => {
  test.each(rows.map((cells) => [cells[1]!, cells] as const))('%s', (_what, cells) => {
    expect(cells).toHaveLength(4);
    const [, file, title] = /^`(test\/[\w./-]+\.test\.ts)` “([^”]+)” \|$/.exec(cells[3]!)!;
    expect(existsSync(new URL(file!, ROOT)), file).toBe(true);
    expect(readFileSync(new URL(file!, ROOT), 'utf8')).toContain(title);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FACTS, NUMBERS } from './coverage.js';

/** The facts that the comments of a file name. */
function factsOf(file: string): Set<string> {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  const comments = text.matchAll(/^\s*\/\/ (\d+(?:\.\d+)*(?:, \d+(?:\.\d+)*)*)/gm);
  return new Set([...comments].flatMap(([, numbers]) => numbers!.split(', ')));
}

describe('The measured behaviour of Windows', () => {
  test('has no fact that is not accounted for, and each once', () => {
    expect(Object.keys(FACTS).sort()).toEqual([...NUMBERS].sort());
    expect(new Set(NUMBERS).size).toBe(NUMBERS.length);
  });

  test.each(Object.entries(FACTS))('%s is shown where it is said to be, or it is said why not', (number, fact) => {
    for (const file of fact.files) expect([...factsOf(file)], file).toContain(number);
    if (fact.files.length === 0) expect(fact.note).toMatch(/\w/);
  });
});

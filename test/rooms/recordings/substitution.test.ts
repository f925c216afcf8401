// What is put in the place of secrets, in streams that come in pieces.
import { describe, expect, test } from 'vitest';
import { seededRandom } from 'ws2spi';
import { Substitution, type SubstitutionRule } from 'ws2spi/recordings';

/** Applies rules to a text that comes in pieces. */
function applied(rules: readonly SubstitutionRule[], pieces: readonly string[]): string {
  const stream = new Substitution(rules).stream();
  return Buffer.concat([...pieces.map((piece) => stream.push(Buffer.from(piece, 'latin1'))), stream.end()]).toString(
    'latin1',
  );
}

const RULES: readonly (readonly [string, readonly SubstitutionRule[], string, string])[] = [
  [
    'a text',
    [{ pattern: 'hunter2', replacement: '*' }],
    'a hunter2 b hunter hunter2hunter2 hunte',
    'a * b hunter ** hunte',
  ],
  ['an expression', [{ pattern: /token=\w+/, replacement: '*' }], 'x token=abc&token= token=d', 'x *&token= *'],
  [
    'a group that stays',
    [{ pattern: /(Authorization: )[^\r]+/, replacement: '$1-' }],
    'Authorization: Basic a\r\nx',
    'Authorization: -\r\nx',
  ],
  ['alternatives', [{ pattern: /ab|abcd|c{2,3}/, replacement: '.' }], 'abcd cc ccc c abab', '.cd . . c ..'],
  ['what must follow', [{ pattern: /\d+(?=;)/, replacement: '#' }], '12; 34 56;', '#; 34 #;'],
  ['what must not be before', [{ pattern: /(?<!x)\d{3}/, replacement: '#' }], '123 x456 789', '# x456 #'],
  ['boundaries', [{ pattern: /\bkey\b/, replacement: 'K' }], 'key monkey keys key', 'K monkey keys K'],
  ['classes and escapes', [{ pattern: /[\]a-c]\.\x41\u0042\/?/, replacement: '!' }], 'a.AB/ ].AB d.AB', '! ! d.AB'],
  ['case', [{ pattern: /secret/i, replacement: 's' }], 'SECRET Secret', 's s'],
  [
    'several rules, the first of which wins',
    [
      { pattern: 'abc', replacement: '1' },
      { pattern: /b|abcd/, replacement: '2' },
    ],
    'abcd ab b',
    '1d a2 2',
  ],
  ['a text beyond ASCII', [{ pattern: 'é', replacement: 'e' }], Buffer.from('aéb').toString('latin1'), 'aeb'],
];

describe('A substitution', () => {
  test.each(RULES)('replaces %s', (_, rules, text, expected) => {
    expect(applied(rules, [text])).toBe(expected);
  });

  test.each(RULES)('replaces %s at every cut, and byte by byte', (_, rules, text, expected) => {
    for (let cut = 0; cut <= text.length; cut++)
      expect(applied(rules, [text.slice(0, cut), text.slice(cut)])).toBe(expected);
    expect(applied(rules, [...text])).toBe(expected);
  });

  test('replaces by chance the same, however the text is cut', () => {
    const random = seededRandom(7);
    const rules = [
      { pattern: /a(?:b+|c)d?/, replacement: '<$&>' },
      { pattern: 'cab', replacement: '!' },
    ];
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: 40 }, () => 'abcd'[Math.floor(random.next() * 4)]).join('');
      // A replacement that shows what it replaced shows where it was cut; this one does not.
      const plain = rules.map(({ pattern }) => ({ pattern, replacement: '*' }));
      const pieces: string[] = [];
      for (let at = 0; at < text.length;) {
        const length = 1 + Math.floor(random.next() * 6);
        pieces.push(text.slice(at, at + length));
        at += length;
      }
      expect(applied(plain, pieces), text).toBe(applied(plain, [text]));
    }
  });

  test('gives what cannot be a part of a match at once', () => {
    const stream = new Substitution([{ pattern: 'secret', replacement: '*' }]).stream();
    expect(stream.push(Buffer.from('question sec')).toString()).toBe('question ');
    expect(stream.push(Buffer.from('ond')).toString()).toBe('second');
    expect(stream.end().length).toBe(0);
  });

  test('replaces a match at the end at once, and leaves out what goes on with it', () => {
    const stream = new Substitution([{ pattern: /password=[^&]*/, replacement: '*' }]).stream();
    expect(stream.push(Buffer.from('user=x&password=hun')).toString()).toBe('user=x&*');
    expect(stream.push(Buffer.from('ter2')).toString()).toBe('');
    expect(stream.push(Buffer.from('&y')).toString()).toBe('&y');
  });

  test('holds no more than some kilobytes back', () => {
    const stream = new Substitution([{ pattern: /a[^]*z/, replacement: '*' }]).stream();
    let given = 0;
    for (let i = 0; i < 20; i++) given += stream.push(Buffer.alloc(1024, i === 0 ? 'a' : 'b')).length;
    expect(20 * 1024 - given).toBeLessThanOrEqual(4096);
  });
});

// Layers of the user's own that throw, drop, hang or block: the demonstration says which it is, and how far it came.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ROOT, ws2spi } from './program.js';

const folder = temporaryFolder();
const chain = pathToFileURL(join(process.env['WS2SPI_DIST'] ?? join(ROOT, 'dist'), 'chain/index.js')).href;

function layer(name: string, hooks: string, before = ''): string {
  const file = join(folder, `${name}.mjs`);
  const text = `import { defineLayer } from '${chain}';\n${before}\nexport default defineLayer({ name: '${name}', ${hooks} });`;
  writeFileSync(file, text);
  return file;
}

const codec = (send: string, receive = 'output.decoded(bytes)'): string =>
  `codec: () => ({ send: (bytes, output) => { ${send} }, receive: (bytes, output) => { ${receive} } })`;
const good = (name: string): string => layer(name, codec('output.encoded(bytes)'));

// The longest that it may take: ten seconds, and the start of Node.js on a machine that is busy with other tests.
const LONGEST = 15_000;

describe.each(['tcpip', 'memory'])('Over %s, a layer of yours', (base) => {
  const BAD: [string, string, RegExp][] = [
    ['throws', codec(`throw new Error('mine')`), /Defect: throws.*mine/],
    ['drops-all', codec(''), /nothing more came for .* while/],
    [
      'drops-the-end',
      codec('output.encoded(bytes)', 'output.decoded(bytes.subarray(0, bytes.length - 1))'),
      /What went wrong/,
    ],
    ['changes', codec('output.encoded(bytes)', 'output.decoded(bytes.map((byte) => byte ^ 1))'), /What went wrong/],
    ['blocks', codec('for (;;);'), /everything stood still for .* while/],
    ['blocks-later', codec('setTimeout(() => { for (;;); }, 800)'), /everything stood still for .* while/],
    ['blocks-connects', 'connect: () => { for (;;); }', /everything stood still for/],
    ['refuses', `connect: () => { throw new Error('no way'); }`, /Defect: refuses.*no way/],
    ['exits', codec('process.exit(3)'), /its process ended \(exit code 3\) while/],
    [
      'throws-later',
      codec(`output.encoded(bytes); setTimeout(() => { throw new Error('late'); }, 1)`),
      /outside of any call was thrown: late/,
    ],
  ];

  test.each(BAD)('that %s is named, with the trace so far, in time', (name, hooks, message) => {
    const began = performance.now();
    const { status, stdout, stderr } = ws2spi(['demo', '--base', base, '--layer', layer(name, hooks)]);
    expect(performance.now() - began).toBeLessThan(LONGEST);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/What each layer saw[^]*application/);
    expect(stdout).toMatch(/Chain .*application → /);
    expect(stdout).toMatch(message);
    expect(stdout).toMatch(new RegExp(`It is layer "${name}"`));
    expect(stdout).not.toMatch(/\n\s+at /);
  });
});

test('A call that never came back is shown as such', () => {
  const { stdout } = ws2spi(['demo', '--base', 'memory', '-l', layer('stuck', 'connect: () => { for (;;); }')]);
  expect(stdout).toMatch(/application\s+WSPConnect \d+.* … not over/);
});

test('Of several layers, the one that fails alone is named, and the good ones are not', () => {
  const args = ['-l', good('first'), '-l', layer('the-bad', codec('')), '-l', good('third')];
  const { status, stdout } = ws2spi(['demo', '--base', 'memory', ...args]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/It is layer "the-bad" .*alone it fails, too/);
  expect(stdout).not.toMatch(/It is layer "(first|third)"/);
});

test('Of layers that fail together alone, it is said', () => {
  const shared = `globalThis.count ??= 0;`;
  const odd = (name: string): string =>
    layer(
      name,
      codec(`if (globalThis.count === 2) throw new Error('both'); output.encoded(bytes)`),
      `${shared} globalThis.count++;`,
    );
  const { status, stdout } = ws2spi(['demo', '--base', 'memory', '-l', odd('one'), '-l', odd('two')]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/Each of your layers works alone: it is what they do together/);
});

test.each([
  ['never ends loading', 'await new Promise(() => {});', /nothing more came for .* while layer .* was loaded/],
  ['blocks while it is loaded', 'for (;;);', /everything stood still for .* while layer .* was loaded/],
  ['exits while it is loaded', 'process.exit(0);', /its process ended \(exit code 0\) while layer .* was loaded/],
])('A module that %s is named', (name, before, message) => {
  const file = layer(name.replaceAll(' ', '-'), '', before);
  const { status, stdout } = ws2spi(['demo', '--base', 'memory', '-l', file]);
  expect(status).toBe(1);
  expect(stdout).toMatch(message);
  expect(stdout).toContain(`It is layer ${file}`);
});

test('The JSON object says the same', () => {
  const { status, stdout } = ws2spi(['demo', '--base', 'memory', '--json', '-l', layer('silent', codec(''))]);
  expect(status).toBe(1);
  const result = JSON.parse(stdout) as Record<string, unknown>;
  expect(result).toMatchObject({
    identical: false,
    received: 0,
    fault: expect.stringMatching(/nothing more came/) as string,
  });
  expect(result['blamed']).toEqual([expect.stringContaining('"silent"')]);
  expect((result['records'] as unknown[]).length).toBeGreaterThan(5);
});

test('What a layer prints does not get into the output', () => {
  const file = layer('talks', codec(`console.log('hello'); output.encoded(bytes)`));
  const { status, stdout, stderr } = ws2spi(['demo', '--base', 'memory', '--json', '-l', file]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ identical: true, blamed: [] });
  expect(stderr).toContain('hello');
});

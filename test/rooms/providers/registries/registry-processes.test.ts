// The registry's file between processes: several at once, and processes that are killed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRegistry } from 'ws2spi/providers/namespaces/registry';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { at, RegistryUser } from './instance.js';

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs a program of the fixtures. */
function run(
  program: string,
  args: readonly string[],
  onLine: (kill: () => void) => void = () => undefined,
): Promise<Ended> {
  const script = fileURLToPath(new URL(`fixtures/${program}`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [text, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    for (const _ of piece.matchAll(/\n/g)) onLine(() => child.kill('SIGKILL'));
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, lines: text.split('\n').slice(0, -1), errors })),
  );
}

describe('The registry’s file', () => {
  it('has all services that several processes registered at once', async () => {
    const file = join(temporaryFolder(), 'registry.json');
    const ended = await Promise.all(['a', 'b', 'c'].map((prefix) => run('register.mjs', [file, prefix, '20'])));
    expect(ended.map(({ code, errors }) => [code, errors])).toEqual([0, 0, 0].map((code) => [code, '']));
    const all = ended.flatMap(({ lines }) => lines);
    expect(all).toHaveLength(60);
    expect(new RegistryUser(createRegistry({ file })).names()).toEqual(all.sort());
  });

  it('has what a process registered that was killed in the middle of the next one, and can be changed', async () => {
    for (let round = 0; round < 12; round++) {
      const file = join(temporaryFolder(), 'registry.json');
      let seen = 0;
      const { lines } = await run('register.mjs', [file, 'x', '500'], (kill) => {
        if (seen++ < round) return;
        // Not always at the same place of a registration.
        for (const end = performance.now() + (round % 4); performance.now() < end;);
        kill();
      });
      const registry = new RegistryUser(createRegistry({ file }));
      const names = registry.names() as string[];
      // Every one that was said to be registered is; one more may be, which nobody has heard of.
      expect(names).toEqual(expect.arrayContaining([...lines]));
      expect(names.length - lines.length).toBeLessThanOrEqual(1);
      expect([registry.register('after', [at('192.0.2.1', 1)]), registry.defects]).toEqual([0, []]);
      expect(existsSync(`${file}.lock`)).toBe(false);
    }
  });

  it('keeps no process alive that wants to know of changes', async () => {
    const { code, lines } = await run('watch.mjs', [join(temporaryFolder(), 'registry.json')]);
    expect([code, lines]).toEqual([0, ['watching']]);
  });
});

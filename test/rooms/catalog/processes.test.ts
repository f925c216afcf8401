import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileCatalogStore } from 'ws2spi/catalog';
import { WSATRY_AGAIN } from 'ws2spi/spi';
import { expect, test } from 'vitest';
import { install, installer, seeded, temporaryFolder, transport } from './helpers.js';

function installed(path: string): string[] {
  const data = new FileCatalogStore(path).read();
  expect(data.problems).toEqual([]);
  return data.protocols.slice(6).map((item) => item.entry.szProtocol);
}

const names = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `provider ${first + i}`);

test('Installations in several processes at once are all there afterwards, each with its own identifier', async () => {
  const path = join(temporaryFolder(), 'catalog.json');
  const results = await Promise.all([installer(path, 100, 20), installer(path, 200, 20), installer(path, 300, 20)]);
  expect(results.map((result) => [result.code, result.errors])).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ]);
  expect(installed(path).sort()).toEqual([...names(100, 20), ...names(200, 20), ...names(300, 20)]);
  const ids = results.flatMap((result) =>
    result.lines.filter((line) => line.startsWith('done')).map((line) => line.split(' ')[2]),
  );
  expect(new Set(ids).size).toBe(60);
  expect(new FileCatalogStore(path).serial()).toBe(61);
});

test('A process killed at any moment of an installation leaves the old or the new catalog', async () => {
  const random = seeded(20);
  const kills = 64;
  let killed = 0;
  let inside = 0;
  for (let round = 0; round < kills; round++) {
    // A fresh file now and then, so that creating one is interrupted too.
    const path = join(temporaryFolder(), 'new', 'catalog.json');
    const before = round % 2 === 0 ? 0 : 3;
    if (before > 0) for (let n = 0; n < before; n++) install(transport(new FileCatalogStore(path)).wsc, 10 + n);

    const whenLine = Math.floor(random() * 8);
    const extra = random() * 4;
    let seen = 0;
    const { lines } = await installer(path, 100, 50, (_, kill) => {
      if (seen++ !== whenLine) return;
      for (const end = performance.now() + extra; performance.now() < end;);
      kill();
      killed++;
    });

    const started = lines.filter((line) => line.startsWith('start')).length;
    const done = lines.filter((line) => line.startsWith('done')).length;
    if (started > done) inside++;
    const known = [...names(10, before), ...names(100, done)];
    const found = installed(path);
    // The one that was started last may have been completed.
    expect([known, [...known, `provider ${100 + done}`]].slice(0, started - done + 1)).toContainEqual(found);
    expect(new FileCatalogStore(path).serial()).toBe(1 + found.length);

    // Whatever the dead process left, the next installation goes ahead and tidies up.
    const next = transport(new FileCatalogStore(path, { lockTimeout: 2000 }));
    expect(install(next.wsc, 500)).toMatchObject({ result: 0 });
    expect(installed(path)).toEqual([...found, 'provider 500']);
    expect(readdirSync(join(path, '..')).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  }
  expect(killed).toBe(kills);
  expect(inside).toBeGreaterThan(10);
});

test('Processes that are killed while others install take nothing of theirs away', async () => {
  const path = join(temporaryFolder(), 'catalog.json');
  const random = seeded(20);
  const survivors = Promise.all([installer(path, 1000, 120), installer(path, 2000, 120)]);
  let over = false;
  const ended = survivors.then((results) => {
    over = true;
    return results;
  });
  const done: string[] = [];
  for (let first = 10_000; !over && first < 12_000; first += 100) {
    const whenLine = Math.floor(random() * 4);
    const extra = random() * 2;
    let seen = 0;
    const victim = await installer(path, first, 50, (_, kill) => {
      if (seen++ !== whenLine) return;
      for (const end = performance.now() + extra; performance.now() < end;);
      kill();
    });
    for (const line of victim.lines) if (line.startsWith('done')) done.push(`provider ${line.split(' ')[1]}`);
  }
  expect((await ended).map((result) => [result.code, result.errors])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  const found = installed(path);
  expect(new Set(found).size).toBe(found.length);
  expect(found).toEqual(expect.arrayContaining([...names(1000, 120), ...names(2000, 120), ...done]));
});

function deadProcess(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

test('The lock of a process that died is taken over', () => {
  const path = join(temporaryFolder(), 'catalog.json');
  const holder = { pid: deadProcess(), start: '1', host: hostname(), token: 'dead' };
  writeFileSync(`${path}.lock`, JSON.stringify(holder));
  expect(install(transport(new FileCatalogStore(path, { lockTimeout: 2000 })).wsc, 1)).toMatchObject({ result: 0 });
  expect(readdirSync(join(path, '..'))).toEqual(['catalog.json']);
});

test('A lock is also taken over when the process that was taking it over died', () => {
  const path = join(temporaryFolder(), 'catalog.json');
  const pid = deadProcess();
  const dead = (token: string): string => JSON.stringify({ pid, start: '1', host: hostname(), token });
  writeFileSync(`${path}.lock`, dead('first'));
  writeFileSync(`${path}.lock.first`, dead('second'));
  writeFileSync(`${path}.lock.second`, dead('third'));
  expect(install(transport(new FileCatalogStore(path, { lockTimeout: 2000 })).wsc, 1)).toMatchObject({ result: 0 });
  expect(readdirSync(join(path, '..'))).toEqual(['catalog.json']);
});

test(
  'A lock whose process number went to another process is taken over',
  { skip: process.platform !== 'linux' },
  () => {
    const path = join(temporaryFolder(), 'catalog.json');
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: process.pid, start: '1', host: hostname(), token: 'reused' }));
    expect(install(transport(new FileCatalogStore(path, { lockTimeout: 2000 })).wsc, 1)).toMatchObject({ result: 0 });
  },
);

test('While a living process holds the lock, a change waits only so long, and says who is in the way', () => {
  const path = join(temporaryFolder(), 'catalog.json');
  const holder = JSON.stringify({ pid: process.pid, start: '', host: hostname(), token: 'alive' });
  writeFileSync(`${path}.lock`, holder);
  const { wsc, reports } = transport(new FileCatalogStore(path, { lockTimeout: 30 }));
  expect(install(wsc, 1)).toMatchObject({ result: -1, error: WSATRY_AGAIN });
  expect(reports[0]?.message).toContain(`${path}.lock`);
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(holder);
  expect(readdirSync(join(path, '..'))).toEqual(['catalog.json.lock']);
});

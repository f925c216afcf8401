import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { WSAEACCES, WSAEADDRINUSE, WSAEINVAL, ERROR_NOT_FOUND, ERROR_SHARING_VIOLATION } from 'ws2spi';
import { FileKeeping, PortReservationStore, reservationsPath } from 'ws2spi/port-reservations';
import { temporaryFolder } from '../../support/temporary-folder.js';

const HOLDER = fileURLToPath(new URL('./fixtures/holder.mjs', import.meta.url));

interface Answer {
  readonly error?: number;
  readonly first: number;
  readonly token: string;
  readonly port?: number;
  readonly s?: number;
}

/** A process that does with ports what it is told. */
class Process {
  static readonly all = new Set<Process>();
  readonly child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  errors = '';

  private constructor(catalog: string, base: string) {
    this.child = spawn(process.execPath, [HOLDER, catalog, base], { stdio: 'pipe' });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.#answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
    Process.all.add(this);
  }

  static async start(catalog: string, base: string): Promise<Process> {
    const started = new Process(catalog, base);
    await started.answer();
    return started;
  }

  async answer(): Promise<Answer> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the process has ended: ${this.errors}`);
    return JSON.parse(value) as Answer;
  }

  ask(...request: unknown[]): Promise<Answer> {
    this.tell(...request);
    return this.answer();
  }

  tell(...request: unknown[]): void {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
  }

  /** Waits for one more sign of life of a process that churns. */
  async sign(): Promise<void> {
    await this.#answers.next();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
    Process.all.delete(this);
  }
}

afterEach(async () => {
  for (const each of Process.all) await each.end('SIGKILL');
});

/** What lies in the folder of a catalog. */
function filesBeside(catalog: string): string[] {
  return readdirSync(dirname(catalog)).sort();
}

function blocksBeside(catalog: string): string[] {
  const store = new PortReservationStore(new FileKeeping(reservationsPath(catalog)));
  try {
    return store.list().map(({ block }) => `${block.protocol} ${block.first} ${block.count}`);
  } finally {
    store.close();
  }
}

for (const base of ['memory', 'tcpip']) {
  describe(`reservations of two processes: ${base}`, () => {
    const start = (catalog: string): Promise<Process[]> =>
      Promise.all([Process.start(catalog, base), Process.start(catalog, base)]);

    test('hold for both at once, as soon as the call has returned, until they are deleted', async () => {
      const catalog = join(temporaryFolder(), 'catalog.json');
      const [one, two] = (await start(catalog)) as [Process, Process];
      const { first } = await one.ask('acquire', 3);
      // The other one has bound before, and knows of no reservations.
      expect(await two.ask('bind', first + 4)).toMatchObject({ error: 0 });
      const { token } = await one.ask('reserve', first + 5, 2);
      expect(await two.ask('bind', first + 5)).toEqual({ error: WSAEACCES });
      expect(await two.ask('bind', first + 7)).toMatchObject({ error: 0 });
      expect(await two.ask('lookUp', first + 5, 2)).toEqual({ token });
      expect(await two.ask('reserve', first + 6, 1)).toEqual({ error: ERROR_SHARING_VIOLATION });
      const { s, error } = await two.ask('associate', token);
      expect(error).toBe(0);
      expect(await two.ask('bind', 0, s)).toEqual({ error: 0, port: first + 5 });
      const third = await one.ask('associate', token);
      expect(await one.ask('bind', 0, third.s)).toEqual({ error: 0, port: base === 'tcpip' ? first + 6 : first + 5 });
      expect(await two.ask('remove', first + 5, 2)).toEqual({ error: 0 });
      expect(await one.ask('remove', first + 5, 2)).toEqual({ error: ERROR_NOT_FOUND });
      expect(await one.ask('associate', token)).toMatchObject({ error: WSAEINVAL });
    });

    test('that one has acquired are not for the other, and end with its process, however that ends', async () => {
      const catalog = join(temporaryFolder(), 'catalog.json');
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        const [one, two] = (await start(catalog)) as [Process, Process];
        const { first, token } = await one.ask('acquire', 3);
        expect(await two.ask('bind', first)).toEqual({ error: WSAEACCES });
        expect(await two.ask('acquire', 1, first + 1)).toEqual({ error: WSAEADDRINUSE });
        expect(await two.ask('associate', token)).toMatchObject({ error: WSAEACCES });
        expect(await two.ask('release', token)).toEqual({ error: WSAEACCES });
        expect(await one.ask('associate', token)).toMatchObject({ error: 0 });
        await one.end(signal);
        expect(await two.ask('associate', token)).toMatchObject({ error: WSAEINVAL });
        expect(await two.ask('bind', first)).toMatchObject({ error: 0 });
        expect(await two.ask('acquire', 2, first + 1)).toMatchObject({ first: first + 1 });
        await two.end('SIGKILL');
      }
      expect(blocksBeside(catalog)).toEqual([]);
    });
  });
}

test('A process that ends in the middle of another one’s change leaves its ports to the next change: none is reserved twice', async () => {
  const catalog = join(temporaryFolder(), 'catalog.json');
  const holder = await Process.start(catalog, 'memory');
  const { first } = await holder.ask('acquire', 3, 41_000);
  expect(first).toBe(41_000);
  const store = new PortReservationStore(new FileKeeping(reservationsPath(catalog)));
  const acquired = store.acquire('tcp', 0, 1, {
    automatic: () => ({ first: 30_000, last: 40_998 }),
    nextAutomatic: () => 30_000,
    leavesAlone: () => false,
    // The port before the block is taken, and while that is found out the block's holder ends.
    inUse(_protocol, port) {
      if (port >= 41_000) return 0;
      holder.child.kill('SIGKILL');
      while (store.at('tcp', 41_000) !== null);
      return 40_999;
    },
  });
  expect(acquired).toMatchObject({ first: 41_003, count: 1 });
  expect(blocksBeside(catalog)).toContain('tcp 41003 1');
  expect(store.create('tcp', 41_000, 3, [])).toBe(0);
  store.close();
});

test('Processes that are killed at any moment leave no block, no lock and no file behind', async () => {
  const catalog = join(temporaryFolder(), 'catalog.json');
  let seed = 11;
  const random = (): number => (seed = (seed * 48_271) % 0x7fffffff) / 0x7fffffff;
  for (let round = 0; round < 8; round++) {
    const processes = await Promise.all([0, 1].map(() => Process.start(catalog, 'memory')));
    for (const [index, each] of processes.entries()) each.tell('churn', 20_000 + 100 * index);
    for (let signs = Math.floor(random() * 4); signs >= 0; signs--) await processes[0]!.sign();
    const until = performance.now() + random() * 12;
    while (performance.now() < until);
    await Promise.all(processes.map((each) => each.end('SIGKILL')));
    // One block of each may be reserved still: it was to last.
    const left = blocksBeside(catalog);
    expect(left.length).toBeLessThanOrEqual(2);
    const next = await Process.start(catalog, 'memory');
    for (const block of left) {
      const [, first, count] = block.split(' ');
      expect(count).toBe('10');
      expect(await next.ask('remove', Number(first), 10)).toEqual({ error: 0 });
    }
    expect(await next.ask('reserve', 20_000, 50)).toHaveProperty('token');
    expect(await next.ask('reserve', 20_100, 50)).toHaveProperty('token');
    expect(await next.ask('remove', 20_000, 50)).toEqual({ error: 0 });
    expect(await next.ask('remove', 20_100, 50)).toEqual({ error: 0 });
    expect(filesBeside(catalog)).toEqual(['port-reservations.json']);
    await next.end('SIGTERM');
  }
  expect(blocksBeside(catalog)).toEqual([]);
});

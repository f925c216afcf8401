// Where captures go: files and their limits, pipes, and what becomes of them when something goes wrong.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { createWs2_32, VirtualClock, WSAEPROVIDERFAILEDINIT, type Defect, type Ws2_32 } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { capture, WSPStartup, type CaptureLayer, type CaptureOptions } from 'ws2spi/providers/layers/capture';
import { connectedPair } from 'ws2spi/testkit';
import { withoutServer } from '../../../../support/real-servers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { faultsOf, packetsOf } from '../../../../support/tshark.js';

const execute = promisify(execFile);
const folder = temporaryFolder();
let files = 0;
const fresh = (): string => join(folder, `${++files}.pcapng`);
const script = fileURLToPath(new URL('fixtures/capturing-program.mjs', import.meta.url));
const root = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../../../dist/', import.meta.url));
const dist = pathToFileURL(join(root, '/')).href;
const withTshark = withoutServer('tshark');

/** A connection over a capture, in memory. */
function open(options: CaptureOptions): {
  ws2: Ws2_32;
  layer: CaptureLayer;
  defects: Defect[];
  exchange(text: string): void;
  clock: VirtualClock;
} {
  const clock = new VirtualClock();
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock });
  onTestFinished(() => ws2[Symbol.dispose]());
  const defects: Defect[] = [];
  ws2.on('defect', (defect) => defects.push(defect));
  ws2.WSAStartup(0x0202, {});
  const layer = capture(options);
  const [entry] = stack(ws2, [layer]);
  const { client, server } = connectedPair(ws2, { entry });
  const exchange = (text: string): void => {
    const bytes = Buffer.from(text);
    expect(ws2.send(client, bytes, bytes.length, 0)).toBe(bytes.length);
    const room = Buffer.alloc(100_000);
    let length = 0;
    while (length < bytes.length) length += ws2.recv(server, room, room.length, 0);
  };
  return { ws2, layer, defects, exchange, clock };
}

/** The blocks of a capture by their types; throws where one is not whole. */
function blocksOf(file: string): number[] {
  const bytes = readFileSync(file);
  const types: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.readUInt32LE(at + length - 4) !== length) throw new Error(`the block at ${at} is not whole`);
    types.push(bytes.readUInt32LE(at));
    at += length;
  }
  return types;
}

/** How many of the bytes are whole blocks. */
function wholePart(bytes: Buffer): number {
  let end = 0;
  for (let next = 0; next + 8 <= bytes.length;) {
    next += bytes.readUInt32LE(next + 4);
    if (next > bytes.length) break;
    end = next;
  }
  return end;
}

const SECTION = 0x0a0d0d0a;
const PACKET = 6;

describe('the file of a capture', () => {
  test('is for its owner alone, also where there was one for everybody', () => {
    const file = fresh();
    writeFileSync(file, 'before', { mode: 0o644 });
    chmodSync(file, 0o644);
    const { ws2 } = open({ file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    ws2[Symbol.dispose]();
    expect(blocksOf(file)[0]).toBe(SECTION);
  });

  test('goes on where the program uses the layer again, and names the process where it is told to', () => {
    const file = join(folder, 'of-%p.pcapng');
    const layer = { file };
    open(layer).ws2[Symbol.dispose]();
    open(layer).ws2[Symbol.dispose]();
    const types = blocksOf(join(folder, `of-${process.pid}.pcapng`));
    expect(types.filter((type) => type === SECTION)).toHaveLength(1 + 1);
  });

  test('has limits: the capture ends with a whole packet, and traffic goes on', () => {
    const file = fresh();
    const { exchange, layer, defects } = open({ file, size: 65_536 });
    for (let round = 0; round < 20; round++) exchange('x'.repeat(10_000));
    layer.flush();
    expect(statSync(file).size).toBeLessThanOrEqual(65_536);
    expect(statSync(file).size).toBeGreaterThan(50_000);
    expect(blocksOf(file).filter((type) => type === PACKET).length).toBeGreaterThan(5);
    expect(defects).toEqual([]);
  });

  test('is one of a ring by size or time, of which the oldest go', () => {
    const ring = join(folder, 'ring');
    mkdirSync(ring);
    const { exchange, ws2, clock } = open({ file: join(ring, 'r.pcapng'), files: 3, size: 65_536, duration: 60_000 });
    for (let round = 0; round < 40; round++) exchange('x'.repeat(10_000));
    const names = readdirSync(ring).sort();
    expect(names).toHaveLength(3);
    expect(names.at(-1)).toMatch(/^r_0000\d\.pcapng$/);
    clock.advance(61_000);
    exchange('later');
    ws2[Symbol.dispose]();
    const last = readdirSync(ring).sort().at(-1)!;
    expect(last).not.toBe(names.at(-1));
    for (const name of readdirSync(ring)) {
      expect(statSync(join(ring, name)).size).toBeLessThanOrEqual(65_536);
      expect(blocksOf(join(ring, name))[0]).toBe(SECTION);
      expect(statSync(join(ring, name)).mode & 0o777).toBe(0o600);
    }
  });

  test('makes the same packets of the same run', () => {
    const [one, two] = [fresh(), fresh()];
    for (const file of [one, two]) {
      const { exchange, clock, ws2 } = open({ file });
      exchange('first');
      clock.advance(1234.5);
      exchange('second');
      ws2[Symbol.dispose]();
    }
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
  });

  test('that cannot be opened fails the start, and says which file and why', () => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    onTestFinished(() => ws2[Symbol.dispose]());
    const defects: string[] = [];
    ws2.on('defect', ({ message }) => defects.push(message));
    ws2.WSAStartup(0x0202, {});
    const file = join(folder, 'nowhere', 'x.pcapng');
    const [entry] = stack(ws2, [capture({ file })]);
    expect(ws2.WSASocket(2, 1, 0, entry!, 0, 0)).toBe(0xffff_ffff);
    expect(ws2.WSAGetLastError()).toBe(WSAEPROVIDERFAILEDINIT);
    expect(defects.join('\n')).toContain(`layer "capture" cannot capture to ${file}: ENOENT`);
  });

  test('that takes nothing from the beginning fails the start as well', () => {
    const layer = capture({ file: '/dev/full', enabled: false });
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    onTestFinished(() => ws2[Symbol.dispose]());
    ws2.WSAStartup(0x0202, {});
    const [entry] = stack(ws2, [layer]);
    expect(ws2.WSASocket(2, 1, 0, entry!, 0, 0)).not.toBe(0xffff_ffff);
    expect(() => layer.start()).toThrow(/cannot capture to \/dev\/full: .*ENOSPC/);
    expect(layer.isCapturing).toBe(false);
  });

  test('that another program takes away ends the capture, once and told', async () => {
    const file = fresh();
    const { exchange, layer, defects } = open({ file });
    exchange('there');
    layer.flush();
    unlinkSync(file);
    // It looks ten times a second.
    const end = performance.now() + 60_000;
    while (defects.length === 0 && performance.now() < end) {
      exchange('gone');
      layer.flush();
      await new Promise((resolve) => setImmediate(resolve));
    }
    exchange('gone');
    layer.flush();
    expect(defects.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the capture ends here, and traffic goes on: .* was removed, or another program .* %p/),
    ]);
  });

  test('cannot be two things at once', () => {
    const file = fresh();
    open({ file });
    const layer = capture({ file, size: 100_000 });
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    onTestFinished(() => ws2[Symbol.dispose]());
    const defects: string[] = [];
    ws2.on('defect', ({ message }) => defects.push(message));
    ws2.WSAStartup(0x0202, {});
    const [entry] = stack(ws2, [layer]);
    expect(ws2.WSASocket(2, 1, 0, entry!, 0, 0)).toBe(0xffff_ffff);
    expect(defects.join('\n')).toMatch(/with other limits: give both the same `files`, `size` and `duration`/);
  });

  test('is not a link away: the link stays, and what it leads to is written', () => {
    const [file, link] = [fresh(), fresh()];
    writeFileSync(file, '');
    symlinkSync(file, link);
    open({ file: link }).ws2[Symbol.dispose]();
    expect(blocksOf(file)[0]).toBe(SECTION);
  });
});

describe('options of captures', () => {
  it.each([
    [undefined, /`file` says where the capture goes/],
    [{ file: '' }, /`file` must be the path of a file or a named pipe/],
    [{ file: 'pipe:x' }, /`file` must be/],
    [{ file: 'x', snaplen: -1 }, /`snaplen` must be a whole number of bytes from 0 to 65535/],
    [{ file: 'x', fiels: 3 }, /no option "fiels".*files/],
    [{ file: 'x', files: 3 }, /with `files`, `size` or `duration` says when/],
    [{ file: 'x', size: 10 }, /`size` must be/],
    [{ file: '-', files: 2, size: 70_000 }, /`files` are of a file with a path/],
  ])('%j are refused', (options, message) => {
    expect(() => capture(options as unknown as CaptureOptions)).toThrow(message);
  });

  it('are needed in a catalog, whose entry starts nothing without', () => {
    const told: string[] = [];
    const upcalls = { host: { report: ({ message }: Defect) => told.push(message) } };
    expect(WSPStartup(0x0202, {} as never, {} as never, upcalls as never, {} as never)).toBe(WSAEPROVIDERFAILEDINIT);
    expect(told).toEqual([expect.stringContaining("capture({ file: '/tmp/traffic-%p.pcapng' })")]);
  });
});

/** Runs a program that captures, to its end. */
function run(how: string, file: string, before = ''): { status: number | null; stdout: Buffer; stderr: string } {
  const command = `${before} exec "$0" "$@"`;
  const result = spawnSync('/bin/sh', ['-c', command, process.execPath, script, dist, how, file], {
    maxBuffer: 1 << 28,
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr.toString() };
}

describe.skipIf(withTshark.skip)('a program that captures', () => {
  it.each(['exit', 'throw', 'block', 'end'])('leaves a whole capture when it ends by: %s', (how) => {
    const file = fresh();
    run(how, file);
    const packets = packetsOf(file);
    expect(faultsOf(packets)).toEqual([]);
    expect(packets.map(({ payload }) => Buffer.from(payload, 'hex').toString()).filter((text) => text !== '')).toEqual([
      'last words',
    ]);
  });

  it('leaves a capture that can be read up to where it was killed, at any moment', async () => {
    for (let round = 0; round < 5; round++) {
      const file = fresh();
      const child = spawn(process.execPath, [script, dist, 'forever', file], { stdio: ['ignore', 'pipe', 'inherit'] });
      // It says how far it is, as often as it can.
      for (let seen = 0; seen <= 3 + round * 2; seen++) await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      // The system may have cut the last write off.
      const bytes = readFileSync(file);
      const whole = wholePart(bytes);
      expect(bytes.length - whole).toBeLessThan(256 * 1024);
      writeFileSync(file, bytes.subarray(0, whole));
      expect(blocksOf(file).length).toBeGreaterThan(3);
      expect(faultsOf(packetsOf(file))).toEqual([]);
    }
  });

  it('goes on when the disk is full, and says so once', () => {
    const file = fresh();
    // 200 or 400 KiB, as the shell counts.
    const { status, stderr, stdout } = run('much', file, 'ulimit -f 400;');
    expect(stderr).toMatch(/^the capture ends here, and traffic goes on: it cannot be written to .*EFBIG.*\n$/);
    expect(stdout.toString()).toBe('all is there\n');
    expect(status).toBe(0);
    expect(blocksOf(file).length).toBeGreaterThan(3);
    expect(faultsOf(packetsOf(file))).toEqual([]);
  });

  it('captures to standard output, and is not broken by a reader that goes', () => {
    const whole = fresh();
    writeFileSync(whole, run('end', '-').stdout);
    expect(faultsOf(packetsOf(whole))).toEqual([]);
    const text = execFileSync(
      '/bin/sh',
      ['-c', '{ "$0" "$1" "$2" much - | head -c 1000 >/dev/null; } 2>&1', process.execPath, script, dist],
      { encoding: 'utf8' },
    );
    expect(text).toMatch(/^the capture ends here, and traffic goes on: .*standard output: EPIPE/);
    expect(text).toMatch(/traffic went on\n$/);
  });

  it('captures to a named pipe whose readers come and go', async () => {
    const pipe = fresh();
    execFileSync('mkfifo', [pipe]);
    // What it says has to be taken, or it waits.
    const child = spawn(process.execPath, [script, dist, 'forever', pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    for (let reader = 0; reader < 2; reader++) {
      const seen = fresh();
      // Not synchronously: nobody would take what the program says meanwhile.
      await execute('/bin/sh', ['-c', `head -c 100000 "${pipe}" > "${seen}"`]);
      const bytes = readFileSync(seen);
      expect(bytes.readUInt32LE(0)).toBe(SECTION);
      // The last packet is cut off by the reader.
      writeFileSync(seen, bytes.subarray(0, wholePart(bytes)));
      expect(faultsOf(packetsOf(seen))).toEqual([]);
      await once(child.stdout, 'data');
    }
    expect(existsSync(pipe)).toBe(true);
  });
});

// Groups of sockets that several processes know: their numbers, their members, and what is left of those that are killed.
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  INVALID_SOCKET,
  ref,
  SG_CONSTRAINED_GROUP,
  SG_UNCONSTRAINED_GROUP,
  SO_GROUP_ID,
  SOCK_STREAM,
  sockaddr_in,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEINVAL,
  WSAENOBUFS,
  WSAPROTOCOL_INFOW,
  type Ws2_32,
} from 'ws2spi';
import { temporaryFolder } from '../../support/temporary-folder.js';

const FOLDER = temporaryFolder();
const FILE = join(FOLDER, 'groups.json');
process.env['WS2SPI_GROUPS'] = FILE;
const PROGRAM = fileURLToPath(new URL('fixtures/groups.mjs', import.meta.url));

/** A process of the fixture, and the lines that it has said. */
class Process {
  static readonly all = new Set<Process>();
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  errors = '';
  readonly ended: Promise<unknown>;
  #heard: () => void = () => undefined;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'pipe' });
    this.ended = once(this.child, 'close');
    createInterface(this.child.stdout).on('line', (line) => {
      this.lines.push(line);
      this.#heard();
    });
    this.child.stderr.setEncoding('utf8').on('data', (piece: string) => (this.errors += piece));
    Process.all.add(this);
    void this.ended.then(() => {
      Process.all.delete(this);
      this.#heard();
    });
  }

  /** The numbers of its first line, once it is there. */
  async line(): Promise<number[]> {
    await this.until(1);
    return this.lines[0]!.split(' ').map(Number);
  }

  /** Waits until it has said so many lines, or has ended. */
  async until(count: number): Promise<void> {
    while (this.lines.length < count && Process.all.has(this))
      await new Promise<void>((heard) => (this.#heard = heard));
    expect(this.lines.length, this.errors).toBeGreaterThanOrEqual(count);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

interface Kept {
  readonly holders: Record<string, { readonly pid: number }>;
  readonly groups: Record<string, { readonly provider: string }>;
}

const kept = (): Kept => JSON.parse(readFileSync(FILE, 'utf8')) as Kept;

describe('the groups of several processes', () => {
  const instances: Ws2_32[] = [];
  afterEach(async () => {
    for (const each of [...Process.all]) await each.kill();
    for (const ws2 of instances.splice(0)) ws2[Symbol.dispose]();
  });

  function instance(): Ws2_32 {
    const ws2 = createWs2_32({ catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    instances.push(ws2);
    return ws2;
  }

  function open(ws2: Ws2_32, g: number): number {
    const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, null, g, WSA_FLAG_OVERLAPPED);
    return s === INVALID_SOCKET ? -ws2.WSAGetLastError() : s;
  }

  function groupOf(ws2: Ws2_32, s: number): number {
    const value = new Uint8Array(4);
    expect(ws2.getsockopt(s, SOL_SOCKET, SO_GROUP_ID, value, ref(4))).toBe(0);
    return new DataView(value.buffer).getUint32(0, true);
  }

  /** A listener at an address of loopback; its port. */
  function listen(ws2: Ws2_32, host: string): number {
    const s = open(ws2, 0);
    ws2.bind(s, sockaddr_in(host, 0), 16);
    expect(ws2.listen(s, 8)).toBe(0);
    const name = new Uint8Array(16);
    ws2.getsockname(s, name, ref(16));
    return name[2]! * 256 + name[3]!;
  }

  it('have numbers of their own, whatever the provider', async () => {
    const makers = ['tcpip', 'memory', 'tcpip'].map((base) => new Process('make', base, '40'));
    await Promise.all(makers.map(({ ended }) => ended));
    expect(makers.map(({ errors }) => errors)).toEqual(['', '', '']);
    const numbers = makers.flatMap(({ lines }) => lines);
    expect(numbers).toHaveLength(120);
    expect(new Set(numbers).size).toBe(120);
    expect(numbers.every((number) => Number(number) % 4 === 0 && Number(number) > 2)).toBe(true);
  });

  it('take sockets of other processes, and last until the last of them is closed', async () => {
    const ws2 = instance();
    const s = open(ws2, SG_UNCONSTRAINED_GROUP);
    const group = groupOf(ws2, s);
    const other = new Process('join', 'tcpip', `${group}`);
    expect(await other.line()).toEqual([group]);
    ws2.closesocket(s);
    // The other process has it still.
    const again = open(ws2, group);
    expect(groupOf(ws2, again)).toBe(group);
    ws2.closesocket(again);
    await other.kill();
    expect(open(ws2, group)).toBe(-WSAEINVAL);
  });

  it('are those of one provider: memory’s cannot be joined from elsewhere', async () => {
    const holder = new Process('hold', 'memory');
    const [group] = await holder.line();
    const stranger = new Process('join', 'memory', `${group}`);
    expect(await stranger.line()).toEqual([-WSAEINVAL]);
    expect(open(instance(), group!)).toBe(-WSAEINVAL);
  });

  it('that are constrained are so across processes', async () => {
    const ws2 = instance();
    const [here, there] = [listen(ws2, '127.0.0.1'), listen(ws2, '127.0.0.2')];
    const s = open(ws2, SG_CONSTRAINED_GROUP);
    const group = groupOf(ws2, s);
    const first = new Process('join', 'tcpip', `${group},127.0.0.1,${here}`);
    expect(await first.line()).toEqual([group, 0]);
    const second = new Process('join', 'tcpip', `${group},127.0.0.2,${there}`);
    expect(await second.line()).toEqual([group, WSAEINVAL]);
    const connect = (host: string, port: number): number =>
      ws2.connect(s, sockaddr_in(host, port), 16) === 0 ? 0 : ws2.WSAGetLastError();
    expect(connect('127.0.0.2', there)).toBe(WSAEINVAL);
    // Who was connected with the first host is killed: the group is free again to go elsewhere.
    await first.kill();
    expect(connect('127.0.0.2', there)).toBe(0);
  });

  it('go with a socket that is shared with another process', async () => {
    const ws2 = instance();
    const s = open(ws2, SG_CONSTRAINED_GROUP);
    const group = groupOf(ws2, s);
    const taker = new Process('take', 'tcpip');
    const info = WSAPROTOCOL_INFOW.decode(new Uint8Array(WSAPROTOCOL_INFOW.size));
    expect(ws2.WSADuplicateSocket(s, taker.child.pid!, info), `error ${ws2.WSAGetLastError()}`).toBe(0);
    ws2.closesocket(s);
    taker.child.stdin.write(`${JSON.stringify(info)}\n`);
    expect(await taker.line()).toEqual([group]);
    const again = open(ws2, group);
    expect(groupOf(ws2, again)).toBe(group);
    ws2.closesocket(again);
    expect(Object.keys(kept().groups)).toContain(`${group}`);
    await taker.kill();
    expect(open(ws2, group)).toBe(-WSAEINVAL);
  });

  it('leave nothing of processes that are killed at any moment', async () => {
    const ws2 = instance();
    const lasting = open(ws2, SG_UNCONSTRAINED_GROUP);
    for (let round = 0; round < 5; round++) {
      const [one, two] = [new Process('churn', 'tcpip'), new Process('churn', round % 2 === 0 ? 'memory' : 'tcpip')];
      await Promise.all([one.until(3 + round), two.until(3)]);
      // Not always at the same place of a change.
      for (const end = performance.now() + (round % 4); performance.now() < end;);
      await Promise.all([one.kill(), two.kill()]);
      const s = open(ws2, SG_UNCONSTRAINED_GROUP);
      expect(s, `round ${round}`).toBeGreaterThan(0);
      const mine = [lasting, s].map((each) => `${groupOf(ws2, each)}`).sort();
      expect(Object.keys(kept().groups).sort()).toEqual(mine);
      expect(Object.values(kept().holders).map(({ pid }) => pid)).toEqual([process.pid]);
      for (const number of [...one.lines, ...two.lines]) expect(mine).not.toContain(number);
      ws2.closesocket(s);
    }
    // No lock, no claim, nothing that was half written.
    expect(readdirSync(FOLDER)).toEqual(['groups.json']);
  });

  it('survive a file that somebody has spoilt', () => {
    const ws2 = instance();
    const group = groupOf(ws2, open(ws2, SG_UNCONSTRAINED_GROUP));
    for (const text of ['', 'no JSON', '[]', '{"format":2}', '{"format":1,"next":3,"holders":{},"groups":{}}']) {
      writeFileSync(FILE, text);
      const other = groupOf(ws2, open(ws2, SG_UNCONSTRAINED_GROUP));
      expect(other).not.toBe(group);
      expect(Object.keys(kept().groups)).toEqual(expect.arrayContaining([`${group}`, `${other}`]));
    }
    // What it says of others is not believed without a look.
    const ghost = { provider: 'tcpip', constrained: true, members: { nobody: '' } };
    writeFileSync(FILE, JSON.stringify({ format: 1, next: 8, holders: {}, groups: { 400: ghost, 6: ghost, x: 1 } }));
    expect(open(ws2, 400)).toBe(-WSAEINVAL);
    expect(kept().groups['400']).toBeUndefined();
  });

  it('are waited for as long as others make theirs, one after the other', { timeout: 60_000 }, async () => {
    // Holds the lock under one name after another, for longer than any of them may.
    const others = `
      import { renameSync, rmSync, writeFileSync } from 'node:fs';
      import { hostname } from 'node:os';
      const [, , lock] = process.argv;
      let made = 0;
      const hold = () => {
        try {
          writeFileSync(lock + '.next', JSON.stringify({ pid: process.pid, start: '', host: hostname(), token: 't' + made }));
          if (made < 15) renameSync(lock + '.next', lock);
          else rmSync(lock);
        } catch (error) {
          // On Windows: the other process is reading it.
          if (!['EPERM', 'EBUSY'].includes(error.code)) throw error;
          return void setImmediate(hold);
        }
        if (made++ === 0) console.log('1');
        if (made > 15) clearInterval(timer);
      };
      const timer = setInterval(hold, 100);`;
    const script = join(FOLDER, 'others.mjs');
    writeFileSync(script, others);
    const holders = spawn(process.execPath, [script, `${FILE}.lock`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(holders, 'close');
    await once(holders.stdout, 'data');
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    const began = performance.now();
    expect(ws2.WSASocket(AF_INET, SOCK_STREAM, 0, null, SG_UNCONSTRAINED_GROUP, 0)).not.toBe(INVALID_SOCKET);
    expect(performance.now() - began).toBeGreaterThan(500);
    ws2[Symbol.dispose]();
    await ended;
  });

  it('cannot be made where their file cannot be, and the cause is told', () => {
    const script = `
      import { createWs2_32 } from ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)};
      const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      ws2.on('defect', ({ message, cause }) => console.log(message + ' | ' + cause.message));
      ws2.WSASocket(2, 1, 0, null, 1, 0);
      console.log(ws2.WSAGetLastError());`;
    writeFileSync(join(FOLDER, 'try.mjs'), script);
    const output = execFileSync(process.execPath, [join(FOLDER, 'try.mjs')], {
      env: { ...process.env, WS2SPI_GROUPS: join(FILE, 'below-a-file') },
      encoding: 'utf8',
    });
    const [told, error] = output.split('\n');
    expect(told).toMatch(/^socket groups cannot be made: .*below-a-file cannot be changed \| .*/);
    expect(Number(error)).toBe(WSAENOBUFS);
  });
});

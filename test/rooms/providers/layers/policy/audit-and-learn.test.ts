import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { INVALID_SOCKET, parseSockaddr, sockaddr_in, WSAEACCES, type VirtualClock } from 'ws2spi';
import { policy, type PolicyDecision, type PolicyRule } from 'ws2spi/providers/layers/policy';
import { inWorld, loopback, type World } from '../../../../support/providers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

const lines = (file: string): PolicyDecision[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PolicyDecision);

describe('the audit of a policy', () => {
  test(
    'is a line for each decision, in a file for its owner',
    inWorld('memory', (world) => {
      const audit = join(temporaryFolder(), 'audit.jsonl');
      const { name } = world.listener();
      const { port } = parseSockaddr(name);
      const rules: PolicyRule[] = [
        { allow: 'connect', port },
        { deny: 'connect', port: 9 },
      ];
      world.stack([policy({ rules, audit })]);
      world.connect(world.tcpSocket(), name);
      world.connect(world.tcpSocket(), loopback(9));
      world.connect(world.tcpSocket(), loopback(10));
      (world.clock as VirtualClock).advance(1);
      const [first, second, third] = lines(audit);
      expect(first).toEqual({
        time: first!.time,
        process: process.pid,
        layer: 'policy',
        verdict: 'allow',
        direction: 'connect',
        protocol: 'tcp',
        socket: first!.socket,
        name: null,
        address: '127.0.0.1',
        port,
        rule: 1,
        line: null,
        reason: 'rule 1 allows it',
      });
      expect(first!.time).toMatch(/^1970-01-01T00:/);
      expect(second).toMatchObject({ verdict: 'deny', rule: 2, reason: 'rule 2 denies it', port: 9 });
      expect(third).toMatchObject({ verdict: 'deny', rule: null, reason: 'no rule allows it', port: 10 });
      expect(statSync(audit).mode & 0o077).toBe(0);
    }),
  );

  test(
    'names the line of the rule in its file',
    inWorld('memory', (world) => {
      const file = join(temporaryFolder(), 'rules.json');
      writeFileSync(file, '{ "version": 1,\n "rules": [\n  { "allow": "bind" },\n  { "deny": "connect" } ] }');
      const decisions: PolicyDecision[] = [];
      world.stack([policy({ file, audit: (decision) => void decisions.push(decision) })]);
      world.connect(world.tcpSocket(), loopback(9));
      expect(decisions).toMatchObject([{ rule: 2, line: 4, reason: `rule 2 (${file}:4) denies it` }]);
    }),
  );

  test(
    'that throws changes no decision, and is told once',
    inWorld('memory', (world) => {
      const audit = (): void => {
        throw new Error('of its own');
      };
      const { name } = world.listener();
      world.stack([policy({ rules: [{ allow: 'connect', address: '127.0.0.1' }], audit })]);
      expect(world.connect(world.tcpSocket(), name)).toBe(0);
      expect(world.connect(world.tcpSocket(), sockaddr_in('10.0.0.1', 1))).toBe(WSAEACCES);
      expect(world.defects.splice(0).map(({ message }) => message)).toEqual(['policy: `audit` threw; decisions stand']);
    }),
  );

  test(
    'that cannot be opened keeps the layer from starting: nothing passes unseen',
    inWorld('memory', (world) => {
      const audit = join(temporaryFolder(), 'no', 'such', 'folder');
      world.stack([policy({ rules: [{ allow: 'any' }], audit })]);
      const [entry] = world.entries.values();
      expect(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(INVALID_SOCKET);
      expect(world.defects.splice(0)[0]!.message).toMatch(/policy: `audit` cannot be written to .*ENOENT/);
    }),
  );

  test('to a pipe that nobody reads never blocks, and counts what is lost', () => {
    const folder = temporaryFolder();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const program = `
      import { constants, openSync, readSync } from 'node:fs';
      import { createWs2_32, sockaddr_in, AF_INET, SOCK_DGRAM, IPPROTO_UDP, ref } from 'ws2spi';
      import { stack } from 'ws2spi/chain';
      import { policy } from 'ws2spi/providers/layers/policy';
      const reader = openSync(${JSON.stringify(pipe)}, constants.O_RDONLY | constants.O_NONBLOCK);
      const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      const all = [];
      ws2.WSAEnumProtocols(null, all, ref(100000));
      const over = all.find((entry) => entry.iAddressFamily === AF_INET && entry.iProtocol === IPPROTO_UDP);
      const [entry] = stack(ws2, [policy({ rules: [], audit: ${JSON.stringify(pipe)} })], { over });
      const s = ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, entry, 0, 0);
      const to = sockaddr_in('127.0.0.1', 9);
      for (let i = 0; i < 8000; i++) ws2.sendto(s, Buffer.from('x'), 1, 0, to, 16);
      // It is read again: what waits comes, and how much was lost.
      const room = Buffer.alloc(1 << 20);
      let text = '';
      const readAll = () => { for (;;) { try { const n = readSync(reader, room); if (n <= 0) break; text += room.toString('utf8', 0, n); } catch { break; } } };
      for (let i = 0; i < 3000; i++) { readAll(); ws2.sendto(s, Buffer.from('x'), 1, 0, to, 16); }
      const lines = text.split('\\n').slice(0, -1).map((line) => JSON.parse(line));
      const lost = lines.filter((line) => 'lost' in line).reduce((sum, line) => sum + line.lost, 0);
      console.log(JSON.stringify({ lost, written: lines.filter((line) => 'verdict' in line).length }));
    `;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    const { lost, written } = JSON.parse(output) as { lost: number; written: number };
    expect(lost).toBeGreaterThan(1000);
    expect(written).toBeGreaterThan(1000);
    expect(lost + written).toBeLessThanOrEqual(11_000);
  });
});

/** Makes a run under a layer that learns. */
function learning(world: World, learn: string, more: { rules?: readonly PolicyRule[] } = {}): void {
  world.stack([policy({ learn, ...more })], true);
}

const learned = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

describe('a policy that is learned', () => {
  const run = (world: World, port: number): void => {
    const listener = world.tcpSocket();
    world.ws2.bind(listener, loopback(port), 16);
    expect(world.code(world.ws2.listen(listener, 5))).toBe(0);
    expect(world.connect(world.tcpSocket(), loopback(port))).toBe(0);
    world.accept(listener);
    const udp = world.udpSocket();
    world.ws2.bind(udp, loopback(), 16);
    world.ws2.sendto(udp, Buffer.from('x'), 1, 0, loopback(53), 16);
  };

  test(
    'is what the run needed, and lets the same run pass',
    inWorld('memory', (world) => {
      const file = join(temporaryFolder(), 'learned.json');
      learning(world, file);
      run(world, 7000);
      (world.clock as VirtualClock).advance(1000);
      const address = '127.0.0.1';
      const rules = [
        { allow: 'connect', protocol: 'tcp', address, port: 7000 },
        { allow: 'send', protocol: 'udp', address, port: 53 },
        { allow: 'accept', protocol: 'tcp', address, port: 7000 },
        { allow: 'bind', protocol: 'tcp', address, port: 7000 },
        { allow: 'bind', protocol: 'udp', address, port: 0 },
      ];
      expect(learned(file)).toEqual({ version: 1, rules });
      expect(readFileSync(file, 'utf8').split('\n')[3]).toBe(
        '    { "allow": "connect", "protocol": "tcp", "address": "127.0.0.1", "port": 7000 },',
      );
      const denied: PolicyDecision[] = [];
      const audit = (decision: PolicyDecision): void => void (decision.verdict === 'deny' && denied.push(decision));
      world.stack([policy({ file, audit })], true);
      const ws2 = world.ws2;
      // The port of the first run is taken still.
      expect(world.connect(world.tcpSocket(), loopback(7000))).toBe(0);
      ws2.sendto(world.udpSocket(), Buffer.from('x'), 1, 0, loopback(53), 16);
      expect(denied).toEqual([]);
    }),
  );

  test(
    'grows over runs, in one order, and keeps what others wrote',
    inWorld('memory', (world) => {
      const file = join(temporaryFolder(), 'learned.json');
      const byHand = { deny: 'any', address: '10.0.0.0/8', comment: 'not: ours, "really"' };
      writeFileSync(file, JSON.stringify({ version: 1, comment: 'a: b', rules: [byHand] }));
      learning(world, file);
      run(world, 7002);
      (world.clock as VirtualClock).advance(1000);
      learning(world, file);
      run(world, 7001);
      (world.clock as VirtualClock).advance(1000);
      const { comment, rules } = learned(file) as { comment: string; rules: PolicyRule[] };
      expect(comment).toBe('a: b');
      expect(rules[0]).toEqual(byHand);
      expect(rules[1]).toMatchObject({ allow: 'connect', port: [7001, 7002] });
      expect(rules).toHaveLength(6);
      const before = readFileSync(file, 'utf8');
      learning(world, file);
      world.connect(world.tcpSocket(), loopback(7001));
      (world.clock as VirtualClock).advance(1000);
      expect(readFileSync(file, 'utf8')).toBe(before);
    }),
  );

  test(
    'leaves alone a file that holds no policy, and says so',
    inWorld('memory', (world) => {
      const file = join(temporaryFolder(), 'learned.json');
      writeFileSync(file, '{ "version": 1,\n"rules": [ { "alow": "connect" } ] }');
      learning(world, file);
      world.connect(world.tcpSocket(), loopback(9));
      (world.clock as VirtualClock).advance(1000);
      expect(world.defects.splice(0)[0]!.message).toMatch(
        /policy: `learn`: what was learned is not written: .*learned\.json:2:14: rules\[0\] has no "alow": did you mean "allow"/,
      );
      expect(readFileSync(file, 'utf8')).toContain('alow');
    }),
  );

  test(
    'beside rules is what of them was needed, and nothing that they deny',
    inWorld('memory', (world) => {
      const file = join(temporaryFolder(), 'learned.json');
      const { name } = world.listener();
      const { port } = parseSockaddr(name);
      learning(world, file, { rules: [{ allow: 'connect', address: '127.0.0.0/8' }] });
      world.connect(world.tcpSocket(), name);
      expect(world.connect(world.tcpSocket(), sockaddr_in('10.0.0.1', 1))).toBe(WSAEACCES);
      world.defects.splice(0);
      (world.clock as VirtualClock).advance(1000);
      expect(learned(file)).toEqual({
        version: 1,
        rules: [{ allow: 'connect', protocol: 'tcp', address: '127.0.0.1', port }],
      });
    }),
  );

  test('is there when a program that never leaves its calls has ended, and was told by process.exit', () => {
    const file = join(temporaryFolder(), 'learned.json');
    const program = `
      import { createWs2_32, sockaddr_in, AF_INET, SOCK_STREAM } from 'ws2spi';
      import { stack } from 'ws2spi/chain';
      import { policy } from 'ws2spi/providers/layers/policy';
      const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      const [entry] = stack(ws2, [policy({ learn: ${JSON.stringify(file)} })]);
      const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
      ws2.connect(s, sockaddr_in('127.0.0.1', 9), 16);
      process.exit(0);
    `;
    execFileSync(process.execPath, ['--input-type=module', '-e', program]);
    expect(existsSync(file)).toBe(true);
    expect(learned(file)).toMatchObject({ rules: [{ allow: 'connect', address: '127.0.0.1', port: 9 }] });
  });
});

import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { seededRandom, sockaddr_in, type VirtualClock, WSAEACCES } from 'ws2spi';
import { policy, type PolicyRule } from 'ws2spi/providers/layers/policy';
import { inWorld, type World } from '../../../../support/providers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

const text = (rules: readonly unknown[]): string => `${JSON.stringify({ version: 1, rules }, null, 2)}\n`;
const ALLOW = text([{ allow: 'connect', address: '127.0.0.1' }]);
const DENY = text([]);

interface Ruled {
  readonly file: string;
  readonly folder: string;
  write(text: string): void;
  /** Lets the interval pass, and tries to connect. */
  connect(): number;
  /** What was told since. */
  told(): string[];
}

function ruledBy(world: World, first: string | null): Ruled {
  const folder = temporaryFolder();
  const file = join(folder, 'rules.json');
  if (first !== null) writeFileSync(file, first);
  const { s: listener, name } = world.listener();
  world.stack([policy({ file, interval: 100 })]);
  const clock = world.clock as VirtualClock;
  return {
    file,
    folder,
    write: (to) => {
      writeFileSync(`${file}.new`, to);
      renameSync(`${file}.new`, file);
    },
    connect: () => {
      clock.advance(100);
      const result = world.connect(world.tcpSocket(), name);
      if (result === 0) world.accept(listener);
      return result;
    },
    told: () =>
      world.defects
        .splice(0)
        .map(({ message }) => message)
        .filter((message) => !message.includes('no rule of')),
  };
}

describe('the file of a policy', () => {
  test(
    'is in force as it is now, also for programs that never leave a call',
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, ALLOW);
      expect(ruled.connect()).toBe(0);
      ruled.write(DENY);
      expect(ruled.connect()).toBe(WSAEACCES);
      ruled.write(ALLOW);
      expect(ruled.connect()).toBe(0);
      expect(ruled.told()).toEqual([]);
    }),
  );

  test(
    'is in force also when it was written over in place, with the same length, within a tick of the clock',
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, ALLOW);
      expect(ruled.connect()).toBe(0);
      const time = new Date();
      for (let round = 0; round < 10; round++) {
        writeFileSync(ruled.file, ALLOW.replace('127.0.0.1', '127.0.0.2'));
        utimesSync(ruled.file, time, time);
        expect(ruled.connect()).toBe(WSAEACCES);
        writeFileSync(ruled.file, ALLOW);
        utimesSync(ruled.file, time, time);
        expect(ruled.connect()).toBe(0);
      }
      ruled.told();
    }),
  );

  test(
    'is in force when a link leads to another',
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, null);
      for (const [name, content] of [
        ['a', ALLOW],
        ['b', DENY],
      ] as const) {
        mkdirSync(join(ruled.folder, name));
        writeFileSync(join(ruled.folder, name, 'rules.json'), content);
      }
      const lead = (to: string): void => {
        rmSync(join(ruled.folder, 'now'), { force: true });
        symlinkSync(to, join(ruled.folder, 'now'));
      };
      lead('a');
      symlinkSync('now/rules.json', ruled.file);
      expect(ruled.connect()).toBe(0);
      lead('b');
      expect(ruled.connect()).toBe(WSAEACCES);
      ruled.told();
    }),
  );

  test(
    'that is missing, or goes, denies everything until it is there, and that is told once',
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, null);
      expect(ruled.connect()).toBe(WSAEACCES);
      expect(ruled.connect()).toBe(WSAEACCES);
      expect(ruled.told()).toEqual([
        `policy: everything is denied, for its policy cannot be used: there is no file ${ruled.file}`,
      ]);
      ruled.write(ALLOW);
      expect(ruled.connect()).toBe(0);
      unlinkSync(ruled.file);
      expect(ruled.connect()).toBe(WSAEACCES);
      expect(ruled.told()).toHaveLength(1);
    }),
  );

  test(
    'that is no plain file, or one that cannot be read, denies everything',
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, ALLOW);
      unlinkSync(ruled.file);
      mkdirSync(ruled.file);
      expect(ruled.connect()).toBe(WSAEACCES);
      expect(ruled.told()[0]).toMatch(/is a folder, where a file belongs/);
      rmSync(ruled.file, { recursive: true });
      writeFileSync(ruled.file, Buffer.from([0x7b, 0xff, 0x7d]));
      expect(ruled.connect()).toBe(WSAEACCES);
      expect(ruled.told()[0]).toMatch(/rules\.json:1:1: it is not UTF-8/);
      writeFileSync(ruled.file, `{ "version": 1, "rules": [], "comment": "${'x'.repeat(1024 * 1024)}" }`);
      expect(ruled.connect()).toBe(WSAEACCES);
      expect(ruled.told()[0]).toMatch(/has more than the 1048576 bytes/);
      if (process.getuid?.() === 0) return;
      ruled.write(ALLOW);
      chmodSync(ruled.file, 0);
      expect(ruled.connect()).toBe(WSAEACCES);
      expect(ruled.told()[0]).toMatch(/cannot be read: EACCES/);
    }),
  );

  const rule = (more: string): string =>
    `{\n  "version": 1,\n  "rules": [\n    { "allow": "connect"${more} }\n  ]\n}\n`;
  test.each([
    ['', /:1:1: it is empty: a policy that denies everything is/],
    [' \n\n', /:1:1: it is empty/],
    ['{', /:1:2: a name in double quotes should be here, and there is the end/],
    ['[]', /:1:1: a policy is an object such as/],
    ['{ "version": 1, "rules": [] } x', /:1:31: nothing may follow, and there is "x"/],
    ['{ "rules": [] }', /:1:1: there is no "version"/],
    ['{ "version": 1 }', /:1:1: there are no "rules"/],
    [
      '{ "version": 2, "what": "is new" }',
      /:1:14: it is of version 2, and this ws2spi knows version 1: use a newer one/,
    ],
    ['{ "version": "1", "rules": [] }', /:1:14: version must be 1/],
    ['{ "version": 1, "rulez": [] }', /:1:17: a policy has no "rulez": did you mean "rules"\?/],
    ['{ "version": 1, "rules": {} }', /:1:26: rules must be a list/],
    ['{ "version": 1, "rules": [], }', /:1:30: a name in double quotes should be here, and there is "}"/],
    ['{ "version": 1, // new\n "rules": [] }', /:1:17: .*there is a comment, which JSON has none of/],
    [rule(', "port": 443,'), /:4:40: a name in double quotes should be here/],
    [rule(', "port": 443, "port": 80'), /:4:40: "port" is there twice/],
    [rule(', "ports": 443'), /:4:27: rules\[0\] has no "ports": did you mean "port"\?/],
    [rule(', "port": 65536'), /:4:35: rules\[0\]\.port is beyond 65535/],
    [rule(', "port": "90-80"'), /:4:35: rules\[0\]\.port ends before it begins/],
    [rule(', "port": [80, "https"]'), /:4:40: rules\[0\]\.port\[1\] must be a port from 0 to 65535/],
    [rule(', "port": []'), /:4:35: rules\[0\]\.port is an empty list/],
    [rule(', "address": "10.0.0.300"'), /:4:38: rules\[0\]\.address "10\.0\.0\.300" is not an address/],
    [rule(', "address": "010.0.0.1"'), /is not an address/],
    [rule(', "address": "0x7f.1"'), /is not an address/],
    [rule(', "address": "10.1.2.3/8"'), /has bits behind its first 8: is 10\.1\.2\.3 meant, or its network\?/],
    [rule(', "address": "10.0.0.0/33"'), /has a length that is not a number from 0 to 32/],
    [rule(', "address": "10.0.0.0/08"'), /has a length that is not a number/],
    [rule(', "address": "10.0.0.0/"'), /is not an address/],
    [rule(', "name": "*"'), /matches every name/],
    [rule(', "name": "api.*.com"'), /has a \* that is not the whole of its first part/],
    [rule(', "name": "10.0.0.1"'), /is an address: write it as "address"/],
    [rule(', "name": "0x7f.1"'), /is an address/],
    [rule(', "name": "a..b"'), /is not a host's name/],
    [rule(', "protocol": "tpc"'), /:4:39: rules\[0\]\.protocol must be one of tcp, udp, raw: did you mean "tcp"\?/],
    [rule(', "deny": "connect"'), /:4:5: rules\[0\] must have either "allow" or "deny"/],
    [
      '{"version":1,"rules":[{"allow":["connect","accept"],"name":"a.com"}]}',
      /:1:60: rules\[0\]\.name says where to, and accept leads nowhere/,
    ],
    ['{"version":1,"rules":[true]}', /:1:23: rules\[0\] must be an object/],
    [`{"version":1,"rules":${'['.repeat(100)}${']'.repeat(100)}}`, /it is more than 32 deep/],
    [text(Array.from({ length: 10_001 }, () => ({ allow: 'any' }))), /rules are more than 10000/],
  ])('that says %j denies everything, and is told with line and column', (content, message) =>
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, content);
      expect(ruled.connect()).toBe(WSAEACCES);
      const told = ruled.told();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(message);
      expect(told[0]).toContain('policy: everything is denied, for its policy cannot be used: ');
      ruled.write(ALLOW);
      expect(ruled.connect()).toBe(0);
    })(),
  );
});

// ---- Damage -------------------------------------------------------------------------------------------------------

const WHOLE: PolicyRule[] = [
  { allow: ['connect', 'send'], protocol: 'tcp', address: ['192.0.2.0/24', '2001:db8::/32'], port: [443, '8000-8099'] },
  { deny: 'any', address: '192.0.2.128/25' },
  { allow: 'bind', port: 0, comment: 'of its own' },
];
const PLACES = ['192.0.2.1', '192.0.2.200', '192.0.3.1', '10.0.0.1', '127.0.0.1'].flatMap((address) =>
  [80, 443, 8050, 9000].map((port) => [address, port] as const),
);

/** What a text allows, by a reading of its own: by JSON.parse, without any of the layer's code. */
function mayConnect(content: string, address: string, port: number): boolean {
  const { rules } = JSON.parse(content) as { rules: Record<string, unknown>[] };
  const list = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const fits = (rule: Record<string, unknown>, kind: string): boolean => {
    const directions = list(rule[kind]);
    if (!directions.includes('connect') && !directions.includes('any')) return false;
    if (rule['protocol'] !== undefined && !list(rule['protocol']).includes('tcp')) return false;
    if (rule['name'] !== undefined) return false;
    const ports = list(rule['port']).map((each) => String(each).split('-').map(Number));
    if (ports.length > 0 && !ports.some(([from, to = from]) => port >= from! && port <= to!)) return false;
    const networks = list(rule['address']).map((each) => String(each).split('/'));
    return (
      networks.length === 0 ||
      networks.some(([network, length = '32']) => {
        if (network!.includes(':')) return false;
        const size = 2 ** (32 - Number(length));
        return Math.floor(number(network!) / size) === Math.floor(number(address) / size);
      })
    );
  };
  return !rules.some((rule) => fits(rule, 'deny')) && rules.some((rule) => fits(rule, 'allow'));
}

describe('a damaged policy', () => {
  const original = text(WHOLE);

  test(
    'cut anywhere denies everything',
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, original);
      const probe = (): number => {
        (world.clock as VirtualClock).advance(100);
        return world.connect(world.tcpSocket(), sockaddr_in('192.0.2.1', 443));
      };
      expect(probe()).not.toBe(WSAEACCES);
      for (let length = 0; length < original.trimEnd().length; length += 3) {
        writeFileSync(ruled.file, original.slice(0, length));
        expect(probe(), original.slice(0, length)).toBe(WSAEACCES);
      }
      world.defects.splice(0);
    }),
  );

  test(
    'allows nothing but what it says, if it is a policy still',
    inWorld('memory', (world) => {
      const ruled = ruledBy(world, original);
      const random = seededRandom('damaged policies');
      const pick = (count: number): number => Math.floor(random.next() * count);
      const noise = '{}[]",:0123456789./*-abcdefanydenyallowtcp \n\\\u00e9';
      let read = 0;
      for (let round = 0; round < 600; round++) {
        let content = original;
        for (let damage = 0; damage <= pick(3); damage++) {
          const at = pick(content.length);
          const kinds = [
            () => content.slice(0, at) + content.slice(at + 1 + pick(4)),
            () => content.slice(0, at) + noise[pick(noise.length)]! + content.slice(at + 1),
            () => content.slice(0, at) + noise[pick(noise.length)]! + content.slice(at),
            () => content.slice(0, at) + content.slice(pick(content.length)),
          ];
          content = kinds[pick(kinds.length)]!();
        }
        writeFileSync(ruled.file, content);
        (world.clock as VirtualClock).advance(100);
        const allowed = PLACES.filter(
          ([address, port]) => world.connect(world.tcpSocket(), sockaddr_in(address, port)) !== WSAEACCES,
        );
        if (allowed.length > 0) read++;
        for (const [address, port] of allowed) expect(mayConnect(content, address, port), content).toBe(true);
        world.defects.splice(0);
      }
      expect(read).toBeGreaterThan(20);
    }),
  );
});

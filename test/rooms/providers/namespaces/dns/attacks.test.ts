// What somebody sends, or puts in the place of a file, who means harm.
import dnsPacket, { type Answer } from 'dns-packet';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { WSANO_RECOVERY } from 'ws2spi';
import { lookup } from 'ws2spi/node';
import { readReply, type DnsReply } from '../../../../../dist/providers/namespaces/dns/reply-message.js';
import { UNMIXED, writeQuery } from '../../../../../dist/providers/namespaces/dns/query-message.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { filesInstance, writeFiles } from '../fixtures.js';
import { a, packed, zone, type Asked, type Said } from './server.js';
import { world } from './world.js';

const names = zone({ 'one.test': [a('192.0.2.1')] });
const ONE = ['192.0.2.1'];
const byStream = (answer: (asked: Asked) => Said) => (asked: Asked) =>
  asked.via === 'udp' ? { flags: dnsPacket.TRUNCATED_RESPONSE } : answer(asked);
const alias = (name: string, data: string): Answer => ({ type: 'CNAME', name, ttl: 60, data }) as Answer;

describe('An answer', () => {
  it('of thousands of records whose names go on at each other is read, each name once', () => {
    const question = { name: 'one.test', type: 1 };
    const query = Buffer.from(writeQuery(7, question, false, UNMIXED));
    const parts = [query];
    let [at, before, count] = [query.length, 12, 1];
    for (; at < 65_000; count++) {
      const pointer = [0xc0 | (before >> 8), before & 0xff];
      const isLonger = count <= 100;
      if (isLonger) before = at;
      parts.push(Buffer.from([...(isLonger ? [1, 0x61] : []), ...pointer, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0]));
      at += parts.at(-1)!.length;
    }
    parts.push(Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]));
    const message = Buffer.concat(parts);
    message.writeUInt16BE(0x8180, 2);
    message.writeUInt16BE(count, 6);
    const reply = readReply(message, 7, UNMIXED, question) as DnsReply;
    expect(count).toBeGreaterThan(5000);
    expect(reply.records.map(({ data }) => [...data])).toEqual([[192, 0, 2, 1]]);
  });

  it('that leads from alias to alias without end, or in a circle, is given up, and soon', () => {
    let asked = 0;
    const endless = world([({ spelled }) => ({ answers: [alias(spelled, `c${asked++}.test`)] })]);
    expect(endless.addresses('one.test')).toBe(WSANO_RECOVERY);
    expect(asked).toBeLessThanOrEqual(16);
    const other = (name: string): string => (name === 'a.test' ? 'b.test' : 'a.test');
    const pair = world([({ name, spelled }) => ({ answers: [alias(spelled, other(name))] })]);
    expect(pair.addresses('a.test')).toBe(WSANO_RECOVERY);
    // Or with all of the circle in one answer, or with a chain that is longer than any may be.
    const self = world([({ spelled }) => ({ answers: [alias(spelled, spelled)] })]);
    expect(self.took(() => expect(self.addresses('a.test')).toBe(WSANO_RECOVERY))).toBe(0);
    const chain = Array.from({ length: 40 }, (_, at) => alias(`c${at}.test`, `c${at + 1}.test`));
    const long = world([({ spelled }) => ({ answers: [alias(spelled, 'c0.test'), ...chain] })]);
    expect(long.took(() => expect(long.addresses('a.test')).toBe(WSANO_RECOVERY))).toBe(0);
    expect([self.counters.malformed, long.counters.malformed]).toEqual([0, 0]);
  });

  it('on a connection is no answer when it is cut at any byte', () => {
    const whole = (asked: Asked): Buffer => packed(asked, names(asked));
    const { length } = whole({ packet: { id: 1 }, name: 'one.test', spelled: 'one.test', type: 'A' } as Asked);
    for (let cut = 0; cut < length; cut += 3) {
      const used = world([byStream((asked) => whole(asked).subarray(0, cut))], { dns: { attempts: 1, timeout: 100 } });
      expect(typeof used.addresses('one.test')).toBe('number');
      expect(used.defects).toEqual([]);
    }
  });

  it('says nothing of names that were not asked for, and no time beyond 31 bits', () => {
    const evil = (asked: Asked): Said => {
      if (asked.name !== 'evil.test') return names(asked);
      const forged = { type: 'A', name: 'one.test', ttl: 9999, data: '192.0.2.66' } as Answer;
      const own = { type: 'A', name: asked.spelled, ttl: 0x80000000, data: '192.0.2.9' } as Answer;
      return { answers: [own, forged], additionals: [forged] };
    };
    const used = world([evil]);
    expect(used.addresses('evil.test')).toEqual(['192.0.2.9']);
    expect(used.addresses('one.test')).toEqual(ONE);
    used.addresses('evil.test');
    expect(used.servers[0]!.asked.map(({ name }) => name)).toEqual(['evil.test', 'one.test', 'evil.test']);
  });
});

describe('20,000 answers to another question', () => {
  const flood = ({ bytes }: Asked): Uint8Array[] => Array.from({ length: 20_000 }, () => bytes);

  it('do not keep anybody from the right one that came before', () => {
    const { addresses } = world([(asked) => [packed(asked, names(asked)), ...flood(asked)]]);
    expect(addresses('one.test')).toEqual(ONE);
  });

  it('have the question asked by TCP after a hundred: where the right one stands behind them, it may be lost each time', () => {
    const used = world([(asked) => [...(asked.via === 'udp' ? flood(asked) : []), packed(asked, names(asked))]]);
    expect(used.addresses('one.test')).toEqual(ONE);
    expect(used.servers[0]!.asked.map(({ via }) => via)).toEqual(['udp', 'tcp']);
    expect({ ...used.counters }).toMatchObject({ unasked: 100, flooded: 1, timeouts: 0 });
  });

  it('cost one that is under way beside them no more: each goes by TCP, and is answered', async () => {
    const known = zone(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`n${at}.test`, [a('192.0.2.1')]])));
    const used = world([
      (asked) => [...(asked.via === 'udp' ? flood(asked).slice(0, 200) : []), packed(asked, known(asked))],
    ]);
    const ask = (name: string): Promise<string> =>
      new Promise((done) =>
        lookup(name, { ws2: used.ws2, family: 4 }, (error, found) => done(error?.code ?? String(found))),
      );
    const found = await Promise.all(Array.from({ length: 20 }, (_, at) => ask(`n${at}.test`)));
    expect(found).toEqual(found.map(() => '192.0.2.1'));
    expect(used.counters.timeouts).toBe(0);
    expect(used.counters.flooded).toBeGreaterThan(0);
  });
});

describe('In the place of a file', () => {
  const KINDS: readonly [what: string, make: (path: string) => unknown][] = [
    ['a pipe that nobody writes', (path) => execFileSync('mkfifo', [path])],
    ['a device without end', (path) => symlinkSync('/dev/zero', path)],
    ['a folder', (path) => mkdirSync(path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
    ['a file of a gigabyte', (path) => (writeFileSync(path, ''), truncateSync(path, 2 ** 30))],
    ['garbage', (path) => writeFileSync(path, Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255)))],
  ];

  test.skipIf(process.platform === 'win32').each(KINDS)(
    '%s holds up no look-up, and costs that file alone',
    (_what, make) => {
      const path = join(temporaryFolder(), 'file');
      make(path);
      const used = world([names], { dns: { resolvConf: path } });
      expect(used.addresses('one.test')).toEqual(ONE);
      expect(used.defects.length).toBeGreaterThan(0);
      expect(used.defects.every(({ message }) => message.includes(path))).toBe(true);
      const { ws2 } = filesInstance({ ...writeFiles(), hosts: path });
      expect(ws2.gethostbyname('nobody.test')).toBeNull();
      expect(ws2.getservbyname('ftp', 'tcp')).not.toBeNull();
    },
  );
});

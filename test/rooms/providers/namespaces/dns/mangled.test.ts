// What comes from a network may be anything: packets are made wrong at random, and read.
import dnsPacket, { type Packet } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { seededRandom } from 'ws2spi';
import { parseResolvConf, recordText } from 'ws2spi/providers/namespaces/dns';
import {
  compareQuestion,
  drawLetters,
  endOfQuestion,
  UNMIXED,
  writeQuery,
} from '../../../../../dist/providers/namespaces/dns/query-message.js';
import { readReply, type DnsReply } from '../../../../../dist/providers/namespaces/dns/reply-message.js';

const SEED = Number(process.env['WS2SPI_SEED'] ?? 1);
const PACKETS = Number(process.env['WS2SPI_SEQUENCES'] ?? 20_000);
// As many as are wanted take their time.
const TIMEOUT = Math.max(20_000, PACKETS);

const TYPES = { A: 1, AAAA: 28, MX: 15, TXT: 16, SRV: 33, SOA: 6 } as const;
const SOA = { mname: 'ns.test', rname: 'x.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 9 };
const DATA = {
  A: '192.0.2.1',
  AAAA: '2001:db8::1',
  MX: { preference: 1, exchange: 'mail.test' },
  TXT: ['one', 'two'],
  SRV: { priority: 1, weight: 1, port: 1, target: 'host.test' },
  SOA,
};
const NAME = 'www.example.test';
/** The same, as it is asked for. */
const ASKED = 'wWw.eXample.Test';

/** A question as it is sent: a copy, as the next one is written in its place. */
const written = (id: number, name: string, type: number, letters = UNMIXED): Buffer =>
  Buffer.from(writeQuery(id, { name, type }, true, letters));

/** What is read of an answer to a question. */
const readAs = (bytes: Uint8Array, query: Buffer, type: number, name = ASKED) =>
  readReply(bytes, query.readUInt16BE(0), UNMIXED, { name, type });

/** Answers with addresses of the name itself and nothing besides: what most answers are. */
function plainAnswerTo(query: Buffer, type: 'A' | 'AAAA', count: number, hasOption: boolean): Buffer {
  const records = Array.from({ length: count }, (_, at) => {
    const data = Buffer.from(type === 'A' ? 'c0000201' : '20010db8000000000000000000000001', 'hex');
    const head = Buffer.from([0xc0, 12, 0, TYPES[type], 0, 1, 0, 0, 0, 9 + at, 0, data.length]);
    return Buffer.concat([head, data]);
  });
  const option = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
  const reply = Buffer.concat([query.subarray(0, query.length - 11), ...records, ...(hasOption ? [option] : [])]);
  reply.writeUInt16BE(0x8180, 2);
  reply.writeUInt16BE(count, 6);
  reply.writeUInt16BE(hasOption ? 1 : 0, 10);
  return reply;
}

function answerTo(query: Uint8Array, type: keyof typeof TYPES): Buffer {
  const { id, questions } = dnsPacket.decode(Buffer.from(query));
  return dnsPacket.encode({
    type: 'response',
    id,
    questions: [{ type, name: questions![0]!.name }],
    answers: [
      { type: 'CNAME', name: NAME, ttl: 9, data: 'other.example.test' },
      { type, name: 'other.example.test', ttl: 9, data: DATA[type] },
    ],
    authorities: [{ type: 'SOA', name: 'test', ttl: 9, data: SOA }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] }],
  } as unknown as Packet);
}

/** Says that bytes of a packet were changed, cut off, doubled, or turned into pointers. */
function mangle(packet: Buffer, next: () => number): Buffer {
  let bytes = Buffer.from(packet);
  for (let times = 1 + Math.floor(next() * 4); times > 0; times--) {
    const at = Math.floor(next() * bytes.length);
    switch (Math.floor(next() * 6)) {
      case 0:
        bytes[at] = Math.floor(next() * 256);
        break;
      case 1:
        bytes[at]! ^= 1 << Math.floor(next() * 8);
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        if (at + 2 <= bytes.length) bytes.writeUInt16BE(0xc000 | Math.floor(next() * bytes.length), at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(next() * bytes.length))]);
        break;
      default:
        if (at + 2 <= bytes.length) bytes.writeUInt16BE(Math.floor(next() * 65536), at);
    }
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

const isReply = (value: unknown): value is DnsReply => typeof value === 'object';

describe('Packets that were made wrong', () => {
  it('are never thrown over, and answer nothing but the question that was asked', { timeout: TIMEOUT }, () => {
    const random = seededRandom(SEED);
    const next = (): number => random.next();
    const types = Object.keys(TYPES) as (keyof typeof TYPES)[];
    let replies = 0;
    for (let i = 0; i < PACKETS; i++) {
      const type = types[i % types.length]!;
      const query = written(i & 0xffff, ASKED, TYPES[type]);
      const isPlain = (type === 'A' || type === 'AAAA') && i % 2 === 0;
      const packet = isPlain ? plainAnswerTo(query, type, 1 + (i % 3), i % 5 > 0) : answerTo(query, type);
      const bytes = mangle(packet, next);
      const read = readAs(bytes, query, TYPES[type]);
      if (!isReply(read)) continue;
      replies++;
      const end = query.length - 11;
      const isBare = bytes.readUInt16BE(4) === 0;
      // Who answers nothing may leave the question out; all else repeats it, letter by letter.
      if (isBare) expect([read.records.length, [1, 4].includes(read.code)]).toEqual([0, true]);
      else expect(bytes.subarray(12, end)).toEqual(Buffer.from(query.subarray(12, end)));
      for (const { data } of read.records) {
        if (type === 'A') expect(data.length).toBe(4);
        if (type === 'AAAA') expect(data.length).toBe(16);
        expect(recordText(TYPES[type], data)).toMatch(/^[\x20-\x7e]*$/);
      }
      for (const name of read.chain) expect(name).not.toMatch(/[\x00-\x1f\x7f]/);
      expect(read.chain.length).toBeLessThanOrEqual(16);
    }
    expect(replies).toBeGreaterThan(0);
  });

  it('are read as they are when nothing is wrong with them', () => {
    for (const type of Object.keys(TYPES) as (keyof typeof TYPES)[]) {
      const query = written(7, ASKED, TYPES[type]);
      const read = readAs(answerTo(query, type), query, TYPES[type]);
      expect(read).toMatchObject({ code: 0, chain: ['other.eXample.Test'], ttl: 9, negativeTtl: 9 });
      expect((read as DnsReply).records).toHaveLength(1);
    }
  });

  it('of nothing but noise are never thrown over, nor is a resolv.conf of it', { timeout: TIMEOUT }, () => {
    const random = seededRandom(SEED);
    const query = written(7, NAME, 1);
    for (let i = 0; i < PACKETS / 4; i++) {
      const noise = Buffer.from(Array.from({ length: Math.floor(random.next() * 200) }, () => random.next() * 256));
      Buffer.from(query).copy(noise, 0, 0, Math.floor(random.next() * 40));
      readAs(noise, query, 1, NAME);
      for (const { message } of parseResolvConf(noise.toString('latin1')).problems) {
        expect(message).not.toMatch(/[\x00-\x1f\x7f]/);
      }
    }
  });

  it('are led by no resolv.conf beyond its first 64 KiB and 4,096 lines, whose rest is named once', () => {
    const good = 'nameserver 192.0.2.1\nsearch one.test\n';
    for (const line of [
      'nameserver fe80::1%a\n',
      'search x.test -..\n',
      '\n',
      'options zz\n',
      `search ${'x '.repeat(1000)}\n`,
    ]) {
      const { settings, problems } = parseResolvConf(good + line.repeat((1 << 20) / line.length));
      expect(settings.servers?.map(({ text }) => text)).toEqual(['192.0.2.1']);
      expect(settings.search?.length).toBeLessThanOrEqual(32);
      expect(problems.length).toBeLessThanOrEqual(20);
      const last = problems.at(-1)!;
      expect(last.message).toContain('what follows is not read');
      expect(last.line).toBeLessThanOrEqual(4096);
    }
  });

  it('of plain addresses are read alike whether an authority stands behind them or not', () => {
    for (const type of ['A', 'AAAA'] as const) {
      const query = written(7, ASKED, TYPES[type]);
      const plain = plainAnswerTo(query, type, 3, true);
      const found = readAs(plain, query, TYPES[type]);
      expect(found).toMatchObject({ code: 0, chain: [], ttl: 9, negativeTtl: null, isReferral: false });
      // An NS record of the root behind the answers, which the quick way does not read.
      const authority = Buffer.from([0, 0, 2, 0, 1, 0, 0, 0, 9, 0, 1, 0]);
      const long = Buffer.concat([plain.subarray(0, -11), authority, plain.subarray(-11)]);
      long.writeUInt16BE(1, 8);
      expect(readAs(long, query, TYPES[type])).toEqual(found);
    }
  });
});

describe('A question', () => {
  it('is what the package reads of it, in letters that were mixed, whatever its name is', () => {
    const random = seededRandom(SEED);
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    for (const name of ['a', 'localhost.test', '_ldap._tcp.x-9.test', long, 'bücher.test', '']) {
      const letters = drawLetters(() => Math.floor(random.next() * 65_536));
      const query = written(0xabcd, name, 33, letters);
      const { id, questions, additionals, flag_rd: isRecursive } = dnsPacket.decode(query);
      expect([id, questions!.length, isRecursive]).toEqual([0xabcd, 1, true]);
      const [{ name: asked, type }] = questions as [{ name: string; type: string }];
      expect([asked.toLowerCase(), type]).toEqual([name || '.', 'SRV']);
      if (name.length > 20) expect(asked).not.toBe(name);
      expect(additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }]);
      expect(endOfQuestion(query)).toBe(query.length - 11);
      expect(compareQuestion(query, { name, type: 33 }, letters)).toBe('same');
    }
  });

  it('is known again by its letters alone: other letters, names, types, classes and what is cut off are not it', () => {
    const random = seededRandom(SEED);
    const draw = (): number => drawLetters(() => Math.floor(random.next() * 65_536));
    // More letters than there are bits, so that these begin again.
    const question = { name: `${'abcdefghij'.repeat(4)}.test`, type: 1 };
    const letters = draw();
    const query = written(1, question.name, 1, letters);
    const end = endOfQuestion(query);
    for (let at = 12; at < end; at++) {
      const other = Buffer.from(query);
      other[at]! ^= 0x20;
      const isLetter = (query[at]! | 0x20) >= 0x61 && (query[at]! | 0x20) <= 0x7a && at < end - 4;
      expect(compareQuestion(other, question, letters)).toBe(isLetter ? 'respelled' : 'other');
      other[at] = query[at]! ^ 0x01;
      expect(compareQuestion(other, question, letters)).toBe('other');
      expect(compareQuestion(query.subarray(0, at), question, letters)).toBe('other');
    }
    const drawn = new Set(Array.from({ length: 100 }, () => written(1, question.name, 1, draw()).toString('latin1')));
    expect(drawn.size).toBe(100);
    for (const each of drawn) expect(each.toLowerCase()).toBe(query.toString('latin1').toLowerCase());
  });
});

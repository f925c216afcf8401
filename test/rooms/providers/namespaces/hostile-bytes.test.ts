// Properties of all that name spaces read from others: for whatever bytes, nothing is thrown, and what is made of them is sound. What
// breaks one is made as small as it can be, and named with the seed that finds it again.
import dnsPacket, { type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseResolvConf, recordText } from 'ws2spi/providers/namespaces/dns';
import { UNMIXED, writeQuery } from '../../../../dist/providers/namespaces/dns/query-message.js';
import { readReply } from '../../../../dist/providers/namespaces/dns/reply-message.js';
import { readMessage } from '../../../../dist/providers/namespaces/mdns/message.js';
import { ReplyReader, type Reply } from '../../../../dist/providers/namespaces/redis/resp.js';
import { formatRegistry, parseRegistry } from '../../../../dist/providers/namespaces/registry/registry-data.js';

const SEED = Number(process.env['WS2SPI_SEED'] ?? 1);
const RUNS = Number(process.env['WS2SPI_SEQUENCES'] ?? 2000);
const OPTIONS = { seed: SEED, numRuns: RUNS };
// As many as are wanted take their time.
const TIMEOUT = Math.max(30_000, RUNS);

const NAME = 'www.example.test';
const TYPES = { A: 1, AAAA: 28, MX: 15, TXT: 16, SRV: 33 } as const;
type Type = keyof typeof TYPES;

const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
const name = fc.oneof(
  fc.constant(NAME),
  fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.')),
);
const ttl = fc.nat(100_000);
const number = fc.nat(65_535);

const record = fc.oneof(
  fc.record({ type: fc.constant('A'), name, ttl, data: fc.ipV4() }),
  fc.record({ type: fc.constant('AAAA'), name, ttl, data: fc.ipV6() }),
  fc.record({ type: fc.constant('CNAME'), name, ttl, data: name }),
  fc.record({
    type: fc.constant('TXT'),
    name,
    ttl,
    data: fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('MX'), name, ttl, data: fc.record({ preference: number, exchange: name }) }),
  fc.record({
    type: fc.constant('SRV'),
    name,
    ttl,
    data: fc.record({ priority: number, weight: number, port: number, target: name }),
  }),
);
const records = fc.array(record, { maxLength: 6 });

/** What is done to a message on its way. */
type Change =
  | { readonly kind: 'set'; readonly at: number; readonly to: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'point'; readonly at: number; readonly to: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array };

// Places are parts of the length, so that they still mean something in a message that was made smaller.
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: place, to: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('point' as const), at: place, to: place }),
  fc.record({ kind: fc.constant('splice' as const), at: place, from: place }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 20 }) }),
);
const changes = fc.array(change, { maxLength: 5 });

function changed(message: Buffer, all: readonly Change[]): Buffer {
  let bytes = Buffer.from(message);
  for (const each of all) {
    if (bytes.length === 0) break;
    const at = Math.floor(each.at * bytes.length);
    if (each.kind === 'set') bytes[at] = each.to;
    else if (each.kind === 'cut') bytes = bytes.subarray(0, at);
    else if (each.kind === 'insert') bytes = Buffer.concat([bytes.subarray(0, at), each.bytes, bytes.subarray(at)]);
    else if (each.kind === 'splice')
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(each.from * bytes.length))]);
    else if (at + 2 <= bytes.length) bytes.writeUInt16BE(0xc000 | Math.floor(each.to * bytes.length), at);
  }
  return bytes;
}

describe('Of a message that was changed on its way', () => {
  it('the resolver reads an answer to its very question, or none', { timeout: TIMEOUT }, () => {
    const type = fc.constantFrom(...(Object.keys(TYPES) as Type[]));
    fc.assert(
      fc.property(type, number, records, records, changes, (asked, id, answers, authorities, all) => {
        const query = Buffer.from(writeQuery(id, { name: 'wWw.eXample.Test', type: TYPES[asked] }, true, UNMIXED));
        const reply = changed(
          dnsPacket.encode({
            type: 'response',
            id,
            questions: [{ type: asked, name: 'wWw.eXample.Test' }],
            answers,
            authorities,
          } as Packet),
          all,
        );
        const read = readReply(reply, id, UNMIXED, { name: 'wWw.eXample.Test', type: TYPES[asked] });
        if (typeof read === 'string') return;
        const isBare = reply.readUInt16BE(4) === 0;
        if (isBare) expect([read.records, [1, 4].includes(read.code)]).toEqual([[], true]);
        else expect(reply.subarray(12, query.length - 11)).toEqual(query.subarray(12, query.length - 11));
        expect(read.chain.length).toBeLessThanOrEqual(16);
        for (const each of read.chain) expect(each).not.toMatch(/[\x00-\x1f\x7f]/);
        for (const { data } of read.records) {
          if (asked === 'A' || asked === 'AAAA') expect(data).toHaveLength(asked === 'A' ? 4 : 16);
          expect(recordText(TYPES[asked], data)).toMatch(/^[\x20-\x7e]*$/);
        }
        for (const time of [read.ttl, read.negativeTtl ?? 0]) {
          expect(Number.isInteger(time) && time >= 0 && time <= 0x7fffffff).toBe(true);
        }
      }),
      OPTIONS,
    );
  });

  it('multicast DNS reads questions and records that can be shown, or none', { timeout: TIMEOUT }, () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(name, { maxLength: 4 }),
        records,
        changes,
        (isResponse, names, answers, all) => {
          const questions = names.map((each) => ({ name: each, type: 'A' }));
          const type = isResponse ? 'response' : 'query';
          const read = readMessage(changed(dnsPacket.encode({ type, questions, answers } as unknown as Packet), all));
          if (read === null || read === 'ignored') return;
          for (const each of read.questions) expect(Buffer.byteLength(each.name)).toBeLessThanOrEqual(1024);
          for (const section of [read.answers, read.authorities, read.additionals]) {
            for (const { ttl: time, data } of section) {
              expect(time).toBeGreaterThanOrEqual(0);
              expect(data.length).toBeLessThanOrEqual(9000);
            }
          }
        },
      ),
      OPTIONS,
    );
  });
});

describe('Of any bytes', () => {
  const noise = fc.uint8Array({ maxLength: 300 });

  it('the resolver and multicast DNS make nothing, and throw nothing', { timeout: TIMEOUT }, () => {
    const query = Buffer.from(writeQuery(7, { name: NAME, type: 1 }, true, UNMIXED));
    fc.assert(
      fc.property(noise, fc.nat(40), (bytes, kept) => {
        const message = Buffer.concat([query.subarray(0, kept), bytes]);
        readReply(message, 7, UNMIXED, { name: NAME, type: 1 });
        readMessage(message);
      }),
      OPTIONS,
    );
  });

  it('resolv.conf has problems that can be shown, and bounded settings', { timeout: TIMEOUT }, () => {
    const word = fc.oneof(
      fc.constantFrom(
        'nameserver',
        'search',
        'options',
        'ndots:9',
        'timeout:x',
        'rotate',
        '192.0.2.1',
        '[::1]:53',
        '#',
        ';',
        '\n',
        '\0',
      ),
      fc.string({ maxLength: 12, unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const { settings, problems } = parseResolvConf(words.join(' '));
        for (const { message } of problems) expect(message).not.toMatch(/[\x00-\x1f\x7f]/);
        expect(settings.servers?.length ?? 0).toBeLessThanOrEqual(16);
        expect(settings.search?.length ?? 0).toBeLessThanOrEqual(32);
      }),
      OPTIONS,
    );
  });

  it('a Redis server’s answers are the same however they are cut to pieces', { timeout: TIMEOUT }, () => {
    const reply = fc.letrec<{ reply: string }>((tie) => ({
      reply: fc.oneof(
        { maxDepth: 3 },
        fc.stringMatching(/^[ -~]{0,20}$/).map((text) => `+${text}\r\n`),
        fc.integer().map((value) => `:${value}\r\n`),
        fc.string({ maxLength: 30 }).map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`),
        fc.constantFrom('$-1\r\n', '*-1\r\n', '_\r\n', '#t\r\n', '*1000001\r\n', '$x\r\n', '?\r\n'),
        fc.array(tie('reply'), { maxLength: 4 }).map((all) => `*${all.length}\r\n${all.join('')}`),
      ),
    })).reply;
    const read = (pieces: readonly Uint8Array[]) => {
      const replies: Reply[] = [];
      const reader = new ReplyReader((each) => replies.push(each));
      for (const piece of pieces) {
        const fault = reader.push(piece);
        if (fault !== null) return { replies, fault };
      }
      return { replies, fault: null };
    };
    fc.assert(
      fc.property(
        fc.array(reply, { maxLength: 5 }),
        changes,
        fc.array(place, { maxLength: 6 }),
        (all, mangled, cuts) => {
          const bytes = changed(Buffer.from(all.join('')), mangled);
          const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
          const pieces = places.slice(1).map((end, at) => bytes.subarray(places[at]!, end));
          // Each in memory of its own, as it comes from a socket.
          expect(read(pieces.map((each) => new Uint8Array(each)))).toEqual(read([new Uint8Array(bytes)]));
        },
      ),
      OPTIONS,
    );
  });

  it('a registry keeps what is damaged as it was, and is read again as it was written', { timeout: TIMEOUT }, () => {
    const text = fc.oneof(fc.string({ maxLength: 8 }), fc.constant(null), fc.integer());
    const entry = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record(
        {
          name: text,
          serviceClass: fc.constantFrom('11111111-2222-3333-4444-555555555555', 'none', null),
          context: fc.constantFrom('', '\\', 7),
          comment: text,
          version: fc.oneof(fc.nat(), fc.constant(null), fc.constant(-1)),
          queryString: text,
          blob: fc.oneof(fc.base64String({ maxLength: 12 }), fc.constant(null), fc.constant('?')),
          addresses: fc.array(
            fc.record({
              local: fc.constantFrom(null, 'AgAAUA=='),
              remote: fc.constantFrom(null, 'AgAAUA==', 5),
              socketType: fc.nat(5),
              protocol: fc.nat(20),
            }),
            { maxLength: 2 },
          ),
        },
        { requiredKeys: ['name', 'serviceClass', 'context', 'addresses'] },
      ),
    );
    const all = <T>(work: Generator<void, T, void>): T => {
      for (;;) {
        const step = work.next();
        if (step.done === true) return step.value;
      }
    };
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.array(entry, { maxLength: 2 }), (services, classes) => {
        const file = JSON.stringify({ format: 'ws2spi-registry', version: 1, serial: 3, services, classes });
        const read = all(parseRegistry(file));
        if (typeof read === 'string') throw new Error(read);
        expect(read.damaged.services.every((each) => services.some((one) => JSON.stringify(one) === each))).toBe(true);
        expect(all(parseRegistry(formatRegistry(read)))).toEqual(read);
      }),
      OPTIONS,
    );
  });
});

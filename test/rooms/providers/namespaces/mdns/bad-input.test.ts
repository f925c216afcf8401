// What anybody on a link may send: it is dropped and counted, what is kept is bounded, and nobody else is harmed.
import { expect, test } from 'vitest';
import { AF_INET, LUP_RETURN_NAME, seededRandom, SIO_NSP_NOTIFY_CHANGE } from 'ws2spi';
import { createMdnsNameSpace } from 'ws2spi/providers/namespaces/mdns';
import { begin, createSegment, dnsPacket, fetchAll, lookUp, namesOf, serviceOf, setService } from './fixtures.js';

const WEB = 'Web._http._tcp.local';
const TYPE = '_http._tcp.local';
const srv = { name: WEB, type: 'SRV', ttl: 120, flush: true, data: { port: 80, target: 'beta.local' } };

/** A station that listens. */
async function listening(interfaces?: readonly string[], addresses: readonly string[] = []) {
  const segment = createSegment({ addresses });
  const alpha = segment.station('alpha', interfaces === undefined ? {} : { interfaces });
  setService(alpha, serviceOf('Own._ipp._tcp.local'));
  await segment.pass(3000);
  return { segment, alpha };
}

test.each([
  ['no message at all', Buffer.from('hello')],
  ['a header that promises more than there is', Buffer.from('000084000000ffff00000000', 'hex')],
  ['a name that points to itself', Buffer.from('000084000000000100000000c00c000100010000007800047f000001', 'hex')],
  ['a name that points ahead', Buffer.from('000084000000000100000000c020000100010000007800047f000001', 'hex')],
  [
    'a name of labels without end',
    Buffer.concat([Buffer.from('000084000000000100000000', 'hex'), Buffer.alloc(600, 1)]),
  ],
  ['a label of a kind that there is not', Buffer.from('00008400000000010000000041610000010001', 'hex')],
  ['an address of three bytes', Buffer.from('00008400000000010000000001610000010001000000780003010203', 'hex')],
  ['a text that is cut off', Buffer.from('000084000000000100000000016100001000010000007800030a6162', 'hex')],
])('%s is dropped, and counted', async (_what, bytes) => {
  const { segment, alpha } = await listening();
  const witness = segment.witness();
  const before = alpha.counters.malformed;
  witness.send(bytes);
  await segment.pass(100);
  expect(alpha.counters.malformed).toBe(before + 1);
  expect(namesOf(lookUp(alpha, { lpszServiceInstanceName: 'Own._ipp._tcp.local' }))).toHaveLength(1);
});

test('messages of more than 9000 bytes, errors and other operations are not read', async () => {
  const { segment, alpha } = await listening();
  const attacker = segment.witness(5353, '127.0.0.1');
  const message = dnsPacket.encode({ type: 'response', answers: [srv] });
  attacker.send(Buffer.concat([message, Buffer.alloc(9000)]));
  const failed = Buffer.from(message);
  failed[3] = 3;
  attacker.send(failed);
  const updating = Buffer.from(message);
  updating[2] = 0x84 | 0x28;
  attacker.send(updating);
  await segment.pass(100);
  expect(alpha.counters).toMatchObject({ oversized: 1, ignored: 2 });
  expect(lookUp(alpha, { lpszServiceInstanceName: WEB }).end).toBe('WSASERVICE_NOT_FOUND');
});

test('a sender beyond the subnets of the interfaces used is not heard', async () => {
  const { segment, alpha } = await listening(['10.0.0.1'], ['10.0.0.1', '10.0.0.9', '192.168.7.7']);
  const [near, far] = [segment.witness(5353, '10.0.0.9'), segment.witness(5353, '192.168.7.7')];
  far.say({ type: 'response', answers: [srv] });
  await segment.pass(100);
  expect(alpha.counters.offLink).toBe(1);
  expect(lookUp(alpha, { lpszServiceInstanceName: WEB }).results).toEqual([]);
  near.say({ type: 'response', answers: [srv] });
  expect(namesOf(lookUp(alpha, { lpszServiceInstanceName: WEB }))).toEqual([WEB]);
});

test('answers that come from another port than 5353 are not heard', async () => {
  const { segment, alpha } = await listening();
  segment.witness(40_000, '127.0.0.1').say({ type: 'response', answers: [srv] });
  await segment.pass(100);
  expect(alpha.counters.wrongPort).toBe(1);
  expect(lookUp(alpha, { lpszServiceInstanceName: WEB }).results).toEqual([]);
});

test('a flood of records leaves no more than the cache holds, and what is wanted stays', async () => {
  const segment = createSegment();
  const alpha = segment.station('alpha', { cacheSize: 64 });
  const beta = segment.station('beta');
  setService(beta, serviceOf(WEB, 80));
  const handle = begin(alpha, { lpszQueryString: '_http._tcp' });
  expect(fetchAll(alpha.ws2, handle).results).toHaveLength(1);
  alpha.ws2.WSANSPIoctl(handle, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, { value: 0 }, null);
  const witness = segment.witness();
  for (let i = 0; i < 100; i++) {
    const answers = Array.from({ length: 20 }, (_, at) => ({
      name: `x${i}-${at}.local`,
      type: 'A',
      ttl: 120,
      data: '10.0.0.1',
    }));
    witness.say({ type: 'response', answers });
    await segment.pass(10);
  }
  expect(alpha.counters.evicted).toBeGreaterThan(1900);
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }))).toEqual([WEB]);
  alpha.ws2.WSALookupServiceEnd(handle);
});

test('a flood of messages in one go is read bit by bit, and no more of it is kept than may wait', async () => {
  const { segment, alpha } = await listening();
  const witness = segment.witness();
  const large = { name: 'big.local', type: 'TXT', ttl: 10, data: Array.from({ length: 30 }, () => 'x'.repeat(250)) };
  const bytes = dnsPacket.encode({ type: 'response', answers: [large] });
  const before = alpha.counters.received;
  for (let i = 0; i < 500; i++) witness.send(bytes);
  await segment.pass(1000);
  // What the socket's own buffer had no room for is lost before.
  expect(alpha.counters.received).toBeGreaterThan(before);
  expect(namesOf(lookUp(alpha, { lpszServiceInstanceName: 'Own._ipp._tcp.local' }))).toHaveLength(1);
});

test('an instance whose name is of another type is none of this one', () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  witness.onHeard(() => {
    witness.onHeard(() => {});
    const pointers = [WEB, 'evil.example.com', `a.b.${TYPE}`, TYPE, 'Web._ipp._tcp.local'];
    witness.say({ type: 'response', answers: pointers.map((data) => ({ name: TYPE, type: 'PTR', ttl: 4500, data })) });
  });
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_NAME))).toEqual([WEB]);
});

const MANGLED = Number(process.env['WS2SPI_SEQUENCES'] ?? 1500);
// As many as are wanted take their time.
const MANGLED_TIMEOUT = Math.max(60_000, 8 * MANGLED);

test(
  'mangled messages in any number never harm: what is registered is still found',
  { timeout: MANGLED_TIMEOUT },
  async () => {
    const seed = Number(process.env['WS2SPI_SEED'] ?? 1);
    const { next } = seededRandom(seed);
    const upTo = (most: number): number => Math.floor(next() * most);
    const { segment, alpha } = await listening();
    const attacker = segment.witness(5353, '127.0.0.1');
    const originals = [
      { type: 'response' as const, answers: [srv, { name: TYPE, type: 'PTR', ttl: 4500, data: WEB }] },
      {
        type: 'response' as const,
        answers: [{ name: 'alpha.local', type: 'NSEC', ttl: 120, data: { nextDomain: 'alpha.local', rrtypes: ['A'] } }],
      },
      { type: 'query' as const, questions: [{ name: 'Own._ipp._tcp.local', type: 'ANY' }], authorities: [srv] },
      { type: 'query' as const, flags: 0x0200, questions: [{ name: '_ipp._tcp.local', type: 'PTR' }], answers: [srv] },
      {
        type: 'response' as const,
        answers: [{ name: 'beta.local', type: 'A', ttl: 120, flush: true, data: '10.0.0.1' }],
      },
    ].map((packet) => dnsPacket.encode(packet));
    for (let i = 0; i < MANGLED; i++) {
      let bytes = Buffer.from(originals[upTo(originals.length)]!);
      for (let changes = 1 + upTo(4); changes > 0; changes--) {
        const at = upTo(bytes.length);
        switch (upTo(4)) {
          case 0:
            bytes[at] = upTo(256);
            break;
          case 1:
            bytes = bytes.subarray(0, at + 1);
            break;
          case 2:
            bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(upTo(bytes.length))]);
            break;
          default:
            bytes[at] = 0xc0;
            if (at + 1 < bytes.length) bytes[at + 1] = upTo(bytes.length);
        }
      }
      attacker.send(bytes);
      if (i % 20 === 19) await segment.pass(5);
    }
    await segment.pass(10_000);
    expect(alpha.counters.malformed, `seed ${seed}`).toBeGreaterThan(0);
    expect(alpha.counters.received).toBeGreaterThan(0);
    // Claims of the name may have been among them: then it has another number behind it.
    const { results } = lookUp(alpha, { lpszQueryString: '_ipp._tcp' }, LUP_RETURN_NAME);
    expect(
      results.some(({ lpszServiceInstanceName }) => lpszServiceInstanceName!.startsWith('Own')),
      `seed ${seed}`,
    ).toBe(true);
  },
);

test.each([
  [{ hostName: 'a.b' }, '`hostName` must be one label'],
  [{ interfaces: ['eth0'] }, '`interfaces` must be an array of local addresses'],
  [{ families: [1] }, '`families` must be an array of AF_INET'],
  [{ conflict: 'win' }, "`conflict` must be 'rename' or 'fail'"],
  [{ lookupTime: 0 }, '`lookupTime` must be a number of milliseconds above 0'],
  [{ cacheSize: 1 }, '`cacheSize` must be a whole number'],
  [{ familys: [AF_INET] }, 'there is no option "familys"'],
])('options that are none are refused: %j', (options, message) => {
  expect(() => createMdnsNameSpace(options as never)).toThrow(message);
});

// Answers of as many records as a message has room for: the work for each does not grow with their number.
import dnsPacket from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { INSTANCE, seededRandom, SVCID_DNS_TYPE_SRV, SVCID_DNS_TYPE_TEXT, type WSAQUERYSETW } from 'ws2spi';
import { inOrderOfUse } from '../../../../../dist/providers/namespaces/dns/order-of-use.js';
import type { ResourceRecord } from '../../../../../dist/providers/namespaces/dns/reply-message.js';
import type { Asked, Said } from './server.js';
import { world } from './world.js';

const SRV = 33;
const MX = 15;

/** A service's record, and how often its bytes are looked at. */
function service(priority: number, weight: number, looked: () => void = () => undefined): ResourceRecord {
  const bytes = Uint8Array.of(priority >> 8, priority & 255, weight >> 8, weight & 255, 0, 80, 0);
  return {
    target: '',
    get data() {
      looked();
      return bytes;
    },
  };
}

// As RFC 2782 says it, step by step.
function inOrderBySteps(records: readonly ResourceRecord[], random: () => number): ResourceRecord[] {
  const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  const left = [...records].sort((a, b) => u16(a.data, 0) - u16(b.data, 0) || u16(a.data, 2) - u16(b.data, 2));
  const ordered: ResourceRecord[] = [];
  while (left.length > 0) {
    const equals = left.filter(({ data }) => u16(data, 0) === u16(left[0]!.data, 0));
    let drawn = Math.floor(random() * (equals.reduce((sum, { data }) => sum + u16(data, 2), 0) + 1));
    const chosen = equals.find(({ data }) => (drawn -= u16(data, 2)) <= 0)!;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}

describe('Services in the order of their use', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('are drawn as RFC 2782 draws them (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const below = (most: number): number => Math.floor(random.next() * most);
    const records = Array.from({ length: below(60) }, () => service(below(3), below(4) === 0 ? 0 : below(65_536)));
    const [ours, theirs] = [seededRandom(seed), seededRandom(seed)];
    const drawn = inOrderOfUse(records, SRV, () => ours.next());
    expect(drawn.map((each) => records.indexOf(each))).toEqual(
      inOrderBySteps(records, () => theirs.next()).map((each) => records.indexOf(each)),
    );
  });

  it.each([SRV, MX])('are looked at a few times each, however many there are (type %i)', (type) => {
    let looks = 0;
    const random = seededRandom(1);
    const records = Array.from({ length: 3600 }, (_, at) => service(at % 2, at & 255, () => looks++));
    expect(new Set(inOrderOfUse(records, type, () => random.next())).size).toBe(3600);
    expect(looks).toBeLessThanOrEqual(4 * 3600);
  });
});

describe('An answer of very many records', () => {
  const MANY = 900;
  const HOST = 600;
  const says = ({ type, name, via }: Asked): Said => {
    if (via === 'udp') return { flags: dnsPacket.TRUNCATED_RESPONSE };
    if (type === 'TXT')
      return { answers: Array.from({ length: MANY }, () => ({ type: 'TXT', name, ttl: 60, data: 'a' })) };
    if (type === 'A') {
      const data = (at: number): string => `10.0.${at >> 8}.${at & 255}`;
      return { answers: Array.from({ length: HOST }, (_, at) => ({ type: 'A', name, ttl: 60, data: data(at) })) };
    }
    if (type !== 'SRV') return { answers: [] };
    const data = { priority: 1, weight: 1, port: 80, target: 'host.test' };
    return { answers: Array.from({ length: MANY }, () => ({ type: 'SRV', name, ttl: 60, data })) };
  };

  it('is told whole', () => {
    const { query, defects } = world([says]);
    expect(query(SVCID_DNS_TYPE_TEXT, 'many.test')).toHaveLength(MANY);
    expect(defects).toEqual([]);
  });

  it('is told whole to who looks records up without waiting, be they more than a thousand', async () => {
    const many = 2500;
    const { ws2, defects, run } = world([
      ({ name, via }: Asked): Said =>
        via === 'udp'
          ? { flags: dnsPacket.TRUNCATED_RESPONSE }
          : { answers: Array.from({ length: many }, () => ({ type: 'TXT', name, ttl: 60, data: 'a' })) },
    ]);
    const told = await run(
      new Promise((resolve) =>
        ws2[INSTANCE].lookUpRecords('many.test', 16, (error, records) => resolve([error, records.length])),
      ),
    );
    expect(told).toEqual([0, many]);
    expect(defects).toEqual([]);
  });

  it('of services at one host of very many addresses has those of the first services, and not one times the other', () => {
    const { query, defects } = world([says]);
    const found = query(SVCID_DNS_TYPE_SRV, '_http._tcp.many.test') as WSAQUERYSETW[];
    expect(found).toHaveLength(MANY);
    const counts = found.map(({ dwNumberOfCsAddrs }) => dwNumberOfCsAddrs);
    const full = Math.floor(8192 / HOST);
    expect(counts).toEqual([...Array<number>(full).fill(HOST), ...Array<number>(MANY - full).fill(0)]);
    expect(defects).toEqual([]);
  });
});

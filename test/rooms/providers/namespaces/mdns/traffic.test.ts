// What goes over the wire: no more than has to, when it has to, and in the forms of RFC 6762.
import { describe, expect, test } from 'vitest';
import { INSTANCE, LUP_RETURN_NAME } from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { layOverAll } from '../../../name-space/fixtures/name-spaces.js';
import { begin, createSegment, dnsPacket, fetchAll, lookUp, serviceOf, setService, type Packet } from './fixtures.js';

const WEB = 'Web._http._tcp.local';
const TYPE = '_http._tcp.local';

/** A network with a service that has been there for a while, and somebody who listens. */
async function withService() {
  const segment = createSegment();
  const beta = segment.station('beta');
  setService(beta, serviceOf(WEB, 80));
  await segment.pass(10_000);
  const witness = segment.witness();
  return { segment, beta, witness };
}

const asking = (type: string, name: string, more: Partial<Packet> = {}): Partial<Packet> => ({
  type: 'query',
  questions: [{ name, type }],
  ...more,
});

test('what a name alone has is answered at once; what several may have, after 20 to 120 milliseconds', async () => {
  const { segment, witness } = await withService();
  const began = segment.clock.now();
  witness.say(asking('SRV', WEB));
  await segment.pass(1500);
  witness.say(asking('PTR', TYPE));
  await segment.pass(1500);
  const [srv, ptr] = witness.heard.filter(({ packet }) => packet.type === 'response');
  expect(srv!.at - began).toBeLessThan(10);
  expect(ptr!.at - began - 1500).toBeGreaterThanOrEqual(20);
  expect(ptr!.at - began - 1500).toBeLessThanOrEqual(120);
});

test('with an instance comes what will be asked for next', async () => {
  const { segment, witness } = await withService();
  witness.say(asking('PTR', TYPE));
  await segment.pass(1000);
  const [response] = witness.heard.filter(({ packet }) => packet.type === 'response');
  expect(response!.packet.answers).toMatchObject([{ name: TYPE, type: 'PTR', data: WEB }]);
  expect(response!.packet.additionals.map(({ type, name }) => [type, name])).toEqual([
    ['SRV', WEB],
    ['A', 'beta.local'],
    ['NSEC', 'beta.local'],
    ['TXT', WEB],
  ]);
});

test('an answer that is known for more than half of its time is not given', async () => {
  const { segment, witness } = await withService();
  const known = { name: TYPE, type: 'PTR', data: WEB };
  witness.say(asking('PTR', TYPE, { answers: [{ ...known, ttl: 4000 }] }));
  await segment.pass(1000);
  expect(witness.answers()).toEqual([]);
  witness.say(asking('PTR', TYPE, { answers: [{ ...known, ttl: 2000 }] }));
  await segment.pass(1000);
  expect(witness.answers()).toMatchObject([known]);
});

test('an asker who knows more than fits in one message is heard to the end', async () => {
  const { segment, witness } = await withService();
  const others = Array.from({ length: 3 }, (_, at) => ({
    name: TYPE,
    type: 'PTR',
    ttl: 4500,
    data: `Web ${at}.${TYPE}`,
  }));
  witness.say(asking('PTR', TYPE, { flags: 0x0200, answers: others }));
  await segment.pass(300);
  witness.say({ type: 'query', answers: [{ name: TYPE, type: 'PTR', ttl: 4500, data: WEB }] });
  await segment.pass(2000);
  expect(witness.answers()).toEqual([]);
  // Without the rest, the answer comes after half a second at most.
  const began = segment.clock.now();
  witness.say(asking('PTR', TYPE, { flags: 0x0200, answers: others }));
  await segment.pass(2000);
  const [response] = witness.heard.filter(({ packet }) => packet.type === 'response');
  expect(response!.at - began).toBeGreaterThanOrEqual(400);
  expect(response!.at - began).toBeLessThanOrEqual(500);
});

test('somebody else who gives the same answer first spares ours', async () => {
  const { segment, beta, witness } = await withService();
  const before = beta.counters.responses;
  witness.say(asking('PTR', TYPE));
  witness.say({ type: 'response', answers: [{ name: TYPE, type: 'PTR', ttl: 4500, data: WEB }] });
  await segment.pass(1000);
  expect(beta.counters.responses).toBe(before);
});

test('a record is sent to all once a second at most', async () => {
  const { segment, witness } = await withService();
  for (let i = 0; i < 20; i++) {
    witness.say(asking('SRV', WEB));
    await segment.pass(200);
  }
  expect(witness.answers().filter(({ type }) => type === 'SRV')).toHaveLength(4);
});

test('an asker who wants the answer alone has it alone, if all have had it lately', async () => {
  const segment = createSegment({ addresses: ['10.0.0.1', '10.0.0.2'] });
  const beta = segment.station('beta', { interfaces: ['10.0.0.1'] });
  setService(beta, serviceOf(WEB, 80));
  await segment.pass(5000);
  const [everyone, one] = [segment.witness(), segment.witness(5353, '10.0.0.2')];
  const question = Buffer.from(asked(asking('SRV', WEB)));
  question.writeUInt16BE(0x8001, question.length - 2);
  one.send(question);
  await segment.pass(1000);
  expect(one.answers()).toMatchObject([{ type: 'SRV' }]);
  expect(everyone.answers()).toEqual([]);
  // After a quarter of its time, all are told.
  await segment.pass(40_000);
  one.send(question);
  await segment.pass(1000);
  expect(everyone.answers()).toMatchObject([{ type: 'SRV' }]);
});

test('an ordinary resolver is answered as by an ordinary server: alone, with its question and id, for ten seconds', async () => {
  const { segment, witness } = await withService();
  const resolver = segment.witness(40_000, '127.0.0.1');
  resolver.say(asking('SRV', WEB, { id: 4711 }));
  await segment.pass(1000);
  expect(resolver.heard.map(({ packet }) => packet)).toMatchObject([
    { id: 4711, questions: [{ name: WEB }], answers: [{ type: 'SRV', flush: false, ttl: 10 }] },
  ]);
  expect(witness.answers()).toEqual([]);
});

test('a name that has no record of a type says which it has', async () => {
  const { segment, witness } = await withService();
  witness.say(asking('AAAA', 'beta.local'));
  await segment.pass(1000);
  expect(witness.answers()).toMatchObject([{ name: 'beta.local', type: 'NSEC', data: { rrtypes: ['A'] } }]);
});

test('a browser asks after 20 to 120 milliseconds, then at doubled intervals, and says what it knows', async () => {
  const { segment, witness } = await withService();
  const alpha = segment.station('alpha');
  const began = segment.clock.now();
  lookUp(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_NAME);
  const asked = witness.heard.filter(({ packet }) => packet.questions.some(({ type }) => type === 'PTR'));
  expect(asked[0]!.at - began).toBeGreaterThanOrEqual(20);
  expect(asked[0]!.at - began).toBeLessThanOrEqual(120);
  expect(asked[1]!.at - asked[0]!.at).toBeCloseTo(1000);
  expect(asked[0]!.packet.answers).toEqual([]);
  expect(asked[1]!.packet.answers).toMatchObject([{ name: TYPE, type: 'PTR', data: WEB }]);
});

test('what is known of very many instances is said in several messages, of which all but the last say that more follows', async () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  const instances = Array.from({ length: 200 }, (_, at) => ({
    name: TYPE,
    type: 'PTR',
    ttl: 4500,
    data: `Web ${at}.${TYPE}`,
  }));
  const handle = begin(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_NAME);
  witness.onHeard(() => {
    witness.onHeard(() => {});
    for (let at = 0; at < 200; at += 50) witness.say({ type: 'response', answers: instances.slice(at, at + 50) });
  });
  expect(fetchAll(alpha.ws2, handle).results).toHaveLength(200);
  const known = witness.heard.filter(({ packet }) => packet.type === 'query' && packet.answers.length > 0);
  const first = known.filter(({ at }) => at === known[0]!.at);
  expect(first.length).toBeGreaterThan(4);
  expect(first.map(({ packet }) => (packet.flags & 0x0200) !== 0)).toEqual(first.map((_, at) => at < first.length - 1));
  expect(first.flatMap(({ packet }) => packet.answers)).toHaveLength(200);
  for (const { bytes } of first) expect(bytes.length).toBeLessThanOrEqual(1440);
});

test('a question that somebody else asks just before it is due is not asked twice', () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  lookUp(alpha, { lpszQueryString: '_ipp._tcp' }, LUP_RETURN_NAME);
  const witness = segment.witness();
  // Whenever it is due, which chance decides, it is less than 100 milliseconds later.
  const began = segment.clock.now() + 20;
  alpha.ws2[INSTANCE].providerHost.setTimer(began, () => witness.say(asking('PTR', TYPE)));
  lookUp(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_NAME);
  const [, ours] = witness.heard.filter(({ packet }) => packet.questions.some(({ name }) => name === TYPE));
  expect(ours!.at - began).toBeCloseTo(1000);
  expect(alpha.counters.suppressed).toBe(1);
});

function asked(packet: Partial<Packet>): Uint8Array {
  return dnsPacket.encode(packet);
}

describe('with layers under it', () => {
  test('a filter sees every question, and none reaches the network that it refuses', () => {
    const segment = createSegment();
    const alpha = segment.station('alpha');
    const witness = segment.witness();
    const seen = new Set<string>();
    const refusing = defineLayer({
      name: 'refusing',
      connect(request) {
        seen.add(`${request.address}:${request.port}`);
        request.refuse();
      },
    });
    layOverAll(alpha.ws2, refusing);
    expect(alpha.ws2.gethostbyname('beta.local')).toBeNull();
    expect([...seen]).toEqual(['224.0.0.251:5353']);
    expect(witness.heard).toEqual([]);
  });

  test('what passes layers is found as without them', () => {
    const segment = createSegment();
    const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
    for (const { ws2 } of [alpha, beta]) layOverAll(ws2, defineLayer({ name: 'passing' }));
    expect(setService(beta, serviceOf(WEB, 80))).toBe('done');
    expect(lookUp(alpha, { lpszServiceInstanceName: WEB }).results).toHaveLength(1);
  });
});

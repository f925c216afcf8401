// Interfaces that come and go, and records that are asked for in vain.
import { expect, test } from 'vitest';
import { ref, SIO_NSP_NOTIFY_CHANGE } from 'ws2spi';
import { begin, createSegment, fetchAll, lookUp, namesOf, placesOf, serviceOf, setService } from './fixtures.js';

const WEB = 'Web._http._tcp.local';
const RECORDS = [
  { name: '_http._tcp.local', type: 'PTR', ttl: 4500, data: WEB },
  { name: WEB, type: 'SRV', ttl: 120, flush: true, data: { port: 80, target: 'gamma.local' } },
  { name: WEB, type: 'TXT', ttl: 4500, flush: true, data: [''] },
  { name: 'gamma.local', type: 'A', ttl: 120, flush: true, data: '127.0.0.1' },
];
const QUESTION = { type: 'query', questions: [{ name: WEB, type: 'TXT' }] } as const;

test('an interface that comes later is joined: what is registered is claimed and told there, and found', async () => {
  const segment = createSegment();
  const beta = segment.station('beta');
  expect(setService(beta, serviceOf(WEB))).toBe('done');
  await segment.pass(3000);
  segment.network.addAddress('10.0.0.1');
  const witness = segment.witness();
  await segment.pass(3000);
  expect(witness.questions().filter(({ name, type }) => name === WEB && type === 'ANY')).toHaveLength(3);
  const addresses = witness.answers().filter(({ name, type }) => name === 'beta.local' && type === 'A');
  expect(addresses.map(({ data }) => data)).toContain('10.0.0.1');
  const alpha = segment.station('alpha');
  const { results } = lookUp(alpha, { lpszQueryString: '_http._tcp' });
  expect(results.map(placesOf)).toEqual([['10.0.0.1:8080']]);
});

test('an interface that goes is left, and what was told there is forgotten', async () => {
  const segment = createSegment({ addresses: ['10.0.0.1'] });
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  witness.onHeard(({ type }) => type === 'query' && witness.say({ type: 'response', answers: RECORDS }));
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }))).toEqual([WEB]);
  witness.onHeard(() => {});
  await segment.pass(5000);
  segment.network.removeAddress('10.0.0.1');
  await segment.pass(1000);
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }))).toEqual([]);
});

test('what is looked for is asked for on an interface that comes later', async () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const handle = begin(alpha, { lpszQueryString: '_http._tcp' });
  fetchAll(alpha.ws2, handle);
  alpha.ws2.WSANSPIoctl(handle, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, ref(0), null);
  await segment.pass(10_000);
  segment.network.addAddress('10.0.0.1');
  const witness = segment.witness();
  await segment.pass(200);
  expect(witness.questions().map(({ name }) => name)).toContain('_http._tcp.local');
  alpha.ws2.WSALookupServiceEnd(handle);
});

test.each([
  ['is gone ten seconds after the second question', 2, false, []],
  ['is known still after one question', 1, false, [WEB]],
  ['is known still when it is told again', 2, true, [WEB]],
])('a record that others ask for in vain %s (RFC 6762, 10.5)', async (_what, questions, isTold, expected) => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  witness.onHeard(({ type }) => type === 'query' && witness.say({ type: 'response', answers: RECORDS }));
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }))).toEqual([WEB]);
  witness.onHeard(() => {});
  await segment.pass(5000);
  for (let i = 0; i < questions; i++) {
    witness.say({ type: 'query', questions: [{ name: '_http._tcp.local', type: 'PTR' }] });
    await segment.pass(2000);
  }
  if (isTold) witness.say({ type: 'response', answers: RECORDS });
  await segment.pass(9000);
  const { results } = lookUp(alpha, { lpszQueryString: '_http._tcp' });
  expect(namesOf({ results })).toEqual(expected);
});

test('whoever says what is known already doubts nothing, nor does one who wants the answer alone', async () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const witness = segment.witness();
  witness.onHeard(({ type }) => type === 'query' && witness.say({ type: 'response', answers: RECORDS }));
  lookUp(alpha, { lpszQueryString: '_http._tcp' });
  witness.onHeard(() => {});
  await segment.pass(5000);
  for (let i = 0; i < 4; i++) {
    witness.say({
      type: 'query',
      questions: [{ name: '_http._tcp.local', type: 'PTR' }],
      answers: RECORDS.slice(0, 1),
    });
    witness.say(QUESTION);
    await segment.pass(500);
  }
  await segment.pass(9000);
  expect(namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }))).toEqual([WEB]);
});

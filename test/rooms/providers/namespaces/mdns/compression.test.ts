// Names that end alike are written once in what is sent, and read as they were spelled.
import { expect, test } from 'vitest';
import { createSegment, dnsPacket, lookUp, namesOf, serviceOf, setService } from './fixtures.js';
import { LUP_RETURN_NAME } from 'ws2spi';

const TYPE = '_http._tcp.local';

/** A network with services of which all are asked for by somebody on the port of multicast DNS, or on another one. */
async function answersTo(port: number) {
  const segment = createSegment();
  const beta = segment.station('beta');
  for (const name of ['Web', 'Wiki', 'Printer']) setService(beta, serviceOf(`${name}.${TYPE}`, 80));
  await segment.pass(10_000);
  const witness = segment.witness(port);
  witness.say({ type: 'query', questions: [{ name: TYPE, type: 'PTR' }] });
  await segment.pass(2000);
  return witness.heard.filter(({ packet }) => packet.type === 'response');
}

test('an answer is shorter than its names are, and says the same', async () => {
  const [answer] = await answersTo(5353);
  const { packet, bytes } = answer!;
  const names = packet.answers.map(({ data }) => String(data));
  expect(names).toHaveLength(3);
  for (const name of names) expect(name.endsWith(TYPE)).toBe(true);
  const whole = dnsPacket.encode(packet);
  expect(bytes.length).toBeLessThan(0.7 * whole.length);
  // Nothing was lost on the way through.
  expect(dnsPacket.decode(Buffer.from(whole)).answers.map(({ data }) => data)).toEqual(
    packet.answers.map(({ data }) => data),
  );
});

test('is understood by another station', async () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  for (const name of ['Web', 'Wiki']) setService(beta, serviceOf(`${name}.${TYPE}`, 80));
  await segment.pass(10_000);
  const found = namesOf(lookUp(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_NAME));
  expect(found.toSorted()).toEqual([`Web.${TYPE}`, `Wiki.${TYPE}`]);
  expect(alpha.counters.malformed).toBe(0);
});

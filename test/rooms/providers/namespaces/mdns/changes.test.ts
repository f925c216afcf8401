// Changes of what was found: services that come, go, change and vanish, by SIO_NSP_NOTIFY_CHANGE.
import { expect, test } from 'vitest';
import {
  LUP_RETURN_ALL,
  LUP_RETURN_NAME,
  ref,
  RNRSERVICE_DEREGISTER,
  SIO_NSP_NOTIFY_CHANGE,
  winsockErrorName,
} from 'ws2spi';
import { begin, createSegment, fetchAll, serviceOf, setService, type Station } from './fixtures.js';

const WEB = 'Web._http._tcp.local';

/** Whether the answer has changed since this was asked last. */
function hasChanged({ ws2 }: Station, handle: number): boolean {
  if (ws2.WSANSPIoctl(handle, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, ref(0), null) === 0) return true;
  expect(winsockErrorName(ws2.WSAGetLastError())).toBe('WSAEWOULDBLOCK');
  return false;
}

/** What a query gives from now on: each with what became of it. */
function changes({ ws2 }: Station, handle: number): (string | number | null | undefined)[][] {
  return fetchAll(ws2, handle).results.map((each) => [each.lpszServiceInstanceName, each.dwOutputFlags]);
}

const [ADDED, CHANGED, DELETED] = [0x10, 0x20, 0x40];

test('a service that comes, changes and goes is told of', async () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  const handle = begin(alpha, { lpszQueryString: '_http._tcp' });
  expect(fetchAll(alpha.ws2, handle)).toEqual({ results: [], end: 'WSASERVICE_NOT_FOUND' });
  expect(hasChanged(alpha, handle)).toBe(false);

  setService(beta, serviceOf(WEB, 80));
  await segment.pass(4000);
  expect(hasChanged(alpha, handle)).toBe(true);
  expect(changes(alpha, handle)).toEqual([[WEB, ADDED]]);
  expect(hasChanged(alpha, handle)).toBe(false);

  setService(beta, serviceOf(WEB, 81));
  await segment.pass(4000);
  expect(hasChanged(alpha, handle)).toBe(true);
  expect(changes(alpha, handle)).toEqual([[WEB, CHANGED]]);

  setService(beta, serviceOf(WEB), RNRSERVICE_DEREGISTER);
  await segment.pass(4000);
  expect(hasChanged(alpha, handle)).toBe(true);
  expect(changes(alpha, handle)).toEqual([[WEB, DELETED]]);
  alpha.ws2.WSALookupServiceEnd(handle);
});

test('a host that vanishes without a goodbye is gone when its records are, after they were asked for four times', async () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf(WEB, 80));
  const handle = begin(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_NAME);
  expect(fetchAll(alpha.ws2, handle).results).toHaveLength(1);
  expect(hasChanged(alpha, handle)).toBe(false);
  // Pulled off the wire: what it would say, its goodbye too, is lost.
  segment.network.link.loss = 0.999999;
  beta.ws2.WSACleanup();
  segment.network.link.loss = 0;
  const witness = segment.witness();
  await segment.pass(4400 * 1000);
  expect(hasChanged(alpha, handle)).toBe(false);
  const asked = witness.heard.filter(({ at, packet }) => at > 3500 * 1000 && packet.answers.length === 0);
  expect(asked.length).toBeGreaterThanOrEqual(4);
  await segment.pass(200 * 1000);
  expect(hasChanged(alpha, handle)).toBe(true);
  expect(changes(alpha, handle)).toEqual([[WEB, DELETED]]);
  alpha.ws2.WSALookupServiceEnd(handle);
});

test('what is watched is asked for again before its time is over, so that nothing changes while the other is there', async () => {
  const segment = createSegment();
  const [alpha, beta] = [segment.station('alpha'), segment.station('beta')];
  setService(beta, serviceOf(WEB, 80));
  const handle = begin(alpha, { lpszQueryString: '_http._tcp' }, LUP_RETURN_ALL);
  fetchAll(alpha.ws2, handle);
  expect(hasChanged(alpha, handle)).toBe(false);
  await segment.pass(3 * 4500 * 1000);
  expect(hasChanged(alpha, handle)).toBe(false);
  alpha.ws2.WSALookupServiceEnd(handle);
});

test('a query that ends is asked for no more', async () => {
  const segment = createSegment();
  const alpha = segment.station('alpha');
  const handle = begin(alpha, { lpszQueryString: '_http._tcp' });
  fetchAll(alpha.ws2, handle);
  hasChanged(alpha, handle);
  alpha.ws2.WSALookupServiceEnd(handle);
  const witness = segment.witness();
  await segment.pass(3600 * 1000);
  expect(witness.heard).toEqual([]);
});

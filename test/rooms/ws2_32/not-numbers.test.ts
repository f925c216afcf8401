// What is not a number where a number belongs, and what cannot be written where something is to be written.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as w from 'ws2spi';
import { connectedPair } from 'ws2spi/testkit';

let ws2: w.Ws2_32;
let defects: w.Defect[];

beforeEach(() => {
  ws2 = w.createWs2_32({ base: 'memory', catalog: 'memory' });
  defects = [];
  ws2.on('defect', (defect) => void defects.push(defect));
  ws2.WSAStartup(0x0202, {});
});

afterEach(() => ws2[Symbol.dispose]());

const errorOf = (call: () => unknown): string => {
  const result = call();
  return [-1, w.INVALID_SOCKET, false, null].includes(result as number)
    ? w.winsockErrorName(ws2.WSAGetLastError())
    : `no failure: ${String(result)}`;
};

describe.each([
  ['a BigInt', 1n],
  ['a Symbol', Symbol('odd')],
  ['an object', {}],
])('%s where a number belongs', (_what, odd) => {
  it('is WSAEINVAL, and no provider is blamed for it', () => {
    const { client, server, listener } = connectedPair(ws2);
    const never = odd as never;
    const bytes = new Uint8Array(4);
    const buffers = [{ len: 4, buf: bytes }];
    const calls: Record<string, () => unknown> = {
      socket: () => ws2.socket(never, never, never),
      'socket, type': () => ws2.socket(w.AF_INET, never, 0),
      'WSASocket, flags': () => ws2.WSASocket(w.AF_INET, w.SOCK_STREAM, 0, null, 0, never),
      listen: () => ws2.listen(listener, never),
      shutdown: () => ws2.shutdown(client, never),
      send: () => ws2.send(client, bytes, 4, never),
      sendto: () => ws2.sendto(client, bytes, 4, never, null, 0),
      recv: () => ws2.recv(server, bytes, 4, never),
      recvfrom: () => ws2.recvfrom(server, bytes, 4, never, null, null),
      WSASend: () => ws2.WSASend(client, buffers, 1, w.ref(0), never, null, null),
      WSASendTo: () => ws2.WSASendTo(client, buffers, 1, w.ref(0), never, null, 0, null, null),
      WSARecv: () => ws2.WSARecv(server, buffers, 1, w.ref(0), w.ref(never), null, null),
      WSARecvFrom: () => ws2.WSARecvFrom(server, buffers, 1, w.ref(0), w.ref(never), null, null, null, null),
      WSARecvEx: () => ws2.WSARecvEx(server, bytes, 4, w.ref(never)),
      WSAEventSelect: () => ws2.WSAEventSelect(client, ws2.WSACreateEvent(), never),
      WSAAsyncSelect: () => ws2.WSAAsyncSelect(client, never, never, never),
      getsockopt: () => ws2.getsockopt(client, w.SOL_SOCKET, never, bytes, w.ref(4)),
      setsockopt: () => ws2.setsockopt(client, never, w.SO_KEEPALIVE, bytes, 4),
      ioctlsocket: () => ws2.ioctlsocket(client, never, w.ref(1)),
      WSAIoctl: () => ws2.WSAIoctl(client, never, null, 0, null, 0, w.ref(0), null, null),
      WSAHtonl: () => ws2.WSAHtonl(client, never, w.ref(0)),
      WSANtohl: () => ws2.WSANtohl(client, never, w.ref(0)),
      WSAHtons: () => ws2.WSAHtons(client, never, w.ref(0)),
      WSANtohs: () => ws2.WSANtohs(client, never, w.ref(0)),
    };
    const errors = Object.entries(calls).map(([name, call]) => [name, errorOf(call)]);
    expect(errors).toEqual(Object.keys(calls).map((name) => [name, 'WSAEINVAL']));
    expect(defects).toEqual([]);
  });

  it('is 0 for functions that have no error to tell of it', () => {
    const never = odd as never;
    expect([ws2.htonl(never), ws2.ntohs(never), ws2.htonf(never), ws2.inet_ntoa(never)]).toEqual([0, 0, 0, '0.0.0.0']);
  });
});

it('What is frozen where something is to be written is WSAEFAULT, and nothing is lost', () => {
  const { client, server } = connectedPair(ws2);
  const event = ws2.WSACreateEvent();
  ws2.WSAEventSelect(server, event, w.FD_READ);
  ws2.send(client, new Uint8Array(4), 4, 0);
  expect(errorOf(() => ws2.WSAEnumNetworkEvents(server, event, Object.freeze({})))).toBe('WSAEFAULT');
  const events: Partial<w.WSANETWORKEVENTS> = {};
  expect(ws2.WSAEnumNetworkEvents(server, event, events)).toBe(0);
  expect(events.lNetworkEvents).toBe(w.FD_READ);

  expect(errorOf(() => ws2.WSADuplicateSocket(client, process.pid, Object.freeze({})))).toBe('WSAEFAULT');
  expect(errorOf(() => ws2.gethostname(Object.freeze({ value: '' }), 256))).toBe('WSAEFAULT');
  expect(errorOf(() => ws2.WSAEnumProtocols(null, Object.freeze([]) as never, w.ref(1 << 20)))).toBe('WSAEFAULT');
  const error = w.ref(0);
  expect(ws2.WSCEnumProtocols(null, Object.freeze([]) as never, w.ref(1 << 20), error)).toBe(-1);
  expect(error.value).toBe(w.WSAEFAULT);
  expect(ws2.WSCEnumProtocols(null, null, w.ref(0), Object.freeze(w.ref(0)))).toBe(-1);
  expect(ws2.WSAStartup(0x0202, Object.freeze({}))).toBe(w.WSAEFAULT);
  expect(defects).toEqual([]);
});

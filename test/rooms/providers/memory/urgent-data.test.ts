import { beforeEach, expect, test } from 'vitest';
import { Readiness, type SocketCore } from '../../../../dist/io/index.js';
import { createMemoryNetwork } from '../../../../dist/providers/memory/index.js';
import { MSG_OOB, SO_OOBINLINE, WSAEINVAL, WSAEWOULDBLOCK } from '../../../../dist/spi/index.js';
import { connection, FakeInstance, receive, send, set, watch } from './fake-instance.js';

let instance: FakeInstance;
let client: SocketCore;
let server: SocketCore;

beforeEach(() => {
  instance = new FakeInstance(createMemoryNetwork());
  ({ client, server } = connection(instance));
});

function state(): [number, boolean] {
  return [client.available(), client.atMark()];
}

test('FIONREAD and SIOCATMARK go through the sequence that was measured on Windows', () => {
  expect(state()).toEqual([0, true]);
  send(server, 'data\0');
  expect(state()).toEqual([5, true]);
  send(server, 'a', MSG_OOB);
  expect(state()).toEqual([5, false]);
  send(server, 'a', MSG_OOB);
  expect(state()).toEqual([5, false]);
  expect(receive(client, 3)).toBe('dat');
  expect(state()).toEqual([2, false]);
  expect(receive(client, 1, MSG_OOB)).toBe('a');
  expect(client.readiness & Readiness.OUT_OF_BAND).not.toBe(0);
  expect(state()).toEqual([2, false]);
  expect(receive(client, 5)).toBe('a\0');
  expect(state()).toEqual([0, false]);
  expect(receive(client, 1, MSG_OOB)).toBe('a');
  expect(client.readiness & Readiness.OUT_OF_BAND).toBe(0);
  expect(state()).toEqual([0, true]);

  send(server, 'b', MSG_OOB);
  expect(set(client, SO_OOBINLINE)).toBe(0);
  expect(state()).toEqual([1, false]);
  expect(client.readiness & (Readiness.READABLE | Readiness.OUT_OF_BAND)).toBe(Readiness.READABLE);
  expect(receive(client, 5)).toBe('b');
  expect(state()).toEqual([0, true]);
  send(server, 'c', MSG_OOB);
  expect(client.readiness & (Readiness.READABLE | Readiness.OUT_OF_BAND)).toBe(Readiness.READABLE);
  expect(state()).toEqual([1, true]);
});

test('urgent data jumps the queue and is left out of the normal data', () => {
  const edges = watch(client);
  send(server, 'ab');
  send(server, 'cX', MSG_OOB);
  send(server, 'de');
  expect(edges).toEqual([Readiness.READABLE, Readiness.READABLE, Readiness.OUT_OF_BAND, Readiness.READABLE]);
  expect(receive(client, 10, MSG_OOB)).toBe('X');
  // A receive does not go past the mark.
  expect([receive(client, 10), receive(client, 10)]).toEqual(['abc', 'de']);
  expect(receive(client, 10, MSG_OOB)).toBe(-WSAEWOULDBLOCK);
});

test('urgent data in line takes three receives to get past', () => {
  set(client, SO_OOBINLINE);
  send(server, 'ab');
  send(server, 'X', MSG_OOB);
  send(server, 'de');
  expect(receive(client, 1, MSG_OOB)).toBe(-WSAEINVAL);
  expect(state()).toEqual([5, false]);
  expect(receive(client)).toBe('ab');
  expect(state()).toEqual([3, true]);
  expect(receive(client)).toBe('X');
  expect(receive(client)).toBe('de');
});

test('closing with nothing unread but urgent data ends the stream with grace', () => {
  send(server, 'X', MSG_OOB);
  client.close();
  expect(receive(server)).toBe('');
});

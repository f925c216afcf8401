import { beforeEach, expect, test } from 'vitest';
import { addressSlot, Readiness } from '../../../../dist/io/index.js';
import { createMemoryNetwork, type MemoryNetwork } from '../../../../dist/providers/memory/index.js';
import {
  AF_INET6,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_RCVBUF,
  SO_SNDBUF,
  WSAEADDRNOTAVAIL,
  WSAEALREADY,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEHOSTUNREACH,
  WSAEINVAL,
  WSAEISCONN,
  WSAENETUNREACH,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
} from '../../../../dist/spi/index.js';
import * as fake from './fake-instance.js';

const { accept, bind, connection, localName, nameOf, peerName, receive, send, set, textOf, watch } = fake;

let network: MemoryNetwork;
let instance: fake.FakeInstance;

beforeEach(() => {
  network = createMemoryNetwork();
  instance = new fake.FakeInstance(network);
});

test.each(['127.0.0.1', '::1'])('a connection over %s echoes, and leaves nothing behind', (address) => {
  const { client, server, listener } = connection(instance, address);
  expect(client.readiness).toBe(Readiness.CONNECTED | Readiness.WRITABLE);
  expect(localName(client)).toEqual(peerName(server));
  expect(peerName(client)).toEqual(localName(server));
  expect(textOf(localName(client))).toMatch(new RegExp(`^${address} \\d+$`));

  expect(send(client, 'hello')).toBe(5);
  expect(server.readiness & Readiness.READABLE).not.toBe(0);
  expect(server.available()).toBe(5);
  expect(receive(server)).toBe('hello');
  expect(server.readiness & Readiness.READABLE).toBe(0);
  expect(receive(server)).toBe(-WSAEWOULDBLOCK);
  expect(send(server, 'yes')).toBe(3);
  expect(receive(client, 2)).toBe('ye');
  expect(receive(client, 2)).toBe('s');

  for (const core of [client, server, listener]) core.close();
  instance.advance();
  expect(network.idle()).toBe(true);
});

test('a connection that is made is told of only after the call that asked for it', () => {
  const { core: listener, name } = instance.listener();
  const listenerEdges = watch(listener);
  const client = instance.stream();
  const edges = watch(client);
  expect(client.tryConnect(name, name.length)).toBe(WSAEWOULDBLOCK);
  expect(client.tryConnect(name, name.length)).toBe(WSAEALREADY);
  expect(send(client, 'x')).toBe(-WSAENOTCONN);
  expect(textOf(peerName(client))).toBe(textOf(name));
  expect(listenerEdges).toEqual([Readiness.ACCEPTABLE]);
  expect(edges).toEqual([]);
  const server = accept(listener);
  expect(listener.readiness).toBe(0);
  expect(listener.tryAccept(addressSlot())).toBe(WSAEWOULDBLOCK);
  send(server, 'early');
  expect(edges).toEqual([]);
  instance.advance();
  expect(edges).toEqual([Readiness.CONNECTED | Readiness.WRITABLE | Readiness.READABLE]);
  expect(client.tryConnect(name, name.length)).toBe(WSAEISCONN);
  expect(receive(client)).toBe('early');
});

test('looking again finds a connection that nobody has told of yet', () => {
  const { name } = instance.listener();
  const client = instance.stream();
  client.tryConnect(name, name.length);
  expect(client.readiness).toBe(0);
  expect(client.confirm(Readiness.CONNECTED) & Readiness.CONNECTED).not.toBe(0);
});

test('nobody listening refuses, and the socket can try again', () => {
  const client = instance.stream();
  const edges = watch(client);
  const nowhere = nameOf('127.0.0.1', 4);
  expect(client.tryConnect(nowhere, nowhere.length)).toBe(WSAEWOULDBLOCK);
  instance.advance();
  expect(edges).toEqual([Readiness.CONNECT_FAILED]);
  expect(client.error).toBe(WSAECONNREFUSED);
  expect(client.peerName(addressSlot())).toBe(WSAENOTCONN);

  const { name } = instance.listener();
  expect(client.tryConnect(name, name.length)).toBe(WSAEWOULDBLOCK);
  expect(client.error).toBe(WSAECONNREFUSED);
  instance.advance();
  expect(client.error).toBe(0);
  expect(client.readiness).toBe(Readiness.CONNECTED | Readiness.WRITABLE);
});

test('addresses that are not of the network cannot be reached or bound', () => {
  const configured = createMemoryNetwork({ addresses: ['10.0.0.1', 'fd00::7'], silent: ['10.0.0.9'] });
  const there = new fake.FakeInstance(configured);
  const connect = (from: fake.FakeInstance, address: string, port = 80): number => {
    const name = nameOf(address, port);
    return from.stream(name[0]).tryConnect(name, name.length);
  };
  expect(connect(instance, '10.0.0.1')).toBe(WSAENETUNREACH);
  expect(connect(instance, 'fd00::7')).toBe(WSAENETUNREACH);
  expect(connect(there, '10.0.0.2')).toBe(WSAEHOSTUNREACH);
  expect(connect(there, '0.0.0.0')).toBe(WSAEADDRNOTAVAIL);
  expect(connect(there, '10.0.0.1', 0)).toBe(WSAEADDRNOTAVAIL);
  expect(bind(instance.stream(), '10.0.0.1', 0)).toBe(WSAEADDRNOTAVAIL);
  expect(textOf(localName(connection(there, 'fd00::7').client))).toMatch(/^fd00::7 /);
  expect(() => createMemoryNetwork({ addresses: ['10.0.0'] })).toThrow(TypeError);

  const waiting = there.stream();
  const silent = nameOf('10.0.0.9', 80);
  expect(waiting.tryConnect(silent, silent.length)).toBe(WSAEWOULDBLOCK);
  there.advance(20_999);
  expect(waiting.readiness).toBe(0);
  there.advance(1);
  expect(waiting.error).toBe(WSAETIMEDOUT);
});

test('a full listen queue refuses, until somebody is accepted', () => {
  const { core: listener, name } = instance.listener('127.0.0.1', 2);
  const connect = (): number => {
    const client = instance.stream();
    client.tryConnect(name, name.length);
    instance.advance();
    return client.error;
  };
  expect([connect(), connect(), connect()]).toEqual([0, 0, WSAECONNREFUSED]);
  accept(listener);
  expect(listener.readiness).toBe(Readiness.ACCEPTABLE);
  expect(connect()).toBe(0);
});

test('a listener that closes resets those whom nobody accepted', () => {
  const { core: listener, name } = instance.listener();
  const client = instance.stream();
  client.tryConnect(name, name.length);
  instance.advance();
  listener.close();
  expect(receive(client)).toBe(-WSAECONNRESET);
  client.close();
  expect(network.idle()).toBe(true);
});

test('listening needs a name, and connections go to the earliest of equal listeners', () => {
  expect(instance.stream().listen(5)).toBe(WSAEINVAL);
  expect(instance.datagram().tryAccept(addressSlot())).not.toBe(0);
  const wildcard = instance.listener('0.0.0.0');
  const port = fake.portOf(wildcard.name);
  const specific = instance.stream();
  expect(bind(specific, '127.0.0.1', port)).toBe(0);
  expect(specific.listen(1)).toBe(0);
  const client = instance.stream();
  const to = nameOf('127.0.0.1', port);
  client.tryConnect(to, to.length);
  expect(specific.readiness).toBe(Readiness.ACCEPTABLE);
  expect(wildcard.core.readiness).toBe(0);
});

test('a half-closed connection goes on in the other direction', () => {
  const { client, server } = connection(instance);
  send(client, 'last');
  expect(client.shutdown(SD_SEND)).toBe(0);
  expect(send(client, 'more')).toBe(-WSAESHUTDOWN);
  expect(server.readiness & Readiness.PEER_CLOSED).not.toBe(0);
  expect(receive(server)).toBe('last');
  expect(receive(server)).toBe('');
  expect(server.readiness & Readiness.READABLE).not.toBe(0);
  expect(send(server, 'answer')).toBe(6);
  expect(receive(client)).toBe('answer');
  server.close();
  expect(receive(client)).toBe('');
});

test('closing with unread data resets, and the peer loses what it had not read', () => {
  const { client, server } = connection(instance);
  send(client, 'unread');
  send(server, 'lost');
  const edges = watch(client);
  server.close();
  expect(edges).toEqual([Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE]);
  expect(client.error).toBe(WSAECONNRESET);
  expect(client.available()).toBe(0);
  expect(receive(client)).toBe(-WSAECONNRESET);
  expect(send(client, 'x')).toBe(-WSAECONNRESET);
});

test('what was sent before a close is still delivered, and what is sent after it resets', () => {
  const { client, server } = connection(instance);
  send(server, 'bye');
  server.close();
  expect(receive(client)).toBe('bye');
  expect(receive(client)).toBe('');
  expect(send(client, 'late')).toBe(4);
  expect(send(client, 'later')).toBe(-WSAECONNABORTED);
  expect(receive(client)).toBe(-WSAECONNABORTED);
  expect(client.unsent()).toBe(0);
});

test('an abort resets, data or none', () => {
  const { client, server } = connection(instance);
  server.abort();
  expect(receive(client)).toBe(-WSAECONNRESET);
  expect(client.shutdown(SD_SEND)).toBe(WSAECONNRESET);
});

test('after SD_RECEIVE data that comes resets the connection, and so does data that waited', () => {
  const first = connection(instance);
  expect(first.server.shutdown(SD_RECEIVE)).toBe(0);
  expect(receive(first.server)).toBe(-WSAESHUTDOWN);
  expect(first.server.readiness).toBe(Readiness.WRITABLE);
  expect(send(first.server, 'still sending')).toBe(13);
  expect(send(first.client, 'x')).toBe(1);
  expect(first.client.error).toBe(WSAECONNRESET);
  expect(first.server.error).toBe(WSAECONNABORTED);

  const second = connection(instance);
  send(second.client, 'waiting');
  second.server.shutdown(SD_BOTH);
  expect(second.client.error).toBe(WSAECONNRESET);
});

test('a sender that finds no room is told when there is some again', () => {
  const { client, server } = connection(instance);
  set(client, SO_SNDBUF, 16_384);
  set(server, SO_RCVBUF, 16_384);
  const block = new Uint8Array(10_000).fill(1);
  expect([send(client, block), send(client, block), send(client, block)]).toEqual([10_000, 10_000, 10_000]);
  expect(client.unsent()).toBe(30_000 - 16_384);
  expect(send(client, block)).toBe(2_768);
  expect(client.readiness & Readiness.WRITABLE).toBe(0);
  expect(send(client, block)).toBe(-WSAEWOULDBLOCK);
  const edges = watch(client);
  receive(server, 1000);
  expect(edges).toEqual([]);
  receive(server, 2000);
  expect(edges).toEqual([Readiness.WRITABLE]);
  receive(server, 2000);
  expect(edges).toEqual([Readiness.WRITABLE]);
  expect(send(client, block)).toBe(5_000);
});

test('three blocks are taken whatever small buffers were asked for, as Windows does', () => {
  const { client, server } = connection(instance);
  set(client, SO_SNDBUF, 0);
  set(server, SO_RCVBUF, 1024);
  const block = new Uint8Array(4096);
  expect([send(client, block), send(client, block), send(client, block)]).toEqual([4096, 4096, 4096]);
  expect(server.available()).toBe(3 * 4096);
});

test('data is copied when it is sent, gathered and scattered over buffers, and peeked at', () => {
  const { client, server } = connection(instance);
  const buffers = fake.buffersOf('abc', '', 'defg', 'ignored');
  expect(client.trySend(buffers, 3, 0, null, 0, 2)).toBe(5);
  buffers[2]!.buf.fill(0);
  const into = [new Uint8Array(2), new Uint8Array(10)];
  const peeked = server.tryReceive(fake.buffersOf(...into), 2, 2, null);
  expect([peeked, server.available()]).toEqual([5, 5]);
  expect(server.tryReceive(fake.buffersOf(...into), 2, 0, null)).toBe(5);
  expect(into.map((each) => new TextDecoder().decode(each).replaceAll('\0', '')).join('|')).toBe('cd|efg');
});

test('fronts may act from within a notice, even accept, answer and hang up', () => {
  const { core: listener, name } = instance.listener();
  listener.notice = {
    changed: () => {
      const server = accept(listener);
      server.notice = {
        changed: () => {
          const got = receive(server);
          if (got === '') server.close();
          else if (typeof got === 'string') send(server, got.toUpperCase());
        },
      };
      send(server, 'welcome ');
    },
  };
  const client = instance.stream();
  let got = '';
  client.notice = {
    changed: (edges) => {
      if ((edges & Readiness.CONNECTED) !== 0) send(client, 'hello');
      for (let text = receive(client); typeof text === 'string' && text !== ''; text = receive(client)) got += text;
      if (got.endsWith('O')) client.shutdown(SD_SEND);
    },
  };
  client.tryConnect(name, name.length);
  instance.advance();
  expect(got).toBe('welcome HELLO');
  expect(client.readiness & Readiness.PEER_CLOSED).not.toBe(0);
  client.close();
  listener.close();
  expect(network.idle()).toBe(true);
});

test('a peer that is accepted and aborted before its connection is told of is reset after it', () => {
  const { core: listener, name } = instance.listener();
  const client = instance.stream();
  client.tryConnect(name, name.length);
  accept(listener).abort();
  const edges = watch(client);
  instance.advance();
  expect(client.readiness & (Readiness.CONNECTED | Readiness.RESET)).toBe(Readiness.CONNECTED | Readiness.RESET);
  expect(receive(client)).toBe(-WSAECONNRESET);
  expect(edges.length).toBeLessThanOrEqual(2);
});

test('an IPv6 listener that is not IPv6 only takes IPv4 and shows it mapped', () => {
  const listener = instance.stream(AF_INET6);
  fake.setDual(listener);
  bind(listener, '::', 0);
  listener.listen(1);
  const to = nameOf('127.0.0.1', fake.portOf(localName(listener)));
  const client = instance.stream();
  client.tryConnect(to, to.length);
  instance.advance();
  const server = accept(listener);
  expect(textOf(peerName(server))).toMatch(/^::ffff:127\.0\.0\.1 /);
  expect(textOf(localName(server))).toMatch(/^::ffff:127\.0\.0\.1 /);
  expect(textOf(localName(client))).toMatch(/^127\.0\.0\.1 /);

  const mapped = nameOf('::ffff:127.0.0.1', fake.portOf(to));
  const six = instance.stream(AF_INET6);
  expect(six.tryConnect(mapped, mapped.length)).toBe(WSAENETUNREACH);
  fake.setDual(six);
  expect(six.tryConnect(mapped, mapped.length)).toBe(WSAEWOULDBLOCK);
  instance.advance();
  expect(textOf(peerName(six))).toMatch(/^::ffff:127\.0\.0\.1 /);
});

import { beforeEach, expect, test } from 'vitest';
import { addressSlot, Readiness, type SocketCore } from '../../../../dist/io/index.js';
import { createMemoryNetwork, type MemoryNetwork } from '../../../../dist/providers/memory/index.js';
import {
  AF_ATM,
  AF_INET,
  AF_IPX,
  AF_UNIX,
  NSPROTO_SPX,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  AF_INET6,
  MSG_OOB,
  MSG_PEEK,
  SD_BOTH,
  SIO_UDP_CONNRESET,
  SO_BROADCAST,
  SO_RCVBUF,
  SOCK_RAW,
  SOCK_RDM,
  SOCK_STREAM,
  WSAEACCES,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNRESET,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENETUNREACH,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAEPROTONOSUPPORT,
  WSAESHUTDOWN,
  WSAESOCKTNOSUPPORT,
  WSAEWOULDBLOCK,
} from '../../../../dist/spi/index.js';
import * as fake from './fake-instance.js';

const { bind, localName, nameOf, peerName, receive, send, sendTo, set, textOf, watch } = fake;

let network: MemoryNetwork;
let instance: fake.FakeInstance;

beforeEach(() => {
  network = createMemoryNetwork();
  instance = new fake.FakeInstance(network);
});

function bound(address = '127.0.0.1'): { core: SocketCore; name: Uint8Array } {
  const core = instance.datagram(nameOf(address, 0)[0]);
  expect(bind(core, address, 0)).toBe(0);
  return { core, name: localName(core) };
}

test.each(['127.0.0.1', '::1'])('a datagram over %s comes with its source', (address) => {
  const { core: receiver, name } = bound(address);
  const sender = instance.datagram(name[0]);
  const edges = watch(receiver);
  expect(sender.readiness).toBe(Readiness.WRITABLE);
  expect(receive(sender)).toBe(-WSAEINVAL);
  expect(sendTo(sender, 'one', name)).toBe(3);
  expect(sendTo(sender, '', name)).toBe(0);
  expect(edges).toEqual([Readiness.READABLE, Readiness.READABLE]);
  expect(textOf(localName(sender))).toMatch(address === '::1' ? /^:: \d/ : /^0\.0\.0\.0 \d/);

  const from = addressSlot();
  const [buffer] = fake.buffersOf(new Uint8Array(10));
  expect(receiver.tryReceive([buffer!], 1, 0, from)).toBe(3);
  expect(textOf(from.bytes.slice(0, from.length))).toBe(`${address} ${fake.portOf(localName(sender))}`);
  expect(receive(receiver)).toBe('');
  expect(receive(receiver)).toBe(-WSAEWOULDBLOCK);
  expect(receiver.readiness).toBe(Readiness.WRITABLE);

  expect(sendTo(receiver, 'back', from.bytes.slice(0, from.length))).toBe(4);
  expect(receive(sender)).toBe('back');
  sender.close();
  receiver.close();
  expect(network.idle()).toBe(true);
});

test('a datagram that is too long for the buffers is cut off, and one can look without taking', () => {
  const { core, name } = bound();
  sendTo(instance.datagram(), 'abcdef', name);
  sendTo(instance.datagram(), 'next', name);
  expect(core.available()).toBe(6);
  const into = [new Uint8Array(2), new Uint8Array(2)];
  expect(core.tryReceive(fake.buffersOf(...into), 2, MSG_PEEK, null)).toBe(-WSAEMSGSIZE);
  expect(core.tryReceive(fake.buffersOf(...into), 2, 0, null)).toBe(-WSAEMSGSIZE);
  expect(into.map((each) => new TextDecoder().decode(each))).toEqual(['ab', 'cd']);
  expect(receive(core)).toBe('next');
});

test('what does not fit SO_RCVBUF is lost without a word', () => {
  const { core, name } = bound();
  set(core, SO_RCVBUF, 1000);
  const sender = instance.datagram();
  const results = [400, 400, 400, 200, 1].map((bytes) => sendTo(sender, new Uint8Array(bytes), name));
  expect(results).toEqual([400, 400, 400, 200, 1]);
  const lengths: number[] = [];
  for (let text = receive(core, 500); typeof text === 'string'; text = receive(core, 500)) lengths.push(text.length);
  expect(lengths).toEqual([400, 400, 200]);
});

test('a connected socket hears its peer alone, until it is disconnected', () => {
  const { core: peer, name } = bound();
  const { core: stranger } = bound();
  const { core, name: own } = bound('0.0.0.0');
  const to = nameOf('127.0.0.1', fake.portOf(own));
  expect(send(core, 'x')).toBe(-WSAENOTCONN);
  expect(core.tryConnect(name, name.length)).toBe(0);
  expect(textOf(peerName(core))).toBe(textOf(name));
  expect(textOf(localName(core))).toBe(textOf(to));
  sendTo(stranger, 'unheard', to);
  sendTo(peer, 'heard', to);
  expect(receive(core)).toBe('heard');
  expect(receive(core)).toBe(-WSAEWOULDBLOCK);
  expect(send(core, 'to the peer')).toBe(11);
  expect(receive(peer)).toBe('to the peer');

  const nobody = nameOf('0.0.0.0', 0);
  expect(core.tryConnect(nobody, nobody.length)).toBe(0);
  expect(core.peerName(addressSlot())).toBe(WSAENOTCONN);
  sendTo(stranger, 'now', to);
  expect(receive(core)).toBe('now');

  core.tryConnect(name, name.length);
  expect(core.tryConnect(new Uint8Array(16), 16)).toBe(0);
  expect(core.peerName(addressSlot())).toBe(WSAENOTCONN);
});

test('a closed port is told of by a later receive, unless SIO_UDP_CONNRESET is off', () => {
  const { core } = bound();
  const nowhere = nameOf('127.0.0.1', 9);
  const edges = watch(core);
  for (let times = 0; times < 10; times++) expect(sendTo(core, 'x', nowhere)).toBe(1);
  expect(edges[0]).toBe(Readiness.READABLE);
  for (let times = 0; times < 10; times++) expect(receive(core)).toBe(-WSAECONNRESET);
  expect(receive(core)).toBe(-WSAEWOULDBLOCK);
  expect(core.ioctl(SIO_UDP_CONNRESET, fake.option(0), 4, null, 0)).toBe(0);
  sendTo(core, 'x', nowhere);
  expect(receive(core)).toBe(-WSAEWOULDBLOCK);
});

test('word of a closed port takes the time there and back', () => {
  network.link.latency = 10;
  const { core } = bound();
  sendTo(core, 'x', nameOf('127.0.0.1', 9));
  instance.advance(19);
  expect(receive(core)).toBe(-WSAEWOULDBLOCK);
  instance.advance(1);
  expect(receive(core)).toBe(-WSAECONNRESET);
  sendTo(core, 'x', nameOf('127.0.0.1', 9));
  core.close();
  expect(network.idle()).toBe(true);
});

test('very many datagrams that are due at one moment cost as much each as few do, and arrive in order', () => {
  network.link.latency = 10;
  /** Microseconds of processor time for each of so many. */
  const costOf = (count: number): number => {
    const { core, name } = bound();
    set(core, SO_RCVBUF, 16 * 1024 * 1024);
    const sender = instance.datagram();
    for (let i = 0; i < count; i++) sendTo(sender, `${i}`, name);
    const before = process.cpuUsage();
    instance.advance(10);
    const { user, system } = process.cpuUsage(before);
    for (let i = 0; i < count; i++) if (receive(core) !== `${i}`) throw new Error(`${i} is not in its place`);
    sender.close();
    core.close();
    return (user + system) / count;
  };
  const few = Math.min(...Array.from({ length: 30 }, () => costOf(300)));
  const many = Math.min(...Array.from({ length: 5 }, () => costOf(60_000)));
  expect(many / few).toBeLessThan(10);
});

test('broadcasts want SO_BROADCAST and reach every wildcard of the port', () => {
  const { core, name } = bound('0.0.0.0');
  const everybody = nameOf('255.255.255.255', fake.portOf(name));
  const sender = instance.datagram();
  expect(sendTo(sender, 'all', everybody)).toBe(-WSAEACCES);
  expect(set(sender, SO_BROADCAST)).toBe(0);
  expect(sendTo(sender, 'all', everybody)).toBe(3);
  expect(receive(core)).toBe('all');
});

test('sends that cannot work say why', () => {
  const { core, name } = bound();
  expect(sendTo(core, new Uint8Array(65_508), name)).toBe(-WSAEMSGSIZE);
  expect(sendTo(core, new Uint8Array(65_507), name)).toBe(65_507);
  expect(sendTo(core, 'x', nameOf('10.1.2.3', 9))).toBe(-WSAENETUNREACH);
  expect(sendTo(core, 'x', nameOf('127.0.0.1', 0))).toBe(-WSAEADDRNOTAVAIL);
  expect(core.trySend([], 0, MSG_OOB, name, name.length, 0)).toBe(-WSAEOPNOTSUPP);
  expect(core.listen(1)).toBe(WSAEOPNOTSUPP);
  core.tryConnect(name, name.length);
  expect(core.shutdown(SD_BOTH)).toBe(0);
  expect([send(core, 'x'), receive(core)]).toEqual([-WSAESHUTDOWN, -WSAESHUTDOWN]);
});

test('an IPv6 socket that is not IPv6 only exchanges datagrams with IPv4', () => {
  const six = instance.datagram(AF_INET6);
  fake.setDual(six);
  bind(six, '::', 0);
  const { core: four, name } = bound();
  sendTo(four, 'hi', nameOf('127.0.0.1', fake.portOf(localName(six))));
  const from = addressSlot();
  six.tryReceive(fake.buffersOf(new Uint8Array(5)), 1, 0, from);
  const source = from.bytes.slice(0, from.length);
  expect(textOf(source)).toBe(`::ffff:127.0.0.1 ${fake.portOf(name)}`);
  expect(sendTo(six, 'ho', source)).toBe(2);
  expect(receive(four)).toBe('ho');
});

test('there are the sockets of the catalog’s entries, and nothing else', () => {
  const create = (af: number, type: number, protocol: number): unknown =>
    instance.factory.createCore(af, type, protocol, null, 0, 0);
  expect(create(AF_INET, SOCK_RDM, 1)).toBe(WSAESOCKTNOSUPPORT);
  expect(create(AF_INET, SOCK_RAW, 256)).toBe(WSAEPROTONOSUPPORT);
  expect(create(AF_INET, SOCK_STREAM, 17)).toBe(WSAEPROTONOSUPPORT);
  expect(create(AF_IPX, SOCK_DGRAM, 0)).toBe(WSAESOCKTNOSUPPORT);
  expect(create(AF_ATM, SOCK_SEQPACKET, NSPROTO_SPX)).toBe(WSAEPROTONOSUPPORT);
  expect(create(AF_UNIX, SOCK_STREAM, 0)).toBe(WSAEAFNOSUPPORT);
});

// What macOS does in rare cases, after its public headers and the source of its kernel: over the stand-in, nothing here was run on macOS.
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import * as spi from 'ws2spi/spi';
import { PollEvents } from 'ws2spi/platform';
import { connected, folder, integer, name, offered, open, slot } from '../../support/darwin-sockets.js';
import type { DarwinProcess } from '../../support/darwin-system.js';

const F_DUPFD_CLOEXEC = 67;
const [EINTR, EPROTOTYPE, ETOOMANYREFS] = [4, 41, 59];
const EVFILT_EXCEPT = -15;

afterAll(() => rmSync(folder, { recursive: true }));

/** Has a call of the system fail once, with an error number. */
function failOnce(system: DarwinProcess, call: 'send' | 'recvmsg' | 'setsockopt', errno: number): void {
  const calls = system as unknown as Record<string, (...values: unknown[]) => number> & { errno: Int32Array };
  const before = calls[call]!.bind(system);
  calls[call] = () => {
    calls[call] = before;
    calls.errno[0] = errno;
    return -1;
  };
}

/** A stream with a port of the system's choice, whose connect is refused. */
function refused(at: ReturnType<typeof open>) {
  const { sockets, portOf } = at;
  const stream = sockets.socket(spi.AF_INET, spi.SOCK_STREAM, spi.IPPROTO_TCP);
  expect(sockets.bind(stream, name(0), 16)).toBe(0);
  const port = portOf(stream);
  return { stream, port, fail: () => sockets.connect(stream, name(1), 16) };
}

describe('a stream of macOS whose connect failed', () => {
  it('has the port that the system chose for it again, which the failed one need not know any more', () => {
    const at = open();
    const { stream, port, fail } = refused(at);
    fail();
    const own = slot();
    expect(at.sockets.localName(stream, own)).toBe(0);
    expect([own.bytes[2], own.bytes[3]]).toEqual([0, 0]);
    expect(at.sockets.disconnect(stream)).toBe(0);
    expect(at.portOf(stream)).toBe(port);
  });

  it('is told when it cannot have its port again', () => {
    const at = open();
    const { stream, fail } = refused(at);
    const copy = at.libc.fcntl(stream, F_DUPFD_CLOEXEC, 3);
    fail();
    expect(at.sockets.disconnect(stream)).toBe(spi.WSAEADDRINUSE);
    at.sockets.close(copy);
  });

  it('goes on with the options that were set, and with no other: a buffer that was left to the system still grows', () => {
    const at = open();
    const { stream, fail } = refused(at);
    for (const [level, option] of [
      [spi.SOL_SOCKET, spi.SO_RCVBUF],
      [spi.IPPROTO_TCP, spi.TCP_MAXRT],
      [spi.IPPROTO_IP, spi.IP_DONTFRAGMENT],
    ] as const) {
      expect(at.sockets.setOption(stream, level, option, integer(1), 4)).toBe(0);
    }
    fail();
    expect(at.sockets.disconnect(stream)).toBe(0);
    const { options } = at.socketOf(stream);
    for (const set of ['65535/4098', '6/128', '0/28']) expect(options.get(set)?.readInt32LE(0)).toBe(1);
    expect(options.has('65535/4097')).toBe(false);
  });
});

describe('a connection of macOS', () => {
  it('that ends while something is sent is reset, whatever word the kernel has for it', () => {
    const at = open();
    const { client } = connected(at);
    failOnce(at.system, 'send', EPROTOTYPE);
    expect(at.sockets.send(client, Buffer.from('x'), 1, 0)).toBe(-spi.WSAECONNRESET);
  });

  it('is looked at also where the system has no filter for urgent data', () => {
    const at = open();
    const { client, server } = connected(at);
    at.system.unknownFilters.add(EVFILT_EXCEPT);
    expect(at.sockets.send(client, Buffer.from('x'), 1, 0)).toBe(1);
    const all = PollEvents.IN | PollEvents.OUT | PollEvents.PRIORITY;
    expect(at.sockets.look(server, all)).toBe(PollEvents.IN | PollEvents.OUT);
    expect(at.sockets.look(client, all)).toBe(PollEvents.OUT);
    expect(at.sockets.look(77, all)).toBe(0);
  });
});

describe('datagrams of macOS', () => {
  it('are counted by the bytes of the next one, without its sender’s name', () => {
    const at = open();
    const [from, to] = [0, 1].map(() => at.sockets.socket(spi.AF_INET, spi.SOCK_DGRAM, spi.IPPROTO_UDP)) as [
      number,
      number,
    ];
    expect(at.sockets.bind(to, name(0), 16)).toBe(0);
    expect(at.sockets.available(to)).toBe(0);
    for (const each of ['five5', 'seven77']) {
      expect(at.sockets.sendTo(from, Buffer.from(each), each.length, 0, name(at.portOf(to)), 16)).toBe(each.length);
    }
    expect(at.sockets.available(to)).toBe(5);
  });

  it.each([
    ['IPv4', spi.AF_INET, name(9)],
    ['IPv6', spi.AF_INET6, Uint8Array.of(23, 0, 0, 9, ...new Uint8Array(19), 1, 0, 0, 0, 0)],
  ])('have a peer no more once they are disconnected, over %s', (_, af, peer) => {
    const { sockets } = open();
    const socket = sockets.socket(af, spi.SOCK_DGRAM, spi.IPPROTO_UDP);
    expect(sockets.connect(socket, peer, peer.length)).toBe(0);
    expect(sockets.peerName(socket, slot())).toBe(0);
    expect(sockets.disconnect(socket)).toBe(0);
    expect(sockets.peerName(socket, slot())).toBe(spi.WSAENOTCONN);
    expect(sockets.disconnect(77)).toBe(spi.WSAENOTSOCK);
  });

  it('are refused one more group where the kernel has no room for it', () => {
    const at = open();
    const socket = at.sockets.socket(spi.AF_INET, spi.SOCK_DGRAM, spi.IPPROTO_UDP);
    failOnce(at.system, 'setsockopt', ETOOMANYREFS);
    const request = Uint8Array.of(239, 1, 2, 3, 0, 0, 0, 0);
    expect(at.sockets.setOption(socket, spi.IPPROTO_IP, spi.IP_ADD_MEMBERSHIP, request, 8)).toBe(spi.WSAEINVAL);
  });
});

describe('a duplicate of macOS', () => {
  it('is still had when a signal comes while the other process is waited for', () => {
    const other = 4_000_000;
    const at = open();
    const { client } = connected(at);
    const { offer, there } = offered(at, client, other);
    failOnce(there.system, 'recvmsg', EINTR);
    const taken = there.sockets.takeOffer(offer);
    expect(there.system.descriptors.get(taken)).toBe(at.system.descriptors.get(client));
  });
});

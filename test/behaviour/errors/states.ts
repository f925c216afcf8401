// The sockets that the functions are called with, by the state that they are in.
import { openSync, closeSync } from 'node:fs';
import {
  AF_INET,
  LINGER,
  SO_LINGER,
  SOCK_DGRAM,
  sockaddr_in,
  SOL_SOCKET,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_OVERLAPPED,
  IP_MULTICAST_IF,
  IPPROTO_IP,
} from 'ws2spi';
import { expect } from 'vitest';
import { loopback, type World } from '../../support/providers.js';
import type { Faults } from './faults.js';

/** A state of the socket that a function is called with. */
export type State = keyof typeof STATES;

/** What a function is called in. */
export interface Given {
  readonly world: World;
  readonly faults: Faults;
  /** The socket. */
  readonly s: number;
  /** Another one: the other end of a connection, or who sends datagrams; 0 for none. */
  readonly peer: number;
  /** Where a connection or a datagram of this socket goes. */
  readonly name: Uint8Array;
  /** A file that can be sent. */
  readonly file: number;
}

type Sockets = Partial<Pick<Given, 's' | 'peer' | 'name'>>;

const TEXT = 'text';

/** Waits until something can be received, or accepted. */
export function untilReadable(world: World, s: number): void {
  const set = { fd_count: 1, fd_array: [s] };
  expect(world.ws2.select(0, set, null, null, { tv_sec: 5, tv_usec: 0 }), 'nothing arrived').toBe(1);
}

/** Resets a connection by the hand of one end, and waits until the other knows. */
export function reset(world: World, by: number, other: number): void {
  expect(
    world.code(world.ws2.setsockopt(by, SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 0 }), 4)),
  ).toBe(0);
  expect(world.code(world.ws2.closesocket(by))).toBe(0);
  untilReadable(world, other);
  world.settle();
}

/** Sends until there is no room left, as a program does that does not block. */
export function fill(world: World, s: number): void {
  const bytes = new Uint8Array(1 << 20);
  expect(world.nonBlocking(s)).toBe(0);
  // What fits may grow while the other end takes it in.
  for (let full = 0; full < 3; world.settle()) {
    if (world.send(s, bytes) < 0) full++;
    else full = 0;
  }
  expect(world.nonBlocking(s, 0)).toBe(0);
}

function datagramPair(world: World): { s: number; peer: number; name: Uint8Array; own: Uint8Array } {
  const { s, name: own } = world.boundUdp();
  const { s: peer, name } = world.boundUdp();
  return { s, peer, name, own };
}

function feed(world: World, from: number, to: number, name: Uint8Array): void {
  expect(world.count(world.ws2.sendto(from, Buffer.from(TEXT), TEXT.length, 0, name, name.length))).toBe(TEXT.length);
  untilReadable(world, to);
}

function connected(world: World): { s: number; peer: number; name: Uint8Array } {
  const { client, server, name } = world.connectedPair();
  return { s: server, peer: client, name };
}

/** The states, and how a socket gets there. */
export const STATES = {
  none: () => ({}),
  'not bound': (world: World) => ({ s: world.tcpSocket(), name: world.listener().name }),
  bound: (world: World) => {
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    return { s, name: world.listener().name };
  },
  listening: (world: World) => world.listener(),
  'listening, with a connection': (world: World) => {
    const { s, name } = world.listener();
    const peer = world.tcpSocket();
    expect(world.connect(peer, name)).toBe(0);
    untilReadable(world, s);
    return { s, peer, name };
  },
  connected,
  'connected, with data': (world: World) => {
    const sockets = connected(world);
    world.send(sockets.peer, TEXT);
    untilReadable(world, sockets.s);
    return sockets;
  },
  'connected, without room': (world: World) => {
    const sockets = connected(world);
    fill(world, sockets.s);
    return sockets;
  },
  'datagrams, not bound': (world: World) => ({ s: world.udpSocket(), name: world.boundUdp().name }),
  datagrams: (world: World) => datagramPair(world),
  'datagrams, with one': (world: World) => {
    const { s, peer, name, own } = datagramPair(world);
    feed(world, peer, s, own);
    return { s, peer, name };
  },
  'datagrams, with a peer': (world: World) => {
    const { s, peer, name } = datagramPair(world);
    expect(world.connect(s, name)).toBe(0);
    return { s, peer, name };
  },
  'datagrams, with a peer and one': (world: World) => {
    const { s, peer, name, own } = datagramPair(world);
    expect(world.connect(s, name)).toBe(0);
    feed(world, peer, s, own);
    return { s, peer, name };
  },
  leaf: (world: World) => {
    const flags = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF | WSA_FLAG_OVERLAPPED;
    const s = world.track(world.ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, null, 0, flags));
    expect(world.code(world.ws2.setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, Uint8Array.of(127, 0, 0, 1), 4))).toBe(0);
    return { s };
  },
} satisfies Record<string, (world: World) => Sockets>;

let file = -1;

/** A file that can be sent; open until `closeFile`. */
export function openFile(): number {
  if (file < 0) file = openSync(new URL(import.meta.url), 'r');
  return file;
}

/** Closes it. */
export function closeFile(): void {
  if (file >= 0) closeSync(file);
  file = -1;
}

/** Brings a socket into a state. */
export function enter(world: World, faults: Faults, state: State): Given {
  const sockets: Sockets = STATES[state](world);
  return { world, faults, s: 0, peer: 0, name: loopback(), file: openFile(), ...sockets };
}

/** A socket that was closed. */
export function closedSocket(world: World): number {
  const s = world.udpSocket();
  world.ws2.closesocket(s);
  return s;
}

/** The address at which nobody answers, on a memory network. */
export const SILENT = '192.0.2.1';

/** The name of somebody who does not answer. */
export function unansweredName(world: World): Uint8Array {
  if (!world.native) return sockaddr_in(SILENT, 9);
  // Linux drops the connection requests that find the listen queue full.
  const { s, name } = world.listener(AF_INET, 0);
  for (let waiting = 0; waiting < 3; waiting++) {
    const client = world.tcpSocket();
    world.nonBlocking(client);
    world.connect(client, name);
  }
  untilReadable(world, s);
  return name;
}

// Conditions of what names, connects, accepts and ends.
import {
  CF_ACCEPT,
  CF_DEFER,
  CF_REJECT,
  LINGER,
  SO_LINGER,
  SO_REUSEADDR,
  sockaddr_in,
  SOL_SOCKET,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { expect } from 'vitest';
import { buffer, loopback, type World } from '../../support/providers.js';
import { of, throughCompletion, withHook, type Condition } from './condition.js';
import type { FunctionRow } from './function-row.js';
import { unansweredName } from './states.js';

const connects = of('connect', 'WSAConnect', 'ConnectEx');
const connectsByName = of('WSAConnectByList', 'WSAConnectByName');
const plainConnects = of('connect', 'WSAConnect');
const accepts = of('accept', 'WSAAccept');
const ends = of('shutdown', 'WSASendDisconnect', 'WSARecvDisconnect', 'DisconnectEx');

const ofFamily = (family: number): Uint8Array => {
  const name = sockaddr_in('127.0.0.1', 9);
  name[0] = family;
  return name;
};

function option(world: World, s: number, optname: number, value: Uint8Array): void {
  expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, optname, value, 4))).toBe(0);
}

function linger(world: World, s: number): void {
  option(world, s, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 5 }));
}

function notLinger(world: World, s: number): void {
  option(world, s, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 0 }));
}

/** A condition function, and what it does before it decides. */
const deciding = (verdict: number, first: () => void = () => undefined) => ({
  lpfnCondition: () => {
    first();
    return verdict;
  },
});

const byName = (name: Uint8Array, row: FunctionRow) =>
  row.name === 'WSAConnectByList'
    ? { SocketAddress: { iAddressCount: 1, Address: [{ lpSockaddr: name, iSockaddrLength: 16 }] } }
    : { nodename: [...name.subarray(4, 8)].join('.'), servicename: String((name[2]! << 8) | name[3]!) };

/** Conditions of what names, connects, accepts and ends. */
export const CONNECTION_CONDITIONS: readonly Condition[] = [
  { code: 'WSAEINVAL', when: 'for a socket that has a name', of: of('bind'), state: () => 'bound' },
  {
    code: 'WSAEADDRINUSE',
    when: 'for the name of another socket',
    of: of('bind'),
    arrange: ({ name }) => ({ name }),
  },
  {
    code: 'WSAEACCES',
    when: 'for the name of another socket, with SO_REUSEADDR',
    of: of('bind'),
    arrange({ world, s, name }) {
      option(world, s, SO_REUSEADDR, Uint8Array.of(1, 0, 0, 0));
      return { name };
    },
  },
  {
    code: 'WSAEADDRNOTAVAIL',
    when: 'for an address that this host does not have',
    of: of('bind'),
    arrange: () => ({ name: sockaddr_in('192.0.2.77', 0) }),
  },
  { code: 'WSAEINVAL', when: 'without a name', of: of('listen', 'getsockname'), state: () => 'not bound' },
  { code: 'WSAEISCONN', when: 'for a connected socket', of: of('listen'), state: () => 'connected' },
  { code: 'WSAEOPNOTSUPP', when: 'for datagrams', of: of('listen', 'accept', 'WSAAccept'), state: () => 'datagrams' },

  { code: 'WSAEINVAL', when: 'for a socket that listens', of: connects, state: () => 'listening' },
  { code: 'WSAEISCONN', when: 'for a connected socket', of: connects, state: () => 'connected' },
  {
    code: 'WSAEALREADY',
    when: 'while the socket connects',
    of: plainConnects,
    arrange({ world, s }) {
      const name = unansweredName(world);
      world.nonBlocking(s);
      expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    },
  },
  {
    code: 'WSAEWOULDBLOCK',
    when: 'on a socket that does not block',
    of: plainConnects,
    arrange({ world, s }) {
      world.nonBlocking(s);
      return { name: unansweredName(world) };
    },
  },
  {
    code: 'WSAEINTR',
    when: 'when a blocking hook cancels it before anybody answers',
    of: plainConnects,
    arrange({ world }) {
      const name = unansweredName(world);
      withHook(world, () => undefined);
      return { name };
    },
  },
  {
    code: 'WSAETIMEDOUT',
    when: 'when nobody answers in time',
    of: connectsByName,
    arrange: ({ world }, _args, row) => ({
      ...byName(unansweredName(world), row),
      timeout: { tv_sec: 0, tv_usec: 20_000 },
    }),
  },
  {
    code: 'WSAEINVAL',
    when: 'for a reserved argument that is not null',
    of: connectsByName,
    arrange: () => ({ Reserved: {} }),
  },
  {
    code: 'WSAEADDRNOTAVAIL',
    when: 'for a name without a port',
    of: connects,
    arrange: () => ({ name: sockaddr_in('127.0.0.1', 0) }),
  },
  {
    code: 'WSAEAFNOSUPPORT',
    when: 'for a name of another family',
    of: connects,
    arrange: () => ({ name: ofFamily(77) }),
  },
  {
    code: 'WSAECONNREFUSED',
    when: 'where nobody listens',
    of: connects,
    arrange: ({ world }) => ({ name: world.closedPort() }),
    observe: (given, call, _row, args) => throughCompletion(given, call, args),
  },
  {
    code: 'WSAEACCES',
    when: 'for a broadcast without SO_BROADCAST',
    of: plainConnects,
    state: () => 'datagrams',
    arrange: () => ({ name: sockaddr_in('255.255.255.255', 9) }),
  },
  {
    code: 'WSAEPROTONOSUPPORT',
    when: 'for data to go with the request',
    of: of('WSAConnect', 'WSAJoinLeaf'),
    arrange: () => ({ lpCallerData: buffer('data') }),
  },

  { code: 'WSAEINVAL', when: 'for a socket that does not listen', of: accepts, state: () => 'bound' },
  {
    code: 'WSAEWOULDBLOCK',
    when: 'without a connection, on a socket that does not block',
    of: accepts,
    state: () => 'listening',
    arrange: ({ world, s }) => void world.nonBlocking(s),
  },
  {
    code: 'WSAECONNREFUSED',
    when: 'when the condition function rejects',
    of: of('WSAAccept'),
    arrange: () => deciding(CF_REJECT),
  },
  {
    code: 'WSAEINVAL',
    when: 'when the condition function gives what is no verdict',
    of: of('WSAAccept'),
    arrange: () => deciding(77),
  },
  {
    code: 'WSATRY_AGAIN',
    when: 'when the condition function defers',
    of: of('WSAAccept'),
    arrange: () => deciding(CF_DEFER),
  },
  {
    code: 'WSAEACCES',
    when: 'when the offer is withdrawn while the condition function runs',
    of: of('WSAAccept'),
    arrange: ({ world, peer }) =>
      deciding(CF_ACCEPT, () => {
        notLinger(world, peer);
        world.ws2.closesocket(peer);
      }),
  },

  {
    code: 'WSAENOTCONN',
    when: 'without a connection',
    of: (row) => ends(row) || row.name === 'getpeername',
    state: () => 'bound',
  },
  { code: 'WSAEINVAL', when: 'for an unknown direction', of: of('shutdown'), arrange: () => ({ how: 77 }) },
  { code: 'WSAEINVAL', when: 'for an unknown flag', of: of('DisconnectEx'), arrange: () => ({ dwFlags: 0x4000 }) },
  {
    code: 'WSAENOPROTOOPT',
    when: 'for disconnect data',
    of: of('WSASendDisconnect', 'WSARecvDisconnect'),
    arrange: (_given, args) => ({ [Object.keys(args)[1]!]: buffer('data') }),
  },
  {
    code: 'WSAEWOULDBLOCK',
    when: 'while data is under way, on a socket that lingers and does not block',
    of: of('closesocket'),
    state: () => 'connected, without room',
    arrange({ world, s }) {
      linger(world, s);
      world.nonBlocking(s);
    },
  },
  {
    code: 'WSAEINTR',
    when: 'when a blocking hook cancels it while it lingers',
    of: of('closesocket'),
    state: () => 'connected, without room',
    arrange({ world, s }) {
      linger(world, s);
      withHook(world, () => undefined);
    },
    observe({ world, s }, call) {
      const outcome = call();
      // The socket is still there, and only its closing is left to do.
      notLinger(world, s);
      expect(world.code(world.ws2.closesocket(s))).toBe(0);
      return outcome;
    },
  },

  { code: 'WSAEINVAL', when: 'for a socket that is no leaf', of: of('WSAJoinLeaf'), state: () => 'datagrams' },
  {
    code: 'WSAEISCONN',
    when: 'for a session that it is in already',
    of: of('WSAJoinLeaf'),
    observe(_given, call) {
      expect(call().code).toBe(0);
      return call();
    },
  },
  {
    code: 'WSAEADDRNOTAVAIL',
    when: 'for what is no group',
    of: of('WSAJoinLeaf'),
    arrange: () => ({ name: loopback(9) }),
  },
  {
    code: 'WSAEAFNOSUPPORT',
    when: 'for a group of another family',
    of: of('WSAJoinLeaf'),
    arrange: () => ({ name: ofFamily(77) }),
  },
];

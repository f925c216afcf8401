// Conditions that TCP/IP does not have: those of the protocols of messages, which a network in memory has.
import { expect } from 'vitest';
import {
  AF_ATM,
  AF_IPX,
  ATMPROTO_AAL5,
  INVALID_SOCKET,
  JL_BOTH,
  NSPROTO_SPX,
  SERVICETYPE_GUARANTEED,
  SOCK_SEQPACKET,
  sockaddr_atm,
  sockaddr_ipx,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSA_FLAG_OVERLAPPED,
} from 'ws2spi';
import type { World } from '../../support/providers.js';
import { quality } from '../../support/qualities.js';
import { of, withHook, type Condition } from './condition.js';
import type { Arguments } from './function-row.js';

const ROOT = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT;
const LEAF = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;
const STATION = `47000580${'00'.repeat(9)}02000000000100`;
/** Programs of the network's station. */
const LISTENS = sockaddr_atm(`${STATION}:c0de`);
const LISTENS_NOT = sockaddr_atm(`${STATION}:dead`);

/** A socket of ATM; INVALID_SOCKET where there is none. */
function atm(world: World, flags: number): number {
  return world.ws2.WSASocket(AF_ATM, SOCK_SEQPACKET, ATMPROTO_AAL5, null, 0, flags | WSA_FLAG_OVERLAPPED);
}

/** A root that is to invite a leaf, which listens and does not answer. */
function invitation(world: World): Arguments {
  const listener = atm(world, LEAF);
  if (listener !== INVALID_SOCKET) {
    const name = LISTENS;
    expect(world.code(world.ws2.bind(world.track(listener), name, name.length))).toBe(0);
    expect(world.code(world.ws2.listen(listener, 5))).toBe(0);
  }
  return { s: atm(world, ROOT), name: LISTENS, namelen: LISTENS.length };
}

/** An end of a connection of SPX whose peer has ended its side. */
function ended(world: World): number {
  const [listener, client] = [1, 2].map(() => world.ws2.socket(AF_IPX, SOCK_SEQPACKET, NSPROTO_SPX)) as [
    number,
    number,
  ];
  if (listener === INVALID_SOCKET) return INVALID_SOCKET;
  const name = sockaddr_ipx('00000001.020000000001:5000');
  expect(world.code(world.ws2.bind(world.track(listener), name, name.length))).toBe(0);
  expect(world.code(world.ws2.listen(listener, 5))).toBe(0);
  world.nonBlocking(world.track(client));
  world.connect(client, name);
  const server = world.accept(listener);
  world.settle();
  world.ws2.closesocket(client);
  return server;
}

/** Conditions of quality of service, and of protocols of messages. */
export const MESSAGE_CONDITIONS: readonly Condition[] = [
  {
    code: 'WSAEOPNOTSUPP',
    when: 'for a quality of service that cannot be had',
    of: of('WSAConnect', 'WSAJoinLeaf'),
    arrange: () => ({ lpSQOS: quality({ ServiceType: SERVICETYPE_GUARANTEED, TokenRate: 1000 }) }),
  },
  {
    code: 'WSAECONNREFUSED',
    when: 'where no root listens',
    of: of('WSAJoinLeaf'),
    arrange: ({ world }) => ({ s: atm(world, LEAF), name: LISTENS_NOT, namelen: LISTENS_NOT.length }),
  },
  {
    code: 'WSAETIMEDOUT',
    when: 'when nobody answers in time',
    of: of('WSAJoinLeaf'),
    arrange: ({ world }) => invitation(world),
  },
  {
    code: 'WSAEINTR',
    when: 'when a blocking hook cancels it before anybody answers',
    of: of('WSAJoinLeaf'),
    arrange({ world }) {
      const args = invitation(world);
      withHook(world, () => undefined);
      return args;
    },
  },
  {
    code: 'WSAEALREADY',
    when: 'while another invitation is under way',
    of: of('WSAJoinLeaf'),
    arrange({ world }) {
      const args = invitation(world);
      const s = args['s'] as number;
      if (s !== INVALID_SOCKET) {
        world.nonBlocking(s);
        const { ws2 } = world;
        const standIn = ws2.WSAJoinLeaf(s, LISTENS, LISTENS.length, null, null, null, null, JL_BOTH);
        expect(standIn).not.toBe(INVALID_SOCKET);
        world.track(standIn);
      }
      return args;
    },
  },
  {
    code: 'WSAEDISCON',
    when: 'when the peer of a message-oriented protocol has ended its side',
    of: of('WSARecv'),
    arrange: ({ world }) => ({ s: ended(world) }),
  },
];

// Conditions of what sends and receives.
import {
  MSG_OOB,
  ref,
  SD_RECEIVE,
  SD_SEND,
  SO_OOBINLINE,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  sockaddr_in,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAOVERLAPPED,
} from 'ws2spi';
import { expect } from 'vitest';
import { buffer, type World } from '../../support/providers.js';
import { completionCode, of, type Condition } from './condition.js';
import type { Arguments, FunctionRow } from './function-row.js';
import { waitingState, WITHOUT_ROOM } from './general-conditions.js';
import { reset, untilReadable, type State } from './states.js';

const sends = ({ kind }: FunctionRow): boolean => kind === 'send';
const receives = ({ kind }: FunctionRow): boolean => kind === 'receive';
const transfers = (row: FunctionRow): boolean => sends(row) || receives(row);

/** The functions of datagrams alone. */
const isOfMessages = ({ name }: FunctionRow): boolean => name === 'WSASendMsg' || name === 'WSARecvMsg';
/** The functions that can pend. */
const canPend = (row: FunctionRow): boolean => transfers(row) && row.name !== 'WSARecvEx' && /^[WT]/.test(row.name);
const isTransmit = of('TransmitFile', 'TransmitPackets');

const FLAGS = ['flags', 'dwFlags', 'lpFlags'];

/** The flags of a transfer, wherever the function has them. */
function withFlags(args: Arguments, flags: number): Arguments {
  const message = args['lpMsg'] as { dwFlags: number } | undefined;
  if (message !== undefined && !('dwFlags' in args)) return { lpMsg: { ...message, dwFlags: flags } };
  const parameter = FLAGS.find((name) => name in args)!;
  return { [parameter]: typeof args[parameter] === 'number' ? flags : ref(flags) };
}

/** So many bytes, or room for them, wherever the function has its buffer. */
function withLength(args: Arguments, length: number): Arguments {
  const buffers = { lpBuffers: [buffer(length)], dwBufferCount: 1 };
  if ('lpMsg' in args) return { lpMsg: { ...(args['lpMsg'] as object), ...buffers } };
  return 'lpBuffers' in args ? buffers : { buf: new Uint8Array(length), len: length };
}

/** A destination, wherever the function has it. */
function withDestination(args: Arguments, name: Uint8Array | null): Arguments {
  if ('lpMsg' in args) return { lpMsg: { ...(args['lpMsg'] as object), name, namelen: name === null ? 0 : 16 } };
  return 'to' in args ? { to: name, tolen: 16 } : { lpTo: name, iTolen: 16 };
}

function timeOut(world: World, s: number): void {
  for (const optname of [SO_RCVTIMEO, SO_SNDTIMEO]) {
    expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, optname, Uint8Array.of(20, 0, 0, 0), 4))).toBe(0);
  }
}

const strangeFamily = (): Uint8Array => {
  const name = sockaddr_in('127.0.0.1', 9);
  name[0] = 77;
  return name;
};

/** Conditions of what sends and receives. */
export const TRANSFER_CONDITIONS: readonly Condition[] = [
  {
    code: 'WSAEWOULDBLOCK',
    when: 'without data or room, on a socket that does not block',
    of: (row) => transfers(row) && !isTransmit(row),
    state: waitingState,
    arrange(given, args, row) {
      given.world.nonBlocking(given.s);
      return WITHOUT_ROOM!(given, args, row);
    },
  },
  {
    code: 'WSAETIMEDOUT',
    when: 'when SO_RCVTIMEO or SO_SNDTIMEO runs out',
    of: transfers,
    state: waitingState,
    arrange(given, args, row) {
      timeOut(given.world, given.s);
      return WITHOUT_ROOM!(given, args, row);
    },
  },
  {
    code: 'WSA_IO_PENDING',
    when: 'overlapped, without data or room',
    of: canPend,
    state: waitingState,
    arrange(given, args, row) {
      WITHOUT_ROOM!(given, args, row);
      return { lpOverlapped: new WSAOVERLAPPED() };
    },
  },
  {
    code: 'WSA_OPERATION_ABORTED',
    when: 'by its completion, when the socket is closed',
    of: canPend,
    state: waitingState,
    arrange(given, args, row) {
      WITHOUT_ROOM!(given, args, row);
      return { lpOverlapped: new WSAOVERLAPPED() };
    },
    observe({ world, s, peer }, call, _row, args) {
      const begun = call();
      if (begun.code !== WSA_IO_PENDING) return begun;
      expect(world.code(world.ws2.closesocket(s))).toBe(0);
      world.settle();
      // Of a socket that is gone nothing can be asked.
      return { ...begun, code: completionCode(world, peer, args['lpOverlapped'] as WSAOVERLAPPED) };
    },
  },
  {
    code: 'WSA_OPERATION_ABORTED',
    when: 'by its completion, when CancelIoEx cancels it',
    of: canPend,
    state: waitingState,
    arrange(given, args, row) {
      WITHOUT_ROOM!(given, args, row);
      return { lpOverlapped: new WSAOVERLAPPED() };
    },
    observe({ world, s }, call, _row, args) {
      const begun = call();
      if (begun.code !== WSA_IO_PENDING) return begun;
      expect(world.ws2.host.CancelIoEx(s, args['lpOverlapped'] as WSAOVERLAPPED)).toBe(true);
      world.settle();
      return { ...begun, code: completionCode(world, s, args['lpOverlapped'] as WSAOVERLAPPED) };
    },
  },
  {
    code: 'WSAENOTCONN',
    when: 'without a connection',
    of: (row) => transfers(row) && !isOfMessages(row),
    state: () => 'bound',
  },
  {
    code: 'WSAENOTCONN',
    when: 'without a destination',
    of: of('WSASendMsg'),
    arrange: (_given, args) => withDestination(args, null),
  },
  {
    code: 'WSAESHUTDOWN',
    when: 'after shutdown',
    of: transfers,
    state: (row) => (isOfMessages(row) ? 'datagrams, with a peer' : 'connected'),
    arrange({ world, s }, _args, row) {
      expect(world.code(world.ws2.shutdown(s, sends(row) ? SD_SEND : SD_RECEIVE))).toBe(0);
    },
  },
  {
    code: 'WSAECONNRESET',
    when: 'after a reset by the peer',
    of: (row) => (transfers(row) && !isOfMessages(row)) || row.name === 'shutdown',
    state: () => 'connected',
    arrange: ({ world, s, peer }) => reset(world, peer, s),
  },
  {
    code: 'WSAECONNRESET',
    when: 'when an earlier datagram found no one',
    of: of('recvfrom', 'WSARecvFrom', 'WSARecvMsg'),
    state: () => 'datagrams, with a peer',
    arrange({ world, s, peer }) {
      world.ws2.closesocket(peer);
      expect(world.send(s, 'anyone?')).toBe(7);
      untilReadable(world, s);
    },
  },
  {
    code: 'WSAEMSGSIZE',
    when: 'for a datagram that is longer than the buffer',
    of: receives,
    state: (row): State => (row.state.startsWith('connected') ? 'datagrams, with a peer and one' : row.state),
    arrange: (_given, args) => withLength(args, 2),
  },
  {
    code: 'WSAEMSGSIZE',
    when: 'for a datagram that is longer than any can be',
    of: (row) => sends(row) && !isTransmit(row),
    state: () => 'datagrams, with a peer',
    arrange: (_given, args) => withLength(args, 70_000),
  },
  {
    code: 'WSAEOPNOTSUPP',
    when: 'for MSG_OOB with datagrams',
    of: (row) => transfers(row) && !isTransmit(row),
    state: () => 'datagrams, with a peer and one',
    arrange: (_given, args) => withFlags(args, MSG_OOB),
  },
  {
    code: 'WSAEINVAL',
    when: 'for an unknown flag',
    of: (row) => transfers(row) && row.name !== 'WSARecvMsg' && row.name !== 'WSASendMsg',
    arrange: (_given, args, row) =>
      row.name === 'TransmitFile' ? { dwReserved: 0x4000_0000 } : withFlags(args, 0x4000_0000),
  },
  {
    code: 'WSAEINVAL',
    when: 'for a datagram socket without a name',
    of: receives,
    state: () => 'datagrams, not bound',
  },
  {
    code: 'WSAEINVAL',
    when: 'for MSG_OOB when urgent data is received in line',
    of: (row) => receives(row) && row.name !== 'WSARecvMsg',
    state: () => 'connected, with data',
    arrange({ world, s }, args) {
      expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_OOBINLINE, Uint8Array.of(1, 0, 0, 0), 4))).toBe(0);
      return withFlags(args, MSG_OOB);
    },
  },
  { code: 'WSAEINVAL', when: 'for a stream socket', of: of('WSASendMsg'), state: () => 'connected' },
  {
    code: 'WSAEDESTADDRREQ',
    when: 'without a destination',
    of: of('sendto', 'WSASendTo'),
    arrange: (_given, args) => withDestination(args, null),
  },
  {
    code: 'WSAEAFNOSUPPORT',
    when: 'for a destination of another family',
    of: of('sendto', 'WSASendTo'),
    arrange: (_given, args) => withDestination(args, strangeFamily()),
  },
  {
    code: 'WSAEADDRNOTAVAIL',
    when: 'for a destination without a port',
    of: of('sendto', 'WSASendTo'),
    arrange: (_given, args) => withDestination(args, sockaddr_in('127.0.0.1', 0)),
  },
  {
    code: 'WSAEACCES',
    when: 'for a broadcast without SO_BROADCAST',
    of: of('sendto', 'WSASendTo', 'WSASendMsg'),
    arrange: (_given, args) => withDestination(args, sockaddr_in('255.255.255.255', 9)),
  },
];

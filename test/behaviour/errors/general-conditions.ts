// Conditions of almost every function: nothing started, bad handles and pointers, blocking hooks, a system in trouble.
import { INVALID_SOCKET, IPPROTO_TCP, ref, TCP_MAXSEG, WSAEWOULDBLOCK } from 'ws2spi';
import { numberOf, of, inHook, withHook, throughCompletion, type Condition } from './condition.js';
import type { SystemOperation } from './faults.js';
import type { Arguments, FunctionRow } from './function-row.js';
import { closedSocket, type State } from './states.js';

const SOCKET_PARAMETERS = ['s', 'hSocket'];

/** Each pointer in turn replaced by something that is none, and each length by one beyond its array. */
function badPointers(args: Arguments, ignored: readonly string[] = []): Arguments[] {
  const bad: Arguments[] = [];
  let before: unknown;
  for (const [name, value] of Object.entries(args)) {
    const isPointer = value === null || typeof value === 'object' || typeof value === 'string';
    if (isPointer && !ignored.includes(name)) bad.push({ [name]: 7 });
    if (before instanceof Uint8Array && !ignored.includes(name)) {
      if (typeof value === 'number') bad.push({ [name]: before.length + 1 });
      else if (isReference(value)) bad.push({ [name]: ref(before.length + 1) });
    }
    before = value;
  }
  return bad;
}

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { value?: unknown }).value === 'number';
}

/** What the system may say to each operation, whatever the arguments. */
export const SYSTEM_ERRORS: Record<SystemOperation, string> = {
  open: 'WSAENETDOWN WSAEMFILE WSAENOBUFS',
  bind: 'WSAENETDOWN WSAENOBUFS',
  listen: 'WSAENETDOWN WSAEMFILE WSAENOBUFS WSAEADDRINUSE',
  accept: 'WSAENETDOWN WSAEMFILE WSAENOBUFS WSAECONNRESET',
  connect: 'WSAENETDOWN WSAEADDRINUSE WSAENETUNREACH WSAEHOSTUNREACH WSAENOBUFS WSAETIMEDOUT',
  receive: 'WSAENETDOWN WSAENETRESET WSAECONNABORTED',
  send: 'WSAENETDOWN WSAENETRESET WSAECONNABORTED WSAENOBUFS WSAEHOSTUNREACH WSAENETUNREACH WSAEACCES',
  outcome: '',
  shutdown: 'WSAENETDOWN WSAECONNABORTED',
  'local name': 'WSAENETDOWN',
  'peer name': 'WSAENETDOWN',
  'set option': 'WSAENETDOWN WSAENETRESET WSAENOTCONN',
  'get option': 'WSAENETDOWN',
  control: 'WSAENETDOWN WSAENOPROTOOPT',
  offer: 'WSAEMFILE WSAENOBUFS',
};

function failing(
  operation: SystemOperation,
  code: string,
  holdsOf: (row: FunctionRow) => boolean,
  more: Partial<Condition> = {},
): Condition {
  return {
    code,
    when: `when the system says so to “${operation}”`,
    of: holdsOf,
    ...more,
    arrange(given, args, row) {
      given.faults.set(operation, numberOf(code));
      return more.arrange?.(given, args, row);
    },
    observe: (given, call, _row, args) => throughCompletion(given, call, args),
  };
}

const systemErrors = (Object.keys(SYSTEM_ERRORS) as SystemOperation[]).flatMap((operation) =>
  SYSTEM_ERRORS[operation]
    .split(' ')
    .filter((code) => code !== '')
    .map((code) => failing(operation, code, (row) => row.asks === operation)),
);

/** Where a call has to wait, by what it waits for. */
export function waitingState(row: FunctionRow): State {
  switch (row.waitsFor) {
    case 'data':
      return row.state.startsWith('connected') ? 'connected' : 'datagrams';
    case 'room':
      return row.name === 'WSASendMsg' ? 'datagrams' : 'connected, without room';
    case 'a connection':
      return 'listening';
    default:
      return row.state === 'connected, with data' ? 'connected' : row.state;
  }
}

/** Whether a call can be made to wait for room: with nothing else, datagrams always have some. */
export const WITHOUT_ROOM: Condition['arrange'] = ({ faults }, _args, row) => {
  if (row.name === 'WSASendMsg') faults.set('send', WSAEWOULDBLOCK);
};

/** Conditions of almost every function. */
export const GENERAL_CONDITIONS: readonly Condition[] = [
  {
    code: 'WSANOTINITIALISED',
    when: 'after the last WSACleanup',
    of: ({ name }) => name !== 'WSAStartup' && name !== 'WSASetLastError',
    arrange: ({ world }) => void world.ws2.WSACleanup(),
  },
  {
    code: 'WSAEINPROGRESS',
    when: 'in a blocking hook',
    of: () => true,
    observe: (given, call) => inHook(given, call),
  },
  {
    code: 'WSAENOTSOCK',
    when: 'for what is no socket',
    of: (row) => row.state !== 'none',
    arrange({ world }, args) {
      const handles = [closedSocket(world), world.event(), 0, INVALID_SOCKET];
      const parameter = SOCKET_PARAMETERS.find((name) => name in args);
      return handles.map((s) =>
        parameter === undefined ? { readfds: { fd_count: 1, fd_array: [s] } } : { [parameter]: s },
      );
    },
  },
  {
    code: 'WSAEFAULT',
    when: 'for what is no pointer, and for lengths beyond the array',
    of: ({ name }) => name !== 'WSAAsyncSelect',
    arrange: (_given, args, row) => badPointers(args, row.ignores),
  },
  {
    code: 'WSAEINTR',
    when: 'when a blocking hook cancels the call',
    of: ({ waitsFor }) => waitsFor !== undefined && !['an answer', 'an event', 'an operation'].includes(waitsFor),
    state: waitingState,
    arrange(given, args, row) {
      withHook(given.world, () => undefined);
      return WITHOUT_ROOM!(given, args, row);
    },
  },
  ...systemErrors,
  failing('get option', 'WSAENETDOWN', of('getsockopt'), {
    arrange: () => ({ level: IPPROTO_TCP, optname: TCP_MAXSEG }),
  }),
  failing('bind', 'WSAEADDRINUSE', of('WSAJoinLeaf')),
  failing('set option', 'WSAENETUNREACH', of('WSAJoinLeaf')),
];

// Conditions of sockets being made, options, ioctls, waiting, events, messages, and what belongs to one function alone.
import { Container } from 'inversify';
import {
  createWs2_32,
  FD_CLOSE,
  FD_CONNECT,
  FIONBIO,
  IPPROTO_UDP,
  ref,
  SIO_ADDRESS_LIST_CHANGE,
  SOCK_DGRAM,
  SOL_SOCKET,
  WSAGETSELECTERROR,
  WSAGETSELECTEVENT,
  WSAOVERLAPPED,
} from 'ws2spi';
import { expect } from 'vitest';
import { buffer, type World } from '../../support/providers.js';
import { catalogOf, fakeProvider, type FakeProvider } from '../../rooms/ws2_32/fake-provider.js';
import { numberOf, of, type Condition, type Outcome } from './condition.js';
import { reset, type Given } from './states.js';

const opens = of('socket', 'WSASocket');

/** Every instance's catalog names a provider with a defect. */
function badProvider(code: string, when: string, finish: FakeProvider['finish']): Condition {
  return {
    code,
    when,
    of: opens,
    options() {
      const fake = fakeProvider();
      fake.finish = finish;
      const container = new Container();
      container.bind('di:fake').toConstantValue({ WSPStartup: fake.WSPStartup });
      return { catalog: catalogOf('di:fake'), container };
    },
    observe({ world }, call) {
      const outcome = call();
      expect(world.takeDefects()).toHaveLength(1);
      return outcome;
    },
  };
}

/** What WSAAsyncSelect tells by a message of an event. */
function toldByMessage({ world }: Given, call: () => Outcome, event: number, then: () => void): Outcome {
  const selected = call();
  if (selected.code !== 0) return selected;
  then();
  let error = 0;
  world.until(() => {
    for (;;) {
      const message = world.ws2.host.PeekMessage(0, true);
      if (message === null) return false;
      if (WSAGETSELECTEVENT(message.lParam) !== event) continue;
      error = WSAGETSELECTERROR(message.lParam);
      return true;
    }
  });
  return { result: -1, code: error };
}

function connecting({ world, s }: Given, name: Uint8Array): void {
  world.connect(s, name);
}

/** A receive that pends. */
function pendingReceive(world: World, s: number, overlapped = new WSAOVERLAPPED()): WSAOVERLAPPED {
  expect(world.ws2.WSARecv(s, [buffer(8)], 1, null, ref(0), overlapped, null)).toBe(-1);
  return overlapped;
}

/** Conditions of one function, or a few. */
export const OTHER_CONDITIONS: readonly Condition[] = [
  {
    code: 'WSAEAFNOSUPPORT',
    when: 'for an unknown family',
    of: opens,
    arrange: () => ({ af: 0xdead }),
  },
  { code: 'WSAESOCKTNOSUPPORT', when: 'for an unknown type', of: opens, arrange: () => ({ type: 0xdead }) },
  { code: 'WSAEPROTONOSUPPORT', when: 'for an unknown protocol', of: opens, arrange: () => ({ protocol: 0xdead }) },
  {
    code: 'WSAEPROTONOSUPPORT',
    when: 'for a protocol that has not the type',
    of: opens,
    arrange: () => ({ protocol: IPPROTO_UDP }),
  },
  {
    code: 'WSAEINVAL',
    when: 'with neither family nor protocol',
    of: opens,
    arrange: () => ({ af: 0, type: SOCK_DGRAM, protocol: 0 }),
  },
  badProvider('WSAEPROVIDERFAILEDINIT', 'when the provider’s WSPStartup fails', () => 1234),
  badProvider('WSAEINVALIDPROCTABLE', 'when the provider’s table lacks a function', (_data, table) => {
    delete table.lpWSPSend;
    return 0;
  }),
  badProvider('WSAEINVALIDPROVIDER', 'when the provider is of another version', (data) => {
    data.wVersion = 0x0303;
    return 0;
  }),

  {
    code: 'WSAEINVAL',
    when: 'for an unknown level',
    of: of('getsockopt', 'setsockopt'),
    arrange: () => ({ level: 0x8000 }),
  },
  {
    code: 'WSAENOPROTOOPT',
    when: 'for an unknown option',
    of: of('getsockopt', 'setsockopt'),
    arrange: () => ({ level: SOL_SOCKET, optname: 0x6667 }),
  },
  {
    code: 'WSAEOPNOTSUPP',
    when: 'for an unknown control code',
    of: of('WSAIoctl'),
    arrange: () => ({ dwIoControlCode: 0x667e }),
  },
  {
    code: 'WSA_IO_PENDING',
    when: 'for an unknown control code, overlapped',
    of: of('WSAIoctl'),
    arrange: () => ({ dwIoControlCode: 0x667e, lpOverlapped: new WSAOVERLAPPED() }),
  },
  {
    code: 'WSAEWOULDBLOCK',
    when: 'when a change is awaited on a socket that does not block',
    of: of('WSAIoctl'),
    arrange({ world, s }) {
      world.nonBlocking(s);
      return { dwIoControlCode: SIO_ADDRESS_LIST_CHANGE };
    },
  },
  {
    code: 'WSAEINVAL',
    when: 'when a socket whose events are selected is to block',
    of: of('WSAIoctl'),
    arrange({ world, s }) {
      expect(world.eventSelect(s, world.event(), FD_CLOSE)).toBe(0);
      return { dwIoControlCode: FIONBIO, lpvInBuffer: new Uint8Array(4), cbInBuffer: 4 };
    },
  },

  {
    code: 'WSAEINVAL',
    when: 'without any socket',
    of: of('select'),
    arrange: () => ({ readfds: null }),
  },
  {
    code: 'WSAEINVAL',
    when: 'for an event that cannot be asked for',
    of: of('WSAPoll'),
    arrange: ({ s }) => ({ fdArray: [{ fd: s, events: 8, revents: 0 }] }),
  },
  {
    code: 'WSAEINVAL',
    when: 'for what is no window',
    of: of('WSAAsyncSelect'),
    arrange: ({ world }) => ({ hWnd: world.event() }),
  },
  {
    code: 'WSAEINVAL',
    when: 'for what is no event object',
    of: of('WSAEventSelect', 'WSAEnumNetworkEvents'),
    arrange: ({ s }) => ({ hEventObject: s }),
  },
  {
    code: 'WSAEINVAL',
    when: 'for a process that there is not',
    of: of('WSADuplicateSocket'),
    arrange: () => ({ dwProcessId: 0x7fff_fffc }),
  },
  ...['WSAETIMEDOUT', 'WSAENETUNREACH'].map((code): Condition => ({
    code,
    when: 'by FD_CONNECT, when that becomes of the connection',
    of: of('WSAAsyncSelect'),
    particular: true,
    observe: (given, call) =>
      toldByMessage(given, call, FD_CONNECT, () => {
        given.faults.set('outcome', numberOf(code));
        connecting(given, given.world.closedPort());
      }),
  })),
  ...['WSAENETDOWN', 'WSAECONNABORTED'].map((code): Condition => ({
    code,
    when: 'by FD_CLOSE, when that becomes of the connection',
    of: of('WSAAsyncSelect'),
    particular: true,
    state: () => 'connected',
    observe: (given, call) =>
      toldByMessage(given, call, FD_CLOSE, () => {
        given.faults.set('outcome', numberOf(code));
        reset(given.world, given.peer, given.s);
      }),
  })),
  {
    code: 'WSAECONNREFUSED',
    when: 'by FD_CONNECT, where nobody listens',
    of: of('WSAAsyncSelect'),
    particular: true,
    observe: (given, call) => toldByMessage(given, call, FD_CONNECT, () => connecting(given, given.world.closedPort())),
  },
  {
    code: 'WSAECONNRESET',
    when: 'by FD_CLOSE, after a reset by the peer',
    of: of('WSAAsyncSelect'),
    particular: true,
    state: () => 'connected',
    observe: (given, call) => toldByMessage(given, call, FD_CLOSE, () => reset(given.world, given.peer, given.s)),
  },

  {
    code: 'WSA_INVALID_HANDLE',
    when: 'for what is no event object',
    of: ({ kind }) => kind === 'event',
    arrange({ world }, args) {
      const closed = args['hEvent'] as number;
      world.ws2.WSACloseEvent(closed);
      return [{ hEvent: closed }, { hEvent: 0 }, { hEvent: world.tcpSocket() }];
    },
  },
  {
    code: 'WSA_INVALID_HANDLE',
    when: 'for what is no event object',
    of: of('WSAWaitForMultipleEvents'),
    arrange: ({ world }) => ({ lphEvents: [world.tcpSocket()] }),
  },
  {
    code: 'WSA_INVALID_PARAMETER',
    when: 'for no event objects, or too many',
    of: of('WSAWaitForMultipleEvents'),
    arrange: () => [{ cEvents: 0 }, { cEvents: 65 }],
  },
  {
    code: 'WSA_WAIT_EVENT_0',
    when: 'when the first event object is signalled',
    of: of('WSAWaitForMultipleEvents'),
    observe: (_given, call) => told(call()),
  },
  {
    code: 'WSA_WAIT_TIMEOUT',
    when: 'when the time runs out',
    of: of('WSAWaitForMultipleEvents'),
    arrange: ({ world }) => ({ lphEvents: [world.event()], dwTimeout: 5 }),
    observe: (_given, call) => told(call()),
  },
  {
    code: 'WSA_WAIT_IO_COMPLETION',
    when: 'when a completion routine ran',
    of: of('WSAWaitForMultipleEvents'),
    arrange({ world }) {
      world.ws2.host.QueueUserAPC(() => undefined, 0);
      return { lphEvents: [world.event()], fAlertable: true };
    },
    observe: (_given, call) => told(call()),
  },

  {
    code: 'WSA_IO_INCOMPLETE',
    when: 'while the operation pends',
    of: of('WSAGetOverlappedResult'),
    arrange: ({ world, s }) => ({ lpOverlapped: pendingReceive(world, s) }),
  },
  {
    code: 'WSA_INVALID_HANDLE',
    when: 'when it is to wait for what is no event object',
    of: of('WSAGetOverlappedResult'),
    arrange({ world, s }) {
      const lpOverlapped = pendingReceive(world, s);
      lpOverlapped.hEvent = world.tcpSocket();
      return { lpOverlapped, fWait: true };
    },
  },
  {
    code: 'WSA_INVALID_HANDLE',
    when: 'for what is no notification handle',
    of: of('WSAProviderConfigChange'),
    arrange: ({ world }) => ({ lpNotificationHandle: ref(world.event()) }),
  },

  {
    code: 'WSAENOBUFS',
    when: 'for too little room',
    of: of('WSAEnumProtocols'),
    arrange: () => ({ lpdwBufferLength: ref(10) }),
  },
  {
    code: 'WSAEINVAL',
    when: 'for what is no address',
    of: of('WSAAddressToString'),
    arrange: () => [{ dwAddressLength: 1 }, { lpsaAddress: new Uint8Array(16).fill(77) }],
  },
  {
    code: 'WSAEINVAL',
    when: 'for what is no address',
    of: of('WSAStringToAddress'),
    arrange: () => [{ AddressString: 'nonsense' }, { AddressFamily: 77 }],
  },
  {
    code: 'WSAVERNOTSUPPORTED',
    when: 'for a version that never was',
    of: of('WSAStartup'),
    arrange: () => ({ wVersionRequested: 0 }),
  },
  {
    code: 'WSASYSNOTREADY',
    when: 'for an instance that is gone',
    of: of('WSAStartup'),
    observe(_given, _call, _row, args) {
      const gone = createWs2_32({ catalog: 'memory' });
      gone[Symbol.dispose]();
      const code = gone.WSAStartup(args['wVersionRequested'] as number, args['lpWSAData'] as object);
      return { result: code, code };
    },
  },
];

// These are told by the result, and are no failures.
function told({ result }: Outcome): Outcome {
  return { result: 0xffffffff, code: Number(result) };
}

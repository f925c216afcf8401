import { afterEach, describe, expect, test } from 'vitest';
import {
  FD_ACCEPT,
  INVALID_SOCKET,
  ref,
  SD_SEND,
  SO_RCVTIMEO,
  sockaddr_in,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEHOSTUNREACH,
  WSAEINVAL,
  WSAEMFILE,
  WSAEMSGSIZE,
  WSAENETDOWN,
  WSAENETUNREACH,
  WSAENOBUFS,
  WSAENOPROTOOPT,
  WSAEPROTONOSUPPORT,
  WSAETIMEDOUT,
  winsockErrorName,
} from 'ws2spi';
import { libc } from '../../../dist/platform/linux/bindings.js';
import type { Libc } from '../../../dist/platform/linux/libc.js';
import { inWorld, loopback, World } from '../../support/providers.js';
import { refusing } from './refusing.js';

/** Linux' numbers. */
const ERRNO = {
  EPERM: 1,
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  ENODEV: 19,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EPIPE: 32,
  EPROTO: 71,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
} as const;
type Errno = keyof typeof ERRNO;

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

/** Makes functions of libc fail so many times, each time with an error; then they work again. */
function fail(names: readonly (keyof Libc)[], errno: Errno, times = 1): { left: number } {
  const functions = libc() as unknown as Record<string, (...args: unknown[]) => number>;
  const originals = { ...functions };
  const state = { left: times };
  let failed = false;
  for (const name of names) {
    functions[name] = (...args) => {
      failed = state.left > 0;
      if (!failed) return originals[name]!(...args);
      state.left--;
      return -1;
    };
  }
  functions['errno'] = () => {
    const told = failed ? ERRNO[errno] : originals['errno']!();
    failed = false;
    return told;
  };
  undo.push(() => void Object.assign(functions, originals));
  return state;
}

/** A call, ready to be made as often as wanted; it gives its error, or 0. */
type Prepared = () => number;

interface Row {
  /** Gets everything ready for the call. */
  prepare(world: World): Prepared;
  /** The functions of libc that it comes down to. */
  readonly names: readonly (keyof Libc)[];
  /** What it gives for each error, and does not give when it is made again. */
  readonly errors: Partial<Record<Errno, number>>;
  /** The errors that end the connection: what is told once is told again. */
  readonly final?: Partial<Record<Errno, number>>;
  /** The same call where nothing is left of what came before the end. */
  prepareLast?(world: World): Prepared;
  /** The errors that mean no more than that the call has to be made again, and are nobody's business. */
  readonly repeated?: readonly Errno[];
}

const MEMORY = { ENOMEM: WSAENOBUFS, ENOBUFS: WSAENOBUFS } as const;
const FORBIDDEN = { EPERM: WSAEACCES, EACCES: WSAEACCES } as const;
const UNREACHABLE = { ENETUNREACH: WSAENETUNREACH, EHOSTUNREACH: WSAEHOSTUNREACH, ENETDOWN: WSAENETDOWN } as const;
const LOST = { ECONNRESET: WSAECONNRESET, ETIMEDOUT: WSAETIMEDOUT, ECONNABORTED: WSAECONNABORTED } as const;

/** What Linux' manual pages have each call fail with, and what WinSock's have it say. */
const CALLS: Readonly<Record<string, Row>> = {
  socket: {
    prepare: (world) => () => {
      const s = world.ws2.socket(2, 1, 6);
      if (s !== INVALID_SOCKET) world.track(s);
      return world.code(s);
    },
    names: ['socket'],
    errors: {
      ...MEMORY,
      EACCES: WSAEACCES,
      EAFNOSUPPORT: WSAEAFNOSUPPORT,
      EINVAL: WSAEINVAL,
      EMFILE: WSAEMFILE,
      ENFILE: WSAEMFILE,
      EPROTONOSUPPORT: WSAEPROTONOSUPPORT,
    },
  },
  bind: {
    prepare(world) {
      const s = world.tcpSocket();
      return () => world.code(world.ws2.bind(s, loopback(), 16));
    },
    names: ['bind'],
    errors: {
      ...MEMORY,
      ...FORBIDDEN,
      EADDRINUSE: WSAEADDRINUSE,
      EADDRNOTAVAIL: WSAEADDRNOTAVAIL,
      ENODEV: WSAEADDRNOTAVAIL,
      EINVAL: WSAEINVAL,
    },
  },
  listen: {
    prepare(world) {
      const s = world.tcpSocket();
      world.ws2.bind(s, loopback(), 16);
      return () => world.code(world.ws2.listen(s, 5));
    },
    names: ['listen'],
    errors: { ...MEMORY, EADDRINUSE: WSAEADDRINUSE },
  },
  connect: {
    prepare(world) {
      const { name } = world.listener();
      const s = world.tcpSocket();
      return () => world.connect(s, name);
    },
    names: ['connect'],
    errors: {
      ...MEMORY,
      ...FORBIDDEN,
      ...UNREACHABLE,
      // No way to the destination can be entered any more; it is not under way.
      EAGAIN: WSAENOBUFS,
      EADDRINUSE: WSAEADDRINUSE,
      // No port is free, or the two ends have a connection already.
      EADDRNOTAVAIL: WSAEADDRNOTAVAIL,
      ECONNREFUSED: WSAECONNREFUSED,
      ETIMEDOUT: WSAETIMEDOUT,
    },
  },
  accept: {
    prepare(world) {
      const { s, name } = world.listener();
      const client = world.tcpSocket();
      world.connect(client, name);
      return () => {
        const accepted = world.ws2.accept(s, null, null);
        if (accepted !== INVALID_SOCKET) world.track(accepted);
        return world.code(accepted);
      };
    },
    names: ['accept4'],
    errors: { ...MEMORY, EMFILE: WSAEMFILE, ENFILE: WSAEMFILE, EPERM: WSAEACCES },
    repeated: ['EINTR', 'ECONNABORTED', 'EPROTO'],
  },
  send: {
    prepare(world) {
      const { client } = world.connectedPair();
      return () => Math.max(0, -world.send(client, 'bytes'));
    },
    names: ['send', 'sendBytes'],
    errors: { ...MEMORY, ...UNREACHABLE, EFAULT: WSAEFAULT, EPERM: WSAEACCES },
    final: { ...LOST, EPIPE: WSAECONNRESET },
    repeated: ['EINTR'],
  },
  recv: {
    prepare(world) {
      const { client, server } = world.connectedPair();
      for (let times = 0; times < 3; times++) world.send(server, 'x');
      return () => {
        const got = world.receive(client, 1);
        return typeof got === 'number' ? -got : got === 'x' ? 0 : -1;
      };
    },
    names: ['recv', 'recvBytes'],
    errors: { ...MEMORY, EFAULT: WSAEFAULT },
    final: LOST,
    prepareLast(world) {
      const { client, server } = world.connectedPair();
      // A receive on the off chance looks first, and would not get so far: so there is something to be told.
      world.ws2.shutdown(server, SD_SEND);
      world.until(() => world.ws2.WSAPoll([{ fd: client, events: 0, revents: 0 }], 1, 0) === 1);
      return () => -world.receive(client, 1);
    },
    repeated: ['EINTR'],
  },
  sendto: {
    prepare(world) {
      const { name } = world.boundUdp();
      const { s } = world.boundUdp();
      return () => world.code(world.ws2.sendto(s, Buffer.from('x'), 1, 0, name, name.length));
    },
    names: ['sendtoBytes'],
    errors: {
      ...MEMORY,
      ...FORBIDDEN,
      ...UNREACHABLE,
      EADDRNOTAVAIL: WSAEADDRNOTAVAIL,
      EFAULT: WSAEFAULT,
      EMSGSIZE: WSAEMSGSIZE,
    },
    repeated: ['EINTR'],
  },
  recvfrom: {
    prepare(world) {
      const { s, name } = world.boundUdp();
      const { s: sender } = world.boundUdp();
      for (let times = 0; times < 3; times++) world.ws2.sendto(sender, Buffer.from('x'), 1, 0, name, name.length);
      return () => world.code(world.ws2.recvfrom(s, new Uint8Array(1), 1, 0, new Uint8Array(16), ref(16)));
    },
    names: ['recvfromBytes'],
    errors: { ...MEMORY, EFAULT: WSAEFAULT, ECONNREFUSED: WSAECONNRESET },
    repeated: ['EINTR'],
  },
  setsockopt: {
    prepare(world) {
      const s = world.tcpSocket();
      return () => world.code(world.ws2.setsockopt(s, 6, 1, Uint8Array.of(1, 0, 0, 0), 4));
    },
    names: ['setsockopt'],
    errors: { ...MEMORY, EINVAL: WSAEINVAL, ENOPROTOOPT: WSAENOPROTOOPT },
  },
  getsockname: {
    prepare(world) {
      const { s } = world.listener();
      return () => world.code(world.ws2.getsockname(s, new Uint8Array(16), ref(16)));
    },
    names: ['getsockname'],
    errors: MEMORY,
  },
};

function rows(select: (row: Row) => Partial<Record<Errno, number>> | undefined) {
  return Object.entries(CALLS).flatMap(([name, row]) =>
    Object.entries(select(row) ?? {}).map(
      ([errno, code]) => [name, errno as Errno, winsockErrorName(code)!, code] as const,
    ),
  );
}

describe('what Linux says, WinSock says in its words', () => {
  test.each(rows((row) => row.errors))('%s: %s is %s, and the next call works', async (name, errno, _code, code) => {
    const { prepare, names } = CALLS[name]!;
    await inWorld('tcpip', (world) => {
      const call = prepare(world);
      fail(names, errno);
      expect(call()).toBe(code);
      expect(call()).toBe(0);
    })();
  });

  test.each(rows((row) => row.final))('%s: %s is %s, from then on', async (name, errno, _code, code) => {
    const { prepare, prepareLast, names } = CALLS[name]!;
    await inWorld('tcpip', (world) => {
      const call = (prepareLast ?? prepare)(world);
      fail(names, errno);
      expect([call(), call()]).toEqual([code, code]);
    })();
  });

  const repeated = Object.entries(CALLS).flatMap(([name, row]) =>
    (row.repeated ?? []).map((errno) => [name, errno] as const),
  );
  test.each(repeated)('%s: a storm of %s passes unnoticed', async (name, errno) => {
    const { prepare, names } = CALLS[name]!;
    await inWorld('tcpip', (world) => {
      const call = prepare(world);
      const storm = fail(names, errno, 300);
      expect(call()).toBe(0);
      expect(storm.left).toBe(0);
    })();
  });
});

test(
  'a connect that a signal interrupted goes on',
  inWorld('tcpip', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.tcpSocket();
    const functions = libc();
    const { connect, errno } = functions;
    let interrupted = false;
    Object.assign(functions, {
      connect: (...args: Parameters<Libc['connect']>) => {
        connect(...args);
        interrupted = true;
        return -1;
      },
      errno: () => (interrupted ? ((interrupted = false), ERRNO.EINTR) : errno()),
    });
    undo.push(() => void Object.assign(functions, { connect, errno }));
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    expect(world.send(client, 'x')).toBe(1);
    expect(world.receiveAll(server, 1)).toBe('x');
  }),
);

test(
  'a storm of signals ends no blocking call',
  inWorld('tcpip', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.code(world.ws2.setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(250, 0, 0, 0), 4))).toBe(0);
    const storm = fail(['epoll_wait'], 'EINTR', 20);
    expect(world.receive(client)).toBe(-WSAETIMEDOUT);
    expect(storm.left).toBe(0);
    expect(world.send(server, 'still here')).toBe(10);
    expect(world.receiveAll(client, 10)).toBe('still here');
  }),
);

describe('without memory for it, given by createWs2_32({ platform })', () => {
  test('a server goes on once there is some again', () => {
    const { platform, refuse } = refusing();
    const world = new World('tcpip', undefined, { platform });
    const { s: listener, name } = world.listener();
    const event = world.event();
    world.eventSelect(listener, event, FD_ACCEPT);
    refuse('socket', -WSAENOBUFS, 2);
    expect([1, 2].map(() => world.code(world.ws2.socket(2, 1, 6)))).toEqual([WSAENOBUFS, WSAENOBUFS]);
    const client = world.tcpSocket();
    refuse('connect', WSAENOBUFS, 1);
    expect([world.connect(client, name), world.connect(client, name)]).toEqual([WSAENOBUFS, 0]);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(listener, event)).toEqual({ ACCEPT: 0 });
    refuse('accept', -WSAENOBUFS, 3);
    for (let times = 0; times < 3; times++) {
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAENOBUFS);
      // An accept that fails re-enables FD_ACCEPT like any other, and the connection still waits.
      expect(world.networkEvents(listener, event)).toEqual({ ACCEPT: 0 });
    }
    const server = world.accept(listener);
    world.nonBlocking(server, 1);
    refuse('send', -WSAENOBUFS, 1);
    expect([world.send(client, 'x'), world.send(client, 'y')]).toEqual([-WSAENOBUFS, 1]);
    world.until(
      () => world.ws2.select(0, { fd_count: 1, fd_array: [server] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1,
    );
    refuse('receive', -WSAENOBUFS, 1);
    expect([world.receive(server), world.receive(server)]).toEqual([-WSAENOBUFS, 'y']);
    world.close();
  });

  test('no descriptor is left behind by calls that fail half way', () => {
    const { platform } = refusing();
    const world = new World('tcpip', undefined, { platform });
    const { s: listener, name } = world.listener();
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    // The poller has no room for the connection that was accepted.
    fail(['epoll_ctl'], 'ENOMEM');
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAENOBUFS);
    fail(['epoll_ctl'], 'ENOMEM');
    expect(world.code(world.ws2.socket(2, 2, 17))).toBe(WSAENOBUFS);
    const bound = sockaddr_in('127.0.0.1', 0);
    const s = world.tcpSocket();
    world.ws2.bind(s, bound, 16);
    fail(['epoll_ctl'], 'ENOMEM');
    expect(world.code(world.ws2.listen(s, 5))).toBe(WSAENOBUFS);
    expect(world.code(world.ws2.listen(s, 5))).toBe(0);
    world.close();
  });
});

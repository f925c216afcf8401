import { expect } from 'vitest';
import {
  CF_ACCEPT,
  CF_REJECT,
  ERROR_IO_PENDING,
  JL_BOTH,
  parseSockaddr,
  ref,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  sockaddr_in,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_OVERLAPPED,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEWOULDBLOCK,
  WSAID_WSASENDMSG,
  WSAOVERLAPPED,
  type LPFN_WSASENDMSG,
} from 'ws2spi';
import { defineLayer, type FilterRequest, type Filters } from 'ws2spi/chain';
import {
  buffer,
  describeOnEveryChain,
  describeOnEveryProvider,
  loopback,
  type World,
} from '../../support/providers.js';

type Answer = (request: FilterRequest) => unknown;

const sureNo = (request: FilterRequest): void => request.refuse(WSAECONNREFUSED);

/** Whatever a filter may do that is not a plain yes, with the code that it refuses with. */
const NO_YES: readonly (readonly [what: string, answer: Answer, report: RegExp | null, code?: number])[] = [
  ['returns false', () => false, /answered with false, which is neither yes nor no: return nothing to let pass/],
  ['returns true', () => true, /answered with true/],
  ['returns null', () => null, /answered with null/],
  ['returns a string', () => 'refused', /answered with "refused"/],
  ['returns an object', () => ({ allowed: false }), /answered with an object/],
  ['is a generator', function* () {}, /answered with a generator/],
  ['is an asynchronous generator', async function* () {}, /answered with a generator/],
  ['returns a symbol', () => Symbol('no'), /answered with a symbol/],
  ['returns a bigint', () => 0n, /answered with a bigint/],
  ['returns NaN', () => Number.NaN, /answered with NaN/],
  ['returns a negative number', () => -1, /answered with -1/],
  ['returns a fraction', () => 0.5, /answered with 0.5/],
  ['returns WSAEWOULDBLOCK', () => WSAEWOULDBLOCK, /answered with 10035/],
  ['returns ERROR_IO_PENDING', () => ERROR_IO_PENDING, /answered with 997/],
  ['refuses with 0', (request) => request.refuse(0), /refused with 0, which is not a WinSock code/],
  ['refuses with NaN', (request) => request.refuse(Number.NaN), /refused with NaN/],
  ['refuses with a string', (request) => request.refuse('no' as never), /refused with "no"/],
  ['refuses with null', (request) => request.refuse(null as never), /refused with null/],
  ['refuses with WSAEWOULDBLOCK', (request) => request.refuse(WSAEWOULDBLOCK), /refused with 10035/],
  ['is asynchronous', async () => undefined, /answered with a promise.*in a function that is not async/],
  ['is asynchronous and returns true', async () => true, /answered with a promise/],
  ['refuses asynchronously', async (request) => sureNo(request), /answered with a promise/, WSAECONNREFUSED],
  ['throws asynchronously', () => Promise.reject(new Error('no')), /answered with a promise/],
  ['returns what looks like a promise', () => ({ then: () => sureNo }), /answered with a promise/],
  [
    'throws',
    () => {
      throw new Error('boom');
    },
    /threw: catch .*; what it was asked about is refused/,
  ],
  [
    'throws what is not an error',
    () => {
      throw undefined;
    },
    /threw/,
  ],
  [
    'leads nowhere',
    (request) => void (request.address = 'nowhere'),
    /led to "nowhere", port \d+, which is not an address/,
  ],
  ['leads to no port', (request) => void (request.port = 65536), /led to "127.0.0.1", port 65536/],
  ['leads to a port in text', (request) => void (request.port = '80' as never), /port "80"/],
  [
    'deletes the address',
    (request) => delete (request as Partial<FilterRequest>).address,
    /answered with true|led to undefined/,
  ],
  ['refuses', sureNo, null, WSAECONNREFUSED],
  ['returns a code', () => WSAECONNREFUSED, null, WSAECONNREFUSED],
  ['refuses without a code', (request) => request.refuse(), null],
  ['refuses and returns false', (request) => (request.refuse(WSAECONNREFUSED), false), null, WSAECONNREFUSED],
];

const layerOf = (filters: { [Name in keyof Filters]: Answer }) =>
  defineLayer({ name: 'filter', ...(filters as Filters) });

function expectReport(world: World, report: RegExp | null): void {
  const defects = world.takeDefects();
  if (report === null) expect(defects).toEqual([]);
  else {
    expect(defects).toHaveLength(1);
    expect(defects[0]).toMatch(report);
    expect(defects[0]).toMatch(/^filter: its "\w+" filter .*; what it was asked about is refused$/);
  }
}

describeOnEveryChain('above what lies below it, a filter', (on) => {
  for (const [what, answer, report, code = WSAEACCES] of NO_YES) {
    on.it(`of connect that ${what} refuses${report === null ? '' : ', and it is reported'}`, (world) => {
      const { name } = world.listener();
      world.stack([layerOf({ connect: answer }), ...on.chain.layers()]);
      expect(world.connect(world.tcpSocket(), name)).toBe(code);
      expectReport(world, report);
    });
  }
});

describeOnEveryProvider('a filter', (on) => {
  for (const [what, answer, report, code = WSAEACCES] of NO_YES) {
    const reported = report === null ? '' : ', and it is reported';
    on.it(`of bind that ${what} refuses${reported}`, (world) => {
      world.stack([layerOf({ bind: answer })], true);
      const name = loopback();
      expect(world.code(world.ws2.bind(world.tcpSocket(), name, name.length))).toBe(code);
      expectReport(world, report);
    });

    // What accept's filter leads to means nothing.
    if (what.startsWith('leads') || what.startsWith('deletes')) continue;
    on.it(`of accept that ${what} resets the caller, also at AcceptEx${reported}`, (world) => {
      let respond: Answer = answer;
      world.stack([layerOf({ accept: (request) => respond(request) })]);
      const { s: listener, name } = world.listener();
      const first = world.tcpSocket();
      expect(world.connect(first, name)).toBe(0);
      world.settle();
      world.nonBlocking(listener);
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
      expect(world.receive(first)).toBe(-WSAECONNRESET);
      expectReport(world, report);
      const operation = new WSAOVERLAPPED();
      const acceptor = world.tcpSocket();
      const accept = world.ws2.AcceptEx(listener, acceptor, new Uint8Array(64), 0, 32, 32, null, operation);
      expect(world.code(accept)).toBe(ERROR_IO_PENDING);
      const second = world.tcpSocket();
      expect(world.connect(second, name)).toBe(0);
      expect(world.receive(second)).toBe(-WSAECONNRESET);
      expect(operation.Internal).toBe(0x103);
      expectReport(world, report);
      respond = () => undefined;
      expect(world.connect(world.tcpSocket(), name)).toBe(0);
      world.until(() => operation.Internal === 0);
    });

    on.it(`of connect that ${what} refuses what a datagram is sent to${reported}`, (world) => {
      const { s: receiver, name } = world.boundUdp();
      world.stack([layerOf({ connect: answer })], true);
      const { ws2 } = world;
      const s = world.udpSocket();
      expect(world.code(ws2.sendto(s, Buffer.from('x'), 1, 0, name, name.length))).toBe(code);
      expectReport(world, report);
      const operation = new WSAOVERLAPPED();
      const sent = ws2.WSASendTo(s, [buffer('x')], 1, null, 0, name, name.length, operation, null);
      expect(world.code(sent)).toBe(code);
      // Told once, and not of each datagram.
      expectReport(world, null);
      const message = {
        name,
        namelen: name.length,
        lpBuffers: [buffer('x')],
        dwBufferCount: 1,
        Control: null,
        dwFlags: 0,
      };
      expect(world.code(ws2.WSASendMsg(s, message as never, 0, ref(0), null, null))).toBe(code);
      expectReport(world, null);
      expect(world.code(ws2.connect(s, name, name.length))).toBe(code);
      expectReport(world, report);
      world.settle();
      world.nonBlocking(receiver);
      expect(world.receive(receiver)).toBe(-WSAEWOULDBLOCK);
    });
  }

  on.it('lets pass by 0 as by nothing', (world) => {
    world.stack([layerOf({ connect: () => 0, accept: () => 0, bind: () => 0 })]);
    world.connectedPair();
  });

  on.it('that refuses after it has answered is too late, and told so', (world) => {
    let late!: FilterRequest;
    world.stack([layerOf({ connect: (request) => void (late = request) })]);
    world.connectedPair();
    late.refuse();
    expect(world.takeDefects()).toEqual([expect.stringMatching(/refused after it had answered.*decide at once/)]);
  });

  on.it('is asked about every address that WSAConnectByName and WSAConnectByList try', (world) => {
    const asked: string[] = [];
    world.stack([layerOf({ connect: ({ address }) => (asked.push(address), false) })]);
    const { ws2 } = world;
    const s = world.tcpSocket();
    expect(world.code(ws2.WSAConnectByName(s, '127.0.0.1', '9', null, null, null, null, null, null))).toBe(WSAEACCES);
    const Address = ['127.0.0.1', '127.0.0.2'].map((address) => ({
      lpSockaddr: sockaddr_in(address, 9),
      iSockaddrLength: 16,
    }));
    const list = { iAddressCount: 2, Address };
    expect(world.code(ws2.WSAConnectByList(s, list, null, null, null, null, null, null))).toBe(WSAEACCES);
    expect(asked).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.2']);
    expect(world.takeDefects()).toHaveLength(3);
  });

  on.it('is asked what ConnectEx connects to', (world) => {
    const { name } = world.listener();
    world.stack([layerOf({ connect: async () => undefined })]);
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    const operation = new WSAOVERLAPPED();
    const connected = world.ws2.ConnectEx(s, name, name.length, null, 0, null, operation);
    expect(world.code(connected)).toBe(WSAEACCES);
    expect(world.takeDefects()).toHaveLength(1);
  });

  on.it('of connect is asked which group WSAJoinLeaf joins', (world) => {
    let answer: Answer = () => false;
    const asked: string[] = [];
    world.stack([layerOf({ connect: (request) => (asked.push(request.address), answer(request)) })], true);
    const entry = world.entries.get('2 2')!;
    const flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;
    const s = world.track(world.ws2.WSASocket(-1, -1, -1, entry, 0, flags));
    const group = sockaddr_in('239.1.2.3', 0);
    const join = () => world.ws2.WSAJoinLeaf(s, group, 16, null, null, null, null, JL_BOTH);
    expect(world.code(join())).toBe(WSAEACCES);
    expect(world.takeDefects()).toHaveLength(1);
    answer = () => WSAECONNREFUSED;
    expect(world.code(join())).toBe(WSAECONNREFUSED);
    expect(asked).toEqual(['239.1.2.3', '239.1.2.3']);
  });

  on.it('of connect leads a datagram elsewhere', (world) => {
    const { s: receiver, name } = world.boundUdp();
    const { port } = parseSockaddr(name);
    world.stack([layerOf({ connect: (request) => void (request.port = port) })], true);
    const s = world.udpSocket();
    const to = loopback(9);
    expect(world.count(world.ws2.sendto(s, Buffer.from('one'), 3, 0, to, 16))).toBe(3);
    expect(world.receive(receiver)).toBe('one');
    const message = { name: to, namelen: 16, lpBuffers: [buffer('two')], dwBufferCount: 1, Control: null, dwFlags: 0 };
    expect(world.code(world.ws2.WSASendMsg(s, message as never, 0, ref(0), null, null))).toBe(0);
    expect(world.receive(receiver)).toBe('two');
    expect(parseSockaddr(to).port).toBe(9);
  });

  on.it('of connect is passed by by no extension function that a layer above asks for', (world) => {
    const { name } = world.listener();
    let found: LPFN_WSASENDMSG | null = null;
    const above = defineLayer({
      name: 'above',
      overrides: {
        WSPIoctl(lower, s, code, ...others) {
          const result = lower.lpWSPIoctl(s, code, ...others);
          if (others[0] === WSAID_WSASENDMSG) found = (others[2] as { value: LPFN_WSASENDMSG }).value;
          return result;
        },
      },
    });
    world.stack([above, layerOf({ connect: () => false })], true);
    const s = world.udpSocket();
    const message = { name, namelen: 16, lpBuffers: [buffer('x')], dwBufferCount: 1, Control: null, dwFlags: 0 };
    expect(world.code(world.ws2.WSASendMsg(s, message as never, 0, ref(0), null, null))).toBe(WSAEACCES);
    expect(found).not.toBeNull();
    expect(SIO_GET_EXTENSION_FUNCTION_POINTER).toBeGreaterThan(0);
    expect(world.takeDefects()).toHaveLength(1);
  });

  on.it('of connect is not asked about the destination that a stream ignores', (world) => {
    let asked = 0;
    world.stack([layerOf({ connect: () => void asked++ })]);
    const { client, server, name } = world.connectedPair();
    expect(world.count(world.ws2.sendto(client, Buffer.from('x'), 1, 0, name, 16))).toBe(1);
    expect(world.receiveAll(server, 1)).toBe('x');
    expect(asked).toBe(1);
  });

  on.it('of bind is asked about the name that a socket gets by connecting or sending without one', (world) => {
    const { s: receiver, name: to } = world.boundUdp();
    const { name } = world.listener();
    let answer: Answer = () => false;
    const asked: [string, number][] = [];
    world.stack([layerOf({ bind: (request) => (asked.push([request.address, request.port]), answer(request)) })], true);
    const { ws2 } = world;
    const [stream, datagram] = [world.tcpSocket(), world.udpSocket()];
    const message = { name: to, namelen: 16, lpBuffers: [buffer('x')], dwBufferCount: 1, Control: null, dwFlags: 0 };
    expect(world.connect(stream, name)).toBe(WSAEACCES);
    expect(world.code(ws2.sendto(datagram, Buffer.from('x'), 1, 0, to, 16))).toBe(WSAEACCES);
    expect(world.code(ws2.WSASendMsg(datagram, message as never, 0, ref(0), null, null))).toBe(WSAEACCES);
    expect(world.connect(datagram, to)).toBe(WSAEACCES);
    expect(asked).toEqual(new Array(4).fill(['0.0.0.0', 0]));
    expect(world.takeDefects()).toHaveLength(4);
    answer = (request) => void (request.address = '127.0.0.1');
    expect(world.connect(stream, name)).toBe(0);
    expect(world.count(ws2.sendto(datagram, Buffer.from('x'), 1, 0, to, 16))).toBe(1);
    expect([world.nameOf(stream), world.nameOf(datagram)].map((each) => parseSockaddr(each).address)).toEqual([
      '127.0.0.1',
      '127.0.0.1',
    ]);
    expect(world.count(ws2.sendto(datagram, Buffer.from('y'), 1, 0, to, 16))).toBe(1);
    expect(asked).toHaveLength(6);
    expect(world.receive(receiver)).toBe('x');
    answer = () => WSAEADDRINUSE;
    const { port } = parseSockaddr(name);
    const byName = ws2.WSAConnectByName(
      world.tcpSocket(),
      '127.0.0.1',
      String(port),
      null,
      null,
      null,
      null,
      null,
      null,
    );
    expect(world.code(byName)).toBe(WSAEADDRINUSE);
  });

  on.it('of accept keeps whom it refuses from the application’s own condition function', (world) => {
    const seen: number[] = [];
    let welcome = 0;
    world.stack([layerOf({ accept: ({ port }) => (port === welcome ? undefined : false) })]);
    const { s: listener, name } = world.listener();
    const [first, second] = [world.tcpSocket(), world.tcpSocket()];
    expect(world.code(world.ws2.bind(second, loopback(), 16))).toBe(0);
    welcome = world.portOf(second);
    world.connect(first, name);
    world.connect(second, name);
    world.settle();
    const condition = (caller: { buf: Uint8Array } | null): number => {
      seen.push(parseSockaddr(caller!.buf).port);
      return CF_ACCEPT;
    };
    world.track(world.ws2.WSAAccept(listener, null, null, condition as never, 0));
    expect(seen).toEqual([welcome]);
    expect(world.takeDefects()).toHaveLength(1);
    world.connect(world.tcpSocket(), name);
    world.nonBlocking(listener);
    world.settle();
    expect(world.code(world.ws2.WSAAccept(listener, null, null, () => CF_REJECT, 0))).toBe(WSAEWOULDBLOCK);
    world.takeDefects();
  });

  for (const [what, verdict] of [
    ['a promise', async () => CF_ACCEPT],
    ['a promise that is rejected', () => Promise.reject(new Error('no'))],
    ['true', () => true],
    ['nothing', () => undefined],
  ] as const) {
    on.it(`in the form of a condition function that gives ${what} rejects, and it is reported`, (world) => {
      const { s: listener, name } = world.listener();
      world.nonBlocking(listener);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      world.settle();
      expect(world.code(world.ws2.WSAAccept(listener, null, null, verdict as never, 0))).toBe(WSAECONNREFUSED);
      expect(world.takeDefects()).toEqual([expect.stringMatching(/condition function of WSAAccept gave .* rejected/)]);
    });
  }
});

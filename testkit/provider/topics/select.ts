import {
  AF_INET,
  AF_INET6,
  FD_ISSET,
  FD_SET,
  fd_set,
  INVALID_SOCKET,
  MSG_OOB,
  ref,
  SD_SEND,
  SO_ERROR,
  SOL_SOCKET,
  WSAECONNREFUSED,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
  type timeval,
} from '../../../index.js';
import { expect } from '../expectation.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

const AT_ONCE: timeval = { tv_sec: 0, tv_usec: 0 };
const SOON: timeval = { tv_sec: 2, tv_usec: 0 };

function setOf(...sockets: number[]): fd_set {
  const set = new fd_set();
  for (const s of sockets) FD_SET(s, set);
  return set;
}

const held = (set: fd_set): number[] => set.fd_array.slice(0, set.fd_count);

/** What select says of one socket, asked for everything. */
function stateOf(world: ProviderWorld, s: number, timeout: timeval = AT_ONCE): string {
  world.settle();
  const sets = [setOf(s), setOf(s), setOf(s)] as const;
  const result = world.count(world.ws2.select(0, ...sets, timeout));
  const names = ['read', 'write', 'except'].filter((_, index) => FD_ISSET(s, sets[index]!) === 1);
  expect(result).toBe(names.length);
  return names.join(' ');
}

/** What programs rely on: select. */
export const select = topic('select', [], (on) => {
  on.needs('several families').it('looks at sockets of both families at once', (world) => {
    const pairs = [AF_INET, AF_INET6].map((family) => world.connectedPair(family));
    const servers = pairs.map(({ server }) => server);
    world.send(pairs[1]!.client, 'x');
    const set = new fd_set();
    const look = (): number => {
      set.fd_count = 0;
      for (const s of servers) FD_SET(s, set);
      return world.count(world.ws2.select(0, set, null, null, { tv_sec: 0, tv_usec: 0 }));
    };
    world.until(() => look() !== 0);
    expect([look(), set.fd_array[0]]).toEqual([1, servers[1]]);
    world.send(pairs[0]!.client, 'x');
    world.until(() => look() === 2);
  });

  // 13.1
  on.onEveryFamily('finds nothing to do for fresh sockets, and empties the sets', (world, family) => {
    const [one, other] = [world.streamSocket(family), world.streamSocket(family)];
    const sets = [setOf(one, other), setOf(one, other), setOf(one, other)] as const;
    expect(world.count(world.ws2.select(0, ...sets, AT_ONCE))).toBe(0);
    expect(sets.map(held)).toEqual([[], [], []]);
  });

  // 13.7
  on.it('says what can be done with a connection', (world) => {
    const { client, server, listener } = world.connectedPair();
    expect([client, server, listener].map((s) => stateOf(world, s))).toEqual(['write', 'write', '']);
    world.send(client, 'x');
    expect(stateOf(world, server)).toBe('read write');
    world.receive(server);
    expect(stateOf(world, server)).toBe('write');
    world.ws2.shutdown(client, SD_SEND);
    expect(stateOf(world, server)).toBe('read write');
    expect(world.receive(server)).toBe('');
    expect(stateOf(world, server)).toBe('read write');
  });

  // 13.9
  on.it('finds a listener readable while connections wait', (world) => {
    const { s: listener, name } = world.listener();
    expect(stateOf(world, listener)).toBe('');
    const clients = [world.streamSocket(), world.streamSocket()];
    for (const s of clients) expect(world.connect(s, name)).toBe(0);
    expect(stateOf(world, listener)).toBe('read');
    world.accept(listener);
    expect(stateOf(world, listener)).toBe('read');
    world.accept(listener);
    expect(stateOf(world, listener)).toBe('');
  });

  on.needs('connects that take time').it('finds a socket writable once it is connected, and never before', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.streamSocket();
    world.nonBlocking(client);
    expect(stateOf(world, client)).toBe('');
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    const write = setOf(client);
    expect(world.count(world.ws2.select(0, null, write, null, SOON))).toBe(1);
    expect(held(write)).toEqual([client]);
    world.accept(listener);
  });

  // 13.12
  on.needs('connects that take time').it(
    'tells a failed connect in the third set, for as long as it lasts',
    (world) => {
      const client = world.streamSocket();
      const nowhere = world.closedName();
      world.nonBlocking(client);
      expect(world.connect(client, nowhere)).toBe(WSAEWOULDBLOCK);
      const timeout = { tv_sec: 2, tv_usec: 500_000 };
      const sets = [setOf(client), setOf(client), setOf(client)] as const;
      expect(world.count(world.ws2.select(0, ...sets, timeout))).toBe(1);
      expect(sets.map(held)).toEqual([[], [], [client]]);
      expect(timeout).toEqual({ tv_sec: 2, tv_usec: 500_000 });
      expect(stateOf(world, client)).toBe('except');
    },
  );

  // 12.1, 13.14
  on.it('is told of a failed blocking connect too, and finds nothing to write to', (world) => {
    const client = world.streamSocket();
    expect(world.connect(client, world.closedName())).toBe(WSAECONNREFUSED);
    expect(world.count(world.ws2.select(0, null, setOf(client), null, { tv_sec: 0, tv_usec: 50_000 }))).toBe(0);
    expect(stateOf(world, client)).toBe('except');
  });

  on.it('waits as long as it was told, and no longer', (world) => {
    const { server } = world.connectedPair();
    const before = world.now();
    const timeout = { tv_sec: 0, tv_usec: 70_000 };
    const read = setOf(server);
    expect(world.count(world.ws2.select(0, read, null, null, timeout))).toBe(0);
    const passed = world.now() - before;
    if (world.clock !== null) expect(passed).toBe(70);
    else expect(passed).toBeGreaterThanOrEqual(69);
    expect(held(read)).toEqual([]);
    expect(timeout).toEqual({ tv_sec: 0, tv_usec: 70_000 });
  });

  on.it('ends as soon as something is there, without a limit of time', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'x');
    const read = setOf(server);
    expect(world.count(world.ws2.select(0, read, null, null, null))).toBe(1);
    expect(held(read)).toEqual([server]);
  });

  // 13.5
  on.it('counts a socket named twice once', (world) => {
    const { client, server } = world.connectedPair();
    const write = new fd_set();
    write.fd_array.push(client, client, server);
    write.fd_count = 3;
    expect(world.count(world.ws2.select(0, null, write, null, AT_ONCE))).toBe(2);
    expect(held(write)).toEqual([client, server]);
  });

  // 13.6
  on.it('leaves the union in a set that is given twice, and counts both', (world) => {
    const { client, server } = world.connectedPair();
    const both = setOf(client, server);
    expect(world.count(world.ws2.select(0, both, both, null, AT_ONCE))).toBe(2);
    expect(held(both)).toEqual([client, server]);
    world.send(server, 'x');
    world.settle();
    expect(world.count(world.ws2.select(0, both, both, null, AT_ONCE))).toBe(3);
  });

  // 13.8
  on.it('takes any number of sockets, and keeps their order', (world) => {
    const { s: listener, name } = world.listener();
    const sockets: number[] = [];
    for (let i = 0; i < 70; i++) {
      const s = world.streamSocket();
      expect(world.connect(s, name)).toBe(0);
      world.accept(listener);
      sockets.push(s);
    }
    const write = setOf();
    write.fd_array = [...sockets];
    write.fd_count = sockets.length;
    expect(world.count(world.ws2.select(0, null, write, null, AT_ONCE))).toBe(70);
    expect(held(write)).toEqual(sockets);
  });

  // 13.8
  on.it('reads no more than fd_count entries', (world) => {
    const { client, server } = world.connectedPair();
    const write = { fd_count: 1, fd_array: [client, INVALID_SOCKET, server] };
    expect(world.count(world.ws2.select(0, null, write, null, AT_ONCE))).toBe(1);
    expect(held(write)).toEqual([client]);
  });

  // 13.3, 13.15
  on.it('refuses closed handles and empty questions, and leaves the sets alone', (world) => {
    const { client } = world.connectedPair();
    const closed = world.streamSocket();
    world.ws2.closesocket(closed);
    for (const bad of [closed, INVALID_SOCKET, world.event()]) {
      const set = setOf(client);
      set.fd_array[1] = bad;
      set.fd_count = 2;
      const other = setOf(client);
      expect(world.code(world.ws2.select(0, other, set, null, AT_ONCE))).toBe(WSAENOTSOCK);
      expect([held(other), held(set)]).toEqual([[client], [client, bad]]);
    }
    expect(world.code(world.ws2.select(0, null, null, null, AT_ONCE))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.select(0, setOf(), setOf(), setOf(), AT_ONCE))).toBe(WSAEINVAL);
  });

  // 13.2
  on.it('wakes when the socket is closed by a completion routine, and calls it readable', (world) => {
    const { server } = world.connectedPair();
    // select waits alertably (measured behaviour 13.4).
    world.ws2.host.QueueUserAPC(() => void world.ws2.closesocket(server), null);
    const read = setOf(server);
    expect(world.count(world.ws2.select(0, read, null, null, SOON))).toBe(1);
    expect(held(read)).toEqual([server]);
  });

  // 13.4
  on.it('runs completion routines when it waits, and none when it need not', (world) => {
    const { client, server } = world.connectedPair();
    let ran = 0;
    world.ws2.host.QueueUserAPC(() => void ran++, null);
    expect(world.count(world.ws2.select(0, null, setOf(client), null, SOON))).toBe(1);
    expect(ran).toBe(0);
    expect(world.count(world.ws2.select(0, setOf(server), null, null, { tv_sec: 0, tv_usec: 20_000 }))).toBe(0);
    expect(ran).toBe(1);
  });

  on.needs('urgent data').it('tells urgent data in the third set alone', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.send(client, '!', MSG_OOB)).toBe(1);
    world.until(() => stateOf(world, server) !== 'write');
    expect(stateOf(world, server)).toBe('write except');
    expect(world.receive(server, 1, MSG_OOB)).toBe('!');
    expect(stateOf(world, server)).toBe('write');
  });
});

/** What programs rely on: a socket whose connect failed. */
export const aSocketWhoseConnectFailed = topic('a socket whose connect failed', [], (on) => {
  // 13.13
  on.needs('connects that take time').it('can listen under the name that it was bound to, and accepts', (world) => {
    const s = world.streamSocket();
    const any = world.freeName();
    expect(world.code(world.ws2.bind(s, any, any.length))).toBe(0);
    const name = world.nameOf(s);
    const nowhere = world.closedName();
    world.nonBlocking(s);
    expect(world.connect(s, nowhere)).toBe(WSAEWOULDBLOCK);
    expect(stateOf(world, s, SOON)).toBe('except');
    const error = (): number => {
      const value = new Uint8Array(4);
      expect(world.ws2.getsockopt(s, SOL_SOCKET, SO_ERROR, value, ref(4))).toBe(0);
      return new DataView(value.buffer).getUint32(0, true);
    };
    expect(error()).toBe(WSAECONNREFUSED);
    expect(world.nameOf(s)).toEqual(name);
    expect(world.code(world.ws2.listen(s, 1))).toBe(0);
    expect([error(), stateOf(world, s)]).toEqual([WSAECONNREFUSED, 'except']);
    expect(world.nameOf(s)).toEqual(name);
    const client = world.streamSocket();
    expect(world.connect(client, name)).toBe(0);
    world.until(() => stateOf(world, s) === 'read except');
    const server = world.accept(s);
    world.nonBlocking(server, 0);
    world.send(client, 'hello');
    expect(world.receiveAll(server, 5)).toBe('hello');
    expect([error(), stateOf(world, s), stateOf(world, server)]).toEqual([WSAECONNREFUSED, 'except', 'write']);
  });

  on.it('can connect again from the name that it was bound to', (world) => {
    const s = world.streamSocket();
    const any = world.freeName();
    expect(world.code(world.ws2.bind(s, any, any.length))).toBe(0);
    const name = world.nameOf(s);
    expect(world.connect(s, world.closedName())).toBe(WSAECONNREFUSED);
    const { s: listener, name: to } = world.listener();
    expect(world.connect(s, to)).toBe(0);
    expect(world.nameOf(s)).toEqual(name);
    world.accept(listener);
  });
});

/** What programs rely on: select on datagram sockets. */
export const selectOnDatagramSockets = topic(
  'select on datagram sockets',
  ['datagrams', 'internet addresses'],
  (on) => {
    // 13.16
    on.needs('several families').it('finds even an unbound one writable', (world) => {
      expect(stateOf(world, world.datagramSocket())).toBe('write');
      expect(stateOf(world, world.datagramSocket(AF_INET6))).toBe('write');
    });

    on.it('finds one readable while datagrams wait', (world) => {
      const { s, name } = world.boundDatagram();
      world.ws2.sendto(world.datagramSocket(), Buffer.from('x'), 1, 0, name, name.length);
      world.until(() => stateOf(world, s) === 'read write');
      world.receive(s);
      expect(stateOf(world, s)).toBe('write');
    });
  },
);

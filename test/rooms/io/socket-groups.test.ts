// Groups of sockets: who may be in them, how long they last, and who is told what.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  AF_INET,
  CF_ACCEPT,
  FD_ACCEPT,
  INVALID_SOCKET,
  ref,
  SG_CONSTRAINED_GROUP,
  SG_UNCONSTRAINED_GROUP,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
} from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { describeOnEveryChain, inWorld, World } from '../../support/providers.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const FILE = join(temporaryFolder(), 'groups.json');
// Read when the first group is made.
process.env['WS2SPI_GROUPS'] = FILE;

/** The groups that the file tells other processes of. */
function groupsInFile(): number[] {
  const { groups } = JSON.parse(readFileSync(FILE, 'utf8')) as { groups: Record<string, unknown> };
  return Object.keys(groups).map(Number);
}

/** Opens a socket of the world's chain in a group. */
function open(world: World, g: number, type: number = SOCK_STREAM, flags: number = WSA_FLAG_OVERLAPPED): number {
  const entry = world.entryOf(AF_INET, type);
  return entry === undefined
    ? world.ws2.WSASocket(AF_INET, type, 0, null, g, flags)
    : world.ws2.WSASocket(-1, -1, -1, entry, g, flags);
}

/** The group of a socket. */
function groupOf(world: World, s: number): number {
  const [value, length] = [new Uint8Array(4), ref(4)];
  expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_GROUP_ID, value, length))).toBe(0);
  return new DataView(value.buffer).getUint32(0, true);
}

/** SO_GROUP_PRIORITY, or the error as a negative number. */
function priorityOf(world: World, s: number): number {
  const [value, length] = [new Uint8Array(4), ref(4)];
  const error = world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_GROUP_PRIORITY, value, length));
  return error === 0 ? new DataView(value.buffer).getInt32(0, true) : -error;
}

function setPriority(world: World, s: number, priority: number): number {
  const value = new Uint8Array(new Int32Array([priority]).buffer);
  return world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_GROUP_PRIORITY, value, 4));
}

/** Connects to a listener from another address than its own would be. */
function connectFrom(world: World, text: string, name: Uint8Array): number {
  const s = world.streamSocket();
  const from = sockaddr_in(text, 0);
  expect(world.code(world.ws2.bind(s, from, from.length))).toBe(0);
  expect(world.connect(s, name)).toBe(0);
  return s;
}

/** A listener at an address of loopback. */
function listenerAt(world: World, text: string): Uint8Array {
  const s = world.streamSocket();
  const any = sockaddr_in(text, 0);
  expect(world.code(world.ws2.bind(s, any, any.length))).toBe(0);
  expect(world.code(world.ws2.listen(s, 8))).toBe(0);
  return world.nameOf(s);
}

/** Accepts a connection into a group that the condition function names. */
function acceptInto(world: World, listener: number, g: unknown): number {
  return world.ws2.WSAAccept(
    listener,
    null,
    null,
    (_id, _data, _sqos, _gqos, _callee, _answer, group) => {
      (group as { value: unknown }).value = g;
      return CF_ACCEPT;
    },
    0,
  );
}

describeOnEveryChain('a group of sockets', (on) => {
  on.it('begins with its first socket, takes others by its number, and ends with the last of them', (world) => {
    const first = world.track(open(world, SG_UNCONSTRAINED_GROUP));
    const group = groupOf(world, first);
    expect([group % 4, group > 2]).toEqual([0, true]);
    const second = world.track(open(world, group));
    expect(groupOf(world, second)).toBe(group);
    world.ws2.closesocket(first);
    const third = world.track(open(world, group));
    expect(groupOf(world, third)).toBe(group);
    world.ws2.closesocket(second);
    expect(groupsInFile()).toContain(group);
    world.ws2.closesocket(third);
    expect(groupsInFile()).not.toContain(group);
    expect(open(world, group)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });

  on.it('has a number of its own, and sockets without one have none', (world) => {
    const groups = [1, 2, 3].map(() => groupOf(world, world.track(open(world, SG_UNCONSTRAINED_GROUP))));
    expect(new Set(groups).size).toBe(3);
    const alone = world.streamSocket();
    expect(groupOf(world, alone)).toBe(0);
    expect(priorityOf(world, alone)).toBe(-WSAENOPROTOOPT);
    expect(setPriority(world, alone, 1)).toBe(WSAENOPROTOOPT);
  });

  on.it('gives each socket a priority, the highest at first', (world) => {
    const s = world.track(open(world, SG_UNCONSTRAINED_GROUP));
    expect(priorityOf(world, s)).toBe(0);
    for (const priority of [1, 7, 0x7fffffff, 0]) {
      expect(setPriority(world, s, priority)).toBe(0);
      expect(priorityOf(world, s)).toBe(priority);
    }
    expect(setPriority(world, s, 3)).toBe(0);
    expect(setPriority(world, s, -1)).toBe(WSAEINVAL);
    const short = world.ws2.setsockopt(s, SOL_SOCKET, SO_GROUP_PRIORITY, new Uint8Array(3), 3);
    expect(world.code(short)).toBe(WSAEFAULT);
    const set = world.ws2.setsockopt(s, SOL_SOCKET, SO_GROUP_ID, new Uint8Array(4), 4);
    expect(world.code(set)).toBe(WSAENOPROTOOPT);
    expect(priorityOf(world, s)).toBe(3);
  });

  on.it('refuses numbers that are no group, and makes nothing then', (world) => {
    const before = existsSync(FILE) ? groupsInFile() : [];
    for (const g of [3, 5, 0x7ffffffc, -4, 0xffffffff]) {
      expect(open(world, g), `${g}`).toBe(INVALID_SOCKET);
      expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    }
    expect(existsSync(FILE) ? groupsInFile() : []).toEqual(before);
  });

  on.it('that is constrained has its connections with one host, at whatever ports', (world) => {
    const here = listenerAt(world, '127.0.0.1');
    const alsoHere = listenerAt(world, '127.0.0.1');
    const there = listenerAt(world, '127.0.0.2');
    const first = world.track(open(world, SG_CONSTRAINED_GROUP));
    const group = groupOf(world, first);
    const [second, third] = [world.track(open(world, group)), world.track(open(world, group))];
    expect(world.connect(first, here)).toBe(0);
    expect(world.connect(second, alsoHere)).toBe(0);
    expect(world.connect(third, there)).toBe(WSAEINVAL);
    // Nothing has happened to it.
    expect(world.connect(third, here)).toBe(0);
    expect(groupOf(world, third)).toBe(group);
  });

  on.it('that is constrained may go elsewhere once no socket of it is connected any more', (world) => {
    const there = listenerAt(world, '127.0.0.2');
    const here = listenerAt(world, '127.0.0.1');
    const first = world.track(open(world, SG_CONSTRAINED_GROUP));
    const second = world.track(open(world, groupOf(world, first)));
    expect(world.connect(first, here)).toBe(0);
    expect(world.connect(second, there)).toBe(WSAEINVAL);
    world.ws2.closesocket(first);
    expect(world.connect(second, there)).toBe(0);
  });

  on.withoutCodec('that is constrained is not bound to a host that refused', (world) => {
    const nobody = world.closedPort();
    const there = listenerAt(world, '127.0.0.2');
    const s = world.track(open(world, SG_CONSTRAINED_GROUP));
    const other = world.track(open(world, groupOf(world, s)));
    expect(world.connect(s, nobody)).toBe(WSAECONNREFUSED);
    expect(world.connect(other, there)).toBe(0);
  });

  on.withoutCodec('takes datagram sockets, unless it is constrained', (world) => {
    const s = world.track(open(world, SG_UNCONSTRAINED_GROUP));
    const datagrams = world.track(world.ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, null, groupOf(world, s), 0));
    const entry = world.entryOf(AF_INET, SOCK_DGRAM);
    if (entry === undefined) expect(groupOf(world, datagrams)).toBe(groupOf(world, s));
    expect(open(world, SG_CONSTRAINED_GROUP, SOCK_DGRAM)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    const constrained = groupOf(world, world.track(open(world, SG_CONSTRAINED_GROUP)));
    expect(open(world, constrained, SOCK_DGRAM)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });

  on.it('takes a connection that a condition function puts into it, and makes one for it', (world) => {
    const { s: listener, name } = world.listener();
    const clients = [1, 2, 3].map(() => world.streamSocket());
    for (const client of clients) expect(world.connect(client, name)).toBe(0);
    const first = world.track(acceptInto(world, listener, SG_UNCONSTRAINED_GROUP));
    const group = groupOf(world, first);
    expect(group).toBeGreaterThan(2);
    const second = world.track(acceptInto(world, listener, group));
    expect(groupOf(world, second)).toBe(group);
    const third = world.track(acceptInto(world, listener, 0));
    expect(groupOf(world, third)).toBe(0);
  });

  on.it('is not what an accepted socket takes over from its listener', (world) => {
    const listener = world.track(open(world, SG_UNCONSTRAINED_GROUP));
    const any = world.freeName();
    expect(world.code(world.ws2.bind(listener, any, any.length))).toBe(0);
    expect(world.code(world.ws2.listen(listener, 4))).toBe(0);
    expect(world.connect(world.streamSocket(), world.nameOf(listener))).toBe(0);
    expect(groupOf(world, world.accept(listener))).toBe(0);
  });

  on.it('that a connection cannot be put into leaves it waiting', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.streamSocket();
    expect(world.connect(client, name)).toBe(0);
    for (const g of [3, 12345678, 'one', null, 1.5]) {
      expect(acceptInto(world, listener, g), `${g}`).toBe(INVALID_SOCKET);
      expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    }
    const server = world.track(acceptInto(world, listener, SG_CONSTRAINED_GROUP));
    expect(world.send(client, 'still here')).toBe(10);
    expect(world.receiveAll(server, 10)).toBe('still here');
  });

  on.it('that is constrained takes no connection from another host', (world) => {
    const { s: listener, name } = world.listener();
    connectFrom(world, '127.0.0.1', name);
    const first = world.track(acceptInto(world, listener, SG_CONSTRAINED_GROUP));
    const group = groupOf(world, first);
    connectFrom(world, '127.0.0.3', name);
    expect(acceptInto(world, listener, group)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(groupOf(world, world.track(acceptInto(world, listener, 0)))).toBe(0);
    connectFrom(world, '127.0.0.1', name);
    expect(groupOf(world, world.track(acceptInto(world, listener, group)))).toBe(group);
  });

  on.it('tells of the connection that it refused once more', (world) => {
    const { s: listener, name } = world.listener();
    const event = world.event();
    expect(world.eventSelect(listener, event, FD_ACCEPT)).toBe(0);
    expect(world.connect(world.streamSocket(), name)).toBe(0);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(listener, event)).toEqual({ ACCEPT: 0 });
    expect(acceptInto(world, listener, 7)).toBe(INVALID_SOCKET);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(listener, event)).toEqual({ ACCEPT: 0 });
    world.track(acceptInto(world, listener, SG_UNCONSTRAINED_GROUP));
  });

  on.it('lasts as long as a duplicate of its last socket', (world) => {
    const s = world.track(open(world, SG_CONSTRAINED_GROUP));
    const group = groupOf(world, s);
    const here = listenerAt(world, '127.0.0.1');
    const there = listenerAt(world, '127.0.0.2');
    expect(world.connect(s, here)).toBe(0);
    const info = WSAPROTOCOL_INFOW.decode(new Uint8Array(WSAPROTOCOL_INFOW.size));
    expect(world.code(world.ws2.WSADuplicateSocket(s, process.pid, info))).toBe(0);
    world.ws2.closesocket(s);
    // Not opened yet, and still a reference.
    const other = world.track(open(world, group));
    expect(world.connect(other, there)).toBe(WSAEINVAL);
    const twin = world.track(world.ws2.WSASocket(-1, -1, -1, info, 0, WSA_FLAG_OVERLAPPED));
    expect(groupOf(world, twin)).toBe(group);
    world.ws2.closesocket(other);
    expect(groupsInFile()).toContain(group);
    world.ws2.closesocket(twin);
    world.settle();
    expect(groupsInFile()).not.toContain(group);
  });

  on.withoutCodec('stays that of a socket which AcceptEx connects', (world) => {
    const { s: listener, name } = world.listener();
    const acceptor = world.track(open(world, SG_CONSTRAINED_GROUP));
    const group = groupOf(world, acceptor);
    const other = world.track(open(world, group));
    const there = listenerAt(world, '127.0.0.2');
    const room = new Uint8Array(128);
    const overlapped = new WSAOVERLAPPED();
    world.ws2.AcceptEx(listener, acceptor, room, 0, 32, 32, ref(0), overlapped);
    connectFrom(world, '127.0.0.1', name);
    world.until(() => overlapped.Internal !== 0x103);
    expect(overlapped.Internal).toBe(0);
    expect(groupOf(world, acceptor)).toBe(group);
    expect(world.connect(other, there)).toBe(WSAEINVAL);
  });

  on.withoutCodec('is looked at by ConnectEx too', (world) => {
    const [here, there] = [listenerAt(world, '127.0.0.1'), listenerAt(world, '127.0.0.2')];
    const first = world.track(open(world, SG_CONSTRAINED_GROUP));
    const second = world.track(open(world, groupOf(world, first)));
    expect(world.connect(first, here)).toBe(0);
    expect(world.code(world.ws2.bind(second, world.freeName(), 16))).toBe(0);
    const failed = world.ws2.ConnectEx(second, there, 16, null, 0, ref(0), new WSAOVERLAPPED());
    expect([failed, world.ws2.WSAGetLastError()]).toEqual([false, WSAEINVAL]);
    const overlapped = new WSAOVERLAPPED();
    world.ws2.ConnectEx(second, here, 16, null, 0, ref(0), overlapped);
    world.until(() => overlapped.Internal !== 0x103);
    expect(overlapped.Internal).toBe(0);
  });

  on.it('goes with the instance', (world) => {
    const other = new World(on.base, on.chain);
    const group = groupOf(other, other.track(open(other, SG_UNCONSTRAINED_GROUP)));
    expect(groupsInFile()).toContain(group);
    other.abandon();
    world.settle();
    expect(groupsInFile()).not.toContain(group);
  });
});

test(
  'a group is its provider’s: others do not know its number',
  inWorld('memory', (world) => {
    const group = groupOf(world, world.track(open(world, SG_UNCONSTRAINED_GROUP)));
    const native = new World('tcpip');
    expect(open(native, group)).toBe(INVALID_SOCKET);
    expect(native.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    native.close();
    // Another network is another provider, as far as groups go.
    const elsewhere = new World('memory', undefined, { network: createMemoryNetwork() });
    expect(open(elsewhere, group)).toBe(INVALID_SOCKET);
    expect(elsewhere.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    elsewhere.close();
  }),
);

test(
  'instances of one network share its groups',
  inWorld('memory', (world) => {
    const group = groupOf(world, world.track(open(world, SG_UNCONSTRAINED_GROUP)));
    const neighbour = new World('memory', undefined, { network: world.network! });
    expect(groupOf(neighbour, neighbour.track(open(neighbour, group)))).toBe(group);
    neighbour.abandon();
    expect(groupsInFile()).toContain(group);
  }),
);

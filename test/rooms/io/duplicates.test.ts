// WSADuplicateSocket (specification; measured behaviour 1.4, 1.6, 25.10).
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createWs2_32,
  WSACMSGHDR,
  WSA_CMSG_SPACE,
  WSA_CMSG_LEN,
  IPPROTO_IP,
  IP_TTL,
  FD_READ,
  FD_WRITE,
  FROM_PROTOCOL_INFO,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SO_KEEPALIVE,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import {
  describeOnEveryChain,
  describeOnEveryProvider,
  descriptors,
  inWorld,
  type World,
} from '../../support/providers.js';

function describeFor(world: World, s: number, processId = process.pid): WSAPROTOCOL_INFO {
  const info: Partial<WSAPROTOCOL_INFO> = {};
  expect(world.code(world.ws2.WSADuplicateSocket(s, processId, info))).toBe(0);
  return JSON.parse(JSON.stringify(info)) as WSAPROTOCOL_INFO;
}

function open(world: World, info: WSAPROTOCOL_INFO): number {
  const from = FROM_PROTOCOL_INFO;
  return world.track(world.ws2.WSASocket(from, from, from, info, 0, WSA_FLAG_OVERLAPPED));
}

function duplicate(world: World, s: number): number {
  return open(world, describeFor(world, s));
}

describeOnEveryChain('a duplicated socket', ({ it }) => {
  it('is the same connection under another handle', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const other = duplicate(world, client);
    expect(other).not.toBe(client);
    expect(world.nameOf(other)).toEqual(world.nameOf(client));
    world.send(other, 'by one, ');
    world.send(client, 'by the other');
    expect(world.receiveAll(server, 20)).toBe('by one, by the other');
    world.send(server, 'for whoever asks');
    expect(world.receiveAll(other, 8)).toBe('for whoe');
    expect(world.receiveAll(client, 8)).toBe('ver asks');
    const peer = new Uint8Array(128);
    expect(world.code(ws2.getpeername(other, peer, ref(128)))).toBe(0);
    expect(parseSockaddr(peer).port).toBe(world.portOf(server));
  });

  it('keeps the connection until the last handle is closed', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const others = [duplicate(world, client), duplicate(world, client)];
    ws2.closesocket(client);
    expect(world.code(ws2.getsockname(client, new Uint8Array(128), ref(128)))).toBe(WSAENOTSOCK);
    world.send(others[0]!, 'still');
    ws2.closesocket(others[0]!);
    world.send(others[1]!, ' here');
    ws2.closesocket(others[1]!);
    expect(world.receiveAll(server, 10)).toBe('still here');
    expect(world.receive(server)).toBe('');
  });

  it('is opened once', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    const info = describeFor(world, client);
    open(world, info);
    world.settle();
    expect(ws2.WSASocket(-1, -1, -1, info, 0, 0)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });

  it('can be opened after the first was closed', (world) => {
    const { client, server } = world.connectedPair();
    const info = describeFor(world, client);
    world.ws2.closesocket(client);
    world.settle();
    const other = open(world, info);
    world.send(other, 'late');
    expect(world.receiveAll(server, 4)).toBe('late');
  });

  it('has a mode and a registration of its own', (world) => {
    const { client, server } = world.connectedPair();
    const other = duplicate(world, client);
    const hEvent = world.event();
    expect(world.eventSelect(other, hEvent, FD_READ | FD_WRITE)).toBe(0);
    expect(world.networkEvents(other, hEvent)).toMatchObject({ WRITE: 0 });
    world.send(server, 'news');
    world.until(() => world.signalled(hEvent));
    expect(world.networkEvents(other, hEvent)).toEqual({ READ: 0 });
    // The first is still blocking.
    expect(world.receiveAll(client, 4)).toBe('news');
    const operation = new WSAOVERLAPPED();
    const bytes = new Uint8Array(10);
    world.ws2.WSARecv(client, [{ len: 10, buf: bytes }], 1, null, ref(0), operation, null);
    world.ws2.closesocket(other);
    world.send(server, 'more');
    world.until(() => operation.Internal === 0);
    expect(operation.InternalHigh).toBe(4);
  });

  it('of a listener accepts too', (world) => {
    const { s: listener, name } = world.listener();
    const other = duplicate(world, listener);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(other);
    world.send(client, 'x');
    expect(world.receiveAll(server, 1)).toBe('x');
    world.ws2.closesocket(listener);
    const second = world.tcpSocket();
    expect(world.connect(second, name)).toBe(0);
    world.accept(other);
  });

  it('has the options of the first', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    ws2.setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, Uint8Array.of(1, 0, 0, 0), 4);
    const other = duplicate(world, client);
    const value = new Uint8Array(4);
    expect(world.code(ws2.getsockopt(other, SOL_SOCKET, SO_KEEPALIVE, value, ref(4)))).toBe(0);
    expect(value[0]).toBe(1);
  });

  it('is refused for what is not a socket, process or structure', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    expect(world.code(ws2.WSADuplicateSocket(INVALID_SOCKET, process.pid, {}))).toBe(WSAENOTSOCK);
    expect(world.code(ws2.WSADuplicateSocket(client, 0x3ffffffe, {}))).toBe(WSAEINVAL);
    expect(world.code(ws2.WSADuplicateSocket(client, process.pid, null as never))).toBe(WSAEFAULT);
  });

  it('and the first see the options that either sets', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    const other = duplicate(world, client);
    const read = (s: number): number => {
      const value = new Uint8Array(4);
      expect(world.code(ws2.getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, value, ref(4)))).toBe(0);
      return value[0]!;
    };
    for (const [s, on] of [
      [client, 1],
      [other, 0],
      [client, 1],
      [other, 1],
      [client, 0],
    ] as const) {
      expect(world.code(ws2.setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, Uint8Array.of(on, 0, 0, 0), 4))).toBe(0);
      expect([read(client), read(other)]).toEqual([on, on]);
    }
  });

  it('that nobody opens is forgotten with its instance', (world) => {
    const { client, server } = world.connectedPair();
    describeFor(world, client);
    world.ws2.closesocket(client);
    world.send(server, 'into the void');
    expect(world.ws2.WSACleanup()).toBe(0);
    expect(world.ws2.WSAStartup(0x0202, {})).toBe(0);
  });
});

describeOnEveryProvider('a duplicated datagram socket', ({ it }) => {
  it('sends control messages by each of its handles', (world) => {
    const { s, name } = world.boundUdp();
    const control = new Uint8Array(WSA_CMSG_SPACE(4));
    WSACMSGHDR.encodeInto({ cmsg_len: WSA_CMSG_LEN(4), cmsg_level: IPPROTO_IP, cmsg_type: IP_TTL }, control, 0);
    control[WSA_CMSG_LEN(0)] = 7;
    for (const handle of [s, duplicate(world, s), s]) {
      const message = {
        name,
        namelen: name.length,
        lpBuffers: [{ len: 1, buf: Uint8Array.of(120) }],
        dwBufferCount: 1,
        Control: { len: control.length, buf: control },
        dwFlags: 0,
      };
      expect(world.code(world.ws2.WSASendMsg(handle, message, 0, ref(0), null, null))).toBe(0);
      expect(world.receive(s)).toBe('x');
    }
  });
});

describeOnEveryProvider('a socket duplicated for another instance', ({ it }) => {
  it('is used there, and outlives its first instance', (world) => {
    const { ws2, network, clock, base } = world;
    const own = network === null ? {} : { network, clock: clock! };
    const second = createWs2_32({ base, catalog: 'memory', ...own });
    expect(second.WSAStartup(0x0202, {})).toBe(0);
    const { client, server } = world.connectedPair();
    const info = describeFor(world, client);
    const other = second.WSASocket(-1, -1, -1, info, 0, WSA_FLAG_OVERLAPPED);
    expect(other, `error ${second.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    ws2.closesocket(client);
    expect(second.send(other, Buffer.from('from afar'), 9, 0)).toBe(9);
    expect(world.receiveAll(server, 9)).toBe('from afar');
    expect(second.closesocket(other)).toBe(0);
    expect(world.receive(server)).toBe('');
    second[Symbol.dispose]();
  });

  it('survives the binary layout', (world) => {
    const { client, server } = world.connectedPair();
    const info = WSAPROTOCOL_INFOW.decode(WSAPROTOCOL_INFOW.encode(describeFor(world, client)));
    const other = open(world, info);
    world.send(other, 'x');
    expect(world.receiveAll(server, 1)).toBe('x');
  });
});

test(
  'protocol information that was made up opens nothing, and leaves other descriptors alone',
  inWorld('tcpip', (world) => {
    const { client } = world.connectedPair();
    const info = describeFor(world, client);
    const path = join(tmpdir(), `ws2spi-forged-${process.pid}`);
    const file = openSync(path, 'w');
    try {
      for (const forged of [
        { dwProviderReserved: file, dwServiceFlags2: -1, dwServiceFlags3: file },
        { dwProviderReserved: file, dwServiceFlags2: 0xffffffff, dwServiceFlags3: file },
        { dwProviderReserved: 0x7ffffff0 },
        { dwServiceFlags2: 12345 },
        { dwServiceFlags3: 'x' as never },
        { dwServiceFlags4: NaN },
        { dwServiceFlags4: 0x7ffffff0 },
      ]) {
        expect(world.code(world.ws2.WSASocket(-1, -1, -1, { ...info, ...forged }, 0, 0))).toBe(WSAEINVAL);
      }
      expect(fstatSync(file).size).toBe(0);
    } finally {
      closeSync(file);
      unlinkSync(path);
    }
    open(world, info);
  }),
);

/** Another process with an instance of its own. */
class OtherProcess {
  readonly #child: ChildProcess;

  private constructor() {
    const dist = new URL('../../../dist/index.js', import.meta.url).href;
    this.#child = fork(new URL('./fixtures/duplicate-child.mjs', import.meta.url), [dist]);
  }

  static async start(): Promise<OtherProcess> {
    const other = new OtherProcess();
    await once(other.#child, 'message');
    return other;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async do(task: string, info: WSAPROTOCOL_INFO): Promise<{ received?: string; error?: number; again?: number }> {
    const answer = once(this.#child, 'message');
    this.#child.send({ task, info });
    return ((await answer) as [{ received?: string; error?: number; again?: number }])[0];
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}

describe('a socket duplicated for another process', () => {
  const inOtherProcess =
    (body: (world: World, other: OtherProcess) => Promise<void>): (() => Promise<void>) =>
    async () => {
      const other = await OtherProcess.start();
      try {
        await inWorld('tcpip', (world) => body(world, other))();
      } finally {
        await other.end();
      }
    };

  test(
    'is really used there, once',
    inOtherProcess(async (world, other) => {
      const { client, server } = world.connectedPair();
      const info = describeFor(world, client, other.pid);
      world.ws2.closesocket(client);
      world.send(server, 'to whom it may concern');
      const answer = await other.do('talk', info);
      expect(answer).toEqual({ received: 'to whom it may concern', again: WSAEINVAL });
      expect(world.receiveAll(server, 22)).toBe('from the other process');
      expect(world.receive(server)).toBe('');
    }),
  );

  test(
    'accepts there when it listens',
    inOtherProcess(async (world, other) => {
      const { s: listener, name } = world.listener();
      const info = describeFor(world, listener, other.pid);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      await other.do('accept', info);
      expect(world.receiveAll(client, 18)).toBe('accepted elsewhere');
      // It still listens here.
      expect(world.connect(world.tcpSocket(), name)).toBe(0);
      world.accept(listener);
    }),
  );

  test(
    'receives datagrams there',
    inOtherProcess(async (world, other) => {
      const { s, name } = world.boundUdp();
      const info = describeFor(world, s, other.pid);
      world.ws2.sendto(s, Buffer.from('datagram'), 8, 0, name, 16);
      expect(await other.do('receive', info)).toMatchObject({ received: 'datagram' });
    }),
  );

  test(
    'is refused when the description is another socket by now',
    inOtherProcess(async (world, other) => {
      const { client } = world.connectedPair();
      const info = describeFor(world, client, other.pid);
      const forged = { ...info, dwServiceFlags2: (info.dwServiceFlags2 ^ 1) >>> 0 };
      expect(await other.do('talk', forged)).toEqual({ error: WSAEINVAL });
      world.ws2.WSACleanup();
      world.ws2.WSAStartup(0x0202, {});
    }),
  );

  test('is given up when that process ends without taking it', async () => {
    await inWorld('tcpip', async (world) => {
      const { client } = world.connectedPair();
      const before = descriptors();
      const other = await OtherProcess.start();
      describeFor(world, client, other.pid);
      await other.end();
      world.until(() => descriptors() === before);
    })();
  });
});

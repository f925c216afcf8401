import { describe, expect, it } from 'vitest';
import {
  createWs2_32,
  INSTANCE,
  INVALID_SOCKET,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVALIDPROCTABLE,
  WSAEINVALIDPROVIDER,
  WSAEPROVIDERFAILEDINIT,
  WSASYSCALLFAILURE,
  type WSPPROC_TABLE,
  type Ws2_32,
} from 'ws2spi';
import { fakeInstance, fakeSocket } from './fake-provider.js';
import { refusingProxy, THROWN_AGAIN } from '../../support/throws-again.js';

const boom = (): never => {
  throw new Error('boom');
};

const bytes = new Uint8Array(8);
const CALLS: [keyof WSPPROC_TABLE, (ws2: Ws2_32, s: number) => unknown][] = [
  ['lpWSPAccept', (ws2, s) => ws2.accept(s, null, null)],
  ['lpWSPBind', (ws2, s) => ws2.bind(s, bytes, 8)],
  ['lpWSPCloseSocket', (ws2, s) => ws2.closesocket(s)],
  ['lpWSPConnect', (ws2, s) => ws2.connect(s, bytes, 8)],
  ['lpWSPDuplicateSocket', (ws2, s) => ws2.WSADuplicateSocket(s, 1, {})],
  ['lpWSPEnumNetworkEvents', (ws2, s) => ws2.WSAEnumNetworkEvents(s, null, {})],
  ['lpWSPEventSelect', (ws2, s) => ws2.WSAEventSelect(s, null, 0)],
  ['lpWSPAsyncSelect', (ws2, s) => ws2.WSAAsyncSelect(s, 0, 0, 0)],
  [
    'lpWSPGetOverlappedResult',
    (ws2, s) => ws2.WSAGetOverlappedResult(s, {} as never, { value: 0 }, false, { value: 0 }),
  ],
  ['lpWSPGetPeerName', (ws2, s) => ws2.getpeername(s, bytes, { value: 8 })],
  ['lpWSPGetSockName', (ws2, s) => ws2.getsockname(s, bytes, { value: 8 })],
  ['lpWSPGetSockOpt', (ws2, s) => ws2.getsockopt(s, 1, 1, bytes, { value: 8 })],
  ['lpWSPSetSockOpt', (ws2, s) => ws2.setsockopt(s, 1, 1, bytes, 8)],
  ['lpWSPIoctl', (ws2, s) => ws2.ioctlsocket(s, 1, { value: 0 })],
  ['lpWSPIoctl', (ws2, s) => ws2.WSAIoctl(s, 1, null, 0, null, 0, { value: 0 }, null, null)],
  ['lpWSPJoinLeaf', (ws2, s) => ws2.WSAJoinLeaf(s, bytes, 8, null, null, null, null, 4)],
  ['lpWSPGetQOSByName', (ws2, s) => ws2.WSAGetQOSByName(s, { len: 8, buf: bytes }, {})],
  ['lpWSPListen', (ws2, s) => ws2.listen(s, 1)],
  ['lpWSPRecv', (ws2, s) => ws2.recv(s, bytes, 8, 0)],
  ['lpWSPRecv', (ws2, s) => ws2.WSARecv(s, [{ len: 8, buf: bytes }], 1, { value: 0 }, { value: 0 }, null, null)],
  ['lpWSPRecv', (ws2, s) => ws2.WSARecvEx(s, bytes, 8, { value: 0 })],
  ['lpWSPRecvDisconnect', (ws2, s) => ws2.WSARecvDisconnect(s, null)],
  ['lpWSPRecvFrom', (ws2, s) => ws2.recvfrom(s, bytes, 8, 0, null, null)],
  [
    'lpWSPRecvFrom',
    (ws2, s) => ws2.WSARecvFrom(s, [{ len: 8, buf: bytes }], 1, { value: 0 }, { value: 0 }, null, null, null, null),
  ],
  ['lpWSPSelect', (ws2, s) => ws2.select(0, { fd_count: 1, fd_array: [s] }, null, null, null)],
  ['lpWSPSend', (ws2, s) => ws2.send(s, bytes, 8, 0)],
  ['lpWSPSend', (ws2, s) => ws2.WSASend(s, [{ len: 8, buf: bytes }], 1, { value: 0 }, 0, null, null)],
  ['lpWSPSendDisconnect', (ws2, s) => ws2.WSASendDisconnect(s, null)],
  ['lpWSPSendTo', (ws2, s) => ws2.sendto(s, bytes, 8, 0, bytes, 8)],
  ['lpWSPSendTo', (ws2, s) => ws2.WSASendTo(s, [{ len: 8, buf: bytes }], 1, { value: 0 }, 0, bytes, 8, null, null)],
  ['lpWSPShutdown', (ws2, s) => ws2.shutdown(s, 1)],
  ['lpWSPSocket', (ws2) => ws2.socket(2, 1, 6)],
  ['lpWSPAddressToString', (ws2) => ws2.WSAAddressToString(new Uint8Array([2, 0]), 2, null, null, { value: 9 })],
  ['lpWSPStringToAddress', (ws2) => ws2.WSAStringToAddress('x', 2, null, bytes, { value: 8 })],
];

const FAILURES = [-1, false, INVALID_SOCKET];

describe.each(CALLS)('%s', (name, call) => {
  const failed = (does: () => unknown): { error: number; messages: string[]; last: number } => {
    const { ws2, s, fake, defects } = fakeSocket();
    fake.overrides[name] = does as never;
    expect(FAILURES).toContain(call(ws2, s));
    const error = ws2.WSAGetLastError();
    // The instance goes on working.
    delete fake.overrides[name];
    expect(FAILURES).not.toContain(call(ws2, s));
    return { error, messages: defects.map(({ message }) => message), last: ws2.WSAGetLastError() };
  };

  it('is contained when it throws', () => {
    const { error, messages, last } = failed(boom);
    expect([error, last]).toEqual([WSASYSCALLFAILURE, 0]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`${name.slice(2)} of provider "ws2spi Memory [TCP/IP]" threw: `);
  });

  it('is a defect when it fails without an error', () => {
    const failure = /GetOverlappedResult|GetQOSByName/.test(name)
      ? false
      : /WSPSocket|WSPAccept|WSPJoinLeaf/.test(name)
        ? INVALID_SOCKET
        : -1;
    const { error, messages } = failed(() => failure);
    expect(error).toBe(WSASYSCALLFAILURE);
    expect(messages).toHaveLength(1);
  });

  it.each(['yes', {}, 5n, Symbol('true'), boom])(
    'is a defect when it returns %s, which JavaScript takes for true',
    (answer) => {
      const { error, messages } = failed(() => answer);
      expect(error).toBe(WSASYSCALLFAILURE);
      expect(messages).toHaveLength(1);
    },
  );

  it('is a defect when it returns what it must not', () => {
    const { error, messages } = failed(() => (name === 'lpWSPGetOverlappedResult' ? undefined : NaN));
    expect(error).toBe(WSASYSCALLFAILURE);
    expect(messages).toHaveLength(1);
  });
});

describe('the number of bytes', () => {
  it.each([9, -1, 1.5, NaN, Infinity, '4', null, undefined])(
    'of a receive cannot be %s for 8 bytes of room',
    (count) => {
      const { ws2, s, fake, defects } = fakeSocket();
      fake.overrides.lpWSPRecv = (...args) => ((args[3]!.value = count as number), 0);
      expect(ws2.recv(s, bytes, 8, 0)).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
      const received = { value: 0 };
      expect(ws2.WSARecv(s, [{ len: 8, buf: bytes }], 1, received, { value: 0 }, null, null)).toBe(-1);
      expect(received.value).toBe(0);
      // Told once, however often it is tried.
      expect(defects.map(({ socket }) => socket)).toEqual([s]);
    },
  );
});

describe('starting a provider', () => {
  const start = (prepare: (instance: ReturnType<typeof fakeInstance>) => void) => {
    const instance = fakeInstance();
    prepare(instance);
    instance.ws2.WSAStartup(0x0202, {});
    expect(instance.ws2.socket(2, 1, 6)).toBe(INVALID_SOCKET);
    return { ...instance, error: instance.ws2.WSAGetLastError() };
  };

  it('is WSAEINVALIDPROCTABLE when a member is missing, which is named', () => {
    const { error, defects, fake } = start((instance) => {
      instance.fake.finish = (_data, table) => (delete table.lpWSPListen, 0);
    });
    expect(error).toBe(WSAEINVALIDPROCTABLE);
    expect(defects[0]?.message).toContain('lpWSPListen');
    expect(fake.calls).toEqual(['lpWSPCleanup']);
  });

  it('is WSAEINVALIDPROVIDER when it wants another version', () => {
    const { error, fake } = start((instance) => {
      instance.fake.finish = (data) => ((data.wVersion = 0x0102), 0);
    });
    expect(error).toBe(WSAEINVALIDPROVIDER);
    expect(fake.calls).toEqual(['lpWSPCleanup']);
  });

  it('is WSAEPROVIDERFAILEDINIT when WSPStartup throws or fails, which is reported', () => {
    const thrown = start((instance) => {
      instance.fake.finish = boom;
    });
    expect(thrown.error).toBe(WSAEPROVIDERFAILEDINIT);
    expect(thrown.defects[0]?.cause).toBeInstanceOf(Error);
    const failing = start((instance) => {
      instance.fake.finish = () => 10091;
    });
    expect(failing.error).toBe(WSAEPROVIDERFAILEDINIT);
    expect(failing.defects[0]?.message).toContain('WSASYSNOTREADY');
  });

  it.each([
    ['a version', (data: object) => void Object.defineProperty(data, 'wVersion', { get: refusingProxy() })],
    ['a version that is none', (data: object) => void Object.assign(data, { wVersion: refusingProxy() })],
    [
      'a member',
      (_: object, table: object) => void Object.defineProperty(table, 'lpWSPSend', { get: refusingProxy() }),
    ],
  ])('is a failure of its own when it answers with %s that throws when it is read', (_what, spoil) => {
    const { error, defects } = start((instance) => {
      instance.fake.finish = (data, table) => (spoil(data, table), 0);
    });
    expect([WSAEPROVIDERFAILEDINIT, WSAEINVALIDPROVIDER]).toContain(error);
    expect(defects[0]?.message).toMatch(/failed to start: /);
  });

  it.each(THROWN_AGAIN)('is a failure of its own when WSPStartup throws %s', (_what, make) => {
    const { error, defects } = start((instance) => {
      instance.fake.finish = () => {
        throw make();
      };
    });
    expect(error).toBe(WSAEPROVIDERFAILEDINIT);
    expect(defects[0]?.message).toMatch(/WSPStartup threw/);
  });

  it('reads each member of the table once: a getter may answer otherwise the next time', () => {
    const { ws2, fake, defects } = fakeInstance();
    fake.finish = (_data, table) => {
      const { lpWSPSend } = table;
      let reads = 0;
      Object.defineProperty(table, 'lpWSPSend', { get: () => (reads++ === 0 ? lpWSPSend : 5) });
      return 0;
    };
    ws2.WSAStartup(0x0202, {});
    expect(ws2.send(ws2.socket(2, 1, 6), bytes, 4, 0)).toBe(4);
    expect(defects).toEqual([]);
  });

  it('is tried again at the next socket', () => {
    const { ws2, fake } = start((instance) => {
      instance.fake.finish = () => 10091;
    });
    fake.finish = () => 0;
    expect(ws2.socket(2, 1, 6)).not.toBe(INVALID_SOCKET);
  });

  it('copies the table, so that later changes do no harm', () => {
    const { ws2, fake } = fakeInstance();
    let table: Partial<WSPPROC_TABLE> = {};
    fake.finish = (_data, given) => ((table = given), 0);
    ws2.WSAStartup(0x0202, {});
    const s = ws2.socket(2, 1, 6);
    table.lpWSPListen = boom;
    expect(ws2.listen(s, 1)).toBe(0);
  });

  it('happens once per provider GUID, with version 2.2 and the entry', () => {
    const { ws2, fake } = fakeInstance();
    ws2.WSAStartup(0x0202, {});
    expect(fake.starts).toHaveLength(0);
    ws2.socket(2, 1, 6);
    ws2.socket(2, 2, 17);
    expect(fake.starts).toHaveLength(1);
    const [first] = fake.starts;
    expect([first?.version, first?.info.dwCatalogEntryId, first?.upcalls.host.entry?.dwCatalogEntryId]).toEqual([
      0x0202, 1001, 1001,
    ]);
  });
});

describe('a listener of defects', () => {
  it('may call the API without disturbing the last error', () => {
    const { ws2, s, fake } = fakeSocket();
    fake.overrides.lpWSPListen = boom;
    ws2.on('defect', () => ws2.shutdown(s, 0));
    ws2.listen(s, 1);
    expect(ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
  });
});

describe('calls inside calls', () => {
  it('have their own bytes, flags and errors', () => {
    const { ws2, s, fake } = fakeSocket();
    fake.overrides.lpWSPRecv = (...args) => {
      args[3]!.value = 3;
      fake.overrides.lpWSPRecv = (...inner) => ((inner[8].value = WSAECONNRESET), -1);
      expect(ws2.recv(s, new Uint8Array(1), 1, 0)).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSAECONNRESET);
      expect(ws2.send(s, new Uint8Array(2), 2, 0)).toBe(2);
      expect(args[1][0]!.len).toBe(8);
      return 0;
    };
    expect(ws2.recv(s, bytes, 8, 0)).toBe(3);
    expect(ws2.WSAGetLastError()).toBe(0);
  });
});

describe('arguments of transfers', () => {
  it('reach the provider as they are', () => {
    const { ws2, s, fake } = fakeSocket();
    const data = new Uint8Array(5);
    let seen: unknown[] = [];
    fake.overrides.lpWSPSend = (_s, given, count, sent, flags, overlapped, routine) => {
      seen = [{ ...given[0] }, count, flags, overlapped, routine];
      sent!.value = 2;
      return 0;
    };
    expect(ws2.send(s, data, 3, 1)).toBe(2);
    expect(seen).toEqual([{ len: 3, buf: data }, 1, 1, null, null]);
    expect((seen[0] as { buf: Uint8Array }).buf).toBe(data);
  });

  it.each([
    [new Uint8Array(4), 5],
    [new Uint8Array(4), -1],
    [new Uint8Array(4), 1.5],
    [new Uint8Array(4), NaN],
    [new Uint8Array(4), '4'],
    [null, 1],
    ['text', 4],
    [new ArrayBuffer(4), 4],
    [[1, 2], 2],
  ])('%j of length %s is WSAEFAULT', (buf, len) => {
    const { ws2, s, fake } = fakeSocket();
    fake.calls.length = 0;
    for (const call of [ws2.send, ws2.recv]) {
      expect(call(s, buf as Uint8Array, len as number, 0)).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    }
    const buffers = [{ len, buf }] as never;
    expect(ws2.WSASend(s, buffers, 1, { value: 0 }, 0, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(fake.calls).toEqual([]);
  });

  it('may be a null buffer of length 0', () => {
    const { ws2, s, fake } = fakeSocket();
    expect(ws2.send(s, null, 0, 0)).toBe(0);
    expect(ws2.recv(s, null, 0, 0)).toBe(0);
    const caller = [
      { len: 0, buf: null as never },
      { len: 1, buf: bytes },
    ];
    expect(ws2.WSARecv(s, caller, 2, { value: 0 }, { value: 0 }, null, null)).toBe(0);
    expect((fake.last.get('lpWSPRecv')![1] as { buf: unknown }[])[0]!.buf).toBeInstanceOf(Uint8Array);
    expect(caller[0]!.buf).toBeNull();
  });

  it('must leave room for the count, unless the call is overlapped', () => {
    const { ws2, s } = fakeSocket();
    const buffers = [{ len: 8, buf: bytes }];
    expect(ws2.WSARecv(s, buffers, 1, null, { value: 0 }, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.WSARecv(s, buffers, 1, null, { value: 0 }, {} as never, null)).toBe(0);
    expect(ws2.WSARecv(s, buffers, 0, { value: 0 }, { value: 0 }, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(10022);
    expect(ws2.WSARecv(s, buffers, 2, { value: 0 }, { value: 0 }, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });

  it('are no addresses on a connection-oriented socket, not even garbage', () => {
    const { ws2, s, fake } = fakeSocket();
    const garbage = new Uint8Array(16).fill(0xfe);
    const length = { value: 0xc0ffee11 };
    expect(ws2.sendto(s, bytes, 8, 0, garbage, 0xc0ffee)).toBe(8);
    expect(ws2.recvfrom(s, bytes, 8, 0, garbage, length)).toBe(0);
    expect(length.value).toBe(0xc0ffee11);
    expect(fake.last.get('lpWSPRecvFrom')!.slice(5, 7)).toEqual([null, null]);
    const datagram = ws2.socket(2, 2, 17);
    expect(ws2.sendto(datagram, bytes, 8, 0, garbage, 17)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.recvfrom(datagram, bytes, 8, 0, garbage, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });

  it('have no place for MSG_PARTIAL in recv, so that it fails', () => {
    const { ws2, s, fake } = fakeSocket();
    fake.overrides.lpWSPRecv = (...args) => ((args[3]!.value = 8), (args[4].value = 0x8000), 0);
    expect(ws2.recv(s, bytes, 8, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(10040);
  });
});

describe('A defect that nobody listens for', () => {
  it('is a warning of the process, with its cause', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    ws2[INSTANCE].providerHost.report({ message: 'something broke', cause: new Error('because') });
    const warning = await warned;
    expect([warning.name, warning.message]).toEqual(['Ws2spiDefect', 'something broke: because']);
    ws2[Symbol.dispose]();
  });

  it('is none when somebody does', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const defects: string[] = [];
    ws2.on('defect', ({ message }) => defects.push(message));
    ws2[INSTANCE].providerHost.report({ message: 'heard' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect([defects, warnings]).toEqual([['heard'], []]);
    ws2[Symbol.dispose]();
  });
});

// How values of C look in TypeScript: what programs outside rely on, a row of the calling conventions each.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as ws2spi from 'ws2spi';
import {
  AF_INET,
  AF_INET6,
  CF_ACCEPT,
  createWs2_32,
  FD_CLR,
  FD_ISSET,
  FD_SET,
  fd_set,
  FD_ZERO,
  FIONBIO,
  hostent,
  INVALID_SOCKET,
  IPPROTO_TCP,
  IPPROTO_UDP,
  MAXGETHOSTSTRUCT,
  NS_ALL,
  parseSockaddr,
  protoent,
  ref,
  servent,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SO_PROTOCOL_INFO,
  SO_PROTOCOL_INFOA,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SOCKET_ERROR,
  SOL_SOCKET,
  SVCID_HOSTNAME,
  TF_USE_DEFAULT_WORKER,
  WSA_INVALID_EVENT,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOBUFS,
  WSAENOTSOCK,
  WSAGETASYNCERROR,
  WSAID_ACCEPTEX,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  WSAQUERYSETW,
  type addrinfo,
  type LPCONDITIONPROC,
  type Ref,
  type WSANETWORKEVENTS,
  type WSAPROTOCOL_INFO,
  type WSAQUERYSET,
  type Ws2_32,
} from 'ws2spi';
import { connectedPair, type ConnectedPair } from 'ws2spi/testkit';

describe.each(['memory', 'tcpip'] as const)('Values, over %s', (base) => {
  const folder = mkdtempSync(join(tmpdir(), 'ws2spi-values-'));
  let ws2: Ws2_32;
  let pair: ConnectedPair;

  beforeAll(() => {
    ws2 = createWs2_32({ base, catalog: 'memory' });
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    pair = connectedPair(ws2);
  });
  afterAll(() => {
    pair.close();
    ws2[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  const failsWith = (result: unknown, failure: unknown, code: number): void => {
    expect([result, ws2.WSAGetLastError()]).toEqual([failure, code]);
  };
  /** Calls with what TypeScript would not let through, as programs in JavaScript do. */
  const loosely = () => ws2 as unknown as Record<string, (...args: unknown[]) => unknown>;

  describe('handles', () => {
    it('are multiples of 4 and never 0, and say by INVALID_SOCKET and WSA_INVALID_EVENT that there is none', () => {
      const event = ws2.WSACreateEvent();
      const window = ws2.host.CreateWindow();
      const port = ws2.host.CreateIoCompletionPort(null, null, 0);
      for (const handle of [pair.client, pair.server, event, window, port]) {
        expect(handle).toBeGreaterThan(0);
        expect(handle % 4).toBe(0);
      }
      expect([INVALID_SOCKET, WSA_INVALID_EVENT]).toEqual([0xffffffff, 0]);
      expect([ws2.WSACloseEvent(event), ws2.host.DestroyWindow(window), ws2.host.CloseHandle(port)]).toEqual([
        true,
        true,
        true,
      ]);
    });

    it('may be null, 0 or left out where C has a null handle', () => {
      for (const nothing of [null, 0, undefined]) {
        expect(loosely()['WSAEnumNetworkEvents']!(pair.client, nothing, {})).toBe(0);
      }
    });
  });

  describe('pointers', () => {
    it('to numbers are objects with a value, which ref makes', () => {
      expect(ref(5)).toEqual({ value: 5 });
      expect(ws2.ioctlsocket(pair.client, FIONBIO, { value: 0 })).toBe(0);
      failsWith(loosely()['ioctlsocket']!(pair.client, FIONBIO, 1), SOCKET_ERROR, WSAEFAULT);
    });

    it('that are NULL are null or undefined', () => {
      for (const nothing of [null, undefined]) {
        failsWith(loosely()['WSAEnumProtocols']!(nothing, nothing, ref(0)), SOCKET_ERROR, WSAENOBUFS);
      }
    });

    it('to structures that a call fills take any object', () => {
      const data: Partial<ws2spi.WSADATA> = {};
      expect(ws2.WSAStartup(0x0202, data)).toBe(0);
      expect(ws2.WSACleanup()).toBe(0);
      expect(Object.keys(data).sort()).toEqual(
        'iMaxSockets iMaxUdpDg lpVendorInfo szDescription szSystemStatus wHighVersion wVersion'.split(' '),
      );
      const events: Partial<WSANETWORKEVENTS> = {};
      expect(ws2.WSAEnumNetworkEvents(pair.client, null, events as WSANETWORKEVENTS)).toBe(0);
      expect(events).toEqual({ lNetworkEvents: 0, iErrorCode: Array<number>(10).fill(0) });
    });
  });

  describe('bytes', () => {
    it('come with their length, and a length beyond them is WSAEFAULT', () => {
      failsWith(ws2.send(pair.client, Buffer.from('abc'), 4, 0), SOCKET_ERROR, WSAEFAULT);
      failsWith(ws2.recv(pair.client, new Uint8Array(3), 4, 0), SOCKET_ERROR, WSAEFAULT);
      expect(ws2.send(pair.client, Buffer.from('abc'), 2, 0)).toBe(2);
      expect(ws2.recv(pair.server, new Uint8Array(9), 9, 0)).toBe(2);
    });

    it('of WSABUF arrays are captured at the call, and the array is never written', () => {
      const taken = new Uint8Array(8);
      const buffers = [Object.freeze({ len: 8, buf: taken })];
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = ws2.WSACreateEvent();
      ws2.WSARecv(pair.server, Object.freeze(buffers) as typeof buffers, 1, null, ref(0), overlapped, null);
      const sent = [{ len: 2, buf: Buffer.from('hi') }];
      expect(ws2.WSASend(pair.client, sent, 1, ref(0), 0, null, null)).toBe(0);
      sent.length = 0;
      const count = ref(0);
      expect(ws2.WSAGetOverlappedResult(pair.server, overlapped, count, true, ref(0))).toBe(true);
      expect([count.value, buffers[0]!.len, taken[0]]).toEqual([2, 8, 0x68]);
      ws2.WSACloseEvent(overlapped.hEvent);
    });

    it('of options and ioctls are in the little-endian C layout', () => {
      const value = new Uint8Array(4);
      const length = ref(4);
      expect(ws2.getsockopt(pair.client, SOL_SOCKET, ws2spi.SO_TYPE, value, length)).toBe(0);
      expect([[...value], length.value]).toEqual([[1, 0, 0, 0], 4]);
      expect(ws2.setsockopt(pair.client, SOL_SOCKET, ws2spi.SO_KEEPALIVE, new Uint8Array([1, 0, 0, 0]), 4)).toBe(0);
    });

    it('of structures with all that they point to have offsets for pointers, which the codecs read', () => {
      const window = ws2.host.CreateWindow();
      const answer = (call: (room: Uint8Array) => number): Uint8Array => {
        const room = new Uint8Array(MAXGETHOSTSTRUCT);
        const task = call(room);
        const message = ws2.host.GetMessage(window)!;
        expect([message.wParam, WSAGETASYNCERROR(message.lParam)]).toEqual([task, 0]);
        return room;
      };
      const { length } = new Uint8Array(MAXGETHOSTSTRUCT);
      const found = [
        hostent.decode(answer((room) => ws2.WSAAsyncGetHostByName(window, 1, 'localhost', room, length))),
        servent.decode(answer((room) => ws2.WSAAsyncGetServByPort(window, 1, ws2.htons(80), 'tcp', room, length))),
        protoent.decode(answer((room) => ws2.WSAAsyncGetProtoByNumber(window, 1, 6, room, length))),
      ];
      expect(found).toEqual([
        expect.objectContaining({ h_addrtype: AF_INET, h_length: 4, h_addr_list: [new Uint8Array([127, 0, 0, 1])] }),
        expect.objectContaining({ s_name: 'http', s_port: ws2.htons(80), s_proto: 'tcp' }),
        expect.objectContaining({ p_name: 'tcp', p_proto: 6 }),
      ]);
      ws2.host.DestroyWindow(window);
    });
  });

  describe('names of sockets', () => {
    it('are bytes in the layout of Windows', () => {
      expect([...sockaddr_in('1.2.3.4', 0x1234)]).toEqual([2, 0, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
      const six = sockaddr_in6('::1', 0x1234, 5, 7);
      expect([six.length, six[0], six[1], six[2], six[23], six[24]]).toEqual([28, AF_INET6, 0, 0x12, 1, 7]);
      expect(parseSockaddr(six)).toMatchObject({ family: AF_INET6, address: '::1', port: 0x1234 });
    });

    it('come out into bytes and a length, which may both be null', () => {
      const name = new Uint8Array(16);
      const length = ref(16);
      expect(ws2.getsockname(pair.client, name, length)).toBe(0);
      expect([length.value, parseSockaddr(name)?.family]).toEqual([16, AF_INET]);
      const s = ws2.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
      ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16);
      const where = new Uint8Array(16);
      ws2.getsockname(s, where, ref(16));
      expect(ws2.sendto(s, Buffer.from('x'), 1, 0, where, 16)).toBe(1);
      expect(ws2.recvfrom(s, new Uint8Array(1), 1, 0, null, null)).toBe(1);
      ws2.closesocket(s);
    });
  });

  describe('arrays of structures', () => {
    const entries = (): WSAPROTOCOL_INFO[] => {
      const out: WSAPROTOCOL_INFO[] = [];
      ws2.WSAEnumProtocols(null, out, ref(1 << 20));
      return out;
    };

    it('are emptied and filled; too little room says how much there must be, and enough leaves the length', () => {
      const length = ref(0);
      failsWith(ws2.WSAEnumProtocols(null, null, length), SOCKET_ERROR, WSAENOBUFS);
      const needed = length.value;
      const out = [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}] as WSAPROTOCOL_INFO[];
      const count = ws2.WSAEnumProtocols(null, out, length);
      expect([needed, out.length, length.value]).toEqual([count * 628, count, needed]);
      length.value = 0;
      expect([ws2.WSAEnumProtocolsA(null, null, length), length.value]).toEqual([SOCKET_ERROR, count * 372]);
    });

    it('have plain objects, which count by their members, and survive JSON', () => {
      const [entry] = entries();
      const copy = JSON.parse(JSON.stringify(entry)) as WSAPROTOCOL_INFO;
      const s = ws2.WSASocket(0, 0, 0, copy, 0, 0);
      expect(s).not.toBe(INVALID_SOCKET);
      ws2.closesocket(s);
      expect(WSAPROTOCOL_INFOW.decode(WSAPROTOCOL_INFOW.encode(entry!))).toMatchObject({
        ...entry,
        ProtocolChain: { ChainLen: 1 },
      });
    });

    it('have GUIDs in capital letters, which count in any', () => {
      const [{ ProviderId }] = entries() as [WSAPROTOCOL_INFO];
      expect(ProviderId).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
      const path = ref('');
      expect(ws2.WSCGetProviderPath(ProviderId.toLowerCase(), path, ref(260), ref(0))).toBe(0);
      expect(path.value).toBe(`di:${base}`);
    });

    it('are one element long after WSALookupServiceNext', () => {
      const handle = ref(0);
      const query = { dwSize: WSAQUERYSETW.size, dwNameSpace: NS_ALL, lpServiceClassId: SVCID_HOSTNAME };
      expect(ws2.WSALookupServiceBegin(query as WSAQUERYSET, ws2spi.LUP_RETURN_NAME, handle)).toBe(0);
      const length = ref(0);
      failsWith(ws2.WSALookupServiceNext(handle.value, 0, length, null), SOCKET_ERROR, WSAEFAULT);
      const out = [{}, {}] as WSAQUERYSET[];
      expect(ws2.WSALookupServiceNext(handle.value, 0, length, out)).toBe(0);
      expect(out).toEqual([expect.objectContaining({ lpszServiceInstanceName: expect.any(String) as string })]);
      expect(ws2.WSALookupServiceEnd(handle.value)).toBe(0);
    });

    it('SO_PROTOCOL_INFO is the W form', () => {
      const needed = [SO_PROTOCOL_INFO, SO_PROTOCOL_INFOA].map((option) => {
        const length = ref(100);
        failsWith(
          ws2.getsockopt(pair.client, SOL_SOCKET, option, new Uint8Array(700), length),
          SOCKET_ERROR,
          WSAEFAULT,
        );
        return length.value;
      });
      expect(needed).toEqual([628, 372]);
    });
  });

  describe('structures that are returned', () => {
    it('are fresh for every call, null on failure, with ports in network order and addresses as bytes', () => {
      const service = ws2.getservbyname('http', 'tcp');
      expect(service).toEqual(expect.objectContaining({ s_name: 'http', s_port: ws2.htons(80) }));
      expect(ws2.getservbyname('http', 'tcp')).not.toBe(service);
      expect(ws2.getservbyname('no-such-service', 'tcp')).toBeNull();
      expect(ws2.gethostbyname('localhost')!.h_addr_list).toEqual([new Uint8Array([127, 0, 0, 1])]);
    });
  });

  describe('text that comes out', () => {
    it('has its length by value or by pointer as in C, in characters; WSAAddressToString counts the NUL', () => {
      const out = ref('');
      expect(ws2.gethostname(out, 256)).toBe(0);
      failsWith(ws2.gethostname({ value: '' }, out.value.length), SOCKET_ERROR, WSAEFAULT);
      const length = ref(40);
      expect(ws2.WSAAddressToString(sockaddr_in('1.2.3.4', 80), 16, null, out, length)).toBe(0);
      expect([out.value, length.value]).toEqual(['1.2.3.4:80', 11]);
      expect(ws2.inet_ntop(AF_INET, new Uint8Array([1, 2, 3, 4]), out, 16)).toBe('1.2.3.4');
      const info: WSAPROTOCOL_INFO[] = [];
      ws2.WSAEnumProtocols(null, info, ref(1 << 20));
      length.value = 260;
      expect(ws2.WSCGetProviderPath(info[0]!.ProviderId, out, length, ref(0))).toBe(0);
      expect(length.value).toBe(out.value.length);
    });
  });

  describe('fd_set', () => {
    it('has only its first fd_count read, and is rewritten in place; FD_ISSET is 0 or 1', () => {
      const set = new fd_set();
      FD_ZERO(set);
      FD_SET(pair.client, set);
      expect([FD_ISSET(pair.client, set), FD_ISSET(pair.server, set)]).toEqual([1, 0]);
      set.fd_array[1] = 12345678;
      expect(ws2.select(0, null, set, null, { tv_sec: 0, tv_usec: 0 })).toBe(1);
      expect([set.fd_count, set.fd_array[0]]).toEqual([1, pair.client]);
      FD_CLR(pair.client, set);
      expect(set.fd_count).toBe(0);
      const array = [pair.client];
      const plain = { fd_count: 1, fd_array: array };
      expect(ws2.select(0, null, plain, null, null)).toBe(1);
      expect(plain.fd_array).toBe(array);
    });

    it('may have more than 64', () => {
      const sockets = Array.from({ length: 70 }, () => ws2.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP));
      for (const s of sockets) ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16);
      const set = new fd_set();
      for (const s of sockets) FD_SET(s, set);
      expect(ws2.select(0, null, set, null, { tv_sec: 0, tv_usec: 0 })).toBe(70);
      for (const s of sockets) ws2.closesocket(s);
    });
  });

  describe('overlapped operations', () => {
    it('have the caller’s own object, and tell a routine error, count, object and flags', () => {
      expect(Object.keys(new WSAOVERLAPPED())).toEqual(['Internal', 'InternalHigh', 'Offset', 'OffsetHigh', 'hEvent']);
      const overlapped = { Internal: 0, InternalHigh: 0, Offset: 0, OffsetHigh: 0, hEvent: 0 };
      const told: unknown[][] = [];
      const room = [{ len: 4, buf: new Uint8Array(4) }];
      ws2.WSARecv(pair.server, room, 1, null, ref(0), overlapped, (...args) => void told.push(args));
      ws2.send(pair.client, Buffer.from('four'), 4, 0);
      while (told.length === 0) ws2.host.SleepEx(1000, true);
      expect(told).toEqual([[0, 4, overlapped, 0]]);
      expect(told[0]![2]).toBe(overlapped);
    });

    it('hand keys of completion ports back identical', () => {
      const [key, overlapped] = [{ mine: true }, { also: 'mine' }];
      const port = ws2.host.CreateIoCompletionPort(null, null, 0);
      expect(ws2.host.PostQueuedCompletionStatus(port, 7, key, overlapped as never)).toBe(true);
      const [bytes, keyOut, overlappedOut] = [ref(0), ref<unknown>(null), ref<unknown>(null)];
      expect(ws2.host.GetQueuedCompletionStatus(port, bytes, keyOut, overlappedOut as never, 0)).toBe(true);
      expect(bytes.value).toBe(7);
      expect(keyOut.value).toBe(key);
      expect(overlappedOut.value).toBe(overlapped);
      ws2.host.CloseHandle(port);
    });
  });

  describe('a condition function', () => {
    const called = (condition: LPCONDITIONPROC, data: unknown): { accepted: number; error: number } => {
      const listener = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
      ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
      ws2.listen(listener, 1);
      const name = new Uint8Array(16);
      ws2.getsockname(listener, name, ref(16));
      const client = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
      expect(ws2.connect(client, name, 16)).toBe(0);
      const accepted = ws2.WSAAccept(listener, null, null, condition, data);
      const error = ws2.WSAGetLastError();
      for (const s of [listener, client, accepted]) ws2.closesocket(s);
      return { accepted, error };
    };

    it('is told who calls, with null for what is absent, a group to set, and the caller’s data', () => {
      const mine = { data: 1 };
      let seen: unknown[] = [];
      const { accepted } = called((...args) => {
        seen = args;
        return CF_ACCEPT;
      }, mine);
      expect(accepted).not.toBe(INVALID_SOCKET);
      expect(seen).toHaveLength(8);
      const [callerId, callerData, sqos, gqos, calleeId, calleeData, g, data] = seen;
      expect([callerId, calleeId]).toEqual([
        { len: 16, buf: expect.any(Uint8Array) as Uint8Array },
        { len: 16, buf: expect.any(Uint8Array) as Uint8Array },
      ]);
      expect([callerData, sqos, gqos, g]).toEqual([null, null, null, { value: 0 }]);
      expect([null, 0]).toContain((calleeData as { len: number } | null)?.len ?? null);
      expect(data).toBe(mine);
    });

    it('that throws rejects', () => {
      const listener = (): void => undefined;
      ws2.on('defect', listener);
      const { accepted, error } = called(() => {
        throw new Error('not today');
      }, 0);
      ws2.off('defect', listener);
      expect([accepted, error]).toEqual([INVALID_SOCKET, WSAECONNREFUSED]);
    });
  });

  describe('extension functions', () => {
    it.each([
      ['a string', WSAID_ACCEPTEX],
      ['bytes', ws2spi.GUID.encode(WSAID_ACCEPTEX)],
    ])('are found by a GUID as %s, through a Ref, and report 4 bytes', (_what, guid) => {
      const found: Ref<unknown> = ref(null);
      const count = ref(0);
      const ioctl = loosely()['WSAIoctl']!;
      const args = [pair.client, SIO_GET_EXTENSION_FUNCTION_POINTER, guid, 16, found] as const;
      failsWith(ioctl(...args, 3, count, null, null), SOCKET_ERROR, WSAEFAULT);
      expect(ioctl(...args, 4, count, null, null)).toBe(0);
      expect([typeof found.value, count.value]).toEqual(['function', 4]);
    });

    it('take descriptors of Node.js for files, or null', () => {
      const path = join(folder, 'file');
      writeFileSync(path, 'contents');
      const file = openSync(path, 'r');
      expect(ws2.TransmitFile(pair.client, file, 0, 0, null, null, TF_USE_DEFAULT_WORKER)).toBe(true);
      closeSync(file);
      expect(ws2.recv(pair.server, new Uint8Array(20), 20, 0)).toBe(8);
      const head = { Head: Buffer.from('head'), HeadLength: 4, Tail: null, TailLength: 0 };
      expect(ws2.TransmitFile(pair.client, null, 0, 0, null, head, 0)).toBe(true);
      expect(ws2.recv(pair.server, new Uint8Array(20), 20, 0)).toBe(4);
    });

    it('GetAcceptExSockaddrs gives views into the buffer', () => {
      const output = new Uint8Array(64);
      const listener = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
      ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
      ws2.listen(listener, 1);
      const name = new Uint8Array(16);
      ws2.getsockname(listener, name, ref(16));
      const [accepted, client] = [ws2.socket(AF_INET, SOCK_STREAM, 0), ws2.socket(AF_INET, SOCK_STREAM, 0)];
      ws2.connect(client, name, 16);
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = ws2.WSACreateEvent();
      ws2.AcceptEx(listener, accepted, output, 0, 32, 32, ref(0), overlapped);
      expect(ws2.WSAGetOverlappedResult(listener, overlapped, ref(0), true, ref(0))).toBe(true);
      const [local, remote] = [ref<Uint8Array | null>(null), ref<Uint8Array | null>(null)];
      const lengths = [ref(0), ref(0)] as const;
      ws2.GetAcceptExSockaddrs(output, 0, 32, 32, local as never, lengths[0], remote as never, lengths[1]);
      expect([local.value!.buffer, remote.value!.buffer]).toEqual([output.buffer, output.buffer]);
      expect([lengths[0].value, lengths[1].value, local.value!.slice(0, 16)]).toEqual([16, 16, name]);
      for (const s of [listener, accepted, client]) ws2.closesocket(s);
      ws2.WSACloseEvent(overlapped.hEvent);
    });
  });

  describe('names that are resolved', () => {
    it('are addrinfo objects with the members of C, and an error number', () => {
      const result = ref<addrinfo | null>(null);
      expect(ws2.getaddrinfo('127.0.0.1', '80', { ai_socktype: SOCK_STREAM }, result)).toBe(0);
      expect(Object.keys(result.value!).sort()).toEqual(
        'ai_addr ai_addrlen ai_canonname ai_family ai_flags ai_next ai_protocol ai_socktype'.split(' '),
      );
      expect(result.value).toMatchObject({ ai_addrlen: 16, ai_addr: sockaddr_in('127.0.0.1', 80), ai_next: null });
      expect(ws2.freeaddrinfo(result.value)).toBeUndefined();
      expect(result.value!.ai_family).toBe(AF_INET);
      expect(ws2.getaddrinfo('127.0.0.1', '80', { ai_family: 99 }, result)).toBe(ws2spi.WSAEAFNOSUPPORT);
      expect(result.value).toBeNull();
    });

    it('GetAddrInfoEx takes a timeval, an overlapped object and a Ref for the handle', () => {
      const result = ref<ws2spi.ADDRINFOEX | null>(null);
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = ws2.WSACreateEvent();
      const handle = ref(0);
      const timeout = { tv_sec: 5, tv_usec: 0 };
      const args = ['127.0.0.1', '80', NS_ALL, null, null, result, timeout, overlapped, null, handle] as const;
      expect([0, ws2spi.WSA_IO_PENDING]).toContain(ws2.GetAddrInfoExW(...args));
      ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], true, 60_000, false);
      expect(ws2.GetAddrInfoExOverlappedResult(overlapped)).toBe(0);
      expect(result.value).toMatchObject({ ai_addr: sockaddr_in('127.0.0.1', 80), ai_blob: null, ai_bloblen: 0 });
      ws2.FreeAddrInfoExW(result.value);
      ws2.WSACloseEvent(overlapped.hEvent);
    });

    it('getnameinfo fills text', () => {
      const [host, service] = [ref(''), ref('')];
      const flags = ws2spi.NI_NUMERICHOST | ws2spi.NI_NUMERICSERV;
      expect(ws2.getnameinfo(sockaddr_in('127.0.0.1', 80), 16, host, 64, service, 8, flags)).toBe(0);
      expect([host.value, service.value]).toEqual(['127.0.0.1', '80']);
    });
  });

  describe('errors', () => {
    it('of the wrong handle come before those of pointers, and nothing throws', () => {
      for (const handle of ['x', null, {}, 3.5, -1, Number.NaN, 12345678]) {
        failsWith(loosely()['bind']!(handle, 42, 'x'), SOCKET_ERROR, WSAENOTSOCK);
      }
      for (const name of [42, 'x', {}, null]) {
        failsWith(loosely()['connect']!(pair.client, name, 16), SOCKET_ERROR, WSAEFAULT);
      }
    });

    it('are taken back by a call that succeeds at a provider, and by no macro or byte-order function', () => {
      ws2.WSASetLastError(1234);
      ws2.htonl(1);
      ws2.inet_addr('127.0.0.1');
      ws2.inet_ntoa(1);
      FD_ISSET(1, new fd_set());
      expect(ws2.WSAGetLastError()).toBe(1234);
      expect(ws2.getsockname(pair.client, new Uint8Array(16), ref(16))).toBe(0);
      expect(ws2.WSAGetLastError()).toBe(0);
    });

    it('are by lpErrno, by the return value, or by the last error, as the C signature has it', () => {
      const code = ref(0);
      const nobody = '11111111-2222-3333-4444-555555555555';
      expect(ws2.WSCDeinstallProvider(nobody, code)).toBe(SOCKET_ERROR);
      expect(code.value).toBe(WSAEINVAL);
      expect(ws2.WSCWriteProviderOrder([4711], 1)).toBe(WSAEINVAL);
      expect(ws2.WSCWriteNameSpaceOrder([nobody], 1)).toBe(WSAEINVAL);
      ws2.WSASetLastError(0);
      failsWith(ws2.WSCUnInstallNameSpace(nobody), SOCKET_ERROR, WSAEINVAL);
    });
  });

  describe('duplicates', () => {
    it('are made of a structure that survives JSON', () => {
      const info: Partial<WSAPROTOCOL_INFO> = {};
      expect(ws2.WSADuplicateSocket(pair.client, process.pid, info as WSAPROTOCOL_INFO)).toBe(0);
      const told = JSON.parse(JSON.stringify(info)) as WSAPROTOCOL_INFO;
      const s = ws2.WSASocket(-1, -1, -1, told, 0, 0);
      expect(s).not.toBe(INVALID_SOCKET);
      expect([ws2.send(s, Buffer.from('dup'), 3, 0), ws2.recv(pair.server, new Uint8Array(3), 3, 0)]).toEqual([3, 3]);
      ws2.closesocket(s);
    });
  });

  it('The emulated machine is little-endian', () => {
    expect([ws2.inet_addr('127.0.0.1'), ws2.htonl(1), ws2.htons(1)]).toEqual([0x0100007f, 0x01000000, 0x0100]);
  });
});

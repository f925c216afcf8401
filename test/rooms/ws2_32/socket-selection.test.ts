import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  INVALID_SOCKET,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SO_OPENTYPE,
  SO_PROTOCOL_INFOA,
  SO_PROTOCOL_INFOW,
  SO_SYNCHRONOUS_NONALERT,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  WSAEPROTONOSUPPORT,
  WSAESOCKTNOSUPPORT,
  WSAPROTOCOL_INFOA,
  WSAPROTOCOL_INFOW,
  type Ws2_32,
} from 'ws2spi';
import { catalogOf, fakeInstance, fakeSocket } from './fake-provider.js';

function infoOf(ws2: Ws2_32, s: number): WSAPROTOCOL_INFOW {
  const bytes = new Uint8Array(628);
  expect(ws2.getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, bytes, { value: 628 })).toBe(0);
  return WSAPROTOCOL_INFOW.decode(bytes);
}

const ODD = 0xdead;

describe('socket and WSASocket', () => {
  it.each([
    // 8
    [ODD, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT],
    [-1, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT],
    [AF_INET, ODD, IPPROTO_TCP, WSAESOCKTNOSUPPORT],
    [AF_INET, -1, IPPROTO_TCP, WSAESOCKTNOSUPPORT],
    [AF_INET, SOCK_STREAM, ODD, WSAEPROTONOSUPPORT],
    [AF_INET, SOCK_STREAM, -1, WSAEPROTONOSUPPORT],
    [ODD, ODD, IPPROTO_TCP, WSAESOCKTNOSUPPORT],
    [ODD, SOCK_STREAM, ODD, WSAEAFNOSUPPORT],
    [AF_INET, ODD, ODD, WSAESOCKTNOSUPPORT],
    [ODD, SOCK_STREAM, IPPROTO_UDP, WSAEAFNOSUPPORT],
    [AF_INET, ODD, 0, WSAESOCKTNOSUPPORT],
    [AF_INET, 0, ODD, WSAEPROTONOSUPPORT],
    [AF_INET, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT],
    [AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT],
    [AF_UNSPEC, SOCK_STREAM, ODD, WSAEPROTONOSUPPORT],
    [AF_UNSPEC, ODD, IPPROTO_UDP, WSAESOCKTNOSUPPORT],
    [AF_UNSPEC, SOCK_STREAM, 0, WSAEINVAL],
    [AF_UNSPEC, SOCK_DGRAM, 0, WSAEINVAL],
    [AF_UNSPEC, ODD, 0, WSAEINVAL],
    [AF_UNSPEC, 0, ODD, WSAEPROTONOSUPPORT],
    [AF_UNSPEC, 0, 0, WSAEINVAL],
  ])('refuse (%i, %i, %i) with %i', (af, type, protocol, error) => {
    const { ws2, fake } = fakeInstance();
    ws2.WSAStartup(0x0202, {});
    expect(ws2.socket(af, type, protocol)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(error);
    expect(ws2.WSASocketA(af, type, protocol, null, 0, 0)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(error);
    expect(fake.starts).toHaveLength(0);
  });

  it.each([
    [AF_INET, SOCK_STREAM, IPPROTO_TCP, [AF_INET, SOCK_STREAM, IPPROTO_TCP]],
    [AF_INET, SOCK_STREAM, 0, [AF_INET, SOCK_STREAM, IPPROTO_TCP]],
    [AF_INET, SOCK_DGRAM, 0, [AF_INET, SOCK_DGRAM, IPPROTO_UDP]],
    [AF_INET, 0, IPPROTO_TCP, [AF_INET, SOCK_STREAM, IPPROTO_TCP]],
    [AF_INET, 0, IPPROTO_UDP, [AF_INET, SOCK_DGRAM, IPPROTO_UDP]],
    // 8, 8.4
    [AF_INET, 0, 0, [AF_INET, SOCK_STREAM, IPPROTO_TCP]],
    [AF_INET6, SOCK_STREAM, IPPROTO_TCP, [AF_INET6, SOCK_STREAM, IPPROTO_TCP]],
    [AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, [AF_INET, SOCK_STREAM, IPPROTO_TCP]],
    [AF_UNSPEC, 0, IPPROTO_UDP, [AF_INET, SOCK_DGRAM, IPPROTO_UDP]],
    [AF_UNSPEC, 0, IPPROTO_TCP, [AF_INET, SOCK_STREAM, IPPROTO_TCP]],
    [AF_INET, SOCK_RAW, IPPROTO_TCP, [AF_INET, SOCK_RAW, 0]],
    [0, 0, 255, [AF_INET, SOCK_RAW, 0]],
  ])('find the entry for (%i, %i, %i)', (af, type, protocol, triple) => {
    const { ws2, fake } = fakeInstance();
    ws2.WSAStartup(0x0202, {});
    const s = ws2.socket(af, type, protocol);
    expect(s).not.toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(0);
    const info = infoOf(ws2, s);
    expect([info.iAddressFamily, info.iSocketType, info.iProtocol]).toEqual(triple);
    // What the application asked for reaches the provider unchanged.
    expect(fake.last.get('lpWSPSocket')?.slice(0, 3)).toEqual([af, type, protocol]);
  });

  it('goes on with the next entry when a provider declines, but not for an entry that was asked for', () => {
    const catalog = catalogOf('di:fake');
    const twin = structuredClone(catalog.protocols[0]!);
    const protocols = [...catalog.protocols, { ...twin, entry: { ...twin.entry, dwCatalogEntryId: 2000 } }];
    const { ws2, fake } = fakeInstance({ catalog: { ...catalog, protocols } });
    ws2.WSAStartup(0x0202, {});
    const asked: number[] = [];
    fake.overrides.lpWSPSocket = (_af, _type, _protocol, info, _g, _flags, errno) => {
      asked.push(info!.dwCatalogEntryId);
      const { upcalls } = fake.starts[0]!;
      if (info!.dwCatalogEntryId === 2000)
        return upcalls.lpWPUModifyIFSHandle(2000, upcalls.host.allocateHandle(), errno);
      errno.value = WSAEINPROGRESS;
      return INVALID_SOCKET;
    };
    const s = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    expect(asked).toEqual([1001, 2000]);
    expect(infoOf(ws2, s).dwCatalogEntryId).toBe(2000);
    const first = { ...catalog.protocols[0]!.entry };
    expect(ws2.WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, first, 0, 0)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(WSAEINPROGRESS);
  });

  // 8.2
  it('take a WSAPROTOCOL_INFO whose triple stands for what is 0, while explicit arguments win', () => {
    const { ws2 } = fakeSocket();
    const info = { ...catalogOf('di:fake').protocols[0]!.entry, iSocketType: SOCK_DGRAM, iProtocol: IPPROTO_UDP };
    expect(infoOf(ws2, ws2.WSASocket(0, 0, 0, info, 0, 0)).iSocketType).toBe(SOCK_DGRAM);
    expect(infoOf(ws2, ws2.WSASocket(-1, -1, -1, info, 0, 0)).iSocketType).toBe(SOCK_DGRAM);
    const explicit = ws2.WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, info, 0, 0);
    expect(infoOf(ws2, explicit).iSocketType).toBe(SOCK_STREAM);
  });

  it('refuse a WSAPROTOCOL_INFO that this instance does not know, or that is none', () => {
    const { ws2 } = fakeSocket();
    const info = { ...catalogOf('di:fake').protocols[0]!.entry };
    const foreign = { ...info, dwCatalogEntryId: 7, ProviderId: '00000000-1111-2222-3333-444444444444' };
    expect(ws2.WSASocket(-1, -1, -1, foreign, 0, 0)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2.WSASocket(-1, -1, -1, 'tcp' as never, 0, 0)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });

  it('find the entry of a duplicate by provider, family, type and protocol', () => {
    const { ws2, fake, s } = fakeSocket();
    fake.overrides.lpWSPDuplicateSocket = (_s, _process, info) => ((info.dwProviderReserved = 4711), 0);
    const info: Partial<WSAPROTOCOL_INFOW> = {};
    expect(ws2.WSADuplicateSocket(s, process.pid, info)).toBe(0);
    expect(info.dwCatalogEntryId).toBe(1001);
    // Another instance numbers its entries differently.
    const sent = { ...(JSON.parse(JSON.stringify(info)) as WSAPROTOCOL_INFOW), dwCatalogEntryId: 1002 };
    const duplicate = ws2.WSASocket(-1, -1, -1, sent, 0, 0);
    expect(infoOf(ws2, duplicate).dwCatalogEntryId).toBe(1001);
    const told = fake.last.get('lpWSPSocket')?.[3] as WSAPROTOCOL_INFOW;
    expect([told.dwProviderReserved, told.dwCatalogEntryId]).toEqual([4711, 1001]);
  });

  it('give sockets the overlapped attribute unless SO_OPENTYPE says otherwise', () => {
    const { ws2, fake } = fakeSocket();
    expect(fake.last.get('lpWSPSocket')?.[5]).toBe(WSA_FLAG_OVERLAPPED);
    const value = new Uint8Array([SO_SYNCHRONOUS_NONALERT, 0, 0, 0]);
    expect(ws2.setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, value, 4)).toBe(0);
    ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    expect(fake.last.get('lpWSPSocket')?.[5]).toBe(0);
  });
});

describe('SO_OPENTYPE', () => {
  const get = (ws2: Ws2_32, value: number): { result: number; length: number; type: number } => {
    const bytes = new Uint8Array(8);
    const length = { value };
    const result = ws2.getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, bytes, length);
    return { result, length: length.value, type: bytes[0]! };
  };

  // 2.1, 2.3
  it('reads back what was set, whatever the socket', () => {
    const { ws2 } = fakeSocket();
    expect(ws2.setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, new Uint8Array([0x20, 0, 0, 0]), 4)).toBe(0);
    expect(get(ws2, 4)).toEqual({ result: 0, length: 4, type: 0x20 });
    expect(get(ws2, 8)).toEqual({ result: 0, length: 4, type: 0x20 });
    expect(get(ws2, -1)).toEqual({ result: 0, length: 4, type: 0x20 });
  });

  it.each([0, 1, 2])('is WSAEFAULT with length %i', (length) => {
    const { ws2 } = fakeSocket();
    expect(get(ws2, length)).toEqual({ result: -1, length, type: 0 });
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, new Uint8Array(4), length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });
});

describe('SO_PROTOCOL_INFO', () => {
  it.each([
    [SO_PROTOCOL_INFOA, 372],
    [SO_PROTOCOL_INFOW, 628],
  ])('%i counts %i bytes', (option, size) => {
    const { ws2, s } = fakeSocket();
    const length = { value: size - 1 };
    expect(ws2.getsockopt(s, SOL_SOCKET, option, new Uint8Array(size), length)).toBe(-1);
    expect([ws2.WSAGetLastError(), length.value]).toEqual([WSAEFAULT, size]);
    length.value = 2 * size;
    const bytes = new Uint8Array(2 * size);
    expect(ws2.getsockopt(s, SOL_SOCKET, option, bytes, length)).toBe(0);
    expect([ws2.WSAGetLastError(), length.value]).toEqual([0, 2 * size]);
    const codec = option === SO_PROTOCOL_INFOA ? WSAPROTOCOL_INFOA : WSAPROTOCOL_INFOW;
    expect(codec.decode(bytes).szProtocol).toBe('ws2spi Memory [TCP/IP]');
    expect(ws2.getsockopt(s, SOL_SOCKET, option, null as never, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.getsockopt(s, SOL_SOCKET, option, bytes, null as never)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });

  it('is that of the listener for an accepted socket', () => {
    const { ws2, fake } = fakeSocket();
    ws2.socket(AF_INET, SOCK_DGRAM, 0);
    const { upcalls } = fake.starts[0]!;
    const listener = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    fake.overrides.lpWSPAccept = (_s, _addr, _len, _condition, _data, errno) =>
      upcalls.lpWPUModifyIFSHandle(1002, upcalls.host.allocateHandle(), errno);
    expect(infoOf(ws2, ws2.accept(listener, null, null)).dwCatalogEntryId).toBe(1001);
  });
});

describe('WSAEnumProtocols', () => {
  // 8.7
  it('counts bytes, 628 an entry or 372 for A, and leaves hidden entries out', () => {
    const { ws2 } = fakeSocket();
    const length = { value: 0 };
    expect(ws2.WSAEnumProtocols(null, null, length)).toBe(-1);
    expect([ws2.WSAGetLastError(), length.value]).toEqual([10055, 7 * 628]);
    expect(ws2.WSAEnumProtocolsA(null, [], { value: 7 * 372 - 1 })).toBe(-1);
    const out: WSAPROTOCOL_INFOA[] = [{} as WSAPROTOCOL_INFOA];
    expect(ws2.WSAEnumProtocolsA(null, out, length)).toBe(7);
    expect(length.value).toBe(7 * 628);
    expect(out.map((entry) => entry.dwCatalogEntryId)).toEqual([1001, 1002, 1004, 1005, 1007, 1008, 1009]);
    expect(ws2.WSAEnumProtocolsW([IPPROTO_UDP, 0, IPPROTO_TCP], out, length)).toBe(2);
    expect(out.every((entry) => entry.iProtocol === IPPROTO_UDP)).toBe(true);
    expect(ws2.WSAEnumProtocols('x' as never, out, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.WSAEnumProtocols(null, null, { value: 99999 })).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });

  it('gives copies', () => {
    const { ws2 } = fakeSocket();
    const out: WSAPROTOCOL_INFOW[] = [];
    ws2.WSAEnumProtocols(null, out, { value: 99999 });
    out[0]!.szProtocol = 'changed';
    ws2.WSAEnumProtocols(null, out, { value: 99999 });
    expect(out[0]!.szProtocol).not.toBe('changed');
  });
});

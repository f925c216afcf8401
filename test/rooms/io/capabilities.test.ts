// What TCP/IP has none of: data with connects and disconnects, sessions with a root, quality of service, options and
// groups of a protocol's own. A core that has them is all that it takes.
import { Container } from 'inversify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AF_INET,
  BASE_PROTOCOL,
  CF_ACCEPT,
  createWs2_32,
  FD_QOS,
  INVALID_SOCKET,
  JL_BOTH,
  JL_SENDER_ONLY,
  PFL_MATCHES_PROTOCOL_ZERO,
  ref,
  SD_SEND,
  SIO_GET_QOS,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SOCK_STREAM,
  SOCKET_ERROR,
  sockaddr_in,
  SOL_SOCKET,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAEOPNOTSUPP,
  WSAEPROTONOSUPPORT,
  WSAEWOULDBLOCK,
  WSAPROTOCOL_INFOW,
  XP1_GUARANTEED_DELIVERY,
  XP1_IFS_HANDLES,
  XP1_MULTIPOINT_CONTROL_PLANE,
  XP1_MULTIPOINT_DATA_PLANE,
  XP1_SUPPORT_MULTIPOINT,
  type Ws2_32,
  type WSABUF,
} from 'ws2spi';
import { addressSlot, baseProviderStartup, Readiness, type AddressSlot, type SocketCore } from 'ws2spi/io';

/** The level of a protocol that is not one of TCP/IP's. */
const OWN_LEVEL = 0x1234;

const copy = ({ buf, len }: WSABUF): Uint8Array => buf.slice(0, len);
const textOf = (data: WSABUF | null): string | null =>
  data === null ? null : Buffer.from(data.buf).toString('latin1', 0, data.len);
const buffer = (text: string, room = text.length): WSABUF => {
  const buf = Buffer.alloc(room);
  buf.write(text);
  return { len: room, buf };
};

/** A connection-oriented protocol that carries no data of its own: what goes with its connections is what counts. */
class FullCore implements SocketCore {
  static listener: FullCore | null = null;

  notice: SocketCore['notice'] = null;
  readiness = 0;
  error = 0;
  readonly optionLevels: readonly number[] = [OWN_LEVEL, SOL_SOCKET];
  readonly hasQualityOfService = true;
  readonly groupId: number;
  peer: FullCore | null = null;
  readonly waiting: FullCore[] = [];
  readonly joined: number[] = [];
  #out: Uint8Array | null = null;
  #farewell: Uint8Array | null = null;
  #priority = 0;

  constructor(group = 0) {
    this.groupId = group;
  }

  setConnectData(data: WSABUF): number {
    this.#out = copy(data);
    return 0;
  }
  connectData(): Uint8Array | null {
    return this.peer === null ? null : this.peer.#out;
  }
  setDisconnectData(data: WSABUF): number {
    this.#farewell = copy(data);
    return 0;
  }
  disconnectData(): Uint8Array | null {
    return this.peer === null ? null : this.peer.#farewell;
  }
  joinLeaf(_name: Uint8Array, _namelen: number, dwFlags: number): SocketCore | number {
    this.joined.push(dwFlags);
    if (dwFlags === JL_SENDER_ONLY) return 0;
    const leaf = new FullCore(this.groupId);
    leaf.readiness = Readiness.CONNECTED;
    return leaf;
  }

  tryConnect(): number {
    const caller = new FullCore();
    caller.peer = this;
    this.peer = caller;
    FullCore.listener!.waiting.push(caller);
    FullCore.listener!.readiness |= Readiness.ACCEPTABLE;
    FullCore.listener!.notice?.changed(Readiness.ACCEPTABLE);
    return WSAEWOULDBLOCK;
  }
  tryAccept(_peer: AddressSlot): SocketCore | number {
    const core = this.waiting.shift();
    if (this.waiting.length === 0) this.readiness &= ~Readiness.ACCEPTABLE;
    if (core === undefined) return WSAEWOULDBLOCK;
    // Its caller is told with the next turn: once the condition function has answered.
    const caller = core.peer!;
    core.readiness = Readiness.CONNECTED | Readiness.WRITABLE;
    caller.readiness = Readiness.CONNECTED | Readiness.WRITABLE;
    caller.notice?.changed(Readiness.CONNECTED);
    return core;
  }
  listen(): number {
    FullCore.listener = this;
    return 0;
  }
  setOption(level: number, optname: number, value: Uint8Array): number {
    if (optname === SO_GROUP_PRIORITY || level === OWN_LEVEL) this.#priority = value[0]!;
    return 0;
  }
  getOption(level: number, optname: number, value: Uint8Array): number {
    if (optname !== SO_GROUP_PRIORITY && level !== OWN_LEVEL) return -WSAENOPROTOOPT;
    value[0] = this.#priority;
    return 1;
  }
  ioctl(code: number, _input: Uint8Array | null, _length: number, output: Uint8Array | null): number {
    if (code !== SIO_GET_QOS) return -WSAEOPNOTSUPP;
    output![0] = 42;
    return 1;
  }
  readonly confirm = (): number => this.readiness;
  readonly bind = (): number => 0;
  readonly tryReceive = (): number => -WSAEWOULDBLOCK;
  readonly trySend = (): number => -WSAEWOULDBLOCK;
  readonly shutdown = (): number => 0;
  readonly abort = (): void => undefined;
  readonly close = (): void => undefined;
  readonly available = (): number => 0;
  readonly unsent = (): number => 0;
  readonly atMark = (): boolean => true;
  localName(slot: AddressSlot): number {
    slot.bytes.set(sockaddr_in('127.0.0.1', 7));
    slot.length = 16;
    return 0;
  }
  peerName(slot: AddressSlot): number {
    return this.localName(slot);
  }
}

const NAME = sockaddr_in('127.0.0.1', 7);
const ENTRY: WSAPROTOCOL_INFOW = {
  ...WSAPROTOCOL_INFOW.decode(new Uint8Array(WSAPROTOCOL_INFOW.size)),
  ProviderId: '5E0B0B1E-0E4C-4C1A-9F5B-1C0F6A7D9A01',
  szProtocol: 'everything',
  dwServiceFlags1:
    XP1_GUARANTEED_DELIVERY |
    XP1_IFS_HANDLES |
    XP1_SUPPORT_MULTIPOINT |
    XP1_MULTIPOINT_CONTROL_PLANE |
    XP1_MULTIPOINT_DATA_PLANE,
  dwProviderFlags: PFL_MATCHES_PROTOCOL_ZERO,
  ProtocolChain: { ChainLen: BASE_PROTOCOL, ChainEntries: [] },
  iVersion: 2,
  iAddressFamily: AF_INET,
  iSocketType: SOCK_STREAM,
  iProtocol: 77,
  iMinSockAddr: 16,
  iMaxSockAddr: 16,
};

describe('a protocol that has more than TCP/IP', () => {
  let ws2: Ws2_32;
  let entry: WSAPROTOCOL_INFOW;
  let cores: FullCore[];

  beforeEach(() => {
    cores = [];
    const container = new Container();
    const createCore = (_af: number, _type: number, _protocol: number, _info: unknown, g: number): SocketCore => {
      cores.push(new FullCore(g));
      return cores.at(-1)!;
    };
    container
      .bind('everything')
      .toConstantValue({ WSPStartup: baseProviderStartup('everything', () => ({ createCore })) });
    ws2 = createWs2_32({ base: 'memory', catalog: 'memory', container });
    entry = { ...ENTRY };
    expect(ws2.WSCInstallProvider(entry.ProviderId, 'di:everything', [entry], 1, ref(0))).toBe(0);
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
  });
  afterEach(() => {
    ws2[Symbol.dispose]();
    FullCore.listener = null;
  });

  const open = (g = 0, flags = 0): number => {
    const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 77, entry, g, flags);
    expect(s, `error ${ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    return s;
  };
  const listening = (): number => {
    const s = open();
    ws2.bind(s, NAME, 16);
    expect(ws2.listen(s, 5)).toBe(0);
    return s;
  };

  it('shows the data of a caller to the condition function, and the answer to the caller', () => {
    const listener = listening();
    const client = open();
    ws2.ioctlsocket(client, 0x8004667e | 0, ref(1));
    expect(ws2.WSAConnect(client, NAME, 16, buffer('who calls'), null, null, null)).toBe(SOCKET_ERROR);
    expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
    let seen: string | null = null;
    const accepted = ws2.WSAAccept(
      listener,
      null,
      null,
      (_id, callerData, _sqos, _gqos, _callee, calleeData) => {
        seen = textOf(callerData);
        calleeData!.buf.set(Buffer.from('welcome'));
        calleeData!.len = 7;
        return CF_ACCEPT;
      },
      0,
    );
    expect(accepted).not.toBe(INVALID_SOCKET);
    expect(seen).toBe('who calls');
    expect(Buffer.from(cores[1]!.connectData()!).toString()).toBe('welcome');
  });

  it('gives a caller the answer of whoever accepts at once', () => {
    listening();
    const [client, answer] = [open(), buffer('', 32)];
    const core = cores[1]!;
    core.tryConnect = () => {
      core.peer = new FullCore();
      core.peer.setConnectData(buffer('hello'));
      core.readiness = Readiness.CONNECTED | Readiness.WRITABLE;
      return 0;
    };
    expect(ws2.WSAConnect(client, NAME, 16, null, answer, null, null)).toBe(0);
    expect(textOf(answer)).toBe('hello');
  });

  function connected(): { client: number; server: number } {
    const [listener, client] = [listening(), open()];
    ws2.ioctlsocket(client, 0x8004667e | 0, ref(1));
    ws2.connect(client, NAME, 16);
    const server = ws2.accept(listener, null, null);
    expect(server, `error ${ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    const writable = { fd_count: 1, fd_array: [client] };
    expect(ws2.select(0, null, writable, null, null)).toBe(1);
    return { client, server };
  }

  it('carries data with a disconnect', () => {
    const { client, server } = connected();
    expect(ws2.WSASendDisconnect(server, buffer('goodbye'))).toBe(0);
    const last = buffer('', 32);
    expect(ws2.WSARecvDisconnect(client, last), `error ${ws2.WSAGetLastError()}`).toBe(0);
    expect(textOf(last)).toBe('goodbye');
  });

  it('gives the root of a session a socket for each leaf', () => {
    const root = open(0, WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT);
    const leaf = ws2.WSAJoinLeaf(root, NAME, 16, null, null, null, null, JL_BOTH);
    expect(leaf).not.toBe(INVALID_SOCKET);
    expect(leaf).not.toBe(root);
    expect(ws2.WSAJoinLeaf(root, NAME, 16, null, null, null, null, JL_SENDER_ONLY)).toBe(root);
    expect(cores[0]!.joined).toEqual([JL_BOTH, JL_SENDER_ONLY]);
    expect(ws2.closesocket(leaf)).toBe(0);
  });

  it('has a quality of service, whose change is FD_QOS', () => {
    const { client } = connected();
    const [output, bytes, event] = [new Uint8Array(64), ref(0), ws2.WSACreateEvent()];
    expect(ws2.WSAIoctl(client, SIO_GET_QOS, null, 0, output, 64, bytes, null, null)).toBe(0);
    expect([output[0], bytes.value]).toEqual([42, 1]);
    ws2.WSAEventSelect(client, event, FD_QOS);
    cores[1]!.notice!.changed(Readiness.QUALITY_CHANGED);
    expect(ws2.WSAWaitForMultipleEvents(1, [event], true, 60_000, false)).toBe(0);
    const events = { lNetworkEvents: 0 };
    ws2.WSAEnumNetworkEvents(client, event, events);
    expect(events.lNetworkEvents).toBe(FD_QOS);
  });

  it('has groups, and options at a level of its own', () => {
    const s = open(9);
    const [value, length] = [new Uint8Array(4), ref(4)];
    expect(ws2.getsockopt(s, SOL_SOCKET, SO_GROUP_ID, value, length)).toBe(0);
    expect(value[0]).toBe(9);
    for (const [level, optname] of [
      [SOL_SOCKET, SO_GROUP_PRIORITY],
      [OWN_LEVEL, 5],
    ] as const) {
      expect(ws2.setsockopt(s, level, optname, Uint8Array.of(level & 0x7f), 1)).toBe(0);
      length.value = 4;
      expect(ws2.getsockopt(s, level, optname, value, length)).toBe(0);
      expect([value[0], length.value]).toEqual([level & 0x7f, 1]);
    }
    expect(ws2.setsockopt(s, 0x4321, 5, value, 4)).toBe(SOCKET_ERROR);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });

  it('has all of it on duplicates too', () => {
    const { client } = connected();
    const info = WSAPROTOCOL_INFOW.decode(new Uint8Array(WSAPROTOCOL_INFOW.size));
    expect(ws2.WSADuplicateSocket(client, process.pid, info)).toBe(0);
    const twin = ws2.WSASocket(AF_INET, SOCK_STREAM, 77, info, 0, 0);
    expect(twin, `error ${ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    const [output, bytes] = [new Uint8Array(64), ref(0)];
    expect(ws2.WSAIoctl(twin, SIO_GET_QOS, null, 0, output, 64, bytes, null, null)).toBe(0);
    expect(ws2.WSASendDisconnect(twin, buffer('from the twin'))).toBe(0);
  });
});

describe('TCP/IP', () => {
  it('has none of it, and says so', () => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    const [listener, client] = [ws2.socket(AF_INET, SOCK_STREAM, 0), ws2.socket(AF_INET, SOCK_STREAM, 0)];
    const name = sockaddr_in('127.0.0.1', 9);
    ws2.bind(listener, name, 16);
    ws2.listen(listener, 5);
    const failed = (result: number): number => (result === 0 ? 0 : ws2.WSAGetLastError());
    expect(failed(ws2.WSAConnect(client, name, 16, buffer('x'), null, null, null))).toBe(WSAEPROTONOSUPPORT);
    expect(ws2.connect(client, name, 16)).toBe(0);
    expect(failed(ws2.WSASendDisconnect(client, buffer('x')))).toBe(WSAENOPROTOOPT);
    expect(failed(ws2.WSARecvDisconnect(client, buffer('x')))).toBe(WSAENOPROTOOPT);
    expect(failed(ws2.WSAIoctl(client, SIO_GET_QOS, null, 0, new Uint8Array(64), 64, ref(0), null, null))).toBe(
      WSAENOPROTOOPT,
    );
    expect(failed(ws2.setsockopt(client, SOL_SOCKET, SO_GROUP_PRIORITY, new Uint8Array(4), 4))).toBe(WSAENOPROTOOPT);
    expect(failed(ws2.setsockopt(client, OWN_LEVEL, 1, new Uint8Array(4), 4))).toBe(WSAEINVAL);
    expect(ws2.WSAJoinLeaf(client, name, 16, null, null, null, null, JL_BOTH)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2.shutdown(client, SD_SEND)).toBe(0);
    expect(addressSlot().length).toBe(0);
    ws2[Symbol.dispose]();
  });
});

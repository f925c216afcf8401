// Answers of single functions and options that programs of Windows rely on.
import { describe, expect, test } from 'vitest';
import {
  AF_INET6,
  FROM_PROTOCOL_INFO,
  ref,
  SO_CONNECT_TIME,
  SO_MAX_MSG_SIZE,
  sockaddr_in6,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTSOCK,
  WSAOVERLAPPED,
  type HANDLE,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { dword, numberOf } from '../../support/ioctls.js';
import { describeOnEveryDatagramChain, describeOnEveryProvider, FAMILIES, World } from '../../support/providers.js';

const TCP_PROVIDER = 'E70F1AA0-AB8B-11CF-8CA3-00805F48A192';

describeOnEveryDatagramChain('a datagram socket tells', (on) => {
  for (const [name, family] of FAMILIES) {
    on.it(`the longest datagram that it sends, over ${name}`, (world) => {
      const { s, name: to } = world.boundUdp(family);
      const value = dword(0);
      expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_MAX_MSG_SIZE, value, ref(4)))).toBe(0);
      const most = numberOf(value);
      expect(most).toBe(family === AF_INET6 ? 65527 : 65507);
      const send = (bytes: number): number =>
        world.count(world.ws2.sendto(s, new Uint8Array(bytes), bytes, 0, to, to.length));
      expect([send(most), send(most + 1)]).toEqual([most, -WSAEMSGSIZE]);
      expect(world.receive(s, 70_000)).toHaveLength(most);
    });

    on.it(`no time of a connection, for it has none, over ${name}`, (world) => {
      const { s, name: peer } = world.boundUdp(family);
      const value = dword(0);
      for (const connected of [false, true]) {
        if (connected) expect(world.connect(s, peer)).toBe(0);
        expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME, value, ref(4)))).toBe(0);
        expect(numberOf(value)).toBe(0xffffffff);
      }
    });
  }
});

describeOnEveryProvider('WSADuplicateSocket', (on) => {
  on.it('looks at the socket, then at the process, then at the pointer', (world) => {
    const { ws2 } = world;
    const { s } = world.listener();
    const none = null as never;
    const call = (socket: number, id: unknown, info: object): number =>
      world.code(ws2.WSADuplicateSocket(socket, id as number, info));
    for (const id of [0, 0xffffffff, -1, 2 ** 31, 2 ** 31 - 1, 2 ** 32 + process.pid, 1.5, NaN, '1', null, undefined]) {
      expect(call(s, id, {}), String(id)).toBe(WSAEINVAL);
      expect(call(s, id, none), String(id)).toBe(WSAEINVAL);
      expect(call(0xabc, id, none), String(id)).toBe(WSAENOTSOCK);
    }
    expect(call(s, process.pid, none)).toBe(WSAEFAULT);
    const info: Partial<WSAPROTOCOL_INFO> = {};
    expect(call(s, process.pid, info)).toBe(0);
    const same = FROM_PROTOCOL_INFO;
    world.track(ws2.WSASocket(same, same, same, info as WSAPROTOCOL_INFO, 0, WSA_FLAG_OVERLAPPED));
  });
});

describe('an instance', () => {
  const inMemory = (body: (world: World) => void) => (): void => {
    const world = new World('memory');
    body(world);
    world.close();
  };

  test(
    'refuses a negative length of a path',
    inMemory((world) => {
      for (const length of [-1, -0x80000000, 0xffffffff]) {
        const [error, room, path] = [ref(0), ref(length), { value: 'untouched' }];
        expect(world.ws2.WSCGetProviderPath(TCP_PROVIDER, path, room, error)).toBe(-1);
        expect([error.value, room.value, path.value]).toEqual([WSAEINVAL, length, 'untouched']);
      }
    }),
  );

  test(
    'tells of changes of the catalog at a completion port',
    inMemory(({ ws2 }) => {
      const notification = ref<HANDLE | null>(null);
      expect(ws2.WSAProviderConfigChange(notification, null, null)).toBe(0);
      const port = ws2.host.CreateIoCompletionPort(notification.value, null, 'changes');
      expect(port).not.toBe(0);
      const overlapped = new WSAOVERLAPPED();
      ws2.WSAProviderConfigChange(notification, overlapped, null);
      const packet = (): unknown[] => {
        const [bytes, key, done] = [ref(-1), ref<unknown>(null), ref<WSAOVERLAPPED | null>(null)];
        const ok = ws2.host.GetQueuedCompletionStatus(port, bytes, key, done, 0);
        return [ok, key.value, done.value === overlapped];
      };
      expect(packet()[2]).toBe(false);
      const entries: never[] = [];
      const room = ref(0);
      ws2.WSCEnumProtocols(null, null, room, ref(0));
      ws2.WSCEnumProtocols(null, entries, room, ref(0));
      const order = (entries as { dwCatalogEntryId: number }[]).map((entry) => entry.dwCatalogEntryId);
      expect(ws2.WSCWriteProviderOrder(order.reverse(), order.length)).toBe(0);
      expect(packet()).toEqual([true, 'changes', true]);
      expect(ws2.host.CloseHandle(notification.value!)).toBe(true);
      // Handles come again; its association does not.
      expect(ws2.host.CreateIoCompletionPort(notification.value, port, 0)).toBe(0);
    }),
  );

  test(
    'reads inet_addr as Windows does, a part of 0x being 0',
    inMemory(({ ws2 }) => {
      const texts = ['1.1.1.0x', '1.1.1.0X', '0x', '1.0x.1.1', '1.1.1.0xg'];
      expect(texts.map((text) => ws2.inet_addr(text))).toEqual([0x00010101, 0x00010101, 0, 0x01010001, 0xffffffff]);
    }),
  );

  test(
    'writes an IPv4 address within one of IPv6 in dotted form',
    inMemory(({ ws2 }) => {
      const written = [
        '::204.152.189.116',
        '::1.0.0.0',
        '::ffff:129.144.52.38',
        'fe80::5efe:192.168.1.10',
        'fe80::200:5efe:192.168.1.10',
        '2001:db8::5efe:c0a8:10a:1',
        '::1',
        '::',
        '::ffff',
        '1::2',
      ];
      for (const text of written) {
        const bytes = new Uint8Array(16);
        expect(ws2.inet_pton(AF_INET6, text, bytes)).toBe(1);
        expect(ws2.inet_ntop(AF_INET6, bytes, { value: '' }, 100)).toBe(text);
        const [out, length] = [{ value: '' }, ref(100)];
        expect(ws2.WSAAddressToString(sockaddr_in6(text, 80), 28, null, out, length)).toBe(0);
        expect(out.value).toBe(`[${text}]:80`);
      }
    }),
  );
});

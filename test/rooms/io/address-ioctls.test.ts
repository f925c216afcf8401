import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { afterEach, expect } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  FD_ADDRESS_LIST_CHANGE,
  FD_READ,
  FD_ROUTING_INTERFACE_CHANGE,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_UP,
  INSTANCE,
  INTERFACE_INFO,
  INTERFACE_INFO_EX,
  parseSockaddr,
  SIO_ADDRESS_LIST_CHANGE,
  SIO_ADDRESS_LIST_QUERY,
  SIO_ADDRESS_LIST_SORT,
  SIO_FIND_ROUTE,
  SIO_GET_BROADCAST_ADDRESS,
  SIO_GET_INTERFACE_LIST,
  SIO_GET_INTERFACE_LIST_EX,
  SIO_ROUTING_INTERFACE_CHANGE,
  SIO_ROUTING_INTERFACE_QUERY,
  sockaddr_in,
  sockaddr_in6,
  SOCKET_ADDRESS_LIST,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAENETUNREACH,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { ioctl, overlappedIoctl, UNTOUCHED } from '../../support/ioctls.js';
import { describeOnEveryChain, describeOnEveryProvider, loopback, type World } from '../../support/providers.js';

const STATUS_PENDING = 0x103;
const STATUS_BUFFER_TOO_SMALL = 0xc0000023;
const EXTRA = '198.51.100.7';

const realInterfaces = os.networkInterfaces;

function tellOfInterfaces(interfaces: typeof os.networkInterfaces): void {
  os.networkInterfaces = interfaces;
  syncBuiltinESMExports();
}

afterEach(() => tellOfInterfaces(realInterfaces));

/** Gives this machine one more address, or takes it away again: the memory network's, or what Node.js tells of. */
function setExtraAddress(world: World, present: boolean): void {
  if (world.network !== null) {
    if (present) world.network.addAddress(EXTRA);
    else world.network.removeAddress(EXTRA);
    return;
  }
  const address = EXTRA;
  const one = { address, netmask: '255.255.255.0', family: 'IPv4', mac: '', internal: false, cidr: null } as const;
  tellOfInterfaces(() => (present ? { ...realInterfaces(), extra0: [one] } : realInterfaces()));
}

const list = (...names: Uint8Array[]): Uint8Array =>
  SOCKET_ADDRESS_LIST.encode({
    iAddressCount: names.length,
    Address: names.map((name) => ({ lpSockaddr: name, iSockaddrLength: name.length })),
  });

const addressesOf = (bytes: Uint8Array): string[] =>
  SOCKET_ADDRESS_LIST.decode(bytes).Address.map(({ lpSockaddr }) => parseSockaddr(lpSockaddr!).address);

describeOnEveryChain('SIO_ROUTING_INTERFACE_QUERY', (on) => {
  on.it('gives the address from which another is reached (30.1)', (world) => {
    const s = world.tcpSocket();
    const outcome = ioctl(world, s, SIO_ROUTING_INTERFACE_QUERY, { input: loopback(), room: 16 });
    expect([outcome.code, outcome.count, world.ws2.WSAGetLastError()]).toEqual([0, 16, 0]);
    expect(parseSockaddr(outcome.output)).toEqual({ family: AF_INET, address: '127.0.0.1', port: 0 });
    const six = world.tcpSocket(AF_INET6);
    const other = ioctl(world, six, SIO_ROUTING_INTERFACE_QUERY, { input: loopback(0, AF_INET6), room: 28 });
    expect([other.count, parseSockaddr(other.output).address]).toEqual([28, '::1']);
    expect(overlappedIoctl(world, s, SIO_ROUTING_INTERFACE_QUERY, { input: loopback(), room: 16 })).toMatchObject({
      code: 0,
      count: 16,
      completion: [0, 0],
    });
  });

  on.it('refuses what is not an address, and tells how much room is needed (30.1)', (world) => {
    const s = world.tcpSocket();
    const none = new Uint8Array(16);
    const refusals: [Uint8Array | null, number | null, number, number][] = [
      [null, 16, WSAEINVAL, UNTOUCHED],
      [loopback().subarray(0, 15), 16, WSAEINVAL, UNTOUCHED],
      [none, 16, WSAEAFNOSUPPORT, UNTOUCHED],
      [sockaddr_in('0.0.0.0', 0), 16, WSAEINVAL, UNTOUCHED],
      [loopback(), 15, WSAEFAULT, 16],
      [loopback(), null, WSAEFAULT, UNTOUCHED],
    ];
    for (const [input, room, code, count] of refusals) {
      expect(ioctl(world, s, SIO_ROUTING_INTERFACE_QUERY, { input, room })).toMatchObject({ code, count });
    }
  });

  on.it('has a sister, SIO_FIND_ROUTE, that tells only whether there is a way', (world) => {
    const s = world.tcpSocket();
    expect(ioctl(world, s, SIO_FIND_ROUTE, { input: loopback() })).toMatchObject({ code: 0, count: 0 });
    expect(ioctl(world, s, SIO_FIND_ROUTE)).toMatchObject({ code: WSAEINVAL });
    if (world.native) return;
    const far = sockaddr_in('203.0.113.1', 0);
    expect(ioctl(world, s, SIO_FIND_ROUTE, { input: far })).toMatchObject({ code: WSAENETUNREACH });
    expect(ioctl(world, s, SIO_ROUTING_INTERFACE_QUERY, { input: far, room: 16 }).code).toBe(WSAENETUNREACH);
  });
});

describeOnEveryChain('SIO_ADDRESS_LIST_QUERY', (on) => {
  on.it("lists the addresses of the socket's family (32.1)", (world) => {
    for (const [family, size] of [
      [AF_INET, 16],
      [AF_INET6, 28],
    ] as const) {
      const s = world.tcpSocket(family);
      const { code, count, output } = ioctl(world, s, SIO_ADDRESS_LIST_QUERY, { room: 5000 });
      expect([code, world.ws2.WSAGetLastError()]).toEqual([0, 0]);
      const { Address } = SOCKET_ADDRESS_LIST.decode(output);
      expect(Address.length).toBeGreaterThan(0);
      expect(count).toBe(4 + 8 * Address.length + size * Address.length);
      for (const { lpSockaddr } of Address) expect(parseSockaddr(lpSockaddr!)).toMatchObject({ family, port: 0 });
    }
  });

  on.it('tells how much room is needed (32.1)', (world) => {
    const s = world.tcpSocket();
    const needed = ioctl(world, s, SIO_ADDRESS_LIST_QUERY, { room: 5000 }).count;
    const short: [number | null, number, number][] = [
      [null, WSAEFAULT, needed],
      [0, WSAEFAULT, needed],
      [1, WSAEINVAL, 0],
      [4, WSAEFAULT, needed],
      [needed - 1, WSAEFAULT, needed],
    ];
    for (const [room, code, count] of short) {
      expect(ioctl(world, s, SIO_ADDRESS_LIST_QUERY, { room })).toMatchObject({ code, count });
      const overlapped = overlappedIoctl(world, s, SIO_ADDRESS_LIST_QUERY, { room });
      expect(overlapped).toMatchObject({ code, count, completion: null });
      expect(overlapped.overlapped.Internal).toBe(0);
      expect([...overlapped.output].some((byte) => byte !== 0)).toBe(false);
    }
    expect(overlappedIoctl(world, s, SIO_ADDRESS_LIST_QUERY, { room: needed })).toMatchObject({
      code: 0,
      count: needed,
      completion: [0, 0],
    });
  });
});

describeOnEveryChain('SIO_GET_INTERFACE_LIST', (on) => {
  on.it('lists the interfaces, loopback among them (32.2)', (world) => {
    const s = world.tcpSocket();
    const { code, count, output } = ioctl(world, s, SIO_GET_INTERFACE_LIST, { room: 5000 });
    expect([code, count % INTERFACE_INFO.size]).toEqual([0, 0]);
    const infos = Array.from({ length: count / INTERFACE_INFO.size }, (_, index) =>
      INTERFACE_INFO.decode(output, index * INTERFACE_INFO.size),
    );
    const own = infos.find(({ iiFlags }) => (iiFlags & IFF_LOOPBACK) !== 0)!;
    expect(parseSockaddr(own.iiAddress)).toMatchObject({ family: AF_INET, address: '127.0.0.1' });
    expect(parseSockaddr(own.iiNetmask).address).toBe('255.0.0.0');
    for (const { iiFlags, iiBroadcastAddress } of infos) {
      expect(iiFlags & IFF_UP).toBe(IFF_UP);
      const family = (iiFlags & IFF_BROADCAST) !== 0 ? AF_INET : 0;
      expect(parseSockaddr(iiBroadcastAddress).family).toBe(family);
    }
  });

  on.it('has a form for addresses of any length', (world) => {
    const s = world.tcpSocket(AF_INET6);
    const { code, output } = ioctl(world, s, SIO_GET_INTERFACE_LIST_EX, { room: 5000 });
    expect(code).toBe(0);
    const count = ioctl(world, s, SIO_GET_INTERFACE_LIST, { room: 5000 }).count / INTERFACE_INFO.size;
    const infos = Array.from({ length: count }, (_, index) =>
      INTERFACE_INFO_EX.decode(output, index * INTERFACE_INFO_EX.size),
    );
    const own = infos.find(({ iiFlags }) => (iiFlags & IFF_LOOPBACK) !== 0)!;
    expect(parseSockaddr(own.iiAddress.lpSockaddr!)).toMatchObject({ family: AF_INET6, address: '::1' });
    expect(own.iiAddress.iSockaddrLength).toBe(28);
  });

  on.it('pends when it is overlapped, and completes with its bytes (32.2)', (world) => {
    const s = world.tcpSocket();
    const needed = ioctl(world, s, SIO_GET_INTERFACE_LIST, { room: 5000 }).count;
    const done = overlappedIoctl(world, s, SIO_GET_INTERFACE_LIST, { room: needed });
    expect(done).toMatchObject({ code: WSA_IO_PENDING, count: UNTOUCHED, completion: [0, needed] });
    expect(done.overlapped.InternalHigh).toBe(needed);
  });

  on.it('tells of too little room, with a count of 0 (32.2)', (world) => {
    const s = world.tcpSocket();
    expect(ioctl(world, s, SIO_GET_INTERFACE_LIST, { room: 10 })).toMatchObject({ code: WSAEFAULT, count: 0 });
    const later = overlappedIoctl(world, s, SIO_GET_INTERFACE_LIST, { room: 10 });
    expect(later).toMatchObject({ code: WSA_IO_PENDING, count: UNTOUCHED, completion: [WSAEFAULT, 0] });
    expect(later.overlapped.Internal).toBe(STATUS_BUFFER_TOO_SMALL);
  });
});

describeOnEveryProvider('SIO_GET_BROADCAST_ADDRESS', (on) => {
  on.it('is for datagrams over IPv4', (world) => {
    const { code, count, output } = ioctl(world, world.udpSocket(), SIO_GET_BROADCAST_ADDRESS, { room: 16 });
    expect([code, count, parseSockaddr(output).address]).toEqual([0, 16, '255.255.255.255']);
    expect(ioctl(world, world.udpSocket(), SIO_GET_BROADCAST_ADDRESS, { room: 15 }).code).toBe(WSAEFAULT);
    expect(ioctl(world, world.tcpSocket(), SIO_GET_BROADCAST_ADDRESS, { room: 16 }).code).toBe(WSAEINVAL);
    expect(ioctl(world, world.udpSocket(AF_INET6), SIO_GET_BROADCAST_ADDRESS, { room: 28 }).code).toBe(WSAEINVAL);
  });
});

describeOnEveryChain('SIO_ADDRESS_LIST_SORT', (on) => {
  on.it('puts the best destination first, into the same buffer if need be', (world) => {
    const s = world.tcpSocket(AF_INET6);
    // Without the scope an address of a link cannot be used.
    const dead = sockaddr_in6('fe80::1', 0);
    const names = [dead, sockaddr_in6('::ffff:127.0.0.1', 0), sockaddr_in6('::1', 0)];
    const input = list(...names);
    const { code, count } = ioctl(world, s, SIO_ADDRESS_LIST_SORT, { input, output: input, room: input.length });
    expect([code, count]).toEqual([0, input.length]);
    expect(addressesOf(input)).toEqual(['::1', '::ffff:127.0.0.1', 'fe80::1']);
  });

  on.it('keeps the order of equals', (world) => {
    const names = ['127.0.0.3', '127.0.0.1', '127.0.0.2'];
    const input = list(...names.map((name) => sockaddr_in(name, 0)));
    const { output } = ioctl(world, world.tcpSocket(), SIO_ADDRESS_LIST_SORT, { input, room: input.length });
    expect(addressesOf(output)).toEqual(names);
  });

  on.it('refuses what is no list, and tells how much room is needed', (world) => {
    const s = world.tcpSocket();
    const input = list(loopback());
    expect(ioctl(world, s, SIO_ADDRESS_LIST_SORT, { room: 99 })).toMatchObject({ code: WSAEINVAL });
    expect(ioctl(world, s, SIO_ADDRESS_LIST_SORT, { input: input.subarray(0, 13), room: 99 }).code).toBe(WSAEINVAL);
    expect(ioctl(world, s, SIO_ADDRESS_LIST_SORT, { input, room: 9 })).toMatchObject({
      code: WSAEFAULT,
      count: input.length,
    });
  });
});

describeOnEveryChain('SIO_ADDRESS_LIST_CHANGE', (on) => {
  on.it('pends when it is overlapped, whether the socket blocks or not, until the list changes (30.2)', (world) => {
    const [blocking, other] = [world.tcpSocket(), world.tcpSocket()];
    world.nonBlocking(other);
    const operations = [blocking, other].map((s) => {
      const overlapped = new WSAOVERLAPPED();
      expect(ioctl(world, s, SIO_ADDRESS_LIST_CHANGE, { overlapped })).toMatchObject({
        code: WSA_IO_PENDING,
        count: UNTOUCHED,
      });
      return overlapped;
    });
    world.settle();
    expect(operations.map(({ Internal }) => Internal)).toEqual([STATUS_PENDING, STATUS_PENDING]);
    setExtraAddress(world, true);
    world.until(() => operations.every(({ Internal }) => Internal === 0));
    const now = ioctl(world, blocking, SIO_ADDRESS_LIST_QUERY, { room: 5000 });
    expect(addressesOf(now.output)).toContain(EXTRA);
  });

  on.it('is WSAEWOULDBLOCK on a non-blocking socket, and has FD_ADDRESS_LIST_CHANGE come once (30.2)', (world) => {
    const [s, uninvolved] = [world.tcpSocket(), world.tcpSocket()];
    const [event, silent] = [world.event(), world.event()];
    world.eventSelect(s, event, FD_ADDRESS_LIST_CHANGE | FD_READ);
    world.eventSelect(uninvolved, silent, FD_ADDRESS_LIST_CHANGE);
    expect(ioctl(world, s, SIO_ADDRESS_LIST_CHANGE)).toMatchObject({ code: WSAEWOULDBLOCK });
    expect(world.networkEvents(s)).toEqual({});
    setExtraAddress(world, true);
    world.until(() => world.signalled(event));
    expect(world.networkEvents(s, event)).toEqual({ ADDRESS: 0 });
    expect(world.networkEvents(uninvolved)).toEqual({});
    // Not again before the ioctl is.
    expect(ioctl(world, s, SIO_ADDRESS_LIST_CHANGE).code).toBe(WSAEWOULDBLOCK);
    setExtraAddress(world, false);
    world.until(() => world.signalled(event));
    expect(world.networkEvents(s, event)).toEqual({ ADDRESS: 0 });
    if (world.native) return;
    setExtraAddress(world, true);
    expect(world.networkEvents(s, event)).toEqual({});
  });

  on.it('posts a message for the same event', (world) => {
    const s = world.tcpSocket();
    const hWnd = world.ws2.host.CreateWindow();
    expect(world.code(world.ws2.WSAAsyncSelect(s, hWnd, 1025, FD_ADDRESS_LIST_CHANGE))).toBe(0);
    expect(ioctl(world, s, SIO_ADDRESS_LIST_CHANGE).code).toBe(WSAEWOULDBLOCK);
    setExtraAddress(world, true);
    const pending = new WSAOVERLAPPED();
    ioctl(world, s, SIO_ADDRESS_LIST_CHANGE, { overlapped: pending });
    world.until(() => pending.Internal !== STATUS_PENDING);
    const message = world.ws2.host.PeekMessage(hWnd, true);
    expect(message).toMatchObject({ message: 1025, wParam: s, lParam: FD_ADDRESS_LIST_CHANGE });
    expect(world.ws2.host.PeekMessage(hWnd, true)).toBe(null);
  });

  on.it('blocks a blocking socket', (world) => {
    const s = world.tcpSocket();
    const { providerHost } = world.ws2[INSTANCE];
    providerHost.setTimer(world.now() + 50, () => setExtraAddress(world, true));
    const before = world.now();
    expect(ioctl(world, s, SIO_ADDRESS_LIST_CHANGE)).toMatchObject({ code: 0, count: 0 });
    expect(world.now() - before).toBeGreaterThanOrEqual(50);
  });

  on.it('is cancelled by closesocket (30.2)', (world) => {
    const s = world.tcpSocket();
    const overlapped = new WSAOVERLAPPED();
    const seen: unknown[] = [];
    ioctl(world, s, SIO_ADDRESS_LIST_CHANGE, { overlapped, routine: (...args) => void seen.push(args.slice(0, 2)) });
    world.ws2.closesocket(s);
    world.ws2.host.SleepEx(0, true);
    expect(seen).toEqual([[WSA_OPERATION_ABORTED, 0]]);
  });
});

describeOnEveryChain('SIO_ROUTING_INTERFACE_CHANGE', (on) => {
  on.it('refuses what is not an address', (world) => {
    const s = world.tcpSocket();
    expect(ioctl(world, s, SIO_ROUTING_INTERFACE_CHANGE).code).toBe(WSAEINVAL);
    expect(ioctl(world, s, SIO_ROUTING_INTERFACE_CHANGE, { input: new Uint8Array(16) }).code).toBe(WSAEAFNOSUPPORT);
  });

  on.it('does not end while the way stays the same', (world) => {
    const s = world.tcpSocket();
    const overlapped = new WSAOVERLAPPED();
    const pending = ioctl(world, s, SIO_ROUTING_INTERFACE_CHANGE, { input: loopback(), overlapped });
    expect(pending).toMatchObject({ code: WSA_IO_PENDING, count: UNTOUCHED });
    const seen = new WSAOVERLAPPED();
    ioctl(world, s, SIO_ADDRESS_LIST_CHANGE, { overlapped: seen });
    setExtraAddress(world, true);
    world.until(() => seen.Internal === 0);
    expect(overlapped.Internal).toBe(STATUS_PENDING);
  });

  if (!on.native) {
    on.it('ends when the way has changed, and tells by FD_ROUTING_INTERFACE_CHANGE', (world) => {
      const s = world.tcpSocket();
      const event = world.event();
      world.eventSelect(s, event, FD_ROUTING_INTERFACE_CHANGE);
      const input = sockaddr_in(EXTRA, 0);
      expect(ioctl(world, s, SIO_ROUTING_INTERFACE_CHANGE, { input }).code).toBe(WSAEWOULDBLOCK);
      setExtraAddress(world, true);
      world.until(() => world.signalled(event));
      expect(world.networkEvents(s, event)).toEqual({ ROUTING: 0 });
    });
  }
});

// Pointers to what cannot be written: WSAEFAULT, and nothing is taken from the socket for it.
import { expect } from 'vitest';
import { FIONBIO, FIONREAD, ref, SO_TYPE, SOL_SOCKET, WSAEFAULT, type Ref, type Ws2_32 } from 'ws2spi';
import { buffer, describeOnEveryProvider, loopback } from '../../support/providers.js';

/** What the engine refuses to write to, and what refuses by itself. */
const UNWRITABLE: Readonly<Record<string, (value: number) => Ref<number>>> = {
  frozen: (value) => Object.freeze(ref(value)),
  'read-only': (value) => Object.defineProperty(ref(value), 'value', { writable: false }),
  'without a setter': (value) => ({
    get value() {
      return value;
    },
  }),
};

type Call = (ws2: Ws2_32, s: number, pointer: (value: number) => Ref<number>) => number | boolean | string | null;

const CALLS: Readonly<Record<string, Call>> = {
  ioctlsocket: (ws2, s, pointer) => ws2.ioctlsocket(s, FIONREAD, pointer(0)),
  getsockopt: (ws2, s, pointer) => ws2.getsockopt(s, SOL_SOCKET, SO_TYPE, new Uint8Array(4), pointer(4)),
  getsockname: (ws2, s, pointer) => ws2.getsockname(s, new Uint8Array(28), pointer(28)),
  getpeername: (ws2, s, pointer) => ws2.getpeername(s, new Uint8Array(28), pointer(28)),
  recvfrom: (ws2, s, pointer) => ws2.recvfrom(s, new Uint8Array(9), 9, 0, new Uint8Array(28), pointer(28)),
  'WSARecv, its count': (ws2, s, pointer) => ws2.WSARecv(s, [buffer(9)], 1, pointer(0), ref(0), null, null),
  'WSARecv, its flags': (ws2, s, pointer) => ws2.WSARecv(s, [buffer(9)], 1, ref(0), pointer(0), null, null),
  WSASend: (ws2, s, pointer) => ws2.WSASend(s, [buffer('x')], 1, pointer(0), 0, null, null),
  WSAIoctl: (ws2, s, pointer) => ws2.WSAIoctl(s, FIONREAD, null, 0, new Uint8Array(4), 4, pointer(0), null, null),
  ReadFile: (ws2, s, pointer) => ws2.host.ReadFile(s, new Uint8Array(9), 9, pointer(0), null),
  WriteFile: (ws2, s, pointer) => ws2.host.WriteFile(s, Buffer.from('x'), 1, pointer(0), null),
  'WSARecvMsg, its count': (ws2, s, pointer) => ws2.WSARecvMsg(s, message(), pointer(0), null, null),
  'WSARecvMsg, its structure': (ws2, s) => ws2.WSARecvMsg(s, Object.freeze(message()), ref(0), null, null),
  'WSARecvMsg, its Control': (ws2, s) =>
    ws2.WSARecvMsg(s, { ...message(), Control: Object.freeze(buffer(64)) }, ref(0), null, null),
  WSAAddressToString: (ws2, _s, pointer) => ws2.WSAAddressToString(loopback(), 16, null, { value: '' }, pointer(30)),
  'WSAAddressToString, its text': (ws2) =>
    ws2.WSAAddressToString(loopback(), 16, null, Object.freeze({ value: '' }), ref(30)),
  inet_ntop: (ws2) => ws2.inet_ntop(2, new Uint8Array(4), Object.freeze({ value: '' }), 30),
};

function message() {
  return { name: null, namelen: 0, lpBuffers: [buffer(9)], dwBufferCount: 1, Control: buffer(64), dwFlags: 0 };
}

describeOnEveryProvider('a pointer to what cannot be written', (on) => {
  for (const [name, call] of Object.entries(CALLS)) {
    on.it(`is WSAEFAULT: ${name}`, (world) => {
      const { s, name: own } = world.boundUdp();
      expect(world.connect(s, own)).toBe(0);
      world.nonBlocking(s);
      expect(world.send(s, 'data')).toBe(4);
      world.until(() => world.receive(s, 9, 2) === 'data');
      for (const pointer of Object.values(UNWRITABLE)) {
        const result = call(world.ws2, s, pointer);
        expect([-1, false, null]).toContain(result);
        expect(world.ws2.WSAGetLastError()).toBe(WSAEFAULT);
      }
      expect(world.receive(s), 'what was there').toBe('data');
    });
  }

  on.it('will do where it is only read', (world) => {
    const { s } = world.boundUdp();
    expect(world.code(world.ws2.ioctlsocket(s, FIONBIO, Object.freeze(ref(1))))).toBe(0);
    expect(world.receive(s)).toBeLessThan(0);
  });
});

// What a layer does to the arguments of a call that transfers data: it ends with that call.
import { afterEach, describe, expect, it } from 'vitest';
import { createWs2_32, ref, WSAEFAULT, type WSABUF, type Ws2_32 } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { connectedPair } from 'ws2spi/testkit';

const BASES = ['memory', 'tcpip'] as const;
let instances: Ws2_32[] = [];
afterEach(() => {
  for (const ws2 of instances) ws2[Symbol.dispose]();
  instances = [];
});

interface Arguments {
  readonly buffers: WSABUF[];
  readonly bytes: { value: number };
  readonly errno: { value: number };
}

/** What a layer may do to what it is given. */
const SPOILS: Record<string, (given: Arguments) => void> = {
  'puts its own buffer into the array': ({ buffers }) => (buffers[0] = { len: 3, buf: Buffer.from('BAD') }),
  'changes the buffer': ({ buffers }) => Object.assign(buffers[0]!, { len: 3, buf: Buffer.from('BAD') }),
  'shifts the array': ({ buffers }) => void buffers.shift(),
  'lengthens the array': ({ buffers }) => void buffers.unshift({ len: 3, buf: Buffer.from('BAD') }),
  'empties the array': ({ buffers }) => (buffers.length = 0),
  'freezes everything': ({ buffers, bytes, errno }) =>
    [buffers[0]!, buffers, bytes, errno].forEach((each) => Object.freeze(each)),
  'defines members that throw': ({ buffers, bytes, errno }) => {
    const get = (): never => {
      throw new Error('spoilt');
    };
    Object.defineProperty(buffers, 0, { get });
    for (const each of [bytes, errno]) Object.defineProperty(each, 'value', { get });
  },
  'defines members that always say the same': ({ buffers, bytes }) => {
    Object.defineProperty(buffers[0]!, 'len', { get: () => 1 });
    Object.defineProperty(bytes, 'value', { get: () => 0, set: () => undefined });
  },
  'takes the members away': ({ buffers, bytes, errno }) => {
    for (const each of [buffers[0]!, bytes, errno])
      for (const key of Object.keys(each)) Reflect.deleteProperty(each, key);
  },
};

describe.each(BASES)('over %s', (base) => {
  function open(spoil: (given: Arguments) => void, calls = 1) {
    const ws2 = createWs2_32({ base, catalog: 'memory' });
    instances.push(ws2);
    ws2.on('defect', () => undefined);
    ws2.WSAStartup(0x0202, {});
    let left = calls;
    const layer = defineLayer({
      name: 'spoiler',
      overrides: {
        WSPSend(lower, s, buffers, count, bytes, flags, overlapped, routine, thread, errno) {
          if (left-- > 0) spoil({ buffers, bytes: bytes!, errno });
          return lower.lpWSPSend(s, buffers, count, bytes, flags, overlapped, routine, thread, errno);
        },
        WSPRecv(lower, s, buffers, count, bytes, flags, overlapped, routine, thread, errno) {
          if (left-- > 0) spoil({ buffers, bytes: bytes!, errno });
          return lower.lpWSPRecv(s, buffers, count, bytes, flags, overlapped, routine, thread, errno);
        },
      },
    });
    const entry = stack(ws2, [layer])[0]!;
    return {
      ws2,
      spoilt: connectedPair(ws2, { entry }),
      other: connectedPair(ws2, { entry }),
      plain: connectedPair(ws2),
    };
  }

  function exchange(ws2: Ws2_32, { client, server }: { client: number; server: number }, text: string): string {
    expect(ws2.send(client, Buffer.from(text), text.length, 0)).toBe(text.length);
    const room = Buffer.alloc(64);
    const received = ws2.recv(server, room, 64, 0);
    return room.toString('latin1', 0, Math.max(received, 0));
  }

  it.each(Object.keys(SPOILS))(
    'a layer that %s as it sends harms no later call, on its own socket or another',
    (how) => {
      const { ws2, spoilt, other, plain } = open(SPOILS[how]!);
      ws2.send(spoilt.client, Buffer.from('x'), 1, 0);
      expect(exchange(ws2, other, 'other')).toBe('other');
      expect(exchange(ws2, plain, 'plain')).toBe('plain');
      expect(ws2.send(spoilt.client, Buffer.from('again'), 5, 0)).toBe(5);
    },
  );

  it.each(Object.keys(SPOILS))('a layer that %s as it receives harms no later call', (how) => {
    let spoils = 0;
    let armed = false;
    const { ws2, spoilt, other, plain } = open((given) => {
      if (!armed) return;
      armed = false;
      spoils++;
      SPOILS[how]!(given);
    }, Infinity);
    expect(exchange(ws2, spoilt, 'before')).toBe('before');
    expect(ws2.send(spoilt.client, Buffer.from('x'), 1, 0)).toBe(1);
    armed = true;
    ws2.recv(spoilt.server, Buffer.alloc(64), 64, 0);
    expect(spoils).toBe(1);
    expect(exchange(ws2, other, 'other')).toBe('other');
    expect(exchange(ws2, plain, 'plain')).toBe('plain');
    // The other way, for what the spoilt receive left of its own bytes is the layer's to answer for.
    expect(exchange(ws2, { client: spoilt.server, server: spoilt.client }, 'again')).toBe('again');
  });

  it.each(Object.keys(SPOILS))(
    'a layer that %s does not get at the array and references of WSASend’s caller',
    (how) => {
      const { ws2, spoilt, plain } = open(SPOILS[how]!);
      const buffers = [{ len: 5, buf: Buffer.from('hello') }];
      const sent = ref(0);
      ws2.WSASend(spoilt.client, buffers, 1, sent, 0, null, null);
      expect(buffers).toEqual([{ len: 5, buf: Buffer.from('hello') }]);
      expect(Object.isFrozen(sent)).toBe(false);
      expect(ws2.WSASend(plain.client, buffers, 1, sent, 0, null, null)).toBe(0);
      expect(sent.value).toBe(5);
      const [room, received, flags] = [Buffer.alloc(64), ref(0), ref(0)];
      expect(ws2.WSARecv(plain.server, [{ len: 64, buf: room }], 1, received, flags, null, null)).toBe(0);
      expect(room.toString('latin1', 0, received.value)).toBe('hello');
    },
  );

  it('a layer that keeps what it was given changes no other socket’s call by it', () => {
    const kept: Arguments[] = [];
    const { ws2, spoilt, other, plain } = open((given) => {
      for (const before of kept) {
        before.buffers[0] = { len: 3, buf: Buffer.from('BAD') };
        before.bytes.value = 3;
      }
      kept.push(given);
    }, 2);
    expect(ws2.send(spoilt.client, Buffer.from('first'), 5, 0)).toBe(5);
    expect(ws2.send(other.client, Buffer.from('second'), 6, 0)).toBe(6);
    expect(exchange(ws2, plain, 'plain')).toBe('plain');
    const room = Buffer.alloc(64);
    expect(room.toString('latin1', 0, ws2.recv(other.server, room, 64, 0))).toBe('second');
  });

  it('a layer that hands down buffers shorter than they say gets WSAEFAULT, and nothing is transferred', () => {
    const { ws2, spoilt } = open(({ buffers }) => (buffers[0] = { len: 60_000, buf: new Uint8Array(64) }));
    expect(ws2.send(spoilt.client, Buffer.from('hello'), 5, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(exchange(ws2, spoilt, 'whole')).toBe('whole');
  });

  it('an array that claims more bytes than it has is WSAEFAULT, in every function', () => {
    const { ws2, plain } = open(() => undefined, 0);
    const { client, server } = plain;
    class Liar extends Uint8Array {
      override get length(): number {
        return 1 << 20;
      }
    }
    const lie = (): WSABUF[] => [{ len: 1 << 20, buf: new Liar(16) }];
    const fails = [
      () => ws2.send(client, new Liar(16), 1 << 20, 0),
      () => ws2.WSASend(client, lie(), 1, ref(0), 0, null, null),
      () => ws2.WSASend(client, [...lie(), ...lie()], 2, ref(0), 0, null, null),
      () => (ws2.send(client, Buffer.from('x'), 1, 0), ws2.recv(server, new Liar(16), 1 << 20, 0)),
      () => ws2.WSARecv(server, lie(), 1, ref(0), ref(0), null, null),
      () => ws2.WSARecv(server, [...lie(), ...lie()], 2, ref(0), ref(0), null, null),
      () => ws2.setsockopt(client, 0xffff, 8, new Liar(2), 4),
      () => ws2.getsockopt(client, 0xffff, 8, new Liar(2), ref(4)),
      () => ws2.bind(client, new Liar(4), 16),
    ];
    for (const call of fails) expect([call(), ws2.WSAGetLastError()]).toEqual([-1, WSAEFAULT]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  FIONBIO,
  MSG_OOB,
  MSG_PARTIAL,
  MSG_PEEK,
  ref,
  SD_SEND,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { describeOnEveryChain, describeOnEveryDatagramChain, type World } from '../../support/providers.js';
import { fakeSocket } from '../ws2_32/fake-provider.js';

/** Receives once: the text or the error as a negative number, and the flags afterwards. */
function receiveEx(world: World, s: number, most: number, flags = 0): [string | number, number] {
  const bytes = new Uint8Array(most);
  const out = ref(flags);
  const result = world.count(world.ws2.WSARecvEx(s, bytes, most, out));
  return [result < 0 ? result : Buffer.from(bytes.subarray(0, result)).toString(), out.value];
}

describeOnEveryDatagramChain('WSARecvEx on datagrams', (on) => {
  on.onEveryFamily('tells of one cut short by MSG_PARTIAL instead of failing', (world, family) => {
    const receiver = world.boundUdp(family);
    const sender = world.boundUdp(family);
    for (const text of ['a long one', 'short', '']) {
      world.ws2.sendto(sender.s, Buffer.from(text), text.length, 0, receiver.name, receiver.name.length);
    }
    expect(receiveEx(world, receiver.s, 6, MSG_PEEK)).toEqual(['a long', MSG_PARTIAL]);
    expect(receiveEx(world, receiver.s, 6)).toEqual(['a long', MSG_PARTIAL]);
    expect(world.ws2.WSAGetLastError()).toBe(0);
    // The flags of the call before, as a loop leaves them.
    expect(receiveEx(world, receiver.s, 6, MSG_PARTIAL)).toEqual(['short', 0]);
    expect(receiveEx(world, receiver.s, 6)).toEqual(['', 0]);
  });

  on.it('tells of a datagram for which there is no room at all', (world) => {
    const { s, name } = world.boundUdp();
    world.ws2.sendto(s, Buffer.from('x'), 1, 0, name, name.length);
    const flags = ref(0);
    expect(world.code(world.ws2.WSARecvEx(s, null, 0, flags))).toBe(0);
    expect(flags.value).toBe(MSG_PARTIAL);
  });
});

describeOnEveryChain('WSARecvEx on streams', (on) => {
  on.onEveryFamily('receives as recv does', (world, family) => {
    const { client, server } = world.connectedPair(family);
    world.send(client, 'hello');
    expect(receiveEx(world, server, 2, MSG_PEEK)).toEqual(['he', 0]);
    expect(receiveEx(world, server, 2)).toEqual(['he', 0]);
    expect(receiveEx(world, server, 10)).toEqual(['llo', 0]);
    world.ws2.ioctlsocket(server, FIONBIO, ref(1));
    expect(receiveEx(world, server, 10)).toEqual([-WSAEWOULDBLOCK, 0]);
    world.ws2.ioctlsocket(server, FIONBIO, ref(0));
    world.ws2.shutdown(client, SD_SEND);
    expect(receiveEx(world, server, 10)).toEqual(['', 0]);
  });

  on.it('fails as recv does, and leaves the flags alone', (world) => {
    const s = world.tcpSocket(AF_INET);
    expect(receiveEx(world, s, 1, MSG_PEEK)).toEqual([-WSAENOTCONN, MSG_PEEK]);
    expect(receiveEx(world, s, 1, 0x4000)).toEqual([-WSAEINVAL, 0x4000]);
    expect(world.count(world.ws2.WSARecvEx(s, new Uint8Array(1), 2, ref(0)))).toBe(-WSAEFAULT);
    expect(world.count(world.ws2.WSARecvEx(s, new Uint8Array(1), 1, null as never))).toBe(-WSAEFAULT);
    expect(world.count(world.ws2.WSARecvEx(4, new Uint8Array(1), 1, ref(0)))).toBe(-WSAENOTSOCK);
  });
});

describe('WSARecvEx over a provider with partial messages', () => {
  it('hands on what the provider says in its flags', () => {
    const { ws2, s, fake } = fakeSocket();
    const seen: number[] = [];
    fake.overrides.lpWSPRecv = (_s, _buffers, _count, bytes, flags) => {
      seen.push(flags.value);
      bytes!.value = 3;
      flags.value = MSG_PARTIAL;
      return 0;
    };
    const flags = ref(MSG_OOB | MSG_PARTIAL);
    expect(ws2.WSARecvEx(s, new Uint8Array(4), 4, flags)).toBe(3);
    expect([seen, flags.value]).toEqual([[MSG_OOB], MSG_PARTIAL]);
  });

  it('counts a full buffer when the provider does not say how many bytes it cut off at', () => {
    const { ws2, s, fake } = fakeSocket();
    fake.overrides.lpWSPRecv = (_s, _buffers, _count, _bytes, _flags, _overlapped, _routine, _thread, errno) => {
      errno.value = WSAEMSGSIZE;
      return -1;
    };
    const flags = ref(0);
    expect(ws2.WSARecvEx(s, new Uint8Array(4), 4, flags)).toBe(4);
    expect([flags.value, ws2.WSAGetLastError()]).toEqual([MSG_PARTIAL, 0]);
  });

  it('contains a provider that throws', () => {
    const { ws2, s, fake, defects } = fakeSocket();
    fake.overrides.lpWSPRecv = () => {
      throw new Error('broken');
    };
    expect(ws2.WSARecvEx(s, new Uint8Array(4), 4, ref(0))).toBe(-1);
    expect(defects.map(({ message }) => message)).toEqual([expect.stringContaining('WSPRecv')]);
  });
});

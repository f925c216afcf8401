// Messages over connections: their boundaries, their parts, and the pseudo stream that ignores both.
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  FD_CLOSE,
  FD_READ,
  FIONREAD,
  MSG_OOB,
  MSG_PARTIAL,
  MSG_PEEK,
  MSG_WAITALL,
  ref,
  SO_MAX_MSG_SIZE,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAEDISCON,
  WSAEFAULT,
  WSAEMSGSIZE,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { ATM, data, MessageWorld, PSEUDO_STREAM, room, SPX, textOf } from '../../../../support/message-sockets.js';

let world: MessageWorld;
beforeEach(() => {
  world = new MessageWorld();
});
afterEach(() => world[Symbol.dispose]());

describe.each([SPX, ATM])('a message over $title', (kind) => {
  it('is received by itself, however many have come', () => {
    const { client, server } = world.connected(kind);
    for (const text of ['one', 'two', 'three']) expect(world.send(client, text)).toBe(text.length);
    expect([1, 2, 3].map(() => world.receive(server))).toEqual([
      ['one', 0],
      ['two', 0],
      ['three', 0],
    ]);
  });

  it('may be empty, which is no end', () => {
    const { client, server } = world.connected(kind);
    expect(world.send(client, '')).toBe(0);
    expect(world.send(client, 'x')).toBe(1);
    expect(world.receive(server)).toEqual(['', 0]);
    expect(world.receive(server)).toEqual(['x', 0]);
  });

  it('that is longer than the buffers comes in parts, and WSARecv tells which is the last', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'abcdefgh');
    world.send(client, 'next');
    expect(world.receive(server, 3)).toEqual(['abc', MSG_PARTIAL]);
    expect(world.receive(server, 3)).toEqual(['def', MSG_PARTIAL]);
    expect(world.receive(server, 3)).toEqual(['gh', 0]);
    expect(world.receive(server, 4)).toEqual(['next', 0]);
  });

  it('that is longer than the buffer is WSAEMSGSIZE to recv, which fills it; the rest is for the next', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'abcdef');
    const buf = new Uint8Array(4);
    expect(world.code(world.ws2.recv(server, buf, 4, 0))).toBe(WSAEMSGSIZE);
    expect(Buffer.from(buf).toString()).toBe('abcd');
    expect(world.ws2.recv(server, buf, 4, 0)).toBe(2);
    expect(Buffer.from(buf.subarray(0, 2)).toString()).toBe('ef');
  });

  it('that is longer than the buffer is no failure of WSARecvEx', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'abcdef');
    const [buf, flags] = [new Uint8Array(4), ref(0)];
    expect([world.ws2.WSARecvEx(server, buf, 4, flags), flags.value]).toEqual([4, MSG_PARTIAL]);
    expect([world.ws2.WSARecvEx(server, buf, 4, flags), flags.value]).toEqual([2, 0]);
  });

  it('is filled into several buffers without holes', () => {
    const { client, server } = world.connected(kind);
    const [bytes, flags, into] = [ref(0), ref(0), [room(2), room(0), room(3)]];
    world.ws2.WSASend(client, [data('ab'), data(''), data('cdef')], 3, bytes, 0, null, null);
    expect(bytes.value).toBe(6);
    expect(world.ws2.WSARecv(server, into, 3, bytes, flags, null, null)).toBe(0);
    expect([bytes.value, flags.value, into.map(textOf)]).toEqual([5, MSG_PARTIAL, ['ab', '', 'cde']]);
    expect(world.receive(server)).toEqual(['f', 0]);
  });

  it('stays when it is only looked at', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'abc');
    expect(world.receive(server, 2, MSG_PEEK)).toEqual(['ab', MSG_PARTIAL]);
    expect(world.receive(server, 9, MSG_PEEK)).toEqual(['abc', 0]);
    expect(world.receive(server)).toEqual(['abc', 0]);
  });

  it('is what FIONREAD counts: the first of them, and what is left of it', () => {
    const { client, server } = world.connected(kind);
    const count = ref(0);
    const waiting = (): number => (world.ws2.ioctlsocket(server, FIONREAD, count), count.value);
    world.send(client, 'abcde');
    world.send(client, 'fg');
    expect(waiting()).toBe(5);
    world.receive(server, 2);
    expect(waiting()).toBe(3);
    world.receive(server);
    expect(waiting()).toBe(2);
  });

  it('does not end with MSG_PARTIAL: the receiver waits for its end', () => {
    const { client, server } = world.connected(kind);
    world.nonBlocking(server);
    expect(world.send(client, 'begin-', MSG_PARTIAL)).toBe(6);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect(world.send(client, 'end')).toBe(3);
    expect(world.receive(server)).toEqual(['begin-end', 0]);
  });

  it('that has not wholly come is given to who asks for parts', () => {
    const { client, server } = world.connected(kind);
    world.nonBlocking(server);
    world.send(client, 'begin-', MSG_PARTIAL);
    expect(world.receive(server, 100, MSG_PARTIAL)).toEqual(['begin-', MSG_PARTIAL]);
    expect(world.receive(server, 100, MSG_PARTIAL)).toBe(-WSAEWOULDBLOCK);
    // An empty piece may be the end.
    expect(world.send(client, '')).toBe(0);
    expect(world.receive(server, 100, MSG_PARTIAL)).toEqual(['', 0]);
  });

  it('that has not wholly come fills a buffer that it is long enough for', () => {
    const { client, server } = world.connected(kind);
    world.nonBlocking(server);
    world.send(client, 'abcdef', MSG_PARTIAL);
    expect(world.receive(server, 4)).toEqual(['abcd', MSG_PARTIAL]);
    expect(world.receive(server, 4)).toBe(-WSAEWOULDBLOCK);
  });

  it('tells an overlapped receive whether it was the end by the flags of WSAGetOverlappedResult', () => {
    const { client, server } = world.connected(kind);
    const [overlapped, bytes, flags, into] = [new WSAOVERLAPPED(), ref(0), ref(0), room(4)];
    overlapped.hEvent = world.ws2.WSACreateEvent();
    const receive = (): number => world.code(world.ws2.WSARecv(server, [into], 1, bytes, flags, overlapped, null));
    const result = (): unknown[] => {
      expect(world.ws2.WSAGetOverlappedResult(server, overlapped, bytes, true, flags)).toBe(true);
      return [bytes.value, flags.value];
    };
    expect(receive()).toBe(WSA_IO_PENDING);
    world.send(client, 'abcdef');
    expect(result()).toEqual([4, MSG_PARTIAL]);
    flags.value = 0;
    expect(receive()).toBe(0);
    expect([bytes.value, flags.value]).toEqual([2, 0]);
    expect(result()).toEqual([2, 0]);
  });

  it('is FD_READ once more while there is a next one, be it empty', () => {
    const { client, server } = world.connected(kind);
    const event = world.ws2.WSACreateEvent();
    world.ws2.WSAEventSelect(server, event, FD_READ | FD_CLOSE);
    const happened = (): number => {
      const events = { lNetworkEvents: 0 };
      world.ws2.WSAWaitForMultipleEvents(1, [event], true, 10, false);
      world.ws2.WSAEnumNetworkEvents(server, event, events);
      return events.lNetworkEvents;
    };
    world.send(client, 'a');
    world.send(client, '');
    expect(happened()).toBe(FD_READ);
    expect(world.receive(server)).toEqual(['a', 0]);
    expect(happened()).toBe(FD_READ);
    expect(world.receive(server)).toEqual(['', 0]);
    expect(happened()).toBe(0);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
  });

  it('is not waited for by MSG_WAITALL beyond its end', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'abc');
    expect(world.receive(server, 100, MSG_WAITALL)).toEqual(['abc', 0]);
  });

  it('cannot be received into bytes that are gone, nor sent from them', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'abc');
    const lost = { len: 9, buf: new Uint8Array(2) };
    expect(world.code(world.ws2.WSARecv(server, [lost], 1, ref(0), ref(0), null, null))).toBe(WSAEFAULT);
    expect(world.code(world.ws2.WSASend(client, [lost], 1, ref(0), 0, null, null))).toBe(WSAEFAULT);
    expect(world.receive(server)).toEqual(['abc', 0]);
  });
});

describe('a message that is very long', () => {
  it('is WSAEMSGSIZE over ATM beyond SO_MAX_MSG_SIZE, and nothing is sent', () => {
    const { client, server } = world.connected(ATM);
    const value = new Uint8Array(4);
    expect(world.code(world.ws2.getsockopt(client, SOL_SOCKET, SO_MAX_MSG_SIZE, value, ref(4)))).toBe(0);
    const most = new DataView(value.buffer).getUint32(0, true);
    expect(most).toBe(65_535);
    expect(world.send(client, 'x'.repeat(most + 1))).toBe(-WSAEMSGSIZE);
    expect(world.send(client, 'x'.repeat(most))).toBe(most);
    expect(world.receive(server, most)).toEqual(['x'.repeat(most), 0]);
  });

  it('may not become too long in parts either', () => {
    const { client, server } = world.connected(ATM);
    expect(world.send(client, 'x'.repeat(65_530), MSG_PARTIAL)).toBe(65_530);
    expect(world.send(client, 'y'.repeat(6))).toBe(-WSAEMSGSIZE);
    expect(world.send(client, 'y'.repeat(5))).toBe(5);
    expect(world.receive(server, 65_535)).toEqual([`${'x'.repeat(65_530)}yyyyy`, 0]);
  });

  it('has no limit over SPX, where the receiver gets it in parts before the sender can go on', () => {
    const { client, server } = world.connected(SPX);
    for (const s of [client, server]) world.nonBlocking(s);
    const piece = 'z'.repeat(50_000);
    let sent = 0;
    let received = 0;
    let last: ReturnType<MessageWorld['receive']> = -WSAEWOULDBLOCK;
    for (let turn = 0; turn < 100 && sent < 1_000_000; turn++) {
      const bytes = world.send(client, piece, MSG_PARTIAL);
      if (bytes > 0) sent += bytes;
      else {
        last = world.receive(server, 1_000_000);
        expect(last).toEqual([expect.any(String), MSG_PARTIAL]);
        received += (last as [string, number])[0].length;
      }
    }
    expect(sent).toBe(1_000_000);
    for (last = -1; last === -1 || (Array.isArray(last) && last[1] === MSG_PARTIAL);) {
      world.send(client, '');
      last = world.receive(server, 1_000_000);
      received += Array.isArray(last) ? last[0].length : 0;
    }
    expect([received, last]).toEqual([1_000_000, [expect.any(String), 0]]);
  });

  it('is taken whole while there is any room, and waits when there is none', () => {
    const { client, server } = world.connected(SPX);
    expect(world.send(client, 'x'.repeat(200_000))).toBe(200_000);
    world.nonBlocking(client);
    expect(world.send(client, 'y')).toBe(-WSAEWOULDBLOCK);
    expect(world.receive(server, 200_000)).toEqual(['x'.repeat(200_000), 0]);
    expect(world.send(client, 'y')).toBe(1);
  });
});

test('a message takes its time over a slow link, and comes as a whole', () => {
  using slow = new MessageWorld({ latency: 40, bandwidth: 10_000, seed: 3 });
  const { client, server } = slow.connected(SPX);
  const begin = slow.clock.now();
  slow.send(client, 'm'.repeat(5000));
  expect(slow.receive(server, 10_000)).toEqual(['m'.repeat(5000), 0]);
  expect(slow.clock.now() - begin).toBeGreaterThanOrEqual(540);
});

describe('the pseudo stream of SPX', () => {
  it('ignores the ends of messages when it receives', () => {
    const { client, server } = world.connected(PSEUDO_STREAM);
    for (const text of ['one', '', 'two', 'three']) world.send(client, text);
    expect(world.receive(server, 5)).toEqual(['onetw', 0]);
    expect(world.receive(server, 100)).toEqual(['othree', 0]);
  });

  it('reads an end as no bytes', () => {
    const { client, server } = world.connected(PSEUDO_STREAM);
    world.send(client, 'x');
    world.ws2.shutdown(client, 1);
    expect(world.receive(server)).toEqual(['x', 0]);
    expect(world.receive(server)).toEqual(['', 0]);
  });

  it('waits for all bytes with MSG_WAITALL', () => {
    const { client, server } = world.connected(PSEUDO_STREAM);
    world.send(client, 'ab');
    world.send(client, 'cd');
    expect(world.receive(server, 4, MSG_WAITALL)).toEqual(['abcd', 0]);
  });

  it('is the same protocol: what it sends has ends for whoever keeps them, and the other way round', () => {
    const one = world.connected(PSEUDO_STREAM, {}, SPX);
    world.send(one.client, 'ab');
    world.send(one.client, 'cd');
    expect(world.receive(one.server)).toEqual(['ab', 0]);
    expect(world.receive(one.server)).toEqual(['cd', 0]);
    const other = world.connected(SPX, {}, PSEUDO_STREAM);
    world.send(other.client, 'ab');
    world.send(other.client, 'cd');
    expect(world.receive(other.server)).toEqual(['abcd', 0]);
    world.send(other.server, 'last');
    world.ws2.closesocket(other.server);
    expect(world.receive(other.client)).toEqual(['last', 0]);
    expect(world.receive(other.client)).toBe(-WSAEDISCON);
  });
});

test('TCP has no parts of messages', () => {
  const { ws2 } = world;
  const s = ws2.socket(2, 1, 0);
  expect(world.send(s, 'x', MSG_PARTIAL)).toBe(-WSAEOPNOTSUPP);
  expect(world.receive(s, 1, MSG_PARTIAL)).toBe(-WSAEOPNOTSUPP);
});

test('expedited data has no parts', () => {
  const { client } = world.connected(SPX);
  expect(world.send(client, 'x', MSG_PARTIAL | MSG_OOB)).toBe(-WSAEOPNOTSUPP);
});

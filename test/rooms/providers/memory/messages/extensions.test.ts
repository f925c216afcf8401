// The extension functions, duplicates and addresses, over the message protocols.
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  AF_ATM,
  AF_IPX,
  INVALID_SOCKET,
  ref,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_UPDATE_CONNECT_CONTEXT,
  sockaddr_atm,
  sockaddr_in,
  sockaddr_ipx,
  SOCKADDR_ATM,
  SOCKADDR_IPX,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNREFUSED,
  WSAEDISCON,
  WSAEFAULT,
  WSAEHOSTUNREACH,
  WSAEINVAL,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFO,
} from 'ws2spi';
import { ATM, MESSAGE_KINDS, MessageWorld, SPX, type MessageKind } from '../../../../support/message-sockets.js';

let world: MessageWorld;
beforeEach(() => {
  world = new MessageWorld();
});
afterEach(() => world[Symbol.dispose]());

const overlapped = (): WSAOVERLAPPED => Object.assign(new WSAOVERLAPPED(), { hEvent: world.ws2.WSACreateEvent() });

describe.each(MESSAGE_KINDS)('over $title', (kind) => {
  it('ConnectEx, AcceptEx with the first message, and DisconnectEx work together', () => {
    const { ws2 } = world;
    const { listener, name } = world.listener(kind);
    const [acceptor, client] = [world.socket(kind), world.socket(kind)];
    const size = name.length + 16;
    const [output, accepting, connecting] = [new Uint8Array(64 + 2 * size), overlapped(), overlapped()];
    expect(ws2.AcceptEx(listener, acceptor, output, 64, size, size, ref(0), accepting)).toBe(false);
    expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
    const own = kind.name(0x100);
    ws2.bind(client, own, own.length);
    ws2.ConnectEx(client, name, name.length, Buffer.from('first'), 5, ref(0), connecting);
    const [bytes, flags] = [ref(0), ref(0)];
    expect(ws2.WSAGetOverlappedResult(client, connecting, bytes, true, flags)).toBe(true);
    expect(ws2.WSAGetOverlappedResult(listener, accepting, bytes, true, flags)).toBe(true);
    expect([bytes.value, Buffer.from(output.subarray(0, 5)).toString()]).toEqual([5, 'first']);
    expect(world.code(ws2.setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null, 0))).toBe(0);
    const handle = new Uint8Array(4);
    new DataView(handle.buffer).setUint32(0, listener, true);
    expect(world.code(ws2.setsockopt(acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, handle, 4))).toBe(0);
    const peer = new Uint8Array(128);
    expect(ws2.getpeername(acceptor, peer, ref(128))).toBe(0);
    expect(peer.subarray(0, own.length)).toEqual(own);
    expect(ws2.DisconnectEx(client, null, 0, 0)).toBe(true);
    expect(world.receive(acceptor)).toEqual(kind.graceful ? (kind === SPX ? -WSAEDISCON : ['', 0]) : -10054);
  });

  it('a duplicate has the same messages', () => {
    const { client, server } = world.connected(kind);
    const info = WSAPROTOCOL_INFO.decode(new Uint8Array(WSAPROTOCOL_INFO.size));
    expect(world.code(world.ws2.WSADuplicateSocket(server, process.pid, info))).toBe(0);
    const twin = world.ws2.WSASocket(kind.family, kind.type, 0, info, 0, 1);
    expect(twin).not.toBe(INVALID_SOCKET);
    world.send(client, 'abcdef');
    const part = world.receive(twin, 4);
    expect(part).toEqual(['abcd', kind.type === 1 ? 0 : 0x8000]);
    expect(world.receive(server)).toEqual(['ef', 0]);
  });

  it('names are those of the family, and others are refused', () => {
    const { ws2 } = world;
    const { listener, name } = world.listener(kind);
    const refused = (to: Uint8Array, length = to.length): number => {
      const s = world.socket(kind);
      world.nonBlocking(s);
      return world.code(ws2.connect(s, to, length));
    };
    expect(refused(sockaddr_in('127.0.0.1', 80))).toBe(kind.family === AF_ATM ? WSAEFAULT : WSAEAFNOSUPPORT);
    expect(refused(name, name.length - 1)).toBe(WSAEFAULT);
    const nowhere = new Uint8Array(name.length);
    nowhere[0] = kind.family;
    expect(refused(nowhere)).toBe(WSAEADDRNOTAVAIL);
    expect(refused(elsewhere(kind))).toBe(WSAEHOSTUNREACH);
    const other = world.socket(kind);
    expect(world.code(ws2.bind(other, name, name.length))).toBe(WSAEADDRINUSE);
    expect(world.code(ws2.bind(other, elsewhere(kind), name.length))).toBe(WSAEADDRNOTAVAIL);
    expect(ws2.bind(other, nowhere, nowhere.length)).toBe(0);
    const [local, length] = [new Uint8Array(128), ref(128)];
    expect(ws2.getsockname(other, local, length)).toBe(0);
    expect(length.value).toBe(name.length);
    ws2.closesocket(listener);
    const client = world.socket(kind);
    expect(world.code(ws2.connect(client, name, name.length))).toBe(WSAECONNREFUSED);
  });
});

function elsewhere(kind: MessageKind): Uint8Array {
  const name = kind.name(1);
  name[kind.family === AF_IPX ? 6 : 20] = 0x77;
  return name;
}

test('an ATM address that says it is longer than it can be is WSAEINVAL', () => {
  for (const harm of [
    (view: DataView) => view.setUint32(8, 0xffffffff, true),
    (view: DataView) => view.setUint32(64, 9, true),
    (view: DataView) => view.setUint32(4, 77, true),
    (view: DataView) => view.setUint32(60, 0x1234, true),
  ]) {
    const name = ATM.name(1);
    harm(new DataView(name.buffer, name.byteOffset));
    const s = world.socket(ATM);
    expect(world.code(world.ws2.bind(s, name, name.length))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.connect(s, name, name.length))).toBe(WSAEINVAL);
  }
});

test.each([
  [AF_IPX, '0000abcd.0200000000ff:4001', SOCKADDR_IPX.size],
  [AF_IPX, '0000abcd.0200000000ff', SOCKADDR_IPX.size],
  [AF_ATM, `47${'0a'.repeat(19)}:0b0c`, SOCKADDR_ATM.size],
  [AF_ATM, '+358401234567', SOCKADDR_ATM.size],
])('an address of family %i is the text %s, and back', (family, text, size) => {
  const { ws2 } = world;
  const [name, length] = [new Uint8Array(128), ref(128)];
  expect(world.code(ws2.WSAStringToAddress(text, family, null, name, length))).toBe(0);
  expect([length.value, name[0]]).toEqual([size, family]);
  expect(name.slice(0, size)).toEqual(family === AF_IPX ? sockaddr_ipx(text) : sockaddr_atm(text));
  const [back, room] = [ref(''), ref(200)];
  expect(world.code(ws2.WSAAddressToString(name, size, null, back, room))).toBe(0);
  expect([back.value, room.value]).toEqual([text, text.length + 1]);
  room.value = 3;
  expect(world.code(ws2.WSAAddressToString(name, size, null, back, room))).toBe(WSAEFAULT);
  length.value = size - 1;
  expect(world.code(ws2.WSAStringToAddress(text, family, null, name, length))).toBe(WSAEFAULT);
});

test.each([
  [AF_IPX, '1.2.3'],
  [AF_IPX, '100000000.1'],
  [AF_IPX, 'x.y:1'],
  [AF_IPX, '1.2:10000'],
  [AF_ATM, '47'],
  [AF_ATM, '+'],
  [AF_ATM, '+1234567890123456'],
  [AF_ATM, `47${'00'.repeat(19)}:0`],
  [AF_ATM, `47${'00'.repeat(19)}:${'00'.repeat(9)}`],
])('the text %i %s is no address', (family, text) => {
  expect(world.code(world.ws2.WSAStringToAddress(text, family, null, new Uint8Array(128), ref(128)))).toBe(WSAEINVAL);
  expect(() => (family === AF_IPX ? sockaddr_ipx(text) : sockaddr_atm(text))).toThrow(RangeError);
});

test('a listen queue that is full refuses who comes', () => {
  const name = SPX.name(0x4567);
  const listener = world.socket(SPX);
  world.ws2.bind(listener, name, name.length);
  world.ws2.listen(listener, 1);
  const calls = [1, 2].map(() => world.calling(SPX, name));
  // The second finds the queue full.
  expect(world.outcome(calls[1]!)).toBe(WSAECONNREFUSED);
  expect(world.ws2.accept(listener, null, null)).not.toBe(INVALID_SOCKET);
  expect(world.outcome(calls[0]!)).toBe(0);
});

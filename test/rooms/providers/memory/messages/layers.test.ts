// Message protocols under layers: what layers hand on, and what a codec can and cannot do.
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  INVALID_SOCKET,
  MSG_OOB,
  MSG_PARTIAL,
  MSG_WAITALL,
  ref,
  SO_CONNDATA,
  SOCK_SEQPACKET,
  SOL_SOCKET,
  WSAEACCES,
  WSAEDISCON,
  WSAEFAULT,
  WSAESOCKTNOSUPPORT,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { defineLayer, stack, type Layer } from 'ws2spi/chain';
import { overridingLayer, scramblingLayer } from '../../../../support/layers.js';
import {
  answering,
  ATM,
  data,
  MESSAGE_KINDS,
  MessageWorld,
  PSEUDO_STREAM,
  room,
  SPX,
  textOf,
  type MessageKind,
} from '../../../../support/message-sockets.js';

let world: MessageWorld;
beforeEach(() => {
  world = new MessageWorld();
});
afterEach(() => world[Symbol.dispose]());

/** Opens sockets of a kind on a chain of layers from now on. */
function under(kind: MessageKind, layers: Layer[]): WSAPROTOCOL_INFO {
  const bases: WSAPROTOCOL_INFO[] = [];
  world.ws2.WSAEnumProtocols(null, bases, ref(100_000));
  const base = bases.find((entry) => entry.iAddressFamily === kind.family && entry.iSocketType === kind.type)!;
  const [entry] = stack(world.ws2, layers, { over: base });
  world.entries.set(`${kind.family} ${kind.type}`, entry!);
  return entry!;
}

const PASSING: readonly (readonly [string, () => Layer[]])[] = [
  ['a layer that overrides nothing', () => [defineLayer({ name: 'nothing' })]],
  ['a layer that overrides, with handles of the layer below', () => [overridingLayer()]],
  ['a layer with handles of its own', () => [defineLayer({ name: 'own handles', ifs: false })]],
  ['two of them', () => [defineLayer({ name: 'own handles', ifs: false }), overridingLayer()]],
];

describe.each(PASSING)('under %s', (_title, layers) => {
  it.each(MESSAGE_KINDS)('$title has messages, data with connects and ends, and expedited data', (kind) => {
    under(kind, layers());
    const callee = room(50);
    const { client, server } = world.connected(kind, { caller: data('hi'), callee, condition: answering('welcome') });
    expect(textOf(callee)).toBe('welcome');
    world.send(client, 'abcd');
    world.send(client, 'ef');
    world.send(client, '!', MSG_OOB);
    expect(world.receive(server, 10, MSG_OOB)).toEqual(['!', 0]);
    if (kind === PSEUDO_STREAM) {
      expect(world.receive(server)).toEqual(['abcdef', 0]);
    } else {
      expect(world.receive(server, 3)).toEqual(['abc', MSG_PARTIAL]);
      expect(world.receive(server, 3)).toEqual(['d', 0]);
      expect(world.receive(server)).toEqual(['ef', 0]);
    }
    expect(world.code(world.ws2.WSASendDisconnect(client, data('bye')))).toBe(0);
    const last = room(10);
    expect(world.code(world.ws2.WSARecvDisconnect(server, last))).toBe(0);
    expect(textOf(last)).toBe('bye');
  });
});

test('filters know the addresses of TCP/IP alone: asked about others they refuse, and say why', () => {
  under(SPX, [defineLayer({ name: 'careful', connect: () => undefined })]);
  const { name } = world.listener(SPX);
  expect(world.code(world.ws2.connect(world.socket(SPX), name, name.length))).toBe(WSAEACCES);
  expect(world.defects).toEqual([expect.stringContaining('cannot be asked about addresses of family 6')]);
});

describe('a codec over the pseudo stream', () => {
  beforeEach(() => void under(PSEUDO_STREAM, [scramblingLayer()]));

  it('carries bytes; what goes with the connect and the end passes it by', () => {
    const { client, server } = world.connected(PSEUDO_STREAM, { caller: data('hi') });
    const value = new Uint8Array(20);
    const size = ref(20);
    expect(world.code(world.ws2.getsockopt(server, SOL_SOCKET, SO_CONNDATA, value, size))).toBe(0);
    expect(textOf({ len: size.value, buf: value })).toBe('hi');
    world.send(client, 'one');
    world.send(client, 'two');
    expect(world.receive(server, 6, MSG_WAITALL)).toEqual(['onetwo', 0]);
    expect(world.code(world.ws2.WSASendDisconnect(client, data('bye')))).toBe(0);
    expect(world.receive(server)).toEqual(['', 0]);
    const last = room(10);
    expect(world.code(world.ws2.WSARecvDisconnect(server, last))).toBe(0);
    expect(textOf(last)).toBe('bye');
  });

  it('has no answer to give: below, the caller was answered before anybody is asked', () => {
    const seen: unknown[] = [];
    const callee = room(20);
    world.connected(PSEUDO_STREAM, {
      caller: data('hi'),
      callee,
      condition(_id, caller, _s, _g, _callee, calleeData) {
        seen.push(textOf(caller!), calleeData!.len);
        return 0;
      },
    });
    expect([...seen, callee.len]).toEqual(['hi', 0, 0]);
  });

  it('answers by what the listener has in SO_CONNDATA', () => {
    const { listener, name } = world.listener(PSEUDO_STREAM);
    const answer = Buffer.from('automatic');
    expect(world.code(world.ws2.setsockopt(listener, SOL_SOCKET, SO_CONNDATA, answer, 9))).toBe(0);
    const callee = room(20);
    const client = world.calling(PSEUDO_STREAM, name, { callee });
    world.ws2.accept(listener, null, null);
    expect(world.outcome(client)).toBe(0);
    expect(textOf(callee)).toBe('automatic');
  });

  it('refuses data that the protocol below does not carry', () => {
    const { name } = world.listener(PSEUDO_STREAM);
    const client = world.socket(PSEUDO_STREAM);
    const much = data('x'.repeat(PSEUDO_STREAM.mostConnectData + 1));
    expect(world.code(world.ws2.WSAConnect(client, name, name.length, much, null, null, null))).toBe(WSAEFAULT);
  });
});

test.each([SPX, ATM])('a codec of bytes cannot carry the messages of $title, and says what can', (kind) => {
  const entry = under(kind, [scramblingLayer()]);
  expect(world.ws2.WSASocket(kind.family, SOCK_SEQPACKET, 0, entry, 0, 0)).toBe(INVALID_SOCKET);
  expect(world.ws2.WSAGetLastError()).toBe(WSAESOCKTNOSUPPORT);
  expect(world.defects).toEqual([expect.stringMatching(/cannot carry messages: stack it over the pseudo stream/)]);
});

test('a layer sees disconnect data, and may change it', () => {
  under(SPX, [
    defineLayer({
      name: 'signs',
      overrides: {
        WSPSendDisconnect: (below, s, outbound, lpErrno) =>
          below.lpWSPSendDisconnect(s, data(`${textOf(outbound!)}, signed`), lpErrno),
      },
    }),
  ]);
  const { client, server } = world.connected(SPX);
  world.ws2.WSASendDisconnect(client, data('bye'));
  expect(world.receive(server)).toBe(-WSAEDISCON);
  const last = room(20);
  world.ws2.WSARecvDisconnect(server, last);
  expect(textOf(last)).toBe('bye, signed');
});

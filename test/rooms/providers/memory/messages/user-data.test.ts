// Data that goes with connects, with their answers and with disconnects.
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  CF_ACCEPT,
  CF_DEFER,
  CF_REJECT,
  FD_CLOSE,
  FD_CONNECT,
  INVALID_SOCKET,
  ref,
  SO_CONDITIONAL_ACCEPT,
  SO_CONNDATA,
  SO_CONNDATALEN,
  SO_CONNOPT,
  SO_CONNOPTLEN,
  SO_DISCDATA,
  SO_DISCDATALEN,
  SO_DISCOPT,
  SO_DISCOPTLEN,
  SOL_SOCKET,
  TCP_NODELAY,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEDISCON,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSATRY_AGAIN,
  type LPCONDITIONPROC,
} from 'ws2spi';
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
} from '../../../../support/message-sockets.js';

let world: MessageWorld;
beforeEach(() => {
  world = new MessageWorld();
});
afterEach(() => world[Symbol.dispose]());

function set(s: number, optname: number, text: string): number {
  return world.code(world.ws2.setsockopt(s, SOL_SOCKET, optname, Buffer.from(text), text.length));
}

function get(s: number, optname: number, length = 600): string | number {
  const [value, size] = [new Uint8Array(length), ref(length)];
  const failed = world.code(world.ws2.getsockopt(s, SOL_SOCKET, optname, value, size));
  return failed === 0 ? textOf({ len: size.value, buf: value }) : failed;
}

function number(s: number, optname: number): number {
  const value = new Uint8Array(4);
  expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, optname, value, ref(4)))).toBe(0);
  return new DataView(value.buffer).getUint32(0, true);
}

describe.each(MESSAGE_KINDS)('a connection of $title', (kind) => {
  it('brings the caller’s data to the condition function, and the answer to the caller', () => {
    const [seen, callee]: [unknown[], ReturnType<typeof room>] = [[], room(100)];
    const condition: LPCONDITIONPROC = (id, callerData, sqos, gqos, calleeId, calleeData, g, dwCallbackData) => {
      seen.push(id!.len, textOf(callerData!), sqos, gqos, calleeId!.len, calleeData!.len, g.value, dwCallbackData);
      return answering('welcome')(id, callerData, sqos, gqos, calleeId, calleeData, g, dwCallbackData);
    };
    const { client, server } = world.connected(kind, { caller: data('who calls'), callee, condition });
    const size = kind.name(1).length;
    expect(seen.filter((each) => each !== null)).toEqual([size, 'who calls', size, kind.mostConnectData, 0, 0]);
    expect(textOf(callee)).toBe('welcome');
    expect(get(client, SO_CONNDATA)).toBe('welcome');
    expect(get(server, SO_CONNDATA)).toBe('who calls');
    expect(number(server, SO_CONNDATALEN)).toBe(9);
  });

  it('without data says so: null to the condition function, a length of 0 to the caller', () => {
    const callee = room(100);
    let seen: unknown;
    const condition: LPCONDITIONPROC = (_id, callerData, _s, _g, _callee, calleeData) => {
      seen = callerData;
      calleeData!.len = 0;
      return CF_ACCEPT;
    };
    const { client } = world.connected(kind, { callee, condition });
    expect([seen, callee.len]).toEqual([null, 0]);
    expect([get(client, SO_CONNDATA), number(client, SO_CONNDATALEN)]).toEqual(['', 0]);
  });

  it('cuts the answer to the room that there is; all of it is read by SO_CONNDATA', () => {
    const callee = room(4);
    const { client } = world.connected(kind, { callee, condition: answering('longer than that') });
    expect(textOf(callee)).toBe('long');
    expect(get(client, SO_CONNDATA)).toBe('longer than that');
    expect(get(client, SO_CONNDATA, 4)).toBe(WSAEFAULT);
  });

  it('fills the caller’s room before FD_CONNECT, and not before there is an answer', () => {
    const { listener, name } = world.listener(kind);
    const callee = room(50);
    const client = world.calling(kind, name, { callee });
    const [event, events] = [world.ws2.WSACreateEvent(), { lNetworkEvents: 0 }];
    world.ws2.WSAEventSelect(client, event, FD_CONNECT);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [event], true, 10, false)).toBe(258);
    expect(callee.len).toBe(50);
    expect(world.ws2.WSAAccept(listener, null, null, answering('now'), 0)).not.toBe(INVALID_SOCKET);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [event], true, 10, false)).toBe(0);
    world.ws2.WSAEnumNetworkEvents(client, event, events);
    expect([events.lNetworkEvents, textOf(callee)]).toEqual([FD_CONNECT, 'now']);
  });

  it('takes as much data as the protocol carries, and WSAEFAULT is told of more, with nothing begun', () => {
    const { listener, name } = world.listener(kind);
    const client = world.socket(kind);
    world.nonBlocking(client);
    const connect = (length: number): number =>
      world.code(world.ws2.WSAConnect(client, name, name.length, data('x'.repeat(length)), null, null, null));
    expect(connect(kind.mostConnectData + 1)).toBe(WSAEFAULT);
    world.nonBlocking(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
    expect(connect(kind.mostConnectData)).toBe(WSAEWOULDBLOCK);
    const condition: LPCONDITIONPROC = (_id, caller, _s, _g, _c, callee) => {
      expect(caller!.len).toBe(kind.mostConnectData);
      callee!.buf.fill(121);
      return CF_ACCEPT;
    };
    world.ws2.WSAAccept(listener, null, null, condition, 0);
    expect(world.outcome(client)).toBe(0);
    expect(get(client, SO_CONNDATA)).toBe('y'.repeat(kind.mostConnectData));
  });

  it('is refused by CF_REJECT: WSAECONNREFUSED on both sides', () => {
    const { listener, name } = world.listener(kind);
    const callee = room(10);
    const client = world.calling(kind, name, { caller: data('let me in'), callee });
    expect(world.code(world.ws2.WSAAccept(listener, null, null, () => CF_REJECT, 0))).toBe(WSAECONNREFUSED);
    expect(world.outcome(client)).toBe(WSAECONNREFUSED);
  });

  it('that was deferred is asked about again, with the same data', () => {
    const { listener, name } = world.listener(kind);
    const client = world.calling(kind, name, { caller: data('still me') });
    const seen: string[] = [];
    const ask = (verdict: number): number =>
      world.ws2.WSAAccept(listener, null, null, (_id, caller) => (seen.push(textOf(caller!)), verdict), 0);
    expect(world.code(ask(CF_DEFER))).toBe(WSATRY_AGAIN);
    expect(world.code(ask(CF_DEFER))).toBe(WSATRY_AGAIN);
    expect(ask(CF_ACCEPT)).not.toBe(INVALID_SOCKET);
    expect(world.outcome(client)).toBe(0);
    expect(seen).toEqual(['still me', 'still me', 'still me']);
  });

  it('that was deferred is refused when the listener goes away', () => {
    const { listener, name } = world.listener(kind);
    const client = world.calling(kind, name);
    expect(world.code(world.ws2.WSAAccept(listener, null, null, () => CF_DEFER, 0))).toBe(WSATRY_AGAIN);
    world.ws2.closesocket(listener);
    expect(world.outcome(client)).toBe(WSAECONNREFUSED);
  });

  it('carries what was put into the options beforehand, from either side', () => {
    const { listener, name } = world.listener(kind);
    expect(set(listener, SO_CONNDATA, 'to whom it concerns')).toBe(0);
    expect(set(listener, SO_CONNOPT, 'callee’s options'.slice(0, 6))).toBe(0);
    const client = world.socket(kind);
    world.nonBlocking(client);
    expect(set(client, SO_CONNDATA, 'hello')).toBe(0);
    expect(set(client, SO_CONNOPT, 'fast')).toBe(0);
    expect(world.code(world.ws2.connect(client, name, name.length))).toBe(WSAEWOULDBLOCK);
    const server = world.ws2.accept(listener, null, null);
    expect(world.outcome(client)).toBe(0);
    expect([SO_CONNDATA, SO_CONNOPT].map((option) => get(server, option))).toEqual(['hello', 'fast']);
    expect([SO_CONNDATA, SO_CONNOPT].map((option) => get(client, option))).toEqual(['to whom it concerns', 'callee']);
    expect([number(client, SO_CONNDATALEN), number(server, SO_CONNOPTLEN)]).toEqual([19, 4]);
  });

  it('brings disconnect data with an end, and an answer to that with the other end', () => {
    const { client, server } = world.connected(kind);
    expect(world.code(world.ws2.WSASendDisconnect(client, data('7 transactions')))).toBe(0);
    expect(world.send(client, 'x')).toBe(-WSAESHUTDOWN);
    const end = kind === SPX ? -WSAEDISCON : kind === PSEUDO_STREAM ? ['', 0] : -WSAECONNRESET;
    expect(world.receive(server)).toEqual(end);
    expect(number(server, SO_DISCDATALEN)).toBe(14);
    const last = room(14);
    expect(world.code(world.ws2.WSARecvDisconnect(server, last))).toBe(0);
    expect(textOf(last)).toBe('7 transactions');
    if (!kind.graceful) return;
    expect(world.code(world.ws2.WSASendDisconnect(server, data('700 in all')))).toBe(0);
    expect(world.receive(client)).toEqual(end);
    const answer = room(100);
    expect(world.code(world.ws2.WSARecvDisconnect(client, answer))).toBe(0);
    expect(textOf(answer)).toBe('700 in all');
  });

  it('tells too little room for disconnect data by WSAEFAULT, and ends nothing', () => {
    const { client, server } = world.connected(kind);
    world.ws2.WSASendDisconnect(client, data('too long'));
    expect(world.code(world.ws2.WSARecvDisconnect(server, room(3)))).toBe(WSAEFAULT);
    expect(get(server, SO_DISCDATA)).toBe('too long');
    const last = room(8);
    expect(world.code(world.ws2.WSARecvDisconnect(server, last))).toBe(0);
    expect(textOf(last)).toBe('too long');
  });

  it('refuses more disconnect data than the protocol carries by WSAEFAULT, and goes on', () => {
    const { client, server } = world.connected(kind);
    const much = data('x'.repeat(kind.mostConnectData + 1));
    expect(world.code(world.ws2.WSASendDisconnect(client, much))).toBe(WSAEFAULT);
    expect(world.send(client, 'on')).toBe(2);
    expect(world.receive(server)).toEqual(['on', 0]);
  });

  it('brings what SO_DISCDATA and SO_DISCOPT hold with closesocket, too', () => {
    const { client, server } = world.connected(kind);
    expect([set(client, SO_DISCDATA, 'bye'), set(client, SO_DISCOPT, 'opt')]).toEqual([0, 0]);
    world.ws2.closesocket(client);
    expect([get(server, SO_DISCDATA), get(server, SO_DISCOPT)]).toEqual(['bye', 'opt']);
    expect(number(server, SO_DISCOPTLEN)).toBe(3);
  });

  it('has no disconnect data before there is an end', () => {
    const { client, server } = world.connected(kind);
    expect([get(server, SO_DISCDATA), number(server, SO_DISCDATALEN)]).toEqual(['', 0]);
    expect(world.code(world.ws2.WSASendDisconnect(world.socket(kind), data('x')))).toBe(WSAENOTCONN);
    world.send(client, 'x');
    expect(world.receive(server)).toEqual(['x', 0]);
  });

  it('has options of its own alone: the lengths are the peer’s to say, and TCP’s are not known', () => {
    const s = world.socket(kind);
    for (const option of [SO_CONNDATALEN, SO_CONNOPTLEN, SO_DISCDATALEN, SO_DISCOPTLEN]) {
      expect(set(s, option, 'abcd')).toBe(WSAEINVAL);
    }
    for (const option of [SO_CONNDATA, SO_CONNOPT, SO_DISCDATA, SO_DISCOPT]) {
      expect(set(s, option, 'x'.repeat(kind.mostConnectData + 1))).toBe(WSAEINVAL);
      const lost = new Uint8Array(2);
      expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, option, lost, 3))).toBe(WSAEFAULT);
    }
    expect(world.code(world.ws2.setsockopt(s, 6, TCP_NODELAY, Uint8Array.of(1, 0, 0, 0), 4))).toBe(WSAENOPROTOOPT);
    expect(world.code(world.ws2.getsockopt(s, 6, TCP_NODELAY, new Uint8Array(4), ref(4)))).toBe(WSAENOPROTOOPT);
  });
});

describe('a condition function that means harm', () => {
  const attempt = (condition: LPCONDITIONPROC): number[] => {
    const { listener, name } = world.listener(SPX);
    const client = world.calling(SPX, name);
    const accepted = world.code(world.ws2.WSAAccept(listener, null, null, condition, 0));
    return [accepted, world.outcome(client)];
  };

  it('and throws, rejects', () => {
    const throwing: LPCONDITIONPROC = () => {
      throw new Error('no');
    };
    expect(attempt(throwing)).toEqual([WSAECONNREFUSED, WSAECONNREFUSED]);
    expect(world.defects).toEqual([expect.stringContaining('threw; the connection is rejected')]);
  });

  it.each([
    ['a length beyond its room', (callee: { len: number; buf: Uint8Array }) => void (callee.len = 4096)],
    ['a length that is no number', (callee: { len: number }) => void (callee.len = Number.NaN)],
    [
      'a longer buffer of its own',
      (callee: { len: number; buf: Uint8Array }) => {
        callee.buf = new Uint8Array(5000);
        callee.len = 5000;
      },
    ],
  ])('and answers with %s, rejects', (_what, harm) => {
    const condition: LPCONDITIONPROC = (_id, _data, _s, _g, _c, callee) => (harm(callee!), CF_ACCEPT);
    expect(attempt(condition)).toEqual([WSAECONNREFUSED, WSAECONNREFUSED]);
    expect(world.defects).toEqual([expect.stringContaining('more than it had room for; the connection is rejected')]);
  });

  it('and leaves a buffer that throws when it is looked at, rejects', () => {
    const condition: LPCONDITIONPROC = (_id, _data, _s, _g, _c, callee) => {
      Object.defineProperty(callee, 'buf', {
        get: () => {
          throw new Error('no');
        },
      });
      return CF_ACCEPT;
    };
    expect(attempt(condition)).toEqual([WSAECONNREFUSED, WSAECONNREFUSED]);
  });

  it('and answers what is no verdict, is told WSAEINVAL, and rejects', () => {
    expect(attempt(() => 77)).toEqual([WSAEINVAL, WSAECONNREFUSED]);
  });

  it('and writes beyond its room, throws by that', () => {
    const condition: LPCONDITIONPROC = (_id, _data, _s, _g, _c, callee) => {
      callee!.buf.set(new Uint8Array(4096));
      return CF_ACCEPT;
    };
    expect(attempt(condition)).toEqual([WSAECONNREFUSED, WSAECONNREFUSED]);
  });

  it('and closes its own listener, has the caller refused or served, and nothing left', () => {
    const { listener, name } = world.listener(ATM);
    const client = world.calling(ATM, name);
    world.ws2.WSAAccept(listener, null, null, () => (world.ws2.closesocket(listener), CF_ACCEPT), 0);
    expect([0, WSAECONNREFUSED]).toContain(world.outcome(client));
  });
});

test('a caller that spoils its lpCalleeData while it waits is connected all the same, and told', () => {
  for (const harm of [
    (callee: { buf: unknown }) => void (callee.buf = null),
    (callee: object) => void Object.freeze(callee),
    (callee: { buf: Uint8Array }) => void structuredClone(callee.buf, { transfer: [callee.buf.buffer as ArrayBuffer] }),
  ]) {
    const { listener, name } = world.listener(SPX);
    const callee = room(10);
    const client = world.calling(SPX, name, { callee });
    harm(callee);
    const server = world.ws2.WSAAccept(listener, null, null, answering('hello'), 0);
    expect(world.outcome(client)).toBe(0);
    expect(get(client, SO_CONNDATA)).toBe('hello');
    world.send(server, 'x');
    expect(world.receive(client)).toEqual(['x', 0]);
  }
  expect(world.defects).toHaveLength(2);
});

test('who calls and is not answered gives up after 21 seconds', () => {
  const { name, listener } = world.listener(SPX);
  const client = world.socket(SPX);
  const begin = world.clock.now();
  expect(world.code(world.ws2.connect(client, name, name.length))).toBe(WSAETIMEDOUT);
  expect(world.clock.now() - begin).toBe(21_000);
  world.nonBlocking(listener);
  expect(world.code(world.ws2.accept(listener, null, null)), 'nobody calls any more').toBe(WSAEWOULDBLOCK);
});

test('who hangs up before it is answered was never there', () => {
  const { name, listener } = world.listener(SPX);
  world.ws2.closesocket(world.calling(SPX, name));
  world.nonBlocking(listener);
  expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
});

test('a listener without SO_CONDITIONAL_ACCEPT has its connections made at once, and no answer to give', () => {
  const { name, listener } = (() => {
    const s = world.socket(SPX);
    expect(number(s, SO_CONDITIONAL_ACCEPT)).toBe(1);
    expect(set(s, SO_CONDITIONAL_ACCEPT, '\0\0\0\0')).toBe(0);
    world.ws2.bind(s, SPX.name(9), 14);
    world.ws2.listen(s, 5);
    return { listener: s, name: SPX.name(9) };
  })();
  const client = world.socket(SPX);
  expect(world.code(world.ws2.WSAConnect(client, name, 14, data('hello'), null, null, null))).toBe(0);
  expect(world.send(client, 'early')).toBe(5);
  let seen: unknown[] = [];
  const condition: LPCONDITIONPROC = (_id, caller, _s, _g, _c, callee) => {
    seen = [textOf(caller!), callee!.len];
    return CF_ACCEPT;
  };
  const server = world.ws2.WSAAccept(listener, null, null, condition, 0);
  expect(seen).toEqual(['hello', 0]);
  expect(world.receive(server)).toEqual(['early', 0]);
});

test('the end of a connection is FD_CLOSE: without an error where it is graceful', () => {
  for (const [kind, error] of [
    [SPX, 0],
    [PSEUDO_STREAM, 0],
    [ATM, WSAECONNRESET],
  ] as const) {
    const { client, server } = world.connected(kind);
    const [event, events] = [world.ws2.WSACreateEvent(), { lNetworkEvents: 0, iErrorCode: [] as number[] }];
    world.ws2.WSAEventSelect(server, event, FD_CLOSE);
    world.ws2.closesocket(client);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [event], true, 10, false)).toBe(0);
    world.ws2.WSAEnumNetworkEvents(server, event, events);
    expect([events.lNetworkEvents, events.iErrorCode[5]]).toEqual([FD_CLOSE, error]);
  }
});

test('what was sent before a graceful end is read before it; an abortive one takes it along', () => {
  const spx = world.connected(SPX);
  world.send(spx.client, 'last words');
  world.ws2.closesocket(spx.client);
  expect(world.receive(spx.server)).toEqual(['last words', 0]);
  expect(world.receive(spx.server)).toBe(-WSAEDISCON);
  const atm = world.connected(ATM);
  world.send(atm.client, 'last words');
  world.ws2.closesocket(atm.client);
  expect(world.receive(atm.server)).toBe(-WSAECONNRESET);
});

test('one side of SPX may end sending and go on receiving; with ATM both are over', () => {
  const spx = world.connected(SPX);
  world.ws2.shutdown(spx.client, 1);
  expect(world.send(spx.server, 'still')).toBe(5);
  expect(world.receive(spx.client)).toEqual(['still', 0]);
  const atm = world.connected(ATM);
  world.ws2.shutdown(atm.client, 1);
  expect(world.send(atm.server, 'still')).toBe(-WSAECONNRESET);
  expect(world.receive(atm.client)).toBe(-WSAECONNABORTED);
});

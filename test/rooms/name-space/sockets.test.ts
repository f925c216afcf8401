// Sockets of name spaces: the dispatcher's own, so that everything lies under them that lies under the application's.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  FD_ACCEPT,
  FD_CLOSE,
  FD_READ,
  INSTANCE,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEMSGSIZE,
  WSAESHUTDOWN,
  WSANO_RECOVERY,
  WSATRY_AGAIN,
  type Ws2_32,
} from 'ws2spi';
import { defineLayer, identity } from 'ws2spi/chain';
import type { NameSpaceDefinition, NameSpaceSession, StreamSocket } from 'ws2spi/names';
import { layOverAll, overBase, withNameSpace } from './fixtures/name-spaces.js';

const BASES = ['memory', 'tcpip'] as const;
const ADDRESS = Uint8Array.of(10, 9, 8, 7);

/** Calls a function in the providers' phase whenever a socket has events. */
function whenever(ws2: Ws2_32, s: number, events: number, happened: () => void): void {
  const { providerHost: host } = ws2[INSTANCE];
  const event = host.createEvent();
  expect(ws2.WSAEventSelect(s, event, events)).toBe(0);
  host.onEvent(event, () => {
    ws2.WSAEnumNetworkEvents(s, event, {});
    happened();
  });
}

function nameOf(ws2: Ws2_32, s: number): Uint8Array {
  const name = new Uint8Array(16);
  expect(ws2.getsockname(s, name, ref(16))).toBe(0);
  return name;
}

/** A socket bound to a port of the system's choice. */
function bound(ws2: Ws2_32, type: number): number {
  const s = ws2.socket(AF_INET, type, 0);
  expect(ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16)).toBe(0);
  return s;
}

/** Answers names by addresses in text, over datagrams; returns the server's name. */
function serve(ws2: Ws2_32, answers: Readonly<Record<string, string>>): Uint8Array {
  const s = bound(ws2, SOCK_DGRAM);
  whenever(ws2, s, FD_READ, () => {
    const [bytes, from] = [new Uint8Array(100), new Uint8Array(16)];
    const count = ws2.recvfrom(s, bytes, bytes.length, 0, from, ref(from.length));
    const text = answers[Buffer.from(bytes.subarray(0, count)).toString()];
    if (text !== undefined) ws2.sendto(s, Buffer.from(text), text.length, 0, from, from.length);
  });
  return nameOf(ws2, s);
}

/** The same over a connection, which the server ends when it has answered. */
function serveStreams(ws2: Ws2_32, answer: (text: string) => string): Uint8Array {
  const listener = bound(ws2, SOCK_STREAM);
  ws2.listen(listener, 5);
  whenever(ws2, listener, FD_ACCEPT, () => {
    const s = ws2.accept(listener, null, null);
    whenever(ws2, s, FD_READ | FD_CLOSE, () => {
      const bytes = new Uint8Array(100);
      const count = ws2.recv(s, bytes, bytes.length, 0);
      if (count <= 0) {
        ws2.closesocket(s);
        return;
      }
      const text = answer(Buffer.from(bytes.subarray(0, count)).toString());
      ws2.send(s, Buffer.from(text), text.length, 0);
      ws2.shutdown(s, 1);
    });
  });
  return nameOf(ws2, listener);
}

/** A name space that asks a server by datagrams. */
const overDatagrams = (server: () => Uint8Array): Partial<NameSpaceDefinition> => ({
  lookup(question, answer, session) {
    const socket = session.openDatagram({
      family: AF_INET,
      received(bytes) {
        close();
        answer.found({ addresses: [sockaddr_in(Buffer.from(bytes).toString(), 0)] });
        answer.done();
      },
    });
    const timer = session.setTimer(2000, () => {
      close();
      answer.fail(WSATRY_AGAIN);
    });
    const close = (): void => {
      timer.cancel();
      socket.close();
    };
    const error = socket.sendTo(Buffer.from(question.name), server());
    if (error !== 0) {
      close();
      answer.fail(error);
    }
    return close;
  },
});

/** A name space that asks a server over a connection. */
const overStreams = (server: () => Uint8Array): Partial<NameSpaceDefinition> => ({
  lookup(question, answer, session) {
    let text = '';
    const socket = session.openStream({
      address: server(),
      host: 'names.example',
      received: (bytes) => (text += Buffer.from(bytes).toString()),
      ended() {
        socket.close();
        answer.found({ addresses: [sockaddr_in(text, 0)] });
        answer.done();
      },
      failed: (error) => answer.fail(error),
    });
    socket.send(Buffer.from(question.name));
    return () => socket.close();
  },
});

describe.each(BASES)('over %s', (base) => {
  test('a blocking look-up asks a server by datagrams', () => {
    let server = sockaddr_in('127.0.0.1', 9);
    const { ws2, defects } = overBase(
      base,
      overDatagrams(() => server),
    );
    server = serve(ws2, { alpha: '10.9.8.7' });
    expect(ws2.gethostbyname('alpha')).toMatchObject({ h_name: 'alpha', h_addr_list: [ADDRESS] });
    expect(defects).toEqual([]);
  });

  test('a blocking look-up asks a server over a connection', () => {
    let server = sockaddr_in('127.0.0.1', 9);
    const { ws2, defects } = overBase(
      base,
      overStreams(() => server),
    );
    server = serveStreams(ws2, (text) => (text === 'alpha' ? '10.9.8.7' : ''));
    expect(ws2.gethostbyname('alpha')).toMatchObject({ h_name: 'alpha', h_addr_list: [ADDRESS] });
    expect(defects).toEqual([]);
  });

  test('it is told that nobody listens, over a connection and by datagrams from a connected socket', () => {
    const failures: number[] = [];
    const { ws2 } = overBase(base, {
      lookup(question, answer, session) {
        const address = sockaddr_in('127.0.0.1', Number(question.name.slice(1)));
        const failed = (error: number): void => {
          failures.push(error);
          answer.fail(WSATRY_AGAIN);
        };
        if (question.name.startsWith('s')) session.openStream({ address, received: () => undefined, failed });
        else {
          const socket = session.openDatagram({ family: AF_INET, received: () => undefined, failed });
          expect(socket.connect(address)).toBe(0);
          expect(socket.send(Uint8Array.of(1))).toBe(0);
        }
      },
    });
    const portOf = (type: number): number => {
      const s = bound(ws2, type);
      const { port } = parseSockaddr(nameOf(ws2, s));
      ws2.closesocket(s);
      return port;
    };
    expect(ws2.gethostbyname(`s${portOf(SOCK_STREAM)}`)).toBeNull();
    expect(ws2.gethostbyname(`d${portOf(SOCK_DGRAM)}`)).toBeNull();
    expect(failures).toEqual([WSAECONNREFUSED, WSAECONNRESET]);
  });

  test('a socket that cannot be bound tells why, afterwards', () => {
    const told: unknown[] = [];
    const { ws2 } = overBase(base, {
      lookup(question, answer, session) {
        const bind = sockaddr_in('127.0.0.1', Number(question.name));
        const socket = session.openDatagram({
          family: AF_INET,
          bind,
          received: () => undefined,
          failed(error) {
            told.push(error);
            answer.fail(WSATRY_AGAIN);
          },
        });
        told.push(socket.isClosed, socket.sendTo(Uint8Array.of(1), bind));
      },
    });
    const { port } = parseSockaddr(nameOf(ws2, bound(ws2, SOCK_DGRAM)));
    expect(ws2.gethostbyname(`${port}`)).toBeNull();
    expect(told).toEqual([true, WSAESHUTDOWN, WSAEADDRINUSE]);
  });

  test('a long answer arrives whole, paused and resumed, and what is sent waits for room', () => {
    const length = 8 << 20;
    let [received, drained, paused] = [0, 0, 0];
    let server = sockaddr_in('127.0.0.1', 9);
    const { ws2, defects } = overBase(base, {
      lookup(_question, answer, session) {
        const socket: StreamSocket = session.openStream({
          address: server,
          received(bytes) {
            received += bytes.length;
            if (paused === 0 && received > length / 2) {
              paused++;
              socket.pause();
              session.setTimer(0, () => socket.resume());
            }
          },
          drained: () => drained++,
          ended() {
            socket.close();
            answer.found({ addresses: [sockaddr_in('10.9.8.7', 0)] });
            answer.done();
          },
          failed: (error) => answer.fail(error),
        });
        expect(socket.send(new Uint8Array(length))).toBe(0);
        expect(socket.waiting).toBe(length);
        socket.end();
        expect(socket.send(new Uint8Array(1))).toBe(WSAESHUTDOWN);
      },
    });
    // Sends back what comes.
    const listener = bound(ws2, SOCK_STREAM);
    server = nameOf(ws2, listener);
    ws2.listen(listener, 1);
    whenever(ws2, listener, FD_ACCEPT, () => {
      const s = ws2.accept(listener, null, null);
      const waiting: Uint8Array[] = [];
      const echo = (): void => {
        for (;;) {
          const first = waiting.shift();
          if (first !== undefined) {
            const sent = ws2.send(s, first, first.length, 0);
            if (sent < first.length) {
              waiting.unshift(first.subarray(Math.max(sent, 0)));
              return;
            }
            continue;
          }
          const bytes = new Uint8Array(100_000);
          const count = ws2.recv(s, bytes, bytes.length, 0);
          if (count === 0) ws2.shutdown(s, 1);
          if (count <= 0) return;
          waiting.push(bytes.subarray(0, count));
        }
      };
      whenever(ws2, s, 0x3f, echo);
    });
    expect(ws2.gethostbyname('alpha')).not.toBeNull();
    expect([received, drained, paused, defects]).toEqual([length, 1, 1, []]);
  });

  test('a process with sockets and timers of name spaces ends by itself', () => {
    const fixture = fileURLToPath(new URL('./fixtures/idle.mjs', import.meta.url));
    const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
    const child = spawnSync(process.execPath, [fixture, base, dist], { encoding: 'utf8', timeout: 60_000 });
    expect([child.stdout.trim(), child.stderr, child.status]).toEqual(['10.9.8.7', '', 0]);
  });
});

test('a server that says nothing is given up by a timer of the instance', () => {
  const server = sockaddr_in('127.0.0.1', 5300);
  const { ws2, clock, finish } = withNameSpace(overDatagrams(() => server));
  const s = ws2.socket(AF_INET, SOCK_DGRAM, 0);
  ws2.bind(s, server, server.length);
  expect(ws2.gethostbyname('silent')).toBeNull();
  expect([ws2.WSAGetLastError(), clock.now()]).toEqual([WSATRY_AGAIN, 2000]);
  finish();
});

test('what its sockets do leaves the application’s last error alone', () => {
  const { ws2, clock, finish } = withNameSpace(
    overDatagrams(() => sockaddr_in('127.0.0.1', 5300)),
    { network: { latency: 10 } },
  );
  const found: unknown[] = [];
  ws2[INSTANCE].lookUp('alpha', { ai_family: AF_INET, ai_flags: 0 }, (error) => found.push(error));
  ws2.WSASetLastError(4711);
  clock.advance(1000);
  expect(ws2.WSAGetLastError()).toBe(4711);
  clock.advance(2000);
  expect(found).toEqual([WSATRY_AGAIN]);
  expect(ws2.WSAGetLastError()).toBe(4711);
  finish();
});

test('a filter that refuses everything under the application’s sockets lets no query out', () => {
  const seen: string[] = [];
  const refusing = defineLayer({
    name: 'refusing',
    connect(request) {
      seen.push(`${request.address}:${request.port}`);
      request.refuse();
    },
  });
  const server = sockaddr_in('127.0.0.1', 5300);
  for (const definition of [overDatagrams(() => server), overStreams(() => server)]) {
    const { ws2, finish } = withNameSpace(definition);
    layOverAll(ws2, refusing);
    expect(ws2.gethostbyname('alpha')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSANO_RECOVERY);
    finish();
  }
  expect(seen).toEqual(['127.0.0.1:5300', '127.0.0.1:5300']);
});

test('filters are told the host’s name that a connection is made for', () => {
  const seen: unknown[] = [];
  const telling = defineLayer({
    name: 'telling',
    codec: identity,
    connect(request) {
      seen.push(request.connection?.destination?.name);
      return WSAEACCES;
    },
  });
  const { ws2, finish } = withNameSpace(overStreams(() => sockaddr_in('127.0.0.1', 5300)));
  layOverAll(ws2, telling);
  expect(ws2.gethostbyname('alpha')).toBeNull();
  expect(seen).toEqual(['names.example']);
  finish();
});

describe('multicast', () => {
  const group = sockaddr_in('239.192.7.1', 5353);

  test('reaches sockets that have joined, as leaves of a session', () => {
    const received: string[] = [];
    const open = (session: NameSpaceSession) =>
      session.openDatagram({
        family: AF_INET,
        bind: sockaddr_in('0.0.0.0', 5353),
        shared: true,
        multicast: true,
        received: (bytes, from) => received.push(`${Buffer.from(bytes).toString()} from ${parseSockaddr(from).port}`),
      });
    const { ws2, clock, finish } = withNameSpace({
      start(session) {
        const sockets = [open(session), open(session)];
        expect(sockets.map((socket) => socket.join(group))).toEqual([0, 0]);
        return {
          lookup(_question, answer) {
            expect(sockets[0]!.sendTo(Buffer.from('who'), group)).toBe(0);
            session.setTimer(5, () => answer.done());
          },
        };
      },
    });
    ws2.gethostbyname('alpha');
    expect(clock.now()).toBe(5);
    expect(received).toEqual(['who from 5353', 'who from 5353']);
    finish();
  });

  test('is left for good at the end, when one more datagram may be sent', () => {
    const { ws2, clock, network, finish } = withNameSpace({
      start(session) {
        const socket = session.openDatagram({ family: AF_INET, multicast: true, received: () => undefined });
        socket.join(group);
        return {
          lookup: (_question, answer) => answer.done(),
          end: () => expect(socket.sendTo(Buffer.from('goodbye'), group)).toBe(0),
        };
      },
    });
    const other = withNameSpace({ lookup: (_question, answer) => answer.done() }, { network, clock });
    const listener = other.ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, null, 0, 0x1 | 0x4 | 0x10);
    other.ws2.bind(listener, sockaddr_in('0.0.0.0', 5353), 16);
    expect(other.ws2.WSAJoinLeaf(listener, group, 16, null, null, null, null, 4)).not.toBe(INVALID_SOCKET);
    ws2.gethostbyname('alpha');
    ws2.WSACleanup();
    const bytes = new Uint8Array(20);
    const count = other.ws2.recv(listener, bytes, bytes.length, 0);
    expect(Buffer.from(bytes.subarray(0, count)).toString()).toBe('goodbye');
    other.finish();
    finish();
  });
});

test('options of sockets that are none are refused in words', () => {
  const errors: string[] = [];
  const { ws2, finish } = withNameSpace({
    lookup(_question, answer, session) {
      const attempt = (open: () => unknown): void => {
        try {
          open();
        } catch (error) {
          errors.push((error as Error).message);
        }
      };
      attempt(() => session.openDatagram({ family: AF_INET } as never));
      attempt(() => session.openDatagram({ family: AF_INET, recieved: () => undefined } as never));
      attempt(() => session.openStream({ address: '127.0.0.1:80', received: () => undefined } as never));
      attempt(() => session.setTimer(-1, () => undefined));
      answer.done();
    },
  });
  ws2.gethostbyname('alpha');
  expect(errors).toEqual([
    'openDatagram: `received` is a function, not undefined',
    'openDatagram: there is no option "recieved": did you mean "received"?',
    "openStream: `address` is a SOCKADDR: sockaddr_in('127.0.0.1', 0), not a string",
    'setTimer: a timer takes milliseconds from 0, not a number',
  ]);
  finish();
});

test('a datagram that is too long is refused', () => {
  const errors: number[] = [];
  const { ws2, finish } = withNameSpace({
    lookup(_question, answer, session) {
      const socket = session.openDatagram({ family: AF_INET, received: () => undefined });
      errors.push(socket.sendTo(new Uint8Array(70_000), sockaddr_in('127.0.0.1', 5300)));
      answer.done();
    },
  });
  ws2.gethostbyname('alpha');
  expect(errors).toEqual([WSAEMSGSIZE]);
  finish();
});

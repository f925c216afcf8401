import { expect } from 'vitest';
import {
  FD_ALL_EVENTS,
  ref,
  SD_SEND,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEISCONN,
  WSAENETRESET,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { defineLayer, type Codec, type CodecFactory, type CodecOutput, type CodecRole } from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';
import { Hello, helloLayer } from '../../support/layers.js';

const PLAIN: Codec = {
  receive: (bytes, output) => output.decoded(bytes),
  send: (bytes, output) => output.encoded(bytes),
};

function stacked(world: World, codec: CodecFactory): void {
  world.stack([defineLayer({ name: 'codec', codec })]);
}

/** A listener without layers, and a client with one. */
function clientOf(world: World, codec: CodecFactory) {
  const { s: listener, name } = world.listener();
  stacked(world, codec);
  const client = world.tcpSocket();
  return { listener, name, client };
}

describeOnEveryProvider('the codec framework', (on) => {
  on.it('makes a codec per connection, and tells it its side, its opening and its end', (world) => {
    const log: string[] = [];
    stacked(world, ({ role: made }) => ({
      ...PLAIN,
      open: (role: CodecRole) => void log.push(`${made} opens as ${role}`),
      shutdown: (how) => void log.push(`${made} shuts ${how}`),
      end: (output) => {
        log.push(`${made} ends`);
        output.finished();
      },
      close: () => void log.push(`${made} closes`),
    }));
    const { client, server } = world.connectedPair();
    world.settle();
    expect([...log].sort()).toEqual(['client opens as client', 'server opens as server']);
    log.length = 0;
    world.ws2.shutdown(client, SD_SEND);
    expect(world.receive(server)).toBe('');
    world.ws2.closesocket(server);
    expect(world.receive(client)).toBe('');
    world.ws2.closesocket(client);
    world.settle();
    expect(log).toEqual([
      'client shuts send',
      'server ends',
      'server shuts both',
      'server closes',
      'client ends',
      'client closes',
    ]);
  });

  on.it('holds a sender up whose peer does not read, within a bound', (world) => {
    let encoded = 0;
    stacked(world, () => ({
      ...PLAIN,
      send(bytes, output) {
        encoded += bytes.length;
        output.encoded(bytes.slice());
      },
    }));
    const { client } = world.connectedPair();
    world.nonBlocking(client);
    const piece = new Uint8Array(64 * 1024);
    let accepted = 0;
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const taken = world.count(world.ws2.send(client, piece, piece.length, 0));
      if (taken < 0) refused++;
      else accepted += taken;
      if (i % 100 === 0) world.settle();
    }
    // Two kernels' or memory pipes' worth, and two queues of a quarter of a megabyte; not the 190 megabytes offered.
    expect(accepted).toBe(encoded);
    expect(accepted).toBeLessThan(20_000_000);
    expect(refused).toBeGreaterThan(2000);
  });

  on.it('stops reading when the application does not, even when data swells', (world) => {
    const { s: listener, name } = world.listener();
    let decoded = 0;
    stacked(world, () => ({
      ...PLAIN,
      receive(bytes, output) {
        decoded += bytes.length * 50;
        output.decoded(new Uint8Array(bytes.length * 50));
      },
    }));
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    world.nonBlocking(server);
    const piece = new Uint8Array(64 * 1024);
    let sent = 0;
    for (let i = 0; i < 500; i++) {
      const taken = world.count(world.ws2.send(server, piece, piece.length, 0));
      if (taken > 0) sent += taken;
      world.settle();
    }
    expect(decoded).toBeLessThan(8_000_000);
    // Reading on lets it flow again, and nothing is lost.
    world.nonBlocking(client);
    const room = new Uint8Array(1_000_000);
    let received = 0;
    for (let quiet = 0; quiet < 50;) {
      const got = world.count(world.ws2.recv(client, room, room.length, 0));
      if (got > 0) {
        received += got;
        quiet = 0;
      } else {
        quiet++;
        world.settle();
      }
    }
    expect(received).toBe(sent * 50);
  });

  on.it('has a blocking send wait for room, while the peer receives overlapped', (world) => {
    stacked(world, () => ({ ...PLAIN }));
    const { client, server } = world.connectedPair();
    let received = 0;
    const size = 4_000_000;
    const event = world.event();
    world.eventSelect(server, event, FD_ALL_EVENTS);
    const room = new Uint8Array(100_000);
    const drip = (): void => {
      const got = world.count(world.ws2.recv(server, room, room.length, 0));
      if (got > 0) received += got;
      if (received < size) world.ws2.host.QueueUserAPC(drip, null);
    };
    world.ws2.host.QueueUserAPC(drip, null);
    expect(world.count(world.ws2.send(client, new Uint8Array(size), size, 0))).toBe(size);
    // The last of it may wait for the kernel to open the window again.
    const end = world.now() + 60_000;
    for (let i = 0; received < size && (i < 5000 || (world.native && world.now() < end)); i++) {
      world.ws2.host.SleepEx(0, true);
    }
    expect(received).toBe(size);
  });

  on.it('carries single bytes and floods alike', (world) => {
    stacked(world, () => ({ ...PLAIN }));
    const { client, server } = world.connectedPair();
    for (const letter of 'drip by drip') world.send(client, letter);
    expect(world.receiveAll(server, 12)).toBe('drip by drip');
  });

  on.it('lets a codec hold data back until shutdown, which then goes out before the end', (world) => {
    stacked(world, () => {
      let held: Uint8Array = new Uint8Array(0);
      return {
        ...PLAIN,
        send: (bytes) => void (held = Buffer.concat([held, bytes])),
        shutdown: (_how, output) => output.encoded(held),
      };
    });
    const { client, server } = world.connectedPair();
    world.nonBlocking(server);
    world.send(client, 'held ');
    world.send(client, 'back');
    world.settle();
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    world.ws2.shutdown(client, SD_SEND);
    world.nonBlocking(server, 0);
    expect(world.receiveAll(server, 9)).toBe('held back');
    expect(world.receive(server)).toBe('');
    world.send(server, 'reply');
    world.ws2.shutdown(server, SD_SEND);
    expect(world.receiveAll(client, 5)).toBe('reply');
  });

  on.it(
    'lets a codec go on decoding after the peer has ended the connection below, until it says that it is done',
    (world) => {
      const held: Uint8Array[] = [];
      stacked(world, ({ role }) => ({
        ...PLAIN,
        receive: (bytes, output) => void (role === 'server' ? held.push(bytes.slice()) : output.decoded(bytes)),
        end: (output) => output.setTimer(20),
        timer: (output) => {
          for (const bytes of held.splice(0)) output.decoded(bytes);
          output.finished();
        },
      }));
      const { client, server } = world.connectedPair();
      world.send(client, 'last words');
      world.ws2.shutdown(client, SD_SEND);
      expect(world.receiveAll(server, 10)).toBe('last words');
      expect(world.receive(server)).toBe('');
    },
  );

  on.it('may end the decoded stream before the one below ends', (world) => {
    const { listener, name, client } = clientOf(world, () => ({
      ...PLAIN,
      receive(bytes, output) {
        const end = bytes.indexOf('.'.charCodeAt(0));
        output.decoded(end < 0 ? bytes : bytes.subarray(0, end));
        if (end >= 0) output.finished();
      },
    }));
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    world.send(server, 'until here. Not this');
    expect(world.receiveAll(client, 10)).toBe('until here');
    expect(world.receive(client)).toBe('');
    expect(world.send(client, 'still')).toBe(5);
    expect(world.receiveAll(server, 5)).toBe('still');
  });

  on.it('tells a codec the time of the instance', (world) => {
    const delay = world.native ? 30 : 60_000;
    stacked(world, () => {
      let held: Uint8Array[] = [];
      return {
        ...PLAIN,
        send(bytes, output) {
          held.push(bytes.slice());
          output.setTimer(delay);
        },
        timer(output) {
          for (const bytes of held) output.encoded(bytes);
          held = [];
        },
      };
    });
    const { client, server } = world.connectedPair();
    const before = world.now();
    world.send(client, 'later');
    expect(world.receive(server)).toBe('later');
    const passed = world.now() - before;
    if (world.native) expect(passed).toBeGreaterThanOrEqual(delay - 1);
    else expect(passed).toBe(delay);
  });

  on.it('takes a timer back', (world) => {
    let fired = 0;
    let output: CodecOutput | null = null;
    stacked(world, ({ role }) => ({
      ...PLAIN,
      open: (_role, out) => void (role === 'client' && (output = out)),
      timer: () => void fired++,
    }));
    world.connectedPair();
    output!.setTimer(5);
    output!.setTimer(null);
    world.ws2.host.SleepEx(20, false);
    expect(fired).toBe(0);
    output!.setTimer(5);
    world.ws2.host.SleepEx(20, false);
    expect(fired).toBe(1);
  });

  on.it('breaks the connection with the code that a codec names, and resets it below', (world) => {
    const { listener, name, client } = clientOf(world, () => ({
      ...PLAIN,
      receive: (_bytes, output) => output.failed(WSAENETRESET),
    }));
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    world.send(server, 'x');
    expect(world.receive(client)).toBe(-WSAENETRESET);
    expect(world.send(client, 'x')).toBe(-WSAENETRESET);
    expect(world.receive(server)).toBe(-WSAECONNRESET);
    expect(world.code(world.ws2.getsockname(client, new Uint8Array(16), ref(16)))).toBe(0);
  });

  on.it('contains a codec that throws, and leaves other connections alone', (world) => {
    stacked(world, () => ({
      ...PLAIN,
      receive(bytes, output) {
        if (bytes[0] === '!'.charCodeAt(0)) throw new Error('boom');
        output.decoded(bytes);
      },
    }));
    const [bad, good] = [world.connectedPair(), world.connectedPair()];
    world.send(bad.client, '!');
    world.send(good.client, 'fine');
    expect(world.receive(bad.server)).toBe(-WSAECONNABORTED);
    expect(world.receiveAll(good.server, 4)).toBe('fine');
    const defects = world.takeDefects();
    expect(defects).toHaveLength(1);
    expect(defects[0]).toMatch(/the codec's "\w+" threw/);
  });

  on.it('contains a factory that throws', (world) => {
    const { listener, name, client } = clientOf(world, () => {
      throw new Error('boom');
    });
    expect(world.connect(client, name)).toBe(WSAECONNABORTED);
    expect(world.takeDefects()).toHaveLength(1);
    world.ws2.closesocket(listener);
  });

  on.it('gives a codec its own bytes: the caller may use his buffer again at once', (world) => {
    stacked(world, () => ({ ...PLAIN }));
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    const piece = new Uint8Array(50_000);
    let sent = 0;
    for (let mark = 1; ; mark++) {
      piece.fill(mark);
      const taken = world.count(world.ws2.send(client, piece, piece.length, 0));
      piece.fill(0);
      if (taken < 0) break;
      sent += taken;
    }
    const all = new Uint8Array(sent);
    all.set(Buffer.from(world.receiveAll(server, sent), 'latin1'));
    expect(all.includes(0)).toBe(false);
  });
});

describeOnEveryProvider('a handshake', (on) => {
  on.it('holds connect, FD_CONNECT and FD_ACCEPT back until it is done', (world) => {
    const { listener, name, client } = clientOf(world, helloCodec());
    const event = world.event();
    world.eventSelect(client, event, FD_ALL_EVENTS);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    const server = world.accept(listener);
    expect(world.networkEvents(client)).toEqual({});
    expect(world.count(world.ws2.send(client, Buffer.from('x'), 1, 0))).toBeLessThan(0);
    expect(world.receiveAll(server, 4)).toBe('HELO');
    world.send(server, 'HELOand more');
    expect(world.signalled(event, 60_000)).toBe(true);
    const events = world.networkEvents(client);
    expect(events).toMatchObject({ CONNECT: 0, WRITE: 0 });
    expect(world.receiveAll(client, 8)).toBe('and more');
  });

  on.it('that goes on at one caller does not keep others from being accepted', (world) => {
    const slow = world.tcpSocket();
    world.stack([helloLayer()]);
    const { s: listener, name } = world.listener();
    expect(world.connect(slow, name)).toBe(0);
    const quick = world.tcpSocket();
    expect(world.connect(quick, name)).toBe(0);
    const server = world.accept(listener);
    world.send(quick, 'first');
    expect(world.receiveAll(server, 5)).toBe('first');
    world.send(slow, 'HELOlast');
    const late = world.accept(listener);
    expect(world.receiveAll(late, 4)).toBe('last');
  });

  on.it('is begun with no more callers than the backlog lets wait, and goes on as they are taken', (world) => {
    const { clients, listener, begun } = crowd(world, 2, 4);
    world.until(() => begun() === 2);
    world.settle();
    expect(begun()).toBe(2);
    world.nonBlocking(listener);
    for (let taken = 1; taken <= 2; taken++) {
      world.accept(listener);
      world.until(() => begun() === 2 + taken);
      world.settle();
      expect(begun()).toBe(2 + taken);
    }
    world.accept(listener);
    world.accept(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
    for (const client of clients) world.ws2.closesocket(client);
  });

  on.it('that is never done keeps nobody out, however many of them there are', (world) => {
    const silent = Array.from({ length: 20 }, () => world.tcpSocket());
    world.stack([helloLayer()]);
    const { s: listener, name } = world.listener(undefined, 2);
    for (const s of silent) {
      world.nonBlocking(s);
      world.connect(s, name);
      world.settle();
    }
    const client = world.tcpSocket();
    const before = world.now();
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    world.send(client, 'past them all');
    expect(world.receiveAll(server, 13)).toBe('past them all');
    expect(world.now() - before).toBeLessThan(1000);
    world.nonBlocking(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
  });

  // On native sockets these would take seconds of the machine's time.
  if (!on.native) {
    on.it('ends after ten seconds, on either side', (world) => {
      const { listener, name, client } = clientOf(world, helloCodec());
      const before = world.now();
      expect(world.connect(client, name)).toBe(WSAETIMEDOUT);
      expect(world.now() - before).toBe(10_000);
      expect(world.receive(world.accept(listener))).toBe(-WSAECONNRESET);
      world.entries.clear();
      const silent = world.tcpSocket();
      world.stack([helloLayer()]);
      const { name: guarded } = world.listener();
      expect(world.connect(silent, guarded)).toBe(0);
      expect(world.receiveAll(silent, 4)).toBe('HELO');
      const connected = world.now();
      expect(world.receive(silent)).toBe(-WSAECONNRESET);
      expect(world.now() - connected).toBe(10_000);
    });

    on.it('has the time that the layer says', (world) => {
      const slow = world.tcpSocket();
      world.stack([defineLayer({ name: 'patient', codec: () => new Hello(), handshakeTimeout: 90_000 })]);
      const { s: listener, name } = world.listener(undefined, 1);
      expect(world.connect(slow, name)).toBe(0);
      world.settle();
      world.ws2.host.SleepEx(60_000, false);
      world.send(slow, 'HELOpatience');
      expect(world.receiveAll(world.accept(listener), 8)).toBe('patience');
      world.entries.clear();
      const silent = world.tcpSocket();
      expect(world.connect(silent, name)).toBe(0);
      expect(world.receiveAll(silent, 4)).toBe('HELO');
      const connected = world.now();
      expect(world.receive(silent)).toBe(-WSAECONNRESET);
      expect(world.now() - connected).toBe(90_000);
    });

    on.it('of hundreds of silent peers gives way to others after a second', (world) => {
      const silent = Array.from({ length: 500 }, () => world.tcpSocket());
      const [entry] = world.stack([helloLayer()]);
      const { s: listener, name } = world.listener(undefined, 200);
      for (const s of silent) {
        world.nonBlocking(s);
        world.connect(s, name);
        world.settle();
      }
      const client = world.track(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1));
      world.nonBlocking(client);
      const before = world.now();
      // The memory network refuses those that find its own queue full: the caller asks again.
      for (let code = WSAECONNREFUSED; code !== 0 && world.now() - before < 9000; world.ws2.host.SleepEx(100, false)) {
        code = world.connect(client, name) === WSAEISCONN ? 0 : WSAEWOULDBLOCK;
      }
      const server = world.accept(listener);
      expect(world.now() - before).toBeLessThan(4000);
      world.send(client, 'through');
      expect(world.receiveAll(server, 7)).toBe('through');
    });
  }

  on.it('that failed gives its place in a full queue to the next', (world) => {
    const rude = world.tcpSocket();
    world.stack([helloLayer()]);
    const { s: listener, name } = world.listener(undefined, 1);
    expect(world.connect(rude, name)).toBe(0);
    world.send(rude, 'GET / HTTP/1.0');
    world.settle();
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    world.send(client, 'next');
    expect(world.receiveAll(server, 4)).toBe('next');
  });

  on.it('that is never done ends when the socket is closed', (world) => {
    const { listener, name, client } = clientOf(world, helloCodec());
    world.nonBlocking(client);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    const server = world.accept(listener);
    world.settle();
    expect(world.ws2.closesocket(client)).toBe(0);
    world.settle();
    world.nonBlocking(server);
    let last: string | number = '';
    for (let i = 0; i < 5 && typeof last === 'string'; i++) {
      last = world.receive(server);
      if (last === '') break;
    }
    expect(['', -WSAECONNRESET]).toContain(last);
  });

  on.it('fails when the peer goes away in the middle of it', (world) => {
    const { listener, name, client } = clientOf(world, helloCodec());
    const event = world.event();
    world.eventSelect(client, event, FD_ALL_EVENTS);
    world.connect(client, name);
    const server = world.accept(listener);
    expect(world.receiveAll(server, 4)).toBe('HELO');
    world.ws2.closesocket(server);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client)).toEqual({ CONNECT: WSAECONNABORTED });
  });

  on.it('fails when the peer says something else, and the listener never sees it', (world) => {
    const stranger = world.tcpSocket();
    world.stack([helloLayer()]);
    const { s: listener, name } = world.listener();
    expect(world.connect(stranger, name)).toBe(0);
    world.send(stranger, 'GET / HTTP/1.0');
    world.settle();
    world.nonBlocking(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
    let last: string | number = '?';
    for (let i = 0; i < 5 && typeof last === 'string' && last !== ''; i++) last = world.receive(stranger);
    expect([-WSAECONNRESET, '']).toContain(last);
  });

  on.it('is not begun when nobody listens', (world) => {
    let made = 0;
    const nowhere = world.closedPort();
    stacked(world, () => {
      made++;
      return { ...PLAIN };
    });
    expect(world.connect(world.tcpSocket(), nowhere)).toBe(WSAECONNREFUSED);
    expect(made).toBe(0);
  });
});

/** So many clients at a listener whose codec counts the connections that it was made for. */
function crowd(world: World, backlog: number, size: number) {
  const clients = Array.from({ length: size }, () => world.tcpSocket());
  let begun = 0;
  stacked(world, () => {
    begun++;
    return { ...PLAIN };
  });
  const { s: listener, name } = world.listener(undefined, backlog);
  for (const client of clients) {
    world.nonBlocking(client);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    world.settle();
  }
  return { clients, listener, begun: () => begun };
}

function helloCodec(): CodecFactory {
  return () => {
    let seen = 0;
    return {
      handshake: true,
      open: (_role, output) => output.encoded(Buffer.from('HELO')),
      receive(bytes, output) {
        const rest = Math.min(4 - seen, bytes.length);
        seen += rest;
        if (seen === 4) output.ready();
        output.decoded(bytes.subarray(rest));
      },
      send: (bytes, output) => output.encoded(bytes),
    };
  };
}

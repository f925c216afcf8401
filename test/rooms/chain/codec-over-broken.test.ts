// What a codec makes of a layer below it that misbehaves: found out, reported once under its name, and nothing waits
// for ever.
import { expect } from 'vitest';
import {
  INVALID_SOCKET,
  ref,
  SIO_KEEPALIVE_VALS,
  SOCKET_ERROR,
  TCP_MAXSEG,
  WSA_IO_PENDING,
  WSAEACCES,
  WSAECONNRESET,
  WSAOVERLAPPED,
  WSASYSCALLFAILURE,
} from 'ws2spi';
import { defineLayer, type CodecOutput, type LayerOverrides } from 'ws2spi/chain';
import { createConnection, createServer } from 'ws2spi/node';
import { ANSWERS, type Misbehaviour } from '../../support/misbehaviour.js';
import { buffer, describeOnEveryProvider, loopback, type World } from '../../support/providers.js';
import { withoutRejections } from '../../support/rejections.js';

const PLAIN = {
  receive: (bytes: Uint8Array, output: CodecOutput) => output.decoded(bytes),
  send: (bytes: Uint8Array, output: CodecOutput) => output.encoded(bytes),
};

/** A codec over a layer that does nothing of its own over one whose function misbehaves once told so. */
function overMisbehaving(world: World, name: keyof LayerOverrides, misbehave: Misbehaviour) {
  const mood = { bad: false };
  const asynchronous = misbehave.constructor.name === 'AsyncFunction';
  const sound = (lower: never, args: never[]): unknown =>
    (lower[`lp${name}` as never] as (...args: never[]) => unknown)(...args);
  // An asynchronous function cannot behave for a while.
  const override = asynchronous
    ? misbehave
    : (lower: never, ...args: never[]) => (mood.bad ? misbehave(lower, ...args) : sound(lower, args));
  const chains = world.stack([
    defineLayer({ name: 'coding', codec: () => PLAIN }),
    // One that took over a socket would itself refuse what is none.
    ...(name === 'WSPSocket' || name === 'WSPAccept' ? [] : [defineLayer({ name: 'between' })]),
    defineLayer({ name: 'bad', overrides: { [name]: override } as LayerOverrides }),
  ]);
  return { mood, chain: chains[0]!, asynchronous };
}

/** A client under the chain, and a server without layers. */
function clientOver(world: World): { client: number; server: number; listener: number } {
  const entries = new Map(world.entries);
  world.entries.clear();
  const { s: listener, name } = world.listener();
  for (const [key, entry] of entries) world.entries.set(key, entry);
  const client = world.tcpSocket();
  expect(world.connect(client, name)).toBe(0);
  return { client, server: world.accept(listener), listener };
}

function blamesBad(world: World, name: string, report: RegExp, times = 1): void {
  const defects = world.takeDefects();
  expect(defects).toHaveLength(times);
  expect(defects[0]).toMatch(new RegExp(`^${name} of provider "bad" ${report.source}`));
}

describeOnEveryProvider('under a codec, a layer', (on) => {
  for (const [how, misbehave, report] of ANSWERS) {
    on.it(`whose WSPSend ${how} fails send`, (world) =>
      withoutRejections(() => {
        const { mood } = overMisbehaving(world, 'WSPSend', misbehave);
        const { client } = clientOver(world);
        mood.bad = true;
        expect(world.send(client, 'hello')).toBe(-WSASYSCALLFAILURE);
        expect(world.send(client, 'hello')).toBe(-WSASYSCALLFAILURE);
        mood.bad = false;
        if (how !== 'is asynchronous') blamesBad(world, 'WSPSend', report);
        else expect(world.takeDefects()[0]).toMatch(report);
      }),
    );

    on.it(`whose WSPRecv ${how} ends a blocking recv, and one that is overlapped`, (world) =>
      withoutRejections(() => {
        const { mood, asynchronous } = overMisbehaving(world, 'WSPRecv', misbehave);
        const first = clientOver(world);
        mood.bad = true;
        expect(world.receive(first.client)).toBe(-WSASYSCALLFAILURE);
        world.ws2.closesocket(first.client);
        mood.bad = false;
        if (asynchronous) return void world.takeDefects();
        const second = clientOver(world);
        expect(world.takeDefects()).toHaveLength(1);
        const overlapped = new WSAOVERLAPPED();
        overlapped.hEvent = world.event();
        const begun = world.ws2.WSARecv(second.client, [buffer(4)], 1, null, ref(0), overlapped, null);
        expect(world.code(begun)).toBe(WSA_IO_PENDING);
        mood.bad = true;
        world.send(second.server, 'data');
        expect(world.signalled(overlapped.hEvent, 60_000)).toBe(true);
        expect(world.code(world.ws2.WSAGetOverlappedResult(second.client, overlapped, ref(0), false, ref(0)))).toBe(
          WSASYSCALLFAILURE,
        );
        mood.bad = false;
        // That a function answers later is told once.
        if (how !== 'returns a promise') blamesBad(world, 'WSPRecv', report);
        else expect(world.takeDefects()).toEqual([]);
      }),
    );

    on.it(`whose WSPEnumNetworkEvents ${how} ends what waits for its events`, (world) =>
      withoutRejections(() => {
        const { mood, asynchronous } = overMisbehaving(world, 'WSPEnumNetworkEvents', misbehave);
        if (asynchronous) {
          // Even a connect waits for an event.
          const client = world.tcpSocket();
          world.entries.clear();
          const { name } = world.listener();
          const code = world.connect(client, name);
          // One that is done at once needs none; then it is the receive that does.
          expect(code === 0 ? world.receive(client) : -code).toBe(-WSASYSCALLFAILURE);
          expect(world.takeDefects()[0]).toMatch(report);
          return;
        }
        const { client, server } = clientOver(world);
        const overlapped = new WSAOVERLAPPED();
        overlapped.hEvent = world.event();
        world.ws2.WSARecv(client, [buffer(4)], 1, null, ref(0), overlapped, null);
        mood.bad = true;
        world.send(server, 'data');
        expect(world.signalled(overlapped.hEvent, 60_000)).toBe(true);
        expect(world.code(world.ws2.WSAGetOverlappedResult(client, overlapped, ref(0), false, ref(0)))).toBe(
          WSASYSCALLFAILURE,
        );
        expect(world.receive(client)).toBe(-WSASYSCALLFAILURE);
        expect(world.receive(server)).toBe(-WSAECONNRESET);
        mood.bad = false;
        blamesBad(world, 'WSPEnumNetworkEvents', report);
      }),
    );

    on.it(`whose WSPAccept ${how} ends a blocking accept`, (world) =>
      withoutRejections(() => {
        const { mood } = overMisbehaving(world, 'WSPAccept', misbehave);
        const { s: listener, name } = world.listener();
        world.entries.clear();
        const client = world.tcpSocket();
        mood.bad = true;
        expect(world.connect(client, name)).toBe(0);
        expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
        expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
        mood.bad = false;
        expect(world.takeDefects()[0]).toMatch(how.startsWith('fails') ? /returned -1|error 0/ : report);
      }),
    );

    for (const name of ['WSPSocket', 'WSPEventSelect'] as const) {
      on.it(`whose ${name} ${how} opens no socket`, (world) =>
        withoutRejections(() => {
          const { mood, chain } = overMisbehaving(world, name, misbehave);
          mood.bad = true;
          expect(world.ws2.WSASocket(-1, -1, -1, chain, 0, 1)).toBe(INVALID_SOCKET);
          expect(world.ws2.WSAGetLastError()).not.toBe(0);
          expect(world.takeDefects().length).toBeGreaterThan(0);
        }),
      );
    }

    for (const [name, call] of [
      ['WSPConnect', (world: World, s: number) => world.connect(s, loopback(1))],
      ['WSPBind', (world: World, s: number) => world.code(world.ws2.bind(s, loopback(), 16))],
      [
        'WSPSetSockOpt',
        (world: World, s: number) => world.code(world.ws2.setsockopt(s, 6, 1, Uint8Array.of(1, 0, 0, 0), 4)),
      ],
      [
        'WSPGetSockOpt',
        (world: World, s: number) => world.code(world.ws2.getsockopt(s, 6, TCP_MAXSEG, new Uint8Array(4), ref(4))),
      ],
    ] as const) {
      on.it(`whose ${name} ${how} fails the call`, (world) =>
        withoutRejections(() => {
          const { mood } = overMisbehaving(world, name, misbehave);
          const s = world.tcpSocket();
          mood.bad = true;
          expect(call(world, s)).toBe(WSASYSCALLFAILURE);
          mood.bad = false;
          expect(world.takeDefects()[0]).toMatch(report);
        }),
      );
    }

    on.it(`whose WSPShutdown ${how} breaks the connection`, (world) =>
      withoutRejections(() => {
        const { mood } = overMisbehaving(world, 'WSPShutdown', misbehave);
        const { client, server } = clientOver(world);
        mood.bad = true;
        expect(world.code(world.ws2.shutdown(client, 1))).toBe(WSASYSCALLFAILURE);
        mood.bad = false;
        expect(world.receive(server)).toBe(-WSAECONNRESET);
        expect(world.receive(client)).toBe(-WSASYSCALLFAILURE);
        expect(world.takeDefects()[0]).toMatch(report);
      }),
    );
  }

  on.it('whose WSPAccept gives a handle that is none fails accept, and the next one is accepted', (world) => {
    const { mood } = overMisbehaving(world, 'WSPAccept', () => 0xabc0);
    const { s: listener, name } = world.listener();
    world.entries.clear();
    const client = world.tcpSocket();
    mood.bad = true;
    expect(world.connect(client, name)).toBe(0);
    expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
    mood.bad = false;
    world.takeDefects();
    const server = world.accept(listener);
    world.send(client, 'hello');
    expect(world.receiveAll(server, 5)).toBe('hello');
  });

  for (const bytes of [5_000_000, -1, NaN, 1.5, 'x']) {
    const counts: Misbehaviour = (_lower, _s, _buffers, _count, lpBytes: { value: unknown }) => {
      lpBytes.value = bytes;
      return 0;
    };
    const report = /reported \S+ bytes for buffers of \d+/;
    on.it(`that counts ${bytes} bytes fails the transfer`, (world) => {
      for (const [name, transfer] of [
        ['WSPSend', (s: number) => world.send(s, 'hello')],
        ['WSPSend', (s: number) => world.send(s, '!', 1)],
        ['WSPRecv', (s: number) => world.receive(s)],
        ['WSPRecv', (s: number) => world.receive(s, 1, 1)],
      ] as const) {
        const { mood } = overMisbehaving(world, name, counts);
        const { client } = clientOver(world);
        mood.bad = true;
        expect(transfer(client)).toBe(-WSASYSCALLFAILURE);
        mood.bad = false;
        world.ws2.closesocket(client);
        blamesBad(world, name, report);
      }
    });

    on.it(`that counts ${bytes} bytes of an option or an answer fails the call`, (world) => {
      const option = overMisbehaving(world, 'WSPGetSockOpt', (_lower, _s, _level, _name, _value, size: never) => {
        (size as { value: unknown }).value = bytes;
        return 0;
      });
      const first = world.tcpSocket();
      option.mood.bad = true;
      const got = world.ws2.getsockopt(first, 6, TCP_MAXSEG, new Uint8Array(4), ref(4));
      expect(world.code(got)).toBe(WSASYSCALLFAILURE);
      option.mood.bad = false;
      blamesBad(world, 'WSPGetSockOpt', report);
      const ioctl = overMisbehaving(
        world,
        'WSPIoctl',
        (_lower, _s, _code, _in, _inLength, _out, _room, lpBytes: never) => {
          (lpBytes as { value: unknown }).value = bytes;
          return 0;
        },
      );
      const second = world.tcpSocket();
      ioctl.mood.bad = true;
      const done = world.ws2.WSAIoctl(second, SIO_KEEPALIVE_VALS, new Uint8Array(12), 12, null, 0, ref(0), null, null);
      expect(world.code(done)).toBe(WSASYSCALLFAILURE);
      ioctl.mood.bad = false;
      blamesBad(world, 'WSPIoctl', report);
    });
  }

  on.it('that sends nothing, again and again, breaks the connection', (world) => {
    const { mood } = overMisbehaving(world, 'WSPSend', () => 0);
    const { client, server } = clientOver(world);
    world.send(client, 'sent');
    expect(world.receiveAll(server, 4)).toBe('sent');
    mood.bad = true;
    world.send(client, 'hello');
    expect(world.receive(client)).toBe(-WSASYSCALLFAILURE);
    blamesBad(world, 'WSPSend', /took nothing, again and again/);
  });

  on.it('that fails a transfer with an error of its own has it passed on', (world) => {
    const { mood } = overMisbehaving(world, 'WSPSend', ((...args: { value: number }[]) => {
      args.at(-1)!.value = WSAEACCES;
      return SOCKET_ERROR;
    }) as Misbehaviour);
    const { client } = clientOver(world);
    mood.bad = true;
    expect(world.send(client, 'hello')).toBe(-WSAEACCES);
    expect(world.takeDefects()).toEqual([]);
  });

  on.it('that misbehaves harms no other connection of the chain', (world) => {
    let victim = 0;
    world.stack([
      defineLayer({ name: 'coding', codec: () => PLAIN }),
      defineLayer({
        name: 'bad',
        overrides: {
          WSPRecv: (lower, s, ...args) => (s === victim ? (undefined as never) : lower.lpWSPRecv(s, ...args)),
          WSPConnect: (lower, s, ...args) => ((victim ||= s), lower.lpWSPConnect(s, ...args)),
        },
      }),
    ]);
    const first = clientOver(world);
    const second = clientOver(world);
    expect(world.receive(first.client)).toBe(-WSASYSCALLFAILURE);
    world.send(second.server, 'unharmed');
    expect(world.receiveAll(second.client, 8)).toBe('unharmed');
    blamesBad(world, 'WSPRecv', /returned undefined/);
  });

  for (const [how, misbehave] of ANSWERS) {
    on.it(`whose WSPRecv ${how} gives a ChainSocket an error`, (world) =>
      withoutRejections(async () => {
        const { mood, chain } = overMisbehaving(world, 'WSPRecv', misbehave);
        const server = createServer({ ws2: world.ws2 }, (socket) => {
          socket.on('error', () => undefined);
          mood.bad = true;
          socket.write('data');
        });
        await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
        const { port } = server.address() as { port: number };
        const socket = createConnection({ ws2: world.ws2, chain, host: '127.0.0.1', port });
        const error = await new Promise<Error & { code?: string }>((failed) => socket.on('error', failed));
        expect(error.message).not.toBe('');
        mood.bad = false;
        await new Promise((closed) => server.close(closed));
        expect(world.takeDefects().length).toBeGreaterThan(0);
      }),
    );
  }
});

describeOnEveryProvider('a codec', (on) => {
  on.it('that has another connection of its layer read while it decodes spoils the bytes of neither', (world) => {
    const bytesOf = (seed: number, length: number): Uint8Array =>
      Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 255);
    let inner: { client: number; got: string } | null = null;
    const got: Uint8Array[] = [];
    world.stack([
      defineLayer({
        name: 'nesting',
        codec: () => ({
          receive(bytes, output) {
            const before = bytes.slice();
            if (inner !== null) {
              const { client } = inner;
              const other = inner;
              inner = null;
              other.got += String(world.receive(client, 100));
            }
            got.push(bytes.slice());
            expect(Buffer.compare(before, bytes)).toBe(0);
            output.decoded(bytes);
          },
          send: PLAIN.send,
        }),
      }),
    ]);
    const outer = clientOver(world);
    const nested = clientOver(world);
    world.send(nested.server, 'what the inner one reads');
    const sent = bytesOf(3, 900);
    world.send(outer.server, sent);
    const holder = { client: nested.client, got: '' };
    inner = holder;
    expect(Buffer.from(world.receiveAll(outer.client, 900), 'latin1').equals(sent)).toBe(true);
    expect(holder.got).toBe('what the inner one reads');
    expect(got.length).toBeGreaterThan(1);
  });

  for (const [what, WSPCleanup] of [
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['is asynchronous', async () => Promise.reject(new Error('late'))],
    ['hands nothing on', () => 0],
  ] as const) {
    on.it(`over a layer whose WSPCleanup ${what} leaves nothing behind`, (world) =>
      withoutRejections(() => {
        const cleaned: string[] = [];
        const watching = (name: string) =>
          defineLayer({
            name,
            overrides: { WSPCleanup: (lower, lpErrno) => (cleaned.push(name), lower.lpWSPCleanup(lpErrno)) },
          });
        world.stack([
          defineLayer({ name: 'coding', codec: () => PLAIN }),
          defineLayer({ name: 'bad', overrides: { WSPCleanup: WSPCleanup as never } }),
          watching('below'),
        ]);
        world.connectedPair();
        world.ws2.WSACleanup();
        expect(cleaned).toEqual(['below']);
        expect(world.takeDefects().at(-1)).toMatch(/WSPCleanup of provider "bad" was not handed on to "below"/);
        world.ws2.WSAStartup(0x0202, {});
      }),
    );
  }
});

// What is not a codec, no bytes, or a promise: named as such, and the connection alone pays for it.
import { expect } from 'vitest';
import { WSAECONNABORTED, WSAECONNRESET } from 'ws2spi';
import { defineLayer, type Codec, type CodecFactory, type CodecOutput } from 'ws2spi/chain';
import { createConnection } from 'ws2spi/node';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

const PLAIN: Codec = {
  receive: (bytes, output) => output.decoded(bytes),
  send: (bytes, output) => output.encoded(bytes),
};

/** A client whose codec is under test, connected to a server that has none. */
function clientOf(world: World, codec: unknown) {
  const { s: listener, name } = world.listener();
  world.stack([defineLayer({ name: 'faulty', codec: codec as CodecFactory })]);
  const client = world.tcpSocket();
  const code = world.connect(client, name);
  const server = world.accept(listener);
  return { client, server, code, name };
}

function onlyDefect(world: World): string {
  const defects = world.takeDefects();
  expect(defects).toHaveLength(1);
  expect(defects[0]).toMatch(/^faulty over \[.*\]: /);
  return defects[0]!;
}

const NO_BYTES: readonly (readonly [kind: string, value: unknown, said: RegExp])[] = [
  ['a string', 'text', /a string, not a Uint8Array: Buffer\.from\(text\)/],
  ['an array', [1, 2, 3], /an array, not a Uint8Array: Uint8Array\.from\(array\)/],
  ['an ArrayBuffer', new ArrayBuffer(4), /an ArrayBuffer, not a Uint8Array: new Uint8Array\(buffer\)/],
  ['a Uint16Array', new Uint16Array(4), /a Uint16Array, not a Uint8Array: new Uint8Array\(view\.buffer/],
  ['a DataView', new DataView(new ArrayBuffer(4)), /a DataView, not a Uint8Array/],
  ['an Int8Array', new Int8Array(4), /an Int8Array, not a Uint8Array/],
  ['a number', 7, /a number, not a Uint8Array/],
  ['nothing', undefined, /undefined, not a Uint8Array/],
  ['null', null, /null, not a Uint8Array/],
  ['a promise', Promise.resolve(new Uint8Array(1)), /a promise, not a Uint8Array: a codec never waits/],
  ['an object like an array', { length: 4 }, /an object, not a Uint8Array/],
  ['what only inherits from one', Object.create(Uint8Array.prototype), /an object, not a Uint8Array/],
  [
    'one that lies about its length',
    Object.defineProperty(new Uint8Array(4), 'length', { value: 1_000_000 }),
    /a Uint8Array whose length is not its own/,
  ],
];

const PROMISED: readonly (readonly [name: string, codec: (log: string[]) => Partial<Codec>])[] = [
  ['receive', (log) => ({ receive: later((bytes, output) => (log.push('late'), output.decoded(bytes))) })],
  ['send', (log) => ({ send: later((bytes, output) => (log.push('late'), output.encoded(bytes))) })],
  ['open', () => ({ open: later(() => undefined) })],
  ['shutdown', () => ({ shutdown: later(() => Promise.reject(new Error('late'))) })],
  ['timer', () => ({ open: (_role, output) => output.setTimer(0), timer: later(() => undefined) })],
  ['end', () => ({ end: later(() => undefined) })],
];

const GENERATORS = ['receive', 'send', 'open', 'shutdown', 'end'].flatMap((name) => [
  [name, 'a generator', function* () {}] as const,
  [name, 'an asynchronous generator', async function* () {}] as const,
]);

/** A function of a codec that does its work after a moment, as asynchronous ones do. */
function later<Args extends unknown[]>(work: (...args: Args) => unknown): (...args: Args) => void {
  const asynchronous = async (...args: Args): Promise<void> => {
    await Promise.resolve();
    await Promise.resolve(work(...args));
  };
  return asynchronous as (...args: Args) => void;
}

/** Transfers an array's buffer away, as `postMessage` does. */
function take(bytes: Uint8Array): void {
  structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
}

/** An array whose buffer was made smaller than itself. */
function shrunk(): Uint8Array {
  const Resizable = ArrayBuffer as unknown as new (
    size: number,
    most: { maxByteLength: number },
  ) => ArrayBuffer & { resize(size: number): void };
  const buffer = new Resizable(8, { maxByteLength: 8 });
  const bytes = new Uint8Array(buffer, 2, 6);
  buffer.resize(4);
  return bytes;
}

/** What receiving comes to once all that arrived is read. */
function failure(world: World, s: number): string | number {
  for (;;) {
    const received = world.receive(s);
    if (typeof received === 'number' || received === '') return received;
  }
}

describeOnEveryProvider('what a codec hands on', (on) => {
  for (const [kind, value, said] of NO_BYTES) {
    on.it(`is refused when it is ${kind}, and never becomes NUL bytes`, (world) => {
      const decoding = clientOf(world, () => ({
        ...PLAIN,
        receive: (_: unknown, o: CodecOutput) => o.decoded(value as never),
      }));
      world.send(decoding.server, 'abc');
      expect(world.receive(decoding.client)).toBe(-WSAECONNABORTED);
      expect(onlyDefect(world)).toMatch(said);
      expect(world.receive(decoding.server)).toBe(-WSAECONNRESET);

      world.entries.clear();
      const encoding = clientOf(world, () => ({
        ...PLAIN,
        send: (_: unknown, o: CodecOutput) => o.encoded(value as never),
      }));
      expect(world.send(encoding.client, 'abc')).toBe(-WSAECONNABORTED);
      const defect = onlyDefect(world);
      expect(defect).toMatch(said);
      expect(defect).toContain('output.encoded');
      expect(world.receive(encoding.server)).toBe(-WSAECONNRESET);
    });
  }

  on.it('may be a Node.js Buffer, whose part that waits is its owner’s again when the call is over', (world) => {
    const { client, server } = clientOf(world, () => ({ ...PLAIN }));
    world.nonBlocking(client);
    const piece = Buffer.alloc(50_000);
    let sent = 0;
    for (let mark = 1; ; mark++) {
      piece.fill(mark);
      const taken = world.count(world.ws2.send(client, piece, piece.length, 0));
      piece.fill(0);
      if (taken < 0) break;
      sent += taken;
    }
    expect(Buffer.from(world.receiveAll(server, sent), 'latin1').includes(0)).toBe(false);
  });

  const gone = 'their buffer was transferred or made smaller';

  for (const [when, handOn] of [
    ['or made smaller', (_copy, hand) => hand(shrunk())],
    [
      'before it is handed on',
      (copy, hand) => {
        take(copy);
        hand(copy);
      },
    ],
    [
      'after it was handed on',
      (copy, hand) => {
        hand(copy);
        take(copy);
      },
    ],
    [
      'before and after, with others between that stay',
      (copy, hand) => {
        hand(copy.slice());
        const other = copy.slice();
        hand(other);
        take(copy);
        take(other);
        hand(copy);
      },
    ],
  ] as readonly (readonly [string, (copy: Uint8Array, hand: (bytes: Uint8Array) => void) => void])[]) {
    on.it(`must stay: an array that is transferred ${when} costs its connection, with the cause named`, (world) => {
      const decoding = clientOf(world, () => ({
        ...PLAIN,
        receive: (bytes: Uint8Array, output: CodecOutput) => handOn(bytes.slice(), (piece) => output.decoded(piece)),
      }));
      world.send(decoding.server, 'gone');
      expect(failure(world, decoding.client)).toBe(-WSAECONNABORTED);
      expect(onlyDefect(world)).toContain(gone);
      expect(failure(world, decoding.server)).toBe(-WSAECONNRESET);

      world.entries.clear();
      const encoding = clientOf(world, () => ({
        ...PLAIN,
        send: (bytes: Uint8Array, output: CodecOutput) => handOn(bytes.slice(), (piece) => output.encoded(piece)),
      }));
      const sent = world.send(encoding.client, 'gone');
      world.settle();
      expect(sent < 0 ? sent : failure(world, encoding.client)).toBe(-WSAECONNABORTED);
      expect(onlyDefect(world)).toContain(gone);
      expect(failure(world, encoding.server)).toBe(-WSAECONNRESET);
    });
  }

  on.it(
    'must stay while it waits: transferred in a later turn, it costs its connection, and nothing else is sent',
    (world) => {
      const kept: Uint8Array[] = [];
      const { client, server } = clientOf(world, () => ({
        ...PLAIN,
        send(bytes: Uint8Array, output: CodecOutput) {
          const copy = bytes.slice();
          kept.push(copy);
          output.encoded(copy);
        },
      }));
      world.nonBlocking(client);
      const piece = Buffer.alloc(100_000, 'x');
      while (world.count(world.ws2.send(client, piece, piece.length, 0)) > 0);
      for (const copy of kept) take(copy);
      let last: string | number;
      while (typeof (last = world.receive(server, 1_000_000)) === 'string' && last !== '') {
        expect(last).toMatch(/^x+$/);
      }
      expect(last).toBe(-WSAECONNRESET);
      expect(onlyDefect(world)).toContain(gone);
    },
  );

  on.it('may be small views of large buffers, without keeping those', (world) => {
    let made = 0;
    const { client, server } = clientOf(world, () => ({
      ...PLAIN,
      receive(bytes: Uint8Array, output: CodecOutput) {
        for (const byte of bytes) {
          made++;
          output.decoded(new Uint8Array(64 * 1024).fill(byte).subarray(0, 1));
        }
      },
    }));
    const before = process.memoryUsage().arrayBuffers;
    world.send(server, 'x'.repeat(20_000));
    world.until(() => made === 20_000);
    // All of them would be 1.3 gigabytes; some are garbage by now, but not collected.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(600_000_000);
    expect(world.receiveAll(client, 20_000)).toBe('x'.repeat(20_000));
  });
});

describeOnEveryProvider('a codec that answers by promises', (on) => {
  for (const [name, codec] of PROMISED) {
    on.it(`in "${name}" is refused, and what it answers late is for nobody`, async (world) => {
      const log: string[] = [];
      const { client, server, code } = clientOf(world, () => ({ ...PLAIN, ...codec(log) }));
      world.send(server, 'data');
      world.send(client, 'data');
      world.ws2.shutdown(client, 1);
      world.ws2.shutdown(server, 1);
      world.until(() => world.defects.length > 0);
      let got: string | number;
      do got = world.receive(client);
      while (typeof got === 'string' && got !== '');
      expect(code === 0 ? got : -code).toBe(-WSAECONNABORTED);
      const defect = onlyDefect(world);
      expect(defect).toContain(`the codec's "${name}" is asynchronous (it returned a promise): a codec never waits.`);
      expect(defect).toContain('output.decoded and output.encoded');
      // An unhandled rejection would fail the test.
      await new Promise((turn) => setImmediate(turn));
      expect(world.takeDefects()).toEqual([]);
    });
  }

  for (const [name, what, generator] of GENERATORS) {
    on.it(`and one whose "${name}" is ${what}, of which nothing would run, are told apart`, (world) => {
      const { client, server, code } = clientOf(world, () => ({ ...PLAIN, [name]: generator }));
      world.send(server, 'data');
      world.send(client, 'data');
      world.ws2.shutdown(client, 1);
      world.ws2.shutdown(server, 1);
      world.until(() => world.defects.length > 0);
      expect(onlyDefect(world)).toMatch(
        `the codec's "${name}" returned a generator, of which nothing runs: make it a plain`,
      );
      let got: string | number;
      do got = world.receive(client);
      while (typeof got === 'string' && got !== '');
      expect(code === 0 ? got : -code).toBe(-WSAECONNABORTED);
    });
  }

  on.it('and one that an asynchronous function makes are told apart', (world) => {
    const { client, code } = clientOf(world, () => Promise.reject(new Error('never heard of')));
    expect(code).toBe(WSAECONNABORTED);
    expect(onlyDefect(world)).toMatch(/the function that makes the codec is asynchronous.*make the codec at once/);
    world.ws2.closesocket(client);
  });

  on.it('may return whatever else it likes', (world) => {
    const seen: Uint8Array[] = [];
    const { client, server } = clientOf(world, () => ({
      receive: (bytes: Uint8Array, output: CodecOutput) => (output.decoded(bytes), seen.push(bytes.slice())),
      send: (bytes: Uint8Array, output: CodecOutput) => (output.encoded(bytes), false),
    }));
    world.send(client, 'there');
    expect(world.receiveAll(server, 5)).toBe('there');
    world.send(server, 'back');
    expect(world.receiveAll(client, 4)).toBe('back');
  });
});

const NO_CODECS: readonly (readonly [what: string, value: unknown, said: RegExp])[] = [
  ['nothing', undefined, /returned nothing instead of an object with "receive" and "send": is a `return` missing/],
  ['null', null, /returned null instead of an object/],
  ['a function', () => undefined, /returned a function instead of an object/],
  ['an array', [], /returned an array instead of an object/],
  ['a string', 'codec', /returned a string instead of an object/],
  [
    'one that misspells receive',
    { recieve: () => undefined, send: () => undefined },
    /without "receive": is that what "recieve"/,
  ],
  [
    'one that misspells send',
    { receive: () => undefined, sned: () => undefined },
    /without "send": is that what "sned"/,
  ],
  ['one without either', {}, /returned a codec without "receive"$/],
  ['one whose send is not a function', { receive: () => undefined, send: 7 }, /whose "send" is a number/],
  ['one whose timer is not a function', { ...PLAIN, timer: 30 }, /whose "timer" is a number, not a function/],
];

describeOnEveryProvider('a function that makes codecs', (on) => {
  for (const [what, value, said] of NO_CODECS) {
    on.it(`and returns ${what} is told so in a sentence, by connect and by the defect`, (world) => {
      const { code } = clientOf(world, () => value);
      expect(code).toBe(WSAECONNABORTED);
      expect(onlyDefect(world)).toMatch(said);
    });
  }

  on.it('and misspells what codecs may leave out is told so once, and goes on', (world) => {
    const { client, server, name } = clientOf(world, () => ({
      ...PLAIN,
      shutdwon: () => undefined,
      closed: () => undefined,
    }));
    world.send(client, 'works');
    expect(world.receiveAll(server, 5)).toBe('works');
    const again = world.tcpSocket();
    expect(world.connect(again, name)).toBe(0);
    expect(onlyDefect(world)).toContain('has a "shutdwon", which codecs do not have: did you mean "shutdown"?');
  });

  on.it('is told to a ChainSocket by an error, and the process goes on', async (world) => {
    const { s, name } = world.listener();
    const [chain] = world.stack([defineLayer({ name: 'faulty', codec: (() => undefined) as never })]);
    const port = (name[2]! << 8) | name[3]!;
    const socket = createConnection({ ws2: world.ws2, chain: chain!, host: '127.0.0.1', port });
    const error = await new Promise<NodeJS.ErrnoException>((failed) => socket.on('error', failed));
    expect(error.code).toBe('ECONNABORTED');
    await new Promise((closed) => socket.on('close', closed));
    expect(onlyDefect(world)).toContain('returned nothing');
    world.ws2.closesocket(s);
  });
});

const MISUSES: readonly (readonly [
  what: string,
  use: (output: CodecOutput, bytes: Uint8Array) => void,
  said: RegExp,
])[] = [
  [
    'sets a timer for no time',
    (output) => output.setTimer('soon' as never),
    /gave output\.setTimer soon, not milliseconds/,
  ],
  ['fails with no code', (output) => output.failed(0), /gave output\.failed 0, which is not a WinSock code/],
  ['gives all of its input back', (output, bytes) => output.unread(bytes), /gave back by output\.unread/],
  ['gives back what it never had', (output) => output.unread(new Uint8Array(1)), /gave back by output\.unread/],
];

describeOnEveryProvider('a codec that', (on) => {
  for (const [what, use, said] of MISUSES) {
    on.it(`${what} breaks its connection, and is named`, (world) => {
      const { client, server } = clientOf(world, () => ({
        ...PLAIN,
        receive: (bytes: Uint8Array, output: CodecOutput) => use(output, bytes),
      }));
      world.send(server, 'now');
      expect(world.receive(client)).toBe(-WSAECONNABORTED);
      expect(onlyDefect(world)).toMatch(said);
    });
  }
});

// Simulations: the same seed is the same run, whatever goes wrong in it; what fails is told with as little as it takes.
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AF_INET,
  FIONBIO,
  INVALID_SOCKET,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  WSA_IO_PENDING,
  WSAOVERLAPPED,
  type SOCKET,
  type Ws2_32,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { connect, createServer, type ChainSocket } from 'ws2spi/node';
import {
  buffer,
  simulate,
  SimulationError,
  type Scenario,
  type SimulatedNode,
  type SimulatedWorld,
  type SimulateOptions,
} from 'ws2spi/testkit';
import { helloLayer, overridingLayer, scramblingLayer } from '../../support/layers.js';

afterEach(() => {
  delete process.env['WS2SPI_SIMULATE'];
});

/** What a simulation failed with. */
async function failureOf(options: SimulateOptions, scenario: Scenario): Promise<SimulationError> {
  const error: unknown = await simulate(options, scenario).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof SimulationError) return error;
  throw error ?? new Error('it did not fail');
}

const threeLayers = ({ ws2 }: SimulatedNode): WSAPROTOCOL_INFO =>
  stack(ws2, [scramblingLayer(), helloLayer(), overridingLayer()])[0]!;

/** A server that answers each question, over three layers. */
function answering(node: SimulatedNode): void {
  createServer({ ws2: node.ws2, chain: threeLayers(node) }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (question) => socket.end(`answer to ${question.toString()}`));
  }).listen(80, '0.0.0.0');
}

async function ask(
  node: SimulatedNode,
  chain: WSAPROTOCOL_INFO,
  host: string,
  question: string,
): Promise<string | null> {
  const socket = connect({ ws2: node.ws2, chain, host, port: 80 });
  let answer = '';
  let failed = false;
  socket.on('data', (piece) => (answer += piece.toString()));
  socket.on('error', () => (failed = true));
  socket.setTimeout(30_000, () => socket.destroy());
  socket.write(question);
  if (!socket.closed) await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  return failed || !answer.endsWith(question) ? null : answer;
}

/** Asks until there is an answer. */
const insisting =
  (questions: number): Scenario =>
  async (world) => {
    world.start('server', answering);
    const node = world.node('client');
    const chain = threeLayers(node);
    for (let i = 0; i < questions; i++) {
      let answer: string | null = null;
      for (let tries = 0; answer === null; tries++) {
        if (tries > 100) throw new Error('no answer in a hundred tries');
        answer = await ask(
          world.node('client'),
          world.node('client') === node ? chain : threeLayers(world.node('client')),
          world.address('server'),
          `question ${i}`,
        );
        if (answer === null) await world.sleep(500);
      }
      expect(answer).toBe(`answer to question ${i}`);
      world.log(`answered ${i}`);
      await world.sleep(world.random() * 1000);
    }
  };

describe('A simulation', () => {
  test('is the same for the same seed, and another one for another seed', async () => {
    const options = { network: { latency: 20, jitter: 30 } };
    const [one, again, other] = [
      await simulate({ ...options, seed: 7 }, insisting(3)),
      await simulate({ ...options, seed: 7 }, insisting(3)),
      await simulate({ ...options, seed: 8 }, insisting(3)),
    ];
    expect(again).toEqual(one);
    expect(other.hash).not.toBe(one.hash);
    expect(one.trace.some((line) => /10\.0\.0\.2:\d+ > 10\.0\.0\.1:80 data \d+ bytes #/.test(line))).toBe(true);
    expect(one.simulated).toBeGreaterThan(3 * 4 * 20);
  });

  test('takes no real time, however long it is', async () => {
    const before = performance.now();
    const { simulated } = await simulate({ clock: { limit: 1e9 } }, (world) => world.sleep(86_400_000));
    expect(simulated).toBe(86_400_000);
    expect(performance.now() - before).toBeLessThan(simulated);
  });

  test('goes through every kind of fault, and a program that tries again gets its answers', async () => {
    const faults = {
      resets: 3,
      refusals: 2,
      partitions: 2,
      slowReaders: 1,
      delays: 2,
      losses: 1,
      reorderings: 1,
      clockJumps: 1,
    };
    const seeds = 25;
    const report = await simulate(
      { seeds, network: { latency: 5, jitter: 5 }, faults: { ...faults, crashes: 2, within: 3000 } },
      (world) => {
        // Crashes meet the server alone: the scenario is the client's program.
        const crash = world.crash.bind(world);
        world.crash = (_name, downFor) => crash('server', downFor);
        return insisting(4)(world);
      },
    );
    expect(report.seeds).toBe(seeds);
    expect(report.faults).toBeGreaterThan(2 * seeds);
  });

  test('has the programs written against the API that the system has', async () => {
    const report = await simulate({ network: { latency: 3 } }, async (world) => {
      world.start('server', ({ ws2 }) => {
        const listener = ws2.socket(AF_INET, SOCK_STREAM, 0);
        ws2.bind(listener, sockaddr_in('0.0.0.0', 7), 16);
        ws2.listen(listener, 5);
        void echoing(world, ws2, listener);
      });
      const { ws2 } = world.node('client');
      const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
      expect(ws2.connect(s, sockaddr_in(world.address('server'), 7), 16)).toBe(0);
      expect(ws2.send(s, Buffer.from('hello'), 5, 0)).toBe(5);
      expect(await received(ws2, s)).toBe('hello');
    });
    expect(report.simulated).toBe(12);
  });
});

/** Accepts, and echoes by completion routines. */
async function echoing(world: SimulatedWorld, ws2: Ws2_32, listener: SOCKET): Promise<void> {
  ws2.ioctlsocket(listener, FIONBIO, ref(1));
  for (;;) {
    const s = ws2.accept(listener, null, null);
    if (s === INVALID_SOCKET) {
      await world.sleep(1);
      continue;
    }
    const text = await received(ws2, s);
    ws2.send(s, Buffer.from(text), text.length, 0);
    return;
  }
}

function received(ws2: Ws2_32, s: SOCKET): Promise<string> {
  return new Promise((resolve) => {
    const room = buffer(100);
    const code = ws2.WSARecv(s, [room], 1, null, ref(0), new WSAOVERLAPPED(), (_error, bytes) =>
      resolve(Buffer.from(room.buf.subarray(0, bytes)).toString()),
    );
    if (code !== 0) expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
  });
}

describe('A seed that fails', () => {
  /** A counter that says it has counted before it has: a crash between the two loses the count. */
  const forgetful: Scenario = async (world) => {
    let stored = 0;
    world.start('counter', (node) => {
      createServer({ ws2: node.ws2 }, (socket) => {
        socket.on('error', () => undefined);
        socket.on('data', () => {
          socket.end('counted');
          void node.sleep(200).then(() => stored++);
        });
      }).listen(80, '0.0.0.0');
    });
    let counted = 0;
    for (let i = 0; i < 10; i++) {
      const { ws2 } = world.node('client');
      const socket = connect({ ws2, host: world.address('counter'), port: 80 });
      socket.on('error', () => undefined);
      socket.on('data', () => counted++);
      socket.write('count');
      if (!socket.closed) await new Promise<void>((resolve) => socket.on('close', () => resolve()));
      await world.sleep(300);
    }
    await world.sleep(20_000);
    if (stored < counted) throw new Error(`${counted} were said to be counted, ${stored} are`);
  };
  const options: SimulateOptions = {
    name: 'counter',
    seeds: 200,
    failures: 1,
    network: { latency: 2 },
    faults: { crashes: 3, delays: 2, resets: 2, within: 4000, longest: 500 },
  };

  test('is told with the fewest faults that it fails with, and with a line that repeats it', async () => {
    const error = await failureOf(options, forgetful);
    const [failure] = error.failures;
    expect(failure!.faults).toHaveLength(1);
    expect(failure!.planned).toBeGreaterThan(1);
    expect(error.message).toMatch(/simulate "counter": 1 of \d+ seeds failed/);
    expect(error.message).toContain(`fails with 1 of its ${failure!.planned} faults`);
    expect(error.message).toMatch(/were said to be counted/);
    expect(error.message).toMatch(/\d+\. at \d+ ms: counter crashes/);
    const [, spec] = /WS2SPI_SIMULATE=(\S+) /.exec(failure!.line)!;
    expect(spec).toBe(`counter@${failure!.seed}:${failure!.faults[0]!.index}`);

    process.env['WS2SPI_SIMULATE'] = spec;
    const repeated = await failureOf(options, forgetful);
    expect(repeated.failures[0]!.trace).toEqual(failure!.trace);
    expect(repeated.failures[0]!.seed).toBe(failure!.seed);

    // A simulation of another name goes on as ever, and without its fault the seed does not fail.
    await simulate({ name: 'other' }, () => undefined);
    delete process.env['WS2SPI_SIMULATE'];
    await simulate({ ...options, seeds: 1, seed: failure!.seed, only: [] }, forgetful);
  });

  test('fails with whatever went wrong: in a program, in a callback, in a provider, or by never being over', async () => {
    const messageOf = async (scenario: Scenario, more: SimulateOptions = {}): Promise<string> =>
      (await failureOf(more, scenario)).message;
    expect(await messageOf((world) => Promise.reject(new Error(`at ${world.now}`)))).toMatch(/seed 1 fails .* at 0/);
    const forEver = (): Promise<void> => new Promise(() => undefined);
    expect(
      await messageOf((world) => {
        world.start('one', async (node) => {
          await node.sleep(5);
          throw new Error('the program fails');
        });
        return forEver();
      }),
    ).toContain('the program fails');
    expect(
      await messageOf((world) => {
        void world.sleep(3).then(() =>
          setImmediate(() => {
            throw new Error('nobody caught this');
          }),
        );
        return forEver();
      }),
    ).toContain('nobody caught this');
    expect(
      await messageOf((world) => {
        const { ws2 } = world.node('one');
        const [entry] = stack(ws2, [defineLayer({ name: 'wrong', bind: () => 'yes' as never })]);
        ws2.bind(ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry!, 0, 0), sockaddr_in('127.0.0.1', 0), 16);
        return world.sleep(1);
      }),
    ).toMatch(/one reported: .*wrong/);
    expect(await messageOf(forEver)).toContain('nothing is left that could go on');
    const busy: Scenario = async (world) => {
      for (;;) await world.sleep(100);
    };
    expect(await messageOf(busy, { clock: { limit: 1000 } })).toContain('not over after 1000 ms');
  });

  test('that does not repeat is told of, and where its runs part', async () => {
    const chance: Scenario = async (world) => {
      await world.sleep(1);
      world.log(`by chance ${Math.random()}`);
    };
    await expect(simulate({}, chance)).rejects.toThrow(
      /seed 1 does not repeat: line 1 of the trace was\n.*by chance 0\.\d+\n.*and then\n.*by chance[^]*world\.random\(\)/,
    );
  });
});

describe('Between machines', () => {
  const listening = (world: SimulatedWorld, name = 'b'): { opened: ChainSocket[] } => {
    const opened: ChainSocket[] = [];
    world.start(name, ({ ws2 }) => {
      createServer({ ws2 }, (socket) => {
        socket.on('error', () => undefined);
        opened.push(socket);
      }).listen(80, '0.0.0.0');
    });
    return { opened };
  };
  const errorOf = async (socket: ChainSocket): Promise<string> =>
    ((await once(socket, 'error').then(([error]) => error as unknown)) as { code: string }).code;

  test('a partition has connects and data wait, and gives them up after 21 seconds', async () => {
    await simulate({}, async (world) => {
      listening(world);
      const { ws2 } = world.node('a');
      const [host, port] = [world.address('b'), 80];
      const mend = world.partition('a', 'b');
      const patient = connect({ ws2, host, port });
      await world.sleep(10_000);
      mend();
      await once(patient, 'connect');
      expect(world.now).toBeCloseTo(10_002, 0);

      world.partition('b', 'a', 60_000);
      const before = world.now;
      expect(await errorOf(connect({ ws2, host, port }))).toBe('ETIMEDOUT');
      patient.write('into the void');
      expect(await errorOf(patient)).toBe('ETIMEDOUT');
      expect(world.now - before).toBeCloseTo(42_000, 0);
    });
  });

  test('a crash resets connections, refuses new ones, and begins the program anew', async () => {
    await simulate({}, async (world) => {
      const starts: number[] = [];
      world.start('b', (node) => {
        starts.push(node.restarts);
        createServer({ ws2: node.ws2 }, () => undefined).listen(80, '0.0.0.0');
      });
      const { ws2 } = world.node('a');
      const socket = connect({ ws2, host: world.address('b'), port: 80 });
      await once(socket, 'connect');
      const { signal } = world.node('b');
      world.crash('b', 1000);
      expect(signal.aborted).toBe(true);
      expect(await errorOf(socket)).toBe('ECONNRESET');
      expect(await errorOf(connect({ ws2, host: world.address('b'), port: 80 }))).toBe('ECONNREFUSED');
      await world.sleep(1000);
      await once(connect({ ws2, host: world.address('b'), port: 80 }), 'connect');
      expect(starts).toEqual([0, 1]);
      expect(() => world.crash('c')).toThrow('there is no node "c"');
    });
  });

  test('a clock that jumps has the timers of its machine ring, and no other’s', async () => {
    await simulate({}, async (world) => {
      const rung: string[] = [];
      for (const name of ['a', 'b'])
        void world
          .node(name)
          .sleep(60_000)
          .then(() => rung.push(name));
      await world.sleep(10);
      world.jumpClock('a', 3_600_000);
      await world.sleep(10);
      expect(rung).toEqual(['a']);
      expect(world.node('a').now() - world.node('b').now()).toBe(3_600_000);
      await world.sleep(60_000);
      expect(rung).toEqual(['a', 'b']);
    });
  });

  test('each has its own addresses and ports, and datagrams are lost and overtaken as the seed says', async () => {
    const arrived = async (network: SimulateOptions['network']): Promise<string> => {
      let text = '';
      await simulate({ network }, async (world) => {
        const [a, b] = ['a', 'b'].map((name) => {
          const { ws2 } = world.node(name);
          const s = ws2.socket(AF_INET, SOCK_DGRAM, 0);
          expect(ws2.bind(s, sockaddr_in('0.0.0.0', 53), 16)).toBe(0);
          return { ws2, s };
        });
        const to = sockaddr_in(world.address('b'), 53);
        for (const letter of 'abcdefghijklmnop') a!.ws2.sendto(a!.s, Buffer.from(letter), 1, 0, to, 16);
        await world.sleep(1000);
        text = '';
        const room = Buffer.alloc(1);
        const from = new Uint8Array(16);
        b!.ws2.ioctlsocket(b!.s, FIONBIO, ref(1));
        while (b!.ws2.recvfrom(b!.s, room, 1, 0, from, ref(16)) === 1) text += room.toString();
        expect([...from.subarray(4, 8)].join('.')).toBe(world.address('a'));
      });
      return text;
    };
    expect(await arrived({ latency: 5 })).toBe('abcdefghijklmnop');
    const lossy = await arrived({ latency: 5, loss: 0.5 });
    expect(lossy.length).toBeLessThan(16);
    expect([...lossy].sort().join('')).toBe(lossy);
    const overtaken = await arrived({ latency: 5, reordering: 0.5 });
    expect(overtaken).toHaveLength(16);
    expect(overtaken).not.toBe('abcdefghijklmnop');
  });
});

test('Options that cannot be are named', async () => {
  const scenario = (): void => undefined;
  const cases: [unknown, RegExp][] = [
    [{ sed: 1 }, /no option "sed".*"seed"/],
    [{ faults: { reset: 1 } }, /no option "reset".*"resets"/],
    [{ faults: { resets: -1 } }, /`resets` must be a whole number, 0 or more/],
    [{ network: { latncy: 1 } }, /no option "latncy".*"latency"/],
    [{ network: { loss: 2 } }, /loss of a memory network cannot be 2/],
    [{ clock: { limit: -1 } }, /`limit` must be milliseconds/],
    [{ seeds: 0 }, /`seeds` must be a whole number, 1 or more/],
  ];
  for (const [options, message] of cases) await expect(simulate(options as never, scenario)).rejects.toThrow(message);
  await expect(simulate({}, 'x' as never)).rejects.toThrow(/second argument is a function/);
  await expect((simulate as () => Promise<unknown>)()).rejects.toThrow(/^simulate: options are an object/);
  process.env['WS2SPI_SIMULATE'] = 'x:y';
  await expect(simulate({}, scenario)).rejects.toThrow(/WS2SPI_SIMULATE must be a seed/);
  delete process.env['WS2SPI_SIMULATE'];
  const first = simulate({}, (world) => world.sleep(1));
  await expect(simulate({}, scenario)).rejects.toThrow(/one simulation at a time/);
  await first;
});

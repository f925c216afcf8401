// Sequences of steps: made from a seed, run, and told of when they break a rule.
import { seededRandom } from 'ws2spi';
import { Reactor } from '../../../dist/host/reactor.js';
import { descriptors, type Base } from '../../support/providers.js';
import { READINESS_OPERATIONS } from './readiness-operations.js';
import { Choices, Run, Violation, type Call, type Foreign } from './run.js';
import { SOCKET_OPERATIONS, type Operation } from './socket-operations.js';
import { shrink } from './shrink.js';
import { TRANSFER_OPERATIONS } from './transfer-operations.js';

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...SOCKET_OPERATIONS,
  ...TRANSFER_OPERATIONS,
  ...READINESS_OPERATIONS,
};

/** How often each step is made, out of their sum. */
const WEIGHTS: Readonly<Record<string, number>> = {
  socket: 6,
  bind: 6,
  listen: 4,
  connect: 8,
  accept: 7,
  shutdown: 3,
  closesocket: 4,
  getsockname: 2,
  getpeername: 3,
  send: 11,
  sendto: 6,
  recv: 11,
  recvfrom: 5,
  WSARecv: 5,
  WSASend: 4,
  WSAGetOverlappedResult: 2,
  select: 6,
  WSAEventSelect: 4,
  WSAAsyncSelect: 2,
  WSAEnumNetworkEvents: 7,
  messages: 2,
  ioctlsocket: 4,
  setsockopt: 4,
  getsockopt: 3,
  settle: 6,
  SleepEx: 2,
  CreateIoCompletionPort: 1,
  GetQueuedCompletionStatus: 1,
  WSACloseEvent: 0.3,
};

/** What most sequences begin with, so that they get somewhere: connections and datagram sockets. */
const BEGINNING = [
  ...['socket', 'socket', 'socket', 'bind', 'bind', 'listen', 'connect', 'settle', 'accept'],
  ...['socket', 'connect', 'accept', 'socket', 'bind', 'bind'],
];

const LENGTH = 60;

/** The sequence of a seed. */
export function sequenceOf(seed: number): Call[] {
  const random = seededRandom(seed);
  const seedOf = (): number => Math.floor(random.next() * 0x1_0000_0000);
  const names = Object.keys(WEIGHTS);
  const sum = names.reduce((total, name) => total + WEIGHTS[name]!, 0);
  const any = (): string => {
    let left = random.next() * sum;
    return names.find((name) => (left -= WEIGHTS[name]!) < 0) ?? names[0]!;
  };
  const beginning = random.next() < 0.85 ? BEGINNING : [];
  const calls = beginning.map((name) => ({ name, seed: seedOf() }));
  while (calls.length < LENGTH) calls.push({ name: any(), seed: seedOf() });
  return calls;
}

/** How a sequence broke a rule. */
export interface Failure {
  readonly message: string;
  /** The calls made, as they were made. */
  readonly log: readonly string[];
}

/** How many times reactors have been told to keep the process alive, less those when that was taken back. */
let references = 0;
for (const [name, change] of [
  ['ref', 1],
  ['unref', -1],
] as const) {
  const original = Reactor.prototype[name];
  Reactor.prototype[name] = function (this: Reactor): void {
    references += change;
    original.call(this);
  };
}

/**
 * Runs a sequence.
 *
 * @returns how it failed, or `null`
 */
export function runSequence(base: Base, foreign: Foreign, calls: readonly Call[]): Failure | null {
  const before = { descriptors: descriptors(), references };
  let run: Run | null = null;
  try {
    run = new Run(base, foreign);
    for (const { name, seed } of calls) {
      OPERATIONS[name]!(run, new Choices(seed));
      run.reconcile();
    }
    run.log.push('the end');
    run.finish();
    // Before the instance is disposed of: closed sockets alone must leave nothing behind.
    const held = references - before.references;
    if (held !== 0) throw new Violation(`the process is kept alive ${held} times`);
    run.world.close();
    if (descriptors() !== before.descriptors) throw new Violation('descriptors are left');
    return null;
  } catch (error) {
    run?.world.abandon();
    references = before.references;
    const message = error instanceof Violation ? error.message : String((error as Error).stack ?? error);
    return { message, log: run?.log ?? [] };
  }
}

/**
 * Runs the sequence of a seed, and if it fails looks for its shortest part that does.
 *
 * @returns `null`, or what went wrong, for people: the seed, the shortest part's calls, and the rule they break
 */
export function tryOut(base: Base, foreign: Foreign, seed: number): string | null {
  const calls = sequenceOf(seed);
  const failure = runSequence(base, foreign, calls);
  if (failure === null) return null;
  const least = shrink(calls, (part) => runSequence(base, foreign, part) !== null);
  const last = runSequence(base, foreign, least) ?? failure;
  const steps = last.log.map((line, index) => `  ${index + 1}. ${line}`).join('\n');
  return (
    `seed ${seed} on ${base}: ${failure.message}\n` +
    `The shortest part that fails, ${least.length} of ${calls.length} calls:\n${steps}\n  → ${last.message}\n` +
    `Again: WS2SPI_SEED=${seed} npx vitest run test/behaviour/properties`
  );
}

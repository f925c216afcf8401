import {
  createWs2_32,
  INSTANCE,
  seededRandom,
  VirtualClock,
  winsockErrorName,
  type Defect,
  type Ws2_32,
} from '../index.js';
import { checkOptions, isObject, objectWith, SEED, type OptionRule } from '../spi/option-check.js';
import { createMemoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from '../providers/memory/index.js';
import { runUntilSettled, type RunOptions } from './run.js';

/** How a test's instance is to be; everything may be left out. */
export interface TestInstanceOptions {
  /** The seed of the instance's generator, a number or a text, 1 if absent: the same seed gives the same run. */
  readonly seed?: number | string;
  /** The clock; a new one that begins at 0 if absent. Instances that talk to each other share one. */
  readonly clock?: VirtualClock;
  /** The network, shared with other instances, or how a private one is to be: its latency, its addresses. */
  readonly network?: MemoryNetwork | MemoryNetworkOptions;
}

const RULES: Readonly<Record<keyof TestInstanceOptions, OptionRule>> = {
  seed: SEED,
  clock: objectWith(['now', 'advance'], 'a VirtualClock, which may be shared'),
  network: { fits: isObject, expected: 'what createMemoryNetwork() returns, or its options' },
};

/** What was reported, by instance. */
const DEFECTS = new WeakMap<Ws2_32, readonly Defect[]>();

/** What a test's instance reported so far; of another instance nothing is known. */
export function defectsOf(ws2: Ws2_32): readonly Defect[] {
  return DEFECTS.get(ws2) ?? [];
}

/** A started instance and what a test holds it by. */
export interface TestInstance {
  /** The instance, after WSAStartup for version 2.2. */
  readonly ws2: Ws2_32;
  /** Its time, which only `run`, `clock.advance` and blocking calls move. */
  readonly clock: VirtualClock;
  /** Its network. */
  readonly network: MemoryNetwork;
  /** What was contained and reported so far; empty as long as all is well. */
  readonly defects: readonly Defect[];
  /**
   * Lets the event loop and the virtual clock go on together until a promise settles; see {@link RunOptions}. Whenever
   * the event loop has nothing more to do, the clock moves to the next timer.
   *
   * @param promise what the test waits for
   * @returns what the promise resolves to
   * @throws what the promise rejects with; an Error that says what waits when nothing is left that could settle it
   */
  run<T>(promise: PromiseLike<T>, options?: RunOptions): Promise<T>;
  /** A promise that resolves once so many milliseconds have passed on the virtual clock. */
  sleep(milliseconds: number): Promise<void>;
  /**
   * Closes the instance, and tells of what should not be.
   *
   * @throws Error naming every defect that was reported, or telling that the network has sockets left
   */
  finish(): void;
  /** Closes the instance, with all that is open. */
  [Symbol.dispose](): void;
}

/**
 * Makes a started instance on a private network in memory, with a virtual clock and a seeded generator: nothing that it
 * does depends on the machine, the hour or chance. Its catalog is the default one for the memory provider and is not
 * saved.
 *
 * @param options seed, clock and network
 * @returns the instance; dispose of it, or call `finish`, when the test is over
 */
export function createTestInstance(options: TestInstanceOptions = {}): TestInstance {
  checkOptions('createTestInstance', options, RULES);
  const clock = options.clock ?? new VirtualClock();
  const network = isNetwork(options.network) ? options.network : createMemoryNetwork(options.network);
  const ws2 = createWs2_32({
    base: 'memory',
    catalog: 'memory',
    clock,
    network,
    random: seededRandom(options.seed ?? 1),
  });
  const defects: Defect[] = [];
  DEFECTS.set(ws2, defects);
  ws2.on('defect', (defect) => defects.push(defect));
  const error = ws2.WSAStartup(0x0202, {});
  if (error !== 0) throw new Error(`WSAStartup failed with ${winsockErrorName(error)}`);
  return {
    ws2,
    clock,
    network,
    defects,
    run: (promise, options) => runUntilSettled(clock, promise, () => ws2[INSTANCE].waiters(), options),
    sleep: (milliseconds) =>
      // eslint-disable-next-line no-restricted-syntax -- for tests, which wait by promises
      new Promise((resolve) => {
        ws2[INSTANCE].providerHost.setTimer(clock.now() + milliseconds, resolve);
      }),
    finish() {
      ws2[Symbol.dispose]();
      const [first] = defects;
      if (first !== undefined) {
        throw new Error(`The instance reported:\n${defects.map((defect) => `- ${defect.message}`).join('\n')}`, {
          cause: first.cause,
        });
      }
      if (!network.idle()) throw new Error('The network has sockets left, or bytes on the way.');
    },
    [Symbol.dispose]() {
      ws2[Symbol.dispose]();
    },
  };
}

function isNetwork(network: TestInstanceOptions['network']): network is MemoryNetwork {
  return network !== undefined && 'idle' in network;
}

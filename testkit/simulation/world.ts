import {
  createWs2_32,
  formatIPv4,
  INSTANCE,
  type VirtualClock,
  winsockErrorName,
  type SeededRandom,
  type Defect,
  type Ws2_32,
} from '../../index.js';
import { Internetwork, type MemoryNetwork, type TrafficEvent } from '../../providers/memory/index.js';
import { nearestName } from '../../spi/nearest-name.js';
import type { SimulatedNetwork } from './network.js';
import { LinkChanges, type LinkProperty } from './links.js';
import { NodeClock } from './node-clock.js';
import { Timeline } from './timeline.js';
import { digestOf, type SimulationTrace } from './trace.js';

/** The first 24 bits of the addresses of nodes. */
const PREFIX = [10, 0, 0] as const;
const MOST_NODES = 254;

/** A machine of a simulation, as its program has it from one start to the next crash. */
export interface SimulatedNode {
  /** Its name in the simulation. */
  readonly name: string;
  /** Its address of IPv4, by which the others reach it. */
  readonly address: string;
  /** Its instance, started. */
  readonly ws2: Ws2_32;
  /** Aborted when the node crashes. */
  readonly signal: AbortSignal;
  /** How often it was started before. */
  readonly restarts: number;
  /** Milliseconds by the node's own clock, which may have jumped. */
  now(): number;
  /** Resolves once so many milliseconds have passed by the node's own clock; never, if it crashes before. */
  sleep(milliseconds: number): Promise<void>;
}

/** What a node runs; begun anew when the node starts again. */
export type NodeProgram = (node: SimulatedNode) => void | PromiseLike<void>;

interface Machine {
  readonly name: string;
  readonly address: string;
  readonly network: MemoryNetwork;
  program: NodeProgram | null;
  running: { readonly node: SimulatedNode; readonly clock: NodeClock; readonly stop: AbortController } | null;
  restarts: number;
  /** How many want it to refuse connections. */
  refusals: number;
}

/** Machines, the network between them, and their time: what one run of a simulation has. */
export class SimulatedWorld {
  readonly #clock: VirtualClock;
  readonly #timeline: Timeline;
  readonly #random: SeededRandom;
  readonly #trace: SimulationTrace;
  readonly #internet: Internetwork;
  readonly #changes = new LinkChanges();
  readonly #machines = new Map<string, Machine>();
  readonly #fail: (error: unknown) => void;
  readonly #chance: SeededRandom;
  #closed = false;

  /** Use `simulate`. @internal */
  constructor(
    clock: VirtualClock,
    random: SeededRandom,
    trace: SimulationTrace,
    network: SimulatedNetwork,
    fail: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#timeline = new Timeline(clock);
    this.#random = random;
    this.#chance = random.fork('scenario');
    this.#trace = trace;
    this.#internet = new Internetwork(network, random.fork('network'), (event) => this.#observe(event));
    this.#fail = fail;
  }

  /** Milliseconds of the simulation. */
  get now(): number {
    return this.#clock.now();
  }

  /** A number from 0 up to but not including 1: the same ones for the same seed. */
  random(): number {
    return this.#chance.next();
  }

  /** Adds a line to the trace, by which runs are compared. */
  log(text: string): void {
    this.#note(`log ${text}`);
  }

  /** Resolves once so many milliseconds have passed. */
  sleep(milliseconds: number): Promise<void> {
    // eslint-disable-next-line no-restricted-syntax -- scenarios wait by promises
    return new Promise((resolve) => this.#timeline.after(milliseconds, resolve));
  }

  /** The names of the machines, in the order in which they came. */
  names(): string[] {
    return [...this.#machines.keys()];
  }

  /** The address of a machine, which need not have been started yet. */
  address(name: string): string {
    return this.#machine(name).address;
  }

  /**
   * The machine of a name. It is made at first use, and started if it is not running.
   *
   * @param name any text
   * @returns the machine as it runs now: after a crash it has another instance
   */
  node(name: string): SimulatedNode {
    const machine = this.#machine(name);
    return machine.running?.node ?? this.#start(machine);
  }

  /**
   * Gives a machine a program, and starts it. After a crash the program is begun anew. A simulation fails when a program
   * does, and does not wait for any: it is over when the scenario is.
   *
   * @param name of a machine that has no program yet
   * @throws Error when it has one
   */
  start(name: string, program: NodeProgram): SimulatedNode {
    const machine = this.#machine(name);
    if (machine.program !== null) throw new Error(`simulate: "${name}" has a program already`);
    machine.program = program;
    const node = this.node(name);
    this.#run(machine, node);
    return node;
  }

  /**
   * Kills a machine's program: its instance is closed at once, and its connections are reset.
   *
   * @param name of a machine
   * @param downFor milliseconds after which it starts again; if absent, `restart` starts it
   */
  crash(name: string, downFor?: number): void {
    const machine = this.#known(name);
    const { running } = machine;
    if (running !== null) {
      this.#note(`crash of ${name}`);
      machine.running = null;
      running.stop.abort();
      machine.network.crash(() => running.node.ws2[Symbol.dispose]());
    }
    if (downFor !== undefined) this.#timeline.after(downFor, () => this.restart(name));
  }

  /** Starts a machine again, and its program; one that runs goes on. */
  restart(name: string): void {
    const machine = this.#known(name);
    if (machine.running !== null) return;
    this.#note(`restart of ${name}`);
    const node = this.#start(machine);
    if (machine.program !== null) this.#run(machine, node);
  }

  /**
   * Cuts two machines off from each other: datagrams are lost; connections wait, and are given up after 21 seconds.
   *
   * @param milliseconds until the network is mended; until the function returned is called, if absent
   * @returns mends it
   */
  partition(one: string, other: string, milliseconds?: number): () => void {
    const [first, second] = [this.#known(one).network, this.#known(other).network];
    const mend = [
      this.#changes.cut(this.#internet.link(first, second)),
      this.#changes.cut(this.#internet.link(second, first)),
    ];
    const mendAll = (): void => {
      for (const each of mend) each();
    };
    if (milliseconds !== undefined) this.#timeline.after(milliseconds, mendAll);
    return mendAll;
  }

  /** Cuts a machine off from all others for so many milliseconds. */
  isolate(name: string, milliseconds: number): void {
    for (const other of this.names()) if (other !== name) this.partition(name, other, milliseconds);
  }

  /** Has a machine refuse connections for so many milliseconds. */
  refuse(name: string, milliseconds: number): void {
    const machine = this.#known(name);
    machine.network.refuse(++machine.refusals > 0);
    this.#timeline.after(milliseconds, () => machine.network.refuse(--machine.refusals > 0));
  }

  /** Has the clock of a machine jump ahead. */
  jumpClock(name: string, milliseconds: number): void {
    this.#known(name).running?.clock.jump(milliseconds);
  }

  /**
   * Changes every link to a machine for a while.
   *
   * @param milliseconds how long
   * @param property what to change
   * @param change gives the new value for the old one
   */
  changeLinks(name: string, milliseconds: number, property: LinkProperty, change: (value: number) => number): void {
    const to = this.#known(name).network;
    for (const from of this.#internet.hosts) {
      if (from === to) continue;
      this.#timeline.after(milliseconds, this.#changes.change(this.#internet.link(from, to), property, change));
    }
  }

  /**
   * Resets a connection.
   *
   * @param which from 0 to less than 1, of those that there are, in the order in which they were made
   * @returns which it was, in words; `null` when there is none
   */
  resetConnection(which: number): string | null {
    const all = this.#internet.connections();
    const connection = all[Math.floor(which * all.length)];
    if (connection === undefined) return null;
    connection.there.reset(false);
    connection.back.reset(false);
    return `the connection ${nameOf(connection.from)} > ${nameOf(connection.to)} is reset`;
  }

  /** Has a callback run so many milliseconds from now. @internal */
  after(milliseconds: number, callback: () => void): void {
    this.#timeline.after(milliseconds, callback);
  }

  /** What waits, in lines. @internal */
  waiters(): readonly string[] {
    for (const { running } of this.#machines.values())
      if (running !== null) return running.node.ws2[INSTANCE].waiters();
    return [];
  }

  /** Ends everything. @internal */
  close(): void {
    this.#closed = true;
    for (const machine of this.#machines.values()) {
      const { running } = machine;
      machine.running = null;
      running?.stop.abort();
      running?.node.ws2[Symbol.dispose]();
    }
    this.#timeline.close();
  }

  #note(text: string): void {
    this.#trace.note(this.now, text);
  }

  #observe({ kind, from, to, content }: TrafficEvent): void {
    if (this.#closed) return;
    this.#note(`${nameOf(from)} > ${nameOf(to)} ${kind}${content === null ? '' : ` ${digestOf(content)}`}`);
  }

  #machine(name: string): Machine {
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    if (typeof name !== 'string' || name === '') throw new TypeError('simulate: the name of a node is a text');
    const number = this.#machines.size + 1;
    if (number > MOST_NODES) throw new RangeError(`simulate: there are ${MOST_NODES} nodes at most`);
    const address = formatIPv4(Uint8Array.of(...PREFIX, number));
    const network = this.#internet.addHost([address, `fd00::${number.toString(16)}`]);
    const machine = { name, address, network, program: null, running: null, restarts: -1, refusals: 0 };
    this.#machines.set(name, machine);
    return machine;
  }

  #known(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine !== undefined) return machine;
    const meant = nearestName(name, this.names());
    throw new Error(`simulate: there is no node "${name}"${meant === null ? '' : `; did you mean "${meant}"?`}`);
  }

  #start(machine: Machine): SimulatedNode {
    const { name, address, network } = machine;
    const restarts = ++machine.restarts;
    const clock = new NodeClock(this.#clock);
    const stop = new AbortController();
    const random = this.#random.fork(`node ${name}`).fork(restarts);
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock, network, random });
    ws2.on('defect', (defect) =>
      this.#fail(new Error(`${name} reported: ${messageOf(defect)}`, { cause: defect.cause })),
    );
    const error = ws2.WSAStartup(0x0202, {});
    if (error !== 0) throw new Error(`simulate: WSAStartup of "${name}" failed with ${winsockErrorName(error)}`);
    const node: SimulatedNode = {
      name,
      address,
      ws2,
      signal: stop.signal,
      restarts,
      now: () => clock.now(),
      sleep: (milliseconds) =>
        // eslint-disable-next-line no-restricted-syntax -- programs wait by promises
        new Promise((resolve) => {
          ws2[INSTANCE].providerHost.setTimer(clock.now() + milliseconds, resolve);
        }),
    };
    machine.running = { node, clock, stop };
    return node;
  }

  #run({ program }: Machine, node: SimulatedNode): void {
    const failed = (error: unknown): void => {
      // What a program says that was killed does not count.
      if (!node.signal.aborted) this.#fail(error);
    };
    try {
      program!(node)?.then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  }
}

function nameOf({ host, port, stack }: TrafficEvent['from']): string {
  const bytes = Buffer.from(host, 'hex');
  return `${stack === 4 ? bytes.join('.') : `[${host.slice(-4)}]`}:${port}`;
}

function messageOf({ message, cause }: Defect): string {
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

import type { VirtualClock } from '../../index.js';

type Client = Parameters<VirtualClock['attach']>[0];

/** The clock of one node: that of the simulation, which may have jumped ahead for this node alone. */
export class NodeClock {
  readonly virtual = true;
  #ahead = 0;

  constructor(private readonly common: VirtualClock) {}

  /** Milliseconds of this node. */
  now(): number {
    return this.common.now() + this.#ahead;
  }

  /** Jumps ahead, as the clock of a machine that slept: timers that were due meanwhile ring together. */
  jump(milliseconds: number): void {
    this.#ahead += milliseconds;
  }

  /** Attaches a reactor to the common clock, its timers moved to that. */
  attach(client: Client): () => void {
    return this.common.attach({
      nextTimer: () => client.nextTimer() - this.#ahead,
      runDue: () => client.runDue(),
    });
  }

  /** The moment of the earliest timer of all nodes, by this node's clock. */
  nextTimer(): number {
    return this.common.nextTimer() + this.#ahead;
  }

  /** Has all nodes do what is due. */
  runDue(): void {
    this.common.runDue();
  }

  /** Moves the common clock to a moment of this node's. */
  moveTo(moment: number): void {
    this.common.moveTo(moment - this.#ahead);
  }

  /** Moves the common clock, and with it everybody's. */
  advance(milliseconds: number): void {
    this.common.advance(milliseconds);
  }
}

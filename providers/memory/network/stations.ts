// Who has which address of IPX or ATM: the programs on the network's one station.
import { WSAEADDRINUSE, WSAENOBUFS } from '../../../spi/index.js';
import { dynamicProgram, type Station } from '../wire/index.js';
import type { AttachedStation } from './attached.js';

/** The programs of one family that have an address. */
export class StationTable {
  readonly #owners = new Map<string, AttachedStation>();
  #next = 0;

  /**
   * Makes a table of nobody.
   *
   * @param family AF_IPX or AF_ATM
   */
  constructor(private readonly family: number) {}

  /** How many addresses are in use. */
  get size(): number {
    return this.#owners.size;
  }

  /**
   * Takes an address for a socket.
   *
   * @param wanted without a program: one of the dynamic range
   * @returns the address, WSAEADDRINUSE when another has it, or WSAENOBUFS when the dynamic range is used up
   */
  bind(owner: AttachedStation, wanted: Station): Station | number {
    const program = wanted.program === '' ? this.#dynamic() : wanted.program;
    if (program === null) return WSAENOBUFS;
    if (this.#owners.has(program)) return WSAEADDRINUSE;
    this.#owners.set(program, owner);
    return { host: wanted.host, program };
  }

  /** Gives an address back. */
  unbind({ program }: Station): void {
    this.#owners.delete(program);
  }

  /** Who has an address; `null` for nobody. */
  find({ program }: Station): AttachedStation | null {
    return this.#owners.get(program) ?? null;
  }

  /** The next program of the dynamic range that nobody has; `null` when all are taken. */
  #dynamic(): string | null {
    for (let tries = 0; tries <= this.#owners.size + 1; tries++) {
      let program = dynamicProgram(this.family, this.#next++);
      if (program === null) {
        this.#next = 1;
        program = dynamicProgram(this.family, 0)!;
      }
      if (!this.#owners.has(program)) return program;
    }
    return null;
  }
}

import type { ServerAddress } from './server-address.js';

/** How long a server that did not answer is asked last, in milliseconds. */
const REST = 30_000;

/** A server, and what is known of it. */
export class Server {
  #edns = true;
  #keepsCase = true;
  #restsUntil = -Infinity;

  constructor(readonly address: ServerAddress) {}

  /** Whether it understands EDNS, as far as is known. */
  get edns(): boolean {
    return this.#edns;
  }

  /** Whether it repeats the question letter by letter, as far as is known. */
  get keepsCase(): boolean {
    return this.#keepsCase;
  }

  /** It said that it does not understand EDNS. */
  refusesEdns(): void {
    this.#edns = false;
  }

  /** It has repeated a question in other letters, where nobody else could have. */
  changesCase(): void {
    this.#keepsCase = false;
  }

  /** It did not answer. */
  rest(now: number): void {
    this.#restsUntil = now + REST;
  }

  /** It answered. */
  wake(): void {
    this.#restsUntil = -Infinity;
  }

  /** Whether it has not answered of late. */
  isResting(now: number): boolean {
    return now < this.#restsUntil;
  }
}

/** The servers that are asked, one after the other. */
export class Servers {
  readonly #all: readonly Server[];
  #first = 0;

  constructor(
    addresses: readonly ServerAddress[],
    private readonly rotate: boolean,
  ) {
    this.#all = addresses.map((address) => new Server(address));
  }

  /** The order in which one question asks them: those that have not answered of late come last. */
  inOrder(now: number): readonly Server[] {
    const all = this.#all;
    const first = this.#first;
    if (this.rotate) this.#first = (first + 1) % all.length;
    if (first === 0 && !all.some((each) => each.isResting(now))) return all;
    const turned = [...all.slice(first), ...all.slice(0, first)];
    return [...turned.filter((each) => !each.isResting(now)), ...turned.filter((each) => each.isResting(now))];
  }
}

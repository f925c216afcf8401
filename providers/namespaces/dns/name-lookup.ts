// A name, as it was asked for: what the search list makes of it, one after the other, with all types at once.
import { WSAHOST_NOT_FOUND, WSANO_DATA, WSANO_RECOVERY, WSATRY_AGAIN } from '../../../spi/index.js';
import { Resolution, type Found, type FoundListener, type Resolver } from './resolver.js';

/** What came of a look-up. */
export interface LookedUp {
  /** 0, or WSAHOST_NOT_FOUND, WSANO_DATA, WSATRY_AGAIN, WSANO_RECOVERY. */
  readonly error: number;
  /** The name in full, as it was asked for. */
  readonly name: string;
  /** What was found for each type, in the order of the types. */
  readonly found: readonly Found[];
  /** The names that were asked for, and what is known of each; where there is one, the last is `name`. */
  readonly asked: readonly AskedName[];
}

/** A name, and what was found for each type. */
export interface AskedName {
  readonly name: string;
  readonly found: readonly Found[];
}

const NONE: never[] = [];

/**
 * The names and types of one look-up; all that it waits for is one listener here. Who makes one says what becomes of its answer, as a
 * class: very many may be under way, and functions of their own would take as much again.
 */
export abstract class NameLookup implements FoundListener {
  #next = 0;
  #hadNoData = false;
  #asked: readonly AskedName[] = NONE;
  // Of the name that is being asked for.
  #results: (Found | Resolution | undefined)[] = NONE;
  #answer: LookedUp | null = null;

  /**
   * @param names to be asked for, until one is found
   * @param types of records, all at once
   */
  constructor(
    private readonly resolver: Resolver,
    private readonly names: readonly string[],
    protected readonly types: readonly number[],
  ) {}

  /** Told what came of it, if that was not known at once. */
  abstract told(answer: LookedUp): void;

  /**
   * Begins.
   *
   * @returns what came of it, if that is known at once
   */
  start(): LookedUp | null {
    this.#goOn();
    return this.#answer;
  }

  /** Nobody wants the answer any more. */
  cancel(): void {
    this.#next = this.names.length;
    const left = this.#results;
    this.#results = NONE;
    for (const each of left) if (each instanceof Resolution) each.leave(this);
  }

  found(found: Found, resolution: Resolution): void {
    const results = this.#results;
    let isLast = true;
    for (let at = 0; at < results.length; at++) {
      const each = results[at];
      if (each === resolution) results[at] = found;
      else if (each === undefined || each instanceof Resolution) isLast = false;
    }
    if (!isLast || this.#answer !== null) return;
    this.#weigh(results as Found[]);
    this.#goOn();
    if (this.#answer !== null) this.told(this.#answer);
  }

  // Asks for one name after the other, until there is an answer or something to wait for.
  #goOn(): void {
    while (this.#answer === null && this.#ask()) {
      for (const each of this.#results) if (each instanceof Resolution) return;
      this.#weigh(this.#results as Found[]);
    }
  }

  // Asks for the next name; false when there is none left.
  #ask(): boolean {
    const name = this.names[this.#next++];
    if (name === undefined) {
      this.#end(this.#hadNoData ? WSANO_DATA : WSAHOST_NOT_FOUND, this.names.at(-1) ?? '', []);
      return false;
    }
    const { types } = this;
    const results = new Array<Found | Resolution | undefined>(types.length);
    this.#results = results;
    for (let at = 0; at < types.length; at++) results[at] = this.resolver.ask(name, types[at]!, this);
    return true;
  }

  #weigh(found: readonly Found[]): void {
    const name = this.names[this.#next - 1]!;
    this.#results = NONE;
    this.#asked = [...this.#asked, { name, found }];
    const has = (error: number): boolean => found.some((each) => each.error === error);
    // One family that is not answered for does not hold up the other.
    if (has(0)) return this.#end(0, name, found);
    if (has(WSAHOST_NOT_FOUND)) return;
    // Another name must not be found because nobody answered for this one.
    if (has(WSATRY_AGAIN)) return this.#end(WSATRY_AGAIN, name, found);
    if (has(WSANO_RECOVERY)) return this.#end(WSANO_RECOVERY, name, found);
    this.#hadNoData = true;
  }

  #end(error: number, name: string, found: readonly Found[]): void {
    this.#answer = { error, name, found, asked: this.#asked };
  }
}

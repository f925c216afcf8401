import type { WSAPROTOCOL_INFOW } from '../../spi/index.js';
import type { Signature } from '../../spi/signatures/index.js';
import { nameOf, type AnyFunction } from '../../spi/wrap-table.js';

/**
 * What lies on the far side of a border: the instance's functions, a transport provider's, WinSock's upcalls, a
 * name-space provider's.
 */
export type Border = 'api' | 'provider' | 'upcall' | 'name-space provider';

/** Whose function it is that a hook is told of. */
export interface Layer {
  /** The layer's or the provider's `szProtocol`, or `lpszIdentifier` of a name-space provider. */
  readonly name: string;
  /** How many layers of the chain lie above it: 0 is the outermost. */
  readonly depth: number;
  /**
   * The entry that it was started as: for the outermost layer the chain's; `null` for a name-space provider, whose entries
   * are of another catalog.
   */
  readonly entry: WSAPROTOCOL_INFOW | null;
}

/** A function that a hook may be told of. */
export interface HookedFunction {
  /** Its name in the specification: `send`, `WSPSend`, `WPUCreateEvent`, `NSPLookupServiceBegin`. */
  readonly function: string;
  readonly border: Border;
  /** The provider whose function it is, or whose upcall; `null` for the API. */
  readonly layer: Layer | null;
}

/** What is put before functions that cross a border. */
export interface BorderHook {
  /** Whether a function is hooked. */
  readonly match: (hooked: HookedFunction) => boolean;
  /**
   * Makes what is called in place of a function.
   *
   * @param next the function, or what other hooks have put before it
   * @param original the function as its owner gave it
   */
  readonly wrap: (
    hooked: HookedFunction,
    signature: Signature,
    next: AnyFunction,
    original: AnyFunction,
  ) => AnyFunction;
}

/** A table that was entered, and what was in it before hooks. */
interface Entered {
  readonly border: Border;
  readonly table: Record<string, unknown>;
  readonly signatures: () => Readonly<Record<string, Signature>>;
  readonly ownerOf: (place: string) => Layer | null;
  readonly originals: Map<string, AnyFunction>;
}

/**
 * The tables of functions by which calls cross a border, each entered once, when it is ready to be called. A function
 * that nobody hooks is the very one that its owner gave.
 */
export class Borders {
  readonly #tables = new Set<Entered>();
  readonly #hooks = new Set<BorderHook>();
  readonly #hooked = new WeakMap<object, AnyFunction>();
  #changes = 0;

  /** How often hooks were put in or taken off: what it says of who is told of calls holds until it changes. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Enters a table: its functions are hooked from here on.
   *
   * @param signatures those of its functions: asked for where there are hooks alone
   * @param ownerOf the provider that the function in a place of the table belongs to
   */
  add(
    border: Border,
    table: object,
    signatures: () => Readonly<Record<string, Signature>>,
    ownerOf: (place: string) => Layer | null,
  ): void {
    const entered: Entered = {
      border,
      table: table as Record<string, unknown>,
      signatures,
      ownerOf,
      originals: new Map(),
    };
    this.#tables.add(entered);
    if (this.#hooks.size > 0) this.#fill(entered);
  }

  /** The function that lies under the hooks; one that is not hooked is that function itself. */
  unhooked(given: unknown): unknown {
    return (typeof given === 'function' && this.#hooked.get(given)) || given;
  }

  /**
   * Puts a hook in, outside of those that are in already.
   *
   * @returns takes it out; where no other is left, the functions are those that were given again
   */
  hook(hook: BorderHook): () => void {
    this.#hooks.add(hook);
    this.#fillAll();
    return () => {
      if (this.#hooks.delete(hook)) this.#fillAll();
    };
  }

  /** Forgets the tables of these borders: those whom they belong to have ended. */
  forget(...borders: readonly Border[]): void {
    for (const entered of this.#tables) {
      if (!borders.includes(entered.border)) continue;
      for (const [place, original] of entered.originals) entered.table[place] = original;
      this.#tables.delete(entered);
    }
  }

  #fillAll(): void {
    this.#changes++;
    for (const entered of this.#tables) this.#fill(entered);
  }

  #fill({ border, table, signatures, ownerOf, originals }: Entered): void {
    for (const [place, signature] of Object.entries(signatures())) {
      if (typeof table[place] !== 'function') continue;
      const original = originals.get(place) ?? (this.unhooked(table[place]) as AnyFunction);
      let filling = original;
      if (this.#hooks.size > 0) {
        const hooked: HookedFunction = { function: nameOf(place), border, layer: ownerOf(place) };
        for (const hook of this.#hooks) {
          if (hook.match(hooked)) filling = hook.wrap(hooked, signature, filling, original);
        }
      }
      if (filling === original) originals.delete(place);
      else {
        originals.set(place, original);
        this.#hooked.set(filling, original);
      }
      table[place] = filling;
    }
  }
}

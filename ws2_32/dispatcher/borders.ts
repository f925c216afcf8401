import { nameOf, wrapFunction, type AnyFunction, type Wrapper } from '../../spi/wrap-table.js';
import type { Signature } from '../../spi/signatures/index.js';

/**
 * What lies on the far side of a border: the instance's functions, a transport provider's, WinSock's upcalls, a
 * name-space provider's.
 */
export type Border = 'api' | 'provider' | 'upcall' | 'name-space provider';

/** A function that a hook may be told of. */
export interface BorderFunction {
  readonly border: Border;
  /** The provider that the function belongs to, or whose upcall it is; an empty text for the API. */
  readonly owner: string;
  /** The function's name in the specification. */
  readonly name: string;
}

/** What is to be done around functions that cross a border. */
export interface CallHook extends Omit<Wrapper, 'unusual'> {
  /** Whether a function is hooked; each one is if absent. */
  readonly match?: (hooked: BorderFunction) => boolean;
}

/** A table that was entered, and what was in it before hooks. */
interface Entered {
  readonly border: Border;
  readonly table: Record<string, unknown>;
  readonly signatures: Readonly<Record<string, Signature>>;
  readonly ownerOf: (place: string) => string;
  readonly originals: Map<string, AnyFunction>;
}

/**
 * The tables of functions by which calls cross a border, each entered once, when it is ready to be called. A function
 * that nobody hooks is the very one that its owner gave.
 */
export class Borders {
  readonly #tables = new Set<Entered>();
  readonly #hooks = new Set<CallHook>();
  readonly #hooked = new WeakMap<object, AnyFunction>();

  /**
   * Enters a table: its functions are hooked from here on.
   *
   * @param ownerOf the provider that the function in a place of the table belongs to
   */
  add(
    border: Border,
    table: object,
    signatures: Readonly<Record<string, Signature>>,
    ownerOf: (place: string) => string,
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
   * Tells a hook of calls from now on.
   *
   * @returns takes the hook off; where no other is left, the functions are those that were given again
   */
  hook(hook: CallHook): () => void {
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
    for (const entered of this.#tables) this.#fill(entered);
  }

  #fill({ border, table, signatures, ownerOf, originals }: Entered): void {
    for (const [place, signature] of Object.entries(signatures)) {
      if (typeof table[place] !== 'function') continue;
      const original = originals.get(place) ?? (this.unhooked(table[place]) as AnyFunction);
      const about: BorderFunction = { border, owner: ownerOf(place), name: nameOf(place) };
      let filling = original;
      for (const hook of this.#hooks) {
        if (hook.match?.(about) ?? true) filling = wrapFunction(about.name, signature, filling, this.#whileOn(hook));
      }
      if (filling === original) originals.delete(place);
      else {
        originals.set(place, original);
        this.#hooked.set(filling, original);
      }
      table[place] = filling;
    }
  }

  /** A function that somebody took out of a table while it was hooked tells nobody once the hook is off. */
  #whileOn(hook: CallHook): Wrapper {
    const { before, after, threw } = hook;
    return {
      before: (call) => {
        if (this.#hooks.has(hook)) before?.(call);
      },
      after: (call, result) => (after !== undefined && this.#hooks.has(hook) ? after(call, result) : result),
      threw: (call, cause) => {
        if (threw !== undefined && this.#hooks.has(hook)) return threw(call, cause);
        throw cause;
      },
    };
  }
}

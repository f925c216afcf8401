/** Places in a block. */
const BLOCK = 1024;

class Block {
  readonly items: unknown[] = [];
  next: Block | null = null;
}

/**
 * A queue that may become very long: first in, first out. What waits lies in blocks and is never moved, so that neither
 * an item more nor an item less costs the more, the more of them wait.
 */
export class LongQueue<Item> {
  #first = new Block();
  #last = this.#first;
  /** The place of the first item in the first block. */
  #head = 0;
  #taken = 0;
  #added = 0;

  /** How many items wait. */
  get length(): number {
    return this.#added - this.#taken;
  }

  /** How many items have been added so far. */
  get added(): number {
    return this.#added;
  }

  /** How many items have been taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Appends an item. */
  push(item: Item): void {
    if (this.#last.items.length === BLOCK) this.#last = this.#last.next = new Block();
    this.#last.items.push(item);
    this.#added++;
  }

  /** Takes the first item; `undefined` when none waits. */
  shift(): Item | undefined {
    if (this.#taken === this.#added) return undefined;
    const block = this.#first;
    const item = block.items[this.#head] as Item;
    block.items[this.#head++] = undefined;
    if (this.#head === block.items.length) this.#leave(block);
    this.#taken++;
    return item;
  }

  #leave(block: Block): void {
    this.#head = 0;
    if (block.next === null) block.items.length = 0;
    else this.#first = block.next;
  }

  /** Whether any of those that wait is such a one. */
  some(isSuch: (item: Item) => boolean): boolean {
    let at = this.#head;
    for (let block: Block | null = this.#first; block !== null; block = block.next, at = 0) {
      for (; at < block.items.length; at++) if (isSuch(block.items[at] as Item)) return true;
    }
    return false;
  }

  /** Forgets all that wait. */
  clear(): void {
    this.#first = this.#last = new Block();
    this.#head = 0;
    this.#taken = this.#added;
  }
}

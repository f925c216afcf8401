/** What is in a list; a class has one pair of links for each list that it may be in. */
export interface Linked<T> {
  /** Those before and behind it; set by `LinkedList`. */
  earlier: T | null;
  later: T | null;
}

/**
 * Things in the order in which they came. There may be very many, which come and go: the links are their own, so that the list takes
 * no memory besides, and leaves none behind that would keep what has gone alive.
 */
export class LinkedList<T extends Linked<T>> {
  #first: T | null = null;
  #last: T | null = null;

  /** The one that came first; `null` when there is none. */
  get first(): T | null {
    return this.#first;
  }

  /** Adds one that is not in a list. */
  add(one: T): void {
    one.earlier = this.#last;
    if (this.#last === null) this.#first = one;
    else this.#last.later = one;
    this.#last = one;
  }

  /** Takes one out; one that is in no list does not matter. Returns whether it was in this one. */
  delete(one: T): boolean {
    const { earlier, later } = one;
    if (earlier === null && this.#first !== one) return false;
    if (earlier === null) this.#first = later;
    else earlier.later = later;
    if (later === null) this.#last = earlier;
    else later.earlier = earlier;
    one.earlier = one.later = null;
    return true;
  }

  /** All that are there now, in an array of its own. */
  all(): T[] {
    const found: T[] = [];
    for (let one = this.#first; one !== null; one = one.later) found.push(one);
    return found;
  }
}

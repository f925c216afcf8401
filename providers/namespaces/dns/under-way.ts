/** What is found by a name and a type. */
export interface NamedQuestion<T> {
  /** The name in lower case. */
  readonly key: string;
  readonly type: number;
  /** The next one of the same place; set by `UnderWay`. */
  nextInPlace: T | null;
}

const FEWEST_PLACES = 64;

/**
 * Questions that are under way, by name and type. Very many come and go: a `Map` makes a new table again and again then, and each old one that
 * has grown old keeps alive what was in it (V8 leads from it to the next).
 */
export class UnderWay<T extends NamedQuestion<T>> {
  #places: (T | null)[] = newPlaces(FEWEST_PLACES);
  #size = 0;
  readonly #seed: number;

  /** @param seed 32 random bits, so that nobody can choose names that lie in one place */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The one of a name and a type. */
  get(key: string, type: number): T | null {
    let one = this.#places[this.#placeOf(key)] ?? null;
    while (one !== null && (one.key !== key || one.type !== type)) one = one.nextInPlace;
    return one;
  }

  /** Adds one whose name and type are not there. */
  add(one: T): void {
    if (this.#size === this.#places.length) this.#grow();
    this.#put(one);
    this.#size++;
  }

  /** Takes one out, if it is there. */
  delete(one: T): void {
    const place = this.#placeOf(one.key);
    let before: T | null = null;
    let each = this.#places[place] ?? null;
    while (each !== null && each !== one) {
      before = each;
      each = each.nextInPlace;
    }
    if (each === null) return;
    if (before === null) this.#places[place] = one.nextInPlace;
    else before.nextInPlace = one.nextInPlace;
    one.nextInPlace = null;
    this.#size--;
  }

  #put(one: T): void {
    const place = this.#placeOf(one.key);
    one.nextInPlace = this.#places[place] ?? null;
    this.#places[place] = one;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = newPlaces(before.length * 2);
    for (const first of before) {
      for (let one: T | null = first; one !== null;) {
        const next: T | null = one.nextInPlace;
        this.#put(one);
        one = next;
      }
    }
  }

  #placeOf(key: string): number {
    let hash = this.#seed;
    for (let at = 0; at < key.length; at++) {
      hash = Math.imul(hash ^ key.charCodeAt(at), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    return hash & (this.#places.length - 1);
  }
}

function newPlaces<T>(count: number): (T | null)[] {
  return new Array<T | null>(count).fill(null);
}

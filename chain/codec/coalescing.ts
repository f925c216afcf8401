// Small sends that are put together, until the turn ends.

/** Whoever has put small sends together, which wait for the end of the turn. */
export interface Coalescing {
  /** Writes them. */
  writeCoalesced(): void;
}

/** Those of this thread. A process that ends within a turn writes first what they have: it was sent. */
const coalescing = new Set<Coalescing>();
let listens = false;

/** Notes that something waits for the end of the turn. */
export function beginCoalescing(one: Coalescing): void {
  if (!listens) {
    listens = true;
    process.on('exit', () => {
      for (const each of [...coalescing]) each.writeCoalesced();
    });
  }
  coalescing.add(one);
}

/** What was put together has been written. */
export function endCoalescing(one: Coalescing): void {
  coalescing.delete(one);
}

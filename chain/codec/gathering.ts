/** What was gathered and waits for the end of the turn. */
export interface Gathering {
  /** Writes it. */
  writeGathered(): void;
}

/** Those of this thread. A process that ends within a turn writes first what they have: it was sent. */
const gathering = new Set<Gathering>();
let listens = false;

/** Notes that something waits for the end of the turn. */
export function gather(one: Gathering): void {
  if (!listens) {
    listens = true;
    process.on('exit', () => {
      for (const each of [...gathering]) each.writeGathered();
    });
  }
  gathering.add(one);
}

/** What was gathered has been written. */
export function gathered(one: Gathering): void {
  gathering.delete(one);
}

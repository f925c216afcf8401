/** The local ports of the sockets that are played, each with what it is given to. */
export class PlayedPorts {
  readonly #taken = new Set<string>();
  #last = 49_151;

  /** Takes a port of a kind. Returns whether nobody had it. */
  take(kind: string, port: number): boolean {
    const key = `${kind} ${port}`;
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  /** Takes one that nobody has; 0 when there is none. */
  takeAny(kind: string): number {
    for (let tries = 0; tries < 16_384; tries++) {
      this.#last = this.#last === 65_535 ? 49_152 : this.#last + 1;
      if (this.take(kind, this.#last)) return this.#last;
    }
    return 0;
  }

  giveBack(kind: string, port: number): void {
    this.#taken.delete(`${kind} ${port}`);
  }
}

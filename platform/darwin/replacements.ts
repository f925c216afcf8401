// Sockets that took the place of others under the same number, of which a kqueue has forgotten everything.

/** Tells the descriptor set of a thread. */
export class Replacements {
  #watcher: (descriptor: number) => void = () => undefined;

  /** Says who watches descriptors. @param watcher watches one anew, if it was watched */
  tellOf(watcher: (descriptor: number) => void): void {
    this.#watcher = watcher;
  }

  /** Another socket has a number from now on. */
  renew(descriptor: number): void {
    this.#watcher(descriptor);
  }
}

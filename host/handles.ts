/** How many handles must have been given back before the oldest of them is used again. */
const REST = 1024;

/**
 * Hands out the handles of an instance: multiples of 4, never 0, shared by sockets, events and everything else, so that
 * a handle of one kind is never mistaken for one of another. A handle given back rests for a while before it is used again.
 */
export class HandleAllocator {
  #next = 4;
  #resting: number[] = [];
  #head = 0;

  /** Reserves a handle. */
  allocate(): number {
    if (this.#resting.length - this.#head > REST) {
      const handle = this.#resting[this.#head++]!;
      if (this.#head > REST) {
        this.#resting = this.#resting.slice(this.#head);
        this.#head = 0;
      }
      return handle;
    }
    const handle = this.#next;
    this.#next += 4;
    return handle;
  }

  /** Gives a handle back. */
  release(handle: number): void {
    this.#resting.push(handle);
  }
}

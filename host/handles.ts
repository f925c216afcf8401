// The handles of an instance, and who owns each.
/** How many handles must have been given back before the oldest of them is used again. */
const REST = 1024;

/** The owner of a handle that is nobody's at present. */
const NOBODY = -1;
/** The owner of the host's own handles and the application's. */
const INSTANCE_OWNER = 0;

/**
 * Hands out the handles of an instance: multiples of 4, never 0, shared by sockets, events and everything else, so that
 * a handle of one kind is never mistaken for one of another. A handle given back rests for a while before it is used
 * again. Each handle knows its owner, a number: what another one gives back is not taken.
 */
export class HandleAllocator {
  #next = 4;
  #resting: number[] = [];
  #head = 0;
  /** Owners by handle divided by 4. */
  readonly #owners: number[] = [NOBODY];
  /** Handles that came from elsewhere, and are not to be handed out. */
  readonly #foreign = new Map<number, number>();

  /** Reserves a handle. */
  allocate(owner = INSTANCE_OWNER): number {
    if (this.#resting.length - this.#head > REST) {
      const handle = this.#resting[this.#head++]!;
      if (this.#head > REST) {
        this.#resting = this.#resting.slice(this.#head);
        this.#head = 0;
      }
      this.#owners[handle >>> 2] = owner;
      return handle;
    }
    while (this.#foreign.size > 0 && this.#foreign.has(this.#next)) this.#skip();
    const handle = this.#next;
    this.#next += 4;
    this.#owners.push(owner);
    return handle;
  }

  /** The owner of a handle that is reserved; `undefined` for any other. */
  ownerOf(handle: number): number | undefined {
    const owner = handle % 4 === 0 ? this.#owners[handle >>> 2] : undefined;
    return owner === undefined || owner === NOBODY ? this.#foreign.get(handle) : owner;
  }

  /** Takes note of a handle that came from elsewhere; false when the number was, or is, one of the instance's own. */
  adopt(handle: number, owner: number): boolean {
    if (handle < this.#next) return false;
    this.#foreign.set(handle, owner);
    return true;
  }

  /** Gives a handle back; one that is nobody's is left alone. */
  release(handle: number): void {
    if (this.#foreign.delete(handle)) return;
    if (this.ownerOf(handle) === undefined) return;
    this.#owners[handle >>> 2] = NOBODY;
    this.#resting.push(handle);
  }

  /** Leaves out a number that came from elsewhere. */
  #skip(): void {
    this.#owners.push(NOBODY);
    this.#next += 4;
  }
}

// Names of sockets, on their way to the kernel and back.
import * as spi from '../../spi/index.js';
import { pinMemory } from '../native-memory.js';
import type { NameSlot } from '../platform.js';

const AF_INET6 = 10;

/** The most bytes that a name has: `struct sockaddr_storage`. */
export const NAME_ROOM = 128;

/** Scratch memory for one name. */
export class NameScratch {
  readonly #memory = pinMemory(NAME_ROOM);
  readonly address = this.#memory.address;

  /** Makes it the name of no family, which dissolves a connection. */
  clear(): void {
    this.#memory.ints.fill(0, 0, 4);
  }

  /** Puts a name into the scratch memory, as Linux writes it. Returns its length there; -1 when it is not all there. */
  write(name: Uint8Array, namelen: number): number {
    if (!spi.holdsBytes(name, namelen)) return -1;
    const length = Math.min(namelen, NAME_ROOM);
    const bytes = this.#memory.bytes;
    for (let index = 0; index < length; index++) bytes[index] = name[index]!;
    // The layouts differ in the family's number alone; the family is a little-endian 16-bit integer on both sides.
    if (bytes[0] === spi.AF_INET6 && bytes[1] === 0) bytes[0] = AF_INET6;
    return length;
  }

  /** Reads the name that the kernel wrote there, of `length` bytes. */
  read(slot: NameSlot, length: number): void {
    const bytes = this.#memory.bytes;
    const target = slot.bytes;
    const taken = Math.min(length, NAME_ROOM, target.length);
    for (let index = 0; index < taken; index++) target[index] = bytes[index]!;
    if (taken >= 2 && bytes[0] === AF_INET6 && bytes[1] === 0) target[0] = spi.AF_INET6;
    slot.length = taken;
  }
}

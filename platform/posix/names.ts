// Names of sockets, on their way to the kernel and back.
import * as spi from '../../spi/index.js';
import { pinMemory } from '../native-memory.js';
import type { NameSlot } from '../platform.js';
import type { SystemNumbers } from './system-numbers.js';

/** The most bytes that a name has: `struct sockaddr_storage`. */
export const NAME_ROOM = 128;

/** Scratch memory for one name. Layouts differ from Windows' in the first two bytes alone. */
export class NameScratch {
  readonly #memory = pinMemory(NAME_ROOM);
  readonly #inet6: number;
  readonly #withLength: boolean;
  readonly address = this.#memory.address;

  constructor({ AF_INET6, namesHaveLength }: SystemNumbers) {
    this.#inet6 = AF_INET6;
    this.#withLength = namesHaveLength;
  }

  /** Makes it the name of no family, which dissolves a connection. */
  clear(): void {
    this.#memory.ints.fill(0, 0, 4);
  }

  /** Puts a name into the scratch memory, as the system writes it. Returns its length there; -1 when it is not all there. */
  write(name: Uint8Array, namelen: number): number {
    if (!spi.holdsBytes(name, namelen)) return -1;
    const length = Math.min(namelen, NAME_ROOM);
    const bytes = this.#memory.bytes;
    for (let index = 0; index < length; index++) bytes[index] = name[index]!;
    // Windows' family is a little-endian 16-bit integer.
    const family = bytes[0] === spi.AF_INET6 && bytes[1] === 0 ? this.#inet6 : bytes[0]!;
    if (!this.#withLength) bytes[0] = family;
    else if (length >= 2) {
      // A family that has no room in one byte is none that the system knows.
      bytes[1] = bytes[1] === 0 ? family : 0xff;
      bytes[0] = length;
    }
    return length;
  }

  /** Reads the name that the kernel wrote there, of `length` bytes. */
  read(slot: NameSlot, length: number): void {
    const bytes = this.#memory.bytes;
    const target = slot.bytes;
    const taken = Math.min(length, NAME_ROOM, target.length);
    for (let index = 0; index < taken; index++) target[index] = bytes[index]!;
    if (taken >= 2) {
      const [family, rest] = this.#withLength ? [bytes[1]!, 0] : [bytes[0]!, bytes[1]!];
      target[0] = family === this.#inet6 && rest === 0 ? spi.AF_INET6 : family;
      target[1] = rest;
    }
    slot.length = taken;
  }
}

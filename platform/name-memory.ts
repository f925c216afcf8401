// A socket's name in scratch memory, on its way to the system and back.
import { holdsBytes } from '../spi/index.js';
import { pinMemory } from './native-memory.js';
import type { NameSlot } from './platform.js';

/** The most bytes that a name has: a SOCKADDR_STORAGE. */
export const NAME_ROOM = 128;

/** Scratch memory for one name. */
export class NameMemory {
  readonly #memory = pinMemory(NAME_ROOM);
  readonly address = this.#memory.address;
  protected readonly bytes = this.#memory.bytes;

  /** Puts a name there. Returns its length there; -1 when it is not all there. */
  write(name: Uint8Array, namelen: number): number {
    if (!holdsBytes(name, namelen)) return -1;
    const length = Math.min(namelen, NAME_ROOM);
    const { bytes } = this;
    for (let index = 0; index < length; index++) bytes[index] = name[index]!;
    return length;
  }

  /** Reads the name that the system wrote there, of `length` bytes. */
  read(slot: NameSlot, length: number): void {
    const { bytes } = this;
    const target = slot.bytes;
    const taken = Math.min(length, NAME_ROOM, target.length);
    for (let index = 0; index < taken; index++) target[index] = bytes[index]!;
    slot.length = taken;
  }
}

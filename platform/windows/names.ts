// Names of sockets, on their way to ws2_32.dll and back: nothing of them has to be translated.
import { holdsBytes } from '../../spi/index.js';
import { pinMemory } from '../native-memory.js';
import type { NameSlot } from '../platform.js';

/** The most bytes that a name has: a SOCKADDR_STORAGE. */
export const NAME_ROOM = 128;
/** The family comes first. */
const FAMILY_BYTES = 2;

/** Scratch memory for one name, and for its length as a call returns it. */
export class NameScratch {
  readonly #memory = pinMemory(NAME_ROOM);
  readonly #length = pinMemory(8);
  readonly address = this.#memory.address;
  readonly lengthAddress = this.#length.address;

  /** Makes room for a name. */
  expect(): void {
    this.#length.ints[0] = NAME_ROOM;
  }

  /** The length of the name that was written there. */
  get length(): number {
    return Math.min(this.#length.ints[0]!, NAME_ROOM);
  }

  /** Makes it nobody's name in the family of the one that is there, which dissolves a connection of datagrams. */
  clear(): void {
    this.#memory.bytes.fill(0, FAMILY_BYTES);
  }

  /** Puts a name there. Returns its length; -1 when it is not all there. */
  write(name: Uint8Array, namelen: number): number {
    if (!holdsBytes(name, namelen)) return -1;
    const length = Math.min(namelen, NAME_ROOM);
    const { bytes } = this.#memory;
    for (let index = 0; index < length; index++) bytes[index] = name[index]!;
    return length;
  }

  /** Reads the name that was written there. */
  read(slot: NameSlot, length = this.length): void {
    const { bytes } = this.#memory;
    const target = slot.bytes;
    const taken = Math.min(length, NAME_ROOM, target.length);
    for (let index = 0; index < taken; index++) target[index] = bytes[index]!;
    slot.length = taken;
  }
}

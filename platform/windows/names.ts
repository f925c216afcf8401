// Names of sockets, on their way to ws2_32.dll and back: nothing of them has to be translated.
import { NAME_ROOM, NameMemory } from '../name-memory.js';
import { pinMemory } from '../native-memory.js';
import type { NameSlot } from '../platform.js';

/** The family comes first. */
const FAMILY_BYTES = 2;

/** Scratch memory for one name, and for its length as a call returns it. */
export class NameScratch extends NameMemory {
  readonly #length = pinMemory(8);
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
    this.bytes.fill(0, FAMILY_BYTES);
  }

  override read(slot: NameSlot, length = this.length): void {
    super.read(slot, length);
  }
}

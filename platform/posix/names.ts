// Names of sockets, on their way to the kernel and back: layouts differ from Windows' in the first two bytes alone.
import { AF_INET6 } from '../../spi/index.js';
import { NameMemory } from '../name-memory.js';
import type { NameSlot } from '../platform.js';
import type { SystemNumbers } from './system-numbers.js';

export { NAME_ROOM } from '../name-memory.js';

/** Bytes of a name of no family. */
const NOBODY_BYTES = 16;

/** Scratch memory for one name, which has it as the system writes it. */
export class NameScratch extends NameMemory {
  readonly #inet6: number;
  readonly #withLength: boolean;

  constructor(numbers: Pick<SystemNumbers, 'AF_INET6' | 'namesHaveLength'>) {
    super();
    this.#inet6 = numbers.AF_INET6;
    this.#withLength = numbers.namesHaveLength;
  }

  /** Makes it the name of no family, which dissolves a connection. */
  clear(): void {
    this.bytes.fill(0, 0, NOBODY_BYTES);
  }

  override write(name: Uint8Array, namelen: number): number {
    const length = super.write(name, namelen);
    if (length < 0) return length;
    const { bytes } = this;
    // Windows' family is a little-endian 16-bit integer.
    const family = bytes[0] === AF_INET6 && bytes[1] === 0 ? this.#inet6 : bytes[0]!;
    if (!this.#withLength) bytes[0] = family;
    else if (length >= 2) {
      // A family that has no room in one byte is none that the system knows.
      bytes[1] = bytes[1] === 0 ? family : 0xff;
      bytes[0] = length;
    }
    return length;
  }

  override read(slot: NameSlot, length: number): void {
    super.read(slot, length);
    if (slot.length < 2) return;
    const target = slot.bytes;
    const [family, rest] = this.#withLength ? [target[1]!, 0] : [target[0]!, target[1]!];
    target[0] = family === this.#inet6 && rest === 0 ? AF_INET6 : family;
    target[1] = rest;
  }
}

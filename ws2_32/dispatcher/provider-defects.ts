import { messageOf, shown, written } from '../../spi/answers.js';
import { cureOf } from '../../spi/layer-rules.js';
import type { Defect, SOCKET } from '../../spi/index.js';
import type { SocketRecord, SocketRecords } from './socket-records.js';

/** How many faults are told of one socket. */
const MOST_TOLD = 20;

/** Tells what providers do wrong: of each socket every fault once, for a program may try again and again. */
export class ProviderDefects {
  /** What was told of each socket. */
  readonly #told = new WeakMap<SocketRecord, Set<string>>();

  /** @param report tells the instance's listeners of a defect; never throws */
  constructor(
    private readonly sockets: SocketRecords,
    private readonly report: (defect: Defect) => void,
  ) {}

  /**
   * Tells of a defect, unless it was told of this socket before.
   *
   * @param owner the name of the provider at fault
   * @param name its function, without "lp"
   * @param what it did
   * @param s the socket that it was called for, if any
   * @param cause what it threw
   */
  tell(owner: string, name: string, what: string, s?: SOCKET, cause?: unknown): void {
    if (!this.#isNews(s, name, what, cause)) return;
    this.report({
      message: `${name} of provider "${owner}" ${what}`,
      provider: owner,
      ...(s === undefined ? {} : { socket: s }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #isNews(s: SOCKET | undefined, name: string, what: string, cause: unknown): boolean {
    const record = this.sockets.get(s);
    if (record === undefined) return true;
    const known = this.#told.get(record) ?? new Set();
    this.#told.set(record, known);
    const fault = `${name} ${what} ${messageOf(cause)}`;
    return known.size < MOST_TOLD && !known.has(fault) && known.add(fault).size > 0;
  }
}

/** Says what is wrong with a number of bytes for buffers of `limit`. */
export function countFault(count: unknown, limit: number): string {
  return `reported ${written(count)} bytes for buffers of ${limit}${cureOf('functionCounts')}`;
}

/** Says what is wrong with a handle that nobody registered. */
export function handleFault(handle: unknown): string {
  return `returned the handle ${shown(handle)}, which it had not registered${cureOf('functionHandles')}`;
}

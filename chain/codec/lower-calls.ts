import { answerFault, written } from '../../spi/answers.js';
import {
  SOCKET_ERROR,
  WSASYSCALLFAILURE,
  type CountOrNegatedCode,
  type ErrorCode,
  type WSPPROC_TABLE,
} from '../../spi/index.js';
import { isCount, reportBelow, type LayerContext } from '../layer/index.js';
import type { CodecScratch } from './scratch.js';

type Slot = keyof WSPPROC_TABLE;

/** Functions that return 0 or SOCKET_ERROR. */
type CodeSlot = Exclude<
  Slot,
  'lpWSPAccept' | 'lpWSPJoinLeaf' | 'lpWSPSocket' | 'lpWSPSelect' | 'lpWSPGetOverlappedResult' | 'lpWSPGetQOSByName'
>;

/**
 * How the provider below is called for one of its sockets. What it answers is checked as the dispatcher would check it: what no
 * provider may answer, and what it throws, is reported once for each function, and the call fails with WSASYSCALLFAILURE.
 */
export abstract class LowerCalls {
  #reported: Set<Slot> | null = null;

  constructor(
    protected readonly context: LayerContext,
    protected readonly scratch: CodecScratch,
    /** The handle of the socket in the provider below. */
    readonly handle: number,
  ) {}

  /**
   * Calls a function of the provider below that returns 0 or SOCKET_ERROR. Not for what is called for each message: the
   * list of arguments is an array.
   *
   * @returns 0, or its error
   */
  protected call<S extends CodeSlot>(slot: S, ...args: Parameters<WSPPROC_TABLE[S]>): number {
    this.scratch.errno.value = 0;
    try {
      const function_ = this.context.lower[slot] as (...args: Parameters<WSPPROC_TABLE[S]>) => number;
      return this.code(slot, function_(...args));
    } catch (cause) {
      return this.threw(slot, cause);
    }
  }

  protected code(slot: Slot, result: number): ErrorCode {
    return result === 0 ? 0 : this.#failure(slot, result, this.scratch.errno.value);
  }

  /**
   * What came of a call that returns 0 or SOCKET_ERROR.
   *
   * @param error what it left in `lpErrno`
   * @param bytes how many it says that it transferred, of `most`
   * @returns how many bytes, or a negated code
   */
  outcome(slot: Slot, result: number, error: number, bytes: number, most: number): CountOrNegatedCode {
    return result === 0 ? this.counted(slot, bytes, most) : -this.#failure(slot, result, error);
  }

  #failure(slot: Slot, result: number, error: number): ErrorCode {
    const fault = answerFault(result, SOCKET_ERROR, error);
    return fault === null ? error : this.defect(slot, fault);
  }

  /** What the provider below says that it did must be possible. */
  protected counted(slot: Slot, bytes: number, most: number): CountOrNegatedCode {
    if (isCount(bytes, most)) return bytes;
    return -this.defect(slot, `reported ${written(bytes)} bytes for buffers of ${most}`);
  }

  /** A function threw. Returns the code. */
  threw(slot: Slot, cause: unknown): number {
    return this.defect(slot, 'threw', cause);
  }

  protected defect(slot: Slot, what: string, cause?: unknown): number {
    this.#reported ??= new Set();
    if (!this.#reported.has(slot)) {
      this.#reported.add(slot);
      reportBelow(this.context.host, this.context.lower, slot, what, this.handle, cause);
    }
    return WSASYSCALLFAILURE;
  }
}

// Service classes: the routines of version 1, which are called by functions that may block.
import { isStructure } from '../spi/arguments.js';
import { kindOf } from '../spi/answers.js';
import { WSAEFAULT, WSASERVICECLASSINFOW, WSASYSCALLFAILURE, type Ref } from '../spi/index.js';
import { Settlement, SettlementAnswer, waitFor, type RequestAnswer, type SettlementContext } from './settlement.js';

/** Where the author of a name space answers what is asked of a service class. */
export interface ClassAnswer extends RequestAnswer {
  /**
   * It was done.
   *
   * @param classInfo for `getClass`, the service class
   */
  done(classInfo?: WSASERVICECLASSINFOW): void;
}

/** What an author is handed who is asked of a service class. */
class ClassSettlementAnswer extends SettlementAnswer implements ClassAnswer {
  readonly #found: ((classInfo: unknown) => void) | undefined;

  constructor(settlement: Settlement, found: ((classInfo: unknown) => void) | undefined) {
    super(settlement);
    this.#found = found;
  }

  override done(classInfo?: WSASERVICECLASSINFOW): void {
    if (!this.isOver) this.#found?.(classInfo);
    super.done();
  }
}

/**
 * Asks something of a service class, and waits for the answer.
 *
 * @param name the hook's name
 * @param pending what is under way, to be cancelled with the use
 * @param found told of the class that is answered
 * @returns 0 or a WSA error
 */
export function askOfClass(
  name: string,
  hook: (answer: ClassAnswer) => unknown,
  context: SettlementContext,
  pending: Set<Settlement>,
  found?: (classInfo: unknown) => void,
): number {
  const settlement = new Settlement(name, context, { settled: () => pending.delete(settlement) });
  pending.add(settlement);
  const answer = new ClassSettlementAnswer(settlement, found);
  settlement.ask(() => hook(answer));
  return waitFor(settlement, context, pending);
}

/**
 * Gives a service class to whoever asked.
 *
 * @param classInfo what the author answered
 * @param length in: room in bytes; out, when too small: bytes needed
 * @param results emptied and given the class
 * @returns 0, WSAEFAULT, or WSASYSCALLFAILURE when it is no service class, which is reported
 */
export function giveClass(
  classInfo: unknown,
  { blame }: SettlementContext,
  length: Ref<number>,
  results: WSASERVICECLASSINFOW[] | null,
): number {
  try {
    if (!isStructure(classInfo)) throw new TypeError(`${kindOf(classInfo)} is no service class`);
    const copy = structuredClone(classInfo) as unknown as WSASERVICECLASSINFOW;
    const needed = WSASERVICECLASSINFOW.encode(copy).length;
    if (results === null || length.value >>> 0 < needed) {
      length.value = needed;
      return WSAEFAULT;
    }
    results.splice(0, results.length, copy);
    return 0;
  } catch (cause) {
    blame.tell('answered getClass by what is no WSASERVICECLASSINFO: call answer.done(classInfo) with one', cause);
    return WSASYSCALLFAILURE;
  }
}

import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable } from '../../spi/answers.js';
import { WSASYSCALLFAILURE } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/dispatcher.js';

/** A name-space provider, as far as it takes to blame it. */
export interface Blamed {
  /** `lpszIdentifier` of its entry. */
  readonly name: string;
}

/** Calls the routines of name-space providers, so that what they do wrong costs that call alone, and is reported. */
export class Containment {
  constructor(private readonly dispatcher: Dispatcher) {}

  /**
   * Calls a routine that says 0, or SOCKET_ERROR and a last error. What it throws, a promise, and a failure without an error
   * are defects of the provider. The thread's last error stays what it was: such calls are also made between those of an
   * application.
   *
   * @param name the routine's name, for the report
   * @returns 0 or the WSA error
   */
  call(provider: Blamed, name: string, routine: () => unknown): number {
    const { dispatcher } = this;
    const before = dispatcher.lastError;
    dispatcher.lastError = 0;
    let result: unknown;
    let error: number;
    try {
      result = routine();
      error = dispatcher.lastError;
    } catch (cause) {
      return this.defect(provider, `${name} threw`, cause);
    } finally {
      dispatcher.lastError = before;
    }
    if (isThenable(result)) {
      ignoreOutcome(result);
      return this.defect(provider, `${name} returned a promise: ${ANSWERS_AT_ONCE}`);
    }
    if (result === 0) return 0;
    if (isError(error)) return error;
    return this.defect(provider, `${name} returned ${String(result)} and set the last error ${String(error)}`);
  }

  /** Reports a defect of a provider; returns WSASYSCALLFAILURE. */
  defect(provider: Blamed, what: string, cause?: unknown): number {
    this.dispatcher.report({
      message: `name-space provider "${provider.name}": ${what}`,
      provider: provider.name,
      ...(cause === undefined ? {} : { cause }),
    });
    return WSASYSCALLFAILURE;
  }
}

/** Whether a value can be the code of a failure. */
export function isError(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value && value !== 0;
}

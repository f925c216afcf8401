import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable, shown } from '../../spi/answers.js';
import { isStructure } from '../../spi/arguments.js';
import {
  WSASYSCALLFAILURE,
  type DirectInquiry,
  type DirectListener,
  type DirectLookUps,
  type DirectQuestion,
} from '../../spi/index.js';
import type { Signature } from '../../spi/signatures/index.js';
import { wrapTable } from '../../spi/wrap-table.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** A name-space provider, as far as it takes to blame it. */
export interface Blamed {
  /** `lpszIdentifier` of its entry. */
  readonly name: string;
}

/** Sees to it that what routines of name-space providers do wrong costs that call alone, and is reported. */
export class Containment {
  constructor(private readonly dispatcher: Dispatcher) {}

  /**
   * The routines of a provider as they are called from here on: one that throws, or returns a promise, fails with
   * WSASYSCALLFAILURE, and it is reported. Hooks are put in here.
   */
  contained<Routines extends object>(
    provider: Blamed,
    routines: Routines,
    signatures: Readonly<Record<string, Signature>>,
  ): Routines {
    const table = { ...routines };
    const failed = (what: string, cause?: unknown): number => this.dispatcher.fail(this.defect(provider, what, cause));
    wrapTable(table, signatures as Partial<Record<keyof Routines, Signature>>, {
      threw: ({ name }, cause) => failed(`${name} threw`, cause),
      unusual({ name }, result) {
        if (!isThenable(result)) return result;
        ignoreOutcome(result);
        return failed(`${name} returned a promise: ${ANSWERS_AT_ONCE}`);
      },
    });
    this.dispatcher.borders.add(
      'name-space provider',
      table,
      () => signatures,
      () => ({ name: provider.name, depth: 0, entry: null }),
    );
    return table;
  }

  /**
   * Calls a routine that says 0, or SOCKET_ERROR and a last error; a failure without an error is a defect of the
   * provider. The thread's last error stays what it was: such calls are also made between those of an application.
   *
   * @param name the routine's name, for the report
   * @returns 0 or the WSA error
   */
  call(provider: Blamed, name: string, routine: () => unknown): number {
    const { dispatcher } = this;
    const before = dispatcher.lastError;
    dispatcher.setLastError(0);
    let result: unknown;
    let error: number;
    try {
      result = routine();
      error = dispatcher.lastError;
    } finally {
      dispatcher.setLastError(before);
    }
    if (result === 0) return 0;
    if (isError(error)) return error;
    return this.defect(provider, `${name} returned ${shown(result)} and set the last error ${shown(error)}`);
  }

  /** The routines of a table by which a question is asked, as they are where nobody hooks them. */
  unhooked(table: DirectLookUps['routines']): DirectLookUps['routines'] {
    const { borders } = this.dispatcher;
    const bare = <Routine>(routine: Routine): Routine => borders.unhooked(routine) as Routine;
    return {
      NSPv2LookupServiceBegin: bare(table.NSPv2LookupServiceBegin),
      NSPv2LookupServiceNextEx: bare(table.NSPv2LookupServiceNextEx),
      NSPv2LookupServiceEnd: bare(table.NSPv2LookupServiceEnd),
    };
  }

  /**
   * Asks a provider directly. The thread's last error stays what it was.
   *
   * @returns what was asked, or the WSA error; WSASYSCALLFAILURE for what is a defect
   */
  ask(
    provider: Blamed,
    { ask }: DirectLookUps,
    session: unknown,
    question: DirectQuestion,
    listener: DirectListener,
  ): DirectInquiry | number {
    const { dispatcher } = this;
    const before = dispatcher.lastError;
    try {
      const asked: unknown = ask(session, question, listener);
      if (isError(asked)) return asked;
      if (isInquiry(asked)) return asked;
      return this.defect(
        provider,
        `directLookUps.ask returned ${shown(asked)}, which is neither an inquiry nor an error`,
      );
    } catch (cause) {
      return this.defect(provider, 'directLookUps.ask threw', cause);
    } finally {
      dispatcher.setLastError(before);
    }
  }

  /** Ends what was asked directly. */
  end(provider: Blamed, inquiry: DirectInquiry): void {
    try {
      inquiry.end();
    } catch (cause) {
      this.defect(provider, 'the end of a direct look-up threw', cause);
    }
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

function isInquiry(value: unknown): value is DirectInquiry {
  return isStructure(value) && typeof value['end'] === 'function';
}

// What providers that are not this package's own say of operations that they complete is checked, as their results are.
import { cureOf } from '../../spi/layer-rules.js';
import { shown } from '../../spi/answers.js';
import { isStructure, memberOf } from '../../spi/arguments.js';
import {
  WSAEMSGSIZE,
  WSS_OPERATION_IN_PROGRESS,
  type Defect,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type SOCKET,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { TransportProvider } from './transport-provider.js';

/** A provider that an operation was handed to, and how many bytes it can transfer at most by what that provider was told. */
interface OperationHolder {
  readonly provider: TransportProvider;
  readonly limit: number;
}

/** An overlapped operation that was handed to a provider which is not this package's own. */
export interface HandedOperation extends OperationHolder {
  /** The layers below that one which it was handed on to, outermost first. */
  below: OperationHolder[] | null;
  /** Whether it was completed, or failed at once. */
  over: boolean;
}

/** What a completion is: one that cannot be fails its operation, for the application must not wait for ever. */
export type Soundness = 'sound' | 'impossible' | 'not pending';

/** The overlapped operations that providers were handed, and what may be said of them. */
export class HandedOperations {
  readonly #operations = new WeakMap<WSAOVERLAPPED, HandedOperation>();
  /** Whether there was one: while there was none, completions of base providers are not looked at. */
  any = false;

  /** @param report tells of a defect; never throws */
  constructor(private readonly report: (defect: Defect) => void) {}

  /**
   * Notes an operation that a provider is about to be handed; `null` when it is not overlapped, or the provider is a
   * base provider of this package.
   *
   * @param limit how many bytes it can transfer at most
   */
  handOver(
    provider: TransportProvider,
    overlapped: WSAOVERLAPPED | null | undefined,
    limit: number,
  ): HandedOperation | null {
    if (overlapped === null || overlapped === undefined || provider.builtIn) return null;
    const operation: HandedOperation = { provider, limit, below: null, over: false };
    this.any = true;
    this.#operations.set(overlapped, operation);
    return operation;
  }

  /**
   * Notes that a layer hands an operation on to the provider below it.
   *
   * @param provider the one below
   * @param limit how many bytes the buffers that it was given hold
   */
  handOn(provider: TransportProvider, overlapped: WSAOVERLAPPED, limit: number): void {
    const operation = this.#operations.get(overlapped);
    if (operation === undefined || operation.over) return;
    (operation.below ??= []).push({ provider, limit });
  }

  /**
   * Looks at a completion before it is told to anybody, reports what is wrong with it, and notes that the operation is
   * over.
   *
   * @param by the provider that completes it; `null` when it is this package's own, and another may have misled it
   */
  judge(
    by: TransportProvider | null,
    s: SOCKET,
    overlapped: WSAOVERLAPPED,
    error: unknown,
    transferred: unknown,
  ): Soundness {
    if (by !== null && !isStructure(overlapped)) {
      this.#tell(by, s, `completed an operation by ${shown(overlapped)} in place of its overlapped structure`);
      return 'not pending';
    }
    const operation = this.#operations.get(overlapped);
    const handed = operation !== undefined && !operation.over;
    if (by === null && !handed) return 'sound';
    if (!handed && memberOf(overlapped, 'Internal') !== WSS_OPERATION_IN_PROGRESS) {
      this.#tell(by!, s, `completed an operation that is not pending, which is ignored${cureOf('completesOnce')}`);
      return 'not pending';
    }
    if (handed) operation.over = true;
    if (!isCode(error)) {
      this.#tell(by ?? operation!.provider, s, `completed an operation with the error ${shown(error)}`);
      return 'impossible';
    }
    // What a control code that fails tells may be the room that it needs.
    const limit = handed && (error === 0 || error === WSAEMSGSIZE) ? operation.limit : Number.MAX_SAFE_INTEGER;
    if (Number.isSafeInteger(transferred) && (transferred as number) >= 0 && (transferred as number) <= limit) {
      return 'sound';
    }
    const room = handed ? ` for buffers of ${operation.limit}` : '';
    const blamed = by ?? misled(operation!, transferred) ?? operation!.provider;
    this.#tell(blamed, s, `completed an operation with ${shown(transferred)} bytes${room}`);
    return 'impossible';
  }

  /** The routine that a provider completes an operation with, as far as it is one; else it is reported. */
  routineFrom(
    by: TransportProvider,
    s: SOCKET,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  ): LPWSAOVERLAPPED_COMPLETION_ROUTINE | null {
    if (routine === null || typeof routine === 'function') return routine;
    if (routine !== undefined) this.#tell(by, s, `completed an operation by ${shown(routine)} in place of its routine`);
    return null;
  }

  /** How many bytes an operation can have transferred at most; `null` for one that no provider was handed. */
  limitOf(overlapped: WSAOVERLAPPED): number | null {
    return this.#operations.get(overlapped)?.limit ?? null;
  }

  #tell({ name }: TransportProvider, socket: SOCKET, what: string): void {
    this.report({ message: `provider "${name}" ${what}`, provider: name, socket });
  }
}

/** The layer that had more transferred than it was asked to: the innermost whose buffers were too small for it. */
function misled({ below }: HandedOperation, transferred: unknown): TransportProvider | undefined {
  return below?.findLast(({ limit }) => !((transferred as number) <= limit))?.provider;
}

function isCode(value: unknown): boolean {
  return typeof value === 'number' && value >>> 0 === value;
}

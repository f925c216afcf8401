// What a layer makes of the results of the functions below it, where it relies on them.
import {
  INVALID_SOCKET,
  SOCKET_ERROR,
  WSASYSCALLFAILURE,
  type InstanceHost,
  type SOCKET,
  type WSPPROC_TABLE,
} from '../../spi/index.js';
import { answerFault } from '../../spi/answers.js';
import { ownerOf } from './next-provider.js';

/** Reports a defect of a function below, under the name of the provider that it belongs to. */
export function reportBelow(
  host: InstanceHost,
  lower: WSPPROC_TABLE,
  slot: keyof WSPPROC_TABLE,
  what: string,
  socket: SOCKET,
  cause?: unknown,
): void {
  const provider = ownerOf(lower, slot);
  host.report({
    message: `${slot.slice(2)} of provider "${provider}" ${what}`,
    provider,
    socket,
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * The code of a call of a function below that returns 0 or SOCKET_ERROR: 0, its error, or WSASYSCALLFAILURE, which is
 * reported, when what it returned is neither.
 *
 * @param error the WinSock code that the function left, from 0
 */
export function codeBelow(
  host: InstanceHost,
  lower: WSPPROC_TABLE,
  slot: keyof WSPPROC_TABLE,
  result: unknown,
  error: number,
  socket: SOCKET,
): number {
  if (result === 0) return 0;
  const fault = answerFault(result, SOCKET_ERROR, error);
  if (fault === null) return error;
  reportBelow(host, lower, slot, fault, socket);
  return WSASYSCALLFAILURE;
}

/** Whether a value can be a handle of a socket. */
export function isHandle(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value && value !== INVALID_SOCKET;
}

/** Whether a value can be a number of bytes, of `most` at most. */
export function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >>> 0 === value && value <= most;
}

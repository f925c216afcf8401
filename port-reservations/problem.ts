import {
  ERROR_ACCESS_DENIED,
  ERROR_INVALID_DATA,
  ERROR_NOT_ENOUGH_MEMORY,
  ERROR_RETRY,
  ERROR_UNEXP_NET_ERR,
} from '../spi/index.js';
import { cureOf, describeHolder, isSystemError, UnfitFileError, type LockRefusal } from '../shared-file/index.js';

/** Why a reservation could not be made, found or given back: an error that names the cause and the cure. */
export class ReservationProblem extends Error {
  /**
   * @param code the Win32 error
   * @param file the file of the reservations, `null` for those in memory
   */
  constructor(
    readonly code: number,
    message: string,
    readonly file: string | null,
  ) {
    super(message);
  }
}

/** The file holds something else than reservations. */
export function damagedFile(file: string, fault: string): ReservationProblem {
  return new ReservationProblem(
    ERROR_INVALID_DATA,
    `the port reservations in ${file} cannot be used: it ${fault}. Nobody's ports are kept free until it is mended, or moved ` +
      'away: then there are none.',
    file,
  );
}

/** Another process keeps the file's lock. */
export function busyFile(file: string, { holder, lock, why }: LockRefusal): ReservationProblem {
  const who = holder === null ? 'another process' : describeHolder(holder);
  return new ReservationProblem(
    ERROR_RETRY,
    why === 'ours'
      ? `the port reservations in ${file} are being changed by this very call; change them afterwards.`
      : `the port reservations in ${file} were not changed: ${who} holds ${lock}. Try again when it is done; if it has ended and ` +
          'cannot be seen from here, remove that file.',
    file,
  );
}

/** What a failed system call means for reservations. Anything else is a defect, and thrown on. */
export function problemFrom(error: unknown, file: string): ReservationProblem {
  if (error instanceof ReservationProblem) return error;
  if (error instanceof UnfitFileError) {
    const code = error.fault.startsWith('would') ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_DATA;
    return new ReservationProblem(code, `the port reservations in ${file} cannot be used: ${error.message}.`, file);
  }
  if (!(error instanceof Error) || !('syscall' in error)) throw error;
  const denied = isSystemError(error, 'EACCES', 'EPERM', 'EROFS');
  return new ReservationProblem(
    denied ? ERROR_ACCESS_DENIED : ERROR_UNEXP_NET_ERR,
    `the port reservations in ${file} cannot be used: ${error.message}. ` +
      cureOf(error, 'name another catalog, beside which they lie'),
    file,
  );
}

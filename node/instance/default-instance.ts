import { createWs2_32, WSANOTINITIALISED, type Ws2_32 } from '../../index.js';
import { defectText, systemError } from './errors.js';

let instance: Ws2_32 | null = null;

/**
 * The instance that sockets of this thread use when they are given none: made at first use, with WSAStartup done, from
 * the user's catalog. What goes wrong inside its providers is told as a warning of the process.
 *
 * @throws a ChainError when the catalog cannot be used
 */
export function defaultInstance(): Ws2_32 {
  if (instance !== null) return instance;
  const made = createWs2_32();
  made.on('defect', (defect) => process.emitWarning(defectText(defect), 'Ws2spiDefect'));
  const error = made.WSAStartup(0x0202, {});
  if (error !== 0) {
    made[Symbol.dispose]();
    throw systemError(error, 'WSAStartup');
  }
  instance = made;
  return made;
}

/**
 * The instance to use: the one given, or the thread's own.
 *
 * @throws a ChainError when the instance given was not started
 */
export function instanceOr(ws2: Ws2_32 | undefined): Ws2_32 {
  if (ws2 === undefined) return defaultInstance();
  // Any call that needs WSAStartup and nothing else would do; this one has no effect on an instance that was started.
  if (!ws2.WSASetEvent(0) && ws2.WSAGetLastError() === WSANOTINITIALISED) {
    const error = systemError(WSANOTINITIALISED, 'WSAStartup');
    error.message = 'the instance given as `ws2` was not started: call ws2.WSAStartup(0x0202, {}) first';
    throw error;
  }
  return ws2;
}

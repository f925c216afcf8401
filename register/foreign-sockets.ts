// Sockets that no chain has: those that come by a descriptor, from another process, or from before the hook.
import { WSAEACCES } from '../index.js';
import { systemError, type ChainError } from '../node/instance/index.js';

/** Whether the user lets such sockets go around the chain. */
export function mayPassBy(): boolean {
  return process.env['WS2SPI_DESCRIPTORS'] === 'allow';
}

/** What is said of one that may not be used. */
export function foreignSocket(): ChainError {
  const error = systemError(WSAEACCES, 'socket');
  error.message =
    `socket ${error.code}: this socket came by its descriptor (fd), from another process, or was opened before the hook (--require ` +
    'runs first): no chain has it, so it is refused. WS2SPI_DESCRIPTORS=allow lets such sockets go around the chain';
  return error;
}

import { FD_CLOSE, FD_CLOSE_BIT, FD_CONNECT_BIT, WSAECONNRESET } from '../../index.js';

/** What a connect came to. libuv asks the socket for its error: a reset that has come by then is the connect's. */
export function connectErrorOf(events: number, errors: readonly number[]): number {
  const isReset = (events & FD_CLOSE) !== 0 && errors[FD_CLOSE_BIT] === WSAECONNRESET;
  return errors[FD_CONNECT_BIT]! || (isReset ? WSAECONNRESET : 0);
}

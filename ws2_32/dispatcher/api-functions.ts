import type { DispatcherSockets, fd_set, timeval } from '../../spi/index.js';

/** The functions of the API that others of its functions, and providers, call by name. */
export interface ApiFunctions extends DispatcherSockets {
  select(
    nfds: number,
    readfds: fd_set | null,
    writefds: fd_set | null,
    exceptfds: fd_set | null,
    timeout: timeval | null,
  ): number;
}

// What `testProvider` tests.
import type { VirtualClock, WSAPROTOCOL_INFO, Ws2_32, Ws2_32Options } from '../../index.js';

/** A provider to test, in an instance of its own. */
export interface ProviderUnderTest {
  /** The instance that it runs in; `WSAStartup` and the disposal are the suite's. */
  readonly ws2: Ws2_32;
  /**
   * The catalog entries to open sockets on, one for each family and kind of socket: a chain's, for instance. For what
   * has none,
   * `WSASocket` chooses by family and kind.
   */
  readonly entries?: readonly WSAPROTOCOL_INFO[];
  /**
   * Makes a name that a socket of a family may be bound to and that nobody has; loopback, and port 0, if absent. What
   * the socket is called then, `getsockname` tells.
   */
  name?(family: number): Uint8Array;
  /** The instance's clock, if it is virtual. With the machine's clock, calls that block for 15 seconds are given up. */
  readonly clock?: VirtualClock;
  /** Looks, once all sockets of a case are closed, whether anything is left of them; throws if so. */
  checkNothingIsLeft?(): void;
}

/**
 * Makes what one case is run on; called anew for each.
 *
 * @param options to be handed on to `createWs2_32`, for cases that are about an option of instances
 */
export type ProviderFactory = (options: Pick<Ws2_32Options, 'alertableEventLoop'>) => ProviderUnderTest;

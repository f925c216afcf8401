// Who may share a local address: Windows' rules on a system with others.
import {
  SO_EXCLUSIVEADDRUSE,
  SO_REUSEADDR,
  SOCK_STREAM,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEINVAL,
} from '../../spi/index.js';
import type { PlatformSockets } from '../../platform/index.js';
import { namePort } from './addresses.js';

/**
 * The claim of a socket on its local address.
 *
 * On Windows a plain bind succeeds beside remembered connections (TIME_WAIT) and fails beside a live socket. The
 * systems below need SO_REUSEADDR for the first and would then let two bound sockets in. So a bind is tried without
 * it, then with it; and a socket that is merely bound leaves it off, so that nobody passes by it. What cannot be had:
 * binding a specific address beside a wildcard one, and telling an exclusive owner (WSAEACCES) from a plain one.
 */
export class AddressClaim {
  readonly #sockets: PlatformSockets;
  readonly #stream: boolean;
  #shared = false;
  #exclusive = false;

  constructor(sockets: PlatformSockets, type: number) {
    this.#sockets = sockets;
    this.#stream = type === SOCK_STREAM;
  }

  /** Whether an option is one of a claim's: SO_REUSEADDR or SO_EXCLUSIVEADDRUSE. */
  static has(level: number, optname: number): boolean {
    return level === SOL_SOCKET && (optname === SO_REUSEADDR || optname === SO_EXCLUSIVEADDRUSE);
  }

  /** Takes note of an option of a claim's. Returns 0 or a WinSock code. */
  setOption(descriptor: number, optname: number, on: boolean): number {
    if (optname === SO_EXCLUSIVEADDRUSE) {
      if (on && this.#shared) return WSAEINVAL;
      this.#exclusive = on;
      return 0;
    }
    if (on && this.#exclusive) return WSAEINVAL;
    this.#shared = on;
    this.#sockets.shareAddress(descriptor, on);
    return 0;
  }

  /** The value of an option of a claim's. */
  getOption(optname: number): number {
    return (optname === SO_EXCLUSIVEADDRUSE ? this.#exclusive : this.#shared) ? 1 : 0;
  }

  /** Binds by these rules. Returns 0 or a WinSock code. */
  bind(descriptor: number, name: Uint8Array, namelen: number): number {
    let code = this.#sockets.bind(descriptor, name, namelen);
    if (code === WSAEADDRINUSE && this.#stream && namePort(name, namelen) !== 0) {
      this.#sockets.reuseRemembered(descriptor, true);
      code = this.#sockets.bind(descriptor, name, namelen);
      this.#sockets.reuseRemembered(descriptor, false);
    }
    // Windows tells who asks to share from who does not.
    return code === WSAEADDRINUSE && this.#shared ? WSAEACCES : code;
  }

  /** The socket listens or connects: its connections, once past, are to stand in nobody's way. */
  inUse(descriptor: number): void {
    if (this.#stream) this.#sockets.reuseRemembered(descriptor, true);
  }
}

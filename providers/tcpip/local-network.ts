// The addresses and routes of this machine.
import { networkInterfaces } from 'node:os';
import {
  copyOfBytes,
  AF_INET,
  AF_INET6,
  IPPROTO_UDP,
  SOCK_DGRAM,
  type InstanceHost,
  type Timer,
} from '../../spi/index.js';
import type { LocalInterface, LocalNetwork } from '../../io/index.js';
import type { NameSlot, PlatformSockets } from '../../platform/index.js';
import { nameFamily } from './addresses.js';

/** Milliseconds between looks at the interfaces while somebody waits for a change: no file descriptor tells of it. */
const LOOK_INTERVAL = 250;

const scratch: NameSlot = { bytes: new Uint8Array(128), length: 0 };

/** What the operating system knows of its interfaces. */
export class SystemNetwork implements LocalNetwork {
  readonly #sockets: PlatformSockets;
  readonly #host: Pick<InstanceHost, 'clock' | 'setTimer'> | null;
  readonly #watchers = new Set<() => void>();
  #timer: Timer | null = null;
  #known = '';

  /**
   * Makes it.
   *
   * @param sockets asked for routes
   * @param host whose timers look for changes; without one there are no notices of changes
   */
  constructor(sockets: PlatformSockets, host: Pick<InstanceHost, 'clock' | 'setTimer'> | null) {
    this.#sockets = sockets;
    this.#host = host;
  }

  interfaces(): readonly LocalInterface[] {
    return Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .map((one) => ({
        family: one.family === 'IPv4' ? AF_INET : AF_INET6,
        address: one.address,
        netmask: one.netmask,
        scope: one.family === 'IPv6' ? one.scopeid : 0,
        loopback: one.internal,
      }));
  }

  /** The name that a datagram socket gets by connecting to the destination, which sends nothing. */
  sourceFor(destination: Uint8Array): Uint8Array | number {
    const family = nameFamily(destination, destination.length);
    const size = family === AF_INET ? 16 : 28;
    const probe = this.#sockets.socket(family, SOCK_DGRAM, IPPROTO_UDP);
    if (probe < 0) return -probe;
    const to = copyOfBytes(destination, size);
    // Any port will do, but 0 is refused.
    to[3]! |= 1;
    const code = this.#sockets.connect(probe, to, size) || this.#sockets.localName(probe, scratch);
    this.#sockets.close(probe);
    if (code !== 0) return code;
    const source = scratch.bytes.slice(0, size);
    source[2] = source[3] = 0;
    return source;
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    if (this.#watchers.size === 1) {
      this.#known = this.#snapshot();
      this.#lookLater();
    }
    return () => {
      if (!this.#watchers.delete(changed) || this.#watchers.size > 0) return;
      this.#timer?.cancel();
      this.#timer = null;
    };
  }

  #snapshot(): string {
    return JSON.stringify(this.interfaces());
  }

  #lookLater(): void {
    if (this.#host === null) return;
    this.#timer = this.#host.setTimer(this.#host.clock.now() + LOOK_INTERVAL, () => {
      const now = this.#snapshot();
      if (now !== this.#known) {
        this.#known = now;
        for (const changed of [...this.#watchers]) changed();
      }
      if (this.#watchers.size > 0) this.#lookLater();
    });
  }
}

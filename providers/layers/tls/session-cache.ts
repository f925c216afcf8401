import type { TlsSession } from '../../../platform/openssl/index.js';

/** Sessions that are kept; the one that was used longest ago goes first. */
const MOST = 256;

/** Sessions to resume, by where they lead. */
export class SessionCache {
  readonly #sessions = new Map<string, TlsSession>();

  /** Finds a session; it stays the cache's. */
  find(destination: string): TlsSession | null {
    return this.#sessions.get(destination) ?? null;
  }

  /** Keeps a session, which is the cache's from now on. */
  keep(destination: string, session: TlsSession): void {
    this.forget(destination);
    this.#sessions.set(destination, session);
    if (this.#sessions.size <= MOST) return;
    const [oldest] = this.#sessions.keys();
    this.forget(oldest!);
  }

  /** Frees the session that leads there, if there is one. */
  forget(destination: string): void {
    this.#sessions.get(destination)?.free();
    this.#sessions.delete(destination);
  }

  /** Frees all. */
  clear(): void {
    for (const session of this.#sessions.values()) session.free();
    this.#sessions.clear();
  }
}

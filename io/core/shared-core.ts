// One core under several fronts: duplicates within the process.
import { ForwardingCore } from './forwarding-core.js';
import type { CoreNotice, SocketCore } from './socket-core.js';

/** A core that several sockets share, because one was duplicated: it lives as long as one of them. */
class SharedCore implements CoreNotice {
  readonly views = new Set<CoreView>();

  constructor(readonly core: SocketCore) {
    core.notice = this;
  }

  /** That of the first: they are one socket to a codec. */
  get handle(): number {
    for (const { notice } of this.views) if (notice?.handle !== undefined) return notice.handle;
    return 0;
  }

  changed(edges: number): void {
    for (const view of this.views) view.notice?.changed(edges);
  }
}

/** What one of the sockets has of a shared core. */
class CoreView extends ForwardingCore {
  readonly #shared: SharedCore;

  constructor(shared: SharedCore) {
    super(shared.core);
    this.#shared = shared;
    shared.views.add(this);
  }

  /** One more view of the same core. */
  again(): CoreView {
    return new CoreView(this.#shared);
  }

  /** The last one ends the connection; the others leave it to those that still have it. */
  override abort(): void {
    if (this.#leave()) super.abort();
  }

  override close(): void {
    if (this.#leave()) super.close();
  }

  #leave(): boolean {
    this.notice = null;
    return this.#shared.views.delete(this) && this.#shared.views.size === 0;
  }

  /** Nobody lingers for what others may still deliver. */
  override unsent(): number {
    return this.#shared.views.size > 1 ? 0 : super.unsent();
  }
}

/**
 * Makes a second core of one that is in use, for a duplicate of its socket.
 *
 * @param core the socket's core
 * @returns the core that the socket has from now on, and the duplicate's
 */
export function shareCore(core: SocketCore): { own: SocketCore; other: SocketCore } {
  if (core instanceof CoreView) return { own: core, other: core.again() };
  const shared = new SharedCore(core);
  return { own: new CoreView(shared), other: new CoreView(shared) };
}

import type { SocketCore } from '../../../io/index.js';
import { JL_BOTH, JL_RECEIVER_ONLY, JL_SENDER_ONLY, WSAEOPNOTSUPP, WSAEWOULDBLOCK } from '../../../spi/index.js';
import type { SessionRole } from '../network/index.js';
import { MessageCore } from './message-core.js';

/** A leaf: it joins the session of a root, or listens for the invitation of one. */
export class LeafCore extends MessageCore {
  override readonly role: SessionRole = 'leaf';
  #flags: number = JL_BOTH;

  /** As `SocketCore.joinLeaf`. */
  joinLeaf(name: Uint8Array, namelen: number, dwFlags: number): SocketCore | number {
    const error = this.tryConnect(name, namelen);
    if (error === WSAEWOULDBLOCK) this.#flags = dwFlags;
    return error;
  }

  protected override newConnection(): MessageCore {
    return new LeafCore(this.network, this.host, this.protocol, this.type, this.options);
  }

  override trySend(...args: Parameters<MessageCore['trySend']>): number {
    return this.#flags === JL_RECEIVER_ONLY ? -WSAEOPNOTSUPP : super.trySend(...args);
  }

  /** A sender alone hears nothing. */
  override dataArrived(edges: number): void {
    if (this.#flags !== JL_SENDER_ONLY) super.dataArrived(edges);
    else this.incoming?.discard();
  }
}

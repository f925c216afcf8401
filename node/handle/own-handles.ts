// Handles of Node.js' for single sockets, each on a chain of its own, whether the other sockets of the thread are on one or not.
import type { NodeTcpHandle, TcpClass, UdpClass } from './node-internals.js';
import { findInternals } from './node-internals.js';
import { NativeStreams } from './native-stream.js';
import { ChainedTcp } from './chained-tcp.js';
import type { HandleChain } from './handle-chain.js';
import type { StreamHandle } from './stream-handle.js';
import { leadTcp } from './tcp-methods.js';
import { ChainedUdp } from './udp-methods.js';

/** What makes handles on chains: one for each thread. */
export class OwnHandles {
  /** The class of the handles. */
  readonly TCP: TcpClass;
  readonly #chained: ChainedTcp;
  readonly #UDP: UdpClass;
  readonly #datagrams: ChainedUdp;

  private constructor() {
    const internals = findInternals();
    class OwnTcp extends internals.TCP {}
    this.TCP = OwnTcp;
    this.#chained = new ChainedTcp({ ...internals, TCP: OwnTcp }, null);
    new NativeStreams(internals, this.#chained).install();
    leadTcp(this.#chained);
    class OwnUdp extends internals.UDP {}
    this.#UDP = OwnUdp;
    this.#datagrams = new ChainedUdp({ ...internals, UDP: OwnUdp }, null);
    this.#datagrams.install();
  }

  static #ofThread: OwnHandles | null = null;

  /** Those of this thread, made when they are needed. @throws Error that names what this Node.js lacks */
  static get ofThread(): OwnHandles {
    return (OwnHandles.#ofThread ??= new OwnHandles());
  }

  /** A handle on a chain. */
  make(on: HandleChain): NodeTcpHandle {
    const handle = this.#chained.freshHandle();
    this.#chained.put(handle, on);
    return handle;
  }

  /**
   * Puts the handle on a chain that `net` is about to give to a socket.
   *
   * @throws Error when it is none that can be: one of a pipe, or one that the system has opened
   */
  put(handle: object, on: HandleChain): void {
    if (this.streamOf(handle) !== undefined) return;
    const { TCP } = findInternals();
    if (!(handle instanceof TCP) || handle.fd >= 0) throw new Error('this handle cannot be put on a chain');
    Object.setPrototypeOf(handle, this.TCP.prototype as object);
    this.#chained.put(handle, on);
  }

  /** Puts the handle on a chain that `dgram` has given to a socket, before it is opened. */
  putDatagrams(handle: object, on: HandleChain): void {
    Object.setPrototypeOf(handle, this.#UDP.prototype as object);
    const own = handle as Record<string, unknown>;
    // That of an IPv6 socket has these for itself.
    for (const name of ['bind', 'connect', 'send']) if (Object.hasOwn(own, name)) own[name] = own[`${name}6`];
    this.#datagrams.put(handle, on);
  }

  /** The chain's stream behind a handle; `undefined` for a handle of the system's. */
  streamOf(handle: object | null | undefined): StreamHandle | undefined {
    if (!handle) return undefined;
    return (handle as { stream?: StreamHandle }).stream ?? this.#chained.behind(handle as never);
  }
}

import { isIPv6 } from 'node:net';
import { DATAGRAMS, STREAM } from './chained-handle.js';
import type { NodeInternals, NodeTcpHandle, NodeUdpHandle } from './node-internals.js';
import { descriptorOf } from './lead-methods.js';
import { isNativeStream } from './native-stream.js';
import { stoodForBy } from './stand-ins.js';

/** A handle that is bound to a name, as `net` and `dgram` take one. */
export interface BoundHandle {
  close(callback?: () => void): void;
  unref(): void;
  getsockname(out: object): number;
}

type Binding = BoundHandle & Record<'bind' | 'bind6', (address: string, port: number, flags: number) => number>;

/** Servers, and listening sockets of TCP's: TCPConstants.SERVER. */
const SERVER_TYPE = 1;
/** Flags of `bind` by which several processes have one port. */
const SHARED_STREAMS = 2;
const SHARED_DATAGRAMS = 4;

/** The handles of this thread, which are on a chain. */
export class ChainedHandles {
  readonly #descriptors: readonly { readonly each: { readonly prototype: object }; of(handle: object): number }[];

  constructor(private readonly internals: NodeInternals) {
    this.#descriptors = [internals.TCP, internals.UDP].map((each) => ({ each, of: descriptorOf(each.prototype) }));
  }

  /** Whether an object is a handle that no other process or thread can have: the chain is in this one. */
  isOnChain(handle: object | null | undefined): boolean {
    if (!handle) return false;
    if (isNativeStream(handle)) return true;
    const { TCP, UDP } = this.internals;
    const isHandle = Function.prototype[Symbol.hasInstance];
    if (STREAM in handle || DATAGRAMS in handle) return true;
    return [TCP, UDP].some((each, at) => isHandle.call(each, handle) && this.#descriptors[at]!.of(handle) < 0);
  }

  /** Whether a descriptor stands for a socket of a chain. */
  standsForOne(descriptor: unknown): boolean {
    return stoodForBy(descriptor) !== null;
  }

  /**
   * Makes a handle that shares its port with handles of other processes.
   *
   * @param address `null` for every one
   * @param type 4, 6, `udp4` or `udp6`
   * @param flags of `bind`
   * @returns a negative libuv error when that cannot be
   */
  bound(address: string | null, port: number, type: number | string, flags: number): BoundHandle | number {
    const { TCP, UDP } = this.internals;
    const datagrams = type === 'udp4' || type === 'udp6';
    if (!address && !datagrams) {
      const everywhere = this.bound('::', port, 6, flags);
      return typeof everywhere === 'number' ? this.bound('0.0.0.0', port, 4, flags) : everywhere;
    }
    const made: NodeTcpHandle | NodeUdpHandle = datagrams ? new UDP() : new TCP(SERVER_TYPE);
    const handle = made as unknown as Binding;
    const wanted = flags | (datagrams ? SHARED_DATAGRAMS : SHARED_STREAMS);
    const error = handle[isIPv6(address!) ? 'bind6' : 'bind'](address!, port, wanted);
    if (error === 0) return handle;
    handle.close();
    return error;
  }
}

// Node.js' own UDP handles, with the methods that `dgram` calls led to a chain.
import { AF_INET, AF_INET6 } from '../../index.js';
import type { ChainError } from '../instance/index.js';
import type { AddressInfo } from '../transfers/index.js';
import { DATAGRAMS } from './chained-handle.js';
import { DatagramHandle, type DatagramUser, type Sender } from './datagram-handle.js';
import { closeHandle } from './handle-life.js';
import {
  descriptorOf,
  leadMethods,
  refuseForeign,
  usesForeign,
  type LedMethod,
  type Leader,
  type Originals,
} from './lead-methods.js';
import type { NodeInternals, NodeUdpHandle, UdpClass } from './node-internals.js';
import { explainNextError } from './refused-opens.js';
import type { HandleChain } from './handle-chain.js';
import { standInOf, stoodForBy } from './stand-ins.js';
import { UV_EINVAL, uvErrorName } from './uv-errors.js';

const UNREFERENCED = Symbol('ws2spi unreferenced before it was opened');

/** A handle of Node.js', with what this package keeps in it. */
interface ChainedHandle extends NodeUdpHandle {
  [DATAGRAMS]?: DatagramHandle;
  [UNREFERENCED]?: boolean;
}

/** What `dgram` is told of a send. */
interface SendRequest {
  oncomplete?: (status: number, bytes: number) => void;
}

/** Tells a handle of Node.js' what has happened, in the way that `dgram` expects. */
class NodeHandleUser implements DatagramUser {
  constructor(
    private readonly handle: ChainedHandle,
    private readonly owner: symbol,
  ) {}

  refused(refusal: ChainError): void {
    explainNextError((this.handle as unknown as Record<symbol, unknown>)[this.owner], refusal);
  }

  message(count: number, bytes: Buffer | undefined, from: Sender | undefined): void {
    this.handle.onmessage?.(count, this.handle, bytes, from);
  }

  sent(request: object, status: number, bytes: number): void {
    (request as SendRequest).oncomplete?.(status, bytes);
  }

  instanceEnded(): void {
    (this.handle as unknown as Record<symbol, { close(): void } | undefined>)[this.owner]?.close();
  }
}

/** The class of UDP handles, put on a chain. */
export class ChainedUdp implements Leader<ChainedHandle, DatagramHandle> {
  #originals: Originals = {};
  readonly #descriptorOf: (handle: object) => number;
  readonly #fd: PropertyDescriptor;

  readonly #UDP: UdpClass;
  readonly #owner: symbol;

  /** @param on the chain of every handle that is opened; `null` where each is given its own */
  constructor(
    { UDP, owner }: NodeInternals,
    private readonly on: HandleChain | null,
  ) {
    this.#UDP = UDP;
    this.#owner = owner;
    this.#descriptorOf = descriptorOf(UDP.prototype);
    const standIn = (handle: ChainedHandle): number => this.#standIn(handle);
    this.#fd = {
      get(this: ChainedHandle) {
        return standIn(this);
      },
      configurable: true,
    };
  }

  /** Leads the methods of all UDP handles of this thread to the chain, now and later. */
  install(): void {
    const { prototype } = this.#UDP;
    this.#originals = leadMethods<ChainedHandle, DatagramHandle, ChainedUdp>(this, prototype, METHODS, OPENING);
  }

  behind(handle: ChainedHandle): DatagramHandle | undefined {
    return handle[DATAGRAMS];
  }

  opened(handle: ChainedHandle): DatagramHandle | undefined {
    const datagrams = handle[DATAGRAMS];
    if (datagrams !== undefined || this.on === null || this.#descriptorOf(handle) >= 0) return datagrams;
    const made = this.put(handle, this.on);
    if (handle[UNREFERENCED] === true) made.unref();
    return made;
  }

  /** Puts a handle on a chain. */
  put(handle: NodeUdpHandle, on: HandleChain): DatagramHandle {
    const made = new DatagramHandle(on, new NodeHandleUser(handle, this.#owner));
    Object.defineProperty(handle, DATAGRAMS, { value: made });
    // The class has it so that it cannot be changed.
    Object.defineProperty(handle, 'fd', this.#fd);
    return made;
  }

  /** The descriptor that stands for the socket of a handle. */
  #standIn(handle: ChainedHandle): number {
    const bind = this.#originals['bind'] as (this: unknown, address: string, port: number, flags: number) => number;
    return standInOf(
      handle[DATAGRAMS]!,
      (address) => bind.call(handle, address, 0, 0),
      () => this.#descriptorOf(handle),
    );
  }

  bare(handle: ChainedHandle, name: string, args: unknown[]): number | undefined {
    const meant = name === 'open' && this.on !== null ? stoodForBy(args[0]) : null;
    if (meant !== null) return meant instanceof DatagramHandle ? this.put(handle, this.on!).openLike(meant) : UV_EINVAL;
    if (usesForeign(this.#descriptorOf(handle), name, args)) {
      const refusal = this.on?.foreign?.() ?? null;
      if (refusal === null) return undefined;
      return refuseForeign((handle as unknown as Record<symbol, unknown>)[this.#owner], name, refusal);
    }
    if (name !== 'ref' && name !== 'unref') return undefined;
    Object.defineProperty(handle, UNREFERENCED, { value: name === 'unref', configurable: true });
    return undefined;
  }

  /** What this system says of the size of a buffer, which is not what was asked for: it says so of the socket that stands for the chain's. */
  systemsBufferSize(handle: ChainedHandle, size: number, receiving: boolean): number | undefined {
    this.#standIn(handle);
    type BufferSize = (this: unknown, size: number, receiving: boolean, context: object) => number | undefined;
    return (this.#originals['bufferSize'] as BufferSize).call(handle, size, receiving, {});
  }

  /** Closes the handle that libuv knows, whose callback has the place in the event loop that programs expect. */
  closeNative(handle: ChainedHandle, callback: () => void): void {
    (this.#originals['close'] as (this: unknown, callback: () => void) => void).call(handle, callback);
  }
}

type OnChain = LedMethod<ChainedHandle, DatagramHandle, ChainedUdp>;

/** Methods that make a handle one of the chain's, or of the system's. */
const OPENING: ReadonlySet<string> = new Set(['bind', 'bind6', 'connect', 'connect6', 'send', 'send6']);

/** `send(request, list, count, port, address, hasCallback)`, or without where to for the peer that it is connected with. */
const sending =
  (family: number): OnChain =>
  (datagrams, _chained, _handle, request: object, list: Uint8Array[], _count: number, ...to: unknown[]) => {
    const [port, address] = to.length > 1 ? (to as [number, string]) : [0, null];
    return datagrams.send(request, list, address, port, family);
  };

/** What is called of handles, on a chain. */
const METHODS: Readonly<Record<string, OnChain>> = {
  open: () => UV_EINVAL,
  bind: (datagrams, _chained, _handle, address: string, port: number, flags: number) =>
    datagrams.bind(address, port, flags ?? 0, AF_INET),
  bind6: (datagrams, _chained, _handle, address: string, port: number, flags: number) =>
    datagrams.bind(address, port, flags ?? 0, AF_INET6),
  connect: (datagrams, _chained, _handle, address: string, port: number) => datagrams.connect(address, port, AF_INET),
  connect6: (datagrams, _chained, _handle, address: string, port: number) => datagrams.connect(address, port, AF_INET6),
  disconnect: (datagrams) => datagrams.disconnect(),
  send: sending(AF_INET),
  send6: sending(AF_INET6),
  recvStart: (datagrams) => datagrams.receiveStart(),
  recvStop: (datagrams) => datagrams.receiveStop(),
  getsockname: (datagrams, _chained, _handle, out: AddressInfo) => datagrams.name('getsockname', out),
  getpeername: (datagrams, _chained, _handle, out: AddressInfo) => datagrams.name('getpeername', out),
  setBroadcast: (datagrams, _chained, _handle, enable: number) => datagrams.options.setBroadcast(enable),
  setTTL: (datagrams, _chained, _handle, hops: number) => datagrams.options.setByFamily('ttl', hops),
  setMulticastTTL: (datagrams, _chained, _handle, hops: number) => datagrams.options.setByFamily('multicastTtl', hops),
  setMulticastLoopback: (datagrams, _chained, _handle, enable: number) =>
    datagrams.options.setByFamily('multicastLoopback', enable ? 1 : 0),
  setMulticastInterface: (datagrams, _chained, _handle, address: string) =>
    datagrams.options.setMulticastInterface(address),
  addMembership: (datagrams, _chained, _handle, group: string, at?: string) =>
    datagrams.options.membership(true, group, at),
  dropMembership: (datagrams, _chained, _handle, group: string, at?: string) =>
    datagrams.options.membership(false, group, at),
  addSourceSpecificMembership: (datagrams, _chained, _handle, source: string, group: string, at?: string) =>
    datagrams.options.sourceMembership(true, source, group, at),
  dropSourceSpecificMembership: (datagrams, _chained, _handle, source: string, group: string, at?: string) =>
    datagrams.options.sourceMembership(false, source, group, at),
  bufferSize: (datagrams, chained, handle, size: number, receiving: boolean, context: object) => {
    const result = datagrams.options.bufferSize(size, receiving);
    if (result >= 0) return chained.systemsBufferSize(handle, size, receiving) ?? result;
    const [code, message] = uvErrorName(result);
    Object.assign(context, { errno: result, code, message, syscall: `uv_${receiving ? 'recv' : 'send'}_buffer_size` });
    return undefined;
  },
  getSendQueueSize: (datagrams) => datagrams.queuedBytes,
  getSendQueueCount: (datagrams) => datagrams.queuedCount,
  ref: (datagrams) => datagrams.ref(),
  unref: (datagrams) => datagrams.unref(),
  hasRef: (datagrams) => datagrams.hasRef(),
  close: (datagrams, chained, handle, callback: unknown) => {
    closeHandle(datagrams, (closed) => chained.closeNative(handle, closed), false, handle, callback);
  },
};

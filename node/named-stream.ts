import { Duplex } from 'node:stream';
import type { AddressInfo, ChainHandle } from './transfers/index.js';

/** A stream over a handle that tells its state and the names of both ends, by the properties of a `net.Socket`. */
export abstract class NamedStream extends Duplex {
  /** Whether a connection is being made. */
  connecting = false;
  #localName: AddressInfo | null = null;
  #remoteName: AddressInfo | null = null;

  /** What the stream stands on just now. */
  protected abstract currentHandle(): ChainHandle | null;

  /** Told by the handle; not for applications. */
  instanceEnded(): void {
    this.destroy();
  }

  /** Begins a new asynchronous context for events: the connection goes to another user. */
  renewAsyncContext(): void {
    this.currentHandle()?.renewScope();
  }

  /** The names are those of another connection from now on. */
  protected forgetNames(): void {
    this.#localName = this.#remoteName = null;
  }

  /** The local name may be another one from now on. */
  protected forgetLocalName(): void {
    this.#localName = null;
  }

  /** The local address, or `{}` without one. */
  address(): AddressInfo | Record<string, never> {
    return this.#local() ?? {};
  }

  /** Whether there is no connection yet, or none any more. */
  get pending(): boolean {
    return this.currentHandle() === null || this.connecting;
  }

  /** `opening`, `open`, `readOnly`, `writeOnly` or `closed`. */
  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  /** The bytes that wait to be written. */
  get bufferSize(): number | undefined {
    return this.currentHandle() === null ? undefined : this.writableLength;
  }

  /** The socket's number in the instance; `undefined` when it is not open. */
  get handle(): number | undefined {
    return this.currentHandle()?.s;
  }

  /** The local address. */
  get localAddress(): string | undefined {
    return this.#local()?.address;
  }

  /** The local port. */
  get localPort(): number | undefined {
    return this.#local()?.port;
  }

  /** `IPv4` or `IPv6`. */
  get localFamily(): string | undefined {
    return this.#local()?.family;
  }

  /** The peer's address. */
  get remoteAddress(): string | undefined {
    return this.#remote()?.address;
  }

  /** The peer's port. */
  get remotePort(): number | undefined {
    return this.#remote()?.port;
  }

  /** `IPv4` or `IPv6`. */
  get remoteFamily(): string | undefined {
    return this.#remote()?.family;
  }

  /** The local name as text, for messages. @internal */
  localNameText(family: number): string {
    const { address, port } = this.currentHandle()?.name('getsockname') ?? {
      address: family === 6 ? '::' : '0.0.0.0',
      port: 0,
    };
    return `${address}:${port}`;
  }

  #local(): AddressInfo | null {
    const handle = this.currentHandle();
    return handle === null ? null : (this.#localName ??= handle.name('getsockname'));
  }

  #remote(): AddressInfo | null {
    const handle = this.currentHandle();
    if (handle === null || this.connecting) return this.#remoteName;
    return (this.#remoteName ??= handle.name('getpeername'));
  }
}

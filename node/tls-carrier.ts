// TLS over a ChainSocket. `node:tls` knows the connections of `node:net` by their native handle. It wraps any other
// stream into a handle of its own, which tells nothing of addresses, and it expects of the stream that it stays
// writable until TLS ends it. Where that handle is made is the one place at which a ChainSocket can meet it.
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { AddressInfo } from './transfers/index.js';

/** What TLS asks of the connection that carries it. */
export interface TlsCarrier extends Duplex {
  ref(): unknown;
  unref(): unknown;
  setNoDelay(enable: boolean): unknown;
  setKeepAlive(enable: boolean, initialDelay: number): unknown;
  address(): AddressInfo | Record<string, never>;
  readonly remoteAddress: string | undefined;
  readonly remoteFamily: string | undefined;
  readonly remotePort: number | undefined;
}

/** A handle that `node:tls` has wrapped around a stream; it calls what it finds there of these. */
interface WrappedHandle {
  ref?(): void;
  unref?(): void;
  setNoDelay?(enable: boolean): number;
  setKeepAlive?(enable: boolean, delaySeconds: number): number;
  getsockname?(out: object): number;
  getpeername?(out: object): number;
}

type WrapHandle = (
  this: tls.TLSSocket,
  wrap: { stream?: unknown } | null,
  handle: WrappedHandle | null,
  ...rest: unknown[]
) => unknown;

const carriers = new WeakMap<Duplex, tls.TLSSocket>();

/** Whether a socket is what a TLSSocket writes to and reads from. */
export function carriesTls(socket: Duplex): boolean {
  return carriers.has(socket);
}

/**
 * Whether a socket carries TLS whose peer has ended it by close_notify: what comes of the connection then is no loss.
 */
export function endedByTls(socket: Duplex): boolean {
  const above = carriers.get(socket) as (tls.TLSSocket & { _readableState?: { ended?: boolean } }) | undefined;
  return above !== undefined && (above._readableState?.ended ?? above.readableEnded);
}

/**
 * Has `node:tls` treat the sockets of a class as it treats those of `node:net`.
 *
 * @param isCarrier whether a stream is such a socket
 */
export function carryTls(isCarrier: (stream: unknown) => stream is TlsCarrier): void {
  const prototype = tls.TLSSocket.prototype as unknown as { _wrapHandle?: WrapHandle };
  const wrapHandle = prototype._wrapHandle;
  // Without it TLS works as over any stream.
  if (typeof wrapHandle !== 'function') return;
  prototype._wrapHandle = function (wrap, handle, ...rest) {
    const carrier = wrap?.stream;
    if (handle && isCarrier(carrier)) {
      carriers.set(carrier, this);
      equip(handle, carrier);
    }
    return wrapHandle.call(this, wrap, handle, ...rest);
  };
}

function equip(handle: WrappedHandle, carrier: TlsCarrier): void {
  handle.ref = () => void carrier.ref();
  handle.unref = () => void carrier.unref();
  handle.setNoDelay = (enable) => (carrier.setNoDelay(enable), 0);
  handle.setKeepAlive = (enable, seconds) => (carrier.setKeepAlive(enable, seconds * 1000), 0);
  handle.getsockname = (out) => (Object.assign(out, carrier.address()), 0);
  handle.getpeername = (out) => {
    const { remoteAddress: address, remoteFamily: family, remotePort: port } = carrier;
    return address === undefined ? -1 : (Object.assign(out, { address, family, port }), 0);
  };
}

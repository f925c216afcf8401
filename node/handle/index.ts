/**
 * Node.js' own handles on a chain: what `net.Socket`, `net.Server` and `dgram.Socket` stand on, substituted where libuv's would be opened, so
 * that everything above them is as before.
 *
 * @module
 */
import { toldInCallbackScopes } from './callback-scope.js';
import { findInternals } from './node-internals.js';
import { NativeStreams } from './native-stream.js';
import type { HandleChain } from './stream-handle.js';
import { ChainedTcp } from './tcp-methods.js';
import { ChainedUdp } from './udp-methods.js';

export { OwnHandles } from './own-handles.js';
export type { HandleChain, StreamHandle } from './stream-handle.js';
export { winsockErrorBehind } from './uv-errors.js';

/**
 * Puts the TCP and UDP sockets of this thread on a chain, those that are there already and opened apart.
 *
 * @throws Error that names what this Node.js lacks; nothing is changed then
 */
export function putOnChain(on: HandleChain): void {
  const internals = findInternals();
  const chain = toldInCallbackScopes(internals.JSStream, on);
  const tcp = new ChainedTcp(internals, chain);
  const native = new NativeStreams(internals, tcp);
  native.install();
  tcp.install();
  new ChainedUdp(internals.UDP, chain).install();
}

/**
 * Node.js' own handles on a chain: what `net.Socket`, `net.Server` and `dgram.Socket` stand on, substituted where libuv's would be opened, so
 * that everything above them is as before.
 *
 * @module
 */
import { toldInCallbackScopes } from './callback-scope.js';
import { ChainedHandles } from './chained-handles.js';
import { findInternals } from './node-internals.js';
import { NativeStreams } from './native-stream.js';
import { closeOpened } from './opened-before.js';
import type { HandleChain } from './handle-chain.js';
import { ChainedTcp } from './chained-tcp.js';
import { leadTcp } from './tcp-methods.js';
import { ChainedUdp } from './udp-methods.js';

export type { BoundHandle, ChainedHandles } from './chained-handles.js';
export { OwnHandles } from './own-handles.js';
export type { HandleChain } from './handle-chain.js';
export type { StreamHandle } from './stream-handle.js';
export { UV_EADDRINUSE, winsockErrorBehind } from './uv-errors.js';

/**
 * Puts the TCP and UDP sockets of this thread on a chain. Those that are open already are closed, unless `foreign` lets them be.
 *
 * @throws Error that names what this Node.js lacks; nothing is changed then
 */
export function putOnChain(on: HandleChain): ChainedHandles {
  const internals = findInternals();
  const chain = toldInCallbackScopes(internals.JSStream, on);
  const tcp = new ChainedTcp(internals, chain);
  const native = new NativeStreams(internals, tcp);
  native.install();
  leadTcp(tcp);
  new ChainedUdp(internals, chain).install();
  closeOpened(internals, on);
  return new ChainedHandles(internals);
}

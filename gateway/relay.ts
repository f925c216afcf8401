import type { ChainSocket } from '../node/index.js';

/**
 * Hands what each of two connections receives on to the other: bytes as fast as the other takes them, ends of sending as ends, and
 * resets as resets.
 */
export function relay(one: ChainSocket, other: ChainSocket): void {
  handOn(one, other);
  handOn(other, one);
}

function handOn(from: ChainSocket, to: ChainSocket): void {
  from.pipe(to);
  from.once('close', () => {
    if (to.destroyed) return;
    // What it sent until its end goes on; there is nobody left to send to.
    if (from.readableEnded) to.destroySoon();
    else to.resetAndDestroy();
  });
}

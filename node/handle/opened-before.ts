// Sockets that were open before the hook: a module of --require has them, or another process has sent them while Node.js started.
import dgram from 'node:dgram';
import net from 'node:net';
import { descriptorOf, usesForeign } from './lead-methods.js';
import type { NodeInternals } from './node-internals.js';
import type { HandleChain } from './handle-chain.js';

/** Closes the TCP and UDP sockets that are open already, unless they may go around the chain. */
export function closeOpened({ TCP, UDP }: NodeInternals, on: HandleChain): void {
  const { _getActiveHandles: activeHandles } = process as unknown as { _getActiveHandles?: () => unknown[] };
  const classes = [TCP, UDP].map((each) => ({ each, descriptor: descriptorOf(each.prototype) }));
  for (const owner of activeHandles?.call(process) ?? []) {
    const handle = handleOf(owner);
    const found = classes.find(({ each }) => handle instanceof each);
    if (found === undefined || !usesForeign(found.descriptor(handle!), 'readStart', [])) continue;
    if ((on.foreign?.() ?? null) === null) return;
    if (owner instanceof net.Socket) owner.destroy();
    else (owner as net.Server | dgram.Socket).close();
  }
}

function handleOf(owner: unknown): object | null | undefined {
  if (owner instanceof net.Socket || owner instanceof net.Server) {
    return (owner as unknown as { _handle?: object | null })._handle;
  }
  if (!(owner instanceof dgram.Socket)) return null;
  const place = Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'state symbol')!;
  return (owner as unknown as Record<symbol, { handle?: object | null }>)[place]?.handle;
}

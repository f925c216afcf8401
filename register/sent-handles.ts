// Sockets and servers of a chain cannot be sent to another process or thread: the chain is in this one. Whoever tries is told.
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import type { ChainedHandles } from '../node/handle/index.js';

/** A process at the other end of a channel for messages. */
interface Channel {
  send?: Send;
  emit(event: 'error', error: Error): unknown;
}

type Send = (this: unknown, message: unknown, handle?: unknown, ...rest: unknown[]) => boolean;

/** Refuses what would be lost. */
export function refuseSentHandles(handles: ChainedHandles): void {
  const { prototype } = childProcess.ChildProcess as unknown as {
    prototype: { spawn: (...args: unknown[]) => unknown };
  };
  const { spawn } = prototype;
  prototype.spawn = function (this: Channel, ...args) {
    refuseInherited((args[0] as { stdio?: unknown } | undefined)?.stdio, handles);
    const result = spawn.apply(this, args);
    guard(this, handles);
    return result;
  };
  guard(process as unknown as Channel, handles);
  for (const each of [net.Socket, net.Server]) guardTransfer(each.prototype, handles);
}

function refusal(what: string): Error {
  return Object.assign(
    new Error(
      `${what} is on a chain of this process and cannot be sent to another one: let the other process listen or connect itself (several ` +
        'may listen on one port with reusePort, and workers of node:cluster do)',
    ),
    { code: 'ERR_INVALID_HANDLE_TYPE' },
  );
}

/** A child would have a descriptor that is no connection, and nobody would tell it. */
function refuseInherited(stdio: unknown, handles: ChainedHandles): void {
  if (!Array.isArray(stdio)) return;
  for (const each of stdio as unknown[]) {
    const { fd } = (each ?? {}) as { fd?: unknown };
    if (handles.isOnChain(handleOf(each)) || [each, fd].some((descriptor) => handles.standsForOne(descriptor))) {
      throw refusal(each instanceof net.Server ? 'this server' : 'this socket');
    }
  }
}

function guard(channel: Channel, handles: ChainedHandles): void {
  const { send } = channel;
  if (typeof send !== 'function') return;
  channel.send = function (message, handle, ...rest) {
    const native = handleOf(handle);
    if (!handles.isOnChain(native)) return send.call(this, message, handle, ...rest);
    const error = refusal(handle instanceof net.Server ? 'this server' : 'this socket');
    const callback = rest.find((each) => typeof each === 'function') as ((error: Error) => void) | undefined;
    process.nextTick(() => (callback === undefined ? channel.emit('error', error) : callback(error)));
    // A connection that cluster would hand on has no other owner.
    const { act } = (message ?? {}) as { act?: unknown };
    if (act === 'newconn') (native as { close(): void }).close();
    return false;
  };
}

function handleOf(object: unknown): object | null | undefined {
  if (typeof object !== 'object' || object === null) return null;
  if (object instanceof net.Socket || object instanceof net.Server) {
    return (object as unknown as { _handle?: object | null })._handle;
  }
  if (!(object instanceof dgram.Socket)) return object;
  const state = Object.getOwnPropertySymbols(object).find(({ description }) => description === 'state symbol')!;
  return (object as unknown as Record<symbol, { handle?: object | null }>)[state]?.handle;
}

/** From Node.js 24 on, `postMessage` takes sockets and servers along. */
function guardTransfer(prototype: object, handles: ChainedHandles): void {
  const place = Object.getOwnPropertySymbols(prototype).find(
    ({ description }) => description === 'messaging_transfer_list_symbol',
  );
  if (place === undefined) return;
  const methods = prototype as Record<symbol, (this: unknown) => unknown>;
  const transferList = methods[place]!;
  Object.defineProperty(prototype, place, {
    value(this: unknown): unknown {
      if (handles.isOnChain(handleOf(this))) {
        throw Object.assign(refusal('this socket'), { code: 'ERR_WORKER_HANDLE_NOT_TRANSFERABLE' });
      }
      return transferList.call(this);
    },
    configurable: true,
    writable: true,
  });
}

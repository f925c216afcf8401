// What this package keeps in a TCP handle of Node.js'.
import type { NodeTcpHandle } from './node-internals.js';
import type { StreamHandle } from './stream-handle.js';

/** Where a handle has its stream. */
export const STREAM = Symbol('ws2spi stream');
/** Where a handle of UDP's has its socket. */
export const DATAGRAMS = Symbol('ws2spi datagrams');
/** Where a handle has what was asked of it before it was known what it would be. */
export const EARLIER = Symbol('ws2spi options set before the handle was opened');

/** What was asked of a handle before it was known what it would be. */
export interface Earlier {
  noDelay?: boolean;
  keepAlive?: readonly [boolean, number, number?, number?];
  unref?: boolean;
  userBuffer?: Uint8Array;
  typeOfService?: number;
}

/** A TCP handle of Node.js', with what this package keeps in it. */
export interface ChainedHandle extends NodeTcpHandle {
  [STREAM]?: StreamHandle;
  [EARLIER]?: Earlier;
}

/** What is remembered of each method that sets an option. */
export const EARLIER_OPTIONS: Readonly<Record<string, ((earlier: Earlier, args: unknown[]) => void) | undefined>> = {
  setNoDelay: (earlier, [enable]) => void (earlier.noDelay = Boolean(enable)),
  setKeepAlive: (earlier, args) => void (earlier.keepAlive = args as unknown as [boolean, number]),
  setTypeOfService: (earlier, [value]) => void (earlier.typeOfService = Number(value)),
  ref: (earlier) => void (earlier.unref = false),
  unref: (earlier) => void (earlier.unref = true),
  useUserBuffer: (earlier, [buffer]) => void (earlier.userBuffer = buffer as Uint8Array),
};

// How the core of a datagram or raw socket comes to be.
import type { SocketCore } from '../../io/index.js';
import { DatagramCore } from './datagram-core.js';
import type { CoreSurroundings } from './descriptor-core.js';

/** Makes the core of a new datagram or raw socket. */
export function openDatagramCore(
  around: CoreSurroundings,
  af: number,
  type: number,
  protocol: number,
): SocketCore | number {
  const descriptor = around.sockets.socket(af, type, protocol);
  if (descriptor < 0) return -descriptor;
  const core = new DatagramCore(around, descriptor, af, type, protocol);
  const code = core.open();
  if (code === 0) return core;
  core.close();
  return code;
}

/** Makes the core of a socket that somebody else opened. */
export function adoptDatagram(
  around: CoreSurroundings,
  descriptor: number,
  af: number,
  type: number,
  protocol: number,
): { core: SocketCore; state: number; active: boolean } | number {
  const core = new DatagramCore(around, descriptor, af, type, protocol);
  const { state, active } = core.resume();
  const code = core.open();
  if (code === 0) return { core, state, active };
  core.close();
  return code;
}

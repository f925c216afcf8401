// The binding to Windows.
import type { System } from '../system.js';
import { AfdSet } from './afd-set.js';
import { WindowsSockets } from './sockets.js';

/** Windows: ws2_32.dll's sockets, and AFD on a completion port. */
export const system: System = {
  openSockets: () => new WindowsSockets(),
  openDescriptorSet: (onReadable) => new AfdSet(onReadable),
};

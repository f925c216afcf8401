// The binding to Windows.
import type { System } from '../system.js';
import { WindowsSockets } from './sockets.js';
import { WindowsSet } from './windows-set.js';

/** Windows: ws2_32.dll's sockets, and AFD on a completion port, or WSAPoll where AFD does not know them. */
export const system: System = {
  openSockets: () => new WindowsSockets(),
  openDescriptorSet: (onReadable) => new WindowsSet(onReadable),
};

// The binding to Linux.
import type { System } from '../system.js';
import { EpollSet } from './poller.js';
import { LinuxSockets } from './sockets.js';

export { LinuxPorts } from './ports.js';

/** Linux: libc's sockets, and epoll. */
export const system: System = {
  openSockets: () => new LinuxSockets(),
  openDescriptorSet: (onReadable) => new EpollSet(onReadable),
};

import type { System } from '../system.js';
import { EpollSet } from './poller.js';
import { LinuxSockets } from './sockets.js';

/** Linux: libc's sockets, and epoll. */
export const system: System = {
  openSockets: () => new LinuxSockets(),
  openDescriptorSet: (onReadable) => new EpollSet(onReadable),
};

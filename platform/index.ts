/**
 * The operating system: its sockets, with Windows' values at the border, and the poller of a thread. Linux is bound and
 * tested. Windows (`ws2_32.dll`) and macOS (kqueue) fit behind the same two interfaces, `PlatformSockets` and
 * `DescriptorSet`; nothing of them is written or was run.
 *
 * @module
 */
import type { DescriptorSet } from './descriptor-set.js';
import { EpollSet } from './linux/poller.js';
import { LinuxSockets } from './linux/sockets.js';
import type { PlatformSockets } from './platform.js';
import { ThreadPoller } from './thread-poller.js';
import { unsupportedDescriptorSet, unsupportedSockets } from './unsupported.js';

export * from './poller.js';
export type {
  DatagramError,
  MessageDetails,
  NameSlot,
  OfferedSocket,
  PlatformSockets,
  SocketOffer,
} from './platform.js';
export type { DescriptorSet } from './descriptor-set.js';
export { ThreadPoller } from './thread-poller.js';
export { UnsupportedPlatformError } from './unsupported.js';

let poller: ThreadPoller | null = null;
let sockets: PlatformSockets | null = null;

function openDescriptorSet(onReadable: () => void): DescriptorSet {
  return process.platform === 'linux' ? new EpollSet(onReadable) : unsupportedDescriptorSet(process.platform);
}

/** This thread's poller; made at the first call, without native code until a descriptor is added. */
export function threadPoller(): ThreadPoller {
  poller ??= new ThreadPoller(openDescriptorSet);
  return poller;
}

/**
 * The sockets of this operating system; loads koffi at the first call.
 *
 * @throws UnsupportedPlatformError where there is no binding
 */
export function systemSockets(): PlatformSockets {
  sockets ??= process.platform === 'linux' ? new LinuxSockets() : unsupportedSockets(process.platform);
  return sockets;
}

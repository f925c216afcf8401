/**
 * The operating system: its sockets, with Windows' values at the border, and the poller of a thread. Each system is a folder behind the same
 * interface, `System`: Linux, by epoll, Windows, by `ws2_32.dll` and AFD, and macOS, by kqueue. What was run where is in docs/platforms.md.
 *
 * @module
 */
import { loadPart } from './load-part.js';
import type { PlatformSockets } from './platform.js';
import type { System } from './system.js';
import { systemBinding, systemConventions } from './systems.js';
import { ThreadPoller } from './thread-poller.js';
import { unsupportedSystem } from './unsupported.js';

export * from './poller.js';
export type {
  DatagramError,
  MessageDetails,
  NameSlot,
  OfferedSocket,
  PlatformSockets,
  SocketOffer,
  SystemTraits,
} from './platform.js';
export type { DescriptorSet } from './descriptor-set.js';
export { ThreadPoller } from './thread-poller.js';
export { systemConventions };
export { PortSet } from './port-set.js';
export { UnsupportedPlatformError } from './unsupported.js';

let chosen: System | null = null;
let poller: ThreadPoller | null = null;
let sockets: PlatformSockets | null = null;

/** The system that this program runs on: chosen, and its folder loaded, at the first need. */
function thisSystem(): System {
  if (chosen !== null) return chosen;
  const binding = systemBinding();
  chosen =
    binding === null
      ? unsupportedSystem(process.platform)
      : loadPart<{ system: System }>(import.meta.url, binding).system;
  return chosen;
}

/** This thread's poller; made at the first call, without native code until a descriptor is added. */
export function threadPoller(): ThreadPoller {
  poller ??= new ThreadPoller((onReadable) => thisSystem().openDescriptorSet(onReadable));
  return poller;
}

/**
 * The sockets of this operating system; loads koffi at the first call.
 *
 * @throws UnsupportedPlatformError where there is no binding
 */
export function systemSockets(): PlatformSockets {
  sockets ??= thisSystem().openSockets();
  return sockets;
}

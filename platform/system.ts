// What a folder of this room has: one operating system.
import type { DescriptorSet } from './descriptor-set.js';
import type { PlatformSockets } from './platform.js';

/**
 * An operating system. Its folder is loaded when it is the one that this program runs on, and not before it is needed.
 */
export interface System {
  /**
   * Makes the sockets of the calling thread.
   *
   * @throws Error that says what to do, when the native code cannot be loaded
   */
  openSockets(): PlatformSockets;
  /**
   * Opens a descriptor set, joined to the event loop of the calling thread.
   *
   * @param onReadable called by the event loop when a `wait` would find something; must not throw
   * @throws Error when there is no room for one
   */
  openDescriptorSet(onReadable: () => void): DescriptorSet;
}

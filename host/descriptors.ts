// Descriptors of the operating system, watched for providers with sockets of their own.
import { PollEvents, threadPoller } from '../platform/index.js';

/** What is told of a descriptor that is watched: bits. */
export const DescriptorEvents = PollEvents;

/**
 * Watches a descriptor of the operating system, for a provider of sockets of its own. Blocking calls and the event loop
 * alike wait for what is watched. It does not keep the process alive.
 *
 * @param descriptor as the operating system counts them; it stays the caller's
 * @param ready told, in the providers' phase, that something may have changed, with the `DescriptorEvents` that hold;
 *   once for each change, so that the descriptor is to be read (or written) until it would block. It must only take
 *   note
 * @returns ends the watch; to be called before the descriptor is closed
 * @throws UnsupportedPlatformError where the operating system is not supported, Error for a descriptor that cannot be
 *   watched
 */
export function watchDescriptor(descriptor: number, ready: (events: number) => void): () => void {
  const poller = threadPoller();
  const slot = poller.add(descriptor, { ready });
  if (slot < 0) throw new Error(`watchDescriptor: the system cannot watch descriptor ${descriptor}`);
  return () => poller.remove(slot);
}

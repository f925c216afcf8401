// The binding to macOS. It has been run against a stand-in for the system alone.
import { LoopWatch } from '../posix/loop-watch.js';
import type { System } from '../system.js';
import { libc } from './bindings.js';
import { KqueueSet } from './kqueue-set.js';
import { Replacements } from './replacements.js';
import { DarwinSockets } from './sockets.js';

/** Those of this thread. */
const replacements = new Replacements();

/** macOS: libSystem's sockets, and kqueue. */
export const system: System = {
  openSockets: () => new DarwinSockets(libc(), replacements),
  openDescriptorSet: (onReadable) =>
    new KqueueSet(libc(), replacements, (descriptor) => new LoopWatch(descriptor, onReadable)),
};

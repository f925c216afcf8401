// Systems without a native binding.
import type { DescriptorSet } from './descriptor-set.js';
import type { PlatformSockets } from './platform.js';

/** Says that a system has no native binding: thrown when a native provider starts, never later. */
export class UnsupportedPlatformError extends Error {
  constructor(system: string) {
    super(
      `ws2spi has no binding to the sockets of ${system}/${process.arch} yet: use the memory provider ` +
        `(createWs2_32({ base: 'memory' })), or give a binding as createWs2_32({ platform }).`,
    );
    this.name = 'UnsupportedPlatformError';
  }
}

/** Stands for the sockets of a system without binding. */
export function unsupportedSockets(system: string): PlatformSockets {
  throw new UnsupportedPlatformError(system);
}

/** Stands for the descriptor set of a system without binding. */
export function unsupportedDescriptorSet(system: string): DescriptorSet {
  throw new UnsupportedPlatformError(system);
}

// Systems without a native binding.
import type { System } from './system.js';

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

/** Stands for a system without binding. */
export function unsupportedSystem(name: string): System {
  const refuse = (): never => {
    throw new UnsupportedPlatformError(name);
  };
  return { openSockets: refuse, openDescriptorSet: refuse };
}

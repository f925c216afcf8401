// The systems that are known: a row each, and with the row everything that differs from system to system.
import type { SystemConventions } from './conventions.js';
import { darwinConventions } from './darwin/conventions.js';
import { linuxConventions } from './linux/conventions.js';
import { unixConventions } from './unix.js';
import { windowsConventions } from './windows/conventions.js';

export type { Environment, ProcessRecords, SystemConventions, SystemPorts, UserFiles } from './conventions.js';
export { PortSet, type PortRange } from './port-set.js';

/** What is known of a system. */
interface SystemRow {
  readonly conventions: SystemConventions;
  /** The module that exports its `System`, loaded at the first native socket; `null` while it has no binding. */
  readonly binding: string | null;
  /** Processors for which the binding's numbers are wrong: the system has others there, or the bytes in another order. */
  readonly otherProcessors?: readonly string[];
}

const SYSTEMS: Partial<Record<NodeJS.Platform, SystemRow>> = {
  linux: {
    conventions: linuxConventions,
    binding: './linux/index.js',
    otherProcessors: ['ppc64', 'ppc', 'mips', 'mipsel', 's390x'],
  },
  darwin: { conventions: darwinConventions, binding: './darwin/index.js' },
  win32: { conventions: windowsConventions, binding: './windows/index.js' },
};

/**
 * The ways of a system.
 *
 * @param platform its name as in `process.platform`; that of the system that this program runs on if absent
 * @returns those of Unix for one that is not known
 */
export function systemConventions(platform: NodeJS.Platform = process.platform): SystemConventions {
  return SYSTEMS[platform]?.conventions ?? unixConventions;
}

/**
 * The module of a system's binding, relative to this room.
 *
 * @param platform its name as in `process.platform`
 * @param processor its processor, as in `process.arch`
 * @returns `null` when there is none for it
 */
export function systemBinding(platform = process.platform, processor: string = process.arch): string | null {
  const row = SYSTEMS[platform];
  return row?.otherProcessors?.includes(processor) === true ? null : (row?.binding ?? null);
}

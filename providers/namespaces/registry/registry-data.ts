// What the registry's file holds.
import {
  classFromJson,
  classToJson,
  recordFromJson,
  recordKey,
  recordText,
  type ServiceRecord,
} from '../../../service-records/index.js';
import type { Slices } from '../../../name-space/slices.js';
import type { GUID, WSASERVICECLASSINFOW } from '../../../spi/index.js';

/** What a registry file says it is. */
const FORMAT = 'ws2spi-registry';
const VERSION = 1;

/** The most bytes of a registry's file: what is read at one go. */
export const MAX_REGISTRY_SIZE = 4 * 1024 * 1024;

/** A registry as it was at one moment. */
export interface RegistryData {
  /** Counts the changes. */
  readonly serial: number;
  /** By `recordKey`. */
  readonly services: ReadonlyMap<string, ServiceRecord>;
  readonly classes: ReadonlyMap<GUID, WSASERVICECLASSINFOW>;
  /** The texts of entries that are none; written back as they were. */
  readonly damaged: { readonly services: readonly string[]; readonly classes: readonly string[] };
}

/** A registry that is being changed. */
export interface RegistryDraft {
  readonly services: Map<string, ServiceRecord>;
  readonly classes: Map<GUID, WSASERVICECLASSINFOW>;
}

/** A registry with nothing in it. */
export const EMPTY_REGISTRY: RegistryData = {
  serial: 1,
  services: new Map(),
  classes: new Map(),
  damaged: { services: [], classes: [] },
};

/** Entries that are read in one turn. */
const ENTRIES_IN_A_TURN = 500;

/**
 * Reads a registry from the text of its file, in slices: what the text says at one go, and then one entry after the other.
 *
 * @returns the registry; or what is wrong with the file as a whole, to follow its name in a sentence
 */
export function* parseRegistry(text: string): Slices<RegistryData | string> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    return text.trim() === '' ? 'is empty' : `is not valid JSON, or was cut off (${(cause as Error).message})`;
  }
  if (typeof value !== 'object' || value === null) return 'does not hold a JSON object';
  const { format, version, serial, services, classes } = value as Record<string, unknown>;
  if (format !== FORMAT) return `is no registry: its "format" is not "${FORMAT}"`;
  if (version !== VERSION) return `has version ${String(version)} of the format; this package reads version ${VERSION}`;
  if (!Number.isSafeInteger(serial) || !Array.isArray(services) || !Array.isArray(classes)) {
    return 'lacks its serial number, its services or its classes';
  }
  const damaged = { services: [] as string[], classes: [] as string[] };
  const found = new Map<string, ServiceRecord>();
  let read = 0;
  for (const each of services as unknown[]) {
    const record = recordFromJson(each);
    if (record === null) damaged.services.push(JSON.stringify(each));
    else {
      found.set(recordKey(record), record);
      // Made here, a slice a turn: all of them are written at one go.
      recordText(record);
    }
    if (++read % ENTRIES_IN_A_TURN === 0) yield;
  }
  const known = new Map<GUID, WSASERVICECLASSINFOW>();
  for (const each of classes as unknown[]) {
    const info = classFromJson(each);
    if (info === null) damaged.classes.push(JSON.stringify(each));
    else known.set(info.lpServiceClassId!, info);
    if (++read % ENTRIES_IN_A_TURN === 0) yield;
  }
  return { serial: serial as number, services: found, classes: known, damaged };
}

/** The text of a registry's file: an entry a line. */
export function formatRegistry({ serial, services, classes, damaged }: RegistryData): string {
  const lines = (entries: readonly string[]): string =>
    entries.length === 0 ? '[]' : `[\n    ${entries.join(',\n    ')}\n  ]`;
  const classTexts = [...classes.values()].map((each) => JSON.stringify(classToJson(each)));
  return [
    '{',
    `  "format": "${FORMAT}",`,
    `  "version": ${VERSION},`,
    `  "serial": ${serial},`,
    `  "classes": ${lines([...classTexts, ...damaged.classes])},`,
    `  "services": ${lines([...[...services.values()].map(recordText), ...damaged.services])}`,
    '}\n',
  ].join('\n');
}

// What the registry's file holds.
import {
  classFromJson,
  classToJson,
  recordFromJson,
  recordKey,
  recordToJson,
  type ServiceRecord,
} from '../../../service-records/index.js';
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
  /** Entries that are none; written back as they were. */
  readonly damaged: { readonly services: readonly unknown[]; readonly classes: readonly unknown[] };
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

/**
 * Reads a registry from the text of its file.
 *
 * @returns the registry; or what is wrong with the file as a whole, to follow its name in a sentence
 */
export function parseRegistry(text: string): RegistryData | string {
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
  const damaged = { services: [] as unknown[], classes: [] as unknown[] };
  const found = new Map<string, ServiceRecord>();
  for (const each of services as unknown[]) {
    const record = recordFromJson(each);
    if (record === null) damaged.services.push(each);
    else found.set(recordKey(record), record);
  }
  const known = new Map<GUID, WSASERVICECLASSINFOW>();
  for (const each of classes as unknown[]) {
    const info = classFromJson(each);
    if (info === null) damaged.classes.push(each);
    else known.set(info.lpServiceClassId!, info);
  }
  return { serial: serial as number, services: found, classes: known, damaged };
}

/** The text of a registry's file: an entry a line. */
export function formatRegistry({ serial, services, classes, damaged }: RegistryData): string {
  const lines = (entries: readonly unknown[]): string =>
    entries.length === 0 ? '[]' : `[\n${entries.map((each) => `    ${JSON.stringify(each)}`).join(',\n')}\n  ]`;
  return [
    '{',
    `  "format": "${FORMAT}",`,
    `  "version": ${VERSION},`,
    `  "serial": ${serial},`,
    `  "classes": ${lines([...[...classes.values()].map(classToJson), ...damaged.classes])},`,
    `  "services": ${lines([...[...services.values()].map(recordToJson), ...damaged.services])}`,
    '}\n',
  ].join('\n');
}

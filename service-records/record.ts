import type { CSADDR_INFO, GUID } from '../spi/index.js';

/** A service as it was registered. */
export interface ServiceRecord {
  readonly name: string;
  readonly serviceClass: GUID;
  /** Where in a hierarchy it is; empty for the beginning. */
  readonly context: string;
  readonly comment: string | null;
  readonly version: number | null;
  readonly queryString: string | null;
  readonly blob: Uint8Array | null;
  readonly addresses: readonly CSADDR_INFO[];
  /** Whether it is not there at present, and only its name is remembered (RNRSERVICE_DEREGISTER). */
  readonly isGone: boolean;
}

/** What a service's name is known by: capitals do not matter. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/** What tells one service from another: context, class and name. */
export function recordKey({
  name,
  serviceClass,
  context,
}: Pick<ServiceRecord, 'name' | 'serviceClass' | 'context'>): string {
  return `${serviceClass}/${encodeURIComponent(contextOf(context))}/${encodeURIComponent(nameKey(name))}`;
}

/** The beginning has two names (specification: Query-Related Data Structures). */
export function contextOf(context: string): string {
  return context === '\\' ? '' : context;
}

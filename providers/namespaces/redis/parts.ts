// What processes say of services, as it stands on the server.
import { recordFromJson, recordText, type ServiceRecord } from '../../../service-records/index.js';
import type { CSADDR_INFO } from '../../../spi/index.js';

/** In place of a part that somebody else took back: its process is to forget it, and not to renew it. */
export const TAKEN_BACK = 'null';

/** Writes a part. */
export function partText(record: ServiceRecord): string {
  return recordText(record);
}

/** Reads a part; `null` for one that was taken back, or is none. */
export function readPart(text: unknown): ServiceRecord | null {
  if (typeof text !== 'string') return null;
  try {
    return recordFromJson(JSON.parse(text));
  } catch {
    return null;
  }
}

/** A service as its parts say, in the order of their owners; `null` for none. */
export function mergedRecord(parts: readonly ServiceRecord[]): ServiceRecord | null {
  const [first] = parts;
  if (first === undefined) return null;
  const present = parts.filter(({ isGone }) => !isGone);
  if (present.length === 0) return first;
  const said = <K extends 'comment' | 'version' | 'queryString' | 'blob'>(key: K): ServiceRecord[K] =>
    (present.find((each) => each[key] !== null) ?? present[0]!)[key];
  return {
    ...present[0]!,
    comment: said('comment'),
    version: said('version'),
    queryString: said('queryString'),
    blob: said('blob'),
    addresses: distinct(present.flatMap(({ addresses }) => addresses)),
  };
}

function distinct(addresses: readonly CSADDR_INFO[]): CSADDR_INFO[] {
  const found = new Map<string, CSADDR_INFO>();
  for (const each of addresses) {
    const { LocalAddr, RemoteAddr, iSocketType, iProtocol } = each;
    found.set([LocalAddr.lpSockaddr, RemoteAddr.lpSockaddr, iSocketType, iProtocol].join('/'), each);
  }
  return [...found.values()];
}

// The services file: names of services, and the ports where they are.
import type { Slices } from '../../../name-space/slices.js';
import type { Database } from './database.js';
import type { LineKind } from './line-scanner.js';
import { sameName } from './names.js';

/** A service over one protocol. */
export interface ServiceEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  /** 0 to 65535, in host order. */
  readonly port: number;
  /** Such as `tcp`. */
  readonly protocol: string;
}

/** What the lines of a services file say. */
export const SERVICE_LINES: LineKind<ServiceEntry> = {
  keyPlace: 1,
  keyOf: (word) => placeOf(word)?.port.toString() ?? null,
  entryOf([name, word = '', ...aliases]) {
    const place = placeOf(word);
    return place === null ? null : { name, aliases, ...place };
  },
};

// Where a service is: `80/tcp`.
function placeOf(word: string): { readonly port: number; readonly protocol: string } | null {
  const parts = /^(\d{1,5})\/(\S+)$/.exec(word);
  const port = Number(parts?.[1]);
  const protocol = parts?.[2];
  return protocol === undefined || port > 0xffff ? null : { port, protocol };
}

/**
 * Finds services as getservbyname and getservbyport ask for them.
 *
 * @param services the file
 * @param query a name or a port, and optionally a protocol after a slash, in any case: `ftp/tcp`, `21/tcp`, `ftp`
 * @returns all that match, in the file's order
 */
export function* findServices(services: Database<ServiceEntry>, query: string): Slices<ServiceEntry[]> {
  const slash = query.indexOf('/');
  const key = slash < 0 ? query : query.slice(0, slash);
  const protocol = slash < 0 ? null : query.slice(slash + 1);
  const name = key.toLowerCase();
  // A service may be called as another one's port.
  const port = /^\d+$/.test(key) ? Number(key) : null;
  const keys = port === null || port.toString() === name ? [name] : [name, port.toString()];
  return yield* services.find(
    keys,
    (entry) =>
      (entry.port === port || [entry.name, ...entry.aliases].some((each) => sameName(each, name))) &&
      (protocol === null || sameName(entry.protocol, protocol)),
  );
}

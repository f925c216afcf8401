// The services file: names of services, and the ports where they are.
import { sameName, type Line } from './database-file.js';

/** A service over one protocol. */
export interface ServiceEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  /** 0 to 65535, in host order. */
  readonly port: number;
  /** Such as `tcp`. */
  readonly protocol: string;
}

/** Makes the entries of a services file of its words; lines that say nothing sensible are left out. */
export function parseServices(lines: readonly Line[]): ServiceEntry[] {
  return lines.flatMap(([name, place = '', ...aliases]) => {
    const parts = /^(\d{1,5})\/(\S+)$/.exec(place);
    const port = Number(parts?.[1]);
    const protocol = parts?.[2];
    return protocol === undefined || port > 0xffff ? [] : [{ name, aliases, port, protocol }];
  });
}

/**
 * Finds services as getservbyname and getservbyport ask for them.
 *
 * @param entries the file
 * @param query a name or a port, and optionally a protocol after a slash, in any case: `ftp/tcp`, `21/tcp`, `ftp`
 * @returns all that match, in the file's order
 */
export function findServices(entries: readonly ServiceEntry[], query: string): ServiceEntry[] {
  const slash = query.indexOf('/');
  const key = slash < 0 ? query : query.slice(0, slash);
  const protocol = slash < 0 ? null : query.slice(slash + 1);
  const port = /^\d+$/.test(key) ? Number(key) : null;
  return entries.filter((entry) => {
    if (protocol !== null && !sameName(entry.protocol, protocol)) return false;
    return entry.port === port || [entry.name, ...entry.aliases].some((name) => sameName(name, key));
  });
}

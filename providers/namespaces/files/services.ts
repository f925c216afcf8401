// The services file: names of services, and the ports where they are.
import { addTo, distinctNames, sameName, type Line } from './database-file.js';

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

/** The services of a file by what they are asked for, each in the file's order. */
interface ServiceIndex {
  readonly byName: ReadonlyMap<string, ServiceEntry[]>;
  readonly byPort: ReadonlyMap<number, ServiceEntry[]>;
}

const indexes = new WeakMap<readonly ServiceEntry[], ServiceIndex>();

/**
 * Finds services as getservbyname and getservbyport ask for them.
 *
 * @param entries the file; indexed when it is first asked
 * @param query a name or a port, and optionally a protocol after a slash, in any case: `ftp/tcp`, `21/tcp`, `ftp`
 * @returns all that match, in the file's order
 */
export function findServices(entries: readonly ServiceEntry[], query: string): ServiceEntry[] {
  const slash = query.indexOf('/');
  const key = slash < 0 ? query : query.slice(0, slash);
  const protocol = slash < 0 ? null : query.slice(slash + 1);
  const { byName, byPort } = indexOf(entries);
  const named = byName.get(key.toLowerCase()) ?? [];
  const there = /^\d+$/.test(key) ? (byPort.get(Number(key)) ?? []) : [];
  // A service may be called as another one's port.
  const found = named.length === 0 ? there : there.length === 0 ? named : inOrder(entries, [...named, ...there]);
  return found.filter((entry) => protocol === null || sameName(entry.protocol, protocol));
}

function indexOf(entries: readonly ServiceEntry[]): ServiceIndex {
  const known = indexes.get(entries);
  if (known !== undefined) return known;
  const byName = new Map<string, ServiceEntry[]>();
  const byPort = new Map<number, ServiceEntry[]>();
  for (const entry of entries) {
    for (const name of distinctNames([entry.name, ...entry.aliases])) addTo(byName, name.toLowerCase(), entry);
    addTo(byPort, entry.port, entry);
  }
  const index = { byName, byPort };
  indexes.set(entries, index);
  return index;
}

function inOrder(entries: readonly ServiceEntry[], found: readonly ServiceEntry[]): ServiceEntry[] {
  const wanted = new Set(found);
  return entries.filter((entry) => wanted.has(entry));
}

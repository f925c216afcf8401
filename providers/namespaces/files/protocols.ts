// The protocols file: names of protocols, and their numbers.
import { sameName, type Line } from './database-file.js';
import type { protoent } from '../../../spi/index.js';

/** Makes the entries of a protocols file of its words; lines that say nothing sensible are left out. */
export function parseProtocols(lines: readonly Line[]): protoent[] {
  return lines.flatMap(([p_name, number = '', ...p_aliases]) =>
    /^\d{1,4}$/.test(number) ? [{ p_name, p_aliases, p_proto: Number(number) }] : [],
  );
}

/**
 * Finds a protocol.
 *
 * @param entries the file
 * @param query a name in any case, or a number in decimal
 * @returns the first that matches, or `undefined`
 */
export function findProtocol(entries: readonly protoent[], query: string): protoent | undefined {
  const number = /^\d+$/.test(query) ? Number(query) : null;
  return entries.find(
    (entry) => entry.p_proto === number || [entry.p_name, ...entry.p_aliases].some((name) => sameName(name, query)),
  );
}

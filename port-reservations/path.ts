import { dirname, join } from 'node:path';

/** The file of the reservations, beside that of a catalog. */
export function reservationsPath(catalog: string): string {
  return join(dirname(catalog), 'port-reservations.json');
}

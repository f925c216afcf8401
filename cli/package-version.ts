import { readFileSync } from 'node:fs';

/** The folder of the package, from wherever the compiled program lies in it. */
export const PACKAGE_FOLDER = new URL('../../', import.meta.url);

/** The package's version. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', PACKAGE_FOLDER), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

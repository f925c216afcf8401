// How the programs that the cases run are called.
import { fileURLToPath } from 'node:url';

/** The path of a file of `bench/`. */
export const benchPath = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** A server of `bench/servers/`, run by this Node.js. */
export const node = (name, ...args) => [process.execPath, benchPath(`servers/${name}.mjs`), ...args];

/** The same, able to tell its memory without garbage. */
export const nodeTellingMemory = (name, ...args) => [
  process.execPath,
  '--expose-gc',
  benchPath(`servers/${name}.mjs`),
  ...args,
];

// Real servers that tests talk to, where they are installed.
import { spawnSync } from 'node:child_process';

/** What `.ci/run` sets: a server that is missing fails its tests in place of leaving them out. */
const areNeeded = process.env['WS2SPI_REAL_SERVERS'] === 'needed';

/**
 * Says whether a real server's tests are left out, and prints why.
 *
 * @param program the server's program, which its Debian package is named after
 * @param args what makes it tell its version
 */
export function withoutServer(program: string, args: readonly string[] = ['--version']): { skip: boolean } {
  const isThere = spawnSync(program, args).error === undefined;
  if (!isThere) process.stderr.write(`skipped: install ${program}\n`);
  return { skip: !isThere && !areNeeded };
}

// Real servers that tests talk to, where they are installed.
import { spawnSync } from 'node:child_process';

/** What `.ci/run` sets: a server that is missing fails its tests in place of leaving them out. */
const areNeeded = process.env['WS2SPI_REAL_SERVERS'] === 'needed';

/**
 * Says whether a real server's tests are left out, and prints why.
 *
 * @param program the server's program
 * @param args what makes it tell its version
 * @param debianPackage what it is installed by; named as the program if absent
 */
export function withoutServer(
  program: string,
  args: readonly string[] = ['--version'],
  debianPackage: string = program,
): { skip: boolean } {
  const isThere = spawnSync(program, args).error === undefined;
  if (!isThere) process.stderr.write(`skipped: install ${debianPackage}\n`);
  return { skip: !isThere && !areNeeded };
}

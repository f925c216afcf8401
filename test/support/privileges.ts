// What only root, or only Linux, can try: other users, name spaces of their own, file systems that are full.
import { spawnSync } from 'node:child_process';

/** Why tests as another user cannot run here; `undefined` when they can. */
export const noOtherUser: string | undefined =
  process.platform === 'win32' || process.geteuid?.() !== 0
    ? 'only root can start a process as another user'
    : undefined;

/** Why tests with `unshare` cannot run here; `undefined` when they can. */
export const noNameSpaces: string | undefined =
  process.platform !== 'linux'
    ? 'name spaces are Linux’ own'
    : spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0
      ? undefined
      : 'unshare is not permitted, or not there';

/** A user without rights. */
export const NOBODY = { uid: 65534, gid: 65534 };

/** Says why a test is left out, and whether it is. */
export function skipBecause(reason: string | undefined): { skip: boolean } {
  if (reason !== undefined) process.stderr.write(`left out: ${reason}\n`);
  return { skip: reason !== undefined };
}

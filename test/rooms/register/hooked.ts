// Programs of Node.js, started with the hook.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DIST } from '../../support/package.js';

/** What a program has shown. */
export interface Run {
  readonly status: number | null;
  readonly output: string;
  readonly problems: string;
}

/** What Node.js is started with to have the hook. */
export const HOOK: readonly string[] = ['--import', pathToFileURL(join(DIST, 'register/index.js')).href];

/** The major version of the Node.js that the tests run on. */
export const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

/** The path of a program of the fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/**
 * Runs Node.js to its end.
 *
 * @param args its options, the program and its arguments
 * @param env variables besides those of the tests
 */
export function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<Run> {
  const options = {
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    timeout: 170_000,
    ...(cwd !== undefined && { cwd }),
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, options, (_error, output, problems) =>
      resolve({ status: child.exitCode, output, problems }),
    );
  });
}

// What the figures were measured on.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type as systemName } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The commit that is checked out, read from `.git` without calling git.
 *
 * @returns {string | null}
 */
export function commitHash(root = ROOT) {
  try {
    let directory = join(root, '.git');
    // In a work tree or a submodule `.git` is a file that names the place.
    if (statSync(directory).isFile())
      directory = resolve(
        root,
        readFileSync(directory, 'utf8')
          .replace(/^gitdir:\s*/, '')
          .trim(),
      );
    const head = readFileSync(join(directory, 'HEAD'), 'utf8').trim();
    if (!head.startsWith('ref: ')) return head;
    const name = head.slice(5);
    const common = existsSync(join(directory, 'commondir'))
      ? resolve(directory, readFileSync(join(directory, 'commondir'), 'utf8').trim())
      : directory;
    for (const place of [directory, common]) {
      if (existsSync(join(place, name))) return readFileSync(join(place, name), 'utf8').trim();
    }
    const packed = readFileSync(join(common, 'packed-refs'), 'utf8');
    return (
      packed
        .split('\n')
        .find((line) => line.endsWith(` ${name}`))
        ?.split(' ')[0] ?? null
    );
  } catch {
    return null;
  }
}

function packageVersion(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8')).version;
  } catch {
    return null;
  }
}

function firstLine(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0];
  } catch {
    return null;
  }
}

/** Versions and machine. */
export function describeMachine(compiler) {
  const [cpu] = cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    koffi: packageVersion('node_modules/koffi/package.json'),
    ws2spi: packageVersion('package.json'),
    commit: commitHash(),
    system: `${systemName()} ${release()}`,
    architecture: process.arch,
    cpu: cpu?.model?.trim() ?? 'unknown',
    cpus: availableParallelism(),
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    compiler: compiler.command === null ? null : firstLine(compiler.command, '--version'),
    loadAtStart: loadavg()[0],
  };
}

/** A short name of the kind of machine, for file names: `linux-x64-2cpu`. */
export function hostKind() {
  return `${process.platform}-${process.arch}-${availableParallelism()}cpu`;
}

/** Complains when there is nothing to measure. */
export function checkBuild() {
  if (!existsSync(join(ROOT, 'dist/index.js')))
    throw new Error('there is no build in dist/: run "npm run build" first');
}

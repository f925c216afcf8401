/**
 * Children of a hooked program: those of Node.js inherit the hook by NODE_OPTIONS, and others are named in a warning.
 *
 * @module
 */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isSingleExecutable, kindOfProgram, programsOf, withHook } from '../../node-programs/index.js';

/** What a child is started with, as `child_process` has it within. */
interface Started {
  readonly file?: string;
  readonly args?: readonly string[];
  readonly cwd?: string | URL;
  readonly envPairs?: string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** The options of a call that waits for the child, as far as they matter here. */
interface CallOptions {
  readonly cwd?: string | URL;
  readonly env?: NodeJS.ProcessEnv | null;
  readonly shell?: unknown;
}

/** The variables that lead a child to the same layers. */
const INHERITED = ['WS2SPI_LAYERS', 'WS2SPI_CHAIN', 'WS2SPI_CATALOG', 'WS2SPI_TOP', 'WS2SPI_TOP_FOLDER'];
const named = new Set<string>();
const REQUIRES_HOOK = /(?:--require|-r)[= ]\S*ws2spi\/(?:dist\/)?register/;
let tellsOfOthers = true;

/**
 * Sees to the children of this process: programs of Node.js keep the hook although the program gives them an environment of its own, and
 * of others it is said, once, that their sockets are on no layers.
 *
 * @param tellsOthers whether that is said
 */
export function lookAfterChildren(tellsOthers: boolean): void {
  tellsOfOthers = tellsOthers;
  const { prototype } = childProcess.ChildProcess as unknown as {
    prototype: { spawn(this: unknown, options: Started): unknown };
  };
  const { spawn } = prototype;
  prototype.spawn = function (options) {
    if (typeof options === 'object' && options !== null) lookAt(options);
    return spawn.call(this, options);
  };
  const { spawnSync, execSync, execFileSync } = childProcess;
  replace('spawnSync', spawnSync, (args) => looked(args, false));
  replace('execFileSync', execFileSync, (args) => looked(args, false));
  replace('execSync', execSync, (args) => looked(args, true));
  syncBuiltinESMExports();
}

function replace(
  name: string,
  original: (...args: never[]) => unknown,
  look: (args: readonly unknown[]) => readonly unknown[],
): void {
  const replaced = (...args: unknown[]): unknown => original(...(look(args) as never[]));
  Object.defineProperty(replaced, 'name', { value: name });
  Object.defineProperty(replaced, 'length', { value: original.length });
  (childProcess as unknown as Record<string, unknown>)[name] = replaced;
}

/** Looks at a call that waits for the child; returns its arguments, with the hook in an environment of the program's own. */
function looked(args: readonly unknown[], isCommand: boolean): readonly unknown[] {
  const place = Array.isArray(args[1]) || (args[1] === undefined && args.length > 2) ? 2 : 1;
  const list = Array.isArray(args[1]) ? args[1].map(String) : [];
  const options = args[place] as CallOptions | null | undefined;
  const [file] = args;
  if (typeof file !== 'string') return args;
  const { cwd, env, shell } = options ?? {};
  const hasShell = isCommand || (shell !== undefined && shell !== false);
  const words = hasShell ? ['sh', '-c', [file, ...list].join(' ')] : [file, ...list];
  lookAt({ file: words[0]!, args: words, ...(cwd && { cwd }), ...(env && { env }) });
  if (typeof env !== 'object' || env === null) return args;
  const given = [...args];
  given[place] = { ...options, env: { ...inherited(), ...env, NODE_OPTIONS: withHook(env['NODE_OPTIONS']) } };
  return given;
}

function lookAt(started: Started): void {
  try {
    look(started);
  } catch {
    // What is wrong with the call, Node.js says itself.
  }
}

function look({ file, args = [], cwd, env, envPairs }: Started): void {
  if (typeof file !== 'string') return;
  const pathOf = (pairs: readonly string[]): string | undefined =>
    pairs.find((pair) => /^PATH=/i.test(pair))?.slice('PATH='.length);
  const path = (envPairs === undefined ? env?.['PATH'] : pathOf(envPairs)) ?? process.env['PATH'];
  const folder = cwd === undefined ? process.cwd() : cwd instanceof URL ? fileURLToPath(cwd) : cwd;
  const find = (name: string) => kindOfProgram(name, path, folder);
  const found = find(file);
  if (envPairs !== undefined) keepHook(envPairs);
  const options = (envPairs === undefined ? env?.['NODE_OPTIONS'] : optionsOf(envPairs)) ?? process.env['NODE_OPTIONS'];
  tellOf(file, found, options);
  if (found?.kind !== 'launcher') return;
  const at = args.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (at < 0) return;
  for (const name of programsOf(String(args[at + 1] ?? ''))) tellOf(name, find(name), options);
}

function optionsOf(envPairs: readonly string[]): string | undefined {
  return envPairs.find((pair) => pair.startsWith('NODE_OPTIONS='))?.slice('NODE_OPTIONS='.length);
}

/** An environment that the program made without the hook's variables has them, too. */
function keepHook(envPairs: string[]): void {
  const at = envPairs.findIndex((pair) => pair.startsWith('NODE_OPTIONS='));
  const options = at < 0 ? undefined : envPairs[at]!.slice('NODE_OPTIONS='.length);
  const hooked = `NODE_OPTIONS=${withHook(options)}`;
  if (at < 0) envPairs.push(hooked);
  else envPairs[at] = hooked;
  for (const [name, value] of Object.entries(inherited())) {
    if (!envPairs.some((pair) => pair.startsWith(`${name}=`))) envPairs.push(`${name}=${value}`);
  }
}

function inherited(): Readonly<Record<string, string>> {
  const values = INHERITED.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Names a program whose sockets are on no layers, once. */
function tellOf(name: string, found: ReturnType<typeof kindOfProgram>, nodeOptions: string | undefined): void {
  if (found === null || found.kind === 'node' || found.kind === 'launcher') return;
  if (!tellsOfOthers || named.has(name)) return;
  const isSingle = found.kind === 'single-executable' || (found.kind === 'other' && isSingleExecutable(found.file));
  if (isSingle && REQUIRES_HOOK.test(nodeOptions ?? '')) return;
  named.add(name);
  const why = isSingle
    ? 'is a single executable application, where Node.js reads no --import: its sockets are on no layers, unless it is started with ' +
      '--require=ws2spi/register in NODE_OPTIONS or loads the hook itself'
    : 'is not Node.js: its sockets are on no layers (for such programs there is ws2spi gateway)';
  process.emitWarning(`${name} ${why}`, 'Ws2spiChild');
}

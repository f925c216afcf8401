// Workers have the hook as well, whatever options and environment they are given.
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';
import { hookUrl, isHooked, withHook } from '../node-programs/index.js';

/** The variables that lead a worker to the same chain. */
const INHERITED = /^WS2SPI_/;
/** What the text of a program may begin with that says how the rest is to be read. */
const STRICT = /^(?:\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*(?:"use strict"|'use strict')/;

/** Sees to it that no worker of this thread begins without the hook. */
export function hookWorkers(): void {
  const { Worker } = workerThreads;
  const hooked: typeof Worker = new Proxy(Worker, {
    construct(target, [file, options, ...rest]: [unknown, WorkerOptions | undefined, ...unknown[]], newTarget): object {
      const text = options?.eval === true && typeof file === 'string' ? withHookBefore(file) : file;
      const args = [text, withHookIn(options), ...rest];
      return Reflect.construct(target, args, newTarget === hooked ? target : newTarget) as object;
    },
  });
  workerThreads.Worker = hooked;
  syncBuiltinESMExports();
}

function withHookIn(options: WorkerOptions | undefined): WorkerOptions | undefined {
  if (typeof options !== 'object' || options === null) return options;
  const hooked = { ...options };
  // Without an environment of its own a worker has this thread's, with NODE_OPTIONS.
  if (typeof hooked.env === 'object' && hooked.env !== null) {
    const own = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
    const env = { ...Object.fromEntries(own), ...hooked.env } as NodeJS.ProcessEnv;
    hooked.env = { ...env, NODE_OPTIONS: withHook(env['NODE_OPTIONS']) };
  }
  if (Array.isArray(hooked.execArgv) && !isHooked(hooked.execArgv.join(' '))) {
    hooked.execArgv = [...hooked.execArgv, '--import', hookUrl()];
  }
  return hooked;
}

/** Text runs before the modules of `--import`: the hook is loaded in its first line. */
function withHookBefore(text: string): string {
  const file = fileURLToPath(hookUrl());
  const load = `globalThis.process.getBuiltinModule("node:module").createRequire(${JSON.stringify(hookUrl())})(${JSON.stringify(file)});`;
  return `${STRICT.test(text) ? '"use strict";' : ''}${load}${text}`;
}

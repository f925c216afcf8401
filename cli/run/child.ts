// The program that is run: its signals, its end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { systemConventions } from '../../platform/systems.js';

/** What a terminal's keys send to all programs of its foreground: who passes it on, sends it twice. */
const OF_KEYS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
const PASSED_ON: readonly NodeJS.Signals[] = [...OF_KEYS, 'SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGCONT'];
/** Ends after which a system writes what was in memory: once is enough. */
const WITH_CORE: readonly NodeJS.Signals[] = [
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGSYS',
];

/**
 * Runs a program in this one's place: with its input, output and signals.
 *
 * @returns its exit code; if a signal ended it, this process ends by the same
 * @throws Error when it cannot be started
 */
export function runInPlace(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const script = systemConventions().scriptCommand(file, args, env);
    const child =
      script === null
        ? spawn(file, args, { stdio: 'inherit', env })
        : spawn(script.file, script.args, { stdio: 'inherit', env, windowsVerbatimArguments: true });
    const listeners = PASSED_ON.map((signal) => {
      const pass = (): void => {
        if (!(OF_KEYS.includes(signal) && process.stdin.isTTY)) child.kill(signal);
      };
      process.on(signal, pass);
      return () => process.off(signal, pass);
    });
    const over = (): void => listeners.forEach((off) => off());
    child.on('error', (error) => {
      over();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      over();
      if (signal === null) resolve(code ?? 1);
      else endBy(signal, resolve);
    });
  });
}

function endBy(signal: NodeJS.Signals, otherwise: (code: number) => void): void {
  if (!WITH_CORE.includes(signal)) process.kill(process.pid, signal);
  // Where a signal ends nothing, as shells tell of it.
  setTimeout(otherwise, WITH_CORE.includes(signal) ? 0 : 1000, 128 + constants.signals[signal]);
}

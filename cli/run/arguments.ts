// Where the options of `run` end, and the program begins.
import type { ParseArgsConfig } from 'node:util';

/**
 * Divides the arguments of a command that another program follows: its own are before `--`, or before the first word that is no
 * option's value.
 */
export function divideArguments(
  args: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
): { readonly own: readonly string[]; readonly program: readonly string[] } {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') return { own: args.slice(0, at), program: args.slice(at + 1) };
    if (!arg.startsWith('-') || arg === '-') return { own: args.slice(0, at), program: args.slice(at) };
    const found = Object.entries(options).find(([name, { short }]) => arg === `--${name}` || arg === `-${short}`);
    if (found?.[1].type === 'string') at++;
  }
  return { own: args, program: [] };
}

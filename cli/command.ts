import { parseArgs, type ParseArgsConfig } from 'node:util';

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text of `--help`. */
  readonly help: string;
  /** The options, for completion. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** The words that may follow the command, for completion. */
  readonly words?: readonly string[];
  /** Runs the command; resolves to the exit code. */
  run(args: readonly string[], commands: readonly Command[]): Promise<number>;
}

/** The program was called with arguments that it cannot take: exit code 2. */
export class UsageError extends Error {}

/** Reads a command's arguments. An option that it does not have is a `UsageError`. */
export function readArguments<Options extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; see ws2spi ${command} --help`);
  }
}

/** Reads a whole number of an option. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError(`--${option} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return number;
}

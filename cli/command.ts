import { parseArgs, type ParseArgsConfig } from 'node:util';
import { nearestName } from '../spi/nearest-name.js';

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text of `--help`. */
  readonly help: string;
  /** The help of one of the words that may follow the command; `undefined` where there is none of its own. */
  readonly helpOf?: (word: string) => string | undefined;
  /** The options, for completion. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** The words that may follow the command, for completion. */
  readonly words?: readonly string[];
  /** What an option may be, for completion: some words, or a file. Of one that is not named, nothing is known. */
  readonly values?: Readonly<Record<string, readonly string[] | 'file'>>;
  /** The options that go with each of the words, for completion; all of them if absent. */
  readonly optionsOf?: Readonly<Record<string, readonly string[]>>;
  /** The words behind which a file may stand, for completion. */
  readonly fileWords?: readonly string[];
  /** Whether a file may follow the command, for completion. */
  readonly takesFile?: boolean;
  /** Those of the arguments that are the command's own, where those of another program follow; all of them if absent. */
  readonly ownArguments?: (args: readonly string[]) => readonly string[];
  /**
   * Runs the command; resolves to the exit code.
   *
   * @param commands loads all that there are
   */
  run(args: readonly string[], commands: () => Promise<readonly Command[]>): Promise<number>;
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
    const { code, message } = error as NodeJS.ErrnoException;
    const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'--?([^']+)'/.exec(message)?.[1] : undefined;
    if (unknown === undefined)
      throw new UsageError(`${faultOfValue(command, message, options)} (see ws2spi ${command} --help)`);
    const nearest = nearestName(unknown, [...Object.keys(options), 'help']);
    const dashes = unknown.length === 1 ? '-' : '--';
    const meant = nearest === null ? '' : `; did you mean --${nearest}?`;
    throw new UsageError(`${command} has no option ${dashes}${unknown}${meant} (see ws2spi ${command} --help)`);
  }
}

/** What is wrong with an option's value, of what parseArgs says. */
function faultOfValue(command: string, message: string, options: NonNullable<ParseArgsConfig['options']>): string {
  const option = /--([\w-]+)/.exec(message)?.[1] ?? '';
  if (!Object.hasOwn(options, option)) return message.replaceAll(/\.?\s*\n/g, '; ');
  if (options[option]!.type === 'boolean') return `${command} --${option} takes no value`;
  const dash = message.includes('ambiguous') ? `; one that begins with a dash is written --${option}=-VALUE` : '';
  return `${command} --${option} takes a value, and none stands behind it${dash}`;
}

/** Says which of the words there are was most likely meant. */
export function oneOfWords(words: readonly string[], given: string): string {
  const nearest = nearestName(given, words);
  return nearest === null ? '' : `; did you mean "${nearest}"?`;
}

/** Reads a whole number of an option. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError(`--${option} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return number;
}

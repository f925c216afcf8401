#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { nearestName } from '../spi/nearest-name.js';
import { exitCodeAfter, watchOutput } from './output.js';
import { packageVersion } from './package-version.js';
import { UsageError, type Command } from './command.js';
import { style } from './style.js';

/** The commands of the program, by name, in the order of the help; each is loaded when it is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo-command.js')).demoCommand,
  run: async () => (await import('./run-command.js')).runCommand,
  top: async () => (await import('./top-command.js')).topCommand,
  new: async () => (await import('./new-command.js')).newCommand,
  prove: async () => (await import('./prove-command.js')).proveCommand,
  catalog: async () => (await import('./catalog-command.js')).catalogCommand,
  names: async () => (await import('./names-command.js')).namesCommand,
  ports: async () => (await import('./ports-command.js')).portsCommand,
  gateway: async () => (await import('./gateway-command.js')).gatewayCommand,
  completion: async () => (await import('./completion-command.js')).completionCommand,
};

const allCommands = (): Promise<readonly Command[]> => Promise.all(Object.values(COMMANDS).map((load) => load()));

async function help(): Promise<string> {
  const names = (await allCommands()).map((command) => `  ${command.name.padEnd(12)} ${command.summary}`);
  return [
    "ws2spi: WinSock 2's service provider interface for Node.js",
    '',
    'Usage: ws2spi <command> [options]',
    '',
    'Commands:',
    ...names,
    '  help         this text, or that of a command',
    '',
    'Options:',
    '  -h, --help     this text, or that of a command',
    '  -V, --version  the version',
    '',
    'Exit codes: 0 done, 1 failed, 2 used wrongly. Colours are as FORCE_COLOR and NO_COLOR say.',
  ].join('\n');
}

async function commandOf(name: string): Promise<Command> {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!();
  const nearest = nearestName(name, Object.keys(COMMANDS));
  const meant = nearest === null ? 'see ws2spi --help' : `did you mean "${nearest}"?`;
  throw new UsageError(`there is no ${name.startsWith('-') ? 'option' : 'command'} "${name}"; ${meant}`);
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...words] = args;
  // What another program is given is none of this one's.
  const known = name !== undefined && Object.hasOwn(COMMANDS, name) ? await commandOf(name) : null;
  const rest = known?.ownArguments?.(words) ?? words;
  const wantsHelp = rest.includes('-h') || rest.includes('--help');
  if (
    name === undefined ||
    name === '-h' ||
    name === '--help' ||
    (name === 'help' && (rest.length === 0 || wantsHelp))
  ) {
    console.log(await help());
    return 0;
  }
  if (name === '-V' || name === '-v' || name === '--version' || name === 'version') {
    console.log(packageVersion());
    return 0;
  }
  if (name === 'help') {
    const asked = await commandOf(rest[0]!);
    const [, word] = rest;
    const isKnown = word === undefined || (rest.length === 2 && asked.words?.includes(word) === true);
    const text = isKnown ? ((word === undefined ? undefined : asked.helpOf?.(word)) ?? asked.help) : undefined;
    if (text === undefined) throw new UsageError(`help takes one command, not "${rest.join(' ')}"`);
    console.log(text);
    return 0;
  }
  const command = known ?? (await commandOf(name));
  // `catalog help` and `catalog help install` are what people try.
  if (wantsHelp || (rest[0] === 'help' && !(command.takesFile === true && existsSync('help')))) {
    const word = rest.find((each) => !each.startsWith('-') && each !== 'help');
    console.log((word === undefined ? undefined : command.helpOf?.(word)) ?? command.help);
    return 0;
  }
  return command.run(words, allCommands);
}

watchOutput();
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = exitCodeAfter(code);
  },
  (error: unknown) => {
    const message = `ws2spi: ${error instanceof Error ? error.message : String(error)}`;
    console.error(style('red', message, process.stderr));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);

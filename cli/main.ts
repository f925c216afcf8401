#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { nearestName } from '../spi/nearest-name.js';
import { catalogCommand } from './catalog-command.js';
import { completionCommand } from './completion-command.js';
import { demoCommand } from './demo-command.js';
import { gatewayCommand } from './gateway-command.js';
import { namesCommand } from './names-command.js';
import { newCommand } from './new-command.js';
import { exitCodeAfter, watchOutput } from './output.js';
import { packageVersion } from './package-version.js';
import { portsCommand } from './ports-command.js';
import { proveCommand } from './prove-command.js';
import { runCommand } from './run-command.js';
import { topCommand } from './top-command.js';
import { UsageError, type Command } from './command.js';
import { style } from './style.js';

/** The commands of the program, by name. */
const COMMANDS: readonly Command[] = [
  demoCommand,
  runCommand,
  topCommand,
  newCommand,
  proveCommand,
  catalogCommand,
  namesCommand,
  portsCommand,
  gatewayCommand,
  completionCommand,
];

function help(): string {
  const names = COMMANDS.map((command) => `  ${command.name.padEnd(12)} ${command.summary}`);
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

function commandOf(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const nearest = nearestName(
    name,
    COMMANDS.map((candidate) => candidate.name),
  );
  const meant = nearest === null ? 'see ws2spi --help' : `did you mean "${nearest}"?`;
  throw new UsageError(`there is no ${name.startsWith('-') ? 'option' : 'command'} "${name}"; ${meant}`);
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...words] = args;
  // What another program is given is none of this one's.
  const rest = COMMANDS.find((command) => command.name === name)?.ownArguments?.(words) ?? words;
  const wantsHelp = rest.includes('-h') || rest.includes('--help');
  if (
    name === undefined ||
    name === '-h' ||
    name === '--help' ||
    (name === 'help' && (rest.length === 0 || wantsHelp))
  ) {
    console.log(help());
    return 0;
  }
  if (name === '-V' || name === '-v' || name === '--version' || name === 'version') {
    console.log(packageVersion());
    return 0;
  }
  if (name === 'help') {
    const asked = commandOf(rest[0]!);
    const [, word] = rest;
    const isKnown = word === undefined || (rest.length === 2 && asked.words?.includes(word) === true);
    const help = isKnown ? ((word === undefined ? undefined : asked.helpOf?.(word)) ?? asked.help) : undefined;
    if (help === undefined) throw new UsageError(`help takes one command, not "${rest.join(' ')}"`);
    console.log(help);
    return 0;
  }
  const command = commandOf(name);
  // `catalog help` and `catalog help install` are what people try.
  if (wantsHelp || (rest[0] === 'help' && !(command.takesFile === true && existsSync('help')))) {
    const word = rest.find((each) => !each.startsWith('-') && each !== 'help');
    console.log((word === undefined ? undefined : command.helpOf?.(word)) ?? command.help);
    return 0;
  }
  return command.run(words, COMMANDS);
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

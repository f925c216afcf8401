#!/usr/bin/env node
import { catalogCommand } from './catalog-command.js';
import { completionCommand } from './completion-command.js';
import { demoCommand } from './demo-command.js';
import { packageVersion } from './package-version.js';
import { UsageError, type Command } from './command.js';

/** The commands of the program, by name. */
const COMMANDS: readonly Command[] = [demoCommand, catalogCommand, completionCommand];

function help(): string {
  const names = COMMANDS.map((command) => `  ${command.name.padEnd(12)} ${command.summary}`);
  return [
    "ws2spi: WinSock 2's service provider interface for Node.js",
    '',
    'Usage: ws2spi <command> [options]',
    '',
    'Commands:',
    ...names,
    '',
    'Options:',
    '  -h, --help     this text, or that of a command',
    '  -V, --version  the version',
    '',
    'Exit codes: 0 done, 1 failed, 2 used wrongly.',
  ].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '-h' || name === '--help' || name === 'help') {
    console.log(help());
    return 0;
  }
  if (name === '-V' || name === '--version') {
    console.log(packageVersion());
    return 0;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw new UsageError(`there is no command "${name}"; see ws2spi --help`);
  if (rest.includes('-h') || rest.includes('--help')) {
    console.log(command.help);
    return 0;
  }
  return command.run(rest, COMMANDS);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`ws2spi: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);

import { readArguments, UsageError, type Command } from './command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const words = [...(command.words ?? []), ...Object.keys(command.options).map((option) => `--${option}`), '--help'];
    return `    ${command.name}) COMPREPLY=($(compgen -f -W "${words.join(' ')}" -- "$word")) ;;`;
  });
  return [
    '_ws2spi() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}"',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(' ')} --help --version" -- "$word"))`,
    '    return',
    '  fi',
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac',
    '}',
    'complete -F _ws2spi ws2spi',
  ].join('\n');
}

function fish(commands: readonly Command[]): string {
  return commands
    .flatMap((command) => [
      `complete -c ws2spi -n __fish_use_subcommand -a ${command.name} -d '${command.summary.replaceAll("'", "\\'")}'`,
      ...(command.words ?? []).map(
        (word) => `complete -c ws2spi -n '__fish_seen_subcommand_from ${command.name}' -a ${word}`,
      ),
      ...Object.keys(command.options).map(
        (option) => `complete -c ws2spi -n '__fish_seen_subcommand_from ${command.name}' -l ${option}`,
      ),
    ])
    .join('\n');
}

/** Prints a completion script. */
export const completionCommand: Command = {
  name: 'completion',
  summary: 'prints a completion script for a shell',
  help: 'Usage: ws2spi completion bash|zsh|fish\n\nFor example: source <(ws2spi completion bash)',
  options: {},
  words: SHELLS,
  async run(args, commands) {
    const [shell, ...rest] = readArguments('completion', args, {}).positionals;
    if (rest.length > 0 || !SHELLS.some((known) => known === shell)) {
      throw new UsageError(`completion takes one of ${SHELLS.join(', ')}`);
    }
    if (shell === 'zsh') console.log('autoload -U +X bashcompinit && bashcompinit');
    console.log(shell === 'fish' ? fish(commands) : bash(commands));
    return 0;
  },
};

import { oneOfWords, readArguments, UsageError, type Command } from './command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

// Names of files may have blanks in them, the other words have none.
const FILES = `local IFS=$'\\n'; COMPREPLY+=($(compgen -f -- "$word"))`;

/** The spellings of an option: `--file -f`. */
function spellings(command: Command, option: string): string[] {
  const short = command.options[option]?.short;
  return [`--${option}`, ...(short === undefined ? [] : [`-${short}`])];
}

function flags(command: Command, word?: string): string {
  const options = (word === undefined ? undefined : command.optionsOf?.[word]) ?? Object.keys(command.options);
  return [...options.map((option) => `--${option}`), '--help'].join(' ');
}

function bashCase(command: Command): string[] {
  const values = Object.entries(command.options)
    .filter(([, { type }]) => type === 'string')
    .map(([option]) => {
      const known = command.values?.[option] ?? [];
      const made = known === 'file' ? FILES : `COMPREPLY=($(compgen -W "${known.join(' ')}" -- "$word"))`;
      return `        ${spellings(command, option).join('|')}) ${made}; return ;;`;
    });
  const words = (command.words ?? []).join(' ');
  const rest =
    words === ''
      ? ''
      : `      [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "${words} ${flags(command)}" -- "$word")) && return\n`;
  const ofWords = Object.keys(command.optionsOf ?? {}).map((word) => {
    const files = command.fileWords?.includes(word) === true ? `; ${FILES}` : '';
    return `        ${word}) COMPREPLY=($(compgen -W "${flags(command, word)}" -- "$word"))${files}; return ;;`;
  });
  return [
    `    ${command.name})`,
    ...(values.length === 0 ? [] : ['      case "$before" in', ...values, '      esac']),
    ...(ofWords.length === 0 ? [] : [`${rest}      case "\${COMP_WORDS[2]}" in`, ...ofWords, '      esac']),
    `${ofWords.length === 0 ? rest : ''}      COMPREPLY=($(compgen -W "${flags(command)}" -- "$word"))${command.takesFile === true ? `; ${FILES}` : ''} ;;`,
  ];
}

function bash(commands: readonly Command[]): string {
  const names = commands.map((command) => command.name).join(' ');
  return [
    '_ws2spi() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${names} help --help --version" -- "$word"))`,
    '    return',
    '  fi',
    '  case "${COMP_WORDS[1]}" in',
    `    help) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "${names}" -- "$word")) ;;`,
    ...commands.flatMap(bashCase),
    '  esac',
    '}',
    'complete -o filenames -F _ws2spi ws2spi',
  ].join('\n');
}

// The words behind which an option may stand.
function wordsWith(command: Command, option: string): string[] {
  return Object.entries(command.optionsOf ?? {}).flatMap(([word, options]) => (options.includes(option) ? [word] : []));
}

function behind(command: Command, words: readonly string[]): string {
  const both = `__fish_seen_subcommand_from ${command.name}; and __fish_seen_subcommand_from ${words.join(' ')}`;
  return `complete -c ws2spi -n '${both}'`;
}

// Where a word is chosen, no other is offered.
function firstWord(command: Command, here: string): string {
  if (command.optionsOf === undefined) return here;
  const none = `not __fish_seen_subcommand_from ${command.words!.join(' ')}`;
  return `complete -c ws2spi -n '__fish_seen_subcommand_from ${command.name}; and ${none}'`;
}

function fish(commands: readonly Command[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const names = commands.map((command) => command.name).join(' ');
  return [
    'complete -c ws2spi -f',
    'complete -c ws2spi -n __fish_use_subcommand -l help',
    'complete -c ws2spi -n __fish_use_subcommand -l version',
    `complete -c ws2spi -n __fish_use_subcommand -a help -d 'the help of a command'`,
    `complete -c ws2spi -n '__fish_seen_subcommand_from help' -a ${quoted(names)}`,
    ...commands.flatMap((command) => {
      const here = `complete -c ws2spi -n '__fish_seen_subcommand_from ${command.name}'`;
      return [
        `complete -c ws2spi -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`,
        ...(command.words === undefined ? [] : [`${firstWord(command, here)} -a ${quoted(command.words.join(' '))}`]),
        ...(command.fileWords === undefined ? [] : [`${behind(command, command.fileWords)} -F`]),
        ...(command.takesFile === true ? [`${here} -F`] : []),
        ...Object.entries(command.options).map(([option, { type, short }]) => {
          const known = command.values?.[option];
          const value = known === 'file' ? ' -r -F' : known === undefined ? ' -x' : ` -x -a ${quoted(known.join(' '))}`;
          const place = command.optionsOf === undefined ? here : behind(command, wordsWith(command, option));
          return `${place} -l ${option}${short === undefined ? '' : ` -s ${short}`}${type === 'string' ? value : ''}`;
        }),
        `${here} -l help`,
      ];
    }),
  ].join('\n');
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
      throw new UsageError(`completion takes one of ${SHELLS.join(', ')}${oneOfWords(SHELLS, shell ?? '')}`);
    }
    if (shell === 'zsh') console.log('autoload -U +X bashcompinit && bashcompinit');
    const all = await commands();
    console.log(shell === 'fish' ? fish(all) : bash(all));
    return 0;
  },
};

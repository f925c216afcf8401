// resolv.conf: which servers are asked, how often, and what is put behind short names (resolv.conf(5)).
import { parseServer, type ServerAddress } from './server-address.js';
import { toWireName } from './names.js';

/** What decides over how names are asked for. */
export interface ResolverSettings {
  /** The servers, in the order in which they are asked; at least one. */
  readonly servers: readonly ServerAddress[];
  /** What is put behind names that are not asked for as they are, or not found so. */
  readonly search: readonly string[];
  /** A name with so many dots is asked for as it is first; 0 to 15. */
  readonly ndots: number;
  /** How long one server is waited for, in milliseconds; 1 s to 30 s. */
  readonly timeout: number;
  /** How often all servers are asked before the question is given up; 1 to 5. */
  readonly attempts: number;
  /** Whether each question begins with another server. */
  readonly rotate: boolean;
  /** Whether every question goes by TCP at once. */
  readonly streams: boolean;
  /** Whether a name without a dot may be asked for as it is. */
  readonly bareNames: boolean;
  /** Whether IPv6 addresses are asked for at all. */
  readonly sixes: boolean;
}

/** A line that says nothing sensible, or only in part. */
export interface ResolvConfProblem {
  /** From 1. */
  readonly line: number;
  /** What is wrong, and with which word. */
  readonly message: string;
}

/** What a file says, and what is wrong with it. */
export interface ResolvConf {
  /** What the file leaves open is absent. */
  readonly settings: Partial<ResolverSettings>;
  readonly problems: readonly ResolvConfProblem[];
}

/** What holds where nothing else is said, as with the C library's resolver. */
export const DEFAULT_SETTINGS: Omit<ResolverSettings, 'servers' | 'search'> = {
  ndots: 1,
  timeout: 5000,
  attempts: 2,
  rotate: false,
  streams: false,
  bareNames: true,
  sixes: true,
};

/** What is kept and looked at of a file, which may be anything: it is read within a turn of the event loop. */
const MOST_CHARACTERS = 65_536;
const MOST_LINES = 4096;
const MOST_SERVERS = 16;
const MOST_SERVER_LINES = 64;
const MOST_DOMAINS = 32;
const MOST_PROBLEMS = 20;

type Draft = { -readonly [K in keyof ResolverSettings]?: ResolverSettings[K] };
type OptionReader = (draft: Draft, value: number) => void;

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** Options with a number behind a colon. */
const NUMBERED: Readonly<Record<string, OptionReader>> = {
  ndots: (draft, value) => (draft.ndots = within(value, 0, 15)),
  timeout: (draft, value) => (draft.timeout = within(value, 1, 30) * 1000),
  attempts: (draft, value) => (draft.attempts = within(value, 1, 5)),
};

const PLAIN: Readonly<Record<string, (draft: Draft) => void>> = {
  rotate: (draft) => (draft.rotate = true),
  'use-vc': (draft) => (draft.streams = true),
  'no-tld-query': (draft) => (draft.bareNames = false),
  'no-aaaa': (draft) => (draft.sixes = false),
};

/** Options of the C library that change nothing here: what they ask for is done anyhow, or is about its inside. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'edns0',
  'inet6',
  'ip6-bytestring',
  'ip6-dotint',
  'no-check-names',
  'no-ip6-dotint',
  'no-reload',
  'single-request',
  'single-request-reopen',
  'trust-ad',
]);

/**
 * Reads the text of a resolv.conf. Lines that say nothing sensible are left out, and named: the first 20 of them. What stands
 * behind the first 64 KiB or 4,096 lines is left out, too.
 *
 * @param text the file's
 * @returns what it says, and what is wrong with it
 */
export function parseResolvConf(text: string): ResolvConf {
  const draft: Draft = {};
  const servers: ServerAddress[] = [];
  const problems: ResolvConfProblem[] = [];
  let at = 0;
  let serverLines = 0;
  const problem = (message: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push({ line: at, message });
  };

  const read = text.length <= MOST_CHARACTERS ? text : text.slice(0, text.lastIndexOf('\n', MOST_CHARACTERS) + 1);
  const lines = read.split(/\r\n|\r|\n/);
  for (const line of lines.slice(0, MOST_LINES)) {
    at++;
    const [keyword = '', ...words] = line
      .replace(/[#;].*/s, '')
      .trim()
      .split(/\s+/);
    if (keyword === '') continue;
    switch (keyword) {
      case 'nameserver': {
        // What an interface is called costs a look at all of them.
        if (++serverLines > MOST_SERVER_LINES) break;
        const server = parseServer(words[0] ?? '');
        if (server === null || words.length > 1) problem(`"${shown(words.join(' '))}" is not the address of a server`);
        else if (servers.length >= MOST_SERVERS) problem(`more than ${MOST_SERVERS} servers`);
        else servers.push(server);
        break;
      }
      case 'domain':
      case 'search':
        // The last of these lines holds.
        draft.search = domains(keyword === 'domain' ? words.slice(0, 1) : words, problem);
        if (words.length === 0) problem(`${keyword} without a name`);
        break;
      case 'options':
        for (const word of words) readOption(draft, word, problem);
        break;
      case 'sortlist':
        problem('sortlist is not carried out: addresses are ordered by RFC 6724');
        break;
      default:
        problem(`"${shown(keyword)}" is not a keyword`);
    }
  }
  if (read.length < text.length || lines.length > MOST_LINES) {
    const message = `what follows is not read: it has more than ${MOST_CHARACTERS / 1024} KiB, or ${MOST_LINES} lines`;
    problems.splice(MOST_PROBLEMS - 1, 1, { line: at, message });
  }
  return { settings: servers.length === 0 ? draft : { ...draft, servers }, problems };
}

function domains(words: readonly string[], problem: (message: string) => void): string[] {
  const found: string[] = [];
  if (words.length > MOST_DOMAINS) problem(`more than ${MOST_DOMAINS} domains`);
  for (const word of words.slice(0, MOST_DOMAINS)) {
    const name = word === '.' ? '' : toWireName(word);
    if (name === null) problem(`"${shown(word)}" is not a domain`);
    else found.push(name);
  }
  return found;
}

function readOption(draft: Draft, word: string, problem: (message: string) => void): void {
  const [name = '', value] = word.split(':', 2);
  const numbered = Object.hasOwn(NUMBERED, name) ? NUMBERED[name] : undefined;
  if (numbered !== undefined) {
    if (value !== undefined && /^\d{1,9}$/.test(value)) numbered(draft, Number(value));
    else problem(`option ${name} wants a number, as in "${name}:1"`);
    return;
  }
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (plain !== undefined) plain(draft);
  else if (!WITHOUT_EFFECT.has(name)) problem(`"${shown(word)}" is not an option`);
}

/** A word of a file that may be anything, fit for a message. */
function shown(word: string): string {
  const plain = word.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain;
}

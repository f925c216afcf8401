// Names of packages, and what follows from them.
import { builtinModules } from 'node:module';
import { UsageError } from '../command.js';

/** npm has 214; a layer's name, which goes with others into that of a chain, 128. */
const LONGEST = 100;
const PART = '[a-z0-9~-][a-z0-9._~-]*';
const NAME = new RegExp(`^(?:@${PART}/)?${PART}$`);

/** What no package may be called: npm and Node.js mean something else by it. */
const TAKEN = ['node_modules', 'favicon.ico', 'ws2spi', ...builtinModules];

/** What no folder can be called on Windows, with any extension: names of devices, and what ends with a dot. */
const NO_FOLDER = /(?:^|\/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.[^/]*)?$|\.(?:\/|$)/;

/** Words of JavaScript and TypeScript that are no names, and those that the templates use themselves. */
const USED = new Set(
  (
    'arguments async await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield undefined NaN Infinity ' +
    'test assert ref stack run name entry skip skips clock options cases chains ws2 all send receive lost finish network ' +
    'defineLayer defineNameSpace testProvider testNameSpace verifyCodec createTestInstance connectedPair createWs2_32 ' +
    'addNameSpace createWSPStartup baseProviderStartup crc32 Buffer Object Math Map Set Uint8Array URL spi totals hosts'
  ).split(' '),
);

/**
 * Looks whether a package may be called so.
 *
 * @throws UsageError that says why not, and what would do
 */
export function checkPackageName(name: string): void {
  const fault = faultOf(name);
  if (fault === null) return;
  const better = suggestion(name);
  const cure = better === null ? '' : `; ${JSON.stringify(better)} would do`;
  throw new UsageError(`a package cannot be called ${shown(name)}: ${fault}${cure}`);
}

function faultOf(name: string): string | null {
  if (name === '') return 'a name has at least one character';
  if (name.length > LONGEST) return `a name has at most ${LONGEST} characters, this one has ${name.length}`;
  if (TAKEN.includes(name)) return 'that is the name of something else';
  if (/[A-Z]/.test(name)) return 'capitals are not allowed';
  if (/^(?:@[^/]*\/)?[._]/.test(name)) return 'a name does not begin with a dot or an underscore';
  if (NAME.test(name)) return NO_FOLDER.test(name) ? 'Windows has no folder of that name' : null;
  return 'it is made of small letters, digits, "-", "_" and ".", perhaps behind a scope: @me/name';
}

/** A name like the one that was given that will do. */
function suggestion(name: string): string | null {
  const plain = name.normalize('NFKD').toLowerCase().replaceAll(/\p{M}/gu, '');
  const [, scope = '', rest = ''] = /^(@[a-z0-9][a-z0-9._~-]*\/)?([^]*)$/.exec(plain)!;
  const better = rest.replaceAll(/[^a-z0-9._~]+/g, '-').replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  const free = `${scope}${better}`;
  const another = TAKEN.includes(free) || NO_FOLDER.test(free) ? `${scope}my-${better}` : free;
  return another !== name && faultOf(another) === null ? another : null;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}

/** A package's name without its scope. */
export function titleOf(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/**
 * A title as a name in JavaScript.
 *
 * @param suffix what is put behind it if it is a word of the language, or of the templates
 */
export function identifierOf(title: string, suffix: string): string {
  const joined = title
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .map((word, at) => (at === 0 ? word : `${word[0]!.toUpperCase()}${word.slice(1)}`))
    .join('');
  if (joined === '') return suffix.toLowerCase();
  if (/^\d/.test(joined)) return `${suffix.toLowerCase()}${joined}`;
  return USED.has(joined) ? `${joined}${suffix}` : joined;
}

// WS2SPI_TRACE: what a trace is to be of programs that nobody edits.
import { nearestName } from '../spi/nearest-name.js';
import { TRACE_FORMATS, type TraceFormatName } from './trace.js';

/** What WS2SPI_TRACE says. */
export interface TraceSettings {
  readonly format: TraceFormatName;
  /** The file; `null` for standard error. */
  readonly path: string | null;
  /** The names of functions, `*` for any letters; `null` for all. */
  readonly match: readonly string[] | null;
  readonly contents: number;
  readonly secrets: boolean;
}

const OPTIONS = ['match', 'contents', 'secrets'] as const;

/** What there is, for who wrote something else. */
const TRACE_USAGE =
  'WS2SPI_TRACE is lines, json or perfetto, with :file behind it for another place than standard error, then, each after a ' +
  'semicolon, match=WSPSend,WSP*, contents=64 (bytes of what is transferred), secrets=yes: ' +
  "WS2SPI_TRACE='json:out.jsonl;match=send,recv'";

/**
 * Reads the value of WS2SPI_TRACE.
 *
 * @returns what it says; `null` for no trace: empty, `0` or `off`
 * @throws TypeError that says what is wrong, and what there is
 */
export function readTraceSettings(value: string): TraceSettings | null {
  const text = value.trim();
  if (text === '' || text === '0' || text === 'off') return null;
  // A name with = behind a separator begins an option: what lies before may be a path with anything else in it.
  const pieces = text.split(/[;,&\s]+(?=[A-Za-z]+=)/);
  const [, format = '', path] = /^([^:;]*)(?::(.*))?$/s.exec(pieces[0]!.replace(/;+$/, '')) ?? [];
  if (!isFormat(format)) refuse(`there is no format ${JSON.stringify(format)}${meant(format, TRACE_FORMATS)}`);
  if (path === '') refuse(`behind ${format}: there is no file`);
  const settings = { format, path: path ?? null, match: null as string[] | null, contents: 0, secrets: false };
  for (const piece of pieces.slice(1)) {
    const at = piece.indexOf('=');
    const [name, given] = [piece.slice(0, at), piece.slice(at + 1).replace(/;+$/, '')];
    switch (name) {
      case 'match':
        settings.match = given.split(',').filter((each) => each !== '');
        if (settings.match.length === 0) refuse('match= has no name of a function');
        break;
      case 'contents':
        if (!/^\d{1,9}$/.test(given)) refuse(`contents= is a number of bytes, not ${JSON.stringify(given)}`);
        settings.contents = Number(given);
        break;
      case 'secrets':
        if (!['yes', 'no'].includes(given)) refuse(`secrets= is yes or no, not ${JSON.stringify(given)}`);
        settings.secrets = given === 'yes';
        break;
      default:
        refuse(`there is no option ${JSON.stringify(name)}${meant(name, OPTIONS)}`);
    }
  }
  return settings;
}

/** What was most likely meant; what else there is, the usage says. */
function meant(given: string, words: readonly string[]): string {
  const nearest = nearestName(given, words);
  return nearest === null ? '' : `: did you mean "${nearest}"?`;
}

function isFormat(text: string): text is TraceFormatName {
  return (TRACE_FORMATS as readonly string[]).includes(text);
}

/** Refuses the value, and says what there is. */
function refuse(what: string): never {
  throw new TypeError(withUsage(what));
}

/** What is wrong, and what there is, in one text. */
export function withUsage(what: string): string {
  return `${what}${what.endsWith('?') ? '' : '.'} ${TRACE_USAGE}`;
}

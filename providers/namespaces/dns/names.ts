// Names: as they go over the wire, which are to be asked for, and which never leave the machine.
import { domainToASCII } from 'node:url';

const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;

/**
 * Makes of a name what is asked for: names beyond ASCII by IDNA, without the dot at the end.
 *
 * @param text a name as people write it
 * @returns the name; `null` when it is empty or too long, has empty labels or ones that are too long, or characters that
 *   belong in no name
 */
export function toWireName(text: string): string | null {
  const ascii = /^[\x00-\x7f]*$/.test(text) ? text : domainToASCII(text);
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (name.length === 0 || name.length > LONGEST_NAME) return null;
  let label = 0;
  for (let i = 0; i < name.length; i++) {
    const character = name.charCodeAt(i);
    if (character === DOT) {
      if (label === 0) return null;
      label = 0;
    } else if (character <= 0x20 || character >= 0x7f || character === BACKSLASH || ++label > LONGEST_LABEL) {
      return null;
    }
  }
  return label === 0 ? null : name;
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** Whether a name that a server gave may be shown to applications as a host's (RFC 952, RFC 1123; underscores too). */
export function isHostName(name: string): boolean {
  return name.length <= LONGEST_NAME && HOST_NAME.test(name);
}

// Labels of 1 to 63 characters; the first and the last character of all is no hyphen.
const HOST_NAME = /^(?!-)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{0,62}[a-z0-9_]$/i;

/** Whether a name is this machine's, whatever servers say (RFC 6761). */
export function isLocalhost(name: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(name);
}

/**
 * Names that are answered without asking anybody (RFC 6761, RFC 7686): those below `localhost` are this machine's, and
 * no server has any of the others.
 */
const NEVER_ASKED = /(?:^|\.)(?:localhost|invalid|onion)$/i;

/** Whether a name is of a kind that must not be asked for. */
function isNeverAsked(name: string): boolean {
  return NEVER_ASKED.test(name);
}

/** What the search list makes of a name. */
export interface SearchRules {
  readonly search: readonly string[];
  readonly ndots: number;
  readonly bareNames: boolean;
}

/**
 * The names to ask for, one after the other, until one is found (resolv.conf(5)).
 *
 * @param text the name as it was asked for; a dot at its end says that it is complete
 * @param rules what the search list makes of it
 * @returns the names, without the dot at the end; none when the name cannot be asked for
 */
export function candidates(text: string, { search, ndots, bareNames }: SearchRules): readonly string[] {
  const name = toWireName(text);
  if (name === null || isNeverAsked(name)) return [];
  if (text.endsWith('.')) return [name];
  let dots = 0;
  for (let i = name.indexOf('.'); i >= 0; i = name.indexOf('.', i + 1)) dots++;
  const asIs = dots > 0 || bareNames ? [name] : [];
  if (search.length === 0) return asIs;
  const longer = search
    .map((domain) => (domain === '' ? name : `${name}.${domain}`))
    .filter((each) => each.length <= LONGEST_NAME && each !== name);
  return dots >= ndots ? [...asIs, ...longer] : [...longer, ...asIs];
}

/** An end of a name by whole labels: in lower case, and as it was asked for. */
interface NameEnd {
  readonly lower: string;
  readonly asked: string;
}

/**
 * Gives names out of an answer the spelling of the question where they end alike: servers point into the question, whose
 * case was mixed. An answer may have thousands.
 */
export class AskedSpelling {
  // The longest first.
  readonly #ends: NameEnd[] = [];

  /** @param asked the question's name, as it was asked for */
  constructor(asked: string) {
    const lower = asked.toLowerCase();
    for (let at = 0; at >= 0; at = nextLabel(lower, at)) {
      this.#ends.push({ lower: lower.slice(at), asked: asked.slice(at) });
    }
  }

  /** @param name from the answer */
  of(name: string): string {
    const lower = name.toLowerCase();
    for (const { lower: end, asked } of this.#ends) {
      if (!lower.endsWith(end)) continue;
      const before = lower.length - end.length;
      if (before === 0) return asked;
      if (lower.charCodeAt(before - 1) === DOT) return name.slice(0, before) + asked;
    }
    return name;
  }
}

function nextLabel(name: string, at: number): number {
  const dot = name.indexOf('.', at);
  return dot < 0 ? -1 : dot + 1;
}

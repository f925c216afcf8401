// What is put in the place of secrets, and of what is never twice the same, in a stream that comes in pieces.
import { flagsOf, partialPattern } from './partial-pattern.js';

/** What is looked for, and what is put in its place. */
export interface SubstitutionRule {
  /**
   * A text; or an expression, which sees a character for each byte (those of UTF-8 beyond ASCII are several, `\xc3\xa9`).
   */
  readonly pattern: string | RegExp;
  /** What is put in its place; `$1` to `$9` are the groups of an expression, `$&` all of it, `$$` a dollar. */
  readonly replacement: string;
}

/** The most bytes that are held back because they may be the beginning of a match. */
const MOST_HELD = 4 * 1024;
/** The most bytes of a match that comes in pieces and goes on. */
const LONGEST_MATCH = 64 * 1024;
/** So much of what went before is kept for expressions that look back. */
const BEHIND = 64;

interface Rule {
  readonly whole: RegExp;
  /** The same, at one place alone. */
  readonly here: RegExp;
  readonly partial: RegExp;
  readonly replacement: string;
}

/** Rules, ready to be applied. */
export class Substitution {
  readonly #rules: readonly Rule[];

  /** @param rules of which the first wins where two match at one place */
  constructor(rules: readonly SubstitutionRule[]) {
    this.#rules = rules.map(({ pattern, replacement }) => {
      const expression = typeof pattern === 'string' ? new RegExp(literal(pattern)) : pattern;
      return {
        whole: new RegExp(expression.source, flagsOf(expression)),
        here: new RegExp(expression.source, flagsOf(expression).replace('g', 'y')),
        partial: partialPattern(expression),
        replacement: Buffer.from(replacement).toString('latin1'),
      };
    });
  }

  /** Begins with one direction of a connection. */
  stream(): SubstitutedStream {
    return new SubstitutedStream(this.#rules);
  }

  /** Applies the rules to bytes that are all there are, such as a datagram. */
  applyTo(bytes: Uint8Array): Buffer {
    const stream = this.stream();
    return Buffer.concat([stream.push(bytes), stream.end()]);
  }
}

/** A text as an expression for its bytes. */
function literal(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

interface Match {
  readonly rule: Rule;
  readonly index: number;
  readonly groups: RegExpExecArray;
}

/**
 * One direction of a connection, in which matches are replaced however it is cut into pieces. What may be the beginning of a
 * match is held back until it is decided. A match that ends with what has come is replaced at once; what comes next and
 * would have been a part of it is left out.
 */
export class SubstitutedStream {
  /** What went before, in the place of which something may have been put. */
  #behind = '';
  /** What is held back. */
  #held = '';
  /** The match that ended with what had come. */
  #open: { readonly rule: Rule; readonly text: string; readonly behind: string } | null = null;

  /** @param rules ready to be applied */
  constructor(private readonly rules: readonly Rule[]) {}

  /** Takes more bytes. Returns what is decided. */
  push(bytes: Uint8Array): Buffer {
    const came = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    return Buffer.from(this.#replace(this.#held + this.#goOn(came), false), 'latin1');
  }

  /** Nothing more comes. Returns what was held back. */
  end(): Buffer {
    return Buffer.from(this.#replace(this.#held, true), 'latin1');
  }

  /** Leaves out what belongs to a match that was replaced already. Returns the rest. */
  #goOn(came: string): string {
    const open = this.#open;
    if (open === null || came === '') return came;
    const { rule, behind } = open;
    const text = open.text + came;
    const length = lengthAt(rule, behind + text, behind.length);
    const goesOn = length === text.length && length < LONGEST_MATCH;
    this.#open = goesOn ? { rule, text, behind } : null;
    const taken = Math.max(length, open.text.length);
    if (!goesOn) this.#behind = (behind + text.slice(0, taken)).slice(-BEHIND);
    return text.slice(taken);
  }

  #replace(held: string, ends: boolean): string {
    const text = this.#behind + held;
    let at = this.#behind.length;
    let decided = '';
    let undecided = -1;
    for (;;) {
      if (undecided < at) undecided = ends ? text.length : this.#undecidedFrom(text, at);
      const match = this.#next(text, at);
      if (match !== null && !ends && endsWith(text, match) && !stands(text, match))
        undecided = Math.min(undecided, match.index);
      else if (match !== null && match.index === undecided && endsWith(text, match)) undecided = text.length;
      if (match === null || match.index >= undecided) {
        decided += text.slice(at, undecided);
        at = undecided;
        break;
      }
      const matched = match.groups[0];
      decided += text.slice(at, match.index) + filledIn(match);
      at = match.index + matched.length;
      if (at === text.length) {
        this.#open = { rule: match.rule, text: matched, behind: text.slice(0, match.index).slice(-BEHIND) };
        break;
      }
    }
    this.#held = text.slice(at);
    this.#behind = text.slice(Math.max(0, at - BEHIND), at);
    return decided;
  }

  /** The first match from a place on that is not empty. */
  #next(text: string, from: number): Match | null {
    let first: Match | null = null;
    for (const rule of this.rules) {
      let groups: RegExpExecArray | null;
      rule.whole.lastIndex = from;
      do {
        groups = rule.whole.exec(text);
        if (groups?.[0] === '') rule.whole.lastIndex++;
      } while (groups?.[0] === '');
      if (groups !== null && (first === null || groups.index < first.index))
        first = { rule, index: groups.index, groups };
    }
    return first;
  }

  /** Where what may be the beginning of a match begins; the end of the text when there is none. */
  #undecidedFrom(text: string, from: number): number {
    let first = text.length;
    for (const { partial } of this.rules) {
      partial.lastIndex = Math.max(from, text.length - MOST_HELD);
      const match = partial.exec(text);
      if (match !== null && match.index < first) first = match.index;
    }
    return first;
  }
}

/** How long a match at a place is; 0 for none. */
function lengthAt({ here }: Rule, text: string, index: number): number {
  here.lastIndex = index;
  return here.exec(text)?.[0].length ?? 0;
}

/** Whether a match at the end is one whatever comes next: not so where that decides whether a word ends. */
function stands(text: string, { rule, index, groups }: Match): boolean {
  return ['x', ' '].every((next) => lengthAt(rule, text + next, index) >= groups[0].length);
}

function endsWith(text: string, { index, groups }: Match): boolean {
  return index + groups[0].length === text.length;
}

function filledIn({ rule, groups }: Match): string {
  const { replacement } = rule;
  if (!replacement.includes('$')) return replacement;
  return replacement.replace(/\$([\d$&])/g, (_, which: string) =>
    which === '$' ? '$' : which === '&' ? groups[0] : (groups[Number(which)] ?? ''),
  );
}

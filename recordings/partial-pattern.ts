// Regular expressions that also match what may become a match.

/** The end of the text, whatever the flags. */
const END = '(?![^])';

/**
 * Makes an expression whose matches end with the text: those of another one, and what may be the beginning of one. Each
 * part of the pattern may be replaced by the end of the text.
 *
 * @param pattern an expression
 */
export function partialPattern(pattern: RegExp): RegExp {
  return new RegExp(`(?:${new PartialSource(pattern).alternatives()})${END}`, flagsOf(pattern));
}

/** The flags of an expression that is searched for all through a text. */
export function flagsOf({ flags }: RegExp): string {
  return `${flags.replace(/[gyd]/g, '')}g`;
}

class PartialSource {
  #at = 0;
  readonly #source: string;
  readonly #nestedClasses: boolean;

  constructor(pattern: RegExp) {
    this.#source = pattern.source;
    this.#nestedClasses = pattern.flags.includes('v');
  }

  /** Everything up to a closing parenthesis, which is left where it is, or the end. */
  alternatives(): string {
    let partial = '';
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#source[this.#at] === '|') partial += this.#take(1);
      else partial += this.#part();
    }
    return partial;
  }

  #take(length: number): string {
    const taken = this.#source.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  #matchHere(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return this.#take(pattern.exec(this.#source)?.[0].length ?? 0);
  }

  /** One part with what says how often it may be there. */
  #part(): string {
    const character = this.#source[this.#at]!;
    if (character === '^') return this.#take(1);
    const atom = character === '(' ? this.#group() : character === '[' ? this.#class() : this.#atom(character);
    if (atom.startsWith('(?!') || atom.startsWith('(?<!') || atom.startsWith('(?<=')) return atom;
    const often = this.#matchHere(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y);
    return `(?:${atom}|${END})${often}`;
  }

  #atom(character: string): string {
    if (character === '\\')
      return this.#matchHere(
        /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|u\{[\da-fA-F]+\}|c[A-Za-z]|k<[^>]*>|[pP]\{[^}]*\}|\d+|[^])/y,
      );
    return this.#matchHere(/[\ud800-\udbff][\udc00-\udfff]|[^]/y);
  }

  #class(): string {
    const from = this.#at;
    let depth = 0;
    for (; this.#at < this.#source.length; this.#at++) {
      const character = this.#source[this.#at];
      if (character === '\\') this.#at++;
      else if (character === '[' && (depth === 0 || this.#nestedClasses)) depth++;
      else if (character === ']' && --depth === 0) break;
    }
    this.#at++;
    return this.#source.slice(from, this.#at);
  }

  #group(): string {
    const from = this.#at;
    const opening = this.#matchHere(/\((?:\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]*:))?/y);
    const inside = this.alternatives();
    this.#take(1);
    // What must not be there, or has been there before, is as it is.
    const isAsWritten = opening === '(?!' || opening.startsWith('(?<=') || opening.startsWith('(?<!');
    return isAsWritten ? this.#source.slice(from, this.#at) : `${opening}${inside})`;
  }
}

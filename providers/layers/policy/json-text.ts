// JSON that remembers where everything stands, so that whoever wrote a wrong value is led to it. Strict as `JSON.parse`, and
// stricter: a name that an object has twice is refused, since whoever reads the text sees one of two.

/** A value, and where in the text it begins. */
export type JsonNode =
  | { readonly kind: 'object'; readonly at: number; readonly members: ReadonlyMap<string, JsonMember> }
  | { readonly kind: 'list'; readonly at: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'text'; readonly at: number; readonly value: string }
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | { readonly kind: 'word'; readonly at: number; readonly value: boolean | null };

/** A member of an object. */
export interface JsonMember {
  /** Where its name begins. */
  readonly at: number;
  readonly value: JsonNode;
}

/** The text is not JSON, or not what it should be. */
export class JsonFault extends Error {
  /**
   * Says what is wrong.
   *
   * @param at where in the text
   */
  constructor(
    readonly at: number,
    what: string,
  ) {
    super(what);
  }
}

/** How deep objects and lists may lie in each other. */
const DEEPEST = 32;

const SPACE = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
const WORD = /[A-Za-z_]+/y;

/**
 * Reads a text.
 *
 * @throws JsonFault that says where it stops being JSON, and what is there
 */
export function parseJson(text: string): JsonNode {
  return new Parser(text).parse();
}

/** The line and the column, each from 1, of a place in a text. */
export function lineAndColumn(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  parse(): JsonNode {
    this.#skip();
    if (this.#at === this.text.length) throw this.#fault('it is empty');
    const node = this.#value(0);
    this.#skip();
    if (this.#at < this.text.length) throw this.#fault(`nothing may follow, and there is ${this.#here()}`);
    return node;
  }

  #value(depth: number): JsonNode {
    if (depth > DEEPEST) throw this.#fault(`it is more than ${DEEPEST} deep`);
    const at = this.#at;
    const first = this.text[at];
    if (first === '{') return { kind: 'object', at, members: this.#members(depth) };
    if (first === '[') return { kind: 'list', at, items: this.#items(depth) };
    if (first === '"') return { kind: 'text', at, value: this.#string() };
    const number = this.#match(NUMBER);
    if (number !== null) return { kind: 'number', at, value: Number(number) };
    const word = this.#match(WORD);
    if (word !== null && Object.hasOwn(WORDS, word)) return { kind: 'word', at, value: WORDS[word]! };
    this.#at = at;
    throw this.#fault(`a value should be here, and there is ${this.#here()}`);
  }

  #members(depth: number): Map<string, JsonMember> {
    const members = new Map<string, JsonMember>();
    this.#at++;
    this.#skip();
    if (this.#take('}')) return members;
    for (;;) {
      const at = this.#at;
      if (this.text[at] !== '"')
        throw this.#fault(`a name in double quotes should be here, and there is ${this.#here()}`);
      const name = this.#string();
      if (members.has(name)) throw new JsonFault(at, `${JSON.stringify(name)} is there twice`);
      this.#skip();
      if (!this.#take(':')) throw this.#fault(`a colon should be here, and there is ${this.#here()}`);
      this.#skip();
      members.set(name, { at, value: this.#value(depth + 1) });
      this.#skip();
      if (this.#take('}')) return members;
      if (!this.#take(',')) throw this.#fault(`a comma or } should be here, and there is ${this.#here()}`);
      this.#skip();
    }
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#at++;
    this.#skip();
    if (this.#take(']')) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      this.#skip();
      if (this.#take(']')) return items;
      if (!this.#take(',')) throw this.#fault(`a comma or ] should be here, and there is ${this.#here()}`);
      this.#skip();
    }
  }

  #string(): string {
    const quoted = this.#match(TEXT);
    if (quoted === null) throw this.#fault('a text begins here that does not end on its line, or has a wrong \\');
    return JSON.parse(quoted) as string;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }

  #skip(): void {
    this.#match(SPACE);
  }

  #take(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #here(): string {
    const rest = this.text.slice(this.#at, this.#at + 20);
    if (rest === '') return 'the end';
    if (rest.startsWith('//') || rest.startsWith('/*') || rest.startsWith('#')) {
      return 'a comment, which JSON has none of: write "comment": "…"';
    }
    return JSON.stringify(/^\w+|^./su.exec(rest)![0]);
  }

  #fault(what: string): JsonFault {
    return new JsonFault(this.#at, what);
  }
}

// The grammar of a layer in one text: `NAME`, `NAME:main option,other=value,flag`, `NAME:{"json":"options"}`.

/** One thing behind the colon. */
export interface TextItem {
  /** The option's name; `null` when there is none before the value. */
  readonly name: string | null;
  readonly value: string;
}

/** A layer's text in its parts. */
export interface LayerText {
  /** A name of this package's, or where a module is. */
  readonly layer: string;
  /** The items behind the colon, or the options as an object of JSON. */
  readonly options: readonly TextItem[] | Readonly<Record<string, unknown>>;
}

const OPTION_NAME = /^\s*([A-Za-z_]\w*)\s*=/;
const FILE = /^(?:file:|\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])/;
const SCRIPT_END = /\.[cm]?[jt]s(?=:|$)/;
const DRIVE = /^[A-Za-z]:(?=[\\/])/;

/** Whether a layer is named by where its file is. */
export function isFile(layer: string): boolean {
  return FILE.test(layer);
}

/**
 * Reads a layer's text.
 *
 * @throws Error that says what is wrong with it; it shows no option, for they may be secrets
 */
export function parseLayerText(text: string): LayerText {
  const colon = colonOf(text);
  const layer = (colon < 0 ? text : text.slice(0, colon)).trim().replace(/^(?:di:)?layers\//, '');
  if (layer === '') throw new Error('a layer has a name: NAME, or NAME:OPTIONS');
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  if (rest.trimStart().startsWith('{')) return { layer, options: readJson(layer, rest) };
  return { layer, options: rest.trim() === '' ? [] : readItems(layer, rest) };
}

/** Where the name ends: at the first colon that is none of a drive, a URL's scheme, or `di:`. */
function colonOf(text: string): number {
  const skipped = text.startsWith('di:') ? 3 : text.startsWith('file:') ? 5 : DRIVE.test(text) ? 2 : 0;
  const script = isFile(text) ? SCRIPT_END.exec(text) : null;
  return text.indexOf(':', script === null ? skipped : script.index + script[0].length);
}

function readJson(layer: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    // What JSON.parse says quotes the text.
    throw new Error(`the options of the layer ${layer} begin as JSON does, and are none`, { cause });
  }
}

function readItems(layer: string, text: string): TextItem[] {
  const items: TextItem[] = [];
  for (let at = 0; at <= text.length;) {
    const named = OPTION_NAME.exec(text.slice(at));
    if (named !== null) at += named[0].length;
    const { value, end } = readValue(layer, text, at);
    items.push({ name: named?.[1] ?? null, value });
    at = end + 1;
  }
  return items;
}

/** A value up to the next comma, or in quotes: in them commas stand for themselves, and a quote is doubled. */
function readValue(layer: string, text: string, from: number): { value: string; end: number } {
  const start = from + /^\s*/.exec(text.slice(from))![0].length;
  const quote = text[start];
  if (quote !== '"' && quote !== "'") {
    const comma = text.indexOf(',', from);
    const end = comma < 0 ? text.length : comma;
    return { value: text.slice(from, end).trim(), end };
  }
  let value = '';
  for (let at = start + 1; ;) {
    const close = text.indexOf(quote, at);
    if (close < 0) throw new Error(`an option of the layer ${layer} begins with ${quote}, and does not end with one`);
    value += text.slice(at, close);
    if (text[close + 1] === quote) {
      value += quote;
      at = close + 2;
      continue;
    }
    const end = close + 1 + /^\s*/.exec(text.slice(close + 1))![0].length;
    if (end < text.length && text[end] !== ',') {
      throw new Error(`behind an option in ${quote} of the layer ${layer} there is neither a comma nor the end`);
    }
    return { value, end };
  }
}

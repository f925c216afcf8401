// A layer of one text, made.
import { loadPart } from '../host/load-part.js';
import type { Layer } from '../chain/index.js';
import { BUILT_IN_LAYER_NAMES, BUILT_IN_LAYERS, type BuiltInLayer, type DatagramUse } from './built-in-layers.js';
import { adviceOnName } from './meant-names.js';
import { writtenOptions } from './options.js';
import { findOwnLayer, makeOwnLayer, ownLayerText } from './own-layer.js';
import { isFile, parseLayerText, type LayerText } from './parse.js';
import { seenFrom, valueOf } from './values.js';

/** A layer that was named by a text. */
export interface NamedLayer {
  /** How it was named. */
  readonly name: string;
  readonly layer: Layer;
  /** What becomes of datagram sockets on it. */
  readonly datagrams: DatagramUse;
  /** Whether names of hosts go to a proxy, so that they are not looked up here. */
  readonly takesNames: boolean;
}

/**
 * Makes the layer that a text names: `NAME`, `NAME:main option,other=value,flag`, or `NAME:{"option":"value"}`. A name is one of this
 * package's layers, the path or `file:` URL of a module, or a package.
 *
 * @param text the text
 * @param folder where paths of modules and packages are seen from; the working directory if absent
 * @throws Error that names the layer and the option, and what was most likely meant; no message shows a secret
 */
export function makeNamedLayer(text: string, folder: string = process.cwd()): NamedLayer {
  const parsed = parseLayerText(text);
  const { layer: name } = parsed;
  const known = builtIn(name);
  if (known === null) {
    const layer = makeOwnLayer(parsed, moduleOf(parsed, folder));
    return { name, layer, datagrams: 'carried', takesNames: false };
  }
  const options = Object.entries(writtenOptions(parsed, known)).map(([option, written]) => [
    option,
    valueOf(known.options[option]!, written, `${name}: \`${option}\``),
  ]);
  // By a path that is no name of a folder above: the table's names alone come here.
  const module = loadPart<Record<string, (options: unknown) => Layer>>(
    import.meta.url,
    `../providers/layers/${name}/index.js`,
  );
  const layer = module[known.maker]!(Object.fromEntries(options));
  return { name, layer, datagrams: known.datagrams, takesNames: known.takesNames === true };
}

/**
 * Checks the text of a layer that a command is given, as far as it can be without running a module of the user's, and writes it so that
 * every working directory reads it as this one. A layer that shows something, and is not told where, shows it on standard error.
 *
 * @param folder the working directory
 * @throws as `makeNamedLayer`
 */
export function settleLayerText(text: string, folder: string): string {
  const parsed = parseLayerText(text);
  const known = builtIn(parsed.layer);
  if (known === null) return ownLayerText(parsed, moduleOf(parsed, folder));
  const written = Object.entries(writtenOptions(parsed, known)).map(([option, value]) => [
    option,
    seenFrom(folder, known.options[option]!, value),
  ]);
  const options = Object.fromEntries(written) as Record<string, unknown>;
  if (known.shown !== undefined) options[known.shown.option] ??= known.shown.value;
  const settled = `${parsed.layer}:${JSON.stringify(options)}`;
  makeNamedLayer(settled, folder);
  return settled;
}

/**
 * Reads the layers that an environment variable names: a JSON array of texts, the outermost first; or the text of one.
 *
 * @throws Error when it is neither
 */
export function readLayerTexts(value: string): string[] {
  if (value.trim() === '') return [];
  if (!value.trimStart().startsWith('[')) return [value];
  let texts: unknown;
  try {
    texts = JSON.parse(value);
  } catch {
    // What JSON.parse says quotes the text.
  }
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string')) return texts;
  throw new Error(`must be a JSON array of texts, such as ["trace","socks:127.0.0.1:1080"]`);
}

function builtIn(name: string): BuiltInLayer | null {
  return Object.hasOwn(BUILT_IN_LAYERS, name) ? BUILT_IN_LAYERS[name]! : null;
}

function moduleOf({ layer }: LayerText, folder: string): string {
  const file = findOwnLayer(layer, folder);
  if (file !== null) return file;
  if (isFile(layer)) throw new Error(`there is no module ${layer}, seen from ${folder}`);
  throw new Error(
    `there is no layer "${layer}"${adviceOnName(layer) ?? '.'} ` +
      `There are ${BUILT_IN_LAYER_NAMES.join(', ')}; and modules of your own, by a path (./my-layer.js) or their package's name`,
  );
}

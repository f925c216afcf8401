// Layers of the user's own: a file or a package that exports one, or a function that makes it.
import { createRequire, isBuiltin } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Layer } from '../chain/index.js';
import { kindOf } from '../spi/answers.js';
import type { LPWSPSTARTUP } from '../spi/index.js';
import { isObject } from '../spi/option-check.js';
import { isFile, type LayerText } from './parse.js';
import { guessedValue } from './values.js';

/**
 * Finds the module of a layer.
 *
 * @param layer a path, a `file:` URL, or a package
 * @param folder where it is seen from
 * @returns the file; `null` when there is none
 */
export function findOwnLayer(layer: string, folder: string): string | null {
  if (isBuiltin(layer)) return null;
  try {
    const path = layer.startsWith('file:') ? fileURLToPath(layer) : isFile(layer) ? resolve(folder, layer) : layer;
    return createRequire(join(folder, 'package.json')).resolve(path);
  } catch {
    return null;
  }
}

/** The text of a layer with its module's URL in place of how it was named, for whoever has another working directory. */
export function ownLayerText(text: LayerText, file: string): string {
  return `${pathToFileURL(file).href}:${JSON.stringify(ownOptions(text))}`;
}

/** The options of a layer of which nothing is known. */
function ownOptions({ layer, options }: LayerText): Readonly<Record<string, unknown>> {
  if (!Array.isArray(options)) return options as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    options.map(({ name, value }) => {
      if (name !== null) return [name, guessedValue(value)];
      if (/^[A-Za-z]\w*$/.test(value)) return [value, true];
      throw new TypeError(`${layer}: options of a layer of your own are written NAME=VALUE, with commas between them`);
    }),
  );
}

/**
 * Makes a layer of the user's own.
 *
 * @param file what `findOwnLayer` found
 * @throws Error that says why the module is no layer
 */
export function makeOwnLayer(text: LayerText, file: string): Layer {
  const { layer: named } = text;
  const options = ownOptions(text);
  let module: unknown;
  try {
    module = createRequire(file)(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const cure = code === 'ERR_REQUIRE_ASYNC_MODULE' ? ' (a layer is loaded at once: it has no top-level await)' : '';
    throw new Error(`the layer ${named} cannot be loaded: ${message}${cure}`, { cause });
  }
  const found = exportedLayer(module, basename(file).replace(/\.[cm]?[jt]s$/, ''));
  if (found === null) {
    const names = isObject(module) ? Object.keys(module).join(', ') : '';
    throw new TypeError(
      `${named} exports no layer, nor a function that makes one, as default, "layer", or alone; it exports ${names || 'nothing'}`,
    );
  }
  if (typeof found !== 'function') {
    if (Object.keys(options).length === 0) return found;
    throw new TypeError(`${named} exports a layer that is made already: it takes no options`);
  }
  const made: unknown = found(options);
  if (isLayer(made)) return made;
  throw new TypeError(`${named} exports a function that makes no layer, but ${kindOf(made)}`);
}

type Maker = (options: Readonly<Record<string, unknown>>) => unknown;

function exportedLayer(module: unknown, name: string): Layer | Maker | null {
  if (isLayerOrMaker(module)) return module;
  if (!isObject(module)) return null;
  const exported = Object.values(module);
  const candidates = [module['default'], module['layer'], ...(exported.length === 1 ? exported : [])];
  const found = candidates.find(isLayerOrMaker) ?? exported.find(isLayer);
  if (found !== undefined) return found;
  // As a catalog takes it.
  const startup = module['WSPStartup'] ?? (isObject(module['default']) ? module['default']['WSPStartup'] : undefined);
  if (typeof startup !== 'function') return null;
  return { name, version: '', ifs: false, WSPStartup: startup as LPWSPSTARTUP };
}

function isLayer(value: unknown): value is Layer {
  return isObject(value) && typeof value['name'] === 'string' && typeof value['WSPStartup'] === 'function';
}

function isLayerOrMaker(value: unknown): value is Layer | Maker {
  return isLayer(value) || (typeof value === 'function' && value.name !== 'WSPStartup');
}

// The options of a layer of this package, as they were written.
import { nearestNameAdvice } from '../spi/nearest-name.js';
import type { BuiltInLayer } from './built-in-layers.js';
import type { LayerText } from './parse.js';
import { LISTS } from './values.js';

/** What was written for each option: a text, some of them, `true`, or what JSON had. */
export type WrittenOptions = Readonly<Record<string, unknown>>;

/**
 * Says which options were written.
 *
 * @throws TypeError for an option that there is not, one that is there twice, or a value of which nobody knows whose it is
 */
export function writtenOptions({ layer, options }: LayerText, known: BuiltInLayer): WrittenOptions {
  if (!Array.isArray(options)) {
    for (const name of Object.keys(options)) checkName(layer, known, name);
    return options as WrittenOptions;
  }
  const written = new Map<string, unknown>();
  /** The list that a value without a name belongs to. */
  let list: string[] | null = null;
  const add = (name: string, value: string): void => {
    checkName(layer, known, name);
    if (written.has(name)) throw new TypeError(`${layer}: the option "${name}" is there twice`);
    list = LISTS.has(known.options[name]!) ? [value] : null;
    written.set(name, list ?? value);
  };
  options.forEach(({ name, value }, place) => {
    if (name !== null) add(name, value);
    else if (Object.hasOwn(known.options, value) && known.options[value] === 'flag') add(value, 'true');
    else if (list !== null) list.push(value);
    else if (place === 0 && known.main !== undefined) add(known.main, value);
    else throw new TypeError(`${layer}: ${whoseIsIt(value, known)}`);
  });
  return Object.fromEntries(written);
}

function checkName(layer: string, { options }: BuiltInLayer, name: string): void {
  if (Object.hasOwn(options, name)) return;
  const names = Object.keys(options);
  const advice = nearestNameAdvice(name, names) || `: there are ${names.join(', ')}`;
  throw new TypeError(`${layer}: there is no option "${name}"${advice}`);
}

/** It may be the rest of a secret with a comma in it: then it is not shown. */
function whoseIsIt(value: string, { options }: BuiltInLayer): string {
  const advice = nearestNameAdvice(value, Object.keys(options));
  if (value !== '' && advice.includes('did you mean')) return `the option "${value}" has no value, or is none${advice}`;
  return `options are written NAME=VALUE, with commas between them, and a value with a comma in quotes; there are ${Object.keys(options).join(', ')}`;
}

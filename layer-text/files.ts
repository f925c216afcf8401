// The files of a layer's options, looked at before a program is started: a layer opens them with its first socket.
import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { BUILT_IN_LAYERS, type OptionKind } from './built-in-layers.js';
import { parseLayerText } from './parse.js';
import { NO_PATH } from './values.js';

/**
 * Looks whether the files that a layer's text names can be read, or written.
 *
 * @param settled the text, as `settleLayerText` writes it
 * @throws Error that names layer, option and file
 */
export function needLayerFiles(settled: string): void {
  const { layer, options } = parseLayerText(settled);
  if (!Object.hasOwn(BUILT_IN_LAYERS, layer)) return;
  for (const [option, file] of Object.entries(options)) {
    if (typeof file !== 'string' || NO_PATH.test(file)) continue;
    const fault = faultOf(BUILT_IN_LAYERS[layer]!.options[option]!, file);
    if (fault !== null) throw new Error(`${layer}: \`${option}\` cannot be used: ${fault}`);
  }
}

function faultOf(kind: OptionKind, file: string): string | null {
  if (kind === 'input') return faultOfInput(file);
  return kind === 'output' || (kind === 'outputOrFalse' && file !== 'false') ? faultOfOutput(file) : null;
}

function faultOfInput(file: string): string | null {
  const stats = statsOf(file);
  if (stats === null) return `there is no file ${file}`;
  if (stats.isDirectory()) return `${file} is a folder`;
  return mayNot(file, constants.R_OK) ? `${file} may not be read` : null;
}

function faultOfOutput(file: string): string | null {
  const stats = statsOf(file);
  if (stats?.isDirectory() === true) return `${file} is a folder: name a file in it`;
  if (stats !== null) return mayNot(file, constants.W_OK) ? `${file} may not be written` : null;
  const folder = dirname(file);
  const place = statsOf(folder);
  // Which of many folders it is, only a process knows.
  if (/%[pt]/.test(folder)) return null;
  if (place === null) return `there is no folder ${folder}`;
  if (!place.isDirectory()) return `${folder} is no folder`;
  return mayNot(folder, constants.W_OK | constants.X_OK) ? `nothing may be written in the folder ${folder}` : null;
}

function statsOf(file: string): Stats | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function mayNot(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return false;
  } catch {
    return true;
  }
}

import { styleText } from 'node:util';
import { wantsColours } from '../tracing/index.js';

type Style = Parameters<typeof styleText>[0];

/**
 * Colours text, where colours are wanted.
 *
 * @param stream what the text will be written to; standard output if absent
 */
export function style(format: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  // Newer versions of Node.js would look at the stream again, by rules of their own.
  return wantsColours(stream.isTTY) ? styleText(format, text, { validateStream: false }) : text;
}

/** Text in which nothing but colours of ours can tell a terminal to do something: names come from files. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.codePointAt(0)!.toString(16).padStart(2, '0')}`;
  });
}

/** A heading. */
export function heading(text: string): string {
  return style('bold', text);
}

/** Bytes in a form for people. */
export function formatBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  return bytes < 10_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

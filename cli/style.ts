import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours text on a terminal; elsewhere, or where NO_COLOR is set, text stays as it is. */
export function style(format: Style, text: string): string {
  const plain = !process.stdout.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  return plain ? text : styleText(format, text);
}

/** A heading. */
export function heading(text: string): string {
  return style('bold', text);
}

/** Bytes in a form for people. */
export function formatBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 10_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Whether a stream is to be written in colours: as FORCE_COLOR says, else as NO_COLOR says, else on terminals. */
function isColoured(stream: NodeJS.WriteStream): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none = '', TERM: terminal } = process.env;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return none === '' && stream.isTTY && terminal !== 'dumb';
}

/**
 * Colours text, where colours are wanted.
 *
 * @param stream what the text will be written to; standard output if absent
 */
export function style(format: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  // Newer versions of Node.js would look at the stream again, by rules of their own.
  return isColoured(stream) ? styleText(format, text, { validateStream: false }) : text;
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

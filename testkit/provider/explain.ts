// What a case that failed says to the author of the provider: which rule it is, where it was broken, what was reported and called.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Lines of calls that a message has. */
const LAST_CALLS = 10;

/** The line of a case that did not hold, as it stands in the file; `null` if it cannot be found. */
export function brokenLine(error: unknown): string | null {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, place, line] of stack.matchAll(/\(?((?:file:\/\/)?\/[^\s():]+):(\d+):\d+\)?/g)) {
    if (place!.includes('node_modules') && !place!.includes('ws2spi')) continue;
    const text = lineOf(place!, Number(line));
    if (text !== null && /\bexpect\(|\buntil\(|new Error\(|world\./.test(text) && !text.includes('strictEqual('))
      return text;
  }
  return null;
}

function lineOf(place: string, line: number): string | null {
  try {
    const text = readFileSync(place.startsWith('file:') ? fileURLToPath(place) : place, 'utf8');
    return text.split('\n')[line - 1]?.trim() ?? null;
  } catch {
    return null;
  }
}

/** What is known of a failure. */
export interface Circumstances {
  /** The name of the case, which is the rule. */
  readonly name: string;
  /** What the instance reported until then. */
  readonly defects: readonly string[];
  /** The calls across the provider's border, as lines; the last ones count. */
  readonly calls: readonly string[];
}

/** Says in the message of what was thrown what a person needs who did not write the case. The rest of the error stays. */
export function explain(error: unknown, { name, defects, calls }: Circumstances): Error {
  const thrown = error instanceof Error ? error : new Error(String(error));
  const line = brokenLine(thrown);
  const parts = [
    `Broken: ${name}.`,
    `  ${thrown.message.trim().replaceAll('\n', '\n  ')}`,
    ...(line === null ? [] : [`  This did not hold: ${line}`]),
    ...defects.map((defect) => `  Reported was: ${defect}`),
    ...(calls.length === 0
      ? []
      : [
          '  The last calls of the provider’s functions, nested by layer:',
          ...calls.slice(-LAST_CALLS).map((call) => `    ${call}`),
        ]),
  ];
  const message = parts.join('\n');
  // Runners print the stack, which has the message of old at its head.
  const old = thrown.stack ?? '';
  const frames = old.search(/^ {4}at /m);
  thrown.message = message;
  Object.defineProperty(thrown, 'stack', {
    value: `${thrown.name}: ${message}\n${frames < 0 ? '' : old.slice(frames)}`,
    configurable: true,
    writable: true,
  });
  return thrown;
}

import { Words, type ArgumentValue } from './argument-values.js';

// What moves a terminal's cursor, or looks like something else: controls, and marks of direction.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A text with all that a terminal would take for an order, or nobody could see, written out. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A value as lines have it: `{ dwNameSpace: 12 }`, `"localhost"`, `127.0.0.1:80`. */
export function valueText(value: ArgumentValue): string {
  if (value instanceof Words) return printable(value.text);
  if (typeof value === 'string') return printable(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${argumentTexts(value as Record<string, ArgumentValue>)} }`;
  return String(value);
}

/** Names and values in one text; what is `null` says nothing. */
export function argumentTexts(values: Readonly<Record<string, ArgumentValue>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${printable(name)}: ${valueText(value)}`)
    .join(', ');
}

// The first difference between what a program sent and what the recording has.
import { endpointText, shownBytes, type RecordedConversation, type Recording } from '../../../recordings/index.js';

/** So many bytes are shown before the difference, and from it on. */
const BEFORE = 32;
const FROM = 48;

/** What a conversation is called in messages: its number, its line, and where it leads. */
export function describeConversation(recording: Pick<Recording, 'file'>, conversation: RecordedConversation): string {
  const { number, line, endpoint, name, from, kind } = conversation;
  const place = endpoint === null ? 'datagrams' : endpointText(endpoint);
  const whole =
    kind === 'accept'
      ? `from ${endpointText(from!)}`
      : name === null
        ? `to ${place}`
        : `to ${shownBytes(Buffer.from(name))}, ${place}`;
  return `conversation ${number} ${whole} (${recording.file}:${line})`;
}

/**
 * Shows bytes around a place, as a recording has them.
 *
 * @param expected what the recording has
 * @param at where it differs, in `expected`
 * @param came what came in the place of it
 */
export function shownDifference(expected: Uint8Array, at: number, came: Uint8Array): string {
  const before =
    at > BEFORE ? `…${shownBytes(expected.subarray(at - BEFORE, at))}` : shownBytes(expected.subarray(0, at));
  const shown = (bytes: Uint8Array): string =>
    bytes.length === 0 ? '(nothing more)' : shownBytes(bytes.subarray(0, FROM)) + (bytes.length > FROM ? '…' : '');
  const margin = ' '.repeat([...before].length);
  return (
    `\n  recorded  ${before}${shown(expected.subarray(at))}` +
    `\n  came      ${before}${shown(came)}` +
    `\n            ${margin}^`
  );
}

/** Finds the first difference between two texts, and shows it. */
export function differenceBetween(
  expected: Uint8Array,
  came: Uint8Array,
): { readonly at: number; readonly text: string } {
  const shorter = Math.min(expected.length, came.length);
  let at = 0;
  while (at < shorter && expected[at] === came[at]) at++;
  return { at, text: shownDifference(expected, at, came.subarray(at)) };
}

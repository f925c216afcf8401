// Questions as messages.
import { wireFormat } from '../../../dns-records/index.js';

/** A question: a name without the dot at its end, in ASCII, and the type of the records wanted. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: number;
}

/** What a datagram may hold that comes back: nothing on the way has to cut it to pieces (DNS flag day 2020). */
export const DATAGRAM_SIZE = 1232;
/** The class that all questions are of. */
export const INTERNET = 1;
/** Bytes of a message before its question. */
export const HEADER = 12;

const RECURSION_DESIRED = 0x0100;
// The root's name, OPT, the size, no code, no flags, no options (RFC 6891).
const EDNS = Uint8Array.of(0, 0, 41, DATAGRAM_SIZE >> 8, DATAGRAM_SIZE & 0xff, 0, 0, 0, 0, 0, 0);
const DOT = 0x2e;
/** A name takes 255 bytes at most. */
const LONGEST_MESSAGE = HEADER + 255 + 4 + EDNS.length;

/** Questions are written here, one at a time; the views of it, by their lengths, are made once. */
const room = Buffer.alloc(2 * LONGEST_MESSAGE);
const views: Buffer[] = [];

/**
 * Writes a question.
 *
 * @param id 16 bits, at random
 * @param edns whether the server is told how large an answer may be (RFC 6891)
 * @param random16 gives 16 random bits, by which the case of the name's letters is mixed: so the answer shows that its sender
 *   has seen the question (0x20); `null` to leave it as it is
 * @returns the message, which is lent: the next question is written in its place
 */
export function writeQuery(
  id: number,
  { name, type }: DnsQuestion,
  edns: boolean,
  random16: (() => number) | null,
): Buffer {
  room[0] = id >> 8;
  room[1] = id;
  room[2] = RECURSION_DESIRED >> 8;
  room[3] = 0;
  for (let i = 4; i < HEADER; i++) room[i] = 0;
  room[5] = 1;
  let at = writeName(name);
  if (random16 !== null) mixCase(at, random16);
  room[at++] = type >> 8;
  room[at++] = type;
  room[at++] = 0;
  room[at++] = INTERNET;
  if (edns) {
    room[11] = 1;
    for (let i = 0; i < EDNS.length; i++) room[at++] = EDNS[i]!;
  }
  return (views[at] ??= room.subarray(0, at));
}

/**
 * The question of a message of ours, as text of as many characters as it has bytes: what an answer has to repeat.
 *
 * @param query as `writeQuery` gave it
 */
export function questionOf(query: Buffer): string {
  let at = HEADER;
  while (query[at] !== 0) at += query[at]! + 1;
  return query.toString('latin1', HEADER, at + 5);
}

// Writes a name behind the header; returns where it ends.
function writeName(name: string): number {
  let lengthAt = HEADER;
  let at = HEADER + 1;
  for (let i = 0; i < name.length; i++) {
    const character = name.charCodeAt(i);
    // A name that an alias led to may be text of any kind.
    if (character >= 0x80) return HEADER + wireFormat().name.encode(name).copy(room, HEADER);
    if (character === DOT) {
      room[lengthAt] = at - lengthAt - 1;
      lengthAt = at++;
    } else room[at++] = character;
  }
  room[lengthAt] = at - lengthAt - 1;
  // The root is one byte, and no empty label before another.
  if (name !== '') room[at++] = 0;
  return at;
}

// Lengths of labels are no letters.
function mixCase(end: number, random16: () => number): void {
  let bits = 0;
  let left = 0;
  for (let at = HEADER; at < end; at++) {
    const lower = room[at]! | 0x20;
    if (lower < 0x61 || lower > 0x7a) continue;
    if (left === 0) {
      bits = random16();
      left = 16;
    }
    room[at] = bits & 1 ? lower : lower & ~0x20;
    bits >>= 1;
    left--;
  }
}

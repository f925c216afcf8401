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

/** Letters of a name in the case that it has. */
export const UNMIXED = -1;
/** Letters whose case is chosen each by a bit of its own; those behind them begin with the first bit again. */
const MIXED_LETTERS = 30;

/**
 * Draws in which case the letters of a question are sent: so the answer shows that its sender has seen the question (0x20). It is a
 * number, for very many questions may be under way, and each has to be known by what was sent.
 *
 * @param random16 gives 16 random bits
 */
export function drawLetters(random16: () => number): number {
  return (random16() << (MIXED_LETTERS - 16)) ^ random16();
}

/**
 * Writes a question.
 *
 * @param id 16 bits, at random
 * @param edns whether the server is told how large an answer may be (RFC 6891)
 * @param letters in which case they are (`drawLetters`), or UNMIXED
 * @returns the message, which is lent: the next question is written in its place
 */
export function writeQuery(id: number, question: DnsQuestion, edns: boolean, letters: number): Buffer {
  room[0] = id >> 8;
  room[1] = id;
  room[2] = RECURSION_DESIRED >> 8;
  room[3] = 0;
  for (let i = 4; i < HEADER; i++) room[i] = 0;
  room[5] = 1;
  let at = writeQuestion(question, letters);
  if (edns) {
    room[11] = 1;
    for (let i = 0; i < EDNS.length; i++) room[at++] = EDNS[i]!;
  }
  return (views[at] ??= room.subarray(0, at));
}

/** Whether a message has the question that was sent; the same in other letters; or another. */
export type Repetition = 'same' | 'respelled' | 'other';

/**
 * Compares the question of a message with one that was sent. That is written anew for it, which is as quick as to look at it.
 *
 * @param letters in which it was sent
 */
export function compareQuestion(message: Uint8Array, question: DnsQuestion, letters: number): Repetition {
  const end = writeQuestion(question, letters);
  if (message.length < end) return 'other';
  let repetition: Repetition = 'same';
  for (let at = HEADER; at < end; at++) {
    const there = message[at]!;
    const ours = room[at]!;
    if (there === ours) continue;
    const isLetter = (ours | 0x20) >= 0x61 && (ours | 0x20) <= 0x7a && at < end - QUESTION_TAIL;
    if (!isLetter || (there | 0x20) !== (ours | 0x20)) return 'other';
    repetition = 'respelled';
  }
  return repetition;
}

/** Where the question of a message ends, if that is one that was compared and found the same. */
export function endOfQuestion(message: Uint8Array): number {
  let at = HEADER;
  while (message[at] !== 0) at += message[at]! + 1;
  return at + 1 + QUESTION_TAIL;
}

/** Bytes of a question behind its name. */
const QUESTION_TAIL = 4;

// Writes a question behind the header; returns where it ends.
function writeQuestion({ name, type }: DnsQuestion, letters: number): number {
  let at = writeName(name);
  if (letters !== UNMIXED) mixCase(at, letters);
  room[at++] = type >> 8;
  room[at++] = type;
  room[at++] = 0;
  room[at++] = INTERNET;
  return at;
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
function mixCase(end: number, letters: number): void {
  let bits = letters;
  let left = MIXED_LETTERS;
  for (let at = HEADER; at < end; at++) {
    const lower = room[at]! | 0x20;
    if (lower < 0x61 || lower > 0x7a) continue;
    if (left-- === 0) {
      bits = letters;
      left = MIXED_LETTERS - 1;
    }
    room[at] = bits & 1 ? lower : lower & ~0x20;
    bits >>= 1;
  }
}

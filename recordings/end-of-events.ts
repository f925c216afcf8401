import { fstatSync, readSync } from 'node:fs';

const PIECE = 256 * 1024;
const LINE_FEED = 10;
/** The line before bytes that are written as they are. */
const RAW_HEAD = /^\d{1,15} (?:\+\d{1,18} )?[<>]raw (\d{1,9})\r?$/;
/** The longest of such lines. */
const LONGEST_HEAD = 64;

/**
 * Finds where the last whole event of a recording ends. Bytes that are written as they are may look like lines, so it is looked for from
 * the beginning.
 *
 * @param descriptor the recording, which can be read at any place
 * @returns where in the file what is whole ends: 0 when nothing is
 */
export function endOfEvents(descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const room = Buffer.allocUnsafe(PIECE);
  let whole = 0;
  for (let from = 0; from < size;) {
    const piece = room.subarray(0, readSync(descriptor, room, 0, PIECE, from));
    if (piece.length === 0) break;
    let at = 0;
    for (let raw = nextRaw(piece, at); raw !== null && at < piece.length; raw = nextRaw(piece, at)) {
      if (raw.head > at) whole = from + raw.head;
      at = raw.bytes + raw.length + 1;
      if (from + at > size) return whole;
      whole = from + at;
    }
    const lines = piece.lastIndexOf(LINE_FEED) + 1;
    if (lines > at) whole = from + lines;
    // A line that is longer than a piece is none that was written, and passed over.
    from += Math.max(lines, at) || piece.length;
  }
  return whole;
}

/** Finds the next line of a piece that announces bytes: where it begins, where they do, and how many they are. */
function nextRaw(piece: Buffer, from: number): { head: number; bytes: number; length: number } | null {
  for (let hint = piece.indexOf('raw ', from); hint >= 0; hint = piece.indexOf('raw ', hint + 1)) {
    const head = piece.lastIndexOf(LINE_FEED, hint) + 1;
    const end = piece.indexOf(LINE_FEED, hint);
    if (end < 0 || end - head > LONGEST_HEAD) continue;
    const length = RAW_HEAD.exec(piece.toString('latin1', head, end))?.[1];
    if (length !== undefined) return { head, bytes: end + 1, length: Number(length) };
  }
  return null;
}

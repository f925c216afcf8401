// Questions as messages.

import { wireFormat } from '../../../dns-records/index.js';
/** A question: a name without the dot at its end, in ASCII, and the type of the records wanted. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: number;
}

/** What a datagram may hold that comes back: nothing on the way has to cut it to pieces (DNS flag day 2020). */
export const DATAGRAM_SIZE = 1232;
const CLASS_IN = 1;
const HEADER = 12;

/**
 * Writes a question.
 *
 * @param id 16 bits, at random
 * @param name as it is spelled on the wire
 * @param type of the records wanted
 * @param edns whether the server is told how large an answer may be (RFC 6891)
 * @returns the message
 */
export function writeQuery(id: number, name: string, type: number, edns: boolean): Uint8Array {
  const wire = wireFormat();
  return wire.encode({
    type: 'query',
    id,
    flags: wire.RECURSION_DESIRED,
    // By its number: the package knows not every type's name.
    questions: [{ type: `UNKNOWN_${type}`, name }],
    additionals: edns ? [{ type: 'OPT', name: '.', udpPayloadSize: DATAGRAM_SIZE, flags: 0, options: [] }] : [],
  });
}

/** Where the one question of a message of ours ends. */
export function questionEnd(query: Uint8Array): number {
  let at = HEADER;
  while (query[at] !== 0) at += query[at]! + 1;
  return at + 5;
}

/** The class that all questions are of. */
export const INTERNET = CLASS_IN;

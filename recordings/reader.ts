// Reads a recording, line by line.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseIPv4, parseIPv6, WINSOCK_ERRORS } from '../spi/index.js';
import {
  Direction,
  FORMAT,
  RecordingError,
  VERSION,
  type Ending,
  type Endpoint,
  type RecordedConversation,
  type RecordedEvent,
  type Recording,
} from './recording.js';
import { base64Bytes, textBytes } from './text-form.js';

/** The longest line, in bytes: many times what is ever written. */
const LONGEST_LINE = 1024 * 1024;
/** The most bytes of a recording: it is kept in memory. */
const LARGEST = 1024 * 1024 * 1024;
const PIECE = 256 * 1024;
const LINE_FEED = 10;

const CODES = new Map(WINSOCK_ERRORS.map(({ name, value }) => [name, value]));

/**
 * Reads a recording. What a process was writing when it was killed, a last line without an end, does not count.
 *
 * @param file its path
 * @throws RecordingError that names line and column of what is damaged; Error that names a file which cannot be read
 */
export function readRecording(file: string): Recording {
  const lines = new LineReader(file);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (cause) {
    throw new Error(`the recording ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error(`the recording ${file} cannot be read: it is not a file`);
    if (stats.size > LARGEST) {
      throw new Error(
        `the recording ${file} has ${stats.size} bytes; the most is ${LARGEST}, for it is kept in memory`,
      );
    }
    const room = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const length = readSync(descriptor, room, 0, PIECE, null);
      if (length === 0) break;
      lines.take(room.toString('latin1', 0, length));
    }
  } finally {
    closeSync(descriptor);
  }
  return lines.finish();
}

/**
 * Reads the text of a recording.
 *
 * @param file what errors call it
 * @throws RecordingError that names line and column of what is damaged
 */
export function parseRecording(text: Uint8Array, file: string): Recording {
  const lines = new LineReader(file);
  lines.take(Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1'));
  return lines.finish();
}

/** A conversation that is being read. */
interface Draft {
  readonly conversation: Omit<RecordedConversation, 'events' | 'ending'>;
  readonly events: RecordedEvent[];
  ending: Ending;
  /** Which directions have ended. */
  readonly ended: [boolean, boolean];
  /** The bytes of the event that the lines add to. */
  bytes: Buffer[];
  open: { readonly direction: Direction; readonly at: number; line: number; readonly peer: Endpoint | null } | null;
}

/** Bytes as they are, that a line has announced. */
interface RawBytes {
  readonly draft: Draft;
  readonly direction: Direction;
  readonly time: number;
  readonly length: number;
}

class LineReader {
  #rest = '';
  #line = 0;
  #hasHeader = false;
  #timed = false;
  /** The version of the part that is being read. */
  #version = 1;
  #latest = 1;
  /** Bytes that come as they are, behind the line that was read last. */
  #raw: RawBytes | null = null;
  #overCount = 0;
  /** Those of the part that is being read, by their numbers. */
  #drafts = new Map<number, Draft>();
  readonly #all: Draft[] = [];
  readonly #listeners: Endpoint[] = [];

  constructor(private readonly file: string) {}

  take(text: string): void {
    const all = this.#rest + text;
    let from = 0;
    for (;;) {
      const end = this.#raw === null ? all.indexOf('\n', from) : from + this.#raw.length;
      if (end < 0 || end >= all.length) break;
      if (this.#raw === null) this.#takeLine(all.slice(from, end));
      else this.#takeRaw(this.#raw, all.slice(from, end), all.charCodeAt(end));
      from = end + 1;
    }
    this.#rest = all.slice(from);
    if (this.#raw === null && this.#rest.length > LONGEST_LINE) this.#takeLine(this.#rest);
  }

  #takeLine(line: string): void {
    this.#line++;
    if (line.length > LONGEST_LINE) {
      this.#fault(LONGEST_LINE, `the line is longer than ${LONGEST_LINE} bytes, which no line of a recording is`);
    }
    this.#read(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  #takeRaw({ draft, direction, time, length }: RawBytes, text: string, end: number): void {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) this.#line++;
    this.#line++;
    if (end !== LINE_FEED) {
      const cure = 'an editor may have changed them, which keeps none that are no text';
      this.#fault(length - 1 - bytes.lastIndexOf(LINE_FEED), `the ${length} raw bytes have to end here: ${cure}`);
    }
    this.#raw = null;
    openBytes(draft, direction, time, this.#line);
    draft.bytes.push(bytes);
  }

  finish(): Recording {
    if (!this.#hasHeader) {
      this.#line = Math.max(this.#line, 1);
      this.#fault(
        0,
        `the recording is empty: it has to begin with "${FORMAT} ${VERSION}", and to be made by the layer record`,
      );
    }
    return {
      file: this.file,
      timed: this.#timed,
      version: this.#latest,
      listeners: this.#listeners,
      conversations: this.#all.map((draft) => {
        endEvent(draft);
        return { ...draft.conversation, events: draft.events, ending: draft.ending };
      }),
    };
  }

  #fault(at: number, what: string): never {
    throw new RecordingError(this.file, this.#line, at + 1, what);
  }

  #read(line: string): void {
    if (line === '' || line.startsWith('#')) return;
    if (line.startsWith(FORMAT) || !this.#hasHeader) return this.#header(line);
    const number = /^\d+(?= )/.exec(line)?.[0];
    if (number === undefined || number.length > 15) {
      this.#fault(0, 'there has to be the number of a conversation and a space');
    }
    let at = number.length + 1;
    let time = 0;
    if (line[at] === '+') {
      const text =
        /^\+\d+ /.exec(line.slice(at, at + 20))?.[0] ?? this.#fault(at, 'there has to be a time, such as +12');
      time = Number(text);
      at += text.length;
      this.#timed = true;
    }
    const rest = line.slice(at);
    const opening = OPENING.exec(rest);
    if (Number(number) === 0 && rest.startsWith(LISTENING)) {
      const place = endpointOf(rest.slice(LISTENING.length));
      this.#listeners.push(place ?? this.#fault(at + LISTENING.length, NO_ENDPOINT));
    } else if (opening !== null) this.#begin(Number(number), rest, opening[0], at);
    else this.#event(this.#known(Number(number), rest), rest, at, time);
  }

  #header(line: string): void {
    const version = line.startsWith(`${FORMAT} `) ? line.slice(FORMAT.length + 1) : null;
    if (version === null || !/^\d{1,9}$/.test(version)) {
      this.#fault(0, `this is no recording: it has to begin with "${FORMAT} ${VERSION}"`);
    }
    if (Number(version) > VERSION) {
      const cure = 'a later ws2spi reads it';
      this.#fault(
        FORMAT.length + 1,
        `version ${version} of recordings is not known here, only 1 to ${VERSION}: ${cure}`,
      );
    }
    if (Number(version) < 1) this.#fault(FORMAT.length + 1, `there is no version ${version} of recordings`);
    this.#hasHeader = true;
    this.#version = Number(version);
    this.#latest = Math.max(this.#latest, this.#version);
    this.#drafts = new Map();
    this.#overCount = 0;
  }

  #known(number: number, rest: string): Draft {
    const draft = this.#drafts.get(number);
    if (draft === undefined)
      this.#fault(0, `conversation ${number} has not begun: there is no line "${number} connect …"`);
    if (draft.ending !== 'cut')
      this.#fault(0, `conversation ${number} is over already: "${rest.slice(0, 20)}" comes after that`);
    return draft;
  }

  #begin(number: number, rest: string, opening: string, at: number): void {
    if (this.#drafts.has(number)) this.#fault(0, `conversation ${number} has begun before`);
    const kind = opening.trimEnd().split(' ')[0] as RecordedConversation['kind'];
    const words = rest.slice(opening.length).split(' ');
    const column = at + opening.length;
    const endpointAt = (place: number): Endpoint =>
      endpointOf(words[place] ?? '') ??
      this.#fault(column + words.slice(0, place).join(' ').length + (place > 0 ? 1 : 0), NO_ENDPOINT);
    const most = kind === 'datagrams' ? 0 : 2;
    if (words.length > Math.max(most, 1) || (most === 0 && words[0] !== '')) {
      this.#fault(column + words.slice(0, most).join(' ').length, 'nothing may follow here');
    }
    const name = kind === 'connect' && words[1] !== undefined ? textBytes(words[1]) : null;
    if (typeof name === 'number') this.#fault(column + words[0]!.length + 1 + name, NO_ESCAPE);
    const draft: Draft = {
      conversation: {
        number,
        line: this.#line,
        kind,
        name: name?.toString() ?? null,
        endpoint: kind === 'datagrams' ? null : endpointAt(0),
        from: kind === 'accept' ? endpointAt(1) : null,
        overBefore: this.#overCount,
      },
      events: [],
      ending: 'cut',
      ended: [false, false],
      bytes: [],
      open: null,
    };
    this.#drafts.set(number, draft);
    this.#all.push(draft);
  }

  #event(draft: Draft, rest: string, at: number, time: number): void {
    const { kind } = draft.conversation;
    const first = rest[0];
    if (first === '>' || first === '<') return this.#bytes(draft, rest, at, time);
    const [word, argument = '', ...more] = rest.split(' ');
    const argumentAt = at + word!.length + 1;
    if (more.length > 0) this.#fault(argumentAt + argument.length, 'nothing may follow here');
    const connected = kind !== 'datagrams';
    if (!connected && (word === 'to' || word === 'from')) {
      endEvent(draft);
      const peer =
        endpointOf(argument) ?? this.#fault(argumentAt, 'there has to be an address and a port, such as 127.0.0.1:80');
      const direction = word === 'to' ? Direction.SENT : Direction.RECEIVED;
      draft.open = { direction, at: time, line: this.#line, peer };
    } else if (connected && word === 'end') {
      endEvent(draft);
      if (argument !== '>' && argument !== '<')
        this.#fault(argumentAt, 'there has to be > or <, the direction that ended');
      const direction = argument === '>' ? Direction.SENT : Direction.RECEIVED;
      draft.ended[direction] = true;
      draft.events.push({ kind: 'end', direction, at: time, line: this.#line });
    } else if (connected && (word === 'error' || word === 'failed')) {
      const code =
        CODES.get(argument) ?? this.#fault(argumentAt, 'there has to be the name of an error, such as WSAECONNRESET');
      endEvent(draft);
      if (word === 'failed' && (kind !== 'connect' || draft.events.length > 0))
        this.#fault(at, '"failed" is a connect that led to no connection: it comes alone, behind "connect …"');
      draft.events.push({ kind: word, code, at: time, line: this.#line });
      this.#over(draft, word);
    } else if (word === 'close' || word === 'open' || (connected && word === 'abort')) {
      if (argument !== '') this.#fault(argumentAt, 'nothing may follow here');
      endEvent(draft);
      this.#over(draft, word);
    } else {
      const known = connected
        ? '>, >64, <, <64, end, error, failed, close, abort or open'
        : '>, >64, <, <64, to, from, close or open';
      this.#fault(at, `"${word!.slice(0, 20)}" is nothing that happens in a conversation: ${known}`);
    }
  }

  #over(draft: Draft, ending: Ending): void {
    draft.ending = ending;
    if (draft.conversation.kind === 'accept') this.#overCount++;
  }

  #bytes(draft: Draft, rest: string, at: number, time: number): void {
    const direction = rest[0] === '>' ? Direction.SENT : Direction.RECEIVED;
    const form = FORM.exec(rest)?.[1];
    if (form === undefined || (form === 'raw' && this.#version < 2)) {
      this.#fault(
        at + 1,
        'there has to be a space before text, 64 and a space before base64, or raw and how many bytes follow',
      );
    }
    const from = 2 + form.length;
    const { open, conversation } = draft;
    if (conversation.kind === 'datagrams') {
      if (open?.direction !== direction) {
        this.#fault(
          at,
          `before the bytes of a datagram there has to be "${direction === Direction.SENT ? 'to' : 'from'}" and an address`,
        );
      }
    } else if (open?.direction !== direction && draft.ended[direction]) {
      this.#fault(at, 'this direction has ended before');
    }
    const argument = rest.slice(from);
    if (form === 'raw') {
      const length = /^\d{1,7}$/.test(argument) ? Number(argument) : 0;
      if (length < 1 || length > LONGEST_LINE)
        this.#fault(at + from, `there has to be how many bytes follow, 1 to ${LONGEST_LINE}`);
      this.#raw = { draft, direction, time, length };
      return;
    }
    const bytes = form === '64' ? base64Bytes(argument) : textBytes(argument);
    if (typeof bytes === 'number') this.#fault(at + from + bytes, form === '64' ? 'this is not base64' : NO_ESCAPE);
    openBytes(draft, direction, time, this.#line);
    draft.bytes.push(bytes);
  }
}

/** What stands between the mark of a direction and a space. */
const FORM = /^[<>](|64|raw) /;
const NO_ESCAPE = 'there is no such escape: \\\\, \\n, \\r, \\t, or \\x and two hexadecimal digits';
/** What a place at which the program listened begins with, behind 0, which no conversation has. */
const LISTENING = 'listen tcp ';
const NO_ENDPOINT = 'there has to be an address and a port, such as 127.0.0.1:80 or [::1]:80';
const OPENING = /^(?:connect tcp |accept tcp |datagrams udp)/;

/** Bytes come that are added to the event that is open, if they go the same way. */
function openBytes(draft: Draft, direction: Direction, at: number, line: number): void {
  if (draft.open?.direction === direction) {
    draft.open.line = line;
    return;
  }
  endEvent(draft);
  draft.open = { direction, at, line, peer: null };
}

/** The event that lines have added to is whole. */
function endEvent(draft: Draft): void {
  const { open } = draft;
  if (open === null) return;
  const bytes = draft.bytes.length === 1 ? draft.bytes[0]! : Buffer.concat(draft.bytes);
  const { direction, at, line, peer } = open;
  draft.events.push(
    peer === null
      ? { kind: 'bytes', direction, bytes, at, line }
      : { kind: 'datagram', direction, bytes, peer, at, line },
  );
  draft.open = null;
  draft.bytes = [];
}

function endpointOf(text: string): Endpoint | null {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  const port = Number(digits);
  if (address === undefined || port > 65535) return null;
  const isAddress = bracketed === undefined ? parseIPv4(address) !== null : parseIPv6(address) !== null;
  return isAddress ? { address, port } : null;
}

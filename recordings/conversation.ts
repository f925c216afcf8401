// One conversation as it is written to a recording.
import { BLOCK, escapeWord, isOfBytes, measureBlock, plainBlock, textLines } from './text-form.js';
import { Direction, endpointText, type Endpoint } from './recording.js';
import type { OpenConversation, RecordingFile } from './recording-file.js';
import type { SubstitutedStream, Substitution } from './substitution.js';

const MARKS = ['>', '<'] as const;

/** How conversations are written. */
export interface ConversationStyle {
  /** What is left out, and what is put in its place; `null` for nothing. */
  readonly redaction: Substitution | null;
  /** Milliseconds of the instance's clock, where times are recorded; `null` where not. */
  readonly clock: (() => number) | null;
  /** The names by which the program has looked an address up, the last one at the end. */
  namesOf(address: string): readonly string[];
}

/**
 * Writes one conversation, as constant memory allows. Bytes of one direction are a run, which is written in blocks that are the
 * same however the network cut it; what makes no whole block is held back until the run ends, or has rested a while.
 */
export class Conversation implements OpenConversation {
  readonly #number: number;
  readonly #redacted: readonly SubstitutedStream[] | null;
  readonly #marks: readonly string[];
  readonly #markBytes: (Uint8Array | undefined)[] = [undefined, undefined];
  /** The direction of the run. */
  #direction: Direction = Direction.SENT;
  /** Whether there was one yet. */
  #inRun = false;
  #held: Buffer | null = null;
  #heldBytes = 0;
  /** When what is held came, as it is written before it. */
  #time = '';
  readonly #began: number;
  #closed = false;

  private constructor(
    private readonly file: RecordingFile,
    private readonly style: ConversationStyle,
  ) {
    const number = file.next();
    this.#number = number;
    this.#marks = MARKS.map((mark) => `${number} ${mark}`);
    this.#redacted = style.redaction === null ? null : MARKS.map(() => style.redaction!.stream());
    this.#began = style.clock?.() ?? 0;
    file.began(this);
  }

  /**
   * Begins with a connection that the program made.
   *
   * @param name the host's name, if the program gave one
   */
  static connected(file: RecordingFile, style: ConversationStyle, to: Endpoint, name: string | null): Conversation {
    file.speaks();
    const conversation = new Conversation(file, style);
    conversation.#line(`connect tcp ${endpointText(to)}${name === null ? '' : ` ${escapeWord(name)}`}`);
    return conversation;
  }

  /**
   * Writes of a connect that led to no connection.
   *
   * @param error the name of a WinSock code
   */
  static failed(file: RecordingFile, style: ConversationStyle, to: Endpoint, name: string | null, error: string): void {
    Conversation.connected(file, style, to, name).#close(`failed ${error}`);
  }

  /** Begins with a connection that the program accepted. */
  static accepted(file: RecordingFile, style: ConversationStyle, at: Endpoint, from: Endpoint): Conversation {
    const conversation = new Conversation(file, style);
    conversation.#line(`accept tcp ${endpointText(at)} ${endpointText(from)}`);
    return conversation;
  }

  /** Begins with a socket of datagrams. */
  static ofDatagrams(file: RecordingFile, style: ConversationStyle): Conversation {
    const conversation = new Conversation(file, style);
    conversation.#line('datagrams udp');
    return conversation;
  }

  /** Bytes went one way. */
  bytes(direction: Direction, bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    const stream = this.#redacted?.[direction];
    this.#add(direction, stream === undefined ? bytes : stream.push(bytes));
  }

  /** A datagram went one way. */
  datagram(direction: Direction, bytes: Uint8Array, peer: Endpoint): void {
    if (this.#closed) return;
    this.release();
    this.#line(`${this.#now()}${direction === Direction.SENT ? 'to' : 'from'} ${endpointText(peer)}`);
    const { redaction } = this.style;
    const shown = redaction === null ? viewOf(bytes) : redaction.applyTo(bytes);
    const mark = this.#marks[direction]!;
    for (let at = 0; at < shown.length;) {
      const rest = shown.subarray(at);
      at += this.#write(rest, mark);
    }
  }

  /** One direction has ended. */
  ended(direction: Direction): void {
    if (this.#closed) return;
    this.#endRun(direction);
    this.#line(`${this.#now()}end ${MARKS[direction]}`);
  }

  /** The connection broke. @param error the name of a WinSock code */
  broke(error: string): void {
    this.#close(`error ${error}`);
  }

  /** The program closed the socket. @param gracefully whether it did not break the connection off by that */
  closed(gracefully: boolean): void {
    this.#close(gracefully ? 'close' : 'abort');
  }

  /** The recording ends, and it goes on. */
  leftOpen(): void {
    this.#close('open');
  }

  /** Writes what is held back. */
  release(): void {
    const end = this.#heldBytes;
    for (let at = 0; at < end;)
      at += this.#writeRun(at === 0 && end === BLOCK ? this.#held! : this.#held!.subarray(at, end));
    this.#heldBytes = 0;
  }

  #close(event: string): void {
    if (this.#closed) return;
    this.#endRun(Direction.SENT);
    this.#endRun(Direction.RECEIVED);
    this.#line(this.#now() + event);
    this.#closed = true;
    this.#held = null;
    this.file.over(this);
  }

  /** Nothing more comes in a direction for which something is held back. */
  #endRun(direction: Direction): void {
    const rest = this.#redacted?.[direction]!.end();
    if (rest !== undefined) this.#add(direction, rest);
    this.release();
  }

  #add(direction: Direction, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (direction !== this.#direction || !this.#inRun) {
      if (direction === Direction.SENT) this.file.speaks();
      else this.release();
      this.#direction = direction;
      this.#inRun = true;
    }
    if (this.#heldBytes === 0) this.#time = this.#now();
    if (this.#heldBytes + bytes.length < BLOCK) this.#hold(bytes);
    else this.#addBlocks(viewOf(bytes));
    if (this.#heldBytes > 0) this.file.holds(this);
  }

  /** Adds what makes a block, or several, with what is held. */
  #addBlocks(bytes: Buffer): void {
    let at = 0;
    while (this.#heldBytes + bytes.length - at >= BLOCK) {
      if (this.#heldBytes === 0) {
        at += this.#writeRun(bytes.subarray(at, at + BLOCK));
        continue;
      }
      const missing = BLOCK - this.#heldBytes;
      this.#hold(bytes.subarray(at, at + missing));
      at += missing;
      const taken = this.#writeRun(this.#held!);
      this.#held!.copyWithin(0, taken);
      this.#heldBytes -= taken;
    }
    this.#hold(bytes.subarray(at));
  }

  /** Keeps a copy of bytes, behind what is held; they make a block with that at most. */
  #hold(bytes: Uint8Array): void {
    this.#held ??= Buffer.allocUnsafeSlow(BLOCK);
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes += bytes.length;
  }

  /** Writes the first block of bytes of the run. Returns how many it has. */
  #writeRun(bytes: Buffer): number {
    const mark = this.#marks[this.#direction]!;
    const first = this.#time === '' ? mark : `${this.#number} ${this.#time}${MARKS[this.#direction]}`;
    this.#time = '';
    return this.#write(bytes, mark, first);
  }

  /** Writes the first block of bytes. Returns how many it has. */
  #write(bytes: Buffer, mark: string, first = mark): number {
    const plain = plainBlock(bytes);
    if (plain > 0 && this.#writePlain(firstOf(bytes, plain), mark, first)) return plain;
    const measured = measureBlock(bytes);
    const length = Math.abs(measured);
    const block = firstOf(bytes, length);
    if (measured > 0) {
      if (isOfBytes(block)) this.#writePlain(block, mark, first, true);
      else this.file.write(textLines(block, mark, first));
    } else if (length === BLOCK && this.file.raw) this.file.writeRaw(`${first}raw ${length}`, block);
    else this.file.writeAscii(`${first}64 `, block.toString('base64'));
    return length;
  }

  /** Writes a block of plain text, or of any bytes that are escaped. Returns whether it did. */
  #writePlain(block: Buffer, mark: string, first: string, escapes = false): boolean {
    return this.file.writePlain(block, this.#bytesOf(mark), this.#bytesOf(first), escapes);
  }

  /** A mark as bytes; those of the two directions are kept. */
  #bytesOf(mark: string): Uint8Array {
    const direction = this.#marks.indexOf(mark);
    if (direction < 0) return Buffer.from(mark, 'latin1');
    return (this.#markBytes[direction] ??= Buffer.from(mark, 'latin1'));
  }

  #line(event: string): void {
    this.file.write(`${this.#number} ${event}\n`);
  }

  /** The time since the conversation began, as it is written before an event. */
  #now(): string {
    const { clock } = this.style;
    return clock === null ? '' : `+${Math.round(clock() - this.#began)} `;
  }
}

function firstOf(bytes: Buffer, length: number): Buffer {
  return length === bytes.length ? bytes : bytes.subarray(0, length);
}

function viewOf(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

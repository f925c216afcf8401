import type { CodecDirection, CodecOutput } from './codec.js';
import { bytesFault, directionFault, failureFault, isBytes, timerFault } from './faults.js';

/** Who takes what a codec answers, once it has been looked at. */
export interface OutputTaker extends CodecOutput {
  /** Whether what the codec answers is for nobody. */
  readonly deaf: boolean;
  /** Reports what the codec does wrong; it costs the connection. */
  defect(message: string): void;
}

/** What a codec is given to answer by: what it answers is looked at before it is taken. */
export class CheckedOutput implements CodecOutput {
  constructor(private readonly taker: OutputTaker) {}

  get full(): boolean {
    return this.taker.full;
  }

  decoded(bytes: Uint8Array): void {
    if (this.#areBytes('decoded', bytes)) this.taker.decoded(bytes);
  }

  encoded(bytes: Uint8Array): void {
    if (this.#areBytes('encoded', bytes)) this.taker.encoded(bytes);
  }

  unread(bytes: Uint8Array): void {
    if (this.#areBytes('unread', bytes)) this.taker.unread(bytes);
  }

  pause(direction: CodecDirection): void {
    if (this.#isDirection('pause', direction)) this.taker.pause(direction);
  }

  resume(direction: CodecDirection): void {
    if (this.#isDirection('resume', direction)) this.taker.resume(direction);
  }

  setTimer(milliseconds: number | null): void {
    const time: unknown = milliseconds ?? null;
    const isTime = time === null || (typeof time === 'number' && !Number.isNaN(time));
    this.taker.setTimer(isTime ? milliseconds : null);
    if (!isTime && !this.taker.deaf) this.taker.defect(timerFault(milliseconds));
  }

  ready(): void {
    this.taker.ready();
  }

  finished(): void {
    if (!this.taker.deaf) this.taker.finished();
  }

  holdEnd(): void {
    this.taker.holdEnd();
  }

  ended(): void {
    if (!this.taker.deaf) this.taker.ended();
  }

  failed(error: number, reason?: string): void {
    if (this.taker.deaf) return;
    if (Number.isInteger(error) && error > 0) this.taker.failed(error, typeof reason === 'string' ? reason : undefined);
    else this.taker.defect(failureFault(error));
  }

  now(): number {
    return this.taker.now();
  }

  random(): number {
    return this.taker.random();
  }

  /** Whether an answer is to be taken; what is not bytes is a defect. */
  #areBytes(name: 'decoded' | 'encoded' | 'unread', bytes: unknown): boolean {
    if (this.taker.deaf) return false;
    if (isBytes(bytes)) return true;
    this.taker.defect(bytesFault(name, bytes));
    return false;
  }

  #isDirection(name: 'pause' | 'resume', direction: unknown): boolean {
    if (this.taker.deaf) return false;
    if (direction === 'send' || direction === 'receive') return true;
    this.taker.defect(directionFault(name, direction));
    return false;
  }
}

import type { SocketName } from './datagram-name.js';

/** What a datagram takes of a queue besides its bytes, as in a kernel: empty ones are not for nothing. */
const OVERHEAD = 256;

/** A datagram that waits. */
export interface WaitingDatagram {
  /** Empty for an error. */
  readonly bytes: Uint8Array;
  /** Where it came from, or goes; `null` for the connected peer. */
  readonly name: SocketName | null;
  /** MSG_DONTROUTE, of one that is to be sent. */
  readonly flags: number;
  /** 0, or the WinSock code that the network answered in its place. */
  readonly error: number;
}

/** Datagrams, and errors among them, in the order in which they came. */
export class DatagramQueue {
  #waiting: (WaitingDatagram | undefined)[] = [];
  #head = 0;
  #size = 0;
  /** How many were ever taken in. */
  total = 0;

  /** What waits, in bytes and what each datagram takes besides. */
  get size(): number {
    return this.#size;
  }

  get first(): WaitingDatagram | undefined {
    return this.#waiting[this.#head];
  }

  push(datagram: WaitingDatagram): void {
    this.#waiting.push(datagram);
    this.#size += datagram.bytes.length + OVERHEAD;
    this.total++;
  }

  dropFirst(): void {
    const first = this.first;
    if (first === undefined) return;
    this.#waiting[this.#head++] = undefined;
    this.#size -= first.bytes.length + OVERHEAD;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head >= 512) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Takes the errors out. */
  dropErrors(): void {
    const kept = this.#waiting.filter((each) => each !== undefined && each.error === 0);
    this.#size -= OVERHEAD * (this.#waiting.length - this.#head - kept.length);
    this.#waiting = kept;
    this.#head = 0;
  }

  clear(): void {
    this.#waiting = [];
    this.#head = this.#size = 0;
  }
}

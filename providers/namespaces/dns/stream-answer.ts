import type { ServerAddress } from './server-address.js';
import type { DnsSocket, DnsTransport, TransportUser } from './transport.js';

/** A question over a connection, where each message has its length in front of it (RFC 1035, RFC 7766). */
export class StreamAnswer implements TransportUser {
  #socket: DnsSocket | null = null;
  // What has come of the answer, its length first, and how much that is to be in all.
  #chunks: Uint8Array[] = [];
  #size = 0;
  #wanted = 2;

  /**
   * @param query the question
   * @param answered told the message that came back, whole
   * @param broken told that none will
   */
  constructor(
    private readonly query: Uint8Array,
    private readonly answered: (message: Uint8Array) => void,
    private readonly broken: (error: number) => void,
  ) {}

  /** Begins the connection; 0 or a WSA error. */
  open(transport: DnsTransport, address: ServerAddress): number {
    const socket = transport.openStream(address, this);
    if (typeof socket === 'number') return socket;
    this.#socket = socket;
    return 0;
  }

  /** Lets the connection go; nobody is told anything more. */
  close(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#chunks = [];
  }

  connected(): void {
    const message = new Uint8Array(2 + this.query.length);
    message[0] = this.query.length >> 8;
    message[1] = this.query.length & 0xff;
    message.set(this.query, 2);
    const error = this.#socket!.send(message);
    if (error !== 0) this.failed(error);
  }

  received(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    this.#size += bytes.length;
    while (this.#size >= this.#wanted) {
      // Put together when all is there: it may come byte by byte.
      if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
      const all = this.#chunks[0]!;
      if (this.#wanted > 2) return this.answered(all.subarray(2, this.#wanted));
      this.#wanted = 2 + ((all[0]! << 8) | all[1]!);
      // A message of nothing is none that a question is answered by.
      if (this.#wanted === 2) return this.answered(all.subarray(2, 2));
    }
  }

  failed(error: number): void {
    this.close();
    this.broken(error);
  }
}

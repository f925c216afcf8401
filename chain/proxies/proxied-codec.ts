import { WSAECONNABORTED, WSAETIMEDOUT } from '../../spi/index.js';
import type { Codec, CodecOutput } from '../codec/index.js';
import type { Handshake, HandshakeOutput, Refusal } from './handshake.js';

/** A connection by way of a proxy: a handshake, and then the bytes as they are. */
export class ProxiedCodec implements Codec, HandshakeOutput {
  readonly handshake = true;
  #output!: CodecOutput;
  /** `null` once the proxy has done what it was asked for: what its answer was read with is let go. */
  #asks: Handshake | null;

  /**
   * @param asks the handshake
   * @param proxy the proxy, as messages name it
   * @param destination where the connection is to lead, as messages name it
   * @param timeout milliseconds for which the handshake may last
   */
  constructor(
    asks: Handshake,
    private readonly proxy: string,
    private readonly destination: string,
    private readonly timeout: number,
  ) {
    this.#asks = asks;
  }

  open(_role: unknown, output: CodecOutput): void {
    this.#output = output;
    output.setTimer(this.timeout);
    this.#asks?.begin(this);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    if (this.#asks === null) return output.decoded(bytes);
    const end = this.#asks.receive(bytes, this);
    if (end < bytes.length) output.decoded(bytes.subarray(end));
  }

  send(bytes: Uint8Array, output: CodecOutput): void {
    output.encoded(bytes);
  }

  end(output: CodecOutput): void {
    if (this.#asks === null) output.finished();
    else output.failed(WSAECONNABORTED, `${this.proxy} hung up before it answered about ${this.destination}`);
  }

  timer(output: CodecOutput): void {
    const { proxy, destination, timeout } = this;
    output.failed(WSAETIMEDOUT, `${proxy} did not answer about ${destination} within ${timeout / 1000} s`);
  }

  // — The handshake —

  encoded(bytes: Uint8Array): void {
    this.#output.encoded(bytes);
  }

  done(): void {
    this.#asks = null;
    this.#output.setTimer(null);
    this.#output.ready();
  }

  refused({ error, meaning }: Refusal): void {
    this.#output.failed(error, `${this.proxy} refuses ${this.destination}: ${meaning}`);
  }

  isNoProxy(expected: string): void {
    this.#output.failed(WSAECONNABORTED, `${this.proxy} does not speak ${expected}`);
  }
}

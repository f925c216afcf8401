import { isThenable } from '../../spi/answers.js';
import { cureOf } from '../../spi/layer-rules.js';
import { holdsBytes, WSAECONNABORTED, WSAEFAULT, WSASYSCALLFAILURE } from '../../spi/index.js';
import type { CodecConnection } from '../filters/index.js';
import type { Codec, CodecOutput, ShutdownDirection } from './codec.js';
import { closeCodec, makeCodec, reportCodec, tellCodec, tellReason } from './codec-conduct.js';
import { codecAnswerFault, codecFault, ioctlFault, isBytes, misspeltMember, returnedFault } from './faults.js';
import type { SessionLayer } from './session-layer.js';

/** What the functions of a codec are called by name. */
type CodecFunction = (codec: Codec, output: CodecOutput) => unknown;

/**
 * A codec, whose functions are called here alone: what it throws is contained, and what it returns is looked at. Whatever it
 * does wrong is reported, and costs its connection.
 */
export class ContainedCodec {
  #codec: Codec | null = null;
  #inside = false;
  /** It was told that what its functions return is lost. */
  #toldOfBytes = false;

  /**
   * @param failed told of what costs the connection, by a WinSock code
   * @param lower the socket below, for reports
   */
  constructor(
    private readonly layer: SessionLayer,
    private readonly output: CodecOutput,
    private readonly failed: (error: number) => void,
    private readonly lower: number,
  ) {}

  /** Whether one of the codec's functions runs. */
  get inside(): boolean {
    return this.#inside;
  }

  /** Whether it has a function of its own for the end of what is received. */
  get endsByItself(): boolean {
    return typeof this.#codec?.end === 'function';
  }

  /** Has the layer make the codec. Returns whether it did. */
  make(connection: CodecConnection): boolean {
    const { layer } = this;
    this.#codec = makeCodec(
      layer,
      () => layer.createCodec(connection),
      codecFault,
      misspeltMember,
      (message, cause) => this.defect(message, cause),
      (message, cause) => this.report(message, cause),
    );
    return this.#codec !== null;
  }

  /** Whether the codec has a handshake. */
  get handshake(): boolean {
    return this.#codec?.handshake === true;
  }

  /** Has the codec decode a piece; none of its functions runs. */
  receive(piece: Uint8Array): void {
    const codec = this.#codec;
    if (codec === null) return;
    this.#inside = true;
    try {
      const answer: unknown = codec.receive(piece, this.output);
      if (answer !== undefined) this.#checkAnswer('receive', answer);
    } catch (cause) {
      this.#threw('receive', cause);
    } finally {
      this.#inside = false;
    }
  }

  /** Has the codec encode a piece; none of its functions runs. */
  send(piece: Uint8Array): void {
    const codec = this.#codec;
    if (codec === null) return;
    this.#inside = true;
    try {
      const answer: unknown = codec.send(piece, this.output);
      if (answer !== undefined) this.#checkAnswer('send', answer);
    } catch (cause) {
      this.#threw('send', cause);
    } finally {
      this.#inside = false;
    }
  }

  /** Calls one of the codec's functions that are not about a buffer. */
  call(name: 'open' | 'end' | 'shutdown' | 'timer' | 'ioctl', step: CodecFunction): void {
    const codec = this.#codec;
    if (codec === null) return;
    const wasInside = this.#inside;
    this.#inside = true;
    try {
      const answer = step(codec, this.output);
      if (answer !== undefined) this.#checkAnswer(name, answer);
    } catch (cause) {
      this.#threw(name, cause);
    } finally {
      this.#inside = wasInside;
    }
  }

  /**
   * Puts an ioctl to the codec.
   *
   * @returns bytes written to the output, or a negated code; `null` when the codec does not know it
   */
  ioctl(code: number, input: Uint8Array, output: Uint8Array | null, room: number): number | null {
    const answer = this.#askIoctl(code, input);
    if (answer === null || typeof answer === 'number') return answer === null ? null : -answer;
    if (output === null || answer.length > room || !holdsBytes(output, answer.length)) return -WSAEFAULT;
    output.set(answer);
    return answer.length;
  }

  /** What the codec answers to an ioctl: bytes, a WinSock code, or `null` when it does not know the code. */
  #askIoctl(code: number, input: Uint8Array): Uint8Array | number | null {
    if (typeof this.#codec?.ioctl !== 'function') return null;
    let answer: unknown = null;
    this.call('ioctl', (codec) => {
      answer = codec.ioctl!(code, input);
      return isThenable(answer) ? answer : undefined;
    });
    if (answer === null || answer === undefined || isBytes(answer)) return answer ?? null;
    if (typeof answer === 'number' && Number.isInteger(answer) && answer > 0) return answer;
    if (!isThenable(answer)) this.defect(ioctlFault(answer));
    return WSASYSCALLFAILURE;
  }

  shutdown(how: ShutdownDirection): void {
    this.call('shutdown', (codec, output) => codec.shutdown?.(how, output));
  }

  /** The connection broke, by a WinSock code. What the codec does wrong then has no other consequence. */
  broken(error: number): void {
    const told = (message: string, cause?: unknown): void => this.report(message, cause);
    tellCodec('broken', () => this.#codec?.broken?.(error), told);
  }

  /** The handshake took too long. A codec that is told of what breaks its connections may say why itself. */
  lateHandshake(): void {
    const { layer } = this;
    if (layer.toldOfHandshake || this.#codec?.broken !== undefined) return;
    layer.toldOfHandshake = true;
    this.report(`the handshake was not over in time${cureOf('codecIsReady')}`);
  }

  /** The connection is gone. */
  close(): void {
    closeCodec(this.#codec, (message, cause) => this.report(message, cause));
  }

  #checkAnswer(name: string, answer: unknown): void {
    const fault = codecAnswerFault(name, answer);
    if (fault !== null) this.defect(fault);
    else if (!this.#toldOfBytes) {
      const lost = name === 'ioctl' ? null : returnedFault(name, answer);
      this.#toldOfBytes = lost !== null;
      if (lost !== null) this.report(lost);
    }
  }

  #threw(name: string, cause: unknown): void {
    this.defect(`the codec's "${name}" threw; its connection is reset${cureOf('codecThrows')}`, cause);
  }

  /** Reports what the codec does wrong; it costs the connection. */
  defect(message: string, cause?: unknown): void {
    this.report(message, cause);
    this.failed(WSAECONNABORTED);
  }

  /** Tells people why the connection breaks. */
  tell(reason: string): void {
    tellReason(this.layer, this.lower, reason);
  }

  /** Reports something of the codec. */
  report(message: string, cause?: unknown): void {
    reportCodec(this.layer, this.lower, message, cause);
  }
}

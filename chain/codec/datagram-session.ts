import { messageOf } from '../../spi/answers.js';
import { cureOf } from '../../spi/layer-rules.js';
import type { Timer } from '../../spi/index.js';
import type { CodecConnection } from '../filters/index.js';
import { closeCodec, makeCodec, reportCodec, tellReason } from './codec-conduct.js';
import type { CodecDirection } from './codec.js';
import type { DatagramCodec, DatagramCodecFactory, DatagramOutput } from './datagram-codec.js';
import { readName, type SocketName } from './datagram-name.js';
import {
  bytesFault,
  codecAnswerFault,
  datagramCodecFault,
  directionFault,
  failureFault,
  isBytes,
  strangeMember,
  timerFault,
} from './faults.js';
import type { SessionLayer } from './session-layer.js';

/** Units that a call counts besides its bytes (see `WorkBudget`). */
const CALL_UNITS = 1024;

/** What the datagram sockets of one layer share. */
export interface DatagramLayer extends SessionLayer {
  readonly createDatagramCodec: DatagramCodecFactory;
  /** Sockets that live on after they were closed, until what was sent is gone. */
  readonly leaving: Set<{ abort(): void }>;
}

/** The socket that a datagram codec works for. */
export interface DatagramUser {
  readonly family: number;
  /** The peer of a connected socket. */
  readonly peer: SocketName | null;
  /** The codec takes again what it had paused, or needs nothing more of a socket that was closed. */
  resumed(): void;
  /** The codec decoded a datagram. */
  takeDecoded(bytes: Uint8Array, from: SocketName): void;
  /**
   * The codec encoded a datagram.
   *
   * @param bytes still the codec's
   * @returns what is wrong with it, to be reported; `null` for nothing
   */
  takeEncoded(bytes: Uint8Array, to: SocketName): string | null;
  /** The codec says that no datagrams pass, by a WinSock code. */
  takeFailure(error: number): void;
}

/** How many faults of a codec are told of one socket. */
const MOST_TOLD = 20;

/**
 * The codec of one datagram socket. What it throws is contained, and what it answers is looked at: what is wrong costs the
 * datagram concerned, is reported, and the socket goes on. Where there is no codec because none could be made, nothing passes.
 */
export class DatagramSession implements DatagramOutput {
  #told: Set<string> | null = null;
  #codec: DatagramCodec | null = null;
  #failed = false;
  #closed = false;
  /** The application has closed the socket, and the codec may have more to send. */
  #leaving = false;
  readonly #paused = { send: false, receive: false };
  /** Datagrams that it encoded. */
  #encodedCount = 0;
  #timer: Timer | null = null;
  /** The name that `send` or `receive` was called with, while it runs. */
  #under: SocketName | null = null;
  /** The codec has done something wrong in the call that runs. */
  #faulty = false;

  /** @param socket the socket below, for reports */
  constructor(
    private readonly layer: DatagramLayer,
    private readonly user: DatagramUser,
    private readonly socket: number,
  ) {}

  // — How the codec answers —

  decoded(bytes: Uint8Array, from?: SocketName): void {
    if (this.#closed || !this.#areBytes('decoded', bytes)) return;
    const name = this.#nameFor('decoded', from);
    if (name === null) return;
    this.#spend(bytes.length + CALL_UNITS);
    this.user.takeDecoded(bytes, name);
  }

  encoded(bytes: Uint8Array, to?: SocketName): void {
    if (this.#closed || !this.#areBytes('encoded', bytes)) return;
    const name = this.#nameFor('encoded', to);
    if (name === null) return;
    if (name.port === 0 && name.address !== '') {
      return this.#defect(`the codec gave output.encoded an address with port 0: no datagram goes there`, undefined);
    }
    this.#spend(bytes.length + CALL_UNITS);
    this.#encodedCount++;
    const fault = this.user.takeEncoded(bytes, name);
    if (fault !== null) this.#defect(fault, undefined);
  }

  pause(direction: CodecDirection): void {
    if (this.#isDirection('pause', direction)) this.#paused[direction] = true;
  }

  resume(direction: CodecDirection): void {
    if (!this.#isDirection('resume', direction) || !this.#paused[direction]) return;
    this.#paused[direction] = false;
    this.user.resumed();
  }

  #isDirection(name: 'pause' | 'resume', direction: unknown): boolean {
    if (this.#closed) return false;
    if (direction === 'send' || direction === 'receive') return true;
    this.#defect(directionFault(name, direction), undefined);
    return false;
  }

  /** Whether it takes no datagrams of the application's for now. */
  get pausesSending(): boolean {
    return this.#paused.send;
  }

  /** Whether it takes no datagrams of the wire's for now. */
  get pausesReceiving(): boolean {
    return this.#paused.receive;
  }

  failed(error: number, reason?: string): void {
    if (this.#closed) return;
    if (!Number.isInteger(error) || error <= 0) {
      return this.#defect(failureFault(error), undefined);
    }
    if (typeof reason === 'string') tellReason(this.layer, this.socket, reason);
    this.user.takeFailure(error);
  }

  /** Whether the socket below stays without a peer. */
  get unconnected(): boolean {
    return this.#codec?.unconnected === true;
  }

  setTimer(milliseconds: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#closed || milliseconds === null || milliseconds === undefined) return;
    if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) {
      return this.#defect(timerFault(milliseconds), undefined);
    }
    if (milliseconds === Infinity) return;
    const { host } = this.layer.context;
    this.#timer = host.setTimer(host.clock.now() + Math.max(milliseconds, 0), () => {
      this.#timer = null;
      this.#fire();
    });
  }

  now(): number {
    return this.layer.context.host.clock.now();
  }

  random(): number {
    return this.layer.context.host.random.next();
  }

  // — What the codec is given to do —

  /** Makes the codec, unless that was tried before. Returns whether there is one. */
  start(connection: CodecConnection): boolean {
    if (this.#codec !== null) return true;
    if (this.#failed || this.#closed) return false;
    const { layer } = this;
    const report = (message: string, cause?: unknown): void => this.#report(message, cause);
    this.#codec = makeCodec(
      layer,
      () => layer.createDatagramCodec(connection),
      datagramCodecFault,
      strangeMember,
      report,
      report,
    );
    this.#failed = this.#codec === null;
    return !this.#failed;
  }

  /** Gives it a datagram of the application's. Returns whether it did right. */
  send(bytes: Uint8Array, to: SocketName): boolean {
    return this.#give('send', bytes, to);
  }

  /** Gives it a datagram of the wire's. */
  receive(bytes: Uint8Array, from: SocketName): void {
    this.#give('receive', bytes, from);
    this.#spend(bytes.length + CALL_UNITS);
  }

  #give(name: 'send' | 'receive', bytes: Uint8Array, at: SocketName): boolean {
    const codec = this.#codec;
    if (codec === null || this.#closed) return false;
    const { previous, wasFaulty } = { previous: this.#under, wasFaulty: this.#faulty };
    this.#under = at;
    this.#faulty = false;
    try {
      const answer: unknown = codec[name](bytes, at, this);
      if (answer !== undefined) this.#checkAnswer(name, answer);
      return !this.#faulty;
    } catch (cause) {
      this.#threw(name, cause);
      return false;
    } finally {
      this.#under = previous;
      this.#faulty = wasFaulty;
    }
  }

  #fire(): void {
    this.#call('timer');
    if (this.#leaving && this.#timer === null) this.user.resumed();
  }

  #call(name: 'timer' | 'shutdown'): void {
    const codec = this.#codec;
    if (codec === null || this.#closed) return;
    try {
      const answer: unknown = codec[name]?.(this);
      if (answer !== undefined) this.#checkAnswer(name, answer);
    } catch (cause) {
      this.#threw(name, cause);
    }
  }

  /** The application has closed the socket. */
  shutdown(): void {
    if (this.#leaving || this.#closed) return;
    this.#leaving = true;
    if (typeof this.#codec?.shutdown === 'function') this.#call('shutdown');
    else this.setTimer(null);
  }

  /** Whether it may have more to send, though the application has closed the socket. */
  get holdsSocket(): boolean {
    return this.#leaving && this.#timer !== null && !this.#closed;
  }

  /** Counts what it encodes, for whoever waits that there is more. */
  get encodedCount(): number {
    return this.#encodedCount;
  }

  /** The socket is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    closeCodec(this.#codec, (message, cause) => this.#report(message, cause));
  }

  // — How its answers are taken —

  #areBytes(name: 'decoded' | 'encoded', bytes: unknown): boolean {
    if (isBytes(bytes)) return true;
    this.#defect(bytesFault(name, bytes), undefined);
    return false;
  }

  #nameFor(function_: 'decoded' | 'encoded', given: unknown): SocketName | null {
    const { family, peer } = this.user;
    if (given === undefined) {
      const name = this.#under ?? peer;
      if (name === null) {
        this.#defect(
          `the codec called output.${function_} without an address outside of "send" and "receive", on a socket that is ` +
            `not connected: say which, as in output.${function_}(bytes, { address, port })`,
          undefined,
        );
      }
      return name;
    }
    const name = readName(function_, given, family);
    if (typeof name !== 'string') return name;
    this.#defect(name, undefined);
    return null;
  }

  #spend(units: number): void {
    this.layer.context.host.turn.spend(units);
  }

  #checkAnswer(name: string, answer: unknown): void {
    const fault = codecAnswerFault(name, answer);
    if (fault !== null) this.#defect(fault, undefined);
  }

  #threw(name: string, cause: unknown): void {
    this.#defect(`the codec's "${name}" threw; its datagram is lost${cureOf('datagramThrows')}`, cause);
  }

  #defect(message: string, cause: unknown): void {
    this.#faulty = true;
    this.#report(message, cause);
  }

  /** The same fault is told once: of each datagram would be too often. */
  #report(message: string, cause: unknown): void {
    const fault = `${message} ${messageOf(cause)}`;
    const known = (this.#told ??= new Set());
    if (known.has(fault) || known.size >= MOST_TOLD) return;
    known.add(fault);
    reportCodec(this.layer, this.socket, message, cause);
  }
}

import {
  FIONREAD,
  IPPROTO_TCP,
  MSG_OOB,
  MSG_PEEK,
  SIO_TAKES_NAMES,
  SO_LINGER,
  SO_OOBINLINE,
  SOL_SOCKET,
  TCP_NODELAY,
  WSAEFAULT,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  XP1_QOS_SUPPORTED,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness, type AddressSlot, type CoreNotice, type SocketCore } from '../../io/index.js';
import { ConnectionNames } from './connection-names.js';
import { LowerSocket } from './lower-socket.js';
import type { CodecScratch } from './scratch.js';
import type { SessionLayer } from './session-layer.js';
import { userDataBelow } from './user-data.js';

/** A layer of a run, and what its calls to the provider below are made with. */
export interface RunLayer extends SessionLayer {
  readonly scratch: CodecScratch;
  /** Whether urgent data passes the codec by; else there is none. */
  readonly passesUrgent: boolean;
  /** Whether the system below puts small sends together (Nagle's algorithm), as the application says by TCP_NODELAY. */
  readonly nagle: boolean;
}

/** Answers SIO_TAKES_NAMES. */
function tellYes(output: Uint8Array | null, room: number): CountOrNegatedCode {
  if (output === null || room < 4) return -WSAEFAULT;
  output.set(YES);
  return 4;
}

const YES = Uint8Array.of(1, 0, 0, 0);

/** Urgent bytes taken in one go. */
const URGENT_PER_TURN = 32;

/**
 * What a core over a socket of the provider below has of that socket: its names, options and urgent data, which pass the
 * codecs by; and the readiness that it tells its front.
 */
export abstract class CoreOverSocket {
  notice: CoreNotice | null = null;
  readiness = 0;
  error = 0;
  /** Quality of service is that of the socket below. */
  readonly hasQualityOfService: boolean;
  flowError = 0;
  groupFlowError = 0;
  readonly optionLevels?: readonly number[];
  readonly setConnectData?: NonNullable<SocketCore['setConnectData']>;
  readonly connectData?: NonNullable<SocketCore['connectData']>;
  readonly setDisconnectData?: NonNullable<SocketCore['setDisconnectData']>;
  readonly disconnectData?: NonNullable<SocketCore['disconnectData']>;
  /** None for a connection that was accepted: below, its caller was answered before anybody above was asked. */
  mostConnectData?: number;
  /** SO_LINGER is on below, for a close that waits. */
  #lingers = false;
  /** SO_OOBINLINE is set. */
  #inline = false;

  /** There is no urgent data: it would pass a codec by that lets nothing pass. */
  protected readonly refusesUrgent: boolean;
  /** What the application says by TCP_NODELAY, where the socket below always sends at once; else `null`. */
  #noDelay: boolean | null = null;
  protected readonly below: LowerSocket;
  protected readonly names: ConnectionNames;
  /** What the calls to the provider below are made with. */
  protected readonly scratch: CodecScratch;

  /**
   * @param layers the layers of the run, outermost first
   * @param lower the socket of the provider below them all
   */
  protected constructor(layers: readonly RunLayer[], lower: number) {
    const { context, scratch } = layers[layers.length - 1]!;
    this.scratch = scratch;
    this.refusesUrgent = layers.some(({ passesUrgent }) => !passesUrgent);
    this.hasQualityOfService = (context.lowerProtocolInfo.dwServiceFlags1 & XP1_QOS_SUPPORTED) !== 0;
    this.below = new LowerSocket(context, scratch, lower, () => this.noticed());
    Object.assign(this, userDataBelow(this.below, context.lowerProtocolInfo.dwServiceFlags1));
    if (layers.some(({ nagle }) => !nagle)) {
      this.#noDelay = false;
      this.below.setOption(IPPROTO_TCP, TCP_NODELAY, Uint8Array.of(1, 0, 0, 0), 4);
    }
    this.names = new ConnectionNames(layers, this.below, () => this.notice?.handle ?? 0);
  }

  /** 0, or why it cannot be used: nothing would be told of what happens below. */
  get unwatched(): number {
    return this.below.unwatched;
  }

  /** The event object of the socket below was set. */
  protected abstract noticed(): void;
  /** Puts bytes that passed the codecs by behind what is decoded. */
  protected abstract insert(bytes: Uint8Array): void;
  /** Has small sends go out at once, or not. */
  protected abstract setNoDelay(enable: boolean): void;

  /** It was accepted below, which answered its caller. */
  accepted(): this {
    this.mostConnectData = 0;
    return this;
  }

  // — Readiness —

  /** Whether the connection is broken. */
  get broken(): boolean {
    return (this.readiness & Readiness.RESET) !== 0;
  }

  set(bits: number): void {
    this.readiness |= bits;
  }

  clear(bits: number): void {
    this.readiness &= ~bits;
  }

  tellOnce(edges: number): void {
    if ((this.readiness & edges) === 0) this.tell(edges);
  }

  tell(edges: number): void {
    this.readiness |= edges;
    this.notice?.changed(edges);
  }

  /** The quality of service of the socket below is another now. */
  protected qualityChanged(error: number): void {
    this.flowError = error;
    this.notice?.changed(Readiness.QUALITY_CHANGED);
  }

  /** That of its group is another now. */
  protected groupQualityChanged(error: number): void {
    this.groupFlowError = error;
    this.notice?.changed(Readiness.GROUP_QUALITY_CHANGED);
  }

  // — Names and options —

  /** Whether the socket is to be closed as one that lingers. */
  protected get lingers(): boolean {
    return this.#lingers;
  }

  atMark(): boolean {
    return this.below.atMark();
  }

  localName(slot: AddressSlot): ErrorCode {
    const code = this.below.localName(slot);
    if (code === 0) this.names.fillLocal(slot);
    return code;
  }

  peerName(slot: AddressSlot): ErrorCode {
    const code = this.below.peerName(slot);
    if (code === 0) this.names.fillDestination(slot);
    return code;
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    if (this.below.gone) return 0;
    // The front keeps SO_LINGER, and hands it on only when it is about to close.
    if (level === SOL_SOCKET && optname === SO_LINGER) this.#lingers = true;
    if (level === SOL_SOCKET && optname === SO_OOBINLINE) {
      if (this.refusesUrgent) return 0;
      // Urgent bytes pass the codecs by: in line below they would come to be decoded.
      this.#inline = value.subarray(0, length).some((byte) => byte !== 0);
      if (this.#inline) this.takeUrgent();
      return 0;
    }
    if (level === IPPROTO_TCP && optname === TCP_NODELAY) {
      const enable = value.subarray(0, length).some((byte) => byte !== 0);
      this.setNoDelay(enable);
      if (this.#noDelay !== null) {
        this.#noDelay = enable;
        return 0;
      }
    }
    return this.below.setOption(level, optname, value, length);
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    const got = this.below.getOption(level, optname, value, length);
    if (this.#noDelay !== null && got > 0 && level === IPPROTO_TCP && optname === TCP_NODELAY) {
      value.fill(0, 0, got);
      value[0] = this.#noDelay ? 1 : 0;
    }
    return got;
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    if (code === SIO_TAKES_NAMES && this.takesNames) return tellYes(output, room);
    return code === FIONREAD ? -WSAEOPNOTSUPP : this.below.ioctl(code, input, inputLength, output, room);
  }

  /** Whether a layer of the run connects by name; else those below are asked. */
  protected abstract get takesNames(): boolean;

  // — Groups: the socket below is in them —

  get groupId(): number {
    return this.below.gone ? 0 : this.below.groupId();
  }

  joinGroup(g: number): number {
    return this.below.enterGroup(g);
  }

  // — Urgent data —

  /** Whether urgent bytes are received in line. */
  protected get inline(): boolean {
    return this.#inline;
  }

  protected receiveUrgent(buffers: WSABUF[], count: number, flags: number): number {
    const received = this.below.receiveUrgent(buffers, count, flags);
    // FD_OOB tells when there is more.
    const taken = received >= 0 ? (flags & MSG_PEEK) === 0 : received === -WSAEWOULDBLOCK;
    if (taken) this.readiness &= ~Readiness.OUT_OF_BAND;
    return received;
  }

  /** Puts the urgent bytes that wait below behind what is decoded: they are received in line. */
  protected takeUrgent(): void {
    for (let i = 0; i < URGENT_PER_TURN && !this.below.gone; i++) {
      const buf = new Uint8Array(1);
      if (this.receiveUrgent([{ len: 1, buf }], 1, MSG_OOB) <= 0) break;
      this.insert(buf);
    }
    this.readiness &= ~Readiness.OUT_OF_BAND;
  }
}

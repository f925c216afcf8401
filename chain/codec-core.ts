import {
  FD_ACCEPT,
  FD_ADDRESS_LIST_CHANGE,
  FD_CLOSE,
  FD_CLOSE_BIT,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_OOB,
  FD_ROUTING_INTERFACE_CHANGE,
  FIONBIO,
  FIONREAD,
  INVALID_SOCKET,
  LINGER,
  MSG_OOB,
  MSG_PEEK,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SIOCATMARK,
  SO_LINGER,
  SO_OOBINLINE,
  SOL_SOCKET,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type Ref,
  type Timer,
  type WSABUF,
  type WSANETWORKEVENTS,
} from '../spi/index.js';
import { addressSlot, Readiness, type AddressSlot, type CoreNotice, type SocketCore } from '../io/index.js';
import { ByteQueue } from './byte-queue.js';
import type { Codec, CodecFactory, CodecOutput, CodecRole, ShutdownDirection } from './codec.js';
import type { LayerContext } from './pass-through.js';

/** Bytes that may wait in each direction; beyond, the sender is held up, as by a kernel. */
const QUEUE_BOUND = 256 * 1024;
/** Reads of the provider below in one go; then the next socket has its turn. */
const READS_PER_TURN = 32;
/** Everything that can be asked of the provider below. */
const ALL_EVENTS = 0x3ff;

/** As many connections may wait to be accepted, whatever the backlog: Windows' own bound. */
const MOST_WAITING = 200;
/** Milliseconds for which a handshake may keep a place in a full queue that others wait for. */
const HANDSHAKE_PATIENCE = 10_000;

const abortively = LINGER.encode({ l_onoff: 1, l_linger: 0 });
const atLeisure = LINGER.encode({ l_onoff: 0, l_linger: 0 });
const blocking = new Uint8Array(4);

/**
 * What the calls to the provider below are made with. One per layer: the provider below may be a codec layer too, and is
 * inside its own calls while it serves this one's.
 */
export class CodecScratch {
  readonly input = new Uint8Array(64 * 1024);
  readonly inputBuffers: WSABUF[] = [{ len: this.input.length, buf: this.input }];
  readonly outputBuffers: WSABUF[] = [];
  readonly byteCount: Ref<number> = { value: 0 };
  readonly flags: Ref<number> = { value: 0 };
  readonly errno: Ref<number> = { value: 0 };
  readonly addressLength: Ref<number> = { value: 0 };
  readonly networkEvents: WSANETWORKEVENTS = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
}

const DIRECTIONS: readonly ShutdownDirection[] = ['receive', 'send', 'both'];

/** A connection that waits to be accepted. */
interface Waiting {
  readonly core: CodecCore;
  readonly peer: AddressSlot;
  /** When its handshake began. */
  readonly since: number;
}

/** What every core of one layer shares. */
export interface CodecLayer {
  readonly context: LayerContext;
  readonly createCodec: CodecFactory;
  readonly scratch: CodecScratch;
  /** The cores that live on after their socket was closed, until what was sent is gone. */
  readonly leaving: Set<CodecCore>;
}

/**
 * The core of a socket whose data a codec transforms, over a socket of the provider below, used by the SPI alone.
 * The lower socket is under `WSPEventSelect` with all events on an event object of its own.
 */
export class CodecCore implements SocketCore, DeferredWork, CodecOutput {
  notice: CoreNotice | null = null;
  readiness = 0;
  error = 0;
  queued = false;
  readonly #event: number;
  readonly #scratch: CodecScratch;
  readonly #decoded = new ByteQueue();
  /** Data was decoded that nobody may receive any more. */
  #refused = false;
  /** SO_OOBINLINE is set. */
  #inline = false;
  readonly #encoded = new ByteQueue();
  #codec: Codec | null = null;
  #timer: Timer | null = null;
  /**
   * Accepted connections whose handshake goes on, and those that are ready: as many as the backlog says, beside those that
   * the listener below has in its own queue.
   */
  #accepting: Waiting[] | null = null;
  #backlog = 1;
  #listener: CodecCore | null = null;
  #usable = false;
  /** Nothing more comes from below. */
  #lowerEnded = false;
  /** Nothing more will be decoded. */
  #finished = false;
  #endReported = false;
  #sendEnded = false;
  #receiveEnded = false;
  #lowerShutdown = false;
  /** The names of a connection that the codec broke: the socket below is closed then. */
  #lastNames: { local: AddressSlot; localError: number; peer: AddressSlot; peerError: number } | null = null;
  #moreBelow = false;
  /** SO_LINGER is on below, for a close that waits. */
  #lingers = false;
  #closed = false;
  #pumping = false;
  /** The buffer that the codec works on now; pieces that lie in it must be copied if they stay. */
  #working: ArrayBufferLike | null = null;

  constructor(
    private readonly layer: CodecLayer,
    private readonly lower: number,
  ) {
    const { host } = layer.context;
    this.#scratch = layer.scratch;
    this.#event = host.createEvent();
    host.onEvent(this.#event, () => this.#noticed());
    layer.context.lower.lpWSPEventSelect(lower, this.#event, ALL_EVENTS, this.#scratch.errno);
  }

  // — CodecOutput: how the codec answers —

  decoded(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#receiveEnded) {
      this.#refused = true;
      return;
    }
    this.#decoded.push(bytes.buffer === this.#working ? bytes.slice() : bytes);
    this.#newlyDecoded = true;
  }

  encoded(bytes: Uint8Array): void {
    if (!this.#lowerShutdown) this.#encoded.push(bytes);
  }

  setTimer(milliseconds: number | null): void {
    this.#timer?.cancel();
    const { host } = this.layer.context;
    this.#timer =
      milliseconds === null || this.#closed
        ? null
        : host.setTimer(host.clock.now() + milliseconds, () => {
            this.#timer = null;
            this.#work(null, (codec) => codec.timer?.(this));
            this.#advance();
          });
  }

  ready(): void {
    if (this.#usable || (this.readiness & (Readiness.RESET | Readiness.CONNECT_FAILED)) !== 0) return;
    this.#usable = true;
    if (this.#listener !== null) this.#listener.#tell(Readiness.ACCEPTABLE);
    this.#tell(Readiness.CONNECTED | Readiness.WRITABLE);
  }

  finished(): void {
    this.#finished = true;
  }

  failed(error: number): void {
    if (this.#closed || (this.readiness & Readiness.RESET) !== 0) return;
    this.#fail(error);
    this.#resetBelow();
  }

  now(): number {
    return this.layer.context.host.clock.now();
  }

  random(): number {
    return this.layer.context.host.random.next();
  }

  // — SocketCore —

  confirm(_bits: number): number {
    this.#pump();
    return this.readiness;
  }

  bind(name: Uint8Array, namelen: number): number {
    return this.layer.context.lower.lpWSPBind(this.lower, name, namelen, this.#scratch.errno) === 0
      ? 0
      : this.#scratch.errno.value;
  }

  listen(backlog: number): number {
    if (this.layer.context.lower.lpWSPListen(this.lower, backlog, this.#scratch.errno) !== 0)
      return this.#scratch.errno.value;
    this.#accepting ??= [];
    this.#backlog = Math.min(Math.max(Math.abs(backlog), 1), MOST_WAITING);
    this.layer.context.host.defer(this);
    return 0;
  }

  tryConnect(name: Uint8Array, namelen: number): number {
    if (this.#lowerClosed) return WSAEINVAL;
    this.readiness = 0;
    this.error = 0;
    const { lower } = this.layer.context;
    if (lower.lpWSPConnect(this.lower, name, namelen, null, null, null, null, this.#scratch.errno) === 0) {
      this.#opened('client');
      return this.#usable ? 0 : WSAEWOULDBLOCK;
    }
    return this.#scratch.errno.value;
  }

  tryAccept(peer: AddressSlot): SocketCore | number {
    this.#acceptBelow();
    const waiting = this.#accepting ?? [];
    const first = waiting.findIndex(({ core }) => core.#usable);
    if (first < 0) {
      this.readiness &= ~Readiness.ACCEPTABLE;
      return WSAEWOULDBLOCK;
    }
    const { core, peer: name } = waiting[first]!;
    waiting.splice(first, 1);
    core.#listener = null;
    peer.bytes.set(name.bytes);
    peer.length = name.length;
    if (!waiting.some((other) => other.core.#usable)) this.readiness &= ~Readiness.ACCEPTABLE;
    // There is a place in the queue again.
    this.layer.context.host.defer(this);
    return core;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): number {
    if ((flags & MSG_OOB) !== 0) return this.#inline ? -WSAEINVAL : this.#receiveBelow(buffers, count, flags);
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#decoded.size === 0) this.#pump();
    if (this.#decoded.size > 0) {
      const received = this.#decoded.readInto(buffers, count, (flags & MSG_PEEK) !== 0);
      if (this.#decoded.size === 0 && !this.#endReported) this.readiness &= ~Readiness.READABLE;
      if (this.#moreBelow && this.#decoded.size < QUEUE_BOUND / 2) this.layer.context.host.defer(this);
      return received;
    }
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#endReported) return 0;
    this.readiness &= ~Readiness.READABLE;
    return -WSAEWOULDBLOCK;
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    _to: Uint8Array | null,
    _tolen: number,
    offset: number,
  ): number {
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#sendEnded) return -WSAESHUTDOWN;
    if ((flags & MSG_OOB) !== 0) return this.#sendBelow(buffers, count, flags);
    let room = this.#usable ? QUEUE_BOUND - this.#encoded.size : 0;
    let skip = offset;
    let taken = 0;
    for (let i = 0; i < count && room > 0; i++) {
      const { buf, len } = buffers[i]!;
      if (skip >= len) {
        skip -= len;
        continue;
      }
      const end = Math.min(len, skip + room);
      const bytes = buf.subarray(skip, end);
      skip = 0;
      this.#work(bytes, (codec) => codec.send(bytes, this));
      if ((this.readiness & Readiness.RESET) !== 0) break;
      taken += bytes.length;
      // What comes after must not overtake the rest of this buffer.
      if (end < len) break;
      room = QUEUE_BOUND - this.#encoded.size;
      if (room > 0) continue;
      this.#flush();
      room = QUEUE_BOUND - this.#encoded.size;
    }
    // All at once, so that what belongs together stays together below.
    this.#flush();
    // What was not handed on may point into the caller's buffers.
    if (this.#encoded.size > 0) for (let i = 0; i < count; i++) this.#encoded.detachFrom(buffers[i]!.buf.buffer);
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    room = this.#usable ? QUEUE_BOUND - this.#encoded.size : 0;
    this.#reportDecoded();
    if (taken === 0 && room <= 0) {
      this.readiness &= ~Readiness.WRITABLE;
      return -WSAEWOULDBLOCK;
    }
    if (room <= 0) this.readiness &= ~Readiness.WRITABLE;
    return taken;
  }

  shutdown(how: number): number {
    if (how !== SD_SEND) {
      this.#receiveEnded = true;
      this.#refused = this.#decoded.size > 0;
      this.#decoded.clear();
      this.#reportDecoded();
    }
    if (how !== SD_RECEIVE) {
      if (!this.#sendEnded) this.#work(null, (codec) => codec.shutdown?.(DIRECTIONS[how] ?? 'both', this));
      this.#sendEnded = true;
      this.#flush();
    }
    return 0;
  }

  abort(): void {
    this.#resetBelow();
    this.#free();
  }

  close(): void {
    for (const { core } of this.#accepting ?? []) core.abort();
    this.#accepting = null;
    if (this.#codec === null || (this.readiness & Readiness.RESET) !== 0) return this.#free();
    const unread = this.#decoded.size > 0 && !this.#receiveEnded;
    if (unread) return this.abort();
    this.shutdown(SD_BOTH);
    if (this.#encoded.size === 0 || this.#closed) return this.#free(this.#lingers);
    // Nobody waits for this one any more: what closes the socket below is the room that it has at last.
    if (this.#lingers) this.setOption(SOL_SOCKET, SO_LINGER, atLeisure, 4);
    this.layer.leaving.add(this);
  }

  available(): number {
    this.#pump();
    return this.#decoded.size;
  }

  /** The codec's own queue; for what lies below the front has the socket below linger (see `lingerBelow` there). */
  unsent(): number {
    this.#flush();
    return this.#encoded.size;
  }

  atMark(): boolean {
    if (this.#lowerClosed) return true;
    const answer = new Uint8Array(4);
    const { lower } = this.layer.context;
    lower.lpWSPIoctl(
      this.lower,
      SIOCATMARK,
      null,
      0,
      answer,
      4,
      this.#scratch.byteCount,
      null,
      null,
      null,
      this.#scratch.errno,
    );
    return answer[0] !== 0;
  }

  localName(slot: AddressSlot): number {
    if (this.#lastNames !== null) return copyName(this.#lastNames.local, this.#lastNames.localError, slot);
    this.#scratch.addressLength.value = slot.bytes.length;
    const result = this.layer.context.lower.lpWSPGetSockName(
      this.lower,
      slot.bytes,
      this.#scratch.addressLength,
      this.#scratch.errno,
    );
    slot.length = result === 0 ? this.#scratch.addressLength.value : 0;
    return result === 0 ? 0 : this.#scratch.errno.value;
  }

  peerName(slot: AddressSlot): number {
    if (this.#lastNames !== null) return copyName(this.#lastNames.peer, this.#lastNames.peerError, slot);
    this.#scratch.addressLength.value = slot.bytes.length;
    const result = this.layer.context.lower.lpWSPGetPeerName(
      this.lower,
      slot.bytes,
      this.#scratch.addressLength,
      this.#scratch.errno,
    );
    slot.length = result === 0 ? this.#scratch.addressLength.value : 0;
    return result === 0 ? 0 : this.#scratch.errno.value;
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): number {
    if (this.#lowerClosed) return 0;
    // The front keeps SO_LINGER, and hands it on only when it is about to close.
    if (level === SOL_SOCKET && optname === SO_LINGER) this.#lingers = true;
    if (level === SOL_SOCKET && optname === SO_OOBINLINE) {
      // Urgent bytes pass the codec by: in line below they would come to be decoded.
      this.#inline = value.subarray(0, length).some((byte) => byte !== 0);
      if (this.#inline) this.#takeUrgent();
      return 0;
    }
    return this.layer.context.lower.lpWSPSetSockOpt(this.lower, level, optname, value, length, this.#scratch.errno) ===
      0
      ? 0
      : this.#scratch.errno.value;
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): number {
    if (this.#lowerClosed) return -WSAENOTCONN;
    const size: Ref<number> = { value: length };
    const result = this.layer.context.lower.lpWSPGetSockOpt(
      this.lower,
      level,
      optname,
      value,
      size,
      this.#scratch.errno,
    );
    return result === 0 ? size.value : -this.#scratch.errno.value;
  }

  ioctl(code: number, inBytes: Uint8Array | null, inLength: number, outBytes: Uint8Array | null, room: number): number {
    if (code === FIONREAD) return -WSAEOPNOTSUPP;
    if (this.#lowerClosed) return -WSAENOTCONN;
    const { lower } = this.layer.context;
    const result = lower.lpWSPIoctl(
      this.lower,
      code,
      inBytes,
      inLength,
      outBytes,
      room,
      this.#scratch.byteCount,
      null,
      null,
      null,
      this.#scratch.errno,
    );
    return result === 0 ? this.#scratch.byteCount.value : -this.#scratch.errno.value;
  }

  // — the pump —

  /** Deferred work: reading goes on after the application made room, or after a full turn. */
  run(): void {
    this.#pump();
  }

  /** The lower socket's event object was set. */
  #noticed(): void {
    if (this.#closed || this.#lowerClosed) return;
    const { lower } = this.layer.context;
    if (lower.lpWSPEnumNetworkEvents(this.lower, this.#event, this.#scratch.networkEvents, this.#scratch.errno) !== 0)
      return;
    const happened = this.#scratch.networkEvents.lNetworkEvents;
    const errors = this.#scratch.networkEvents.iErrorCode;
    if ((happened & FD_CONNECT) !== 0) this.#connected(errors[FD_CONNECT_BIT]!);
    if ((happened & FD_ACCEPT) !== 0) this.#acceptBelow(true);
    if ((happened & FD_OOB) !== 0 && !this.#inline) this.#tell(Readiness.OUT_OF_BAND);
    if ((happened & FD_ADDRESS_LIST_CHANGE) !== 0) this.notice?.changed(Readiness.ADDRESSES_CHANGED);
    if ((happened & FD_ROUTING_INTERFACE_CHANGE) !== 0) this.notice?.changed(Readiness.ROUTE_CHANGED);
    const closeError = (happened & FD_CLOSE) !== 0 ? errors[FD_CLOSE_BIT]! : 0;
    if (closeError !== 0) this.#fail(closeError);
    this.#pump();
    if ((happened & FD_OOB) !== 0 && this.#inline) this.#takeUrgent();
  }

  #connected(error: number): void {
    if (this.#codec !== null) return;
    if (error !== 0) {
      this.error = error;
      this.#tell(Readiness.CONNECT_FAILED);
      return;
    }
    this.#opened('client');
  }

  #opened(role: CodecRole): void {
    if (this.#codec !== null) return;
    try {
      this.#codec = this.layer.createCodec(role);
    } catch (cause) {
      this.#defect('the function that makes the codec threw', cause);
      return;
    }
    this.#work(null, (codec) => codec.open?.(role, this));
    if (this.#codec.handshake !== true) this.ready();
    this.#advance();
  }

  /**
   * Takes what waits at the lower listener, and starts a codec on each, while there are places in the queue. What finds
   * none stays below, where the backlog counts once more; it is taken when the application has accepted some.
   *
   * @param waiting whether some wait below for sure: FD_ACCEPT comes again for each that is left
   */
  #acceptBelow(waiting = false): void {
    if (this.#accepting === null || this.#closed) return;
    this.#dropBroken();
    const { lower, host } = this.layer.context;
    for (let i = 0; i < READS_PER_TURN; i++) {
      if (this.#accepting.length >= this.#backlog) {
        if (waiting) this.#awaitPlace();
        return;
      }
      const peer: AddressSlot = { bytes: new Uint8Array(128), length: 0 };
      this.#scratch.addressLength.value = peer.bytes.length;
      const handle = lower.lpWSPAccept(
        this.lower,
        peer.bytes,
        this.#scratch.addressLength,
        null,
        0,
        this.#scratch.errno,
      );
      if (handle === INVALID_SOCKET) return;
      peer.length = this.#scratch.addressLength.value;
      const core = new CodecCore(this.layer, handle);
      core.#listener = this;
      this.#accepting.push({ core, peer, since: host.clock.now() });
      core.#opened('server');
      // Its registration says nothing of what was reported to the listener's: every operation is tried once.
      core.#pump();
      if (this.#accepting === null) return;
    }
    host.defer(this);
  }

  /** Connections that broke before they were accepted give their places back. */
  #dropBroken(): void {
    const waiting = this.#accepting!;
    for (let i = waiting.length - 1; i >= 0; i--) {
      const { core } = waiting[i]!;
      if ((core.readiness & Readiness.RESET) === 0) continue;
      waiting.splice(i, 1);
      core.#listener = null;
      core.abort();
    }
    if (!waiting.some(({ core }) => core.#usable)) this.readiness &= ~Readiness.ACCEPTABLE;
  }

  /**
   * The queue is full, and others wait below. Ready connections wait for the application; a handshake that leads nowhere must not keep others
   * out for ever, so that the oldest one loses its place in the end.
   */
  #awaitPlace(): void {
    const { host } = this.layer.context;
    const oldest = this.#accepting!.find(({ core }) => !core.#usable);
    if (oldest === undefined || this.#timer !== null) return;
    this.#timer = host.setTimer(oldest.since + HANDSHAKE_PATIENCE, () => {
      this.#timer = null;
      if (this.#accepting === null || this.#accepting.length < this.#backlog) return;
      if (this.#accepting.includes(oldest) && !oldest.core.#usable) oldest.core.failed(WSAETIMEDOUT);
      this.#acceptBelow(true);
    });
  }

  /** Reads below until it would block or enough is decoded, then writes what was encoded, then tells the front. */
  #pump(): void {
    if (this.#pumping || this.#closed || this.#lowerClosed) return;
    this.#pumping = true;
    try {
      if (this.#accepting !== null) this.#acceptBelow();
      else if (this.#codec !== null) {
        this.#read();
        this.#flush();
      }
    } finally {
      this.#pumping = false;
    }
    this.#reportDecoded();
  }

  #advance(): void {
    this.#flush();
    this.#reportDecoded();
  }

  #read(): void {
    this.#moreBelow = false;
    if (this.#lowerEnded || this.#finished) return;
    const { lower, host } = this.layer.context;
    for (let i = 0; i < READS_PER_TURN; i++) {
      if (this.#decoded.size >= QUEUE_BOUND) {
        this.#moreBelow = true;
        return;
      }
      this.#scratch.flags.value = 0;
      this.#scratch.inputBuffers[0]!.buf = this.#scratch.input;
      this.#scratch.inputBuffers[0]!.len = this.#scratch.input.length;
      if (
        lower.lpWSPRecv(
          this.lower,
          this.#scratch.inputBuffers,
          1,
          this.#scratch.byteCount,
          this.#scratch.flags,
          null,
          null,
          null,
          this.#scratch.errno,
        ) !== 0
      ) {
        if (this.#scratch.errno.value !== WSAEWOULDBLOCK) this.#fail(this.#scratch.errno.value);
        return;
      }
      const received = this.#scratch.byteCount.value;
      if (received === 0) {
        this.#lowerEnded = true;
        if (this.#codec?.end === undefined) this.#finished = true;
        else this.#work(null, (codec) => codec.end!(this));
        // The peer went before the handshake was done: there is no connection to use.
        if (!this.#usable) this.#fail(WSAECONNABORTED);
        return;
      }
      const bytes = this.#scratch.input.subarray(0, received);
      this.#work(bytes, (codec) => codec.receive(bytes, this));
      if (this.#closed || this.#finished || (this.readiness & Readiness.RESET) !== 0) return;
      // Less than asked for: nothing is left below, and FD_READ tells when there is.
      if (received < this.#scratch.input.length) return;
    }
    host.defer(this);
  }

  /** Writes what is encoded until the lower socket has no room; its FD_WRITE goes on. */
  #flush(): void {
    if (this.#closed || this.#lowerClosed) return;
    const { lower } = this.layer.context;
    while (this.#encoded.size > 0) {
      const count = this.#encoded.describe(this.#scratch.outputBuffers, 16);
      if (
        lower.lpWSPSend(
          this.lower,
          this.#scratch.outputBuffers,
          count,
          this.#scratch.byteCount,
          0,
          null,
          null,
          null,
          this.#scratch.errno,
        ) !== 0
      ) {
        if (this.#scratch.errno.value !== WSAEWOULDBLOCK) this.#fail(this.#scratch.errno.value);
        break;
      }
      this.#encoded.drop(this.#scratch.byteCount.value);
    }
    if (this.#encoded.size === 0) {
      if (this.#sendEnded && !this.#lowerShutdown) {
        this.#lowerShutdown = true;
        lower.lpWSPShutdown(this.lower, SD_SEND, this.#scratch.errno);
      }
      if (this.layer.leaving.has(this)) this.#free();
    }
    if (
      this.#usable &&
      !this.#sendEnded &&
      this.#encoded.size < QUEUE_BOUND &&
      (this.readiness & Readiness.WRITABLE) === 0
    ) {
      this.#tell(Readiness.WRITABLE);
    }
  }

  /** Bytes were decoded that the front has not been told of. */
  #newlyDecoded = false;

  /** Tells the front of bytes decoded since it was last told, and of the end once. */
  #reportDecoded(): void {
    if (this.#refused && !this.layer.leaving.has(this)) return this.#refuseData();
    let edges = 0;
    if (this.#newlyDecoded && this.#decoded.size > 0) edges |= Readiness.READABLE;
    this.#newlyDecoded = false;
    if (this.#finished && !this.#endReported) {
      this.#endReported = true;
      edges |= Readiness.READABLE | Readiness.PEER_CLOSED;
    }
    if (edges !== 0) this.#tell(edges);
  }

  /** Runs one of the codec's functions, containing what it throws. */
  #work(bytes: Uint8Array | null, step: (codec: Codec) => void): void {
    const codec = this.#codec;
    if (codec === null) return;
    const before = this.#working;
    this.#working = bytes?.buffer ?? null;
    try {
      step(codec);
    } catch (cause) {
      this.#defect('the codec threw; its connection is reset', cause);
    } finally {
      this.#working = before;
    }
    if (bytes !== null && bytes.buffer === this.#scratch.input.buffer)
      this.#encoded.detachFrom(this.#scratch.input.buffer);
  }

  #defect(message: string, cause: unknown): void {
    const { host, entry } = this.layer.context;
    host.report({ message: `${entry.szProtocol}: ${message}`, cause, provider: entry.szProtocol, socket: this.lower });
    this.failed(WSAECONNABORTED);
  }

  /** Resets the connection below at once, and lets its socket go; its names stay known. */
  #resetBelow(): void {
    if (this.#closed || this.#lowerClosed) return;
    const { host, lower } = this.layer.context;
    const [local, peer] = [addressSlot(), addressSlot()];
    const localError = this.localName(local);
    const peerError = this.peerName(peer);
    this.#lastNames = { local, localError, peer, peerError };
    lower.lpWSPSetSockOpt(this.lower, SOL_SOCKET, SO_LINGER, abortively, 4, this.#scratch.errno);
    host.onEvent(this.#event, null);
    lower.lpWSPCloseSocket(this.lower, this.#scratch.errno);
  }

  get #lowerClosed(): boolean {
    return this.#lastNames !== null;
  }

  #fail(error: number): void {
    if ((this.readiness & (Readiness.RESET | Readiness.CONNECT_FAILED)) !== 0) return;
    this.error = error || WSAECONNRESET;
    this.#decoded.clear();
    this.#encoded.clear();
    const connecting = !this.#usable && this.#listener === null;
    this.#tell(
      connecting
        ? Readiness.CONNECT_FAILED | Readiness.RESET
        : Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE,
    );
    // Its place in the queue is free.
    if (this.#listener !== null) this.layer.context.host.defer(this.#listener);
    if (this.layer.leaving.has(this)) this.#free();
  }

  /** Data that nobody may receive any more ends the connection in a reset (specification: shutdown). */
  #refuseData(): void {
    this.#refused = false;
    if (this.#closed || this.#lowerClosed) return;
    this.#resetBelow();
    this.#fail(WSAECONNABORTED);
  }

  #tell(edges: number): void {
    this.readiness |= edges;
    this.notice?.changed(edges);
  }

  #receiveBelow(buffers: WSABUF[], count: number, flags: number): number {
    this.#scratch.flags.value = flags;
    const { lower } = this.layer.context;
    const result = lower.lpWSPRecv(
      this.lower,
      buffers,
      count,
      this.#scratch.byteCount,
      this.#scratch.flags,
      null,
      null,
      null,
      this.#scratch.errno,
    );
    // FD_OOB tells when there is more.
    const taken = result === 0 ? (flags & MSG_PEEK) === 0 : this.#scratch.errno.value === WSAEWOULDBLOCK;
    if (taken) this.readiness &= ~Readiness.OUT_OF_BAND;
    return result === 0 ? this.#scratch.byteCount.value : -this.#scratch.errno.value;
  }

  /** Puts the urgent bytes that wait below behind what is decoded: they are received in line. */
  #takeUrgent(): void {
    while (!this.#closed && !this.#lowerClosed) {
      const buf = new Uint8Array(1);
      if (this.#receiveBelow([{ len: 1, buf }], 1, MSG_OOB) <= 0) break;
      if (this.#receiveEnded) continue;
      this.#decoded.push(buf);
      this.#newlyDecoded = true;
    }
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.#reportDecoded();
  }

  #sendBelow(buffers: WSABUF[], count: number, flags: number): number {
    const { lower } = this.layer.context;
    const result = lower.lpWSPSend(
      this.lower,
      buffers,
      count,
      this.#scratch.byteCount,
      flags,
      null,
      null,
      null,
      this.#scratch.errno,
    );
    return result === 0 ? this.#scratch.byteCount.value : -this.#scratch.errno.value;
  }

  /** Makes the lower socket a blocking one: a non-blocking one that is to linger would refuse to be closed. */
  #haveLowerWait(): void {
    const { lower } = this.layer.context;
    lower.lpWSPEventSelect(this.lower, 0, 0, this.#scratch.errno);
    const { byteCount, errno } = this.#scratch;
    lower.lpWSPIoctl(this.lower, FIONBIO, blocking, 4, null, 0, byteCount, null, null, null, errno);
  }

  /** @param lingering whether to close the socket below as one that waits: until its data is acknowledged, or its time over */
  #free(lingering = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.layer.leaving.delete(this);
    this.#timer?.cancel();
    for (const { core } of this.#accepting ?? []) core.abort();
    this.#accepting = null;
    const { host, lower } = this.layer.context;
    if (!this.#lowerClosed) {
      host.onEvent(this.#event, null);
      if (lingering) this.#haveLowerWait();
      lower.lpWSPCloseSocket(this.lower, this.#scratch.errno);
    }
    host.closeEvent(this.#event);
    try {
      this.#codec?.close?.();
    } catch (cause) {
      const { entry } = this.layer.context;
      host.report({ message: `${entry.szProtocol}: the codec's close threw`, cause, provider: entry.szProtocol });
    }
  }
}

function copyName(from: AddressSlot, error: number, to: AddressSlot): number {
  to.bytes.set(from.bytes);
  to.length = from.length;
  return error;
}

import {
  FD_ACCEPT,
  FD_ADDRESS_LIST_CHANGE,
  FD_CLOSE,
  FD_CLOSE_BIT,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_OOB,
  FD_ROUTING_INTERFACE_CHANGE,
  FIONREAD,
  holdBytes,
  MSG_OOB,
  MSG_PEEK,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_LINGER,
  SO_OOBINLINE,
  SOL_SOCKET,
  viewOfBytes,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMFILE,
  WSAENOBUFS,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSASYSCALLFAILURE,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type InstanceHost,
  type WorkBudget,
  type WSABUF,
} from '../spi/index.js';
import { Readiness, type AddressSlot, type CoreNotice, type SocketCore } from '../io/index.js';
import { AcceptQueue } from './accept-queue.js';
import type { ByteQueue } from './byte-queue.js';
import type { ShutdownDirection } from './codec.js';
import { CodecSession, QUEUE_BOUND, Sending, type CodecUser, type SessionLayer } from './codec-session.js';
import { LowerSocket, type CodecScratch } from './lower-socket.js';

/** Operations on the provider below in one go; then the next socket has its turn. */
const OPERATIONS_PER_TURN = 32;
/** Bytes of the application's that a codec is given at once. */
const SEND_PIECE = 64 * 1024;
/** Units of work that a connection counts that is taken from the listener below. */
const ACCEPT_UNITS = 16 * 1024;
/** What a provider below says of a connection that waited no longer: the accept goes on. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([WSAEWOULDBLOCK, WSAECONNRESET, WSAECONNABORTED]);
const DIRECTIONS: readonly ShutdownDirection[] = ['receive', 'send', 'both'];

/** What every core of one layer shares. */
export interface CodecLayer extends SessionLayer {
  readonly scratch: CodecScratch;
  /** The cores that live on after their socket was closed, until what was sent is gone. */
  readonly leaving: Set<CodecCore>;
}

/**
 * The core of a socket whose data a codec transforms, over a socket of the provider below, used by the SPI alone.
 */
export class CodecCore implements SocketCore, DeferredWork, CodecUser {
  notice: CoreNotice | null = null;
  readiness = 0;
  error = 0;
  queued = false;
  readonly #host: InstanceHost;
  readonly #turn: WorkBudget;
  readonly #below: LowerSocket;
  readonly #scratch: CodecScratch;
  readonly #session: CodecSession;
  readonly #decoded: ByteQueue;
  readonly #encoded: ByteQueue;
  /** SO_OOBINLINE is set. */
  #inline = false;
  /** Connections taken from the listener below; `null` when this is no listener. */
  #accepting: AcceptQueue<CodecCore> | null = null;
  /** The lower listener found no room for a connection, and tells of it again when it may have some. */
  #noRoomBelow = false;
  /** 0, or what the next accept fails with. */
  #acceptError = 0;
  /** The listener in whose queue it is. */
  #listener: CodecCore | null = null;
  /** Nothing more comes from below. */
  #lowerEnded = false;
  #endReported = false;
  /** There may be more to decode: its queues are full. */
  #moreBelow = false;
  /** SO_LINGER is on below, for a close that waits. */
  #lingers = false;
  /** The time for its handshake is over; what has come by now still counts. */
  #overdue = false;
  #closed = false;
  #pumping = false;
  constructor(
    private readonly layer: CodecLayer,
    lower: number,
  ) {
    this.#host = layer.context.host;
    this.#turn = this.#host.turn;
    this.#scratch = layer.scratch;
    this.#below = new LowerSocket(layer.context, layer.scratch, lower, () => this.#noticed());
    this.#session = new CodecSession(layer, this, lower);
    this.#decoded = this.#session.incoming;
    this.#encoded = this.#session.outgoing;
  }

  /** 0, or why it cannot be used: nothing would be told of what happens below. */
  get unwatched(): number {
    return this.#below.unwatched;
  }

  // — CodecUser: what becomes of the connection —

  ready(): void {
    if (this.#listener !== null) {
      this.#listener.#accepting?.pass(this);
      this.#listener.#tell(Readiness.ACCEPTABLE);
    }
    this.#tell(Readiness.CONNECTED | Readiness.WRITABLE);
  }

  failed(error: number): void {
    if (this.#closed || (this.readiness & Readiness.RESET) !== 0) return;
    this.#fail(error);
    this.#resetBelow();
  }

  overdue(): void {
    this.#overdue = true;
    this.#host.defer(this);
  }

  answered(): void {
    if (!this.#closed) this.#host.defer(this);
  }

  advance(): void {
    this.#flush();
    this.#reportDecoded();
  }

  // — SocketCore —

  confirm(_bits: number): number {
    this.#pumpForCaller();
    return this.readiness;
  }

  bind(name: Uint8Array, namelen: number): number {
    return this.#below.bind(name, namelen);
  }

  listen(backlog: number): number {
    const code = this.#below.listen(backlog);
    if (code !== 0) return code;
    this.#accepting ??= new AcceptQueue(this.#host);
    this.#accepting.setBacklog(backlog);
    this.#host.defer(this);
    return 0;
  }

  tryConnect(name: Uint8Array, namelen: number): number {
    if (this.#below.gone) return WSAEINVAL;
    this.readiness = 0;
    this.error = 0;
    const code = this.#below.connect(name, namelen);
    if (code !== 0) return code;
    this.#session.start('client');
    return this.#session.usable ? 0 : WSAEWOULDBLOCK;
  }

  tryAccept(peer: AddressSlot): SocketCore | number {
    if (this.#turn.spent && !this.#host.inProvidersPhase) this.#turn.beginCall();
    this.#acceptBelow();
    const core = this.#accepting?.takeReady(peer) ?? null;
    if (this.#accepting?.ready !== true) this.readiness &= ~Readiness.ACCEPTABLE;
    if (core === null) {
      const error = this.#acceptError;
      this.#acceptError = 0;
      return error || WSAEWOULDBLOCK;
    }
    core.#listener = null;
    // There is a place in the queue again.
    this.#host.defer(this);
    return core;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): number {
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#inline ? -WSAEINVAL : this.#receiveUrgent(buffers, count, flags);
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#decoded.size === 0) this.#pumpForCaller();
    if (this.#decoded.size > 0) {
      const received = this.#decoded.readInto(buffers, count, (flags & MSG_PEEK) !== 0);
      if (received === 0 && hasRoom(buffers, count)) return -this.#lost();
      if (this.#decoded.size === 0 && !this.#endReported) this.readiness &= ~Readiness.READABLE;
      if (this.#moreBelow && this.#decoded.size < QUEUE_BOUND / 2) this.#host.defer(this);
      return received;
    }
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#endReported) {
      const error = this.#lowerEnded ? this.#below.errorAfterEnd() : 0;
      if (error === 0) return 0;
      this.#fail(error);
      return -error;
    }
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
    if (this.#session.sending !== Sending.OPEN) return -WSAESHUTDOWN;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#below.sendUrgent(buffers, count, flags);
    if (this.#turn.spent && this.#host.inProvidersPhase) {
      // Operations that wait go on in the next turn.
      this.readiness &= ~Readiness.WRITABLE;
      this.#host.deferToNextTurn(this);
      return -WSAEWOULDBLOCK;
    }
    if (this.#encoded.size >= QUEUE_BOUND) this.#flush();
    let room = this.#room();
    let skip = offset;
    let taken = 0;
    for (let i = 0; i < count && room > 0; i++) {
      const { buf, len } = buffers[i]!;
      if (skip >= len) {
        skip -= len;
        continue;
      }
      const end = Math.min(len, skip + room, skip + SEND_PIECE);
      const bytes = viewOfBytes(buf, skip, end);
      this.#session.send(bytes);
      this.#turn.spend(bytes.length);
      if ((this.readiness & Readiness.RESET) !== 0) break;
      taken += bytes.length;
      room = this.#room();
      if (end < len) {
        // What comes after must not overtake the rest of this buffer.
        skip = end;
        i--;
        continue;
      }
      skip = 0;
      if (room > 0) continue;
      this.#flush();
      room = this.#room();
    }
    // All at once, so that what belongs together stays together below.
    this.#flush();
    // What was not handed on may point into the caller's buffers.
    if (this.#encoded.size > 0)
      for (let i = 0; i < count; i++) if (buffers[i]!.len > 0) this.#encoded.detachFrom(buffers[i]!.buf.buffer);
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    room = this.#room();
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
      this.#session.endReceiving();
      this.#reportDecoded();
    }
    if (how !== SD_RECEIVE) {
      this.#session.shutdown(DIRECTIONS[how] ?? 'both');
      this.#flush();
      if ((this.readiness & Readiness.RESET) !== 0 && this.error === WSASYSCALLFAILURE) return this.error;
    }
    return 0;
  }

  abort(): void {
    this.#resetBelow();
    this.#free();
  }

  close(): void {
    this.#accepting?.close();
    this.#accepting = null;
    if (!this.#session.started || (this.readiness & Readiness.RESET) !== 0) return this.#free();
    const unread = this.#decoded.size > 0;
    if (unread) return this.abort();
    this.shutdown(SD_BOTH);
    const over = this.#session.sending === Sending.ENDED || (this.readiness & Readiness.RESET) !== 0;
    if (over || this.#closed) return this.#free(this.#lingers);
    // Nobody waits for this one any more: what closes the socket below is the room that it has at last.
    if (this.#lingers) this.#below.lingerNoMore();
    this.layer.leaving.add(this);
  }

  available(): number {
    this.#pumpForCaller();
    return this.#decoded.size;
  }

  /** The codec's own queue; for what lies below the front has the socket below linger (see `lingerBelow` there). */
  unsent(): number {
    this.#flush();
    // What a codec still has to encode counts for one byte: nobody knows how much it will be.
    return this.#encoded.size || (this.#session.sending === Sending.HELD ? 1 : 0);
  }

  atMark(): boolean {
    return this.#below.atMark();
  }

  localName(slot: AddressSlot): number {
    return this.#below.localName(slot);
  }

  peerName(slot: AddressSlot): number {
    return this.#below.peerName(slot);
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): number {
    if (this.#below.gone) return 0;
    // The front keeps SO_LINGER, and hands it on only when it is about to close.
    if (level === SOL_SOCKET && optname === SO_LINGER) this.#lingers = true;
    if (level === SOL_SOCKET && optname === SO_OOBINLINE) {
      // Urgent bytes pass the codec by: in line below they would come to be decoded.
      this.#inline = value.subarray(0, length).some((byte) => byte !== 0);
      if (this.#inline) this.#takeUrgent();
      return 0;
    }
    return this.#below.setOption(level, optname, value, length);
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): number {
    return this.#below.getOption(level, optname, value, length);
  }

  ioctl(code: number, input: Uint8Array | null, inputLength: number, output: Uint8Array | null, room: number): number {
    return code === FIONREAD ? -WSAEOPNOTSUPP : this.#below.ioctl(code, input, inputLength, output, room);
  }

  // — the pump —

  /** Deferred work: reading goes on after the application made room, or after a full turn. */
  run(): void {
    this.#pump();
    if (!this.#overdue) return;
    this.#overdue = false;
    if (this.#session.connecting) this.failed(WSAETIMEDOUT);
  }

  /** The lower socket's event object was set. */
  #noticed(): void {
    if (this.#closed || this.#below.gone) return;
    const { networkEvents } = this.#scratch;
    const code = this.#below.networkEvents(networkEvents);
    if (code !== 0) return this.#brokeBelow(code);
    const { lNetworkEvents: happened, iErrorCode: errors } = networkEvents;
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

  /** The provider below does not tell any more what happens: nothing must wait for it. */
  #brokeBelow(error: number): void {
    if (this.#accepting === null) this.failed(error);
    else this.#acceptFails(error);
  }

  /** The next accept fails, once. */
  #acceptFails(error: number): void {
    this.#acceptError = error;
    this.#tell(Readiness.ACCEPTABLE);
  }

  #connected(error: number): void {
    if (this.#session.started) return;
    if (error !== 0) {
      this.error = error;
      this.#tell(Readiness.CONNECT_FAILED);
      return;
    }
    this.#session.start('client');
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
    if (this.#noRoomBelow && !waiting) return;
    this.#noRoomBelow = false;
    for (let i = 0; i < OPERATIONS_PER_TURN && !this.#turn.spent; i++) {
      if (this.#accepting.full) {
        if (waiting) this.#accepting.awaitPlace(() => this.#acceptBelow(true));
        return;
      }
      const peer: AddressSlot = { bytes: new Uint8Array(128), length: 0 };
      const handle = this.#below.accept(peer);
      if (handle < 0) {
        this.#noRoomBelow = handle === -WSAEMFILE || handle === -WSAENOBUFS;
        if (!this.#noRoomBelow && !PASSING_ERRORS.has(-handle)) this.#acceptFails(-handle);
        return;
      }
      const core = new CodecCore(this.layer, handle);
      if (core.unwatched !== 0) {
        core.#free();
        return this.#acceptFails(core.unwatched);
      }
      core.#listener = this;
      this.#accepting.add(core, peer);
      this.#turn.spend(ACCEPT_UNITS);
      core.#session.start('server');
      // Its registration says nothing of what was reported to the listener's: every operation is tried once.
      core.#pump();
      if (this.#accepting === null) return;
    }
    this.#host.deferToNextTurn(this);
  }

  /** Connections that broke before they were accepted are let go. */
  #dropBroken(): void {
    const accepting = this.#accepting!;
    for (const core of accepting.takeBroken()) {
      core.#listener = null;
      core.abort();
    }
    if (!accepting.ready) this.readiness &= ~Readiness.ACCEPTABLE;
  }

  /** The pump in a call that may come straight from the application, which asks until there is something. */
  #pumpForCaller(): void {
    if (this.#turn.spent && !this.#host.inProvidersPhase) this.#turn.beginCall();
    this.#pump();
  }

  /** Reads below until it would block or enough is decoded, then writes what was encoded, then tells the front. */
  #pump(): void {
    if (this.#pumping || this.#closed || this.#below.gone) return;
    this.#pumping = true;
    try {
      if (this.#accepting !== null) this.#acceptBelow();
      else if (this.#session.started) {
        this.#read();
        this.#flush();
      }
    } finally {
      this.#pumping = false;
    }
    this.#reportDecoded();
  }

  #read(): void {
    this.#moreBelow = false;
    const session = this.#session;
    let mayBeMore = !this.#lowerEnded;
    while (!session.over && (session.hasInput || mayBeMore)) {
      if (session.crowded) {
        this.#moreBelow = true;
        return;
      }
      if (this.#turn.spent) return this.#host.deferToNextTurn(this);
      if (session.hasInput) session.decodePiece();
      else mayBeMore = this.#readBelow();
      if (this.#closed || (this.readiness & Readiness.RESET) !== 0) return;
    }
  }

  /** Reads once below, and has what came decoded. Returns whether there may be more. */
  #readBelow(): boolean {
    const scratch = this.#scratch;
    // A codec may itself have come to read from another socket of the layer.
    const shared = !scratch.reading;
    const input = shared ? scratch.input : new Uint8Array(scratch.input.length);
    const received = this.#below.receive(input);
    if (received < 0) {
      if (received !== -WSAEWOULDBLOCK) this.#fail(-received);
      return false;
    }
    if (received === 0) {
      this.#lowerEnded = true;
      this.#session.end();
      // The peer went before the handshake was done: there is no connection to use.
      if (this.#session.connecting) this.#fail(WSAECONNABORTED);
      return false;
    }
    if (shared) scratch.reading = true;
    try {
      this.#session.take(received === input.length ? input : input.subarray(0, received));
      this.#decodeWhileBudget();
      this.#session.keepInput();
    } finally {
      if (shared) scratch.reading = false;
    }
    // Less than asked for: nothing is left below, and FD_READ tells when there is.
    return received === input.length;
  }

  #decodeWhileBudget(): void {
    const session = this.#session;
    do session.decodePiece();
    while (session.hasInput && !session.over && !session.crowded && !this.#turn.spent);
  }

  /** Writes what is encoded until the lower socket has no room; its FD_WRITE goes on. */
  #flush(): void {
    if (this.#closed || this.#below.gone) return;
    const { outputBuffers } = this.#scratch;
    while (this.#encoded.size > 0) {
      const count = this.#encoded.describe(outputBuffers, 16);
      let described = 0;
      for (let i = 0; i < count; i++) described += outputBuffers[i]!.len;
      const sent = described === 0 ? -this.#lost() : this.#below.send(count, described);
      if (sent <= 0) {
        // A provider that takes nothing, and does not say that it would block, is asked again.
        if (sent === 0) this.#host.deferToNextTurn(this);
        else if (sent !== -WSAEWOULDBLOCK) this.#fail(-sent);
        break;
      }
      this.#encoded.drop(sent);
    }
    if (this.#encoded.size === 0 && this.#session.sending === Sending.ENDING) {
      this.#session.sentEnd();
      // Any other failure is the connection's, which an event tells of.
      if (this.#below.endSending() === WSASYSCALLFAILURE) this.failed(WSASYSCALLFAILURE);
    }
    if (this.#session.sending === Sending.ENDED && this.layer.leaving.has(this)) return this.#free();
    if ((this.readiness & Readiness.WRITABLE) === 0 && this.#room() > 0) this.#tell(Readiness.WRITABLE);
    if (this.#moreBelow && !this.#session.crowded) this.#host.defer(this);
  }

  /** Bytes of the application's that would be taken now. */
  #room(): number {
    const session = this.#session;
    return session.usable && session.sending === Sending.OPEN ? QUEUE_BOUND - this.#encoded.size : 0;
  }

  /** Bytes that the codec had given away are gone: what comes behind them would be taken for them. Returns the code. */
  #lost(): number {
    const { entry } = this.layer.context;
    this.#host.report({
      message:
        `${entry.szProtocol}: bytes that the codec had handed on are gone: their buffer was transferred or made smaller. ` +
        'Copy them, or leave them alone',
      provider: entry.szProtocol,
      socket: this.#below.handle,
    });
    this.failed(WSAECONNABORTED);
    return WSAECONNABORTED;
  }

  /** Tells the front of bytes decoded since it was last told, and of the end once. */
  #reportDecoded(): void {
    if (this.#session.refused && !this.layer.leaving.has(this)) return this.#refuseData();
    let edges = 0;
    if (this.#session.newlyDecoded && this.#decoded.size > 0) edges |= Readiness.READABLE;
    this.#session.newlyDecoded = false;
    if (this.#session.over && !this.#endReported) {
      this.#endReported = true;
      edges |= Readiness.READABLE | Readiness.PEER_CLOSED;
    }
    if (edges !== 0) this.#tell(edges);
  }

  /** Resets the connection below at once, and lets its socket go; its names stay known. */
  #resetBelow(): void {
    if (!this.#closed) this.#below.reset();
  }

  #fail(error: number): void {
    if ((this.readiness & (Readiness.RESET | Readiness.CONNECT_FAILED)) !== 0) return;
    // Of two sides that wait for each other, one gives up first.
    this.error = this.#overdue ? WSAETIMEDOUT : error || WSAECONNRESET;
    const connecting = this.#session.connecting && this.#listener === null;
    this.#session.broke();
    this.#tell(
      connecting
        ? Readiness.CONNECT_FAILED | Readiness.RESET
        : Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE,
    );
    if (this.#listener !== null) {
      this.#listener.#accepting?.lose(this);
      this.#host.defer(this.#listener);
    }
    if (this.layer.leaving.has(this)) this.#free();
  }

  /** Data that nobody may receive any more ends the connection in a reset (specification: shutdown). */
  #refuseData(): void {
    this.#session.refused = false;
    if (this.#closed || this.#below.gone) return;
    this.#resetBelow();
    this.#fail(WSAECONNABORTED);
  }

  #tell(edges: number): void {
    this.readiness |= edges;
    this.notice?.changed(edges);
  }

  #receiveUrgent(buffers: WSABUF[], count: number, flags: number): number {
    const received = this.#below.receiveUrgent(buffers, count, flags);
    // FD_OOB tells when there is more.
    const taken = received >= 0 ? (flags & MSG_PEEK) === 0 : received === -WSAEWOULDBLOCK;
    if (taken) this.readiness &= ~Readiness.OUT_OF_BAND;
    return received;
  }

  /** Puts the urgent bytes that wait below behind what is decoded: they are received in line. */
  #takeUrgent(): void {
    for (let i = 0; i < OPERATIONS_PER_TURN && !this.#closed && !this.#below.gone; i++) {
      const buf = new Uint8Array(1);
      if (this.#receiveUrgent([{ len: 1, buf }], 1, MSG_OOB) <= 0) break;
      this.#session.insert(buf);
    }
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.#reportDecoded();
  }

  /** @param lingering whether to close the socket below as one that waits: until its data is acknowledged, or its time over */
  #free(lingering = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.layer.leaving.delete(this);
    this.#accepting?.close();
    this.#accepting = null;
    this.#below.close(lingering);
    this.#session.close();
  }
}

function hasRoom(buffers: WSABUF[], count: number): boolean {
  for (let i = 0; i < count; i++) if (buffers[i]!.len > 0) return true;
  return false;
}

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
  IPPROTO_TCP,
  holdBytes,
  MSG_OOB,
  MSG_PEEK,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_LINGER,
  SO_OOBINLINE,
  SOL_SOCKET,
  TCP_NODELAY,
  viewOfBytes,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSASYSCALLFAILURE,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type InstanceHost,
  type SOCKET,
  type WorkBudget,
  type WSABUF,
} from '../../spi/index.js';
import { Readiness, type AddressSlot, type CoreNotice, type SocketCore } from '../../io/index.js';
import { ConnectionNames } from './connection-names.js';
import type { ShutdownDirection } from './codec.js';
import { CodecListener, type AcceptedConnection } from './listener.js';
import { LowerSocket, type CodecScratch } from './lower-socket.js';
import { Questions } from './questions.js';
import { gather, gathered, type Gathering } from './gathering.js';
import { CodecRun, type RunUser } from './run.js';
import type { SessionLayer } from './session-layer.js';
import { QUEUE_BOUND, SEND_PIECE, Sending } from './session.js';

/** Bytes that may be sent and have not gone out before the application has to wait; it goes on at a quarter of them. */
const SEND_BOUND = QUEUE_BOUND;
const ROOM_AGAIN = SEND_BOUND / 4;
/** Bytes that are read ahead before the application has had its turn: what it asks for itself is copied once less. */
const READ_AHEAD = 16 * 1024;
/** Bytes that the application sends within a turn and that wait for its end, when it sends them in small pieces. */
const GATHERED = 32 * 1024;
/** As many sends wait at most. */
const GATHERED_SENDS = 8;
/** Urgent bytes taken in one go. */
const URGENT_PER_TURN = 32;
const DIRECTIONS: readonly ShutdownDirection[] = ['receive', 'send', 'both'];

/** What every core of one layer shares. */
export interface CodecLayer extends SessionLayer {
  readonly scratch: CodecScratch;
  /** The cores that live on after their socket was closed, until what was sent is gone. */
  readonly leaving: Set<CodecCore>;
}

/** How far a codec's socket has come. */
const Phase = {
  /** It has no connection: it is new, or bound, or its connect failed. */
  IDLE: 0,
  LISTENING: 1,
  /** A filter is asked where it may connect. */
  ASKING: 2,
  /** The socket below connects. */
  CONNECTING: 3,
  /** The connection below is there; the run of codecs knows whether it can be used. */
  CONNECTED: 4,
  /** The socket was closed, and what was sent still goes out. */
  LEAVING: 5,
  /** It is gone. */
  CLOSED: 6,
} as const;

/**
 * The core of a socket whose data codecs transform, over a socket of the provider below, used by the SPI alone.
 */
export class CodecCore implements SocketCore, DeferredWork, RunUser, AcceptedConnection, Gathering {
  notice: CoreNotice | null = null;
  readiness = 0;
  error = 0;
  queued = false;
  #phase: number = Phase.IDLE;
  readonly #host: InstanceHost;
  readonly #turn: WorkBudget;
  readonly #below: LowerSocket;
  readonly #scratch: CodecScratch;
  readonly #run: CodecRun;
  readonly #questions: Questions;
  readonly #names: ConnectionNames;
  /** There is one when it listens. */
  #accepting: CodecListener<CodecCore> | null = null;
  /** The listener in whose queue it is. */
  #listener: CodecListener<CodecCore> | null = null;
  /** What was decoded when the front was last told. */
  #told = 0;
  #endTold = false;
  /** More waits to be sent than may: there is no room until most of it has gone. */
  #full = false;
  /** Nothing may be received any more: what is decoded ends the connection. */
  #refuses = false;
  /** SO_OOBINLINE is set. */
  #inline = false;
  /** SO_LINGER is on below, for a close that waits. */
  #lingers = false;
  /** The time for its handshake is over; what has come by now still counts. */
  #overdue = false;
  #pumping = false;
  /** The application waits with its buffers. */
  #taking = false;
  /** Many small pieces are not to be put together (TCP_NODELAY). */
  #noDelay = false;
  /** The turn in which something was last written. */
  #wroteIn = -1;
  /** So many sends wait for the end of the turn. */
  #gathered = 0;
  /** There is more to receive below, and no room for what would come of it. */
  #heldUp = false;
  /** What was received last lies in the scratch of the layer, which is this core's until `#settle`. */
  #borrows = false;

  constructor(
    private readonly layer: CodecLayer,
    private readonly layers: readonly CodecLayer[],
    lower: number,
  ) {
    const bottom = layers[layers.length - 1]!;
    this.#host = layer.context.host;
    this.#turn = this.#host.turn;
    this.#scratch = bottom.scratch;
    this.#below = new LowerSocket(bottom.context, bottom.scratch, lower, () => this.#noticed());
    this.#run = new CodecRun(layers, this, lower, bottom.scratch.blocks);
    this.#names = new ConnectionNames(layers, this.#below, () => this.notice?.handle ?? 0);
    this.#questions = new Questions(layers, this.#below, this.#names, () => this.#phase === Phase.CLOSED);
  }

  /** 0, or why it cannot be used: nothing would be told of what happens below. */
  get unwatched(): number {
    return this.#below.unwatched;
  }

  // — RunUser: what becomes of the connection —

  startSession(place: number): void {
    const session = this.#run.sessions[place]!;
    this.#questions.askAccept(place, (error) => {
      if (error !== 0) return this.failed(error);
      session.start(this.#names.of(place));
      this.#run.moved();
      this.#host.defer(this);
    });
  }

  ready(): void {
    this.#listener?.passed(this);
    this.#tell(Readiness.CONNECTED | Readiness.WRITABLE);
  }

  failed(error: number): void {
    if (this.#gone || (this.readiness & Readiness.RESET) !== 0) return;
    this.#fail(error);
    this.#resetBelow();
  }

  overdue(): void {
    this.#overdue = true;
    this.#host.defer(this);
  }

  answered(): void {
    if (!this.#gone) this.#host.defer(this);
  }

  advance(): void {
    this.#run.work();
    this.#flush();
    this.#settle();
    this.#report();
  }

  // — AcceptedConnection —

  begin(listener: CodecListener<CodecCore>, peer: AddressSlot, socket: SOCKET): void {
    this.#listener = listener;
    this.#phase = Phase.CONNECTED;
    this.#names.accepted(peer, socket);
    this.startSession(this.layers.length - 1);
    this.#run.work();
    // Its registration says nothing of what was reported to the listener's: every operation is tried once.
    this.#pump();
  }

  leaveListener(): void {
    this.#listener = null;
  }

  // — SocketCore —

  confirm(_bits: number): number {
    this.#pumpForCaller();
    return this.readiness;
  }

  bind(name: Uint8Array, namelen: number): number {
    const { error, name: local } = this.#questions.askBind(name, namelen);
    return error !== 0 ? error : this.#below.bind(local, local.length);
  }

  listen(backlog: number): number {
    const code = this.#below.listen(backlog);
    if (code !== 0) return code;
    this.#phase = Phase.LISTENING;
    this.#accepting ??= this.#createListener();
    this.#accepting.setBacklog(backlog);
    this.#host.defer(this);
    return 0;
  }

  #createListener(): CodecListener<CodecCore> {
    return new CodecListener<CodecCore>(this.#host, this.#below, {
      socket: this.#names.socket,
      createConnection: (handle) => new CodecCore(this.layer, this.layers, handle),
      acceptable: () => this.#tell(Readiness.ACCEPTABLE),
      again: (when) => (when === 'now' ? this.#host.defer(this) : this.#host.deferToNextTurn(this)),
    });
  }

  tryConnect(name: Uint8Array, namelen: number): number {
    if (this.#below.gone) return WSAEINVAL;
    this.readiness = 0;
    this.error = 0;
    this.#phase = Phase.ASKING;
    let settled: number | null = null;
    let returned = false;
    this.#questions.askConnect(name, namelen, (error, destination) => {
      const code = error !== 0 ? error : this.#connectBelow(destination);
      if (!returned) settled = code;
      // The connect has returned, and is told of its outcome by an event.
      else if (code === 0 || code === WSAEWOULDBLOCK) this.#pump();
      else this.#connectFailed(code);
    });
    returned = true;
    return settled ?? WSAEWOULDBLOCK;
  }

  #connectBelow(name: Uint8Array): number {
    this.#phase = Phase.CONNECTING;
    const code = this.#host.connectNamed(this.#names.hostName, () => this.#below.connect(name, name.length));
    if (code !== 0) {
      if (code !== WSAEWOULDBLOCK) this.#phase = Phase.IDLE;
      return code;
    }
    this.#connected();
    return this.#run.usable ? 0 : WSAEWOULDBLOCK;
  }

  #connected(): void {
    if (this.#run.started) return;
    this.#phase = Phase.CONNECTED;
    const place = this.layers.length - 1;
    this.#run.sessions[place]!.start(this.#names.of(place));
    this.#run.moved();
    this.advance();
  }

  #connectFailed(error: number): void {
    this.#phase = Phase.IDLE;
    this.error = error;
    this.#tell(Readiness.CONNECT_FAILED);
  }

  tryAccept(peer: AddressSlot): SocketCore | number {
    if (this.#turn.spent && !this.#host.inProvidersPhase) this.#turn.beginCall();
    const accepting = this.#accepting;
    if (accepting === null) return WSAEINVAL;
    const core = accepting.accept(peer);
    if (!accepting.ready) this.readiness &= ~Readiness.ACCEPTABLE;
    return core;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): number {
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#inline ? -WSAEINVAL : this.#receiveUrgent(buffers, count, flags);
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    const { incoming } = this.#run;
    if (incoming.size === 0) {
      if (this.#turn.spent && !this.#host.inProvidersPhase) this.#turn.beginCall();
      // An application that asks in a loop lets no event tell whether there is something.
      if (!this.#host.inProvidersPhase) this.#below.readable = true;
      this.#pumpForBuffers();
    }
    if (incoming.size > 0) return this.#take(buffers, count, (flags & MSG_PEEK) !== 0);
    this.#settle();
    this.#report();
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#endTold) {
      const error = this.#run.deaf ? this.#below.errorAfterEnd() : 0;
      if (error === 0) return 0;
      this.#fail(error);
      return -error;
    }
    this.readiness &= ~Readiness.READABLE;
    return -WSAEWOULDBLOCK;
  }

  /** Fills the buffers with what is decoded, and with what more there is below. There is something decoded. */
  #take(buffers: WSABUF[], count: number, peek: boolean): number {
    const { incoming } = this.#run;
    const room = roomOf(buffers, count);
    // What was decoded just now is copied from where it lies, once.
    let received = incoming.readInto(buffers, count, peek);
    while (!peek && received < room && this.#mayReceive && !incoming.lost && !this.#turn.spent) {
      this.#told = incoming.total;
      this.#pumpForBuffers();
      if (incoming.size === 0) break;
      received += incoming.readInto(buffers, count, false, received);
    }
    this.#settle();
    this.#told = incoming.total;
    if (received === 0 && incoming.lost) return -this.#lost();
    if (incoming.size > 0) this.readiness |= Readiness.READABLE;
    else if (!this.#endTold && !this.#mayReceive) this.readiness &= ~Readiness.READABLE;
    if (incoming.size === 0 && this.#run.over) this.#report();
    else if (incoming.size < QUEUE_BOUND / 2 && (this.#heldUp || this.#run.unfinished)) this.#host.defer(this);
    return received;
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
    const run = this.#run;
    if (run.sending !== Sending.OPEN) return -WSAESHUTDOWN;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if ((flags & MSG_OOB) !== 0) return this.#below.sendUrgent(buffers, count, flags);
    if (this.#turn.spent && this.#host.inProvidersPhase) {
      // Operations that wait go on in the next turn.
      this.readiness &= ~Readiness.WRITABLE;
      this.#host.deferToNextTurn(this);
      return -WSAEWOULDBLOCK;
    }
    if (this.#full) this.#flush();
    if (this.#full || !run.open) {
      this.readiness &= ~Readiness.WRITABLE;
      return -WSAEWOULDBLOCK;
    }
    const taken = this.#encode(buffers, count, offset);
    // All at once, so that what belongs together stays together below.
    if (!this.#gather()) this.#flush();
    this.#settle();
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    this.#report();
    return taken;
  }

  /** Has the codecs encode what the buffers hold: as much as there is room for, but a small rest whole. */
  #encode(buffers: WSABUF[], count: number, offset: number): number {
    let skip = offset;
    let taken = 0;
    for (let i = 0; i < count; i++) {
      const { buf, len } = buffers[i]!;
      if (skip >= len) {
        skip -= len;
        continue;
      }
      while (skip < len) {
        const end = Math.min(len, skip + SEND_PIECE);
        if (taken > 0 && this.#waiting >= SEND_BOUND) {
          this.#flush();
          if (this.#waiting >= SEND_BOUND) return taken;
        }
        this.#run.send(viewOfBytes(buf, skip, end));
        if ((this.readiness & Readiness.RESET) !== 0) return taken;
        taken += end - skip;
        skip = end;
      }
      skip = 0;
    }
    return taken;
  }

  /**
   * Whether what the application sent may wait for the end of the turn: something has gone out in it before, and what is to
   * go would make a small piece. As Nagle's algorithm, it holds back none that is alone, and is off with TCP_NODELAY.
   */
  #gather(): boolean {
    if (this.#noDelay || this.#wroteIn !== this.#turn.number || this.#run.outgoing.size >= GATHERED) return false;
    if (this.#gathered === 0) {
      gather(this);
      this.#host.defer(this);
    }
    // A program that sends in a loop, and lets no turn end, is to hear of a connection that broke.
    return ++this.#gathered < GATHERED_SENDS;
  }

  writeGathered(): void {
    this.#flush();
  }

  /** Bytes that were sent and have not gone out. */
  get #waiting(): number {
    return this.#run.outgoing.size + this.#run.unencoded;
  }

  shutdown(how: number): number {
    if (how !== SD_SEND) {
      this.#refuses = true;
      this.#report();
    }
    if (how !== SD_RECEIVE) {
      this.#run.shutdown(DIRECTIONS[how] ?? 'both');
      this.#flush();
      this.#settle();
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
    if (!this.#run.started || (this.readiness & Readiness.RESET) !== 0) return this.#free();
    if (this.#run.incoming.size > 0) return this.abort();
    this.shutdown(SD_BOTH);
    if (this.#gone) return;
    const over = this.#run.sending === Sending.ENDED || (this.readiness & Readiness.RESET) !== 0;
    if (over) return this.#free(this.#lingers);
    // Nobody waits for this one any more: what closes the socket below is the room that it has at last.
    if (this.#lingers) this.#below.lingerNoMore();
    this.#phase = Phase.LEAVING;
    this.layer.leaving.add(this);
  }

  available(): number {
    this.#pumpForCaller();
    return this.#run.incoming.size;
  }

  /** The codecs' own queues; for what lies below the front has the socket below linger (see `lingerBelow` there). */
  unsent(): number {
    this.#flush();
    // What a codec still has to encode counts for one byte: nobody knows how much it will be.
    return this.#waiting || (this.#run.sending === Sending.HELD ? 1 : 0);
  }

  atMark(): boolean {
    return this.#below.atMark();
  }

  localName(slot: AddressSlot): number {
    return this.#below.localName(slot);
  }

  peerName(slot: AddressSlot): number {
    const code = this.#below.peerName(slot);
    if (code === 0) this.#names.fillDestination(slot);
    return code;
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): number {
    if (this.#below.gone) return 0;
    // The front keeps SO_LINGER, and hands it on only when it is about to close.
    if (level === SOL_SOCKET && optname === SO_LINGER) this.#lingers = true;
    if (level === SOL_SOCKET && optname === SO_OOBINLINE) {
      // Urgent bytes pass the codecs by: in line below they would come to be decoded.
      this.#inline = value.subarray(0, length).some((byte) => byte !== 0);
      if (this.#inline) this.#takeUrgent();
      return 0;
    }
    if (level === IPPROTO_TCP && optname === TCP_NODELAY) {
      this.#noDelay = value.subarray(0, length).some((byte) => byte !== 0);
      if (this.#noDelay) this.#flush();
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
    if (this.#overdue) this.#below.readable = true;
    this.#pump();
    if (!this.#overdue) return;
    this.#overdue = false;
    if (this.#run.connecting) this.failed(WSAETIMEDOUT);
  }

  /** The lower socket's event object was set. */
  #noticed(): void {
    if (this.#gone || this.#below.gone) return;
    const { networkEvents } = this.#scratch;
    const code = this.#below.networkEvents(networkEvents);
    if (code !== 0) return this.#brokeBelow(code);
    const { lNetworkEvents: happened, iErrorCode: errors } = networkEvents;
    if ((happened & RARE_EVENTS) !== 0) this.#noticedRare(happened, errors);
    const closeError = (happened & FD_CLOSE) !== 0 ? errors[FD_CLOSE_BIT]! : 0;
    if (closeError !== 0) this.#fail(closeError);
    this.#pump();
    if ((happened & FD_OOB) !== 0 && this.#inline) this.#takeUrgent();
  }

  #noticedRare(happened: number, errors: readonly number[]): void {
    if ((happened & FD_CONNECT) !== 0 && this.#phase === Phase.CONNECTING) {
      const error = errors[FD_CONNECT_BIT]!;
      if (error !== 0) this.#connectFailed(error);
      else this.#connected();
    }
    if ((happened & FD_ACCEPT) !== 0) this.#accepting?.take(true);
    if ((happened & FD_OOB) !== 0 && !this.#inline) this.#tell(Readiness.OUT_OF_BAND);
    if ((happened & FD_ADDRESS_LIST_CHANGE) !== 0) this.notice?.changed(Readiness.ADDRESSES_CHANGED);
    if ((happened & FD_ROUTING_INTERFACE_CHANGE) !== 0) this.notice?.changed(Readiness.ROUTE_CHANGED);
  }

  /** The provider below does not tell any more what happens: nothing must wait for it. */
  #brokeBelow(error: number): void {
    if (this.#accepting === null) this.failed(error);
    else this.#accepting.fails(error);
  }

  /** The pump in a call that may come straight from the application, which asks until there is something. */
  #pumpForCaller(): void {
    if (this.#turn.spent && !this.#host.inProvidersPhase) this.#turn.beginCall();
    this.#pump();
  }

  /** Reads below until enough is decoded, then writes what was encoded, then tells the front. */
  #pump(): void {
    this.#pumpUnsettled();
    this.#settle();
    this.#report();
  }

  /** As `#pumpUnsettled`, when what comes of it is taken at once. */
  #pumpForBuffers(): void {
    this.#taking = true;
    this.#pumpUnsettled();
    this.#taking = false;
  }

  /** As `#pump`, and leaves what was decoded where it lies, which may be the layer's scratch: `#settle` has to follow. */
  #pumpUnsettled(): void {
    if (this.#pumping || this.#gone || this.#below.gone) return;
    this.#pumping = true;
    try {
      if (this.#accepting !== null) {
        this.#accepting.take();
        if (this.#accepting !== null && !this.#accepting.ready) this.readiness &= ~Readiness.ACCEPTABLE;
      } else if (this.#run.started || this.#phase === Phase.CONNECTED) {
        this.#run.work();
        this.#read();
        this.#flush();
        if (this.#heldUp && !this.#run.crowded) this.#host.defer(this);
        if (this.#run.lost) this.#lost();
        else if (this.#run.unfinished && this.#turn.spent) this.#host.deferToNextTurn(this);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Whether there may be more to receive than what is decoded. */
  get #mayReceive(): boolean {
    return this.#below.readable && this.#run.started && !this.#run.deaf;
  }

  #read(): void {
    const run = this.#run;
    const before = run.incoming.total;
    this.#heldUp = false;
    while (this.#mayReceive) {
      if (run.crowded) {
        this.#heldUp = true;
        return;
      }
      const decoded = run.incoming.total - before;
      // What was read last still lies where the next would go.
      if (this.#taking && decoded > 0) return;
      // The application has its turn with what there is before more is read.
      if (this.#turn.spent || decoded >= READ_AHEAD) return this.#host.deferToNextTurn(this);
      this.#settle();
      this.#readBelow();
      if (this.#gone || (this.readiness & Readiness.RESET) !== 0) return;
    }
  }

  /** Reads once below, and has what came decoded. What of it lies in the scratch is lent until `#settle`. */
  #readBelow(): void {
    const scratch = this.#scratch;
    // A codec may itself have come to read from another socket of the layer.
    const shared = !scratch.reading;
    const most = this.#taking ? scratch.input.length : READ_AHEAD;
    const input = shared ? scratch.input.subarray(0, most) : new Uint8Array(most);
    const received = this.#below.receive(input);
    if (received < 0) {
      if (received !== -WSAEWOULDBLOCK) this.#fail(-received);
    } else if (received === 0) {
      this.#run.end();
    } else {
      if (shared) scratch.reading = this.#borrows = true;
      this.#run.receive(received === input.length ? input : input.subarray(0, received));
    }
  }

  /** Copies what is lent, before its owner uses it for something else. */
  #settle(): void {
    this.#run.own();
    // A codec may be at work on what lies there, and have led back here.
    if (!this.#borrows || this.#run.working) return;
    this.#borrows = false;
    this.#scratch.reading = false;
  }

  /** Writes what is encoded until the lower socket has no room; its FD_WRITE goes on. */
  #flush(): void {
    if (this.#gone || this.#below.gone) return;
    const { outgoing } = this.#run;
    if (this.#gathered > 0) {
      this.#gathered = 0;
      gathered(this);
    }
    if (outgoing.size > 0) this.#wroteIn = this.#turn.number;
    while (outgoing.size > 0 && this.#below.writable) {
      const sent = this.#sendBelow();
      if (sent <= 0) {
        // A provider that takes nothing, and does not say that it would block, is asked again.
        if (sent === 0) this.#host.deferToNextTurn(this);
        else if (sent !== -WSAEWOULDBLOCK) this.#fail(-sent);
        break;
      }
      outgoing.drop(sent);
    }
    if (outgoing.size === 0 && this.#run.ending) {
      this.#run.sentEnd();
      // Any other failure is the connection's, which an event tells of.
      if (this.#below.endSending() === WSASYSCALLFAILURE) this.failed(WSASYSCALLFAILURE);
    }
    if (this.#phase === Phase.LEAVING && this.#run.sending === Sending.ENDED) return this.#free();
    this.#fitRoom();
  }

  #sendBelow(): number {
    const { outputBuffers } = this.#scratch;
    const count = this.#run.outgoing.describe(outputBuffers, 16);
    let described = 0;
    for (let i = 0; i < count; i++) described += outputBuffers[i]!.len;
    return described === 0 ? -this.#lost() : this.#below.send(count, described);
  }

  /** There is room for what the application sends, until so much waits that a good part of it should go out first. */
  #fitRoom(): void {
    const waiting = this.#waiting;
    if (waiting >= SEND_BOUND) this.#full = true;
    else if (waiting <= ROOM_AGAIN) this.#full = false;
    if (this.#full) this.readiness &= ~Readiness.WRITABLE;
    else if ((this.readiness & Readiness.WRITABLE) === 0 && this.#run.open) this.#tell(Readiness.WRITABLE);
  }

  /** Bytes that a codec had given away are gone: what comes behind them would be taken for them. Returns the code. */
  #lost(): number {
    if ((this.readiness & Readiness.RESET) !== 0) return this.error;
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
  #report(): void {
    const { incoming } = this.#run;
    if (this.#refuses) {
      if (incoming.size > 0 && this.#phase !== Phase.LEAVING) return this.#refuseData();
      incoming.clear();
    }
    let edges = 0;
    if (incoming.total !== this.#told && incoming.size > 0) edges |= Readiness.READABLE;
    this.#told = incoming.total;
    if (this.#run.over && !this.#endTold) {
      this.#endTold = true;
      edges |= Readiness.READABLE | Readiness.PEER_CLOSED;
    }
    if (edges !== 0) this.#tell(edges);
  }

  /** Resets the connection below at once, and lets its socket go; its names stay known. */
  #resetBelow(): void {
    if (!this.#gone) this.#below.reset();
  }

  #fail(error: number): void {
    if ((this.readiness & (Readiness.RESET | Readiness.CONNECT_FAILED)) !== 0) return;
    // Of two sides that wait for each other, one gives up first.
    this.error = this.#overdue ? WSAETIMEDOUT : error || WSAECONNRESET;
    const connecting = this.#run.connecting && this.#listener === null;
    this.#run.broke();
    this.#tell(
      connecting
        ? Readiness.CONNECT_FAILED | Readiness.RESET
        : Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE,
    );
    this.#listener?.lost(this);
    if (this.#phase === Phase.LEAVING) this.#free();
  }

  /** Data that nobody may receive any more ends the connection in a reset (specification: shutdown). */
  #refuseData(): void {
    this.#refuses = false;
    if (this.#gone || this.#below.gone) return;
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
    for (let i = 0; i < URGENT_PER_TURN && !this.#gone && !this.#below.gone; i++) {
      const buf = new Uint8Array(1);
      if (this.#receiveUrgent([{ len: 1, buf }], 1, MSG_OOB) <= 0) break;
      this.#run.incoming.push(buf);
    }
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.#report();
  }

  get #gone(): boolean {
    return this.#phase === Phase.CLOSED;
  }

  /** @param lingering whether to close the socket below as one that waits: until its data is acknowledged, or its time over */
  #free(lingering = false): void {
    if (this.#gone) return;
    this.#phase = Phase.CLOSED;
    this.layer.leaving.delete(this);
    if (this.#gathered > 0) gathered(this);
    this.#settle();
    this.#accepting?.close();
    this.#accepting = null;
    this.#below.close(lingering);
    this.#run.close();
  }
}

/** What most notices have nothing to do with. */
const RARE_EVENTS = FD_CONNECT | FD_ACCEPT | FD_OOB | FD_ADDRESS_LIST_CHANGE | FD_ROUTING_INTERFACE_CHANGE;

function roomOf(buffers: WSABUF[], count: number): number {
  let room = 0;
  for (let i = 0; i < count; i++) room += buffers[i]!.len;
  return room;
}

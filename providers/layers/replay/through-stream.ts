import { Readiness, type AddressSlot, type CoreNotice, type SocketCore } from '../../../io/index.js';
import {
  holdBytes,
  MSG_PEEK,
  SD_RECEIVE,
  viewOfBytes,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEWOULDBLOCK,
  type CountOrNegatedCode,
  type DeferredWork,
  type ErrorCode,
  type WSABUF,
} from '../../../spi/index.js';
import { shownDifference } from './difference.js';
import { PlayedStream, type Witness } from './played-stream.js';
import type { Stage } from './stage.js';

/** The most bytes of a conversation that are kept to be said again to the real thing. */
const MOST_KEPT = 4 * 1024 * 1024;

/** What the program sent, and what it was answered. */
interface Turn {
  sent: Buffer;
  answered: Buffer;
}

/** Where the bytes of a socket go. */
const Way = {
  /** To the recording. */
  PLAYED: 0,
  /** To the real thing, which is told first what was said so far. */
  CATCHING_UP: 1,
  REAL: 2,
} as const;

/**
 * A stream socket that speaks to a recording as long as that knows what to say, and then to the real thing: it connects,
 * says again what the program has said, and goes on if the answers are those that the program had.
 */
export class ThroughStream implements SocketCore, CoreNotice, DeferredWork, Witness {
  notice: CoreNotice | null = null;
  queued = false;
  #way: number = Way.REAL;
  #played: PlayedStream | null = null;
  /** The names that it was asked to connect to. */
  #name: Uint8Array | null = null;
  #hostName: string | null = null;
  #turns: Turn[] = [];
  #kept = 0;
  /** How far it has come in what is said again: a turn, and the bytes of it that were sent and answered. */
  #turn = 0;
  #sent = 0;
  #answered = 0;
  #ended = false;
  /** What the recording answered, and the program has not received, before what the real thing answers. */
  #left: Buffer = Buffer.alloc(0);
  #failed = 0;

  /** @param real a socket of the layer below, which is recorded */
  constructor(
    private readonly stage: Stage,
    private readonly family: number,
    private readonly real: SocketCore,
  ) {
    real.notice = this;
  }

  get handle(): number {
    return this.notice?.handle ?? 0;
  }

  get #active(): SocketCore {
    return this.#way === Way.PLAYED ? this.#played! : this.real;
  }

  get readiness(): number {
    if (this.#failed !== 0) return Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE;
    const left = this.#left.length > 0 ? Readiness.READABLE : 0;
    return this.#way === Way.CATCHING_UP ? left : this.#active.readiness | left;
  }

  set readiness(bits: number) {
    this.#active.readiness = bits;
  }

  get error(): ErrorCode {
    return this.#failed || this.#active.error;
  }

  set error(code: ErrorCode) {
    this.#active.error = code;
  }

  confirm(bits: number): number {
    if (this.#way === Way.REAL) this.real.confirm(bits);
    return this.readiness;
  }

  changed(edges: number): void {
    if (this.#way !== Way.CATCHING_UP) this.notice?.changed(edges);
    else this.stage.host.defer(this);
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    const played = new PlayedStream(this.stage, this.family, this);
    if (!played.leadsTo(name)) return this.real.tryConnect(name, namelen);
    this.#played = played;
    this.#way = Way.PLAYED;
    this.#name = name.slice(0, namelen);
    this.#hostName = this.stage.host.destinationName();
    const core: SocketCore = played;
    core.notice = this;
    return played.tryConnect(name, namelen);
  }

  // — What the recording does —

  bytesAnswered(bytes: Buffer): void {
    if (this.#keep(bytes.length)) {
      const turn = this.#lastTurn();
      turn.answered = turn.answered.length === 0 ? bytes : Buffer.concat([turn.answered, bytes]);
    }
  }

  #keepSent(bytes: Uint8Array): void {
    if (!this.#keep(bytes.length)) return;
    let turn = this.#lastTurn();
    if (turn.answered.length > 0) this.#turns.push((turn = { sent: Buffer.alloc(0), answered: Buffer.alloc(0) }));
    turn.sent = Buffer.concat([turn.sent, bytes]);
  }

  #lastTurn(): Turn {
    if (this.#turns.length === 0) this.#turns.push({ sent: Buffer.alloc(0), answered: Buffer.alloc(0) });
    return this.#turns[this.#turns.length - 1]!;
  }

  #keep(length: number): boolean {
    this.#kept += length;
    if (this.#kept > MOST_KEPT) this.#turns = [];
    return this.#kept <= MOST_KEPT;
  }

  /** The recording knows no answer. Returns whether the real thing is asked. */
  missed(): boolean {
    const name = this.#name;
    if (name === null || this.#way !== Way.PLAYED || this.#kept > MOST_KEPT) return false;
    this.#way = Way.CATCHING_UP;
    this.#left = this.#played!.takeRest();
    const { host } = this.stage;
    const code = host.connectNamed(this.#hostName, () => this.real.tryConnect(name, name.length));
    if (code === 0) host.defer(this);
    else if (code !== WSAEWOULDBLOCK) this.#fail(code);
    return true;
  }

  // — Catching up —

  run(): void {
    if (this.#way !== Way.CATCHING_UP || this.#failed !== 0) return;
    const state = this.real.confirm(Readiness.CONNECTED | Readiness.READABLE | Readiness.WRITABLE);
    if ((state & (Readiness.CONNECT_FAILED | Readiness.RESET)) !== 0)
      return this.#fail(this.real.error || WSAECONNRESET);
    if ((state & Readiness.CONNECTED) === 0) return;
    for (; this.#turn < this.#turns.length; this.#turn++, this.#sent = this.#answered = 0) {
      const turn = this.#turns[this.#turn]!;
      if (!this.#sayAgain(turn) || !this.#hearAgain(turn)) return;
    }
    this.#turns = [];
    this.#way = Way.REAL;
    if (this.#ended) this.real.shutdown(1);
    this.notice?.changed(this.readiness & (Readiness.READABLE | Readiness.WRITABLE | Readiness.PEER_CLOSED));
  }

  #sayAgain({ sent }: Turn): boolean {
    while (this.#sent < sent.length) {
      const result = this.real.trySend([{ buf: sent, len: sent.length }], 1, 0, null, 0, this.#sent);
      if (result < 0) return this.#holdsUp(-result);
      this.#sent += result;
    }
    return true;
  }

  #hearAgain({ answered }: Turn): boolean {
    while (this.#answered < answered.length) {
      const buf = Buffer.alloc(Math.min(answered.length - this.#answered, 65_536));
      const result = this.real.tryReceive([{ buf, len: buf.length }], 1, 0, null);
      if (result < 0) return this.#holdsUp(-result);
      const came = buf.subarray(0, result);
      const expected = answered.subarray(this.#answered, this.#answered + result);
      if (result === 0 || !came.equals(expected)) return this.#answersOtherwise(answered, came);
      this.#answered += result;
    }
    return true;
  }

  #holdsUp(code: number): false {
    if (code !== WSAEWOULDBLOCK) this.#fail(code);
    return false;
  }

  #answersOtherwise(answered: Buffer, came: Buffer): false {
    let at = 0;
    while (at < came.length && came[at] === answered[this.#answered + at]) at++;
    const difference = shownDifference(answered, this.#answered + at, came.subarray(at));
    const why = 'the program had the recorded answer already, and cannot have another';
    this.stage.tell(
      `what is asked for is not in the recording, and the real thing answers otherwise before it; ${why}:${difference}`,
      this.handle,
    );
    this.#fail(WSAECONNABORTED);
    return false;
  }

  #fail(code: ErrorCode): void {
    this.#failed = code;
    this.notice?.changed(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
  }

  // — Transfers —

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode {
    if (this.#left.length > 0) return this.#receiveLeft(buffers, count, flags);
    if (this.#failed !== 0) return -this.#failed;
    if (this.#way === Way.CATCHING_UP) return -WSAEWOULDBLOCK;
    return this.#active.tryReceive(buffers, count, flags, from);
  }

  #receiveLeft(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    let copied = 0;
    for (let i = 0; i < count; i++) {
      const { buf, len } = buffers[i]!;
      copied += this.#left.copy(viewOfBytes(buf, 0, len), 0, copied);
    }
    if ((flags & MSG_PEEK) === 0) this.#left = this.#left.subarray(copied);
    return copied;
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode {
    if (this.#failed !== 0) return -this.#failed;
    if (this.#way === Way.CATCHING_UP) return -WSAEWOULDBLOCK;
    if (this.#way === Way.PLAYED && flags === 0 && holdBytes(buffers, count)) {
      const all = Buffer.concat(buffers.slice(0, count).map(({ buf, len }) => viewOfBytes(buf, 0, len)));
      this.#keepSent(all.subarray(offset));
    }
    return this.#active.trySend(buffers, count, flags, to, tolen, offset);
  }

  shutdown(how: number): ErrorCode {
    if (how !== SD_RECEIVE) this.#ended = true;
    return this.#way === Way.CATCHING_UP ? 0 : this.#active.shutdown(how);
  }

  available(): number {
    return this.#left.length + (this.#way === Way.CATCHING_UP ? 0 : this.#active.available());
  }

  unsent(): number {
    return this.#way === Way.CATCHING_UP ? 1 : this.#active.unsent();
  }

  abort(): void {
    this.#turns = [];
    this.#played?.close();
    this.real.abort();
  }

  close(): void {
    this.#turns = [];
    this.#played?.close();
    this.real.close();
  }

  // — What is the real socket's, whatever is played —

  bind(name: Uint8Array, namelen: number): ErrorCode {
    return this.real.bind(name, namelen);
  }

  listen(backlog: number): ErrorCode {
    return this.real.listen(backlog);
  }

  tryAccept(peer: AddressSlot): SocketCore | ErrorCode {
    return this.real.tryAccept(peer);
  }

  atMark(): boolean {
    return this.#active.atMark();
  }

  localName(slot: AddressSlot): ErrorCode {
    return this.#active.localName(slot);
  }

  peerName(slot: AddressSlot): ErrorCode {
    return (this.#played ?? this.real).peerName(slot);
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    return this.real.setOption(level, optname, value, length);
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    return this.real.getOption(level, optname, value, length);
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    return this.real.ioctl(code, input, inputLength, output, room);
  }
}

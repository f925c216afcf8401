import {
  holdBytes,
  SIO_PEER_ENDED,
  WSAECONNABORTED,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type InstanceHost,
  type WorkBudget,
  type WSABUF,
} from '../../spi/index.js';
import { Readiness, totalLength } from '../../io/index.js';
import type { CodecUser } from './codec-user.js';
import type { LowerSocket } from './lower-socket.js';
import type { CodecScratch } from './scratch.js';
import type { CodecRun } from './run.js';
import { QUEUE_BOUND } from './session-parts.js';

/** Bytes that are read ahead before the application has had its turn: what it asks for itself is copied once less. */
const READ_AHEAD = 16 * 1024;

const peerEnded = new Uint8Array(4);

/** The receiving half of a codec's socket: reads below, has it decoded, and tells what came of it. */
export class CodecReceiver {
  /** What was decoded when the front was last told. */
  #told = 0;
  #endTold = false;
  /** The application waits with its buffers, and has room for so many bytes. */
  #taking = false;
  #room = 0;
  /** The turn in which something was last read ahead, and what had been decoded before. */
  #aheadIn = -1;
  #aheadFrom = 0;
  /** There is more to receive below, and no room for what would come of it. */
  #heldUp = false;
  /** What was received last lies in the scratch of the layer, which is this socket's until `settle`. */
  #borrows = false;
  /** The part of the application's buffer that is to be filled next, when it may be received into; it waits with it. */
  #place: Uint8Array | null = null;
  /** What was received last for an application that waits, where it was received. */
  #arrived: Uint8Array | null = null;
  /** The codecs handed on what came last as it was: what comes next is received where the application wants it. */
  #handsOn = false;
  readonly #turn: WorkBudget;

  constructor(
    private readonly host: InstanceHost,
    private readonly run: CodecRun,
    private readonly below: LowerSocket,
    private readonly scratch: CodecScratch,
    private readonly user: CodecUser & DeferredWork,
  ) {
    this.#turn = host.turn;
  }

  /** Whether the application was told that nothing more comes. */
  get endTold(): boolean {
    return this.#endTold;
  }

  /** Whether there may be more to receive than what is decoded. */
  get mayReceive(): boolean {
    return this.below.readable && this.run.started && !this.run.deaf;
  }

  /** Looks for something to receive, for buffers that wait: there is none decoded. `take` or `settle` has to follow. */
  look(buffers: WSABUF[], count: number, peek: boolean): void {
    if (!this.host.inProvidersPhase) {
      if (this.#turn.spent) this.#turn.beginCall();
      // An application that asks in a loop lets no event tell whether there is something.
      this.below.expectToReceive();
    }
    this.#pump(totalLength(buffers, count), peek ? null : this.#placeIn(buffers, count, 0));
  }

  #pump(room: number, place: Uint8Array | null): void {
    this.#room = room;
    this.#place = place;
    this.#arrived = null;
    this.#taking = true;
    this.user.pumpUnsettled();
    this.#taking = false;
  }

  /**
   * The part of the application's buffer that is to be filled next, when it may be received into: codecs that hand on what
   * they are given have it where it belongs. They get the memory behind it too, so there must be nothing else in it.
   */
  #placeIn(buffers: WSABUF[], count: number, already: number): Uint8Array | null {
    if (!this.#handsOn || count !== 1) return null;
    const { len, buf } = buffers[0]!;
    if (len - already < READ_AHEAD) return null;
    const memory = buf.buffer;
    if (!(memory instanceof ArrayBuffer) || memory.byteLength !== len) return null;
    return new Uint8Array(memory, already, Math.min(len - already, this.scratch.input.length));
  }

  /** Fills the buffers with what is decoded, and with what more there is below. There is something decoded. */
  take(buffers: WSABUF[], count: number, peek: boolean): number {
    const { incoming } = this.run;
    const room = totalLength(buffers, count);
    // What was decoded just now is copied from where it lies, once.
    let received = this.#copyOut(buffers, count, peek, 0);
    while (!peek && received < room && this.mayReceive && !incoming.lost && !this.#turn.spent) {
      this.#told = incoming.total;
      this.#pump(room - received, this.#placeIn(buffers, count, received));
      if (incoming.size === 0) break;
      received += this.#copyOut(buffers, count, false, received);
    }
    this.settle();
    this.#told = incoming.total;
    // A codec may have given away the memory that it was to fill.
    if ((received === 0 && incoming.lost) || !holdBytes(buffers, count)) return -this.user.lost();
    if (incoming.size > 0) this.user.set(Readiness.READABLE);
    else if (!this.#endTold && !this.mayReceive) this.user.clear(Readiness.READABLE);
    if (incoming.size === 0 && this.run.over) this.report();
    else if (incoming.size < QUEUE_BOUND / 2 && (this.#heldUp || this.run.unfinished)) this.host.defer(this.user);
    return received;
  }

  /** Fills the buffers, of which so many bytes are filled, with what is decoded. Returns how many more. */
  #copyOut(buffers: WSABUF[], count: number, peek: boolean, already: number): number {
    const { incoming } = this.run;
    const arrived = this.#arrived;
    if (arrived !== null) {
      this.#arrived = null;
      this.#handsOn = incoming.liesAt(arrived);
      if (this.#place !== null) {
        this.#place = null;
        if (this.#handsOn) {
          const { size } = incoming;
          incoming.drop(size);
          return size;
        }
        // What is copied into the buffer now could come to lie over what is not copied yet.
        this.run.own();
      }
    }
    return incoming.readInto(buffers, count, peek, already);
  }

  /** Reads below until enough is decoded. */
  read(): void {
    const { run } = this;
    const before = this.#taking ? run.incoming.total : this.#beforeTurn();
    this.#heldUp = false;
    while (this.mayReceive) {
      if (run.crowded) {
        this.#heldUp = true;
        return;
      }
      const decoded = run.incoming.total - before;
      // What was read last still lies where the next would go.
      if (this.#taking && decoded > 0) return;
      // The application has its turn with what there is before more is read.
      if (this.#turn.spent || decoded >= READ_AHEAD) return this.host.deferToNextTurn(this.user);
      this.settle();
      this.#readBelow();
      if (this.user.gone || this.user.broken) return;
    }
  }

  /** What had been decoded, in all, when this turn first came to read ahead. */
  #beforeTurn(): number {
    const { number } = this.#turn;
    if (number !== this.#aheadIn) {
      this.#aheadIn = number;
      this.#aheadFrom = this.run.incoming.total;
    }
    return this.#aheadFrom;
  }

  /** Reading goes on, if it was held up and there is room again. */
  goOn(): void {
    if (this.#heldUp && !this.run.crowded) this.host.defer(this.user);
  }

  /** Reads once below, and has what came decoded. What of it lies in the scratch is lent until `settle`. */
  #readBelow(): void {
    const { scratch } = this;
    // Only what nothing comes before can lie where the application wants it.
    const isNext = this.#taking && this.run.incoming.size === 0 && this.run.idle;
    if (!isNext) this.#place = null;
    const place = this.#place;
    // A codec may itself have come to read from another socket of the layer.
    const shared = place === null && !scratch.lent;
    // Of most codecs as much comes as goes in: what there is no room for would be copied once more.
    const most = this.#taking ? Math.min(Math.max(this.#room, READ_AHEAD), scratch.input.length) : READ_AHEAD;
    const input = place ?? (shared ? scratch.input.subarray(0, most) : new Uint8Array(most));
    const received = this.below.receive(input);
    if (received < 0) {
      if (received !== -WSAEWOULDBLOCK) this.#failedBelow(-received);
    } else if (received === 0) {
      this.run.end();
    } else {
      if (shared) {
        scratch.lend();
        this.#borrows = true;
      }
      const arrived = received === input.length ? input : input.subarray(0, received);
      this.#arrived = isNext ? arrived : null;
      this.run.receive(arrived);
    }
  }

  /** What our own data met was gone, but it had ended before: the codecs hear of that end, and who receives is told of it. */
  #failedBelow(error: number): void {
    const hadEnded =
      error === WSAECONNABORTED &&
      this.below.ioctl(SIO_PEER_ENDED, null, 0, peerEnded, 4) === 4 &&
      new DataView(peerEnded.buffer).getUint32(0, true) !== 0;
    if (hadEnded) {
      this.run.end();
      if (this.user.gone || this.user.broken) return;
      this.report();
    }
    this.user.fail(error);
  }

  /** Copies what is lent, before its owner uses it for something else. */
  settle(): void {
    this.run.own();
    // A codec may be at work on what lies there, and have led back here.
    if (!this.#borrows || this.run.working) return;
    this.#borrows = false;
    this.scratch.giveBack();
  }

  /** Tells the front of bytes decoded since it was last told, and of the end once. */
  report(): void {
    const { incoming } = this.run;
    let edges = 0;
    if (incoming.total !== this.#told && incoming.size > 0) edges |= Readiness.READABLE;
    this.#told = incoming.total;
    if (this.run.over && !this.#endTold) {
      this.#endTold = true;
      edges |= Readiness.READABLE | Readiness.PEER_CLOSED;
    }
    if (edges !== 0) this.user.tell(edges);
  }
}

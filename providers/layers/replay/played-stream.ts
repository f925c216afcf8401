import { Readiness, type AddressSlot, type SocketCore } from '../../../io/index.js';
import {
  holdBytes,
  MSG_OOB,
  MSG_PEEK,
  parseSockaddr,
  SD_RECEIVE,
  viewOfBytes,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type CountOrNegatedCode,
  type DeferredWork,
  type ErrorCode,
  type InstanceHost,
  type Timer,
  type WSABUF,
} from '../../../spi/index.js';
import { endpointText } from '../../../recordings/index.js';
import { nextOf, type Arrivals, type Destination } from './library.js';
import type { Answer, Plan } from './plan.js';
import { nameOf, PlayedCore } from './played-core.js';
import { Player, type PlayerUser } from './player.js';
import type { Stage } from './stage.js';

/** Who looks on at a socket that is played, and may take it over. */
export interface Witness {
  /** The recording answered. */
  bytesAnswered(bytes: Buffer): void;
  /** The recording knows no answer. Returns whether the socket is taken over. */
  missed(): boolean;
}

/** A stream socket whose peer is a recording. */
export class PlayedStream extends PlayedCore implements SocketCore, PlayerUser, DeferredWork {
  queued = false;
  #player: Player | null = null;
  #connecting = false;
  /** When its connect fails as it was recorded. */
  #failure: Timer | null = null;
  #incoming: Buffer[] = [];
  #available = 0;
  #peerEnded = false;
  #sendingEnded = false;
  #closed = false;
  /** Who comes, when it listens. */
  #arrivals: Arrivals | null = null;
  #arrived: Arrivals | null = null;
  readonly #host: InstanceHost;
  /** Looks again who may come. */
  readonly #admits: DeferredWork = { queued: false, run: () => this.#admit() };

  constructor(
    private readonly stage: Stage,
    family: number,
    private readonly witness: Witness | null = null,
  ) {
    super(family, `tcp ${family}`, stage);
    this.#host = stage.host;
  }

  // — Listening —

  protected override portOfChoice(): number {
    // Who lets the system choose is likely to be who listens next at a recorded port: that is what the callers knew.
    const { library, ports } = this.stage;
    for (const port of library.expectedPorts) if (ports.take(`tcp ${this.family}`, port)) return port;
    return super.portOfChoice();
  }

  listen(_backlog: number): ErrorCode {
    if (this.local === null || this.#player !== null) return WSAEINVAL;
    if (this.#arrivals !== null) return 0;
    this.#arrivals = this.stage.library.arrivals(parseSockaddr(this.local).port);
    if (this.#arrivals === null) return 0;
    this.#arrivals.listened = true;
    this.#host.defer(this.#admits);
    return 0;
  }

  /** Whether the next one comes now: those have gone who went before it came. */
  get #mayCome(): boolean {
    const { plans, come, over } = this.#arrivals!;
    return come < plans.length && plans[come]!.conversation.overBefore <= over;
  }

  #admit(): void {
    if (!this.#closed && this.#arrivals !== null && this.#mayCome) this.tell(Readiness.ACCEPTABLE);
  }

  tryAccept(peer: AddressSlot): SocketCore | ErrorCode {
    const arrivals = this.#arrivals;
    if (arrivals === null || !this.#mayCome) {
      this.readiness &= ~Readiness.ACCEPTABLE;
      return WSAEWOULDBLOCK;
    }
    const plan = arrivals.plans[arrivals.come++]!;
    const core = new PlayedStream(this.stage, this.family);
    core.#begin([plan], nameOf(this.family, plan.conversation.from!));
    core.standAt(this.local!);
    core.#arrived = arrivals;
    core.#whenOver = () => this.#host.defer(this.#admits);
    core.peerName(peer);
    this.readiness &= ~Readiness.ACCEPTABLE;
    if (this.#mayCome) this.tell(Readiness.ACCEPTABLE);
    core.#open();
    return core;
  }

  #whenOver: () => void = () => undefined;

  // — Connecting —

  /** Whether the recording leads there. */
  leadsTo(name: Uint8Array): boolean {
    return this.#destination(name) !== null;
  }

  #destination(name: Uint8Array): Destination | null {
    const { address, port } = parseSockaddr(name);
    const host = this.#hostNameOf(name);
    return this.stage.library.destination(
      { address, port },
      host === null ? this.#host.resolvedNames(address) : [host],
    );
  }

  #hostNameOf(name: Uint8Array): string | null {
    return this.#host.destinationName() ?? this.#host.names.nameOf(name);
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    const { library, recording, strict } = this.stage;
    const { address, port } = parseSockaddr(name, namelen);
    const { names } = this.#host;
    const host = this.#hostNameOf(name);
    const destination = this.#destination(name);
    const place = host === null ? endpointText({ address, port }) : `${host}:${port}`;
    if (destination === null)
      return this.#refused(`there is no conversation to ${place} in ${recording.file}${ledTo(library.places)}`);
    const plans = strict ? nextOf(destination) : destination.sorted;
    if (plans.length === 0) {
      const all = destination.inOrder.length === 1 ? 'one conversation' : `${destination.inOrder.length} conversations`;
      return this.#refused(`${recording.file} has ${all} to ${place}, and the program makes one more`);
    }
    this.error = 0;
    this.readiness = 0;
    // An address that stands for a name is nobody's.
    const peer =
      names.nameOf(name) === null ? name.slice(0, namelen) : nameOf(this.family, plans[0]!.conversation.endpoint!);
    this.haveName();
    this.#connecting = true;
    // A connection is never there before the call that asks for it has returned.
    const { failure } = plans[0]!;
    if (failure === null) {
      this.#begin(plans, peer);
      this.#host.defer(this);
    } else this.#failLater(failure.code, this.stage.pace ? failure.delay : 0);
    return WSAEWOULDBLOCK;
  }

  /** The connect fails as it did. */
  #failLater(code: number, delay: number): void {
    this.#failure = this.#host.setTimer(this.#host.clock.now() + delay, () => {
      this.#failure = null;
      this.#connecting = false;
      this.error = code;
      this.tell(Readiness.CONNECT_FAILED);
    });
  }

  #refused(message: string): ErrorCode {
    this.#tell(message);
    return WSAECONNREFUSED;
  }

  run(): void {
    if (!this.#connecting || this.#closed) return;
    this.#connecting = false;
    this.#open();
    this.tell(Readiness.CONNECTED | Readiness.WRITABLE);
  }

  #begin(plans: readonly Plan[], peer: Uint8Array): void {
    this.peer = peer;
    this.#player = new Player(plans, this.stage, this);
  }

  #open(): void {
    this.readiness |= Readiness.WRITABLE;
    this.#player!.start();
  }

  // — PlayerUser —

  answered({ kind, bytes, code }: Answer): void {
    if (kind === 'bytes') {
      if (bytes.length === 0) return;
      this.witness?.bytesAnswered(bytes);
      this.#incoming.push(bytes);
      this.#available += bytes.length;
      this.tell(Readiness.READABLE);
    } else if (kind === 'end') {
      this.#peerEnded = true;
      this.tell(Readiness.PEER_CLOSED | Readiness.READABLE);
    } else this.fail(code);
  }

  missed(message: string): void {
    if (this.witness?.missed() === true) return;
    this.#tell(message);
    this.fail(WSAECONNABORTED);
  }

  #tell(message: string): void {
    this.stage.tell(message, this.notice?.handle ?? 0);
  }

  // — SocketCore —

  tryReceive(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    if ((flags & MSG_OOB) !== 0) return -WSAEOPNOTSUPP;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    if (this.#available > 0) return this.#copy(buffers, count, (flags & MSG_PEEK) !== 0);
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#peerEnded) return 0;
    this.readiness &= ~Readiness.READABLE;
    this.#player?.waits();
    return -WSAEWOULDBLOCK;
  }

  #copy(buffers: WSABUF[], count: number, looks: boolean): number {
    let piece = 0;
    let from = 0;
    let total = 0;
    for (let i = 0; i < count && total < this.#available; i++) {
      const { buf, len } = buffers[i]!;
      const target = viewOfBytes(buf, 0, len);
      for (let at = 0; at < len && piece < this.#incoming.length;) {
        const source = this.#incoming[piece]!;
        const copied = source.copy(target, at, from);
        at += copied;
        from += copied;
        total += copied;
        if (from === source.length) {
          piece++;
          from = 0;
        }
      }
    }
    if (looks) return total;
    this.#incoming.splice(0, piece);
    if (from > 0) this.#incoming[0] = this.#incoming[0]!.subarray(from);
    this.#available -= total;
    const ended = this.#peerEnded || (this.readiness & Readiness.RESET) !== 0;
    if (this.#available === 0 && !ended) this.readiness &= ~Readiness.READABLE;
    return total;
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    _to: Uint8Array | null,
    _tolen: number,
    offset: number,
  ): CountOrNegatedCode {
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.#sendingEnded) return -WSAESHUTDOWN;
    if ((flags & MSG_OOB) !== 0) return -WSAEOPNOTSUPP;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    let skip = offset;
    let taken = 0;
    for (let i = 0; i < count; i++) {
      const { buf, len } = buffers[i]!;
      const start = Math.min(skip, len);
      skip -= start;
      if (start === len) continue;
      this.#player!.send(viewOfBytes(buf, start, len));
      taken += len - start;
    }
    return taken;
  }

  shutdown(how: number): ErrorCode {
    if (how === SD_RECEIVE || this.#sendingEnded) return 0;
    this.#sendingEnded = true;
    this.#player?.end();
    return 0;
  }

  /** Takes what was answered and not received: what comes next comes from somewhere else. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#incoming);
    this.close();
    return rest;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connecting = false;
    this.#failure?.cancel();
    this.#player?.close();
    this.#incoming = [];
    this.#available = 0;
    this.readiness = 0;
    this.giveBackPort();
    if (this.#arrived !== null) {
      this.#arrived.over++;
      this.#whenOver();
    }
  }

  abort(): void {
    this.close();
  }

  available(): number {
    return this.#available;
  }
}

function ledTo(places: readonly string[]): string {
  if (places.length === 0) return ', which leads nowhere';
  return `, which leads to ${places.slice(0, 5).join(', ')}${places.length > 5 ? ', …' : ''}`;
}

import { Readiness, type AddressSlot, type SocketCore } from '../../../io/index.js';
import {
  holdBytes,
  MSG_OOB,
  MSG_PEEK,
  parseSockaddr,
  viewOfBytes,
  WSAECONNABORTED,
  WSAEFAULT,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  type CountOrNegatedCode,
  type ErrorCode,
  type Timer,
  type WSABUF,
} from '../../../spi/index.js';
import { endpointText, type Endpoint } from '../../../recordings/index.js';
import type { DatagramPlan, Exchange, ReplyDatagram } from './datagram-plan.js';
import { describeConversation, differenceBetween } from './difference.js';
import { nameOf, PlayedCore } from './played-core.js';
import type { Stage } from './stage.js';

/** A datagram socket whose peers are a recording. */
export class PlayedDatagrams extends PlayedCore implements SocketCore {
  #plan: DatagramPlan | null = null;
  readonly #incoming: ReplyDatagram[] = [];
  readonly #delays = new Set<Timer>();

  constructor(
    private readonly stage: Stage,
    family: number,
  ) {
    super(family, `udp ${family}`, stage);
    this.readiness = Readiness.WRITABLE;
  }

  override bind(name: Uint8Array, namelen: number): ErrorCode {
    const code = super.bind(name, namelen);
    if (code !== 0) return code;
    // Somebody else spoke first then.
    const plan = this.stage.library.datagrams.find(({ used, first }) => !used && first.length > 0);
    if (plan !== undefined) {
      this.#follow(plan);
      this.#deliver(plan.first);
    }
    return 0;
  }

  #follow(plan: DatagramPlan): void {
    plan.use();
    this.#plan = plan;
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    const isNobody = name.subarray(2, namelen).every((byte) => byte === 0);
    this.peer = isNobody ? null : name.slice(0, namelen);
    if (!isNobody) this.haveName();
    return 0;
  }

  trySend(buffers: WSABUF[], count: number, flags: number, to: Uint8Array | null, tolen: number): CountOrNegatedCode {
    if ((flags & MSG_OOB) !== 0) return -WSAEOPNOTSUPP;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const name = to === null ? this.peer : to.subarray(0, tolen);
    if (name === null) return -WSAENOTCONN;
    this.haveName();
    const pieces = buffers.slice(0, count).map(({ buf, len }) => viewOfBytes(buf, 0, len));
    const whole = Buffer.concat(pieces);
    let compared: Buffer = whole;
    for (const substitution of this.stage.substitutions) compared = substitution.applyTo(compared);
    const { address, port } = parseSockaddr(name);
    const exchange = this.#find({ address, port }, compared);
    if (exchange === null) return -WSAECONNABORTED;
    exchange.used = true;
    this.#deliver(exchange.replies);
    return whole.length;
  }

  #find(to: Endpoint, bytes: Buffer): Exchange | null {
    const { library, strict } = this.stage;
    const key = endpointText(to);
    const plans = this.#plan === null ? library.datagrams : [this.#plan];
    for (const again of strict ? [false] : [false, true]) {
      for (const plan of plans) {
        if (plan.used && plan !== this.#plan && !again) continue;
        const exchanges = plan.exchanges.get(key) ?? [];
        const next = exchanges.find(({ used, bytes: recorded }) => (again || !used) && recorded.equals(bytes));
        if (next === undefined) continue;
        if (this.#plan === null) this.#follow(plan);
        return next;
      }
    }
    this.#miss(key, bytes, plans);
    return null;
  }

  #miss(key: string, bytes: Buffer, plans: readonly DatagramPlan[]): void {
    const { recording } = this.stage;
    for (const { conversation, exchanges } of plans) {
      const next = exchanges.get(key)?.find(({ used }) => !used);
      if (next === undefined) continue;
      const { at, text } = differenceBetween(next.bytes, bytes);
      const which = describeConversation(recording, conversation);
      return this.#tell(`the datagram to ${key} differs from the next one of ${which} at byte ${at}:${text}`);
    }
    this.#tell(`there is no such datagram to ${key} in ${recording.file}, or not as often`);
  }

  #tell(message: string): void {
    this.stage.tell(message, this.notice?.handle ?? 0);
  }

  #deliver(replies: readonly ReplyDatagram[]): void {
    const { host, pace } = this.stage;
    let when = 0;
    for (const reply of replies) {
      when += pace ? reply.delay : 0;
      if (when === 0) this.#arrived(reply);
      else {
        const timer = host.setTimer(host.clock.now() + when, () => {
          this.#delays.delete(timer);
          this.#arrived(reply);
        });
        this.#delays.add(timer);
      }
    }
  }

  #arrived(reply: ReplyDatagram): void {
    this.#incoming.push(reply);
    this.tell(Readiness.READABLE);
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode {
    if ((flags & MSG_OOB) !== 0) return -WSAEOPNOTSUPP;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const next = this.#incoming[0];
    if (next === undefined) {
      this.readiness &= ~Readiness.READABLE;
      return -WSAEWOULDBLOCK;
    }
    let copied = 0;
    for (let i = 0; i < count; i++) {
      const { buf, len } = buffers[i]!;
      copied += next.bytes.copy(viewOfBytes(buf, 0, len), 0, copied);
    }
    if (from !== null) {
      const name = nameOf(this.family, next.from);
      from.bytes.set(name);
      from.length = name.length;
    }
    if ((flags & MSG_PEEK) === 0) {
      this.#incoming.shift();
      if (this.#incoming.length === 0) this.readiness &= ~Readiness.READABLE;
    }
    return copied < next.bytes.length ? -WSAEMSGSIZE : copied;
  }

  shutdown(): ErrorCode {
    return 0;
  }

  listen(): ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryAccept(): ErrorCode {
    return WSAEOPNOTSUPP;
  }

  available(): number {
    return this.#incoming[0]?.bytes.length ?? 0;
  }

  close(): void {
    for (const timer of this.#delays) timer.cancel();
    this.#delays.clear();
    this.#incoming.length = 0;
    this.readiness = 0;
    this.giveBackPort();
  }

  abort(): void {
    this.close();
  }
}

// Urgent data of a stream over a descriptor.
import { MSG_OOB, MSG_PEEK, WSAEINVAL, type WSABUF, type CountOrNegatedCode, type ErrorCode } from '../../spi/index.js';
import { Readiness } from '../../io/index.js';
import { PollEvents } from '../../platform/index.js';
import { DescriptorCore } from './descriptor-core.js';
import { Mark } from './marks.js';
import { UrgentBytes } from './urgent-bytes.js';

/**
 * What a stream core does about urgent data; `UrgentBytes` says why so much has to be done on a system that loses it.
 */
export abstract class UrgentCore extends DescriptorCore {
  #aside: UrgentBytes | null = null;

  /** Once urgent data has been about, a short read proves nothing: reads stop at the mark. */
  protected get urgentSeen(): boolean {
    return (this.marks & Mark.URGENT_SEEN) !== 0;
  }
  protected set urgentSeen(on: boolean) {
    this.marks = on ? this.marks | Mark.URGENT_SEEN : this.marks & ~Mark.URGENT_SEEN;
  }
  /** Ordinary receives have to look first: the kernel has an urgent byte, or some are to be received in line. */
  protected get urgentNear(): boolean {
    return (this.marks & Mark.URGENT_NEAR) !== 0;
  }
  protected set urgentNear(on: boolean) {
    this.marks = on ? this.marks | Mark.URGENT_NEAR : this.marks & ~Mark.URGENT_NEAR;
  }
  private get urgentTold(): boolean {
    return (this.marks & Mark.URGENT_TOLD) !== 0;
  }
  private set urgentTold(on: boolean) {
    this.marks = on ? this.marks | Mark.URGENT_TOLD : this.marks & ~Mark.URGENT_TOLD;
  }
  private get takenAhead(): boolean {
    return (this.marks & Mark.TAKEN_AHEAD) !== 0;
  }
  private set takenAhead(on: boolean) {
    this.marks = on ? this.marks | Mark.TAKEN_AHEAD : this.marks & ~Mark.TAKEN_AHEAD;
  }

  /** Draws the conclusions from a receive that did not fill the buffers. */
  protected abstract received(result: number, flags: number): CountOrNegatedCode;

  /** How many urgent bytes are set aside. */
  protected get asideSize(): number {
    return this.#aside === null ? 0 : this.#aside.size;
  }

  override setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    const before = this.inlineUrgent;
    const code = super.setOption(level, optname, value, length);
    if (this.inlineUrgent !== before && this.urgentSeen) this.inlineChanged();
    return code;
  }

  /** Takes note of bits, and tells the front those that are new, or that mean more of the same. */
  protected gain(bits: number): void {
    // Room is always news: `confirm` may have found it before, which told nobody.
    const news = bits & (Readiness.READABLE | Readiness.ACCEPTABLE | Readiness.WRITABLE | ~this.readiness);
    this.readiness |= bits;
    if (news !== 0 && this.notice !== null) this.notice.changed(news);
  }

  /** Serves a receive with MSG_OOB. Returns how many bytes, or a negated code. */
  protected receiveUrgent(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    if (this.inlineUrgent) return -WSAEINVAL;
    let index = 0;
    while (index < count && buffers[index]!.len === 0) index++;
    if (index === count) return 0;
    if (this.asideBits() !== 0) {
      const taken = this.takeAside([buffers[index]!], 1, (flags & MSG_PEEK) !== 0, 1);
      // Another one may lie behind: the front confirms that.
      if (this.asideBits() === 0 && !this.urgentNear) this.readiness &= ~Readiness.OUT_OF_BAND;
      return taken;
    }
    // There is one byte at most, so the first buffer with room takes it.
    const received = this.sockets.receive(this.descriptor, buffers[index]!.buf, 1, flags);
    if (received > 0) {
      if ((flags & MSG_PEEK) === 0) {
        this.readiness &= ~Readiness.OUT_OF_BAND;
        this.urgentNear = this.urgentTold = false;
      }
      return received;
    }
    return this.received(received, flags);
  }

  /** Before an ordinary receive: takes the kernel's urgent byte out of its way, and tells of it if nobody has. */
  protected keepUrgent(): void {
    const told = this.urgentTold;
    if (this.setAside() && !told) this.tellUrgent();
  }

  /** Takes the kernel's urgent byte if the next ordinary receive would drop it. */
  private setAside(): boolean {
    if (!this.sockets.traits.losesUrgentBytes) return false;
    const aside = (this.#aside ??= new UrgentBytes());
    // Before the mark a receive stops there by itself.
    if (!aside.hasRoom || !this.sockets.atMark(this.descriptor)) return false;
    const taken = this.sockets.receive(this.descriptor, aside.room, 1, MSG_OOB) === 1;
    if (taken) aside.keep();
    this.urgentNear = this.urgentTold = false;
    return taken;
  }

  /** The poller reports an urgent byte, or once more the one that is still before its mark. */
  protected urgentArrived(): void {
    if (this.setAside()) this.readiness &= ~Readiness.OUT_OF_BAND;
    else if ((this.readiness & Readiness.OUT_OF_BAND) === 0) this.urgentTold = true;
  }

  /** Tells of one more urgent byte, whether others wait or not. */
  private tellUrgent(): void {
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.gain(Readiness.OUT_OF_BAND);
  }

  /** What the bytes set aside make of the socket: nothing after a reset, which leaves nothing to be received. */
  protected asideBits(): number {
    if (this.#aside === null || this.#aside.size === 0 || (this.readiness & Readiness.RESET) !== 0) return 0;
    return this.inlineUrgent ? Readiness.READABLE : Readiness.OUT_OF_BAND;
  }

  /** Gives bytes that were set aside: one at a time out of band, all of them in line. */
  protected takeAside(buffers: WSABUF[], count: number, peek: boolean, most = Infinity): number {
    const aside = this.#aside!;
    let taken = 0;
    for (let index = 0; index < count; index++) {
      const { buf, len } = buffers[index]!;
      for (let at = 0; at < len && taken < most && aside.size > 0; at++, taken++) {
        buf[at] = aside.first(peek);
        if (peek) return 1;
      }
    }
    return taken;
  }

  /** SO_OOBINLINE was set or cleared, and there has been urgent data. */
  private inlineChanged(): void {
    if (!this.sockets.traits.losesUrgentBytes) return;
    this.urgentNear = true;
    if (!this.inlineUrgent) {
      this.readiness |= this.asideBits();
      return;
    }
    this.takenAhead = true;
    this.passIfAtMark();
    this.readiness &= ~Readiness.OUT_OF_BAND;
    if (this.asideBits() !== 0) this.gain(Readiness.READABLE);
  }

  /**
   * Before an ordinary receive in line: passes a byte that was taken. What else the kernel has comes in line by itself.
   */
  protected passTaken(): void {
    if (this.takenAhead) this.passIfAtMark();
    this.urgentNear = this.takenAhead;
  }

  /** In line the kernel gives the byte at the mark though it was taken: it is received once more, and forgotten. */
  private passIfAtMark(): void {
    if (!this.sockets.atMark(this.descriptor)) return;
    const pending = (this.sockets.look(this.descriptor, PollEvents.PRIORITY) & PollEvents.PRIORITY) !== 0;
    if (!pending) this.sockets.receive(this.descriptor, new Uint8Array(1), 1, 0);
    this.takenAhead = false;
  }
}

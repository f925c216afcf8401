// The quality of service of a group of sockets.
import { TC_NONCONF_BORROW, SERVICETYPE_NOTRAFFIC } from '../../spi/index.js';
import type { Flow, FlowLimit, FlowReservation, GroupQuality, GroupWaiter } from '../core/index.js';
import { refusalOf } from './flow-specification.js';
import { FlowMeter } from './token-bucket.js';

/** One bucket that all sockets of a group in this thread send from, and one reservation for them. */
export class GroupFlow implements GroupQuality {
  readonly limit: FlowLimit | null;
  readonly #asked: Flow;
  readonly #reservation: FlowReservation | null;
  readonly #meter: FlowMeter | null;
  readonly #waiting = new Set<GroupWaiter>();

  private constructor(asked: Flow, reservation: FlowReservation | null, now: number, before: GroupFlow | null) {
    this.#asked = asked;
    this.#reservation = reservation;
    const { sending, excess, shapingRate } = asked;
    const free = excess === TC_NONCONF_BORROW || sending.ServiceType === SERVICETYPE_NOTRAFFIC;
    this.#meter = free ? null : FlowMeter.of(sending, shapingRate, now, before === null ? null : before.#meter);
    this.limit = this.#meter;
  }

  /**
   * Makes the quality of service of a group, in place of the one before.
   *
   * @param asked what is asked for
   * @param reserve makes a promise of the network's; without it none can be had
   * @param now milliseconds of the instance's clock
   * @param before what the group had until now; it keeps what it has if this one is refused
   * @returns it, or the WinSock code of what cannot be
   */
  static ask(
    asked: Flow,
    reserve: (() => FlowReservation) | undefined,
    now: number,
    before: GroupQuality | null,
  ): GroupFlow | number {
    const predecessor = before instanceof GroupFlow ? before : null;
    if (reserve === undefined) {
      const refused = refusalOf(asked);
      return refused !== 0 ? refused : new GroupFlow(asked, null, now, predecessor);
    }
    const reservation = predecessor?.handOver() ?? reserve();
    const refused = reservation.admit(asked);
    if (refused === 0) return new GroupFlow(asked, reservation, now, predecessor);
    predecessor?.takeBack();
    return refused;
  }

  #handedOver = false;

  /** Gives its reservation to whatever comes after it. */
  private handOver(): FlowReservation | null {
    this.#handedOver = this.#reservation !== null;
    return this.#reservation;
  }

  private takeBack(): void {
    this.#handedOver = false;
  }

  get flow(): Flow {
    return this.#reservation?.flow ?? this.#asked;
  }

  get error(): number {
    return this.#reservation?.error ?? 0;
  }

  waits(waiter: GroupWaiter): void {
    this.#waiting.add(waiter);
  }

  rests(waiter: GroupWaiter): void {
    if (!this.#waiting.delete(waiter)) return;
    for (const other of [...this.#waiting]) if (other.groupPriority > waiter.groupPriority) other.look();
  }

  isWaitedForBefore(priority: number): boolean {
    for (const { groupPriority } of this.#waiting) if (groupPriority < priority) return true;
    return false;
  }

  end(): void {
    if (!this.#handedOver) this.#reservation?.end();
    this.#waiting.clear();
  }
}

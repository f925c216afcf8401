// What both descriptor sets of Windows have in common: a bell that rings the event loop, and an alarm by a timer of its own.
import { WSAEOPNOTSUPP, type CountOrNegatedCode } from '../../spi/index.js';
import { BATCH_EVENTS } from '../descriptor-set.js';
import { LoopSet } from '../loop-set.js';
import { PortableWaits } from '../portable-poller.js';
import { tellInterest, type Interest } from './interest.js';
import type { LoopBell } from './loop-bell.js';

/** What rings the event loop. */
export type Bell = Pick<LoopBell, 'event' | 'ref' | 'unref' | 'close'>;

/**
 * A set of which the calls of its thread are told what they found out.
 *
 * Windows clears an event as a request begins that is to set it. It may have been set by another one just before, and the thread of the
 * pool that waits for it may come too late: nobody would ring for what lies in the port. So whoever has something begin sees to it
 * that the event loop comes by once more: all rings that are lost were for what lies there by then.
 */
export abstract class BellSet extends LoopSet implements Interest {
  protected readonly bell: Bell;
  readonly #waits: PortableWaits;
  readonly #onReadable: () => void;
  #immediate: NodeJS.Immediate | null = null;
  /** A look is owed. */
  #owes = false;
  /** Those that began to connect before they were watched. */
  protected readonly early = new Set<number>();
  /** When the alarm is due, on the clock of `performance.now`. */
  #due = Infinity;
  #left = false;

  /** @param onReadable called by the event loop when a `wait` would find something; must not throw */
  constructor(bell: Bell, onReadable: () => void) {
    super(bell);
    this.bell = bell;
    this.#onReadable = onReadable;
    this.#waits = new PortableWaits(onReadable);
    tellInterest(this);
  }

  abstract emptied(descriptor: number): void;
  abstract filled(descriptor: number): void;
  abstract connecting(descriptor: number): void;

  sendFile(_descriptor: number, _file: number, _position: number, _length: number): CountOrNegatedCode {
    return -WSAEOPNOTSUPP;
  }

  endSendFile(_descriptor: number): void {
    // Nothing was begun.
  }

  /** What somebody else closes is told by a `wait`; there is nothing to ask. */
  holds(_descriptor: number): boolean {
    return true;
  }

  setAlarm(milliseconds: number): void {
    this.forgetAlarm();
    this.#due = performance.now() + milliseconds;
    this.#waits.setAlarm(milliseconds);
  }

  override leaveLoop(): void {
    super.leaveLoop();
    this.#waits.close();
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#immediate = null;
    this.#left = true;
  }

  protected override free(): void {
    tellInterest(null);
  }

  /** How long it is until the alarm, in whole milliseconds. */
  protected untilAlarm(): number {
    return Math.max(Math.ceil(this.#due - performance.now()), 0);
  }

  /** Sleeps where there is nothing that the system could wait for. */
  protected sleep(milliseconds: number): void {
    this.#waits.sleep(milliseconds);
  }

  /** Sees to the alarm after a wait. @param found how many events there were: as many as there is room for mean that there may be more */
  protected waited(found: number): void {
    if (performance.now() >= this.#due) {
      this.#due = Infinity;
      this.alarmRang();
    }
    // The event loop is to come back after the others.
    if (found === BATCH_EVENTS) this.lookLater();
  }

  /** Has the event loop look once more, after what goes on now. */
  protected lookLater(): void {
    this.#owes = true;
    if (!this.#left) this.#immediate ??= setImmediate(this.#onImmediate);
  }

  /** Somebody looks: what was owed until now is paid. */
  protected looksNow(): void {
    this.#owes = false;
  }

  readonly #onImmediate = (): void => {
    this.#immediate = null;
    if (this.#owes) this.#onReadable();
  };
}

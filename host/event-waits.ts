// Waiting for event objects, on the thread and from the event loop.
import {
  INFINITE,
  WSA_INVALID_HANDLE,
  WSA_INVALID_PARAMETER,
  WSA_MAXIMUM_WAIT_EVENTS,
  WSA_WAIT_EVENT_0,
  WSA_WAIT_FAILED,
  WSA_WAIT_IO_COMPLETION,
  WSA_WAIT_TIMEOUT,
  WSAEINTR,
  type Clock,
  type Ref,
} from '../spi/index.js';
import type { EventTable } from './events.js';
import type { Reactor } from './reactor.js';

/** How `waitForMultipleEvents` of `ws2.host` waits. */
export interface AsyncWaitOptions {
  /** For all of the events instead of one; false by default. */
  all?: boolean;
  /** Milliseconds; for ever by default. */
  timeout?: number;
  /** Whether an APC ends the wait; false by default. */
  alertable?: boolean;
}

/** The waits of one instance for its event objects. */
export class EventWaits {
  readonly #events: EventTable;
  readonly #reactor: Reactor;
  readonly #clock: Clock;

  constructor(events: EventTable, reactor: Reactor, clock: Clock) {
    this.#events = events;
    this.#reactor = reactor;
    this.#clock = clock;
  }

  /**
   * Waits for one or all of some event objects (specification: WSAWaitForMultipleEvents).
   *
   * @param timeout milliseconds; 0xFFFFFFFF waits for ever
   * @returns WSA_WAIT_EVENT_0 and the index, WSA_WAIT_TIMEOUT, WSA_WAIT_IO_COMPLETION, or WSA_WAIT_FAILED with
   *   `lpErrno` WSA_INVALID_PARAMETER (count), WSA_INVALID_HANDLE or WSAEINTR
   */
  wait(
    events: readonly number[],
    count: number,
    all: boolean,
    timeout: number,
    alertable: boolean,
    lpErrno: Ref<number>,
  ): number {
    lpErrno.value = this.#checkEvents(events, count);
    if (lpErrno.value !== 0) return WSA_WAIT_FAILED;
    let index = this.#signalled(events, count, all);
    if (index < 0) {
      const deadline = timeout === INFINITE ? Infinity : this.#clock.now() + timeout;
      const result = this.#reactor.wait(
        () => (index = this.#signalled(events, count, all)) >= 0,
        deadline,
        alertable ? 'return' : 'no',
        `WSAWaitForMultipleEvents on ${count} event object${count === 1 ? '' : 's'}`,
      );
      if (result === 'timeout') return WSA_WAIT_TIMEOUT;
      if (result === 'io-completion') return WSA_WAIT_IO_COMPLETION;
      if (result === 'interrupted') {
        lpErrno.value = WSAEINTR;
        return WSA_WAIT_FAILED;
      }
    }
    this.#consume(events, count, all, index);
    return WSA_WAIT_EVENT_0 + index;
  }

  /** The same without blocking the thread: resolves to what `WSAWaitForMultipleEvents` would return. */
  waitAsync(events: readonly number[], options: AsyncWaitOptions = {}): Promise<number> {
    const { all = false, timeout = INFINITE, alertable = false } = options;
    const count = events.length;
    /* eslint-disable no-restricted-syntax -- the one wait that is given to the event loop instead of the thread */
    if (this.#checkEvents(events, count) !== 0) return Promise.resolve(WSA_WAIT_FAILED);
    return new Promise((resolve) => {
      const waits: number[] = [];
      let finished = false;
      let endAlertable: (() => void) | undefined;
      const finish = (result: number): void => {
        if (finished) return;
        finished = true;
        timer?.cancel();
        endAlertable?.();
        for (const wait of waits) this.#events.unregisterWait(wait);
        this.#reactor.unref();
        resolve(result);
      };
      const look = (): void => {
        const index = this.#signalled(events, count, all);
        if (index < 0 || finished) return;
        this.#consume(events, count, all, index);
        finish(WSA_WAIT_EVENT_0 + index);
      };
      this.#reactor.ref();
      const timer =
        timeout === INFINITE
          ? null
          : this.#reactor.setTimer(this.#clock.now() + timeout, () => finish(WSA_WAIT_TIMEOUT));
      look();
      if (finished) return;
      if (alertable) endAlertable = this.#reactor.beginAlertableWait(() => finish(WSA_WAIT_IO_COMPLETION));
      for (const event of new Set(events)) waits.push(this.#events.observeSignal(event, look));
    });
    /* eslint-enable no-restricted-syntax */
  }

  #checkEvents(events: readonly number[], count: number): number {
    if (!Array.isArray(events) || !(count >= 1 && count <= WSA_MAXIMUM_WAIT_EVENTS) || count > events.length) {
      return WSA_INVALID_PARAMETER;
    }
    for (let i = 0; i < count; i++) if (!this.#events.has(events[i]!)) return WSA_INVALID_HANDLE;
    return 0;
  }

  #signalled(events: readonly number[], count: number, all: boolean): number {
    for (let i = 0; i < count; i++) {
      const signalled = this.#events.isSignalled(events[i]!) === true;
      if (signalled && !all) return i;
      if (!signalled && all) return -1;
    }
    return all ? 0 : -1;
  }

  #consume(events: readonly number[], count: number, all: boolean, index: number): void {
    if (all) for (let i = 0; i < count; i++) this.#events.consume(events[i]!);
    else this.#events.consume(events[index]!);
  }
}

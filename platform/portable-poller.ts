// Waiting without descriptors: what a thread's poller stands on until its first native socket, and on systems without a
// native binding.
import type { MessagePort } from 'node:worker_threads';

/** Alarm, liveness of the event loop and sleep, by what Node.js has on every system. */
export class PortableWaits {
  readonly #onAlarm: () => void;
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));
  #timer: NodeJS.Timeout | null = null;
  #ports: { port1: MessagePort; port2: MessagePort } | null = null;
  #held = false;

  /** @param onAlarm called by the event loop when the alarm is due */
  constructor(onAlarm: () => void) {
    this.#onAlarm = onAlarm;
  }

  /** Sets the alarm, in milliseconds from now; `Infinity` takes it away. */
  setAlarm(milliseconds: number): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    if (milliseconds === Infinity) return;
    // eslint-disable-next-line no-restricted-globals -- without a native binding there is no timer descriptor to watch
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#onAlarm();
      },
      Math.min(Math.max(Math.ceil(milliseconds), 0), 0x7fffffff),
    );
    // Liveness is counted by `ref`, as with native sockets: the alarm alone keeps no process running.
    this.#timer.unref();
  }

  /** Keeps the event loop alive. */
  ref(): void {
    this.#held = true;
    if (this.#ports === null) {
      // A port that nothing is ever sent to: the cheapest handle that can be held and let go.
      const { MessageChannel } = process.getBuiltinModule('node:worker_threads');
      this.#ports = new MessageChannel();
      this.#ports.port1.on('message', () => {});
      this.#ports.port2.unref();
    }
    this.#ports.port1.ref();
  }

  /** Lets the event loop end. */
  unref(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#ports?.port1.unref();
  }

  /** Sleeps. No signal ends it; without descriptors only time can. */
  sleep(milliseconds: number): void {
    if (milliseconds > 0) Atomics.wait(this.#sleeper, 0, 0, milliseconds);
  }

  /** Frees everything. */
  close(): void {
    this.setAlarm(Infinity);
    this.#ports?.port1.close();
    this.#ports = null;
  }
}

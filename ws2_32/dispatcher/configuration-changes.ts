import type { Host } from '../../host/index.js';
import type { HANDLE, LPWSAOVERLAPPED_COMPLETION_ROUTINE, Timer, WSAOVERLAPPED } from '../../spi/index.js';

/** Milliseconds between looks at a catalog that other processes may change, while somebody waits for that. */
const LOOK_EVERY = 200;

interface PendingNotification {
  readonly handle: HANDLE;
  readonly overlapped: WSAOVERLAPPED;
  readonly routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null;
}

/** Who wants to know of changes of the catalog: the notification handles of `WSAProviderConfigChange`. */
export class ConfigurationChanges {
  readonly #handles = new Set<HANDLE>();
  #pending: PendingNotification[] = [];
  #changes = 0;
  #waits = 0;
  #serial: number;
  #look: Timer | null = null;

  constructor(
    private readonly host: Host,
    /** The catalog's serial number, cheaply. */
    private readonly serial: () => number,
    /** Called when another process changed the catalog; calls `changed`. */
    private readonly foreignChange: () => void,
  ) {
    this.#serial = serial();
  }

  /** How many changes there were; a waiting call sees it grow. */
  get count(): number {
    return this.#changes;
  }

  /** Whether anybody asked for notifications. */
  get wanted(): boolean {
    return this.#handles.size > 0;
  }

  /** Makes a notification handle. */
  open(): HANDLE {
    const handle = this.host.allocateHandle();
    if (this.#handles.size === 0) this.#serial = this.serial();
    this.#handles.add(handle);
    return handle;
  }

  /** Whether a handle is a notification handle. */
  has(handle: unknown): boolean {
    return this.#handles.has(handle as HANDLE);
  }

  /** Completes an operation at the next change. */
  notify(handle: HANDLE, overlapped: WSAOVERLAPPED, routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null): void {
    this.host.overlapped.begin(overlapped, routine);
    this.#pending.push({ handle, overlapped, routine });
    this.host.ref();
    this.#watch();
  }

  /** Watches the catalog file until the function returned is called: a blocking call waits for a change. */
  beginWait(): () => void {
    this.#waits++;
    this.#watch();
    return () => {
      this.#waits--;
    };
  }

  /** Closes a notification handle; what pends on it ends with an error. False when there is none of that handle. */
  close(handle: HANDLE, error: number): boolean {
    if (!this.#handles.delete(handle)) return false;
    this.#complete((each) => each.handle === handle, error);
    this.host.releaseHandle(handle);
    return true;
  }

  /** Closes all notification handles. */
  closeAll(error: number): void {
    for (const handle of [...this.#handles]) this.close(handle, error);
  }

  /** Tells of a change. */
  changed(): void {
    this.#changes++;
    this.#serial = this.serial();
    this.#complete(() => true, 0);
  }

  /**
   * Looks for other processes' changes now and then, while somebody waits; time that does not pass by itself shows
   * none.
   */
  #watch(): void {
    if (this.#look !== null || this.host.clock.virtual) return;
    this.#look = this.host.setTimer(this.host.clock.now() + LOOK_EVERY, () => {
      this.#look = null;
      if (this.#pending.length === 0 && this.#waits === 0) return;
      if (this.serial() !== this.#serial) this.foreignChange();
      if (this.#pending.length > 0 || this.#waits > 0) this.#watch();
    });
  }

  #complete(which: (notification: PendingNotification) => boolean, error: number): void {
    const ended = this.#pending.filter(which);
    this.#pending = this.#pending.filter((each) => !which(each));
    for (const { handle, overlapped, routine } of ended) {
      this.host.unref();
      this.host.overlapped.complete(handle, overlapped, routine, error, 0, 0);
    }
  }
}

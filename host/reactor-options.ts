import type { Clock, Defect } from '../spi/index.js';

/** What an application has run while its blocking call waits (WinSock 1.1). */
export interface BlockingHook {
  /** Milliseconds of the clock after which it is to run again though nothing has happened; Infinity for only then. */
  readonly interval: number;
  /** Runs the hook; false when the call was cancelled. */
  run(): boolean;
}

/** What a reactor needs of its instance. */
export interface ReactorOptions {
  readonly clock: Clock;
  /** Whether the idle event loop counts as an alertable wait. */
  readonly alertableEventLoop: boolean;
  /** Microseconds to keep polling after activity. */
  readonly spin: number;
  /** Told of what goes wrong; must not throw. */
  report(defect: Defect): void;
}

import { INSTANCE, type Ws2_32 } from '../index.js';

/** Something that will be called, unless it is cancelled. */
export interface TimeLimit {
  cancel(): void;
}

/**
 * Calls something when a time is over, by an instance's clock. It keeps no process alive.
 *
 * @param milliseconds at most 2^31 - 1
 */
export function limitTime(ws2: Ws2_32, milliseconds: number, over: () => void): TimeLimit {
  const { clock } = ws2[INSTANCE].providerHost;
  // Node.js' timers are the cheaper ones where both clocks are the machine's.
  if (!clock.virtual) {
    const timer = setTimeout(over, milliseconds).unref();
    return { cancel: () => clearTimeout(timer) };
  }
  let isCancelled = false;
  const timer = ws2[INSTANCE].providerHost.setTimer(clock.now() + milliseconds, () => {
    // Timers ring in the providers' phase, where nothing of the application may run.
    setImmediate(() => {
      if (!isCancelled) over();
    });
  });
  return {
    cancel: () => {
      isCancelled = true;
      timer.cancel();
    },
  };
}

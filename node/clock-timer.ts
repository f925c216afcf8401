import { AsyncResource } from 'node:async_hooks';
import { INSTANCE, type Ws2_32 } from '../index.js';

/** A timer that can be started again, as Node.js' own can. */
export interface ClockTimer {
  /** Starts it again, whether it has run or not. */
  refresh(): unknown;
  /** Takes it off. */
  close(): unknown;
}

/** A timer on a clock that moves only when told to. */
class VirtualTimer implements ClockTimer {
  readonly #run: () => void;
  #timer: { cancel(): void } | null = null;

  constructor(
    private readonly ws2: Ws2_32,
    private readonly milliseconds: number,
    run: () => void,
  ) {
    this.#run = AsyncResource.bind(run);
    this.refresh();
  }

  refresh(): void {
    this.close();
    const host = this.ws2[INSTANCE].providerHost;
    const timer = host.setTimer(host.clock.now() + this.milliseconds, () => {
      // Timers ring in the providers' phase, where nothing of the application may run.
      setImmediate(() => {
        if (this.#timer === timer) this.#run();
      });
    });
    this.#timer = timer;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

/**
 * Starts a timer on an instance's clock. It keeps no process alive.
 *
 * @param ws2 the instance; the machine's clock if absent
 * @param milliseconds at most 2^31 - 1
 * @param run called with `context` when the time is up
 */
export function startTimer<T>(
  ws2: Ws2_32 | undefined,
  milliseconds: number,
  run: (context: T) => void,
  context: T,
): ClockTimer {
  // Node.js' timers are the cheaper ones where both clocks are the machine's.
  if (ws2 === undefined || !ws2[INSTANCE].providerHost.clock.virtual) {
    return setTimeout(run, milliseconds, context).unref();
  }
  return new VirtualTimer(ws2, milliseconds, () => run(context));
}

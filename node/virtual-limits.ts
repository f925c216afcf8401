// Time limits of sockets on an instance whose clock moves only when told to: Node.js has its own by the machine's.
import { AsyncResource } from 'node:async_hooks';
import net, { type Socket } from 'node:net';
import { INSTANCE, WSAETIMEDOUT, type Ws2_32 } from '../index.js';
import type { StreamHandle } from './handle/index.js';
import type { ChainConnectOptions } from './socket-options.js';

/** The longest time limit in milliseconds, as for Node.js' timers. */
const LONGEST = 2 ** 31 - 1;
const SHORTEST_ATTEMPT = 10;

/** Whether an instance has a clock of its own. */
export function onVirtualClock(ws2: Ws2_32 | undefined): ws2 is Ws2_32 {
  return ws2 !== undefined && ws2[INSTANCE].providerHost.clock.virtual;
}

/** A timer on a clock that moves only when told to. */
class VirtualTimer {
  readonly #run: () => void;
  #timer: { cancel(): void } | null = null;

  constructor(
    private readonly ws2: Ws2_32,
    private readonly milliseconds: number,
    run: () => void,
  ) {
    this.#run = AsyncResource.bind(run);
    this.start();
  }

  /** Starts it, from now. */
  start(): void {
    this.end();
    const host = this.ws2[INSTANCE].providerHost;
    const timer = host.setTimer(host.clock.now() + this.milliseconds, () => {
      // Timers ring in the providers' phase, where nothing of the application may run.
      setImmediate(() => {
        if (this.#timer === timer) this.#run();
      });
    });
    this.#timer = timer;
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

/** A socket, as far as its time limits are concerned. */
interface LimitedSocket extends Socket {
  _onTimeout(): void;
  _unrefTimer(): void;
  readonly _stream: StreamHandle | undefined;
}

/** The limit of a socket's silence. */
export class SilenceLimit {
  #timer: VirtualTimer | null = null;

  constructor(private readonly socket: LimitedSocket) {
    const traffic = socket._unrefTimer;
    socket._unrefTimer = () => {
      traffic.call(socket);
      this.#timer?.start();
    };
  }

  /** Sets it; 0 for none. */
  set(ws2: Ws2_32, milliseconds: number): void {
    this.end();
    const length = Math.min(milliseconds, LONGEST);
    if (length > 0) this.#timer = new VirtualTimer(ws2, length, () => this.socket._onTimeout());
  }

  /** Ends it. */
  end(): void {
    this.#timer?.end();
    this.#timer = null;
  }
}

/** Has a socket's time limit, which was set already, go by the clock of an instance. */
export function limitSilence(
  socket: Socket,
  ws2: Ws2_32,
  milliseconds: number,
  limit: SilenceLimit | undefined,
): SilenceLimit {
  // The machine's is not wanted.
  net.Socket.prototype.setTimeout.call(socket, 0);
  Object.assign(socket, { timeout: milliseconds });
  const made = limit ?? new SilenceLimit(socket as LimitedSocket);
  made.set(ws2, milliseconds);
  return made;
}

/** Has the time that each of several addresses has go by the clock of an instance. */
export function limitAttempts(
  socket: Socket,
  ws2: Ws2_32,
  lookUp: { readonly options: ChainConnectOptions; readonly found: number },
): void {
  const { options } = lookUp;
  const given = options.autoSelectFamilyAttemptTimeout;
  // What is none, `net` refuses.
  if (given !== undefined && given !== null && !(Number.isInteger(given) && given >= 1)) return;
  const limit = Math.max(given ?? net.getDefaultAutoSelectFamilyAttemptTimeout(), SHORTEST_ATTEMPT);
  options.autoSelectFamilyAttemptTimeout = LONGEST;
  let attempts = 0;
  let timer: VirtualTimer | null = null;
  let isLate = false;
  const late = (): void => {
    isLate = true;
    (socket as LimitedSocket)._stream?.connectFailed(WSAETIMEDOUT);
    isLate = false;
  };
  Reflect.deleteProperty(socket, 'emit');
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'connectionAttempt' && ++attempts < lookUp.found) timer = new VirtualTimer(ws2, limit, late);
    if (event === 'connect' || event === 'close' || event === 'connectionAttemptFailed') timer?.end();
    // `net` knows of no time limit but its own.
    if (event === 'connectionAttemptFailed' && isLate) return emit('connectionAttemptTimeout', ...args.slice(0, 3));
    return emit(event, ...args);
  };
}

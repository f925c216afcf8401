import type { BlockingHook, Host } from '../../host/index.js';
import { HIBYTE, WSAEINPROGRESS } from '../../spi/index.js';
import type { TransportProvider } from './transport-provider.js';

/** Milliseconds of the clock after which an application's hook is called again, though nothing has happened. */
const INTERVAL = 10;
/** Calls of a hook in one round: one that never says FALSE must not keep the call from ending. */
const MOST_CALLS = 1000;

/** What the hooks need of the dispatcher. */
interface HookedDispatcher {
  readonly host: Host;
  readonly startups: number;
  readonly version: number;
  refusal: number;
}

/**
 * Pseudo-blocking for applications that negotiated WinSock 1.1: what runs while their thread's blocking call waits
 * (specification: Windows Sockets 1.1 Blocking routines & EINPROGRESS). Version 2 applications have none of it.
 */
export class BlockingHooks implements BlockingHook {
  /**
   * What an application has without `WSASetBlockingHook`: dispatches one window message, and says whether there was
   * one.
   */
  readonly defaultHook: () => boolean;
  /** What the application has set; `null` for the default. */
  custom: (() => boolean) | null = null;
  #running = false;
  #cancelled = false;
  #provider: TransportProvider | null = null;

  constructor(private readonly dispatcher: HookedDispatcher) {
    this.defaultHook = () => dispatcher.host.windows.dispatchNext();
  }

  /** Whether a blocking call is in progress, as far as the application can see: its hook is being called. */
  get running(): boolean {
    return this.#running;
  }

  /** Messages come from within the wait, so the default hook need not be called before something has happened. */
  get interval(): number {
    return this.custom === null ? Infinity : INTERVAL;
  }

  /** Sets the hook, which may be the default one. Returns the hook so far. */
  replace(hook: () => boolean): () => boolean {
    const former = this.custom ?? this.defaultHook;
    this.custom = hook === this.defaultHook ? null : hook;
    return former;
  }

  /**
   * Calls the hook until it has nothing more to do. What it calls of the API fails meanwhile, with WSAEINPROGRESS.
   *
   * @param provider who waits, when it does so by itself and has to be told of a cancellation
   * @returns false when the blocking call was cancelled
   */
  run(provider: TransportProvider | null = null): boolean {
    if (this.#running) return true;
    const { dispatcher } = this;
    const hook = this.custom ?? this.defaultHook;
    const { refusal } = dispatcher;
    this.#running = true;
    this.#cancelled = false;
    this.#provider = provider;
    dispatcher.refusal = WSAEINPROGRESS;
    try {
      for (let calls = 0; calls < MOST_CALLS; calls++) if (!hook() || this.#cancelled) break;
    } catch (cause) {
      // The exception cannot surface before the call has ended.
      this.#cancelled = true;
      dispatcher.host.throwFromEventLoop(cause);
    } finally {
      this.#running = false;
      this.#provider = null;
      // The hook may have disposed of the instance.
      if (dispatcher.refusal === WSAEINPROGRESS) dispatcher.refusal = refusal;
    }
    return !this.#cancelled;
  }

  /** Ends the call whose hook is being called; false when there is none. */
  cancel(): boolean {
    if (this.#running) this.#cancelled = true;
    return this.#running;
  }

  /** The provider whose own wait the hook is called from; `null` when the instance's host waits. */
  get waiting(): TransportProvider | null {
    return this.#provider;
  }

  /** Puts what a WSAStartup negotiated into effect, or what is left after the last WSACleanup. */
  adapt(): void {
    const { dispatcher } = this;
    const wanted = dispatcher.startups > 0 && HIBYTE(dispatcher.version) < 2;
    dispatcher.host.useBlockingHook(wanted ? this : null);
    if (!wanted) this.custom = null;
  }
}

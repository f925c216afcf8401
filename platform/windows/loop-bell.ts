// Has the event loop call back when an event object of the kernel is set.
import { isMainThread } from 'node:worker_threads';
import { koffi } from '../koffi.js';
import { pinMemory } from '../native-memory.js';
import { PortableWaits } from '../portable-poller.js';
import { addressOfFunction, lastingMemory, winsock } from './winsock.js';

const UV_ASYNC = 1;
const INFINITE = 0xffff_ffff;
const WT_EXECUTEINWAITTHREAD = 0x4;
/** Has UnregisterWaitEx return when the pool has done with the wait. */
const INVALID_HANDLE_VALUE = -1;

/**
 * An auto-reset event, for which a thread of the system's pool waits. On the main thread that calls `uv_async_send` itself, which takes one
 * pointer, as the pool hands over: no JavaScript runs in another thread. In a worker, whose end an open handle of our own would turn into
 * an abort of the process, it calls a callback of koffi's, which has koffi's own handle ring.
 */
export class LoopBell {
  /** To be set when there is something. */
  readonly event: number;
  readonly #winsock = winsock();
  /** The uv_async_t; 0 in a worker. */
  readonly #async: number;
  readonly #callback: bigint;
  readonly #wait: number;
  readonly #hold = new PortableWaits(() => undefined);
  #closed = false;

  /**
   * @param onRing must not throw
   * @throws Error when the system has no more events or waits
   */
  constructor(onRing: () => void) {
    const ffi = koffi();
    this.event = this.#winsock.CreateEventW(0, 0, 0, 0);
    const parameters = isMainThread ? ['intptr_t'] : ['intptr_t', 'uint8_t'];
    this.#callback = ffi.register(onRing, ffi.pointer(ffi.proto('void', parameters)));
    this.#async = isMainThread ? this.#openAsync() : 0;
    this.#wait = this.#register();
  }

  /** Keeps the event loop alive. */
  ref(): void {
    if (this.#closed) return;
    if (this.#async === 0) this.#hold.ref();
    else this.#winsock.uv_ref(this.#async);
  }

  /** Lets the event loop end. */
  unref(): void {
    if (this.#closed) return;
    if (this.#async === 0) this.#hold.unref();
    else this.#winsock.uv_unref(this.#async);
  }

  /** Ends it for good. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hold.close();
    if (this.#async === 0) {
      this.#winsock.napi_remove_env_cleanup_hook(Number(koffi().node.env), unregisterWait(), this.#wait);
      this.#winsock.UnregisterWaitEx(this.#wait, 0);
    } else {
      // Nobody may ring a handle that is closed.
      this.#winsock.UnregisterWaitEx(this.#wait, INVALID_HANDLE_VALUE);
      this.#winsock.uv_close(this.#async, 0);
      koffi().unregister(this.#callback);
    }
    this.#winsock.CloseHandle(this.event);
  }

  #register(): number {
    const [ring, flags] = isMainThread
      ? [addressOfFunction('node.exe', 'uv_async_send'), WT_EXECUTEINWAITTHREAD]
      : [Number(this.#callback), 0];
    const out = pinMemory(8);
    const { event } = this;
    if (this.#winsock.RegisterWaitForSingleObject(out.address, event, ring, this.#async, INFINITE, flags) === 0) {
      throw new Error(`ws2spi: RegisterWaitForSingleObject failed with ${this.#winsock.GetLastError()}`);
    }
    const wait = Number(out.view.getBigUint64(0, true));
    // For worker.terminate(), at which no JavaScript runs.
    if (!isMainThread) this.#winsock.napi_add_env_cleanup_hook(Number(koffi().node.env), unregisterWait(), wait);
    return wait;
  }

  #openAsync(): number {
    const out = pinMemory(8);
    if (this.#winsock.napi_get_uv_event_loop(Number(koffi().node.env), out.address) !== 0) {
      throw new Error('ws2spi: no event loop');
    }
    const { address } = lastingMemory(this.#winsock.uv_handle_size(UV_ASYNC));
    this.#winsock.uv_async_init(Number(out.view.getBigUint64(0, true)), address, Number(this.#callback));
    this.#winsock.uv_unref(address);
    return address;
  }
}

function unregisterWait(): number {
  return addressOfFunction('kernel32.dll', 'UnregisterWait');
}

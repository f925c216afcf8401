// A descriptor watched by this thread's libuv loop.
import { koffi } from '../koffi.js';
import { pinMemory } from '../native-memory.js';
import { isMainThread } from './main-thread.js';

const UV_READABLE = 1;
const UV_POLL_HANDLE = 8;

type Callback = (...values: number[]) => unknown;

/**
 * Calls back from the event loop whenever a descriptor is readable.
 *
 * koffi owns the poll handle, and closes it when the thread ends: a handle of our own, open at a worker's end, would
 * abort the process. Our callback is then put in the place of koffi's, on the same handle: that is faster, and
 * outlives `worker.terminate()`.
 */
export class LoopWatch {
  readonly #handle: ReturnType<ReturnType<typeof koffi>['node']['poll']>;
  /** libuv's own handle; 0 where it was not found. */
  #address = 0;
  #ref: Callback | null = null;
  #unref: Callback | null = null;
  #callback: bigint | null = null;
  #closed = false;

  /**
   * @param descriptor to watch for reading
   * @param onReadable must not throw
   */
  constructor(descriptor: number, onReadable: () => void) {
    this.#handle = koffi().node.poll(descriptor, { readable: true }, onReadable);
    try {
      this.#swap(descriptor, onReadable);
    } catch (error) {
      // koffi's own callback does as well, only slower; but a worker that is terminated would crash in it.
      if (!isMainThread()) {
        this.#handle.close();
        throw error;
      }
    }
    this.unref();
  }

  /** Whether our own callback is in place, rather than koffi's. */
  get swapped(): boolean {
    return this.#callback !== null;
  }

  /** Keeps the event loop alive. */
  ref(): void {
    if (this.#closed) return;
    // Methods of koffi's objects end the process in a worker that is being terminated; functions of numbers do not.
    if (this.#ref !== null) this.#ref(this.#address);
    else this.#handle.ref();
  }

  /** Lets the event loop end. */
  unref(): void {
    // koffi does not look whether its handle is still there.
    if (this.#closed) return;
    if (this.#unref !== null) this.#unref(this.#address);
    else this.#handle.unref();
  }

  /** Ends the watch; nothing happens the second time. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle.close();
    if (this.#callback !== null) koffi().unregister(this.#callback);
    this.#callback = null;
  }

  #swap(descriptor: number, onReadable: () => void): void {
    const ffi = koffi();
    const library = ffi.load(null);
    const walkCallback = ffi.proto('void', ['intptr_t', 'intptr_t']);
    const pollCallback = ffi.proto('void', ['intptr_t', 'int', 'int']);
    const bind = (name: string, result: string, parameters: (string | ReturnType<typeof ffi.pointer>)[]): Callback =>
      library.func(name, result, parameters) as Callback;
    const getLoop = library.func('int napi_get_uv_event_loop(intptr_t, intptr_t)') as (
      env: unknown,
      out: number,
    ) => number;
    const walk = bind('uv_walk', 'void', ['intptr_t', ffi.pointer(walkCallback), 'intptr_t']) as unknown as (
      loop: number,
      callback: (handle: number) => void,
      argument: number,
    ) => void;
    const handleType = bind('uv_handle_get_type', 'int', ['intptr_t']);
    const fileNumber = bind('uv_fileno', 'int', ['intptr_t', 'intptr_t']);
    const start = library.func('int uv_poll_start(intptr_t, int, intptr_t)') as (
      handle: number,
      events: number,
      callback: bigint,
    ) => number;

    const out = pinMemory(8);
    if (getLoop(ffi.node.env, out.address) !== 0) throw new Error('ws2spi: no event loop');
    const loop = Number(out.view.getBigUint64(0, true));
    let found = 0;
    walk(
      loop,
      (handle) => {
        if (handleType(handle) !== UV_POLL_HANDLE) return;
        if (fileNumber(handle, out.address) === 0 && out.ints[0] === descriptor) found = handle;
      },
      0,
    );
    if (found === 0) throw new Error('ws2spi: poll handle not found');
    const callback = ffi.register(onReadable, ffi.pointer(pollCallback));
    if (start(found, UV_READABLE, callback) !== 0) {
      ffi.unregister(callback);
      throw new Error('ws2spi: poll handle refused the callback');
    }
    this.#callback = callback;
    this.#address = found;
    this.#ref = bind('uv_ref', 'void', ['intptr_t']);
    this.#unref = bind('uv_unref', 'void', ['intptr_t']);
  }
}

import { areBytes, isNull, isOptionalText } from '../../spi/arguments.js';
import type { Host } from '../../host/index.js';
import {
  AF_INET,
  AF_INET6,
  protoent,
  SOCKET_ERROR,
  WSA_E_CANCELLED,
  WSAEAFNOSUPPORT,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOBUFS,
  WSAEWOULDBLOCK,
  WSAMAKEASYNCREPLY,
  WSANO_DATA,
  type DeferredWork,
  type HANDLE,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { GetXByYQueries } from './get-x-by-y-queries.js';
import type { LookupStep } from './lookup-question.js';
import { Lookup, type LookupListener } from './lookup.js';
import { protocolByName, protocolByNumber } from './name-protocols.js';

/** Requests that may be under way; as many messages may wait. */
const MOST_REQUESTS = 10_000;
/** Handles of requests that are over which are still told from those that never were. */
const REQUESTS_REMEMBERED = 1024;
const LARGEST_LENGTH = 0xffff;
/** Places of requests that are under way: ten in each, when there are as many as there may be. */
const PLACES = 1024;

/** Where an answer goes to, and how the application is told. */
interface Recipient {
  readonly hWnd: HANDLE;
  readonly wMsg: number;
  readonly buf: Uint8Array;
  readonly buflen: number;
}

/** A request that is under way: a look-up, and the message that tells of its end. */
class AsyncRequest implements LookupListener, DeferredWork {
  queued = false;
  /** The next one in its place among those that are under way. */
  nextInPlace: AsyncRequest | null = null;

  constructor(
    readonly handle: HANDLE,
    readonly destination: Recipient,
    private readonly lookup: Lookup<Uint8Array>,
    private readonly requests: AsyncRequests,
  ) {}

  /** Begins; the message never comes before the call that asked has returned. */
  start(host: Host): void {
    if (this.lookup.start(this)) host.defer(this);
  }

  lookedUp(): void {
    this.run();
  }

  run(): void {
    if (!this.requests.finish(this)) return;
    const { value, error } = this.lookup.answer!;
    if (value === null) this.requests.tell(this, error, 0);
    else this.#put(value);
  }

  cancel(): void {
    this.lookup.cancel();
  }

  #put(bytes: Uint8Array): void {
    const { buf, buflen } = this.destination;
    if (bytes.length > buflen) this.requests.tell(this, WSAENOBUFS, bytes.length);
    // The application may have transferred it away.
    else if (buf.length < buflen) this.requests.tell(this, WSAEFAULT, 0);
    else {
      buf.set(bytes);
      this.requests.tell(this, 0, bytes.length);
    }
  }
}

/** The asynchronous requests of an instance. */
class AsyncRequests {
  // By their handles. In places of its own making: a Map whose entries come and go leaves tables that keep each other alive.
  readonly #underWay = new Array<AsyncRequest | null>(PLACES).fill(null);
  #count = 0;
  // A ring, in which the oldest is replaced; a request that is cancelled is none of them. It is looked through when somebody cancels.
  readonly #over = new Array<HANDLE>(REQUESTS_REMEMBERED).fill(0);
  #oldest = 0;

  constructor(private readonly host: Host) {}

  /** Begins a request; 0 when there are too many. */
  begin(destination: Recipient, lookup: Lookup<Uint8Array>): HANDLE {
    if (this.#count >= MOST_REQUESTS) return 0;
    const handle = this.host.allocateHandle();
    const request = new AsyncRequest(handle, destination, lookup, this);
    this.#add(request);
    this.host.ref();
    try {
      request.start(this.host);
    } catch (cause) {
      this.#take(handle);
      throw cause;
    }
    return handle;
  }

  /** Whether a request is still wanted; it is over from now on. */
  finish(request: AsyncRequest): boolean {
    const { handle } = request;
    if (!this.#take(handle)) return false;
    this.#over[this.#oldest] = handle;
    this.#oldest = (this.#oldest + 1) % REQUESTS_REMEMBERED;
    return true;
  }

  /** Posts the message of a request; a window that is gone gets none. */
  tell({ handle, destination }: AsyncRequest, error: number, length: number): void {
    const { hWnd, wMsg } = destination;
    this.#tellWatchers(handle, error, length);
    this.host.windows.postNotice(hWnd, wMsg, handle, WSAMAKEASYNCREPLY(Math.min(length, LARGEST_LENGTH), error));
  }

  /** Ends a request without a message; 0, WSAEALREADY or WSAEINVAL. */
  cancel(handle: HANDLE): number {
    const request = this.#take(handle);
    if (request === undefined) return handle !== 0 && this.#over.includes(handle) ? WSAEALREADY : WSAEINVAL;
    request.cancel();
    this.#tellWatchers(handle, WSA_E_CANCELLED, 0);
    // An earlier one may have had the handle.
    for (let at = this.#over.indexOf(handle); at >= 0; at = this.#over.indexOf(handle)) this.#over[at] = 0;
    return 0;
  }

  /** Ends all requests without messages. */
  cancelAll(): void {
    const handles: HANDLE[] = [];
    for (const first of this.#underWay) {
      for (let each = first; each !== null; each = each.nextInPlace) handles.push(each.handle);
    }
    for (const handle of handles) this.cancel(handle);
    this.#over.fill(0);
  }

  #tellWatchers(handle: HANDLE, error: number, length: number): void {
    const { observers } = this.host;
    if (observers.any) observers.over(handle, 0, error, length, 0);
  }

  #add(request: AsyncRequest): void {
    const place = placeOf(request.handle);
    request.nextInPlace = this.#underWay[place]!;
    this.#underWay[place] = request;
    this.#count++;
  }

  #take(handle: HANDLE): AsyncRequest | undefined {
    const place = placeOf(handle);
    let before: AsyncRequest | null = null;
    let request = this.#underWay[place] ?? null;
    for (; request !== null && request.handle !== handle; request = request.nextInPlace) before = request;
    if (request === null) return undefined;
    if (before === null) this.#underWay[place] = request.nextInPlace;
    else before.nextInPlace = request.nextInPlace;
    request.nextInPlace = null;
    this.#count--;
    this.host.releaseHandle(handle);
    this.host.unref();
    return request;
  }
}

// Handles are multiples of four. What is none may be anything.
function placeOf(handle: HANDLE): number {
  return typeof handle === 'number' ? (handle >>> 2) % PLACES : 0;
}

/** The asynchronous database functions. */
export type AsyncGetXByYFunctions = ReturnType<typeof createAsyncGetXByYFunctions>['functions'];

/**
 * Makes the database functions that tell by a window message (specification: WSAAsyncGetHostByName and its like).
 *
 * @returns the functions, and what ends all requests
 */
export function createAsyncGetXByYFunctions(dispatcher: Dispatcher, lookups: GetXByYQueries) {
  const requests = new AsyncRequests(dispatcher.host);

  // What is wrong with arguments is told by the message, but for what can get none.
  function begin(
    hWnd: unknown,
    wMsg: unknown,
    buf: unknown,
    buflen: unknown,
    ask: () => Lookup<Uint8Array> | number,
  ): HANDLE {
    if (!dispatcher.isStarted()) return 0;
    if (typeof wMsg !== 'number') return fail(WSAEFAULT);
    const given = areBytes(buf, buflen) ? ask() : WSAEFAULT;
    const lookup = typeof given === 'number' ? answered({ value: null, error: given }) : given;
    const room = areBytes(buf, buflen) ? { buf, buflen: buflen as number } : { buf: new Uint8Array(0), buflen: 0 };
    const handle = requests.begin({ hWnd: hWnd as HANDLE, wMsg, ...room }, lookup);
    if (handle === 0) return fail(WSAEWOULDBLOCK);
    dispatcher.setLastError(0);
    return handle;
  }

  function fail(error: number): HANDLE {
    dispatcher.setLastError(error);
    return 0;
  }

  function answered(answer: LookupStep<Uint8Array>): Lookup<Uint8Array> {
    return new Lookup(lookups.queries, answer);
  }

  function protocol(found: protoent | null): Lookup<Uint8Array> {
    return answered(found === null ? { value: null, error: WSANO_DATA } : { value: protoent.encode(found), error: 0 });
  }

  const functions = {
    /**
     * Finds a host by its name, as `gethostbyname` does, and tells by a message (specification: WSAAsyncGetHostByName).
     *
     * The message's `wParam` is the handle returned; `WSAGETASYNCERROR(lParam)` the error: 0, WSAENETDOWN, WSAENOBUFS
     * (and
     * `WSAGETASYNCBUFLEN(lParam)` is the size needed), WSAEFAULT (bad `name` or `buf`), WSAHOST_NOT_FOUND, WSATRY_AGAIN, WSANO_RECOVERY, WSANO_DATA. It
     * comes once, after this function has returned; a window that was destroyed gets none. A name-space provider of
     * version 1 that waits keeps this function waiting.
     *
     * @param hWnd the window that gets the message
     * @param wMsg the message
     * @param name the name; `null` or empty for the machine itself
     * @param buf filled with a `hostent` and all that it points to, as offsets from its start: `hostent.decode(buf)`
     *   reads it
     * @param buflen its size in bytes; MAXGETHOSTSTRUCT is recommended
     * @returns the request's handle; or 0 with WSANOTINITIALISED, WSAEINPROGRESS, WSAEFAULT (`wMsg` is not a number),
     *   WSAEWOULDBLOCK (10,000 requests are under way)
     */
    WSAAsyncGetHostByName(hWnd: HANDLE, wMsg: number, name: string | null, buf: Uint8Array, buflen: number): HANDLE {
      return begin(hWnd, wMsg, buf, buflen, () =>
        isNull(name) || typeof name === 'string' ? lookups.hostByName(name ?? '') : WSAEFAULT,
      );
    },

    /**
     * Finds a host by its address, as `gethostbyaddr` does, and tells by a message (specification:
     * WSAAsyncGetHostByAddr).
     *
     * @param hWnd as for `WSAAsyncGetHostByName`
     * @param wMsg as for `WSAAsyncGetHostByName`
     * @param addr the address in network order; copied
     * @param len its length in bytes: 4 for AF_INET, 16 for AF_INET6, or more
     * @param type AF_INET or AF_INET6; the message has WSAEAFNOSUPPORT for another one
     * @param buf as for `WSAAsyncGetHostByName`
     * @param buflen as for `WSAAsyncGetHostByName`
     * @returns as `WSAAsyncGetHostByName`
     */
    WSAAsyncGetHostByAddr(
      hWnd: HANDLE,
      wMsg: number,
      addr: Uint8Array,
      len: number,
      type: number,
      buf: Uint8Array,
      buflen: number,
    ): HANDLE {
      return begin(hWnd, wMsg, buf, buflen, () => {
        if (!areBytes(addr, len)) return WSAEFAULT;
        if (type !== AF_INET && type !== AF_INET6) return WSAEAFNOSUPPORT;
        const needed = type === AF_INET ? 4 : 16;
        return len < needed ? WSAEFAULT : lookups.hostByAddress(addr.slice(0, needed), type);
      });
    },

    /**
     * Finds a service by its name, as `getservbyname` does, and tells by a message (specification:
     * WSAAsyncGetServByName).
     *
     * @param hWnd as for `WSAAsyncGetHostByName`
     * @param wMsg as for `WSAAsyncGetHostByName`
     * @param name the name or an alias, in any case
     * @param proto the protocol's name; `null` for the first entry of that name
     * @param buf filled with a `servent`; `servent.decode(buf)` reads it
     * @param buflen as for `WSAAsyncGetHostByName`
     * @returns as `WSAAsyncGetHostByName`
     */
    WSAAsyncGetServByName(
      hWnd: HANDLE,
      wMsg: number,
      name: string,
      proto: string | null,
      buf: Uint8Array,
      buflen: number,
    ): HANDLE {
      return begin(hWnd, wMsg, buf, buflen, () =>
        typeof name === 'string' && isOptionalText(proto) ? lookups.service(name, proto ?? null) : WSAEFAULT,
      );
    },

    /**
     * Finds a service by its port, as `getservbyport` does, and tells by a message (specification:
     * WSAAsyncGetServByPort).
     *
     * @param hWnd as for `WSAAsyncGetHostByName`
     * @param wMsg as for `WSAAsyncGetHostByName`
     * @param port the port in network order; only its low 16 bits count
     * @param proto the protocol's name; `null` for the first entry of that port
     * @param buf filled with a `servent`; `servent.decode(buf)` reads it
     * @param buflen as for `WSAAsyncGetHostByName`
     * @returns as `WSAAsyncGetHostByName`
     */
    WSAAsyncGetServByPort(
      hWnd: HANDLE,
      wMsg: number,
      port: number,
      proto: string | null,
      buf: Uint8Array,
      buflen: number,
    ): HANDLE {
      return begin(hWnd, wMsg, buf, buflen, () =>
        typeof port === 'number' && isOptionalText(proto) ? lookups.serviceAt(port, proto ?? null) : WSAEFAULT,
      );
    },

    /**
     * Finds a protocol by its name, as `getprotobyname` does, and tells by a message (specification:
     * WSAAsyncGetProtoByName).
     *
     * @param hWnd as for `WSAAsyncGetHostByName`
     * @param wMsg as for `WSAAsyncGetHostByName`
     * @param name the name, in any case
     * @param buf filled with a `protoent`; `protoent.decode(buf)` reads it
     * @param buflen as for `WSAAsyncGetHostByName`
     * @returns as `WSAAsyncGetHostByName`
     */
    WSAAsyncGetProtoByName(hWnd: HANDLE, wMsg: number, name: string, buf: Uint8Array, buflen: number): HANDLE {
      return begin(hWnd, wMsg, buf, buflen, () =>
        typeof name === 'string' ? protocol(protocolByName(name)) : WSAEFAULT,
      );
    },

    /**
     * Finds a protocol by its number, as `getprotobynumber` does, and tells by a message (specification:
     * WSAAsyncGetProtoByNumber).
     *
     * @param hWnd as for `WSAAsyncGetHostByName`
     * @param wMsg as for `WSAAsyncGetHostByName`
     * @param number the number, in host order
     * @param buf filled with a `protoent`; `protoent.decode(buf)` reads it
     * @param buflen as for `WSAAsyncGetHostByName`
     * @returns as `WSAAsyncGetHostByName`
     */
    WSAAsyncGetProtoByNumber(hWnd: HANDLE, wMsg: number, number: number, buf: Uint8Array, buflen: number): HANDLE {
      return begin(hWnd, wMsg, buf, buflen, () => protocol(protocolByNumber(number)));
    },

    /**
     * Ends a request whose message was not posted yet; none is posted then (specification: WSACancelAsyncRequest).
     *
     * @param hAsyncTaskHandle from a function such as `WSAAsyncGetHostByName`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEINPROGRESS, WSAEINVAL (no request of that handle, or one
     *   cancelled before), WSAEALREADY (its message was posted)
     */
    WSACancelAsyncRequest(hAsyncTaskHandle: HANDLE): number {
      if (!dispatcher.isStarted()) return SOCKET_ERROR;
      const error = requests.cancel(hAsyncTaskHandle);
      if (error !== 0) return dispatcher.fail(error);
      dispatcher.setLastError(0);
      return 0;
    },
  };

  return { functions, cancelAll: () => requests.cancelAll() };
}

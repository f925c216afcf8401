import { BASE_PROTOCOL, type SOCKET, type WSAPROTOCOL_INFOW } from '../../spi/index.js';
import { TransferFrame } from './call-frame.js';
import type { TransportProvider } from './transport-provider.js';

/** What the dispatcher knows of a socket. */
export interface SocketRecord {
  readonly handle: SOCKET;
  /** The provider that owns the handle, and gets its calls. */
  provider: TransportProvider;
  /** The entry that the socket was opened on: a chain's, or a base provider's. */
  chainEntry: WSAPROTOCOL_INFOW;
  /**
   * GUID, in upper case, of the provider that had the handle made by `WPUCreateSocketHandle`; it alone may ask for the
   * context. `null` for a handle that a provider registered by `WPUModifyIFSHandle`.
   */
  readonly creator: string | null;
  /** What that provider attached to it. */
  readonly context: unknown;
  /** What it transfers data with; set at its first transfer. */
  frame: TransferFrame | null;
  /** WSAAsyncSelect has its network events posted to a window, or those of the listener that it was accepted on. */
  postsMessages: boolean;
  /** WSAConnectByName or WSAConnectByList connected it, and SO_UPDATE_CONNECT_CONTEXT has not been set since. */
  lacksContext?: boolean;
}

/** How far beyond its end the dense array is filled up for a handle. */
const LARGEST_GAP = 4096;

/**
 * The sockets of an instance, by handle. Handles are multiples of 4, so the table is a dense array. A provider may
 * propose any number for a handle of its own: those far away from the others are in a map.
 */
export class SocketRecords {
  #records: (SocketRecord | undefined)[] = [];
  readonly #far = new Map<number, SocketRecord>();

  /** The record of a handle, or `undefined`; anything may be asked. */
  get(s: unknown): SocketRecord | undefined {
    if (typeof s !== 'number') return undefined;
    const record = this.#records[s >>> 2];
    if (record !== undefined && record.handle === s) return record;
    return this.#far.size === 0 ? undefined : this.#far.get(s);
  }

  /** Enters a record; one of the same handle is dropped. */
  set(record: SocketRecord): void {
    const place = record.handle >>> 2;
    if (place >= this.#records.length + LARGEST_GAP) {
      this.#far.set(record.handle, record);
      return;
    }
    this.#far.delete(record.handle);
    // Filled up, for an array with holes is slower to read.
    while (this.#records.length < place) this.#records.push(undefined);
    this.#records[place] = record;
  }

  /** Drops a record, unless another one has its handle by now. */
  remove(record: SocketRecord): void {
    if (this.get(record.handle) !== record) return;
    if (!this.#far.delete(record.handle)) this.#records[record.handle >>> 2] = undefined;
  }

  /** Empties the table and returns what was in it. */
  clear(): SocketRecord[] {
    const records = [...this.#records.filter((record) => record !== undefined), ...this.#far.values()];
    this.#records = [];
    this.#far.clear();
    return records;
  }
}

/**
 * The frame of a socket's first transfer. Those of one base provider share theirs: it could do with their data what it wants
 * in any case. A socket of a chain has its own, for its layers must not get at other sockets.
 */
export function firstFrame(record: SocketRecord): TransferFrame {
  const { provider, chainEntry } = record;
  const shared = chainEntry.ProtocolChain.ChainLen === BASE_PROTOCOL;
  record.frame = shared ? (provider.frame ??= new TransferFrame(provider.builtIn)) : new TransferFrame(false);
  return record.frame;
}

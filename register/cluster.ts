// Workers of node:cluster listen themselves, each on its chain, and share their ports; the primary process accepts for nobody. It
// chooses ports for those that ask for any.
import cluster, { type Worker } from 'node:cluster';
import type { BoundHandle, ChainedHandles } from '../node/handle/index.js';
import { UV_EADDRINUSE } from '../node/handle/index.js';

/** What a worker asks for, as `net` and `dgram` ask. */
interface Query {
  readonly address: string | null;
  readonly port: number | null;
  readonly addressType: number | string;
  readonly fd?: number | null;
  readonly flags?: number | null;
}

/** A server, or a socket of datagrams. */
interface Owner {
  once(event: 'listening', told: () => void): void;
  address(): { port?: number } | string | null;
  /** What the servers of all workers have in common: servers of TLS the keys of their session tickets. */
  _getServerData?(): unknown;
  _setServerData?(data: unknown): void;
}

type GetServer = (
  this: unknown,
  owner: Owner,
  query: Query,
  done: (error: number, handle: BoundHandle | { close(): void }) => void,
) => void;

/**
 * What the two processes say to one another. They are messages of node:cluster's, for there are programs that look at those; with keys
 * that it does not know, it leaves them to this module, but for `listening`, which it tells.
 */
interface Message {
  readonly cmd: typeof COMMAND;
  readonly act: 'choose' | 'chosen' | 'close' | 'listening';
  readonly key: string;
  readonly query?: Query;
  readonly error?: number;
  readonly port?: number;
  /** What the first server of the key has in common with the others. */
  readonly data?: unknown;
  readonly address?: string | null;
  readonly addressType?: number | string;
}

const COMMAND = 'NODE_CLUSTER';
const KEY_PREFIX = 'ws2spi ';
/** Stands for the port of a pipe. */
const PIPE = -1;

/** Sees to the servers of a cluster in this process, be it the primary or a worker. */
export function shareListeners(handles: ChainedHandles): void {
  if (cluster.isWorker) new ClusterWorker(handles).install();
  else cluster.on('fork', (worker) => new PortsOfCluster(handles).serve(worker));
}

function isMessage(message: unknown): message is Message {
  const { cmd, key } = (message ?? {}) as Partial<Message>;
  return cmd === COMMAND && typeof key === 'string' && key.startsWith(KEY_PREFIX);
}

/** The listeners of a worker. */
class ClusterWorker {
  readonly #open = new Map<string, BoundHandle>();
  readonly #names = new Set<string>();
  readonly #asked = new Map<string, (answer: Pick<Message, 'error' | 'port' | 'data'>) => void>();

  constructor(private readonly handles: ChainedHandles) {}

  install(): void {
    const own = cluster as unknown as { _getServer?: GetServer };
    const getServer = own._getServer;
    if (typeof getServer !== 'function') {
      throw new Error(
        `this Node.js (${process.version}) asks for no servers of a cluster: its sockets cannot be put on a chain`,
      );
    }
    const listen: GetServer = (owner, query, done) => this.#listen(owner, query, done);
    own._getServer = function (owner, query, done) {
      const other = query.port === PIPE || (typeof query.fd === 'number' && query.fd >= 0);
      // Pipes are nothing of a chain's.
      (other ? getServer : listen).call(this, owner, query, done);
    };
    process.on('internalMessage' as never, (message: unknown) => {
      if (!isMessage(message) || message.act !== 'chosen') return;
      this.#asked.get(message.key)?.(message);
      this.#asked.delete(message.key);
    });
    process.once('disconnect', () => {
      for (const handle of [...this.#open.values()]) handle.close();
    });
  }

  #listen(owner: Owner, given: Query, done: Parameters<GetServer>[2]): void {
    const { address, addressType, flags } = given;
    const query = { ...given, port: given.port ?? 0 };
    const key = `${KEY_PREFIX}${address}:${query.port}:${addressType}${query.port === 0 ? `:${this.#nextAny(query)}` : ''}`;
    const bind = ({ error = 0, port = 0, data }: Pick<Message, 'error' | 'port' | 'data'>): void => {
      if (data !== undefined) owner._setServerData?.(data);
      // Other workers may have the port as well, but not another listener of this one.
      const name = `${address}:${port}:${addressType}`;
      const taken = error === 0 && this.#names.has(name) ? UV_EADDRINUSE : error;
      const handle = taken === 0 ? this.handles.bound(address, port, addressType, flags ?? 0) : taken;
      if (typeof handle === 'number') return done(handle, { close: () => undefined });
      this.#keep(key, name, handle);
      owner.once('listening', () => {
        const own = owner.address();
        const told = typeof own === 'object' && own?.port !== undefined ? own.port : port;
        this.#say({ cmd: COMMAND, act: 'listening', key, port: told, address, addressType });
      });
      done(0, handle);
    };
    const data = owner._getServerData?.();
    if (query.port !== 0 && data === undefined) return void process.nextTick(bind, { port: query.port });
    this.#asked.set(key, bind);
    this.#say({ cmd: COMMAND, act: 'choose', key, query, data });
  }

  /** Listeners on any port share one with the same one of other workers: the first with the first, the second with the second. */
  #nextAny({ address, addressType }: Query): number {
    const prefix = `${KEY_PREFIX}${address}:0:${addressType}:`;
    let next = 0;
    while (this.#open.has(`${prefix}${next}`) || this.#asked.has(`${prefix}${next}`)) next++;
    return next;
  }

  #keep(key: string, name: string, handle: BoundHandle): void {
    this.#open.set(key, handle);
    this.#names.add(name);
    const { close } = handle;
    handle.close = (callback) => {
      this.#names.delete(name);
      if (this.#open.delete(key)) this.#say({ cmd: COMMAND, act: 'close', key });
      close.call(handle, callback);
    };
  }

  #say(message: Message): void {
    if (process.connected) process.send!(message, undefined, undefined, () => undefined);
  }
}

interface Port {
  /** Holds a port that was chosen here; `null` where the workers name it. */
  readonly handle: BoundHandle | null;
  readonly port: number;
  readonly workers: Set<Worker>;
  readonly data: unknown;
}

const ports = new Map<string, Port>();

/** The ports that workers were given which asked for any, and what servers on the same port have in common. */
class PortsOfCluster {
  constructor(private readonly handles: ChainedHandles) {}

  serve(worker: Worker): void {
    worker.process.on('internalMessage' as never, (message: unknown) => {
      if (!isMessage(message)) return;
      const { act, key } = message;
      if (act === 'choose') this.#choose(worker, message);
      else if (act === 'close') release(worker, key);
    });
    worker.process.once('exit', () => {
      for (const key of [...ports.keys()]) release(worker, key);
    });
  }

  #choose(worker: Worker, { key, query, data }: Message): void {
    const known = ports.get(key) ?? this.#hold(query!, data);
    const message: Message =
      typeof known === 'number'
        ? { cmd: COMMAND, act: 'chosen', key, error: known }
        : { cmd: COMMAND, act: 'chosen', key, port: known.port, data: known.data };
    if (typeof known !== 'number') ports.set(key, known).get(key)!.workers.add(worker);
    if (worker.isConnected()) worker.process.send!(message, undefined, undefined, () => undefined);
  }

  /** Has a port for workers; a negative libuv error when there is none. */
  #hold({ address, port, addressType, flags }: Query, data: unknown): Port | number {
    if (port) return { handle: null, port, workers: new Set(), data };
    // It holds the port, and never listens.
    const handle = this.handles.bound(address, 0, addressType, flags ?? 0);
    if (typeof handle === 'number') return handle;
    handle.unref();
    const name = { port: 0 };
    const error = handle.getsockname(name);
    return error !== 0 ? error : { handle, port: name.port, workers: new Set(), data };
  }
}

function release(worker: Worker, key: string): void {
  const known = ports.get(key);
  if (known === undefined || !known.workers.delete(worker) || known.workers.size > 0) return;
  ports.delete(key);
  known.handle?.close();
}

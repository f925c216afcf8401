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

type GetServer = (
  this: unknown,
  owner: { once(event: 'listening', told: () => void): void; address(): { port?: number } | string | null },
  query: Query,
  done: (error: number, handle: BoundHandle | { close(): void }) => void,
) => void;

/** What the two processes say to one another; Node.js' prefix keeps it from the program. */
interface Message {
  readonly cmd: typeof COMMAND;
  readonly act: 'choose' | 'chosen' | 'closed' | 'listening';
  readonly key: string;
  readonly query?: Query;
  readonly error?: number;
  readonly port?: number;
}

const COMMAND = 'NODE_WS2SPI';

/** Sees to the servers of a cluster in this process, be it the primary or a worker. */
export function shareListeners(handles: ChainedHandles): void {
  if (cluster.isWorker) new ClusterWorker(handles).install();
  else cluster.on('fork', (worker) => new PortsOfCluster(handles).serve(worker));
}

function isMessage(message: unknown): message is Message {
  return (message as Message | null)?.cmd === COMMAND;
}

/** The listeners of a worker. */
class ClusterWorker {
  readonly #open = new Map<string, BoundHandle>();
  readonly #names = new Set<string>();
  readonly #asked = new Map<string, (error: number, port: number) => void>();

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
      const other = typeof query.port !== 'number' || query.port < 0 || (typeof query.fd === 'number' && query.fd >= 0);
      // Pipes are nothing of a chain's.
      (other ? getServer : listen).call(this, owner, query, done);
    };
    process.on('internalMessage' as never, (message: unknown) => {
      if (!isMessage(message) || message.act !== 'chosen') return;
      this.#asked.get(message.key)?.(message.error ?? 0, message.port ?? 0);
      this.#asked.delete(message.key);
    });
    process.once('disconnect', () => {
      for (const handle of [...this.#open.values()]) handle.close();
    });
  }

  #listen(owner: Parameters<GetServer>[0], query: Query, done: Parameters<GetServer>[2]): void {
    const { address, addressType, flags } = query;
    const key = `${address}:${query.port}:${addressType}${query.port === 0 ? `:${this.#nextAny(query)}` : ''}`;
    const bind = (error: number, port: number): void => {
      // Other workers may have the port as well, but not another listener of this one.
      const name = `${address}:${port}:${addressType}`;
      const taken = error === 0 && this.#names.has(name) ? UV_EADDRINUSE : error;
      const handle = taken === 0 ? this.handles.bound(address, port, addressType, flags ?? 0) : taken;
      if (typeof handle === 'number') return done(handle, { close: () => undefined });
      this.#keep(key, name, handle);
      owner.once('listening', () => {
        const own = owner.address();
        const told = typeof own === 'object' && own?.port !== undefined ? own.port : port;
        this.#say({ cmd: COMMAND, act: 'listening', key, query, port: told });
      });
      done(0, handle);
    };
    if (query.port !== 0) return void process.nextTick(bind, 0, query.port!);
    this.#asked.set(key, bind);
    this.#say({ cmd: COMMAND, act: 'choose', key, query });
  }

  /** Listeners on any port share one with the same one of other workers: the first with the first, the second with the second. */
  #nextAny({ address, addressType }: Query): number {
    const prefix = `${address}:0:${addressType}:`;
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
      if (this.#open.delete(key)) this.#say({ cmd: COMMAND, act: 'closed', key });
      close.call(handle, callback);
    };
  }

  #say(message: Message): void {
    if (process.connected) process.send!(message, undefined, undefined, () => undefined);
  }
}

interface Port {
  readonly handle: BoundHandle;
  readonly port: number;
  readonly workers: Set<Worker>;
}

const ports = new Map<string, Port>();

/** The ports that workers were given which asked for any. */
class PortsOfCluster {
  constructor(private readonly handles: ChainedHandles) {}

  serve(worker: Worker): void {
    worker.process.on('internalMessage' as never, (message: unknown) => {
      if (!isMessage(message)) return;
      const { act, key, query } = message;
      if (act === 'choose') this.#choose(worker, key, query!);
      else if (act === 'closed') release(worker, key);
      else if (act === 'listening') tellListening(worker, message);
    });
    worker.process.once('exit', () => {
      for (const key of [...ports.keys()]) release(worker, key);
    });
  }

  #choose(worker: Worker, key: string, { address, addressType, flags }: Query): void {
    const answer = (error: number, port = 0): void => {
      const message: Message = { cmd: COMMAND, act: 'chosen', key, error, port };
      if (worker.isConnected()) worker.process.send!(message, undefined, undefined, () => undefined);
    };
    let known = ports.get(key);
    if (known === undefined) {
      // It holds the port, and never listens.
      const handle = this.handles.bound(address, 0, addressType, flags ?? 0);
      if (typeof handle === 'number') return answer(handle);
      handle.unref();
      const name = { port: 0 };
      const error = handle.getsockname(name);
      if (error !== 0) return answer(error);
      known = { handle, port: name.port, workers: new Set() };
      ports.set(key, known);
    }
    known.workers.add(worker);
    answer(0, known.port);
  }
}

function release(worker: Worker, key: string): void {
  const known = ports.get(key);
  if (known === undefined || !known.workers.delete(worker) || known.workers.size > 0) return;
  ports.delete(key);
  known.handle.close();
}

function tellListening(worker: Worker, { query, port }: Message): void {
  const { address, addressType } = query!;
  const told = { addressType, address, port: port!, fd: undefined };
  (worker as unknown as { state: string }).state = 'listening';
  worker.emit('listening', told as never);
  cluster.emit('listening', worker, told as never);
}

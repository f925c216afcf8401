import net, { isIP } from 'node:net';
import { OwnHandles, type StreamHandle } from './handle/index.js';
import {
  checkConnectOptions,
  checkSocketOptions,
  normalizeArguments,
  type ChainConnectOptions,
  type ChainSocketOptions,
} from './socket-options.js';
import { LookUp } from './look-up.js';
import { SocketChain } from './socket-chain.js';
import { refuseTransfers } from './transfer-refusal.js';
import { limitAttempts, limitSilence, onVirtualClock, type SilenceLimit } from './virtual-limits.js';

/** The chain of a socket. */
export const CHAIN = Symbol('ws2spi chain');
const LOOK_UP = Symbol('ws2spi look-up');
const SILENCE = Symbol('ws2spi limit of silence');

/** Which connection an accepted socket begins with, and on which chain it is. */
const ACCEPTED = Symbol('ws2spi accepted');

/** Where `net` gives a socket another handle. */
const reinitialize = Object.getOwnPropertySymbols(net.Socket.prototype).find(
  ({ description }) => description === 'kReinitializeHandle',
);

/** What a socket is made from that was accepted. */
interface AcceptedOptions extends ChainSocketOptions {
  [ACCEPTED]?: SocketChain;
}

/** Whether there is nothing to be looked up; what is no string, `net` refuses. */
function isAddress(host: unknown): boolean {
  return typeof host === 'string' && isIP(host) !== 0;
}

type Destroyed = (error?: Error | null) => void;

const ofNet = net.Socket.prototype as unknown as Record<PropertyKey, unknown> & {
  _destroy(error: Error | null, callback: Destroyed): void;
  _reset(): unknown;
};

/** A `net.Socket` whose connection goes over a protocol chain. */
export class ChainSocket extends net.Socket {
  // Sockets that are accepted become of this class when they are there already: no field of it may need its constructor.
  declare [CHAIN]: SocketChain;
  declare [LOOK_UP]?: LookUp | null;
  declare [SILENCE]?: SilenceLimit;
  /** What `net` has between itself and the connection. @internal */
  declare _handle: object | null;

  /**
   * @param options the chain, and what `net.Socket` takes; `connect` makes the connection
   * @throws TypeError with Node.js' code, ERR_INVALID_ARG_TYPE or ERR_INVALID_ARG_VALUE, for what a chain has no use
   *   for
   */
  constructor(options: ChainSocketOptions = {}) {
    const accepted = (options as AcceptedOptions)[ACCEPTED];
    if (accepted === undefined) checkSocketOptions(options);
    super(options as net.SocketConstructorOpts);
    this[CHAIN] = accepted ?? new SocketChain(options, 'ChainSocket');
  }

  /** Makes a connection; `connectListener` is told of it once. */
  override connect(options: ChainConnectOptions, connectListener?: () => void): this;
  override connect(port: number | string, host: string, connectListener?: () => void): this;
  override connect(port: number | string, connectListener?: () => void): this;
  override connect(...args: unknown[]): this {
    const normalized = normalizeArguments(args);
    const options = normalized[0] as ChainConnectOptions;
    checkConnectOptions(options);
    const over = this[CHAIN].with(options);
    const { instance } = over;
    this[CHAIN] = over;
    const virtual = onVirtualClock(instance);
    // An address is nothing to be looked up.
    if (virtual || options.lookup || !isAddress(options.host)) {
      const lookUp = new LookUp(over, options);
      normalized[0] = lookUp.options;
      if (virtual) limitAttempts(this, instance, lookUp);
      this[LOOK_UP] = lookUp;
    } else if (this[LOOK_UP] !== undefined) this[LOOK_UP] = null;
    this.#takeHandle();
    return super.connect(normalized as never);
  }

  /** Takes a handle of the class from the beginning, where there is a way: one that changes its class is a slow one to V8. */
  #takeHandle(): void {
    if (reinitialize === undefined || (this._handle && !this.destroyed)) return;
    this._handle = null;
    // `net` forgets it of a socket that is destroyed, which this one is not any more.
    const own = this as unknown as { _peername?: object | null };
    if (own._peername) own._peername = null;
    (ofNet[reinitialize] as (this: ChainSocket, handle: object) => void).call(
      this,
      OwnHandles.ofThread.make(this[CHAIN]),
    );
  }

  /** The socket's number in the instance; `undefined` when it is not open. */
  get handle(): number | undefined {
    return this._stream?.handle?.s;
  }

  /** @internal */
  get _stream(): StreamHandle | undefined {
    return OwnHandles.ofThread.streamOf(this._handle);
  }

  /** Has `timeout` emitted after so many milliseconds of the instance's clock without traffic; 0 ends it. */
  override setTimeout(milliseconds: number, callback?: () => void): this {
    super.setTimeout(milliseconds, callback);
    const { ws2 } = this[CHAIN];
    if (onVirtualClock(ws2) && !this.destroyed) this[SILENCE] = limitSilence(this, ws2, milliseconds, this[SILENCE]);
    return this;
  }

  override destroy(error?: Error): this {
    // A signal that has fired already destroys the socket while `net` is making it.
    const over = this[CHAIN] as SocketChain | undefined;
    return super.destroy(error && over ? (over.explain(error) as Error) : error);
  }

  /** Destroys the socket so that the peer sees a reset. */
  override resetAndDestroy(): this {
    // `net` knows TCP handles alone; TLS has put another one into the place of this socket's.
    if (this._stream === undefined || this._handle instanceof OwnHandles.ofThread.TCP) return super.resetAndDestroy();
    if (this.connecting) this.once('connect', () => ofNet._reset.call(this));
    else ofNet._reset.call(this);
    return this;
  }

  override _destroy(error: Error | null, callback: Destroyed): void {
    this[LOOK_UP]?.giveUp();
    this[SILENCE]?.end();
    ofNet._destroy.call(this, error, callback);
  }
}

/** Makes the socket of a connection that was accepted over a chain. @param options which this may change */
export function acceptedSocket(
  over: SocketChain,
  options: AcceptedOptions & { handle: object; pauseOnCreate?: boolean | undefined },
): ChainSocket {
  options[ACCEPTED] = over;
  return new ChainSocket(options);
}

/** Makes a `net.Socket` that was accepted over a chain a ChainSocket. */
export function becomeChainSocket(socket: net.Socket, over: SocketChain): void {
  Object.setPrototypeOf(socket, ChainSocket.prototype);
  (socket as ChainSocket)[CHAIN] = over;
}

refuseTransfers(ChainSocket.prototype);

// Every handle that `net` gives to a socket goes through here; one of the system's goes no further.
const ofHandles = Object.getOwnPropertyDescriptor(net.Socket.prototype, '_handle');
Object.defineProperty(ChainSocket.prototype, '_handle', {
  get: ofHandles?.get,
  set(this: ChainSocket, handle: object | null | undefined) {
    if (handle) OwnHandles.ofThread.put(handle, this[CHAIN]);
    ofHandles?.set?.call(this, handle);
  },
  configurable: true,
});

// The next of several addresses is connected to by the same handle, which TLS may have wrapped already.
if (reinitialize !== undefined) {
  Object.defineProperty(ChainSocket.prototype, reinitialize, {
    value(this: ChainSocket, fresh: { close(): void }) {
      const stream = this._stream;
      if (stream === undefined || stream.isClosed) {
        (ofNet[reinitialize] as (this: ChainSocket, handle: object) => void).call(this, fresh);
        return;
      }
      stream.giveUp();
      fresh.close();
    },
    configurable: true,
  });
}

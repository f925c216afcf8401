import cluster from 'node:cluster';
import dgram from 'node:dgram';
import { OwnHandles } from './handle/index.js';
import { lookup, type ChainOptions } from './instance/index.js';
import { SocketChain } from './socket-chain.js';
import { AROUND_THE_CHAIN, notOnAChain } from './socket-options.js';

/** What a datagram socket is made from: what `dgram.createSocket` takes, and the chain. */
export interface ChainDatagramOptions extends dgram.SocketOptions, ChainOptions {}

type MessageListener = (message: Buffer, from: dgram.RemoteInfo) => void;

const Made = dgram.Socket as unknown as new (options: dgram.SocketOptions, listener?: MessageListener) => dgram.Socket;
const ofNode = dgram.Socket.prototype as unknown as { bind(...args: unknown[]): unknown };

/** A `dgram.Socket` whose datagrams go over a protocol chain. */
export class ChainDatagramSocket extends Made {
  readonly #over: SocketChain;

  /**
   * @param options the chain, and what `dgram.createSocket` takes
   * @param listener told of every message
   * @throws TypeError with Node.js' code for options of a wrong type; a ChainError when the instance was not started
   */
  constructor(options: ChainDatagramOptions, listener?: MessageListener) {
    const { ws2, chain, ...ofSocket } = options;
    const over = new SocketChain(options, 'ChainDatagramSocket');
    const { instance } = over;
    const byInstance = (name: string, family: number, found: never): void =>
      lookup(name, { family, ws2: instance, chain }, found);
    super({ lookup: byInstance as never, ...ofSocket }, listener);
    this.#over = over;
    const place = Object.getOwnPropertySymbols(this).find(({ description }) => description === 'state symbol');
    const handle = (this as unknown as Record<symbol, { handle?: object } | undefined>)[place!]?.handle;
    if (handle === undefined) throw new Error(`this Node.js (${process.version}) has no handle under dgram.Socket`);
    OwnHandles.ofThread.putDatagrams(handle, over);
  }

  override bind(port?: number, address?: string, callback?: () => void): this;
  override bind(port?: number, callback?: () => void): this;
  override bind(callback?: () => void): this;
  override bind(options: dgram.BindOptions, callback?: () => void): this;
  override bind(...args: unknown[]): this {
    const [first, second] = args;
    const given = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : null;
    if (given !== null && typeof given['fd'] === 'number') throw notOnAChain('fd', AROUND_THE_CHAIN.fd);
    if (given !== null && 'recvStart' in given) throw notOnAChain('handle', AROUND_THE_CHAIN.handle);
    if (!cluster.isWorker) return ofNode.bind.apply(this, args) as this;
    // Processes of a cluster share none: each has its own.
    const where = given ?? {
      ...(typeof first !== 'function' && { port: first }),
      ...(typeof second === 'string' && { address: second }),
    };
    const listener = args.find((each) => typeof each === 'function');
    return ofNode.bind.call(this, { ...where, exclusive: true }, listener) as this;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'error') args[0] = this.#over.explain(args[0]);
    return (super.emit as (event: string | symbol, ...args: unknown[]) => boolean)(event, ...args);
  }
}

/** Makes a datagram socket, as `dgram.createSocket` does. */
export function createSocket(
  options: ChainDatagramOptions | dgram.SocketType,
  listener?: MessageListener,
): ChainDatagramSocket {
  return new ChainDatagramSocket(typeof options === 'string' ? { type: options } : options, listener);
}

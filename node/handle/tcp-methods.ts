// The methods and properties that `net` uses of TCP handles, led to a chain.
import { AF_INET, AF_INET6 } from '../../index.js';
import type { AddressInfo } from '../transfers/index.js';
import { STREAM, type ChainedHandle } from './chained-handle.js';
import type { ChainedTcp } from './chained-tcp.js';
import { closeHandle } from './handle-life.js';
import { leadMethods, leadProperties, type LedMethod, type Originals } from './lead-methods.js';
import type { HandleRequest } from './node-internals.js';
import type { StreamHandle } from './stream-handle.js';
import { UV_EINVAL } from './uv-errors.js';

/** What a method of handles does where the handle is on a chain. */
export type OnChain = LedMethod<ChainedHandle, StreamHandle, ChainedTcp>;

/** Methods that make a handle one of the chain's, or of the system's. HTTP/2 asks for the last before it connects. */
const OPENING: ReadonlySet<string> = new Set(['bind', 'bind6', 'connect', 'connect6', 'isStreamBase']);

function writing(write: (stream: StreamHandle, request: HandleRequest, ...args: never[]) => number | null): OnChain {
  return (stream, chained, _handle, given: HandleRequest | null, ...args: never[]) => {
    const request = given ?? { writeStatus: null };
    return chained.wrote(stream, given, request, write(stream, request, ...args));
  };
}

const writingText = (encoding: BufferEncoding): OnChain =>
  writing((stream, request, text: string) => stream.writer.string(request, text, encoding));

function close(stream: StreamHandle, chained: ChainedTcp, handle: ChainedHandle, callback: unknown, abortive: boolean) {
  chained.forgetHost(handle);
  closeHandle(stream, (closed) => chained.closeNative(handle, closed), abortive, handle, callback);
}

/** What is called of handles, on a chain. */
export const METHODS: Readonly<Record<string, OnChain>> = {
  bind: (stream, _chained, _handle, address: string, port?: number, flags?: number) =>
    stream.bind(address, port ?? 0, flags ?? 0, AF_INET),
  bind6: (stream, _chained, _handle, address: string, port?: number, flags?: number) =>
    stream.bind(address, port ?? 0, flags ?? 0, AF_INET6),
  listen: (stream, _chained, _handle, backlog: number) => stream.listen(backlog),
  connect: (stream, chained, handle, request: HandleRequest, address: string, port: number) => {
    chained.connects(handle);
    return stream.connect(request, address, port, AF_INET, chained.hostOf(handle));
  },
  connect6: (stream, chained, handle, request: HandleRequest, address: string, port: number) => {
    chained.connects(handle);
    return stream.connect(request, address, port, AF_INET6, chained.hostOf(handle));
  },
  open: () => UV_EINVAL,
  readStart: (stream) => stream.readStart(),
  readStop: (stream) => stream.readStop(),
  shutdown: (stream, _chained, _handle, request: HandleRequest) => stream.shutdown(request),
  writeBuffer: writing((stream, request, bytes: Buffer) => stream.writer.buffer(request, bytes)),
  writeUtf8String: writingText('utf8'),
  writeLatin1String: writingText('latin1'),
  writeAsciiString: writingText('latin1'),
  writeUcs2String: writingText('utf16le'),
  writev: writing((stream, request, chunks: unknown[], allBuffers: boolean) =>
    stream.writer.vector(request, chunks, allBuffers),
  ),
  useUserBuffer: (stream, _chained, _handle, buffer: Uint8Array) => stream.reader.useBuffer(buffer),
  getsockname: (stream, _chained, _handle, out: AddressInfo) => stream.name('getsockname', out),
  getpeername: (stream, _chained, _handle, out: AddressInfo) => stream.name('getpeername', out),
  setNoDelay: (stream, _chained, _handle, enable: boolean) => stream.setNoDelay(Boolean(enable)),
  setKeepAlive: (stream, _chained, _handle, enable: boolean, delay: number, interval?: number, count?: number) =>
    stream.setKeepAlive(Boolean(enable), delay, interval, count),
  setTypeOfService: (stream, _chained, _handle, value: number) => stream.setTypeOfService(value),
  getTypeOfService: (stream) => stream.typeOfService,
  setBlocking: () => 0,
  hasPendingRead: () => false,
  ref: (stream) => stream.ref(),
  unref: (stream) => stream.unref(),
  hasRef: (stream) => stream.hasRef(),
  asyncReset: (stream, chained, handle, resource: unknown) => {
    chained.native('asyncReset', handle, resource);
    stream.renewScope();
  },
  close: (stream, chained, handle, callback: unknown) => {
    if (callback === undefined && stream.giveUp()) return;
    close(stream, chained, handle, callback, false);
  },
  reset: (stream, chained, handle, callback: unknown) => {
    close(stream, chained, handle, callback, true);
    return 0;
  },
};

const PROPERTIES: Readonly<
  Record<string, (stream: StreamHandle, chained: ChainedTcp, handle: ChainedHandle) => unknown>
> = {
  fd: (stream, chained, handle) => chained.standIn(stream, handle),
  bytesRead: (stream) => stream.reader.bytes,
  bytesWritten: (stream) => stream.writer.bytes,
  writeQueueSize: (stream) => stream.writer.queued,
  isStreamBase: (_stream, chained, handle) => chained.mayConsume(handle),
};

/** Leads the methods of all TCP handles of a class to the chain, now and later. */
export function leadTcp(chained: ChainedTcp): void {
  const { prototype } = chained;
  chained.isLed(leadMethods<ChainedHandle, StreamHandle, ChainedTcp>(chained, prototype, METHODS, OPENING));
  leadProperties<ChainedHandle, StreamHandle, ChainedTcp>(chained, prototype, PROPERTIES, OPENING);
  // What these do not serve goes the way of the others.
  const led = Object.fromEntries(Object.keys(METHODS).map((name) => [name, Reflect.get(prototype, name)])) as Originals;
  for (const [name, value] of Object.entries(frequentMethods(chained, led))) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
  keepNativeCodeFromForeign(chained, prototype);
}

/** HTTP/2 would read from a handle that it may not have: it takes the socket's own methods then, which refuse. */
function keepNativeCodeFromForeign(chained: ChainedTcp, prototype: object): void {
  const { get } = Object.getOwnPropertyDescriptor(prototype, 'isStreamBase')!;
  Object.defineProperty(prototype, 'isStreamBase', {
    get(this: object): unknown {
      return chained.refusalOf(this) === null && get!.call(this);
    },
    configurable: true,
    enumerable: true,
  });
}

type Written = (this: ChainedHandle, given: HandleRequest | null, what: never, allBuffers: boolean) => unknown;

/** The methods of every exchange, the same as in the table, each written by itself, so that V8 can see through it. */
function frequentMethods(chained: ChainedTcp, led: Originals): Readonly<Record<string, Written>> {
  const own = led as unknown as Readonly<Record<string, Written>>;
  const { writeBuffer, writeUtf8String, writeLatin1String, writev } = own;
  const newRequest = (): HandleRequest => ({ writeStatus: null });
  return {
    writeBuffer(given, bytes: Buffer, ...rest) {
      const stream = this[STREAM];
      if (stream === undefined) return writeBuffer!.call(this, given, bytes as never, ...rest);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.buffer(request, bytes));
    },
    writeUtf8String(given, text: string, ...rest) {
      const stream = this[STREAM];
      if (stream === undefined) return writeUtf8String!.call(this, given, text as never, ...rest);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.string(request, text, 'utf8'));
    },
    writeLatin1String(given, text: string, ...rest) {
      const stream = this[STREAM];
      if (stream === undefined) return writeLatin1String!.call(this, given, text as never, ...rest);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.string(request, text, 'latin1'));
    },
    writev(given, chunks: unknown[], allBuffers) {
      const stream = this[STREAM];
      if (stream === undefined) return writev!.call(this, given, chunks as never, allBuffers);
      const request = given ?? newRequest();
      return chained.wrote(stream, given, request, stream.writer.vector(request, chunks, allBuffers));
    },
  };
}

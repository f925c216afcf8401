// What of Node.js is used that it does not document, found without importing anything internal.
import dgram from 'node:dgram';
import net from 'node:net';
import { Duplex } from 'node:stream';

/** A request of Node.js': what it is told of when the operation is over. */
export interface HandleRequest {
  oncomplete?: (status: number, handle: unknown, ...rest: unknown[]) => void;
  /** Node.js 26: where the outcome of a write goes that nobody has asked to be told of yet. */
  writeStatus?: number | null;
}

/** What `net` gives a handle, and calls of it. */
export interface NodeTcpHandle {
  readonly fd: number;
  onread?: (bytes: ArrayBufferLike | undefined) => Uint8Array | undefined | void;
  onconnection?: (status: number, client: NodeTcpHandle | undefined) => void;
  reading?: boolean;
  close(callback?: () => void): void;
}

/** The class of TCP handles. */
export interface TcpClass {
  new (type: number): NodeTcpHandle;
  readonly prototype: NodeTcpHandle;
}

/** What `dgram` gives a handle. */
export interface NodeUdpHandle {
  onmessage?: (count: number, handle: unknown, bytes: Buffer | undefined, from: object | undefined) => void;
}

/** The class of UDP handles. */
export interface UdpClass {
  new (): NodeUdpHandle;
  readonly prototype: NodeUdpHandle;
}

/** The state that handles and JavaScript share: what a read or write has come to. */
export interface StreamState {
  readonly state: Int32Array;
  readonly readBytesOrError: number;
  readonly arrayBufferOffset: number;
  readonly bytesWritten: number;
  readonly lastWriteWasAsync: number;
  /** From Node.js 24 on. */
  readonly lastWriteError: number | undefined;
}

/** A stream of JavaScript's that native code reads from and writes to. */
export interface NodeJsStream {
  /** Native code that does nothing. */
  getAsyncId(): number;
  readBuffer(bytes: Buffer): void;
  emitEOF(): void;
  finishWrite(request: object, status: number): void;
  finishShutdown(request: object, status: number): void;
  onread?: (bytes: ArrayBufferLike | undefined) => void;
  reading?: boolean;
}

/** The class of those streams. */
export type JsStreamClass = new () => NodeJsStream;

/** What handles over chains need of Node.js. */
export interface NodeInternals {
  readonly TCP: TcpClass;
  readonly UDP: UdpClass;
  readonly JSStream: JsStreamClass;
  /** Where a handle says whose it is. */
  readonly owner: symbol;
  /** `null` where Node.js shows it to nobody, as under `--permission`: all streams are those of JavaScript's then. */
  readonly stream: StreamState | null;
}

/** The methods that `net` calls of its handles; without one of them a socket could go around its chain. */
export const TCP_METHODS = [
  'bind',
  'bind6',
  'listen',
  'connect',
  'connect6',
  'open',
  'readStart',
  'readStop',
  'shutdown',
  'writeBuffer',
  'writeUtf8String',
  'writeLatin1String',
  'writeAsciiString',
  'writeUcs2String',
  'writev',
  'useUserBuffer',
  'getsockname',
  'getpeername',
  'setNoDelay',
  'setKeepAlive',
  'setBlocking',
  'ref',
  'unref',
  'hasRef',
  'close',
  'reset',
] as const;

const TCP_PROPERTIES = ['fd', 'isStreamBase', 'bytesRead', 'bytesWritten', 'writeQueueSize'];

const UDP_METHODS = [
  'bind',
  'bind6',
  'connect',
  'connect6',
  'disconnect',
  'send',
  'send6',
  'recvStart',
  'recvStop',
  'open',
  'getsockname',
  'getpeername',
  'ref',
  'unref',
  'hasRef',
  'close',
];

let found: NodeInternals | null = null;

/** Finds what is needed of this Node.js. @throws Error that names what is missing */
export function findInternals(): NodeInternals {
  return (found ??= lookForInternals());
}

function lookForInternals(): NodeInternals {
  const missing = (what: string): never => {
    throw new Error(`this Node.js (${process.version}) has no ${what}: its sockets cannot be put on a chain`);
  };
  const TCP = tcpClass() ?? missing('handle under net.Socket');
  for (const method of TCP_METHODS) {
    if (typeof (TCP.prototype as unknown as Record<string, unknown>)[method] !== 'function') {
      missing(`method "${method}" of TCP handles`);
    }
  }
  const UDP = udpClass() ?? missing('handle under dgram.Socket');
  for (const property of TCP_PROPERTIES) {
    if (!(property in TCP.prototype)) missing(`property "${property}" of TCP handles`);
  }
  for (const method of UDP_METHODS) {
    if (typeof (UDP.prototype as unknown as Record<string, unknown>)[method] !== 'function') {
      missing(`method "${method}" of UDP handles`);
    }
  }
  if (!('fd' in UDP.prototype)) missing('property "fd" of UDP handles');
  const { _tickCallback: tickCallback } = process as unknown as { _tickCallback?: unknown };
  if (typeof tickCallback !== 'function') missing('ticks between callbacks');
  return {
    TCP,
    UDP,
    JSStream: jsStreamClass() ?? missing('stream for native code'),
    owner: ownerSymbol() ?? missing('owner of handles'),
    stream: streamState(),
  };
}

/** The class of TCP handles, of the binding, or else of the handle that a socket makes when it begins to connect; it gets no further than to look a name up. */
function tcpClass(): TcpClass | null {
  const found = binding('tcp_wrap')?.['TCP'];
  if (typeof found === 'function') return found as TcpClass;
  const socket = new net.Socket();
  socket.on('error', () => undefined);
  socket.connect({ port: 1, host: 'nowhere.invalid', lookup: () => undefined });
  const handle = (socket as unknown as { _handle?: NodeTcpHandle | null })._handle;
  socket.destroy();
  return handle ? (handle.constructor as unknown as TcpClass) : null;
}

/** The class of the handle that a datagram socket makes at once, without opening it. */
function udpClass(): UdpClass | null {
  const socket = dgram.createSocket('udp4') as unknown as Record<symbol, { handle?: object } | undefined> & {
    close(): void;
  };
  const place = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  const handle = place === undefined ? undefined : socket[place]?.handle;
  socket.close();
  return handle === undefined ? null : (handle.constructor as unknown as UdpClass);
}

function ownerSymbol(): symbol | null {
  // Whatever number it has: V8 would keep those of all sockets as objects if the first one were no small integer.
  const handle = { readStart: () => 0, readStop: () => 0, close: () => undefined, getAsyncId: () => 1 };
  const socket = new net.Socket({ handle, manualStart: true } as net.SocketConstructorOpts);
  const symbols = Object.getOwnPropertySymbols(handle);
  socket.destroy();
  return symbols.find(({ description }) => description === 'owner_symbol') ?? null;
}

/** A part of Node.js that is written in C++; none where Node.js refuses to say. */
function binding(name: string): Record<string, unknown> | undefined {
  try {
    return (process as unknown as { binding?: (name: string) => Record<string, unknown> }).binding?.(name);
  } catch {
    return undefined;
  }
}

/** The class of streams of JavaScript's, of the binding, or else of the stream that TLS makes of one that is no socket. */
function jsStreamClass(): JsStreamClass | null {
  const found = binding('js_stream')?.['JSStream'];
  if (typeof found === 'function') return found as JsStreamClass;
  // Programs see what the first load of it does: it is loaded when there is no other way.
  const { TLSSocket } = process.getBuiltinModule('node:tls');
  const socket = new TLSSocket(new Duplex() as net.Socket) as unknown as {
    _handle?: { _parent?: object } | null;
    destroy(): void;
  };
  const stream = socket._handle?._parent;
  socket.destroy();
  if (stream === undefined) return null;
  const methods = stream as Record<string, unknown>;
  const works = ['readBuffer', 'emitEOF', 'finishWrite', 'finishShutdown'].every(
    (name) => typeof methods[name] === 'function',
  );
  return works ? (stream.constructor as JsStreamClass) : null;
}

function streamState(): StreamState | null {
  const found = binding('stream_wrap');
  if (found === undefined) return null;
  const state = found['streamBaseState'];
  const places = ['kReadBytesOrError', 'kArrayBufferOffset', 'kBytesWritten', 'kLastWriteWasAsync'].map(
    (name) => found[name],
  );
  if (!(state instanceof Int32Array) || !places.every((place) => typeof place === 'number')) return null;
  const [readBytesOrError, arrayBufferOffset, bytesWritten, lastWriteWasAsync] = places as number[];
  const lastWriteError = found['kLastWriteErr'];
  return {
    state,
    readBytesOrError: readBytesOrError!,
    arrayBufferOffset: arrayBufferOffset!,
    bytesWritten: bytesWritten!,
    lastWriteWasAsync: lastWriteWasAsync!,
    lastWriteError: typeof lastWriteError === 'number' ? lastWriteError : undefined,
  };
}

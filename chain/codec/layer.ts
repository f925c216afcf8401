import { answerFault } from '../../spi/answers.js';
import { withoutGuard } from '../../spi/wrap-table.js';
import {
  INVALID_SOCKET,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  WSAESOCKTNOSUPPORT,
  WSASYSCALLFAILURE,
  WSPPROC_NAMES,
  type InstanceHost,
  type Ref,
  type WSPPROC_TABLE,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import { createTransportProvider, type CoreFactory, type SocketCore } from '../../io/index.js';
import { createFilterAsker, type CodecConnection, type Filters } from '../filters/index.js';
import { isHandle, lowerInfo, reportBelow, type LayerContext } from '../layer/index.js';
import { identity, type CodecFactory } from './codec.js';
import { CodecCore } from './core.js';
import type { CodecLayer } from './ending.js';
import type { DatagramCodecFactory } from './datagram-codec.js';
import { openDatagramCodecCore } from './datagram-core.js';
import type { DatagramScratches } from './datagram-over-socket.js';
import type { DatagramLayer } from './datagram-session.js';
import { DatagramScratch } from './lower-datagrams.js';
import { CodecScratch } from './scratch.js';

/** Milliseconds for which a handshake may last, and a filter may take to answer, when the layer does not say. */
const HANDSHAKE_TIMEOUT = 10_000;
const FILTER_TIMEOUT = 30_000;
/** Milliseconds for which a codec may hold the end back when the layer does not say. */
const END_TIMEOUT = 10_000;

/** What a layer with a codec is. */
export interface CodecLayerOptions {
  /** The layer's name, for reports; that of its entry if absent. */
  readonly name?: string;
  /** Makes the codec of each connection; if absent, the bytes of connections pass as they are. */
  readonly codec?: CodecFactory | undefined;
  /** Makes the codec of each datagram socket; if absent, there are none on the layer. */
  readonly datagrams?: DatagramCodecFactory | undefined;
  /** Whether urgent data passes the codec by; true if absent. */
  readonly urgent?: boolean | undefined;
  /** Whether the system below puts small sends together; true if absent. */
  readonly nagle?: boolean | undefined;
  /** Milliseconds for which a handshake may last; 10,000 if absent. */
  readonly handshakeTimeout?: number | undefined;
  /** Milliseconds for which the end of what is sent waits for a codec that encodes nothing; 10,000 if absent. */
  readonly endTimeout?: number | undefined;
  /** The filters of the layer, above its codec. */
  readonly filters?: Filters;
  /** Milliseconds after which a filter that answers later is given up; 30,000 if absent. */
  readonly filterTimeout?: number | undefined;
  /** Whether it connects by a host's name, on sockets of an address family (AF_INET, AF_INET6); no if absent. */
  readonly takesNames?: boolean | ((family: number) => boolean) | undefined;
  /** Says, when the connection below could not be made, why, for people: told by the instance's `defect` event. */
  readonly unreachable?: ((error: number, connection: CodecConnection) => string) | undefined;
  /** Told of each connect that failed before there was a connection for the codec. */
  readonly connectFailed?: ((error: number, connection: CodecConnection) => void) | undefined;
  /** Told of each socket that listens from now on. */
  readonly listening?: ((connection: CodecConnection) => void) | undefined;
}

/** The codec layers behind procedure tables, and the tables as they were made. */
const layersOfTables = new WeakMap<WSPPROC_TABLE[keyof WSPPROC_TABLE], { layer: CodecLayer; table: WSPPROC_TABLE }>();

/**
 * Makes the thirty functions of a layer whose data a codec transforms. Its sockets have handles of the layer's own; below
 * each lies one socket of the provider below. Codec layers directly upon each other, with nothing changed in between, share
 * the socket of the outermost: their codecs are a run, over one socket of the provider below them all.
 *
 * @param context what the layer was given when it started
 * @param options what the layer is
 */
export function createCodecProvider(context: LayerContext, options: CodecLayerOptions): WSPPROC_TABLE {
  const { layer, createCore, abortAll } = codecCores(context, options);
  const table = createTransportProvider({
    upcalls: context.upcalls,
    entry: context.entry,
    factory: { createCore },
    ownHandles: true,
    cleanup() {
      abortAll();
      context.lower.lpWSPCleanup({ value: 0 });
    },
  });
  layersOfTables.set(table.lpWSPSocket, { layer, table });
  return table;
}

/** The sockets of a layer with a codec, for a layer that has others beside them. */
export interface CodecCores {
  /** Makes the core of a socket, over one of the provider below, or returns a WinSock code. */
  readonly createCore: CoreFactory['createCore'];
  /** Breaks off what goes on after its socket was closed: the layer ends. */
  abortAll(): void;
}

/**
 * Makes the sockets of a layer whose data a codec transforms, for a layer that makes its own functions over them and others.
 *
 * @param context what the layer was given when it started
 * @param options what the layer is
 */
export function createCodecCores(context: LayerContext, options: CodecLayerOptions): CodecCores {
  return codecCores(context, options);
}

function codecCores(context: LayerContext, options: CodecLayerOptions): CodecCores & { readonly layer: CodecLayer } {
  const { entry, host } = context;
  const { takesNames = false } = options;
  const name = options.name ?? entry.szProtocol;
  const layer: CodecLayer = {
    name,
    context,
    createCodec: options.codec ?? identity,
    handshakeTimeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
    endTimeout: options.endTimeout ?? END_TIMEOUT,
    filters: options.filters ?? {},
    ask: createFilterAsker(name, host, context.chain),
    filterTimeout: options.filterTimeout ?? FILTER_TIMEOUT,
    takesNames: typeof takesNames === 'function' ? takesNames : () => takesNames,
    unreachable: options.unreachable,
    connectFailed: options.connectFailed,
    listening: options.listening,
    spellingChecked: false,
    toldOfHandshake: false,
    scratch: new CodecScratch(),
    passesUrgent: options.urgent ?? true,
    nagle: options.nagle ?? true,
    leaving: new Set(),
  };
  const datagrams = options.datagrams === undefined ? null : datagramsOf(layer, options.datagrams);

  function createCore(
    ...[af, type, protocol, lpProtocolInfo, g, dwFlags]: Parameters<CoreFactory['createCore']>
  ): SocketCore | number {
    if (type === SOCK_DGRAM && datagrams !== null) {
      const handle = openBelow(context, af, type, protocol, lpProtocolInfo, g, dwFlags);
      return handle < 0 ? -handle : openDatagramCodecCore(datagrams.layer, datagrams.scratches, af, dwFlags, handle);
    }
    if (type !== SOCK_STREAM) return refuseType(type, host, name);
    const run = runFrom(layer);
    const handle = openBelow(run[run.length - 1]!.context, af, type, protocol, lpProtocolInfo, g, dwFlags);
    if (handle < 0) return -handle;
    const core = new CodecCore(layer, run, handle);
    if (core.unwatched !== 0) core.abort();
    return core.unwatched || core;
  }

  const abortAll = (): void => {
    for (const core of [...layer.leaving, ...(datagrams?.layer.leaving ?? [])]) core.abort();
  };
  return { layer, createCore, abortAll };
}

/** What the datagram sockets of a layer share, besides what its connections do. */
function datagramsOf(
  {
    name,
    context,
    createCodec,
    handshakeTimeout,
    endTimeout,
    filters,
    ask,
    filterTimeout,
    takesNames,
    scratch,
  }: CodecLayer,
  createDatagramCodec: DatagramCodecFactory,
): { readonly layer: DatagramLayer; readonly scratches: DatagramScratches } {
  const common = { name, context, createCodec, handshakeTimeout, endTimeout, filters, ask, filterTimeout, takesNames };
  return {
    layer: { ...common, createDatagramCodec, spellingChecked: false, toldOfHandshake: false, leaving: new Set() },
    scratches: { codec: scratch, datagrams: new DatagramScratch() },
  };
}

/** Why a codec has no socket of a type; messages over a connection have ends that a codec of bytes would lose. */
function refuseType(type: number, host: InstanceHost, layer: string): number {
  if (type === SOCK_SEQPACKET) {
    const cure = 'stack it over the pseudo stream of the protocol (SOCK_STREAM) instead';
    host.report({ message: `layer "${layer}" has a codec of bytes, and cannot carry messages: ${cure}` });
  }
  return WSAESOCKTNOSUPPORT;
}

/** Opens a socket of the provider below. Returns its handle, or a negated code. */
function openBelow(
  context: LayerContext,
  ...[af, type, protocol, lpProtocolInfo, g, dwFlags]: Parameters<CoreFactory['createCore']>
): CountOrNegatedCode {
  const { host, lower } = context;
  const lpErrno: Ref<number> = { value: 0 };
  const info = lowerInfo(context.lowerProtocolInfo, lpProtocolInfo);
  let handle: unknown;
  try {
    handle = lower.lpWSPSocket(af, type, protocol, info, g, dwFlags, lpErrno);
  } catch (cause) {
    reportBelow(host, lower, 'lpWSPSocket', 'threw', 0, cause);
    return -WSASYSCALLFAILURE;
  }
  if (isHandle(handle)) return handle;
  const fault = answerFault(handle, INVALID_SOCKET, lpErrno.value);
  if (fault === null) return -lpErrno.value;
  reportBelow(host, lower, 'lpWSPSocket', fault, 0);
  return -WSASYSCALLFAILURE;
}

/** All that is called for a socket: the dispatcher has its own hand in the other one. */
const TRANSFER_SLOTS = WSPPROC_NAMES.filter((slot) => slot !== 'lpWSPCleanup');

/** The layers whose codecs lie directly upon each other, from one on; a hook in between ends the run. */
function runFrom(layer: CodecLayer): readonly CodecLayer[] {
  const run = [layer];
  for (let next = codecLayerBehind(layer.context.lower); next !== null;) {
    run.push(next);
    next = codecLayerBehind(next.context.lower);
  }
  return run;
}

/** The codec layer that a procedure table is of, if nothing was put before any of its functions. */
function codecLayerBehind(table: WSPPROC_TABLE): CodecLayer | null {
  const found = layersOfTables.get(withoutGuard(table.lpWSPSocket));
  if (found === undefined) return null;
  return TRANSFER_SLOTS.every((slot) => withoutGuard(table[slot]) === found.table[slot]) ? found.layer : null;
}

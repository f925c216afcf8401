import { answerFault } from '../../spi/answers.js';
import { withoutGuard } from '../../spi/wrap-table.js';
import {
  INVALID_SOCKET,
  SOCK_STREAM,
  WSAESOCKTNOSUPPORT,
  WSASYSCALLFAILURE,
  WSPPROC_NAMES,
  type Ref,
  type WSPPROC_TABLE,
} from '../../spi/index.js';
import { createTransportProvider, type CoreFactory, type SocketCore } from '../../io/index.js';
import { createFilterAsker } from '../ask-filter.js';
import type { Filters } from '../filters.js';
import { reportBelow } from '../lower-answers.js';
import { lowerInfo, type LayerContext } from '../pass-through.js';
import type { CodecFactory } from './codec.js';
import { CodecCore, type CodecLayer } from './core.js';
import { isHandle } from './lower-socket.js';
import { CodecScratch } from './scratch.js';

/** Milliseconds for which a handshake may last, and a filter may take to answer, when the layer does not say. */
const HANDSHAKE_TIMEOUT = 10_000;
const FILTER_TIMEOUT = 30_000;

/** What a layer with a codec is. */
export interface CodecLayerOptions {
  /** The layer's name, for reports; that of its entry if absent. */
  readonly name?: string;
  /** Makes the codec of each connection. */
  readonly codec: CodecFactory;
  /** Milliseconds for which a handshake may last; 10,000 if absent. */
  readonly handshakeTimeout?: number | undefined;
  /** The filters of the layer, above its codec. */
  readonly filters?: Filters;
  /** Milliseconds after which a filter that answers later is given up; 30,000 if absent. */
  readonly filterTimeout?: number | undefined;
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
  const { lower, entry, host } = context;
  const layer: CodecLayer = {
    context,
    createCodec: options.codec,
    handshakeTimeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
    filters: options.filters ?? {},
    ask: createFilterAsker(options.name ?? entry.szProtocol, host, context.chain),
    filterTimeout: options.filterTimeout ?? FILTER_TIMEOUT,
    spellingChecked: false,
    scratch: new CodecScratch(),
    leaving: new Set(),
  };
  function createCore(
    ...[af, type, protocol, lpProtocolInfo, g, dwFlags]: Parameters<CoreFactory['createCore']>
  ): SocketCore | number {
    if (type !== SOCK_STREAM) return WSAESOCKTNOSUPPORT;
    const run = runFrom(layer);
    const { context: base } = run[run.length - 1]!;
    const lpErrno: Ref<number> = { value: 0 };
    const info = lowerInfo(base.lowerProtocolInfo, lpProtocolInfo);
    let handle: unknown;
    try {
      handle = base.lower.lpWSPSocket(af, type, protocol, info, g, dwFlags, lpErrno);
    } catch (cause) {
      reportBelow(host, base.lower, 'lpWSPSocket', 'threw', 0, cause);
      return WSASYSCALLFAILURE;
    }
    if (!isHandle(handle)) {
      const fault = answerFault(handle, INVALID_SOCKET, lpErrno.value);
      if (fault === null) return lpErrno.value;
      reportBelow(host, base.lower, 'lpWSPSocket', fault, 0);
      return WSASYSCALLFAILURE;
    }
    const core = new CodecCore(layer, run, handle);
    if (core.unwatched !== 0) core.abort();
    return core.unwatched || core;
  }

  const table = createTransportProvider({
    upcalls: context.upcalls,
    entry,
    factory: { createCore },
    ownHandles: true,
    cleanup() {
      for (const core of [...layer.leaving]) core.abort();
      lower.lpWSPCleanup({ value: 0 });
    },
  });
  layersOfTables.set(table.lpWSPSocket, { layer, table });
  return table;
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

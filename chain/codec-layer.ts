import { answerFault } from '../spi/answers.js';
import {
  INVALID_SOCKET,
  SOCK_STREAM,
  WSAESOCKTNOSUPPORT,
  WSASYSCALLFAILURE,
  type Ref,
  type WSPPROC_TABLE,
} from '../spi/index.js';
import { createTransportProvider, type CoreFactory } from '../io/index.js';
import { CodecCore, type CodecLayer } from './codec-core.js';
import type { CodecFactory } from './codec.js';
import { reportBelow } from './lower-answers.js';
import { CodecScratch, isHandle } from './lower-socket.js';
import { lowerInfo, type LayerContext } from './pass-through.js';

/** Milliseconds for which a handshake may last when the layer does not say. */
const HANDSHAKE_TIMEOUT = 10_000;

/**
 * Makes the thirty functions of a layer whose data a codec transforms. Its sockets have handles of the layer's own; below
 * each lies one socket of the provider below.
 *
 * @param context what the layer was given when it started
 * @param createCodec makes the codec of each connection
 * @param handshakeTimeout milliseconds for which a handshake may last
 */
export function createCodecProvider(
  context: LayerContext,
  createCodec: CodecFactory,
  handshakeTimeout = HANDSHAKE_TIMEOUT,
): WSPPROC_TABLE {
  const layer: CodecLayer = {
    context,
    createCodec,
    handshakeTimeout,
    spellingChecked: false,
    scratch: new CodecScratch(),
    leaving: new Set(),
  };
  const { lower, lowerProtocolInfo } = context;
  const factory: CoreFactory = {
    createCore(af, type, protocol, lpProtocolInfo, g, dwFlags) {
      if (type !== SOCK_STREAM) return WSAESOCKTNOSUPPORT;
      const lpErrno: Ref<number> = { value: 0 };
      const info = lowerInfo(lowerProtocolInfo, lpProtocolInfo);
      let handle: unknown;
      try {
        handle = lower.lpWSPSocket(af, type, protocol, info, g, dwFlags, lpErrno);
      } catch (cause) {
        reportBelow(context.host, lower, 'lpWSPSocket', 'threw', 0, cause);
        return WSASYSCALLFAILURE;
      }
      if (!isHandle(handle)) {
        const fault = answerFault(handle, INVALID_SOCKET, lpErrno.value);
        if (fault === null) return lpErrno.value;
        reportBelow(context.host, lower, 'lpWSPSocket', fault, 0);
        return WSASYSCALLFAILURE;
      }
      const core = new CodecCore(layer, handle);
      if (core.unwatched !== 0) core.abort();
      return core.unwatched || core;
    },
  };
  return createTransportProvider({
    upcalls: context.upcalls,
    entry: context.entry,
    factory,
    ownHandles: true,
    cleanup() {
      for (const core of [...layer.leaving]) core.abort();
      lower.lpWSPCleanup({ value: 0 });
    },
  });
}

import { INVALID_SOCKET, SOCK_STREAM, WSAESOCKTNOSUPPORT, type Ref, type WSPPROC_TABLE } from '../spi/index.js';
import { createTransportProvider, type CoreFactory } from '../io/index.js';
import { CodecCore, type CodecLayer } from './codec-core.js';
import type { CodecFactory } from './codec.js';
import { CodecScratch } from './lower-socket.js';
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
      const handle = lower.lpWSPSocket(af, type, protocol, info, g, dwFlags, lpErrno);
      return handle === INVALID_SOCKET ? lpErrno.value : new CodecCore(layer, handle);
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

import {
  LOBYTE,
  MAKEWORD,
  WSAEFAULT,
  WSAEPROVIDERFAILEDINIT,
  WSAVERNOTSUPPORTED,
  type LPWSPSTARTUP,
  type WSPPROC_TABLE,
} from '../../spi/index.js';
import { startNextProvider } from './next-provider.js';
import { fillPassThroughTable, type LayerContext, type PassThroughProvider } from './pass-through.js';

const VERSION = MAKEWORD(2, 2);

/**
 * Thrown by what makes a layer, when it cannot start for a reason that its user can do something about: a file that cannot be read, an
 * address that is missing. The `defect` event has the message as it is, and no socket is opened (WSAEPROVIDERFAILEDINIT).
 */
export class LayerCannotStart extends Error {
  override readonly name = 'LayerCannotStart';

  /**
   * @param layer the layer's name, which the message begins with
   * @param reason an Error, whose message is told
   */
  constructor(
    readonly layer: string,
    reason: unknown,
  ) {
    super(`${layer}: ${(reason as Error).message}`, { cause: reason });
  }

  /** Does something that a layer needs in order to start; what it throws is a reason why it cannot. */
  static unless<T>(layer: string, work: () => T): T {
    try {
      return work();
    } catch (reason) {
      throw new LayerCannotStart(layer, reason);
    }
  }
}

/**
 * Makes a `WSPStartup` that negotiates the version, finds the layer's place in the chain, starts the provider below, and
 * lets `fill` put the layer's functions into the table. Nothing is kept at module level: every start is a layer of its own.
 *
 * @param description what the layer says of itself in WSPDATA
 * @param fill fills the procedure table; a `LayerCannotStart` that it throws is told to the user as it is
 */
export function createLayerStartup(
  description: string,
  fill: (context: LayerContext, table: WSPPROC_TABLE) => void,
): LPWSPSTARTUP {
  return (wVersionRequested, lpWSPData, lpProtocolInfo, UpcallTable, lpProcTable) => {
    if (!lpWSPData || !lpProtocolInfo || !UpcallTable || !lpProcTable) return WSAEFAULT;
    if (LOBYTE(wVersionRequested) < 2) return WSAVERNOTSUPPORTED;
    const host = UpcallTable.host;
    const next = startNextProvider(host, lpProtocolInfo);
    if (next.error !== 0) return next.error;
    const context: LayerContext = {
      lower: next.provider!.procedures!,
      upcalls: UpcallTable,
      host,
      entry: host.entry!,
      chain: lpProtocolInfo,
      lowerProtocolInfo: next.protocolInfo!,
    };
    try {
      fill(context, lpProcTable);
    } catch (cause) {
      context.lower.lpWSPCleanup({ value: 0 });
      if (!(cause instanceof LayerCannotStart)) throw cause;
      host.report({ message: cause.message, cause: cause.cause, provider: cause.layer });
      return WSAEPROVIDERFAILEDINIT;
    }
    lpWSPData.wVersion = VERSION;
    lpWSPData.wHighVersion = VERSION;
    lpWSPData.szDescription = description;
    return 0;
  };
}

/**
 * Makes the `WSPStartup` of a layer that is a class.
 *
 * @param description what the layer says of itself in WSPDATA
 * @param create makes the layer
 */
export function createWSPStartup(
  description: string,
  create: (context: LayerContext) => PassThroughProvider,
): LPWSPSTARTUP {
  return createLayerStartup(description, (context, table) => {
    fillPassThroughTable(create(context), context.lower, table);
  });
}

import {
  INVALID_SOCKET,
  WSPPROC_NAMES,
  type InstanceHost,
  type WSAPROTOCOL_INFOW,
  type WSPPROC_TABLE,
  type WSPUPCALLTABLE,
} from '../../spi/index.js';
import { methodFunction, type AnyFunction } from '../../spi/method-functions.js';

/** The arguments of a function of the interface. */
type Args<Name extends string> = `lp${Name}` extends keyof WSPPROC_TABLE
  ? Parameters<WSPPROC_TABLE[`lp${Name}`]>
  : never;

/** What a layer is given when it starts. */
export interface LayerContext {
  /** The functions of the provider below. */
  readonly lower: WSPPROC_TABLE;
  /** WinSock's upcalls, for this layer. */
  readonly upcalls: WSPUPCALLTABLE;
  /** The instance's host, for this layer. */
  readonly host: InstanceHost;
  /** The entry that the layer was started as: the chain's when it is outermost, else the layer's own. */
  readonly entry: WSAPROTOCOL_INFOW;
  /** The chain. */
  readonly chain: WSAPROTOCOL_INFOW;
  /** What the provider below is told in `WSPSocket`. */
  readonly lowerProtocolInfo: WSAPROTOCOL_INFOW;
}

/**
 * The pass-through provider that layers extend. Override any of the thirty `WSP*` methods, and call `this.lower` or
 * `super` to go on. A method that is not overridden has no frame in a call: the layer's procedure table holds the lower
 * provider's own function.
 *
 * Sockets keep the lower provider's handles; the layer only becomes their owner, so that calls come to it.
 */
export class PassThroughProvider {
  protected readonly lower: WSPPROC_TABLE;
  protected readonly upcalls: WSPUPCALLTABLE;
  protected readonly host: InstanceHost;
  protected readonly entry: WSAPROTOCOL_INFOW;
  protected readonly lowerProtocolInfo: WSAPROTOCOL_INFOW;

  constructor(context: LayerContext) {
    this.lower = context.lower;
    this.upcalls = context.upcalls;
    this.host = context.host;
    this.entry = context.entry;
    this.lowerProtocolInfo = context.lowerProtocolInfo;
  }

  /** Makes this layer the owner of a handle of the provider below. */
  protected adopt(s: number, lpErrno: { value: number }): number {
    if (s === INVALID_SOCKET) return s;
    return this.upcalls.lpWPUModifyIFSHandle(this.entry.dwCatalogEntryId, s, lpErrno);
  }

  /** Creates the lower provider's socket and becomes its owner. */
  WSPSocket(...[af, type, protocol, lpProtocolInfo, g, dwFlags, lpErrno]: Args<'WSPSocket'>): number {
    const info = lowerInfo(this.lowerProtocolInfo, lpProtocolInfo);
    return this.adopt(this.lower.lpWSPSocket(af, type, protocol, info, g, dwFlags, lpErrno), lpErrno);
  }

  /** Accepts on the lower provider's socket and becomes the new socket's owner. */
  WSPAccept(...args: Args<'WSPAccept'>): number {
    return this.adopt(this.lower.lpWSPAccept(...args), args[5]);
  }

  /** Joins a leaf through the lower provider and becomes the owner of the socket that comes of it. */
  WSPJoinLeaf(...args: Args<'WSPJoinLeaf'>): number {
    const leaf = this.lower.lpWSPJoinLeaf(...args);
    return leaf === args[0] ? leaf : this.adopt(leaf, args[8]);
  }

  /** Ends the layer, and drops its reference to the provider below. */
  WSPCleanup(...args: Args<'WSPCleanup'>): number {
    return this.lower.lpWSPCleanup(...args);
  }

  /** The layer's `WSPAddressToString`; unless overridden, the lower provider's own. */
  WSPAddressToString(...args: Args<'WSPAddressToString'>): number {
    return this.lower.lpWSPAddressToString(...args);
  }

  /** The layer's `WSPAsyncSelect`; unless overridden, the lower provider's own. */
  WSPAsyncSelect(...args: Args<'WSPAsyncSelect'>): number {
    return this.lower.lpWSPAsyncSelect(...args);
  }

  /** The layer's `WSPBind`; unless overridden, the lower provider's own. */
  WSPBind(...args: Args<'WSPBind'>): number {
    return this.lower.lpWSPBind(...args);
  }

  /** The layer's `WSPCancelBlockingCall`; unless overridden, the lower provider's own. */
  WSPCancelBlockingCall(...args: Args<'WSPCancelBlockingCall'>): number {
    return this.lower.lpWSPCancelBlockingCall(...args);
  }

  /** The layer's `WSPCloseSocket`; unless overridden, the lower provider's own. */
  WSPCloseSocket(...args: Args<'WSPCloseSocket'>): number {
    return this.lower.lpWSPCloseSocket(...args);
  }

  /** The layer's `WSPConnect`; unless overridden, the lower provider's own. */
  WSPConnect(...args: Args<'WSPConnect'>): number {
    return this.lower.lpWSPConnect(...args);
  }

  /** The layer's `WSPDuplicateSocket`; unless overridden, the lower provider's own. */
  WSPDuplicateSocket(...args: Args<'WSPDuplicateSocket'>): number {
    return this.lower.lpWSPDuplicateSocket(...args);
  }

  /** The layer's `WSPEnumNetworkEvents`; unless overridden, the lower provider's own. */
  WSPEnumNetworkEvents(...args: Args<'WSPEnumNetworkEvents'>): number {
    return this.lower.lpWSPEnumNetworkEvents(...args);
  }

  /** The layer's `WSPEventSelect`; unless overridden, the lower provider's own. */
  WSPEventSelect(...args: Args<'WSPEventSelect'>): number {
    return this.lower.lpWSPEventSelect(...args);
  }

  /** The layer's `WSPGetOverlappedResult`; unless overridden, the lower provider's own. */
  WSPGetOverlappedResult(...args: Args<'WSPGetOverlappedResult'>): boolean {
    return this.lower.lpWSPGetOverlappedResult(...args);
  }

  /** The layer's `WSPGetPeerName`; unless overridden, the lower provider's own. */
  WSPGetPeerName(...args: Args<'WSPGetPeerName'>): number {
    return this.lower.lpWSPGetPeerName(...args);
  }

  /** The layer's `WSPGetSockName`; unless overridden, the lower provider's own. */
  WSPGetSockName(...args: Args<'WSPGetSockName'>): number {
    return this.lower.lpWSPGetSockName(...args);
  }

  /** The layer's `WSPGetSockOpt`; unless overridden, the lower provider's own. */
  WSPGetSockOpt(...args: Args<'WSPGetSockOpt'>): number {
    return this.lower.lpWSPGetSockOpt(...args);
  }

  /** The layer's `WSPGetQOSByName`; unless overridden, the lower provider's own. */
  WSPGetQOSByName(...args: Args<'WSPGetQOSByName'>): boolean {
    return this.lower.lpWSPGetQOSByName(...args);
  }

  /** The layer's `WSPIoctl`; unless overridden, the lower provider's own. */
  WSPIoctl(...args: Args<'WSPIoctl'>): number {
    return this.lower.lpWSPIoctl(...args);
  }

  /** The layer's `WSPListen`; unless overridden, the lower provider's own. */
  WSPListen(...args: Args<'WSPListen'>): number {
    return this.lower.lpWSPListen(...args);
  }

  /** The layer's `WSPRecv`; unless overridden, the lower provider's own. */
  WSPRecv(...args: Args<'WSPRecv'>): number {
    return this.lower.lpWSPRecv(...args);
  }

  /** The layer's `WSPRecvDisconnect`; unless overridden, the lower provider's own. */
  WSPRecvDisconnect(...args: Args<'WSPRecvDisconnect'>): number {
    return this.lower.lpWSPRecvDisconnect(...args);
  }

  /** The layer's `WSPRecvFrom`; unless overridden, the lower provider's own. */
  WSPRecvFrom(...args: Args<'WSPRecvFrom'>): number {
    return this.lower.lpWSPRecvFrom(...args);
  }

  /** The layer's `WSPSelect`; unless overridden, the lower provider's own. */
  WSPSelect(...args: Args<'WSPSelect'>): number {
    return this.lower.lpWSPSelect(...args);
  }

  /** The layer's `WSPSend`; unless overridden, the lower provider's own. */
  WSPSend(...args: Args<'WSPSend'>): number {
    return this.lower.lpWSPSend(...args);
  }

  /** The layer's `WSPSendDisconnect`; unless overridden, the lower provider's own. */
  WSPSendDisconnect(...args: Args<'WSPSendDisconnect'>): number {
    return this.lower.lpWSPSendDisconnect(...args);
  }

  /** The layer's `WSPSendTo`; unless overridden, the lower provider's own. */
  WSPSendTo(...args: Args<'WSPSendTo'>): number {
    return this.lower.lpWSPSendTo(...args);
  }

  /** The layer's `WSPSetSockOpt`; unless overridden, the lower provider's own. */
  WSPSetSockOpt(...args: Args<'WSPSetSockOpt'>): number {
    return this.lower.lpWSPSetSockOpt(...args);
  }

  /** The layer's `WSPShutdown`; unless overridden, the lower provider's own. */
  WSPShutdown(...args: Args<'WSPShutdown'>): number {
    return this.lower.lpWSPShutdown(...args);
  }

  /** The layer's `WSPStringToAddress`; unless overridden, the lower provider's own. */
  WSPStringToAddress(...args: Args<'WSPStringToAddress'>): number {
    return this.lower.lpWSPStringToAddress(...args);
  }
}

/** What the provider below is told of a socket: its own protocol, with what a duplicated socket brought along. */
export function lowerInfo(lower: WSAPROTOCOL_INFOW, given: WSAPROTOCOL_INFOW | null): WSAPROTOCOL_INFOW {
  if (given === null || !given.dwProviderReserved) return lower;
  const { dwProviderReserved, dwServiceFlags2, dwServiceFlags3, dwServiceFlags4 } = given;
  return { ...lower, dwProviderReserved, dwServiceFlags2, dwServiceFlags3, dwServiceFlags4 };
}

/** These must pass through the layer even when it does not override them: they make it the owner of new handles. */
const ALWAYS_OWN: ReadonlySet<string> = new Set(['WSPSocket', 'WSPAccept', 'WSPJoinLeaf', 'WSPCleanup']);

/** How many arguments each function takes: as many as `WSP_SIGNATURES` has, which need not be loaded for it. */
const ARGUMENT_COUNTS: Readonly<Record<keyof WSPPROC_TABLE, number>> = {
  lpWSPAccept: 6,
  lpWSPAddressToString: 6,
  lpWSPAsyncSelect: 5,
  lpWSPBind: 4,
  lpWSPCancelBlockingCall: 1,
  lpWSPCleanup: 1,
  lpWSPCloseSocket: 2,
  lpWSPConnect: 8,
  lpWSPDuplicateSocket: 4,
  lpWSPEnumNetworkEvents: 4,
  lpWSPEventSelect: 4,
  lpWSPGetOverlappedResult: 6,
  lpWSPGetPeerName: 4,
  lpWSPGetSockName: 4,
  lpWSPGetSockOpt: 6,
  lpWSPGetQOSByName: 4,
  lpWSPIoctl: 11,
  lpWSPJoinLeaf: 9,
  lpWSPListen: 3,
  lpWSPRecv: 9,
  lpWSPRecvDisconnect: 3,
  lpWSPRecvFrom: 11,
  lpWSPSelect: 6,
  lpWSPSend: 9,
  lpWSPSendDisconnect: 3,
  lpWSPSendTo: 11,
  lpWSPSetSockOpt: 6,
  lpWSPShutdown: 3,
  lpWSPSocket: 7,
  lpWSPStringToAddress: 6,
};

/**
 * Fills a procedure table for a layer: the lower provider's own function in every slot that is not overridden.
 *
 * @param layer the layer
 * @param lower the provider below
 * @param table filled
 */
export function fillPassThroughTable(layer: PassThroughProvider, lower: WSPPROC_TABLE, table: WSPPROC_TABLE): void {
  const methods = layer as unknown as Record<string, AnyFunction>;
  const passThrough = PassThroughProvider.prototype as unknown as Record<string, unknown>;
  const slots = table as unknown as Record<string, unknown>;
  for (const slot of WSPPROC_NAMES) {
    const name = slot.slice(2);
    const own = methods[name] !== passThrough[name] || ALWAYS_OWN.has(name);
    slots[slot] = own ? methodFunction(layer, methods[name]!, ARGUMENT_COUNTS[slot]) : lower[slot];
  }
}

/**
 * The functions of a table as they are now, for whoever is about to put something before them. Those that the layer passes
 * on are looked up below at each call, where the debug facility's hooks come and go.
 *
 * @param table the layer's table
 * @param lower the provider below
 */
export function functionsBefore(table: WSPPROC_TABLE, lower: WSPPROC_TABLE): Readonly<WSPPROC_TABLE> {
  const functions = { ...table };
  for (const slot of WSPPROC_NAMES) {
    if (table[slot] === lower[slot])
      Object.defineProperty(functions, slot, { enumerable: true, get: () => lower[slot] });
  }
  return functions;
}

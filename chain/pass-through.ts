import {
  INVALID_SOCKET,
  WSPPROC_NAMES,
  type InstanceHost,
  type LPWSPACCEPT,
  type LPWSPADDRESSTOSTRING,
  type LPWSPASYNCSELECT,
  type LPWSPBIND,
  type LPWSPCANCELBLOCKINGCALL,
  type LPWSPCLEANUP,
  type LPWSPCLOSESOCKET,
  type LPWSPCONNECT,
  type LPWSPDUPLICATESOCKET,
  type LPWSPENUMNETWORKEVENTS,
  type LPWSPEVENTSELECT,
  type LPWSPGETOVERLAPPEDRESULT,
  type LPWSPGETPEERNAME,
  type LPWSPGETQOSBYNAME,
  type LPWSPGETSOCKNAME,
  type LPWSPGETSOCKOPT,
  type LPWSPIOCTL,
  type LPWSPJOINLEAF,
  type LPWSPLISTEN,
  type LPWSPRECV,
  type LPWSPRECVDISCONNECT,
  type LPWSPRECVFROM,
  type LPWSPSELECT,
  type LPWSPSEND,
  type LPWSPSENDDISCONNECT,
  type LPWSPSENDTO,
  type LPWSPSETSOCKOPT,
  type LPWSPSHUTDOWN,
  type LPWSPSOCKET,
  type LPWSPSTRINGTOADDRESS,
  type WSAPROTOCOL_INFOW,
  type WSPPROC_TABLE,
  type WSPUPCALLTABLE,
} from '../spi/index.js';

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
  WSPSocket(...[af, type, protocol, lpProtocolInfo, g, dwFlags, lpErrno]: Parameters<LPWSPSOCKET>): number {
    const info = lowerInfo(this.lowerProtocolInfo, lpProtocolInfo);
    return this.adopt(this.lower.lpWSPSocket(af, type, protocol, info, g, dwFlags, lpErrno), lpErrno);
  }

  /** Accepts on the lower provider's socket and becomes the new socket's owner. */
  WSPAccept(...[s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno]: Parameters<LPWSPACCEPT>): number {
    return this.adopt(this.lower.lpWSPAccept(s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno), lpErrno);
  }

  /** Joins a leaf through the lower provider and becomes the owner of the socket that comes of it. */
  WSPJoinLeaf(
    ...[s, name, namelen, callerData, calleeData, sqos, gqos, dwFlags, lpErrno]: Parameters<LPWSPJOINLEAF>
  ): number {
    const leaf = this.lower.lpWSPJoinLeaf(s, name, namelen, callerData, calleeData, sqos, gqos, dwFlags, lpErrno);
    return leaf === s ? leaf : this.adopt(leaf, lpErrno);
  }

  /** Ends the layer, and drops its reference to the provider below. */
  WSPCleanup(...[lpErrno]: Parameters<LPWSPCLEANUP>): number {
    return this.lower.lpWSPCleanup(lpErrno);
  }

  /** The layer's `WSPAddressToString`; unless overridden, the lower provider's own. */
  WSPAddressToString(
    ...[
      lpsaAddress,
      dwAddressLength,
      lpProtocolInfo,
      lpszAddressString,
      lpdwAddressStringLength,
      lpErrno,
    ]: Parameters<LPWSPADDRESSTOSTRING>
  ): ReturnType<LPWSPADDRESSTOSTRING> {
    return this.lower.lpWSPAddressToString(
      lpsaAddress,
      dwAddressLength,
      lpProtocolInfo,
      lpszAddressString,
      lpdwAddressStringLength,
      lpErrno,
    );
  }

  /** The layer's `WSPAsyncSelect`; unless overridden, the lower provider's own. */
  WSPAsyncSelect(...[s, hWnd, wMsg, lEvent, lpErrno]: Parameters<LPWSPASYNCSELECT>): ReturnType<LPWSPASYNCSELECT> {
    return this.lower.lpWSPAsyncSelect(s, hWnd, wMsg, lEvent, lpErrno);
  }

  /** The layer's `WSPBind`; unless overridden, the lower provider's own. */
  WSPBind(...[s, name, namelen, lpErrno]: Parameters<LPWSPBIND>): ReturnType<LPWSPBIND> {
    return this.lower.lpWSPBind(s, name, namelen, lpErrno);
  }

  /** The layer's `WSPCancelBlockingCall`; unless overridden, the lower provider's own. */
  WSPCancelBlockingCall(...[lpErrno]: Parameters<LPWSPCANCELBLOCKINGCALL>): ReturnType<LPWSPCANCELBLOCKINGCALL> {
    return this.lower.lpWSPCancelBlockingCall(lpErrno);
  }

  /** The layer's `WSPCloseSocket`; unless overridden, the lower provider's own. */
  WSPCloseSocket(...[s, lpErrno]: Parameters<LPWSPCLOSESOCKET>): ReturnType<LPWSPCLOSESOCKET> {
    return this.lower.lpWSPCloseSocket(s, lpErrno);
  }

  /** The layer's `WSPConnect`; unless overridden, the lower provider's own. */
  WSPConnect(
    ...[s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, lpErrno]: Parameters<LPWSPCONNECT>
  ): ReturnType<LPWSPCONNECT> {
    return this.lower.lpWSPConnect(s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, lpErrno);
  }

  /** The layer's `WSPDuplicateSocket`; unless overridden, the lower provider's own. */
  WSPDuplicateSocket(
    ...[s, dwProcessId, lpProtocolInfo, lpErrno]: Parameters<LPWSPDUPLICATESOCKET>
  ): ReturnType<LPWSPDUPLICATESOCKET> {
    return this.lower.lpWSPDuplicateSocket(s, dwProcessId, lpProtocolInfo, lpErrno);
  }

  /** The layer's `WSPEnumNetworkEvents`; unless overridden, the lower provider's own. */
  WSPEnumNetworkEvents(
    ...[s, hEventObject, lpNetworkEvents, lpErrno]: Parameters<LPWSPENUMNETWORKEVENTS>
  ): ReturnType<LPWSPENUMNETWORKEVENTS> {
    return this.lower.lpWSPEnumNetworkEvents(s, hEventObject, lpNetworkEvents, lpErrno);
  }

  /** The layer's `WSPEventSelect`; unless overridden, the lower provider's own. */
  WSPEventSelect(
    ...[s, hEventObject, lNetworkEvents, lpErrno]: Parameters<LPWSPEVENTSELECT>
  ): ReturnType<LPWSPEVENTSELECT> {
    return this.lower.lpWSPEventSelect(s, hEventObject, lNetworkEvents, lpErrno);
  }

  /** The layer's `WSPGetOverlappedResult`; unless overridden, the lower provider's own. */
  WSPGetOverlappedResult(
    ...[s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags, lpErrno]: Parameters<LPWSPGETOVERLAPPEDRESULT>
  ): ReturnType<LPWSPGETOVERLAPPEDRESULT> {
    return this.lower.lpWSPGetOverlappedResult(s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags, lpErrno);
  }

  /** The layer's `WSPGetPeerName`; unless overridden, the lower provider's own. */
  WSPGetPeerName(...[s, name, namelen, lpErrno]: Parameters<LPWSPGETPEERNAME>): ReturnType<LPWSPGETPEERNAME> {
    return this.lower.lpWSPGetPeerName(s, name, namelen, lpErrno);
  }

  /** The layer's `WSPGetSockName`; unless overridden, the lower provider's own. */
  WSPGetSockName(...[s, name, namelen, lpErrno]: Parameters<LPWSPGETSOCKNAME>): ReturnType<LPWSPGETSOCKNAME> {
    return this.lower.lpWSPGetSockName(s, name, namelen, lpErrno);
  }

  /** The layer's `WSPGetSockOpt`; unless overridden, the lower provider's own. */
  WSPGetSockOpt(
    ...[s, level, optname, optval, optlen, lpErrno]: Parameters<LPWSPGETSOCKOPT>
  ): ReturnType<LPWSPGETSOCKOPT> {
    return this.lower.lpWSPGetSockOpt(s, level, optname, optval, optlen, lpErrno);
  }

  /** The layer's `WSPGetQOSByName`; unless overridden, the lower provider's own. */
  WSPGetQOSByName(...[s, lpQOSName, lpQOS, lpErrno]: Parameters<LPWSPGETQOSBYNAME>): ReturnType<LPWSPGETQOSBYNAME> {
    return this.lower.lpWSPGetQOSByName(s, lpQOSName, lpQOS, lpErrno);
  }

  /** The layer's `WSPIoctl`; unless overridden, the lower provider's own. */
  WSPIoctl(
    ...[
      s,
      dwIoControlCode,
      lpvInBuffer,
      cbInBuffer,
      lpvOutBuffer,
      cbOutBuffer,
      lpcbBytesReturned,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ]: Parameters<LPWSPIOCTL>
  ): ReturnType<LPWSPIOCTL> {
    return this.lower.lpWSPIoctl(
      s,
      dwIoControlCode,
      lpvInBuffer,
      cbInBuffer,
      lpvOutBuffer,
      cbOutBuffer,
      lpcbBytesReturned,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    );
  }

  /** The layer's `WSPListen`; unless overridden, the lower provider's own. */
  WSPListen(...[s, backlog, lpErrno]: Parameters<LPWSPLISTEN>): ReturnType<LPWSPLISTEN> {
    return this.lower.lpWSPListen(s, backlog, lpErrno);
  }

  /** The layer's `WSPRecv`; unless overridden, the lower provider's own. */
  WSPRecv(
    ...[
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesRecvd,
      lpFlags,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ]: Parameters<LPWSPRECV>
  ): ReturnType<LPWSPRECV> {
    return this.lower.lpWSPRecv(
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesRecvd,
      lpFlags,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    );
  }

  /** The layer's `WSPRecvDisconnect`; unless overridden, the lower provider's own. */
  WSPRecvDisconnect(
    ...[s, lpInboundDisconnectData, lpErrno]: Parameters<LPWSPRECVDISCONNECT>
  ): ReturnType<LPWSPRECVDISCONNECT> {
    return this.lower.lpWSPRecvDisconnect(s, lpInboundDisconnectData, lpErrno);
  }

  /** The layer's `WSPRecvFrom`; unless overridden, the lower provider's own. */
  WSPRecvFrom(
    ...[
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesRecvd,
      lpFlags,
      lpFrom,
      lpFromlen,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ]: Parameters<LPWSPRECVFROM>
  ): ReturnType<LPWSPRECVFROM> {
    return this.lower.lpWSPRecvFrom(
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesRecvd,
      lpFlags,
      lpFrom,
      lpFromlen,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    );
  }

  /** The layer's `WSPSelect`; unless overridden, the lower provider's own. */
  WSPSelect(
    ...[nfds, readfds, writefds, exceptfds, timeout, lpErrno]: Parameters<LPWSPSELECT>
  ): ReturnType<LPWSPSELECT> {
    return this.lower.lpWSPSelect(nfds, readfds, writefds, exceptfds, timeout, lpErrno);
  }

  /** The layer's `WSPSend`; unless overridden, the lower provider's own. */
  WSPSend(
    ...[
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesSent,
      dwFlags,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ]: Parameters<LPWSPSEND>
  ): ReturnType<LPWSPSEND> {
    return this.lower.lpWSPSend(
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesSent,
      dwFlags,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    );
  }

  /** The layer's `WSPSendDisconnect`; unless overridden, the lower provider's own. */
  WSPSendDisconnect(
    ...[s, lpOutboundDisconnectData, lpErrno]: Parameters<LPWSPSENDDISCONNECT>
  ): ReturnType<LPWSPSENDDISCONNECT> {
    return this.lower.lpWSPSendDisconnect(s, lpOutboundDisconnectData, lpErrno);
  }

  /** The layer's `WSPSendTo`; unless overridden, the lower provider's own. */
  WSPSendTo(
    ...[
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesSent,
      dwFlags,
      lpTo,
      iTolen,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ]: Parameters<LPWSPSENDTO>
  ): ReturnType<LPWSPSENDTO> {
    return this.lower.lpWSPSendTo(
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesSent,
      dwFlags,
      lpTo,
      iTolen,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    );
  }

  /** The layer's `WSPSetSockOpt`; unless overridden, the lower provider's own. */
  WSPSetSockOpt(
    ...[s, level, optname, optval, optlen, lpErrno]: Parameters<LPWSPSETSOCKOPT>
  ): ReturnType<LPWSPSETSOCKOPT> {
    return this.lower.lpWSPSetSockOpt(s, level, optname, optval, optlen, lpErrno);
  }

  /** The layer's `WSPShutdown`; unless overridden, the lower provider's own. */
  WSPShutdown(...[s, how, lpErrno]: Parameters<LPWSPSHUTDOWN>): ReturnType<LPWSPSHUTDOWN> {
    return this.lower.lpWSPShutdown(s, how, lpErrno);
  }

  /** The layer's `WSPStringToAddress`; unless overridden, the lower provider's own. */
  WSPStringToAddress(
    ...[
      AddressString,
      AddressFamily,
      lpProtocolInfo,
      lpAddress,
      lpAddressLength,
      lpErrno,
    ]: Parameters<LPWSPSTRINGTOADDRESS>
  ): ReturnType<LPWSPSTRINGTOADDRESS> {
    return this.lower.lpWSPStringToAddress(
      AddressString,
      AddressFamily,
      lpProtocolInfo,
      lpAddress,
      lpAddressLength,
      lpErrno,
    );
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

/**
 * Makes a table's functions from a layer's methods. One arrow function for each: an engine sees through it to the method,
 * which it does not through `bind` (some 6 ns a call).
 */
const SLOTS: { readonly [Slot in keyof WSPPROC_TABLE]: (layer: PassThroughProvider) => WSPPROC_TABLE[Slot] } = {
  lpWSPAccept: (layer) => (s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno) =>
    layer.WSPAccept(s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno),
  lpWSPAddressToString:
    (layer) => (lpsaAddress, dwAddressLength, lpProtocolInfo, lpszAddressString, lpdwAddressStringLength, lpErrno) =>
      layer.WSPAddressToString(
        lpsaAddress,
        dwAddressLength,
        lpProtocolInfo,
        lpszAddressString,
        lpdwAddressStringLength,
        lpErrno,
      ),
  lpWSPAsyncSelect: (layer) => (s, hWnd, wMsg, lEvent, lpErrno) => layer.WSPAsyncSelect(s, hWnd, wMsg, lEvent, lpErrno),
  lpWSPBind: (layer) => (s, name, namelen, lpErrno) => layer.WSPBind(s, name, namelen, lpErrno),
  lpWSPCancelBlockingCall: (layer) => (lpErrno) => layer.WSPCancelBlockingCall(lpErrno),
  lpWSPCleanup: (layer) => (lpErrno) => layer.WSPCleanup(lpErrno),
  lpWSPCloseSocket: (layer) => (s, lpErrno) => layer.WSPCloseSocket(s, lpErrno),
  lpWSPConnect: (layer) => (s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, lpErrno) =>
    layer.WSPConnect(s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, lpErrno),
  lpWSPDuplicateSocket: (layer) => (s, dwProcessId, lpProtocolInfo, lpErrno) =>
    layer.WSPDuplicateSocket(s, dwProcessId, lpProtocolInfo, lpErrno),
  lpWSPEnumNetworkEvents: (layer) => (s, hEventObject, lpNetworkEvents, lpErrno) =>
    layer.WSPEnumNetworkEvents(s, hEventObject, lpNetworkEvents, lpErrno),
  lpWSPEventSelect: (layer) => (s, hEventObject, lNetworkEvents, lpErrno) =>
    layer.WSPEventSelect(s, hEventObject, lNetworkEvents, lpErrno),
  lpWSPGetOverlappedResult: (layer) => (s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags, lpErrno) =>
    layer.WSPGetOverlappedResult(s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags, lpErrno),
  lpWSPGetPeerName: (layer) => (s, name, namelen, lpErrno) => layer.WSPGetPeerName(s, name, namelen, lpErrno),
  lpWSPGetSockName: (layer) => (s, name, namelen, lpErrno) => layer.WSPGetSockName(s, name, namelen, lpErrno),
  lpWSPGetSockOpt: (layer) => (s, level, optname, optval, optlen, lpErrno) =>
    layer.WSPGetSockOpt(s, level, optname, optval, optlen, lpErrno),
  lpWSPGetQOSByName: (layer) => (s, lpQOSName, lpQOS, lpErrno) => layer.WSPGetQOSByName(s, lpQOSName, lpQOS, lpErrno),
  lpWSPIoctl:
    (layer) =>
    (
      s,
      dwIoControlCode,
      lpvInBuffer,
      cbInBuffer,
      lpvOutBuffer,
      cbOutBuffer,
      lpcbBytesReturned,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ) =>
      layer.WSPIoctl(
        s,
        dwIoControlCode,
        lpvInBuffer,
        cbInBuffer,
        lpvOutBuffer,
        cbOutBuffer,
        lpcbBytesReturned,
        lpOverlapped,
        lpCompletionRoutine,
        lpThreadId,
        lpErrno,
      ),
  lpWSPJoinLeaf: (layer) => (s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, dwFlags, lpErrno) =>
    layer.WSPJoinLeaf(s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, dwFlags, lpErrno),
  lpWSPListen: (layer) => (s, backlog, lpErrno) => layer.WSPListen(s, backlog, lpErrno),
  lpWSPRecv:
    (layer) =>
    (
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesRecvd,
      lpFlags,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ) =>
      layer.WSPRecv(
        s,
        lpBuffers,
        dwBufferCount,
        lpNumberOfBytesRecvd,
        lpFlags,
        lpOverlapped,
        lpCompletionRoutine,
        lpThreadId,
        lpErrno,
      ),
  lpWSPRecvDisconnect: (layer) => (s, lpInboundDisconnectData, lpErrno) =>
    layer.WSPRecvDisconnect(s, lpInboundDisconnectData, lpErrno),
  lpWSPRecvFrom:
    (layer) =>
    (
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesRecvd,
      lpFlags,
      lpFrom,
      lpFromlen,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ) =>
      layer.WSPRecvFrom(
        s,
        lpBuffers,
        dwBufferCount,
        lpNumberOfBytesRecvd,
        lpFlags,
        lpFrom,
        lpFromlen,
        lpOverlapped,
        lpCompletionRoutine,
        lpThreadId,
        lpErrno,
      ),
  lpWSPSelect: (layer) => (nfds, readfds, writefds, exceptfds, timeout, lpErrno) =>
    layer.WSPSelect(nfds, readfds, writefds, exceptfds, timeout, lpErrno),
  lpWSPSend:
    (layer) =>
    (
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesSent,
      dwFlags,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ) =>
      layer.WSPSend(
        s,
        lpBuffers,
        dwBufferCount,
        lpNumberOfBytesSent,
        dwFlags,
        lpOverlapped,
        lpCompletionRoutine,
        lpThreadId,
        lpErrno,
      ),
  lpWSPSendDisconnect: (layer) => (s, lpOutboundDisconnectData, lpErrno) =>
    layer.WSPSendDisconnect(s, lpOutboundDisconnectData, lpErrno),
  lpWSPSendTo:
    (layer) =>
    (
      s,
      lpBuffers,
      dwBufferCount,
      lpNumberOfBytesSent,
      dwFlags,
      lpTo,
      iTolen,
      lpOverlapped,
      lpCompletionRoutine,
      lpThreadId,
      lpErrno,
    ) =>
      layer.WSPSendTo(
        s,
        lpBuffers,
        dwBufferCount,
        lpNumberOfBytesSent,
        dwFlags,
        lpTo,
        iTolen,
        lpOverlapped,
        lpCompletionRoutine,
        lpThreadId,
        lpErrno,
      ),
  lpWSPSetSockOpt: (layer) => (s, level, optname, optval, optlen, lpErrno) =>
    layer.WSPSetSockOpt(s, level, optname, optval, optlen, lpErrno),
  lpWSPShutdown: (layer) => (s, how, lpErrno) => layer.WSPShutdown(s, how, lpErrno),
  lpWSPSocket: (layer) => (af, type, protocol, lpProtocolInfo, g, dwFlags, lpErrno) =>
    layer.WSPSocket(af, type, protocol, lpProtocolInfo, g, dwFlags, lpErrno),
  lpWSPStringToAddress:
    (layer) => (AddressString, AddressFamily, lpProtocolInfo, lpAddress, lpAddressLength, lpErrno) =>
      layer.WSPStringToAddress(AddressString, AddressFamily, lpProtocolInfo, lpAddress, lpAddressLength, lpErrno),
};

/**
 * Fills a procedure table for a layer: the lower provider's own function in every slot that is not overridden.
 *
 * @param layer the layer
 * @param lower the provider below
 * @param table filled
 */
export function fillPassThroughTable(layer: PassThroughProvider, lower: WSPPROC_TABLE, table: WSPPROC_TABLE): void {
  const methods = layer as unknown as Record<string, unknown>;
  const passThrough = PassThroughProvider.prototype as unknown as Record<string, unknown>;
  const slots = table as unknown as Record<string, unknown>;
  for (const slot of WSPPROC_NAMES) {
    const name = slot.slice(2);
    const own = methods[name] !== passThrough[name] || ALWAYS_OWN.has(name);
    slots[slot] = own ? SLOTS[slot](layer) : lower[slot];
  }
}

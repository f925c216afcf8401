import type { Ref } from './ref.js';
import type { QOS, WSABUF, WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW } from './structures/index.js';
import type { GROUP, LPWSAOVERLAPPED_COMPLETION_ROUTINE, SOCKET, WSAEVENT } from './transport-provider.js';

/** The dispatcher's own socket functions, for providers whose traffic must pass the same chains as everybody's. */
export interface DispatcherSockets {
  socket(af: number, type: number, protocol: number): SOCKET;
  WSASocket(
    af: number,
    type: number,
    protocol: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
    g: GROUP,
    dwFlags: number,
  ): SOCKET;
  closesocket(s: SOCKET): number;
  bind(s: SOCKET, name: Uint8Array, namelen: number): number;
  connect(s: SOCKET, name: Uint8Array, namelen: number): number;
  send(s: SOCKET, buf: Uint8Array, len: number, flags: number): number;
  sendto(s: SOCKET, buf: Uint8Array, len: number, flags: number, to: Uint8Array | null, tolen: number): number;
  recv(s: SOCKET, buf: Uint8Array, len: number, flags: number): number;
  recvfrom(
    s: SOCKET,
    buf: Uint8Array,
    len: number,
    flags: number,
    from: Uint8Array | null,
    fromlen: Ref<number> | null,
  ): number;
  shutdown(s: SOCKET, how: number): number;
  getsockname(s: SOCKET, name: Uint8Array, namelen: Ref<number>): number;
  getpeername(s: SOCKET, name: Uint8Array, namelen: Ref<number>): number;
  getsockopt(s: SOCKET, level: number, optname: number, optval: Uint8Array, optlen: Ref<number>): number;
  setsockopt(s: SOCKET, level: number, optname: number, optval: Uint8Array, optlen: number): number;
  WSAIoctl(
    s: SOCKET,
    dwIoControlCode: number,
    lpvInBuffer: Uint8Array | null,
    cbInBuffer: number,
    lpvOutBuffer: Uint8Array | null,
    cbOutBuffer: number,
    lpcbBytesReturned: Ref<number>,
    lpOverlapped: WSAOVERLAPPED | null,
    lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
  ): number;
  WSAJoinLeaf(
    s: SOCKET,
    name: Uint8Array,
    namelen: number,
    lpCallerData: WSABUF | null,
    lpCalleeData: WSABUF | null,
    lpSQOS: QOS | null,
    lpGQOS: QOS | null,
    dwFlags: number,
  ): SOCKET;
  WSAEventSelect(s: SOCKET, hEventObject: WSAEVENT | null, lNetworkEvents: number): number;
  WSAEnumNetworkEvents(s: SOCKET, hEventObject: WSAEVENT | null, lpNetworkEvents: Partial<WSANETWORKEVENTS>): number;
  WSAGetLastError(): number;
}

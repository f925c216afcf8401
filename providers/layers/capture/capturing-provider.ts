import { PassThroughProvider, type LayerContext } from '../../../chain/index.js';
import { memberOf } from '../../../spi/arguments.js';
import {
  GUID,
  CF_ACCEPT,
  INVALID_SOCKET,
  MSG_OOB,
  MSG_PEEK,
  ref,
  SD_RECEIVE,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SO_LINGER,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAEALREADY,
  WSAEINPROGRESS,
  WSAEISCONN,
  WSAEMSGSIZE,
  WSAEWOULDBLOCK,
  WSAID_ACCEPTEX,
  WSAID_DISCONNECTEX,
  WSAID_WSARECVMSG,
  WSAID_WSASENDMSG,
  type LPCONDITIONPROC,
  type LPFN_ACCEPTEX,
  type LPFN_DISCONNECTEX,
  type LPFN_WSARECVMSG,
  type LPFN_WSASENDMSG,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSAMSG,
  type WSAOVERLAPPED,
  type WSPPROC_TABLE,
} from '../../../spi/index.js';
import type { CapturePlace } from './capture-place.js';

type Args<Name extends keyof WSPPROC_TABLE> = Parameters<WSPPROC_TABLE[Name]>;

/** Passes everything through, and tells a place of a capture what went by. */
export class CapturingProvider extends PassThroughProvider {
  constructor(
    context: LayerContext,
    private readonly place: CapturePlace,
    /** Told that the layer has ended here. */
    private readonly ended: () => void,
  ) {
    super(context);
  }

  override WSPSocket(...args: Args<'lpWSPSocket'>): SOCKET {
    const s = super.WSPSocket(...args);
    // A duplicate brings along what it is one of.
    if (s !== INVALID_SOCKET) this.place.opened(s, Boolean(args[3]?.dwProviderReserved));
    return s;
  }

  override WSPAccept(...args: Args<'lpWSPAccept'>): SOCKET {
    const s = super.WSPAccept(...args);
    if (s !== INVALID_SOCKET) this.place.accepted(s);
    return s;
  }

  override WSPConnect(...args: Args<'lpWSPConnect'>): number {
    if (!this.place.isOn) return this.lower.lpWSPConnect(...args);
    const [s, name, namelen] = args;
    const began = this.place.clock.now();
    const result = this.lower.lpWSPConnect(...args);
    const code = result === 0 ? 0 : args[7].value;
    const isThere = code === 0 || code === WSAEISCONN;
    const isUnderWay = code === WSAEWOULDBLOCK || code === WSAEALREADY || code === WSAEINPROGRESS;
    this.place.connected(s, name, namelen, isThere ? 0 : code, isUnderWay, began);
    return result;
  }

  // The arguments of these two one by one: taking a rest of them apart costs more than all else while nothing is captured.
  override WSPSend(
    s: SOCKET,
    buffers: WSABUF[],
    count: number,
    lpBytes: Ref<number> | null,
    flags: number,
    overlapped: WSAOVERLAPPED | null,
    routine: Args<'lpWSPSend'>[6],
    thread: Args<'lpWSPSend'>[7],
    lpErrno: Ref<number>,
  ): number {
    const bytes = lpBytes ?? ref(0);
    const result = this.lower.lpWSPSend(s, buffers, count, bytes, flags, overlapped, routine, thread, lpErrno);
    if (this.place.isOn) this.#sent(result, s, buffers, count, bytes.value, flags, null, 0, overlapped, lpErrno);
    return result;
  }

  override WSPSendTo(...args: Args<'lpWSPSendTo'>): number {
    const [s, buffers, count, lpBytes, flags, to, tolen, overlapped, , , lpErrno] = args;
    const bytes = (args[3] = lpBytes ?? ref(0));
    const result = this.lower.lpWSPSendTo(...args);
    if (this.place.isOn) this.#sent(result, s, buffers, count, bytes.value, flags, to, tolen, overlapped, lpErrno);
    return result;
  }

  override WSPRecv(
    s: SOCKET,
    buffers: WSABUF[],
    count: number,
    lpBytes: Ref<number> | null,
    lpFlags: Ref<number>,
    overlapped: WSAOVERLAPPED | null,
    routine: Args<'lpWSPRecv'>[6],
    thread: Args<'lpWSPRecv'>[7],
    lpErrno: Ref<number>,
  ): number {
    const { lower } = this;
    if (!this.place.isOn) {
      return lower.lpWSPRecv(s, buffers, count, lpBytes, lpFlags, overlapped, routine, thread, lpErrno);
    }
    const bytes = lpBytes ?? ref(0);
    const flags = lpFlags.value;
    const result = lower.lpWSPRecv(s, buffers, count, bytes, lpFlags, overlapped, routine, thread, lpErrno);
    this.#received(result, s, buffers, count, bytes.value, flags, null, null, overlapped, lpErrno);
    return result;
  }

  override WSPRecvFrom(...args: Args<'lpWSPRecvFrom'>): number {
    const [s, buffers, count, lpBytes, lpFlags, from, fromlen, overlapped, , , lpErrno] = args;
    const bytes = (args[3] = lpBytes ?? ref(0));
    const flags = lpFlags.value;
    const result = this.lower.lpWSPRecvFrom(...args);
    if (this.place.isOn) {
      this.#received(result, s, buffers, count, bytes.value, flags, from, fromlen, overlapped, lpErrno);
    }
    return result;
  }

  override WSPShutdown(...args: Args<'lpWSPShutdown'>): number {
    const result = this.lower.lpWSPShutdown(...args);
    if (result === 0 && args[1] !== SD_RECEIVE) this.place.ended(args[0]);
    return result;
  }

  override WSPSendDisconnect(...args: Args<'lpWSPSendDisconnect'>): number {
    const result = this.lower.lpWSPSendDisconnect(...args);
    if (result === 0) this.place.ended(args[0]);
    return result;
  }

  override WSPCloseSocket(...args: Args<'lpWSPCloseSocket'>): number {
    const isAbrupt = this.place.isOn && this.place.isOfStreams && this.#hasNoTimeToLinger(args[0]);
    const result = this.lower.lpWSPCloseSocket(...args);
    if (result === 0) this.place.closed(args[0], isAbrupt);
    return result;
  }

  /** Functions beside the table would pass the layer by. */
  override WSPIoctl(...args: Args<'lpWSPIoctl'>): number {
    const result = this.lower.lpWSPIoctl(...args);
    const [, code, input, , output] = args;
    if (result !== 0 || code >>> 0 !== SIO_GET_EXTENSION_FUNCTION_POINTER) return result;
    if (input === null || output === null || output instanceof Uint8Array) return result;
    const wanted = typeof input === 'string' ? input.toUpperCase() : GUID.decode(input);
    const slot = output as Ref<unknown>;
    if (this.place.isOfStreams) {
      if (wanted === WSAID_ACCEPTEX) slot.value = this.#acceptEx(slot.value as LPFN_ACCEPTEX);
      if (wanted === WSAID_DISCONNECTEX) slot.value = this.#disconnectEx(slot.value as LPFN_DISCONNECTEX);
    } else {
      if (wanted === WSAID_WSASENDMSG) slot.value = this.#sendMsg(slot.value as LPFN_WSASENDMSG);
      if (wanted === WSAID_WSARECVMSG) slot.value = this.#recvMsg(slot.value as LPFN_WSARECVMSG);
    }
    return result;
  }

  override WSPCleanup(...args: Args<'lpWSPCleanup'>): number {
    this.place.end();
    this.ended();
    return this.lower.lpWSPCleanup(...args);
  }

  /** A send returned. */
  #sent(
    result: number,
    s: SOCKET,
    buffers: WSABUF[],
    count: number,
    length: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    overlapped: WSAOVERLAPPED | null,
    lpErrno: Ref<number>,
  ): void {
    const { place } = this;
    if (result === 0) {
      // A stream does not look at the destination.
      const peer = to === null || place.isOfStreams ? null : place.peerOf(s, to, tolen);
      place.sent(s, buffers, length, (flags & MSG_OOB) !== 0, peer);
    } else if (lpErrno.value === WSA_IO_PENDING) {
      if (overlapped === null) return;
      place.begun(s, overlapped, {
        isSend: true,
        isUrgent: (flags & MSG_OOB) !== 0,
        buffers: copied(buffers, count),
        total: totalLength(buffers, count),
        to: to === null || place.isOfStreams ? null : to.slice(0, tolen),
        from: null,
      });
    } else {
      place.failed(s, lpErrno.value);
    }
  }

  /** A receive returned. */
  #received(
    result: number,
    s: SOCKET,
    buffers: WSABUF[],
    count: number,
    length: number,
    flags: number,
    from: Uint8Array | null,
    fromlen: Readonly<Ref<number>> | null,
    overlapped: WSAOVERLAPPED | null,
    lpErrno: Ref<number>,
  ): void {
    const { place } = this;
    // What is only looked at comes again.
    if ((flags & MSG_PEEK) !== 0) return;
    const code = result === 0 ? 0 : lpErrno.value;
    if (code === WSAEWOULDBLOCK) return;
    if (code === 0 || (code === WSAEMSGSIZE && !place.isOfStreams)) {
      // A receive without room for a byte says nothing of the end.
      if (length === 0 && place.isOfStreams && totalLength(buffers, count) === 0) return;
      const peer = from === null || place.isOfStreams ? null : place.peerOf(s, from, fromlen?.value ?? from.length);
      place.received(s, buffers, length, (flags & MSG_OOB) !== 0, peer);
    } else if (code === WSA_IO_PENDING) {
      if (overlapped === null) return;
      const peer =
        from === null || place.isOfStreams ? null : () => place.peerOf(s, from, fromlen?.value ?? from.length);
      place.begun(s, overlapped, {
        isSend: false,
        isUrgent: (flags & MSG_OOB) !== 0,
        buffers: copied(buffers, count),
        total: totalLength(buffers, count),
        to: null,
        from: peer,
      });
    } else {
      place.failed(s, code);
    }
  }

  /** Whether closing the socket resets its connection. */
  #hasNoTimeToLinger(s: SOCKET): boolean {
    const linger = new Uint8Array(4);
    const { lower } = this;
    if (lower.lpWSPGetSockOpt(s, SOL_SOCKET, SO_LINGER, linger, { value: 4 }, { value: 0 }) !== 0) return false;
    return (linger[0] !== 0 || linger[1] !== 0) && linger[2] === 0 && linger[3] === 0;
  }

  #acceptEx(AcceptEx: LPFN_ACCEPTEX): LPFN_ACCEPTEX {
    return (listener, socket, buffer, data, local, remote, lpReceived, operation, routes = {}) => {
      const condition: LPCONDITIONPROC = (callerId, callerData, sqos, gqos, calleeId, ...others) => {
        const verdict =
          routes.condition === undefined
            ? CF_ACCEPT
            : routes.condition(callerId, callerData, sqos, gqos, calleeId, ...others);
        if (verdict === CF_ACCEPT) this.place.accepting(socket, callerId, calleeId);
        return verdict;
      };
      const given = this.place.isOn ? { ...routes, condition } : routes;
      return AcceptEx(listener, socket, buffer, data, local, remote, lpReceived, operation, given);
    };
  }

  #disconnectEx(DisconnectEx: LPFN_DISCONNECTEX): LPFN_DISCONNECTEX {
    return (s, overlapped, flags, reserved) => {
      const result = DisconnectEx(s, overlapped, flags, reserved);
      if (result || this.host.lastError() === WSA_IO_PENDING) this.place.ended(s);
      return result;
    };
  }

  #sendMsg(WSASendMsg: LPFN_WSASENDMSG): LPFN_WSASENDMSG {
    return (s, message, flags, lpBytes, overlapped, routine) => {
      const bytes = lpBytes ?? ref(0);
      const result = WSASendMsg(s, message, flags, bytes, overlapped, routine);
      if (!this.place.isOn) return result;
      const errno = { value: result === 0 ? 0 : this.host.lastError() };
      if (result !== 0 && errno.value !== WSA_IO_PENDING) return result;
      const given = readMessage(message);
      if (given === null) return result;
      const { buffers, name } = given;
      const length = numberIn(bytes, 'value');
      const namelen = numberIn(message, 'namelen');
      this.#sent(result, s, buffers, buffers.length, length, flags, name, namelen, overlapped, errno);
      return result;
    };
  }

  #recvMsg(WSARecvMsg: LPFN_WSARECVMSG): LPFN_WSARECVMSG {
    return (s, message, lpBytes, overlapped, routine) => {
      const flags = numberIn(message, 'dwFlags');
      const bytes = lpBytes ?? ref(0);
      const result = WSARecvMsg(s, message, bytes, overlapped, routine);
      if (!this.place.isOn) return result;
      const code = result === 0 ? 0 : this.host.lastError();
      if (code !== 0 && code !== WSA_IO_PENDING && code !== WSAEMSGSIZE) return result;
      const given = readMessage(message);
      if (given === null) return result;
      const { buffers, name } = given;
      // How long the name is stands there once the operation is over.
      const namelen = {
        get value() {
          return numberIn(message, 'namelen');
        },
      };
      const errno = { value: code };
      const length = numberIn(bytes, 'value');
      this.#received(result, s, buffers, buffers.length, length, flags, name, namelen, overlapped, errno);
      return result;
    };
  }
}

/** The buffers and the name of a message, which is the caller's own; `null` when he does not let them be read. */
function readMessage(message: WSAMSG): { buffers: WSABUF[]; name: Uint8Array | null } | null {
  try {
    const { lpBuffers, dwBufferCount, name } = message;
    return { buffers: copied(lpBuffers ?? [], dwBufferCount), name };
  } catch {
    return null;
  }
}

/** A number of the caller's structure; 0 when it is none, or may not be read. */
function numberIn(structure: object, member: 'namelen' | 'dwFlags' | 'value'): number {
  const number = memberOf(structure, member);
  return typeof number === 'number' ? number : 0;
}

function totalLength(buffers: readonly WSABUF[], count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += buffers[i]!.len;
  return total;
}

/** The buffers of an operation, whose array is the caller's again as soon as the call has returned. */
function copied(buffers: readonly WSABUF[], count: number): WSABUF[] {
  return buffers.slice(0, count).map(({ len, buf }) => ({ len, buf }));
}

// Socket options and control codes.
import {
  areBytes,
  areOverlappedArguments,
  isByteArray,
  isInputRef,
  isLength,
  isNull,
  isRef,
  isScalar,
} from '../../spi/arguments.js';
import {
  FIONBIO,
  GUID,
  IOC_IN,
  IOC_OUT,
  SIO_ACQUIRE_PORT_RESERVATION,
  SIO_FIND_ROUTE,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SO_OPENTYPE,
  SO_PROTOCOL_INFOA,
  SO_PROTOCOL_INFOW,
  SO_UPDATE_CONNECT_CONTEXT,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAEINVAL,
  WSAPROTOCOL_INFOA,
  WSAPROTOCOL_INFOW,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type SOCKET,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { ApiFunctions, Dispatcher, SocketRecord } from '../dispatcher/index.js';
import { EXTENSION_NAMES } from './extension-caller.js';

/** Socket options and control codes. */
export type OptionFunctions = ReturnType<typeof createOptionFunctions>;

/** Makes the functions of options and control codes (specification: getsockopt, setsockopt, ioctlsocket, WSAIoctl). */
export function createOptionFunctions(dispatcher: Dispatcher) {
  const { thread } = dispatcher.host;

  // SO_OPENTYPE is the thread's: the socket is not looked at.
  function getOpenType(optval: unknown, optlen: unknown): number {
    if (!isByteArray(optval) || !isRef(optlen) || typeof optlen.value !== 'number') {
      return dispatcher.fail(WSAEFAULT);
    }
    // -1 passes for the greatest length, as on Windows.
    const length = optlen.value >>> 0;
    if (length < 4 || optval.length < 4) return dispatcher.fail(WSAEFAULT);
    viewOf(optval).setInt32(0, dispatcher.openType, true);
    (optlen as Ref<number>).value = 4;
    dispatcher.setLastError(0);
    return 0;
  }

  function setOpenType(optval: unknown, optlen: number): number {
    if (typeof optlen !== 'number' || !(optlen >>> 0 >= 4) || !areBytes(optval, 4)) return dispatcher.fail(WSAEFAULT);
    dispatcher.setOpenType(viewOf(optval).getInt32(0, true));
    dispatcher.setLastError(0);
    return 0;
  }

  // The entry of the chain that the socket was opened on, whatever the layers below would say.
  function getProtocolInfo(record: SocketRecord, wide: boolean, optval: unknown, optlen: unknown): number {
    if (!isByteArray(optval) || !isRef(optlen) || typeof optlen.value !== 'number') {
      return dispatcher.fail(WSAEFAULT);
    }
    const codec = wide ? WSAPROTOCOL_INFOW : WSAPROTOCOL_INFOA;
    const length = optlen as Ref<number>;
    if (length.value < 0) return dispatcher.fail(WSAEFAULT);
    if (length.value < codec.size) {
      length.value = codec.size;
      return dispatcher.fail(WSAEFAULT);
    }
    if (!areBytes(optval, length.value)) return dispatcher.fail(WSAEFAULT);
    codec.encodeInto(record.chainEntry, optval);
    dispatcher.setLastError(0);
    return 0;
  }

  return {
    /**
     * Reads an option (specification: getsockopt).
     *
     * @param s any socket; not looked at for SO_OPENTYPE
     * @param level SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, …
     * @param optname the option
     * @param optval filled with its value, in the little-endian layout of C
     * @param optlen in: room in `optval`; out: length of the value
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad or too little room), WSAEINVAL
     *   (unknown level), WSAENOPROTOOPT (unknown option)
     */
    getsockopt(s: SOCKET, level: number, optname: number, optval: Uint8Array, optlen: Ref<number>): number {
      if (!dispatcher.isStarted()) return -1;
      if (level === SOL_SOCKET && optname === SO_OPENTYPE) return getOpenType(optval, optlen);
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (level === SOL_SOCKET && (optname === SO_PROTOCOL_INFOA || optname === SO_PROTOCOL_INFOW)) {
        return getProtocolInfo(record, optname === SO_PROTOCOL_INFOW, optval, optlen);
      }
      if (!isScalar(level) || !isScalar(optname)) return dispatcher.fail(WSAEINVAL);
      if (!isRef(optlen) || !areBytes(optval, optlen.value)) return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPGetSockOpt } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPGetSockOpt(s, level, optname, optval, optlen, frame.errno);
        return dispatcher.leave(frame, provider, 'WSPGetSockOpt', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPGetSockOpt', cause, s);
      }
    },

    /**
     * Sets an option (specification: setsockopt).
     *
     * @param s any socket; not looked at for SO_OPENTYPE
     * @param level SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, …
     * @param optname the option
     * @param optval its value, in the little-endian layout of C
     * @param optlen how many bytes of it count
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad or short value), WSAEINVAL
     *   (unknown level, bad value), WSAENOPROTOOPT (unknown or read-only option), WSAENOTCONN, WSAENETRESET
     */
    setsockopt(s: SOCKET, level: number, optname: number, optval: Uint8Array | null, optlen: number): number {
      if (!dispatcher.isStarted()) return -1;
      if (level === SOL_SOCKET && optname === SO_OPENTYPE) return setOpenType(optval, optlen);
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isScalar(level) || !isScalar(optname)) return dispatcher.fail(WSAEINVAL);
      // Some options make something of a length of -1, so that is the provider's to judge.
      const isValue = isNull(optval) || areBytes(optval, optlen) || (optlen === -1 && isByteArray(optval));
      if (!isValue || typeof optlen !== 'number') return dispatcher.fail(WSAEFAULT);
      const { provider } = record;
      const { lpWSPSetSockOpt } = provider.procedures;
      const frame = dispatcher.enter();
      try {
        const result = lpWSPSetSockOpt(s, level, optname, optval ?? null, optlen, frame.errno);
        if (level === SOL_SOCKET && optname === SO_UPDATE_CONNECT_CONTEXT && result === 0) record.lacksContext = false;
        return dispatcher.leave(frame, provider, 'WSPSetSockOpt', result, s);
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPSetSockOpt', cause, s);
      }
    },

    /**
     * Controls a socket by a number (specification: ioctlsocket).
     *
     * @param s any socket
     * @param cmd FIONBIO (not 0: non-blocking), FIONREAD (bytes to read), SIOCATMARK (not 0: no out-of-band data is
     *   pending)
     * @param argp the number, in or out
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`argp` is not a reference), WSAEINVAL
     *   (blocking while events are selected), WSAEOPNOTSUPP (another command)
     */
    ioctlsocket(s: SOCKET, cmd: number, argp: Ref<number>): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isScalar(cmd)) return dispatcher.fail(WSAEINVAL);
      const isPointer = cmd === FIONBIO ? isInputRef(argp) : isRef(argp);
      if (!isPointer || typeof (argp as Ref<unknown>).value !== 'number') return dispatcher.fail(WSAEFAULT);
      const argument: Ref<number> = argp;
      const { provider } = record;
      const { lpWSPIoctl } = provider.procedures;
      const word = new Uint8Array(4);
      const view = viewOf(word);
      view.setUint32(0, argument.value, true);
      const code = cmd >>> 0;
      const input = (code & IOC_IN) !== 0 ? word : null;
      const output = (code & IOC_OUT) !== 0 ? word : null;
      const frame = dispatcher.enter();
      const { errno } = frame;
      const bytes: Ref<number> = { value: 0 };
      try {
        const result = lpWSPIoctl(
          s,
          code,
          input,
          input === null ? 0 : 4,
          output,
          output === null ? 0 : 4,
          bytes,
          null,
          null,
          thread,
          errno,
        );
        if (dispatcher.leave(frame, provider, 'WSPIoctl', result, s) !== 0) return -1;
      } catch (cause) {
        return dispatcher.contain(frame, provider, 'WSPIoctl', cause, s);
      }
      if (output !== null) argument.value = view.getUint32(0, true);
      return 0;
    },

    /**
     * Controls a socket (specification: WSAIoctl).
     *
     * @param s any socket
     * @param dwIoControlCode what to do, SIO_* and the like
     * @param lpvInBuffer what the code takes; a GUID as a string will do for SIO_GET_EXTENSION_FUNCTION_POINTER
     * @param cbInBuffer its length in bytes
     * @param lpvOutBuffer filled with what the code gives; a reference for SIO_GET_EXTENSION_FUNCTION_POINTER
     * @param cbOutBuffer room in it, in bytes
     * @param lpcbBytesReturned how many bytes were given
     * @param lpOverlapped the operation's state, or `null`
     * @param lpCompletionRoutine called in an alertable wait when the operation has ended, or `null`
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (bad or too little room, or nowhere to
     *   put the count), WSAEINVAL (bad value), WSAEOPNOTSUPP (unknown code), WSAENOPROTOOPT, WSAEWOULDBLOCK, or
     *   WSA_IO_PENDING
     */
    WSAIoctl(
      s: SOCKET,
      dwIoControlCode: number,
      lpvInBuffer: Uint8Array | string | null,
      cbInBuffer: number,
      lpvOutBuffer: Uint8Array | Ref<unknown> | null,
      cbOutBuffer: number,
      lpcbBytesReturned: Ref<number>,
      lpOverlapped: WSAOVERLAPPED | null,
      lpCompletionRoutine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    ): number {
      const record = dispatcher.socket(s);
      if (record === null) return -1;
      if (!isScalar(dwIoControlCode) || !isScalar(cbInBuffer) || !isScalar(cbOutBuffer)) {
        return dispatcher.fail(WSAEINVAL);
      }
      const code = dwIoControlCode >>> 0;
      const givesFunction = code === SIO_GET_EXTENSION_FUNCTION_POINTER;
      // A buffer that the code has no use for is not looked at. What SIO_FIND_ROUTE takes, and SIO_ACQUIRE_PORT_RESERVATION
      // gives, their codes do not tell.
      const takesInput = (code & IOC_IN) !== 0 || code === SIO_FIND_ROUTE;
      const hasInput = takesInput && !isNull(lpvInBuffer);
      const givesOutput = (code & IOC_OUT) !== 0 || code === SIO_ACQUIRE_PORT_RESERVATION;
      const hasOutput = givesOutput && !isNull(lpvOutBuffer);
      const isInput =
        !hasInput || areBytes(lpvInBuffer, cbInBuffer) || (givesFunction && typeof lpvInBuffer === 'string');
      const isOutput = !hasOutput || areBytes(lpvOutBuffer, cbOutBuffer) || (givesFunction && isRef(lpvOutBuffer));
      if (
        !isRef(lpcbBytesReturned) ||
        !areOverlappedArguments(lpOverlapped, lpCompletionRoutine) ||
        !isInput ||
        !isOutput
      ) {
        return dispatcher.fail(WSAEFAULT);
      }
      const { provider } = record;
      const { lpWSPIoctl } = provider.procedures;
      const room = hasOutput ? cbOutBuffer : 0;
      const operation = dispatcher.handed.handOver(provider, lpOverlapped, room);
      const before = lpcbBytesReturned.value;
      const bytes: Ref<number> = { value: before };
      const frame = dispatcher.enter();
      try {
        const result = lpWSPIoctl(
          s,
          code,
          hasInput ? lpvInBuffer : null,
          cbInBuffer,
          hasOutput ? lpvOutBuffer : null,
          cbOutBuffer,
          bytes,
          lpOverlapped ?? null,
          lpCompletionRoutine ?? null,
          thread,
          frame.errno,
        );
        if (operation !== null && result !== 0 && frame.errno.value !== WSA_IO_PENDING) operation.over = true;
        if (result === 0 && givesFunction) handOutOwnFunction(lpvInBuffer, lpvOutBuffer);
        const told = bytes.value;
        // What was not told stays as it was. Of a function's pointer the room says nothing.
        const isTold = !Object.is(told, before);
        const limit = givesFunction ? 0xffffffff : room;
        const left = dispatcher.leaveCounted(frame, provider, 'WSPIoctl', result, isTold ? told : 0, limit, s);
        // A failure may tell how many there should have been room for.
        if (isTold && (left === 0 || (result !== 0 && isLength(told, 0xffffffff)))) lpcbBytesReturned.value = told;
        return left;
      } catch (cause) {
        if (operation !== null) operation.over = true;
        return dispatcher.contain(frame, provider, 'WSPIoctl', cause, s);
      }
    },
  };

  // Programs keep the function, and use it on sockets of other chains: so they get one that looks at the socket.
  function handOutOwnFunction(guid: Uint8Array | string | null, output: unknown): void {
    const id = typeof guid === 'string' ? guid.toUpperCase() : GUID.decode(guid!);
    const name = EXTENSION_NAMES.get(id);
    if (name !== undefined && isRef(output)) output.value = dispatcher.api[name as keyof ApiFunctions];
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

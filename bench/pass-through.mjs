// Layers that override a lot and do nothing: what a chain costs by itself.
import { createWSPStartup, PassThroughProvider, stack } from '../dist/chain/index.js';

/**
 * Makes the class of a layer that overrides every data and event function. Each call makes a class of its own, as layers
 * by different authors are: V8 optimises each one's calls for the one provider below it.
 */
export function makeOverridingClass() {
  return class OverridingLayer extends PassThroughProvider {
    WSPAccept(s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno) {
      return this.adopt(this.lower.lpWSPAccept(s, addr, addrlen, lpfnCondition, dwCallbackData, lpErrno), lpErrno);
    }
    WSPAsyncSelect(s, hWnd, wMsg, lEvent, lpErrno) {
      return this.lower.lpWSPAsyncSelect(s, hWnd, wMsg, lEvent, lpErrno);
    }
    WSPCloseSocket(s, lpErrno) {
      return this.lower.lpWSPCloseSocket(s, lpErrno);
    }
    WSPConnect(s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, lpErrno) {
      return this.lower.lpWSPConnect(s, name, namelen, lpCallerData, lpCalleeData, lpSQOS, lpGQOS, lpErrno);
    }
    WSPEnumNetworkEvents(s, hEventObject, lpNetworkEvents, lpErrno) {
      return this.lower.lpWSPEnumNetworkEvents(s, hEventObject, lpNetworkEvents, lpErrno);
    }
    WSPEventSelect(s, hEventObject, lNetworkEvents, lpErrno) {
      return this.lower.lpWSPEventSelect(s, hEventObject, lNetworkEvents, lpErrno);
    }
    WSPGetOverlappedResult(s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags, lpErrno) {
      return this.lower.lpWSPGetOverlappedResult(s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags, lpErrno);
    }
    WSPRecv(s, lpBuffers, dwBufferCount, lpBytes, lpFlags, lpOverlapped, lpRoutine, lpThreadId, lpErrno) {
      const { lower } = this;
      return lower.lpWSPRecv(
        s,
        lpBuffers,
        dwBufferCount,
        lpBytes,
        lpFlags,
        lpOverlapped,
        lpRoutine,
        lpThreadId,
        lpErrno,
      );
    }
    WSPRecvFrom(
      s,
      lpBuffers,
      count,
      lpBytes,
      lpFlags,
      lpFrom,
      lpFromlen,
      lpOverlapped,
      lpRoutine,
      lpThreadId,
      lpErrno,
    ) {
      const { lower } = this;
      return lower.lpWSPRecvFrom(
        s,
        lpBuffers,
        count,
        lpBytes,
        lpFlags,
        lpFrom,
        lpFromlen,
        lpOverlapped,
        lpRoutine,
        lpThreadId,
        lpErrno,
      );
    }
    WSPSelect(nfds, readfds, writefds, exceptfds, timeout, lpErrno) {
      return this.lower.lpWSPSelect(nfds, readfds, writefds, exceptfds, timeout, lpErrno);
    }
    WSPSend(s, lpBuffers, dwBufferCount, lpBytes, dwFlags, lpOverlapped, lpRoutine, lpThreadId, lpErrno) {
      const { lower } = this;
      return lower.lpWSPSend(
        s,
        lpBuffers,
        dwBufferCount,
        lpBytes,
        dwFlags,
        lpOverlapped,
        lpRoutine,
        lpThreadId,
        lpErrno,
      );
    }
    WSPSendTo(s, lpBuffers, count, lpBytes, dwFlags, lpTo, iTolen, lpOverlapped, lpRoutine, lpThreadId, lpErrno) {
      const { lower } = this;
      return lower.lpWSPSendTo(
        s,
        lpBuffers,
        count,
        lpBytes,
        dwFlags,
        lpTo,
        iTolen,
        lpOverlapped,
        lpRoutine,
        lpThreadId,
        lpErrno,
      );
    }
    WSPShutdown(s, how, lpErrno) {
      return this.lower.lpWSPShutdown(s, how, lpErrno);
    }
  };
}

/** A layer of one overriding class. */
export function overridingLayer(name) {
  const Overriding = makeOverridingClass();
  return {
    name,
    version: '1.0.0',
    ifs: true,
    WSPStartup: createWSPStartup(name, (context) => new Overriding(context)),
  };
}

/** A layer that overrides nothing at all. */
export function emptyLayer(name) {
  return {
    name,
    version: '1.0.0',
    ifs: true,
    WSPStartup: createWSPStartup(name, (context) => new PassThroughProvider(context)),
  };
}

/**
 * Stacks overriding layers over TCP.
 *
 * @param {import('../dist/index.js').Ws2_32} ws2
 * @param {number} count 1 to 7
 * @returns the entry for TCP over IPv4
 */
export function stackOverriding(ws2, count) {
  return stack(
    ws2,
    Array.from({ length: count }, (_, index) => overridingLayer(`pass${index + 1}`)),
  )[0];
}

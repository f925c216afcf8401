// Layers that override a lot and do nothing: what a chain costs by itself.
import { createWSPStartup, fillPassThroughTable, PassThroughProvider, stack } from '../dist/chain/index.js';
import { MAX_PROTOCOL_CHAIN } from '../dist/index.js';

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

/** A layer that runs one overriding class, or several of them one over the other within one provider. */
export function overridingLayer(name, classes = 1) {
  const made = Array.from({ length: classes }, makeOverridingClass);
  const WSPStartup = createWSPStartup(name, (context) => {
    let { lower } = context;
    for (const Inner of made.slice(1)) {
      const table = {};
      fillPassThroughTable(new Inner({ ...context, lower }), lower, table);
      lower = table;
    }
    return new made[0]({ ...context, lower });
  });
  return { name, version: '1.0.0', ifs: true, WSPStartup };
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
 * Stacks overriding layers over TCP. A chain has room for seven members with its base, that is for six layers: what goes
 * beyond that is put into the outermost provider, one layer's table over the other's, so that a call passes as many
 * functions as layers were asked for.
 *
 * @param {import('../dist/index.js').Ws2_32} ws2
 * @param {number} count
 * @returns the entry for TCP over IPv4
 */
export function stackOverriding(ws2, count) {
  const providers = Math.min(count, MAX_PROTOCOL_CHAIN - 1);
  const layers = Array.from({ length: providers }, (_, index) =>
    overridingLayer(`pass${index + 1}`, index === 0 ? count - providers + 1 : 1),
  );
  return stack(ws2, layers)[0];
}

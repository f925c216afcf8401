// The quality of service that goes with connects and accepts.
import { QOS, SIO_SET_QOS, WSAEOPNOTSUPP } from '../../spi/index.js';
import type { SocketCore } from '../core/index.js';
import { flowControlOf, sendsMessages } from '../ioctls/index.js';
import { checkFlow, describeFlow, describeRefusal, isBestEffort } from '../quality/index.js';
import type { FrontSocket } from '../socket/index.js';

/** What a connect has asked for, to be undone if it is refused. */
export interface QualityRequest {
  /** Fills in what the network has, whatever has become of the connect. */
  tell(error: number): void;
}

/**
 * Takes the quality of service that goes with a connect, in place of what was asked for before (specification: WSAConnect).
 *
 * @param lpSQOS the socket's; filled in by `tell`
 * @returns 0 when nothing is asked for; what to tell of the outcome; or the WinSock code of what cannot be
 */
export function requestQuality(socket: FrontSocket, lpSQOS: QOS): QualityRequest | number {
  const control = flowControlOf(socket);
  const flow = checkFlow(lpSQOS, control?.flow ?? null, !sendsMessages(socket));
  if (typeof flow === 'number') return flow;
  if (control === null) {
    if (socket.core.hasQualityOfService === true) return askForBelow(socket.core, lpSQOS);
    // Best effort every provider gives, and figures are but a hint to it.
    return isBestEffort(flow) ? 0 : WSAEOPNOTSUPP;
  }
  const before = control.flow;
  const { isUp } = socket;
  const refused = control.setFlow(flow, isUp);
  if (refused !== 0) {
    Object.assign(lpSQOS, describeRefusal(flow, control.conditions()));
    return refused;
  }
  return {
    tell(error: number): void {
      if (error === 0) Object.assign(lpSQOS, describeFlow(control.flow, control.conditions()));
      else {
        Object.assign(lpSQOS, describeRefusal(flow, control.conditions()));
        control.setFlow(before, isUp);
      }
    },
  };
}

/** Asks the provider below, whose socket is connected next. */
function askForBelow(core: SocketCore, qos: QOS): number {
  let bytes: Uint8Array;
  try {
    bytes = QOS.encode(qos);
  } catch {
    return WSAEOPNOTSUPP;
  }
  const result = core.ioctl(SIO_SET_QOS, bytes, bytes.length, null, 0);
  return result < 0 ? -result : 0;
}

/** What a caller has asked for, as the socket would have it that its connection becomes; `null` for nothing. */
export function callersQuality(core: SocketCore): QOS | null {
  return core.flow === undefined || core.flow === null ? null : describeFlow(core.flow, null);
}

/**
 * Takes what a condition function has made of the caller's quality of service.
 *
 * @param before what it was shown
 * @param after the same object afterwards
 * @returns 0, or the WinSock code of what cannot be
 */
export function takeCalleesQuality(core: SocketCore, before: QOS, after: QOS): number {
  if (JSON.stringify(before) === JSON.stringify(after)) return 0;
  const flow = checkFlow(after, core.flow ?? null, false);
  if (typeof flow === 'number') return flow;
  return core.admitFlow === undefined ? WSAEOPNOTSUPP : core.admitFlow(flow, core.flow ?? null);
}

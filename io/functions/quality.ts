// The quality of service that goes with connects and accepts.
import { QOS, SIO_SET_GROUP_QOS, SIO_SET_QOS, WSAENOPROTOOPT, WSAEOPNOTSUPP } from '../../spi/index.js';
import type { Flow, FlowConditions, GroupMember, SocketCore } from '../core/index.js';
import { checkFlow, DEFAULT_FLOW, describeFlow, describeRefusal, isBestEffort } from '../quality/index.js';
import { flowControlOf, sendsMessages, setGroupFlow, type FrontSocket } from '../socket/index.js';

/** What a connect has asked for, to be undone if it is refused. */
export interface QualityRequest {
  /** Fills in what the network has, whatever has become of the connect. */
  tell(error: number): void;
}

/**
 * Takes the qualities of service that go with a connect or a join, in place of what was asked for before (specification: WSAConnect).
 *
 * @param lpSQOS the socket's, or `null`; filled in by `tell`
 * @param lpGQOS its group's, or `null`; passed over unless the socket is the group's creator; filled in too
 * @returns 0 when nothing is asked for; what to tell of the outcome; or the WinSock code of what cannot be
 */
export function requestQualities(socket: FrontSocket, lpSQOS: QOS | null, lpGQOS: QOS | null): QualityRequest | number {
  const own = lpSQOS === null ? 0 : requestQuality(socket, lpSQOS);
  if (lpGQOS === null || (typeof own === 'number' && own !== 0)) return own;
  const group = requestGroupQuality(socket, lpGQOS);
  if (group === 0) return own;
  if (typeof group === 'number') {
    if (typeof own !== 'number') own.tell(group);
    return group;
  }
  return {
    tell(error: number): void {
      if (typeof own !== 'number') own.tell(error);
      group.tell(error);
    },
  };
}

function requestQuality(socket: FrontSocket, lpSQOS: QOS): QualityRequest | number {
  const control = flowControlOf(socket);
  const flow = checkFlow(lpSQOS, control?.flow ?? null, !sendsMessages(socket));
  if (typeof flow === 'number') return flow;
  if (control === null) return requestBelow(socket.core, SIO_SET_QOS, lpSQOS, flow);
  const before = control.flow;
  const { isUp } = socket;
  const refused = control.setFlow(flow, isUp);
  return request(lpSQOS, flow, refused, {
    now: () => control.flow,
    conditions: () => control.conditions(),
    undo: () => control.setFlow(before, isUp),
  });
}

function requestGroupQuality(socket: FrontSocket, lpGQOS: QOS): QualityRequest | number {
  const control = flowControlOf(socket);
  const { group } = socket;
  // Whether a socket below is the creator of its group, the provider below can tell.
  const isCreator = group === null ? (socket.core.groupId ?? 0) !== 0 : group.isCreator;
  if (!isCreator) return 0;
  const before = group?.place.quality?.flow ?? null;
  const flow = checkFlow(lpGQOS, before, !sendsMessages(socket));
  if (typeof flow === 'number') return flow;
  if (control === null) return requestBelow(socket.core, SIO_SET_GROUP_QOS, lpGQOS, flow);
  const refused = setGroupFlow(socket, group!, flow);
  return request(lpGQOS, flow, refused, {
    now: () => group!.place.quality?.flow ?? null,
    conditions: () => control.conditions(),
    undo: () => setGroupFlow(socket, group!, before ?? DEFAULT_FLOW),
  });
}

/** What has become of what was asked for, and how it is taken back. */
interface Asked {
  now(): Flow | null;
  conditions(): FlowConditions | null;
  undo(): void;
}

function request(qos: QOS, flow: Flow, refused: number, asked: Asked): QualityRequest | number {
  if (refused !== 0) {
    Object.assign(qos, describeRefusal(flow, asked.conditions()));
    return refused;
  }
  return {
    tell(error: number): void {
      if (error === 0) Object.assign(qos, describeFlow(asked.now(), asked.conditions()));
      else {
        Object.assign(qos, describeRefusal(flow, asked.conditions()));
        asked.undo();
      }
    },
  };
}

/** Asks the provider below, whose socket is connected next; where there is none, best effort is what everybody gives. */
function requestBelow(core: SocketCore, code: number, qos: QOS, flow: Flow): number {
  // Figures are but a hint to best effort.
  if (core.hasQualityOfService !== true) return isBestEffort(flow) ? 0 : WSAEOPNOTSUPP;
  let bytes: Uint8Array;
  try {
    bytes = QOS.encode(qos);
  } catch {
    return WSAEOPNOTSUPP;
  }
  const result = core.ioctl(code, bytes, bytes.length, null, 0);
  // A group that somebody else has made is passed over.
  if (code === SIO_SET_GROUP_QOS && result === -WSAENOPROTOOPT) return 0;
  return result < 0 ? -result : 0;
}

/** What a caller has asked for, as the socket would have it that its connection becomes; `null` for nothing. */
export function callersQuality(core: SocketCore): QOS | null {
  return core.flow === undefined || core.flow === null ? null : describeFlow(core.flow, null);
}

/** What the group of a caller has, as the socket would have it that its connection becomes; `null` for nothing. */
export function callersGroupQuality({ callersGroupFlow }: SocketCore): QOS | null {
  return callersGroupFlow === undefined || callersGroupFlow === null ? null : describeFlow(callersGroupFlow, null);
}

/**
 * Gives the group that an accepted connection has begun what its condition function has made of that of the caller's group.
 *
 * @param member the connection's part in it
 * @returns 0, or the WinSock code of what cannot be
 */
export function takeGroupQualityOf(socket: FrontSocket, member: GroupMember, lpGQOS: QOS): number {
  const flow = checkFlow(lpGQOS, null, !sendsMessages(socket));
  return typeof flow === 'number' ? flow : setGroupFlow(socket, member, flow);
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

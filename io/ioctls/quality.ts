// Quality of service by ioctl.
import {
  ABLE_TO_RECV_RSVP,
  ALLOWED_TO_SEND_DATA,
  END_TO_END_QOSABILITY,
  INFO_NOT_AVAILABLE,
  LINE_RATE,
  LOCAL_QOSABILITY,
  LOCAL_TRAFFIC_CONTROL,
  QOS,
  SIO_CHK_QOS,
  SIO_GET_GROUP_QOS,
  SIO_GET_QOS,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  type FLOWSPEC,
} from '../../spi/index.js';
import type { FlowConditions, FlowControl } from '../core/index.js';
import { checkFlowBytes, describeFlow, isFigure } from '../quality/index.js';
import { flowControlOf, REENABLED, sendsMessages, setGroupFlow, type FrontSocket } from '../socket/index.js';
import { askBelow, type IoctlHandler, type IoctlRequest } from './request.js';

/**
 * Has a socket hold to flow specifications whose protocol has no quality of service. Of this project: layers give it to the
 * provider below. Its input is four bytes: FLOWS_RESERVED, or 0.
 */
export const SIO_BEGIN_FLOWS = 0x98005153;

/** Who begins flows reserves the capacity that they are guaranteed. */
export const FLOWS_RESERVED = 1;

/** SIO_GET_QOS, SIO_GET_GROUP_QOS and SIO_CHK_QOS. */
export const quality: IoctlHandler = (socket, request, table) => {
  if (request.code === SIO_GET_QOS) socket.record?.reenable(REENABLED.getQos);
  if (request.code === SIO_GET_GROUP_QOS) socket.record?.reenable(REENABLED.getGroupQos);
  const control = flowControlOf(socket);
  if (control === null) {
    return socket.core.hasQualityOfService === true ? askBelow(socket, request, table) : -WSAENOPROTOOPT;
  }
  if (request.code === SIO_GET_GROUP_QOS) {
    const { group } = socket;
    if (group === null) return give(request, NO_GROUP);
    return give(request, QOS.encode(describeFlow(group.place.quality?.flow ?? null, control.conditions())));
  }
  if (request.code === SIO_CHK_QOS) return check(control, socket, request);
  return give(request, QOS.encode(describeFlow(control.flow, control.conditions())));
};

/** SIO_BEGIN_FLOWS: flows are held to from now on, whatever the protocol. */
export const beginFlows: IoctlHandler = (socket, request) => {
  const { dword } = request;
  if (dword === null) return -WSAEFAULT;
  flowControlOf(socket, true)!.begunAbove((dword & FLOWS_RESERVED) !== 0);
  return 0;
};

function check(control: FlowControl, socket: FrontSocket, request: IoctlRequest): number {
  const question = request.dword;
  if (question === null) return -WSAEFAULT;
  const answer = answerTo(question, control, socket);
  return answer === null ? -WSAEINVAL : request.giveDword(answer);
}

function answerTo(question: number, control: FlowControl, socket: FrontSocket): number | null {
  const { flow } = control;
  const conditions = control.conditions();
  switch (question) {
    case ALLOWED_TO_SEND_DATA:
      return flow === null || isRoomFor(flow.sending, conditions) ? 1 : 0;
    case ABLE_TO_RECV_RSVP:
      return flow === null || isRoomFor(flow.receiving, conditions) ? 1 : 0;
    case LINE_RATE: {
      const kilobits = conditions === null ? Infinity : Math.floor((conditions.lineRate * 8) / 1000);
      return kilobits < INFO_NOT_AVAILABLE ? kilobits : INFO_NOT_AVAILABLE;
    }
    case LOCAL_TRAFFIC_CONTROL:
    case LOCAL_QOSABILITY:
      return 1;
    case END_TO_END_QOSABILITY:
      // Where flows go with connections, all that lies between knows of them.
      return socket.core.carriesFlows === true ? 1 : 0;
    default:
      return null;
  }
}

/** Whether the line could carry what a direction may send; what is reserved already counts as taken. */
function isRoomFor({ TokenRate }: FLOWSPEC, conditions: FlowConditions | null): boolean {
  return conditions === null || !isFigure(TokenRate) || TokenRate <= conditions.lineRate;
}

/** SIO_SET_QOS. */
export const setQuality: IoctlHandler = (socket, request, table) => {
  const control = flowControlOf(socket);
  if (control === null) return quality(socket, request, table);
  if (request.input === null) return -WSAEFAULT;
  const flow = checkFlowBytes(request.input, control.flow, !sendsMessages(socket));
  if (typeof flow === 'number') return -flow;
  const refused = control.setFlow(flow, socket.isUp);
  // Whoever negotiates anew is told of the next change.
  if (refused === 0) socket.record?.reenable(REENABLED.getQos);
  return -refused;
};

/** SIO_SET_GROUP_QOS, by the creator of the group alone. */
export const setGroupQuality: IoctlHandler = (socket, request, table) => {
  const { group } = socket;
  if (flowControlOf(socket) === null) return quality(socket, request, table);
  if (group === null || !group.isCreator) return -WSAENOPROTOOPT;
  if (request.input === null) return -WSAEFAULT;
  const flow = checkFlowBytes(request.input, group.place.quality?.flow ?? null, !sendsMessages(socket));
  if (typeof flow === 'number') return -flow;
  const refused = setGroupFlow(socket, group, flow);
  if (refused === 0) socket.record?.reenable(REENABLED.getGroupQos);
  return -refused;
};

/** What is told of a group by a socket that is in none. */
const NO_GROUP = new Uint8Array(QOS.size);

function give(request: IoctlRequest, bytes: Uint8Array): number {
  if (request.output === null || request.room < bytes.length) return request.refuse(WSAEFAULT, bytes.length);
  return request.give(bytes);
}

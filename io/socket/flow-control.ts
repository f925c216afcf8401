// The quality of service of sockets, and of the groups that they are in.
import { FD_GROUP_QOS, FD_GROUP_QOS_BIT, type InstanceHost } from '../../spi/index.js';
import type { Flow, FlowControl, GroupMember, SocketCore } from '../core/index.js';
import { GroupFlow, PacedCore, saysTheSame } from '../quality/index.js';
import type { NetworkEventRecord } from './network-events.js';

/** What quality of service has to know of a socket. */
export interface FlowingSocket {
  readonly core: SocketCore;
  readonly host: InstanceHost;
  readonly group: GroupMember | null;
  /** What the socket's network events are recorded in, from the first on that is worth it. */
  ensureRecord(): NetworkEventRecord;
  readonly stream: boolean;
  readonly keepsBoundaries: boolean;
  /** Puts a core before the socket's own. */
  putBefore(core: SocketCore): void;
}

/**
 * The quality of service of a socket, which begins with the first question about it.
 *
 * @param asked whether a layer asks for it in the name of a protocol that has none of its own
 * @returns `null` where the protocol has none
 */
export function flowControlOf(socket: FlowingSocket, asked = false): FlowControl | null {
  const { core, group } = socket;
  if (core.flowControl !== undefined) return core.flowControl;
  if (!asked && (core.hasQualityOfService !== true || core.admitFlow === undefined)) return null;
  const paced = new PacedCore(core, socket.host, sendsMessages(socket));
  socket.putBefore(paced);
  if (group !== null) paced.holdTo(group.place);
  return paced;
}

/** Whether a send is a message, as of datagrams, and no piece of a stream. */
export function sendsMessages(socket: FlowingSocket): boolean {
  return !socket.stream || socket.keepsBoundaries;
}

/** The socket has a new core, or is in a group from now on, whose quality of service it has a share in. */
export function holdToGroup(socket: FlowingSocket, { place }: GroupMember): void {
  if (place.quality !== null) flowControlOf(socket, true)!.holdTo(place);
}

/**
 * Asks for the quality of service of a group.
 *
 * @param member the part of the socket that asks, which is the group's creator
 * @param flow what is asked for
 * @returns 0; or the WinSock code of what cannot be, and the one before holds on
 */
export function setGroupFlow({ core, host }: FlowingSocket, member: GroupMember, flow: Flow): number {
  const changed = (): void => {
    for (const socket of member.sockets()) socket.groupQualityChanged(member.place.quality?.error ?? 0, false);
  };
  const reserve = core.reserveFlow === undefined ? undefined : () => core.reserveFlow!(changed);
  const before = member.place.quality?.flow;
  const quality = GroupFlow.ask(flow, reserve, host.clock.now(), member.place.quality);
  if (typeof quality === 'number') return quality;
  member.setQuality(quality);
  const isNews = before === undefined || !saysTheSame(before, flow);
  for (const socket of member.sockets()) socket.groupQualityChanged(0, !isNews || socket === member.socket);
  return 0;
}

/** The quality of service of a socket's group is another now: it is held to that, and FD_GROUP_QOS tells it, unless it knows. */
export function takeGroupQuality(socket: FlowingSocket, error: number, known: boolean): void {
  if (socket.group === null) return;
  holdToGroup(socket, socket.group);
  if (!known) socket.ensureRecord().indicate(FD_GROUP_QOS, FD_GROUP_QOS_BIT, error);
}

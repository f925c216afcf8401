// Which network events a socket's state means, and their recording.
import {
  FD_ACCEPT,
  FD_ACCEPT_BIT,
  FD_CLOSE,
  FD_CLOSE_BIT,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_OOB,
  FD_OOB_BIT,
  FD_GROUP_QOS,
  FD_GROUP_QOS_BIT,
  FD_QOS,
  FD_QOS_BIT,
  FD_READ,
  FD_READ_BIT,
  FD_WRITE,
} from '../../spi/index.js';
import { Readiness, State, type SocketCore } from '../core/index.js';
import type { NetworkEventRecord } from './network-events.js';

/** What network events depend on, of a socket. */
export interface EventSource {
  readonly core: SocketCore;
  readonly state: number;
  readonly stream: boolean;
  readonly keepsBoundaries: boolean;
  /** The root of a multipoint session. */
  readonly isRoot: boolean;
  readonly active: boolean;
  readonly sendShutdown: boolean;
  readonly receiveShutdown: boolean;
  readonly closeReported: boolean;
  readonly resetError: number;
  /** Whether a connection waits to be accepted. */
  hasConnection(confirmed: boolean): boolean;
  /** FD_CLOSE is recorded. */
  reportClose(): void;
}

/**
 * The network events whose condition holds now, with their errors noted, and whether room to send is awaited.
 *
 * @param socket the socket; its core is asked
 * @param record its record of network events
 * @param forMessages a window is told of writability of an unbound datagram socket too, and not of a past connect
 */
export function networkEventsThatHold(socket: EventSource, record: NetworkEventRecord, forMessages: boolean): number {
  const holds = conditions(socket, forMessages);
  if (socket.state === State.FAILED) record.keepError(FD_CONNECT_BIT, socket.core.error);
  if ((holds & FD_CLOSE) !== 0) {
    record.keepError(FD_CLOSE_BIT, (socket.core.readiness & Readiness.RESET) !== 0 ? socket.resetError : 0);
  }
  // A send that found no room before anybody wanted to know is followed by FD_WRITE all the same.
  const sends = socket.state === State.CONNECTED || socket.isRoot;
  if (sends && !socket.sendShutdown && (holds & FD_WRITE) === 0) record.awaitRoom();
  return holds;
}

function conditions(socket: EventSource, forMessages: boolean): number {
  const core = socket.core;
  let holds = 0;
  if (socket.state === State.LISTENING) {
    if (socket.hasConnection(true)) holds |= FD_ACCEPT;
    if (!socket.isRoot) return holds;
  }
  if (socket.state === State.FAILED) return FD_CONNECT;
  if (socket.state === State.CONNECTED && socket.active && !forMessages) holds |= FD_CONNECT;
  const transfers =
    socket.isRoot || (socket.stream ? socket.state === State.CONNECTED : forMessages || socket.state !== State.UNBOUND);
  if (!transfers) return holds;
  const ready = core.confirm(Readiness.READABLE | Readiness.WRITABLE | Readiness.OUT_OF_BAND);
  if ((ready & Readiness.WRITABLE) !== 0 && !socket.sendShutdown) holds |= FD_WRITE;
  if ((ready & Readiness.OUT_OF_BAND) !== 0) holds |= FD_OOB;
  return holds | readConditions(socket, ready);
}

/**
 * FD_READ while there is data that may be received; FD_CLOSE only when there is none left, or the connection was reset.
 * Whoever has ended receiving is told of the end all the same.
 */
function readConditions(socket: EventSource, ready: number): number {
  const { receiveShutdown } = socket;
  if (!socket.stream) return (ready & Readiness.READABLE) !== 0 && !receiveShutdown ? FD_READ : 0;
  if ((ready & Readiness.RESET) !== 0) return FD_CLOSE;
  if (receiveShutdown) return (ready & Readiness.PEER_CLOSED) !== 0 ? FD_CLOSE : 0;
  if ((ready & Readiness.PEER_CLOSED) !== 0) return hasData(socket, ready) ? FD_READ : FD_CLOSE;
  return (ready & Readiness.READABLE) !== 0 ? FD_READ : 0;
}

/** A message may be empty: its core takes care that READABLE is not the end. */
function hasData({ keepsBoundaries, core }: EventSource, ready: number): boolean {
  return keepsBoundaries ? (ready & Readiness.READABLE) !== 0 : core.available() > 0;
}

/** Records that the quality of service has changed, its own or its group's, which may be while the socket connects. */
export function recordQuality({ core }: EventSource, record: NetworkEventRecord, edges: number): void {
  if ((edges & Readiness.QUALITY_CHANGED) !== 0) record.indicate(FD_QOS, FD_QOS_BIT, core.flowError ?? 0);
  if ((edges & Readiness.GROUP_QUALITY_CHANGED) === 0) return;
  record.indicate(FD_GROUP_QOS, FD_GROUP_QOS_BIT, core.groupFlowError ?? 0);
}

/** Records what the edges mean, after the overlapped queues had their share. */
export function recordEdges(socket: EventSource, record: NetworkEventRecord, edges: number): void {
  if (socket.state === State.LISTENING) {
    const gained = (edges & Readiness.ACCEPTABLE) !== 0;
    // What has been accepted meanwhile costs no look.
    if (gained && socket.hasConnection(false) && socket.hasConnection(true))
      record.indicate(FD_ACCEPT, FD_ACCEPT_BIT, 0);
    if (!socket.isRoot) return;
  }
  if (socket.stream && socket.state !== State.CONNECTED && !socket.isRoot) return;
  const readiness = socket.core.readiness;
  if ((edges & Readiness.OUT_OF_BAND) !== 0 && (readiness & Readiness.OUT_OF_BAND) !== 0) {
    record.indicate(FD_OOB, FD_OOB_BIT, 0);
  }
  if ((edges & (Readiness.READABLE | Readiness.PEER_CLOSED | Readiness.RESET)) !== 0) {
    recordReadable(socket, record, readiness, edges);
  }
  if ((edges & Readiness.WRITABLE) !== 0 && (readiness & Readiness.WRITABLE) !== 0) record.indicateRoom();
}

function recordReadable(socket: EventSource, record: NetworkEventRecord, readiness: number, edges: number): void {
  const holds = readConditions(socket, readiness);
  // The end brings no data: who was told of what is there, and has not received since, is not told of it again.
  const toldBefore = (edges & Readiness.PEER_CLOSED) !== 0 && (record.told & FD_READ) !== 0;
  if ((holds & FD_READ) !== 0 && !toldBefore) record.indicate(FD_READ, FD_READ_BIT, 0);
  if ((holds & FD_CLOSE) !== 0 && !socket.closeReported) {
    socket.reportClose();
    record.indicate(FD_CLOSE, FD_CLOSE_BIT, (readiness & Readiness.RESET) !== 0 ? socket.core.error : 0);
  }
}

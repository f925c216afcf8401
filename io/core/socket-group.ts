// What groups of sockets are to those who know of them: the front and the cores.
import type { ErrorCode, InstanceHost } from '../../spi/index.js';
import type { Flow, FlowLimit } from './flow.js';

/** A socket, as its group knows it. */
export interface GroupedSocket {
  /**
   * The quality of service of the group is another now.
   *
   * @param error why the network went back on it; 0 when it was asked for
   * @param known whether the socket knows: it has asked itself, or nothing has changed
   */
  groupQualityChanged(error: number, known: boolean): void;
}

/** Who waits for tokens of a group's bucket. */
export interface GroupWaiter {
  /** SO_GROUP_PRIORITY of its socket. */
  readonly groupPriority: number;
  /** Nobody who comes before it waits any more, perhaps. */
  look(): void;
}

/** The quality of service that the sockets of a group have together, in this thread. */
export interface GroupQuality {
  /** What was asked for, less what the network has gone back on. */
  readonly flow: Flow;
  /** Why the network went back on it; 0 while it has not. */
  readonly error: number;
  /** What all of them together may send; `null` for no limit. */
  readonly limit: FlowLimit | null;
  /** Somebody found no tokens. */
  waits(waiter: GroupWaiter): void;
  /** Somebody waits no more. */
  rests(waiter: GroupWaiter): void;
  /** Whether somebody waits who comes before others of a priority. */
  isWaitedForBefore(priority: number): boolean;
  /** The group is gone, or has another quality of service. */
  end(): void;
}

/** The place of a socket in its group, as its core sees it. */
export interface GroupPlace {
  /** The same object for every socket of the group in this thread. */
  readonly group: object;
  /** SO_GROUP_PRIORITY: 0 or more, 0 being served first. It may change. */
  readonly priority: number;
  /** The quality of service of the group; `null` while nobody has asked for one. It may change. */
  readonly quality: GroupQuality | null;
}

/** The part that one socket has in a group, until it leaves. Duplicates have parts of their own. */
export interface GroupMember {
  /** SO_GROUP_ID. */
  readonly id: number;
  /** Whether the group began with this socket. */
  readonly isCreator: boolean;
  /** Shared with the duplicates of the socket. */
  readonly place: GroupPlace;
  /** The socket itself, which is told of its group; `null` until it is open. */
  socket: GroupedSocket | null;
  /** Gives the group a quality of service, in place of the one before, which ends. */
  setQuality(quality: GroupQuality): void;
  /** The sockets of the group in this thread. */
  sockets(): Iterable<GroupedSocket>;
  /** Sets SO_GROUP_PRIORITY. */
  setPriority(priority: number): void;
  /**
   * The socket is about to be connected with a host. In a constrained group all connections are with the same one.
   *
   * @param peer what `hostOf` gives of the peer's address
   * @returns 0; WSAEINVAL when others of the group are connected elsewhere, WSAENOBUFS when that cannot be told
   */
  meet(peer: string): ErrorCode;
  /** The socket is not connected any more, or could not be. */
  part(): void;
  /** The part of a duplicate of the socket. */
  again(): GroupMember;
  /** The socket is closed, or was not opened after all. With the last of its sockets the group is gone. */
  leave(): void;
}

/** The groups of a provider. */
export interface SocketGroups {
  /**
   * Makes a new socket a member of a group.
   *
   * @param g SG_UNCONSTRAINED_GROUP or SG_CONSTRAINED_GROUP for a new group, or the number of one that there is
   * @param connectionOriented whether the socket's protocol has connections: a constrained group takes no others
   * @param host is told why groups cannot be made
   * @returns its part; WSAEINVAL for a group that there is not, or that takes no such socket; WSAENOBUFS when groups
   *   cannot be made
   */
  enter(g: number, connectionOriented: boolean, host: Pick<InstanceHost, 'report'>): GroupMember | ErrorCode;
}

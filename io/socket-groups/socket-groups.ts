// The groups that this thread has sockets in.
import {
  SG_CONSTRAINED_GROUP,
  SG_UNCONSTRAINED_GROUP,
  WSAEINVAL,
  WSAENOBUFS,
  type InstanceHost,
} from '../../spi/index.js';
import { newHolder } from '../../shared-file/index.js';
import type { GroupedSocket, GroupMember, GroupPlace, GroupQuality, SocketGroups } from '../core/index.js';
import { defaultGroupsPath, GroupsFile, nextId, type GroupsState } from './groups-file.js';

/** A group, as far as it is in this thread. */
interface Group {
  readonly id: number;
  readonly provider: string;
  readonly constrained: boolean;
  readonly members: Set<Member>;
  /** What its members may send together. */
  quality: GroupQuality | null;
  /** The host that the members of this thread are connected with, as the file has been told; '' for none. */
  host: string;
}

/** The groups of a thread, whatever their providers: their numbers are from one file. */
class ThreadGroups {
  readonly file = new GroupsFile(defaultGroupsPath());
  readonly groups = new Map<number, Group>();
  readonly #self = newHolder();

  /**
   * Makes a group without members yet.
   *
   * @throws what `GroupsFile.change` throws
   */
  create(provider: string, constrained: boolean): Group {
    return this.#take((state) => {
      const id = nextId(state, (each) => this.groups.has(each));
      return { id, provider, constrained, members: new Set(), quality: null, host: '' };
    })!;
  }

  /**
   * Finds a group of this thread's, or takes up one that other threads or processes have.
   *
   * @throws what `GroupsFile.change` throws
   */
  find(provider: string, id: number): Group | null {
    const known = this.groups.get(id);
    if (known !== undefined) return known.provider === provider ? known : null;
    // Without the lock first: a number that is none costs others nothing.
    if (this.file.read().groups.get(id)?.provider !== provider) return null;
    return this.#take((state) => {
      const record = state.groups.get(id);
      if (record === undefined || record.provider !== provider) return null;
      return { id, provider, constrained: record.constrained, members: new Set(), quality: null, host: '' };
    });
  }

  #take(choose: (state: GroupsState) => Group | null): Group | null {
    let group: Group | null = null;
    try {
      this.#change((state) => {
        group = choose(state);
        if (group !== null) this.groups.set(group.id, group);
      });
    } catch (error) {
      if (group !== null) this.groups.delete((group as Group).id);
      throw error;
    }
    return group;
  }

  /**
   * The members of a group are about to be connected with a host.
   *
   * @returns whether those of other threads are connected with no other
   * @throws what `GroupsFile.change` throws
   */
  meet(group: Group, host: string): boolean {
    const before = group.host;
    if (before === host) return true;
    let free = true;
    try {
      this.#change((state) => {
        for (const [token, other] of state.groups.get(group.id)?.members ?? []) {
          if (token !== this.#self.token && other !== '' && other !== host) free = false;
        }
        if (free) group.host = host;
      });
    } catch (error) {
      group.host = before;
      throw error;
    }
    return free;
  }

  /** The members of a group in this thread are connected with nobody any more. */
  part(group: Group): void {
    if (group.host === '') return;
    group.host = '';
    this.#changeQuietly();
  }

  /** The last member of a group in this thread is gone. */
  forget(group: Group): void {
    this.groups.delete(group.id);
    group.quality?.end();
    this.#changeQuietly();
  }

  /** Others are told later, with the next change: nothing that is closed or disconnected can fail by that. */
  #changeQuietly(): void {
    try {
      this.#change(() => undefined);
    } catch {
      // The next change says it all.
    }
  }

  #change(change: (state: GroupsState) => void): void {
    this.file.change((state) => {
      this.#write(state);
      change(state);
      return this.#write(state);
    });
  }

  /** Puts the groups of this thread into the state, and takes out those that it has no more. */
  #write(state: GroupsState): boolean {
    const { token } = this.#self;
    for (const [id, { members }] of state.groups) {
      if (this.groups.has(id) || !members.delete(token)) continue;
      if (members.size === 0) state.groups.delete(id);
    }
    for (const { id, provider, constrained, host } of this.groups.values()) {
      const record = state.groups.get(id) ?? { provider, constrained, members: new Map<string, string>() };
      record.members.set(token, host);
      state.groups.set(id, record);
    }
    if (this.groups.size > 0) state.holders.set(token, this.#self);
    else state.holders.delete(token);
    return true;
  }
}

let ofThread: ThreadGroups | null = null;

/** A socket's place, which its duplicates have too. */
class Place implements GroupPlace {
  priority = 0;

  constructor(readonly group: Group) {}

  get quality(): GroupQuality | null {
    return this.group.quality;
  }
}

/** A socket's part in a group. */
class Member implements GroupMember {
  socket: GroupedSocket | null = null;
  #host = '';
  #left = false;

  constructor(
    private readonly thread: ThreadGroups,
    private readonly group: Group,
    readonly place: Place,
    readonly isCreator: boolean,
    host = '',
  ) {
    this.#host = host;
    group.members.add(this);
  }

  get id(): number {
    return this.group.id;
  }

  setQuality(quality: GroupQuality): void {
    this.group.quality?.end();
    this.group.quality = quality;
  }

  *sockets(): Iterable<GroupedSocket> {
    for (const { socket } of [...this.group.members]) if (socket !== null) yield socket;
  }

  setPriority(priority: number): void {
    this.place.priority = priority;
  }

  meet(host: string): number {
    if (!this.group.constrained) return 0;
    for (const other of this.group.members) {
      if (other !== this && other.#host !== '' && other.#host !== host) return WSAEINVAL;
    }
    try {
      if (!this.thread.meet(this.group, host)) return WSAEINVAL;
    } catch {
      return WSAENOBUFS;
    }
    this.#host = host;
    return 0;
  }

  part(): void {
    if (this.#host === '') return;
    this.#host = '';
    if ([...this.group.members].every((each) => each.#host === '')) this.thread.part(this.group);
  }

  again(): GroupMember {
    return new Member(this.thread, this.group, this.place, this.isCreator, this.#host);
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.group.members.delete(this);
    if (this.group.members.size === 0) this.thread.forget(this.group);
    else this.part();
  }
}

/**
 * Finds the groups of a provider. Their numbers are unique among all groups of the user's processes.
 *
 * @param provider names the provider; whoever gives the same name, in whichever process, has the same groups
 */
export function socketGroupsOf(provider: string): SocketGroups {
  return {
    enter(g: number, connectionOriented: boolean, host: Pick<InstanceHost, 'report'>): GroupMember | number {
      const number = g >>> 0;
      const isNew = number === SG_UNCONSTRAINED_GROUP || number === SG_CONSTRAINED_GROUP;
      if (number === SG_CONSTRAINED_GROUP && !connectionOriented) return WSAEINVAL;
      const thread = (ofThread ??= new ThreadGroups());
      try {
        const group = isNew ? thread.create(provider, number === SG_CONSTRAINED_GROUP) : thread.find(provider, number);
        if (group === null) return WSAEINVAL;
        if (group.constrained && !connectionOriented) {
          if (group.members.size === 0) thread.forget(group);
          return WSAEINVAL;
        }
        return new Member(thread, group, new Place(group), isNew);
      } catch (cause) {
        host.report({ message: `socket groups cannot be made: ${thread.file.path} cannot be changed`, cause });
        return WSAENOBUFS;
      }
    },
  };
}

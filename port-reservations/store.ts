import { PortSet, systemConventions, type SystemPorts } from '../platform/systems.js';
import { isThisProcess, newHolder } from '../shared-file/index.js';
import {
  ERROR_ACCESS_DENIED,
  ERROR_INVALID_PARAMETER,
  ERROR_NOT_FOUND,
  ERROR_SHARING_VIOLATION,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEINVAL,
  WSAENETDOWN,
  type PortBlock,
  type PortProtocol,
  type PortReservations,
  type PortSpace,
} from '../spi/index.js';
import { firstRoom, hexOf, keyOf, LAST_PORT, nameOf, needNumbers, rangeOf } from './blocks.js';
import { newSecret, newToken, noReservations, type PersistentReservation, type ReservationData } from './data.js';
import { dropDead, dropTokens, persistentIn } from './draft.js';
import type { ReservationKeeping } from './keeping.js';
import { problemFrom, ReservationProblem } from './problem.js';
import { ReservationTable, type ReservedBlock } from './table.js';

/** WinSock's codes for what fails with a Win32 error in an ioctl. */
const IOCTL_ERRORS: Readonly<Record<number, number>> = {
  [ERROR_INVALID_PARAMETER]: WSAEINVAL,
  [ERROR_NOT_FOUND]: WSAEINVAL,
  // As NTSTATUS' sharing violation becomes.
  [ERROR_SHARING_VIOLATION]: WSAEADDRINUSE,
  [ERROR_ACCESS_DENIED]: WSAEACCES,
};

/** Reservations of ports, in a file or in memory, as one instance or the program sees them. */
export class PortReservationStore implements PortReservations {
  readonly #keeping: ReservationKeeping;
  readonly #report: (problem: ReservationProblem) => void;
  #data = noReservations();
  #table: ReservationTable;
  /** Whether the table is that of the file, and not of one that cannot be used. */
  #usable = false;
  /** What was told of last, so that every bind does not tell of it. */
  #told = '';
  /** Tokens that a closed socket could not give back. */
  readonly #leftOver = new Set<string>();

  /**
   * Describes the reservations; nothing is read before it is asked for.
   *
   * @param keeping where they are kept
   * @param report told, once, that what is kept cannot be used
   */
  constructor(keeping: ReservationKeeping, report: (problem: ReservationProblem) => void = () => undefined) {
    this.#keeping = keeping;
    this.#report = report;
    this.#table = new ReservationTable(this.#data, keeping);
  }

  /** The file, or `null` for reservations in memory. */
  get path(): string | null {
    return this.#keeping.path;
  }

  /** What is different after every start of the system. */
  get boot(): string {
    return this.#keeping.boot;
  }

  // ---- For sockets ----

  at(protocol: PortProtocol, port: number): PortBlock | null {
    const block = this.#current().at(protocol, port);
    return block === null || block.over ? null : block;
  }

  touches(protocol: PortProtocol, first: number, last: number): boolean {
    return this.#current().touches(protocol, first, last);
  }

  unreservedFrom(protocol: PortProtocol, port: number): number {
    return this.#table.unreservedFrom(protocol, port);
  }

  find(protocol: PortProtocol, token: bigint): PortBlock | number {
    const block = this.#current().byToken(protocol, token);
    if (block === null || block.over) return WSAEINVAL;
    // Only the process on whose socket it was granted may consume it.
    return block.holder === null || isThisProcess(block.holder) ? block : WSAEACCES;
  }

  acquire(protocol: PortProtocol, first: number, count: number, space: PortSpace): PortBlock | number {
    const token = newToken();
    const code = this.#attempt(() => {
      if (first === 0) this.#acquireAnywhere(protocol, count, token, space);
      else {
        this.#needBlock(first, count);
        this.#change((draft) => this.#acquireAt(draft, protocol, first, count, token, space));
      }
    });
    return code === 0 ? this.find(protocol, BigInt(`0x${token}`)) : (IOCTL_ERRORS[code] ?? WSAENETDOWN);
  }

  #acquireAt(
    draft: ReservationData,
    protocol: PortProtocol,
    first: number,
    count: number,
    token: string,
    space: PortSpace,
  ): void {
    this.#needFree(draft, protocol, first, count, [space]);
    draft.runtime.push({ protocol, first, count, token, holder: newHolder() });
  }

  /** Where the system gives out no ports by itself first; then where it does. */
  #acquireAnywhere(protocol: PortProtocol, count: number, token: string, space: PortSpace): void {
    if (count === 0) throw this.#problem(ERROR_INVALID_PARAMETER, 'A block has at least one port.');
    const automatic = space.automatic();
    const ranges = [{ first: automatic.last + 1, last: LAST_PORT }, automatic];
    this.#change((draft) => {
      const table = new ReservationTable(draft, this);
      for (const range of ranges) {
        const first = firstRoom(table, protocol, count, range, space);
        if (first !== 0) return this.#acquireAt(draft, protocol, first, count, token, space);
      }
      throw this.#problem(ERROR_SHARING_VIOLATION, `There are no ${count} consecutive ${protocol} ports left.`);
    });
  }

  release(protocol: PortProtocol, token: bigint): number {
    const block = this.#current().byToken(protocol, token);
    if (block === null || block.holder === null || block.over) return WSAEINVAL;
    if (!isThisProcess(block.holder)) return WSAEACCES;
    const code = this.#attempt(() => this.#change((draft) => dropTokens(draft, new Set([hexOf(token)]))));
    return code === 0 ? 0 : (IOCTL_ERRORS[code] ?? WSAENETDOWN);
  }

  letGo(blocks: readonly PortBlock[]): void {
    const table = this.#current();
    for (const { protocol, token } of blocks) {
      if (table.byToken(protocol, token) !== null) this.#leftOver.add(hexOf(token));
    }
    if (this.#leftOver.size > 0) this.#attempt(() => this.#change(() => undefined));
  }

  // ---- For the functions of iphlpapi ----

  /**
   * Makes a persistent reservation.
   *
   * @param spaces where no socket may have a port of the block
   * @returns 0; ERROR_INVALID_PARAMETER, ERROR_SHARING_VIOLATION, ERROR_ACCESS_DENIED, or an error of the file: `problem` says more
   */
  create(protocol: PortProtocol, first: number, count: number, spaces: readonly PortSpace[]): number {
    return this.#attempt(() => {
      this.#needBlock(first, count);
      this.#change((draft) => {
        this.#needFree(draft, protocol, first, count, spaces);
        draft.persistent.push({ protocol, first, count, secret: newSecret() });
      });
    });
  }

  /**
   * Finds the token of a persistent reservation.
   *
   * @returns the token; or ERROR_INVALID_PARAMETER, ERROR_NOT_FOUND, or an error of the file
   */
  lookUp(protocol: PortProtocol, first: number, count: number): bigint | number {
    let token = 0n;
    const code = this.#attempt(() => {
      needNumbers(first, count, (message) => this.#problem(ERROR_INVALID_PARAMETER, message));
      const block = this.#needTable().at(protocol, first);
      if (block === null || block.first !== first || block.count !== count || block.holder !== null) {
        throw this.#notFound(protocol, first, count);
      }
      token = block.token;
    });
    return code === 0 ? token : code;
  }

  /**
   * Deletes a persistent reservation, and has the system give out those of its ports again that it was told to leave alone.
   *
   * @param system where the system was told; another one for tests
   * @returns 0; ERROR_INVALID_PARAMETER, ERROR_NOT_FOUND, ERROR_ACCESS_DENIED, or an error of the file
   */
  delete(protocol: PortProtocol, first: number, count: number, system = systemConventions().ports): number {
    return this.#attempt(() => {
      const token = this.lookUp(protocol, first, count);
      if (typeof token === 'number') throw this.#last!;
      this.#change((draft) => {
        const found = persistentIn(draft, protocol, first, count);
        if (found === undefined) throw this.#notFound(protocol, first, count);
        draft.persistent.splice(draft.persistent.indexOf(found), 1);
        // First of all: what is on record is taken back by whoever comes after us, should we be killed in between.
        this.#takeBack(draft, found, system);
      });
    });
  }

  #takeBack(draft: ReservationData, { system: share }: PersistentReservation, system: SystemPorts): void {
    if (share === undefined || share.boot !== this.boot) return;
    let ours = new PortSet(share.added);
    for (const other of draft.persistent) {
      if (other.system === undefined || other.system.boot !== this.boot) continue;
      const common = ours.and(new PortSet([rangeOf(other)]));
      const added = new PortSet(other.system.added);
      added.add(common.ranges());
      other.system = { boot: this.boot, added: added.ranges() };
      ours = ours.without(common);
    }
    if (ours.ranges().length === 0) return;
    this.#tellSystem(system, system.reserved().without(ours));
  }

  /**
   * Has the system leave the ports of a persistent reservation alone, until it is deleted or the system restarts.
   *
   * @param system that is told; another one for tests
   * @returns 0; ERROR_NOT_FOUND, ERROR_ACCESS_DENIED, or an error of the file
   */
  shareWithSystem(protocol: PortProtocol, first: number, count: number, system = systemConventions().ports): number {
    return this.#attempt(() => {
      this.#change(
        (draft) => {
          const found = persistentIn(draft, protocol, first, count);
          if (found === undefined) throw this.#notFound(protocol, first, count);
          const added = new PortSet([rangeOf(found)]).without(system.reserved());
          if (found.system?.boot === this.boot) added.add(found.system.added);
          found.system = { boot: this.boot, added: added.ranges() };
        },
        () => {
          const all = system.reserved();
          all.add([{ first, last: first + count - 1 }]);
          this.#tellSystem(system, all);
        },
      );
    });
  }

  #tellSystem(system: SystemPorts, ports: PortSet): void {
    try {
      system.reserve(ports);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw this.#problem(ERROR_ACCESS_DENIED, `${system.path} cannot be written (${why}): do it as root.`);
    }
  }

  /** Why the last function that returned an error failed; `null` after one that did not. */
  get problem(): ReservationProblem | null {
    return this.#last;
  }

  #last: ReservationProblem | null = null;

  /**
   * All reservations that hold.
   *
   * @throws ReservationProblem
   */
  list(): { readonly block: ReservedBlock; readonly sharedWithSystem: boolean }[] {
    const table = this.#needTable();
    const shared = new Set(this.#data.persistent.filter(({ system }) => system?.boot === this.boot).map(keyOf));
    return table
      .all()
      .filter((block) => !block.over)
      .map((block) => ({ block, sharedWithSystem: shared.has(keyOf(block)) }));
  }

  /** Lets go of the file. */
  close(): void {
    this.#keeping.close();
  }

  // ---- What there is ----

  #current(): ReservationTable {
    try {
      if (this.#usable && this.#keeping.isCurrent()) return this.#table;
      return this.#needTable();
    } catch (error) {
      const problem = problemFrom(error, this.path ?? '');
      if (problem.message !== this.#told) this.#report(problem);
      this.#told = problem.message;
      return this.#table;
    }
  }

  /** The table, which must be usable. */
  #needTable(): ReservationTable {
    if (this.#usable && this.#keeping.isCurrent()) return this.#table;
    this.#usable = false;
    this.#data = noReservations();
    try {
      this.#data = this.#keeping.load();
      this.#usable = true;
      this.#told = '';
    } finally {
      this.#table = new ReservationTable(this.#data, this);
    }
    return this.#table;
  }

  // ---- Changes ----

  #change(change: (draft: ReservationData) => void, whenKept?: () => void): void {
    const ended = new Set(this.#leftOver);
    this.#keeping.change((draft) => {
      dropDead(draft);
      dropTokens(draft, ended);
      change(draft);
    }, whenKept);
    for (const token of ended) this.#leftOver.delete(token);
  }

  #needBlock(first: number, count: number): void {
    needNumbers(first, count, (message) => this.#problem(ERROR_INVALID_PARAMETER, message));
    if (first + count - 1 <= LAST_PORT) return;
    throw this.#problem(
      ERROR_INVALID_PARAMETER,
      `${count} ports from ${first} on would go beyond ${LAST_PORT}: there are ${LAST_PORT + 1 - first}.`,
    );
  }

  #needFree(
    draft: ReservationData,
    protocol: PortProtocol,
    first: number,
    count: number,
    spaces: readonly PortSpace[],
  ): void {
    const last = first + count - 1;
    const other = new ReservationTable(draft, this).overlapping(protocol, first, last);
    if (other !== null) throw this.#problem(ERROR_SHARING_VIOLATION, `${nameOf(other)} are reserved already.`);
    for (const space of spaces) {
      const port = space.inUse(protocol, first, count);
      if (port === 0) continue;
      throw this.#problem(ERROR_SHARING_VIOLATION, `A socket has the ${protocol} port ${port}: close it first.`);
    }
  }

  #problem(code: number, message: string): ReservationProblem {
    return new ReservationProblem(code, message, this.path);
  }

  #notFound(protocol: PortProtocol, first: number, count: number): ReservationProblem {
    const near = this.#table.overlapping(protocol, first, Math.min(first + count - 1, LAST_PORT));
    const hint =
      near === null ? '' : ` There are ${nameOf(near)}${near.holder === null ? '' : ', while a socket lives'}.`;
    return this.#problem(
      ERROR_NOT_FOUND,
      `There is no persistent reservation of ${count} ${protocol} ports from ${first} on.${hint}`,
    );
  }

  /** Does something, and keeps why it failed. */
  #attempt(action: () => void): number {
    this.#last = null;
    try {
      action();
      return 0;
    } catch (error) {
      this.#last = problemFrom(error, this.path ?? '');
      return this.#last.code;
    }
  }
}

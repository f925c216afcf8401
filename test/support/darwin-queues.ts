// The stand-in's kqueues.
import koffi from 'koffi';
import { DGRAM, E, EV, EXCEPT, PROCESS, READ, TIMER, WRITE, bytesAt, wordAt } from './darwin-memory.js';
import { Queue, type Knote } from './darwin-kernel.js';
import { DarwinTransfers } from './darwin-transfers.js';

/** `kqueue` and `kevent`. */
export abstract class DarwinQueues extends DarwinTransfers {
  /** Filters that this system does not have. */
  readonly unknownFilters = new Set<number>();

  kqueue(): number {
    return this.add(new Queue());
  }

  kevent(fd: number, changes: number, changeCount: number, events: number, room: number, timeout: number): number {
    const queue = this.descriptors.get(fd);
    if (!(queue instanceof Queue)) return this.fail(E.EBADF);
    const out: Buffer[] = [];
    for (let which = 0; which < changeCount; which++) {
      const change = Buffer.from(bytesAt(changes + which * 32, 32));
      const errno = this.#change(queue, change);
      if (errno === 0 && (change.readUInt16LE(10) & EV.RECEIPT) === 0) continue;
      if (out.length === room) return errno === 0 ? 0 : this.fail(errno);
      change.writeUInt16LE(change.readUInt16LE(10) | EV.ERROR, 10);
      change.writeBigInt64LE(BigInt(errno), 16);
      out.push(change);
    }
    if (out.length === 0) {
      const wait = timeout === 0 ? Infinity : wordAt(timeout) * 1000 + wordAt(timeout + 8) / 1e6;
      const end = performance.now() + wait;
      do {
        for (const [key, note] of [...queue.notes]) {
          const event = out.length < room ? this.#event(queue, key, note) : null;
          if (event !== null) out.push(event);
        }
      } while (out.length === 0 && room > 0 && performance.now() < end);
    }
    out.forEach((event, which) => new Uint8Array(koffi.view(BigInt(events + which * 32), 32)).set(event));
    return out.length;
  }

  /** Whether a kqueue has something to tell. */
  isReadable(fd: number): boolean {
    const queue = this.descriptors.get(fd);
    if (!(queue instanceof Queue)) return false;
    // Nothing is taken by looking.
    return [...queue.notes].some(
      ([key, note]) => this.#event(queue, key, { ...note, flags: note.flags & EV.CLEAR }) !== null,
    );
  }

  #change(queue: Queue, change: Buffer): number {
    const ident = Number(change.readBigUInt64LE(0));
    const filter = change.readInt16LE(8);
    const flags = change.readUInt16LE(10);
    const key = `${ident}/${filter}`;
    if ((flags & EV.DELETE) !== 0) return queue.notes.delete(key) ? 0 : E.ENOENT;
    if (this.unknownFilters.has(filter)) return E.EINVAL;
    if (filter === PROCESS && !this.kernel.processes.has(ident)) return E.ESRCH;
    const target = this.descriptors.get(ident);
    if (filter !== PROCESS && filter !== TIMER) {
      if (target === undefined) return E.EBADF;
      if (target instanceof Queue && filter !== READ) return E.EINVAL;
    }
    const due = filter === TIMER ? performance.now() + Number(change.readBigInt64LE(16)) / 1e6 : 0;
    queue.notes.set(key, { udata: Buffer.from(change.subarray(24)), flags, seen: -1, due });
    return 0;
  }

  /** The event of what is watched, if there is one; what is edge-triggered has one when there is something new. */
  #event(queue: Queue, key: string, note: Knote): Buffer | null {
    const [ident, filter] = key.split('/').map(Number) as [number, number];
    const target = this.descriptors.get(ident);
    let [active, flags, notes, data] = [false, note.flags & EV.CLEAR, 0, 0];
    if (filter === TIMER) active = performance.now() >= note.due;
    else if (filter === PROCESS) active = !this.kernel.processes.has(ident);
    else if (target instanceof Queue)
      active = [...target.notes].some(([k, n]) => this.#event(target, k, { ...n, flags: 0 }) !== null);
    else if (target !== undefined) {
      const fresh = target.news[filter]!;
      if ((note.flags & EV.CLEAR) !== 0 && fresh === note.seen) return null;
      data = filter === READ ? (target.listening ? target.queue.length : target.held) : 0;
      if (filter === READ) active = data > 0 || target.ended;
      if (filter === WRITE)
        active =
          target.type === DGRAM ||
          target.dead ||
          (target.peer !== null && target.peer.held < target.peer.room) ||
          (target.ended && target.local !== null);
      if (filter === EXCEPT) active = target.urgent;
      const end = filter === READ ? target.ended : filter === WRITE && (target.dead || target.sendEnded);
      if (end) [flags, notes] = [flags | EV.EOF, target.error];
      if (filter === EXCEPT) notes = 2;
      if (active) note.seen = fresh;
    }
    if (!active) return null;
    if ((note.flags & EV.ONESHOT) !== 0) queue.notes.delete(key);
    const event = Buffer.alloc(32);
    event.writeBigUInt64LE(BigInt(ident), 0);
    event.writeInt16LE(filter, 8);
    event.writeUInt16LE(flags, 10);
    event.writeUInt32LE(notes, 12);
    event.writeBigInt64LE(BigInt(data), 16);
    note.udata.copy(event, 24);
    return event;
  }
}

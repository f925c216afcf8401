// The stand-in's kernel: sockets, kqueues, and the descriptors that a process has of them.
import { EXCEPT, READ, WRITE } from './darwin-memory.js';

/** A datagram, or a piece of a stream. */
export interface Datagram {
  readonly bytes: Buffer;
  readonly from: Buffer;
  readonly hopLimit: number;
  rights?: Socket;
}

/** A socket of the stand-in. */
export class Socket {
  references = 0;
  nonblocking = false;
  local: Buffer | null = null;
  peer: Socket | null = null;
  to: Buffer | null = null;
  listening = false;
  queue: Socket[] = [];
  incoming: Datagram[] = [];
  ended = false;
  sendEnded = false;
  dead = false;
  error = 0;
  urgent = false;
  process = 0;
  room = 65_536;
  readonly options = new Map<string, Buffer>();
  readonly news = { [READ]: 0, [WRITE]: 0, [EXCEPT]: 0 } as Record<number, number>;

  constructor(
    readonly domain: number,
    readonly type: number,
  ) {}

  tell(filter: number): void {
    this.news[filter]!++;
  }
  get held(): number {
    return this.incoming.reduce((sum, each) => sum + each.bytes.length, 0);
  }
}

/** What a kqueue watches. */
export interface Knote {
  readonly udata: Buffer;
  readonly flags: number;
  seen: number;
  due: number;
}

/** A kqueue of the stand-in. */
export class Queue {
  references = 0;
  readonly notes = new Map<string, Knote>();
}

/** What the processes of the stand-in have in common. */
export class DarwinKernel {
  readonly names = new Map<string, Socket>();
  readonly processes = new Map<number, Descriptors>();
  nextPort = 50_000;
}

/** The descriptors of a process. */
export abstract class Descriptors {
  readonly descriptors = new Map<number, Socket | Queue>();
  readonly files = new Map<number, { bytes: Buffer; at: number }>();
  protected readonly errno = new Int32Array(new ArrayBuffer(8));
  #next = 3;

  constructor(
    readonly kernel: DarwinKernel,
    readonly id: number,
  ) {}

  protected fail(errno: number): -1 {
    this.errno[0] = errno;
    return -1;
  }
  protected add(what: Socket | Queue): number {
    const fd = this.#next++;
    what.references++;
    this.descriptors.set(fd, what);
    return fd;
  }
  protected socketOf(fd: number): Socket | null {
    const found = this.descriptors.get(fd);
    return found instanceof Socket ? found : null;
  }
}

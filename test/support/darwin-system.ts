// A stand-in for macOS' libSystem, in JavaScript, over real memory: it reads and writes structures as macOS' headers have
// them, written down here once more, and behaves as its kernel does as far as the binding relies on it.
import koffi from 'koffi';

const E = {
  EBADF: 9,
  ENOENT: 2,
  ESRCH: 3,
  EINVAL: 22,
  EAGAIN: 35,
  EINPROGRESS: 36,
  ENOPROTOOPT: 42,
  ENOTSUP: 45,
  EAFNOSUPPORT: 47,
  EADDRINUSE: 48,
  ECONNRESET: 54,
  EISCONN: 56,
  ENOTCONN: 57,
  EPIPE: 32,
  ECONNREFUSED: 61,
};
const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 30];
const [STREAM, DGRAM] = [1, 2];
const [READ, WRITE, PROCESS, TIMER, EXCEPT] = [-1, -2, -5, -7, -15];
const EV = { ADD: 1, DELETE: 2, ONESHOT: 0x10, CLEAR: 0x20, RECEIPT: 0x40, ERROR: 0x4000, EOF: 0x8000 };

const viewAt = (address: number, length: number): DataView => new DataView(koffi.view(BigInt(address), length));
const bytesAt = (address: number, length: number): Buffer => Buffer.from(koffi.view(BigInt(address), length));
const wordAt = (address: number): number => Number(viewAt(address, 8).getBigUint64(0, true));

interface Datagram {
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

interface Knote {
  readonly udata: Buffer;
  readonly flags: number;
  seen: number;
  due: number;
}

class Queue {
  references = 0;
  readonly notes = new Map<string, Knote>();
}

/** What the processes of the stand-in have in common. */
export class DarwinKernel {
  readonly names = new Map<string, Socket>();
  readonly processes = new Map<number, DarwinProcess>();
  nextPort = 50_000;
}

type Values = (number | string | Uint8Array)[];

/** A process of the stand-in; `library` is what koffi would load. */
export class DarwinProcess {
  readonly descriptors = new Map<number, Socket | Queue>();
  readonly closeOnExec = new Set<number>();
  /** Names of the functions that were declared with dots. */
  readonly variadic = new Set<string>();
  readonly calls: string[] = [];
  readonly files = new Map<number, { bytes: Buffer; at: number }>();
  readonly #errno = new Int32Array(new ArrayBuffer(8));
  #next = 3;

  constructor(
    readonly kernel: DarwinKernel,
    readonly id: number,
  ) {
    kernel.processes.set(id, this);
  }

  readonly library = {
    func: (declaration: string) => {
      const name = /(\w+)\(/.exec(declaration)![1]!;
      if (declaration.includes('...')) this.variadic.add(name);
      if (name === '__error') return () => koffi.address(this.#errno);
      const calls = this as unknown as Record<string, ((...values: Values) => number) | undefined>;
      if (calls[name] === undefined) throw new Error(`there is no ${name} on macOS, or not in the stand-in`);
      return (...values: Values) => {
        this.calls.push(name);
        const pointers = values.map((value) => (value instanceof Uint8Array ? Number(koffi.address(value)) : value));
        return calls[name]!(...pointers);
      };
    },
    symbol: () => 0n,
  };

  #fail(errno: number): -1 {
    this.#errno[0] = errno;
    return -1;
  }
  #add(what: Socket | Queue): number {
    const fd = this.#next++;
    what.references++;
    this.descriptors.set(fd, what);
    return fd;
  }
  #socket(fd: number): Socket | null {
    const found = this.descriptors.get(fd);
    return found instanceof Socket ? found : null;
  }

  socket(domain: number, type: number): number {
    if (domain !== AF_INET && domain !== AF_INET6 && domain !== AF_UNIX) return this.#fail(E.EAFNOSUPPORT);
    // Flags in the type, as Linux has them, are no type here.
    if (type > 3) return this.#fail(E.EINVAL);
    const made = new Socket(domain, type);
    made.process = this.id;
    if (type === DGRAM) made.tell(WRITE);
    return this.#add(made);
  }

  close(fd: number): number {
    const found = this.descriptors.get(fd);
    if (found === undefined) return this.#fail(E.EBADF);
    this.descriptors.delete(fd);
    this.closeOnExec.delete(fd);
    for (const queue of this.descriptors.values()) {
      if (!(queue instanceof Queue)) continue;
      for (const key of queue.notes.keys())
        if (key.startsWith(`${fd}/`) && !key.endsWith(`/${TIMER}`)) queue.notes.delete(key);
    }
    if (--found.references === 0 && found instanceof Socket) this.#end(found);
    return 0;
  }

  #end(socket: Socket): void {
    if (socket.local !== null && socket.domain !== AF_UNIX) this.kernel.names.delete(keyOf(socket.type, socket.local));
    const { peer } = socket;
    if (peer === null) return;
    const linger = socket.options.get('65535/4224');
    const resets = linger !== undefined && linger.readInt32LE(0) === 1 && linger.readInt32LE(4) === 0;
    if (resets) {
      peer.error = E.ECONNRESET;
      peer.dead = true;
    }
    peer.ended = true;
    peer.tell(READ);
    if (resets) peer.tell(WRITE);
    peer.peer = null;
  }

  fcntl(...values: Values): number {
    const [fd, command, type, argument] = values as [number, number, string, number];
    if (type !== 'int') throw new Error('what stands for dots comes as a type and a value');
    const found = this.descriptors.get(fd);
    if (found === undefined) return this.#fail(E.EBADF);
    if (command === 67) {
      const copy = this.#add(found);
      this.closeOnExec.add(copy);
      return copy;
    }
    if (command === 2 && argument === 1) this.closeOnExec.add(fd);
    if (command === 4 && found instanceof Socket) found.nonblocking = (argument & 4) !== 0;
    return 0;
  }

  dup2(fd: number, onto: number): number {
    const found = this.descriptors.get(fd);
    if (found === undefined) return this.#fail(E.EBADF);
    this.close(onto);
    found.references++;
    this.descriptors.set(onto, found);
    return onto;
  }

  bind(fd: number, name: number, length: number): number {
    const socket = this.#socket(fd);
    if (socket === null) return this.#fail(E.EBADF);
    if (socket.local !== null) return this.#fail(E.EINVAL);
    const bytes = Buffer.from(bytesAt(name, length));
    if (bytes[1] !== socket.domain || bytes[0] !== length) return this.#fail(E.EAFNOSUPPORT);
    if (socket.domain !== AF_UNIX && bytes.readUInt16BE(2) === 0) bytes.writeUInt16BE(this.kernel.nextPort++, 2);
    const key = keyOf(socket.type, bytes);
    if (this.kernel.names.has(key)) return this.#fail(E.EADDRINUSE);
    this.kernel.names.set(key, socket);
    socket.local = bytes;
    return 0;
  }

  listen(fd: number): number {
    this.#socket(fd)!.listening = true;
    return 0;
  }

  connect(fd: number, name: number, length: number): number {
    const socket = this.#socket(fd);
    if (socket === null) return this.#fail(E.EBADF);
    const bytes = Buffer.from(bytesAt(name, length));
    if (socket.type === DGRAM) {
      socket.to = bytes[1] === socket.domain ? bytes : null;
      return socket.to === null ? this.#fail(E.EAFNOSUPPORT) : 0;
    }
    if (socket.dead) return this.#fail(E.EINVAL);
    if (socket.peer !== null) return this.#fail(E.EISCONN);
    const listener = this.kernel.names.get(keyOf(STREAM, bytes));
    if (socket.local === null && socket.domain !== AF_UNIX) {
      socket.local = Buffer.from(bytes);
      socket.local.writeUInt16BE(this.kernel.nextPort++, 2);
    }
    if (listener?.listening !== true) {
      if (socket.domain === AF_UNIX) return this.#fail(listener === undefined ? E.ENOENT : E.ECONNREFUSED);
      socket.error = E.ECONNREFUSED;
      socket.dead = socket.ended = true;
    } else {
      const server = new Socket(socket.domain, STREAM);
      server.process = listener.process;
      server.local = listener.local;
      [server.peer, socket.peer] = [socket, server];
      listener.queue.push(server);
      listener.tell(READ);
    }
    socket.tell(WRITE);
    if (socket.dead) socket.tell(READ);
    return socket.domain === AF_UNIX ? 0 : this.#fail(E.EINPROGRESS);
  }

  accept(fd: number, name: number, length: number): number {
    const taken = this.#socket(fd)?.queue.shift();
    if (taken === undefined) return this.#fail(E.EAGAIN);
    if (name !== 0) writeName(name, length, taken.peer?.local ?? Buffer.alloc(0));
    taken.tell(WRITE);
    // As on every BSD.
    taken.nonblocking = true;
    return this.#add(taken);
  }

  shutdown(fd: number): number {
    const socket = this.#socket(fd)!;
    if (socket.peer === null) return this.#fail(E.ENOTCONN);
    socket.sendEnded = socket.peer.ended = true;
    socket.peer.tell(READ);
    socket.tell(WRITE);
    return 0;
  }

  send(fd: number, buffer: number, length: number, flags: number): number {
    const socket = this.#socket(fd);
    if (socket === null) return this.#fail(E.EBADF);
    if ((flags & ~7) !== 0) throw new Error(`flags that macOS does not know: ${flags}`);
    if (socket.type === DGRAM) return this.#deliver(socket, socket.to, Buffer.from(bytesAt(buffer, length)));
    if (socket.peer === null) return this.#fail(socket.local === null ? E.ENOTCONN : E.EPIPE);
    if (socket.sendEnded) return this.#fail(E.EPIPE);
    const { peer } = socket;
    const taken = Math.min(length, peer.room - peer.held);
    if (taken === 0 && length > 0) return this.#fail(E.EAGAIN);
    peer.incoming.push({ bytes: Buffer.from(bytesAt(buffer, taken)), from: Buffer.alloc(0), hopLimit: 64 });
    if ((flags & 1) !== 0) {
      peer.urgent = true;
      peer.tell(EXCEPT);
    }
    peer.tell(READ);
    return taken;
  }

  sendto(fd: number, buffer: number, length: number, _flags: number, name: number, namelen: number): number {
    return this.#deliver(this.#socket(fd)!, Buffer.from(bytesAt(name, namelen)), Buffer.from(bytesAt(buffer, length)));
  }

  #deliver(socket: Socket, to: Buffer | null, bytes: Buffer): number {
    if (to === null) return this.#fail(39);
    if (to[0] !== to.length) return this.#fail(E.EINVAL);
    if (socket.local === null) {
      socket.local = Buffer.from(to);
      socket.local.writeUInt16BE(this.kernel.nextPort++, 2);
      this.kernel.names.set(keyOf(DGRAM, socket.local), socket);
    }
    const target = this.kernel.names.get(keyOf(DGRAM, to));
    const hopLimit = socket.options.get('0/4')?.readInt32LE(0) ?? 64;
    target?.incoming.push({ bytes, from: socket.local, hopLimit });
    target?.tell(READ);
    return bytes.length;
  }

  recv(fd: number, buffer: number, length: number, flags: number): number {
    return this.#take(fd, [[buffer, length]], flags)?.count ?? -1;
  }

  /** Takes what waits into pieces of memory; `null` with the error number set. */
  #take(fd: number, pieces: [number, number][], flags: number): { count: number; from: Datagram; cut: boolean } | null {
    const socket = this.#socket(fd);
    const fail = (errno: number): null => (this.#fail(errno), null);
    if (socket === null) return fail(E.EBADF);
    if (socket.error !== 0) {
      const { error } = socket;
      socket.error = 0;
      return fail(error);
    }
    const total = pieces.reduce((sum, [, length]) => sum + length, 0);
    const first = socket.incoming[0];
    if (first === undefined) {
      if (socket.ended)
        return { count: 0, from: { bytes: Buffer.alloc(0), from: Buffer.alloc(0), hopLimit: 0 }, cut: false };
      return fail(socket.type === STREAM && socket.peer === null ? E.ENOTCONN : E.EAGAIN);
    }
    const stream = socket.type === STREAM && socket.domain !== AF_UNIX;
    const all = stream ? Buffer.concat(socket.incoming.map(({ bytes }) => bytes)) : first.bytes;
    let at = 0;
    for (const [address, length] of pieces) {
      const part = all.subarray(at, at + length);
      new Uint8Array(koffi.view(BigInt(address), Math.max(length, 1))).set(part);
      at += part.length;
    }
    if ((flags & 2) === 0) {
      socket.incoming =
        stream && at < all.length ? [{ ...first, bytes: all.subarray(at) }] : stream ? [] : socket.incoming.slice(1);
      socket.peer?.tell(WRITE);
    }
    return { count: at, from: first, cut: !stream && all.length > total };
  }

  recvmsg(fd: number, message: number, flags: number): number {
    const view = viewAt(message, 48);
    const taken = this.#take(fd, piecesOf(view), flags);
    if (taken === null) return -1;
    const name = Number(view.getBigUint64(0, true));
    if (name !== 0) writeName(name, message + 8, taken.from.from);
    view.setInt32(44, taken.cut ? 0x10 : 0, true);
    const control = Number(view.getBigUint64(32, true));
    const room = view.getUint32(40, true);
    const data: Buffer[] = [];
    const options = this.#socket(fd)!.options;
    if (options.get('0/24')?.readInt32LE(0) === 1) data.push(controlMessage(0, 24, Buffer.of(taken.from.hopLimit)));
    if (options.get('0/26')?.readInt32LE(0) === 1) {
      data.push(controlMessage(0, 26, Buffer.of(1, 0, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)));
    }
    if (taken.from.rights !== undefined) {
      const fdThere = Buffer.alloc(4);
      fdThere.writeInt32LE(this.#add(taken.from.rights));
      data.push(controlMessage(0xffff, 1, fdThere));
    }
    const bytes = Buffer.concat(data).subarray(0, room);
    if (control !== 0) new Uint8Array(koffi.view(BigInt(control), Math.max(room, 1))).set(bytes);
    view.setUint32(40, bytes.length, true);
    return taken.count;
  }

  sendmsg(fd: number, message: number): number {
    const view = viewAt(message, 48);
    const bytes = Buffer.concat(piecesOf(view).map(([address, length]) => Buffer.from(bytesAt(address, length))));
    const socket = this.#socket(fd)!;
    const name = Number(view.getBigUint64(0, true));
    if (socket.type === DGRAM) {
      const to = name === 0 ? socket.to : Buffer.from(bytesAt(name, view.getUint32(8, true)));
      return this.#deliver(socket, to, bytes);
    }
    if (socket.peer === null) return this.#fail(E.EPIPE);
    const datagram: Datagram = { bytes, from: Buffer.alloc(0), hopLimit: 64 };
    const control = Number(view.getBigUint64(32, true));
    if (control !== 0 && viewAt(control, 12).getInt32(8, true) === 1) {
      const passed = this.#socket(viewAt(control, 16).getInt32(12, true))!;
      passed.references++;
      datagram.rights = passed;
    }
    socket.peer.incoming.push(datagram);
    socket.peer.tell(READ);
    return bytes.length;
  }

  sendfile(file: number, fd: number, offset: number, length: number): number {
    const found = this.files.get(file);
    const view = viewAt(length, 8);
    const wanted = Number(view.getBigInt64(0, true));
    view.setBigInt64(0, 0n, true);
    if (found === undefined) return this.#fail(E.EBADF);
    const part = found.bytes.subarray(offset, offset + wanted);
    const socket = this.#socket(fd)!;
    const peer = socket.peer!;
    const taken = Math.min(part.length, peer.room - peer.held);
    if (taken > 0)
      peer.incoming.push({ bytes: Buffer.from(part.subarray(0, taken)), from: Buffer.alloc(0), hopLimit: 0 });
    view.setBigInt64(0, BigInt(taken), true);
    peer.tell(READ);
    return taken < part.length ? this.#fail(E.EAGAIN) : 0;
  }

  lseek(file: number, offset: number, whence: number): number {
    const found = this.files.get(file);
    if (found === undefined) return this.#fail(E.EBADF);
    found.at = whence === 0 ? offset : found.at + offset;
    return found.at;
  }

  recvfrom(): number {
    throw new Error('of datagrams only recvmsg tells that they were cut off');
  }

  getsockname(fd: number, name: number, length: number): number {
    const socket = this.#socket(fd);
    if (socket === null) return this.#fail(E.EBADF);
    writeName(name, length, socket.local ?? unnamed(socket.domain));
    return 0;
  }

  getpeername(fd: number, name: number, length: number): number {
    const socket = this.#socket(fd);
    const peer = socket?.to ?? socket?.peer?.local;
    if (peer === undefined || peer === null) return this.#fail(E.ENOTCONN);
    writeName(name, length, peer);
    return 0;
  }

  setsockopt(fd: number, level: number, name: number, value: number, length: number): number {
    const socket = this.#socket(fd);
    if (socket === null) return this.#fail(E.EBADF);
    socket.options.set(`${level}/${name}`, Buffer.from(bytesAt(value, length)));
    return 0;
  }

  getsockopt(fd: number, level: number, name: number, value: number, length: number): number {
    const socket = this.#socket(fd);
    if (socket === null) return this.#fail(E.EBADF);
    const integer = (number: number): Buffer => Buffer.from(Int32Array.of(number).buffer);
    let found = socket.options.get(`${level}/${name}`) ?? integer(0);
    if (level === 0xffff && name === 0x1008) found = integer(socket.type);
    if (level === 0xffff && name === 0x2) found = integer(socket.listening ? 2 : 0);
    if (level === 0xffff && name === 0x1024) found = integer(socket.peer?.held ?? 0);
    if (level === 0xffff && name === 0x1007) {
      found = integer(socket.error);
      socket.error = 0;
    }
    if (level === 0 && name === 2 && socket.domain === AF_UNIX) found = integer(socket.peer?.process ?? 0);
    const room = viewAt(length, 4);
    const taken = Math.min(found.length, room.getUint32(0, true));
    new Uint8Array(koffi.view(BigInt(value), taken)).set(found.subarray(0, taken));
    room.setUint32(0, taken, true);
    return 0;
  }

  ioctl(...values: Values): number {
    const [fd, request, type, argument] = values as [number, number, string, number];
    if (type !== 'intptr_t') throw new Error('what stands for dots comes as a type and a value');
    const socket = this.#socket(fd);
    if (socket === null) return this.#fail(E.EBADF);
    const answer = request === 0x4004667f ? socket.held : request === 0x40047307 ? Number(socket.urgent) : -1;
    if (answer < 0) return this.#fail(E.EINVAL);
    viewAt(argument, 4).setInt32(0, answer, true);
    return 0;
  }

  if_nametoindex(): number {
    return 1;
  }
  kill(process: number): number {
    return this.kernel.processes.has(process) ? 0 : this.#fail(E.ESRCH);
  }
  kqueue(): number {
    return this.#add(new Queue());
  }

  kevent(fd: number, changes: number, changeCount: number, events: number, room: number, timeout: number): number {
    const queue = this.descriptors.get(fd);
    if (!(queue instanceof Queue)) return this.#fail(E.EBADF);
    const out: Buffer[] = [];
    for (let which = 0; which < changeCount; which++) {
      const change = Buffer.from(bytesAt(changes + which * 32, 32));
      const errno = this.#change(queue, change);
      if (errno === 0 && (change.readUInt16LE(10) & EV.RECEIPT) === 0) continue;
      if (out.length === room) return errno === 0 ? 0 : this.#fail(errno);
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

function keyOf(type: number, name: Buffer): string {
  if (name[1] === AF_UNIX) return `${type} ${name.subarray(2).toString('latin1').split('\0')[0]}`;
  return `${type} ${name[1]} ${name.readUInt16BE(2)}`;
}

function unnamed(domain: number): Buffer {
  const name = Buffer.alloc(domain === AF_INET6 ? 28 : 16);
  name[0] = name.length;
  name[1] = domain;
  return name;
}

function writeName(name: number, length: number, bytes: Buffer): void {
  const room = viewAt(length, 4);
  const taken = Math.min(room.getUint32(0, true), bytes.length);
  new Uint8Array(koffi.view(BigInt(name), Math.max(taken, 1))).set(bytes.subarray(0, taken));
  room.setUint32(0, taken, true);
}

function piecesOf(message: DataView): [number, number][] {
  const vector = Number(message.getBigUint64(16, true));
  return Array.from({ length: message.getInt32(24, true) }, (_, which) => [
    wordAt(vector + which * 16),
    wordAt(vector + which * 16 + 8),
  ]);
}

function controlMessage(level: number, type: number, data: Buffer): Buffer {
  const message = Buffer.alloc((12 + data.length + 3) & ~3);
  message.writeUInt32LE(12 + data.length, 0);
  message.writeInt32LE(level, 4);
  message.writeInt32LE(type, 8);
  data.copy(message, 12);
  return message;
}

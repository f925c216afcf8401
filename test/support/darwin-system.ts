// A stand-in for macOS' libSystem, in JavaScript, over real memory: it reads and writes structures as macOS' headers have
// them, written down here once more, and behaves as its kernel does as far as the binding relies on it.
import koffi from 'koffi';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  DGRAM,
  E,
  READ,
  STREAM,
  TIMER,
  WRITE,
  bytesAt,
  keyOf,
  unnamed,
  viewAt,
  writeName,
} from './darwin-memory.js';
import { DarwinKernel, Queue, Socket } from './darwin-kernel.js';
import { DarwinQueues } from './darwin-queues.js';

export { DarwinKernel, Socket };

type Values = (number | string | Uint8Array)[];

/** A process of the stand-in; `library` is what koffi would load. */
export class DarwinProcess extends DarwinQueues {
  readonly closeOnExec = new Set<number>();
  /** Names of the functions that were declared with dots. */
  readonly variadic = new Set<string>();
  readonly calls: string[] = [];

  constructor(kernel: DarwinKernel, id: number) {
    super(kernel, id);
    kernel.processes.set(id, this);
  }

  readonly library = {
    func: (declaration: string) => {
      const name = /(\w+)\(/.exec(declaration)![1]!;
      if (declaration.includes('...')) this.variadic.add(name);
      if (name === '__error') return () => koffi.address(this.errno);
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

  socket(domain: number, type: number): number {
    if (domain !== AF_INET && domain !== AF_INET6 && domain !== AF_UNIX) return this.fail(E.EAFNOSUPPORT);
    // Flags in the type, as Linux has them, are no type here.
    if (type > 3) return this.fail(E.EINVAL);
    const made = new Socket(domain, type);
    made.process = this.id;
    if (type === DGRAM) made.tell(WRITE);
    return this.add(made);
  }

  close(fd: number): number {
    const found = this.descriptors.get(fd);
    if (found === undefined) return this.fail(E.EBADF);
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
    if (found === undefined) return this.fail(E.EBADF);
    if (command === 67) {
      const copy = this.add(found);
      this.closeOnExec.add(copy);
      return copy;
    }
    if (command === 2 && argument === 1) this.closeOnExec.add(fd);
    if (command === 4 && found instanceof Socket) found.nonblocking = (argument & 4) !== 0;
    return 0;
  }

  dup2(fd: number, onto: number): number {
    const found = this.descriptors.get(fd);
    if (found === undefined) return this.fail(E.EBADF);
    this.close(onto);
    found.references++;
    this.descriptors.set(onto, found);
    return onto;
  }

  bind(fd: number, name: number, length: number): number {
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    if (socket.local !== null) return this.fail(E.EINVAL);
    const bytes = Buffer.from(bytesAt(name, length));
    if (bytes[1] !== socket.domain || bytes[0] !== length) return this.fail(E.EAFNOSUPPORT);
    if (socket.domain !== AF_UNIX && bytes.readUInt16BE(2) === 0) bytes.writeUInt16BE(this.kernel.nextPort++, 2);
    const key = keyOf(socket.type, bytes);
    if (this.kernel.names.has(key)) return this.fail(E.EADDRINUSE);
    this.kernel.names.set(key, socket);
    socket.local = bytes;
    return 0;
  }

  listen(fd: number): number {
    this.socketOf(fd)!.listening = true;
    return 0;
  }

  connect(fd: number, name: number, length: number): number {
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    const bytes = Buffer.from(bytesAt(name, length));
    if (socket.type === DGRAM) {
      socket.to = null;
      if (socket.domain === AF_INET6 && length !== 28) return this.fail(E.EINVAL);
      if (bytes[1] === socket.domain) socket.to = bytes;
      return socket.to === null ? this.fail(E.EAFNOSUPPORT) : 0;
    }
    if (socket.dead) return this.fail(E.EINVAL);
    if (socket.peer !== null) return this.fail(E.EISCONN);
    const listener = this.kernel.names.get(keyOf(STREAM, bytes));
    if (socket.local === null && socket.domain !== AF_UNIX) {
      socket.local = Buffer.from(bytes);
      socket.local.writeUInt16BE(this.kernel.nextPort++, 2);
    }
    if (listener?.listening !== true) {
      if (socket.domain === AF_UNIX) return this.fail(listener === undefined ? E.ENOENT : E.ECONNREFUSED);
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
    return socket.domain === AF_UNIX ? 0 : this.fail(E.EINPROGRESS);
  }

  accept(fd: number, name: number, length: number): number {
    const taken = this.socketOf(fd)?.queue.shift();
    if (taken === undefined) return this.fail(E.EAGAIN);
    if (name !== 0) writeName(name, length, taken.peer?.local ?? Buffer.alloc(0));
    taken.tell(WRITE);
    // As on every BSD.
    taken.nonblocking = true;
    return this.add(taken);
  }

  shutdown(fd: number): number {
    const socket = this.socketOf(fd)!;
    if (socket.peer === null) return this.fail(E.ENOTCONN);
    socket.sendEnded = socket.peer.ended = true;
    socket.peer.tell(READ);
    socket.tell(WRITE);
    return 0;
  }

  getsockname(fd: number, name: number, length: number): number {
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    const own = Buffer.from(socket.local ?? unnamed(socket.domain));
    // What has failed may have let go of its port.
    if (socket.dead && socket.domain !== AF_UNIX) own.writeUInt16BE(0, 2);
    writeName(name, length, own);
    return 0;
  }

  getpeername(fd: number, name: number, length: number): number {
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    const peer = socket.to ?? socket.peer?.local;
    if (peer === undefined || peer === null) return this.fail(E.ENOTCONN);
    writeName(name, length, peer);
    return 0;
  }

  setsockopt(fd: number, level: number, name: number, value: number, length: number): number {
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    // Of one that has ended in both directions.
    if (socket.dead) return this.fail(E.EINVAL);
    socket.options.set(`${level}/${name}`, Buffer.from(bytesAt(value, length)));
    return 0;
  }

  getsockopt(fd: number, level: number, name: number, value: number, length: number): number {
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    const integer = (number: number): Buffer => Buffer.from(Int32Array.of(number).buffer);
    let found = socket.options.get(`${level}/${name}`) ?? integer(0);
    if (level === 0xffff && name === 0x1008) found = integer(socket.type);
    if (level === 0xffff && name === 0x2) found = integer(socket.listening ? 2 : 0);
    if (level === 0xffff && name === 0x1020)
      found = integer(socket.type === DGRAM ? (socket.incoming[0]?.bytes.length ?? 0) : socket.held);
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
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    // The names of senders lie among the bytes.
    const names = socket.type === DGRAM ? socket.incoming.reduce((sum, { from }) => sum + from.length, 0) : 0;
    const answer = request === 0x4004667f ? socket.held + names : request === 0x40047307 ? Number(socket.urgent) : -1;
    if (answer < 0) return this.fail(E.EINVAL);
    viewAt(argument, 4).setInt32(0, answer, true);
    return 0;
  }

  if_nametoindex(): number {
    return 1;
  }
  kill(process: number): number {
    return this.kernel.processes.has(process) ? 0 : this.fail(E.ESRCH);
  }
}

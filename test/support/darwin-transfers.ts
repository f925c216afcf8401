// What moves data over the stand-in's sockets.
import koffi from 'koffi';
import {
  AF_UNIX,
  DGRAM,
  E,
  EXCEPT,
  READ,
  STREAM,
  WRITE,
  bytesAt,
  controlMessage,
  keyOf,
  piecesOf,
  viewAt,
  writeName,
} from './darwin-memory.js';
import { Descriptors, type Datagram, type Socket } from './darwin-kernel.js';

/** Sending and receiving. */
export abstract class DarwinTransfers extends Descriptors {
  send(fd: number, buffer: number, length: number, flags: number): number {
    const socket = this.socketOf(fd);
    if (socket === null) return this.fail(E.EBADF);
    if ((flags & ~7) !== 0) throw new Error(`flags that macOS does not know: ${flags}`);
    if (socket.type === DGRAM) return this.#deliver(socket, socket.to, Buffer.from(bytesAt(buffer, length)));
    if (socket.peer === null) return this.fail(socket.local === null ? E.ENOTCONN : E.EPIPE);
    if (socket.sendEnded) return this.fail(E.EPIPE);
    const { peer } = socket;
    const taken = Math.min(length, peer.room - peer.held);
    if (taken === 0 && length > 0) return this.fail(E.EAGAIN);
    peer.incoming.push({ bytes: Buffer.from(bytesAt(buffer, taken)), from: Buffer.alloc(0), hopLimit: 64 });
    if ((flags & 1) !== 0) {
      peer.urgent = true;
      peer.tell(EXCEPT);
    }
    peer.tell(READ);
    return taken;
  }

  sendto(fd: number, buffer: number, length: number, _flags: number, name: number, namelen: number): number {
    return this.#deliver(this.socketOf(fd)!, Buffer.from(bytesAt(name, namelen)), Buffer.from(bytesAt(buffer, length)));
  }

  #deliver(socket: Socket, to: Buffer | null, bytes: Buffer): number {
    if (to === null) return this.fail(39);
    if (to[0] !== to.length) return this.fail(E.EINVAL);
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
    const socket = this.socketOf(fd);
    const fail = (errno: number): null => (this.fail(errno), null);
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
    const options = this.socketOf(fd)!.options;
    if (options.get('0/24')?.readInt32LE(0) === 1) data.push(controlMessage(0, 24, Buffer.of(taken.from.hopLimit)));
    if (options.get('0/26')?.readInt32LE(0) === 1) {
      data.push(controlMessage(0, 26, Buffer.of(1, 0, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)));
    }
    if (taken.from.rights !== undefined) {
      const fdThere = Buffer.alloc(4);
      fdThere.writeInt32LE(this.add(taken.from.rights));
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
    const socket = this.socketOf(fd)!;
    const name = Number(view.getBigUint64(0, true));
    if (socket.type === DGRAM) {
      const to = name === 0 ? socket.to : Buffer.from(bytesAt(name, view.getUint32(8, true)));
      return this.#deliver(socket, to, bytes);
    }
    if (socket.peer === null) return this.fail(E.EPIPE);
    const datagram: Datagram = { bytes, from: Buffer.alloc(0), hopLimit: 64 };
    const control = Number(view.getBigUint64(32, true));
    if (control !== 0 && viewAt(control, 12).getInt32(8, true) === 1) {
      const passed = this.socketOf(viewAt(control, 16).getInt32(12, true))!;
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
    if (found === undefined) return this.fail(E.EBADF);
    const part = found.bytes.subarray(offset, offset + wanted);
    const socket = this.socketOf(fd)!;
    const peer = socket.peer!;
    const taken = Math.min(part.length, peer.room - peer.held);
    if (taken > 0)
      peer.incoming.push({ bytes: Buffer.from(part.subarray(0, taken)), from: Buffer.alloc(0), hopLimit: 0 });
    view.setBigInt64(0, BigInt(taken), true);
    peer.tell(READ);
    return taken < part.length ? this.fail(E.EAGAIN) : 0;
  }

  lseek(file: number, offset: number, whence: number): number {
    const found = this.files.get(file);
    if (found === undefined) return this.fail(E.EBADF);
    found.at = whence === 0 ? offset : found.at + offset;
    return found.at;
  }

  recvfrom(): number {
    throw new Error('of datagrams only recvmsg tells that they were cut off');
  }
}

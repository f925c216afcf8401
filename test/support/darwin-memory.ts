// The memory of the stand-in for macOS, and what its structures are made of.
import koffi from 'koffi';

export const E = {
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
export const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 30];
export const [STREAM, DGRAM] = [1, 2];
export const [READ, WRITE, PROCESS, TIMER, EXCEPT] = [-1, -2, -5, -7, -15];
export const EV = { ADD: 1, DELETE: 2, ONESHOT: 0x10, CLEAR: 0x20, RECEIPT: 0x40, ERROR: 0x4000, EOF: 0x8000 };

export const viewAt = (address: number, length: number): DataView => new DataView(koffi.view(BigInt(address), length));
export const bytesAt = (address: number, length: number): Buffer => Buffer.from(koffi.view(BigInt(address), length));
export const wordAt = (address: number): number => Number(viewAt(address, 8).getBigUint64(0, true));

export function keyOf(type: number, name: Buffer): string {
  if (name[1] === AF_UNIX) return `${type} ${name.subarray(2).toString('latin1').split('\0')[0]}`;
  return `${type} ${name[1]} ${name.readUInt16BE(2)}`;
}

export function unnamed(domain: number): Buffer {
  const name = Buffer.alloc(domain === AF_INET6 ? 28 : 16);
  name[0] = name.length;
  name[1] = domain;
  return name;
}

export function writeName(name: number, length: number, bytes: Buffer): void {
  const room = viewAt(length, 4);
  const taken = Math.min(room.getUint32(0, true), bytes.length);
  new Uint8Array(koffi.view(BigInt(name), Math.max(taken, 1))).set(bytes.subarray(0, taken));
  room.setUint32(0, taken, true);
}

export function piecesOf(message: DataView): [number, number][] {
  const vector = Number(message.getBigUint64(16, true));
  return Array.from({ length: message.getInt32(24, true) }, (_, which) => [
    wordAt(vector + which * 16),
    wordAt(vector + which * 16 + 8),
  ]);
}

export function controlMessage(level: number, type: number, data: Buffer): Buffer {
  const message = Buffer.alloc((12 + data.length + 3) & ~3);
  message.writeUInt32LE(12 + data.length, 0);
  message.writeInt32LE(level, 4);
  message.writeInt32LE(type, 8);
  data.copy(message, 12);
  return message;
}

// Buffers: scattered data, messages with control data, and what TransmitFile sends around a file.
// Where a member counts what another points to, it comes first in its table, whatever its offset.
import { nested, structure, type TableCodec } from './codec.js';
import { buffer, bytesPointer, countOf, i32, pointerToMany, u32 } from './fields.js';

/** A buffer, of which the first `len` bytes count. */
export interface WSABUF {
  len: number;
  buf: Uint8Array;
}

/** Codec of WSABUF (8 bytes). */
export const WSABUF: TableCodec<WSABUF> = structure<WSABUF>('WSABUF', 8, [
  ['len', 0, u32],
  ['buf', 4, buffer('len')],
]);

/** Bytes without a form of their own. */
export interface BLOB {
  cbSize: number;
  pBlobData: Uint8Array;
}

/** Codec of BLOB (8 bytes). */
export const BLOB: TableCodec<BLOB> = structure<BLOB>('BLOB', 8, [
  ['cbSize', 0, countOf('pBlobData')],
  ['pBlobData', 4, buffer('cbSize')],
]);

/** A message for WSASendMsg and WSARecvMsg. */
export interface WSAMSG {
  name: Uint8Array | null;
  namelen: number;
  lpBuffers: WSABUF[] | null;
  dwBufferCount: number;
  Control: WSABUF;
  dwFlags: number;
}

/** Codec of WSAMSG (28 bytes). */
export const WSAMSG: TableCodec<WSAMSG> = structure<WSAMSG>('WSAMSG', 28, [
  ['namelen', 4, i32],
  ['name', 0, bytesPointer('namelen')],
  ['dwBufferCount', 12, u32],
  ['lpBuffers', 8, pointerToMany(nested(WSABUF), 'dwBufferCount')],
  ['Control', 16, nested(WSABUF)],
  ['dwFlags', 24, u32],
]);

/** The head of a control message; its data follows. */
export interface WSACMSGHDR {
  cmsg_len: number;
  cmsg_level: number;
  cmsg_type: number;
}

/** Codec of WSACMSGHDR (12 bytes). */
export const WSACMSGHDR: TableCodec<WSACMSGHDR> = structure<WSACMSGHDR>('WSACMSGHDR', 12, [
  ['cmsg_len', 0, u32],
  ['cmsg_level', 4, i32],
  ['cmsg_type', 8, i32],
]);

/** What TransmitFile sends before and after the file. */
export interface TRANSMIT_FILE_BUFFERS {
  Head: Uint8Array | null;
  HeadLength: number;
  Tail: Uint8Array | null;
  TailLength: number;
}

/** Codec of TRANSMIT_FILE_BUFFERS (16 bytes). */
export const TRANSMIT_FILE_BUFFERS: TableCodec<TRANSMIT_FILE_BUFFERS> = structure<TRANSMIT_FILE_BUFFERS>(
  'TRANSMIT_FILE_BUFFERS',
  16,
  [
    ['HeadLength', 4, u32],
    ['Head', 0, bytesPointer('HeadLength')],
    ['TailLength', 12, u32],
    ['Tail', 8, bytesPointer('TailLength')],
  ],
);

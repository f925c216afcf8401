// Addresses with their lengths, as lookups and address lists return them.
import { nested, structure, type TableCodec } from './codec.js';
import { bytesPointer, countOf, i32, trailing } from './fields.js';

/** A sockaddr in its binary form, and its length. */
export interface SOCKET_ADDRESS {
  lpSockaddr: Uint8Array | null;
  iSockaddrLength: number;
}

/** Codec of SOCKET_ADDRESS (8 bytes). */
export const SOCKET_ADDRESS: TableCodec<SOCKET_ADDRESS> = structure<SOCKET_ADDRESS>('SOCKET_ADDRESS', 8, [
  ['iSockaddrLength', 4, i32],
  ['lpSockaddr', 0, bytesPointer('iSockaddrLength')],
]);

/** Local and remote address for one type of socket and protocol. */
export interface CSADDR_INFO {
  LocalAddr: SOCKET_ADDRESS;
  RemoteAddr: SOCKET_ADDRESS;
  iSocketType: number;
  iProtocol: number;
}

/** Codec of CSADDR_INFO (24 bytes). */
export const CSADDR_INFO: TableCodec<CSADDR_INFO> = structure<CSADDR_INFO>('CSADDR_INFO', 24, [
  ['LocalAddr', 0, nested(SOCKET_ADDRESS)],
  ['RemoteAddr', 8, nested(SOCKET_ADDRESS)],
  ['iSocketType', 16, i32],
  ['iProtocol', 20, i32],
]);

/** A list of addresses. */
export interface SOCKET_ADDRESS_LIST {
  iAddressCount: number;
  Address: SOCKET_ADDRESS[];
}

/** Codec of SOCKET_ADDRESS_LIST (12 bytes). */
export const SOCKET_ADDRESS_LIST: TableCodec<SOCKET_ADDRESS_LIST> = structure<SOCKET_ADDRESS_LIST>(
  'SOCKET_ADDRESS_LIST',
  12,
  [
    ['iAddressCount', 0, countOf('Address')],
    ['Address', 4, trailing(nested(SOCKET_ADDRESS), 'iAddressCount')],
  ],
);

/** An address family and a protocol. */
export interface AFPROTOCOLS {
  iAddressFamily: number;
  iProtocol: number;
}

/** Codec of AFPROTOCOLS (8 bytes). */
export const AFPROTOCOLS: TableCodec<AFPROTOCOLS> = structure<AFPROTOCOLS>('AFPROTOCOLS', 8, [
  ['iAddressFamily', 0, i32],
  ['iProtocol', 4, i32],
]);

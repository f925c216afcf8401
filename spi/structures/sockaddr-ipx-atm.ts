// Socket addresses of IPX and of ATM. Numbers inside the protocols' own parts are in network order.
import { parseATM, parseIPX } from '../ipx-atm-address-text.js';
import { nested, structure, type TableCodec } from './codec.js';
import { byteArray, u16, u16network, u32 } from './fields.js';

/** An IPX address: network, node and socket. */
export interface SOCKADDR_IPX {
  sa_family: number;
  /** 4 bytes. */
  sa_netnum: Uint8Array;
  /** 6 bytes. */
  sa_nodenum: Uint8Array;
  /** In host byte order, 0 to 65535: the codec swaps it. */
  sa_socket: number;
}

/** Codec of SOCKADDR_IPX (14 bytes). */
export const SOCKADDR_IPX: TableCodec<SOCKADDR_IPX> = structure<SOCKADDR_IPX>('SOCKADDR_IPX', 14, [
  ['sa_family', 0, u16],
  ['sa_netnum', 2, byteArray(4)],
  ['sa_nodenum', 6, byteArray(6)],
  ['sa_socket', 12, u16network],
]);

/** The number of an ATM endpoint. */
export interface ATM_ADDRESS {
  /** ATM_E164 or ATM_NSAP; SAP_FIELD_ANY for any. */
  AddressType: number;
  /** Digits of an E.164 number; 20 for the bytes of an NSAP address. */
  NumofDigits: number;
  /** 20 bytes: ASCII digits, or the address itself. */
  Addr: Uint8Array;
}

/** Codec of ATM_ADDRESS (28 bytes). */
export const ATM_ADDRESS: TableCodec<ATM_ADDRESS> = structure<ATM_ADDRESS>('ATM_ADDRESS', 28, [
  ['AddressType', 0, u32],
  ['NumofDigits', 4, u32],
  ['Addr', 8, byteArray(20)],
]);

/** Which lower-layer protocols an ATM endpoint speaks. */
export interface ATM_BLLI {
  Layer2Protocol: number;
  Layer2UserSpecifiedProtocol: number;
  Layer3Protocol: number;
  Layer3UserSpecifiedProtocol: number;
  Layer3IPI: number;
  /** 5 bytes. */
  SnapID: Uint8Array;
}

/** Codec of ATM_BLLI (28 bytes). */
export const ATM_BLLI: TableCodec<ATM_BLLI> = structure<ATM_BLLI>('ATM_BLLI', 28, [
  ['Layer2Protocol', 0, u32],
  ['Layer2UserSpecifiedProtocol', 4, u32],
  ['Layer3Protocol', 8, u32],
  ['Layer3UserSpecifiedProtocol', 12, u32],
  ['Layer3IPI', 16, u32],
  ['SnapID', 20, byteArray(5)],
]);

/** Which application an ATM endpoint is. */
export interface ATM_BHLI {
  /** BHLI_UserSpecific and its like; SAP_FIELD_ABSENT for none. */
  HighLayerInfoType: number;
  /** Bytes of `HighLayerInfo` that count, 0 to 8. */
  HighLayerInfoLength: number;
  HighLayerInfo: Uint8Array;
}

/** Codec of ATM_BHLI (16 bytes). */
export const ATM_BHLI: TableCodec<ATM_BHLI> = structure<ATM_BHLI>('ATM_BHLI', 16, [
  ['HighLayerInfoType', 0, u32],
  ['HighLayerInfoLength', 4, u32],
  ['HighLayerInfo', 8, byteArray(8)],
]);

/** An ATM address. */
export interface SOCKADDR_ATM {
  satm_family: number;
  satm_number: ATM_ADDRESS;
  satm_blli: ATM_BLLI;
  satm_bhli: ATM_BHLI;
}

/** Codec of SOCKADDR_ATM (76 bytes). */
export const SOCKADDR_ATM: TableCodec<SOCKADDR_ATM> = structure<SOCKADDR_ATM>('SOCKADDR_ATM', 76, [
  ['satm_family', 0, u16],
  ['satm_number', 4, nested(ATM_ADDRESS)],
  ['satm_blli', 32, nested(ATM_BLLI)],
  ['satm_bhli', 60, nested(ATM_BHLI)],
]);

/**
 * Makes the binary form of an IPX address.
 *
 * @param text network, node and socket in hexadecimal, such as `00000001.020000000001:4001`; the socket may be left out
 * @throws RangeError when the text is no such address
 */
export function sockaddr_ipx(text: string): Uint8Array {
  return parsed(parseIPX(text), 'an IPX address', text);
}

/**
 * Makes the binary form of an ATM address.
 *
 * @param text the 40 hexadecimal digits of an NSAP address, or `+` and an E.164 number; behind a colon, which may be
 *   left out, up to 16 hexadecimal digits that say which application is meant (BHLI_UserSpecific)
 * @throws RangeError when the text is no such address
 */
export function sockaddr_atm(text: string): Uint8Array {
  return parsed(parseATM(text), 'an ATM address', text);
}

function parsed(bytes: Uint8Array | null, what: string, text: string): Uint8Array {
  if (bytes === null) throw new RangeError(`Not ${what}: ${text}`);
  return bytes;
}

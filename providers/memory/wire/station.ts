// Addresses of IPX and ATM inside the network: which station, and which program there.
import type { AddressSlot } from '../../../io/index.js';
import {
  AF_ATM,
  AF_IPX,
  ATM_E164,
  ATM_NSAP,
  BHLI_UserSpecific,
  SAP_FIELD_ABSENT,
  SAP_FIELD_ANY,
  SOCKADDR_ATM,
  SOCKADDR_IPX,
  type ATM_BLLI,
} from '../../../spi/index.js';

/** A station and a program on it, the way the network compares them. Never changed once made. */
export interface Station {
  /** The station in hexadecimal; empty for any. */
  readonly host: string;
  /** The program in hexadecimal: IPX' socket, or ATM's high-layer information; empty for any. */
  readonly program: string;
}

/** This network's own number and node: the one station that it has. */
const OWN_IPX = '00000001020000000001';
const OWN_ATM = `02${'47000580'}${'00'.repeat(9)}02000000000100`;

const SAME_LOWER_LAYERS: ATM_BLLI = {
  Layer2Protocol: SAP_FIELD_ABSENT,
  Layer2UserSpecifiedProtocol: 0,
  Layer3Protocol: SAP_FIELD_ABSENT,
  Layer3UserSpecifiedProtocol: 0,
  Layer3IPI: 0,
  SnapID: new Uint8Array(5),
};

/** Programs that a socket of each family is given where it asks for none: the first of them, and how many there are. */
const DYNAMIC = new Map([
  [AF_IPX, { first: 0x4000, count: 0x4000, digits: 4, prefix: '' }],
  [AF_ATM, { first: 0xc000_0000, count: 0x3fff_ffff, digits: 8, prefix: '01' }],
]);

/** The families whose addresses name stations. */
export const STATION_FAMILIES: readonly number[] = [...DYNAMIC.keys()];

/** The station that the network has, of a family. */
export function ownStation(family: number): string {
  return family === AF_IPX ? OWN_IPX : OWN_ATM;
}

/**
 * The programs of a family's dynamic range, one after the other.
 *
 * @param at which one
 * @returns the program; `null` where there are no more
 */
export function dynamicProgram(family: number, at: number): string | null {
  const { first, count, digits, prefix } = DYNAMIC.get(family)!;
  return at >= count ? null : prefix + (first + at).toString(16).padStart(digits, '0');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * Reads a socket address.
 *
 * @param family AF_IPX or AF_ATM
 * @param name a `sockaddr_ipx` or `sockaddr_atm`, whose family and length have been checked
 * @returns `null` when one of its parts says that it is longer than it can be, or of no kind
 */
export function parseStation(family: number, name: Uint8Array): Station | null {
  if (family === AF_IPX) {
    const { sa_netnum, sa_nodenum, sa_socket } = SOCKADDR_IPX.decode(name);
    const node = hex(sa_nodenum);
    const nowhere = /^0*$/.test(node);
    // Network 0 is the station's own.
    const network = sa_netnum.every((byte) => byte === 0) ? OWN_IPX.slice(0, 8) : hex(sa_netnum);
    return { host: nowhere ? '' : network + node, program: sa_socket === 0 ? '' : hex(name.subarray(12, 14)) };
  }
  const { satm_number, satm_bhli } = SOCKADDR_ATM.decode(name);
  const host = atmHost(satm_number.AddressType, satm_number.NumofDigits, satm_number.Addr);
  const { HighLayerInfoType: type, HighLayerInfoLength: length, HighLayerInfo: info } = satm_bhli;
  if (host === null || length > info.length) return null;
  const absent = type === SAP_FIELD_ABSENT || type === SAP_FIELD_ANY || length === 0;
  if (!absent && type > 0xff) return null;
  return { host, program: absent ? '' : type.toString(16).padStart(2, '0') + hex(info.subarray(0, length)) };
}

function atmHost(type: number, digits: number, address: Uint8Array): string | null {
  if (digits > address.length) return null;
  if (type === SAP_FIELD_ANY || digits === 0) return '';
  if (type !== ATM_E164 && type !== ATM_NSAP) return null;
  return `0${type}${hex(address.subarray(0, type === ATM_NSAP ? address.length : digits))}`;
}

/** Writes a socket address of a family. */
export function formatStation(family: number, { host, program }: Station, slot: AddressSlot): void {
  slot.bytes.fill(0);
  const numbers = Buffer.from(host, 'hex');
  const code = Buffer.from(program, 'hex');
  if (family === AF_IPX) {
    slot.length = SOCKADDR_IPX.encodeInto(
      {
        sa_family: AF_IPX,
        sa_netnum: numbers.subarray(0, 4),
        sa_nodenum: numbers.subarray(4),
        sa_socket: program === '' ? 0 : code.readUInt16BE(0),
      },
      slot.bytes,
    );
    return;
  }
  slot.length = SOCKADDR_ATM.encodeInto(
    {
      satm_family: AF_ATM,
      satm_number: {
        AddressType: host === '' ? SAP_FIELD_ANY : numbers[0]!,
        NumofDigits: Math.max(numbers.length - 1, 0),
        Addr: numbers.subarray(1),
      },
      satm_blli: SAME_LOWER_LAYERS,
      satm_bhli: {
        HighLayerInfoType: program === '' ? SAP_FIELD_ABSENT : (code[0] ?? BHLI_UserSpecific),
        HighLayerInfoLength: Math.max(code.length - 1, 0),
        HighLayerInfo: code.subarray(1),
      },
    },
    slot.bytes,
  );
}

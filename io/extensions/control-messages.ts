import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  WSA_CMSG_LEN,
  WSA_CMSG_SPACE,
  WSACMSGHDR,
} from '../../spi/index.js';
import { datagramDetails, type DatagramDetails } from '../core/index.js';
import { isOptionSet } from '../options/index.js';
import type { FrontSocket } from '../socket/index.js';

/** One kind of control message (measured behaviour 6.6, 6.7). */
interface ControlMessageRow {
  readonly family: number;
  readonly level: number;
  /** The option that asks for it on receipt. */
  readonly option: number;
  readonly type: number;
  /** Bytes of its data. */
  readonly size: number;
  /** Writes the data; false when nothing is known. */
  write(details: DatagramDetails, data: DataView): boolean;
  /** Reads the data of a message that is to be sent. */
  read(details: DatagramDetails, data: DataView): void;
}

/** A message that holds one number. */
function numberRow(
  family: number,
  option: number,
  type: number,
  member: 'hopLimit' | 'trafficClass',
): ControlMessageRow {
  return {
    family,
    level: family === AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
    option,
    type,
    size: 4,
    write(details, data) {
      data.setInt32(0, details[member], true);
      return details[member] >= 0;
    },
    read(details, data) {
      details[member] = data.getInt32(0, true);
    },
  };
}

/** A message that holds an address and an interface. */
function packetInformationRow(family: number, option: number, size: number): ControlMessageRow {
  const start = family === AF_INET ? 4 : 8;
  const length = size - 4;
  return {
    family,
    level: family === AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
    option,
    type: option,
    size,
    write(details, data) {
      const { bytes } = details.address;
      for (let i = 0; i < length; i++) data.setUint8(i, bytes[start + i]!);
      data.setUint32(length, Math.max(details.interfaceIndex, 0), true);
      return details.address.length > 0;
    },
    read(details, data) {
      const { bytes } = details.address;
      bytes.fill(0);
      bytes[0] = family;
      for (let i = 0; i < length; i++) bytes[start + i] = data.getUint8(i);
      details.address.length = family === AF_INET ? 16 : 28;
      details.interfaceIndex = data.getUint32(length, true);
    },
  };
}

const CONTROL_MESSAGES: readonly ControlMessageRow[] = [
  packetInformationRow(AF_INET, IP_PKTINFO, 8),
  numberRow(AF_INET, IP_RECVTTL, IP_TTL, 'hopLimit'),
  numberRow(AF_INET, IP_RECVTOS, IP_TOS, 'trafficClass'),
  packetInformationRow(AF_INET6, IPV6_PKTINFO, 20),
  numberRow(AF_INET6, IPV6_HOPLIMIT, IPV6_HOPLIMIT, 'hopLimit'),
  numberRow(AF_INET6, IPV6_RECVTCLASS, IPV6_TCLASS, 'trafficClass'),
];

function viewOf(bytes: Uint8Array, offset: number, length: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, length);
}

/**
 * Writes the control messages that a socket's options ask for.
 *
 * @param control the room
 * @param room bytes of it
 * @returns bytes written, or -1 when a message found too little room
 */
export function writeControlMessages(
  socket: FrontSocket,
  details: DatagramDetails,
  control: Uint8Array | null,
  room: number,
): number {
  let at = 0;
  const scratch = new DataView(new ArrayBuffer(32));
  for (const row of CONTROL_MESSAGES) {
    if (row.family !== socket.family || !isOptionSet(socket, row.level, row.option)) continue;
    if (!row.write(details, scratch)) continue;
    const space = WSA_CMSG_SPACE(row.size);
    if (control === null || at + space > room) return -1;
    const header = { cmsg_len: WSA_CMSG_LEN(row.size), cmsg_level: row.level, cmsg_type: row.type };
    WSACMSGHDR.encodeInto(header, control, at);
    for (let i = 0; i < row.size; i++) control[at + WSACMSGHDR.size + i] = scratch.getUint8(i);
    at += space;
  }
  return at;
}

/**
 * Reads the control messages that go with a datagram to be sent.
 *
 * @returns the details that they ask for, or `null` when they are not well-formed, or ask for what is not known here
 */
export function readControlMessages(family: number, control: Uint8Array, length: number): DatagramDetails | null {
  const details = datagramDetails();
  const family4or6 = family === AF_INET6 ? AF_INET6 : AF_INET;
  for (let at = 0; at < length;) {
    if (at + WSACMSGHDR.size > length) return null;
    const { cmsg_len, cmsg_level, cmsg_type } = WSACMSGHDR.decode(control, at);
    const row = CONTROL_MESSAGES.find(
      (each) => each.family === family4or6 && each.level === cmsg_level && each.type === cmsg_type,
    );
    if (row === undefined || cmsg_len !== WSA_CMSG_LEN(row.size) || at + cmsg_len > length) return null;
    row.read(details, viewOf(control, at + WSACMSGHDR.size, row.size));
    at += WSA_CMSG_SPACE(row.size);
  }
  return details;
}

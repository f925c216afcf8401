// Control data of datagrams: `struct cmsghdr`, 64-bit.
import * as spi from '../../spi/index.js';
import type { PinnedMemory } from '../native-memory.js';
import type { MessageDetails } from '../platform.js';

const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;
const IPV6_HOPLIMIT = 52;
const IPV6_TCLASS = 67;

/** Bytes that control data may take here, more than every message that is asked for. */
export const CONTROL_ROOM = 256;
const HEADER = 16;
const align = (length: number): number => (length + 7) & ~7;

/** Reads what the kernel told of a datagram. */
export function readControl(control: PinnedMemory, length: number, details: MessageDetails): void {
  const { view, bytes } = control;
  for (let at = 0; at + HEADER <= length;) {
    const size = view.getUint32(at, true);
    if (size < HEADER) return;
    const data = at + HEADER;
    const kind = `${view.getInt32(at + 8, true)}/${view.getInt32(at + 12, true)}`;
    if (kind === `${SOL_IP}/${IP_PKTINFO}`) {
      details.interfaceIndex = view.getInt32(data, true);
      // Index, the local address that it was routed to, the address in its header.
      writeAddress(details, spi.AF_INET, bytes, data + 8, 4);
    } else if (kind === `${SOL_IPV6}/${IPV6_PKTINFO}`) {
      writeAddress(details, spi.AF_INET6, bytes, data, 16);
      details.interfaceIndex = view.getInt32(data + 16, true);
    } else if (kind === `${SOL_IP}/${IP_TTL}` || kind === `${SOL_IPV6}/${IPV6_HOPLIMIT}`) {
      details.hopLimit = view.getInt32(data, true);
    } else if (kind === `${SOL_IP}/${IP_TOS}`) {
      details.trafficClass = view.getUint8(data);
    } else if (kind === `${SOL_IPV6}/${IPV6_TCLASS}`) {
      details.trafficClass = view.getInt32(data, true);
    }
    at += align(size);
  }
}

function writeAddress(details: MessageDetails, family: number, bytes: Uint8Array, at: number, length: number): void {
  const name = details.address.bytes;
  const start = family === spi.AF_INET ? 4 : 8;
  name.fill(0, 0, 28);
  name[0] = family;
  for (let i = 0; i < length; i++) name[start + i] = bytes[at + i]!;
  details.address.length = family === spi.AF_INET ? 16 : 28;
}

/** Writes the control data that details of a datagram to be sent amount to. Returns its length. */
export function writeControl(control: PinnedMemory, af: number, details: MessageDetails): number {
  const { view, bytes } = control;
  bytes.fill(0);
  const v6 = af === spi.AF_INET6;
  let at = 0;
  const begin = (type: number, size: number): number => {
    view.setUint32(at, HEADER + size, true);
    view.setInt32(at + 8, v6 ? SOL_IPV6 : SOL_IP, true);
    view.setInt32(at + 12, type, true);
    const data = at + HEADER;
    at += HEADER + align(size);
    return data;
  };
  if (details.address.length > 0) {
    const name = details.address.bytes;
    const index = Math.max(details.interfaceIndex, 0);
    if (v6) {
      const data = begin(IPV6_PKTINFO, 20);
      for (let i = 0; i < 16; i++) bytes[data + i] = name[8 + i]!;
      view.setInt32(data + 16, index, true);
    } else {
      const data = begin(IP_PKTINFO, 12);
      view.setInt32(data, index, true);
      for (let i = 0; i < 4; i++) bytes[data + 4 + i] = name[4 + i]!;
    }
  }
  if (details.hopLimit >= 0) view.setInt32(begin(v6 ? IPV6_HOPLIMIT : IP_TTL, 4), details.hopLimit, true);
  if (details.trafficClass >= 0) view.setInt32(begin(v6 ? IPV6_TCLASS : IP_TOS, 4), details.trafficClass, true);
  return at;
}

// Control data of datagrams: WSACMSGHDR, 64-bit.
import * as spi from '../../spi/index.js';
import type { PinnedMemory } from '../native-memory.js';
import type { MessageDetails } from '../platform.js';

/** Bytes that control data may take here, more than every message that is asked for. */
export const CONTROL_ROOM = 256;
const HEADER = 16;
const align = (length: number): number => (length + 7) & ~7;

/** Reads what was told of a datagram. */
export function readControl(control: PinnedMemory, length: number, details: MessageDetails): void {
  const { view } = control;
  for (let at = 0; at + HEADER <= length;) {
    const size = view.getUint32(at, true);
    if (size < HEADER) return;
    const v6 = view.getInt32(at + 8, true) === spi.IPPROTO_IPV6;
    const data = at + HEADER;
    switch (view.getInt32(at + 12, true)) {
      // One number for both families.
      case spi.IP_PKTINFO:
        readAddress(control, data, v6, details);
        break;
      // Wine uses the number of the option that is set.
      case v6 ? spi.IPV6_HOPLIMIT : spi.IP_TTL:
      case spi.IP_RECVTTL:
        details.hopLimit = view.getInt32(data, true);
        break;
      case v6 ? spi.IPV6_TCLASS : spi.IP_TOS:
      case v6 ? spi.IPV6_RECVTCLASS : spi.IP_RECVTOS:
        details.trafficClass = view.getInt32(data, true);
    }
    at += align(size);
  }
}

function readAddress({ bytes, view }: PinnedMemory, at: number, v6: boolean, details: MessageDetails): void {
  const [start, length, total] = v6 ? [8, 16, 28] : [4, 4, 16];
  const name = details.address.bytes;
  name.fill(0, 0, total);
  name[0] = v6 ? spi.AF_INET6 : spi.AF_INET;
  for (let index = 0; index < length; index++) name[start + index] = bytes[at + index]!;
  details.address.length = total;
  details.interfaceIndex = view.getInt32(at + length, true);
}

/** Writes the control data that details of a datagram to be sent amount to. Returns its length. */
export function writeControl(control: PinnedMemory, af: number, details: MessageDetails): number {
  const { view, bytes } = control;
  bytes.fill(0);
  const v6 = af === spi.AF_INET6;
  let at = 0;
  const begin = (type: number, size: number): number => {
    view.setUint32(at, HEADER + size, true);
    view.setInt32(at + 8, v6 ? spi.IPPROTO_IPV6 : spi.IPPROTO_IP, true);
    view.setInt32(at + 12, type, true);
    const data = at + HEADER;
    at += HEADER + align(size);
    return data;
  };
  if (details.address.length > 0) {
    const [start, length] = v6 ? [8, 16] : [4, 4];
    const data = begin(spi.IP_PKTINFO, length + 4);
    for (let index = 0; index < length; index++) bytes[data + index] = details.address.bytes[start + index]!;
    view.setInt32(data + length, Math.max(details.interfaceIndex, 0), true);
  }
  if (details.hopLimit >= 0) view.setInt32(begin(v6 ? spi.IPV6_HOPLIMIT : spi.IP_TTL, 4), details.hopLimit, true);
  if (details.trafficClass >= 0) view.setInt32(begin(v6 ? spi.IPV6_TCLASS : spi.IP_TOS, 4), details.trafficClass, true);
  return at;
}

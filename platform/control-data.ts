// Control data of datagrams: `struct cmsghdr`, WSACMSGHDR.
import * as spi from '../spi/index.js';
import type { PinnedMemory } from './native-memory.js';
import type { MessageDetails } from './platform.js';

/** Bytes that control data may take here, more than every message that is asked for. */
export const CONTROL_ROOM = 256;
/** IPPROTO_IP and IPPROTO_IPV6, the same on every system. */
const SOL_IP = 0;
const SOL_IPV6 = 41;

/** A header, whose length comes first, and the messages of datagrams. */
export interface ControlLayout {
  readonly LEVEL: number;
  readonly TYPE: number;
  /** Where the data begin. */
  readonly DATA: number;
  /** What data and headers are aligned to. */
  readonly ALIGNMENT: number;
  /** IPv4's `in_pktinfo`: the interface's index, the address to send from, and the one in a header that was received. */
  readonly PKTINFO: {
    readonly INDEX: number;
    readonly SENT_FROM: number;
    readonly RECEIVED_AT: number;
    readonly SIZE: number;
  };
  readonly IP_PKTINFO: number;
  readonly IP_TTL: number;
  readonly IP_TOS: number;
  /** What is told of a datagram that was received; on some systems what is asked for has another number. */
  readonly RECEIVED_TTL: readonly number[];
  readonly RECEIVED_TOS: readonly number[];
  readonly IPV6_PKTINFO: number;
  readonly IPV6_HOPLIMIT: number;
  readonly IPV6_TCLASS: number;
  readonly RECEIVED_TCLASS: readonly number[];
}

function aligned({ ALIGNMENT }: ControlLayout, length: number): number {
  return (length + ALIGNMENT - 1) & -ALIGNMENT;
}

/** Reads what the kernel told of a datagram. */
export function readControl(
  layout: ControlLayout,
  control: PinnedMemory,
  length: number,
  details: MessageDetails,
): void {
  const { view, bytes } = control;
  for (let at = 0; at + layout.DATA <= length;) {
    const size = view.getUint32(at, true);
    if (size < layout.DATA) return;
    const data = at + layout.DATA;
    const level = view.getInt32(at + layout.LEVEL, true);
    const type = view.getInt32(at + layout.TYPE, true);
    // Some systems have one byte for what others have an integer for.
    const number = size >= layout.DATA + 4 ? view.getInt32(data, true) : view.getUint8(data);
    at += aligned(layout, size);
    if (level !== SOL_IP && level !== SOL_IPV6) continue;
    if (level === SOL_IP && type === layout.IP_PKTINFO) {
      details.interfaceIndex = view.getInt32(data + layout.PKTINFO.INDEX, true);
      writeAddress(details, spi.AF_INET, bytes, data + layout.PKTINFO.RECEIVED_AT, 4);
    } else if (level === SOL_IPV6 && type === layout.IPV6_PKTINFO) {
      writeAddress(details, spi.AF_INET6, bytes, data, 16);
      details.interfaceIndex = view.getInt32(data + 16, true);
    } else if (level === SOL_IP ? layout.RECEIVED_TTL.includes(type) : type === layout.IPV6_HOPLIMIT) {
      details.hopLimit = number;
    } else if ((level === SOL_IP ? layout.RECEIVED_TOS : layout.RECEIVED_TCLASS).includes(type)) {
      details.trafficClass = number;
    }
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
export function writeControl(
  layout: ControlLayout,
  control: PinnedMemory,
  af: number,
  details: MessageDetails,
): number {
  const { view, bytes } = control;
  bytes.fill(0);
  const v6 = af === spi.AF_INET6;
  let at = 0;
  const begin = (type: number, size: number): number => {
    view.setUint32(at, layout.DATA + size, true);
    view.setInt32(at + layout.LEVEL, v6 ? SOL_IPV6 : SOL_IP, true);
    view.setInt32(at + layout.TYPE, type, true);
    const data = at + layout.DATA;
    at += aligned(layout, layout.DATA + size);
    return data;
  };
  if (details.address.length > 0) {
    const name = details.address.bytes;
    const index = Math.max(details.interfaceIndex, 0);
    if (v6) {
      const data = begin(layout.IPV6_PKTINFO, 20);
      for (let i = 0; i < 16; i++) bytes[data + i] = name[8 + i]!;
      view.setInt32(data + 16, index, true);
    } else {
      const { INDEX, SENT_FROM, SIZE } = layout.PKTINFO;
      const data = begin(layout.IP_PKTINFO, SIZE);
      view.setInt32(data + INDEX, index, true);
      for (let i = 0; i < 4; i++) bytes[data + SENT_FROM + i] = name[4 + i]!;
    }
  }
  const { hopLimit, trafficClass } = details;
  if (hopLimit >= 0) view.setInt32(begin(v6 ? layout.IPV6_HOPLIMIT : layout.IP_TTL, 4), hopLimit, true);
  if (trafficClass >= 0) view.setInt32(begin(v6 ? layout.IPV6_TCLASS : layout.IP_TOS, 4), trafficClass, true);
  return at;
}

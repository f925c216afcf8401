// What the system does for the flow of a socket.
import { reservedRate, type Flow } from '../../io/index.js';
import {
  AF_INET,
  AF_INET6,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_TCLASS,
  POSITIVE_INFINITY_RATE,
  WSAENOPROTOOPT,
  WSAEOPNOTSUPP,
} from '../../spi/index.js';
import type { PlatformSockets } from '../../platform/index.js';

/**
 * Has the system do for a flow what it can: it paces it at its peak bandwidth, and marks its packets.
 *
 * @param before the flow until now, whose marks are taken off; `null` for none
 * @returns 0; WSAEOPNOTSUPP for capacity that nobody has reserved, since no system reserves any; WSAEACCES for a priority
 *   that is kept for administrators; or another code of the system's, and all is as it was
 */
export function beginFlow(
  sockets: PlatformSockets,
  descriptor: number,
  af: number,
  flow: Flow,
  before: Flow | null,
): number {
  const promised = reservedRate(flow.sending) + reservedRate(flow.receiving);
  if (promised > 0 && !flow.reserved) return WSAEOPNOTSUPP;
  const error = change(sockets, descriptor, af, before, flow);
  if (error !== 0) change(sockets, descriptor, af, flow, before);
  return error;
}

/** Takes it all back. */
export function endFlow(sockets: PlatformSockets, descriptor: number, af: number, flow: Flow): void {
  change(sockets, descriptor, af, flow, null);
}

/** What neither flow says anything of is left as the program has it. */
function change(
  sockets: PlatformSockets,
  descriptor: number,
  af: number,
  before: Flow | null,
  after: Flow | null,
): number {
  const dsField = markAfter(before?.dsField, after?.dsField);
  // First, because it may set the priority, too.
  const marked = dsField < 0 ? 0 : mark(sockets, descriptor, af, dsField);
  if (marked !== 0) return marked;
  const [rateBefore, rate] = [peakOf(before), peakOf(after)];
  const priority = markAfter(before?.trafficClass, after?.trafficClass);
  if (rate === Infinity && rateBefore === Infinity && priority < 0) return 0;
  return sockets.paceSends(descriptor, rate, priority);
}

function peakOf(flow: Flow | null): number {
  const peak = flow === null ? Infinity : flow.sending.PeakBandwidth;
  return peak >= POSITIVE_INFINITY_RATE ? Infinity : peak;
}

/** The mark to set: 0 takes the one before off, -1 leaves what is. */
function markAfter(before = -1, after = -1): number {
  return after >= 0 ? after : before >= 0 ? 0 : -1;
}

function mark(sockets: PlatformSockets, descriptor: number, af: number, dsField: number): number {
  if (af !== AF_INET && af !== AF_INET6) return WSAENOPROTOOPT;
  // The two lowest bits are those of congestion.
  const value = Uint8Array.of(dsField << 2, 0, 0, 0);
  return af === AF_INET
    ? sockets.setOption(descriptor, IPPROTO_IP, IP_TOS, value, 4)
    : sockets.setOption(descriptor, IPPROTO_IPV6, IPV6_TCLASS, value, 4);
}

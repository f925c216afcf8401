// Linux' `struct tcp_info` as a TCP_INFO_v0.
import type { TCP_INFO_v0 } from '../../spi/index.js';

/** As much of `struct tcp_info` as is read: up to tcpi_reord_seen of Linux 4.19. */
export const TCP_INFO_ROOM = 232;

/** The member of `tcp_info` that is asked, by its offset. */
const AT = {
  STATE: 0,
  RETRANSMITS: 2,
  OPTIONS: 5,
  SND_MSS: 16,
  UNACKED: 24,
  RTT: 68,
  SND_CWND: 80,
  RCV_SPACE: 96,
  BYTES_ACKED: 120,
  BYTES_RECEIVED: 128,
  MIN_RTT: 148,
  BYTES_SENT: 200,
  BYTES_RETRANS: 208,
  DSACK_DUPS: 216,
  REORD_SEEN: 220,
  SND_WND: 228,
} as const;

const OPTION_TIMESTAMPS = 1;

/** TCPSTATE for each of Linux' states, which begin with 1, ESTABLISHED. */
const STATES: readonly number[] = [0, 4, 2, 3, 5, 6, 10, 0, 7, 9, 1, 8, 3];

/**
 * Reads a `struct tcp_info`. What Linux does not count is 0: fast retransmissions, and timeouts of the past. The
 * connection's age is known above.
 *
 * @param info its bytes, zero where the kernel gave none
 */
export function toTcpInfo(info: DataView): TCP_INFO_v0 {
  const u32 = (at: number): number => info.getUint32(at, true);
  const mss = u32(AT.SND_MSS);
  return {
    State: STATES[info.getUint8(AT.STATE)] ?? 0,
    Mss: mss,
    ConnectionTimeMs: 0n,
    TimestampsEnabled: info.getUint8(AT.OPTIONS) & OPTION_TIMESTAMPS,
    RttUs: u32(AT.RTT),
    MinRttUs: u32(AT.MIN_RTT),
    BytesInFlight: u32(AT.UNACKED) * mss,
    Cwnd: u32(AT.SND_CWND) * mss,
    SndWnd: u32(AT.SND_WND),
    RcvWnd: u32(AT.RCV_SPACE),
    RcvBuf: 0,
    BytesOut: info.getBigUint64(AT.BYTES_SENT, true),
    BytesIn: info.getBigUint64(AT.BYTES_RECEIVED, true),
    BytesReordered: u32(AT.REORD_SEEN) * mss,
    BytesRetrans: Number(info.getBigUint64(AT.BYTES_RETRANS, true) & 0xffffffffn),
    FastRetrans: 0,
    DupAcksIn: u32(AT.DSACK_DUPS),
    TimeoutEpisodes: 0,
    SynRetrans: 0,
  };
}

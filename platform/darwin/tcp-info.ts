// macOS' `struct tcp_connection_info` as a TCP_INFO_v0.
import type { TCP_INFO_v0 } from '../../spi/index.js';

/** The bytes of a `tcp_connection_info` (`netinet/tcp.h`). */
export const CONNECTION_INFO_SIZE = 112;

/** The members that are asked, by their offsets. */
const AT = {
  STATE: 0,
  OPTIONS: 4,
  MAXSEG: 16,
  SND_CWND: 24,
  SND_WND: 28,
  SND_SBBYTES: 32,
  RCV_WND: 36,
  SRTT: 44,
  TXBYTES: 64,
  TXRETRANSMITBYTES: 72,
  RXBYTES: 88,
  RXOUTOFORDERBYTES: 96,
} as const;

const OPTION_TIMESTAMPS = 1;
const MICROSECONDS = 1000;

/** TCPSTATE for each of BSD's states, which has its own order from CLOSE_WAIT on. */
const STATES: readonly number[] = [0, 1, 2, 3, 4, 7, 5, 8, 9, 6, 10];

/**
 * Reads a `struct tcp_connection_info`. What macOS does not tell is 0; round trips it counts in milliseconds. The
 * connection's age is known above.
 *
 * @param info its bytes, zero where the kernel gave none
 */
export function toTcpInfo(info: DataView): TCP_INFO_v0 {
  const u32 = (at: number): number => info.getUint32(at, true);
  const low = (at: number): number => Number(info.getBigUint64(at, true) & 0xffffffffn);
  return {
    State: STATES[info.getUint8(AT.STATE)] ?? 0,
    Mss: u32(AT.MAXSEG),
    ConnectionTimeMs: 0n,
    TimestampsEnabled: u32(AT.OPTIONS) & OPTION_TIMESTAMPS,
    RttUs: u32(AT.SRTT) * MICROSECONDS,
    MinRttUs: 0,
    // What waits to be acknowledged, sent or not.
    BytesInFlight: u32(AT.SND_SBBYTES),
    Cwnd: u32(AT.SND_CWND),
    SndWnd: u32(AT.SND_WND),
    RcvWnd: u32(AT.RCV_WND),
    RcvBuf: 0,
    BytesOut: info.getBigUint64(AT.TXBYTES, true),
    BytesIn: info.getBigUint64(AT.RXBYTES, true),
    BytesReordered: low(AT.RXOUTOFORDERBYTES),
    BytesRetrans: low(AT.TXRETRANSMITBYTES),
    FastRetrans: 0,
    DupAcksIn: 0,
    TimeoutEpisodes: 0,
    SynRetrans: 0,
  };
}

// What a connection within the process has to say as TCP_INFO_v0.
import type { TCP_INFO_v0 } from '../../../spi/index.js';
import type { BytePipe, Carrier } from '../wire/index.js';
import { LOOPBACK_SEGMENT } from './options.js';

const ESTABLISHED = 4;
const FIN_WAIT_2 = 6;
const CLOSE_WAIT = 7;
const CLOSED = 0;

/**
 * Tells state and counts of a connection. Nothing is ever lost or sent again here.
 *
 * @param incoming the pipe that this side reads
 * @param outgoing the pipe that it writes
 * @param endSent whether this side has ended sending
 */
export function connectionInfo(
  { receiveBuffer, sendBuffer }: { readonly receiveBuffer: number; readonly sendBuffer: number },
  incoming: BytePipe,
  outgoing: BytePipe,
  endSent: boolean,
  network: Carrier,
): TCP_INFO_v0 {
  const roundTrip = Math.round(2 * network.link.latency * 1000);
  const [open, halfClosed] = endSent ? [FIN_WAIT_2, CLOSED] : [ESTABLISHED, CLOSE_WAIT];
  return {
    State: incoming.ended ? halfClosed! : open!,
    Mss: LOOPBACK_SEGMENT,
    ConnectionTimeMs: 0n,
    TimestampsEnabled: 0,
    RttUs: roundTrip,
    MinRttUs: roundTrip,
    BytesInFlight: outgoing.unacknowledged,
    Cwnd: sendBuffer,
    SndWnd: Math.max(outgoing.space, 0),
    RcvWnd: Math.max(incoming.space, 0),
    RcvBuf: receiveBuffer,
    BytesOut: BigInt(outgoing.sent),
    BytesIn: BigInt(incoming.arrived),
    BytesReordered: 0,
    BytesRetrans: 0,
    FastRetrans: 0,
    DupAcksIn: 0,
    TimeoutEpisodes: 0,
    SynRetrans: 0,
  };
}

// What a socket of the memory network has of the capacity of that.
import { exceedsLatency, reservedRate, type Flow, type FlowConditions, type Reserver } from '../../../io/index.js';
import { SERVICETYPE_BESTEFFORT, WSA_QOS_ADMISSION_FAILURE, WSAEOPNOTSUPP, type FLOWSPEC } from '../../../spi/index.js';
import type { MemoryNetwork } from '../network/index.js';

/** What the network can do for flows just now. */
export function conditionsOf({ link, unreserved }: MemoryNetwork): FlowConditions {
  return {
    lineRate: link.bandwidth,
    unreserved: Math.min(unreserved, link.bandwidth),
    latency: Math.ceil(link.latency * 1000),
    delayVariation: Math.ceil(link.jitter * 1000),
  };
}

/** A flow that the network has taken on. */
export class ReservedFlow implements Reserver {
  /** What was taken on last; `null` for none. */
  flow: Flow | null = null;
  /** Why the network went back on it; 0 while it has not. */
  error = 0;

  /**
   * Makes one that has taken nothing on.
   *
   * @param network whose capacity it is
   * @param changed called when the network goes back on it
   * @param both whether it reserves what the socket receives, too
   */
  constructor(
    private readonly network: MemoryNetwork,
    private readonly changed: () => void,
    private readonly both = false,
  ) {}

  /** Takes a flow on in place of the one before; 0 or WSAEOPNOTSUPP. */
  admit(flow: Flow): number {
    const { network, both } = this;
    const wanted = both ? [flow.sending, flow.receiving] : [flow.sending];
    const conditions = conditionsOf(network);
    for (const each of wanted) {
      if (reservedRate(each) > conditions.lineRate || exceedsLatency(each, conditions)) return WSAEOPNOTSUPP;
    }
    const rate = flow.reserved ? 0 : wanted.reduce((sum, each) => sum + reservedRate(each), 0);
    if (!network.reservations.reserve(this, rate)) return WSAEOPNOTSUPP;
    this.flow = flow;
    this.error = 0;
    return 0;
  }

  /** Gives it back. */
  end(): void {
    this.network.reservations.release(this);
    this.flow = null;
  }

  revoked(): void {
    const { flow } = this;
    if (flow === null) return;
    this.flow = { ...flow, sending: unreserved(flow.sending), receiving: unreserved(flow.receiving) };
    this.error = WSA_QOS_ADMISSION_FAILURE;
    this.changed();
  }
}

/** The same without a promise. */
function unreserved(specification: FLOWSPEC): FLOWSPEC {
  return reservedRate(specification) === 0 ? specification : { ...specification, ServiceType: SERVICETYPE_BESTEFFORT };
}

// Flows that a network has taken on, and what it has reserved for them.
import {
  exceedsLatency,
  mirrored,
  reservedRate,
  saysTheSame,
  type Flow,
  type FlowConditions,
  type FlowReservation,
  type Reservations,
  type Reserver,
} from '../../../io/index.js';
import { SERVICETYPE_BESTEFFORT, WSA_QOS_ADMISSION_FAILURE, WSAEOPNOTSUPP, type FLOWSPEC } from '../../../spi/index.js';
import type { MemoryLink } from '../wire/index.js';

/** A network, as the flows on it see it. */
export interface FlowCarrier {
  readonly link: MemoryLink;
  readonly reservations: Reservations;
}

/** What the network can do for flows just now. */
export function conditionsOf({ link, reservations }: FlowCarrier): FlowConditions {
  return {
    lineRate: link.bandwidth,
    unreserved: Math.min(reservations.unreserved, link.bandwidth),
    latency: Math.ceil(link.latency * 1000),
    delayVariation: Math.ceil(link.jitter * 1000),
  };
}

/** A flow that the network has taken on. */
export class ReservedFlow implements FlowReservation, Reserver {
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
    private readonly network: FlowCarrier,
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

/** One end of a connection that a flow goes with. */
export interface FlowEnd {
  /** What the group of its socket has; `null` for none. */
  readonly groupFlow: Flow | null;
  /** The flow is another now, or has lost its promise. */
  flowChanged(): void;
}

/** The flow of a connection, which both ends have: what one sends, the other receives. */
export class ConnectionFlow {
  readonly #reserved: ReservedFlow;
  readonly #caller: FlowEnd;
  #callee: FlowEnd | null = null;

  /**
   * Makes the flow of a connection that is asked for.
   *
   * @param caller who asks
   */
  constructor(network: FlowCarrier, caller: FlowEnd) {
    this.#caller = caller;
    this.#reserved = new ReservedFlow(network, () => this.#tell(null), true);
  }

  /** The request has reached whoever may accept it. */
  reaches(callee: FlowEnd): void {
    this.#callee = callee;
  }

  /** Why the network went back on it; 0 while it has not. */
  get error(): number {
    return this.#reserved.error;
  }

  /** The flow, as an end has it. */
  flowOf(end: FlowEnd): Flow | null {
    const { flow } = this.#reserved;
    return flow === null || end === this.#caller ? flow : mirrored(flow);
  }

  /** The flow of the caller's group, as the callee has it. */
  groupFlowOf(end: FlowEnd): Flow | null {
    const { groupFlow } = this.#caller;
    return end === this.#caller || groupFlow === null ? null : mirrored(groupFlow);
  }

  /** Takes on what an end asks for; the other one is told if that is anything else. Returns 0 or WSAEOPNOTSUPP. */
  admit(end: FlowEnd, flow: Flow): number {
    const before = this.#reserved.flow;
    const wanted = end === this.#caller ? flow : mirrored(flow);
    const error = this.#reserved.admit(wanted);
    if (error === 0 && (before === null || !saysTheSame(before, wanted))) this.#tell(end);
    return error;
  }

  /** The connection is over for one end, and so for both. */
  end(): void {
    this.#reserved.end();
  }

  #tell(but: FlowEnd | null): void {
    for (const end of [this.#caller, this.#callee]) if (end !== null && end !== but) end.flowChanged();
  }
}

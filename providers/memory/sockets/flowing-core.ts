// What a socket of messages has of flows.
import {
  Readiness,
  type CoreNotice,
  type Flow,
  type FlowConditions,
  type FlowReservation,
  type GroupPlace,
} from '../../../io/index.js';
import { conditionsOf, ConnectionFlow, ReservedFlow, type FlowEnd, type MemoryNetwork } from '../network/index.js';

/** A core whose flows are those of its connection, where the protocol carries them. */
export abstract class FlowingCore implements FlowEnd {
  notice: CoreNotice | null = null;
  /** Its place in a group of sockets. @internal */
  abstract place: GroupPlace | null;
  /** Whether its protocol has quality of service, which both ends of a connection have then. */
  readonly hasQualityOfService: boolean;
  readonly carriesFlows: boolean;
  protected readonly network: MemoryNetwork;
  #own: ReservedFlow | null = null;
  #shared: ConnectionFlow | null = null;

  /**
   * Makes what has no flow.
   *
   * @param carriesFlows whether flows go with connections
   */
  protected constructor(network: MemoryNetwork, carriesFlows: boolean) {
    this.network = network;
    this.hasQualityOfService = this.carriesFlows = carriesFlows;
  }

  /** The flow of the connection that it asks for; `null` where flows do not go with connections. @internal */
  get connectionFlow(): ConnectionFlow | null {
    if (this.carriesFlows) this.#shared ??= new ConnectionFlow(this.network, this);
    return this.#shared;
  }

  /** It may accept a connection, with its flow. */
  protected takeFlow(flow: ConnectionFlow | null): void {
    this.#shared = flow;
    flow?.reaches(this);
  }

  admitFlow(flow: Flow): number {
    const shared = this.connectionFlow;
    if (shared !== null) return shared.admit(this, flow);
    this.#own ??= new ReservedFlow(this.network, () => this.flowChanged());
    return this.#own.admit(flow);
  }

  endFlow(): void {
    this.#shared?.end();
    this.#own?.end();
  }

  reserveFlow(changed: () => void): FlowReservation {
    return new ReservedFlow(this.network, changed, this.carriesFlows);
  }

  /** @internal */
  get groupFlow(): Flow | null {
    return this.place?.quality?.flow ?? null;
  }

  get callersGroupFlow(): Flow | null {
    return this.#shared === null ? null : this.#shared.groupFlowOf(this);
  }

  flowConditions(): FlowConditions {
    return conditionsOf(this.network);
  }

  get flow(): Flow | null {
    return this.#shared !== null ? this.#shared.flowOf(this) : this.#own !== null ? this.#own.flow : null;
  }

  get flowError(): number {
    return this.#shared !== null ? this.#shared.error : this.#own !== null ? this.#own.error : 0;
  }

  /** The flow is another now. @internal */
  flowChanged(): void {
    this.notice?.changed(Readiness.QUALITY_CHANGED);
  }
}

// A request for a connection on its way through the memory network.
import { WSAETIMEDOUT, type Timer } from '../../../spi/index.js';
import type { Carrier, MemoryHost } from '../wire/index.js';

/** Milliseconds after which Windows gives up connecting to a host that does not answer. @internal */
export const CONNECT_TIMEOUT = 21_000;

/** Who asks for a connection to a place. @internal */
export interface Requester<Place> {
  readonly host: MemoryHost;
  /** Told once: 0 or a WinSock code. */
  answered(outcome: number): void;
  /** The instance of whoever listens there now; `null` when nobody does. */
  hostOfListener(to: Place): MemoryHost | null;
  /** Hands the connection to the listener there, which answers for itself then (0), or says why not. */
  knock(to: Place): number;
}

/** One request: to the other side, and a refusal back. @internal */
export class ConnectionRequest<Place> {
  #timer: Timer | null = null;
  #endHold: (() => void) | null = null;

  constructor(
    private readonly network: Carrier,
    private readonly from: Requester<Place>,
    private readonly to: Place,
    /** Whether nobody is there to answer. */
    private readonly silent: boolean,
  ) {}

  /** Sends the request. Without latency the answer comes before this returns. */
  send(): void {
    const { network, from, to } = this;
    const { link } = network;
    if (this.silent) {
      this.#in(from.host, CONNECT_TIMEOUT, () => from.answered(WSAETIMEDOUT));
    } else if (link.cut) {
      // It is sent again and again, until somebody hears it or it is given up.
      this.#endHold = link.whenMended(() => {
        this.cancel();
        this.send();
      });
      this.#in(from.host, CONNECT_TIMEOUT, () => {
        this.cancel();
        from.answered(WSAETIMEDOUT);
      });
    } else if (link.immediate) {
      this.#arrived();
    } else {
      const host = from.hostOfListener(to) ?? from.host;
      this.#in(host, link.reliableDelay(host.random), () => this.#arrived());
    }
  }

  /** Takes the request back, wherever it is. */
  cancel(): void {
    this.#endHold?.();
    this.#endHold = null;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #in(host: MemoryHost, delay: number, callback: () => void): void {
    this.#timer = this.network.schedule(host, host.clock.now() + delay, callback);
  }

  /** The request has arrived at the other side, which answers. */
  #arrived(): void {
    const { network, from } = this;
    const refusal = from.knock(this.to);
    if (refusal === 0) return;
    if (network.link.immediate) from.answered(refusal);
    else this.#in(from.host, network.link.reliableDelay(from.host.random), () => from.answered(refusal));
  }
}

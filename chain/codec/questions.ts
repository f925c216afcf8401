import { sameBytes } from '../../spi/index.js';
import { addressSlot } from '../../io/index.js';
import {
  bindImplicitly,
  leadsSomewhere,
  WAITS,
  type FilterPurpose,
  type NamelessSocket,
  type OpenQuestion,
  type PatientCaller,
  type Verdict,
} from '../filters/index.js';
import type { ConnectionNames } from './connection-names.js';
import type { LowerSocket } from './lower-socket.js';
import type { SessionLayer } from './session-layer.js';

/** Asks the filters of a run of codec layers, outermost first; they may answer later. */
export class Questions {
  readonly #asksBind: boolean;
  /** What a filter has still to answer: there is one at a time. */
  #open: OpenQuestion | null = null;

  /** @param gone whether the socket is closed, and answers are for nobody */
  constructor(
    private readonly layers: readonly SessionLayer[],
    private readonly below: LowerSocket,
    private readonly names: ConnectionNames,
    private readonly gone: () => boolean,
  ) {
    this.#asksBind = layers.some(({ filters }) => filters.bind !== undefined);
  }

  /** Asks what local name to use. */
  askBind(name: Uint8Array, namelen: number, purpose: FilterPurpose = 'bind'): Verdict {
    let local: Uint8Array = name.slice(0, namelen);
    for (const { filters, ask } of this.layers) {
      if (filters.bind === undefined) continue;
      const verdict = ask(filters.bind, purpose, this.names.socket, local, local.length);
      if (verdict.error !== 0) return verdict;
      local = verdict.name;
    }
    return { error: 0, name: local };
  }

  /**
   * Asks where to connect.
   *
   * @param answer told of 0 or a WinSock code, of the name to use, and of how many layers had nothing against it, the outermost
   *   first; within this call unless a filter answers later
   */
  askConnect(
    name: Uint8Array,
    namelen: number,
    answer: (error: number, name: Uint8Array, agreed: number) => void,
  ): void {
    let place = 0;
    let to: Uint8Array = name.slice(0, namelen);
    const goOn = (): void => {
      while (place < this.layers.length) {
        const { filters, ask } = this.layers[place]!;
        this.names.connecting(place, to);
        if (filters.connect === undefined) {
          place++;
          continue;
        }
        const caller = this.#caller(place, (verdict) => {
          if (judged(verdict)) goOn();
        });
        const verdict = ask(filters.connect, 'connect', this.names.socket, to, to.length, caller);
        if (verdict.error === WAITS || !judged(verdict)) return;
      }
      answer(this.#bindOnTheWay(to), to, place);
    };
    /** Takes a verdict; whether the next layer is to be asked. */
    const judged = (verdict: Verdict): boolean => {
      if (verdict.error !== 0) {
        answer(verdict.error, to, place);
        return false;
      }
      if (!sameBytes(verdict.name, to)) this.names.redirected(to, verdict.name, verdict.hostName ?? null);
      to = verdict.name;
      place++;
      return true;
    };
    goOn();
  }

  /**
   * Asks whether the layer at this place takes a connection that came in.
   *
   * @param answer told of 0 or a WinSock code; within this call unless the filter answers later
   */
  askAccept(place: number, answer: (error: number) => void): void {
    const { filters, ask } = this.layers[place]!;
    if (filters.accept === undefined || this.names.role !== 'server') return answer(0);
    const { bytes, length } = this.names.peerSlot;
    const caller = this.#caller(place, ({ error }) => answer(error));
    const { error } = ask(filters.accept, 'accept', this.names.listener, bytes, length, caller);
    if (error !== WAITS) answer(error);
  }

  /** Nobody waits for an answer any more: the socket is closed, or its connection broke. */
  forget(): void {
    this.#open?.forget();
    this.#open = null;
  }

  #caller(place: number, answered: (verdict: Verdict) => void): PatientCaller {
    const { gone } = this;
    return {
      connection: this.names.of(place),
      timeout: this.layers[place]!.filterTimeout,
      waits: (question) => {
        this.#open = question;
      },
      answered: (verdict) => {
        this.#open = null;
        answered(verdict);
      },
      get gone() {
        return gone();
      },
    };
  }

  /** Asks about the name that a socket without one is about to get. 0, or why it does not get one. */
  #bindOnTheWay(destination: Uint8Array): number {
    if (!this.#asksBind || !leadsSomewhere(destination)) return 0;
    const socket: NamelessSocket = {
      named: () => this.below.localName(addressSlot()),
      ask: (name) => this.askBind(name, name.length, 'implicit bind'),
      bind: (name) => this.below.bind(name, name.length),
    };
    return bindImplicitly(socket, destination);
  }
}

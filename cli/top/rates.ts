// What changes from one look to the next.
import type { ChainTotals, SocketLook, TrafficLook } from '../../looks/index.js';
import type { LookOutcome } from './programs.js';

/** Bytes per second since the look before. */
interface RatesOf {
  readonly sentRate: number;
  readonly receivedRate: number;
  /** Below each layer. */
  readonly layerRates: readonly TrafficLook[];
}

/** One line of the picture: a socket. */
export interface SocketRow extends SocketLook, RatesOf {
  readonly pid: number;
  readonly thread: number;
}

/** One line of the picture: what the sockets of a chain carried, those that closed as well, in all threads of a process. */
export interface TotalsRow extends ChainTotals, RatesOf {
  readonly pid: number;
}

/** What is counted. */
type Counted = Pick<SocketLook, 'sent' | 'received' | 'layers'>;

interface Earlier {
  readonly at: number;
  readonly counted: Counted;
}

/** Remembers the counts of the look before. */
export class Rates {
  #sockets = new Map<string, Earlier>();
  #totals = new Map<string, Earlier>();

  /** Makes the lines of a look's sockets. */
  rows(outcomes: readonly LookOutcome[]): SocketRow[] {
    const now = new Map<string, Earlier>();
    const rows = outcomes.flatMap(({ pid, thread, look }) =>
      (look?.sockets ?? []).map((socket) => {
        const key = `${pid} ${thread} ${socket.id}`;
        now.set(key, { at: look!.at, counted: socket });
        return { ...socket, pid, thread, ...ratesOf(socket, look!.at, this.#sockets.get(key)) };
      }),
    );
    this.#sockets = now;
    return rows;
  }

  /** Makes the lines of its chains. */
  totals(outcomes: readonly LookOutcome[]): TotalsRow[] {
    const now = new Map<string, Earlier>();
    const sums = new Map<string, TotalsRow>();
    for (const { pid, thread, look } of outcomes) {
      for (const totals of look?.totals ?? []) {
        const chain = `${pid} ${totals.protocol} ${totals.chain}`;
        const key = `${thread} ${chain}`;
        // Sockets that came and went between two looks count as well: before the first of a chain there was nothing.
        const before = this.#totals.get(key) ?? this.#emptyBefore(pid, thread, totals);
        now.set(key, { at: look!.at, counted: totals });
        const row = { ...totals, pid, ...ratesOf(totals, look!.at, before) };
        const others = sums.get(chain);
        sums.set(chain, others === undefined ? row : added(others, row));
      }
      if (look !== null) now.set(`${thread} ${pid}`, { at: look.at, counted: NOTHING });
    }
    this.#totals = now;
    return [...sums.values()];
  }

  #emptyBefore(pid: number, thread: number, { layers }: ChainTotals): Earlier | undefined {
    const seen = this.#totals.get(`${thread} ${pid}`);
    if (seen === undefined) return undefined;
    return { at: seen.at, counted: { ...NOTHING, layers: layers.map(({ name }) => ({ name, sent: 0, received: 0 })) } };
  }
}

const NOTHING: Counted = { sent: 0, received: 0, layers: [] };

function ratesOf({ sent, received, layers }: Counted, at: number, before: Earlier | undefined): RatesOf {
  const seconds = before === undefined ? 0 : (at - before.at) / 1000;
  const rate = (count: number, earlier: number | undefined): number =>
    seconds > 0 ? Math.max(0, (count - (earlier ?? count)) / seconds) : 0;
  return {
    sentRate: rate(sent, before?.counted.sent),
    receivedRate: rate(received, before?.counted.received),
    layerRates: layers.map((layer, place) => {
      const its = before?.counted.layers[place];
      return { name: layer.name, sent: rate(layer.sent, its?.sent), received: rate(layer.received, its?.received) };
    }),
  };
}

/** The sums of two threads. */
function added(one: TotalsRow, other: TotalsRow): TotalsRow {
  return {
    ...one,
    open: one.open + other.open,
    closed: one.closed + other.closed,
    sent: one.sent + other.sent,
    received: one.received + other.received,
    sentRate: one.sentRate + other.sentRate,
    receivedRate: one.receivedRate + other.receivedRate,
    layers: bothLayers(one.layers, other.layers),
    layerRates: bothLayers(one.layerRates, other.layerRates),
  };
}

function bothLayers(one: readonly TrafficLook[], other: readonly TrafficLook[]): TrafficLook[] {
  const longer = one.length >= other.length ? one : other;
  return longer.map(({ name }, place) => ({
    name,
    sent: (one[place]?.sent ?? 0) + (other[place]?.sent ?? 0),
    received: (one[place]?.received ?? 0) + (other[place]?.received ?? 0),
  }));
}

// What sockets that closed have carried, by their chains.
import type { ChainTotals, TrafficLook } from '../../looks/index.js';

/** One socket, or all those of a chain so far. */
type Carried = Omit<ChainTotals, 'open' | 'closed'>;

interface Sums {
  readonly protocol: ChainTotals['protocol'];
  readonly chain: string;
  open: number;
  closed: number;
  sent: number;
  received: number;
  /** Empty as long as nothing but listeners were counted. */
  layers: { name: string; sent: number; received: number }[];
}

const closed = new Map<string, Sums>();

/** Counts a socket that is about to be closed. */
export function countClosed(carried: Carried): void {
  sumsOf(closed, carried).closed++;
}

/** What was counted so far. */
export function closedTotals(): ReadonlyMap<string, ChainTotals> {
  return closed;
}

/** Totals with those sockets that are open. */
export function withOpen(totals: ReadonlyMap<string, ChainTotals>, sockets: readonly Carried[]): ChainTotals[] {
  const all = new Map<string, Sums>();
  for (const [key, each] of totals) all.set(key, { ...each, layers: each.layers.map((layer) => ({ ...layer })) });
  for (const socket of sockets) sumsOf(all, socket).open++;
  return [...all.values()];
}

/** The sums of a socket's chain, with what it carried. */
function sumsOf(all: Map<string, Sums>, { protocol, chain, sent, received, layers }: Carried): Sums {
  const key = `${protocol} ${chain}`;
  let sums = all.get(key);
  if (sums === undefined) {
    sums = { protocol, chain, open: 0, closed: 0, sent: 0, received: 0, layers: [] };
    all.set(key, sums);
  }
  sums.sent += sent;
  sums.received += received;
  add(sums, layers);
  return sums;
}

function add(sums: Sums, layers: readonly TrafficLook[]): void {
  layers.forEach(({ name, sent, received }, place) => {
    const its = (sums.layers[place] ??= { name, sent: 0, received: 0 });
    its.sent += sent;
    its.received += received;
  });
}

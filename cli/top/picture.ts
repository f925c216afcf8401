// The picture of a look: lines for a terminal, or for whoever reads the output.
import { basename } from 'node:path';
import { formatBytes, printable, style } from '../style.js';
import type { LookOutcome } from './programs.js';
import type { SocketRow, TotalsRow } from './rates.js';

/** By what lines are ordered: the greatest first, or by the alphabet. */
export const ORDERS = ['rate', 'sent', 'received', 'queued', 'rtt', 'local', 'peer', 'state', 'chain'] as const;

/** One of the orders. */
export type Order = (typeof ORDERS)[number];

/** What a picture shows, and how. */
export interface PictureOptions {
  readonly columns: number;
  /** Lines at most; `Infinity` for all. */
  readonly lines: number;
  readonly order: Order;
  /** Whether each socket has lines of its layers. */
  readonly layers: boolean;
  /** How many sockets were scrolled over. */
  readonly from: number;
  /** Whether there was a look before, so that there are rates. */
  readonly rates: boolean;
}

const COMPARED: Readonly<Record<Order, (row: SocketRow) => number | string>> = {
  rate: (row) => -(row.sentRate + row.receivedRate),
  sent: (row) => -row.sent,
  received: (row) => -row.received,
  queued: (row) => -row.queued,
  rtt: (row) => -(row.rtt ?? -1),
  local: (row) => row.local ?? '',
  peer: (row) => row.peer ?? '',
  state: (row) => row.state,
  chain: (row) => row.chain,
};

/** Puts lines in order; those that are alike stay as they were. */
export function inOrder(rows: readonly SocketRow[], order: Order): SocketRow[] {
  const compared = COMPARED[order];
  return [...rows].sort((a, b) => {
    const [one, other] = [compared(a), compared(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  });
}

/** Draws a picture. */
export function picture(
  outcomes: readonly LookOutcome[],
  rows: readonly SocketRow[],
  totals: readonly TotalsRow[],
  options: PictureOptions,
): string[] {
  const processes = new Set(outcomes.map(({ pid }) => pid));
  const head = [...processes].map((pid) =>
    programLine(
      pid,
      outcomes.filter((each) => each.pid === pid),
      options.columns,
    ),
  );
  const many = processes.size > 1;
  const titles = `${many ? '    PID ' : ''}${cells(['PROTO', 'STATE', 'LOCAL', 'PEER', 'SENT', 'RECEIVED', 'OUT/S', 'IN/S', 'QUEUED', 'RTT', 'CHAIN'])}`;
  const body = inOrder(rows, options.order)
    .slice(options.from)
    .flatMap((row) => socketLines(row, many, options));
  const ends = totals.flatMap((row) => totalsLines(row, many, options)).slice(0, Math.floor(options.lines / 3));
  if (ends.length > 0) ends.unshift(style('inverse', fitted(`${many ? '    PID ' : ''}IN ALL`, options.columns)));
  const room = Math.max(0, options.lines - head.length - 1 - ends.length);
  return [
    ...head.slice(0, Math.max(1, options.lines - 1)),
    style('inverse', fitted(titles, options.columns)),
    ...body.slice(0, room),
    ...ends.slice(0, Math.max(0, options.lines - head.length - 1)),
  ];
}

function programLine(pid: number, threads: readonly LookOutcome[], columns: number): string {
  const first = threads.find(({ look }) => look !== null)?.look;
  const sum = (count: (sockets: number, more: number) => number): number =>
    threads.reduce((total, { look }) => total + (look === null ? 0 : count(look.sockets.length, look.more)), 0);
  const silent = threads.filter(({ look }) => look === null).length;
  const more = sum((_, hidden) => hidden);
  const parts = [
    `${pid} ${first === undefined ? '' : `${printable(basename(first!.program))}, Node.js ${printable(first!.node)}`}`.trim(),
    `${sum((listed, hidden) => listed + hidden)} sockets${more > 0 ? `, ${more} of them not listed` : ''}`,
    ...(threads.length > 1 ? [`${threads.length} threads`] : []),
  ];
  const silence = `${silent === threads.length ? 'it does' : `${silent} of them do`} not answer`;
  const room = silent === 0 ? columns : columns - silence.length - 1;
  const line = style('bold', fitted(parts.join(' · '), room));
  return silent === 0 ? line : `${line} ${style('yellow', silence)}`;
}

const WIDTHS = [5, 10, 22, 22, 9, 9, 9, 9, 8, 8, 0];
/** What a layer's name has room for: both addresses. */
const LABEL = 45;
const RIGHT = new Set([4, 5, 6, 7, 8, 9]);

function cells(texts: readonly string[]): string {
  return texts
    .map((text, place) => {
      const width = WIDTHS[place]!;
      return RIGHT.has(place) ? text.padStart(width) : text.padEnd(width);
    })
    .join(' ');
}

function socketLines(row: SocketRow, many: boolean, options: PictureOptions): string[] {
  const { protocol, state, local, peer, queued, rtt, chain } = row;
  const line = cells([
    protocol,
    state,
    local ?? '–',
    peer ?? '–',
    ...counts(row, options),
    queued === 0 ? '·' : short(queued),
    rtt === null ? '' : `${rtt.toFixed(rtt < 10 ? 2 : 0)} ms`,
    chain,
  ]);
  const shown = fitted(`${many ? `${String(row.pid).padStart(7)} ` : ''}${printable(line)}`, options.columns);
  const colour = state === 'listening' ? 'cyan' : row.sentRate + row.receivedRate > 0 ? 'green' : null;
  return [colour === null ? shown : style(colour, shown), ...layerLines(row, many, options)];
}

/** What the sockets of a chain carried in all, in the columns of the sockets. */
function totalsLines(row: TotalsRow, many: boolean, options: PictureOptions): string[] {
  const { protocol, open, closed, chain } = row;
  const line = cells([protocol, `${open} open`, `${closed} closed`, '', ...counts(row, options), '', '', chain]);
  const shown = fitted(`${many ? `${String(row.pid).padStart(7)} ` : ''}${printable(line)}`, options.columns);
  return [shown, ...layerLines(row, many, options)];
}

function counts(row: SocketRow | TotalsRow, { rates }: PictureOptions): string[] {
  return [short(row.sent), short(row.received), perSecond(row.sentRate, rates), perSecond(row.receivedRate, rates)];
}

function layerLines(row: SocketRow | TotalsRow, many: boolean, { columns, layers, rates }: PictureOptions): string[] {
  if (!layers) return [];
  return row.layers.slice(0, -1).map((layer, place) => {
    const its = row.layerRates[place]!;
    const texts = [
      short(layer.sent),
      short(layer.received),
      perSecond(its.sent, rates),
      perSecond(its.received, rates),
    ];
    const label = `└ below ${layer.name}`.slice(0, LABEL).padEnd(LABEL);
    const text = `${' '.repeat(17)}${label} ${texts.map((each) => each.padStart(9)).join(' ')}`;
    return style('dim', fitted(`${many ? ' '.repeat(8) : ''}${printable(text)}`, columns));
  });
}

function perSecond(value: number, isKnown: boolean): string {
  if (!isKnown) return '';
  return value === 0 ? '·' : short(value);
}

function short(bytes: number): string {
  return formatBytes(Math.round(bytes)).replace(/ bytes?$/, ' B');
}

function fitted(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, Math.max(0, columns - 1))}…` : text;
}

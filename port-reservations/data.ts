// What is kept of reservations, and how it is written.
import { parseHolder, type Holder } from '../shared-file/index.js';
import type { PortProtocol } from '../spi/index.js';
import type { PortRange } from '../platform/systems.js';

/** The ports that a reservation had the system leave alone. */
export interface SystemShare {
  /** The run of the system that was told: with the next one it is forgotten. */
  readonly boot: string;
  /** Ports that had not been left alone before. */
  readonly added: readonly PortRange[];
}

/** A reservation that lasts until it is deleted. */
export interface PersistentReservation {
  readonly protocol: PortProtocol;
  readonly first: number;
  readonly count: number;
  /** What the token of each run of the system is made from. */
  readonly secret: string;
  system?: SystemShare;
}

/** A reservation that lasts as long as a socket. */
export interface RuntimeReservation {
  readonly protocol: PortProtocol;
  readonly first: number;
  readonly count: number;
  /** The token, in hexadecimal digits. */
  readonly token: string;
  /** The thread whose socket it is. */
  readonly holder: Holder;
}

/** All reservations. */
export interface ReservationData {
  /** The number of the last change. */
  serial: number;
  persistent: PersistentReservation[];
  runtime: RuntimeReservation[];
}

/** The most bytes that the file may have: some 30,000 reservations. */
export const MOST_BYTES = 4 * 1024 * 1024;

const FORMAT = 'ws2spi port reservations';
const VERSION = 1;
const LAST_PORT = 65_535;

/** No reservations. */
export function noReservations(): ReservationData {
  return { serial: 0, persistent: [], runtime: [] };
}

/** A token of 64 bits that nobody guesses, and that is not 0. */
export function newToken(): string {
  const token = process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex');
  return token === '0'.repeat(16) ? newToken() : token;
}

/** A new secret for tokens. */
export function newSecret(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex');
}

/** The token that a persistent reservation has in one run of the system. */
export function tokenFrom(secret: string, boot: string): bigint {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const token = createHash('sha256').update(`ws2spi ports ${secret} ${boot}`).digest().readBigUInt64LE();
  return token === 0n ? 1n : token;
}

/** Writes reservations down. */
export function formatReservations({ serial, persistent, runtime }: ReservationData): string {
  const list = (items: readonly object[]): string =>
    items.length === 0 ? '[]' : `[\n    ${items.map((item) => JSON.stringify(item)).join(',\n    ')}\n  ]`;
  return (
    `{\n  "format": "${FORMAT}",\n  "version": ${VERSION},\n  "serial": ${serial},\n` +
    `  "persistent": ${list(persistent)},\n  "runtime": ${list(runtime)}\n}\n`
  );
}

/**
 * Reads what was written down.
 *
 * @returns the reservations, or what is wrong with the text, to follow "it": anybody may have written it
 */
export function parseReservations(text: string): ReservationData | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `is not JSON (${error instanceof Error ? error.message : String(error)})`;
  }
  if (!isObject(value) || value['format'] !== FORMAT) return `has not the format "${FORMAT}"`;
  if (value['version'] !== VERSION) {
    return `has version ${JSON.stringify(value['version'])}, of which this version of ws2spi knows nothing`;
  }
  const { serial, persistent, runtime } = value;
  if (!isWhole(serial, 1, Number.MAX_SAFE_INTEGER)) return 'has no serial number';
  if (!Array.isArray(persistent) || !Array.isArray(runtime)) return 'has no lists of reservations';
  const data: ReservationData = { serial, persistent: [], runtime: [] };
  for (const item of persistent as unknown[]) {
    const reservation = persistentFrom(item);
    if (reservation === null) return `has a persistent reservation that is none: ${shown(item)}`;
    data.persistent.push(reservation);
  }
  for (const item of runtime as unknown[]) {
    const reservation = runtimeFrom(item);
    if (reservation === null) return `has a runtime reservation that is none: ${shown(item)}`;
    data.runtime.push(reservation);
  }
  return overlapIn(data) ?? data;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function blockFrom(item: Readonly<Record<string, unknown>>): Omit<RuntimeReservation, 'token' | 'holder'> | null {
  const { protocol, first, count } = item;
  if (protocol !== 'tcp' && protocol !== 'udp') return null;
  if (!isWhole(first, 1, LAST_PORT) || !isWhole(count, 1, LAST_PORT + 1 - first)) return null;
  return { protocol, first, count };
}

function persistentFrom(item: unknown): PersistentReservation | null {
  if (!isObject(item)) return null;
  const block = blockFrom(item);
  const { secret, system } = item;
  if (block === null || typeof secret !== 'string' || !/^[0-9a-f]{32}$/.test(secret)) return null;
  if (system === undefined) return { ...block, secret };
  if (!isObject(system) || typeof system['boot'] !== 'string' || !Array.isArray(system['added'])) return null;
  const added = (system['added'] as unknown[]).map(rangeFrom);
  if (!added.every((range) => range !== null)) return null;
  return { ...block, secret, system: { boot: system['boot'], added } };
}

function rangeFrom(item: unknown): PortRange | null {
  if (!isObject(item)) return null;
  const { first, last } = item;
  return isWhole(first, 1, LAST_PORT) && isWhole(last, first, LAST_PORT) ? { first, last } : null;
}

function runtimeFrom(item: unknown): RuntimeReservation | null {
  if (!isObject(item)) return null;
  const block = blockFrom(item);
  const { token } = item;
  if (block === null || typeof token !== 'string' || !/^(?!0{16})[0-9a-f]{16}$/.test(token)) return null;
  const holder = parseHolder(JSON.stringify(item['holder'] ?? null));
  return holder === null ? null : { ...block, token, holder };
}

function overlapIn({ persistent, runtime }: ReservationData): string | null {
  const last = { tcp: 0, udp: 0 };
  const blocks = [...persistent, ...runtime].sort((a, b) => a.first - b.first);
  for (const { protocol, first, count } of blocks) {
    if (first <= last[protocol]) return `reserves ${protocol} port ${first} twice`;
    last[protocol] = first + count - 1;
  }
  return null;
}

function shown(item: unknown): string {
  const text = JSON.stringify(item);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

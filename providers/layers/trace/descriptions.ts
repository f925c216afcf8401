// Calls and network events in words.
import type { Ref, WSABUF, WSPPROC_TABLE } from '../../../spi/index.js';
import { positionOf, WSP_SIGNATURES, type Argument, type Signature } from '../../../spi/signatures/index.js';
import { addressText, firstBytes, hexadecimal, networkEventNames } from '../../../tracing/index.js';
import type { TraceRecord } from './trace-record.js';

type Slot = keyof WSPPROC_TABLE;

/** Functions that are about no socket, or end the layer. */
export const SILENT: ReadonlySet<Slot> = new Set<Slot>([
  'lpWSPCleanup',
  'lpWSPAddressToString',
  'lpWSPStringToAddress',
  'lpWSPCancelBlockingCall',
]);

/** Which arguments of a function say what it is about, by position; -1 for none. */
interface Description {
  /** An address, and its length or a reference to it. */
  readonly address: number;
  readonly addressLength: number;
  /** Whether the call fills the address in. */
  readonly answers: boolean;
  /** Buffers, their count, and where the number of bytes is written. */
  readonly buffers: number;
  readonly count: number;
  readonly bytes: number;
  /** Network events wanted. */
  readonly wanted: number;
  /** Network events that there were. */
  readonly occurred: number;
  /** Further numbers, with their names. */
  readonly numbers: readonly (readonly [name: string, position: number])[];
}

const DESCRIPTIONS = Object.fromEntries(
  Object.entries(WSP_SIGNATURES).map(([slot, signature]) => [slot, descriptionOf(signature)]),
) as Record<Slot, Description>;

function descriptionOf(signature: Signature): Description {
  const { args } = signature;
  const find = (fits: (argument: Argument) => boolean): number => args.findIndex(fits);
  const address = find(({ kind }) => kind === 'address');
  const buffers = find(({ kind }) => kind === 'buffers');
  return {
    address,
    addressLength: positionOf(signature, args[address]?.length),
    answers: args[address]?.direction === 'out',
    buffers,
    count: positionOf(signature, args[buffers]?.length),
    bytes: find(({ kind, direction }) => kind === 'length' && direction === 'out'),
    wanted: find(({ kind }) => kind === 'networkEvents'),
    occurred: find(({ structure }) => structure === 'WSANETWORKEVENTS'),
    numbers: args.flatMap(({ name, kind }, position) =>
      kind === 'code' ? [['code', position] as const] : kind === 'number' ? [[name, position] as const] : [],
    ),
  };
}

/** Fills in what a call was about. */
export function describeCall(
  slot: Slot,
  args: unknown[],
  record: TraceRecord,
  failed: boolean,
  dataBytes: number,
): void {
  const { address, addressLength, answers, buffers, count, bytes, wanted, occurred, numbers } = DESCRIPTIONS[slot];
  const parts: string[] = [];
  if (address >= 0 && !(answers && failed)) parts.push(describeAddress(args[address], args[addressLength]));
  if (wanted >= 0) parts.push(networkEventNames(args[wanted] as number));
  if (occurred >= 0 && !failed) {
    parts.push(networkEventNames((args[occurred] as { lNetworkEvents: number }).lNetworkEvents));
  }
  for (const [label, position] of numbers) {
    const value = args[position] as number;
    parts.push(`${label} ${Math.abs(value) > 0xffff ? hexadecimal(value) : value}`);
  }
  record.detail = parts.filter((part) => part !== '').join(', ');
  if (buffers >= 0 && !failed) {
    record.bytes = (args[bytes] as Ref<number> | null)?.value ?? 0;
    if (dataBytes > 0)
      record.data = firstBytes(args[buffers] as WSABUF[], args[count] as number, Math.min(dataBytes, record.bytes));
  }
}

function describeAddress(bytes: unknown, length: unknown): string {
  if (!(bytes instanceof Uint8Array)) return '';
  const size = typeof length === 'number' ? length : ((length as Ref<number> | null)?.value ?? 0);
  return addressText(bytes, size);
}

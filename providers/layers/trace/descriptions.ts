import {
  FD_ACCEPT,
  FD_ADDRESS_LIST_CHANGE,
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_CONNECT,
  FD_GROUP_QOS,
  FD_OOB,
  FD_QOS,
  FD_READ,
  FD_ROUTING_INTERFACE_CHANGE,
  FD_WRITE,
  type Ref,
  type WSABUF,
  type WSPPROC_TABLE,
} from '../../../spi/index.js';
import { addressText } from './address-texts.js';
import type { TraceRecord } from './trace-record.js';

type Slot = keyof WSPPROC_TABLE;

/** Functions that are about no socket, or end the layer. */
export const SILENT: ReadonlySet<Slot> = new Set<Slot>([
  'lpWSPCleanup',
  'lpWSPAddressToString',
  'lpWSPStringToAddress',
  'lpWSPCancelBlockingCall',
]);

const EVENT_NAMES: readonly (readonly [number, string])[] = [
  [FD_READ, 'FD_READ'],
  [FD_WRITE, 'FD_WRITE'],
  [FD_OOB, 'FD_OOB'],
  [FD_ACCEPT, 'FD_ACCEPT'],
  [FD_CONNECT, 'FD_CONNECT'],
  [FD_CLOSE, 'FD_CLOSE'],
  [FD_QOS, 'FD_QOS'],
  [FD_GROUP_QOS, 'FD_GROUP_QOS'],
  [FD_ROUTING_INTERFACE_CHANGE, 'FD_ROUTING_INTERFACE_CHANGE'],
  [FD_ADDRESS_LIST_CHANGE, 'FD_ADDRESS_LIST_CHANGE'],
];

/** Network events by name, joined as C writes them. */
export function describeNetworkEvent(events: number): string {
  if (events === FD_ALL_EVENTS) return 'FD_ALL_EVENTS';
  const names = EVENT_NAMES.filter(([bit]) => (events & bit) !== 0).map(([, name]) => name);
  return names.length > 0 ? names.join('|') : '0';
}

/** Which arguments of a function say what it is about, by position. */
interface Description {
  /** An address, and its length or a reference to it. */
  readonly address?: readonly [bytes: number, length: number];
  /** An address that the call fills in. */
  readonly answer?: readonly [bytes: number, length: number];
  /** Buffers, their count, and where the number of bytes is written. */
  readonly transfer?: readonly [buffers: number, count: number, bytes: number];
  /** Network events wanted. */
  readonly events?: number;
  /** Further numbers, with their names. */
  readonly numbers?: readonly (readonly [name: string, position: number])[];
}

/** The table of descriptions. */
const DESCRIPTIONS: Partial<Record<Slot, Description>> = {
  lpWSPSocket: {
    numbers: [
      ['af', 0],
      ['type', 1],
      ['protocol', 2],
    ],
  },
  lpWSPBind: { address: [1, 2] },
  lpWSPConnect: { address: [1, 2] },
  lpWSPListen: { numbers: [['backlog', 1]] },
  lpWSPAccept: { answer: [1, 2] },
  lpWSPGetSockName: { answer: [1, 2] },
  lpWSPGetPeerName: { answer: [1, 2] },
  lpWSPSend: { transfer: [1, 2, 3] },
  lpWSPRecv: { transfer: [1, 2, 3] },
  lpWSPSendTo: { transfer: [1, 2, 3], address: [5, 6] },
  lpWSPRecvFrom: { transfer: [1, 2, 3], answer: [5, 6] },
  lpWSPShutdown: { numbers: [['how', 1]] },
  lpWSPEventSelect: { events: 2 },
  lpWSPAsyncSelect: { events: 3 },
  lpWSPSetSockOpt: {
    numbers: [
      ['level', 1],
      ['optname', 2],
    ],
  },
  lpWSPGetSockOpt: {
    numbers: [
      ['level', 1],
      ['optname', 2],
    ],
  },
  lpWSPIoctl: { numbers: [['code', 1]] },
};

/** Fills in what a call was about. */
export function describeCall(
  slot: Slot,
  args: unknown[],
  record: TraceRecord,
  failed: boolean,
  dataBytes: number,
): void {
  const description = DESCRIPTIONS[slot];
  if (slot === 'lpWSPEnumNetworkEvents' && !failed) {
    record.detail = describeNetworkEvent((args[2] as { lNetworkEvents: number }).lNetworkEvents);
  }
  if (description === undefined) return;
  const parts: string[] = [];
  const name = description.address ?? (failed ? undefined : description.answer);
  if (name !== undefined) parts.push(describeAddress(args[name[0]], args[name[1]]));
  if (description.events !== undefined) parts.push(describeNetworkEvent(args[description.events] as number));
  for (const [label, position] of description.numbers ?? []) {
    const value = args[position] as number;
    parts.push(`${label} ${Math.abs(value) > 0xffff ? `0x${(value >>> 0).toString(16)}` : value}`);
  }
  record.detail = parts.filter((part) => part !== '').join(', ');
  if (description.transfer !== undefined && !failed) {
    const [buffers, count, bytes] = description.transfer;
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

function firstBytes(buffers: WSABUF[], count: number, most: number): Uint8Array {
  const data = new Uint8Array(most);
  let at = 0;
  for (let i = 0; i < count && at < most; i++) {
    const piece = buffers[i]!.buf.subarray(0, Math.min(buffers[i]!.len, most - at));
    data.set(piece, at);
    at += piece.length;
  }
  return data;
}

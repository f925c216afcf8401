// IOCTL_AFD_POLL: what select and WSAPoll are made of on Windows, asynchronously.
import { pinMemory, writeWord } from '../native-memory.js';
import { PollEvents } from '../poller.js';
import type { Winsock } from './functions.js';
import { ownHandle } from './winsock.js';

/** What AFD reports of a socket. */
export const Afd = {
  RECEIVE: 0x01,
  EXPEDITED: 0x02,
  SEND: 0x04,
  DISCONNECT: 0x08,
  ABORT: 0x10,
  LOCAL_CLOSE: 0x20,
  ACCEPT: 0x80,
  CONNECT_FAIL: 0x100,
} as const;

const IOCTL_AFD_POLL = 0x12024;
const STATUS_PENDING = 0x103;
const SYNCHRONIZE = 0x10_0000;
const FILE_SHARE_READ_WRITE = 3;
const FILE_OPEN = 1;

/** 32-bit integers of a request: an IO_STATUS_BLOCK, whose status comes first, then an AFD_POLL_INFO with one handle. */
export const REQUEST_INTS = 16;
/** Where they begin within a request, in 32-bit integers. */
const AT = { STATUS: 0, TIMEOUT: 4, HANDLES: 6, EXCLUSIVE: 7, HANDLE: 8, EVENTS: 10, HANDLE_STATUS: 11 } as const;
const POLL_INFO_OFFSET = 16;
const POLL_INFO_SIZE = 32;

/** The events that the kernel is asked for by `wait`'s 100 nanoseconds: never and always, as 64-bit words. */
const [FOR_EVER_LOW, FOR_EVER_HIGH] = [-1, 0x7fff_ffff];

/** Requests that the kernel writes its answers to: they lie in memory that lasts. */
export interface Requests {
  readonly ints: Int32Array;
  readonly address: number;
}

/**
 * Opens \Device\Afd itself, through which sockets of any family are polled.
 *
 * @throws Error when it cannot be opened
 */
export function openAfd(functions: Pick<Winsock, 'NtCreateFile'>): number {
  const path = Buffer.from('\\Device\\Afd\\ws2spi', 'utf16le');
  const name = pinMemory(path.length);
  name.bytes.set(path);
  // A UNICODE_STRING: length, room, address.
  const string = pinMemory(16);
  string.view.setUint16(0, path.length, true);
  string.view.setUint16(2, path.length, true);
  writeWord(string.ints, 2, name.address);
  // OBJECT_ATTRIBUTES: its size, and the name.
  const attributes = pinMemory(48);
  attributes.ints[0] = 48;
  writeWord(attributes.ints, 4, string.address);
  const handle = pinMemory(8);
  const status = pinMemory(16);
  const result = functions.NtCreateFile(
    handle.address,
    SYNCHRONIZE,
    attributes.address,
    status.address,
    0,
    0,
    FILE_SHARE_READ_WRITE,
    FILE_OPEN,
    0,
    0,
    0,
  );
  if (result !== 0) {
    throw new Error(`ws2spi: \\Device\\Afd cannot be opened: NTSTATUS 0x${(result >>> 0).toString(16)}`);
  }
  return ownHandle(handle.ints[0]!);
}

/**
 * Asks AFD about one socket.
 *
 * @param event cleared now, and set when the request is done; 0 for none
 * @param at which of the requests, in 32-bit integers
 * @param context comes back from the completion port; 0 for a request that none tells of
 * @param waits whether it is to wait; else it looks only
 * @returns whether the request was accepted
 */
export function pollAfd(
  functions: Pick<Winsock, 'NtDeviceIoControlFile'>,
  afd: number,
  event: number,
  descriptor: number,
  events: number,
  requests: Requests,
  at: number,
  context: number,
  waits: boolean,
): boolean {
  const { ints } = requests;
  ints[at + AT.STATUS] = STATUS_PENDING;
  ints[at + AT.TIMEOUT] = waits ? FOR_EVER_LOW : 0;
  ints[at + AT.TIMEOUT + 1] = waits ? FOR_EVER_HIGH : 0;
  ints[at + AT.HANDLES] = 1;
  ints[at + AT.EXCLUSIVE] = 0;
  writeWord(ints, at + AT.HANDLE, descriptor);
  ints[at + AT.EVENTS] = events;
  ints[at + AT.HANDLE_STATUS] = 0;
  const block = requests.address + at * 4;
  const info = block + POLL_INFO_OFFSET;
  const status = functions.NtDeviceIoControlFile(
    afd,
    event,
    0,
    context,
    block,
    IOCTL_AFD_POLL,
    info,
    POLL_INFO_SIZE,
    info,
    POLL_INFO_SIZE,
  );
  return status === 0 || status === STATUS_PENDING;
}

/** What a finished request found, in bits of `Afd`. */
export function foundEvents({ ints }: Requests, at: number): number {
  return ints[at + AT.STATUS] === 0 && ints[at + AT.HANDLES]! > 0 ? ints[at + AT.EVENTS]! : 0;
}

/** Whether the kernel still has a request. */
export function isPending({ ints }: Requests, at: number): boolean {
  return ints[at + AT.STATUS] === STATUS_PENDING;
}

/** Bits of `Afd` as those of `PollEvents`. */
export function pollEvents(found: number): number {
  let events = 0;
  if ((found & (Afd.RECEIVE | Afd.ACCEPT)) !== 0) events |= PollEvents.IN;
  if ((found & Afd.SEND) !== 0) events |= PollEvents.OUT;
  if ((found & Afd.EXPEDITED) !== 0) events |= PollEvents.PRIORITY;
  if ((found & Afd.DISCONNECT) !== 0) events |= PollEvents.IN | PollEvents.PEER_HANG_UP;
  if ((found & Afd.ABORT) !== 0) events |= PollEvents.IN | PollEvents.ERROR | PollEvents.HANG_UP;
  // Sockets are taken from the set before they are closed: one that is closed is somebody else's doing.
  if ((found & Afd.LOCAL_CLOSE) !== 0) events |= PollEvents.GONE;
  if ((found & Afd.CONNECT_FAIL) !== 0) events |= PollEvents.ERROR | PollEvents.HANG_UP;
  return events;
}

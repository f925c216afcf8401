// Layers that somebody else has installed in Windows: which handle of a socket's AFD knows, and what such a layer is called.
import { koffi } from '../koffi.js';
import { pinMemory } from '../native-memory.js';
import { winsock } from './winsock.js';

const SIO_BASE_HANDLE = 0x4800_0022;
/** Answered by layers that know of WSAPoll, and keep the other to themselves. */
const SIO_BSP_HANDLE_POLL = 0x4800_001d;
const SOL_SOCKET = 0xffff;
const SO_TYPE = 0x1008;
const SO_PROTOCOL_INFOW = 0x2005;
/** A WSAPROTOCOL_INFOW. */
const INFO = { SIZE: 628, PROVIDER: 20, ENTRY: 36, CHAIN_LENGTH: 40, NAME: 116, NAME_BYTES: 512 } as const;
const PATH_CHARACTERS = 260;

/** Set by a program, or for it, that is to do without AFD. */
const WISH = 'WS2SPI_WINDOWS_POLL';

let withoutAfd = process.env[WISH]?.toLowerCase() === 'wsapoll';

/** Whether this thread does without AFD: it was told so, or has met a socket that AFD does not know. */
export function doesWithoutAfd(): boolean {
  return withoutAfd;
}

/** Those of the sockets that AFD knows by another handle. */
const handles = new Map<number, number>();

/** The handle that AFD knows a socket by. */
export function polledHandle(descriptor: number): number {
  return handles.size === 0 ? descriptor : (handles.get(descriptor) ?? descriptor);
}

/** Asks for the handle that lies below the layers of a socket. */
export function findPolledHandle(descriptor: number): void {
  handles.delete(descriptor);
  const base = below(descriptor, SIO_BASE_HANDLE) ?? below(descriptor, SIO_BSP_HANDLE_POLL);
  if (base !== null && base !== descriptor) handles.set(descriptor, base);
}

/** Forgets a socket that is closed. */
export function forgetPolledHandle(descriptor: number): void {
  if (handles.size > 0) handles.delete(descriptor);
}

/** Whether it is a socket at all, so that it is AFD that does not know it. */
export function isSocket(descriptor: number): boolean {
  answer.ints[0] = 0;
  length.ints[0] = 4;
  return winsock().getsockopt(descriptor, SOL_SOCKET, SO_TYPE, answer.address, length.address) === 0;
}

/**
 * Does without AFD from now on, and says so, with the layer's name and what to do.
 *
 * @param socket one that AFD does not know; else why AFD is not to be had
 */
export function doWithoutAfd(socket: number | Error): void {
  if (withoutAfd) return;
  withoutAfd = true;
  const why =
    typeof socket === 'number'
      ? `ws2spi: ${layerOf(socket) ?? 'something that Windows does not name'} gives out sockets that \\Device\\Afd does not know ` +
        '(no IFS handles), and does not tell of those below (SIO_BASE_HANDLE). '
      : `${socket.message}. `;
  process.emitWarning(
    `${why}The process waits for its sockets by WSAPoll now: all works, more slowly with many sockets. ` +
      'To mend it, have the layer at fault updated or removed: netsh winsock show catalog lists them.',
    { type: 'Ws2spiForeignLayer', code: 'WS2SPI_NO_AFD' },
  );
}

const answer = pinMemory(INFO.SIZE);
const length = pinMemory(8);
const path = pinMemory(PATH_CHARACTERS * 2);

function below(descriptor: number, code: number): number | null {
  const { address, ints } = answer;
  writeNothing();
  const result = winsock().WSAIoctl(descriptor, code, 0, 0, address, 8, length.address, 0, 0);
  return result === 0 && ints[0]! > 0 ? ints[0]! : null;
}

function writeNothing(): void {
  answer.ints[0] = 0;
  answer.ints[1] = 0;
}

/** The layer that gave out a socket; `null` when Windows tells of none. */
function layerOf(descriptor: number): string | null {
  length.ints[0] = INFO.SIZE;
  const { address, view, bytes } = answer;
  const asked = winsock().getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL_INFOW, address, length.address);
  if (asked !== 0 || view.getInt32(INFO.CHAIN_LENGTH, true) === 1) return null;
  const name = textOf(bytes.subarray(INFO.NAME, INFO.NAME + INFO.NAME_BYTES));
  const entry = view.getUint32(INFO.ENTRY, true);
  return `the layered service provider "${name}" (catalog entry ${entry}${fileOf(address + INFO.PROVIDER)})`;
}

function fileOf(provider: number): string {
  try {
    const library = koffi().load('ws2_32.dll');
    const find = library.func('int WSCGetProviderPath(intptr_t, intptr_t, intptr_t, intptr_t)');
    length.ints[0] = PATH_CHARACTERS;
    const found = find(provider, path.address, length.address, length.address + 4) as number;
    const file = found === 0 ? textOf(path.bytes) : '';
    return file === '' ? '' : `, ${file}`;
  } catch {
    return '';
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-16le').decode(bytes).split('\0', 1)[0]!;
}

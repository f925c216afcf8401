// How many files and sockets this process has open.
import { readdirSync } from 'node:fs';
import type Koffi from 'koffi';
import { createRequire } from 'node:module';

/** Counts what this process has open: its descriptors, and on Windows its handles of files, of which sockets are some. */
export const descriptors: () => number =
  process.platform === 'win32' ? countOfFileHandles() : () => readdirSync('/proc/self/fd').length;

/** A SYSTEM_HANDLE_INFORMATION_EX: a count, then entries; and where they have the process, the handle and the type. */
const HANDLES_OF_THE_SYSTEM = 64;
const [FIRST, ENTRY, PROCESS, HANDLE, TYPE] = [16, 40, 8, 16, 30];
const STATUS_INFO_LENGTH_MISMATCH = 0xc000_0004 | 0;

function countOfFileHandles(): () => number {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const ask = koffi
    .load('ntdll.dll')
    .func('int NtQuerySystemInformation(int, void *, uint32_t, void *)') as unknown as (
    kind: number,
    room: Uint8Array,
    size: number,
    length: Uint8Array | null,
  ) => number;
  const open = koffi
    .load('ws2_32.dll')
    .func('intptr_t WSASocketW(int, int, int, intptr_t, uint32_t, uint32_t)') as unknown as (
    ...values: number[]
  ) => number;
  const start = koffi.load('ws2_32.dll').func('int WSAStartup(uint16_t, void *)') as unknown as (
    version: number,
    data: Uint8Array,
  ) => number;
  const close = koffi.load('ws2_32.dll').func('int closesocket(intptr_t)') as unknown as (socket: number) => number;
  let room = Buffer.alloc(1 << 20);
  let type = -1;
  const handles = (): { handle: number; type: number }[] => {
    while (ask(HANDLES_OF_THE_SYSTEM, room, room.length, null) === STATUS_INFO_LENGTH_MISMATCH) {
      room = Buffer.alloc(room.length * 2);
    }
    return Array.from({ length: room.readUInt32LE(0) }, (_, index) => FIRST + index * ENTRY)
      .filter((at) => room.readUInt32LE(at + PROCESS) === process.pid)
      .map((at) => ({ handle: room.readUInt32LE(at + HANDLE), type: room.readUInt16LE(at + TYPE) }));
  };
  return () => {
    if (type < 0) {
      start(0x0202, new Uint8Array(512));
      const socket = open(2, 1, 6, 0, 0, 1);
      type = handles().find(({ handle }) => handle === socket)?.type ?? -1;
      close(socket);
    }
    return handles().filter((each) => each.type === type).length;
  };
}

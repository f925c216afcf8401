// The functions of Windows, bound.
import { isMainThread } from 'node:worker_threads';
import { GUID, SIO_GET_EXTENSION_FUNCTION_POINTER } from '../../spi/index.js';
import { koffi } from '../koffi.js';
import { pinMemory } from '../native-memory.js';
import { SIGNATURES, type Argument, type Winsock } from './functions.js';
import { closingWithThread } from './thread-end.js';

let bound: Winsock | null = null;

/**
 * The functions, bound at the first call of the thread, with ws2_32.dll started.
 *
 * @throws Error that says what this Windows, or this Node.js, lacks
 */
export function winsock(): Winsock {
  bound ??= bindWinsock();
  return bound;
}

/** Has ws2_32.dll started, which ends with the process. */
const WINSOCK_VERSION = 0x0202;
/** A WSADATA, with room to spare. */
const DATA_ROOM = 512;

function bindWinsock(): Winsock {
  const ffi = koffi();
  if (ffi.sizeof('void *') !== 8) throw new Error('ws2spi: the Windows binding needs a 64-bit process');
  const functions: Record<string, (...values: Argument[]) => number> = {};
  for (const [file, declarations] of Object.entries(SIGNATURES)) {
    const library = ffi.load(file === 'node.exe' ? null : file);
    for (const [name, declaration] of Object.entries(declarations)) {
      try {
        functions[name] = library.func(declaration) as never;
      } catch (cause) {
        throw lacks(file, name.replace(/Bytes$/, ''), cause);
      }
    }
  }
  const winsock = functions as Winsock;
  const code = winsock.WSAStartup(WINSOCK_VERSION, pinMemory(DATA_ROOM).address);
  if (code !== 0) throw new Error(`ws2spi: WSAStartup of ws2_32.dll failed with ${code}`);
  if (isMainThread) return winsock;
  const { ownHandle, ...closing } = closingWithThread(winsock);
  owner = ownHandle;
  return closing;
}

let owner = (handle: number): number => handle;

/** Has a handle closed with a worker's thread, if CloseHandle is not called before. Returns the handle. */
export function ownHandle(handle: number): number {
  return owner(handle);
}

function lacks(file: string, name: string, cause?: unknown): Error {
  return new Error(
    `ws2spi: ${file} has no ${name}, by which native sockets are called: ` +
      "use a node.exe as nodejs.org makes it, or the memory provider (createWs2_32({ base: 'memory' }))",
    { cause },
  );
}

/**
 * Memory that the kernel may write to at any time: never moved, and never freed, whatever becomes of the thread.
 *
 * @throws Error when there is none left
 */
export function lastingMemory(
  size: number,
  functions: Pick<Winsock, 'VirtualAlloc'> = winsock(),
): { readonly ints: Int32Array; readonly address: number } {
  const MEM_COMMIT_RESERVE = 0x3000;
  const PAGE_READWRITE = 4;
  const address = functions.VirtualAlloc(0, size, MEM_COMMIT_RESERVE, PAGE_READWRITE);
  if (address === 0) throw new Error(`ws2spi: there is no memory for ${size} bytes`);
  return { ints: new Int32Array(koffi().view(BigInt(address), size)), address };
}

/**
 * Where a library has a function, for those who call it without JavaScript.
 *
 * @throws Error that says what this Windows, or this Node.js, lacks
 */
export function addressOfFunction(library: 'ws2_32.dll' | 'kernel32.dll' | 'node.exe', name: string): number {
  const { GetModuleHandleW, GetProcAddress, LoadLibraryA } = winsock();
  const address = GetProcAddress(library === 'node.exe' ? GetModuleHandleW(0) : LoadLibraryA(library), name);
  if (address === 0) throw lacks(library, name);
  return address;
}

/** Whether this is not Windows but Wine, below which some ways are those of the Unix that it runs on. */
export function isWine(): boolean {
  const { GetProcAddress, LoadLibraryA } = winsock();
  return GetProcAddress(LoadLibraryA('ntdll.dll'), 'wine_get_version') !== 0;
}

/**
 * A function that is no export: the provider of a socket is asked for it.
 *
 * @param id its GUID
 * @param parameters their types
 * @param failed what it returns where the provider has none
 * @returns the function, which returns an integer
 */
export function extensionFunction(
  descriptor: number,
  id: string,
  parameters: readonly string[],
  failed: number,
): (...values: number[]) => number {
  const [guid, out] = [pinMemory(16), pinMemory(16)];
  guid.bytes.set(GUID.encode(id));
  const code = SIO_GET_EXTENSION_FUNCTION_POINTER >>> 0;
  const got = out.address + 8;
  if (winsock().WSAIoctl(descriptor, code, guid.address, 16, out.address, 8, got, 0, 0) !== 0) return () => failed;
  const ffi = koffi();
  const type = ffi.proto('int', [...parameters]);
  const address = out.view.getBigUint64(0, true);
  return (...values) => ffi.call(address, type, ...values) as number;
}

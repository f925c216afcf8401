// A worker's sockets and handles, which are closed when its thread ends: by itself, by process.exit(), by an exception or by worker.terminate().
// After the last no JavaScript runs any more, so it is Node.js that calls closesocket and CloseHandle, by a hook for each.
import { koffi } from '../koffi.js';
import type { Winsock } from './functions.js';

/**
 * The functions for a worker.
 *
 * A hook stands for a handle, which must be this thread's as long as the hook is there. So nothing may come between a call that opens
 * or closes and that of its hook. A worker is terminated where a function of JavaScript begins or a loop goes round, and not between two
 * native calls: between the two no such function may be called.
 */
export function closingWithThread(functions: Winsock): Winsock & { ownHandle(handle: number): number } {
  const env = Number(koffi().node.env);
  const { LoadLibraryA, GetProcAddress, napi_add_env_cleanup_hook, napi_remove_env_cleanup_hook } = functions;
  const close = GetProcAddress(LoadLibraryA('ws2_32.dll'), 'closesocket');
  const closeHandle = GetProcAddress(LoadLibraryA('kernel32.dll'), 'CloseHandle');
  /** Which handles and sockets have a hook: arrays, since V8 may end the thread as it looks into a Set. */
  const owned: boolean[] = [];
  const sockets: boolean[] = [];
  // One that is kept already was closed by somebody else, and its number is this one's now. Node.js aborts where a hook comes twice.
  const opening =
    <Values extends unknown[]>(
      open: (...values: Values) => number,
      closing: number,
      known: boolean[],
    ): ((...values: Values) => number) =>
    (...values) => {
      const handle = open(...values);
      if (handle > 0 && known[handle] !== true) napi_add_env_cleanup_hook(env, closing, handle);
      known[handle] = true;
      return handle;
    };
  return {
    ...functions,
    WSASocketW: opening(functions.WSASocketW, close, sockets),
    accept: opening(functions.accept, close, sockets),
    closesocket(descriptor) {
      const isKept = sockets[descriptor as number] === true;
      sockets[descriptor as number] = false;
      if (isKept) napi_remove_env_cleanup_hook(env, close, descriptor!);
      return functions.closesocket(descriptor!);
    },
    ownHandle: opening((handle: number) => handle, closeHandle, owned),
    CreateEventW: opening(functions.CreateEventW, closeHandle, owned),
    CreateIoCompletionPort: opening(functions.CreateIoCompletionPort, closeHandle, owned),
    CloseHandle(handle) {
      const isKept = owned[handle as number] === true;
      owned[handle as number] = false;
      if (isKept) napi_remove_env_cleanup_hook(env, closeHandle, handle!);
      return functions.CloseHandle(handle!);
    },
  };
}

// A worker's sockets and handles, which are closed when its thread ends: by itself, by process.exit(), by an exception or by worker.terminate().
// After the last no JavaScript runs any more, so it is Node.js that calls closesocket and CloseHandle, by a hook for each.
import { koffi } from '../koffi.js';
import type { Winsock } from './functions.js';

/**
 * The functions for a worker.
 *
 * A hook stands for a handle, which must be this thread's as long as the hook is there. So nothing may come between a call that opens
 * or closes and that of its hook. Nothing does: a worker is terminated where a function of JavaScript begins or a loop goes round, and
 * not between two native calls.
 */
export function closingWithThread(functions: Winsock): Winsock & { ownHandle(handle: number): number } {
  const env = Number(koffi().node.env);
  const { LoadLibraryA, GetProcAddress, napi_add_env_cleanup_hook, napi_remove_env_cleanup_hook } = functions;
  const close = GetProcAddress(LoadLibraryA('ws2_32.dll'), 'closesocket');
  const closeHandle = GetProcAddress(LoadLibraryA('kernel32.dll'), 'CloseHandle');
  const owned = new Set<number>();
  const ownHandle = (handle: number): number => {
    if (handle > 0) {
      owned.add(handle);
      napi_add_env_cleanup_hook(env, closeHandle, handle);
    }
    return handle;
  };
  const kept = (descriptor: number): number => {
    if (descriptor >= 0) napi_add_env_cleanup_hook(env, close, descriptor);
    return descriptor;
  };
  return {
    ...functions,
    WSASocketW: (...values) => kept(functions.WSASocketW(...values)),
    accept: (...values) => kept(functions.accept(...values)),
    closesocket(descriptor) {
      napi_remove_env_cleanup_hook(env, close, descriptor!);
      return functions.closesocket(descriptor!);
    },
    ownHandle,
    CreateEventW: (...values) => ownHandle(functions.CreateEventW(...values)),
    CloseHandle(handle) {
      if (owned.delete(handle as number)) napi_remove_env_cleanup_hook(env, closeHandle, handle!);
      return functions.CloseHandle(handle!);
    },
  };
}

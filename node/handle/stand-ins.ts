// Descriptors that stand for sockets of a chain. Nothing goes around the chain by one: it is a socket of the system's that nobody uses, not
// bound and not connected, whose number leads back to the chain's wherever a handle of this thread is opened by it.
import type { HandleLife } from './handle-life.js';

const standing = new Map<number, WeakRef<HandleLife>>();

/**
 * An address that no machine has (RFC 5737). libuv makes a handle's descriptor before it finds that it cannot be bound to it.
 */
const NOBODYS_ADDRESS = '192.0.2.255';

/**
 * The descriptor that stands for a socket, made when somebody first asks for it; closed with the handle.
 *
 * @param life the socket
 * @param nativeBind binds the handle that libuv knows to an address
 * @param nativeDescriptor the descriptor of that handle; negative for none
 * @returns -1 while there is no socket, and where the system gives no descriptors
 */
export function standInOf(
  life: HandleLife,
  nativeBind: (address: string) => unknown,
  nativeDescriptor: () => number,
): number {
  if (life.handle === null) return -1;
  let descriptor = nativeDescriptor();
  if (descriptor < 0) {
    nativeBind(NOBODYS_ADDRESS);
    descriptor = nativeDescriptor();
    if (descriptor >= 0) standing.set(descriptor, new WeakRef(life));
  }
  return descriptor;
}

/** The socket that a descriptor stands for; `null` when it is none of these. */
export function stoodForBy(descriptor: unknown): HandleLife | null {
  if (typeof descriptor !== 'number') return null;
  const life = standing.get(descriptor)?.deref();
  if (life !== undefined && life.handle !== null) return life;
  standing.delete(descriptor);
  return null;
}

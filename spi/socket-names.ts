// What every socket address says in the same place, and addresses of the Internet in bytes.
import { AF_INET, AF_INET6 } from './constants/sockets.js';

export { ipv4Number } from './address-text.js';

/** The family of a SOCKADDR; it has at least 2 bytes. */
export function familyOf(name: Uint8Array): number {
  return name[0]! | (name[1]! << 8);
}

/** The SOCKADDR of an address of 4 or 16 bytes, with port 0 and no scope. */
export function sockaddrOf(bytes: Uint8Array): Uint8Array {
  const isFour = bytes.length === 4;
  const name = new Uint8Array(isFour ? 16 : 28);
  name[0] = isFour ? AF_INET : AF_INET6;
  const at = isFour ? 4 : 8;
  for (let i = 0; i < bytes.length; i++) name[at + i] = bytes[i]!;
  return name;
}

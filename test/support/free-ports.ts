// Ports of 127.0.0.1 that no other test or program takes between being found and being used.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  ref,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  type Ws2_32,
  WSAEADDRINUSE,
} from 'ws2spi';

// The system gives ports from 32768, some from 49152, to whoever asks for any.
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A port for a server that takes it at once: of those that the system gives to nobody who does not name them. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.on('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

let holder: Ws2_32 | null = null;

afterAll(() => holder?.[Symbol.dispose]());

/** A port on which nobody listens, and nobody will until the file's tests are over, at 127.0.0.1 and ::1: it is bound. */
export function nobodysPort(): number {
  if (holder === null) {
    holder = createWs2_32({ base: 'tcpip', catalog: 'memory' });
    holder.WSAStartup(0x0202, {});
  }
  for (;;) {
    const name = sockaddr_in('127.0.0.1', 0);
    const s = holder.socket(AF_INET, SOCK_STREAM, 0);
    if (holder.bind(s, name, name.length) !== 0) throw new Error(`no port is free: ${holder.WSAGetLastError()}`);
    holder.getsockname(s, name, ref(name.length));
    const port = (name[2]! << 8) | name[3]!;
    const six = sockaddr_in6('::1', port);
    const isTaken = holder.bind(holder.socket(AF_INET6, SOCK_STREAM, 0), six, six.length) !== 0;
    // Where there is no IPv6 nobody listens by it.
    if (!isTaken || holder.WSAGetLastError() !== WSAEADDRINUSE) return port;
  }
}

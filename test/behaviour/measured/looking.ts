// What select, WSAPoll and getsockopt tell of one socket.
import { expect } from 'vitest';
import { POLLRDBAND, POLLRDNORM, POLLWRNORM, ref, SOL_SOCKET, type WSAPOLLFD } from 'ws2spi';
import type { World } from '../../support/providers.js';

export const AT_ONCE = { tv_sec: 0, tv_usec: 0 };
export const SOON = { tv_sec: 60, tv_usec: 0 };
export const setOf = (...sockets: number[]) => ({ fd_count: sockets.length, fd_array: [...sockets] });

/** In which of the three sets of `select` the socket is left. */
export function stateOf(world: World, s: number, timeout = AT_ONCE): string {
  const sets = [setOf(s), setOf(s), setOf(s)] as const;
  expect(world.count(world.ws2.select(0, ...sets, timeout))).toBe(sets.reduce((sum, set) => sum + set.fd_count, 0));
  return ['read', 'write', 'except'].filter((_, i) => sets[i]!.fd_count === 1).join(' ');
}

/** Sets an option and gives the error, or reads it. */
export function option(world: World, s: number, name: number, value?: number): number {
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  if (value === undefined) {
    expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, name, bytes, ref(4)))).toBe(0);
    return view.getUint32(0, true);
  }
  view.setUint32(0, value, true);
  return world.code(world.ws2.setsockopt(s, SOL_SOCKET, name, bytes, 4));
}

/** What WSAPoll says of the socket now. */
export function poll(world: World, s: number, events = POLLRDNORM | POLLRDBAND | POLLWRNORM): number {
  const entry: WSAPOLLFD = { fd: s, events, revents: 0xaaaa };
  expect(world.count(world.ws2.WSAPoll([entry], 1, 0))).toBe(entry.revents === 0 ? 0 : 1);
  return entry.revents;
}

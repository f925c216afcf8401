// Addresses and ports as libuv takes them.
import { isIPv4, isIPv6 } from 'node:net';
import { AF_INET6 } from '../../index.js';

/** What stands for this machine: to connect to any address is to connect to it, for programs of Node.js; WinSock refuses. */
export const THIS_MACHINE: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Whether a text is an address of a family. */
export function isAddressOf(family: number, address: unknown): address is string {
  return typeof address === 'string' && (family === AF_INET6 ? isIPv6(address) : isIPv4(address));
}

/** The port that a handle means by what it was given: 0 for what is none, such as the callback of `dgram`'s `bind`. */
export function portOf(given: unknown): number {
  return Number(given) & 0xffff;
}

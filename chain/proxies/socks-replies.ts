// What proxies say, and which errors that is.
import {
  WSAEACCES,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAEHOSTDOWN,
  WSAEHOSTUNREACH,
  WSAENETDOWN,
  WSAENETUNREACH,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSATRY_AGAIN,
} from '../../spi/index.js';
import type { Refusal } from './handshake.js';
import { Socks5Reply } from './socks-numbers.js';

/** RFC 1928, 6. */
const SOCKS_5: ReadonlyMap<number, Refusal> = new Map([
  [Socks5Reply.FAILURE, { error: WSAECONNABORTED, meaning: 'general failure of the proxy' }],
  [Socks5Reply.NOT_ALLOWED, { error: WSAEACCES, meaning: 'not allowed by its rules' }],
  [Socks5Reply.NETWORK_UNREACHABLE, { error: WSAENETUNREACH, meaning: 'network unreachable' }],
  [Socks5Reply.HOST_UNREACHABLE, { error: WSAEHOSTUNREACH, meaning: 'host unreachable' }],
  [Socks5Reply.CONNECTION_REFUSED, { error: WSAECONNREFUSED, meaning: 'connection refused' }],
  [Socks5Reply.TTL_EXPIRED, { error: WSAEHOSTUNREACH, meaning: 'TTL expired' }],
  [Socks5Reply.COMMAND_NOT_SUPPORTED, { error: WSAEOPNOTSUPP, meaning: 'command not supported' }],
  [Socks5Reply.ADDRESS_NOT_SUPPORTED, { error: WSAEAFNOSUPPORT, meaning: 'kind of address not supported' }],
]);

/** The memo "SOCKS: A protocol for TCP proxy across firewalls", and that of SOCKS 4A. */
const SOCKS_4: ReadonlyMap<number, Refusal> = new Map([
  [91, { error: WSAECONNREFUSED, meaning: 'request rejected or failed' }],
  [92, { error: WSAEACCES, meaning: 'it cannot reach identd on this machine' }],
  [93, { error: WSAEACCES, meaning: 'identd and the request name different users' }],
]);

/** What a reply of SOCKS 5 means that is not 0. */
export function socks5Refusal(code: number): Refusal {
  return withCode(SOCKS_5, code);
}

/** What a reply of SOCKS 4 means that is not 90. */
export function socks4Refusal(code: number): Refusal {
  return withCode(SOCKS_4, code);
}

/** Which reply of SOCKS 5 tells an error; a general failure tells all others. */
const REPLIES: ReadonlyMap<number, number> = new Map([
  [WSAEACCES, Socks5Reply.NOT_ALLOWED],
  [WSAENETUNREACH, Socks5Reply.NETWORK_UNREACHABLE],
  [WSAENETDOWN, Socks5Reply.NETWORK_UNREACHABLE],
  [WSAEHOSTUNREACH, Socks5Reply.HOST_UNREACHABLE],
  [WSAEHOSTDOWN, Socks5Reply.HOST_UNREACHABLE],
  [WSAHOST_NOT_FOUND, Socks5Reply.HOST_UNREACHABLE],
  [WSANO_DATA, Socks5Reply.HOST_UNREACHABLE],
  [WSATRY_AGAIN, Socks5Reply.HOST_UNREACHABLE],
  [WSAECONNREFUSED, Socks5Reply.CONNECTION_REFUSED],
  [WSAETIMEDOUT, Socks5Reply.TTL_EXPIRED],
  [WSAEAFNOSUPPORT, Socks5Reply.ADDRESS_NOT_SUPPORTED],
]);

/**
 * Finds the reply of SOCKS 5 that tells an error.
 *
 * @param error a WinSock code
 */
export function socks5ReplyOf(error: number): number {
  return REPLIES.get(error) ?? Socks5Reply.FAILURE;
}

function withCode(table: ReadonlyMap<number, Refusal>, code: number): Refusal {
  const { error, meaning } = table.get(code) ?? { error: WSAECONNABORTED, meaning: 'a reply that there is not' };
  return { error, meaning: `${meaning} (reply ${code})` };
}

// What proxies say, and which errors that is.
import type { Refusal } from '../../../chain/index.js';
import {
  WSAEACCES,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAEHOSTUNREACH,
  WSAENETUNREACH,
  WSAEOPNOTSUPP,
} from '../../../spi/index.js';

/** RFC 1928, 6. */
const SOCKS_5: ReadonlyMap<number, Refusal> = new Map([
  [1, { error: WSAECONNABORTED, meaning: 'general failure of the proxy' }],
  [2, { error: WSAEACCES, meaning: 'not allowed by its rules' }],
  [3, { error: WSAENETUNREACH, meaning: 'network unreachable' }],
  [4, { error: WSAEHOSTUNREACH, meaning: 'host unreachable' }],
  [5, { error: WSAECONNREFUSED, meaning: 'connection refused' }],
  [6, { error: WSAEHOSTUNREACH, meaning: 'TTL expired' }],
  [7, { error: WSAEOPNOTSUPP, meaning: 'command not supported' }],
  [8, { error: WSAEAFNOSUPPORT, meaning: 'kind of address not supported' }],
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

function withCode(table: ReadonlyMap<number, Refusal>, code: number): Refusal {
  const { error, meaning } = table.get(code) ?? { error: WSAECONNABORTED, meaning: 'a reply that there is not' };
  return { error, meaning: `${meaning} (reply ${code})` };
}

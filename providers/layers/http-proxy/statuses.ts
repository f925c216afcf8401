// What proxies say, and which errors that is.
import type { Refusal } from '../../../chain/index.js';
import { WSAEACCES, WSAECONNABORTED, WSAEHOSTUNREACH, WSAETIMEDOUT } from '../../../spi/index.js';
import type { Answer } from './answer-head.js';

const ERRORS: ReadonlyMap<number, number> = new Map([
  [401, WSAEACCES],
  [403, WSAEACCES],
  [404, WSAEHOSTUNREACH],
  [405, WSAEACCES],
  [407, WSAEACCES],
  [408, WSAETIMEDOUT],
  [451, WSAEACCES],
  [504, WSAETIMEDOUT],
]);

/**
 * What an answer means that is not one of 200 to 299.
 *
 * @param told whether the proxy was told who asks
 */
export function statusRefusal({ status, reason, schemes }: Answer, told: boolean): Refusal {
  const error = ERRORS.get(status) ?? (status >= 500 ? WSAEHOSTUNREACH : WSAECONNABORTED);
  const text = reason === '' ? `${status}` : `${status} ${reason}`;
  return { error, meaning: status === 407 ? `${text}: ${authenticationAdvice(schemes, told)}` : text };
}

function authenticationAdvice(schemes: readonly string[], told: boolean): string {
  if (schemes.length > 0 && !schemes.some((scheme) => scheme.toLowerCase() === 'basic')) {
    return `it takes ${schemes.join(', ')}, and this layer knows Basic alone`;
  }
  return told ? 'user or password not accepted' : 'give `user` and `password`';
}

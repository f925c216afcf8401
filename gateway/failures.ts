// What clients of a proxy are told of an error.
import { Socks5Reply, socks5ReplyOf } from '../chain/index.js';
import { WSAECONNABORTED, WSAETIMEDOUT } from '../index.js';
import type { ChainError } from '../node/index.js';
import { shownDestination, type Destination } from './destination.js';

/** Why a destination was not reached, as each kind of client is told it. */
export interface Failure {
  /** For people. */
  readonly text: string;
  /** The reply of SOCKS 5. */
  readonly reply: number;
  /** The status of HTTP. */
  readonly status: number;
}

const STATUS: ReadonlyMap<number, number> = new Map([
  [Socks5Reply.NOT_ALLOWED, 403],
  [Socks5Reply.TTL_EXPIRED, 504],
]);
const BAD_GATEWAY = 502;

/** Says what an error means to a client that wanted to get to a destination. */
export function failureOf(error: Error, to: Destination): Failure {
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  const reply = socks5ReplyOf((first as Partial<ChainError>).wsaError ?? WSAECONNABORTED);
  const text = `${shownDestination(to)} is not reached: ${first.message}`;
  return { text, reply, status: STATUS.get(reply) ?? BAD_GATEWAY };
}

/** Says that a destination took too long. */
export function timeFailure(to: Destination, timeout: number): Failure {
  const reply = socks5ReplyOf(WSAETIMEDOUT);
  return {
    text: `${shownDestination(to)} is not reached within ${timeout / 1000} s`,
    reply,
    status: STATUS.get(reply)!,
  };
}

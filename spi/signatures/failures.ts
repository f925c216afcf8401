// What says that a function failed: its result, by the kind of it.
import { INVALID_SOCKET, SOCKET_ERROR } from '../constants/index.js';
import type { ResultKind, Signature } from './argument.js';

const FAILURES: Readonly<Partial<Record<ResultKind, unknown>>> = {
  status: SOCKET_ERROR,
  count: SOCKET_ERROR,
  socket: INVALID_SOCKET,
  handle: 0,
  boolean: false,
  pointer: null,
};

/** What a function returns when it fails; `undefined` when no one value says so. */
export function failureOf({ result }: Signature): unknown {
  return FAILURES[result];
}

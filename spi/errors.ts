// Error codes: their numbers, names, texts, and Node.js' codes for the same conditions.
import { WINSOCK_ERRORS, type WinsockError } from './error-table.js';

export * from './error-codes.js';
export { WINSOCK_ERRORS, type WinsockError } from './error-table.js';

const byValue = new Map<number, WinsockError>();
for (const error of WINSOCK_ERRORS) if (!byValue.has(error.value)) byValue.set(error.value, error);

/** The name of an error code, such as `WSAECONNREFUSED`; the number itself when there is no name. */
export function winsockErrorName(code: number): string {
  return code === 0 ? 'NO_ERROR' : (byValue.get(code)?.name ?? String(code));
}

/** What an error code means, in a sentence. */
export function winsockErrorText(code: number): string {
  return code === 0 ? 'The call succeeded.' : (byValue.get(code)?.text ?? `Unknown error ${code}.`);
}

/** Node.js' code for the same condition, such as `ECONNREFUSED`; the WinSock name when Node.js has none. */
export function nodeErrorCode(code: number): string {
  return byValue.get(code)?.node ?? winsockErrorName(code);
}

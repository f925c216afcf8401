// Errors as Node.js makes them, of WinSock's codes.
import { getSystemErrorMap } from 'node:util';
import { messageOf } from '../../spi/answers.js';
import {
  nodeErrorCode,
  WSA_QOS_RESERVED_PETYPE,
  WSAEINTR,
  WSASYSCALLFAILURE,
  winsockErrorName,
  winsockErrorText,
  type Defect,
} from '../../index.js';

/** The numbers that errors of sockets have. */
const FIRST_ERROR = WSAEINTR;
const LAST_ERROR = WSA_QOS_RESERVED_PETYPE;

/** An error as Node.js gives it, with the WinSock number beside it. */
export interface ChainError extends NodeJS.ErrnoException {
  /** The WinSock error code, such as 10061 for WSAECONNREFUSED. */
  wsaError: number;
  /** The address that the call was about. */
  address?: string;
  /** The port that the call was about. */
  port?: number;
  /** The name that was looked up. */
  hostname?: string;
}

/** libuv's numbers and words by their names; made at the first error. */
let known: Map<string, { number: number; words: string }> | null = null;

function knownAs(code: string): { number: number; words: string } | undefined {
  if (known === null) {
    known = new Map();
    for (const [number, [name, words]] of getSystemErrorMap()) known.set(name, { number, words });
  }
  return known.get(code);
}

/**
 * Makes the error of a failed WinSock call, worded and equipped as Node.js words and equips its own.
 *
 * @param wsaError what `WSAGetLastError` gave
 * @param syscall what was tried, by Node.js' name: `connect`, `read`, `listen`, …
 * @param address the address concerned
 * @param port the port concerned; none for 0
 */
export function systemError(wsaError: number, syscall: string, address?: string, port?: number): ChainError {
  const code = nodeErrorCode(wsaError);
  const where = address === undefined ? '' : port ? ` ${address}:${port}` : ` ${address}`;
  const meaning = knownAs(code);
  // Of servers alone Node.js says in words what was wrong.
  const words = syscall === 'listen' && meaning !== undefined ? `: ${meaning.words}` : '';
  const error = new Error(`${syscall} ${code}${words}${where}`) as ChainError;
  // Conditions that Node.js does not know keep WinSock's number, and say what they mean.
  if (meaning === undefined) error.message += `: ${winsockErrorText(wsaError)}`;
  error.errno = meaning?.number ?? wsaError;
  error.code = code;
  error.syscall = syscall;
  error.wsaError = wsaError;
  if (address !== undefined) error.address = address;
  if (port) error.port = port;
  return error;
}

/** What a provider did wrong, in one text: the exception included that was its cause. */
export function defectText({ message, cause }: Defect): string {
  const reason = messageOf(cause);
  return message.includes(reason) ? message : `${message}: ${reason}`;
}

/** Makes the error of a failed lookup of a host name. */
export function lookupError(wsaError: number, hostname: string, advice = ''): ChainError {
  const error = systemError(wsaError, 'getaddrinfo');
  error.message = `getaddrinfo ${error.code} ${hostname}${advice}`;
  // The code is of Node.js' own making, the number of the condition behind it.
  if (error.code === 'ENOTFOUND') error.errno = knownAs('EAI_NONAME')!.number;
  error.hostname = hostname;
  return error;
}

/** Makes an error with one of Node.js' own codes, such as `ERR_SOCKET_CLOSED`. */
export function codedError(
  code: string,
  message: string,
  Type: ErrorConstructor | TypeErrorConstructor | RangeErrorConstructor = Error,
): NodeJS.ErrnoException {
  return Object.assign(new Type(message), { code });
}

let numbers: Map<string, number> | null = null;

/** WinSock's number for a code of Node.js'; WSASYSCALLFAILURE for one that it has none for. */
export function winsockErrorFor(code: string): number {
  if (numbers === null) {
    numbers = new Map();
    for (let number = FIRST_ERROR; number <= LAST_ERROR; number++) {
      const node = nodeErrorCode(number);
      // Several may have one code: that of the same name is it.
      if (!numbers.has(node) || winsockErrorName(number) === `WSA${node}`) numbers.set(node, number);
    }
  }
  return numbers.get(code) ?? WSASYSCALLFAILURE;
}

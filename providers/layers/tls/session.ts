// What an application may know of a secured connection, by an ioctl.
import { checkAsked } from '../../../spi/option-check.js';
import type { TlsTerms } from '../../../platform/openssl/index.js';
import { SOCKET_ERROR, type Ref, type SOCKET } from '../../../spi/index.js';

/**
 * Asks for what was agreed upon with the peer: `WSAIoctl` gives a text in JSON and UTF-8, a `TlsSessionInfo` with the
 * certificate in base64. WSAENOTCONN before the connection is there; WSAEFAULT for too little room.
 */
export const SIO_TLS_SESSION = 0x5800_544c;

/** What was agreed upon with the peer of a connection. */
export interface TlsSessionInfo {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol: string;
  /** The cipher by OpenSSL's name, and by the standard's. */
  readonly cipher: string;
  readonly standardCipher: string;
  /** The application's protocol (ALPN); `null` for none. */
  readonly alpn: string | null;
  /** The name that the client asked for; `null` for none. */
  readonly servername: string | null;
  /** Whether an earlier session was resumed. */
  readonly resumed: boolean;
  /** Whether there is a certificate of the peer's that verifies. */
  readonly authorized: boolean;
  /** Why it does not; `null` when it does, or there is none. */
  readonly authorizationError: string | null;
  /** The peer's certificate in DER, for `new X509Certificate(bytes)` of `node:crypto`; `null` for none. */
  readonly peerCertificate: Uint8Array | null;
}

/** The answer to SIO_TLS_SESSION. */
export function encodeTerms(terms: TlsTerms): Uint8Array {
  const { protocol, cipher, standardCipher, alpn, serverName, resumed, verifyFailure, peerCertificate } = terms;
  return Buffer.from(
    JSON.stringify({
      protocol,
      cipher,
      standardCipher,
      alpn,
      servername: serverName,
      resumed,
      authorized: peerCertificate !== null && verifyFailure === null,
      authorizationError: verifyFailure,
      peerCertificate: peerCertificate === null ? null : Buffer.from(peerCertificate).toString('base64'),
    }),
  );
}

/** What is asked; an instance of `Ws2_32` is one. */
export interface AskedInstance {
  WSAIoctl(
    s: SOCKET,
    dwIoControlCode: number,
    lpvInBuffer: null,
    cbInBuffer: number,
    lpvOutBuffer: Uint8Array,
    cbOutBuffer: number,
    lpcbBytesReturned: Ref<number>,
    lpOverlapped: null,
    lpCompletionRoutine: null,
  ): number;
}

/** Room for the answer: a certificate may be long. */
const ROOM = 256 * 1024;

/**
 * Tells what was agreed upon with the peer of a socket on the layer.
 *
 * @param ws2 the instance
 * @param s a connected socket
 * @returns `null` when it is not connected, or there is no TLS in its chain; `WSAGetLastError` tells which
 * @throws TypeError when it is not given an instance and the handle of a socket
 */
export function tlsSession(ws2: AskedInstance, s: SOCKET): TlsSessionInfo | null {
  checkAsked('tlsSession', ws2, s);
  const room = new Uint8Array(ROOM);
  const length = { value: 0 };
  if (ws2.WSAIoctl(s, SIO_TLS_SESSION, null, 0, room, ROOM, length, null, null) === SOCKET_ERROR) return null;
  const info = JSON.parse(Buffer.from(room.subarray(0, length.value)).toString()) as Omit<
    TlsSessionInfo,
    'peerCertificate'
  > & {
    peerCertificate: string | null;
  };
  const { peerCertificate } = info;
  return {
    ...info,
    peerCertificate: peerCertificate === null ? null : new Uint8Array(Buffer.from(peerCertificate, 'base64')),
  };
}

// What outlives a connection, and what is asked of one and agreed upon.
import type { OpenSsl } from './engine.js';
import type { Pointer } from './functions.js';

/** A session, to be resumed by another connection. */
export class TlsSession {
  #session: Pointer;

  constructor(
    private readonly openssl: OpenSsl,
    session: Pointer,
  ) {
    this.#session = openssl.own('SSL_SESSION_free', session);
  }

  /** The SSL_SESSION; 0 when it is freed. */
  get pointer(): Pointer {
    return this.#session;
  }

  free(): void {
    if (this.#session === 0) return;
    this.openssl.free('SSL_SESSION_free', this.#session);
    this.#session = 0;
  }
}

/** What a client asks of its peer. */
export interface TlsPeer {
  /** The name that the server is told, and chooses its certificate by; `null` for none. */
  readonly serverName: string | null;
  /** The name that the certificate has to have, or an address; `null` for any. */
  readonly certified: { readonly name: string } | { readonly address: string } | null;
  /** A session to resume; `null` for none. */
  readonly session: TlsSession | null;
}

/** What was agreed upon. */
export interface TlsTerms {
  readonly protocol: string;
  /** OpenSSL's name of the cipher, and the standard's. */
  readonly cipher: string;
  readonly standardCipher: string;
  /** The application's protocol (ALPN); `null` for none. */
  readonly alpn: string | null;
  /** The name that the client asked for; `null` for none. */
  readonly serverName: string | null;
  readonly resumed: boolean;
  /** Why the peer's certificate does not verify; `null` when it does, or there is none. */
  readonly verifyFailure: string | null;
  /** The peer's certificate, in DER; `null` for none. */
  readonly peerCertificate: Uint8Array | null;
}

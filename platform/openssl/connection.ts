// One connection: an SSL between the two BIOs of its thread.
import { byteLengthOf, holdsBytes, viewOfBytes } from '../../spi/index.js';
import { pinMemory } from '../native-memory.js';
import type { TlsContext } from './context.js';
import { allocate, RECORD, type OpenSsl } from './engine.js';
import { failureOf, isOfSsl, type TlsFailure } from './failures.js';
import type { Pointer } from './functions.js';
import { RecordCount } from './record-count.js';
import { TlsSession, type TlsPeer, type TlsTerms } from './session.js';

const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
const TLSEXT_NAMETYPE_host_name = 0;
/** `f*.example` is not what a wildcard may be (RFC 6125, section 6.4.3). */
const X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 4;

const SSL_SENT_SHUTDOWN = 1;
const SSL_RECEIVED_SHUTDOWN = 2;

const SSL_ERROR_SSL = 1;
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_SYSCALL = 5;
const SSL_ERROR_ZERO_RETURN = 6;

/** Beneath so many bytes a record is copied out of the scratch; above, it is read to where it stays. */
const SHORT = 2048;
/** Tickets that a server gives with a full handshake, as OpenSSL does by itself; with a resumed one, the one that was used is made good. */
const TICKETS = 2;
/** What one write takes: its length is a C int. */
const MOST_WRITTEN = 0x7fff_0000;

/** How far a connection is. */
export const TlsState = {
  HANDSHAKE: 0,
  /** The handshake is done, and the peer is who it has to be. */
  OPEN: 1,
  /** The peer has said that it sends nothing more (close_notify); this side may go on. */
  PEER_ENDED: 2,
  FAILED: 3,
  FREED: 4,
} as const;

/**
 * One connection: bytes of the wire go in by `feed`, and come out by `takeEncoded`. Every function returns at once, and is
 * harmless when the connection has failed or is freed.
 */
export class TlsConnection {
  #ssl: Pointer;
  #state: number = TlsState.HANDSHAKE;
  #failure: TlsFailure | null = null;
  /** Whether it is a server's, and has not given its tickets yet. */
  #owesTickets: boolean;
  /** The session that it would resume: OpenSSL keeps it as long as this connection has no other. */
  #resumes: Pointer = 0;
  readonly #openssl: OpenSsl;
  readonly #came = new RecordCount();
  /** How many records are left to be read if all are the application's, as most are; -1 when that cannot be said. */
  #left = -1;

  /**
   * @param peer what a client asks for; `null` for a server
   * @throws Error when a name is none, or OpenSSL has no memory
   */
  constructor(context: TlsContext, peer: TlsPeer | null) {
    const openssl = (this.#openssl = context.openssl);
    this.#owesTickets = peer === null;
    const { functions, input, output } = openssl;
    if (context.pointer === 0) throw new Error('the context of the connection is freed');
    const ssl = (this.#ssl = openssl.own('SSL_free', functions.SSL_new(context.pointer)));
    // It frees one reference of each.
    functions.BIO_up_ref(input);
    functions.BIO_up_ref(output);
    functions.SSL_set_bio(ssl, input, output);
    if (peer === null) functions.SSL_set_accept_state(ssl);
    else {
      functions.SSL_set_connect_state(ssl);
      try {
        this.#askFor(peer);
      } catch (cause) {
        this.free();
        throw cause;
      }
    }
  }

  #askFor({ serverName, certified, session }: TlsPeer): void {
    const openssl = this.#openssl;
    const { functions, scratch } = openssl;
    const ssl = this.#ssl;
    if (serverName !== null) {
      const length = openssl.putText(serverName);
      // A zero within would end the name before its end.
      const isName = length > 0 && length < 256 && !serverName.includes('\0');
      if (
        !isName ||
        functions.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, scratch.address) !== 1
      )
        throw new Error(`"${serverName}" is not a name that a server can be asked for`);
    }
    if (certified !== null) {
      const param = functions.SSL_get0_param(ssl);
      functions.X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      if ('address' in certified) {
        if (certified.address.includes('\0') || functions.X509_VERIFY_PARAM_set1_ip_asc(param, certified.address) !== 1)
          throw new Error(`"${certified.address}" is not an address that a certificate can have`);
      } else {
        const length = openssl.putText(certified.name);
        // Of length 0 it would be any.
        if (length <= 0 || functions.X509_VERIFY_PARAM_set1_host(param, scratch.address, length) !== 1)
          throw new Error(`"${certified.name}" is not a name that a certificate can have`);
      }
    }
    // One that cannot be used makes a full handshake.
    if (session === null || session.pointer === 0) return;
    functions.SSL_set_session(ssl, session.pointer);
    this.#resumes = session.pointer;
  }

  /** One of `TlsState`. */
  get state(): number {
    return this.#state;
  }

  /** Why it failed; `null` when it has not. */
  get failure(): TlsFailure | null {
    return this.#failure;
  }

  /**
   * Takes the handshake on, as far as it goes without more of the peer's bytes.
   *
   * @param bytes what came from the peer; `null` to begin
   * @returns one of `TlsState`
   */
  handshake(bytes: Uint8Array | null): number {
    if (this.#state !== TlsState.HANDSHAKE) return this.#state;
    const openssl = this.#openssl;
    if (bytes === null) openssl.begin(this);
    else if (!this.#put(bytes)) return this.#state;
    const result = openssl.functions.SSL_do_handshake(this.#ssl);
    if (result === 1) this.#state = TlsState.OPEN;
    // All of the input was read, and there is not enough of it.
    else if (this.#judge(result) === SSL_ERROR_WANT_READ) openssl.emptied();
    return this.#state;
  }

  /** Puts bytes of the peer's where `read` finds them. Returns false for what is none. */
  feed(bytes: Uint8Array): boolean {
    return this.#state === TlsState.OPEN && this.#put(bytes);
  }

  #put(bytes: Uint8Array): boolean {
    const view = viewOf(bytes);
    if (view === null) return false;
    this.#openssl.begin(this);
    if (view.length > 0) this.#openssl.put(view);
    this.#came.add(view);
    this.#left = this.#came.whole;
    return true;
  }

  /**
   * Reads what one record held. To be called until there is nothing more, within the call that brought the bytes.
   *
   * @param most how many bytes the record can have at most, as far as is known
   * @param room where they may go, if there is room for many: what was fed has been copied, and its place is free
   * @returns the bytes, the caller's own or in the room; `null` when there are none: `state` tells whether more may come
   */
  read(most: number, room: Uint8Array | null = null): Uint8Array | null {
    if (this.#state !== TlsState.OPEN) return null;
    const openssl = this.#openssl;
    const { functions, scratch } = openssl;
    // What there is to read is another's.
    if (!openssl.isTurnOf(this)) return null;
    if (this.#left === 0) {
      openssl.settled();
      return null;
    }
    openssl.mayWrite();
    const place = room === null ? null : viewOf(room);
    if (place !== null && place.length >= SHORT) {
      const size = Math.min(place.length, RECORD);
      const length = functions.SSL_readBytes(this.#ssl, place, size);
      // What fills a room that is shorter than a record may be a part of one.
      this.#left = length === size && size < RECORD ? -1 : this.#left - 1;
      if (length > 0) return place.subarray(0, length);
      this.#readNothing(length);
      return null;
    }
    if (most < SHORT) {
      const length = functions.SSL_read(this.#ssl, scratch.address, RECORD);
      this.#left--;
      if (length > 0) return length < SHORT ? scratch.bytes.slice(0, length) : copy(scratch.bytes, length);
      this.#readNothing(length);
      return null;
    }
    const bytes = allocate(RECORD);
    const length = functions.SSL_readBytes(this.#ssl, bytes, RECORD);
    this.#left--;
    if (length > 0)
      return length === RECORD ? bytes : length * 2 > RECORD ? bytes.subarray(0, length) : copy(bytes, length);
    this.#readNothing(length);
    return null;
  }

  #readNothing(result: number): void {
    switch (this.#judge(result)) {
      case SSL_ERROR_WANT_READ:
        return this.#openssl.emptied();
      case SSL_ERROR_ZERO_RETURN:
        this.#state = TlsState.PEER_ENDED;
    }
  }

  /**
   * Encrypts bytes, all of them; `takeEncoded` has what came of them.
   *
   * @returns whether it did
   */
  write(bytes: Uint8Array): boolean {
    if (this.#state !== TlsState.OPEN && this.#state !== TlsState.PEER_ENDED) return false;
    const view = viewOf(bytes);
    if (view === null) return false;
    const { length } = view;
    if (length === 0) return true;
    const openssl = this.#openssl;
    const { functions, scratch } = openssl;
    openssl.begin(this);
    if (this.#owesTickets) this.#giveTickets();
    let written: number;
    if (length <= SHORT) {
      scratch.bytes.set(view);
      written = functions.SSL_write(this.#ssl, scratch.address, length);
    } else written = functions.SSL_writeBytes(this.#ssl, view, Math.min(length, MOST_WRITTEN));
    if (written === length) return true;
    this.#judge(written);
    return false;
  }

  /** Has tickets sent before what is written next. Only TLS 1.3 has them. */
  #giveTickets(): void {
    this.#owesTickets = false;
    for (let given = this.resumed ? TICKETS - 1 : 0; given < TICKETS; given++) {
      this.#openssl.functions.SSL_new_session_ticket(this.#ssl);
    }
  }

  /**
   * Takes what is to go to the peer. To be called after each of `handshake`, the last `read`, `write` and `shutdown`.
   *
   * @param little whether it is most likely less than some thousand bytes
   * @returns the bytes, the caller's own; `null` for none
   */
  takeEncoded(little: boolean): Uint8Array | null {
    if (this.#state === TlsState.FREED || !this.#openssl.isTurnOf(this)) return null;
    return this.#openssl.takeOutput(little);
  }

  /** Says to the peer that this side sends nothing more (close_notify). */
  shutdown(): void {
    if (this.#state !== TlsState.OPEN && this.#state !== TlsState.PEER_ENDED) return;
    const openssl = this.#openssl;
    const { functions } = openssl;
    if ((functions.SSL_get_shutdown(this.#ssl) & SSL_SENT_SHUTDOWN) !== 0) return;
    openssl.begin(this);
    functions.SSL_shutdown(this.#ssl);
    openssl.takeErrors();
  }

  /** What was agreed upon; `null` before the handshake is done, and when the connection has failed or is freed. */
  terms(): TlsTerms | null {
    if (this.#state !== TlsState.OPEN && this.#state !== TlsState.PEER_ENDED) return null;
    const openssl = this.#openssl;
    const { functions, words } = openssl;
    const ssl = this.#ssl;
    const cipher = functions.SSL_get_current_cipher(ssl);
    functions.SSL_get0_alpn_selected(ssl, words.address, words.address + 8);
    const alpn = openssl.copyOf(openssl.firstWord, words.ints[2]! & 0xff);
    const peerCertificate = this.#peerCertificate();
    const verified = functions.SSL_get_verify_result(ssl);
    return {
      protocol: functions.SSL_get_version(ssl),
      cipher: functions.SSL_CIPHER_get_name(cipher),
      standardCipher: functions.SSL_CIPHER_standard_name(cipher) ?? '',
      alpn: alpn.length === 0 ? null : Buffer.from(alpn).toString('latin1'),
      serverName: functions.SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
      resumed: functions.SSL_session_reused(ssl) === 1,
      verifyFailure:
        verified === 0 || peerCertificate === null ? null : functions.X509_verify_cert_error_string(verified),
      peerCertificate,
    };
  }

  #peerCertificate(): Uint8Array | null {
    const { functions, words } = this.#openssl;
    const certificate = functions.SSL_get1_peer_certificate(this.#ssl);
    if (certificate === 0) return null;
    try {
      const length = functions.i2d_X509(certificate, 0);
      if (length <= 0) return null;
      const memory = pinMemory(length);
      this.#openssl.putFirstWord(memory.address);
      return functions.i2d_X509(certificate, words.address) === length ? memory.bytes.slice(0, length) : null;
    } finally {
      functions.X509_free(certificate);
    }
  }

  /**
   * The session, if it can be resumed by now, and is not the one that this connection resumed itself: what the server gives
   * for the next time comes after the handshake. The caller frees it.
   */
  newSession(): TlsSession | null {
    if (this.#state !== TlsState.OPEN && this.#state !== TlsState.PEER_ENDED) return null;
    const { functions } = this.#openssl;
    const session = functions.SSL_get1_session(this.#ssl);
    if (session === 0) return null;
    if (session !== this.#resumes && functions.SSL_SESSION_is_resumable(session) === 1)
      return new TlsSession(this.#openssl, session);
    functions.SSL_SESSION_free(session);
    return null;
  }

  /** Whether a session of an earlier connection was resumed. */
  get resumed(): boolean {
    return this.#state !== TlsState.FREED && this.#openssl.functions.SSL_session_reused(this.#ssl) === 1;
  }

  /** Frees it. */
  free(): void {
    if (this.#state === TlsState.FREED) return;
    const openssl = this.#openssl;
    const wasOpen = this.#state === TlsState.OPEN || this.#state === TlsState.PEER_ENDED;
    this.#state = TlsState.FREED;
    // A connection that the network ended is no reason to give up its session, as one is that TLS broke.
    if (wasOpen) openssl.functions.SSL_set_shutdown(this.#ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    openssl.free('SSL_free', this.#ssl);
    this.#ssl = 0;
  }

  /** What a result of 0 or less means; a failure is kept with its reason. */
  #judge(result: number): number {
    const { functions } = this.#openssl;
    let error = functions.SSL_get_error(this.#ssl, result);
    if (error === SSL_ERROR_WANT_READ || error === SSL_ERROR_ZERO_RETURN) return error;
    const codes = this.#openssl.takeErrors();
    if (error === SSL_ERROR_SSL && codes.length > 0) {
      // Somebody else may have left an error in the queue of the thread, and nothing is wrong here.
      const again = functions.SSL_get_error(this.#ssl, result);
      // Without the error, a fatal alert of the peer's looks like its end.
      const ends = again === SSL_ERROR_ZERO_RETURN && !codes.some(isOfSsl);
      if (again === SSL_ERROR_WANT_READ || ends) error = again;
    }
    if (error === SSL_ERROR_WANT_READ || error === SSL_ERROR_ZERO_RETURN) return error;
    this.#state = TlsState.FAILED;
    this.#failure = failureOf(this.#openssl, codes, functions.SSL_get_verify_result(this.#ssl));
    return SSL_ERROR_SYSCALL;
  }
}

/**
 * The bytes as they are at this moment, whatever an array says of itself: between this and the call that uses them nothing runs
 * that is not ours. `null` for what is none.
 */
function viewOf(bytes: unknown): Uint8Array | null {
  const length = byteLengthOf(bytes);
  return holdsBytes(bytes, length) ? viewOfBytes(bytes, 0, length) : null;
}

function copy(bytes: Uint8Array, length: number): Uint8Array {
  const made = allocate(length);
  made.set(bytes.subarray(0, length));
  return made;
}

import type { Codec, CodecConnection, CodecOutput, CodecRole, ShutdownDirection } from '../../../chain/index.js';
import { openSsl, TlsConnection, TlsState, type TlsFailure } from '../../../platform/openssl/index.js';
import { WSAECONNABORTED, WSAECONNRESET, WSAENOTCONN, WSAETIMEDOUT } from '../../../spi/index.js';
import { askedFor, peerOf, type Asked } from './peers.js';
import { encodeTerms, SIO_TLS_SESSION } from './session.js';
import type { TlsStart } from './side.js';

/** Sends of so many bytes come out in little more, which is taken in one go. */
const LITTLE = 3072;
/** Times that a client looks whether the server's ticket has come: it comes with the first that the server sends. */
const LOOKS_FOR_TICKET = 8;

/** One connection. */
export class TlsCodec implements Codec {
  readonly handshake = true;
  #tls: TlsConnection | null = null;
  #role: CodecRole = 'client';
  #asked: Asked | null = null;
  /** Where its session leads, for another to resume it; empty when none is kept. */
  #destination = '';
  #looks = 0;
  #kept = false;
  /** It failed, and is about to be broken off: what tells the peer why goes out first. */
  #failing: { readonly error: number; readonly reason: string } | null = null;
  /** Why it breaks off was told. */
  #isTold = false;
  /** The application does not look any more at what comes. */
  #closing = false;

  constructor(
    private readonly start: TlsStart,
    private readonly connection: CodecConnection,
  ) {}

  open(role: CodecRole, output: CodecOutput): void {
    this.#role = role;
    try {
      const context = this.start.contextOf(role);
      this.start.prepareSecrets(context, this.connection);
      this.#tls = new TlsConnection(context, role === 'server' ? null : this.#peer());
    } catch (cause) {
      return this.#breakOff(output, WSAECONNABORTED, (cause as Error).message);
    }
    if (role === 'client') this.#advance(null, output);
  }

  #peer() {
    const { settings, sessions } = this.start;
    const asked = (this.#asked = askedFor(settings.servername, this.connection));
    if (asked === null)
      throw new Error(`${peerOf(this.connection)} is nobody whom a certificate could name: give \`servername\``);
    const { destination } = this.connection;
    if (settings.resume && destination !== null) {
      const { serverName, certified } = asked;
      const named = 'name' in certified ? certified.name : certified.address;
      this.#destination = `${destination.address} ${destination.port} ${serverName ?? ''} ${named}`;
    }
    return { ...asked, session: this.#destination === '' ? null : sessions.find(this.#destination) };
  }

  /** Takes the handshake on. Returns whether it is done. */
  #advance(bytes: Uint8Array | null, output: CodecOutput): boolean {
    const tls = this.#tls!;
    const state = tls.handshake(bytes);
    const encoded = tls.takeEncoded(false);
    const ssl = openSsl();
    if (ssl.hasSecrets) this.start.tellSecrets(ssl.takeSecrets(), this.connection);
    if (encoded !== null) output.encoded(encoded);
    if (state === TlsState.FAILED) this.#failed(output, tls.failure!);
    if (state !== TlsState.OPEN) return false;
    this.#looks = this.#destination === '' ? 0 : LOOKS_FOR_TICKET;
    output.ready();
    return true;
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    const tls = this.#tls;
    if (tls === null || this.#failing !== null) return;
    if (tls.state === TlsState.HANDSHAKE) {
      if (!this.#advance(bytes, output)) return;
    } else if (!tls.feed(bytes)) return;
    // What came has been read, and its place is free for what was in it.
    let used = 0;
    for (;;) {
      const plain = tls.read(bytes.length, bytes.length < LITTLE ? null : bytes.subarray(used));
      if (plain === null) break;
      if (plain.buffer === bytes.buffer) used += plain.length;
      output.decoded(plain);
    }
    const encoded = tls.takeEncoded(true);
    if (encoded !== null) output.encoded(encoded);
    if (this.#looks > 0) this.#lookForTicket(tls);
    if (tls.state === TlsState.PEER_ENDED) output.finished();
    else if (tls.state === TlsState.FAILED) this.#failed(output, tls.failure!);
  }

  #lookForTicket(tls: TlsConnection): void {
    this.#looks--;
    const session = tls.newSession();
    if (session === null) return;
    this.#looks = 0;
    this.#kept = true;
    this.start.sessions.keep(this.#destination, session);
  }

  send(bytes: Uint8Array, output: CodecOutput): void {
    const tls = this.#tls;
    if (tls === null || this.#failing !== null) return;
    const sent = tls.write(bytes);
    const encoded = tls.takeEncoded(bytes.length <= LITTLE);
    if (encoded !== null) output.encoded(encoded);
    if (!sent && tls.state === TlsState.FAILED) this.#failed(output, tls.failure!);
  }

  end(output: CodecOutput): void {
    const { state } = this.#tls ?? {};
    if (this.#failing !== null) return;
    if (state === TlsState.PEER_ENDED || this.#closing) return output.finished();
    // Who only looks whether a server is there goes so, and it is nothing to report.
    if (state === TlsState.HANDSHAKE && this.#role === 'server') return output.failed(WSAECONNABORTED);
    const where = peerOf(this.connection);
    const reason =
      state === TlsState.HANDSHAKE
        ? `${where} ended the connection within the handshake`
        : `${where} ended the connection without saying so (close_notify): what it sent may be cut short`;
    output.failed(WSAECONNABORTED, this.start.reportOf(this.#role, reason));
  }

  shutdown(how: ShutdownDirection, output: CodecOutput): void {
    if (how === 'both') this.#closing = true;
    const tls = this.#tls;
    if (tls === null || this.#failing !== null || tls.state === TlsState.HANDSHAKE) return;
    tls.shutdown();
    const encoded = tls.takeEncoded(true);
    if (encoded !== null) output.encoded(encoded);
  }

  timer(output: CodecOutput): void {
    if (this.#failing === null) return;
    const { error, reason } = this.#failing;
    this.#isTold = true;
    output.failed(error, this.start.reportOf(this.#role, reason));
  }

  broken(error: number): void {
    // A reset came right behind the alert, before anybody was told of that.
    if (this.#failing !== null && !this.#isTold) return this.start.tell(this.#role, this.#failing.reason);
    if (error !== WSAETIMEDOUT || this.#tls?.state !== TlsState.HANDSHAKE) return;
    this.start.tell(this.#role, `${peerOf(this.connection)} did not finish the handshake in time`);
  }

  ioctl(code: number): Uint8Array | number | null {
    if (code !== SIO_TLS_SESSION) return null;
    const terms = this.#tls?.terms() ?? null;
    return terms === null ? WSAENOTCONN : encodeTerms(terms);
  }

  close(): void {
    const tls = this.#tls;
    if (tls === null) return;
    this.#tls = null;
    if (this.#destination !== '' && !this.#kept && tls.state !== TlsState.HANDSHAKE) {
      const session = tls.newSession();
      if (session !== null) this.start.sessions.keep(this.#destination, session);
    }
    tls.free();
  }

  #failed(output: CodecOutput, failure: TlsFailure): void {
    // A session that leads into a failure is not tried again.
    if (this.#destination !== '') this.start.sessions.forget(this.#destination);
    const error = failure.kind === 'alert' ? WSAECONNRESET : WSAECONNABORTED;
    this.#breakOff(output, error, this.#sentence(failure));
  }

  /** Breaks the connection off once the alert that says why is on its way. */
  #breakOff(output: CodecOutput, error: number, reason: string): void {
    this.#failing = { error, reason };
    output.ended();
    output.setTimer(0);
  }

  #sentence({ kind, reason, alert }: TlsFailure): string {
    const where = peerOf(this.connection);
    const certified = this.#asked?.certified;
    const named = certified === undefined ? '' : 'name' in certified ? certified.name : certified.address;
    switch (kind) {
      case 'alert':
        return `${where} broke the connection off: alert ${alert}, ${reason}`;
      case 'certificate':
        return `the certificate of ${where} does not verify: ${reason}`;
      case 'name':
        return `the certificate of ${where} verifies, but is not for "${named}": ${reason}`;
      case 'other protocol':
        return `${where} does not speak TLS: ${reason}`;
      default:
        return `the connection with ${where} failed: ${reason}`;
    }
  }
}

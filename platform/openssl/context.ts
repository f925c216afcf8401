// What connections of one side share: an SSL_CTX.
import { pinMemory, type PinnedMemory } from '../native-memory.js';
import type { Pointer } from './functions.js';
import type { OpenSsl } from './engine.js';

const SSL_CTRL_MODE = 33;
const SSL_CTRL_SET_SESS_CACHE_MODE = 44;
const SSL_CTRL_CHAIN_CERT = 89;
const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
const SSL_CTRL_SET_MAX_PROTO_VERSION = 124;

const SSL_MODE_RELEASE_BUFFERS = 0x10;
const SSL_OP_NO_COMPRESSION = 0x2_0000;
const SSL_OP_CIPHER_SERVER_PREFERENCE = 0x40_0000;
const SSL_OP_NO_RENEGOTIATION = 0x4000_0000;
/**
 * Sessions are kept by whoever asks for them, and not by OpenSSL: it would also forbid to use one of TLS 1.3 again, and many
 * servers give no other to a client that resumes.
 */
const SSL_SESS_CACHE_OFF = 0;

const SSL_VERIFY_PEER = 1;
const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;

/** What the sessions of a server are for: those of another are not resumed, once clients show certificates. */
const SESSION_CONTEXT = 'ws2spi';

/** Versions of the protocol, by their numbers on the wire. */
export const TLS_VERSIONS: Readonly<Record<string, number>> = { 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 };

/** What is asked of the peer's certificate. */
export type Verification =
  /** One is asked for that verifies; without it there is no connection. */
  | 'required'
  /** One is asked for, and whatever it is, the connection goes on. */
  | 'asked for'
  /** A client looks at the server's and goes on; a server asks for none. */
  | 'none';

/** What an SSL_CTX is made from: texts are checked by their reader, and what OpenSSL refuses all the same is thrown. */
export interface TlsContextOptions {
  readonly role: 'client' | 'server';
  /** Of `TLS_VERSIONS`. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** As `ciphers` of `node:tls`: those of TLS 1.3 begin with `TLS_`. */
  readonly ciphers: string;
  /** Own certificate and those behind it, in PEM; `null` for none. */
  readonly certificates: string | null;
  /** The private key of the certificate, in PEM without a passphrase; `null` for none. */
  readonly key: string | null;
  /** Certificates that those of peers are traced back to. */
  readonly authorities: TrustStore | null;
  /** The authorities that a server names to its clients, in PEM; `null` for none. */
  readonly clientAuthorities: string | null;
  readonly verification: Verification;
  /** Names of protocols, best first. */
  readonly protocols: readonly string[];
}

/** Certificates of authorities, read once for all that trust them. */
export class TrustStore {
  #store: Pointer;

  /**
   * @param texts certificates in PEM
   * @throws Error when there is none in them
   */
  constructor(
    private readonly openssl: OpenSsl,
    texts: string,
  ) {
    const { functions } = openssl;
    this.#store = openssl.own('X509_STORE_free', functions.X509_STORE_new());
    const found = eachCertificate(openssl, texts, (certificate) => {
      functions.X509_STORE_add_cert(this.#store, certificate);
    });
    openssl.takeErrors();
    if (found === 0) throw new Error('there is no certificate in what is to be trusted');
  }

  /** Trusts these certificates for a context. */
  trustedBy(context: Pointer): void {
    if (this.#store !== 0) this.openssl.functions.SSL_CTX_set1_cert_store(context, this.#store);
  }

  /** Frees it; contexts that trust it keep what they need. */
  free(): void {
    if (this.#store === 0) return;
    this.openssl.free('X509_STORE_free', this.#store);
    this.#store = 0;
  }
}

/** What the connections of one side share. */
export class TlsContext {
  #context: Pointer;
  #logs = false;
  /** OpenSSL holds its address. */
  readonly #protocols: PinnedMemory | null;

  /** @throws Error that says what of the options OpenSSL refuses */
  constructor(
    readonly openssl: OpenSsl,
    options: TlsContextOptions,
  ) {
    const { functions } = openssl;
    const { role, protocols } = options;
    openssl.takeErrors();
    const context = (this.#context = openssl.own('SSL_CTX_free', functions.SSL_CTX_new(functions.TLS_method())));
    this.#protocols = protocols.length === 0 ? null : protocolList(protocols);
    try {
      const control = (command: number, value: number): void => {
        if (functions.SSL_CTX_ctrl(context, command, value, 0) <= 0) this.#refuse('the versions');
      };
      control(SSL_CTRL_SET_MIN_PROTO_VERSION, options.minVersion);
      control(SSL_CTRL_SET_MAX_PROTO_VERSION, options.maxVersion);
      this.#chooseCiphers(options.ciphers);
      const preference = role === 'server' ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0;
      functions.SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | preference);
      functions.SSL_CTX_ctrl(context, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, 0);
      functions.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, 0);
      // Connections send them with their first data: to a client that goes without reading any, they would be a reset.
      functions.SSL_CTX_set_num_tickets(context, 0);
      const id = openssl.putText(SESSION_CONTEXT);
      functions.SSL_CTX_set_session_id_context(context, openssl.scratch.address, id);
      options.authorities?.trustedBy(context);
      this.#verify(role, options.verification);
      this.#show(options.certificates, options.key);
      if (role === 'server') {
        eachCertificate(openssl, options.clientAuthorities ?? '', (certificate) => {
          functions.SSL_CTX_add_client_CA(context, certificate);
        });
      }
      this.#negotiate(role);
      openssl.takeErrors();
    } catch (cause) {
      this.free();
      throw cause;
    }
  }

  /** The SSL_CTX; 0 when it is freed. */
  get pointer(): Pointer {
    return this.#context;
  }

  #chooseCiphers(list: string): void {
    const { functions } = this.openssl;
    const names = list.split(':');
    const suites = names.filter((name) => name.startsWith('TLS_')).join(':');
    const older = names.filter((name) => !name.startsWith('TLS_')).join(':');
    if (functions.SSL_CTX_set_ciphersuites(this.#context, suites) !== 1) this.#refuse('the ciphers of TLS 1.3');
    // Without any of TLS 1.2 there is TLS 1.3 alone.
    if (functions.SSL_CTX_set_cipher_list(this.#context, older) !== 1 && older !== '') this.#refuse('the ciphers');
  }

  #verify(role: 'client' | 'server', verification: Verification): void {
    const { functions } = this.openssl;
    const lenient = verification === 'asked for';
    // A client looks at what it was shown in any case, and goes on if nothing is required.
    if (verification === 'none' || (lenient && role === 'client')) return;
    const mode = lenient ? SSL_VERIFY_PEER : SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    functions.SSL_CTX_set_verify(this.#context, mode, lenient ? this.openssl.lenientCallback : 0);
  }

  #show(certificates: string | null, key: string | null): void {
    if (certificates === null || key === null) return;
    const { openssl } = this;
    const { functions } = openssl;
    let own = true;
    const found = eachCertificate(openssl, certificates, (certificate) => {
      // An object of its own for each: the context takes a reference of its own.
      const taken = own
        ? functions.SSL_CTX_use_certificate(this.#context, certificate)
        : functions.SSL_CTX_ctrl(this.#context, SSL_CTRL_CHAIN_CERT, 1, certificate);
      own = false;
      if (taken !== 1) this.#refuse('the certificate');
    });
    if (found === 0) this.#refuse('the certificate');
    const read = withText(openssl, key, (bio) => functions.PEM_read_bio_PrivateKey(bio, 0, 0, 0));
    if (read === 0) this.#refuse('the key');
    const used = functions.SSL_CTX_use_PrivateKey(this.#context, read);
    functions.EVP_PKEY_free(read);
    if (used !== 1 || functions.SSL_CTX_check_private_key(this.#context) !== 1) this.#refuse('the key');
  }

  #negotiate(role: 'client' | 'server'): void {
    const list = this.#protocols;
    if (list === null) return;
    const { functions } = this.openssl;
    if (role === 'server') functions.SSL_CTX_set_alpn_select_cb(this.#context, this.openssl.alpnCallback, list.address);
    // The length that the server's callback finds there stands before the list.
    else if (functions.SSL_CTX_set_alpn_protos(this.#context, list.address + 4, list.ints[0]!) !== 0)
      this.#refuse('the protocols');
  }

  /** Has the secrets of connections that are made from now on told, or not. */
  logSecrets(on: boolean): void {
    if (on === this.#logs || this.#context === 0) return;
    this.#logs = on;
    const { openssl } = this;
    openssl.functions.SSL_CTX_set_keylog_callback(this.#context, on ? openssl.keyLogCallback : 0);
  }

  #refuse(what: string): never {
    const codes = this.openssl.takeErrors();
    const reason = codes.length === 0 ? 'it does not say why' : this.openssl.reasonOf(codes[codes.length - 1]!);
    throw new Error(`OpenSSL refuses ${what}: ${reason}`);
  }

  /** Frees it; connections that were made with it go on. */
  free(): void {
    if (this.#context === 0) return;
    this.openssl.free('SSL_CTX_free', this.#context);
    this.#context = 0;
  }
}

/** A list as it goes over the wire, behind its length. */
function protocolList(names: readonly string[]): PinnedMemory {
  const list = Buffer.concat(
    names.map((name) => Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name)])),
  );
  const memory = pinMemory(4 + list.length);
  memory.ints[0] = list.length;
  memory.bytes.set(list, 4);
  return memory;
}

/** Has a text read by a BIO. */
function withText<T>({ functions }: OpenSsl, text: string, read: (bio: Pointer) => T): T {
  const bio = functions.BIO_new(functions.BIO_s_mem());
  try {
    const bytes = Buffer.from(text);
    if (bytes.length > 0) functions.BIO_writeBytes(bio, bytes, bytes.length);
    return read(bio);
  } finally {
    if (bio !== 0) functions.BIO_free(bio);
  }
}

/**
 * Reads certificates, one after another.
 *
 * @param told of each, which is freed when it returns
 * @returns how many there were
 */
function eachCertificate(openssl: OpenSsl, texts: string, told: (certificate: Pointer) => void): number {
  if (texts === '') return 0;
  const { functions } = openssl;
  return withText(openssl, texts, (bio) => {
    let count = 0;
    for (;;) {
      const certificate = functions.PEM_read_bio_X509(bio, 0, 0, 0);
      if (certificate === 0) return count;
      count++;
      try {
        told(certificate);
      } finally {
        functions.X509_free(certificate);
      }
    }
  });
}

// What of OpenSSL is called, through koffi. Node.js exports the OpenSSL that it carries from its own executable.
import { koffi } from '../koffi.js';

/** A pointer of OpenSSL's, as a number; 0 is none. */
export type Pointer = number;

/** The functions of OpenSSL that are called. Pointers and sizes travel as numbers, koffi's path without conversions. */
export interface OpenSslFunctions {
  OpenSSL_version_num(): number;
  TLS_method(): Pointer;
  SSL_CTX_new(method: Pointer): Pointer;
  SSL_CTX_free(context: Pointer): void;
  SSL_CTX_ctrl(context: Pointer, command: number, number: number, pointer: Pointer): number;
  SSL_CTX_set_num_tickets(context: Pointer, count: number): number;
  SSL_CTX_set_options(context: Pointer, options: number): number;
  SSL_CTX_set_cipher_list(context: Pointer, list: string): number;
  SSL_CTX_set_ciphersuites(context: Pointer, list: string): number;
  SSL_CTX_set_verify(context: Pointer, mode: number, callback: Pointer): void;
  SSL_CTX_set1_cert_store(context: Pointer, store: Pointer): void;
  SSL_CTX_use_certificate(context: Pointer, certificate: Pointer): number;
  SSL_CTX_use_PrivateKey(context: Pointer, key: Pointer): number;
  SSL_CTX_check_private_key(context: Pointer): number;
  SSL_CTX_add_client_CA(context: Pointer, certificate: Pointer): number;
  SSL_CTX_set_alpn_protos(context: Pointer, list: Pointer, length: number): number;
  SSL_CTX_set_alpn_select_cb(context: Pointer, callback: Pointer, argument: Pointer): void;
  SSL_CTX_set_keylog_callback(context: Pointer, callback: Pointer): void;
  SSL_CTX_set_session_id_context(context: Pointer, id: Pointer, length: number): number;
  SSL_select_next_proto(
    chosen: Pointer,
    length: Pointer,
    own: Pointer,
    ownLength: number,
    theirs: Pointer,
    theirLength: number,
  ): number;
  X509_STORE_new(): Pointer;
  X509_STORE_free(store: Pointer): void;
  X509_STORE_add_cert(store: Pointer, certificate: Pointer): number;
  X509_free(certificate: Pointer): void;
  X509_verify_cert_error_string(code: number): string;
  i2d_X509(certificate: Pointer, out: Pointer): number;
  EVP_PKEY_free(key: Pointer): void;
  PEM_read_bio_X509(bio: Pointer, into: Pointer, callback: Pointer, argument: Pointer): Pointer;
  PEM_read_bio_PrivateKey(bio: Pointer, into: Pointer, callback: Pointer, argument: Pointer): Pointer;
  BIO_s_mem(): Pointer;
  BIO_new(method: Pointer): Pointer;
  BIO_free(bio: Pointer): number;
  BIO_up_ref(bio: Pointer): number;
  BIO_ctrl(bio: Pointer, command: number, number: number, pointer: Pointer): number;
  BIO_read(bio: Pointer, into: Pointer, length: number): number;
  BIO_readBytes(bio: Pointer, into: Uint8Array, length: number): number;
  BIO_write(bio: Pointer, from: Pointer, length: number): number;
  BIO_writeBytes(bio: Pointer, from: Uint8Array, length: number): number;
  SSL_new(context: Pointer): Pointer;
  SSL_free(ssl: Pointer): void;
  SSL_set_bio(ssl: Pointer, read: Pointer, write: Pointer): void;
  SSL_set_connect_state(ssl: Pointer): void;
  SSL_set_accept_state(ssl: Pointer): void;
  SSL_ctrl(ssl: Pointer, command: number, number: number, pointer: Pointer): number;
  SSL_get0_param(ssl: Pointer): Pointer;
  X509_VERIFY_PARAM_set_hostflags(param: Pointer, flags: number): void;
  X509_VERIFY_PARAM_set1_host(param: Pointer, name: Pointer, length: number): number;
  X509_VERIFY_PARAM_set1_ip_asc(param: Pointer, address: string): number;
  SSL_do_handshake(ssl: Pointer): number;
  SSL_read(ssl: Pointer, into: Pointer, length: number): number;
  SSL_readBytes(ssl: Pointer, into: Uint8Array, length: number): number;
  SSL_write(ssl: Pointer, from: Pointer, length: number): number;
  SSL_writeBytes(ssl: Pointer, from: Uint8Array, length: number): number;
  SSL_shutdown(ssl: Pointer): number;
  SSL_get_shutdown(ssl: Pointer): number;
  SSL_set_shutdown(ssl: Pointer, mode: number): void;
  SSL_get_error(ssl: Pointer, result: number): number;
  SSL_get_verify_result(ssl: Pointer): number;
  SSL_get_version(ssl: Pointer): string;
  SSL_get_current_cipher(ssl: Pointer): Pointer;
  SSL_CIPHER_get_name(cipher: Pointer): string;
  SSL_CIPHER_standard_name(cipher: Pointer): string | null;
  SSL_get0_alpn_selected(ssl: Pointer, name: Pointer, length: Pointer): void;
  SSL_get_servername(ssl: Pointer, type: number): string | null;
  SSL_get1_peer_certificate(ssl: Pointer): Pointer;
  SSL_get1_session(ssl: Pointer): Pointer;
  SSL_set_session(ssl: Pointer, session: Pointer): number;
  SSL_new_session_ticket(ssl: Pointer): number;
  SSL_session_reused(ssl: Pointer): number;
  SSL_SESSION_free(session: Pointer): void;
  SSL_SESSION_is_resumable(session: Pointer): number;
  SSL_alert_desc_string_long(alert: number): string;
  ERR_get_error(): number;
  ERR_reason_error_string(code: number): string | null;
}

/** How each is declared; `Bytes` at the end of a name takes an array of the caller's in place of its address. */
const DECLARATIONS: Readonly<Record<keyof OpenSslFunctions, string>> = {
  OpenSSL_version_num: 'intptr_t OpenSSL_version_num()',
  TLS_method: 'intptr_t TLS_method()',
  SSL_CTX_new: 'intptr_t SSL_CTX_new(intptr_t)',
  SSL_CTX_free: 'void SSL_CTX_free(intptr_t)',
  SSL_CTX_ctrl: 'intptr_t SSL_CTX_ctrl(intptr_t, int, intptr_t, intptr_t)',
  SSL_CTX_set_num_tickets: 'int SSL_CTX_set_num_tickets(intptr_t, size_t)',
  SSL_CTX_set_options: 'uint64_t SSL_CTX_set_options(intptr_t, uint64_t)',
  SSL_CTX_set_cipher_list: 'int SSL_CTX_set_cipher_list(intptr_t, const char *)',
  SSL_CTX_set_ciphersuites: 'int SSL_CTX_set_ciphersuites(intptr_t, const char *)',
  SSL_CTX_set_verify: 'void SSL_CTX_set_verify(intptr_t, int, intptr_t)',
  SSL_CTX_set1_cert_store: 'void SSL_CTX_set1_cert_store(intptr_t, intptr_t)',
  SSL_CTX_use_certificate: 'int SSL_CTX_use_certificate(intptr_t, intptr_t)',
  SSL_CTX_use_PrivateKey: 'int SSL_CTX_use_PrivateKey(intptr_t, intptr_t)',
  SSL_CTX_check_private_key: 'int SSL_CTX_check_private_key(intptr_t)',
  SSL_CTX_add_client_CA: 'int SSL_CTX_add_client_CA(intptr_t, intptr_t)',
  SSL_CTX_set_alpn_protos: 'int SSL_CTX_set_alpn_protos(intptr_t, intptr_t, unsigned int)',
  SSL_CTX_set_alpn_select_cb: 'void SSL_CTX_set_alpn_select_cb(intptr_t, intptr_t, intptr_t)',
  SSL_CTX_set_keylog_callback: 'void SSL_CTX_set_keylog_callback(intptr_t, intptr_t)',
  SSL_CTX_set_session_id_context: 'int SSL_CTX_set_session_id_context(intptr_t, intptr_t, unsigned int)',
  SSL_select_next_proto:
    'int SSL_select_next_proto(intptr_t, intptr_t, intptr_t, unsigned int, intptr_t, unsigned int)',
  X509_STORE_new: 'intptr_t X509_STORE_new()',
  X509_STORE_free: 'void X509_STORE_free(intptr_t)',
  X509_STORE_add_cert: 'int X509_STORE_add_cert(intptr_t, intptr_t)',
  X509_free: 'void X509_free(intptr_t)',
  X509_verify_cert_error_string: 'const char *X509_verify_cert_error_string(intptr_t)',
  i2d_X509: 'int i2d_X509(intptr_t, intptr_t)',
  EVP_PKEY_free: 'void EVP_PKEY_free(intptr_t)',
  PEM_read_bio_X509: 'intptr_t PEM_read_bio_X509(intptr_t, intptr_t, intptr_t, intptr_t)',
  PEM_read_bio_PrivateKey: 'intptr_t PEM_read_bio_PrivateKey(intptr_t, intptr_t, intptr_t, intptr_t)',
  BIO_s_mem: 'intptr_t BIO_s_mem()',
  BIO_new: 'intptr_t BIO_new(intptr_t)',
  BIO_free: 'int BIO_free(intptr_t)',
  BIO_up_ref: 'int BIO_up_ref(intptr_t)',
  BIO_ctrl: 'intptr_t BIO_ctrl(intptr_t, int, intptr_t, intptr_t)',
  BIO_read: 'int BIO_read(intptr_t, intptr_t, int)',
  BIO_readBytes: 'int BIO_read(intptr_t, void *, int)',
  BIO_write: 'int BIO_write(intptr_t, intptr_t, int)',
  BIO_writeBytes: 'int BIO_write(intptr_t, void *, int)',
  SSL_new: 'intptr_t SSL_new(intptr_t)',
  SSL_free: 'void SSL_free(intptr_t)',
  SSL_set_bio: 'void SSL_set_bio(intptr_t, intptr_t, intptr_t)',
  SSL_set_connect_state: 'void SSL_set_connect_state(intptr_t)',
  SSL_set_accept_state: 'void SSL_set_accept_state(intptr_t)',
  SSL_ctrl: 'intptr_t SSL_ctrl(intptr_t, int, intptr_t, intptr_t)',
  SSL_get0_param: 'intptr_t SSL_get0_param(intptr_t)',
  X509_VERIFY_PARAM_set_hostflags: 'void X509_VERIFY_PARAM_set_hostflags(intptr_t, unsigned int)',
  X509_VERIFY_PARAM_set1_host: 'int X509_VERIFY_PARAM_set1_host(intptr_t, intptr_t, intptr_t)',
  X509_VERIFY_PARAM_set1_ip_asc: 'int X509_VERIFY_PARAM_set1_ip_asc(intptr_t, const char *)',
  SSL_do_handshake: 'int SSL_do_handshake(intptr_t)',
  SSL_read: 'int SSL_read(intptr_t, intptr_t, int)',
  SSL_readBytes: 'int SSL_read(intptr_t, void *, int)',
  SSL_write: 'int SSL_write(intptr_t, intptr_t, int)',
  SSL_writeBytes: 'int SSL_write(intptr_t, void *, int)',
  SSL_shutdown: 'int SSL_shutdown(intptr_t)',
  SSL_get_shutdown: 'int SSL_get_shutdown(intptr_t)',
  SSL_set_shutdown: 'void SSL_set_shutdown(intptr_t, int)',
  SSL_get_error: 'int SSL_get_error(intptr_t, int)',
  SSL_get_verify_result: 'intptr_t SSL_get_verify_result(intptr_t)',
  SSL_get_version: 'const char *SSL_get_version(intptr_t)',
  SSL_get_current_cipher: 'intptr_t SSL_get_current_cipher(intptr_t)',
  SSL_CIPHER_get_name: 'const char *SSL_CIPHER_get_name(intptr_t)',
  SSL_CIPHER_standard_name: 'const char *SSL_CIPHER_standard_name(intptr_t)',
  SSL_get0_alpn_selected: 'void SSL_get0_alpn_selected(intptr_t, intptr_t, intptr_t)',
  SSL_get_servername: 'const char *SSL_get_servername(intptr_t, int)',
  SSL_get1_peer_certificate: 'intptr_t SSL_get1_peer_certificate(intptr_t)',
  SSL_get1_session: 'intptr_t SSL_get1_session(intptr_t)',
  SSL_set_session: 'int SSL_set_session(intptr_t, intptr_t)',
  SSL_new_session_ticket: 'int SSL_new_session_ticket(intptr_t)',
  SSL_session_reused: 'int SSL_session_reused(intptr_t)',
  SSL_SESSION_free: 'void SSL_SESSION_free(intptr_t)',
  SSL_SESSION_is_resumable: 'int SSL_SESSION_is_resumable(intptr_t)',
  SSL_alert_desc_string_long: 'const char *SSL_alert_desc_string_long(int)',
  ERR_get_error: 'intptr_t ERR_get_error()',
  ERR_reason_error_string: 'const char *ERR_reason_error_string(intptr_t)',
};

/** A library that koffi has loaded. */
export type Library = ReturnType<ReturnType<typeof koffi>['load']>;

/**
 * Binds OpenSSL.
 *
 * @returns the functions, and the library that they are of
 * @throws Error that says what to do, where Node.js does not export the OpenSSL 3 that it carries
 */
export function bindOpenSsl(): { readonly functions: OpenSslFunctions; readonly library: Library } {
  const carried = process.versions.openssl ?? '';
  // By its version, for what goes by another name, as BoringSSL in Electron, has functions of the same names.
  if (!/^3\.\d+\.\d+/.test(carried)) throw new Error(refusal(`carries ${carried || 'no OpenSSL'}`));
  if (koffi().sizeof('void *') !== 8) throw new Error(refusal('is not a 64-bit process'));
  const library = koffi().load(null);
  const bound: Record<string, unknown> = {};
  for (const [name, declaration] of Object.entries(DECLARATIONS)) {
    try {
      bound[name] = library.func(declaration);
    } catch (cause) {
      throw new Error(refusal(`does not export ${name.replace(/Bytes$/, '')}`), { cause });
    }
  }
  const functions = bound as unknown as OpenSslFunctions;
  const found = functions.OpenSSL_version_num();
  const version = [found >>> 28, (found >>> 20) & 0xff, (found >>> 4) & 0xff].join('.');
  // Another library's functions of the same names would take Node.js' own structures for theirs.
  if (!new RegExp(`^${version}(?!\\d)`).test(carried)) {
    throw new Error(refusal(`carries OpenSSL ${carried}, and what is found is that of ${version}`));
  }
  return { functions, library };
}

function refusal(what: string): string {
  return (
    `TLS is done by the OpenSSL 3 that Node.js carries and exports, and this Node.js (${process.version}, ` +
    `${process.platform}/${process.arch}) ${what}: use one as nodejs.org builds it, 20.19 or later.`
  );
}

// Why a connection failed, in words.
import type { OpenSsl } from './engine.js';

const ERR_LIB_SSL = 20;
const LIBRARY_SHIFT = 23;
const REASON_BITS = 0x7fffff;
const SSL_R_CERTIFICATE_VERIFY_FAILED = 134;
const SSL_R_WRONG_VERSION_NUMBER = 267;
const SSL_R_HTTP_REQUEST = 156;
const SSL_R_HTTPS_PROXY_REQUEST = 155;
const SSL_R_PACKET_LENGTH_TOO_LONG = 198;
/** Reasons from here on are alerts of the peer's. */
const SSL_AD_REASON_OFFSET = 1000;

const X509_V_ERR_HOSTNAME_MISMATCH = 62;
const X509_V_ERR_IP_ADDRESS_MISMATCH = 64;

/** Why a connection failed. */
export interface TlsFailure {
  /**
   * `alert`: the peer broke it off; `certificate`: the peer's does not verify; `name`: it verifies, and is not for this name;
   * `other protocol`: the peer does not speak TLS; `other`: the rest.
   */
  readonly kind: 'alert' | 'certificate' | 'name' | 'other protocol' | 'other';
  /** What OpenSSL calls the reason, or the alert. */
  readonly reason: string;
  /** The number of the peer's alert; -1 for none. */
  readonly alert: number;
}

/** Whether an error of the queue is one of TLS itself. */
export function isOfSsl(code: number): boolean {
  return code >>> LIBRARY_SHIFT === ERR_LIB_SSL;
}

/**
 * Puts an error of OpenSSL's into words.
 *
 * @param codes what was in the queue, oldest first: the first is the reason, and the others follow from it
 * @param verified the result of the verification of the peer's certificate
 */
export function failureOf(openssl: OpenSsl, codes: readonly number[], verified: number): TlsFailure {
  const { functions } = openssl;
  const ours = codes.find(isOfSsl) ?? codes[0];
  if (ours === undefined) return { kind: 'other', reason: 'the connection ended within the handshake', alert: -1 };
  const reason = ours & REASON_BITS;
  const ofSsl = isOfSsl(ours);
  if (ofSsl && reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    const alert = reason - SSL_AD_REASON_OFFSET;
    return { kind: 'alert', reason: functions.SSL_alert_desc_string_long(alert), alert };
  }
  if (ofSsl && reason === SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const isName = verified === X509_V_ERR_HOSTNAME_MISMATCH || verified === X509_V_ERR_IP_ADDRESS_MISMATCH;
    return {
      kind: isName ? 'name' : 'certificate',
      reason: functions.X509_verify_cert_error_string(verified),
      alert: -1,
    };
  }
  return {
    kind: ofSsl && NOT_TLS.has(reason) ? 'other protocol' : 'other',
    reason: openssl.reasonOf(ours),
    alert: -1,
  };
}

const NOT_TLS: ReadonlySet<number> = new Set([
  SSL_R_WRONG_VERSION_NUMBER,
  SSL_R_HTTP_REQUEST,
  SSL_R_HTTPS_PROXY_REQUEST,
  SSL_R_PACKET_LENGTH_TOO_LONG,
]);

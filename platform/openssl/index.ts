/**
 * The OpenSSL that Node.js carries, for TLS between two BIOs in memory: nothing of it waits. It is bound when it is first
 * needed, once per thread.
 *
 * @module
 */
export { openSsl, type OpenSsl } from './engine.js';
export { TLS_VERSIONS, TlsContext, TrustStore, type TlsContextOptions, type Verification } from './context.js';
export { TlsConnection, TlsState } from './connection.js';
export { TlsSession, type TlsPeer, type TlsTerms } from './session.js';
export type { TlsFailure } from './failures.js';

// The authorities that Node.js trusts, as this thread's connections trust them.
import { readFileSync } from 'node:fs';
import { openSsl, TrustStore } from '../../../platform/openssl/index.js';

let store: TrustStore | null = null;

/**
 * Node.js' own authorities: those that it carries, NODE_EXTRA_CA_CERTS, and what else its flags say (`--use-system-ca`), where
 * it tells of them. Read at the first call of the thread.
 *
 * @param complain told that NODE_EXTRA_CA_CERTS cannot be read: there are fewer authorities then
 */
export function rootAuthorities(complain: (message: string) => void): TrustStore {
  store ??= new TrustStore(openSsl(), rootCertificates(complain).join('\n'));
  return store;
}

function rootCertificates(complain: (message: string) => void): readonly string[] {
  const tls: { rootCertificates: readonly string[]; getCACertificates?: (type: 'default') => string[] } =
    process.getBuiltinModule('node:tls');
  if (typeof tls.getCACertificates === 'function') return tls.getCACertificates('default');
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  if (extra === undefined || extra === '') return tls.rootCertificates;
  try {
    return [...tls.rootCertificates, readFileSync(extra, 'latin1')];
  } catch (cause) {
    complain(
      `the file of NODE_EXTRA_CA_CERTS cannot be read (${(cause as Error).message}): its certificates are not trusted`,
    );
    return tls.rootCertificates;
  }
}

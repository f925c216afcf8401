// Certificates of the tests; `make.sh` makes them anew, and says what each is.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The names of those that have a key. */
export type Certified =
  'server' | 'rsa' | 'client' | 'unknown-client' | 'expired' | 'unnamed' | 'behind' | 'self-signed';

/** The path of a file here. */
export function certificateFile(file: string): string {
  return fileURLToPath(new URL(`./${file}`, import.meta.url));
}

/** A file here, as text. */
export function certificateText(file: string): string {
  return readFileSync(certificateFile(file), 'latin1');
}

/** The authority that vouches for the others. */
export const AUTHORITY = certificateText('authority.pem');

/** A certificate and its key, as options of the layer `tls` and of `node:tls` alike. */
export function certified(name: Certified): { readonly cert: string; readonly key: string } {
  return { cert: certificateText(`${name}.pem`), key: certificateText(`${name}.key`) };
}

/** Those of a server that is trusted by name and address on loopback, and the authority that a client trusts. */
export function trustedServer() {
  return { ...certified('server'), ca: AUTHORITY };
}

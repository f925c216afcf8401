// Certificates, keys and ciphers as people give them: read, and looked at, when the layer is made.
import { readFileSync } from 'node:fs';
import { isObject } from '../../../spi/option-check.js';

/** A text in PEM, or the file that has it: `{ file }`, or the path alone. */
export type Pem = string | { readonly file: string };

/** Some of them. */
export type Pems = Pem | readonly Pem[];

const PEM = '-----BEGIN ';
/** Characters of the longest path; what is longer was meant to be PEM. */
const LONGEST_PATH = 4096;

/** Whether a value is a text in PEM or names a file. */
export function isPem(value: unknown): value is Pem {
  if (typeof value === 'string') return value.includes(PEM) || isPath(value);
  return (
    isObject(value) && typeof value['file'] === 'string' && value['file'] !== '' && Object.keys(value).length === 1
  );
}

function isPath(text: string): boolean {
  return text !== '' && text.length <= LONGEST_PATH && !/[\n\r\0]/.test(text);
}

/**
 * Reads what was given for an option.
 *
 * @param option its name, for messages
 * @throws TypeError that names the option and the file, when it cannot be read or has no PEM in it
 */
export function readPem(option: string, given: Pems): string {
  return (Array.isArray(given) ? (given as readonly Pem[]) : [given as Pem])
    .map((each) => readOne(option, each))
    .join('\n');
}

function readOne(option: string, given: Pem): string {
  if (typeof given === 'string' && given.includes(PEM)) return given;
  const path = typeof given === 'string' ? given : given.file;
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (cause) {
    throw new TypeError(`tls: the file of \`${option}\` cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (!text.includes(PEM)) {
    throw new TypeError(
      `tls: the file of \`${option}\`, ${path}, is not in PEM: "${PEM}…" is not in it. OpenSSL makes it so (openssl x509 -inform der, openssl pkcs12)`,
    );
  }
  return text;
}

/** What an option of each kind says, once it was looked at. */
export interface Material {
  /** In PEM; `null` for none. */
  readonly certificates: string | null;
  /** In PEM, without a passphrase; `null` for none. */
  readonly key: string | null;
  /** In PEM; `null` for Node.js' own. */
  readonly authorities: string | null;
  /** As OpenSSL has them. */
  readonly ciphers: string;
}

/** The options that are about certificates, keys and ciphers. */
export interface MaterialOptions {
  readonly ca?: Pems | undefined;
  readonly cert?: Pems | undefined;
  readonly key?: Pem | undefined;
  readonly passphrase?: string | undefined;
  readonly ciphers?: string | undefined;
}

/**
 * Reads certificates and keys, and sees that they are some and belong together.
 *
 * @throws TypeError that names the option and says what is wrong with it
 */
export function readMaterial({ ca, cert, key, passphrase, ciphers }: MaterialOptions): Material {
  const tls = process.getBuiltinModule('node:tls');
  const certificates = cert === undefined ? null : readPem('cert', cert);
  const authorities = ca === undefined ? null : readPem('ca', ca);
  if ((cert === undefined) !== (key === undefined)) {
    const [one, other] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    throw new TypeError(`tls: there is a \`${one}\` and no \`${other}\`: give both, or neither`);
  }
  if (authorities !== null) eachCertificate('ca', authorities);
  if (certificates !== null) eachCertificate('cert', certificates);
  const plainKey = key === undefined ? null : readKey(readPem('key', key), passphrase);
  if (certificates !== null && plainKey !== null)
    tryOut('`key` and `cert` do not belong together', { cert: certificates, key: plainKey });
  if (ciphers !== undefined) tryOut('`ciphers` are none that OpenSSL knows', { ciphers });
  return { certificates, key: plainKey, authorities, ciphers: ciphers ?? tls.DEFAULT_CIPHERS };
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function eachCertificate(option: string, texts: string): void {
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  const found = texts.match(CERTIFICATE) ?? [];
  if (found.length === 0)
    throw new TypeError(
      `tls: there is no certificate in \`${option}\`${texts.includes('PRIVATE KEY') ? ': it is a private key' : ''}`,
    );
  for (const [place, text] of found.entries()) {
    try {
      new X509Certificate(text);
    } catch (cause) {
      const which = found.length === 1 ? 'what is in' : `certificate ${place + 1} of`;
      throw new TypeError(`tls: ${which} \`${option}\` cannot be read: ${messageOf(cause)}`, { cause });
    }
  }
}

/** The key as OpenSSL takes it without asking for anything. What is told never has any of it. */
function readKey(text: string, passphrase: string | undefined): string {
  const { createPrivateKey } = process.getBuiltinModule('node:crypto');
  try {
    const key = createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
    return key.export({ type: 'pkcs8', format: 'pem' }) as string;
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const locked = code === 'ERR_MISSING_PASSPHRASE' || (passphrase === undefined && text.includes('ENCRYPTED'));
    if (locked) throw new TypeError('tls: `key` has a passphrase: give it as `passphrase`', { cause });
    const wrong = passphrase !== undefined && text.includes('ENCRYPTED') ? 'or `passphrase` is not its own ' : '';
    throw new TypeError(`tls: \`key\` is not a private key in PEM ${wrong}(${messageOf(cause)})`, { cause });
  }
}

function tryOut(sentence: string, options: object): void {
  try {
    process.getBuiltinModule('node:tls').createSecureContext({ ca: [], ...options });
  } catch (cause) {
    throw new TypeError(`tls: ${sentence} (${messageOf(cause)})`, { cause });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * The layer of TLS 1.2 and 1.3, client and server, on the OpenSSL that Node.js itself carries. It is a codec, so that it works
 * under every I/O model; certificates and names of servers are verified unless told otherwise.
 *
 * @module
 */
import { defineLayer, type Layer, type LayerOverrides } from '../../../chain/index.js';
import type { LPWSPSTARTUP, WSAPROTOCOL_INFOW } from '../../../spi/index.js';
import { checkOptions, FLAG, numberThat, oneOf, textThat, type OptionRule } from '../../../spi/option-check.js';
import { TlsCodec } from './codec.js';
import { isPem, readMaterial, type Material, type Pem, type Pems } from './material.js';
import { asked } from './peers.js';
import { TlsStart, type TlsSettings } from './side.js';

export type { Pem, Pems } from './material.js';
export { SIO_TLS_SESSION, tlsSession, type AskedInstance, type TlsSessionInfo } from './session.js';

/** What the layer shows, asks for and accepts. */
export interface TlsOptions {
  /**
   * Certificates of the authorities to trust, in PEM or files of it, in place of Node.js' own (`tls.rootCertificates`,
   * NODE_EXTRA_CA_CERTS).
   */
  readonly ca?: Pems;
  /** The own certificate, and those behind it, in PEM or files of it. A server needs one; a client shows it when asked. */
  readonly cert?: Pems;
  /** The private key of `cert`, in PEM or a file of it. */
  readonly key?: Pem;
  /** What `key` is locked by. */
  readonly passphrase?: string;
  /**
   * The name that a client asks for, and that the certificate has to have, or an address. The host that the application named
   * if absent, else the address.
   */
  readonly servername?: string;
  /** Names of the application's protocols (ALPN), best first, or one text with commas between them. None if absent. */
  readonly alpn?: string | readonly string[];
  /** `TLSv1.2` or `TLSv1.3`; `TLSv1.2` if absent. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** `TLSv1.2` or `TLSv1.3`; `TLSv1.3` if absent. */
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** As in `node:tls`, whose `DEFAULT_CIPHERS` are there if absent. */
  readonly ciphers?: string;
  /**
   * Whether a peer whose certificate does not verify is refused; true if absent. With false, `tlsSession` tells what is wrong
   * with it, and nothing is secured from whoever stands in between.
   */
  readonly rejectUnauthorized?: boolean;
  /** Whether a server asks its clients for certificates, which `ca` vouches for; false if absent. */
  readonly requestCert?: boolean;
  /** Whether clients resume sessions; true if absent. */
  readonly resumption?: boolean;
  /** A file that the secrets of connections are appended to; that of SSLKEYLOGFILE if absent. */
  readonly keyLogFile?: string;
  /** Milliseconds that a handshake may take; 10,000 if absent. */
  readonly handshakeTimeout?: number;
  /** The layer's name; `tls` if absent. */
  readonly name?: string;
}

const PEM: OptionRule = {
  fits: isPem,
  expected: 'a text in PEM ("-----BEGIN …"), or the file that has it ({ file })',
};
const PEMS: OptionRule = {
  fits: (value) => isPem(value) || (Array.isArray(value) && value.length > 0 && value.every(isPem)),
  expected: `${PEM.expected}, or a list of them`,
};
const VERSION = oneOf('TLSv1.2', 'TLSv1.3');

const RULES: Readonly<Record<keyof TlsOptions, OptionRule>> = {
  ca: PEMS,
  cert: PEMS,
  key: PEM,
  passphrase: { ...textThat(() => true, 'a text'), fits: (value) => typeof value === 'string' },
  servername: textThat((value) => asked(value) !== null, 'the name of a host, or an address'),
  alpn: {
    fits: (value) => protocolsOf(value) !== null,
    expected: 'names of 1 to 255 bytes, in a list or with commas between them',
  },
  minVersion: VERSION,
  maxVersion: VERSION,
  ciphers: textThat((value) => value !== '', 'names of ciphers with colons between them'),
  rejectUnauthorized: FLAG,
  requestCert: FLAG,
  resumption: FLAG,
  keyLogFile: textThat((value) => value !== '' && !value.includes('\0'), 'a path'),
  handshakeTimeout: numberThat((value) => value > 0, 'a number of milliseconds above 0'),
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

/** Bytes that all names of protocols may have together, with a byte of length each. */
const MOST_PROTOCOLS = 65_535;

function protocolsOf(value: unknown): readonly string[] | null {
  const names: unknown = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(names)) return null;
  const fit = names.every((name) => typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= 255);
  const total = fit ? names.reduce((sum: number, name: string) => sum + Buffer.byteLength(name) + 1, 0) : Infinity;
  return total <= MOST_PROTOCOLS ? (names as string[]) : null;
}

/**
 * Makes a layer of TLS.
 *
 * @param options what it shows, asks for and accepts
 * @throws TypeError for an option that there is not, or that cannot be so, a file that cannot be read, certificates and keys that
 *   are none or do not belong together; it names the option
 */
export function tls(options: TlsOptions = {}): Layer {
  // The value of a secret is in no message.
  checkOptions('tls', options, RULES);
  const {
    minVersion = 'TLSv1.2',
    maxVersion = 'TLSv1.3',
    requestCert = false,
    name = 'tls',
    handshakeTimeout,
  } = options;
  if (minVersion > maxVersion)
    throw new TypeError(`tls: \`minVersion\` is ${minVersion}, above \`maxVersion\`, ${maxVersion}`);
  if (requestCert && options.ca === undefined) {
    throw new TypeError('tls: `requestCert` needs `ca`, the authorities that vouch for clients');
  }
  const settings: TlsSettings = {
    name,
    material: materialOf(options),
    servername: options.servername,
    protocols: protocolsOf(options.alpn ?? []) ?? [],
    minVersion,
    maxVersion,
    rejectUnauthorized: options.rejectUnauthorized ?? true,
    requestCert,
    resume: options.resumption ?? true,
    keyLogFile: options.keyLogFile,
  };
  /** The starts of the layer, by the chains that they are told. */
  const starts = new WeakMap<WSAPROTOCOL_INFOW, TlsStart>();
  return defineLayer({
    name,
    version: '1.0.0',
    // It would go around what secures the rest.
    urgent: false,
    nagle: false,
    ...(handshakeTimeout !== undefined && { handshakeTimeout }),
    codec: (connection) => new TlsCodec(starts.get(connection.entry)!, connection),
    overrides: (context): LayerOverrides => {
      const start = new TlsStart(settings, context.host);
      starts.set(context.chain, start);
      return {
        WSPCleanup(lower, lpErrno) {
          const result = lower.lpWSPCleanup(lpErrno);
          start.end();
          return result;
        },
      };
    },
  });
}

/** What certificates and keys were given is looked at now; the layer without any waits until it is needed. */
function materialOf(options: TlsOptions): () => Material {
  const { ca, cert, key, passphrase, ciphers } = options;
  const read = () => readMaterial({ ca, cert, key, passphrase, ciphers });
  if ([ca, cert, key, ciphers].every((each) => each === undefined)) return read;
  const material = read();
  return () => material;
}

/** The layer as a provider, for catalogs: a client that trusts whom Node.js trusts. It has no certificate to serve with. */
export const WSPStartup: LPWSPSTARTUP = tls().WSPStartup;

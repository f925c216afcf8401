// What the connections of one start of the layer share: a context for each side, sessions, where secrets go.
import type { CodecConnection, CodecRole } from '../../../chain/index.js';
import { openSsl, TLS_VERSIONS, TlsContext, TrustStore, type Verification } from '../../../platform/openssl/index.js';
import type { InstanceHost } from '../../../spi/index.js';
import { KeyLogFile } from './key-log-file.js';
import type { Material } from './material.js';
import { rootAuthorities } from './roots.js';
import { SessionCache } from './session-cache.js';

/** What a layer was told, once it was looked at. */
export interface TlsSettings {
  readonly name: string;
  readonly material: () => Material;
  readonly servername: string | undefined;
  readonly protocols: readonly string[];
  readonly minVersion: string;
  readonly maxVersion: string;
  readonly rejectUnauthorized: boolean;
  readonly requestCert: boolean;
  readonly resume: boolean;
  /** The file of secrets; `undefined` for none. */
  readonly keyLogFile: string | undefined;
}

/** Milliseconds between two reports of what peers of a server do: whoever can connect could have others written. */
const SELDOM = 1000;

/** One start of the layer. */
export class TlsStart {
  readonly sessions = new SessionCache();
  readonly #contexts: Partial<Record<CodecRole, TlsContext>> = {};
  readonly #keyLogFile: KeyLogFile | null;
  #store: TrustStore | null = null;
  #toldAt = -Infinity;
  #untold = 0;

  constructor(
    readonly settings: TlsSettings,
    private readonly host: InstanceHost,
  ) {
    const path = settings.keyLogFile ?? process.env['SSLKEYLOGFILE'];
    this.#keyLogFile =
      path === undefined || path === '' ? null : new KeyLogFile(path, (message) => this.#report(message));
  }

  /**
   * The context of a side, made at the first call.
   *
   * @throws Error that says why there is none
   */
  contextOf(role: CodecRole): TlsContext {
    return (this.#contexts[role] ??= this.#createContext(role));
  }

  #createContext(role: CodecRole): TlsContext {
    const { material, rejectUnauthorized, requestCert, minVersion, maxVersion, protocols } = this.settings;
    const { certificates, key, authorities, ciphers } = material();
    if (role === 'server' && certificates === null)
      throw new Error('a server needs `cert` and `key`, and there are none');
    const asks = role === 'client' || requestCert;
    const verification: Verification = !asks ? 'none' : rejectUnauthorized ? 'required' : 'asked for';
    return new TlsContext(openSsl(), {
      role,
      minVersion: TLS_VERSIONS[minVersion]!,
      maxVersion: TLS_VERSIONS[maxVersion]!,
      ciphers,
      certificates,
      key,
      authorities: asks ? this.#trusted(authorities) : null,
      clientAuthorities: requestCert ? authorities : null,
      verification,
      protocols,
    });
  }

  #trusted(authorities: string | null): TrustStore {
    if (authorities === null) return rootAuthorities((message) => this.#report(message));
    return (this.#store ??= new TrustStore(openSsl(), authorities));
  }

  /** Sees to it that secrets of a connection that begins are told, if anybody wants them. */
  prepareSecrets(context: TlsContext, connection: CodecConnection): void {
    context.logSecrets(this.#keyLogFile !== null || connection.keyLog.listening);
  }

  /** Tells the secrets of a connection. */
  tellSecrets(lines: readonly string[], connection: CodecConnection): void {
    this.#keyLogFile?.write(lines);
    if (connection.keyLog.listening) for (const line of lines) connection.keyLog.write(line);
  }

  /**
   * What is to be reported of a connection that failed; `undefined` for nothing: reports of what anybody may do to a server
   * come once a second.
   */
  reportOf(role: CodecRole, reason: string): string | undefined {
    if (role === 'client') return reason;
    const now = this.host.clock.now();
    if (now - this.#toldAt < SELDOM) {
      this.#untold++;
      return undefined;
    }
    const more = this.#untold === 0 ? '' : ` (and ${this.#untold} more that failed before it)`;
    this.#toldAt = now;
    this.#untold = 0;
    return reason + more;
  }

  /** Reports what became of a connection, as `reportOf` has it. */
  tell(role: CodecRole, reason: string): void {
    const told = this.reportOf(role, reason);
    if (told !== undefined) this.#report(told);
  }

  #report(message: string): void {
    this.host.report({ message: `${this.settings.name}: ${message}`, provider: this.settings.name });
  }

  /** The start is over; connections that are still there go on. */
  end(): void {
    this.sessions.clear();
    this.#contexts.client?.free();
    this.#contexts.server?.free();
    this.#store?.free();
    this.#store = null;
    delete this.#contexts.client;
    delete this.#contexts.server;
  }
}

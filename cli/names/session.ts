import {
  createWs2_32,
  GUID,
  LUP_RETURN_ADDR,
  LUP_RETURN_ALIASES,
  LUP_RETURN_BLOB,
  LUP_RETURN_COMMENT,
  LUP_RETURN_NAME,
  LUP_RETURN_QUERY_STRING,
  LUP_RETURN_TYPE,
  ref,
  WSA_E_NO_MORE,
  WSAQUERYSETW,
  winsockErrorName,
  winsockErrorText,
  type WSANAMESPACE_INFOW,
  type Ws2_32,
} from '../../index.js';
import { defaultCatalogPath } from '../../catalog/index.js';
import { oneOfWords, UsageError } from '../command.js';
import { style } from '../style.js';
import type { NameQuestion } from './question.js';
import { resultOf, type NameResult } from './results.js';

const FLAGS =
  LUP_RETURN_NAME |
  LUP_RETURN_TYPE |
  LUP_RETURN_COMMENT |
  LUP_RETURN_ADDR |
  LUP_RETURN_BLOB |
  LUP_RETURN_QUERY_STRING |
  LUP_RETURN_ALIASES;

/** Name spaces of this package that the built-in catalog has not. */
const COMING_ALONG: ReadonlySet<string> = new Set(['registry', 'redis', 'mdns']);

/** A function failed: its error, for the exit. */
export class NameError extends Error {
  /** @param why in place of the error's own text */
  constructor(
    readonly code: number,
    why?: string,
  ) {
    super(`${winsockErrorName(code) ?? code}: ${why ?? winsockErrorText(code) ?? ''}`);
  }
}

/** An instance that a command asks about names. */
export class NameSession {
  readonly ws2: Ws2_32;
  readonly path: string;

  /** @param catalog the path of its catalog; the user's own if absent */
  constructor(catalog: string | undefined) {
    this.path = catalog ?? defaultCatalogPath();
    this.ws2 = createWs2_32({ catalog: this.path });
    // Why a provider could not do it, beside the error's name.
    this.ws2.on('defect', ({ message }) => console.error(style('red', message, process.stderr)));
    if (this.ws2.WSAStartup(0x0202, {}) !== 0) throw new Error('WSAStartup failed');
  }

  [Symbol.dispose](): void {
    this.ws2[Symbol.dispose]();
  }

  /** The providers of the catalog, in its order. */
  providers(): WSANAMESPACE_INFOW[] {
    const found: WSANAMESPACE_INFOW[] = [];
    if (this.ws2.WSAEnumNameSpaceProviders(ref(0xffffffff), found) < 0) throw this.error();
    return found;
  }

  /** A provider by its GUID or its name; `null` when none is named. */
  provider(named: string | undefined): GUID | null {
    if (named === undefined) return null;
    const providers = this.providers();
    const id = GUID.parse(named);
    const isIt = (each: WSANAMESPACE_INFOW): boolean =>
      id === null ? each.lpszIdentifier?.toLowerCase() === named.toLowerCase() : each.NSProviderId.toUpperCase() === id;
    const found = providers.find(isIt);
    if (found !== undefined) return found.NSProviderId;
    const names = providers.flatMap(({ lpszIdentifier }) => lpszIdentifier ?? []);
    const advice = COMING_ALONG.has(named.toLowerCase())
      ? `: it comes with ws2spi, and ws2spi names install ${named.toLowerCase()} puts it into the catalog`
      : oneOfWords(names, named);
    throw new UsageError(`the catalog has no name-space provider "${named}", but ${names.join(', ')}${advice}`);
  }

  /**
   * Looks something up.
   *
   * @returns the results; or the error, when there are none
   */
  lookUp(question: NameQuestion, provider: GUID | null): NameResult[] | number {
    const { ws2 } = this;
    const handle = this.begin(question, provider);
    if (typeof handle === 'number') return handle;
    const names = new Map(
      this.providers().map(({ NSProviderId, lpszIdentifier }) => [NSProviderId.toUpperCase(), lpszIdentifier]),
    );
    const results: NameResult[] = [];
    const out: WSAQUERYSETW[] = [];
    while (ws2.WSALookupServiceNext(handle.value, FLAGS, ref(0xffffffff), out) === 0) {
      const [set] = out as [WSAQUERYSETW];
      const id = set.lpNSProviderId ?? '';
      results.push(resultOf(set, names.get(id.toUpperCase()) ?? id, question));
    }
    const error = ws2.WSAGetLastError();
    ws2.WSALookupServiceEnd(handle.value);
    return results.length === 0 && error !== WSA_E_NO_MORE ? error : results;
  }

  /** Begins a look-up; returns its handle, or the error. */
  begin({ name, serviceClass, protocols }: NameQuestion, provider: GUID | null): { readonly value: number } | number {
    const handle = ref(0);
    const set = {
      dwSize: WSAQUERYSETW.size,
      lpszServiceInstanceName: name,
      lpServiceClassId: serviceClass,
      lpNSProviderId: provider,
      dwNumberOfProtocols: protocols.length,
      lpafpProtocols: [...protocols],
    };
    return this.ws2.WSALookupServiceBegin(set, FLAGS, handle) === 0 ? handle : this.ws2.WSAGetLastError();
  }

  /** The last error. */
  error(): NameError {
    return new NameError(this.ws2.WSAGetLastError());
  }
}

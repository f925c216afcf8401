// Service classes of WinSock, and service types of DNS-SD.
import { createHash } from 'node:crypto';
import { GUID, type WSASERVICECLASSINFOW } from '../../../spi/index.js';
import { keyOf, readServiceName, shownType } from './names.js';

/**
 * The service class of queries and registrations that say in text what they are about: in `lpszServiceInstanceName`
 * (`My printer._ipp._tcp.local`) or `lpszQueryString` (`_ipp._tcp`).
 */
export const SVCID_WS2SPI_DNS_SD: GUID = GUID.parse('6F0A2E61-8C34-4D57-9B0E-5D3C1F7A9E28')!;

/**
 * The service class that services of a type have in results, unless a class of that name was installed.
 *
 * @param type such as `_ipp._tcp`
 * @returns a GUID made of the type's name (RFC 4122, version 5)
 */
export function mdnsServiceClass(type: string): GUID {
  const name = readServiceName(type);
  const text = keyOf(shownType(name?.type ?? type));
  const space = Buffer.from(SVCID_WS2SPI_DNS_SD.replaceAll('-', ''), 'hex');
  const digits = createHash('sha1').update(space).update(text).digest();
  digits[6] = (digits[6]! & 0x0f) | 0x50;
  digits[8] = (digits[8]! & 0x3f) | 0x80;
  const hex = digits.toString('hex', 0, 16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return GUID.parse(parts.join('-'))!;
}

/** Types that are remembered by their class. */
const MOST_TYPES = 1024;

/** Which service class stands for which type: those that were installed, and those that were seen. */
export class ServiceTypes {
  readonly #installed = new Map<GUID, WSASERVICECLASSINFOW>();
  readonly #seen = new Map<GUID, string>();

  /** The type that a class stands for, `_ipp._tcp`; `null` when that is not known. */
  typeOf(serviceClass: GUID | string | null): string | null {
    if (serviceClass === null) return null;
    const installed = this.#installed.get(serviceClass as GUID)?.lpszServiceClassName;
    return installed ?? this.#seen.get(serviceClass as GUID) ?? null;
  }

  /** The class of a type, by its full name. */
  classOf(type: string): GUID {
    const text = keyOf(shownType(type));
    for (const [guid, { lpszServiceClassName }] of this.#installed) {
      if (keyOf(shownType(lpszServiceClassName ?? '')) === text) return guid;
    }
    const guid = mdnsServiceClass(text);
    if (this.#seen.size < MOST_TYPES) this.#seen.set(guid, text);
    return guid;
  }

  /** Whether a class can be installed: it has a type's name. */
  isType({ lpszServiceClassName }: WSASERVICECLASSINFOW): boolean {
    const service = readServiceName(lpszServiceClassName ?? '');
    return service !== null && service.instance === '';
  }

  install(info: WSASERVICECLASSINFOW): void {
    this.#installed.set(GUID.parse(info.lpServiceClassId ?? '')!, info);
  }

  get(serviceClass: GUID): WSASERVICECLASSINFOW | undefined {
    return this.#installed.get(serviceClass);
  }

  remove(serviceClass: GUID): boolean {
    return this.#installed.delete(serviceClass);
  }
}

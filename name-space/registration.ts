import { GUID, SERVICE_MULTIPLE, type CSADDR_INFO, type WSAQUERYSETW } from '../spi/index.js';
import type { RequestAnswer } from './settlement.js';

/** A service that is registered, or taken back. */
export interface NameSpaceRegistration {
  /** The service instance's name; empty for none. */
  readonly name: string;
  /** The service class, in capitals; `null` for none. */
  readonly serviceClass: GUID | null;
  /** Where it is; an item's `addresses` takes them as they are. */
  readonly addresses: readonly CSADDR_INFO[];
  readonly comment: string | null;
  readonly blob: Uint8Array | null;
  readonly version: number | null;
  readonly queryString: string | null;
  readonly context: string | null;
  /** Whether the addresses are added to those of other registrations of the same service: SERVICE_MULTIPLE. */
  readonly isOneOfSeveral: boolean;
  /** Everything that was registered, as the provider was given it. */
  readonly querySet: WSAQUERYSETW;
}

/** Where the author of a name space says that a registration was done. */
export interface RegistrationAnswer extends RequestAnswer {
  /** It was done. */
  done(): void;
}

/** Reads a registration. */
export function readRegistration(querySet: WSAQUERYSETW, flags: number): NameSpaceRegistration {
  return {
    name: querySet.lpszServiceInstanceName ?? '',
    serviceClass: GUID.parse(querySet.lpServiceClassId ?? ''),
    addresses: querySet.lpcsaBuffer ?? [],
    comment: querySet.lpszComment ?? null,
    blob: querySet.lpBlob?.pBlobData ?? null,
    version: querySet.lpVersion?.dwVersion ?? null,
    queryString: querySet.lpszQueryString ?? null,
    context: querySet.lpszContext ?? null,
    isOneOfSeveral: (flags & SERVICE_MULTIPLE) !== 0,
    querySet,
  };
}

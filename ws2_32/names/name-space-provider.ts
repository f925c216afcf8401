// A name-space provider as look-ups see it, and the adapter to version 1 of the interface.
import {
  IS_SVCID_NETWARE,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  ref,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  WSAEOPNOTSUPP,
  type DirectInquiry,
  type DirectListener,
  type DirectQuestion,
  type GUID,
  type HANDLE,
  type NSP_ROUTINE,
  type NSPV2_ROUTINES,
  type Ref,
  type WSACOMPLETION,
  type WSAQUERYSETW,
  type WSASERVICECLASSINFOW,
  type WSATHREADID,
} from '../../spi/index.js';
import { NSP_SIGNATURES } from '../../spi/signatures/index.js';
import type { AnswerListener, AsyncCall } from './async-calls.js';
import type { Containment } from './containment.js';

/** What a provider said: 0 or a WSA error at once, or a call that will tell its listener. */
export type ProviderAnswer = number | AsyncCall;

/** What WSANSPIoctl hands on to a provider. */
export interface QueryIoctlRequest {
  readonly code: number;
  readonly input: Uint8Array | null;
  readonly inputLength: number;
  readonly output: Uint8Array | null;
  readonly outputLength: number;
  /** Receives how many bytes were put into the output, or are needed. */
  readonly returned: Ref<number>;
}

// Classes of ports and record types, of NetWare, and of the look-ups of hosts and services.
function isWellKnown(id: GUID): boolean {
  return (
    IS_SVCID_TCP(id) ||
    IS_SVCID_UDP(id) ||
    IS_SVCID_NETWARE(id) ||
    [SVCID_HOSTNAME, SVCID_INET_HOSTADDRBYINETSTRING, SVCID_INET_HOSTADDRBYNAME, SVCID_INET_SERVICEBYNAME].includes(
      id.toUpperCase(),
    )
  );
}

/** Room for whatever a provider has. */
const ALL_THE_ROOM = 0xffffffff;

/** A name-space provider that was started, of either version. */
export interface NameSpaceProvider {
  /** `lpszIdentifier` of its entry. */
  readonly name: string;
  readonly id: GUID;

  /**
   * Begins a query.
   *
   * @param restrictions the provider's own copy
   * @param lphLookup receives the provider's handle
   * @returns 0 or a WSA error
   */
  begin(restrictions: WSAQUERYSETW, flags: number, lphLookup: Ref<HANDLE>): number;
  /**
   * Asks for the next result.
   *
   * @param length in: room in bytes; out, with WSAEFAULT: bytes needed
   * @param results given one result with 0; `null` for no room
   */
  next(
    hLookup: HANDLE,
    flags: number,
    length: Ref<number>,
    results: WSAQUERYSETW[] | null,
    listener: AnswerListener,
  ): ProviderAnswer;
  /** Ends a query. */
  end(hLookup: HANDLE): void;
  /** Whether a question may be put to it by `ask`: it offers that, and nobody is to be told of calls of its routines. */
  readonly isDirect: boolean;
  /**
   * Asks a question of the instance's own, without query sets.
   *
   * @param listener told of the answer, maybe before this returns
   * @returns what was asked, which is to be left; or a WSA error
   */
  ask(question: DirectQuestion, listener: DirectListener): DirectInquiry | number;
  /** What was asked is over, or nobody wants the answer. */
  leave(inquiry: DirectInquiry): void;
  /** Registers, deregisters or deletes a service; `registration` is the provider's own copy. */
  setService(registration: WSAQUERYSETW, operation: number, flags: number, listener: AnswerListener): ProviderAnswer;
  /** Registers a service class, and may wait; `info` is the provider's own copy. */
  installServiceClass(info: WSASERVICECLASSINFOW): number;
  /** Removes a service class, and may wait. */
  removeServiceClass(id: GUID): number;
  /**
   * Fetches a service class, and may wait.
   *
   * @param found given the class with 0; there is all the room that it may take
   */
  getServiceClassInfo(id: GUID, found: WSASERVICECLASSINFOW[]): number;
  /**
   * Controls a query.
   *
   * @param completion how the provider is to tell of the end, after WSA_IO_PENDING; `null` asks how it is now
   */
  ioctl(hLookup: HANDLE, request: QueryIoctlRequest, completion: WSACOMPLETION | null): number;
  /** Everything that was asked of it is over or abandoned; nothing more is asked. */
  finish(): void;
  /** The last that it is told. */
  cleanup(): void;
}

/** The routines that version 1 has, and version 2 may have beside its own. */
type CommonTable = Pick<
  NSPV2_ROUTINES,
  'NSPInstallServiceClass' | 'NSPRemoveServiceClass' | 'NSPGetServiceClassInfo' | 'NSPIoctl'
>;

/** Calls what providers of both versions have in common; what one lacks is WSAEOPNOTSUPP. */
export class CommonRoutines {
  constructor(
    private readonly provider: { readonly name: string; readonly id: GUID },
    private readonly routines: CommonTable,
    private readonly containment: Containment,
    private readonly thread: WSATHREADID,
  ) {}

  installServiceClass(info: WSASERVICECLASSINFOW): number {
    const { NSPInstallServiceClass } = this.routines;
    if (NSPInstallServiceClass === undefined) return WSAEOPNOTSUPP;
    return this.#call('NSPInstallServiceClass', () => NSPInstallServiceClass(this.provider.id, info));
  }

  removeServiceClass(id: GUID): number {
    const { NSPRemoveServiceClass } = this.routines;
    if (NSPRemoveServiceClass === undefined) return WSAEOPNOTSUPP;
    return this.#call('NSPRemoveServiceClass', () => NSPRemoveServiceClass(this.provider.id, id));
  }

  getServiceClassInfo(id: GUID, found: WSASERVICECLASSINFOW[]): number {
    const { NSPGetServiceClassInfo } = this.routines;
    if (NSPGetServiceClassInfo === undefined) return WSAEOPNOTSUPP;
    // Which class is wanted stands in the structure that is filled.
    found.splice(0, found.length, { lpServiceClassId: id, lpszServiceClassName: null, dwCount: 0, lpClassInfos: null });
    return this.#call('NSPGetServiceClassInfo', () =>
      NSPGetServiceClassInfo(this.provider.id, ref(ALL_THE_ROOM), found),
    );
  }

  ioctl(hLookup: HANDLE, request: QueryIoctlRequest, completion: WSACOMPLETION | null): number {
    const { NSPIoctl } = this.routines;
    if (typeof NSPIoctl !== 'function') return WSAEOPNOTSUPP;
    const { code, input, inputLength, output, outputLength, returned } = request;
    return this.#call('NSPIoctl', () =>
      NSPIoctl(hLookup, code, input, inputLength, output, outputLength, returned, completion, this.thread),
    );
  }

  #call(name: string, routine: () => number): number {
    return this.containment.call(this.provider, name, routine);
  }
}

/**
 * A provider of version 1 (specification: NSPStartup). It answers at once, or waits in a blocking call; where nothing
 * may wait, its wait is refused.
 */
export class NameSpaceProviderV1 implements NameSpaceProvider {
  readonly isDirect = false;
  private readonly routines: Readonly<NSP_ROUTINE>;
  readonly #more: CommonRoutines;

  constructor(
    readonly name: string,
    readonly id: GUID,
    routines: Readonly<NSP_ROUTINE>,
    private readonly containment: Containment,
    thread: WSATHREADID,
  ) {
    this.routines = containment.contained(this, routines, NSP_SIGNATURES);
    this.#more = new CommonRoutines(this, this.routines, containment, thread);
  }

  begin(restrictions: WSAQUERYSETW, flags: number, lphLookup: Ref<HANDLE>): number {
    const { NSPLookupServiceBegin } = this.routines;
    const classInfo = this.#classInfoOf(restrictions);
    return this.containment.call(this, 'NSPLookupServiceBegin', () =>
      NSPLookupServiceBegin(this.id, restrictions, classInfo, flags, lphLookup),
    );
  }

  next(hLookup: HANDLE, flags: number, length: Ref<number>, results: WSAQUERYSETW[] | null): number {
    const { NSPLookupServiceNext } = this.routines;
    return this.containment.call(this, 'NSPLookupServiceNext', () =>
      NSPLookupServiceNext(hLookup, flags, length, results),
    );
  }

  end(hLookup: HANDLE): void {
    const { NSPLookupServiceEnd } = this.routines;
    this.containment.call(this, 'NSPLookupServiceEnd', () => NSPLookupServiceEnd(hLookup));
  }

  ask(): number {
    return WSAEOPNOTSUPP;
  }

  leave(): void {
    // It is never asked in this way.
  }

  setService(registration: WSAQUERYSETW, operation: number, flags: number): number {
    const { NSPSetService } = this.routines;
    const classInfo = this.#classInfoOf(registration);
    return this.containment.call(this, 'NSPSetService', () =>
      NSPSetService(this.id, classInfo, registration, operation, flags),
    );
  }

  // What the provider has said of a class itself (specification: NSPSetService); of those that have a name in the headers
  // every provider knows what they are.
  #classInfoOf({ lpServiceClassId: id }: WSAQUERYSETW): WSASERVICECLASSINFOW | null {
    if (id === null || id === undefined || isWellKnown(id)) return null;
    const found: WSASERVICECLASSINFOW[] = [];
    return this.getServiceClassInfo(id, found) === 0 ? (found[0] ?? null) : null;
  }

  installServiceClass(info: WSASERVICECLASSINFOW): number {
    return this.#more.installServiceClass(info);
  }

  removeServiceClass(id: GUID): number {
    return this.#more.removeServiceClass(id);
  }

  getServiceClassInfo(id: GUID, found: WSASERVICECLASSINFOW[]): number {
    return this.#more.getServiceClassInfo(id, found);
  }

  ioctl(hLookup: HANDLE, request: QueryIoctlRequest, completion: WSACOMPLETION | null): number {
    return this.#more.ioctl(hLookup, request, completion);
  }

  finish(): void {
    // Version 1 has no word for it.
  }

  cleanup(): void {
    const { NSPCleanup } = this.routines;
    this.containment.call(this, 'NSPCleanup', () => NSPCleanup(this.id));
  }
}

// A name-space provider as look-ups see it, and the adapters to the two versions of the interface.
import {
  ref,
  WSA_E_CANCELLED,
  WSAEOPNOTSUPP,
  WSAEPROVIDERFAILEDINIT,
  type GUID,
  type HANDLE,
  type InstanceHost,
  type NSP_ROUTINE,
  type NSPV2_ROUTINES,
  type Ref,
  type WSAQUERYSETW,
} from '../../spi/index.js';
import { NSP_SIGNATURES, NSPV2_SIGNATURES } from '../../spi/signatures/index.js';
import type { AnswerListener, AsyncCall, AsyncCalls } from './async-calls.js';
import type { Containment } from './containment.js';

/** What a provider said: 0 or a WSA error at once, or a call that will tell its listener. */
export type ProviderAnswer = number | AsyncCall;

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
  /** Registers, deregisters or deletes a service; `registration` is the provider's own copy. */
  setService(registration: WSAQUERYSETW, operation: number, flags: number, listener: AnswerListener): ProviderAnswer;
  /** Everything that was asked of it is over or abandoned; nothing more is asked. */
  finish(): void;
  /** The last that it is told. */
  cleanup(): void;
}

/**
 * A provider of version 1 (specification: NSPStartup). It answers at once, or waits in a blocking call; where nothing
 * may wait, its wait is refused.
 */
export class NameSpaceProviderV1 implements NameSpaceProvider {
  private readonly routines: Readonly<NSP_ROUTINE>;

  constructor(
    readonly name: string,
    readonly id: GUID,
    routines: Readonly<NSP_ROUTINE>,
    private readonly containment: Containment,
  ) {
    this.routines = containment.contained(this, routines, NSP_SIGNATURES);
  }

  begin(restrictions: WSAQUERYSETW, flags: number, lphLookup: Ref<HANDLE>): number {
    const { NSPLookupServiceBegin } = this.routines;
    return this.containment.call(this, 'NSPLookupServiceBegin', () =>
      NSPLookupServiceBegin(this.id, restrictions, null, flags, lphLookup),
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

  setService(registration: WSAQUERYSETW, operation: number, flags: number): number {
    const { NSPSetService } = this.routines;
    return this.containment.call(this, 'NSPSetService', () =>
      NSPSetService(this.id, null, registration, operation, flags),
    );
  }

  finish(): void {
    // Version 1 has no word for it.
  }

  cleanup(): void {
    const { NSPCleanup } = this.routines;
    this.containment.call(this, 'NSPCleanup', () => NSPCleanup(this.id));
  }
}

/** A provider of version 2, and the session that the instance has with it (ws2spi.h: NSPV2_ROUTINE). */
export class NameSpaceProviderV2 implements NameSpaceProvider {
  private readonly routines: Readonly<NSPV2_ROUTINES>;
  readonly #session: Ref<unknown> = ref<unknown>(null);
  // Its queries that were not ended; handles are whatever the provider likes.
  readonly #queries = new Set<HANDLE>();
  #isWithdrawn = false;

  constructor(
    readonly name: string,
    readonly id: GUID,
    routines: Readonly<NSPV2_ROUTINES>,
    private readonly containment: Containment,
    private readonly calls: AsyncCalls,
  ) {
    this.routines = containment.contained(this, routines, NSPV2_SIGNATURES);
  }

  /**
   * Begins the session.
   *
   * @returns 0 or a WSA error
   */
  start(host: InstanceHost): number {
    const { NSPv2Startup } = this.routines;
    if (NSPv2Startup === undefined) return 0;
    const error = this.containment.call(this, 'NSPv2Startup', () => NSPv2Startup(this.id, this.#session, host));
    // What a provider that has no such routine puts in its place.
    return error === WSAEOPNOTSUPP ? 0 : error;
  }

  begin(restrictions: WSAQUERYSETW, flags: number, lphLookup: Ref<HANDLE>): number {
    if (this.#isWithdrawn) return WSAEPROVIDERFAILEDINIT;
    const { NSPv2LookupServiceBegin } = this.routines;
    const error = this.containment.call(this, 'NSPv2LookupServiceBegin', () =>
      NSPv2LookupServiceBegin(this.id, restrictions, flags, this.#session.value, lphLookup),
    );
    if (error === 0) this.#queries.add(lphLookup.value);
    return error;
  }

  next(
    hLookup: HANDLE,
    flags: number,
    length: Ref<number>,
    results: WSAQUERYSETW[] | null,
    listener: AnswerListener,
  ): ProviderAnswer {
    if (!this.#queries.has(hLookup)) return WSA_E_CANCELLED;
    const { NSPv2LookupServiceNextEx } = this.routines;
    const call = this.calls.make(this, 'NSPv2LookupServiceNextEx', listener, (hAsyncCall) =>
      NSPv2LookupServiceNextEx(hAsyncCall, hLookup, flags, length, results),
    );
    return call.answer;
  }

  end(hLookup: HANDLE): void {
    if (!this.#queries.delete(hLookup)) return;
    const { NSPv2LookupServiceEnd } = this.routines;
    this.containment.call(this, 'NSPv2LookupServiceEnd', () => NSPv2LookupServiceEnd(hLookup));
  }

  setService(registration: WSAQUERYSETW, operation: number, flags: number, listener: AnswerListener): ProviderAnswer {
    if (this.#isWithdrawn) return WSAEPROVIDERFAILEDINIT;
    const { NSPv2SetServiceEx } = this.routines;
    if (NSPv2SetServiceEx === undefined) return WSAEOPNOTSUPP;
    return this.calls.make(this, 'NSPv2SetServiceEx', listener, (hAsyncCall) =>
      NSPv2SetServiceEx(hAsyncCall, this.id, registration, operation, flags, this.#session.value),
    ).answer;
  }

  finish(): void {
    this.#isWithdrawn = true;
    for (const handle of [...this.#queries]) this.end(handle);
    this.calls.endAll(this, WSA_E_CANCELLED);
    const { NSPv2ClientSessionRundown } = this.routines;
    if (NSPv2ClientSessionRundown === undefined) return;
    this.containment.call(this, 'NSPv2ClientSessionRundown', () => {
      NSPv2ClientSessionRundown(this.id, this.#session.value);
      return 0;
    });
  }

  cleanup(): void {
    const { NSPv2Cleanup } = this.routines;
    if (NSPv2Cleanup === undefined) return;
    this.containment.call(this, 'NSPv2Cleanup', () => NSPv2Cleanup(this.id, this.#session.value));
  }
}

import {
  ref,
  WSA_E_CANCELLED,
  WSAEOPNOTSUPP,
  WSAEPROVIDERFAILEDINIT,
  type DirectInquiry,
  type DirectListener,
  type DirectLookUps,
  type DirectQuestion,
  type GUID,
  type HANDLE,
  type InstanceHost,
  type NSPV2_ROUTINE,
  type NSPV2_ROUTINES,
  type Ref,
  type WSACOMPLETION,
  type WSAQUERYSETW,
  type WSASERVICECLASSINFOW,
  type WSATHREADID,
} from '../../spi/index.js';
import { NSPV2_SIGNATURES } from '../../spi/signatures/index.js';
import type { AnswerListener, AsyncCalls } from './async-calls.js';
import type { Containment } from './containment.js';
import {
  CommonRoutines,
  type NameSpaceProvider,
  type ProviderAnswer,
  type QueryIoctlRequest,
} from './name-space-provider.js';

/** A provider of version 2, and the session that the instance has with it (ws2spi.h: NSPV2_ROUTINE). */
export class NameSpaceProviderV2 implements NameSpaceProvider {
  private readonly routines: Readonly<NSPV2_ROUTINES>;
  readonly #more: CommonRoutines;
  readonly #session: Ref<unknown> = ref<unknown>(null);
  // Its queries that were not ended; handles are whatever the provider likes.
  readonly #queries = new Set<HANDLE>();
  readonly #direct: DirectLookUps | null;
  readonly #unhooked: DirectLookUps['routines'];
  #isWithdrawn = false;

  constructor(
    readonly name: string,
    readonly id: GUID,
    { directLookUps, ...routines }: Readonly<NSPV2_ROUTINES & Pick<NSPV2_ROUTINE, 'directLookUps'>>,
    private readonly containment: Containment,
    private readonly calls: AsyncCalls,
    thread: WSATHREADID,
  ) {
    this.routines = containment.contained(this, routines, NSPV2_SIGNATURES);
    this.#more = new CommonRoutines(this, this.routines, containment, thread);
    this.#direct = directLookUps !== undefined && standsFor(directLookUps, routines) ? directLookUps : null;
    this.#unhooked = containment.unhooked(this.routines);
  }

  get isDirect(): boolean {
    if (this.#direct === null) return false;
    const { routines } = this;
    const unhooked = this.#unhooked;
    return (
      routines.NSPv2LookupServiceBegin === unhooked.NSPv2LookupServiceBegin &&
      routines.NSPv2LookupServiceNextEx === unhooked.NSPv2LookupServiceNextEx &&
      routines.NSPv2LookupServiceEnd === unhooked.NSPv2LookupServiceEnd
    );
  }

  ask(question: DirectQuestion, listener: DirectListener): DirectInquiry | number {
    if (this.#isWithdrawn || this.#direct === null) return WSAEPROVIDERFAILEDINIT;
    return this.containment.ask(this, this.#direct, this.#session.value, question, listener);
  }

  leave(inquiry: DirectInquiry): void {
    this.containment.end(this, inquiry);
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

  installServiceClass(info: WSASERVICECLASSINFOW): number {
    return this.#isWithdrawn ? WSAEPROVIDERFAILEDINIT : this.#more.installServiceClass(info);
  }

  removeServiceClass(id: GUID): number {
    return this.#isWithdrawn ? WSAEPROVIDERFAILEDINIT : this.#more.removeServiceClass(id);
  }

  getServiceClassInfo(id: GUID, found: WSASERVICECLASSINFOW[]): number {
    return this.#isWithdrawn ? WSAEPROVIDERFAILEDINIT : this.#more.getServiceClassInfo(id, found);
  }

  ioctl(hLookup: HANDLE, request: QueryIoctlRequest, completion: WSACOMPLETION | null): number {
    return this.#queries.has(hLookup) ? this.#more.ioctl(hLookup, request, completion) : WSA_E_CANCELLED;
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

// Whether an offer is for the routines that are in the table, not for those that somebody has replaced.
function standsFor({ routines, ask }: DirectLookUps, table: DirectLookUps['routines']): boolean {
  return (
    typeof ask === 'function' &&
    routines.NSPv2LookupServiceBegin === table.NSPv2LookupServiceBegin &&
    routines.NSPv2LookupServiceNextEx === table.NSPv2LookupServiceNextEx &&
    routines.NSPv2LookupServiceEnd === table.NSPv2LookupServiceEnd
  );
}

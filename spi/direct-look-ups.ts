import type { GUID, WSAQUERYSETW, AFPROTOCOLS } from './structures/index.js';

/** A question of the instance's own look-ups: for a host, its addresses, or a service. */
export interface DirectQuestion {
  /** The service class, in capitals. */
  readonly serviceClass: GUID;
  /** What is looked for; empty for the machine itself. */
  readonly name: string;
  /** The families that are asked for, each over every protocol of `protocols`. */
  readonly families: readonly number[];
  readonly protocols: readonly AFPROTOCOLS[];
  /** `NS_*`; NS_ALL for any. */
  readonly nameSpace: number;
  /** `LUP_RETURN_NAME`, `LUP_RETURN_ADDR` and `LUP_RETURN_BLOB`: what a result has to hold. */
  readonly flags: number;
  /** The same as NSPv2LookupServiceBegin is given it, made when it is first looked at. */
  readonly restrictions: WSAQUERYSETW;
}

/** One result of a direct look-up. It belongs to whoever asked. */
export interface DirectResult {
  readonly name: string | null;
  /** SOCKADDRs, each once; empty unless LUP_RETURN_ADDR is set. */
  readonly addresses: readonly Uint8Array[];
  /** `null` unless LUP_RETURN_BLOB is set. */
  readonly blob: Uint8Array | null;
}

/** Who asked, and is told of the answer, maybe before `ask` has returned. */
export interface DirectListener {
  /**
   * Takes one result.
   *
   * @returns whether another would be of use
   */
  found(result: DirectResult): boolean;
  /**
   * There are no more results; told once, and not after `end`.
   *
   * @param error WSA_E_NO_MORE behind results; else why there are none
   * @param isRefusal whether NSPv2LookupServiceBegin would have failed with it: what other providers say counts more then
   */
  ended(error: number, isRefusal: boolean): void;
}

/** A question that was asked. */
export interface DirectInquiry {
  /**
   * Says whether the answer that was given is still the one; `null` when that is not known, and the provider is to be asked
   * each time. It is called whenever the answer would be used again, so it has to be quick, and may not throw.
   */
  readonly isStill: (() => boolean) | null;
  /** Nobody wants the answer any more, or all of it was given. */
  end(): void;
}

/**
 * What a provider of version 2 may offer beside its routines, in `directLookUps` of its table: the instance's own look-ups
 * (getaddrinfo and its like) then ask it without making a query set of each question and each result. Where one of its
 * routines is hooked, or another function stands in its place, they are asked as everybody else asks.
 */
export interface DirectLookUps {
  /** The routines in whose place it may be asked; they must be those of the table. */
  readonly routines: Readonly<
    Record<'NSPv2LookupServiceBegin' | 'NSPv2LookupServiceNextEx' | 'NSPv2LookupServiceEnd', unknown>
  >;
  /**
   * Asks a question, and waits for nothing.
   *
   * @param session what NSPv2Startup has given
   * @returns what was asked; or a WSA error, as NSPv2LookupServiceBegin may fail with it
   */
  ask(session: unknown, question: DirectQuestion, listener: DirectListener): DirectInquiry | number;
}

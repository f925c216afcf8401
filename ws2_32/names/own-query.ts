import type { CatalogNameSpace } from '../../catalog/index.js';
import type { Host } from '../../host/index.js';
import {
  ref,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  WSASYSCALLFAILURE,
  type DeferredWork,
  type DirectInquiry,
  type DirectListener,
  type DirectResult,
  type HANDLE,
  type WSAQUERYSETW,
} from '../../spi/index.js';
import { isStructure } from '../../spi/arguments.js';
import { PENDING, type AnswerListener } from './async-calls.js';
import { isError, type Containment } from './containment.js';
import type { AnswerBasis, IsStill } from './known-answers.js';
import type { LookupQuestion, LookupResult } from './lookup-question.js';
import type { Linked } from '../../spi/linked-list.js';
import type { NameSpaceProvider } from './name-space-provider.js';
import type { NameSpaceProviders } from './name-space-providers.js';
import { RunningQuery } from './query.js';

const ALL_THE_ROOM = 0xffffffff;
/** In place of an error: this provider has nothing of use, ask the next one. */
const NEXT_PROVIDER = -2;

/** What queries of the instance's own have in common. */
export interface OwnQueryContext {
  readonly host: Host;
  readonly providers: NameSpaceProviders;
  readonly containment: Containment;
}

/**
 * A question of the instance's own on its way: to one provider after the other, each begun when its turn comes, until one
 * has a result of use. Those that offer it are asked directly, the others by query sets. It never waits.
 */
export class OwnQuery implements AnswerListener, DirectListener, DeferredWork, Linked<OwnQuery> {
  queued = false;
  earlier: OwnQuery | null = null;
  later: OwnQuery | null = null;
  #next = 0;
  #isOver = false;
  #isWaiting = false;
  // Of the provider that is being asked.
  #provider: NameSpaceProvider | null = null;
  #running: RunningQuery | null = null;
  #inquiry: DirectInquiry | null = null;
  #isAsking = false;
  #outcome = PENDING;
  #isRefusal = false;
  // Of all. Nearly always there is none.
  #trouble: Trouble | null = null;
  #conditions: IsStill[] | null = null;
  #isUncertain = false;

  /**
   * @param question whose `take` looks at the results
   * @param items the providers' entries, in order
   * @param basis what the answer depends on
   * @param listener told of the outcome, if that is not known at once
   */
  constructor(
    private readonly queries: OwnQueryContext,
    readonly question: LookupQuestion<unknown>,
    private readonly items: readonly CatalogNameSpace[],
    readonly basis: AnswerBasis,
    private readonly listener: AnswerListener,
  ) {}

  /**
   * Asks.
   *
   * @returns 0 when the question has taken a result; PENDING; or the error why there is none: the last provider's; and
   *   WSANO_RECOVERY after results that could not be read
   */
  start(): number {
    const outcome = this.#askOn();
    this.#isWaiting = outcome === PENDING;
    return outcome;
  }

  /** What says whether the outcome still holds, of each provider that was asked; `null` when one of them does not tell. */
  get conditions(): readonly IsStill[] | null {
    return this.#isUncertain ? null : this.#conditions;
  }

  /** The provider whose answer is waited for, for reports. */
  get asked(): string | null {
    return this.#inquiry === null ? null : (this.#provider?.name ?? null);
  }

  /** Nobody wants the answer any more, or it was given. */
  end(): void {
    this.#isOver = true;
    this.#leaveProvider();
  }

  /** The instance ends all its queries: the listener is told so, if it waits. */
  abort(): void {
    if (this.#isOver || !this.#isWaiting) return;
    this.end();
    this.listener.answered(WSA_E_CANCELLED);
  }

  /** A provider goes, and tells no answer any more: if it is asked directly, it has none. */
  withdrawFrom(provider: NameSpaceProvider): void {
    const inquiry = this.#inquiry;
    if (provider !== this.#provider || (inquiry === null && !this.#isAsking)) return;
    this.#inquiry = null;
    if (inquiry !== null) this.queries.containment.end(provider, inquiry);
    if (this.#outcome === PENDING) this.#decide(WSA_E_CANCELLED);
  }

  found(result: DirectResult): boolean {
    if (this.#outcome !== PENDING || this.#isOver) return false;
    const provider = this.#provider!;
    if (!isSound(result)) {
      this.#decide(this.queries.containment.defect(provider, 'found what is no result of a direct look-up'));
      return false;
    }
    const { name, addresses, blob } = result;
    const outcome = this.#weigh({ name, addresses, blob, providerId: provider.id });
    if (outcome === null) return true;
    this.#decide(outcome);
    return false;
  }

  ended(error: number, isRefusal: boolean): void {
    if (this.#outcome !== PENDING) return;
    this.#isRefusal = isRefusal;
    this.#decide(isError(error) ? error : WSA_E_NO_MORE);
  }

  // What a provider says that is asked directly; what it says later than at once is told by deferred work.
  #decide(outcome: number): void {
    this.#outcome = outcome;
    if (!this.#isAsking && !this.#isOver) this.queries.host.defer(this);
  }

  run(): void {
    if (!this.#isOver) this.#goOn(null);
  }

  answered(error: number): void {
    if (!this.#isOver) this.#goOn(error);
  }

  #concludeFetched(error: number): number {
    const outcome = this.#takeFetched(error) ?? this.#fetch();
    return outcome === PENDING ? PENDING : this.#conclude(outcome);
  }

  // Goes on after an answer that came later: what a fetch gave, or `null` for the outcome of a direct look-up.
  #goOn(fetched: number | null): void {
    let outcome: number;
    try {
      outcome = fetched === null ? this.#concludeDirect() : this.#concludeFetched(fetched);
      if (outcome === NEXT_PROVIDER) outcome = this.#askOn();
    } catch (cause) {
      // A hook's exception is its application's; whoever waits is told that there will be no answer.
      this.listener.answered(WSASYSCALLFAILURE);
      throw cause;
    }
    if (outcome !== PENDING) this.listener.answered(outcome);
  }

  // Asks one provider after the other, until one has something of use or is waited for.
  #askOn(): number {
    while (this.#next < this.items.length) {
      const outcome = this.#askOne(this.items[this.#next++]!);
      if (outcome !== NEXT_PROVIDER) return outcome;
    }
    const { isUnreadable, error, beginError } = this.#trouble ?? NO_TROUBLE;
    if (isUnreadable) return WSANO_RECOVERY;
    if (this.question.hadResults) return WSA_E_NO_MORE;
    return error || beginError;
  }

  #askOne(item: CatalogNameSpace): number {
    const provider = this.queries.providers.get(item);
    if (typeof provider === 'number') {
      this.#troubles.beginError = provider;
      this.#isUncertain = true;
      return NEXT_PROVIDER;
    }
    this.#provider = provider;
    return provider.isDirect ? this.#askDirectly(provider) : this.#askByQuerySet(provider);
  }

  #askDirectly(provider: NameSpaceProvider): number {
    this.#outcome = PENDING;
    this.#isRefusal = false;
    this.#isAsking = true;
    const inquiry = provider.ask(this.question, this);
    this.#isAsking = false;
    if (typeof inquiry === 'number') {
      this.#troubles.beginError = inquiry;
      // It may think otherwise the next time.
      this.#isUncertain = true;
      return NEXT_PROVIDER;
    }
    if (this.#isOver) {
      provider.leave(inquiry);
      return WSA_E_CANCELLED;
    }
    this.#inquiry = inquiry;
    return this.#outcome === PENDING ? PENDING : this.#concludeDirect();
  }

  #concludeDirect(): number {
    const isStill = this.#inquiry?.isStill ?? null;
    if (isStill === null) this.#isUncertain = true;
    else (this.#conditions ??= []).push(isStill);
    return this.#conclude(this.#outcome);
  }

  #askByQuerySet(provider: NameSpaceProvider): number {
    this.#isUncertain = true;
    const { question, queries } = this;
    const lphLookup = ref<HANDLE>(0);
    const failure = provider.begin(question.restrictions, question.flags, lphLookup);
    if (failure !== 0) {
      this.#troubles.beginError = failure;
      return NEXT_PROVIDER;
    }
    this.#running = new RunningQuery([{ provider, handle: lphLookup.value }], queries.containment);
    if (this.#isOver) {
      this.#leaveProvider();
      return WSA_E_CANCELLED;
    }
    const outcome = this.#fetch();
    return outcome === PENDING ? PENDING : this.#conclude(outcome);
  }

  // Fetches results until one is of use: 0; or an error; or PENDING.
  #fetch(): number {
    for (;;) {
      const running = this.#running;
      if (running === null) return WSA_E_CANCELLED;
      const error = running.fetch(this.question.flags, ALL_THE_ROOM, this);
      if (error === PENDING) return PENDING;
      const outcome = this.#takeFetched(error);
      if (outcome !== null) return outcome;
    }
  }

  // What a fetch gave: 0 for something of use, an error, or null for something of no use.
  #takeFetched(error: number): number | null {
    if (error !== 0) return error;
    const result = this.#running!.takeKept()!;
    try {
      return this.#weigh(readQuerySet(result));
    } catch {
      this.#troubles.isUnreadable = true;
      return this.#isUseless();
    }
  }

  #weigh(result: LookupResult): number | null {
    try {
      if (this.question.take(result)) return 0;
    } catch {
      // Offsets that lead out of a blob, or worse.
      this.#troubles.isUnreadable = true;
    }
    return this.#isUseless();
  }

  get #troubles(): Trouble {
    return (this.#trouble ??= { ...NO_TROUBLE });
  }

  #isUseless(): number | null {
    return ++this.#troubles.useless < this.question.mostUntaken ? null : WSANO_RECOVERY;
  }

  // Leaves a provider that has said what it has to say.
  #conclude(outcome: number): number {
    const isLast = (this.#trouble ?? NO_TROUBLE).useless >= this.question.mostUntaken;
    this.#leaveProvider();
    if (outcome === 0 || isLast) return outcome;
    if (this.#isRefusal) this.#troubles.beginError = outcome;
    else this.#troubles.error = outcome;
    this.#isRefusal = false;
    return NEXT_PROVIDER;
  }

  #leaveProvider(): void {
    const provider = this.#provider;
    const running = this.#running;
    const inquiry = this.#inquiry;
    this.#provider = this.#running = this.#inquiry = null;
    running?.end();
    if (inquiry !== null) provider!.leave(inquiry);
  }
}

/** What providers said or gave that was of no use. */
interface Trouble {
  /** Of the last that refused the question. */
  beginError: number;
  /** Of the last that had no answer. */
  error: number;
  /** Results of no use. */
  useless: number;
  isUnreadable: boolean;
}

const NO_TROUBLE: Readonly<Trouble> = {
  beginError: WSASERVICE_NOT_FOUND,
  error: 0,
  useless: 0,
  isUnreadable: false,
};

function isSound(result: DirectResult): boolean {
  if (!isStructure(result)) return false;
  const { name, addresses, blob } = result;
  if (name !== null && typeof name !== 'string') return false;
  if (blob !== null && !((blob as unknown) instanceof Uint8Array)) return false;
  return Array.isArray(addresses) && addresses.every((each) => each instanceof Uint8Array);
}

function readQuerySet({ lpszServiceInstanceName, lpNSProviderId, lpcsaBuffer, lpBlob }: WSAQUERYSETW): LookupResult {
  const found = new Map<string, Uint8Array>();
  for (const { RemoteAddr } of lpcsaBuffer ?? []) {
    const bytes = RemoteAddr.lpSockaddr?.slice(0, RemoteAddr.iSockaddrLength);
    if (bytes !== undefined) found.set(bytes.join('.'), bytes);
  }
  return {
    name: lpszServiceInstanceName ?? null,
    addresses: [...found.values()],
    blob: lpBlob ? lpBlob.pBlobData.slice(0, lpBlob.cbSize) : null,
    providerId: lpNSProviderId ?? null,
  };
}

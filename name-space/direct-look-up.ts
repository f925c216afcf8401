// Questions of the instance's own look-ups, which are asked and answered without query sets.
import {
  LUP_CONTAINERS,
  LUP_RETURN_ADDR,
  LUP_RETURN_BLOB,
  LUP_RETURN_NAME,
  NS_ALL,
  WSA_E_NO_MORE,
  WSAEINVAL,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  type DirectInquiry,
  type DirectListener,
  type DirectLookUps,
  type DirectQuestion,
} from '../spi/index.js';
import { distinctAddresses, someWanted, wantedSockaddrs } from './addresses.js';
import type { CheckedItem } from './item.js';
import { LookupAnswer, type ItemSink, type LookUpContext } from './look-up.js';
import type { Provider } from './provider.js';
import { Question } from './question.js';
import { blobOf, isOfUse, placeOf } from './result.js';
import { Settlement } from './settlement.js';
import { inSlices, type Slices } from './slices.js';

/** Makes what a name space offers beside its routines. */
export function directLookUpsOf(provider: Provider, routines: DirectLookUps['routines']): DirectLookUps {
  const { nameSpace, looksUpAtBegin = false } = provider.definition;
  return {
    routines,
    ask(session, question, listener) {
      const use = provider.useOf(session);
      if (use === undefined) return WSAEINVAL;
      if ((question.flags & LUP_CONTAINERS) !== 0) return WSANO_DATA;
      if (question.nameSpace !== NS_ALL && question.nameSpace !== nameSpace) return WSASERVICE_NOT_FOUND;
      const lookUp = new DirectLookUp(question, use.context, listener, looksUpAtBegin);
      lookUp.begin(use.context);
      return lookUp;
    },
  };
}

/** Addresses that are looked at in one go. */
const MOST_AT_ONCE = 1000;

/** Items of very many addresses, which are looked at in as many turns as they need. */
interface LongAnswer {
  readonly items: CheckedItem[];
  /** What the answer ended with meanwhile: 0, an error, or `null` while it goes on. */
  error: number | null;
  /** Whether it ended at the beginning of a query. */
  isOfBeginning: boolean;
}

/** One such question, and its answer on the way to whoever asked. It is one object: very many may be under way. */
class DirectLookUp extends Settlement implements ItemSink, DirectInquiry {
  isStill: (() => boolean) | null = null;
  readonly #question: Question;
  readonly #listener: DirectListener;
  #hasFound = false;
  #hadOthers = false;
  // Whether nobody wants anything more.
  #hasLeft = false;
  #long: LongAnswer | null = null;
  // Asked as at the beginning of a query.
  #isBeginning: boolean;

  constructor(question: DirectQuestion, context: LookUpContext, listener: DirectListener, asksAtBegin: boolean) {
    super('lookup', context, null, WSATRY_AGAIN);
    this.#isBeginning = asksAtBegin;
    this.#question = new Question(question, question.flags);
    this.#listener = listener;
  }

  begin({ blame, hook }: LookUpContext): void {
    const answer = new LookupAnswer(this, this, blame);
    this.ask(() => hook(this.#question, answer));
    this.#isBeginning = false;
  }

  take(item: CheckedItem): boolean {
    const question = this.#question;
    if (!isOfUse(item, question)) return true;
    const { addresses } = item;
    if (this.#long === null && addresses.length <= MOST_AT_ONCE) {
      return this.#takeFitting(item, wantedSockaddrs(addresses, question, placeOf(item, question)));
    }
    if (this.#long !== null) this.#long.items.push(item);
    else {
      const long = (this.#long = { items: [item], error: null, isOfBeginning: false });
      const isOver = (): boolean => this.#hasLeft;
      inSlices(this.context.host, this.#takeLong(long.items), isOver, () => this.#longTaken(long));
    }
    return true;
  }

  // Takes items of very many addresses, or that came behind such a one.
  *#takeLong(items: readonly CheckedItem[]): Slices<void> {
    const question = this.#question;
    for (const item of items) {
      const { addresses } = item;
      const place = placeOf(item, question);
      const wanted: Uint8Array[] = [];
      for (let at = 0; at < addresses.length; at += MOST_AT_ONCE) {
        yield;
        const to = Math.min(addresses.length, at + MOST_AT_ONCE);
        for (const address of someWanted(addresses, at, to, question, place)) wanted.push(address);
      }
      yield;
      const distinct = distinctAddresses(wanted);
      yield;
      if (!this.#takeFitting(item, distinct)) return;
    }
  }

  #longTaken({ error, isOfBeginning }: LongAnswer): void {
    this.#long = null;
    if (error !== null) this.#tellEnd(error, isOfBeginning);
  }

  #takeFitting(item: CheckedItem, addresses: readonly Uint8Array[]): boolean {
    const question = this.#question;
    const { flags } = question;
    if (item.addresses.length > 0 && addresses.length === 0 && question.kind !== 'own host') {
      this.#hadOthers = true;
      return true;
    }
    this.#hasFound = true;
    // What the others are called is not asked.
    const name = item.name ?? question.name;
    return this.#listener.found({
      name: (flags & LUP_RETURN_NAME) === 0 ? null : name,
      addresses: (flags & LUP_RETURN_ADDR) === 0 ? [] : addresses,
      blob: (flags & LUP_RETURN_BLOB) === 0 ? null : blobOf(item, name, addresses, question),
    });
  }

  holdsWhile(isStill: () => boolean): void {
    this.isStill = isStill;
  }

  settled(error: number): void {
    const long = this.#long;
    if (long === null) this.#tellEnd(error, this.#isBeginning);
    else {
      // It is told behind them.
      long.error = error;
      long.isOfBeginning = this.#isBeginning;
    }
  }

  #tellEnd(error: number, isOfBeginning: boolean): void {
    const lastWord = this.#hasFound ? WSA_E_NO_MORE : this.#hadOthers ? WSANO_DATA : WSASERVICE_NOT_FOUND;
    this.#listener.ended(error === 0 ? lastWord : error, isOfBeginning && !this.#hasFound);
  }

  protected override tellSettled(error: number): void {
    this.settled(error);
  }

  end(): void {
    this.#hasLeft = true;
    this.cancel();
  }
}

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
import { wantedSockaddrs } from './addresses.js';
import type { CheckedItem } from './item.js';
import { LookupAnswer, type ItemSink, type LookUpContext } from './look-up.js';
import type { Provider } from './provider.js';
import { Question } from './question.js';
import { blobOf, isOfUse, placeOf } from './result.js';
import { Settlement } from './settlement.js';

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

/** One such question, and its answer on the way to whoever asked. It is one object: very many may be under way. */
class DirectLookUp extends Settlement implements ItemSink, DirectInquiry {
  isStill: (() => boolean) | null = null;
  readonly #question: Question;
  readonly #listener: DirectListener;
  #hasFound = false;
  #hadOthers = false;

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
    const { flags } = question;
    if (!isOfUse(item, question)) return true;
    const addresses = wantedSockaddrs(item.addresses, question, placeOf(item, question));
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
    const lastWord = this.#hasFound ? WSA_E_NO_MORE : this.#hadOthers ? WSANO_DATA : WSASERVICE_NOT_FOUND;
    this.#listener.ended(error === 0 ? lastWord : error, this.#isBeginning && !this.#hasFound);
  }

  protected override tellSettled(error: number): void {
    this.settled(error);
  }

  end(): void {
    this.cancel();
  }
}

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
  type DirectResult,
} from '../spi/index.js';
import type { NameSpaceAddress } from './addresses.js';
import type { CheckedItem } from './item.js';
import { LookupAnswer, type ItemSink, type LookUpContext } from './look-up.js';
import type { Provider } from './provider.js';
import { Question } from './question.js';
import { blobOf, resultsOf, type Result } from './result.js';
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
      lookUp.ask(use.context);
      return lookUp;
    },
  };
}

/** One such question, and its answer on the way to whoever asked. */
class DirectLookUp implements ItemSink, DirectInquiry {
  isStill: (() => boolean) | null = null;
  readonly #question: Question;
  readonly #listener: DirectListener;
  readonly #inquiry: Settlement;
  #hasFound = false;
  #hadOthers = false;

  // Asked as at the beginning of a query.
  #isBeginning: boolean;

  constructor(question: DirectQuestion, context: LookUpContext, listener: DirectListener, asksAtBegin: boolean) {
    this.#isBeginning = asksAtBegin;
    this.#question = new Question(question, question.flags);
    this.#listener = listener;
    this.#inquiry = new Settlement('lookup', context, this, WSATRY_AGAIN);
  }

  ask({ blame, hook }: LookUpContext): void {
    const answer = new LookupAnswer(this.#inquiry, this, blame);
    this.#inquiry.ask(() => hook(this.#question, answer));
    this.#isBeginning = false;
  }

  take(item: CheckedItem): boolean {
    const results = resultsOf(item, this.#question);
    if (results === null) this.#hadOthers = true;
    // What the others are called is not asked.
    const result = results?.[0];
    if (result === undefined) return true;
    this.#hasFound = true;
    return this.#listener.found(directResult(result, this.#question));
  }

  holdsWhile(isStill: () => boolean): void {
    this.isStill = isStill;
  }

  settled(error: number): void {
    const lastWord = this.#hasFound ? WSA_E_NO_MORE : this.#hadOthers ? WSANO_DATA : WSASERVICE_NOT_FOUND;
    this.#listener.ended(error === 0 ? lastWord : error, this.#isBeginning && !this.#hasFound);
  }

  end(): void {
    this.#inquiry.cancel();
  }
}

function directResult(result: Result, question: Question): DirectResult {
  const { flags } = question;
  return {
    name: (flags & LUP_RETURN_NAME) === 0 ? null : result.name,
    addresses: (flags & LUP_RETURN_ADDR) === 0 ? [] : distinct(result.addresses),
    blob: (flags & LUP_RETURN_BLOB) === 0 ? null : blobOf(result, question),
  };
}

// An address that is reached by several transports is there once for each.
function distinct(addresses: readonly NameSpaceAddress[]): Uint8Array[] {
  const first = addresses[0]?.address;
  // Nearly always one, by TCP and UDP, or by either.
  if (first !== undefined && addresses.every(({ address }) => address === first)) return [first];
  const found = new Map<string, Uint8Array>();
  for (const { address } of addresses) {
    const { buffer, byteOffset, length } = address;
    const key = Buffer.from(buffer, byteOffset, length).toString('latin1');
    if (!found.has(key)) found.set(key, address);
  }
  return [...found.values()];
}

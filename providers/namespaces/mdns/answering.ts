// Gives applications what a search finds: at once, when it is complete, or when there is nothing more to wait for.
import { RecordType } from '../../../dns-records/index.js';
import type { ChangeNotice, NameSpaceAnswer, NameSpaceSession } from '../../../name-space/index.js';
import { WSANO_DATA, type Timer } from '../../../spi/index.js';
import type { Finding } from './findings.js';
import type { Goal } from './goals.js';
import { ALL_TYPES } from './names.js';
import { setKey } from './records.js';
import { Search, type SearchBasis } from './search.js';

/** Where questions are answered from. */
export interface SearchHome extends SearchBasis {
  readonly session: NameSpaceSession;
  /** Milliseconds for which one thing is waited for, and for which several are gathered. */
  readonly settings: { readonly lookupTime: number; readonly browseTime: number };
  /** How many records were received so far. */
  readonly recordsReceived: number;
  /** Since when the records of a key have been asked for; `null` when nobody does. */
  readonly inquiries: { since(key: string): number | null };
}

/** Milliseconds to wait for the rest of what is to be known of something: an address of the other family, for one. */
const REST = 200;
/** Milliseconds after which changes that come together are told. */
const TOGETHER = 50;

/**
 * Answers a question.
 *
 * @param isFresh whether what was known before does not count
 * @returns what takes it back
 */
export function answerBy(mdns: SearchHome, goal: Goal, isFresh: boolean, answer: NameSpaceAnswer): () => void {
  return new Answering(mdns, goal, isFresh, answer).close;
}

/** A question that is being answered. */
class Answering {
  readonly #search: Search;
  readonly #given = new Set<string>();
  readonly #end: Timer;
  #rest: Timer | null = null;
  #isOver = false;

  constructor(
    private readonly mdns: SearchHome,
    private readonly goal: Goal,
    isFresh: boolean,
    private readonly answer: NameSpaceAnswer,
  ) {
    const { session, settings, inquiries } = mdns;
    const now = session.now();
    const browsed = browsedKey(goal);
    // What is being watched is known: to ask for it anew would bring nothing.
    const since = browsed === null ? null : inquiries.since(browsed);
    const asksAnew = isFresh && since === null;
    const time = browsed === null ? settings.lookupTime : Math.max(0, settings.browseTime - (now - (since ?? now)));
    this.#search = new Search(mdns, goal, asksAnew ? mdns.recordsReceived : 0, asksAnew, () => this.#look());
    this.#end = session.setTimer(time, () => this.#finish());
    this.#look();
  }

  #look(): void {
    if (this.#isOver) return;
    const { found, isNone } = this.#search.findings;
    let isPartial = false;
    for (const each of found) {
      if (each.isComplete) this.#give(each);
      else isPartial ||= each.isOfUse && !this.#given.has(each.key);
      if (this.#isOver) return;
    }
    if (isPartial) {
      this.#rest ??= this.mdns.session.setTimer(REST, () => {
        this.#rest = null;
        this.#giveWhatThereIs();
      });
    }
    // Others may come as long as one asks for all; of one thing, all was said.
    if (browsedKey(this.goal) === null && (isNone || (found.length > 0 && this.#given.size >= found.length))) {
      this.#finish();
    }
  }

  #giveWhatThereIs(): void {
    for (const each of this.#search.findings.found) {
      if (each.isOfUse) this.#give(each);
      if (this.#isOver) return;
    }
    if (browsedKey(this.goal) === null && this.#given.size > 0) this.#finish();
  }

  #give({ item, key }: Finding): void {
    if (this.#given.has(key) || this.#isOver) return;
    this.#given.add(key);
    this.answer.found(item);
  }

  #finish(): void {
    if (this.#isOver) return;
    const { found, isNone } = this.#search.findings;
    // What was not heard of until now is given as it is.
    for (const each of found) this.#give(each);
    if (this.#isOver) return;
    this.close();
    if (this.#given.size === 0 && isNone) this.answer.fail(WSANO_DATA);
    else this.answer.done();
  }

  readonly close = (): void => {
    this.#isOver = true;
    this.#search.close();
    this.#end.cancel();
    this.#rest?.cancel();
  };
}

/** The records that are asked for all along, of a goal that several may answer; `null` for others. */
function browsedKey(goal: Goal): string | null {
  if (goal.kind === 'instances') return setKey(goal.service.browsed, RecordType.PTR);
  return goal.kind === 'types' ? setKey(ALL_TYPES, RecordType.PTR) : null;
}

/**
 * Tells of changes of an answer.
 *
 * @returns what ends it
 */
export function notifyBy(mdns: SearchHome, goal: Goal, changed: ChangeNotice): () => void {
  const { session } = mdns;
  let timer: Timer | null = null;
  let told = '';
  const content = (): string =>
    JSON.stringify(
      search.findings.found
        .filter((each) => each.isOfUse)
        .map(({ item }) => item)
        .sort((left, right) => (left.name! < right.name! ? -1 : 1)),
    );
  const search: Search = new Search(mdns, goal, 0, false, () => {
    // What comes and goes again before it is told of is a change, too: somebody may have been given it.
    const now = content();
    if (now === told) return;
    told = now;
    timer ??= session.setTimer(TOGETHER, () => {
      timer = null;
      changed();
    });
  });
  told = content();
  return () => {
    timer?.cancel();
    search.close();
  };
}

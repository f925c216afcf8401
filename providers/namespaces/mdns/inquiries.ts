// What is asked for: once for as long as somebody wants to know it, then at longer and longer intervals.
import type { NameSpaceSession } from '../../../name-space/index.js';
import type { Timer } from '../../../spi/index.js';
import type { RecordCache } from './cache.js';
import type { MdnsCounters } from './counters.js';
import type { Link } from './links.js';
import {
  HEADER,
  questionSize,
  recordSize,
  USUAL_MESSAGE,
  writeMessage,
  type MdnsMessage,
  type MdnsQuestion,
} from './message.js';
import { setKey, withTtl, type MdnsRecord } from './records.js';

/** Milliseconds by which a first question is put off by chance: many may have the same reason to ask (RFC 6762, 5.2). */
const FIRST_DELAY = { least: 20, most: 120 } as const;
/** Milliseconds between a question's first and second time, which double from there on, up to an hour. */
const FIRST_INTERVAL = 1000;
const LONGEST_INTERVAL = 60 * 60 * 1000;
/** How often one asks who may not use what is known: an answer that was just given to all is not given again at once. */
const FRESH_TIMES = 3;
/** Milliseconds within which a question of somebody else's counts as ours (RFC 6762, 7.3). */
const SAME_QUESTION = 100;

/** What is to be known. */
interface Inquiry {
  readonly key: string;
  readonly name: string;
  readonly type: number;
  /** How many want to know it. */
  wanted: number;
  readonly since: number;
  askedAt: number;
  interval: number;
  nextAt: number;
  /** How often more it is asked whatever is known, so that nothing is left out of the answers. */
  freshTimes: number;
}

/** The questions that are being asked on all links. */
export class Inquiries {
  readonly #inquiries = new Map<string, Inquiry>();
  #timer: Timer | null = null;
  #due = Infinity;

  constructor(
    private readonly session: NameSpaceSession,
    private readonly links: () => readonly Link[],
    private readonly cache: RecordCache,
    private readonly counters: MdnsCounters,
  ) {}

  /** Whether somebody wants the records of a key. */
  has(key: string): boolean {
    return this.#inquiries.has(key);
  }

  /** When it was first wanted to know the records of a key; `null` when nobody does. */
  since(key: string): number | null {
    return this.#inquiries.get(key)?.since ?? null;
  }

  /**
   * Somebody wants to know the records of a name and type, until `unwant`.
   *
   * @param isFresh whether it is asked as if nothing were known
   * @param isAtOnce whether it is asked without a delay: when no others have the same reason to ask now
   */
  want(name: string, type: number, isFresh: boolean, isAtOnce: boolean): void {
    const key = setKey(name, type);
    const now = this.session.now();
    const before = this.#inquiries.get(key);
    if (before !== undefined) {
      before.wanted++;
      if (isFresh) {
        before.freshTimes = FRESH_TIMES;
        before.interval = FIRST_INTERVAL;
        before.nextAt = now;
        this.#plan(now);
      }
      return;
    }
    const delay = isAtOnce ? 0 : this.#between(FIRST_DELAY.least, FIRST_DELAY.most);
    const inquiry: Inquiry = {
      key,
      name,
      type,
      wanted: 1,
      since: now,
      askedAt: -Infinity,
      interval: FIRST_INTERVAL,
      nextAt: now + delay,
      freshTimes: isFresh ? FRESH_TIMES : 0,
    };
    this.#inquiries.set(key, inquiry);
    this.cache.wanted(key);
    this.#plan(inquiry.nextAt);
  }

  /** Everything is asked as if it had not been: there is another link. */
  begin(): void {
    const time = this.session.now() + this.#between(FIRST_DELAY.least, FIRST_DELAY.most);
    for (const inquiry of this.#inquiries.values()) {
      inquiry.interval = FIRST_INTERVAL;
      inquiry.freshTimes = Math.max(1, inquiry.freshTimes);
      inquiry.nextAt = time;
    }
    if (this.#inquiries.size > 0) this.#plan(time);
  }

  /** Whether a question was ours just now, so that it may still be under way to us. */
  hasJustAsked(key: string): boolean {
    const inquiry = this.#inquiries.get(key);
    return inquiry !== undefined && this.session.now() - inquiry.askedAt < SAME_QUESTION;
  }

  /** Takes a `want` back. */
  unwant(name: string, type: number): void {
    const key = setKey(name, type);
    const inquiry = this.#inquiries.get(key);
    if (inquiry !== undefined && --inquiry.wanted === 0) this.#inquiries.delete(key);
  }

  /** The records of a key are about to be gone: they are asked for now, if somebody wants them. */
  refresh(key: string): void {
    const inquiry = this.#inquiries.get(key);
    if (inquiry === undefined) return;
    inquiry.freshTimes = 1;
    inquiry.nextAt = this.session.now();
    this.#plan(inquiry.nextAt);
  }

  /** Somebody else asks: what we were about to ask, too, need not be asked twice. */
  heard(message: MdnsMessage): void {
    if (message.isTruncated || message.authorities.length > 0 || this.links().length > 1) return;
    const soon = this.session.now() + SAME_QUESTION;
    for (const { name, type, wantsUnicast } of message.questions) {
      const inquiry = this.#inquiries.get(setKey(name, type));
      if (inquiry === undefined || wantsUnicast || inquiry.freshTimes > 0 || inquiry.nextAt > soon) continue;
      // Whoever knows what we do not keeps others from telling it.
      const kept = new Set([...this.cache.findByKey(inquiry.key)].map(({ record }) => record.id));
      if (message.answers.some((each) => setKey(each.name, each.type) === inquiry.key && !kept.has(each.id))) continue;
      this.counters.suppressed++;
      this.#asked(inquiry);
    }
  }

  #between(least: number, most: number): number {
    return least + this.session.random.next() * (most - least);
  }

  #plan(time: number): void {
    if (time >= this.#due) return;
    this.#timer?.cancel();
    this.#due = time;
    this.#timer = this.session.setTimer(Math.max(0, time - this.session.now()), () => this.#ask());
  }

  // Asks everything that is due, in one message where that is enough.
  #ask(): void {
    const now = this.session.now();
    this.#due = Infinity;
    const due: Inquiry[] = [];
    for (const inquiry of this.#inquiries.values()) {
      if (inquiry.nextAt > now) continue;
      // The only record of its name and type says everything until its time is over; it is refreshed before.
      if (inquiry.freshTimes > 0 || !this.#isAnswered(inquiry)) due.push(inquiry);
      this.#asked(inquiry);
    }
    let next = Infinity;
    for (const { nextAt } of this.#inquiries.values()) next = Math.min(next, nextAt);
    if (next !== Infinity) this.#plan(next);
    if (due.length === 0) return;
    for (const link of this.links()) this.#send(due, link);
    for (const inquiry of due) {
      inquiry.askedAt = now;
      inquiry.freshTimes = Math.max(0, inquiry.freshTimes - 1);
    }
  }

  #asked(inquiry: Inquiry): void {
    inquiry.nextAt = this.session.now() + inquiry.interval;
    inquiry.interval = Math.min(inquiry.interval * 2, LONGEST_INTERVAL);
  }

  #isAnswered({ key }: Inquiry): boolean {
    for (const kept of this.cache.findByKey(key))
      if (kept.record.isUnique && this.cache.shareLeft(kept) > 0.1) return true;
    return false;
  }

  #send(due: readonly Inquiry[], link: Link): void {
    const questions: MdnsQuestion[] = due.map(({ name, type }) => ({ name, type, wantsUnicast: false }));
    const known = due.flatMap((inquiry) => (inquiry.freshTimes > 0 ? [] : this.#knownAnswers(inquiry, link)));
    for (const message of splitQuery(questions, known)) {
      link.send(writeMessage(message));
      this.counters.queries++;
    }
  }

  // What need not be told: records of which more than half of the time is left (RFC 6762, 7.1).
  #knownAnswers({ key }: Inquiry, link: Link): MdnsRecord[] {
    const known: MdnsRecord[] = [];
    for (const kept of this.cache.findByKey(key)) {
      const share = this.cache.shareLeft(kept);
      if (kept.link === link.number && share > 0.5) {
        known.push(withTtl(kept.record, Math.floor(share * kept.record.ttl)));
      }
    }
    return known;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#inquiries.clear();
  }
}

/** Questions and known answers in messages of the usual size: each but the last says that more follows. */
function splitQuery(
  questions: readonly MdnsQuestion[],
  known: readonly MdnsRecord[],
): { questions: MdnsQuestion[]; answers: MdnsRecord[]; isTruncated: boolean }[] {
  const messages: { questions: MdnsQuestion[]; answers: MdnsRecord[]; isTruncated: boolean }[] = [];
  let size = Infinity;
  // Questions that do not fit in one message are in several, of which none waits for another.
  for (const question of questions) {
    if (size + questionSize(question) > USUAL_MESSAGE) {
      messages.push({ questions: [], answers: [], isTruncated: false });
      size = HEADER;
    }
    size += questionSize(question);
    messages.at(-1)!.questions.push(question);
  }
  for (const record of known) {
    if (size + recordSize(record) > USUAL_MESSAGE) {
      messages.at(-1)!.isTruncated = true;
      messages.push({ questions: [], answers: [], isTruncated: false });
      size = HEADER;
    }
    size += recordSize(record);
    messages.at(-1)!.answers.push(record);
  }
  return messages;
}

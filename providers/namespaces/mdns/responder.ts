// Answers what others ask of the names that are ours (RFC 6762, 6).
import { RecordType } from '../../../dns-records/index.js';
import type { NameSpaceSession } from '../../../name-space/index.js';
import type { Timer } from '../../../spi/index.js';
import type { MdnsCounters } from './counters.js';
import { isFromPort, type Link } from './links.js';
import { HEADER, recordSize, USUAL_MESSAGE, writeMessage, type MdnsMessage, type MdnsQuestion } from './message.js';
import { keyOf } from './names.js';
import { noOthersRecord, withTtl, type MdnsRecord } from './records.js';

/** Milliseconds by which answers that others may give, too, are put off by chance (RFC 6762, 6). */
const SHARED_DELAY = { least: 20, most: 120 } as const;
/** Milliseconds to wait for the rest of what is known to an asker (RFC 6762, 7.2). */
const REST_DELAY = { least: 400, most: 500 } as const;
/** Milliseconds between two times that a record is sent to all; less against a claim of the name. */
const SPACING = 1000;
const SPACING_IN_DEFENCE = 250;
/** Milliseconds after which what was sent has come back. */
const UNDER_WAY = 5000;
/** Records of which it is remembered when they were sent. */
const MOST_REMEMBERED = 8192;
/** Askers whose known answers are waited for, and how many of those there may be of one. */
const MOST_ASKERS = 64;
const MOST_KNOWN = 4096;
/** Seconds that an answer to somebody who knows nothing of multicast DNS is good for (RFC 6762, 6.7). */
const LEGACY_TTL = 10;

/** Whose records are told of. */
export interface OwnRecords {
  /** The records of a name, that are established on a link. */
  recordsOf(key: string, link: Link): readonly MdnsRecord[];
}

/** Somebody who knows more than one message holds. */
interface Asker {
  readonly message: MdnsMessage;
  readonly known: Map<string, number>;
  readonly from: Uint8Array;
  readonly link: Link;
  timer: Timer;
}

/** Answers that are put off, on one link. */
interface Waiting {
  readonly answers: Map<string, MdnsRecord>;
  readonly dueAt: number;
  readonly timer: Timer;
}

/** Answers questions. */
export class Responder {
  readonly #askers = new Map<string, Asker>();
  readonly #waiting = new Map<Link, Waiting>();
  /** When each record was last sent to all, by link and record. */
  readonly #sent = new Map<string, number>();

  constructor(
    private readonly session: NameSpaceSession,
    private readonly own: OwnRecords,
    private readonly links: () => readonly Link[],
    private readonly counters: MdnsCounters,
  ) {}

  /** Takes a message with questions, or with the rest of what an asker knows. */
  asked(message: MdnsMessage, from: Uint8Array, link: Link): void {
    const key = `${link.number} ${from.join('.')}`;
    const before = this.#askers.get(key);
    if (before !== undefined && message.questions.length === 0) {
      note(before.known, message.answers);
      if (message.isTruncated) this.#waitForRest(key, before);
      return;
    }
    if (message.questions.length === 0) return;
    const known = new Map<string, number>();
    note(known, message.answers);
    if (!message.isTruncated || this.#askers.size >= MOST_ASKERS || before !== undefined) {
      this.#answer(message, known, from, link, false);
      return;
    }
    if (!message.questions.some((each) => this.own.recordsOf(keyOf(each.name), link).length > 0)) return;
    const asker: Asker = { message, known, from, link, timer: NO_TIMER };
    this.#askers.set(key, asker);
    this.#waitForRest(key, asker);
  }

  #waitForRest(key: string, asker: Asker): void {
    asker.timer.cancel();
    asker.timer = this.session.setTimer(this.#between(REST_DELAY), () => {
      this.#askers.delete(key);
      this.#answer(asker.message, asker.known, asker.from, asker.link, true);
    });
  }

  #between({ least, most }: { readonly least: number; readonly most: number }): number {
    return least + this.session.random.next() * (most - least);
  }

  #answer(message: MdnsMessage, known: Map<string, number>, from: Uint8Array, link: Link, hasWaited: boolean): void {
    if (!isFromPort(from)) {
      this.#answerLegacy(message, from, link);
      return;
    }
    const isClaim = message.authorities.length > 0;
    const now = this.session.now();
    const toAll: MdnsRecord[] = [];
    const toOne: MdnsRecord[] = [];
    for (const question of message.questions) {
      for (const record of this.#answersTo(question, link)) {
        // Of what is known for less than half of its time, the asker will want to be told again (RFC 6762, 7.1).
        if ((known.get(record.id) ?? 0) >= record.ttl / 2) {
          this.counters.suppressed++;
          continue;
        }
        const sentAt = this.#sent.get(`${link.number} ${record.id}`) ?? -Infinity;
        if (question.wantsUnicast && now - sentAt < (record.ttl * 1000) / 4) toOne.push(record);
        else if (now - sentAt >= (isClaim ? SPACING_IN_DEFENCE : SPACING)) toAll.push(record);
        else this.counters.suppressed++;
      }
    }
    if (toOne.length > 0) this.#send(toOne, link, from);
    if (toAll.length === 0) return;
    // What nobody else answers need not be put off.
    const isOurs = isClaim || hasWaited || toAll.every((record) => record.isUnique);
    this.#putOff(toAll, link, isOurs ? 0 : this.#between(SHARED_DELAY));
  }

  #answersTo({ name, type }: MdnsQuestion, link: Link): readonly MdnsRecord[] {
    const records = this.own.recordsOf(keyOf(name), link);
    if (type === RecordType.ANY || records.length === 0) return records;
    const found = records.filter((record) => record.type === type);
    if (found.length > 0 || !records.some((record) => record.isUnique)) return found;
    return [noOthers(records)];
  }

  #putOff(records: readonly MdnsRecord[], link: Link, delay: number): void {
    const dueAt = this.session.now() + delay;
    const before = this.#waiting.get(link);
    const answers = before?.answers ?? new Map<string, MdnsRecord>();
    for (const record of records) answers.set(record.id, record);
    if (before !== undefined && before.dueAt <= dueAt) return;
    before?.timer.cancel();
    const timer = this.session.setTimer(delay, () => {
      this.#waiting.delete(link);
      if (answers.size > 0) this.tell([...answers.values()], link);
    });
    this.#waiting.set(link, { answers, dueAt, timer });
  }

  /** Others have answered: what they told need not be told again (RFC 6762, 7.4). */
  heard(records: readonly MdnsRecord[], link: Link): void {
    const waiting = this.#waiting.get(link);
    if (waiting === undefined) return;
    for (const { id, ttl } of records) {
      const ours = waiting.answers.get(id);
      if (ours === undefined || ttl < ours.ttl) continue;
      waiting.answers.delete(id);
      this.counters.suppressed++;
    }
  }

  /** Sends records to all, with what else will be asked for. */
  tell(records: readonly MdnsRecord[], link: Link): void {
    const now = this.session.now();
    if (this.#sent.size > MOST_REMEMBERED) this.#sent.clear();
    for (const { id } of records) this.#sent.set(`${link.number} ${id}`, now);
    this.#send(records, link);
  }

  /** Tells all that records are taken back. */
  goodbye(records: readonly MdnsRecord[], link: Link): void {
    const waiting = this.#waiting.get(link);
    for (const { id } of records) {
      this.#sent.delete(`${link.number} ${id}`);
      waiting?.answers.delete(id);
    }
    for (const answers of split(records.map((each) => withTtl(each, 0)))) {
      link.send(writeMessage({ isResponse: true, answers }));
      this.counters.responses++;
    }
  }

  /** Whether a record was sent to all just now, so that it may still be under way to us. */
  wasJustTold(id: string): boolean {
    const since = this.session.now() - UNDER_WAY;
    return this.links().some((link) => (this.#sent.get(`${link.number} ${id}`) ?? -Infinity) >= since);
  }

  #send(records: readonly MdnsRecord[], link: Link, to?: Uint8Array): void {
    const messages = split(records);
    messages.forEach((answers, at) => {
      const additionals = at === messages.length - 1 ? this.#additionals(answers, link) : [];
      link.send(writeMessage({ isResponse: true, answers, additionals }), to);
      this.counters.responses++;
    });
  }

  // What will be asked for next (RFC 6763, 12), as much as fits.
  #additionals(answers: readonly MdnsRecord[], link: Link): MdnsRecord[] {
    const told = new Set(answers.map(({ id }) => id));
    const additionals: MdnsRecord[] = [];
    let size = answers.reduce((total, each) => total + recordSize(each), HEADER);
    const add = (record: MdnsRecord): void => {
      if (told.has(record.id) || size + recordSize(record) > USUAL_MESSAGE) return;
      told.add(record.id);
      size += recordSize(record);
      additionals.push(record);
      if (record.target !== null && record.type !== RecordType.NSEC) addOf(record.target);
    };
    const addOf = (name: string): void => {
      const records = this.own.recordsOf(keyOf(name), link).filter((record) => record.isUnique);
      for (const record of records) add(record);
      if (records.length > 0 && isHost(records)) add(noOthers(records));
    };
    for (const { type, name, target } of answers) {
      if (target !== null && type !== RecordType.NSEC) addOf(target);
      if (type === RecordType.A || type === RecordType.AAAA) addOf(name);
    }
    return additionals;
  }

  // An ordinary resolver has asked: it is answered as an ordinary server would (RFC 6762, 6.7).
  #answerLegacy({ id, questions }: MdnsMessage, from: Uint8Array, link: Link): void {
    const answers = questions.flatMap((question) => this.#answersTo(question, link));
    if (answers.length === 0) return;
    const lasting = (record: MdnsRecord): MdnsRecord => withTtl(record, Math.min(record.ttl, LEGACY_TTL));
    const [first] = split(answers);
    const message = {
      id,
      isResponse: true,
      isLegacy: true,
      questions: questions.map((each) => ({ ...each, wantsUnicast: false })),
      answers: first!.map(lasting),
      additionals: this.#additionals(first!, link).map(lasting),
    };
    link.send(writeMessage(message), from);
    this.counters.responses++;
  }

  /** A link is gone: nothing is told there any more. */
  left(link: Link): void {
    this.#waiting.get(link)?.timer.cancel();
    this.#waiting.delete(link);
    for (const [key, asker] of this.#askers) {
      if (asker.link !== link) continue;
      asker.timer.cancel();
      this.#askers.delete(key);
    }
  }

  close(): void {
    for (const { timer } of this.#askers.values()) timer.cancel();
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#askers.clear();
    this.#waiting.clear();
  }
}

const NO_TIMER: Timer = { cancel() {} };

function note(known: Map<string, number>, records: readonly MdnsRecord[]): void {
  for (const { id, ttl } of records) if (known.size < MOST_KNOWN) known.set(id, ttl);
}

function isHost(records: readonly MdnsRecord[]): boolean {
  return records.every(({ type }) => type === RecordType.A || type === RecordType.AAAA);
}

function noOthers(records: readonly MdnsRecord[]): MdnsRecord {
  const { name } = records[0]!;
  return noOthersRecord(name, [...new Set(records.map(({ type }) => type))]);
}

/** Records in as many messages as they need; one that is too large for the usual size has a message of its own. */
function split(records: readonly MdnsRecord[]): MdnsRecord[][] {
  const messages: MdnsRecord[][] = [];
  let size = Infinity;
  for (const record of records) {
    if (size + recordSize(record) > USUAL_MESSAGE) {
      messages.push([]);
      size = HEADER;
    }
    size += recordSize(record);
    messages.at(-1)!.push(record);
  }
  return messages;
}

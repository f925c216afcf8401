import { RecordType } from '../../../dns-records/index.js';
import type {
  ChangeNotice,
  NameSpaceAnswer,
  NameSpaceQuestion,
  NameSpaceRegistration,
  NameSpaceSession,
  RegistrationAnswer,
} from '../../../name-space/index.js';
import { WSAENETDOWN, type DeferredWork } from '../../../spi/index.js';
import { RecordCache, type CacheListener } from './cache.js';
import type { MdnsCounters } from './counters.js';
import type { HeldRecord, Knowledge, Need } from './findings.js';
import { goalOf } from './goals.js';
import { Inquiries } from './inquiries.js';
import { isFromPort, Links, type Link, type LinkListener } from './links.js';
import { LARGEST_MESSAGE, readMessage, type MdnsMessage } from './message.js';
import { keyOf } from './names.js';
import type { MdnsSettings } from './options.js';
import { OwnNames } from './own-names.js';
import { Publications, type Announcer } from './publications.js';
import { excludes, setKey, type MdnsRecord } from './records.js';
import { Responder } from './responder.js';
import type { Search } from './search.js';
import { ServiceTypes } from './service-types.js';
import { answerBy, notifyBy, type SearchHome } from './answering.js';

/** Bytes of messages that are read in one turn; what comes beyond waits for the next. */
const BYTES_PER_TURN = 16 * 1024;
/** Messages that wait to be read. */
const MOST_WAITING = 256;

/** Begins the keys of records that say what a name has not, and the types of which they may say it. */
const NO_OTHERS = `${RecordType.NSEC} `;
const TYPES_OF_NAMES = [RecordType.A, RecordType.AAAA, RecordType.PTR, RecordType.SRV, RecordType.TXT, RecordType.NSEC];

/** A message that waits to be read. */
interface Arrival {
  readonly bytes: Uint8Array;
  readonly from: Uint8Array;
  readonly link: Link;
}

/** Multicast DNS, as one instance uses it. */
export class Mdns implements CacheListener, LinkListener, SearchHome {
  readonly serviceTypes = new ServiceTypes();
  readonly inquiries: Inquiries;
  readonly #cache: RecordCache;
  readonly #responder: Responder;
  readonly #publications = new Publications();
  #links: Links | null = null;
  readonly #searches = new Map<string, Set<Search>>();
  readonly #changed = new Set<Search>();
  readonly #tellingSearches: DeferredWork;
  #bytesRead = 0;
  readonly #arrivals: Arrival[] = [];
  readonly #readingOn: DeferredWork;
  readonly #ownNames: OwnNames;

  constructor(
    readonly session: NameSpaceSession,
    readonly settings: MdnsSettings,
    private readonly counters: MdnsCounters,
  ) {
    const links = (): readonly Link[] => this.#links?.all ?? [];
    this.#cache = new RecordCache(session, settings.cacheSize, counters, this);
    this.inquiries = new Inquiries(session, links, this.#cache, counters);
    this.#responder = new Responder(session, this.#publications, links, counters);
    const announcer: Announcer = {
      session,
      counters,
      links,
      tell: (records, link) => this.#responder.tell(records, link),
      goodbye: (records, link) => {
        this.#responder.goodbye(records, link);
        // Here it is so at once.
        for (const record of records) this.#cache.forget(record, link.number);
      },
      wasJustTold: (id) => this.#responder.wasJustTold(id),
      changed: () => this.#ownChanged(),
    };
    this.#ownNames = new OwnNames(announcer, this.#publications, this.serviceTypes, settings);
    this.#tellingSearches = { queued: false, run: () => this.#tellSearches() };
    this.#readingOn = { queued: false, run: () => this.#readOn() };
  }

  // ---- Links ----

  /**
   * Joins the groups, if that was not done.
   *
   * @returns 0, or why there is no link: WSAENETDOWN where no interface is up
   */
  open(): number {
    if (this.#links === null || this.#links.all.length === 0) {
      this.#links?.close();
      const { families, interfaces } = this.settings;
      this.#links = new Links(this.session, families, interfaces, this);
    }
    return this.#links.all.length > 0 ? 0 : this.#links.error || WSAENETDOWN;
  }

  /** Whether an address is one of the neighbours. */
  isNeighbour(bytes: Uint8Array): boolean {
    return this.#links?.isNeighbour(bytes) === true;
  }

  // Whoever comes to a link begins there as if it had just begun (RFC 6762, 8.3): what it is called may be somebody's there.
  joined(): void {
    this.#publications.changed();
    for (const publication of [...this.#publications.all]) publication.begin();
    this.inquiries.begin();
  }

  moved(): void {
    this.#publications.changed();
    for (const publication of this.#publications.all) if (publication.isEstablished) publication.announce();
  }

  lost(link: Link): void {
    this.#publications.changed();
    this.#responder.left(link);
    this.#cache.leave(link.number);
  }

  received(bytes: Uint8Array, from: Uint8Array, link: Link): void {
    if (bytes.length > LARGEST_MESSAGE) this.counters.oversized++;
    else if (!this.#links!.isOnLink(from)) this.counters.offLink++;
    else if (this.#bytesRead < BYTES_PER_TURN && this.#arrivals.length === 0) this.#read(bytes, from, link);
    else if (this.#arrivals.length < MOST_WAITING) this.#arrivals.push({ bytes, from, link });
    else this.counters.flooded++;
  }

  #readOn(): void {
    this.#bytesRead = 0;
    while (this.#bytesRead < BYTES_PER_TURN) {
      const arrival = this.#arrivals.shift();
      if (arrival === undefined) return;
      this.#read(arrival.bytes, arrival.from, arrival.link);
    }
  }

  #read(bytes: Uint8Array, from: Uint8Array, link: Link): void {
    this.#bytesRead += bytes.length;
    if (!this.#readingOn.queued) this.session.host.deferToNextTurn(this.#readingOn);
    const message = readMessage(bytes);
    if (message === null) this.counters.malformed++;
    else if (message === 'ignored') this.counters.ignored++;
    else if (message.isResponse && !isFromPort(from)) this.counters.wrongPort++;
    else {
      this.counters.received++;
      if (message.isResponse) this.#heardAnswers(message, link);
      else this.#heardQuestions(message, from, link);
    }
  }

  #heardAnswers({ answers, authorities, additionals }: MdnsMessage, link: Link): void {
    for (const section of [answers, authorities, additionals]) {
      for (const record of section) {
        if (record.type !== RecordType.ANY) this.#cache.add(record, link.number);
        this.#heardOfOwn(record);
      }
    }
    this.#responder.heard(answers, link);
  }

  #heardOfOwn(record: MdnsRecord): void {
    if (this.#publications.all.size === 0) return;
    for (const publication of [...this.#publications.withName(keyOf(record.name))]) publication.heard(record);
  }

  #heardQuestions(message: MdnsMessage, from: Uint8Array, link: Link): void {
    if (message.authorities.length > 0) {
      for (const publication of [...this.#publications.all]) publication.claimed(message, link);
    }
    this.#doubt(message, link);
    this.inquiries.heard(message);
    this.#responder.asked(message, from, link);
  }

  // What is asked for in vain may be gone (RFC 6762, 10.5); of what others know already there is no answer.
  #doubt({ questions, answers, authorities, isTruncated }: MdnsMessage, link: Link): void {
    if (isTruncated || authorities.length > 0) return;
    const known = new Set(answers.map(({ id }) => id));
    for (const { name, type, wantsUnicast } of questions) {
      const key = setKey(name, type);
      if (!wantsUnicast && !this.inquiries.hasJustAsked(key)) this.#cache.doubt(key, link.number, known);
    }
  }

  // ---- What is known ----

  isWanted(key: string): boolean {
    return this.inquiries.has(key);
  }

  refresh(key: string): void {
    this.inquiries.refresh(key);
  }

  /** How many records were received so far. */
  get recordsReceived(): number {
    return this.#cache.received;
  }

  changed(key: string): void {
    if (key.startsWith(NO_OTHERS)) {
      const name = key.slice(NO_OTHERS.length);
      for (const type of TYPES_OF_NAMES) this.#mark(`${type} ${name}`);
    } else this.#mark(key);
  }

  #mark(key: string): void {
    const searches = this.#searches.get(key);
    if (searches === undefined) return;
    for (const search of searches) this.#changed.add(search);
    if (!this.#tellingSearches.queued) this.session.host.defer(this.#tellingSearches);
  }

  #ownChanged(): void {
    this.#publications.changed();
    for (const key of this.#searches.keys()) this.changed(key);
  }

  #tellSearches(): void {
    const searches = [...this.#changed];
    this.#changed.clear();
    for (const search of searches) search.notice();
  }

  knowledgeSince(received: number): Knowledge {
    return {
      serviceTypes: this.serviceTypes,
      find: (name, type) => this.#find(name, type, received),
      isNone: (name, type) =>
        this.#find(name, RecordType.NSEC, received).some(({ record }) => excludes(record, type)) &&
        this.#find(name, type, received).length === 0,
    };
  }

  #find(name: string, type: number, since: number): HeldRecord[] {
    const held = new Map<string, HeldRecord>();
    for (const link of this.#links?.all ?? []) {
      for (const record of this.#publications.recordsOf(keyOf(name), link)) {
        if (record.type === type) held.set(record.id, { record, scope: link.scope });
      }
    }
    for (const { record, link, nth } of this.#cache.find(name, type)) {
      const scope = this.#links?.all.find(({ number }) => number === link)?.scope ?? 0;
      if (nth > since && !held.has(record.id)) held.set(record.id, { record, scope });
    }
    return [...held.values()];
  }

  want(search: Search, need: Need, isFresh: boolean, isAtOnce: boolean): void {
    const key = setKey(need.name, need.type);
    const searches = this.#searches.get(key);
    if (searches === undefined) this.#searches.set(key, new Set([search]));
    else searches.add(search);
    this.inquiries.want(need.name, need.type, isFresh, isAtOnce);
  }

  unwant(search: Search, need: Need): void {
    const key = setKey(need.name, need.type);
    const searches = this.#searches.get(key);
    searches?.delete(search);
    if (searches?.size === 0) this.#searches.delete(key);
    this.inquiries.unwant(need.name, need.type);
  }

  // ---- What applications ask for ----

  lookup(question: NameSpaceQuestion, answer: NameSpaceAnswer): (() => void) | void {
    const goal = goalOf(question, this.serviceTypes);
    if (goal === null) {
      answer.done();
      return;
    }
    const error = this.open();
    if (error !== 0) answer.fail(error);
    else if (goal.kind === 'address' && !this.isNeighbour(goal.bytes)) answer.done();
    else return answerBy(this, goal, question.isFresh, answer);
  }

  watch(question: NameSpaceQuestion, changed: ChangeNotice): () => void {
    const goal = goalOf(question, this.serviceTypes);
    return goal === null || this.open() !== 0 ? () => {} : notifyBy(this, goal, changed);
  }

  register(registration: NameSpaceRegistration, answer: RegistrationAnswer): (() => void) | void {
    const error = this.open();
    if (error !== 0) answer.fail(error);
    else return this.#ownNames.register(registration, answer);
  }

  deregister(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    this.#ownNames.deregister(registration, answer);
  }

  /** The instance uses names no more: what was registered says goodbye. */
  end(): void {
    this.#ownNames.end();
    this.inquiries.close();
    this.#responder.close();
    this.#cache.clear();
    this.#links?.close();
    this.#links = null;
  }
}

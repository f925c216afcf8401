// The names that are ours: claimed by probes, announced, defended, and taken back (RFC 6762, 8 to 10).
import { RecordType } from '../../../dns-records/index.js';
import type { NameSpaceSession } from '../../../name-space/index.js';
import type { Timer } from '../../../spi/index.js';
import type { MdnsCounters } from './counters.js';
import type { Link } from './links.js';
import { writeMessage, type MdnsMessage } from './message.js';
import { ALL_TYPES, keyOf } from './names.js';
import { compareRecords, type MdnsRecord } from './records.js';
import type { OwnRecords } from './responder.js';

const PROBES = 3;
/** Milliseconds between probes, and up to which the first is put off. */
const PROBE_INTERVAL = 250;
/** Milliseconds after which whoever has lost a tie probes again. */
const AFTER_TIE = 1000;
/** Conflicts within so many milliseconds that are put up with; then each costs a pause (RFC 6762, 8.1). */
const CONFLICTS = { most: 15, within: 10_000, pause: 5000 } as const;
/** Milliseconds between the two announcements. */
const ANNOUNCE_INTERVAL = 1000;

/** What is published: a host, or an instance of a service. */
export interface Published {
  /** The name that nobody else may have. */
  readonly name: string;
  /** Its records on a link: those of its name, and others that lead to it. */
  records(link: Link): readonly MdnsRecord[];
  /** Takes the next name, or says that there is none to take. */
  rename(): boolean;
}

/** Who is told of the fate of a publication. */
export interface PublicationListener {
  /** The name is ours, and all have been told; also after another name had to be taken. */
  established(publication: Publication): void;
  /** The name is somebody else's, and no other is to be taken. */
  refused(publication: Publication): void;
}

/** How a publication reaches the others. */
export interface Announcer {
  readonly session: NameSpaceSession;
  readonly counters: MdnsCounters;
  readonly links: () => readonly Link[];
  readonly tell: (records: readonly MdnsRecord[], link: Link) => void;
  readonly goodbye: (records: readonly MdnsRecord[], link: Link) => void;
  /** Whether we have told a record just now, so that it may still be under way to us. */
  readonly wasJustTold: (id: string) => boolean;
  /** What is told for a name has changed. */
  readonly changed: () => void;
}

/** A name on its way to being ours, or ours. */
export class Publication {
  #state: 'probing' | 'waiting' | 'established' | 'over' = 'probing';
  #timer: Timer | null = null;
  #probesLeft = PROBES;
  #conflicts: number[] = [];
  /** Who waits for this name. */
  readonly #dependents = new Set<Publication>();

  /**
   * @param basis another publication that is to be established first: the host of a service
   */
  constructor(
    readonly published: Published,
    private readonly announcer: Announcer,
    private readonly listener: PublicationListener,
    private readonly basis: Publication | null,
  ) {}

  get key(): string {
    return keyOf(this.published.name);
  }

  /** Whether its records may be told. */
  get isEstablished(): boolean {
    return this.#state === 'established';
  }

  /** Begins. */
  begin(): void {
    this.#probe(this.#chance(PROBE_INTERVAL));
  }

  #chance(most: number): number {
    return this.announcer.session.random.next() * most;
  }

  #later(milliseconds: number, then: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.announcer.session.setTimer(milliseconds, then);
  }

  #probe(delay: number): void {
    this.#state = 'probing';
    this.announcer.changed();
    this.#probesLeft = PROBES;
    this.#later(delay, () => this.#sendProbe());
  }

  #sendProbe(): void {
    if (this.#probesLeft-- === 0) {
      this.#state = 'waiting';
      if (this.basis === null || this.basis.isEstablished) this.#establish();
      else this.basis.#dependents.add(this);
      return;
    }
    const { published, announcer } = this;
    for (const link of announcer.links()) {
      const authorities = this.#claims(link);
      if (authorities.length === 0) continue;
      const questions = [{ name: published.name, type: RecordType.ANY, wantsUnicast: false }];
      link.send(writeMessage({ questions, authorities }));
      announcer.counters.queries++;
    }
    this.#later(PROBE_INTERVAL, () => this.#sendProbe());
  }

  /** The records of its own name on a link. */
  #claims(link: Link): MdnsRecord[] {
    const { key } = this;
    return this.published.records(link).filter((record) => record.isUnique && keyOf(record.name) === key);
  }

  #establish(): void {
    this.#state = 'established';
    this.announcer.changed();
    this.announce();
    for (const dependent of this.#dependents) dependent.#establish();
    this.#dependents.clear();
    this.listener.established(this);
  }

  /** Tells all of its records, now and once more. */
  announce(): void {
    const { announcer, published } = this;
    const tell = (): void => {
      for (const link of announcer.links()) {
        const records = published.records(link);
        if (records.length > 0) announcer.tell(records, link);
      }
    };
    tell();
    this.#later(ANNOUNCE_INTERVAL, tell);
  }

  /** What is published changes, while the name stays. */
  update(change: () => void): void {
    change();
    this.announcer.changed();
    if (this.isEstablished) this.announce();
  }

  /** Another claims the name, for what may be the same reasons: the lesser of the claims waits (RFC 6762, 8.2). */
  claimed(message: MdnsMessage, link: Link): void {
    if (this.#state !== 'probing' || this.#probesLeft === PROBES) return;
    const { key } = this;
    const theirs = message.authorities.filter((record) => keyOf(record.name) === key).sort(compareRecords);
    if (theirs.length === 0) return;
    const ours = this.#claims(link).sort(compareRecords);
    for (let at = 0; ; at++) {
      const [our, their] = [ours[at], theirs[at]];
      if (our === undefined && their === undefined) return;
      const order = our === undefined ? -1 : their === undefined ? 1 : compareRecords(our, their);
      if (order > 0) return;
      if (order < 0) break;
    }
    this.#probe(AFTER_TIE);
  }

  /** Somebody has answered with records, of which some may be of our name. */
  heard(record: MdnsRecord): void {
    if (this.#state === 'over' || keyOf(record.name) !== this.key) return;
    const ours = this.announcer.links().flatMap((link) => this.#claims(link));
    const same = ours.find(({ id }) => id === record.id);
    if (same !== undefined) {
      // Somebody takes back what is still so, or will forget it soon (RFC 6762, 6.6).
      if (this.isEstablished && record.ttl < same.ttl / 2)
        this.#later(this.#chance(PROBE_INTERVAL), () => this.announce());
      return;
    }
    if (record.ttl === 0 || this.announcer.wasJustTold(record.id) || !ours.some(({ type }) => type === record.type))
      return;
    this.#conflict();
  }

  #conflict(): void {
    const { announcer } = this;
    announcer.counters.conflicts++;
    const now = announcer.session.now();
    this.#conflicts = [...this.#conflicts, now].filter((at) => at > now - CONFLICTS.within);
    const delay = this.#conflicts.length >= CONFLICTS.most ? CONFLICTS.pause : 0;
    // Who had the name asks first whether the other really has it (RFC 6762, 9).
    if (this.isEstablished) {
      this.#probe(delay);
      return;
    }
    if (this.published.rename()) this.#probe(delay);
    else {
      this.#end();
      this.listener.refused(this);
    }
  }

  /** A publication is established, maybe by another name: what leads to it is told anew. */
  basisEstablished(basis: Publication): void {
    if (this.basis === basis && this.isEstablished) this.announce();
  }

  /** Takes the name back. */
  withdraw(): void {
    const wasTold = this.isEstablished;
    this.#end();
    if (!wasTold) return;
    for (const link of this.announcer.links()) {
      // That there are services of the type may be so through others, who would not be asked.
      const records = this.published.records(link).filter(({ name }) => name !== ALL_TYPES);
      this.announcer.goodbye(records, link);
    }
  }

  #end(): void {
    this.#state = 'over';
    this.announcer.changed();
    this.#timer?.cancel();
    if (this.basis !== null) this.basis.#dependents.delete(this);
  }
}

/** All that is published, by name. */
export class Publications implements OwnRecords {
  readonly #all = new Set<Publication>();
  /** Established records by link and name; made anew when something has changed. */
  readonly #index = new Map<Link, Map<string, MdnsRecord[]>>();
  #byName: Map<string, Publication[]> | null = null;

  get all(): ReadonlySet<Publication> {
    return this.#all;
  }

  add(publication: Publication): void {
    this.#all.add(publication);
    this.changed();
  }

  delete(publication: Publication): void {
    this.#all.delete(publication);
    this.changed();
  }

  /** Those that have a name, or are about to. */
  withName(key: string): readonly Publication[] {
    if (this.#byName === null) {
      this.#byName = new Map();
      for (const publication of this.#all) {
        const others = this.#byName.get(publication.key);
        if (others === undefined) this.#byName.set(publication.key, [publication]);
        else others.push(publication);
      }
    }
    return this.#byName.get(key) ?? [];
  }

  /** What is told has changed. */
  changed(): void {
    this.#index.clear();
    this.#byName = null;
  }

  recordsOf(key: string, link: Link): readonly MdnsRecord[] {
    let names = this.#index.get(link);
    if (names === undefined) this.#index.set(link, (names = this.#indexOf(link)));
    return names.get(key) ?? [];
  }

  #indexOf(link: Link): Map<string, MdnsRecord[]> {
    const names = new Map<string, MdnsRecord[]>();
    const seen = new Set<string>();
    for (const publication of this.#all) {
      if (!publication.isEstablished) continue;
      for (const record of publication.published.records(link)) {
        if (seen.has(record.id)) continue;
        seen.add(record.id);
        const key = keyOf(record.name);
        const records = names.get(key);
        if (records === undefined) names.set(key, [record]);
        else records.push(record);
      }
    }
    return names;
  }
}

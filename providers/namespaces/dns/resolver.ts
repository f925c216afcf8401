// Questions and what is known of their answers: cache, aliases, and one exchange for all who ask the same.
import { WSAHOST_NOT_FOUND, WSANO_DATA, WSANO_RECOVERY } from '../../../spi/index.js';
import { Deadlines } from '../../../name-space/deadlines.js';
import { DnsCache } from './cache.js';
import type { DnsCounters } from './counters.js';
import { Exchange, type ExchangeContext } from './exchange.js';
import { Ports } from './ports.js';
import { ResponseCode, type DnsReply, type ResourceRecord } from './reply-message.js';
import type { ResolverSettings } from './resolv-conf.js';
import { Servers } from './servers.js';
import type { DnsTransport } from './transport.js';
import { UnderWay, type NamedQuestion } from './under-way.js';

/** What is known of a name and a type. */
export interface Found {
  /**
   * 0; WSAHOST_NOT_FOUND (there is no such name), WSANO_DATA (it has no such records), WSATRY_AGAIN (no server knows
   * just now), or WSANO_RECOVERY (they refuse, or speak nonsense).
   */
  readonly error: number;
  /** The names that the name stands for, one by the other; the last one is the true one. */
  readonly chain: readonly string[];
  readonly records: readonly ResourceRecord[];
  /** How long this holds, in seconds; 0 for now only. */
  readonly ttl: number;
}

/** Told what was found, if that was not known at once. */
export interface FoundListener {
  found(found: Found, resolution: Resolution): void;
}

/** No answer is kept for longer, whatever it says: a day for records, an hour for there being none. */
const LONGEST_TTL = 86_400;
const LONGEST_NEGATIVE_TTL = 3600;
/** Names that stand for each other, over all exchanges. */
const LONGEST_CHAIN = 16;
const NO_NAMES: readonly string[] = [];

/** A question that is under way, and all who wait for it. */
export class Resolution extends Exchange implements NamedQuestion<Resolution> {
  nextInPlace: Resolution | null = null;
  // Nearly always one, which takes no set.
  #listeners: FoundListener | Set<FoundListener> | null = null;
  #chain = NO_NAMES;
  #ttl = LONGEST_TTL;
  // Where no server can be sent to, that is known before anybody listens.
  #foundAtOnce: Found | null = null;

  /**
   * @param key the name in lower case
   * @param name as it is asked for
   */
  constructor(
    private readonly resolver: Resolver,
    readonly key: string,
    name: string,
    type: number,
  ) {
    super(resolver.context, name, type);
  }

  /**
   * Asks the servers.
   *
   * @returns what was found, if no server can be asked
   */
  start(): Found | null {
    this.ask(this.name);
    const found = this.#foundAtOnce;
    this.#foundAtOnce = null;
    return found;
  }

  /** One more is told. */
  join(listener: FoundListener): void {
    const before = this.#listeners;
    if (before === null || before === listener) this.#listeners = listener;
    else if (before instanceof Set) before.add(listener);
    else this.#listeners = new Set([before, listener]);
  }

  /** One is not told any more; with the last one the question is given up. */
  leave(listener: FoundListener): void {
    const left = this.#listeners;
    if (left === listener) this.#listeners = null;
    else if (left instanceof Set && left.delete(listener) && left.size === 0) this.#listeners = null;
    if (this.#listeners !== null) return;
    this.cancel();
    this.resolver.over(this);
  }

  protected override replied(reply: DnsReply): void {
    if (reply.chain.length > 0) this.#chain = [...this.#chain, ...reply.chain];
    const { records, code, negativeTtl } = reply;
    if (reply.chain.length > 0 || records.length > 0) this.#ttl = Math.min(this.#ttl, reply.ttl);
    if (records.length > 0 && code === ResponseCode.NOERROR) {
      return this.#tell({ error: 0, chain: this.#chain, records, ttl: this.#ttl });
    }
    // A server that gave an alias alone has more to say when it is asked for that.
    if (code === ResponseCode.NOERROR && reply.chain.length > 0 && negativeTtl === null) {
      if (this.#chain.length >= LONGEST_CHAIN) return this.gaveUp(WSANO_RECOVERY);
      return this.ask(this.#chain.at(-1)!);
    }
    const error = code === ResponseCode.NXDOMAIN ? WSAHOST_NOT_FOUND : WSANO_DATA;
    const ttl = Math.min(this.#ttl, negativeTtl ?? 0, LONGEST_NEGATIVE_TTL);
    this.#tell({ error, chain: this.#chain, records: [], ttl });
  }

  protected override gaveUp(error: number): void {
    this.#tell({ error, chain: this.#chain, records: [], ttl: 0 });
  }

  #tell(found: Found): void {
    this.resolver.over(this);
    // What other servers said than those that are asked now is not kept.
    if (this.resolver.context === this.context) this.resolver.keep(this.key, this.type, found);
    const told = this.#listeners;
    this.#listeners = null;
    if (told === null) this.#foundAtOnce = found;
    else if (told instanceof Set) for (const each of told) each.found(found, this);
    else told.found(found, this);
  }
}

/** Asks servers, and remembers what they say. */
export class Resolver {
  readonly #cache: DnsCache<Found>;
  readonly #underWay: UnderWay<Resolution>;
  readonly #ports: Ports;
  #context: ExchangeContext;

  /**
   * @param transport sockets, time and chance
   * @param settings which servers, and how they are asked
   * @param mostEntries that the cache keeps
   */
  constructor(
    private readonly transport: DnsTransport,
    readonly counters: DnsCounters,
    settings: ResolverSettings,
    mostEntries: number,
  ) {
    this.#cache = new DnsCache(mostEntries, () => transport.now(), counters);
    this.#underWay = new UnderWay((transport.random16() << 16) | transport.random16());
    this.#ports = new Ports(transport, counters);
    this.#context = this.#contextOf(settings);
  }

  /** What the exchanges that begin now share. */
  get context(): ExchangeContext {
    return this.#context;
  }

  /** The settings that hold now. */
  get settings(): ResolverSettings {
    return this.#context.settings;
  }

  /** Other servers, or other rules: what the former ones said is forgotten, and what is under way goes on with them. */
  use(settings: ResolverSettings): void {
    this.#cache.clear();
    this.#context = this.#contextOf(settings);
  }

  /** Forgets what is known. */
  flush(): void {
    this.#cache.clear();
  }

  /** How many answers are kept. */
  get cacheSize(): number {
    return this.#cache.size;
  }

  /** Questions that are under way. */
  get pending(): number {
    return this.#underWay.size;
  }

  /**
   * What the cache knows.
   *
   * @param name in lower case, as it goes over the wire
   */
  known(name: string, type: number): Found | undefined {
    // Whoever has no such name has no records of any type (RFC 8020).
    return this.#cache.get(name, type);
  }

  /**
   * Makes what tells whether the cache still says what was found; a question that is answered so counts as one.
   *
   * @param name as it goes over the wire
   * @returns told the time
   */
  whileKnown(name: string, type: number, found: Found): (now: number) => boolean {
    const lower = name.toLowerCase();
    return (now) => {
      if (this.#cache.get(lower, type, now) !== found) return false;
      this.counters.questions++;
      this.counters.cached++;
      return true;
    };
  }

  /**
   * Asks.
   *
   * @param name as it goes over the wire
   * @param type of the records wanted
   * @param listener told what was found, if it is not known yet
   * @returns what is known, or what is under way
   */
  ask(name: string, type: number, listener: FoundListener): Found | Resolution {
    const { counters } = this;
    counters.questions++;
    const lower = name.toLowerCase();
    const known = this.known(lower, type);
    if (known !== undefined) {
      counters.cached++;
      return known;
    }
    const underWay = this.#underWay.get(lower, type);
    if (underWay !== null) {
      counters.shared++;
      underWay.join(listener);
      return underWay;
    }
    const resolution = new Resolution(this, lower, name, type);
    this.#underWay.add(resolution);
    const found = resolution.start();
    if (found !== null) return found;
    resolution.join(listener);
    return resolution;
  }

  /** A question is over. */
  over(resolution: Resolution): void {
    this.#underWay.delete(resolution);
  }

  /**
   * Keeps what was found, for as long as it holds. That a name does not exist holds for all types; not so where it stands for
   * another one, which is what is missing.
   *
   * @param name in lower case
   */
  keep(name: string, type: number, found: Found): void {
    const isMissing = found.error === WSAHOST_NOT_FOUND && found.chain.length === 0;
    this.#cache.set(name, isMissing ? 0 : type, found, found.ttl);
  }

  /** Closes all sockets. */
  close(): void {
    this.#ports.closeAll();
    this.#cache.clear();
  }

  #contextOf(settings: ResolverSettings): ExchangeContext {
    const { transport, counters } = this;
    const servers = new Servers(settings.servers, settings.rotate);
    const deadlines = new Deadlines(transport, settings.timeout);
    return { transport, counters, ports: this.#ports, servers, settings, deadlines };
  }
}

// Questions and what is known of their answers: cache, aliases, and one exchange for all who ask the same.
import { WSAHOST_NOT_FOUND, WSANO_DATA, WSANO_RECOVERY } from '../../../spi/index.js';
import { Deadlines } from '../../../name-space/deadlines.js';
import { DnsCache } from './cache.js';
import type { DnsCounters } from './counters.js';
import { Exchange, type ExchangeContext, type ExchangeListener } from './exchange.js';
import { Ports } from './ports.js';
import type { DnsQuestion } from './query-message.js';
import { ResponseCode, type DnsReply, type ResourceRecord } from './reply-message.js';
import type { ResolverSettings } from './resolv-conf.js';
import { Servers } from './servers.js';
import type { DnsTransport } from './transport.js';

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
  found(found: Found): void;
}

/** No answer is kept for longer, whatever it says: a day for records, an hour for there being none. */
const LONGEST_TTL = 86_400;
const LONGEST_NEGATIVE_TTL = 3600;
/** Names that stand for each other, over all exchanges. */
const LONGEST_CHAIN = 16;

/** A question that is under way, and all who wait for it. */
export class Resolution implements ExchangeListener {
  /** What was found, once it is over. */
  result: Found | null = null;
  // Nearly always one, and no others.
  #listener: FoundListener | null = null;
  #others: Set<FoundListener> | null = null;
  readonly #context: ExchangeContext;
  #exchange: Exchange | null = null;
  #chain: readonly string[] = [];
  #ttl = Infinity;

  constructor(
    private readonly resolver: Resolver,
    readonly key: string,
    private readonly question: DnsQuestion,
  ) {
    this.#context = resolver.context;
  }

  /** Asks the servers. */
  start(): void {
    this.#ask(this.question);
  }

  /** One more is told. */
  join(listener: FoundListener): void {
    if (this.#listener === null) this.#listener = listener;
    else if (this.#listener !== listener) (this.#others ??= new Set()).add(listener);
  }

  /** One is not told any more; with the last one the question is given up. */
  leave(listener: FoundListener): void {
    this.#others?.delete(listener);
    if (this.#listener === listener) {
      const [next = null] = this.#others ?? [];
      this.#listener = next;
      if (next !== null) this.#others!.delete(next);
    }
    if (this.#listener !== null) return;
    this.#exchange?.cancel();
    this.#exchange = null;
    this.resolver.over(this);
  }

  replied(reply: DnsReply): void {
    this.#exchange = null;
    this.#chain = [...this.#chain, ...reply.chain];
    const { records, code, negativeTtl } = reply;
    if (reply.chain.length > 0 || records.length > 0) this.#ttl = Math.min(this.#ttl, reply.ttl);
    if (records.length > 0 && code === ResponseCode.NOERROR) {
      return this.#tell({ error: 0, chain: this.#chain, records, ttl: Math.min(this.#ttl, LONGEST_TTL) });
    }
    // A server that gave an alias alone has more to say when it is asked for that.
    if (code === ResponseCode.NOERROR && reply.chain.length > 0 && negativeTtl === null) {
      if (this.#chain.length >= LONGEST_CHAIN) return this.gaveUp(WSANO_RECOVERY);
      return this.#ask({ name: this.#chain.at(-1)!, type: this.question.type });
    }
    const error = code === ResponseCode.NXDOMAIN ? WSAHOST_NOT_FOUND : WSANO_DATA;
    const ttl = Math.min(this.#ttl, negativeTtl ?? 0, LONGEST_NEGATIVE_TTL);
    this.#tell({ error, chain: this.#chain, records: [], ttl });
  }

  gaveUp(error: number): void {
    this.#exchange = null;
    this.#tell({ error, chain: this.#chain, records: [], ttl: 0 });
  }

  #ask(question: DnsQuestion): void {
    this.#exchange = new Exchange(this.#context, question, this);
    this.#exchange.start();
  }

  #tell(found: Found): void {
    this.result = found;
    this.resolver.over(this);
    // What other servers said than those that are asked now is not kept.
    if (this.resolver.context === this.#context) this.resolver.keep(this.question, found);
    const [listener, others] = [this.#listener, this.#others];
    this.#listener = this.#others = null;
    listener?.found(found);
    for (const each of others ?? []) each.found(found);
  }
}

/** Asks servers, and remembers what they say. */
export class Resolver {
  readonly #cache: DnsCache<Found>;
  readonly #underWay = new Map<string, Resolution>();
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
    return this.#cache.get(keyOf(type, name)) ?? this.#cache.get(keyOf(0, name));
  }

  /**
   * Makes what tells whether the cache still says what was found; a question that is answered so counts as one.
   *
   * @param name as it goes over the wire
   */
  whileKnown(name: string, type: number, found: Found): () => boolean {
    const key = placeOf({ name, type }, found);
    return () => {
      if (this.#cache.get(key) !== found) return false;
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
    const key = keyOf(type, lower);
    let resolution = this.#underWay.get(key);
    if (resolution !== undefined) {
      counters.shared++;
      resolution.join(listener);
      return resolution;
    }
    resolution = new Resolution(this, key, { name, type });
    this.#underWay.set(key, resolution);
    resolution.start();
    // Where no server can be sent to, that is known at once.
    if (resolution.result !== null) return resolution.result;
    resolution.join(listener);
    return resolution;
  }

  /** A question is over. */
  over(resolution: Resolution): void {
    if (this.#underWay.get(resolution.key) === resolution) this.#underWay.delete(resolution.key);
  }

  /** Keeps what was found, for as long as it holds. */
  keep(question: DnsQuestion, found: Found): void {
    this.#cache.set(placeOf(question, found), found, found.ttl);
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

function keyOf(type: number, name: string): string {
  return `${type} ${name}`;
}

// Where it is kept. That a name does not exist holds for all types; not so where it stands for another one, which is what is
// missing.
function placeOf({ name, type }: DnsQuestion, { error, chain }: Found): string {
  return keyOf(error === WSAHOST_NOT_FOUND && chain.length === 0 ? 0 : type, name.toLowerCase());
}

import { RecordType, reverseName } from '../../../dns-records/index.js';
import {
  AF_INET,
  AF_INET6,
  sockaddr_in,
  sockaddr_in6,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
} from '../../../spi/index.js';
import { sockaddrOf } from '../../../spi/socket-names.js';
import {
  parseAddress,
  type NameSpaceAnswer,
  type NameSpaceHooks,
  type NameSpaceQuestion,
  type NameSpaceSession,
} from '../../../name-space/index.js';
import { addressOf, answerAddress, answerHost, answerRecords, failed, targetsOf, TOLD_IN_A_TURN } from './answers.js';
import { inSlices, type Slices } from '../../../name-space/slices.js';
import type { DnsCounters } from './counters.js';
import { NameLookup, type LookedUp } from './name-lookup.js';
import { candidates, isLocalhost } from './names.js';
import { isAskable } from './record-types.js';
import { inOrderOfUse } from './order-of-use.js';
import type { ResolverSettings } from './resolv-conf.js';
import { Resolver } from './resolver.js';
import { SessionTransport } from './session-transport.js';
import { SettingsSource, type DnsSettings } from './settings.js';

const LOOPBACK = [sockaddr_in('127.0.0.1', 0), sockaddr_in6('::1', 0)];
/** Targets of services whose addresses are looked up for one answer. */
const MOST_TARGETS = 16;

/** Asks for a host's addresses: what most look-ups are. */
class HostLookup extends NameLookup {
  constructor(
    private readonly owner: DnsNames,
    resolver: Resolver,
    names: readonly string[],
    types: readonly number[],
    private readonly answer: NameSpaceAnswer,
  ) {
    super(resolver, names, types);
  }

  override told(lookedUp: LookedUp): void {
    this.owner.holds(this.answer, lookedUp, this.types);
    answerHost(this.answer, lookedUp);
  }
}

/** A look-up with a function that its answer is told to. */
class FollowedLookup extends NameLookup {
  constructor(
    resolver: Resolver,
    names: readonly string[],
    types: readonly number[],
    private readonly next: (lookedUp: LookedUp) => void,
  ) {
    super(resolver, names, types);
  }

  override told(lookedUp: LookedUp): void {
    this.next(lookedUp);
  }
}

/** The domain name system, as one instance uses it. */
export class DnsNames {
  readonly hooks: Partial<NameSpaceHooks> = {
    lookup: (question, answer) => this.#lookUp(question, answer),
    end: () => this.#resolver.close(),
  };
  readonly #settings: SettingsSource;
  readonly #resolver: Resolver;

  constructor(
    private readonly session: NameSpaceSession,
    options: DnsSettings,
    counters: DnsCounters,
    cacheSize: number,
  ) {
    this.#settings = new SettingsSource(options, (message, cause) => session.report(message, cause));
    const settings = this.#settings.at(session.now());
    this.#resolver = new Resolver(new SessionTransport(session), counters, settings, cacheSize);
  }

  #lookUp(question: NameSpaceQuestion, answer: NameSpaceAnswer): void {
    if (question.isFresh) this.#resolver.flush();
    switch (question.kind) {
      case 'host':
        return this.#host(question, answer);
      case 'address':
        return this.#address(question, answer);
      case 'record':
        return this.#record(question, answer);
      default:
        // What the machine is called, and which services there are, is not in this name space.
        return answer.fail(WSASERVICE_NOT_FOUND);
    }
  }

  #host(question: NameSpaceQuestion, answer: NameSpaceAnswer): void {
    const { recordType, name } = question;
    if (isLocalhost(name)) {
      answer.found({ addresses: LOOPBACK });
      return answer.done();
    }
    const { sixes } = this.#current().settings;
    const types = typesOf(
      recordType !== RecordType.AAAA && question.wants(AF_INET),
      recordType !== RecordType.A && question.wants(AF_INET6) && (sixes || recordType !== 0),
    );
    // An address in text has no records; and no server is asked for one.
    if (types.length === 0 || parseAddress(name) !== null) return answer.fail(WSASERVICE_NOT_FOUND);
    this.#begin(new HostLookup(this, this.#resolver, this.#names(name, types), types, answer), answer);
  }

  #address(question: NameSpaceQuestion, answer: NameSpaceAnswer): void {
    const address = parseAddress(question.name);
    if (address === null) return answer.fail(WSASERVICE_NOT_FOUND);
    const types = [RecordType.PTR];
    const name = `${reverseName(address.bytes)}.`;
    this.#ask(this.#names(name, types), types, answer, (lookedUp) => {
      this.holds(answer, lookedUp, types);
      answerAddress(answer, lookedUp, sockaddrOf(address.bytes));
    });
  }

  #record(question: NameSpaceQuestion, answer: NameSpaceAnswer): void {
    const { recordType, name } = question;
    if (recordType === RecordType.A || recordType === RecordType.AAAA) return this.#host(question, answer);
    if (!isAskable(recordType)) return answer.fail(WSASERVICE_NOT_FOUND);
    const types = [recordType];
    this.#ask(this.#names(name, types), types, answer, (lookedUp) => {
      if (failed(answer, lookedUp)) return;
      inSlices(
        this.session.host,
        this.#inOrder(lookedUp, recordType),
        () => answer.isOver,
        (ordered) => this.#tellRecords(question, answer, ordered),
      );
    });
  }

  *#inOrder(lookedUp: LookedUp, type: number): Slices<LookedUp> {
    const [found] = lookedUp.found;
    // To have read so many was enough for one turn.
    if (found!.records.length > TOLD_IN_A_TURN) yield;
    const records = inOrderOfUse(found!.records, type, () => this.session.random.next());
    return { ...lookedUp, found: [{ ...found!, records }] };
  }

  #tellRecords(question: NameSpaceQuestion, answer: NameSpaceAnswer, ordered: LookedUp): void {
    const { host } = this.session;
    if (question.recordType !== RecordType.SRV) return answerRecords(host, answer, question, ordered, new Map());
    this.#targets(question, answer, targetsOf(ordered.found[0]!), (targets) =>
      answerRecords(host, answer, question, ordered, targets),
    );
  }

  // The addresses of services' targets, each by a question of its own: what a server adds unasked is not believed.
  #targets(
    question: NameSpaceQuestion,
    answer: NameSpaceAnswer,
    names: readonly string[],
    next: (targets: ReadonlyMap<string, readonly Uint8Array[]>) => void,
  ): void {
    const { sixes } = this.#resolver.settings;
    const types = typesOf(question.wants(AF_INET), question.wants(AF_INET6) && sixes);
    const targets = new Map<string, readonly Uint8Array[]>();
    const asked = types.length === 0 ? [] : names.slice(0, MOST_TARGETS);
    let left = asked.length + 1;
    const one = (): void => {
      if (--left === 0) next(targets);
    };
    for (const name of asked) {
      this.#ask([name], types, answer, ({ found }) => {
        targets.set(
          name,
          found.flatMap((each) => each.records.map(addressOf)),
        );
        one();
      });
    }
    one();
  }

  #ask(
    names: readonly string[],
    types: readonly number[],
    answer: NameSpaceAnswer,
    next: (lookedUp: LookedUp) => void,
  ): void {
    this.#begin(new FollowedLookup(this.#resolver, names, types, next), answer);
  }

  #begin(lookup: NameLookup, answer: NameSpaceAnswer): void {
    try {
      const known = lookup.start();
      if (known !== null) lookup.told(known);
      // Bound, which takes half of what a function would: very many may be under way.
      else answer.onCancel(lookup.cancel.bind(lookup));
    } catch (cause) {
      // The wire format is a package, and it may not be there.
      this.session.report('could not write a question', cause);
      answer.fail(WSANO_RECOVERY);
    }
  }

  /** The answer is the same as long as the cache says of all names what it says now. */
  holds(answer: NameSpaceAnswer, { asked }: LookedUp, types: readonly number[]): void {
    // Without a cache, or with a time of none, it holds for now only.
    if (asked.length === 0 || !asked.every(({ found }) => found.every(({ ttl }) => ttl > 0))) return;
    const conditions = asked.flatMap(({ name, found }) =>
      found.map((each, at) => this.#resolver.whileKnown(name, types[at]!, each)),
    );
    answer.holdsWhile(() => {
      const now = this.session.now();
      this.#use(this.#settings.at(now));
      for (const isStill of conditions) if (!isStill(now)) return false;
      return true;
    });
  }

  // The names to ask for. Whether the file has changed is looked at before a server is asked, and from time to time.
  #names(name: string, types: readonly number[]): readonly string[] {
    const { settings } = this.#current();
    const names = candidates(name, settings);
    const first = names[0]?.toLowerCase();
    if (first === undefined || types.every((type) => this.#resolver.known(first, type) !== undefined)) return names;
    const now = this.#use(this.#settings.at(Infinity));
    return now === settings ? names : candidates(name, now);
  }

  #current(): Resolver {
    this.#use(this.#settings.at(this.session.now()));
    return this.#resolver;
  }

  #use(settings: ResolverSettings): ResolverSettings {
    if (settings !== this.#resolver.settings) this.#resolver.use(settings);
    return settings;
  }
}

const NO_TYPES: readonly number[] = [];
const FOUR: readonly number[] = [RecordType.A];
const SIX: readonly number[] = [RecordType.AAAA];
const BOTH: readonly number[] = [RecordType.A, RecordType.AAAA];

// The types of address records.
function typesOf(four: boolean, six: boolean): readonly number[] {
  if (four) return six ? BOTH : FOUR;
  return six ? SIX : NO_TYPES;
}

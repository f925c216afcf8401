// Rules, and what follows from all of them together.
import { isLoopback, isSpecial, liesIn, type Address, type Faces, type Network } from './addresses.js';
import { patternsFitting, type HostPattern } from './host-names.js';

/** What a socket is about to do. */
export const DIRECTIONS = ['connect', 'send', 'accept', 'bind'] as const;
/** What a socket is about to do: connect, send a datagram, accept a caller, or take an address and port of its own. */
export type PolicyDirection = (typeof DIRECTIONS)[number];

/** Kinds of sockets. */
export const PROTOCOLS = ['tcp', 'udp', 'raw'] as const;
/** What kind of socket it is. */
export type PolicyProtocol = (typeof PROTOCOLS)[number];

/** A rule as it was read; what is `null` it does not look at. */
export interface Rule {
  /** Its place among the rules, from 1. */
  readonly number: number;
  /** Its line in the file; 0 for rules of an object. */
  readonly line: number;
  readonly allows: boolean;
  /** Bits by the places in `DIRECTIONS`. */
  readonly directions: number;
  /** Bits by the places in `PROTOCOLS`. */
  readonly protocols: number;
  readonly names: readonly HostPattern[] | null;
  readonly networks: readonly Network[] | null;
  /** First and last port of each range, one behind the other. */
  readonly ports: readonly number[] | null;
}

/** What is asked of a policy. */
export interface PolicyQuestion {
  readonly direction: PolicyDirection;
  readonly protocol: PolicyProtocol;
  readonly faces: Faces;
  /** The port: the destination's; the listener's own for `accept`; 0 for a bind to one that the system chooses. */
  readonly port: number;
  /** The name that allows, in normal form: the one that was asked for. `null` for none. */
  readonly name: string | null;
  /** All names that deny, in normal form, that one among them. */
  readonly names: readonly string[];
  /** Whether it is a bind to every address of the machine. */
  readonly everyAddress: boolean;
}

/** What a policy answers. */
export interface Verdict {
  readonly allowed: boolean;
  /** The rule that decided; `null` when none did. */
  readonly rule: Rule | null;
  /** A rule that would have allowed the name, but does not cover such an address. */
  readonly nearly: Rule | null;
}

/**
 * A policy in force. What a rule denies is denied; what else a rule allows is allowed; everything else is denied. So no order of
 * rules lets anything through that one of them denies.
 */
export class RuleSet {
  readonly #denying: SideOfRules;
  readonly #allowing: SideOfRules;

  constructor(readonly rules: readonly Rule[]) {
    this.#denying = new SideOfRules(rules.filter(({ allows }) => !allows));
    this.#allowing = new SideOfRules(rules.filter(({ allows }) => allows));
  }

  /** Decides. */
  decide(question: PolicyQuestion): Verdict {
    const { name, names, faces, everyAddress } = question;
    const denying = everyAddress
      ? this.#denying.firstOfAll(question, deniesEveryAddress)
      : this.#denying.first(question, faces.all, names, denies);
    if (denying !== null) return { allowed: false, rule: denying, nearly: null };
    const given = name === null ? NO_NAMES : [name];
    const allowing = this.#allowing.first(question, [faces.own], given, allows);
    if (allowing !== null) return { allowed: true, rule: allowing, nearly: null };
    const nearly = name === null ? null : this.#allowing.firstNamed(question, given, allowsElsewhere);
    return { allowed: false, rule: null, nearly };
  }
}

const NO_NAMES: readonly string[] = [];

type Matches = (rule: Rule, question: PolicyQuestion) => boolean;

/** Numbers of a network of IPv4 in a table: its mask, its bits, and the place of its rule. */
const ROW = 3;

/** The rules that allow, or those that deny: those with names are found by these, and those with networks in tables. */
class SideOfRules {
  readonly #named = new Map<HostPattern, Rule[]>();
  /** Rules without names and networks. */
  readonly #anywhere: Rule[] = [];
  readonly #networks: { readonly network: Network; readonly rule: Rule }[] = [];
  /** The networks of IPv4, for there may be very many. */
  readonly #ipv4: Uint32Array;

  constructor(private readonly rules: readonly Rule[]) {
    const ipv4: number[] = [];
    for (const [place, rule] of rules.entries()) {
      if (rule.names !== null) for (const pattern of rule.names) this.#file(pattern, rule);
      else if (rule.networks === null) this.#anywhere.push(rule);
      else {
        for (const network of rule.networks) {
          if (network.isIPv4) ipv4.push(network.masks[3], network.words[3], place);
          else this.#networks.push({ network, rule });
        }
      }
    }
    this.#ipv4 = Uint32Array.from(ipv4);
  }

  #file(pattern: HostPattern, rule: Rule): void {
    const there = this.#named.get(pattern);
    if (there === undefined) this.#named.set(pattern, [rule]);
    else there.push(rule);
  }

  /**
   * The first rule, by its number, that matches.
   *
   * @param addresses those that rules are compared with
   * @param matches whether a rule with a name that fits does
   */
  first(
    question: PolicyQuestion,
    addresses: readonly Address[],
    names: readonly string[],
    matches: Matches,
  ): Rule | null {
    let found = this.#firstOf(this.#anywhere, question);
    for (const address of addresses) found = earlier(found, this.#firstWith(address, question));
    return earlier(found, this.firstNamed(question, names, matches));
  }

  /** The first rule that has a name which fits, and matches. */
  firstNamed(question: PolicyQuestion, names: readonly string[], matches: Matches): Rule | null {
    let found: Rule | null = null;
    if (this.#named.size === 0) return found;
    for (const name of names) {
      for (const pattern of patternsFitting(name)) {
        for (const rule of this.#named.get(pattern) ?? []) {
          if (found !== null && rule.number > found.number) break;
          if (concerns(rule, question) && matches(rule, question)) found = rule;
        }
      }
    }
    return found;
  }

  /** The first rule of all without names that matches. */
  firstOfAll(question: PolicyQuestion, matches: Matches): Rule | null {
    for (const rule of this.rules) {
      if (rule.names === null && concerns(rule, question) && matches(rule, question)) return rule;
    }
    return null;
  }

  #firstOf(rules: readonly Rule[], question: PolicyQuestion): Rule | null {
    for (const rule of rules) if (concerns(rule, question)) return rule;
    return null;
  }

  #firstWith(address: Address, question: PolicyQuestion): Rule | null {
    if (!address.isIPv4) {
      for (const { network, rule } of this.#networks) {
        if (concerns(rule, question) && liesIn(address, network)) return rule;
      }
      return null;
    }
    const table = this.#ipv4;
    const bits = address.words[3];
    for (let at = 0; at < table.length; at += ROW) {
      if ((bits & table[at]!) >>> 0 !== table[at + 1]) continue;
      const rule = this.rules[table[at + 2]!]!;
      if (concerns(rule, question)) return rule;
    }
    return null;
  }
}

function earlier(a: Rule | null, b: Rule | null): Rule | null {
  if (a === null || b === null) return a ?? b;
  return a.number <= b.number ? a : b;
}

/** Whether direction, protocol and port are a rule's. */
function concerns({ directions, protocols, ports }: Rule, { direction, protocol, port }: PolicyQuestion): boolean {
  if ((directions & DIRECTION_BITS[direction]) === 0 || (protocols & PROTOCOL_BITS[protocol]) === 0) return false;
  if (ports === null) return true;
  for (let at = 0; at < ports.length; at += 2) if (port >= ports[at]! && port <= ports[at + 1]!) return true;
  return false;
}

/** Bits by places in a list. */
export function bitOf<T>(list: readonly T[], value: T): number {
  return 1 << list.indexOf(value);
}

const DIRECTION_BITS = bitsOf(DIRECTIONS);
const PROTOCOL_BITS = bitsOf(PROTOCOLS);

function bitsOf<Word extends string>(words: readonly Word[]): Readonly<Record<Word, number>> {
  return Object.fromEntries(words.map((word) => [word, bitOf(words, word)])) as Record<Word, number>;
}

/** Denied is an address that is, or leads to, one of the rule's. */
function denies({ networks }: Rule, { faces }: PolicyQuestion): boolean {
  return networks === null || networks.some((network) => faces.all.some((face) => liesIn(face, network)));
}

/** A bind to every address has all those that a rule denies: of its family, and of IPv4 as well where it is one of IPv6. */
function deniesEveryAddress({ networks }: Rule, { faces }: PolicyQuestion): boolean {
  return networks === null || !faces.own.isIPv4 || networks.some(({ isIPv4 }) => isIPv4);
}

/**
 * Allowed is an address that is one of the rule's. A rule with names alone covers what names have no business to lead to as little as
 * one without: an attacker who has the name may have it lead to this machine, or to the link.
 */
function allows({ networks, names }: Rule, question: PolicyQuestion): boolean {
  const { own } = question.faces;
  if (networks === null) return names === null || !isOutOfPlace(question);
  for (const network of networks) if (liesIn(own, network)) return true;
  return false;
}

/** Whether a rule allows the name, and the address is what keeps it from doing so. */
function allowsElsewhere({ networks }: Rule, question: PolicyQuestion): boolean {
  return networks !== null || isOutOfPlace(question);
}

function isOutOfPlace({ name, faces }: PolicyQuestion): boolean {
  if (isLoopback(faces)) return !(name === 'localhost' || name?.endsWith('.localhost') === true);
  return isSpecial(faces);
}

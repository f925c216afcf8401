import { AF_INET, AF_INET6, formatIPv4, formatIPv6 } from '../../spi/index.js';

/** Names that are remembered; of more, those that were looked up longest ago go. */
const MOST_NAMES = 4096;
/** How many go at once: to find the first of a map takes the longer, the more have gone before. */
const FORGOTTEN_AT_ONCE = 64;
/** Addresses that are remembered of one name; of more, the oldest go. */
const MOST_ADDRESSES = 64;
/** The longest name that there can be, with room for what is written otherwise on the wire. */
const LONGEST_NAME = 1024;

type Sockaddrs = readonly Uint8Array[];

const NO_NAMES: readonly string[] = [];

/** What is remembered of a name. */
interface ResolvedName {
  /** The last answer, by which the same one is known when it is given again. */
  answer: object;
  /** Counts look-ups. */
  time: number;
  /** Addresses in text. */
  addresses: FewTexts;
}

/** Texts, each once, the newest last: nearly always one, which takes no set. */
type FewTexts = string | ReadonlySet<string> | null;

function textsIn(few: FewTexts): Iterable<string> {
  return few === null ? NO_NAMES : typeof few === 'string' ? [few] : few;
}

function has(few: FewTexts, text: string): boolean {
  return few === text || (few !== null && typeof few !== 'string' && few.has(text));
}

function sizeOf(few: FewTexts): number {
  return few === null ? 0 : typeof few === 'string' ? 1 : few.size;
}

function withText(few: FewTexts, text: string): FewTexts {
  if (few === null || few === text) return text;
  const set = typeof few === 'string' ? new Set([few]) : (few as Set<string>);
  set.delete(text);
  return set.add(text);
}

function withoutText(few: FewTexts, text: string): FewTexts {
  if (few === null || typeof few === 'string') return few === text ? null : few;
  (few as Set<string>).delete(text);
  return few.size === 0 ? null : few;
}

/**
 * Which names were looked up to find an address: programs that connect by address have most often looked up a name before, and
 * layers that decide by names want to know it.
 */
export class ResolvedNames {
  // The one that was looked up last is the last.
  readonly #names = new Map<string, ResolvedName>();
  readonly #byAddress = new Map<string, Exclude<FewTexts, null>>();
  #time = 0;

  /**
   * Remembers an answer.
   *
   * @param name as it was asked for
   * @param answer not to be changed
   * @param sockaddrsOf tells the sockaddrs in it, unless it is the one that was given last
   */
  note<Answer extends object>(name: string, answer: Answer, sockaddrsOf: (answer: Answer) => Sockaddrs): void {
    if (name === '' || name.length > LONGEST_NAME) return;
    const key = hostKey(name);
    const known = this.#names.get(key);
    if (known !== undefined) {
      known.time = ++this.#time;
      // The same answer again, as those that are kept are.
      if (known.answer === answer) return;
      this.#names.delete(key);
    }
    const entry = known ?? { answer, time: ++this.#time, addresses: null };
    entry.answer = answer;
    this.#names.set(key, entry);
    for (const sockaddr of sockaddrsOf(answer)) this.#add(key, entry, addressKey(sockaddr));
    if (this.#names.size > MOST_NAMES + FORGOTTEN_AT_ONCE) this.#forgetOldest();
  }

  /**
   * The names of an address.
   *
   * @param address in text, without scope
   * @returns the name that was looked up last at the end
   */
  of(address: string): readonly string[] {
    const names = this.#byAddress.get(plain(address));
    if (names === undefined) return NO_NAMES;
    return [...textsIn(names)].sort((a, b) => this.#names.get(a)!.time - this.#names.get(b)!.time);
  }

  #add(name: string, entry: ResolvedName, address: string | null): void {
    if (address === null) return;
    const isKnown = has(entry.addresses, address);
    if (!isKnown && sizeOf(entry.addresses) >= MOST_ADDRESSES) {
      const [oldest] = textsIn(entry.addresses);
      entry.addresses = withoutText(entry.addresses, oldest!);
      this.#drop(oldest!, name);
    }
    entry.addresses = withText(entry.addresses, address);
    if (!isKnown) this.#byAddress.set(address, withText(this.#byAddress.get(address) ?? null, name)!);
  }

  #forgetOldest(): void {
    // Those that were given again without a change are not moved up: see which are the oldest of the first ones.
    const first: [name: string, entry: ResolvedName][] = [];
    for (const each of this.#names) if (first.push(each) === 2 * FORGOTTEN_AT_ONCE) break;
    first.sort(([, a], [, b]) => a.time - b.time);
    for (const [name, { addresses }] of first.slice(0, FORGOTTEN_AT_ONCE)) {
      this.#names.delete(name);
      for (const address of textsIn(addresses)) this.#drop(address, name);
    }
  }

  #drop(address: string, name: string): void {
    const names = withoutText(this.#byAddress.get(address)!, name);
    if (names === null) this.#byAddress.delete(address);
    else this.#byAddress.set(address, names);
  }
}

function hostKey(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function addressKey(sockaddr: Uint8Array): string | null {
  const family = sockaddr[0]! | (sockaddr[1]! << 8);
  if (family === AF_INET && sockaddr.length >= 8) return formatIPv4(sockaddr, 4);
  return family === AF_INET6 && sockaddr.length >= 24 ? plain(formatIPv6(sockaddr, 8)) : null;
}

/** An address without its scope, and a mapped one as the IPv4 address that it is. */
function plain(address: string): string {
  const scope = address.indexOf('%');
  const text = scope < 0 ? address : address.slice(0, scope);
  return text.startsWith('::ffff:') && text.includes('.') ? text.slice(7) : text;
}

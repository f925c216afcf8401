import { AF_INET, AF_INET6, formatIPv4, formatIPv6 } from '../../spi/index.js';

/** Names that are remembered at least; of twice as many, the half that was looked up longer ago goes. */
const MOST_NAMES = 4096;
/** Addresses that are remembered of one name; of more, the oldest go. */
const MOST_ADDRESSES = 64;
/** The longest name that there can be, with room for what is written otherwise on the wire. */
const LONGEST_NAME = 1024;

type Sockaddrs = readonly Uint8Array[];

const NO_NAMES: readonly string[] = [];

/** What is remembered of a name. */
interface ResolvedName {
  readonly name: string;
  /** The last answer, by which the same one is known when it is given again. */
  answer: object;
  /**
   * Tells the sockaddrs in the last answer, while they are not among the addresses; or the one address of IPv4 that it had, for an
   * answer that is not kept otherwise is large beside that.
   */
  unread: ((answer: object, most: number) => Sockaddrs) | number | null;
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
  // Those that were looked up of late, and those before them: names that are forgotten go all at once.
  #late = new Generation();
  #earlier = new Generation();
  #time = 0;

  /**
   * Remembers an answer. Its addresses are read when somebody asks for the names of one: most look-ups are followed by none.
   *
   * @param name as it was asked for
   * @param answer not to be changed
   * @param sockaddrsOf tells the sockaddrs in it, unless it is the one that was given last; of more than `most`, the last so many
   * @param comesAgain whether the same answer may be given again, so that it is kept elsewhere
   */
  note<Answer extends object>(
    name: string,
    answer: Answer,
    sockaddrsOf: (answer: Answer, most: number) => Sockaddrs,
    comesAgain: boolean,
  ): void {
    if (name === '' || name.length > LONGEST_NAME) return;
    const key = hostKey(name);
    const entry = this.#entryOf(key);
    entry.time = ++this.#time;
    // The same answer again, as those that are kept are.
    if (entry.answer === answer) return;
    if (entry.unread !== null) this.#late.read(entry);
    else this.#late.unread.push(entry);
    const only = comesAgain ? null : onlyFour(sockaddrsOf(answer, 2));
    entry.answer = only === null ? answer : NOTHING;
    entry.unread = only ?? (sockaddrsOf as (answer: object, most: number) => Sockaddrs);
  }

  /**
   * The names of an address.
   *
   * @param address in text, without scope
   * @returns the name that was looked up last at the end
   */
  of(address: string): readonly string[] {
    const text = plain(address);
    const found = [...this.#earlier.namesOf(text), ...this.#late.namesOf(text)];
    return found.length === 0 ? NO_NAMES : found.sort((a, b) => a.time - b.time).map(({ name }) => name);
  }

  // Of those that were looked up of late, where it is from now on.
  #entryOf(key: string): ResolvedName {
    const known = this.#late.names.get(key);
    if (known !== undefined) return known;
    const earlier = this.#earlier.take(key);
    if (this.#late.names.size >= MOST_NAMES) {
      this.#earlier = this.#late;
      this.#late = new Generation();
    }
    const entry = earlier ?? { name: key, answer: NOTHING, unread: null, time: 0, addresses: null };
    this.#late.add(entry);
    return entry;
  }
}

/** In place of an answer. */
const NOTHING = {};

/** Names, and the addresses that were found for them. */
class Generation {
  readonly names = new Map<string, ResolvedName>();
  /** Those whose last answer was not read. */
  readonly unread: ResolvedName[] = [];
  readonly #byAddress = new Map<string, Exclude<FewTexts, null>>();

  /** Takes a name up, with the addresses that are known of it. */
  add(entry: ResolvedName): void {
    this.names.set(entry.name, entry);
    if (entry.unread !== null) this.unread.push(entry);
    for (const address of textsIn(entry.addresses)) this.#lead(address, entry.name);
  }

  /** Gives a name up; `undefined` for one that is not here. */
  take(key: string): ResolvedName | undefined {
    const entry = this.names.get(key);
    if (entry === undefined) return undefined;
    this.names.delete(key);
    for (const address of textsIn(entry.addresses)) this.#drop(address, key);
    return entry;
  }

  /** Those of whom an address was found. */
  namesOf(address: string): ResolvedName[] {
    for (const entry of this.unread)
      if (entry.unread !== null && this.names.get(entry.name) === entry) this.read(entry);
    this.unread.length = 0;
    const names = this.#byAddress.get(address) ?? null;
    return [...textsIn(names)].map((name) => this.names.get(name)!);
  }

  /** Reads the addresses of a name's last answer. */
  read(entry: ResolvedName): void {
    const { unread, answer } = entry;
    entry.unread = null;
    if (typeof unread === 'number') {
      this.#add(entry, `${unread >>> 24}.${(unread >> 16) & 255}.${(unread >> 8) & 255}.${unread & 255}`);
      return;
    }
    const sockaddrs = unread!(answer, MOST_ADDRESSES);
    // Those before these would be forgotten again.
    for (const sockaddr of sockaddrs.slice(-MOST_ADDRESSES)) this.#add(entry, addressKey(sockaddr));
  }

  #add(entry: ResolvedName, address: string | null): void {
    if (address === null) return;
    const isKnown = has(entry.addresses, address);
    if (!isKnown && sizeOf(entry.addresses) >= MOST_ADDRESSES) {
      const [oldest] = textsIn(entry.addresses);
      entry.addresses = withoutText(entry.addresses, oldest!);
      this.#drop(oldest!, entry.name);
    }
    entry.addresses = withText(entry.addresses, address);
    if (!isKnown) this.#lead(address, entry.name);
  }

  #lead(address: string, name: string): void {
    this.#byAddress.set(address, withText(this.#byAddress.get(address) ?? null, name)!);
  }

  #drop(address: string, name: string): void {
    const names = withoutText(this.#byAddress.get(address) ?? null, name);
    if (names === null) this.#byAddress.delete(address);
    else this.#byAddress.set(address, names);
  }
}

/** The one address of IPv4 that an answer consists of, as a number; `null` for any other. */
function onlyFour(sockaddrs: Sockaddrs): number | null {
  const sockaddr = sockaddrs[0];
  if (sockaddrs.length !== 1 || sockaddr === undefined || !isFour(sockaddr)) return null;
  return (sockaddr[4]! << 24) | (sockaddr[5]! << 16) | (sockaddr[6]! << 8) | sockaddr[7]!;
}

function isFour(sockaddr: Uint8Array): boolean {
  return sockaddr.length >= 8 && sockaddr[0] === AF_INET && sockaddr[1] === 0;
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

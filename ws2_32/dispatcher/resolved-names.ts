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
  readonly addresses: Set<string>;
}

/**
 * Which names were looked up to find an address: programs that connect by address have most often looked up a name before, and
 * layers that decide by names want to know it.
 */
export class ResolvedNames {
  // The one that was looked up last is the last.
  readonly #names = new Map<string, ResolvedName>();
  readonly #byAddress = new Map<string, Set<string>>();
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
    const entry = known ?? { answer, time: ++this.#time, addresses: new Set<string>() };
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
    return [...names].sort((a, b) => this.#names.get(a)!.time - this.#names.get(b)!.time);
  }

  #add(name: string, { addresses }: ResolvedName, address: string | null): void {
    if (address === null) return;
    if (addresses.has(address)) {
      // The newest is the last.
      addresses.delete(address);
      addresses.add(address);
      return;
    }
    if (addresses.size >= MOST_ADDRESSES) {
      const [oldest] = addresses;
      addresses.delete(oldest!);
      this.#drop(oldest!, name);
    }
    addresses.add(address);
    const names = this.#byAddress.get(address);
    if (names === undefined) this.#byAddress.set(address, new Set([name]));
    else names.add(name);
  }

  #forgetOldest(): void {
    // Those that were given again without a change are not moved up: see which are the oldest of the first ones.
    const first: [name: string, entry: ResolvedName][] = [];
    for (const each of this.#names) if (first.push(each) === 2 * FORGOTTEN_AT_ONCE) break;
    first.sort(([, a], [, b]) => a.time - b.time);
    for (const [name, { addresses }] of first.slice(0, FORGOTTEN_AT_ONCE)) {
      this.#names.delete(name);
      for (const address of addresses) this.#drop(address, name);
    }
  }

  #drop(address: string, name: string): void {
    const names = this.#byAddress.get(address)!;
    names.delete(name);
    if (names.size === 0) this.#byAddress.delete(address);
  }
}

function hostKey(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
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

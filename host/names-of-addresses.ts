import { AF_INET, AF_INET6, sockaddr_in, sockaddr_in6, type AssignedNames, type Clock } from '../spi/index.js';

/** The first address of 198.18.0.0/15, which no host of the Internet has (RFC 2544), and how many there are. */
const FIRST_IPV4 = 0xc6120000;
const IPV4_COUNT = 0x20000;
/** Of the addresses that packets are thrown away for (RFC 6666), the first six groups. */
const IPV6_PREFIX = '100::';
const IPV6_PREFIX_BYTES = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
/** Milliseconds that an address stands for its name at least, after it was last asked for or used. */
const LEAST_TIME = 10 * 60 * 1000;

interface Assignment {
  readonly name: string;
  readonly number: number;
  /** When it was last asked for or used. */
  used: number;
}

/**
 * Addresses that stand for names, in one instance: for programs that connect to an address alone, by way of who takes names. When
 * all are assigned, the one that was not used for the longest time stands for another name, ten minutes after that at the earliest.
 */
export class NamesOfAddresses implements AssignedNames {
  /** By name in lower case, the one that was used last at the end. */
  readonly #byName = new Map<string, Assignment>();
  readonly #byNumber = new Map<number, Assignment>();

  constructor(
    private readonly clock: Clock,
    private readonly most = IPV4_COUNT - 1,
  ) {}

  addressOf(name: string, family: number, port = 0): Uint8Array | null {
    const key = name.toLowerCase();
    const assignment = this.#byName.get(key) ?? this.#assign(key, name);
    if (assignment === null) return null;
    this.#touch(key, assignment);
    const { number } = assignment;
    if (family === AF_INET6) {
      return sockaddr_in6(`${IPV6_PREFIX}${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`, port);
    }
    const address = FIRST_IPV4 + number;
    return sockaddr_in([24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.'), port);
  }

  nameOf(address: Uint8Array): string | null {
    const assignment = this.#byNumber.get(numberOf(address));
    if (assignment === undefined) return null;
    this.#touch(assignment.name.toLowerCase(), assignment);
    return assignment.name;
  }

  isAssignable(address: Uint8Array): boolean {
    return this.#byName.size > 0 && numberOf(address) >= 0;
  }

  #assign(key: string, name: string): Assignment | null {
    let number = this.#byName.size + 1;
    if (this.#byName.size >= this.most) {
      const [oldestKey, oldest] = this.#byName.entries().next().value!;
      if (this.clock.now() - oldest.used < LEAST_TIME) return null;
      this.#byName.delete(oldestKey);
      ({ number } = oldest);
    }
    const assignment = { name, number, used: 0 };
    this.#byName.set(key, assignment);
    this.#byNumber.set(number, assignment);
    return assignment;
  }

  #touch(key: string, assignment: Assignment): void {
    assignment.used = this.clock.now();
    this.#byName.delete(key);
    this.#byName.set(key, assignment);
  }
}

/** Which of the addresses that are assigned one is; -1 for none of them. */
function numberOf(sockaddr: Uint8Array): number {
  const family = sockaddr[0]! | (sockaddr[1]! << 8);
  const view = new DataView(sockaddr.buffer, sockaddr.byteOffset, sockaddr.length);
  if (family === AF_INET && sockaddr.length >= 8) {
    const number = view.getUint32(4) - FIRST_IPV4;
    return number >= 0 && number < IPV4_COUNT ? number : -1;
  }
  if (family !== AF_INET6 || sockaddr.length < 24) return -1;
  if (IPV6_PREFIX_BYTES.some((byte, at) => sockaddr[8 + at] !== byte)) return -1;
  const number = view.getUint32(20);
  return number < IPV4_COUNT ? number : -1;
}

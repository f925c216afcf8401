import { BlockList, isIP } from 'node:net';

/** Peers that are meant by their addresses. */
export class Peers {
  readonly #list = new BlockList();

  /** @param texts addresses and networks, each of which `peersFault` found nothing wrong with */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const [address, prefix] = text.split('/', 2) as [string, string | undefined];
      if (text === 'loopback') {
        this.#list.addSubnet('127.0.0.0', 8, 'ipv4');
        this.#list.addAddress('::1', 'ipv6');
      } else if (prefix === undefined) this.#list.addAddress(address, kindOf(address));
      else this.#list.addSubnet(address, Number(prefix), kindOf(address));
    }
  }

  /** Whether an address is meant; an IPv4 address in the form of an IPv6 one is that IPv4 address. */
  has(address: string): boolean {
    const plain = address.split('%', 1)[0]!.replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(plain) !== 0 && this.#list.check(plain, kindOf(plain));
  }
}

/** Whether a text is an address, a network (`10.0.0.0/8`) or `loopback`. */
export function isPeer(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  if (text === 'loopback') return true;
  const parts = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const family = parts === null || parts[1]!.includes('%') ? 0 : isIP(parts[1]!);
  return family !== 0 && Number(parts![2] ?? 0) <= (family === 4 ? 32 : 128);
}

function kindOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

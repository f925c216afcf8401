// The hosts file: addresses and the names of the hosts that have them.
import { AF_INET, AF_INET6, formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from '../../../spi/index.js';
import { addTo, distinctNames, sameName, type Line } from './database-file.js';

/** An address of a host. */
export interface HostAddress {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** 4 or 16 bytes in network order. */
  readonly bytes: Uint8Array;
  /** The address as text, in the one form that equal addresses share. */
  readonly text: string;
}

/** One line of the file. */
export interface HostLine {
  readonly address: HostAddress;
  /** The host's name, then its aliases. */
  readonly names: readonly string[];
}

/** What the file says of one host, all its lines taken together. */
export interface HostEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly addresses: readonly HostAddress[];
}

/** Reads an address in text, a zone after it left out; `null` when it is none. */
export function parseAddress(text: string): HostAddress | null {
  const four = parseIPv4(text);
  if (four !== null) return { family: AF_INET, bytes: four, text: formatIPv4(four) };
  const six = parseIPv6(text.replace(/%.*/s, ''));
  return six === null ? null : { family: AF_INET6, bytes: six, text: formatIPv6(six) };
}

/** Makes the lines of a hosts file of its words; lines that say nothing sensible are left out. */
export function parseHosts(lines: readonly Line[]): HostLine[] {
  return lines.flatMap(([text, ...names]) => {
    const address = parseAddress(text);
    return address === null || names.length === 0 ? [] : [{ address, names }];
  });
}

/** The lines of a file by what they are looked for, each in the file's order. */
interface HostIndex {
  /** By each of their names, in lower case. */
  readonly byName: ReadonlyMap<string, readonly HostLine[]>;
  /** By the text of their address. */
  readonly byAddress: ReadonlyMap<string, readonly HostLine[]>;
}

// Hosts files of a hundred thousand lines are about, which block names.
const indexes = new WeakMap<readonly HostLine[], HostIndex>();

function indexOf(lines: readonly HostLine[]): HostIndex {
  const known = indexes.get(lines);
  if (known !== undefined) return known;
  const byName = new Map<string, HostLine[]>();
  const byAddress = new Map<string, HostLine[]>();
  for (const line of lines) {
    for (const name of distinctNames(line.names)) addTo(byName, name.toLowerCase(), line);
    addTo(byAddress, line.address.text, line);
  }
  const index = { byName, byAddress };
  indexes.set(lines, index);
  return index;
}

const LOOPBACK = ['127.0.0.1', '::1'].flatMap((text) => parseAddress(text) ?? []);
const LOCALHOST = 'localhost';

/**
 * Finds a host by one of its names; a dot at the end does not matter. `localhost` and the machine's own name are the
 * loopback addresses when the file does not know them.
 *
 * @param lines the file; indexed when it is first asked
 * @param name the name, in any case
 * @param ownName the machine's name
 * @returns the host, or `null`
 */
export function findHostByName(lines: readonly HostLine[], name: string, ownName: string): HostEntry | null {
  const wanted = name.replace(/\.$/, '');
  const found = indexOf(lines).byName.get(wanted.toLowerCase());
  if (found !== undefined) return gather(found);
  const local = [LOCALHOST, ownName].find((each) => sameName(each, wanted));
  return local === undefined ? null : { name: local, aliases: [], addresses: LOOPBACK };
}

/**
 * Finds a host by one of its addresses.
 *
 * @param lines the file
 * @param address the address
 * @returns the host with this one address, or `null`
 */
export function findHostByAddress(lines: readonly HostLine[], address: HostAddress): HostEntry | null {
  const same = (each: HostAddress): boolean => each.text === address.text;
  const found = indexOf(lines).byAddress.get(address.text);
  if (found !== undefined) return { ...gather(found), addresses: [address] };
  return LOOPBACK.some(same) ? { name: LOCALHOST, aliases: [], addresses: [address] } : null;
}

function gather(lines: readonly HostLine[]): HostEntry {
  const [name = '', ...aliases] = distinctNames(lines.flatMap((line) => line.names));
  const addresses = new Map(lines.map(({ address }) => [address.text, address]));
  return { name, aliases, addresses: [...addresses.values()] };
}

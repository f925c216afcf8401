// The hosts file: addresses and the names of the hosts that have them.
import { parseAddress, type HostAddress } from '../../../name-space/index.js';
import { AF_INET, formatIPv4, formatIPv6 } from '../../../spi/index.js';
import { addTo, distinctNames, sameName, type Line } from './database-file.js';

/** An address of the file. */
export interface FileAddress extends HostAddress {
  /** The address as text, in the one form that equal addresses share. */
  readonly text: string;
}

/** One line of the file. */
export interface HostLine {
  readonly address: FileAddress;
  /** The host's name, then its aliases. */
  readonly names: readonly string[];
}

/** What the file says of one host, all its lines taken together. */
export interface HostEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly addresses: readonly FileAddress[];
}

/** Reads an address as the file has it; `null` when it is none. */
export function fileAddress(written: string): FileAddress | null {
  const address = parseAddress(written);
  if (address === null) return null;
  const { family, bytes } = address;
  return { family, bytes, text: family === AF_INET ? formatIPv4(bytes) : formatIPv6(bytes) };
}

/** Makes the lines of a hosts file of its words; lines that say nothing sensible are left out. */
export function parseHosts(lines: readonly Line[]): HostLine[] {
  return lines.flatMap(([text, ...names]) => {
    const address = fileAddress(text);
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

const LOOPBACK = ['127.0.0.1', '::1'].flatMap((text) => fileAddress(text) ?? []);
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
export function findHostByAddress(lines: readonly HostLine[], address: FileAddress): HostEntry | null {
  const same = (each: FileAddress): boolean => each.text === address.text;
  const found = indexOf(lines).byAddress.get(address.text);
  if (found !== undefined) return { ...gather(found), addresses: [address] };
  return LOOPBACK.some(same) ? { name: LOCALHOST, aliases: [], addresses: [address] } : null;
}

function gather(lines: readonly HostLine[]): HostEntry {
  const [name = '', ...aliases] = distinctNames(lines.flatMap((line) => line.names));
  const addresses = new Map(lines.map(({ address }) => [address.text, address]));
  return { name, aliases, addresses: [...addresses.values()] };
}

// The hosts file: addresses and the names of the hosts that have them.
import { parseAddress, type HostAddress } from '../../../name-space/index.js';
import { AF_INET, formatIPv6 } from '../../../spi/index.js';
import { ipv4Number } from '../../../spi/socket-names.js';
import type { Slices } from '../../../name-space/slices.js';
import type { Database } from './database.js';
import type { LineKind } from './line-scanner.js';
import { sameName } from './names.js';

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
  return { family, bytes, text: family === AF_INET ? written : formatIPv6(bytes) };
}

/** What the lines of a hosts file say. */
export const HOST_LINES: LineKind<HostLine> = {
  keyPlace: 0,
  // Of IPv4 there is one form alone.
  keyOf: (word) => (ipv4Number(word) >= 0 ? word : (fileAddress(word)?.text ?? null)),
  entryOf([text, ...names]) {
    const address = fileAddress(text);
    return address === null || names.length === 0 ? null : { address, names };
  },
};

/** Lines of one address whose names are its host's: files that block names have one address in all of them. */
const MOST_LINES_OF_AN_ADDRESS = 1024;

/** Names and addresses that are put together in one turn. */
const GATHERED_IN_A_TURN = 2000;

const LOOPBACK = ['127.0.0.1', '::1'].flatMap((text) => fileAddress(text) ?? []);
const LOCALHOST = 'localhost';

/**
 * Finds a host by one of its names; a dot at the end does not matter. `localhost` and the machine's own name are the
 * loopback addresses when the file does not know them.
 *
 * @param hosts the file
 * @param name the name, in any case
 * @param ownName the machine's name
 * @returns the host, or `null`
 */
export function* findHostByName(hosts: Database<HostLine>, name: string, ownName: string): Slices<HostEntry | null> {
  const wanted = name.replace(/\.$/, '');
  const found = yield* hosts.find([wanted.toLowerCase()], ({ names }) => names.some((each) => sameName(each, wanted)));
  if (found.length > 0) return yield* gather(found);
  const local = [LOCALHOST, ownName].find((each) => sameName(each, wanted));
  return local === undefined ? null : { name: local, aliases: [], addresses: LOOPBACK };
}

/**
 * Finds a host by one of its addresses.
 *
 * @param hosts the file, whose first 1,024 lines with this address count
 * @param address the address
 * @returns the host with this one address, or `null`
 */
export function* findHostByAddress(hosts: Database<HostLine>, address: FileAddress): Slices<HostEntry | null> {
  const same = (each: FileAddress): boolean => each.text === address.text;
  const found = yield* hosts.find([address.text], (line) => same(line.address), MOST_LINES_OF_AN_ADDRESS);
  if (found.length > 0) return { ...(yield* gather(found)), addresses: [address] };
  return LOOPBACK.some(same) ? { name: LOCALHOST, aliases: [], addresses: [address] } : null;
}

// There may be very many lines, and very many names in one.
function* gather(lines: readonly HostLine[]): Slices<HostEntry> {
  const found = new Map<string, string>();
  const addresses = new Map<string, FileAddress>();
  let work = 0;
  for (const { address, names } of lines) {
    addresses.set(address.text, address);
    for (const name of names) {
      const key = name.toLowerCase();
      if (!found.has(key)) found.set(key, name);
    }
    work += 1 + names.length;
    if (work < GATHERED_IN_A_TURN) continue;
    work = 0;
    yield;
  }
  const [name = '', ...aliases] = found.values();
  return { name, aliases, addresses: [...addresses.values()] };
}

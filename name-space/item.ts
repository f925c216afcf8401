import { GUID, IPPROTO_TCP, IPPROTO_UDP, type CSADDR_INFO, type WSAVERSION } from '../spi/index.js';
import { isStructure } from '../spi/arguments.js';
import { kindOf, shown } from '../spi/answers.js';
import { nearestNameAdvice } from '../spi/nearest-name.js';
import { isSockaddr, type NameSpaceAddress } from './addresses.js';

/** One thing that was found. Everything may be left out; what the query does not want is left out of its results for you. */
export interface NameSpaceItem {
  /** What it is called; what the question calls it if absent. */
  readonly name?: string;
  /** Its service class; that of the question if absent. */
  readonly serviceClass?: GUID | null;
  /**
   * Where it is. A bare SOCKADDR (`sockaddr_in('10.0.0.1', 0)`) gets transport and port by what is asked, or by `protocol`
   * and `port`; an object that has them, or a CSADDR_INFO as it was registered, says them itself. Addresses of families and
   * protocols that were not asked for are left out for you.
   */
  readonly addresses?: readonly (Uint8Array | NameSpaceAddress | CSADDR_INFO)[];
  /** For bare addresses, IPPROTO_TCP or IPPROTO_UDP; what the question wants if absent. */
  readonly protocol?: number;
  /** For bare addresses with port 0, the port in host order; what the question wants if absent. */
  readonly port?: number;
  /** Other names; with LUP_RETURN_ALIASES a result each, which says that it is an alias. */
  readonly aliases?: readonly string[];
  readonly comment?: string | null;
  /** The item in a form of its own; for a host that has none, a `hostent` is made. */
  readonly blob?: Uint8Array | null;
  /** The version of the service. */
  readonly version?: number | null;
  /** What `lpszQueryString` says of it; the question's own if absent. */
  readonly queryString?: string | null;
  /** Where in a hierarchy it is. */
  readonly context?: string | null;
  /** Whether it can be looked into. */
  readonly isContainer?: boolean;
  /** How far it is, in any unit, from 0: with LUP_NEAREST the nearest comes first. */
  readonly distance?: number;
  /** What became of it, for queries that are told of changes. */
  readonly change?: 'added' | 'changed' | 'deleted';
}

/** An item that is sound, copied. */
export interface CheckedItem {
  readonly name: string | undefined;
  readonly serviceClass: GUID | null | undefined;
  readonly addresses: readonly (Uint8Array | NameSpaceAddress)[];
  readonly protocol: number | undefined;
  readonly port: number | undefined;
  readonly aliases: readonly string[];
  readonly comment: string | null;
  readonly blob: Uint8Array | null;
  readonly version: WSAVERSION | null;
  readonly queryString: string | null | undefined;
  readonly context: string | null;
  readonly isContainer: boolean;
  readonly distance: number;
  readonly change: NameSpaceItem['change'];
}

/** What a member may be, to follow "it is". */
type Rule = readonly [fits: (value: unknown) => boolean, expected: string];

const TEXT: Rule = [(value) => typeof value === 'string' && !value.includes('\0'), 'a string without NUL characters'];
const RULES: Readonly<Record<keyof NameSpaceItem, Rule>> = {
  name: TEXT,
  serviceClass: [(value) => typeof value === 'string' && GUID.parse(value) !== null, "a GUID's text"],
  addresses: [Array.isArray, "an array: [sockaddr_in('10.0.0.1', 80)]"],
  protocol: [(value) => value === IPPROTO_TCP || value === IPPROTO_UDP, 'IPPROTO_TCP or IPPROTO_UDP'],
  port: [(value) => typeof value === 'number' && (value & 0xffff) === value, 'a port from 0 to 65535'],
  aliases: [(value) => Array.isArray(value) && value.every((each) => TEXT[0](each)), 'an array of strings'],
  comment: TEXT,
  blob: [(value) => value instanceof Uint8Array, 'a Uint8Array'],
  version: [(value) => typeof value === 'number' && value >>> 0 === value, 'a whole number of 32 bits'],
  queryString: TEXT,
  context: TEXT,
  isContainer: [(value) => typeof value === 'boolean', 'true or false'],
  distance: [(value) => typeof value === 'number' && value >= 0, 'a number from 0'],
  change: [(value) => ['added', 'changed', 'deleted'].includes(value as string), "'added', 'changed' or 'deleted'"],
};
const MEMBERS = Object.keys(RULES);
const RULE_OF: ReadonlyMap<string, Rule> = new Map(Object.entries(RULES));
const NO_NAMES: readonly string[] = [];
const ADDRESS =
  'a SOCKADDR, as `sockaddr_in` and `sockaddr_in6` make them, or { address, socketType, protocol } with one';

/**
 * Copies an item, every member looked at once.
 *
 * @param value what the author gave
 * @returns the copy, or what is wrong with it: `gave … as …: it is …`
 */
export function readItem(value: unknown): CheckedItem | string {
  if (!isStructure(value) || Array.isArray(value)) {
    return `found ${kindOf(value)}: an item is an object such as { name, addresses: [sockaddr_in('10.0.0.1', 80)] }`;
  }
  const read = new ReadItem();
  for (const name of Object.keys(value)) {
    const member = value[name];
    const rule = RULE_OF.get(name);
    if (rule === undefined) return `found an item with a "${name}"${nearestNameAdvice(name, MEMBERS)}`;
    if (member === undefined) continue;
    if (member === null) read.isNull(name as keyof NameSpaceItem);
    else if (!rule[0](member)) return `found an item with ${shown(member)} as its \`${name}\`: it is ${rule[1]}`;
    else read.isGiven(name as keyof NameSpaceItem, member);
  }
  const given = read.addresses;
  const addresses = new Array<Uint8Array | NameSpaceAddress>(given.length);
  for (let at = 0; at < addresses.length; at++) {
    const each = given[at];
    const address = readAddress(each);
    if (address === null) {
      const what = each instanceof Uint8Array ? `${each.length} bytes that are no SOCKADDR` : kindOf(each);
      return `found an item with ${what} among its \`addresses\`: each is ${ADDRESS}`;
    }
    addresses[at] = address;
  }
  read.isGiven('addresses', addresses);
  return read;
}

/** An item as it is read: all have the same members in the same order, for they are read often. */
class ReadItem implements CheckedItem {
  name: string | undefined = undefined;
  serviceClass: GUID | null | undefined = undefined;
  addresses: readonly (Uint8Array | NameSpaceAddress)[] = [];
  protocol: number | undefined = undefined;
  port: number | undefined = undefined;
  aliases: readonly string[] = NO_NAMES;
  comment: string | null = null;
  blob: Uint8Array | null = null;
  version: WSAVERSION | null = null;
  queryString: string | null | undefined = undefined;
  context: string | null = null;
  isContainer = false;
  distance = Infinity;
  change: NameSpaceItem['change'] = undefined;

  /** A member was given, and fits. */
  isGiven(name: keyof NameSpaceItem, member: unknown): void {
    switch (name) {
      case 'name':
        this.name = member as string;
        return;
      case 'addresses':
        this.addresses = member as Uint8Array[];
        return;
      case 'aliases':
        if ((member as string[]).length > 0) this.aliases = [...(member as string[])];
        return;
      case 'serviceClass':
        this.serviceClass = GUID.parse(member as string);
        return;
      case 'blob':
        this.blob = new Uint8Array(member as Uint8Array);
        return;
      case 'version':
        this.version = { dwVersion: member as number, ecHow: 0 };
        return;
      default:
        (this as Record<string, unknown>)[name] = member;
    }
  }

  /** A member is `null`: of these two that says that there is none, and not that the question's own is meant. */
  isNull(name: keyof NameSpaceItem): void {
    if (name === 'serviceClass') this.serviceClass = null;
    if (name === 'queryString') this.queryString = null;
  }
}

function readAddress(value: unknown): Uint8Array | NameSpaceAddress | null {
  // Not by `slice`: that of a Buffer is the same memory.
  if (isSockaddr(value)) return new Uint8Array(value);
  if (!isStructure(value) || value instanceof Uint8Array) return null;
  if ('RemoteAddr' in value || 'LocalAddr' in value) return readCsaddr(value as unknown as CSADDR_INFO);
  const { address, local, socketType, protocol } = value;
  if (!isSockaddr(address) || !(local === undefined || isSockaddr(local))) return null;
  if (typeof socketType !== 'number' || typeof protocol !== 'number') return null;
  return {
    address: new Uint8Array(address),
    socketType,
    protocol,
    ...(local === undefined ? {} : { local: new Uint8Array(local) }),
  };
}

// What was registered says by `LocalAddr` where the service is bound, and maybe by `RemoteAddr` where it is reached.
function readCsaddr({ LocalAddr, RemoteAddr, iSocketType, iProtocol }: CSADDR_INFO): NameSpaceAddress | null {
  const bytes = (of: CSADDR_INFO['LocalAddr'] | undefined): Uint8Array | undefined => {
    const { lpSockaddr, iSockaddrLength } = of ?? {};
    return lpSockaddr instanceof Uint8Array ? lpSockaddr.slice(0, iSockaddrLength) : undefined;
  };
  const [local, remote] = [bytes(LocalAddr), bytes(RemoteAddr)];
  const address = remote ?? local;
  if (address === undefined) return null;
  return readAddress({
    address,
    socketType: iSocketType,
    protocol: iProtocol,
    ...(remote && local ? { local } : {}),
  }) as NameSpaceAddress | null;
}

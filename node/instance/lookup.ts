import dns, { type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_ALL,
  AI_V4MAPPED,
  formatIPv4,
  INSTANCE,
  parseSockaddr,
  WSAHOST_NOT_FOUND,
  type Ws2_32,
} from '../../index.js';
import { familiesOf, type ChainChoice, type ChainOptions } from './chain-option.js';
import { instanceOr } from './default-instance.js';
import { codedError, lookupError } from './errors.js';

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
const LOOPBACK_ADDRESS = /^(?:::ffff:)?127\.|^::1$/i;

/** What a look-up is asked for besides the name. */
export interface FamilyOptions {
  /** 4 or 6; anything else for either. */
  readonly family?: unknown;
  /** `ipv4first` or `ipv6first` puts one family in front; otherwise they come by RFC 6724. */
  readonly order?: unknown;
  /** `false` is `ipv4first`, where no order is given. */
  readonly verbatim?: unknown;
  /**
   * Flags of `node:dns`; V4MAPPED and ALL count. What can't be reached comes last in any case, so ADDRCONFIG need not.
   */
  readonly hints?: number | undefined;
}

/**
 * Looks a host name up through the instance's name-space providers, so that a lookup passes the same chains as the
 * traffic that follows it. There is no silent way round them.
 *
 * @param found told at least one address, the one to be tried first in front, which are not to be changed, or an error; maybe before the
 *   function returns
 * @returns gives up; nothing is told then
 */
export function lookUp(
  ws2: Ws2_32,
  chain: ChainChoice | undefined,
  host: string,
  { family, hints, order, verbatim }: FamilyOptions,
  found: (answer: readonly LookupAddress[] | Error) => void,
): () => void {
  const wanted = family === 4 || family === 6 ? family : 0;
  const flags = hints ?? 0;
  const first = firstFamily(order, verbatim);
  const carried = familiesOf(ws2, chain);
  const asked = flags === 0 ? (wanted === 0 ? EITHER : wanted === 6 ? SIX : FOUR) : hintsOf(wanted, flags);
  // It keeps as little as it can: very many may be under way.
  return ws2[INSTANCE].lookUp(host, asked, (error, names, kept) => {
    if (isLocalhost(host)) return found(inOrder(ofThisMachine(names, carried, wanted), first));
    const all = kept === null ? names.map(addressOf) : ((kept.form ??= names.map(addressOf)) as LookupAddress[]);
    const addresses = carriesBoth(carried) ? all : fitting(all, (each) => carried.includes(familyOf(each)));
    found(addresses.length > 0 ? inOrder(addresses, first) : lookupError(error || WSAHOST_NOT_FOUND, host));
  });
}

function isLocalhost(host: string): boolean {
  return host.length === LOCALHOST.length && host.toLowerCase() === LOCALHOST;
}

const LOCALHOST = 'localhost';

// What is nearly always asked.
const EITHER = hintsOf(0, 0);
const FOUR = hintsOf(4, 0);
const SIX = hintsOf(6, 0);

function hintsOf(family: number, flags: number): { readonly ai_family: number; readonly ai_flags: number } {
  return {
    ai_family: family === 0 ? AF_UNSPEC : family === 6 ? AF_INET6 : AF_INET,
    ai_flags: (flags & dns.V4MAPPED ? AI_V4MAPPED : 0) | (flags & dns.ALL ? AI_ALL : 0),
  };
}

function carriesBoth(carried: readonly number[]): boolean {
  return carried.includes(AF_INET) && carried.includes(AF_INET6);
}

function familyOf({ family }: LookupAddress): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** Those that a chain carries; all of them where it carries none. */
function fitting<Item>(all: readonly Item[], isCarried: (each: Item) => boolean): readonly Item[] {
  if (all.every(isCarried)) return all;
  const some = all.filter(isCarried);
  return some.length > 0 ? some : all;
}

/**
 * The addresses of `localhost`, which are this machine's whatever anybody says (RFC 6761): those of the name spaces, as far as they
 * are, for the hosts file may know but one.
 */
function ofThisMachine(names: readonly Uint8Array[], carried: readonly number[], family: number): LookupAddress[] {
  const said = names.map(addressOf).filter(({ address }) => LOOPBACK_ADDRESS.test(address));
  const addresses = said.length > 0 ? said : LOOPBACK.filter((each) => family === 0 || each.family === family);
  return [...fitting(addresses, (each) => carried.includes(familyOf(each)))];
}

/** The family that is wanted in front; 0 for none. */
function firstFamily(order: unknown, verbatim: unknown): number {
  const wanted =
    order ?? (typeof verbatim === 'boolean' ? (verbatim ? 'verbatim' : 'ipv4first') : dns.getDefaultResultOrder());
  return wanted === 'ipv4first' ? 4 : wanted === 'ipv6first' ? 6 : 0;
}

function inOrder(addresses: readonly LookupAddress[], first: number): readonly LookupAddress[] {
  if (first === 0) return addresses;
  const isFirst = (each: LookupAddress): boolean => each.family === first;
  return [...addresses.filter(isFirst), ...addresses.filter((each) => !isFirst(each))];
}

function addressOf(name: Uint8Array): LookupAddress {
  if (name[0] === AF_INET) return { address: formatIPv4(name, 4), family: 4 };
  const { address, scope_id: scope } = parseSockaddr(name);
  return { address: scope ? `${address}%${scope}` : address, family: 6 };
}

/** What `lookup` takes: the options of `dns.lookup`, and whose name spaces are asked. */
export interface LookupOptions extends dns.LookupOptions, ChainOptions {}

/** What `lookup` calls back: an error, or an address and its family, or all of them. */
export type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Looks a host name up as `dns.lookup` does, through the name-space providers of an instance: for the `lookup` option
 * of
 * `net.connect` and its like, and by itself.
 *
 * @param hostname the name, or an address, which is given back
 * @param options `family`, `hints` (V4MAPPED, ALL), `all` and `order` as for `dns.lookup`, `ws2`, `chain`; or the family
 * @param callback told an error, or the address and its family, or with `all` every address; never before the function
 *   returns
 * @throws TypeError as `dns.lookup` does: ERR_INVALID_ARG_TYPE when `hostname` is not a text, `callback` no function or an
 *   option of the wrong type, ERR_INVALID_ARG_VALUE for a family, hints or an order that there is not; a ChainError when the
 *   instance cannot be used
 */
export function lookup(hostname: string, callback: LookupCallback): void;
export function lookup(
  hostname: string,
  options: LookupOptions | number | null | undefined,
  callback: LookupCallback,
): void;
export function lookup(
  hostname: string,
  given: LookupOptions | number | null | undefined | LookupCallback,
  last?: LookupCallback,
): void {
  const callback = typeof given === 'function' ? given : last;
  const options = typeof given === 'number' ? { family: given } : typeof given === 'function' ? {} : (given ?? {});
  if (typeof callback !== 'function') {
    throw codedError('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function', TypeError);
  }
  if (hostname && typeof hostname !== 'string') {
    throw codedError('ERR_INVALID_ARG_TYPE', 'The "hostname" argument must be of type string', TypeError);
  }
  checkLookupOptions(typeof given === 'function' ? undefined : given);
  const tell = (answer: readonly LookupAddress[] | Error): void => {
    process.nextTick(callBack, callback, options.all, answer);
  };
  const family = FAMILIES.get(options.family) ?? options.family;
  const literal = mayBeAddress(hostname) ? isIP(hostname) : 0;
  if (literal !== 0) tell([{ address: hostname, family: literal }]);
  else if (!hostname) tell(lookupError(WSAHOST_NOT_FOUND, String(hostname)));
  else {
    const asked = family === options.family ? options : { ...options, family };
    lookUp(instanceOr(options.ws2), options.chain, hostname, asked, tell);
  }
}

const ignore = (): void => undefined;

/**
 * Refuses options that `dns.lookup` refuses, in the words of Node.js.
 *
 * @throws TypeError with ERR_INVALID_ARG_TYPE or ERR_INVALID_ARG_VALUE
 */
export function checkLookupOptions(options: unknown): void {
  if (options === undefined || options === null) return;
  const { family, hints, all, verbatim, order } = options as Record<string, unknown>;
  const isPlain =
    typeof options === 'object' &&
    (family === undefined || family === 0 || family === 4 || family === 6) &&
    (hints === undefined || hints === 0) &&
    (all === undefined || typeof all === 'boolean') &&
    verbatim === undefined &&
    order === undefined;
  // An address is not looked up, but what goes with it is checked.
  if (!isPlain) dns.lookup('127.0.0.1', options as dns.LookupOptions, ignore);
}

const FAMILIES: ReadonlyMap<unknown, number> = new Map([
  ['IPv4', 4],
  ['IPv6', 6],
]);

function callBack(callback: LookupCallback, all: boolean | undefined, answer: readonly LookupAddress[] | Error): void {
  if (answer instanceof Error) callback(answer, all ? [] : '');
  // The caller's own.
  else if (all)
    callback(
      null,
      answer.map(({ address, family }) => ({ address, family })),
    );
  else callback(null, answer[0]!.address, answer[0]!.family);
}

// Names are much more common: an address of IPv4 begins with a digit, one of IPv6 has a colon.
function mayBeAddress(hostname: string): boolean {
  const first = hostname ? hostname.charCodeAt(0) : 0;
  return (first >= 0x30 && first <= 0x39) || (first !== 0 && hostname.includes(':'));
}

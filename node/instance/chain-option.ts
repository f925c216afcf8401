import {
  AF_INET,
  AF_INET6,
  INSTANCE,
  SOCK_DGRAM,
  SOCK_STREAM,
  WSAEAFNOSUPPORT,
  WSAEPROTONOSUPPORT,
  type Ws2_32,
  type WSAPROTOCOL_INFOW,
} from '../../index.js';
import { nearestName } from '../../spi/nearest-name.js';
import { codedError, systemError, type ChainError } from './errors.js';

/**
 * Which chain to use: a catalog entry, its id, its `szProtocol`, or several of these, of which the first that fits the
 * address family is taken (what `stack` returns will do).
 */
export type ChainChoice = WSAPROTOCOL_INFOW | number | string | readonly (WSAPROTOCOL_INFOW | number | string)[];

/** What everything here takes besides Node.js' own options. */
export interface ChainOptions {
  /** The instance, started; one per thread, made at first use, if absent. */
  ws2?: Ws2_32 | undefined;
  /** The chain; what the catalog gives for TCP if absent. */
  chain?: ChainChoice | undefined;
}

const CARRIES_NONE = new Map([
  [SOCK_STREAM, 'carries no streams: name an entry for TCP'],
  [SOCK_DGRAM, 'carries no datagrams: name an entry for UDP as well'],
]);

const FAMILY_NAMES = new Map([
  [AF_INET, 'IPv4'],
  [AF_INET6, 'IPv6'],
]);

/**
 * Checks a `chain` option before anything is done with it, and gives it back.
 *
 * @throws TypeError (ERR_INVALID_ARG_TYPE) when it cannot name an entry: a layer that was not stacked, a definition,
 *   `true`
 */
export function checkedChain(chain: ChainChoice | null | undefined): ChainChoice | undefined {
  if (chain === undefined || chain === null) return undefined;
  const defects = (isList(chain) ? chain : [chain]).map(defectOf).filter((defect) => defect !== null);
  if (defects.length === 0) return chain;
  throw codedError('ERR_INVALID_ARG_TYPE', `The "chain" option ${defects[0]!}`, TypeError);
}

/**
 * Checks the `ws2` and `chain` of options that have others besides, which are Node.js' own: one whose name is nearly
 * one of these would have everything go over another chain, or another network, and nobody see it.
 *
 * @returns the chain
 * @throws TypeError as `checkedChain`, and for a name that is nearly `chain`, an instance under another name than `ws2`, or one
 *   that is none
 */
export function checkedChainOptions(options: ChainOptions): ChainChoice | undefined {
  const { ws2, chain } = options;
  if (ws2 !== undefined && !isInstance(ws2)) {
    const message = 'The "ws2" option is no instance: give one as createWs2_32 returns it';
    throw codedError('ERR_INVALID_ARG_TYPE', message, TypeError);
  }
  if (chain === undefined || ws2 === undefined) {
    for (const name in options) {
      const meant =
        chain === undefined && isLikeChain(name)
          ? 'chain'
          : ws2 === undefined && isLikeInstance(options, name)
            ? 'ws2'
            : null;
      if (meant === null || !Object.hasOwn(options, name)) continue;
      const message = `The "${name}" option is none: did you mean "${meant}"?`;
      throw codedError('ERR_INVALID_ARG_VALUE', message, TypeError);
    }
  }
  return checkedChain(chain);
}

// Asked of every name of every socket's options: what cannot be it is told by its length.
function isLikeChain(name: string): boolean {
  return name.length > 3 && name.length < 8 && name !== 'chain' && nearestName(name, CHAIN) !== null;
}

const CHAIN = ['chain'];

// By what it is: others may have options of such a name.
function isInstance(value: unknown): value is Ws2_32 {
  return typeof (value as Partial<Ws2_32> | null | undefined)?.WSASetEvent === 'function';
}

function isLikeInstance(options: object, name: string): boolean {
  return name !== 'ws2' && /^(ws|inst)/i.test(name) && isInstance((options as Record<string, unknown>)[name]);
}

/**
 * Reads a chain from one text, as environment variables and command lines have it.
 *
 * @param text entries by their numbers or their protocols' names, with `;` between them
 * @returns `undefined` for what the catalog gives, when there is no text
 */
export function chainNamed(text: string | undefined): ChainChoice | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return text.split(';').map((each) => (/^\s*\d+\s*$/.test(each) ? Number(each) : each.trim()));
}

/** Why a value cannot be a chain: the end of a sentence; `null` when it can. */
function defectOf(chain: unknown): string | null {
  if (typeof chain === 'string' || typeof chain === 'number') return null;
  if (typeof chain === 'object' && chain !== null && !Array.isArray(chain)) {
    const { ProtocolChain, WSPStartup, name } = chain as Record<string, unknown>;
    if (typeof ProtocolChain === 'object' && ProtocolChain !== null) return null;
    if (typeof WSPStartup === 'function') {
      return `is the layer "${String(name)}", not a chain: stack(ws2, [layer]) makes chains of it`;
    }
    if (typeof name === 'string') {
      return `is the object "${name}", not a chain: stack(ws2, [defineLayer(…)]) makes chains of a definition`;
    }
  }
  const kind = chain === null ? 'null' : Array.isArray(chain) ? 'an array in an array' : `of type ${typeof chain}`;
  return `is ${kind}: give an entry, its id or its szProtocol, or an array of these, such as \`stack\` returns`;
}

/** A chain choice as text, for messages and for keys of connection pools. */
export function describeChain(chain: ChainChoice | undefined): string {
  if (chain === undefined) return '';
  if (typeof chain === 'string') return JSON.stringify(chain);
  if (typeof chain === 'number') return String(chain);
  if (isList(chain)) return chain.map(describeChain).join(', ');
  return `${JSON.stringify(chain.szProtocol)} (${chain.dwCatalogEntryId})`;
}

/**
 * Finds the catalog entry that a chain choice means for an address family.
 *
 * @param type SOCK_STREAM or SOCK_DGRAM
 * @returns the entry; `null` when there is no choice, so that the catalog's order decides; an error that names the
 *   cause and the cure when the choice fits nothing
 */
export function resolveChain(
  ws2: Ws2_32,
  chain: ChainChoice | undefined,
  family: number,
  type: number = SOCK_STREAM,
): WSAPROTOCOL_INFOW | null | ChainError {
  if (chain === undefined) return null;
  const named = entriesOf(ws2, chain);
  if (named.length === 0) return chainError(WSAEPROTONOSUPPORT, chain, notFound(ws2, chain));
  const ofType = named.filter((entry) => entry.iSocketType === type && entry.ProtocolChain.ChainLen > 0);
  if (ofType.length === 0) {
    const layer = named.some((entry) => entry.ProtocolChain.ChainLen === 0);
    return chainError(
      WSAEPROTONOSUPPORT,
      chain,
      layer ? 'is a layer by itself: name a chain that it is part of' : CARRIES_NONE.get(type)!,
    );
  }
  const fitting = ofType.find((entry) => entry.iAddressFamily === family);
  if (fitting !== undefined) return fitting;
  const wanted = FAMILY_NAMES.get(family) ?? `address family ${family}`;
  return chainError(
    WSAEAFNOSUPPORT,
    chain,
    `does not carry ${wanted}: use an address of its own family, or name a chain for ${wanted} as well, in an array`,
  );
}

/** The address families that a chain choice carries, in its order; both when there is no choice. */
export function familiesOf(ws2: Ws2_32, chain: ChainChoice | undefined): readonly number[] {
  if (chain === undefined) return BOTH_FAMILIES;
  const families = entriesOf(ws2, chain)
    .filter((entry) => entry.iSocketType === SOCK_STREAM && entry.ProtocolChain.ChainLen > 0)
    .map((entry) => entry.iAddressFamily);
  return [...new Set(families)];
}

const BOTH_FAMILIES: readonly number[] = [AF_INET6, AF_INET];

function entriesOf(ws2: Ws2_32, chain: ChainChoice): WSAPROTOCOL_INFOW[] {
  if (isList(chain)) return chain.flatMap((each) => entriesOf(ws2, each));
  if (typeof chain === 'object') return [chain];
  return ws2[INSTANCE].providerHost
    .catalogEntries()
    .filter((entry) => (typeof chain === 'number' ? entry.dwCatalogEntryId : entry.szProtocol) === chain);
}

function isList(chain: ChainChoice): chain is readonly (WSAPROTOCOL_INFOW | number | string)[] {
  return Array.isArray(chain);
}

function notFound(ws2: Ws2_32, chain: ChainChoice): string {
  const entries = ws2[INSTANCE].providerHost
    .catalogEntries()
    .filter((entry) => entry.iSocketType === SOCK_STREAM && entry.ProtocolChain.ChainLen > 0);
  const known = entries.map(describeChain).join(', ') || 'no entry for TCP';
  const names = entries.map(({ szProtocol }) => szProtocol);
  const nearest = (isList(chain) ? chain : [chain])
    .map((each) => nearestName(each, names))
    .find((each) => each !== null);
  const advice = nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
  return `is not in the catalog of this instance, which has ${known}${advice}`;
}

function chainError(wsaError: number, chain: ChainChoice, what: string): ChainError {
  const error = systemError(wsaError, 'socket');
  error.message = `socket ${error.code}: the chain ${describeChain(chain)} ${what}`;
  return error;
}

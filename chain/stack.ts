import { randomUUID } from 'node:crypto';
import {
  AF_INET,
  AF_INET6,
  BASE_PROTOCOL,
  INSTANCE,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LAYERED_PROTOCOL,
  MAX_PROTOCOL_CHAIN,
  PFL_HIDDEN,
  PFL_MATCHES_PROTOCOL_ZERO,
  SOCK_DGRAM,
  SOCK_STREAM,
  WSAPROTOCOL_LEN,
  XP1_IFS_HANDLES,
  type ProviderRegistry,
  type WSAPROTOCOL_INFO,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';
import { nearestNameAdvice } from '../spi/nearest-name.js';
import { kindOf } from '../spi/answers.js';
import type { Layer } from './define-layer.js';

/** An instance, as far as stacking needs one. */
export interface StackableInstance {
  readonly [INSTANCE]: ProviderRegistry;
}

/** How layers are stacked. */
export interface StackOptions {
  /**
   * What to stack over: an entry, a catalog id, or an entry's `szProtocol`; `tcp` or `udp`, the base entries for it over IPv4
   * and IPv6; or several of these. `tcp` if absent.
   */
  readonly over?: EntryReference | readonly EntryReference[];
  /** `szProtocol` of the new entries; by default made from the layers' names. */
  readonly name?: string;
  /**
   * Whether the new entries stand before all others, so that sockets which name no entry are opened on them, those of name spaces too;
   * false if absent.
   */
  readonly first?: boolean;
}

/** A catalog entry, by itself, its id or its `szProtocol`. */
export type EntryReference = WSAPROTOCOL_INFO | number | string;

/** What one call of `stack` added, and how many of its chains are left. */
interface Addition {
  readonly names: string[];
  readonly ids: number[];
  users: number;
}

/** What `stack` added, so that `unstack` can take it all away. */
const additions = new WeakMap<ProviderRegistry, Map<number, Addition>>();

/**
 * Stacks layers over entries of the catalog, for one instance and until `unstack`; nothing is saved.
 *
 * @param ws2 the instance
 * @param layers the layers, the outermost first; seven at most, with those of what they are stacked over
 * @param options what to stack over, and the name
 * @returns the new entries, one per entry stacked over: for `WSASocket`, and for the `chain` option of `ws2spi/node`
 * @throws RangeError when there would be more than seven layers, or one twice, or there is nothing to stack over; TypeError
 *   when the arguments are not an instance, an array of layers and options
 */
export function stack(
  ws2: StackableInstance,
  layers: readonly Layer[],
  options: StackOptions = {},
): WSAPROTOCOL_INFO[] {
  const registry = registryOf('stack', ws2);
  checkLayers(layers);
  checkOptions(options);
  if (layers.length === 0) throw new RangeError('stack: there must be at least one layer');
  if (new Set(layers).size !== layers.length) throw new RangeError('stack: a chain may not name the same layer twice');
  const targets = findTargets(registry, options.over);
  for (const target of targets) {
    const count = layers.length + countLayers(registry, target);
    if (count > MAX_PROTOCOL_CHAIN) {
      throw new RangeError(
        `stack: ${layers.length} layers over "${target.szProtocol}" make ${count}; at most ${MAX_PROTOCOL_CHAIN} are allowed`,
      );
    }
  }
  const names: string[] = [];
  const added: number[] = [];
  const layerIds = layers.map((layer) => {
    const providerId = newGuid();
    const name = `layer/${layer.name}/${providerId}`;
    registry.bindProvider(name, layer);
    names.push(name);
    const [entry] = registry.addEntries([{ path: `di:${name}`, entry: layerEntry(layer, providerId, targets[0]!) }]);
    added.push(entry!.dwCatalogEntryId);
    return entry!.dwCatalogEntryId;
  });
  const addChain = (
    from: number,
    to: number,
    name: string,
    flags: number,
    below: readonly number[],
    target: WSAPROTOCOL_INFOW,
  ): WSAPROTOCOL_INFOW => {
    const ifs = layers.slice(from).every((layer) => layer.ifs);
    const template = {
      ...target,
      dwProviderFlags: target.dwProviderFlags | flags,
      dwServiceFlags1: layers.slice(from).reduce(withServices, target.dwServiceFlags1),
    };
    const chain = chainEntry(name, ifs, [...layerIds.slice(from, to), ...below], template);
    return registry.addEntries([{ path: `di:${names[from]}`, entry: chain }], options.first)[0]!;
  };
  const chains = targets.map((target) => {
    const title = (from: number): string =>
      `${layers
        .slice(from)
        .map((layer) => layer.name)
        .join(' over ')} over [${target.szProtocol}]`;
    let below = membersOf(target);
    let to = layers.length;
    if (to + below.length > MAX_PROTOCOL_CHAIN && below.length > 1) below = [target.dwCatalogEntryId];
    // A chain has seven members with its base. What does not fit goes on top, over a chain that nobody else sees.
    if (to + below.length > MAX_PROTOCOL_CHAIN) {
      const from = to + below.length - MAX_PROTOCOL_CHAIN;
      const inner = addChain(from, to, title(from), PFL_HIDDEN, below, target);
      added.push(inner.dwCatalogEntryId);
      below = [inner.dwCatalogEntryId];
      to = from;
    }
    return addChain(0, to, options.name ?? title(0), 0, below, target);
  });
  remember(registry, chains, names, added);
  return chains;
}

/**
 * Removes what `stack` added. Sockets that are open stay open.
 *
 * @param ws2 the instance
 * @param entries the entries that `stack` returned, or some of them
 */
export function unstack(ws2: StackableInstance, entries: readonly WSAPROTOCOL_INFO[]): void {
  const registry = registryOf('unstack', ws2);
  if (!Array.isArray(entries)) {
    throw new TypeError(`unstack: the entries come in an array, as \`stack\` returns them, not as ${kindOf(entries)}`);
  }
  const known = additions.get(registry);
  registry.removeEntries(entries.map((entry) => entry.dwCatalogEntryId));
  for (const entry of entries) {
    const group = known?.get(entry.dwCatalogEntryId);
    if (group === undefined) continue;
    known!.delete(entry.dwCatalogEntryId);
    if (--group.users > 0) continue;
    registry.removeEntries(group.ids);
    for (const name of group.names) registry.unbindProvider(name);
  }
}

function remember(
  registry: ProviderRegistry,
  chains: readonly WSAPROTOCOL_INFO[],
  names: string[],
  ids: number[],
): void {
  const known = additions.get(registry) ?? new Map<number, Addition>();
  additions.set(registry, known);
  const group: Addition = { names, ids, users: chains.length };
  for (const chain of chains) known.set(chain.dwCatalogEntryId, group);
}

function registryOf(caller: string, ws2: unknown): ProviderRegistry {
  const registry = (ws2 as Partial<StackableInstance> | null | undefined)?.[INSTANCE];
  if (registry === undefined) {
    throw new TypeError(
      `${caller}: the first argument is the instance, as createWs2_32 returns it, not ${kindOf(ws2)}`,
    );
  }
  return registry;
}

function checkLayers(layers: unknown): asserts layers is readonly Layer[] {
  if (!Array.isArray(layers)) {
    const cure = isLayer(layers) ? ': write stack(ws2, [layer])' : '';
    throw new TypeError(`stack: the layers come in an array, not as ${kindOf(layers)}${cure}`);
  }
  layers.forEach((layer: unknown, index) => {
    if (isLayer(layer)) return;
    const cure =
      typeof layer === 'object' && layer !== null && 'name' in layer ? ': defineLayer makes a layer of it' : '';
    throw new TypeError(`stack: layers[${index}] is ${kindOf(layer)}, not a layer${cure}`);
  });
}

function isLayer(value: unknown): value is Layer {
  if (typeof value !== 'object' || value === null) return false;
  const { name, WSPStartup } = value as Partial<Layer>;
  return typeof name === 'string' && typeof WSPStartup === 'function';
}

const OPTIONS = ['over', 'name', 'first'];

function checkOptions(options: unknown): asserts options is StackOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`stack: the options are an object such as { over: 'TCP/IP' }, not ${kindOf(options)}`);
  }
  for (const option of Object.keys(options)) {
    if (!OPTIONS.includes(option)) {
      throw new TypeError(`stack: there is no option "${option}"${nearestNameAdvice(option, OPTIONS)}`);
    }
  }
  const { name, first } = options as { name?: unknown; first?: unknown };
  if (first !== undefined && typeof first !== 'boolean') throw new TypeError('stack: `first` is true or false');
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw new TypeError('stack: the name of the new entries is a string that is not empty');
  }
}

function findTargets(registry: ProviderRegistry, over: StackOptions['over']): WSAPROTOCOL_INFOW[] {
  const entries = registry.catalog.entries();
  if (Array.isArray(over) && over.length === 0)
    throw new RangeError("stack: `over` is an empty list: there is nothing to stack over; it is 'tcp' if left out");
  const references = (Array.isArray(over) ? over : [over ?? 'tcp']) as readonly EntryReference[];
  return references.flatMap((reference) => {
    const found = entries.filter((entry) => isMeant(entry, reference));
    const protocol = found.length === 0 && Object.hasOwn(PROTOCOLS, reference as string) ? (reference as string) : null;
    if (protocol !== null) {
      const bases = [AF_INET, AF_INET6].flatMap((family) => entries.find(isBase(PROTOCOLS[protocol]!, family)) ?? []);
      if (bases.length > 0) return bases;
      throw new RangeError(
        `stack: the catalog has no base entry for ${protocol.toUpperCase()}; name one with \`over\``,
      );
    }
    const usable = found.filter((entry) => entry.ProtocolChain.ChainLen !== LAYERED_PROTOCOL);
    if (usable.length === 0) {
      const names = entries
        .filter((entry) => entry.ProtocolChain.ChainLen !== LAYERED_PROTOCOL)
        .map((e) => e.szProtocol);
      const words = new Set([...Object.keys(PROTOCOLS), ...names]);
      const advice = typeof reference === 'string' ? nearestNameAdvice(reference, words) : '';
      throw new RangeError(`stack: the catalog has no entry ${describeReference(reference)} to stack over${advice}`);
    }
    return usable;
  });
}

/** The protocols that `over` takes by a word: kind of socket, and number. */
const PROTOCOLS: Readonly<Record<string, readonly [type: number, protocol: number]>> = {
  tcp: [SOCK_STREAM, IPPROTO_TCP],
  udp: [SOCK_DGRAM, IPPROTO_UDP],
};

function isBase([type, protocol]: readonly [number, number], family: number) {
  return (entry: WSAPROTOCOL_INFOW): boolean =>
    entry.ProtocolChain.ChainLen === BASE_PROTOCOL &&
    entry.iAddressFamily === family &&
    entry.iSocketType === type &&
    entry.iProtocol === protocol;
}

function isMeant(entry: WSAPROTOCOL_INFOW, reference: EntryReference): boolean {
  if (typeof reference === 'string') return entry.szProtocol === reference;
  if (typeof reference === 'number') return entry.dwCatalogEntryId === reference;
  return entry.dwCatalogEntryId === (reference as WSAPROTOCOL_INFO | null | undefined)?.dwCatalogEntryId;
}

function describeReference(reference: EntryReference): string {
  if (typeof reference === 'string' || typeof reference === 'number') return JSON.stringify(reference);
  if (isLayer(reference)) return `for a layer by itself ("${reference.name}")`;
  const name = (reference as WSAPROTOCOL_INFO | null | undefined)?.szProtocol;
  return typeof name === 'string' ? `"${name}"` : `for ${kindOf(reference)}`;
}

function newGuid(): string {
  return randomUUID().toUpperCase();
}

/** The entry that stands for a layer alone: a copy of what it is stacked over, hidden, matching nothing. */
function layerEntry(layer: Layer, providerId: string, target: WSAPROTOCOL_INFOW): WSAPROTOCOL_INFOW {
  return {
    ...target,
    dwServiceFlags1: withIfs(withServices(target.dwServiceFlags1, layer), layer.ifs),
    dwProviderFlags: (target.dwProviderFlags | PFL_HIDDEN) & ~PFL_MATCHES_PROTOCOL_ZERO,
    ProviderId: providerId,
    dwCatalogEntryId: 0,
    ProtocolChain: { ChainLen: LAYERED_PROTOCOL, ChainEntries: [] },
    szProtocol: layer.name,
  };
}

/** What a chain over an entry has below its own layers. */
function membersOf(target: WSAPROTOCOL_INFOW): number[] {
  const { ChainLen, ChainEntries } = target.ProtocolChain;
  return ChainLen === BASE_PROTOCOL ? [target.dwCatalogEntryId] : ChainEntries.slice(0, ChainLen);
}

/** The layers of an entry, with those of a chain that its chain ends in. */
function countLayers(registry: ProviderRegistry, target: WSAPROTOCOL_INFOW): number {
  const { ChainLen, ChainEntries } = target.ProtocolChain;
  if (ChainLen <= BASE_PROTOCOL) return 0;
  const end = registry.catalog.entries().find((entry) => entry.dwCatalogEntryId === ChainEntries[ChainLen - 1]);
  return ChainLen - 1 + (end === undefined ? 0 : countLayers(registry, end));
}

function chainEntry(name: string, ifs: boolean, ChainEntries: number[], target: WSAPROTOCOL_INFOW): WSAPROTOCOL_INFOW {
  return {
    ...target,
    dwServiceFlags1: withIfs(target.dwServiceFlags1, ifs && (target.dwServiceFlags1 & XP1_IFS_HANDLES) !== 0),
    // Each chain has a provider GUID of its own: a layer builds a different procedure table for each.
    ProviderId: newGuid(),
    dwCatalogEntryId: 0,
    ProtocolChain: { ChainLen: ChainEntries.length, ChainEntries },
    szProtocol: name.slice(0, WSAPROTOCOL_LEN),
  };
}

function withIfs(flags: number, ifs: boolean): number {
  return (ifs ? flags | XP1_IFS_HANDLES : flags & ~XP1_IFS_HANDLES) >>> 0;
}

function withServices(flags: number, layer: Layer): number {
  return (flags | (layer.services ?? 0)) >>> 0;
}

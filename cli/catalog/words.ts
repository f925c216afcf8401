// How people name entries, layers, programs and categories.
import { resolve } from 'node:path';
import {
  firstOfEach,
  layerBehind,
  openableEntries,
  type CatalogData,
  type CatalogProtocol,
} from '../../catalog/index.js';
import {
  GUID,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LAYERED_PROTOCOL,
  LSP_CRYPTO_COMPRESS,
  LSP_FIREWALL,
  LSP_INBOUND_MODIFY,
  LSP_INSPECTOR,
  LSP_LOCAL_CACHE,
  LSP_OUTBOUND_MODIFY,
  LSP_PROXY,
  LSP_REDIRECTOR,
  LSP_SYSTEM,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
} from '../../spi/index.js';
import { nearestNameAdvice } from '../../spi/nearest-name.js';
import { UsageError } from '../command.js';
import { CatalogWordError } from './catalog-word-error.js';

/** Categories by the words that stand for them. */
const CATEGORIES: Readonly<Record<string, number>> = {
  system: LSP_SYSTEM,
  inspector: LSP_INSPECTOR,
  redirector: LSP_REDIRECTOR,
  proxy: LSP_PROXY,
  firewall: LSP_FIREWALL,
  'inbound-modify': LSP_INBOUND_MODIFY,
  'outbound-modify': LSP_OUTBOUND_MODIFY,
  'crypto-compress': LSP_CRYPTO_COMPRESS,
  'local-cache': LSP_LOCAL_CACHE,
};

/** The words that `--is` and `--permit` take. */
export const CATEGORY_WORDS: readonly string[] = [...Object.keys(CATEGORIES), 'none'];

/** Reads categories: words separated by commas, `none`, or a number. */
export function categoriesIn(option: string, text: string): number {
  if (/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) && Number(text) <= 0xffffffff) return Number(text);
  return text.split(',').reduce((mask, word) => {
    if (word === 'none') return mask;
    const category = Object.hasOwn(CATEGORIES, word) ? CATEGORIES[word] : undefined;
    if (category === undefined) {
      throw new UsageError(`--${option}: there is no category "${word}"${nearestNameAdvice(word, CATEGORY_WORDS)}`);
    }
    return (mask | category) >>> 0;
  }, 0);
}

/** Categories in words. */
export function categoryNames(mask: number): string {
  const names = Object.entries(CATEGORIES).flatMap(([name, bit]) => ((mask & bit) === 0 ? [] : [name]));
  const known = Object.values(CATEGORIES).reduce((all, bit) => all | bit, 0);
  const others = (mask & ~known) >>> 0;
  return [...names, ...(others === 0 ? [] : [`0x${others.toString(16)}`])].join(', ') || 'none';
}

/** The kinds of entries that `--over` takes by a word. */
const KINDS: Readonly<Record<string, (item: CatalogProtocol) => boolean>> = {
  tcp: ({ entry }) => entry.iSocketType === SOCK_STREAM && entry.iProtocol === IPPROTO_TCP,
  udp: ({ entry }) => entry.iSocketType === SOCK_DGRAM && entry.iProtocol === IPPROTO_UDP,
  raw: ({ entry }) => entry.iSocketType === SOCK_RAW,
  all: () => true,
};

/** The words that `--over` takes, beside identifiers and names. */
export const KIND_WORDS: readonly string[] = Object.keys(KINDS);

/** What a layer is to lie over: of a kind the entries that sockets are opened on now, else the entry that is named. */
export function targetsOf(data: CatalogData, words: readonly string[]): CatalogProtocol[] {
  const openable = openableEntries(data);
  const found = words.flatMap((word) => {
    const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
    const items =
      kind === undefined
        ? openable.filter(({ entry }) => `${entry.dwCatalogEntryId}` === word || entry.szProtocol === word).slice(0, 1)
        : firstOfEach(openable).filter(kind);
    if (items.length > 0) return items;
    throw new CatalogWordError(`there is nothing ${word} to lie over${whyNot(data, word)}`);
  });
  return [...new Set(found)];
}

function whyNot(data: CatalogData, word: string): string {
  const named = data.protocols.find(({ entry }) => `${entry.dwCatalogEntryId}` === word || entry.szProtocol === word);
  if (named === undefined) return `; --over takes ${KIND_WORDS.join(', ')}, or an entry's id or name (ws2spi catalog)`;
  return named.entry.ProtocolChain.ChainLen === LAYERED_PROTOCOL
    ? `: it is a layer by itself; name one of its chains (ws2spi catalog map)`
    : `: it cannot be used; ws2spi catalog verify says why`;
}

/**
 * The layer that is meant: by the identifier of its own entry or of one of its chains, its name, its GUID or its module.
 *
 * @throws CatalogWordError when there is none, or several
 */
export function layerOf(data: CatalogData, word: string): CatalogProtocol {
  const layers = data.protocols.filter(({ entry }) => entry.ProtocolChain.ChainLen === LAYERED_PROTOCOL);
  const path = resolve(word);
  const isMeant = ({ entry, path: module }: CatalogProtocol): boolean =>
    entry.szProtocol === word ||
    entry.ProviderId === GUID.parse(word) ||
    module === word ||
    module === `file://${path}`;
  const byId = data.protocols.find(({ entry }) => `${entry.dwCatalogEntryId}` === word);
  const behind = byId === undefined ? null : layerBehind(data, byId);
  const found = behind === null ? layers.filter(isMeant) : [behind];
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const ids = found.map(({ entry }) => `${entry.dwCatalogEntryId} "${entry.szProtocol}"`).join(', ');
    throw new CatalogWordError(`"${word}" may be each of several layers: ${ids}; give its id`);
  }
  if (byId !== undefined) {
    throw new CatalogWordError(`entry ${word} "${byId.entry.szProtocol}" is a base protocol, not a layer`);
  }
  const names = layers.map(({ entry }) => entry.szProtocol);
  const advice = names.length === 0 ? '; none is installed' : nearestNameAdvice(word, names);
  throw new CatalogWordError(`there is no layer "${word}"${advice}`);
}

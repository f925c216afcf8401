// The catalog as one instance sees it.
import { PFL_HIDDEN, WSANO_RECOVERY, type GUID, type QosTemplate, type WSAPROTOCOL_INFOW } from '../spi/index.js';
import { categoriesOfProviders, checkCategories, isPermitted, permittedBy } from './categories.js';
import { checkNameSpaces, checkProtocols, layersOf } from './check.js';
import { matchProtocol, type MatchResult } from './match.js';
import { CatalogError, type CatalogProblem } from './problem.js';
import { mainProgram, type Program } from './program.js';
import { qosTemplatesOf } from './qos-templates.js';
import { FIRST_TRANSIENT_ENTRY_ID } from './rules.js';
import { type CatalogData, type CatalogNameSpace, type CatalogProtocol } from './schema.js';
import type { CatalogStore } from './store.js';

/** What a match in an instance's catalog gives: as `MatchResult`, with the damage that is to blame for the error. */
export type InstanceMatch = MatchResult & { readonly problem?: CatalogProblem };

/**
 * What one WS2_32 instance sees of the catalog: a snapshot, which other processes' changes leave alone until `refresh`,
 * and the instance's own transient entries behind it, or before it.
 */
export class InstanceCatalog {
  readonly #store: CatalogStore;
  readonly #trusting: boolean;
  readonly #program: () => Program | null;
  // What the program permits of layers; `undefined` before it was looked up, `null` when the catalog says nothing of it.
  #permitted: number | null | CatalogProblem | undefined;
  #saved: CatalogData | null = null;
  #transient: CatalogProtocol[] = [];
  /** Those that stand before the entries of the store. */
  readonly #isFirst = new WeakSet<CatalogProtocol>();
  #transientNameSpaces: { readonly item: CatalogNameSpace; readonly isFirst: boolean }[] = [];
  #nextTransientId = FIRST_TRANSIENT_ENTRY_ID;
  #fileProblem: CatalogProblem | null = null;
  #serial = 0;
  // Made from the above whenever it changes.
  #items: readonly CatalogProtocol[] = [];
  #entries: readonly WSAPROTOCOL_INFOW[] = [];
  #byId = new Map<number, CatalogProtocol>();
  #problems = new Map<WSAPROTOCOL_INFOW, CatalogProblem>();
  // Chains with a layer that the program does not permit.
  #leftOut = new Set<WSAPROTOCOL_INFOW>();
  #candidates: readonly WSAPROTOCOL_INFOW[] = [];
  #nameSpaces: readonly CatalogNameSpace[] = [];

  /**
   * Begins empty: `refresh` takes the first snapshot.
   *
   * @param store where the catalog is
   * @param trusting whether a catalog is used although others may write it
   * @param program which program this is; asked at most once, and only when the catalog has something to say of programs
   */
  constructor(store: CatalogStore, trusting = false, program: () => Program | null = mainProgram) {
    this.#store = store;
    this.#trusting = trusting;
    this.#program = program;
  }

  /** Where the catalog is kept. */
  get store(): CatalogStore {
    return this.#store;
  }

  /** The serial number of the snapshot; 0 before the first. */
  get serial(): number {
    return this.#serial;
  }

  /** Why the last `refresh` failed, or `null`. */
  get problem(): CatalogProblem | null {
    return this.#fileProblem;
  }

  /** Everything that is wrong with the snapshot's entries, or with the catalog as a whole. */
  get problems(): readonly CatalogProblem[] {
    const nameSpaces = this.#saved === null ? [] : checkNameSpaces(this.#saved.nameSpaces, this.#store.path).values();
    const whole = this.#fileProblem === null ? [] : [this.#fileProblem];
    const categories = this.#saved === null ? [] : checkCategories(this.#saved, this.#store.path);
    return [...whole, ...this.#problems.values(), ...nameSpaces, ...categories];
  }

  /**
   * Takes a new snapshot. When the catalog as a whole is unusable, or others may write it, an instance that had a
   * snapshot keeps it.
   *
   * @returns 0, or WSANO_RECOVERY, with the reason in `problem`
   */
  refresh(): number {
    try {
      const doubt = this.#trusting ? null : (this.#store.distrust?.('run') ?? null);
      if (doubt !== null) throw new CatalogError(doubt);
      const data = this.#store.read();
      this.#fileProblem = null;
      this.#saved = data;
      this.#serial = data.serial;
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      this.#fileProblem = error;
    }
    this.#index();
    return this.#fileProblem?.code ?? 0;
  }

  /**
   * Looks up which categories of layers the program permits, once: later changes are for later instances (specification:
   * WSCSetApplicationCategory).
   */
  settlePermitted(): void {
    if (this.#permitted !== undefined || this.#saved === null) return;
    const program = this.#saved.categories?.applications === undefined ? null : this.#program();
    this.#permitted = program === null ? null : permittedBy(this.#saved, program, this.#store.path);
    if (this.#permitted !== null) this.#index();
  }

  /** Whether an entry is a chain with a layer that the program does not permit: for the program it is not there. */
  isLeftOut(entry: WSAPROTOCOL_INFOW): boolean {
    return this.#leftOut.has(entry);
  }

  /**
   * Adds entries that only this instance sees, and that are never saved.
   *
   * @param protocols entries with the paths of their providers; copied, and given identifiers from 0x40000001 on.
   *   Chains name identifiers, so a layered protocol is added before the chains that name it
   * @param isFirst whether they stand before all others, so that sockets which name no entry are opened on them
   * @returns the entries as they are in the catalog now
   */
  addTransient(protocols: readonly CatalogProtocol[], isFirst = false): WSAPROTOCOL_INFOW[] {
    const added = protocols.map(({ path, entry }) => ({
      path,
      entry: { ...structuredClone(entry), dwCatalogEntryId: this.#nextTransientId++ },
    }));
    this.#transient.push(...added);
    if (isFirst) for (const item of added) this.#isFirst.add(item);
    this.#index();
    return added.map((item) => item.entry);
  }

  /** Removes transient entries by their identifiers; others are left alone. */
  removeTransient(ids: Iterable<number>): void {
    const gone = new Set(ids);
    this.#transient = this.#transient.filter((item) => !gone.has(item.entry.dwCatalogEntryId));
    this.#index();
  }

  /**
   * Adds a name-space provider that only this instance sees, and that is never saved.
   *
   * @param item its entry; copied
   * @param isFirst whether it is asked before the others, or after them
   */
  addTransientNameSpace(item: CatalogNameSpace, isFirst: boolean): void {
    const added = { item: { path: item.path, info: { ...item.info } }, isFirst };
    if (isFirst) this.#transientNameSpaces.unshift(added);
    else this.#transientNameSpaces.push(added);
    this.#index();
  }

  /** Removes a transient name-space provider by its GUID; others are left alone. */
  removeTransientNameSpace(providerId: GUID): void {
    const isOther = ({ item }: { readonly item: CatalogNameSpace }): boolean => item.info.NSProviderId !== providerId;
    this.#transientNameSpaces = this.#transientNameSpaces.filter(isOther);
    this.#index();
  }

  /** The templates of quality of service of a provider, as they are in the store now; none when that cannot be read. */
  qosTemplates(providerId: GUID): QosTemplate[] {
    try {
      return qosTemplatesOf(this.#store.read().qosTemplates, providerId);
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      return [];
    }
  }

  /** The transient entries with the paths of their providers. */
  transient(): readonly CatalogProtocol[] {
    return this.#transient;
  }

  /** Every entry, usable or not, in catalog order. */
  entries(): readonly WSAPROTOCOL_INFOW[] {
    return this.#entries;
  }

  /** What `WSAEnumProtocols` shows: usable base protocols and chains that are neither hidden nor left out. */
  visibleEntries(): readonly WSAPROTOCOL_INFOW[] {
    return this.#candidates.filter(
      (entry) =>
        entry.ProtocolChain.ChainLen !== 0 && (entry.dwProviderFlags & PFL_HIDDEN) === 0 && !this.#problems.has(entry),
    );
  }

  /** The entry with this identifier, usable or not; the first if there are several. */
  entry(id: number): WSAPROTOCOL_INFOW | undefined {
    return this.#byId.get(id)?.entry;
  }

  /** Why the entry with this identifier cannot be used, or `null`. */
  problemOf(id: number): CatalogProblem | null {
    const entry = this.entry(id);
    return entry === undefined ? null : (this.#problems.get(entry) ?? null);
  }

  /** The path of a provider, by its GUID in any case; a damaged entry gives none. */
  pathOf(providerId: string): string | undefined {
    const wanted = providerId.toUpperCase();
    return this.#items.find((item) => item.entry.ProviderId === wanted && item.damaged === undefined)?.path;
  }

  /** The path of the provider of one entry; `undefined` for an unknown or damaged entry. */
  pathOfEntry(id: number): string | undefined {
    const item = this.#byId.get(id);
    return item === undefined || item.damaged !== undefined ? undefined : item.path;
  }

  /**
   * Finds the entry that `socket` names, as `matchProtocol`. An unusable entry matches like a usable one and fails the
   * call: traffic never goes around a layer because its chain is broken. A chain that is left out matches nothing.
   *
   * @returns the entry; or an error as `matchProtocol`, WSAEINVALIDPROVIDER for an unusable entry, or WSANO_RECOVERY
   *   when the catalog as a whole is unusable; `problem` says why
   */
  match(af: number, type: number, protocol: number, startAfterId?: number): InstanceMatch {
    if (this.#saved === null && this.#fileProblem !== null) {
      return { error: WSANO_RECOVERY, problem: this.#fileProblem };
    }
    const result = matchProtocol(this.#candidates, af, type, protocol, startAfterId);
    if (result.error !== undefined) return result;
    const problem = this.#problems.get(result.entry);
    return problem === undefined ? result : { error: problem.code, problem };
  }

  /** The usable name-space entries, in catalog order, disabled ones too. */
  nameSpaces(): readonly CatalogNameSpace[] {
    return this.#nameSpaces;
  }

  #index(): void {
    const found = this.#saved?.protocols ?? [];
    const first = this.#transient.filter((item) => this.#isFirst.has(item));
    const last = this.#transient.filter((item) => !this.#isFirst.has(item));
    this.#items = [...first, ...found, ...last];
    const byId = new Map<number, CatalogProtocol>();
    for (const item of this.#items) {
      if (!byId.has(item.entry.dwCatalogEntryId)) byId.set(item.entry.dwCatalogEntryId, item);
    }
    for (const item of found) if (item.damaged !== undefined) completeFromBase(item, byId);
    this.#byId = byId;
    this.#entries = this.#items.map((item) => item.entry);
    const problems = checkProtocols(this.#items, this.#store.path);
    this.#problems = new Map([...problems].map(([item, problem]) => [item.entry, problem]));
    this.#leaveOut(found);
    const nameSpaces = this.#saved?.nameSpaces ?? [];
    const unusable = checkNameSpaces(nameSpaces, this.#store.path);
    const added = (first: boolean): CatalogNameSpace[] =>
      this.#transientNameSpaces.filter(({ isFirst }) => isFirst === first).map(({ item }) => item);
    this.#nameSpaces = [...added(true), ...nameSpaces.filter((item) => !unusable.has(item)), ...added(false)];
  }

  // The instance's own entries are its program's own wish; and a chain that is broken is refused, not gone around.
  #leaveOut(found: readonly CatalogProtocol[]): void {
    this.#leftOut = new Set();
    this.#candidates = this.#entries;
    const permitted = this.#permitted ?? 0;
    if (permitted === 0) return;
    const categoriesOf = categoriesOfProviders(this.#saved!, this.#store.path);
    for (const item of found) {
      const { entry } = item;
      if (entry.ProtocolChain.ChainLen < 2 || this.#problems.has(entry)) continue;
      const layers = layersOf(item, this.#byId).slice(0, -1);
      const problem = typeof permitted === 'number' ? this.#judge(entry, layers, permitted, categoriesOf) : permitted;
      if (problem !== null) this.#problems.set(entry, problem);
    }
    if (this.#leftOut.size > 0) this.#candidates = this.#entries.filter((entry) => !this.#leftOut.has(entry));
  }

  // Leaves a chain out if one of its layers is not permitted; or says why that cannot be told.
  #judge(
    entry: WSAPROTOCOL_INFOW,
    layers: readonly CatalogProtocol[],
    permitted: number,
    categoriesOf: ReturnType<typeof categoriesOfProviders>,
  ): CatalogProblem | null {
    for (const { entry: layer } of layers) {
      const categories = categoriesOf(layer.ProviderId);
      if (typeof categories !== 'number') return categories;
      if (!isPermitted(permitted, categories)) this.#leftOut.add(entry);
    }
    return null;
  }
}

// A chain whose family, type or protocol cannot be read has those of its base protocol: whoever asks for them is
// refused, instead of being led around the chain.
function completeFromBase(item: CatalogProtocol, byId: ReadonlyMap<number, CatalogProtocol>): void {
  const { ChainLen, ChainEntries } = item.entry.ProtocolChain;
  const base = ChainLen > 1 ? byId.get(ChainEntries[ChainLen - 1] ?? 0)?.entry : undefined;
  const raw = item.damaged?.raw as { entry?: Record<string, unknown> } | undefined;
  if (base === undefined) return;
  for (const member of ['iAddressFamily', 'iSocketType', 'iProtocol', 'dwProviderFlags'] as const) {
    if (raw?.entry?.[member] !== item.entry[member]) item.entry[member] = base[member];
  }
}

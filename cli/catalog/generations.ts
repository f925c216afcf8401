// The states that a catalog was in: what they differ in, and how one is put back.
import { statSync } from 'node:fs';
import { CatalogError, compareCatalogs, FileCatalogStore, type CatalogData } from '../../catalog/index.js';
import { winsockErrorName } from '../../spi/index.js';
import { UsageError } from '../command.js';
import { carryOut, differenceLines, replaceCatalog, type ChangeValues } from './change.js';
import { CatalogWordError } from './catalog-word-error.js';

/** Says which earlier states are kept. */
export function generations(store: FileCatalogStore, json: boolean): number {
  const kept = store.generations().map(({ serial, path }) => {
    const changed = statSync(path, { throwIfNoEntry: false })?.mtime.toISOString() ?? null;
    return { serial, path, changed, entries: entriesIn(path) };
  });
  if (json) console.log(JSON.stringify({ path: store.path, generations: kept }));
  else if (kept.length === 0) console.log('There are no earlier states: it was changed once at most.');
  else {
    const lines = kept.map(
      ({ serial, changed, entries }) => `${serial}  ${changed ?? 'gone'}  ${entries ?? 'damaged'}`,
    );
    console.log(lines.join('\n'));
  }
  return 0;
}

function entriesIn(path: string): string | null {
  try {
    const { protocols, nameSpaces } = new FileCatalogStore(path).read();
    return `${protocols.length} entries, ${nameSpaces.length} name spaces`;
  } catch (error) {
    if (error instanceof CatalogError) return null;
    throw error;
  }
}

/** Says what two states of the catalog differ in: by default the last one kept, and the present one. */
export function diff(store: FileCatalogStore, words: readonly string[], json: boolean): number {
  if (words.length > 2) throw new UsageError('diff takes two states at most: serial numbers or files');
  const [from, to] = words;
  const before = from === undefined ? lastKept(store) : stateOf(store, from);
  const after = to === undefined ? store : stateOf(store, to);
  const differences = compareCatalogs(before.read(), after.read());
  if (json) console.log(JSON.stringify({ path: store.path, from: before.path, to: after.path, differences }));
  else if (differences.length === 0) console.log('They say the same.');
  else console.log(differenceLines(differences).join('\n'));
  return 0;
}

function lastKept(store: FileCatalogStore): FileCatalogStore {
  const [last] = store.generations();
  if (last === undefined) {
    throw new CatalogWordError(`no earlier state of ${store.path} is kept; give a file to compare it with`);
  }
  return new FileCatalogStore(last.path);
}

function stateOf(store: FileCatalogStore, word: string): FileCatalogStore {
  const kept = store.generations();
  const generation = kept.find(({ serial }) => `${serial}` === word);
  if (generation !== undefined) return new FileCatalogStore(generation.path);
  if (statSync(word, { throwIfNoEntry: false })?.isFile() === true) return new FileCatalogStore(word);
  const there = kept.length === 0 ? 'none is kept' : `there are ${kept.map(({ serial }) => serial).join(', ')}`;
  throw new CatalogWordError(`"${word}" is neither a state that is kept nor a file; ${there}`);
}

/** Puts an earlier state in the catalog's place, by default the last; the present one is kept. */
export async function restore(
  store: FileCatalogStore,
  words: readonly string[],
  values: ChangeValues,
): Promise<number> {
  const [word, ...rest] = words;
  if (rest.length > 0) throw new UsageError('restore takes one state: a serial number (ws2spi catalog generations)');
  const wanted = word === undefined ? lastKept(store) : stateOf(store, word);
  const { problems: _problems, ...data } = wanted.read();
  const change = (draft: CatalogData): void => replaceCatalog(draft, data as CatalogData);
  if (store.serial() >= 0) return carryOut(store, values, { action: 'restore', change });
  // The present one cannot be read, so there is nothing to compare.
  if (values.yes !== true) throw new UsageError(`catalog restore changes ${store.path}: add --yes to do it`);
  const code = store.reset(data as CatalogData);
  if (code !== 0) {
    const message = `${winsockErrorName(code) ?? code}: ${store.problem?.message ?? ''}`;
    throw new CatalogError({ message, code, file: store.path });
  }
  const done = { path: store.path, code: 0, changed: true };
  console.log(values.json === true ? JSON.stringify(done) : 'Done. What could not be read is kept as a generation.');
  return 0;
}

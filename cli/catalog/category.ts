// Categories of layers, and what programs permit.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  applicationsOf,
  categoriesOfProvider,
  permittedBy,
  setPermitted,
  setProviderCategories,
  type CatalogData,
  type CatalogProtocol,
  type FileCatalogStore,
} from '../../catalog/index.js';
import { LAYERED_PROTOCOL } from '../../spi/index.js';
import { UsageError } from '../command.js';
import { heading, printable, style } from '../style.js';
import { carryOut, type ChangeValues } from './change.js';
import { isFileWord } from '../file-word.js';
import { CatalogWordError } from './catalog-word-error.js';
import { categoriesIn, categoryNames, layerOf } from './words.js';

/** The options of `category`. */
export interface CategoryValues extends ChangeValues {
  readonly is?: string | undefined;
  readonly permit?: string | undefined;
  readonly args?: string | undefined;
  readonly forget?: boolean | undefined;
}

/** Says or sets of which categories a layer is, and which ones a program permits. */
export async function category(
  store: FileCatalogStore,
  words: readonly string[],
  values: CategoryValues,
): Promise<number> {
  const { is, permit, args: extra = '', forget = false } = values;
  const settings = [is, permit, forget || undefined].filter((value) => value !== undefined);
  if (settings.length > 1) throw new UsageError('--is, --permit and --forget are three things: give one');
  const [word, ...rest] = words;
  if (word === undefined || rest.length > 0) {
    if (word === undefined && settings.length === 0 && extra === '') return list(store, values.json === true);
    throw new UsageError('category takes one layer or one program: a layer’s id or name, or the path of a script');
  }
  const isProgram = permit !== undefined || (is === undefined && isFileWord(word));
  if (!isProgram && extra !== '') throw new UsageError('--args belongs to a program');
  if (settings.length === 0) return tell(store, word, isProgram, extra, values.json === true);
  const change = isProgram
    ? ofProgram(word, extra, forget ? null : categoriesIn('permit', permit!))
    : ofLayer(word, is);
  return carryOut(store, values, { action: 'category', change });
}

function ofLayer(word: string, is: string | undefined): (draft: CatalogData) => void {
  const categories = is === undefined ? null : categoriesIn('is', is);
  return (draft) => setProviderCategories(draft, layerOf(draft, word).entry.ProviderId, categories);
}

function ofProgram(word: string, extra: string, permitted: number | null): (draft: CatalogData) => void {
  const path = resolve(word);
  return (draft) => {
    const isKnown = setPermitted(draft, { path, extra }, permitted);
    if (isKnown) return;
    if (permitted === null) throw new CatalogWordError(`nothing is said of ${path}${extra === '' ? '' : ` ${extra}`}`);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() !== true) {
      const why = stats === undefined ? `there is no file ${path}` : `${path} is not a file`;
      throw new CatalogWordError(`${why}: a program is known by the path of its main script`);
    }
  };
}

function tell(store: FileCatalogStore, word: string, isProgram: boolean, extra: string, json: boolean): number {
  const data = store.read();
  const categories = isProgram
    ? permittedBy(data, { path: resolve(word), extra }, store.path)
    : categoriesOfProvider(data, layerOf(data, word).entry.ProviderId, store.path);
  if (typeof categories === 'object' && categories !== null) throw new CatalogWordError(categories.message);
  const key = isProgram ? 'permitted' : 'categories';
  if (json)
    console.log(JSON.stringify({ path: store.path, [isProgram ? 'program' : 'layer']: word, [key]: categories }));
  else console.log(isProgram ? permittedText(categories) : categoryNames(categories!));
  return 0;
}

const permittedText = (permitted: number | null): string =>
  permitted === null || permitted === 0 ? 'everything' : categoryNames(permitted);

function list(store: FileCatalogStore, json: boolean): number {
  const data = store.read();
  const isLayer = ({ entry }: CatalogProtocol): boolean => entry.ProtocolChain.ChainLen === LAYERED_PROTOCOL;
  const layers = data.protocols.filter(isLayer).map(({ entry }) => {
    const categories = categoriesOfProvider(data, entry.ProviderId, store.path);
    const damage = typeof categories === 'number' ? {} : { problem: categories.message };
    return {
      id: entry.dwCatalogEntryId,
      name: entry.szProtocol,
      categories: typeof categories === 'number' ? categories : null,
      ...damage,
    };
  });
  const programs = applicationsOf(data).map((row) => ({
    ...row,
    missing: statSync(row.path, { throwIfNoEntry: false })?.isFile() !== true,
  }));
  if (json) {
    console.log(JSON.stringify({ path: store.path, layers, programs }));
    return 0;
  }
  console.log(heading('Layers are'));
  for (const { id, name, categories, problem } of layers) {
    console.log(
      problem === undefined
        ? `${id}  ${printable(name)}  ${categoryNames(categories!)}`
        : style('red', printable(`! ${problem}`)),
    );
  }
  if (layers.length === 0) console.log('none');
  console.log(`\n${heading('Programs permit')}`);
  for (const { path, extra, permitted, missing } of programs) {
    const line = printable(`${path}${extra === undefined ? '' : ` ${extra}`}  ${permittedText(permitted)}`);
    console.log(missing ? style('yellow', `${line}  (there is no such file)`) : line);
  }
  if (programs.length === 0) console.log('everything: none is named');
  return 0;
}

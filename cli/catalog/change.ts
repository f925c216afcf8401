// Changes of the catalog: what will change is printed, then asked for, then made as a whole.
import { createInterface } from 'node:readline/promises';
import {
  CatalogError,
  CatalogFailure,
  compareCatalogs,
  type CatalogData,
  type CatalogDifference,
  type FileCatalogStore,
} from '../../catalog/index.js';
import { WSATRY_AGAIN, winsockErrorName, winsockErrorText } from '../../spi/index.js';
import { UsageError } from '../command.js';
import { printable, style } from '../style.js';
import { CatalogWordError } from './catalog-word-error.js';

/** The options of everything that changes the catalog. */
export interface ChangeValues {
  readonly json?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly 'dry-run'?: boolean | undefined;
}

const SIGNS: Readonly<Record<CatalogDifference['kind'], readonly [string, 'green' | 'red' | 'yellow' | 'cyan']>> = {
  added: ['+', 'green'],
  removed: ['-', 'red'],
  changed: ['~', 'yellow'],
  order: ['>', 'cyan'],
  sockets: ['=', 'cyan'],
};

/** A line for each difference. */
export function differenceLines(differences: readonly CatalogDifference[]): string[] {
  return differences.map(({ kind, what, how }) => {
    const [sign, colour] = SIGNS[kind];
    return style(colour, printable(`${sign} ${what}${how === '' ? '' : `  ${how}`}`));
  });
}

/** A change of the catalog. */
export interface CatalogChange {
  /** `install`, for messages. */
  readonly action: string;
  /** Changes a draft; or throws CatalogFailure, or CatalogWordError. */
  readonly change: (draft: CatalogData) => void;
  /** Looks at the result before anything is asked or done; what it returns is said, of what it throws nothing is changed. */
  readonly check?: (draft: CatalogData) => readonly string[];
}

/** Says what would change, asks, and changes it. Returns the exit code. */
export async function carryOut(
  store: FileCatalogStore,
  values: ChangeValues,
  { action, change, check }: CatalogChange,
): Promise<number> {
  const { json = false, yes = false, 'dry-run': isDry = false } = values;
  if (yes && isDry) throw new UsageError('--yes and --dry-run are two things: one changes, the other does not');
  const doubt = store.distrust('change');
  if (doubt !== null) throw new CatalogError(doubt);
  const { problems: _problems, ...before } = store.read();
  const draft = structuredClone(before) as CatalogData;
  change(draft);
  const differences = compareCatalogs(before as CatalogData, draft);
  const notes = check?.(draft) ?? [];
  const told = (done: boolean): object => ({ path: store.path, code: 0, changed: done, differences, notes });
  if (differences.length === 0) {
    console.log(json ? JSON.stringify(told(false)) : 'There is nothing to change.');
    return 0;
  }
  if (!json) console.log([...differenceLines(differences), ...notes.map((note) => style('yellow', note))].join('\n'));
  if (isDry) {
    console.log(json ? JSON.stringify(told(false)) : 'Nothing was changed (--dry-run).');
    return 0;
  }
  if (!yes && !(await isAgreed(action, store.path, json))) {
    console.log('Nothing was changed.');
    return 1;
  }
  const isFirst = store.generations().length === 0;
  const code = store.update((current) => {
    // What was printed is what is done.
    if (current.serial !== before.serial) return WSATRY_AGAIN;
    replaceCatalog(current, draft);
    return 0;
  });
  if (code !== 0) {
    const why = store.problem?.message ?? 'the catalog was changed meanwhile; look again';
    throw new CatalogError({ message: `${winsockErrorName(code) ?? code}: ${why}`, code, file: store.path });
  }
  if (json) console.log(JSON.stringify(told(true)));
  else {
    const undo = isFirst && store.generations().length === 0 ? 'reset' : 'restore';
    console.log(`Done. Programs that start from now on see it; ws2spi catalog ${undo} takes it back.`);
  }
  return 0;
}

/** Puts everything that a catalog says in another's place; identifiers are not used twice. */
export function replaceCatalog(draft: CatalogData, other: CatalogData): void {
  const { serial, nextCatalogEntryId } = draft;
  for (const member of Object.keys(draft)) delete draft[member];
  Object.assign(draft, structuredClone(other));
  draft.serial = serial;
  draft.nextCatalogEntryId = Math.max(nextCatalogEntryId, other.nextCatalogEntryId);
}

async function isAgreed(action: string, path: string, json: boolean): Promise<boolean> {
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(`catalog ${action} changes ${path}: add --yes to do it, or --dry-run to look only`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await asking.question(`Change ${path}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    // Interrupted, or the terminal is gone.
    return false;
  } finally {
    asking.close();
  }
}

/** What went wrong, told as `--json` wants it or not; anything else is thrown on. Returns the exit code. */
export function failed(error: unknown, action: string, store: FileCatalogStore, json: boolean): number {
  let message: string;
  let code: number | undefined;
  if (error instanceof CatalogError) ({ message, code } = error);
  else if (error instanceof CatalogFailure) {
    code = error.code;
    const why = typeof error.why === 'object' ? error.why.message : (error.why ?? winsockErrorText(code) ?? '');
    message = `${action} was refused: ${why}`;
  } else if (error instanceof CatalogWordError) message = `${action}: ${error.message}`;
  else throw error;
  if (json) console.log(JSON.stringify({ path: store.path, ...(code === undefined ? {} : { code }), error: message }));
  else console.error(style('red', `ws2spi: ${message}`, process.stderr));
  return 1;
}

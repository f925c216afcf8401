// What has changed between two answers to one question.
import type { Result } from './result.js';

/** The results that whoever asked knows of, by what they are called; each with all that it says. */
export type KnownItems = Map<string, { readonly result: Result; readonly content: string }>;

/** Takes note of results that whoever asked is given: what was deleted is not known any more. */
export function noteResults(known: KnownItems, results: readonly Result[]): void {
  for (const [key, result] of keyed(results)) {
    if (result.item.change === 'deleted') known.delete(key);
    else known.set(key, { result, content: contentOf(result) });
  }
}

/**
 * Compares an answer with what is known.
 *
 * @returns what was added, changed or deleted, marked so: in the order of the answer, what was deleted behind it
 */
export function differences(known: KnownItems, results: readonly Result[]): Result[] {
  const changes: Result[] = [];
  const there = keyed(results);
  for (const [key, result] of there) {
    const before = known.get(key);
    if (before === undefined) changes.push(marked(result, 'added'));
    else if (before.content !== contentOf(result)) changes.push(marked(result, 'changed'));
  }
  for (const [key, { result }] of known) if (!there.has(key)) changes.push(marked(result, 'deleted'));
  return changes;
}

function marked(result: Result, change: NonNullable<Result['item']['change']>): Result {
  return { ...result, item: { ...result.item, change } };
}

// Several instances of a service may have one name: the second is another than the first.
function keyed(results: readonly Result[]): Map<string, Result> {
  const map = new Map<string, Result>();
  for (const result of results) {
    const key = JSON.stringify([result.name.toLowerCase(), result.serviceClass, result.item.context, result.isAlias]);
    let nth = 1;
    while (map.has(`${key}${nth}`)) nth++;
    map.set(`${key}${nth}`, result);
  }
  return map;
}

function contentOf({ item: { change: _change, ...item }, ...result }: Result): string {
  return JSON.stringify([result, item], (_key, value: unknown) =>
    value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value,
  );
}

// What is changed about links, by several at once, and taken back in any order.
import type { MemoryLink } from '../../providers/memory/index.js';

/** A property of a link that faults change. */
export type LinkProperty = 'latency' | 'loss' | 'reordering' | 'bandwidth';

type Change = (value: number) => number;

interface Changed {
  readonly property: LinkProperty;
  readonly before: number;
  readonly changes: Set<Change>;
}

/** The changes to links that are in force. */
export class LinkChanges {
  readonly #changed = new Map<MemoryLink, Changed[]>();
  readonly #cuts = new Map<MemoryLink, number>();

  /** Changes a property; the function returned takes that back. */
  change(link: MemoryLink, property: LinkProperty, change: Change): () => void {
    let all = this.#changed.get(link);
    if (all === undefined) this.#changed.set(link, (all = []));
    let changed = all.find((each) => each.property === property);
    if (changed === undefined) all.push((changed = { property, before: link[property], changes: new Set() }));
    const { before, changes } = changed;
    const apply = (): void => {
      link[property] = [...changes].reduce((value, each) => each(value), before);
    };
    const own: Change = (value) => change(value);
    changes.add(own);
    apply();
    return () => {
      changes.delete(own);
      apply();
    };
  }

  /** Cuts a link; it is mended when all who cut it have called what they were given. */
  cut(link: MemoryLink): () => void {
    const count = (more: number): void => {
      const cuts = (this.#cuts.get(link) ?? 0) + more;
      this.#cuts.set(link, cuts);
      if (link.cut !== cuts > 0) link.setCut(cuts > 0);
    };
    count(1);
    let mended = false;
    return () => {
      if (!mended) count(-1);
      mended = true;
    };
  }
}

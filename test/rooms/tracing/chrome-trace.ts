import { expect } from 'vitest';

interface ChromeEvent {
  readonly ph: string;
  readonly name: string;
  readonly tid: number;
  readonly pid: number;
  readonly ts: number;
  readonly id?: string;
  readonly cat?: string;
  readonly args: Record<string, unknown>;
}

/** Reads a Chrome trace as a viewer does, and sees that it is sound; the names of tracks, and the names of slices on each. */
export function readChromeTrace(text: string): {
  events: ChromeEvent[];
  tracks: Map<number, string>;
  slices: string[];
} {
  const events = JSON.parse(text) as ChromeEvent[];
  const tracks = new Map<number, string>();
  const open = new Map<number, string[]>();
  const operations = new Set<string>();
  const slices: string[] = [];
  let last = 0;
  for (const event of events) {
    if (event.ph === 'M') {
      if (event.name === 'thread_name') tracks.set(event.tid, event.args['name'] as string);
      continue;
    }
    expect(event.ts, 'in order of time, no two at once').toBeGreaterThan(last);
    last = event.ts;
    expect([...tracks.keys()], 'a track that has a name').toContain(event.tid);
    const stackOfTrack = open.get(event.tid) ?? [];
    open.set(event.tid, stackOfTrack);
    if (event.ph === 'B') {
      stackOfTrack.push(event.name);
      slices.push(`${tracks.get(event.tid)}: ${event.name}`);
    } else if (event.ph === 'E') expect(stackOfTrack.pop(), 'an end of what began').toBeDefined();
    else if (event.ph === 'b') operations.add(event.id!);
    else if (event.ph === 'e') expect(operations.delete(event.id!), 'an end of an operation that began').toBe(true);
    else expect(event.ph).toBe('i');
  }
  for (const left of open.values()) expect(left).toEqual([]);
  return { events, tracks, slices };
}

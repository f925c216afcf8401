// Counts what a test file leaves behind; a setup file of vitest's, used by tools/leaks.mjs alone.
import { appendFileSync, readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import { afterAll, expect } from 'vitest';
import { createWs2_32, INSTANCE } from 'ws2spi';
import { Host } from '../../dist/host/index.js';

/** What is told of one test file. */
export interface LeakReport {
  readonly file: string;
  /** Descriptors more than before. */
  readonly descriptors: number;
  /** What keeps the process alive, by kind: how many more than before. */
  readonly resources: Readonly<Record<string, number>>;
  /** Instances that were disposed of, and those of them that are still there after garbage collection. */
  readonly disposed: number;
  readonly kept: number;
  /** Instances that were never disposed of. */
  readonly open: number;
}

/** Kinds that vitest itself, and every pending promise of Node.js', come and go with. */
const PASSING = new Set(['Timeout', 'Immediate', 'TickObject', 'FSReqPromise', 'FSReqCallback']);

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) if (!PASSING.has(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Collects garbage; how many of the references still refer to something. */
async function collect(references: readonly WeakRef<object>[]): Promise<number> {
  const kept = (): number => references.filter((each) => each.deref() !== undefined).length;
  for (let round = 0; round < 6; round++) {
    await turn();
    globalThis.gc!();
  }
  // What only optimized code refers to outlives that. Nothing collects as thoroughly as a snapshot does first.
  const left = kept();
  // A reference that was looked at holds on to its object until the turn is over.
  await turn();
  if (left > 0) writeHeapSnapshot('/dev/null');
  return kept();
}

const target = process.env['WS2SPI_LEAKS'];
const path = relative(process.cwd(), expect.getState().testPath ?? '');
/** The file that is about a thread without native code, which this here loads. */
const WITHOUT_NATIVE_CODE = 'test/rooms/platform/poller.test.ts';
if (target !== undefined && globalThis.gc !== undefined && path !== WITHOUT_NATIVE_CODE) {
  // The poller and the binding of the operating system are made once per thread, and stay.
  const first = createWs2_32({ base: 'tcpip', catalog: 'memory' });
  first.WSAStartup(0x0202, {});
  for (const type of [1, 2]) first.closesocket(first.socket(2, type, 0));
  // The system's alarm too.
  const { clock } = first[INSTANCE].providerHost;
  await new Promise<void>((resolve) => first[INSTANCE].providerHost.setTimer(clock.now() + 1, resolve));
  first[Symbol.dispose]();
  await turn();

  const opened = new Set<WeakRef<Host>>();
  const closed: WeakRef<Host>[] = [];
  const byHost = new WeakMap<Host, WeakRef<Host>>();
  const { allocateHandle, close } = Host.prototype;
  // Every instance that does anything reserves a handle.
  Host.prototype.allocateHandle = function (this: Host, owner?: number): number {
    if (!byHost.has(this)) {
      const reference = new WeakRef(this);
      byHost.set(this, reference);
      opened.add(reference);
    }
    return allocateHandle.call(this, owner);
  };
  Host.prototype.close = function (this: Host): void {
    close.call(this);
    const reference = byHost.get(this) ?? new WeakRef(this);
    opened.delete(reference);
    closed.push(reference);
  };

  const before = { descriptors: countDescriptors(), resources: countResources() };
  afterAll(async () => {
    const kept = await collect(closed);
    const resources: Record<string, number> = {};
    for (const [kind, count] of Object.entries(countResources())) {
      const more = count - (before.resources[kind] ?? 0);
      if (more > 0) resources[kind] = more;
    }
    const report: LeakReport = {
      file: path,
      descriptors: countDescriptors() - before.descriptors,
      resources,
      disposed: closed.length,
      kept,
      open: opened.size,
    };
    appendFileSync(target, `${JSON.stringify(report)}\n`);
  });
}

// Watches a run of the demonstration, and ends one that does not get on.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TraceRecord } from '../providers/layers/trace/index.js';
import type { WSAPROTOCOL_INFO } from '../spi/index.js';
import { runDemo, type DemoEvent, type DemoJob } from './demo-run.js';

/** What a run came to, or how far it came. */
export interface DemoOutcome {
  readonly layers: readonly string[];
  readonly catalog: readonly string[];
  readonly chain: string;
  readonly entries: readonly WSAPROTOCOL_INFO[];
  readonly port: number;
  /** In the order of beginning. */
  readonly records: readonly TraceRecord[];
  /** Those of the records that are not over. */
  readonly open: ReadonlySet<TraceRecord>;
  readonly received: number;
  readonly defects: readonly string[];
  /** What went wrong, or `null` when the file came through whole. */
  readonly fault: string | null;
  /** Why it could not be begun. */
  readonly refused: { readonly usage: boolean; readonly message: string } | null;
}

/** How long, in milliseconds, a run may take for what. */
export interface DemoLimits {
  /** Until its process tells anything. */
  readonly start: number;
  /** Without a sign of life: something blocks it. */
  readonly blocked: number;
  /** Without getting on. */
  readonly stalled: number;
}

/** For a run with layers that may be anything; well within ten seconds with what is tried afterwards. */
export const LIMITS: DemoLimits = { start: 6000, blocked: 2500, stalled: 3000 };

/** For the layers of the package alone, which may take their time on a machine that is busy. */
const OWN_LIMITS: DemoLimits = { start: Infinity, blocked: Infinity, stalled: 20_000 };

// How often to look.
const LOOK_EVERY = 50;
// The most that a look counts for: time in which this process did not run was none in which it could have heard.
const MOST_COUNTED = 2 * LOOK_EVERY;
// Without a sign of life for so long it may be that something blocks it: that is to be found out before it is said not to get on.
const SILENT = 500;

/** Gathers what a run tells. */
class Gathered {
  readonly outcome = {
    layers: [] as readonly string[],
    catalog: [] as readonly string[],
    chain: '',
    entries: [] as readonly WSAPROTOCOL_INFO[],
    port: 0,
    records: [] as TraceRecord[],
    open: new Set<TraceRecord>(),
    received: 0,
    defects: [] as string[],
    fault: null as string | null,
    refused: null as DemoOutcome['refused'],
  };
  over = false;
  stage = 'it was started';
  seen: number | null = null;
  moved = 0;
  /** Milliseconds that it has been watched for. */
  #now = 0;
  readonly #bySequence = new Map<number, TraceRecord>();

  take(event: DemoEvent): void {
    const { outcome } = this;
    this.seen = this.#now;
    if (event.kind === 'stage' || event.kind === 'received') this.moved = this.seen;
    switch (event.kind) {
      case 'stage':
        this.stage = event.stage;
        return;
      case 'layers':
        outcome.layers = event.names;
        return;
      case 'chain':
        Object.assign(outcome, { catalog: event.catalog, chain: event.chain, entries: event.entries });
        return;
      case 'port':
        outcome.port = event.port;
        return;
      case 'received':
        outcome.received = event.bytes;
        return;
      case 'defect':
        outcome.defects.push(event.defect);
        return;
      case 'begin':
        outcome.records.push(event.record);
        outcome.open.add(event.record);
        this.#bySequence.set(event.record.sequence, event.record);
        return;
      case 'end': {
        // In another process it is a copy of the one that began.
        const record = this.#bySequence.get(event.record.sequence);
        if (record === undefined) return;
        if (record !== event.record) Object.assign(record, event.record);
        outcome.open.delete(record);
        this.#bySequence.delete(record.sequence);
        return;
      }
      case 'over':
        outcome.fault = event.fault;
        this.over = true;
        return;
      case 'refused':
        outcome.refused = event;
        this.over = true;
        return;
      case 'alive':
    }
  }

  /**
   * Why the run is to be given up, or `null`.
   *
   * @param passed milliseconds since it was asked last
   */
  tooLong({ start, blocked, stalled }: DemoLimits, passed: number): string | null {
    this.#now += Math.min(passed, MOST_COUNTED);
    const now = this.#now;
    if (this.seen === null) return now > start ? `nothing was heard of it for ${seconds(start)}` : null;
    if (now - this.seen > blocked) return `everything stood still for ${seconds(blocked)} while ${this.stage}`;
    if (blocked < Infinity && now - this.seen > SILENT) return null;
    return now - this.moved > stalled ? `nothing more came for ${seconds(stalled)} while ${this.stage}` : null;
  }
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}

/** Runs the demonstration in this process; for the package's own layers. */
export async function runHere(job: DemoJob): Promise<DemoOutcome> {
  const gathered = new Gathered();
  await watch(
    gathered,
    OWN_LIMITS,
    runDemo(job, (event) => gathered.take(event)),
  );
  return gathered.outcome;
}

/** Runs the demonstration in a process of its own, which is ended when it does not get on. */
export async function runApart(job: DemoJob, limits: DemoLimits = LIMITS): Promise<DemoOutcome> {
  const gathered = new Gathered();
  const child = fork(fileURLToPath(new URL('demo-child.js', import.meta.url)), [], {
    serialization: 'advanced',
    // What a layer prints is no part of the demonstration's output.
    stdio: ['ignore', process.stderr.fd, process.stderr.fd, 'ipc'],
  });
  const ended = new Promise<void>((done) => {
    child.on('message', (event) => {
      gathered.take(event as DemoEvent);
      if (gathered.over) done();
    });
    child.on('error', (error) => {
      gathered.outcome.fault = `its process could not be started: ${error.message}`;
      done();
    });
    child.on('exit', (code, signal) => {
      if (!gathered.over) {
        gathered.outcome.fault = `its process ended (${signal ?? `exit code ${code}`}) while ${gathered.stage}`;
      }
      done();
    });
  });
  child.send(job, () => undefined);
  await watch(gathered, limits, ended);
  child.kill('SIGKILL');
  if (child.connected) child.disconnect();
  return gathered.outcome;
}

async function watch(gathered: Gathered, limits: DemoLimits, ended: Promise<void>): Promise<void> {
  let before = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<void>((done) => {
    timer = setInterval(() => {
      const now = performance.now();
      const reason = gathered.over ? null : gathered.tooLong(limits, now - before);
      before = now;
      if (reason === null) return;
      gathered.outcome.fault = reason;
      gathered.over = true;
      done();
    }, LOOK_EVERY);
  });
  await Promise.race([ended, givenUp]);
  clearInterval(timer);
}

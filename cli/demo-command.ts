import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearestName } from '../spi/nearest-name.js';
import { formatTraceRecord, type TraceRecord } from '../providers/layers/trace/index.js';
import { readArguments, UsageError, wholeNumber, type Command } from './command.js';
import type { DemoJob } from './demo-run.js';
import { LIMITS, runApart, runHere, type DemoOutcome } from './demo-watch.js';
import { PACKAGE_FOLDER } from './package-version.js';
import { formatBytes, heading, style } from './style.js';

const OPTIONS = {
  file: { type: 'string', short: 'f' },
  layer: { type: 'string', multiple: true, short: 'l' },
  port: { type: 'string', short: 'p' },
  base: { type: 'string' },
  lines: { type: 'string' },
  perfetto: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const BASES = ['tcpip', 'memory'] as const;

const HELP = `Usage: ws2spi demo [file] [options]       (npm start -- [file] [options])

Prints the catalog, stacks trace over compression over TCP/IP, serves a file by node:http on loopback over that chain,
fetches it by name (localhost, resolved by the name-space provider), verifies it byte for byte, and prints what each layer
saw, in order and nested, and what went over the wire.

Options:
  -f, --file <path>      the file to fetch; by default the package's own README.md
  -l, --layer <module>   a layer of your own between trace and compression: a module whose default export is a layer
                         (defineLayer) or a function that makes one; may be given several times, outermost first. When
                         the file does not come through, the layer to blame is named
  -p, --port <number>    the port to serve on; by default one that the system chooses
      --base <name>      tcpip (the operating system's sockets, the default) or memory (a network within the process)
      --lines <number>   lines of the trace to print; 60 if absent, 0 for all
      --perfetto <path>  writes a trace of all calls, a track for each layer, for https://ui.perfetto.dev or chrome://tracing
      --json             prints one JSON object
  -h, --help             this text`;

// More than that need not be held in memory to show what layers do.
const LARGEST_FILE = 256 * 1024 * 1024;

/** What one layer of the demonstration saw. */
interface LayerTotals {
  readonly layer: string;
  calls: number;
  sent: number;
  received: number;
}

/** The main job: real HTTP traffic over a chain of layers. */
export const demoCommand: Command = {
  name: 'demo',
  summary: 'fetches a file by HTTP over a chain of layers, and shows what each of them saw',
  help: HELP,
  options: OPTIONS,
  values: { file: 'file', layer: 'file', base: BASES, perfetto: 'file' },
  takesFile: true,
  async run(args) {
    const { values, positionals } = readArguments('demo', args, OPTIONS);
    const named = [...positionals, ...(values.file === undefined ? [] : [values.file])];
    if (named.length > 1)
      throw new UsageError(`demo takes one file, not ${named.map((each) => `"${each}"`).join(' ')}`);
    const file = named[0] ?? fileURLToPath(new URL('README.md', PACKAGE_FOLDER));
    const modules = values.layer ?? [];
    if (modules.includes('')) throw new UsageError('--layer needs the path of a module');
    const twice = modules.find((module, place) => modules.indexOf(module) !== place);
    if (twice !== undefined) throw new UsageError(`--layer ${twice} is given twice; a chain has each layer once`);
    const lines = wholeNumber('lines', values.lines ?? '60', 0, 1_000_000);
    const job: DemoJob = {
      base: baseOf(values.base),
      port: wholeNumber('port', values.port ?? '0', 0, 65535),
      name: basename(file),
      content: readFile(file),
      layers: modules,
      perfetto: fileToWrite(values.perfetto),
    };
    const json = values.json === true;

    const outcome = job.layers.length === 0 ? await runHere(job) : await runApart(job);
    const { refused, fault, defects } = outcome;
    if (refused !== null) {
      if (refused.usage) throw new UsageError(refused.message);
      throw new Error(refused.message);
    }
    const failed = fault !== null || defects.length > 0;
    const blamed = failed ? await findBlame(job, outcome) : [];
    const totals = addUp(outcome.records);
    if (json) printJson(file, job, outcome, totals, blamed);
    else {
      printTrace(outcome, lines);
      if (totals.length > 0) printTotals(totals);
      printVerdict(file, job, outcome, blamed);
      if (job.perfetto !== null) console.log(`The trace is in ${job.perfetto}: open it at https://ui.perfetto.dev.`);
    }
    return failed ? 1 : 0;
  },
};

function baseOf(base: string | undefined): DemoJob['base'] {
  const known = BASES.find((each) => each === base);
  if (base === undefined || known !== undefined) return known;
  const nearest = nearestName(base, BASES);
  const meant = nearest === null ? '' : `; did you mean "${nearest}"?`;
  throw new UsageError(`--base must be tcpip or memory, not "${base}"${meant}`);
}

/** Sees that a trace can be written, before anything is done. */
function fileToWrite(file: string | undefined): string | null {
  if (file === undefined) return null;
  try {
    if (file === '') throw new Error('needs the path of a file');
    closeSync(openSync(file, 'a', 0o600));
    return file;
  } catch (error) {
    throw new UsageError(`--perfetto: ${(error as Error).message}`);
  }
}

function readFile(file: string): Buffer {
  try {
    const stats = statSync(file);
    // Reading from a pipe or a device may never end.
    if (!stats.isFile()) throw new Error(`${file} is ${stats.isDirectory() ? 'a folder' : 'no ordinary file'}`);
    if (stats.size > LARGEST_FILE) throw new Error(`${file} has more than ${formatBytes(LARGEST_FILE)}`);
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--file: ${(error as Error).message}`);
  }
}

/**
 * Finds out which of the user's layers keeps the file from coming through, by trying each alone: a sentence for each.
 */
async function findBlame(job: DemoJob, { layers, fault }: DemoOutcome): Promise<string[]> {
  const nameOf = (module: string, place: number): string =>
    layers[place] === undefined ? `layer ${module}` : `layer "${layers[place]}" (${module})`;
  if (job.layers.length === 0) return [];
  if (job.layers.length === 1)
    return [`It is ${nameOf(job.layers[0]!, 0)}, the only layer that is not the package's own.`];
  // One that was not even loaded is known.
  if (layers.length < job.layers.length && fault !== null) return [`It is ${nameOf(job.layers[layers.length]!, -1)}.`];
  const alone = await Promise.all(
    job.layers.map(async (module, place) => {
      const limits = { ...LIMITS, blocked: 1800, stalled: 2000 };
      const outcome = await runApart({ ...job, port: 0, layers: [module], perfetto: null }, limits);
      const why = outcome.refused?.message ?? outcome.fault ?? outcome.defects[0];
      return why === undefined ? [] : [`It is ${nameOf(module, place)}: alone it fails, too; ${why}.`];
    }),
  );
  const blamed = alone.flat();
  return blamed.length > 0 ? blamed : ['Each of your layers works alone: it is what they do together.'];
}

function addUp(records: readonly TraceRecord[]): LayerTotals[] {
  const totals = new Map<string, LayerTotals>();
  for (const record of records) {
    let total = totals.get(record.layer);
    if (total === undefined)
      totals.set(record.layer, (total = { layer: record.layer, calls: 0, sent: 0, received: 0 }));
    if (record.kind === 'call') total.calls++;
    if (record.name.startsWith('WSPSend')) total.sent += record.bytes ?? 0;
    else if (record.name.startsWith('WSPRecv')) total.received += record.bytes ?? 0;
  }
  return [...totals.values()];
}

function printTrace({ catalog, chain, records, open }: DemoOutcome, lines: number): void {
  if (catalog.length > 0) console.log(`${heading('Protocol catalog')}\n${catalog.join('\n')}`);
  if (records.length === 0) return;
  if (chain !== '') console.log(`\n${heading('Chain')} ${chain}`);
  console.log(`\n${heading('What each layer saw')}, in order and nested:`);
  // The end of what was cut off tells more than its beginning.
  const shown = lines === 0 ? records : open.size === 0 ? records.slice(0, lines) : records.slice(-lines);
  const left = records.length - shown.length;
  const began = records[0]?.time ?? 0;
  if (left > 0 && open.size > 0) console.log(`  … after ${left} others; --lines 0 shows all`);
  for (const record of shown) {
    const line = `${formatTraceRecord(record, began)}${open.has(record) ? ' … not over' : ''}`;
    const usual = record.error === 0 && !open.has(record);
    console.log(record.layer === 'wire' ? style('cyan', line) : usual ? line : style('yellow', line));
  }
  if (left > 0 && open.size === 0) console.log(`  … and ${left} more; --lines 0 shows all`);
}

function printTotals(totals: readonly LayerTotals[]): void {
  console.log(`\n${heading('Totals')}, client and server together:`);
  for (const { layer, calls, sent, received } of totals) {
    console.log(
      `  ${layer.padEnd(12)} ${String(calls).padStart(5)} calls, ${formatBytes(sent)} sent, ${formatBytes(received)} received`,
    );
  }
  const [application, wire] = [totals.find(isNamed('application')), totals.find(isNamed('wire'))];
  if (application !== undefined && wire !== undefined && application.sent > 0) {
    const percent = ((100 * wire.sent) / application.sent).toFixed(1);
    console.log(`  Over the wire went ${formatBytes(wire.sent)} for ${formatBytes(application.sent)}: ${percent} %.`);
  }
}

function printVerdict(file: string, job: DemoJob, outcome: DemoOutcome, blamed: readonly string[]): void {
  const { defects, fault, port, received } = outcome;
  for (const defect of defects) console.log(style('red', `Defect: ${defect}`));
  const verdict = fault === null ? style('green', 'identical, byte for byte') : style('red', 'NOT identical');
  const size = formatBytes(job.content.length);
  const fetched = fault === null ? size : `${formatBytes(received)} of ${size}`;
  const from = port === 0 ? '' : ` from localhost:${port}`;
  console.log(`\n${basename(file)}: ${fetched} fetched${from}, ${verdict}.`);
  if (fault !== null) console.log(style('red', `What went wrong: ${fault}.`));
  for (const blame of blamed) console.log(style('red', blame));
}

function isNamed(name: string): (total: LayerTotals) => boolean {
  return (total) => total.layer === name;
}

function printJson(
  file: string,
  job: DemoJob,
  { port, fault, defects, records, entries, received }: DemoOutcome,
  totals: readonly LayerTotals[],
  blamed: readonly string[],
): void {
  const sha256 = createHash('sha256').update(job.content).digest('hex');
  const bytes = job.content.length;
  const result = { file, port, identical: fault === null, fault, blamed, bytes, received, sha256 };
  console.log(JSON.stringify({ ...result, totals, records, entries, defects }, undefined, 2));
}

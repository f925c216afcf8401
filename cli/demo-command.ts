import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, get } from 'node:http';
import { basename, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { catalogTable, type CatalogProtocol } from '../catalog/index.js';
import { stack, type Layer } from '../chain/index.js';
import { Agent, createServer } from '../node/index.js';
import { compression } from '../providers/layers/compression/index.js';
import { formatTraceRecord, trace, TraceRecorder, type TraceRecord } from '../providers/layers/trace/index.js';
import { INSTANCE, type WSAPROTOCOL_INFO } from '../spi/index.js';
import { createWs2_32, type Ws2_32 } from '../ws2_32/index.js';
import { readArguments, UsageError, wholeNumber, type Command } from './command.js';
import { PACKAGE_FOLDER } from './package-version.js';
import { formatBytes, heading, style } from './style.js';

const OPTIONS = {
  file: { type: 'string', short: 'f' },
  layer: { type: 'string', multiple: true, short: 'l' },
  port: { type: 'string', short: 'p' },
  base: { type: 'string' },
  lines: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const HELP = `Usage: ws2spi demo [options]       (npm start -- [options])

Prints the catalog, stacks trace over compression over TCP/IP, serves a file by node:http on loopback over that chain,
fetches it by name (localhost, resolved by the name-space provider), verifies it byte for byte, and prints what each layer
saw, in order and nested, and what went over the wire.

Options:
  -f, --file <path>      the file to fetch; by default the package's own README.md
  -l, --layer <module>   a layer of your own between trace and compression: a module whose default export is a layer
                         (defineLayer) or a function that makes one; may be given several times, outermost first
  -p, --port <number>    the port to serve on; by default one that the system chooses
      --base <name>      tcpip (the operating system's sockets, the default) or memory (a network within the process)
      --lines <number>   lines of the trace to print; 60 if absent, 0 for all
      --json             prints one JSON object
  -h, --help             this text`;

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
  async run(args) {
    const { values, positionals } = readArguments('demo', args, OPTIONS);
    if (positionals.length > 0) throw new UsageError(`demo takes options only, not "${positionals.join(' ')}"`);
    const base = values.base ?? 'tcpip';
    if (base !== 'tcpip' && base !== 'memory') throw new UsageError(`--base must be tcpip or memory, not "${base}"`);
    const file = values.file ?? fileURLToPath(new URL('README.md', PACKAGE_FOLDER));
    const port = wholeNumber('port', values.port ?? '0', 0, 65535);
    const lines = wholeNumber('lines', values.lines ?? '60', 0, 1_000_000);
    const content = readFile(file);
    const own = await Promise.all((values.layer ?? []).map(loadLayer));
    const json = values.json === true;

    const ws2 = createWs2_32({ base });
    const defects: string[] = [];
    ws2.on('defect', (defect) =>
      defects.push(`${defect.message}${defect.cause === undefined ? '' : ` (${String(defect.cause)})`}`),
    );
    try {
      start(ws2);
      const recorder = new TraceRecorder();
      const layers: Layer[] = [
        trace({ name: 'application', recorder }),
        ...own,
        compression(),
        trace({ name: 'wire', recorder }),
      ];
      if (!json) printCatalog(ws2);
      const entries = stack(ws2, layers);
      if (!json) printChain(ws2, entries[0]!);
      const fetched = await fetchOverChain(ws2, entries[0]!.szProtocol, basename(file), content, port);
      const identical = Buffer.compare(fetched.body, content) === 0;
      const totals = addUp(recorder.records);
      if (json)
        printJson({
          file,
          port: fetched.port,
          content,
          identical,
          totals,
          records: recorder.records,
          entries,
          defects,
        });
      else printResult(file, fetched.port, content, identical, totals, recorder.records, lines, defects);
      return identical && defects.length === 0 ? 0 : 1;
    } finally {
      ws2[Symbol.dispose]();
    }
  },
};

function start(ws2: Ws2_32): void {
  const error = ws2.WSAStartup(0x0202, {});
  if (error !== 0)
    throw new Error(`WSAStartup failed with ${error}; ws2spi catalog verify says what is wrong with the catalog`);
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--file: ${(error as Error).message}`);
  }
}

async function loadLayer(module: string): Promise<Layer> {
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(resolve(module)).href)) as { default?: unknown }).default;
  } catch (error) {
    throw new UsageError(`--layer ${module} cannot be loaded: ${(error as Error).message}`);
  }
  const layer = (typeof exported === 'function' ? (exported as () => unknown)() : exported) as Layer | undefined;
  if (typeof layer?.WSPStartup !== 'function') {
    throw new UsageError(`--layer ${module}: its default export is no layer; export default defineLayer({ … })`);
  }
  return layer;
}

/** Serves the content by `node:http` over the chain, and fetches it by name. */
async function fetchOverChain(
  ws2: Ws2_32,
  chain: string,
  name: string,
  content: Buffer,
  port: number,
): Promise<{ body: Buffer; port: number }> {
  const http = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': content.length });
    response.end(content);
  });
  const server = createServer({ ws2, chain }, (socket) => http.emit('connection', socket));
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => listening());
  });
  const agent = new Agent({ ws2, chain });
  try {
    const bound = (server.address() as { port: number }).port;
    const url = `http://localhost:${bound}/${encodeURIComponent(name)}`;
    const body = await new Promise<Buffer>((done, failed) => {
      get(url, { agent, family: 4 }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => done(Buffer.concat(pieces)));
        response.on('error', failed);
      }).on('error', failed);
    });
    return { body, port: bound };
  } finally {
    agent.destroy();
    await new Promise<void>((closed) => server.close(() => closed()));
    http.close();
  }
}

function addUp(records: readonly TraceRecord[]): LayerTotals[] {
  const totals = new Map<string, LayerTotals>();
  for (const record of records) {
    let total = totals.get(record.layer);
    if (total === undefined)
      totals.set(record.layer, (total = { layer: record.layer, calls: 0, sent: 0, received: 0 }));
    if (record.kind !== 'call') continue;
    total.calls++;
    if (record.name.startsWith('WSPSend')) total.sent += record.bytes ?? 0;
    else if (record.name.startsWith('WSPRecv')) total.received += record.bytes ?? 0;
  }
  return [...totals.values()];
}

function printCatalog(ws2: Ws2_32): void {
  const { catalog } = ws2[INSTANCE];
  const protocols: CatalogProtocol[] = catalog
    .entries()
    .map((entry) => ({ path: catalog.pathOf(entry.ProviderId) ?? '', entry }));
  console.log(heading('Protocol catalog'));
  console.log(catalogTable(protocols).join('\n'));
}

function printChain(ws2: Ws2_32, chain: WSAPROTOCOL_INFO): void {
  const { catalog } = ws2[INSTANCE];
  const { ChainLen, ChainEntries } = chain.ProtocolChain;
  const members = ChainEntries.slice(0, ChainLen).map((id) => `${id} ${catalog.entry(id)?.szProtocol ?? '?'}`);
  console.log(`\n${heading('Chain')} ${chain.dwCatalogEntryId}: ${members.join(' → ')}`);
}

function printResult(
  file: string,
  port: number,
  content: Buffer,
  identical: boolean,
  totals: readonly LayerTotals[],
  records: readonly TraceRecord[],
  lines: number,
  defects: readonly string[],
): void {
  console.log(`\n${heading('What each layer saw')}, in order and nested:`);
  const shown = lines === 0 ? records : records.slice(0, lines);
  const began = records[0]?.time ?? 0;
  for (const record of shown) {
    const line = formatTraceRecord(record, began);
    console.log(record.layer === 'wire' ? style('cyan', line) : record.error === 0 ? line : style('yellow', line));
  }
  if (shown.length < records.length) console.log(`  … and ${records.length - shown.length} more; --lines 0 shows all`);
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
  for (const defect of defects) console.log(style('red', `Defect: ${defect}`));
  const verdict = identical ? style('green', 'identical, byte for byte') : style('red', 'NOT identical');
  console.log(`\n${basename(file)}: ${formatBytes(content.length)} fetched from localhost:${port}, ${verdict}.`);
}

function isNamed(name: string): (total: LayerTotals) => boolean {
  return (total) => total.layer === name;
}

function printJson(result: {
  readonly file: string;
  readonly port: number;
  readonly content: Buffer;
  readonly identical: boolean;
  readonly totals: readonly LayerTotals[];
  readonly records: readonly TraceRecord[];
  readonly entries: readonly WSAPROTOCOL_INFO[];
  readonly defects: readonly string[];
}): void {
  const { content, ...rest } = result;
  const sha256 = createHash('sha256').update(content).digest('hex');
  console.log(JSON.stringify({ ...rest, bytes: content.length, sha256 }, undefined, 2));
}

// One run of the demonstration: a file served and fetched by HTTP over a chain of layers, told step by step, so that
// what happened until then is known of a run that never ends.
import { createServer as createHttpServer, get } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { catalogTable, type CatalogBase } from '../catalog/index.js';
import { stack, type Layer } from '../chain/index.js';
import { Agent, createServer } from '../node/index.js';
import { compression } from '../providers/layers/compression/index.js';
import { trace, TraceRecorder, type TraceRecord } from '../providers/layers/trace/index.js';
import { INSTANCE, type WSAPROTOCOL_INFO } from '../spi/index.js';
import { createWs2_32, type Ws2_32 } from '../ws2_32/index.js';

/** What is to be fetched, and over which layers. */
export interface DemoJob {
  /** `undefined` for what the user's catalog has. */
  readonly base: CatalogBase | undefined;
  /** The name in the URL. */
  readonly name: string;
  readonly content: Uint8Array;
  /** 0 for one that the system chooses. */
  readonly port: number;
  /** Paths of modules with layers of the user's own, outermost first. */
  readonly layers: readonly string[];
  /** The file that a trace for Perfetto is written to; `null` for none. */
  readonly perfetto: string | null;
}

/** What a run tells, as it happens. */
export type DemoEvent =
  | { readonly kind: 'alive' }
  /** What it does from now on, to follow "while". */
  | { readonly kind: 'stage'; readonly stage: string }
  | { readonly kind: 'layers'; readonly names: readonly string[] }
  | {
      readonly kind: 'chain';
      readonly catalog: readonly string[];
      readonly chain: string;
      readonly entries: readonly WSAPROTOCOL_INFO[];
    }
  | { readonly kind: 'port'; readonly port: number }
  /** A call that crosses a trace layer began, or is over. */
  | { readonly kind: 'begin' | 'end'; readonly record: TraceRecord }
  | { readonly kind: 'received'; readonly bytes: number }
  | { readonly kind: 'defect'; readonly defect: string }
  /** It is over; `fault` says what went wrong with what came through. */
  | { readonly kind: 'over'; readonly fault: string | null }
  /** It could not be begun: because of what the user gave, or of something else. */
  | { readonly kind: 'refused'; readonly usage: boolean; readonly message: string };

/** Told what happens in a run. */
export type DemoReport = (event: DemoEvent) => void;

/** What the user gave cannot be used. */
class UnfitLayer extends Error {}

// Between own layers and compression, as long as a chain has room for it.
const MOST_OWN_WITH_TRACE = 3;

/** Runs the demonstration once. Nothing is thrown: whatever goes wrong is told. */
export async function runDemo(job: DemoJob, report: DemoReport): Promise<void> {
  const defects: string[] = [];
  try {
    report({ kind: 'stage', stage: 'its modules were loaded' });
    const own: Layer[] = [];
    for (const module of job.layers) {
      report({ kind: 'stage', stage: `layer ${module} was loaded` });
      own.push(await loadLayer(module));
      report({ kind: 'layers', names: own.map((layer) => layer.name) });
    }
    const ws2 = createWs2_32(job.base === undefined ? {} : { base: job.base });
    ws2.on('defect', ({ message, cause }) => {
      const told = cause === undefined || (cause instanceof Error && cause.message === message);
      const defect = told ? message : `${message} (${String(cause)})`;
      defects.push(defect);
      report({ kind: 'defect', defect });
    });
    const chrome = job.perfetto === null ? null : ws2.debug.trace({ format: 'perfetto', to: job.perfetto });
    try {
      if (ws2.WSAStartup(0x0202, {}) !== 0) throw new Error(defects.at(-1) ?? 'WSAStartup failed');
      const chain = stackLayers(ws2, own, report);
      const fault = await fetchOverChain(ws2, chain, job, report);
      // Before it is over: a process of its own is ended then.
      chrome?.();
      report({ kind: 'over', fault });
    } finally {
      chrome?.();
      ws2[Symbol.dispose]();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const usage = error instanceof UnfitLayer;
    // A code says that a provider could not be started; the first defect says why.
    const why = usage ? undefined : defects[0];
    const told = why === undefined || why.includes(message) || message.includes(why) ? message : `${message} ${why}`;
    report({ kind: 'refused', usage, message: told });
  }
}

async function loadLayer(module: string): Promise<Layer> {
  let layer: unknown;
  try {
    const exported = ((await import(pathToFileURL(resolve(module)).href)) as { default?: unknown }).default;
    layer = typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (error) {
    throw new UnfitLayer(
      `--layer ${module} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof (layer as Partial<Layer> | null | undefined)?.WSPStartup !== 'function') {
    throw new UnfitLayer(`--layer ${module}: its default export is not a layer; export default defineLayer({ … })`);
  }
  return layer as Layer;
}

/** Tells of records when they begin, too. */
class ReportingRecorder extends TraceRecorder {
  constructor(private readonly report: DemoReport) {
    super(undefined, (record) => report({ kind: 'end', record }));
  }

  override begin(...about: Parameters<TraceRecorder['begin']>): TraceRecord {
    const record = super.begin(...about);
    this.report({ kind: 'begin', record });
    return record;
  }
}

function stackLayers(ws2: Ws2_32, own: readonly Layer[], report: DemoReport): string {
  report({ kind: 'stage', stage: 'the layers were stacked' });
  const { catalog } = ws2[INSTANCE];
  const table = catalogTable(
    catalog.entries().map((entry) => ({ path: catalog.pathOfEntry(entry.dwCatalogEntryId) ?? '', entry })),
  );
  const recorder = new ReportingRecorder(report);
  const below = own.length > 0 && own.length <= MOST_OWN_WITH_TRACE ? [trace({ name: 'below yours', recorder })] : [];
  const layers = [
    trace({ name: 'application', recorder }),
    ...own,
    ...below,
    compression(),
    trace({ name: 'wire', recorder }),
  ];
  const entries = stack(ws2, layers);
  const { ChainLen, ChainEntries } = entries[0]!.ProtocolChain;
  const members = ChainEntries.slice(0, ChainLen).map((id) => `${id} ${catalog.entry(id)?.szProtocol ?? '?'}`);
  report({ kind: 'chain', catalog: table, chain: `${entries[0]!.dwCatalogEntryId}: ${members.join(' → ')}`, entries });
  return entries[0]!.szProtocol;
}

/** Serves the content by `node:http` over the chain, and fetches it by name. Returns what went wrong, or `null`. */
async function fetchOverChain(ws2: Ws2_32, chain: string, job: DemoJob, report: DemoReport): Promise<string | null> {
  const { content } = job;
  const http = createHttpServer((_request, response) => {
    report({ kind: 'stage', stage: 'the server answered' });
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': content.length });
    response.end(content);
  });
  const server = createServer({ ws2, chain }, (socket) => http.emit('connection', socket));
  report({ kind: 'stage', stage: 'the server began to listen' });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(job.port, '127.0.0.1', () => listening());
  });
  const { port } = server.address() as { port: number };
  report({ kind: 'port', port });
  const agent = new Agent({ ws2, chain });
  try {
    report({ kind: 'stage', stage: 'the client connected and sent its request' });
    return await new Promise<string | null>((done) => {
      const failed = (error: Error): void => done(`the request failed: ${error.message}`);
      get(`http://localhost:${port}/${encodeURIComponent(job.name)}`, { agent, family: 4 }, (response) => {
        report({ kind: 'stage', stage: 'the answer was received' });
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          pieces.push(piece);
          bytes += piece.length;
          report({ kind: 'received', bytes });
        });
        response.on('end', () => done(faultOf(response.statusCode, Buffer.concat(pieces), content)));
        response.on('error', failed);
      }).on('error', failed);
    });
  } finally {
    // Not waited for: a layer that holds on to something would keep the demonstration from its end.
    agent.destroy();
    server.close();
    http.close();
  }
}

function faultOf(status: number | undefined, body: Buffer, content: Uint8Array): string | null {
  if (status !== 200) return `the server answered ${status}: it did not get the request as it was sent`;
  if (Buffer.compare(body, content) === 0) return null;
  if (body.length !== content.length) return `${body.length} of ${content.length} bytes came through`;
  return `what came through differs from byte ${body.findIndex((byte, i) => byte !== content[i])} on`;
}

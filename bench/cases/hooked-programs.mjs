// Programs of node:net and what is above it, with their sockets on a chain by `--import ws2spi/register`, beside themselves without.
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomUUID } from 'node:crypto';
import { AF_INET, SOCK_STREAM } from '../../dist/index.js';
import { defaultCatalog, formatCatalog } from '../../dist/catalog/index.js';
import { joinModules } from '../../tools/join-modules.mjs';
import { benchPath, node } from '../harness/commands.mjs';
import { measureHeldConnections } from '../harness/held-connections.mjs';
import { HOOK, measurePrograms } from '../harness/hooked-programs.mjs';
import { runForJson } from '../harness/processes.mjs';
import { limitRow, ratioRow } from '../harness/rows.mjs';
import { median, summarize } from '../harness/statistics.mjs';
import { startPostgres } from '../hooked-programs/postgres.mjs';
import { BODY_SIZE } from '../servers/http-handler.mjs';

const ROOT = join(import.meta.dirname, '../..');
const MESSAGE = 64;
const BLOCK = 65536;
const MANY = 50;
const LAYERS = 3;
const FIRST_LAYER = 2001;
const IDLE = 5_000;
/** Milliseconds that the hook may add to a start. */
const MOST_START_UP = 60;
const PROCESSES = 5;
const TIMEOUT = 60_000;

/** One row for a program with the hook beside the same without it. */
function row(name, { rates, cpuRates }, own, least, unit) {
  const made = ratioRow(name, rates, own, 'bare', least, unit);
  const cpuRatio = cpuRates[own].median / cpuRates.bare.median;
  made.value += `; ${cpuRatio.toFixed(2)} × by processor time`;
  Object.assign(made.data, { cpuRatio, cpuRates });
  return made;
}

/** Runs with a folder of its own, which is removed afterwards. */
async function inFolder(run) {
  const folder = mkdtempSync(join(tmpdir(), 'ws2spi-hooked-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A catalog whose chain for TCP over IPv4 has three layers that override every data and event function. */
function catalogOfLayers(folder) {
  const data = defaultCatalog('tcpip');
  const tcp = data.protocols.find(({ entry }) => entry.iAddressFamily === AF_INET && entry.iSocketType === SOCK_STREAM);
  const numbers = Array.from({ length: LAYERS }, (_, index) => FIRST_LAYER + index);
  const entryOf = (path, own) => ({ path, entry: { ...tcp.entry, ...own } });
  const layers = numbers.map((dwCatalogEntryId) => {
    const module = join(folder, `pass${dwCatalogEntryId}.mjs`);
    const from = pathToFileURL(benchPath('pass-through.mjs')).href;
    writeFileSync(
      module,
      `import { overridingLayer } from '${from}';\nexport const { WSPStartup } = overridingLayer('${dwCatalogEntryId}');\n`,
      { mode: 0o600 },
    );
    const ProtocolChain = { ChainLen: 0, ChainEntries: [] };
    return entryOf(pathToFileURL(module).href, {
      dwCatalogEntryId,
      ProviderId: randomUUID(),
      ProtocolChain,
      szProtocol: `pass ${dwCatalogEntryId}`,
    });
  });
  const ChainEntries = [...numbers, tcp.entry.dwCatalogEntryId];
  const chain = entryOf(layers[0].path, {
    dwCatalogEntryId: FIRST_LAYER + LAYERS,
    ProviderId: randomUUID(),
    ProtocolChain: { ChainLen: ChainEntries.length, ChainEntries },
    szProtocol: `${LAYERS} layers`,
  });
  data.protocols.unshift(chain, ...layers);
  const catalog = join(folder, 'catalog.json');
  writeFileSync(catalog, formatCatalog(data), { mode: 0o600 });
  return catalog;
}

/** The two environments of most cases. */
const besideBare = (folder) => ({ bare: null, hook: { WS2SPI_CATALOG: join(folder, 'none.json') } });

function http(context) {
  return inFolder(async (folder) => {
    const results = await measurePrograms(context, {
      program: ['http-server'],
      environments: { ...besideBare(folder), 'hook+3': { WS2SPI_CATALOG: catalogOfLayers(folder) } },
      load: ['http', MANY, BODY_SIZE],
    });
    const name = `node:http server, hooked, ${MANY} connections`;
    return [
      row(`${name}, no layer`, results, 'hook', 1, 'requests/s'),
      row(`${name}, ${LAYERS} overriding pass-through layers`, results, 'hook+3', 0.95, 'requests/s'),
    ];
  });
}

function bulk(context) {
  return inFolder(async (folder) => {
    const rows = [];
    for (const [program, mode, title] of [
      ['receiver', 'sink', 'received'],
      ['sender', 'source', 'sent'],
    ]) {
      context.progress(title);
      const plan = { program: [program], environments: besideBare(folder), load: [mode, 1, BLOCK] };
      const results = await measurePrograms(context, plan);
      rows.push(row(`bulk, 64 KiB blocks, ${title} by node:net, hooked`, results, 'hook', 1, 'GB/s'));
    }
    return rows;
  });
}

function pingPong(context) {
  return inFolder(async (folder) => {
    const environments = besideBare(folder);
    const asServer = { program: ['echo-server'], environments, load: ['ping', 1, MESSAGE], oneCpu: true };
    const peer = [context.compiler.program('echo-server'), 'echo', String(BLOCK)];
    const asClient = { program: ['ping-client'], environments, peer, oneCpu: true };
    const name = `ping-pong, ${MESSAGE} bytes, 1 connection, one CPU, node:net`;
    return [
      row(`${name} server, hooked`, await measurePrograms(context, asServer), 'hook', 0.95, 'messages/s'),
      row(`${name} client, hooked`, await measurePrograms(context, asClient), 'hook', 0.95, 'messages/s'),
    ];
  });
}

function fetching(context) {
  return inFolder(async (folder) => {
    const rows = [];
    for (const connections of [1, 10]) {
      const environments = besideBare(folder);
      const plan = { program: ['fetch'], environments, peer: node('http-net'), connections };
      const results = await measurePrograms(context, plan);
      rows.push(row(`fetch, hooked, ${connections} at once`, results, 'hook', 0.95, 'requests/s'));
    }
    return rows;
  });
}

async function queries(context) {
  const postgres = await startPostgres();
  try {
    return await inFolder(async (folder) => {
      const rows = [];
      for (const connections of [1, 10]) {
        const environments = besideBare(folder);
        const plan = { program: ['pg'], environments, port: postgres.port, connections };
        const results = await measurePrograms(context, plan);
        rows.push(
          row(`pg, hooked, ${connections} connection${connections > 1 ? 's' : ''}`, results, 'hook', 1, 'queries/s'),
        );
      }
      return rows;
    });
  } finally {
    await postgres.stop();
  }
}

function idle(context) {
  return inFolder(async (folder) => {
    const command = [process.execPath, '--expose-gc'];
    const program = [benchPath('servers/net.mjs'), 'echo'];
    const servers = {
      bare: [...command, ...program],
      hook: ['env', `WS2SPI_CATALOG=${join(folder, 'none.json')}`, ...command, '--import', HOOK, ...program],
    };
    const results = await measureHeldConnections(context, { servers, connections: IDLE, size: MESSAGE });
    const name = `memory per idle connection of node:net, hooked, ${IDLE.toLocaleString('en')}`;
    return [
      limitRow(`${name} (RSS)`, results.rss, 'hook', 'bare', 1, 'bytes'),
      limitRow(`${name} (heap after collection)`, results.heap, 'hook', 'bare', 1, 'bytes'),
    ];
  });
}

/** What is started: nothing of sockets, and a first connection to itself. */
const STARTS = {
  'nothing else': '',
  'and a first connection': `const net = require('node:net');
    const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1').resume().on('close', () => server.close());
    });`,
};
// The process tells its own time and processor time, in milliseconds, from its start to its last moment.
const TELL = `process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  const figures = { wall: performance.now(), processor: (user + system) / 1000 };
  require('node:fs').writeSync(1, JSON.stringify(figures) + '\\n');
});`;

/** The package is as users install it, its modules joined. */
function startUp(context) {
  return inFolder(async (folder) => {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    await joinModules(join(ROOT, 'dist'), join(folder, 'dist'));
    const hook = ['--import', pathToFileURL(join(folder, 'dist/register/index.js')).href];
    // What V8 makes of the package is kept, as it is after the first programs that a user runs.
    const own = [`WS2SPI_CATALOG=${join(folder, 'none.json')}`, `WS2SPI_CODE_CACHE=${join(folder, 'code')}`];
    const environment = ['env', ...own];
    const rows = [];
    for (const [title, program] of Object.entries(STARTS)) {
      const added = { wall: [], processor: [] };
      for (let program = 0; program < PROCESSES; program++)
        await runForJson([...environment, process.execPath, ...hook, '-e', TELL + STARTS[title]], TIMEOUT);
      for (let round = 1; round <= context.rounds; round++) {
        const differences = { wall: [], processor: [] };
        for (let i = 0; i < PROCESSES; i++) {
          const once = (flags) =>
            runForJson(
              context.pinning.wrap(0, [...environment, process.execPath, ...flags, '-e', TELL + program]),
              TIMEOUT,
            );
          const without = await once([]);
          const hooked = await once(hook);
          for (const what of Object.keys(differences)) differences[what].push(hooked[what] - without[what]);
        }
        for (const what of Object.keys(added)) added[what].push(median(differences[what]));
        context.progress(`${title}, round ${round} of ${context.rounds}: ${added.wall.at(-1).toFixed(0)} ms`);
      }
      const wall = summarize(added.wall);
      const processor = summarize(added.processor);
      rows.push({
        name: `start-up with the hook, ${title}`,
        measured: `${wall.median.toFixed(1)} ms more (${wall.min.toFixed(1)}–${wall.max.toFixed(1)}); ${processor.median.toFixed(1)} ms of processor time more`,
        value: `${wall.median.toFixed(1)} ms`,
        target: `≤ ${MOST_START_UP} ms`,
        reached: wall.median <= MOST_START_UP,
        data: { wall: { ...wall, rates: added.wall }, processor: { ...processor, rates: added.processor } },
      });
    }
    return rows;
  });
}

/** The cases of this file, as `cases.mjs` has them. */
export const HOOKED_PROGRAM_CASES = {
  'hooked-http': { title: 'node:http server with its sockets on a chain, beside itself', measure: http },
  'hooked-pg': { title: 'pg with its sockets on a chain, beside itself', measure: queries },
  'hooked-bulk': {
    title: 'bulk transfer of node:net with its sockets on a chain, both ways, beside itself',
    measure: bulk,
  },
  'hooked-ping': { title: 'ping-pong of node:net with its sockets on a chain, beside itself', measure: pingPong },
  'hooked-fetch': { title: 'fetch with its sockets on a chain, beside itself', measure: fetching },
  'hooked-start': { title: 'what the hook adds to the start of a program', rounds: 3, measure: startUp },
  'hooked-memory': { title: 'memory per idle connection of node:net with its sockets on a chain', measure: idle },
};

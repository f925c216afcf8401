// The cases, each with what it must reach.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runForJson, runForText } from './harness/processes.mjs';
import { measureServers } from './harness/rounds.mjs';
import { Skipped } from './harness/skipped.mjs';
import { median, summarize } from './harness/statistics.mjs';
import { BODY_SIZE } from './servers/http-handler.mjs';

const MESSAGE = 64;
const BLOCK = 65536;
const MANY = 50;
const MOST_PER_CALL = 15;
const ROUNDS_PER_PROCESS = 40;
/** Nanoseconds that a cost of nothing may measure as, however quiet or noisy the machine. */
const LEAST_NOISE = 2;
const MOST_NOISE = 5;
/** The functions that make a layer the owner of a handle; a layer that overrides nothing has these of its own, and no more. */
const OWNERSHIP = ['WSPAccept', 'WSPCleanup', 'WSPJoinLeaf', 'WSPSocket'];

const DATA_FUNCTIONS = ['WSPSend', 'WSPRecv'];

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const node = (name, ...args) => [process.execPath, path(`servers/${name}.mjs`), ...args];

/** How figures are written in the table. */
const wholeNumber = (value) => Math.round(value).toLocaleString('en');
const gigabytes = (value) => (value / 1e9).toFixed(2);
const nanoseconds = (value) => `${value.toFixed(1)} ns`;

/**
 * One line of the result: a quantity and what it is compared with.
 *
 * @typedef {object} Row
 * @property {string} name what was measured
 * @property {string} measured the figures, as text
 * @property {string} value the ratio or the cost, as text
 * @property {string} target what must be reached, as text; empty for information
 * @property {boolean | null} reached `null` when there is no target
 * @property {object} data the numbers
 */

/** Two servers' medians as a ratio. The range is that of the ratios within rounds. */
function ratioRow(name, results, own, other, least, unit) {
  const ratio = results[own].median / results[other].median;
  const ratios = results[own].rates.map((rate, round) => rate / results[other].rates[round]);
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  return {
    name,
    measured: [own, other].map((server) => describe(server, results[server], unit)).join('; '),
    value: `${ratio.toFixed(2)} × ${other} (${range} in rounds)`,
    target: `≥ ${least.toFixed(2)} × ${other}`,
    reached: ratio >= least,
    data: { ratio, ratios, medianOfRatios: median(ratios), least, own: results[own], other: results[other] },
  };
}

function describe(server, { median: middle, min, max }, unit) {
  const format = unit === 'GB/s' ? gigabytes : wholeNumber;
  return `${server} ${format(middle)} ${unit} (${format(min)}–${format(max)})`;
}

/** What a server without a target did, for comparison. */
function informationRow(name, results, own, other, unit) {
  return { ...ratioRow(name, results, own, other, 0, unit), target: '', reached: null };
}

async function echoOne(context) {
  const results = await measureServers(context, {
    servers: { net: node('net', 'echo'), ws2spi: node('ws2spi', 'echo'), C: cServer(context, 'echo') },
    load: ['ping', 1, MESSAGE],
    oneCpu: true,
  });
  const name = `echo, ${MESSAGE} bytes, 1 connection, one CPU`;
  return [
    ratioRow(name, results, 'ws2spi', 'net', 1.1, 'messages/s'),
    informationRow(`${name}, for comparison`, results, 'ws2spi', 'C', 'messages/s'),
  ];
}

async function echoMany(context) {
  const results = await measureServers(context, {
    servers: { net: node('net', 'echo'), ws2spi: node('ws2spi', 'echo'), C: cServer(context, 'echo') },
    load: ['ping', MANY, MESSAGE],
  });
  const name = `echo, ${MESSAGE} bytes, ${MANY} connections`;
  return [
    ratioRow(name, results, 'ws2spi', 'net', 1.5, 'messages/s'),
    ratioRow(name, results, 'ws2spi', 'C', 0.75, 'messages/s'),
  ];
}

async function bulk(context) {
  const rows = [];
  for (const [mode, title] of [
    ['sink', 'received'],
    ['source', 'sent'],
  ]) {
    context.progress(`${mode}: bulk data ${title} by the server`);
    const results = await measureServers(context, {
      servers: { net: node('net', mode), ws2spi: node('ws2spi', mode) },
      load: [mode, 1, BLOCK],
    });
    rows.push(ratioRow(`bulk, 64 KiB blocks, ${title}`, results, 'ws2spi', 'net', 1.0, 'GB/s'));
  }
  return rows;
}

async function sevenLayers(context) {
  const results = await measureServers(context, {
    servers: {
      net: node('net', 'echo'),
      'ws2spi+7': node('ws2spi', 'echo', '--layers', '7'),
      ws2spi: node('ws2spi', 'echo'),
    },
    load: ['ping', MANY, MESSAGE],
  });
  const name = `seven overriding pass-through layers, echo, ${MANY} connections`;
  return [
    ratioRow(name, results, 'ws2spi+7', 'net', 1.3, 'messages/s'),
    informationRow(`${name}, against none`, results, 'ws2spi+7', 'ws2spi', 'messages/s'),
  ];
}

async function layerCost(context) {
  // Processes differ by some nanoseconds in what V8 makes of the same code, and so do instances within one: several processes
  // are asked, and what the control, a second bare provider, seems to cost in any of them is noise.
  const command = [process.execPath, path('layer-cost.mjs'), '--rounds', String(ROUNDS_PER_PROCESS), '--json'];
  const results = [];
  for (let round = 1; round <= context.rounds; round++) {
    results.push(await runForJson(context.pinning.wrap(0, command), 600_000));
    context.progress(`process ${round} of ${context.rounds}`);
  }
  const rows = [];
  for (const [call, what] of [
    ['exchange', 'send and recv of 64 bytes'],
    ['poll', 'recv that finds nothing'],
  ]) {
    const of = (name) => results.map((result) => result.calls[call][name]);
    const bare = summarize(of('bare').map((time) => time.median));
    const noise = Math.max(...of('control').map((time) => Math.abs(time.median)));
    const allowance = Math.min(Math.max(noise, LEAST_NOISE), MOST_NOISE);
    const [control, overriding, empty] = ['control', 'overriding', 'empty'].map((name) =>
      summarize(of(name).map((time) => time.median)),
    );
    const own = (name) => results[0].ownFunctions[name];
    if (!DATA_FUNCTIONS.every((name) => own('overriding').includes(name))) {
      throw new Error('the overriding layer is not in the way: its functions are the lower provider’s');
    }
    const identical = own('empty').every((name) => OWNERSHIP.includes(name));
    const measured = (layer) =>
      `bare ${nanoseconds(bare.median)} per call; difference ${nanoseconds(layer.min)} to ${nanoseconds(layer.max)}; noise ${nanoseconds(noise)}`;
    rows.push({
      name: `one overriding layer, per call (${what})`,
      measured: measured(overriding),
      value: nanoseconds(overriding.median),
      target: `≤ ${MOST_PER_CALL} ns`,
      reached: overriding.median <= MOST_PER_CALL,
      data: { bare, control, layer: overriding, noise, most: MOST_PER_CALL, processes: of('overriding') },
    });
    rows.push({
      name: `a layer that overrides nothing, per call (${what})`,
      measured: `${measured(empty)}; of its own: ${own('empty').join(', ')}`,
      value: `${identical ? 'the same functions' : 'other functions'}, ${nanoseconds(empty.median)}`,
      target: `0: the same functions, and time within noise (${nanoseconds(allowance)})`,
      reached: identical && empty.median <= allowance,
      data: { bare, control, layer: empty, noise, ownFunctions: own('empty'), processes: of('empty') },
    });
  }
  return rows;
}

async function http(context) {
  if (!existsSync(path('../dist/node/index.js')))
    throw new Skipped('ws2spi/node is not built: dist/node/index.js is missing');
  const results = await measureServers(context, {
    servers: { 'node:http': node('http-net'), ChainSocket: node('http-chain') },
    load: ['http', MANY, BODY_SIZE],
  });
  const name = `HTTP requests, ${MANY} keep-alive connections, no layer`;
  return [ratioRow(name, results, 'ChainSocket', 'node:http', 0.9, 'requests/s')];
}

async function compression(context) {
  const text = await runForText([process.execPath, path('compression.mjs')], 600_000);
  context.progress('done');
  return [
    {
      name: 'compression engines',
      measured: 'see the table below',
      value: '',
      target: '',
      reached: null,
      data: { table: text },
      appendix: text,
    },
  ];
}

function cServer({ compiler }, mode) {
  return [compiler.program('echo-server'), mode, String(BLOCK)];
}

/**
 * The cases by name. `measure` returns the rows of the table; it throws `Skipped` when the machine cannot do it.
 *
 * @type {Record<string, { title: string, measure: (context: object) => Promise<Row[]> }>}
 */
export const CASES = {
  'echo-1': { title: 'echo, 64 bytes, 1 connection, client and server on one CPU', measure: echoOne },
  'echo-50': { title: 'echo, 64 bytes, 50 connections', measure: echoMany },
  bulk: { title: 'bulk transfer of 64 KiB blocks, both ways', measure: bulk },
  'layers-7': { title: 'seven overriding pass-through layers, 50 connections', measure: sevenLayers },
  'layer-cost': { title: 'one pass-through layer, per call, on the memory provider', measure: layerCost },
  http: { title: 'HTTP requests per second, node:http over ChainSocket', measure: http },
  compression: { title: 'engines for the compression layer: time and size', measure: compression },
};

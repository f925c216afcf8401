// The cases, each with what it must reach.
import { existsSync } from 'node:fs';
import { CAPTURE_CASES } from './cases/capture.mjs';
import { CHECK_CASES } from './cases/checks.mjs';
import { CODEC_STACK_CASES } from './cases/codec-stack.mjs';
import { FIVE_LAYERS_CASES } from './cases/five-layers.mjs';
import { COMPRESSION_CASES } from './cases/compression.mjs';
import { CONNECTION_CASES } from './cases/connections.mjs';
import { DATAGRAM_CODEC_CASES } from './cases/datagram-codecs.mjs';
import { DATAGRAM_CASES } from './cases/datagrams.mjs';
import { FILE_CASES } from './cases/files.mjs';
import { GATEWAY_CASES } from './cases/gateway.mjs';
import { HOOK_CASES } from './cases/hooks.mjs';
import { HOOKED_PROGRAM_CASES } from './cases/hooked-programs.mjs';
import { IO_MODEL_CASES } from './cases/io-models.mjs';
import { NAME_CASES } from './cases/names.mjs';
import { POLICY_CASES } from './cases/policy.mjs';
import { PORT_CASES } from './cases/ports.mjs';
import { RECORDING_CASES } from './cases/recordings.mjs';
import { SIMULATE_CASES } from './cases/simulate.mjs';
import { START_UP_CASES } from './cases/start-up.mjs';
import { TLS_CASES } from './cases/tls.mjs';
import { TRACE_CASES } from './cases/trace.mjs';
import { benchPath, node } from './harness/commands.mjs';
import { runForJson } from './harness/processes.mjs';
import { measureServers } from './harness/rounds.mjs';
import { informationRow, nanoseconds, ratioRow } from './harness/rows.mjs';
import { Skipped } from './harness/skipped.mjs';
import { summarize } from './harness/statistics.mjs';
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
  const command = [process.execPath, benchPath('layer-cost.mjs'), '--rounds', String(ROUNDS_PER_PROCESS), '--json'];
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
  if (!existsSync(benchPath('../dist/node/index.js')))
    throw new Skipped('ws2spi/node is not built: dist/node/index.js is missing');
  const results = await measureServers(context, {
    servers: { 'node:http': node('http-net'), ChainSocket: node('http-chain') },
    load: ['http', MANY, BODY_SIZE],
  });
  const name = `HTTP requests, ${MANY} keep-alive connections, no layer`;
  return [ratioRow(name, results, 'ChainSocket', 'node:http', 0.9, 'requests/s')];
}

function cServer({ compiler }, mode) {
  return [compiler.program('echo-server'), mode, String(BLOCK)];
}

/**
 * The cases by name. `measure` returns the rows of the table; it throws `Skipped` when the machine cannot do it.
 *
 * A case may have a number of `rounds` and `seconds` of its own for when none is asked for.
 *
 * @type {Record<string, { title: string, rounds?: number, seconds?: number, measure: (context: object) => Promise<import('./harness/rows.mjs').Row[]> }>}
 */
export const CASES = {
  'echo-1': { title: 'echo, 64 bytes, 1 connection, client and server on one CPU', measure: echoOne },
  'echo-50': { title: 'echo, 64 bytes, 50 connections', measure: echoMany },
  bulk: { title: 'bulk transfer of 64 KiB blocks, both ways', measure: bulk },
  'layers-7': { title: 'seven overriding pass-through layers, 50 connections', measure: sevenLayers },
  'layer-cost': { title: 'one pass-through layer, per call, on the memory provider', measure: layerCost },
  http: { title: 'HTTP requests per second, node:http over ChainSocket', measure: http },
  ...COMPRESSION_CASES,
  ...IO_MODEL_CASES,
  ...CONNECTION_CASES,
  ...DATAGRAM_CASES,
  ...DATAGRAM_CODEC_CASES,
  ...FILE_CASES,
  ...START_UP_CASES,
  ...NAME_CASES,
  ...POLICY_CASES,
  ...TRACE_CASES,
  ...GATEWAY_CASES,
  ...HOOK_CASES,
  ...HOOKED_PROGRAM_CASES,
  ...CAPTURE_CASES,
  ...CHECK_CASES,
  ...CODEC_STACK_CASES,
  ...FIVE_LAYERS_CASES,
  ...PORT_CASES,
  ...TLS_CASES,
  ...RECORDING_CASES,
  ...SIMULATE_CASES,
};

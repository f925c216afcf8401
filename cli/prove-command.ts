import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stack, type Layer } from '../chain/index.js';
import {
  createWs2_32,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ref,
  VirtualClock,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from '../index.js';
import { createMemoryNetwork } from '../providers/memory/index.js';
import { kindOf } from '../spi/answers.js';
import { testProvider, type ProviderFactory } from '../testkit/index.js';
import { readArguments, UsageError, type Command } from './command.js';
import { style } from './style.js';

const OPTIONS = {
  export: { type: 'string' },
  only: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const HELP = `Usage: ws2spi prove <module> [options]

Runs some three hundred cases, of what programs rely on under every I/O model, over a layer on a network in memory, and
reports what was proved: the cases of each topic, what was skipped and why, and for each that failed the rule, the line
that did not hold and the calls that led there.

The module exports the layer: what defineLayer returns, or a function that makes it, as default, as "layer", or alone.

Options:
  --export <name>  which export it is
  --only <text>    the cases of one topic, or those with a text in their name
  --json           prints the report as JSON
  -h, --help       this text

Exit codes: 0 all that was tried is proved, 1 a case failed or none was tried, 2 used wrongly.`;

/** What layers with a codec of streams cannot have, and why. */
const CODEC_SKIPS = {
  datagrams: 'a codec carries streams',
  'connecting again': 'a codec serves one connection',
  'sends without a send buffer': 'the queue of a codec is a buffer of its own',
  'several families': 'each family’s chain is a provider of its own',
  'select looks at sockets of both families at once': 'each family’s chain is a provider of its own',
};

function isLayer(value: unknown): value is Layer {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Layer>).WSPStartup === 'function';
}

/** Finds the layer among the exports of a module; returns a function that makes it. */
async function makerOf(path: string, wanted: string | undefined): Promise<() => Layer> {
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(`${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const names = Object.keys(module);
  const candidates = wanted !== undefined ? [wanted] : ['default', 'layer', ...(names.length === 1 ? names : [])];
  const name = candidates.find((each) => module[each] !== undefined);
  if (name === undefined) {
    const which = wanted === undefined ? 'no default export, nor one named "layer"' : `no export "${wanted}"`;
    throw new UsageError(
      `${path} has ${which}; it exports ${names.length === 0 ? 'nothing' : names.join(', ')}: say which one by --export`,
    );
  }
  const found = module[name];
  const make = (): Layer => {
    const layer: unknown = typeof found === 'function' ? (found as () => unknown)() : found;
    if (isLayer(layer)) return layer;
    throw new UsageError(
      `the export "${name}" of ${path} is no layer, nor a function that makes one, but ${kindOf(layer)}`,
    );
  };
  make();
  return make;
}

function basesFor(ws2: Ws2_32, layer: Layer): WSAPROTOCOL_INFO[] {
  const entries: WSAPROTOCOL_INFO[] = [];
  ws2.WSCEnumProtocols(null, entries, ref(100_000), ref(0));
  const protocols: readonly number[] = layer.ifs ? [IPPROTO_TCP, IPPROTO_UDP] : [IPPROTO_TCP];
  return entries.filter(
    ({ ProtocolChain, iProtocol }) => ProtocolChain.ChainLen === 1 && protocols.includes(iProtocol),
  );
}

/** Instances on networks in memory of their own, with the layer over TCP, and over UDP if it has no codec. */
function factoryOf(make: () => Layer): ProviderFactory {
  return (options) => {
    const [clock, network] = [new VirtualClock(), createMemoryNetwork()];
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock, network, ...options });
    const layer = make();
    return {
      ws2,
      clock,
      entries: stack(ws2, [layer], { over: basesFor(ws2, layer) }),
      checkNothingIsLeft() {
        if (!network.idle())
          throw new Error('sockets are left below the layer, or bytes on the way, though all were closed');
      },
    };
  };
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('prove', args, OPTIONS);
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError('prove takes one module; see ws2spi prove --help');
  const make = await makerOf(path, values.export);
  const cases = testProvider(factoryOf(make), { skips: make().ifs ? {} : CODEC_SKIPS });
  const { only } = values;
  if (only !== undefined && !cases.some(({ name, topic }) => topic === only || name.includes(only))) {
    throw new UsageError(`there is no case with "${only}" in its name`);
  }
  let topic = '';
  const report = await cases.prove({
    ...(only !== undefined && { only }),
    onCase(outcome) {
      if (values.json === true || !process.stderr.isTTY) return;
      if (outcome.topic !== topic) process.stderr.write(`\r\u001b[K${(topic = outcome.topic)} `);
      process.stderr.write(outcome.outcome === 'failed' ? style('red', 'x', process.stderr) : '.');
    },
  });
  if (values.json !== true && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  if (values.json === true) console.log(JSON.stringify(report, null, 2));
  else console.log(report.text().replaceAll(/^Broken: .*$/gm, (line) => style('red', line)));
  return report.holds ? 0 : 1;
}

/** `ws2spi prove`: the suite for providers over a layer of a file. */
export const proveCommand: Command = {
  name: 'prove',
  summary: 'tries a layer with the suite that every provider should pass, and reports what was proved',
  help: HELP,
  options: OPTIONS,
  takesFile: true,
  run,
};

import { resolve } from 'node:path';
import {
  BUILT_IN_LAYER_NAMES,
  BUILT_IN_LAYERS,
  needLayerFiles,
  readLayerTexts,
  settleLayerText,
} from '../layer-text/index.js';
import { withHook } from '../node-programs/index.js';
import { readArguments, UsageError, type Command } from './command.js';
import { divideArguments } from './run/arguments.js';
import { runInPlace } from './run/child.js';
import { programToRun } from './run/program.js';
import { style } from './style.js';

const OPTIONS = {
  layer: { type: 'string', short: 'l', multiple: true },
  record: { type: 'string' },
  replay: { type: 'string' },
  chain: { type: 'string' },
  catalog: { type: 'string' },
  top: { type: 'boolean' },
} as const;

const layerLines = BUILT_IN_LAYER_NAMES.map((name) => {
  const { main, options } = BUILT_IN_LAYERS[name]!;
  const others = Object.entries(options).filter(([option, kind]) => option !== main && kind !== 'program');
  return (
    `  ${main === undefined ? name : `${name}:${main.toUpperCase()}`}`.padEnd(26) + others.map(([o]) => o).join(', ')
  );
});

const HELP = `Usage: ws2spi run [options] [--] program arguments…

Runs a program of Node.js, and those of Node.js that it starts, with its sockets on layers: ws2spi run app.js, ws2spi run -- npm test.
Its input, output, signals and exit code are its own.

Options:
  -l, --layer <text>   a layer, NAME:OPTIONS; several times, the first nearest to the program
  --record <file>      records what the program and its peers say, above all layers: --layer record:FILE
  --replay <file>      has recorded conversations answer in place of the network: --layer replay:FILE
  --chain <chain>      what lies below the layers: entries of the catalog, by number or protocol, with ; between them
  --catalog <file>     another catalog than the user's
  --top                lets ws2spi top look at it
  -h, --help           this text

Layers, with what may stand first, and other options (NAME=VALUE, with commas between them; a value with commas in quotes):
${layerLines.join('\n')}
  ./my-layer.js, a-package  of your own

For example: ws2spi run --layer fault:reset=0.01,seed=7 --layer capture:out.pcapng -- node app.js

Exit codes: the program's; 1 when a layer, an option or the program is none, 2 used wrongly.`;

/** The layers that the options name, the outermost first; those of a run around this one lie below. */
function layersOf(values: {
  readonly layer?: readonly string[] | undefined;
  readonly record?: string | undefined;
  readonly replay?: string | undefined;
}): string[] {
  const named: [option: string, text: string][] = [];
  for (const option of ['record', 'replay'] as const) {
    const file = values[option];
    if (file !== undefined) named.push([`--${option}`, `${option}:${file}`]);
  }
  for (const text of values.layer ?? []) named.push(['--layer', text]);
  const settled = named.map(([option, text]) => {
    try {
      const written = settleLayerText(text, process.cwd());
      needLayerFiles(written);
      return written;
    } catch (error) {
      throw new Error(`${option}: ${(error as Error).message}`, { cause: error });
    }
  });
  try {
    return [...settled, ...readLayerTexts(process.env['WS2SPI_LAYERS'] ?? '')];
  } catch (error) {
    throw new Error(`WS2SPI_LAYERS ${(error as Error).message}`, { cause: error });
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { own, program } = divideArguments(args, OPTIONS);
  const { values } = readArguments('run', own, OPTIONS);
  if (values.record !== undefined && values.record === values.replay) {
    throw new UsageError('--record and --replay are of one file: it would be lost');
  }
  const { file, args: words, note } = programToRun(program);
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: withHook(process.env['NODE_OPTIONS']) };
  const layers = layersOf(values);
  if (layers.length > 0) env['WS2SPI_LAYERS'] = JSON.stringify(layers);
  if (values.chain !== undefined) env['WS2SPI_CHAIN'] = values.chain;
  if (values.catalog !== undefined) env['WS2SPI_CATALOG'] = resolve(values.catalog);
  if (values.top === true) env['WS2SPI_TOP'] = '1';
  if (note !== null) console.error(style('yellow', `ws2spi: ${note}`, process.stderr));
  return runInPlace(file, words, env);
}

/** `ws2spi run`: a program with its sockets on layers. */
export const runCommand: Command = {
  name: 'run',
  summary: 'runs a program of Node.js with its sockets on layers',
  help: HELP,
  options: OPTIONS,
  values: { layer: BUILT_IN_LAYER_NAMES, record: 'file', replay: 'file', catalog: 'file' },
  takesFile: true,
  ownArguments: (args) => divideArguments(args, OPTIONS).own,
  run,
};

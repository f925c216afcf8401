// `npm run wine -- demo`: the command line of this package, or a program, by node.exe under Wine, over the sockets of ws2_32.dll.
//
//   npm run wine -- [--node 20|22] [--time SECONDS] COMMAND ARGS…   a command of ws2spi: demo, catalog show …
//   npm run wine -- [--node 20|22] [--time SECONDS] FILE.mjs ARGS…   a program
//   npm run wine -- -e CODE
//   npm run wine -- README   the programs of README.md
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runReadme } from './readme.mjs';
import { runNode, setUp, VERSIONS, whatIsMissing } from './windows-node.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const own = [];
const rest = process.argv.slice(2);
while (['--node', '--time'].includes(rest[0])) own.push(...rest.splice(0, 2));
const { values } = parseArgs({
  args: own,
  options: { node: { type: 'string', default: VERSIONS[0] }, time: { type: 'string', default: '600' } },
});

function refuse(text) {
  console.error(`npm run wine: ${text}`);
  process.exit(1);
}

const missing = whatIsMissing();
if (missing !== '') refuse(missing);
if (!VERSIONS.includes(values.node)) refuse(`--node is one of ${VERSIONS.join(', ')}: what Wine 8 runs`);
if (!(Number(values.time) > 0)) refuse('--time is a number of seconds');
if (rest.length === 0) refuse('name a command of ws2spi, such as demo, or a program');
setUp((text) => console.error(`npm run wine: ${text} …`));
if (rest[0] === 'README') process.exit(await runReadme(values.node, Number(values.time)));
const isCode = /\.[cm]?js$/.test(rest[0]) || rest[0].startsWith('-');
const args = isCode ? rest : [join(ROOT, 'dist', 'cli', 'main.js'), ...rest];
process.exit(await runNode(values.node, args, { timeout: Number(values.time) }));

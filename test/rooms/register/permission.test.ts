// The hook under --permission and other options that take something away from programs.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { cert, key } from '../node/fixtures/certificate.js';
import { fixture, HOOK, NODE_MAJOR, run } from './hooked.js';

const MODEL = NODE_MAJOR < 22 ? '--experimental-permission' : '--permission';
const KNOWS_NETWORK = process.allowedNodeEnvironmentFlags.has('--allow-net');
const NETWORK = KNOWS_NETWORK ? ['--allow-net'] : [];
const PERMITTED = [MODEL, '--allow-addons', '--allow-fs-read=*', '--allow-worker', ...NETWORK];
const env = { WS2SPI_CATALOG: join(temporaryFolder(), 'none.json'), CERTIFICATE: cert, KEY: key };

describe('Under --permission', () => {
  it('programs see what they see without the hook', async () => {
    const programs = ['errors', 'http', 'tls', 'http2', 'datagrams', 'worker', 'paused'];
    const bare = await run([...PERMITTED, fixture('program.mjs'), programs.join(',')], env);
    expect(bare).toMatchObject({ status: 0, problems: '' });
    for (const each of programs) expect(bare.output).toMatch(new RegExp(`^${each} `, 'm'));
    expect(await run([...PERMITTED, ...HOOK, fixture('program.mjs'), programs.join(',')], env)).toEqual(bare);
  });

  it('sockets are used as usual: buffers of their own, resets, TLS over them', async () => {
    const bare = await run([...PERMITTED, fixture('many-ways.mjs')], env);
    expect(bare).toMatchObject({ status: 0, problems: '' });
    expect(await run([...PERMITTED, ...HOOK, fixture('many-ways.mjs')], env)).toEqual(bare);
  });

  it.each([
    ['--allow-addons', [MODEL, '--allow-fs-read=*', ...NETWORK]],
    ['--allow-fs-read', [MODEL, '--allow-addons', `--allow-fs-read=${process.cwd()}/`, ...NETWORK]],
    ...(KNOWS_NETWORK ? ([['--allow-net', [MODEL, '--allow-addons', '--allow-fs-read=*']]] as const) : []),
  ] as const)(
    'a program without %s ends at its start, with one message that names the flags',
    async (flag, options) => {
      const { status, output, problems } = await run([...options, ...HOOK, fixture('program.mjs'), 'echo'], env);
      expect([status, output]).toEqual([1, '']);
      expect(problems).toMatch(/^ws2spi\/register: [^\n]*\n$/);
      expect(problems).toContain(flag);
    },
  );
});

it('Sockets of ws2spi/node work under --permission without the hook, beside those of Node.js; without addons they say why not', async () => {
  const { status, output, problems } = await run([...PERMITTED, fixture('one-socket.mjs')], env);
  expect([status, problems]).toEqual([0, '']);
  expect(JSON.parse(output)).toEqual([Array(2).fill('hello 127.0.0.1'), [true, true]]);
  const refused = await run([MODEL, '--allow-fs-read=*', ...NETWORK, fixture('one-socket.mjs')], {
    ...env,
    NODE_NO_WARNINGS: '0',
  });
  expect([refused.status, refused.output]).toEqual([1, '']);
  expect(refused.problems).toMatch(/addons|ERR_DLOPEN_DISABLED/);
});

it('Without addons the program ends at its start, and the message says which option does that', async () => {
  const { status, output, problems } = await run(['--no-addons', ...HOOK, fixture('program.mjs'), 'echo'], env);
  expect([status, output]).toEqual([1, '']);
  expect(problems).toMatch(/^ws2spi\/register: [^\n]*--no-addons\n$/);
});

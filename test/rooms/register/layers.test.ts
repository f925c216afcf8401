// WS2SPI_LAYERS: layers that the environment names lie under every socket of a hooked program.
import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { getDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { cert, key } from '../node/fixtures/certificate.js';

const PROGRAM = fileURLToPath(new URL('fixtures/both-protocols.mjs', import.meta.url));
const folder = temporaryFolder();
const [certificate, certificateKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
writeFileSync(certificate, cert);
writeFileSync(certificateKey, key);

const ATTEMPTS = fileURLToPath(new URL('fixtures/attempts.mjs', import.meta.url));

function run(layers: readonly string[] | string, env: Readonly<Record<string, string>> = {}, program = PROGRAM) {
  const environment = {
    ...process.env,
    WS2SPI_CATALOG: join(folder, 'none.json'),
    WS2SPI_LAYERS: typeof layers === 'string' ? layers : JSON.stringify(layers),
    ...env,
  };
  const args = ['--import', import.meta.resolve('ws2spi/register'), program];
  return new Promise<{ status: number | null; output: string; problems: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: folder, env: environment, timeout: 60_000 },
      (_error, output, problems) => resolve({ status: child.exitCode, output, problems }),
    );
  });
}

const ALL = 'tcp hello\nudp hello\nworker tcp hello\nworker udp hello\n';

describe('Layers that WS2SPI_LAYERS names', () => {
  it('are under connections and datagrams, in every thread', async () => {
    expect(await run('trace:calls-%t.txt')).toMatchObject({ status: 0, output: ALL, problems: '' });
    for (const thread of [0, 1])
      expect(readFileSync(join(folder, `calls-${thread}.txt`), 'utf8')).toMatch(/WSPConnect .*\n(?:.*\n)*.*WSPSendTo/);
  });

  it('lie in their order, the first nearest to the program', async () => {
    const layers = ['record:clear-%t.rec', 'compression', 'record:packed-%t.rec,name=packed', 'capture:out-%t.pcapng'];
    expect(await run(layers)).toMatchObject({ status: 0, output: ALL });
    const recorded = (name: string): string => readFileSync(join(folder, name), 'utf8');
    for (const thread of [0, 1]) {
      expect(recorded(`clear-${thread}.rec`)).toMatch(/^\d+ < hello/m);
      // Connections are compressed, datagrams as they were.
      expect(recorded(`packed-${thread}.rec`).match(/[<>] hello/g)).toHaveLength(2);
      expect(recorded(`packed-${thread}.rec`)).toMatch(/^\d+ < WSZ1/m);
      expect(statSync(join(folder, `out-${thread}.pcapng`)).size).toBeGreaterThan(1000);
    }
  });

  it('that promise what datagrams would not keep leave none, and say so', async () => {
    const { output, problems, status } = await run(`tls:cert=${certificate},key=${certificateKey},ca=${certificate}`);
    expect([status, output]).toEqual([1, 'tcp hello\n']);
    expect(problems).toContain('the layer tls carries no datagrams, and nothing goes around it');
  });

  it('lie over what WS2SPI_CHAIN names', async () => {
    const outcome = await run('capture:over-%t.pcapng', { WS2SPI_CHAIN: '1001;1002' });
    expect(outcome).toMatchObject({ status: 0, output: ALL, problems: '' });
    expect(statSync(join(folder, 'over-0.pcapng')).size).toBeGreaterThan(1000);
  });

  it('may be a module of one’s own', async () => {
    const source = `export default ({ tag }) => ({ ...${JSON.stringify({ name: 'mine', version: '1', ifs: true })},
      WSPStartup() { console.log(tag, 'started'); return 10106; } });`;
    writeFileSync(join(folder, 'mine.mjs'), source);
    const { output, status } = await run('./mine.mjs:tag=mine');
    expect(output).toContain('mine started');
    expect(status).not.toBe(0);
  });

  it.each([
    ['capure:x', /no layer "capure": did you mean "capture"\? There are/],
    ['capture:fil=x', /capture: there is no option "fil": did you mean "file"\?/],
    ['["trace"', /must be a JSON array of texts/],
    [JSON.stringify(Array.from({ length: 8 }, () => 'trace')), /at most 7/],
  ])('that are wrong (%s) end the program before it begins', async (layers, message) => {
    const { status, output, problems } = await run(layers);
    expect([status, output]).toEqual([1, '']);
    expect(problems).toMatch(/^ws2spi\/register: /);
    expect(problems).toMatch(message);
    expect(problems.trim().split('\n')).toHaveLength(1);
  });
});

/** Milliseconds, which versions of Node.js have changed. */
const OWN_TIME = getDefaultAutoSelectFamilyAttemptTimeout();

describe('An address of a name that has several', () => {
  it('is not given up while layers still connect, which takes longer than TCP', async () => {
    const { output, problems } = await run('shape:latency=200', {}, ATTEMPTS);
    expect([output, problems]).toEqual(['hello; gave up: \n', '']);
  });

  it.each([
    ['no layers', '', OWN_TIME],
    [
      'layers that are not in the way of connections',
      `trace:${join(folder, 'none.txt')};capture:none.pcapng`,
      OWN_TIME,
    ],
    ['layers that have something to say first', 'compression', 2000],
  ])('is tried for as long as it takes with %s', async (_which, layers, time) => {
    const program = join(folder, 'attempt-time.mjs');
    writeFileSync(program, "import net from 'node:net'; console.log(net.getDefaultAutoSelectFamilyAttemptTimeout());");
    expect(await run(layers, {}, program)).toEqual({ status: 0, output: `${time}\n`, problems: '' });
  });

  it('is given up when the program says so', async () => {
    const { output } = await run('shape:latency=200', { ATTEMPT: '100' }, ATTEMPTS);
    expect(output).toBe('AggregateError: ETIMEDOUT,ECONNREFUSED; gave up: 127.0.0.1\n');
  });
});

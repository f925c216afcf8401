// The catalog as people see it: which entries cannot work and why, and who else may write it.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultCatalog, formatCatalog } from 'ws2spi/catalog';
import { beforeEach, describe, expect, test } from 'vitest';
import { catalogWith, chain, LAYER } from '../../rooms/catalog/helpers.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { ws2spi } from './program.js';

let file: string;

beforeEach(() => {
  file = join(temporaryFolder(), 'catalog.json');
});

const run = (...args: string[]) => ws2spi(['catalog', ...args, '--file', file]);

function save(module: string): void {
  const data = catalogWith(
    { szProtocol: 'Layer', ProtocolChain: LAYER },
    { szProtocol: 'Chain', ProtocolChain: chain(2001, 1001) },
  );
  for (const item of data.protocols.slice(6)) item.path = module;
  writeFileSync(file, formatCatalog(data), { mode: 0o600 });
}

describe('Entries that cannot work', () => {
  test.each(['file:///gone/layer.mjs', '%SystemRoot%\\x.dll', './layer.mjs'])(
    'because of %s are marked by show, told by verify, and dropped by repair',
    (module) => {
      save(module);
      const shown = run('show');
      expect(shown.status).toBe(0);
      expect(shown.stdout).toMatch(/^! +2001 +Layer/m);
      expect(shown.stdout).toMatch(/^! +2002 +Chain/m);
      expect(shown.stdout).toMatch(/^ {3}1001 /m);
      expect(shown.stdout).toMatch(
        /! cannot work:\n.*entry 2001 "Layer": its module cannot be found.*\n.*entry 2002 "Chain"/,
      );
      expect(run('show', '--verbose').stdout.match(/Cannot Work: .*its module cannot be found/g)).toHaveLength(2);
      const json = JSON.parse(run('show', '--json').stdout) as { problems: { entry: { id: number } }[] };
      expect(json.problems.map(({ entry }) => entry.id)).toEqual([2001, 2002]);

      const verified = run('verify');
      expect(verified.status).toBe(1);
      expect(verified.stdout.match(/^catalog .*entry 200[12] /gm)).toHaveLength(2);
      const repaired = run('repair');
      expect([repaired.status, repaired.stdout.match(/^Dropped from .*entry 200[12] /gm)?.length]).toEqual([0, 2]);
      expect(run('verify')).toMatchObject({ status: 0, stdout: 'The catalog is in order.\n' });
    },
  );

  test('in other programs than those that bind a provider are noted, and no damage', () => {
    save('di:mine');
    const { status, stdout } = run('verify');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^di:mine is not built in: it works in programs that bind it/);
    expect(run('repair').stdout).toBe('Nothing to repair.\n');
  });
});

test('Name-space providers are shown', () => {
  expect(run('show').stdout).toMatch(
    /Name-space providers\nname +name space +state +provider\nTcpip +12 +active +di:namespaces\/files/,
  );
});

test('A file that is not there is said to be the built-in catalog', () => {
  expect(run('show').stdout).toMatch(/^.*catalog\.json \(there is no such file yet: the built-in catalog\)/);
});

test('A catalog that cannot be used stops the demonstration with the reason, once', () => {
  writeFileSync(file, '{"cut');
  const { status, stderr } = ws2spi(['demo'], { WS2SPI_CATALOG: file });
  expect(status).toBe(1);
  expect(stderr.match(/is not valid JSON, or was cut off/g)).toHaveLength(1);
});

test('A base that contradicts the catalog stops it likewise', () => {
  save('di:layers/trace');
  const { status, stderr } = ws2spi(['demo', '--base', 'tcpip'], { WS2SPI_CATALOG: file });
  expect([status, stderr]).toEqual([0, '']);
  writeFileSync(file, formatCatalog(defaultCatalog('memory')), { mode: 0o600 });
  expect(ws2spi(['demo', '--base', 'tcpip'], { WS2SPI_CATALOG: file })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/`base` is 'tcpip', but the base provider of catalog .* is memory/) as string,
  });
});

describe('Who else may write', { skip: process.platform === 'win32' }, () => {
  test('the catalog is told by verify, with the cure', () => {
    save('di:layers/trace');
    chmodSync(file, 0o666);
    expect(run('verify')).toMatchObject({ status: 1, stdout: expect.stringContaining(`chmod go-w ${file}`) as string });
    expect(run('show')).toMatchObject({ status: 0, stdout: expect.stringContaining(`chmod go-w ${file}`) as string });
    chmodSync(file, 0o600);
    expect(run('verify').status).toBe(0);
  });

  test('a module is told by verify, and repair leaves it where it is', () => {
    const folder = join(file, '..', 'layers');
    mkdirSync(folder);
    const module = join(folder, 'layer.mjs');
    writeFileSync(module, '');
    chmodSync(module, 0o664);
    save(pathToFileURL(module).href);
    expect(run('verify')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`chmod g-w ${module}`) as string,
    });
    expect(run('repair').stdout).toBe('Nothing to repair.\n');
  });
});

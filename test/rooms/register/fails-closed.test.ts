// What a program with the hook sees when its chain cannot be had: errors that say why, and never a socket around it.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { WSAEPROVIDERFAILEDINIT } from 'ws2spi';
import { catalogOfChain } from '../../support/hooked-programs.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, HOOK, run } from './hooked.js';

const folder = temporaryFolder();

/** A catalog whose layer's module there is not. */
function damagedCatalog(): string {
  const file = join(folder, 'damaged.json');
  const text = readFileSync(catalogOfChain('compression'), 'utf8');
  writeFileSync(file, text.replaceAll('di:layers/compression', 'file:///nowhere/layer.js'), { mode: 0o600 });
  return file;
}

interface Told {
  readonly message: string;
  readonly code: string;
  readonly wsaError: number;
  readonly inStack: boolean;
}

describe('A chain that cannot be started', () => {
  let told: Record<string, Told>;
  let connections = 0;
  beforeAll(async () => {
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { status, output } = await run([...HOOK, fixture('refused.mjs'), String(port)], {
      WS2SPI_CATALOG: damagedCatalog(),
    });
    await new Promise((resolve) => server.close(resolve));
    expect(status).toBe(0);
    told = JSON.parse(output) as typeof told;
  });

  it.each(['connect', 'connect by name', 'connect from a port', 'listen', 'listen everywhere', 'http', 'tls', 'fetch'])(
    'is named by the error of %s, with its layer, the reason, and the number of WinSock',
    (what) => {
      expect(told[what]).toMatchObject({
        code: 'WSAEPROVIDERFAILEDINIT',
        wsaError: WSAEPROVIDERFAILEDINIT,
        inStack: true,
      });
      expect(told[what]!.message).toMatch(
        /^(connect|listen|bind) WSAEPROVIDERFAILEDINIT .*provider "layer over \[MSAFD Tcpip \[TCP\/IP.*damaged\.json.*there is no file \/nowhere\/layer\.js$/,
      );
    },
  );

  it('lets no connection around it', () => {
    expect(connections).toBe(0);
  });
});

it('A Node.js that lacks something that the hook uses is told so, by what it is, and nothing is changed', async () => {
  const { status, output, problems } = await run([fixture('lacking.mjs')]);
  expect(problems).toBe('');
  expect(status).toBe(0);
  const refusals = JSON.parse(output) as Record<string, string>;
  expect(Object.keys(refusals).length).toBeGreaterThan(40);
  for (const [piece, message] of Object.entries(refusals))
    expect(message, piece).toMatch(/^this Node\.js \(v\d+.*cannot be put on a chain$/);
});

it.each([
  ['connect of TCP handles', 'delete Object.getPrototypeOf(handle).connect'],
  ['wrapping of handles for TLS', "delete (await import('node:tls')).default.TLSSocket.prototype._wrapHandle"],
])('A program whose Node.js lacks the %s ends at its start with one message', async (_what, deletion) => {
  const preload = `data:text/javascript,${encodeURIComponent(`
    import net from 'node:net';
    const socket = new net.Socket();
    socket.on('error', () => undefined);
    socket.connect({ port: 1, host: 'nowhere.invalid', lookup: () => undefined });
    const handle = socket._handle;
    socket.destroy();
    ${deletion};`)}`;
  const { status, output, problems } = await run(['--import', preload, ...HOOK, fixture('program.mjs'), 'echo']);
  expect([status, output]).toEqual([1, '']);
  expect(problems).toMatch(/^ws2spi\/register: this Node\.js [^\n]* cannot be put on a chain\n$/);
});

describe('A socket that comes by a descriptor', () => {
  it('is refused, whoever sends it and whatever reads from it, and the peer gets no byte', async () => {
    const { status, output } = await run([fixture('descriptors.mjs'), 'socket', 'tls', 'http2']);
    expect(status).toBe(0);
    const { leaked, told } = JSON.parse(output) as { leaked: string; told: Record<string, string> };
    expect(leaked).toBe('');
    expect(Object.keys(told).sort()).toEqual(['dgram', 'fd', 'http2', 'listen fd', 'server', 'socket', 'tls']);
    for (const [what, message] of Object.entries(told)) expect(message, what).toContain('EACCES');
    for (const what of ['socket', 'tls', 'http2', 'server']) expect(told[what]).toContain('WS2SPI_DESCRIPTORS=allow');
  });

  it('goes around the chain where WS2SPI_DESCRIPTORS allows it', async () => {
    const { status, output } = await run([fixture('descriptors.mjs'), 'socket'], { WS2SPI_DESCRIPTORS: 'allow' });
    expect(status).toBe(0);
    const { leaked, told } = JSON.parse(output) as { leaked: string; told: Record<string, string> };
    expect(leaked).toContain('from a socket');
    expect(told['socket']).toBe('used');
  });

  it('is closed when a module of --require opened it before the hook', async () => {
    const early = join(folder, 'early.cjs');
    writeFileSync(early, "globalThis.early = require('net').createServer().listen(0);");
    const args = ['--require', early, ...HOOK, '-e', 'console.log(early.listening); early.close(() => undefined)'];
    expect(await run(args, { NODE_NO_WARNINGS: '0' })).toMatchObject({
      output: 'false\n',
      problems: expect.stringMatching(/opened before the hook.*WS2SPI_DESCRIPTORS=allow/) as string,
    });
    expect(await run(args, { WS2SPI_DESCRIPTORS: 'allow' })).toMatchObject({ output: 'true\n', problems: '' });
  });
});

// ws2spi names: looks names up, registers services, browses and watches them, orders and verifies name spaces.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWs2_32, NS_LOCALNAME } from 'ws2spi';
import { defaultCatalog, TCPIP_NAMESPACE_PROVIDER } from 'ws2spi/catalog';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PROGRAM, ws2spi, type Run } from './program.js';

const REGISTRY = 'B4C6B0A8-0F1D-4C55-9E0E-6A7D0B1F3C22';
const CLASS = '11111111-2222-3333-4444-555555555555';

let folder: string;
let catalog: string;

beforeEach(() => {
  folder = temporaryFolder();
  catalog = join(folder, 'catalog.json');
  using ws2 = createWs2_32({ catalog });
  // Nobody outside is asked.
  for (const { info } of defaultCatalog('tcpip').nameSpaces) {
    if (info.NSProviderId !== TCPIP_NAMESPACE_PROVIDER) ws2.WSCUnInstallNameSpace(info.NSProviderId);
  }
  ws2.WSCInstallNameSpace('registry', 'di:namespaces/registry', NS_LOCALNAME, 1, REGISTRY);
});

const names = (...args: string[]): Run => ws2spi(['names', ...args, '--catalog', catalog]);
const json = (...args: string[]): Record<string, unknown> =>
  JSON.parse(names(...args, '--json').stdout) as Record<string, unknown>;

describe('ws2spi names', () => {
  test('registers a service that lookup and browse find in another process, and takes it back', () => {
    const address = ['--address', '192.0.2.1:80', '--address', '[2001:db8::1]:80'];
    expect(names('register', 'my pages', '--port', '80', ...address, '--comment', 'hello')).toMatchObject({
      status: 0,
      stdout: 'Registered my pages.\n',
      stderr: '',
    });
    for (const found of [names('lookup', 'My Pages', '--port', '80'), names('browse', '--port', '80')]) {
      expect(found).toMatchObject({
        status: 0,
        stdout: 'my pages  from registry\n  192.0.2.1:80\n  [2001:db8::1]:80\n  hello\n',
      });
    }
    expect(names('register', 'my pages', '--port', '80', '--add', '--address', '192.0.2.2:80').status).toBe(0);
    expect(names('unregister', 'my pages', '--port', '80', '--add', '--address', '192.0.2.1:80').status).toBe(0);
    expect(json('browse', '--port', '80')).toMatchObject({
      results: [{ addresses: ['[2001:db8::1]:80', '192.0.2.2:80'] }],
    });
    expect(names('unregister', 'my pages', '--port', '80')).toMatchObject({
      status: 0,
      stdout: 'Took my pages back.\n',
    });
    expect(names('lookup', 'my pages', '--port', '80')).toMatchObject({ status: 1, stdout: '' });
    expect(names('unregister', 'my pages', '--port', '80').stderr).toContain('WSASERVICE_NOT_FOUND');
  });

  test('registers a host, which lookup finds by its name and its address', () => {
    names('register', 'my-host', '--address', '192.0.2.7');
    expect(names('lookup', 'my-host').stdout).toBe('my-host  from registry\n  192.0.2.7\n');
    expect(names('lookup', '192.0.2.7').stdout).toContain('my-host  from registry');
    expect(json('lookup', 'my-host', '--type', 'aaaa')).toEqual({
      code: expect.any(Number),
      error: expect.stringContaining('WSA'),
    });
  });

  test('looks services up by name and port', () => {
    expect(names('lookup', 'localhost').status).toBe(0);
    expect(names('lookup', 'http/tcp', '--type', 'service').stdout).toMatch(/^http {2}from Tcpip\n {2}80\/tcp\n/);
  });

  test('asks one provider alone', () => {
    expect(names('lookup', 'localhost', '--provider', 'registry').status).toBe(1);
    expect(names('lookup', 'localhost', '--provider', REGISTRY.toLowerCase()).status).toBe(1);
    const { status, stderr } = names('lookup', 'localhost', '--provider', 'regisrty');
    expect([status, stderr]).toEqual([2, expect.stringContaining('did you mean "registry"?')]);
  });

  test('shows what strangers registered without what steers a terminal', () => {
    names('register', 'x\u001b[31m', '--class', CLASS, '--address', '192.0.2.1');
    expect(names('browse', '--class', CLASS).stdout).toContain('x\\x1b[31m');
  });

  test('shows and changes the order in which name spaces are asked', () => {
    expect(names('order').stdout).toMatch(/^1 {2}Tcpip .*\n2 {2}registry {2}\{B4C6B0A8-.*\}\n$/);
    expect(names('order', 'registry').stdout).toMatch(/^1 {2}registry .*\n2 {2}Tcpip /);
    expect((json('order')['providers'] as { lpszIdentifier: string }[]).map((each) => each.lpszIdentifier)).toEqual([
      'registry',
      'Tcpip',
    ]);
    expect(names('order', 'registry', 'registry').status).toBe(2);
    expect(ws2spi(['catalog', 'show', '--file', catalog]).stdout).toMatch(
      /Name-space providers\n.*\nregistry .*\nTcpip /,
    );
  });

  test('verify names damaged entries of the registry', () => {
    names('register', 'x', '--class', CLASS, '--address', '192.0.2.1:7');
    // What the machine's own files have is nobody's business here.
    expect(names('verify').stdout).not.toContain('registry');
    writeFileSync(
      join(folder, 'registry.json'),
      '{"format":"ws2spi-registry","version":1,"serial":1,"classes":[],"services":[7]}',
    );
    const { status, stdout } = names('verify');
    expect([status, stdout]).toEqual([1, expect.stringContaining('has an entry that is none, and is left out: 7.')]);
    writeFileSync(join(folder, 'registry.json'), '{');
    expect(names('verify').stdout).toContain('registry.json is not valid JSON');
  });

  test('watch tells what comes and goes, until it has told enough', async () => {
    names('register', 'first', '--class', CLASS, '--address', '192.0.2.1:1');
    const args = [
      'names',
      'watch',
      '--class',
      CLASS,
      '--count',
      '2',
      '--timeout',
      '20',
      '--json',
      '--catalog',
      catalog,
    ];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: { change: string; name: string }[] = [];
    for await (const piece of child.stdout) {
      for (const line of `${piece}`.trim().split('\n')) lines.push(JSON.parse(line) as (typeof lines)[number]);
      // Each change is made when the one before was told.
      if (lines.length === 1) names('register', 'second', '--class', CLASS, '--address', '192.0.2.1:2');
      if (lines.length === 2) names('unregister', 'first', '--class', CLASS);
    }
    expect(lines.map(({ change, name }) => `${change} ${name}`)).toEqual([
      'added first',
      'added second',
      'removed first',
    ]);
  });

  test('register --hold takes the service back when it is interrupted', async () => {
    const args = [
      'names',
      'register',
      'held',
      '--class',
      CLASS,
      '--address',
      '192.0.2.1:1',
      '--hold',
      '--catalog',
      catalog,
    ];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await once(child.stdout, 'data');
    expect(names('browse', '--class', CLASS).stdout).toContain('held');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(names('browse', '--class', CLASS).status).toBe(1);
  });

  test.each<[string[], string]>([
    [[], 'names takes an action'],
    [['lokup', 'x'], 'did you mean "lookup"?'],
    [['lookup'], 'lookup takes one name'],
    [['lookup', 'a', 'b'], 'not "a b"'],
    [['lookup', 'x', '--type', 'svr'], 'did you mean "srv"?'],
    [['lookup', 'x', '--type', 'a', '--port', '7'], 'give one of them'],
    [['lookup', 'x', '--class', 'x'], '--class needs a GUID'],
    [['lookup', 'x', '--class', CLASS, '--port', '7'], 'give one of them'],
    [['lookup', 'x', '--port', '0'], '--port must be a whole number'],
    [['register', 'x'], 'register needs an --address'],
    [['register', 'x', '--address', 'host:80'], '--address needs an address'],
    [['browse'], 'say what to look for'],
    [['watch', '_http._tcp', '--count', 'x'], '--count must be a whole number'],
    [['lookup', 'x', '--tpye', 'a'], 'did you mean --type?'],
    [['verify', 'x'], 'verify takes no "x"'],
    [['order', 'nobody'], 'no name-space provider "nobody"'],
  ])('is used wrongly by %j', (args, reason) => {
    const { status, stderr } = names(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });
});

describe('ws2spi names install', () => {
  const mine = (file: string, source: string): string => {
    writeFileSync(join(folder, file), source);
    return join(folder, file);
  };
  const PRINTER = `export const mine = { name: 'my printers', nameSpace: 12, NSPStartup: () => -1 };
    export const { NSPStartup } = mine;`;

  test('puts what comes with the package into the catalog, and remove takes it out', () => {
    expect(names('lookup', 'localhost', '--provider', 'mdns').stderr).toContain('ws2spi names install mdns');
    expect(names('install', 'mdns')).toMatchObject({
      status: 0,
      stdout: "Installed Multicast DNS; ws2spi names remove 'Multicast DNS' takes it out again.\n",
    });
    expect(names('install', 'mdns')).toMatchObject({
      status: 1,
      stderr: 'ws2spi: Multicast DNS is installed already\n',
    });
    expect(names('order').stdout).toContain('Multicast DNS');
    expect(names('remove', 'multicast dns')).toMatchObject({ status: 0, stdout: 'Took Multicast DNS out.\n' });
    expect(names('order').stdout).not.toContain('Multicast DNS');
  });

  test('makes names register work, which says that it is needed', () => {
    expect(names('remove', 'registry').status).toBe(0);
    const register = ['register', 'my pages', '--port', '80', '--address', '192.0.2.1:80'];
    expect(names(...register).stderr).toMatch(
      /^WSAEOPNOTSUPP: no name space .*; ws2spi names install registry adds one/,
    );
    expect(names('install', 'registry', '--name', 'mine').status).toBe(0);
    expect(names(...register)).toMatchObject({ status: 0, stdout: 'Registered my pages.\n' });
    expect(names('browse', '--port', '80').stdout).toContain('my pages  from mine');
  });

  test('installs a module under the name that it gives itself', () => {
    const { installed } = json('install', mine('printers.mjs', PRINTER)) as { installed: object };
    expect(installed).toMatchObject({
      name: 'my printers',
      nameSpace: 12,
      path: expect.stringMatching(/^file:.*mjs$/),
    });
    expect(names('order').stdout).toContain('my printers');
  });

  test.each([
    [1, 'regisrty', /not found .* there are files, dns, mdns, registry, redis; did you mean "registry"\?$/m],
    [1, './none.mjs', /is not found|there is no file/],
    [1, 'layer.mjs', /does not export NSPStartup; it has a WSPStartup: ws2spi catalog install installs layers$/m],
    [1, 'throws.mjs', /cannot be loaded: no way$/m],
  ])('ends with exit code %d for %s, with what to do', (status, word, message) => {
    mine('layer.mjs', 'export const WSPStartup = () => 0;');
    mine('throws.mjs', 'throw new Error("no way");');
    const given = existsSync(join(folder, word)) ? join(folder, word) : word;
    expect(names('install', given)).toMatchObject({ status, stderr: expect.stringMatching(message) });
  });
});

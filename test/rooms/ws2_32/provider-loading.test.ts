import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWs2_32, INVALID_SOCKET, WSAEPROVIDERFAILEDINIT, type Defect } from 'ws2spi';
import { formatCatalog } from 'ws2spi/catalog';
import { Container } from 'inversify';
import { catalogOf, fakeProvider } from './fake-provider.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/**
 * An instance whose IPv4 entries have a path of the test's choice, and whose IPv6 entries have a provider that works.
 */
function instance(path: string, { save = false, container = new Container() } = {}) {
  const fake = fakeProvider();
  if (!container.isBound('di:fake')) container.bind('di:fake').toConstantValue(fake);
  const data = catalogOf('di:fake');
  const protocols = data.protocols.map((item) => (item.entry.iAddressFamily === 2 ? { ...item, path } : item));
  const catalog = { ...data, protocols };
  const saved = join(mkdtempSync(join(folder, 'catalog-')), 'catalog.json');
  if (save) writeFileSync(saved, formatCatalog(catalog));
  const ws2 = createWs2_32({ catalog: save ? saved : catalog, container });
  onTestFinished(() => ws2[Symbol.dispose]());
  const defects: Defect[] = [];
  ws2.on('defect', (defect) => defects.push(defect));
  expect(ws2.WSAStartup(0x0202, {})).toBe(0);
  return { ws2, defects, saved };
}

const WORKING = `
  let next = 0;
  export function WSPStartup(version, data, info, upcalls, table) {
    data.wVersion = data.wHighVersion = 0x0202;
    data.szDescription = import.meta.url;
    for (const name of ['Accept','AddressToString','AsyncSelect','Bind','CancelBlockingCall','Cleanup','CloseSocket','Connect',
      'DuplicateSocket','EnumNetworkEvents','EventSelect','GetOverlappedResult','GetPeerName','GetSockName','GetSockOpt',
      'GetQOSByName','Ioctl','JoinLeaf','Listen','Recv','RecvDisconnect','RecvFrom','Select','Send','SendDisconnect','SendTo',
      'SetSockOpt','Shutdown','Socket','StringToAddress']) table['lpWSP' + name] = () => 0;
    table.lpWSPSocket = (af, type, protocol, entry, g, flags, errno) =>
      upcalls.lpWPUModifyIFSHandle(entry.dwCatalogEntryId, upcalls.host.allocateHandle(), errno);
    return 0;
  }`;

describe('a provider’s path', () => {
  it('may be a file URL', () => {
    const { ws2, defects } = instance(pathToFileURL(file('working one.mjs', WORKING)).href);
    expect(ws2.socket(2, 1, 6)).not.toBe(INVALID_SOCKET);
    expect(defects).toEqual([]);
  });

  it('may be a package, looked for from the catalog file’s folder', () => {
    const { ws2, defects, saved } = instance('some-layer/provider.mjs', { save: true });
    file('node_modules/some-layer/provider.mjs', WORKING);
    expect(saved.startsWith(folder)).toBe(true);
    expect(ws2.socket(2, 1, 6)).not.toBe(INVALID_SOCKET);
    expect(defects).toEqual([]);
  });

  it('may be a package, looked for from the working directory', () => {
    const { ws2, defects } = instance('inversify');
    expect(ws2.socket(2, 1, 6)).toBe(INVALID_SOCKET);
    // It was found, but it is not a provider.
    expect(defects[0]?.message).toContain('inversify does not export WSPStartup');
  });

  it('may name a binding of the container: a module, or WSPStartup alone', () => {
    const container = new Container();
    container.bind('di:mine').toConstantValue(fakeProvider().WSPStartup);
    container.bind('di:layers/other').toConstantValue({ WSPStartup: fakeProvider().WSPStartup });
    expect(instance('di:mine', { container }).ws2.socket(2, 1, 6)).not.toBe(INVALID_SOCKET);
    expect(instance('di:layers/other', { container }).ws2.socket(2, 1, 6)).not.toBe(INVALID_SOCKET);
  });

  it('may name a binding that stands in for a built-in provider', () => {
    const fake = fakeProvider();
    const container = new Container();
    container.bind('di:tcpip').toConstantValue(fake);
    const ws2 = createWs2_32({ catalog: 'memory', container });
    ws2.WSAStartup(0x0202, {});
    expect(ws2.socket(2, 1, 6)).not.toBe(INVALID_SOCKET);
    expect(fake.starts).toHaveLength(1);
  });
});

describe('a provider that cannot be loaded', () => {
  it.each([
    ['is not there', () => pathToFileURL(join(folder, 'missing.mjs')).href, /missing\.mjs/],
    ['throws at load', () => pathToFileURL(file('throws.mjs', 'throw new Error("at load")')).href, /at load/],
    ['does not parse', () => pathToFileURL(file('syntax.mjs', 'export const = 3')).href, /./],
    ['awaits at top level', () => pathToFileURL(file('awaits.mjs', `await 0;${WORKING}`)).href, /./],
    ['exports something else', () => pathToFileURL(file('other.mjs', 'export const x = 1')).href, /^$/],
    ['is a package that nobody installed', () => 'no-such-package-anywhere', /no-such-package-anywhere/],
    ['is not bound', () => 'di:nothing', /di:nothing/],
    ['is no URL', () => 'file:%%%', /./],
  ])('because it %s is WSAEPROVIDERFAILEDINIT, and the others go on', (_why, path, cause) => {
    const { ws2, defects, saved } = instance(path(), { save: true });
    expect(ws2.socket(2, 1, 6)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(WSAEPROVIDERFAILEDINIT);
    expect(defects).toHaveLength(1);
    expect(defects[0]!.message).toContain(saved);
    expect(defects[0]!.message).toContain('entry 1001');
    expect(defects[0]!.message).toContain(path());
    expect(defects[0]!.cause instanceof Error ? defects[0]!.cause.message : '').toMatch(cause);
    expect(ws2.socket(23, 1, 6)).not.toBe(INVALID_SOCKET);
  });
});

describe('instances', () => {
  it('that share a container bind nothing in it, and start providers of their own', () => {
    const container = new Container();
    const fake = fakeProvider();
    container.bind('di:fake').toConstantValue(fake);
    const first = instance('di:fake', { container }).ws2;
    const second = instance('di:fake', { container }).ws2;
    first.socket(2, 1, 6);
    second.socket(2, 1, 6);
    expect(fake.starts).toHaveLength(2);
    expect(container.isBound('di:memory')).toBe(false);
    first.WSACleanup();
    expect(second.socket(2, 1, 6)).not.toBe(INVALID_SOCKET);
  });
});

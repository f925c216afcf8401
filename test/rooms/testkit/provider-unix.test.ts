// What every provider should pass, on the base provider that docs/write-a-base-provider.md makes for UNIX-domain
// sockets.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { AF_UNIX, createWs2_32, ref, type WSAPROTOCOL_INFO } from 'ws2spi';
import { testProvider, type ProviderFactory } from 'ws2spi/testkit';
import { codeBlocks } from '../../project/docs/code-blocks.js';
import { descriptors } from '../../support/providers.js';

const PAGE = 'docs/write-a-base-provider.md';
const code = new Map(codeBlocks(PAGE).map((block) => [block.attributes.get('file'), block.code]));

// Inside the repository, so that `ws2spi` is found by its own name; coverage/ is ignored by everyone.
const coverage = fileURLToPath(new URL('../../../coverage/', import.meta.url));
mkdirSync(coverage, { recursive: true });
const folder = mkdtempSync(join(coverage, 'unix-provider-'));
for (const file of ['unix-sockets.js', 'unix-entry.js']) writeFileSync(join(folder, file), code.get(file)!);
const sockets = mkdtempSync(join(tmpdir(), 'unix-'));
afterAll(() => {
  for (const made of [folder, sockets]) rmSync(made, { recursive: true, force: true });
});

const { entry, sockaddr_un } = (await import(pathToFileURL(join(folder, 'unix-entry.js')).href)) as {
  entry: WSAPROTOCOL_INFO;
  sockaddr_un(path: string): Uint8Array;
};

let names = 0;
const unix: ProviderFactory = (options) => {
  const before = descriptors();
  const ws2 = createWs2_32({ catalog: 'memory', ...options });
  const module = pathToFileURL(join(folder, 'unix-sockets.js')).href;
  const lpErrno = ref(0);
  expect(ws2.WSCInstallProvider(entry.ProviderId, module, [entry], 1, lpErrno), String(lpErrno.value)).toBe(0);
  return {
    ws2,
    name: () => sockaddr_un(join(sockets, String(names++))),
    checkNothingIsLeft: () => expect(descriptors(), 'descriptors').toBe(before),
  };
};

const SKIPS = {
  datagrams: 'it has streams alone',
  'several families': 'it has one family',
  'internet addresses': 'its names are paths',
  'urgent data': 'Linux has none on UNIX-domain sockets of this kind',
  resets: 'UNIX-domain sockets cannot be aborted',
  'connects that take time': 'a connect to a UNIX-domain socket is done at once',
  'waiting for the peer': 'what was sent is with the peer',
  'sends without a send buffer': 'Linux gives every socket a send buffer',
  'virtual time': 'its clock is the machine’s',
};

const linux = process.platform === 'linux';

describe.skipIf(!linux)(`UNIX-domain sockets${linux ? '' : ' (Linux only: the page calls its C library)'}`, () => {
  for (const { name, skip, run } of testProvider(unix, { families: [AF_UNIX], skips: SKIPS })) {
    if (skip === null) test(name, run);
    else test.skip(`${name} [${skip}]`, () => undefined);
  }
});

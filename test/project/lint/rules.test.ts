import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ESLint, Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
// @ts-expect-error -- tools in plain JavaScript
import plugin from '../../../tools/lint/index.js';
// @ts-expect-error -- tools in plain JavaScript
import { ROOMS, roomOf } from '../../../tools/lint/rooms.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const linter = new Linter({ cwd: ROOT });

function lint(rule: string, filename: string, code: string): string[] {
  return linter
    .verify(
      code,
      {
        files: ['**/*.ts'],
        languageOptions: { parser: tseslint.parser as Linter.Parser },
        plugins: { ws2spi: plugin },
        rules: { [`ws2spi/${rule}`]: ['error', ...(rule === 'exports-documented' ? [] : [{ root: ROOT }])] },
      },
      { filename: `${ROOT}${filename}` },
    )
    .map((message) => message.message);
}

const imports = (file: string, specifier: string): string[] =>
  lint('room-imports', file, `import { x } from '${specifier}';`);

describe('room-imports', () => {
  it.each([
    ['spi/structures/guid.ts', '../data.js'],
    ['platform/linux/sockets.ts', '../../spi/index.js'],
    ['platform/koffi.ts', 'koffi'],
    ['host/reactor.ts', '../platform/index.js'],
    ['host/reactor.ts', 'node:events'],
    ['io/socket/front-socket.ts', '../../host/index.js'],
    ['catalog/store.ts', '../spi/index.js'],
    ['chain/stack.ts', '../io/index.js'],
    ['providers/tcpip/index.ts', '../../platform/index.js'],
    ['providers/memory/index.ts', '../../chain/index.js'],
    ['providers/layers/trace/index.ts', './recorder.js'],
    ['providers/layers/trace/index.ts', '../../../chain/index.js'],
    ['ws2_32/loading/container.ts', 'inversify'],
    ['ws2_32/instance.ts', '../catalog/index.js'],
    ['index.ts', './ws2_32/index.js'],
    ['node/agent.ts', '../ws2_32/index.js'],
    ['node/agent.ts', '../index.js'],
    ['testkit/instance.ts', '../providers/memory/index.js'],
    ['cli/main.ts', '../chain/index.js'],
    ['test/rooms/io/select.test.ts', '../../../io/select.js'],
    ['chain/stack.ts', 'ws2spi/spi'],
    ['chain/stack.ts', '../spi/answers.js'],
    ['io/core/states.ts', '../../spi/index.js'],
    ['io/socket/front-socket.ts', '../core/index.js'],
    ['io/socket/front-socket.ts', './operation.js'],
    ['io/extensions/poll.ts', '../functions/index.js'],
    ['io/provider.ts', './extensions/index.js'],
    ['io/provider.ts', './base-startup.js'],
  ])('lets %s import %s', (file, specifier) => {
    expect(imports(file, specifier)).toEqual([]);
  });

  it.each([
    ['spi/data.ts', '../host/index.js', 'spi may import nothing, not host'],
    ['spi/data.ts', 'node:buffer', 'spi is the contract alone and may not import node:buffer'],
    ['platform/poller.ts', '../host/index.js', 'platform may import spi, not host'],
    ['host/reactor.ts', '../io/index.js', 'host may import spi and platform, not io'],
    ['io/socket/front-socket.ts', '../../platform/index.js', 'io/core and io/quality, not platform'],
    [
      'catalog/store.ts',
      '../chain/stack.js',
      'catalog may import spi, shared-file, platform/systems.ts and platform/load-part.ts, not chain',
    ],
    ['chain/stack.ts', '../ws2_32/index.js', 'chain may import spi, host and io, not ws2_32'],
    ['chain/stack.ts', '../index.js', 'chain may import spi, host and io, not index.ts'],
    ['chain/stack.ts', 'ws2spi', 'chain may import spi, host and io, not index.ts'],
    ['chain/stack.ts', 'ws2spi/catalog', 'chain may import spi, host and io, not catalog'],
    ['providers/memory/index.ts', '../../platform/index.js', 'not platform'],
    ['providers/memory/index.ts', '../tcpip/index.js', 'not providers/tcpip'],
    ['providers/layers/trace/index.ts', '../compression/index.js', 'not providers/layers/compression'],
    ['providers/layers/trace/index.ts', '../../../catalog/index.js', 'not catalog'],
    [
      'ws2_32/loading/container.ts',
      '../../providers/tcpip/index.js',
      'ws2_32/loading may import spi, host, catalog, port-reservations, tracing, outputs and ws2_32/dispatcher, not providers/tcpip',
    ],
    ['ws2_32/api/sockets.ts', '../../io/index.js', 'not io'],
    ['ws2_32/dispatcher/dispatcher.ts', '../loading/index.js', 'not ws2_32/loading'],
    ['ws2_32/api/sockets.ts', '../names/index.js', 'not ws2_32/names'],
    [
      'node/agent.ts',
      '../chain/index.js',
      'node may import ws2_32, index.ts, spi/answers.ts and spi/nearest-name.ts, not chain',
    ],
    ['testkit/pair.ts', '../providers/tcpip/index.js', 'not providers/tcpip'],
    ['io/socket/front-socket.ts', 'koffi', 'io/socket may import no package, not koffi'],
    ['io/core/states.ts', '../socket/index.js', 'and io/options, not io/socket'],
    ['io/functions/names.ts', '../extensions/index.js', 'not io/extensions'],
    ['io/core/states.ts', '../provider.js', 'not io'],
    ['io/core/states.ts', '../../platform/index.js', 'not platform'],
    ['io/socket/front-socket.ts', '../core/states.js', 'io/core is imported by io/core/index.ts, not by states.ts'],
    ['providers/memory/wire/link.ts', '../network/index.js', 'not providers/memory/network'],
    ['providers/memory/network/network.ts', '../sockets/index.js', 'not providers/memory/sockets'],
    ['io/provider.ts', './core/states.js', 'io/core is imported by io/core/index.ts, not by states.ts'],
    ['chain/stack.ts', '../io/core/index.js', 'io is imported by io/index.ts, not by core/index.ts'],
    ['chain/stack.ts', '../io/core/states.js', 'io is imported by io/index.ts'],
    ['chain/stack.ts', '../host/reactor.js', 'host is imported by host/index.ts,'],
    ['shared-file/a.ts', '../platform/index.js', 'shared-file may import platform/systems.ts, not platform'],
    ['platform/koffi.ts', '@scope/name/deep', 'platform may import koffi, not @scope/name'],
  ])('refuses %s importing %s', (file, specifier, reason) => {
    expect(imports(file, specifier)).toEqual([expect.stringContaining(reason)]);
    expect(imports(file, specifier)[0]).toContain('tools/lint/rooms.js');
  });

  it('looks at every way to import', () => {
    const ways = [
      `import '../host/index.js';`,
      `import type { A } from '../../rooms/host/index.js';`,
      `export * from '../../rooms/host/index.js';`,
      `export { a } from '../../rooms/host/index.js';`,
      `const a = import('../../rooms/host/index.js');`,
      `type A = import('../../rooms/host/index.js').A;`,
    ];
    for (const code of ways) expect(lint('room-imports', 'catalog/a.ts', code), code).toHaveLength(1);
  });

  it('knows a room for every folder of the source, and names only rooms that there are', () => {
    const rooms = ROOMS as { path: string; imports: string[] | 'anything'; doors?: string[] }[];
    const entered = rooms.flatMap(roomAndDoors);
    for (const { imports } of rooms) {
      if (imports !== 'anything') expect(entered).toEqual(expect.arrayContaining(imports));
    }
    expect(roomOf('providers/layers/trace/index.ts')).toMatchObject({ path: 'providers/layers/trace' });
    expect(roomOf('io/core/states.ts')).toMatchObject({ path: 'io/core' });
    expect(roomOf('io/provider.ts')).toMatchObject({ path: 'io' });
    expect(roomOf('eslint.config.js')).toBeNull();
  });
});

/** What may be imported of a room: all that its doors give, or one of them alone. */
function roomAndDoors({ path, doors = [] }: { path: string; doors?: string[] }): string[] {
  return [path, ...doors.map((door) => `${path}/${door}`)];
}

describe('a file', () => {
  it('has the name of an export of its own, or says at its head which area it covers', () => {
    const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const files = listed.split('\n').filter((file) => /^(?!test\/|bench\/|docs\/|examples\/)[^/]+\/.*\.ts$/.test(file));
    expect(files.length).toBeGreaterThan(400);
    const nameless = files.filter((file) => {
      if (!existsSync(`${ROOT}${file}`)) return false;
      const text = readFileSync(`${ROOT}${file}`, 'utf8');
      if (/^(?:\/\/|\/\*\*[^]*?@module|#!)/.test(text)) return false;
      const name = plain(file.split('/').at(-1)!.slice(0, -3));
      const exports = [
        ...text.matchAll(/^export (?:abstract |async )?(?:class|function|interface|type|const|let) (\w+)/gm),
      ];
      return !exports.some(
        ([, each]) => plain(each!).includes(name) || (each!.length > 4 && name.includes(plain(each!))),
      );
    });
    expect(nameless).toEqual([]);
  });
});

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

describe('the table of rooms', () => {
  const rooms = ROOMS as { path: string; imports: string[] | 'anything'; doors?: string[] }[];

  it('has every room below those that it imports, so that none imports in a circle', () => {
    rooms.forEach(({ path, imports }, at) => {
      const above = rooms.slice(0, at).flatMap(roomAndDoors);
      if (imports !== 'anything') for (const each of imports) expect(above, path).toContain(each);
    });
  });

  it('names doors that there are', () => {
    for (const { path, doors } of rooms) {
      for (const door of doors ?? []) expect(existsSync(`${ROOT}${path}/${door}`), `${path}/${door}`).toBe(true);
    }
  });
});

describe('no-circles', () => {
  const circles = (file: string, code: string): string[] => lint('no-circles', file, code);

  it('refuses a file that imports itself by way of others, and names the way', () => {
    expect(circles('io/core/socket-core.ts', `import type { DuplicateOffers } from './offers.js';`)).toEqual([
      'Goes round in a circle: io/core/socket-core.ts → io/core/offers.ts → io/core/socket-core.ts.',
    ]);
    const front = circles('io/options/table.ts', `export { FrontSocket } from '../socket/index.js';`);
    expect(front).toEqual([
      expect.stringMatching(
        /^Goes round in a circle: io\/options\/table\.ts → io\/socket\/index\.ts → .* → io\/options\/table\.ts\.$/,
      ),
    ]);
  });

  it('passes what leads back nowhere, and what is loaded later', () => {
    expect(circles('io/core/offers.ts', `import type { SocketCore } from './socket-core.js';`)).toEqual([]);
    expect(circles('io/core/socket-core.ts', `import { WSAEINVAL } from '../../../spi/index.js';`)).toEqual([]);
    expect(circles('io/core/socket-core.ts', `const later = import('./offers.js');`)).toEqual([]);
  });
});

describe('own-fields', () => {
  it('refuses to write a field of a front, and whatever else has a class, in another file', async () => {
    const eslint = new ESLint({
      cwd: ROOT,
      overrideConfigFile: true,
      overrideConfig: {
        files: ['**/*.ts'],
        languageOptions: {
          parser: tseslint.parser as Linter.Parser,
          parserOptions: { projectService: true, tsconfigRootDir: ROOT },
        },
        plugins: { ws2spi: plugin },
        rules: { 'ws2spi/own-fields': 'error' },
      },
    });
    const code = `import type { FrontSocket } from '../socket/index.js';
      import type { AddressSlot } from '../core/index.js';
      export function spoil(socket: FrontSocket, slot: AddressSlot): void {
        socket.state = 1;
        socket.lastError++;
        [socket.core] = [socket.core];
        socket.record!.mask |= 1;
        slot.length = 0;
      }`;
    const [result] = await eslint.lintText(code, { filePath: `${ROOT}io/functions/names.ts` });
    expect(result!.messages.map(({ line, message }) => [line, message.split(' ')[0]])).toEqual([
      [4, 'SocketWaits.state'],
      [5, 'ConnectingSocket.lastError'],
      [6, 'SocketWaits.core'],
      [7, 'NetworkEventRecord.mask'],
    ]);
  });

  it('holds in every room', async () => {
    const eslint = new ESLint({ cwd: ROOT });
    for (const file of ['spi/index.ts', 'io/index.ts', 'chain/codec/core.ts', 'ws2_32/api/send.ts', 'node/server.ts']) {
      const { rules } = (await eslint.calculateConfigForFile(`${ROOT}${file}`)) as Linter.Config;
      expect(rules!['ws2spi/own-fields']).toEqual([2]);
    }
  });
});

describe('exports-documented', () => {
  const missing = (code: string): string[] => lint('exports-documented', 'spi/a.ts', code);

  it.each([
    '/** A. */\nexport const a = 1;',
    '/** A. */\nexport function a(): void {}',
    '/** A. */\nexport type A = number;\nexport const A = 1;',
    'export interface A {}\n/** Makes one. */\nexport function A(): void {}',
    '/** A. */\nfunction a(): void {}\nexport { a };',
    "export { a } from './a.js';",
    "export * from './a.js';",
    'const hidden = 1;',
    '/** Both. */\nexport function a(x: number): void;\nexport function a(x: string): void;\nexport function a(): void {}',
  ])('passes %j', (code) => {
    expect(missing(code)).toEqual([]);
  });

  it.each([
    'export const a = 1;',
    '// A.\nexport const a = 1;',
    '/* A. */\nexport const a = 1;',
    '/** */\nexport const a = 1;',
    '/** Far away. */\n\n\nexport const a = 1;',
    'const a = 1;\nexport { a };',
    'export const { a } = b;',
    'export abstract class a {}',
    'export enum a {}',
  ])('finds %j', (code) => {
    expect(missing(code)).toEqual(['The export "a" has no docstring (/** … */ right before it).']);
  });
});

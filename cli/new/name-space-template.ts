// What `ws2spi new namespace` makes.
import type { Template, Project } from './project.js';

/** A name space that knows some hosts by heart. */
export function nameSpaceTemplate({ title, identifier, name, typescript }: Project): Template {
  return {
    what: 'A name space',
    source: `import { NS_DNS, sockaddr_in } from 'ws2spi';
import { defineNameSpace } from 'ws2spi/names';

/** What it knows. */
const hosts = new Map([
  ['printer.${title}', '10.0.0.9'],
  ['router.${title}', '10.0.0.1'],
]);

export const ${identifier} = defineNameSpace({
  name: '${title}',
  nameSpace: NS_DNS,
  // Answers at once, or later; it never waits. Without anything found there is no such name.
  lookup(question, answer) {
    const address = question.kind === 'host' ? hosts.get(question.name) : undefined;
    if (address !== undefined) answer.found({ addresses: [sockaddr_in(address, 0)] });
    answer.done();
  },
});

/** For catalogs: \`npx ws2spi names install\`. */
export const { NSPStartup } = ${identifier};
export default ${identifier};
`,
    tests: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWs2_32, SVCID_INET_HOSTADDRBYNAME, VirtualClock } from 'ws2spi';
import { addNameSpace } from 'ws2spi/names';
import { createTestInstance, testNameSpace } from 'ws2spi/testkit';
import { ${identifier} } from './index.js';

test('programs find the hosts that it knows, and no others', () => {
  const { ws2, finish } = createTestInstance();
  addNameSpace(ws2, ${identifier});
  assert.equal(ws2.gethostbyname('printer.${title}')?.h_addr_list[0]?.join('.'), '10.0.0.9');
  assert.equal(ws2.gethostbyname('nobody.${title}'), null);
  finish(); // throws if anything went wrong inside
});

const host = (lpszServiceInstanceName${typescript ? ': string' : ''}) => ({
  lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
  lpszServiceInstanceName,
});

// What it has not got, each with its reason.
const skips = {
  'several results': 'a name has one address',
  silence: 'it answers at once',
  registration: 'it knows what it knows',
};

// What programs may rely on, whoever answers.
const factory = () => {
  const clock = new VirtualClock();
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock });
  return {
    ws2,
    clock,
    nameSpace: ${identifier},
    present: host('printer.${title}'),
    absent: host('nobody.${title}'),
    host: 'printer.${title}',
  };
};
for (const { name, skip, run } of testNameSpace(factory, { skips })) {
  test(name, { skip: skip ?? false }, run);
}
`,
    usage: [
      'In one program:',
      [
        '```js',
        "import { createWs2_32 } from 'ws2spi';",
        "import { addNameSpace } from 'ws2spi/names';",
        `import { ${identifier} } from '${name}';`,
        '',
        'const ws2 = createWs2_32();',
        "ws2.on('defect', ({ message, cause }) => console.error(message, cause ?? ''));",
        `addNameSpace(ws2, ${identifier}); // asked when those before it have no answer`,
        '```',
      ].join('\n'),
      'In all programs of yours that use ws2spi, until it is removed:',
      [
        '```sh',
        `npx ws2spi names install ./${typescript ? 'dist/index.js' : 'index.js'}`,
        `npx ws2spi names remove ${title}`,
        '```',
      ].join('\n'),
      'How name spaces are written: `node_modules/ws2spi/docs/write-a-name-space.md`.',
    ],
  };
}

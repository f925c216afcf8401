// The four kinds of layers that `ws2spi new layer` makes.
import type { Project, TemplateMaker } from './project.js';

/** What kinds of layers there are, and what each is for. */
export const LAYER_KINDS: Readonly<Record<string, { readonly purpose: string; readonly make: TemplateMaker }>> = {
  filter: { purpose: 'sees, redirects or refuses connections, datagrams and local names', make: filter },
  codec: { purpose: 'changes the bytes of connections', make: codec },
  datagram: { purpose: 'changes datagrams, drops or delays them', make: datagram },
  provider: { purpose: 'changes what any of the thirty WSP* functions does', make: provider },
};

/** What a catalog wants of the module, at its end. */
const forCatalogs = (identifier: string): string => `
/** For catalogs: \`npx ws2spi catalog install\`. */
export const { WSPStartup } = ${identifier};
export default ${identifier};
`;

function usageOf({ identifier, name, typescript }: Project, over: string): string[] {
  return [
    'Under one program:',
    [
      '```js',
      "import { createWs2_32 } from 'ws2spi';",
      "import { stack } from 'ws2spi/chain';",
      `import { ${identifier} } from '${name}';`,
      '',
      'const ws2 = createWs2_32();',
      "ws2.on('defect', ({ message, cause }) => console.error(message, cause ?? ''));",
      `const [chain] = stack(ws2, [${identifier}]${over === 'tcp' ? '' : `, { over: '${over}' }`}); // the entry over IPv4`,
      '```',
    ].join('\n'),
    'Under all programs of yours that use ws2spi, until it is removed:',
    [
      '```sh',
      `npx ws2spi catalog install ./${typescript ? 'dist/index.js' : 'index.js'} --over ${over}`,
      'npx ws2spi catalog remove ./' + (typescript ? 'dist/index.js' : 'index.js'),
      '```',
    ].join('\n'),
    'How layers are written: `node_modules/ws2spi/docs/write-a-layer.md`.',
  ];
}

/** The tests' last part: what every provider should pass. */
function suite(
  { identifier, typescript }: Project,
  over: string,
  skips: Readonly<Record<string, string>> = {},
): string {
  const reasons = Object.entries(skips).map(([what, why]) => `  '${what}': '${why}',`);
  return [
    ...(reasons.length === 0
      ? []
      : ['', '// What it has not got, each with its reason.', 'const skips = {', ...reasons, '};']),
    '',
    '// What programs may rely on under every I/O model, whatever lies below them.',
    `const factory${typescript ? ': ProviderFactory' : ''} = (options) => {`,
    '  const clock = new VirtualClock();',
    "  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock, ...options });",
    `  return { ws2, clock, entries: stack(ws2, [${identifier}], { over: ${over} }) };`,
    '};',
    `for (const { name, skip, run } of testProvider(factory${reasons.length === 0 ? '' : ', { skips }'})) {`,
    '  test(name, { skip: skip ?? false }, run);',
    '}',
    '',
  ].join('\n');
}

/** The import of what tests need of the testkit. */
function testkit({ typescript }: Project, ...names: string[]): string {
  const sorted = [...names, 'testProvider'].sort();
  return `import { ${[...sorted, ...(typescript ? ['type ProviderFactory'] : [])].join(', ')} } from 'ws2spi/testkit';`;
}

function filter(project: Project): ReturnType<TemplateMaker> {
  const { title, identifier } = project;
  return {
    what: 'A filter',
    source: `import { defineLayer } from 'ws2spi/chain';

/** Ports that nothing is sent to: those of mail. */
const CLOSED = new Set([25, 465, 587]);

export const ${identifier} = defineLayer({
  name: '${title}',
  // Asked before a socket connects, or sends a datagram. It may change \`request.address\` and \`request.port\`, or refuse.
  connect(request) {
    if (CLOSED.has(request.port)) request.refuse();
  },
  // \`accept\` is asked about callers, \`bind\` about local names.
});
${forCatalogs(identifier)}`,
    tests: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_INET, createWs2_32, SOCK_STREAM, sockaddr_in, VirtualClock, WSAEACCES, WSAECONNREFUSED } from 'ws2spi';
import { stack } from 'ws2spi/chain';
${testkit(project, 'createTestInstance')}
import { ${identifier} } from './index.js';

test('connects are refused to the ports of mail, and to no others', () => {
  const { ws2, finish } = createTestInstance();
  const [entry] = stack(ws2, [${identifier}]);
  const errorAt = (port${project.typescript ? ': number' : ''}) => {
    const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry${project.typescript ? '!' : ''}, 0, 0);
    assert.equal(ws2.connect(s, sockaddr_in('127.0.0.1', port), 16), -1);
    const error = ws2.WSAGetLastError();
    ws2.closesocket(s);
    return error;
  };
  assert.equal(errorAt(25), WSAEACCES);
  assert.equal(errorAt(80), WSAECONNREFUSED); // nobody listens there
  finish(); // throws if anything went wrong inside
});
${suite(project, "['tcp', 'udp']")}`,
    usage: usageOf(project, 'tcp'),
  };
}

function codec(project: Project): ReturnType<TemplateMaker> {
  const { title, identifier } = project;
  return {
    what: 'A codec layer',
    source: `import { WSAECONNABORTED } from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';

/** Bytes of a frame's head, which says how many follow, and the most that can. */
const HEAD = 2;
const LONGEST = 0xffff;

export const ${identifier} = defineLayer({
  name: '${title}',
  // Called once for each connection, so that a codec may keep state.
  codec() {
    let rest = Buffer.alloc(0);
    return {
      // The application sends: frames go out.
      send(bytes, output) {
        for (let at = 0; at < bytes.length; at += LONGEST) {
          const body = bytes.subarray(at, at + LONGEST);
          const head = Buffer.alloc(HEAD);
          head.writeUInt16BE(body.length);
          output.encoded(head);
          output.encoded(body);
        }
      },
      // Bytes came from the wire, cut wherever it liked: what is no whole frame yet is kept.
      receive(bytes, output) {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length >= HEAD && rest.length >= HEAD + rest.readUInt16BE()) {
          const end = HEAD + rest.readUInt16BE();
          output.decoded(rest.subarray(HEAD, end));
          rest = rest.subarray(end);
        }
      },
      // The peer has ended: between frames, or within one.
      end(output) {
        if (rest.length === 0) output.finished();
        else output.failed(WSAECONNABORTED);
      },
    };
  },
});
${forCatalogs(identifier)}`,
    tests: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWs2_32, VirtualClock } from 'ws2spi';
import { stack } from 'ws2spi/chain';
${testkit(project, 'connectedPair', 'createTestInstance', 'verifyCodec')}
import { ${identifier} } from './index.js';

test('what is sent is received, however it is cut, in both directions and under every I/O model', () => {
  verifyCodec(${identifier});
});

test('a send of several frames comes whole', () => {
  const { ws2, finish } = createTestInstance();
  const [entry] = stack(ws2, [${identifier}]);
  const { client, server, close } = connectedPair(ws2, { entry${project.typescript ? ': entry!' : ''} });
  const sent = Buffer.alloc(100_000, 'frames ');
  assert.equal(ws2.send(client, sent, sent.length, 0), sent.length);
  const received = Buffer.alloc(sent.length);
  for (let at = 0; at < sent.length;) {
    const length = ws2.recv(server, received.subarray(at), sent.length - at, 0);
    assert.ok(length > 0, \`after \${at} bytes recv gave \${length}, error \${ws2.WSAGetLastError()}\`);
    at += length;
  }
  assert.ok(received.equals(sent));
  close();
  finish(); // throws if anything went wrong inside
});
${suite(project, "'tcp'", {
  'several families': 'the sockets of a codec have handles of its own, and select takes those of one chain',
  'sends without a send buffer': 'what a codec has encoded waits in a buffer of its own',
})}`,
    usage: usageOf(project, 'tcp'),
  };
}

function datagram(project: Project): ReturnType<TemplateMaker> {
  const { title, identifier, typescript } = project;
  return {
    what: 'A codec layer for datagrams',
    source: `import { crc32 } from 'node:zlib';
import { defineLayer } from 'ws2spi/chain';

/** Bytes of the checksum, behind those of the application. */
const LENGTH = 4;

export const ${identifier} = defineLayer({
  name: '${title}',
  // Called once for each socket. It is given each datagram whole, and answers by none, one or several.
  datagrams: () => ({
    send(bytes, to, output) {
      const sum = Buffer.alloc(LENGTH);
      sum.writeUInt32BE(crc32(bytes));
      output.encoded(Buffer.concat([bytes, sum]), to);
    },
    // What comes with another checksum is dropped.
    receive(bytes, from, output) {
      if (bytes.length < LENGTH) return;
      const body = bytes.subarray(0, -LENGTH);
      const sum = Buffer.from(bytes.subarray(-LENGTH)).readUInt32BE();
      if (crc32(body) === sum) output.decoded(body, from);
    },
  }),
});
${forCatalogs(identifier)}`,
    tests: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_INET, createWs2_32, SOCK_DGRAM, sockaddr_in, VirtualClock } from 'ws2spi';
import { stack } from 'ws2spi/chain';
${testkit(project, 'createTestInstance')}
import { ${identifier} } from './index.js';

test('datagrams come as they were sent, and without the layer not at all', () => {
  const { ws2, finish } = createTestInstance();
  const [entry] = stack(ws2, [${identifier}], { over: 'udp' });
  const name = sockaddr_in('127.0.0.1', 5000);
  const receiver = ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, entry${typescript ? '!' : ''}, 0, 0);
  ws2.bind(receiver, name, name.length);
  const send = (s${typescript ? ': number' : ''}, text${typescript ? ': string' : ''}) => ws2.sendto(s, Buffer.from(text), text.length, 0, name, name.length);
  const bare = ws2.socket(AF_INET, SOCK_DGRAM, 0);
  const sender = ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, entry${typescript ? '!' : ''}, 0, 0);
  assert.equal(send(bare, 'without a checksum'), 18);
  assert.equal(send(sender, 'hello'), 5);
  const buffer = Buffer.alloc(100);
  const length = ws2.recv(receiver, buffer, buffer.length, 0);
  assert.equal(buffer.toString('latin1', 0, length), 'hello');
  for (const s of [receiver, bare, sender]) ws2.closesocket(s);
  finish(); // throws if anything went wrong inside
});
${suite(project, "'udp'")}`,
    usage: usageOf(project, 'udp'),
  };
}

function provider(project: Project): ReturnType<TemplateMaker> {
  const { title, identifier, typescript } = project;
  const types = typescript ? ', type Layer' : '';
  return {
    what: 'A pass-through layer',
    source: `${typescript ? "import type { LPWSPSEND } from 'ws2spi/spi';\n" : ''}import { createWSPStartup, PassThroughProvider${types} } from 'ws2spi/chain';

/** What went through the layer. */
export const totals = { sends: 0, bytes: 0 };

/**
 * Whatever is not overridden is the lower provider's own function. Arguments are the specification's, in its order; the last
 * is \`lpErrno\`: to fail, put a WinSock code into its \`value\`, and return SOCKET_ERROR. Nothing may throw or wait.
 */
class Provider extends PassThroughProvider {
  ${typescript ? 'override ' : ''}WSPSend(...args${typescript ? ': Parameters<LPWSPSEND>): number' : ')'} {
    const [, , , lpNumberOfBytesSent] = args;
    const result = super.WSPSend(...args);
    totals.sends += 1;
    if (result === 0 && lpNumberOfBytesSent !== null) totals.bytes += lpNumberOfBytesSent.value;
    return result;
  }
}

export const ${identifier}${typescript ? ': Layer' : ''} = {
  name: '${title}',
  version: '0.1.0',
  ifs: true, // its sockets are the lower provider's own handles
  WSPStartup: createWSPStartup('${title} 0.1.0', (context) => new Provider(context)),
};
${forCatalogs(identifier)}`,
    tests: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWs2_32, VirtualClock } from 'ws2spi';
import { stack } from 'ws2spi/chain';
${testkit(project, 'connectedPair', 'createTestInstance')}
import { ${identifier}, totals } from './index.js';

test('sends are counted', () => {
  const { ws2, finish } = createTestInstance();
  const [entry] = stack(ws2, [${identifier}]);
  const { client, close } = connectedPair(ws2, { entry${typescript ? ': entry!' : ''} });
  const before = { ...totals };
  ws2.send(client, Buffer.from('hello'), 5, 0);
  assert.deepEqual(totals, { sends: before.sends + 1, bytes: before.bytes + 5 });
  close();
  finish(); // throws if anything went wrong inside
});
${suite(project, "['tcp', 'udp']")}`,
    usage: usageOf(project, 'tcp'),
  };
}

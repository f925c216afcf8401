// Writes the pages of docs/ that are tables of the source's data: errors, socket options, ioctls, network events, functions.
// Run by `npm run docs` after a build; `--check` writes nothing and fails when a page is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const DIST = new URL('../dist/', import.meta.url);
const DOCS = new URL('../docs/', import.meta.url);
const NOTE = '<!-- Made by tools/generate-docs.mjs (npm run docs) from the data in the source. Do not edit. -->';

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {string} title @param {string} source @param {readonly string[]} body */
function page(title, source, ...body) {
  return `${[NOTE, `# ${title}`, ...body, `Source: \`${source}\`.`].join('\n\n')}\n`;
}

const code = (text) => `\`${text}\``;

/** The words for one of a table's symbols; a symbol that has none yet is a fault of this file. */
function words(dictionary, symbol) {
  if (Object.hasOwn(dictionary, symbol)) return dictionary[symbol];
  throw new Error(
    `tools/generate-docs.mjs has no words for "${symbol}", only for ${Object.keys(dictionary).join(', ')}`,
  );
}

function errors({ WINSOCK_ERRORS }) {
  return page(
    'Errors',
    'spi/error-table.ts',
    [
      'Functions of the API do not throw: the return value says that a call failed, and `ws2.WSAGetLastError()` says why.',
      'A function of the service provider interface puts the same number into `lpErrno.value`.',
      '`winsockErrorName(code)`, `winsockErrorText(code)` and `nodeErrorCode(code)` read this table.',
    ].join('\n'),
    [
      'The last column is the `code` of the `Error` that `ws2spi/node` raises for the same condition, beside the number in',
      '`wsaError`; where it is empty, Node.js has no such code and the name in the first column is used.',
    ].join('\n'),
    table(
      ['Name', 'Number', 'What it means', 'What to do', 'Node.js'],
      WINSOCK_ERRORS.map((error) => [
        code(error.name),
        String(error.value),
        error.text,
        error.cure,
        error.node === undefined ? '' : code(error.node),
      ]),
    ),
  );
}

const LEVELS = ['SOL_SOCKET', 'IPPROTO_TCP', 'IPPROTO_UDP', 'IPPROTO_IP', 'IPPROTO_IPV6'];
const SHAPES = {
  boolean: 'BOOL, any length from 1',
  byte: 'DWORD, any length from 1',
  flag: 'BOOL, reads back as one byte',
  dword: 'DWORD, four bytes',
  switch: 'DWORD, four bytes, reads back as 0 or 1',
  linger: 'LINGER, four bytes',
  bytes: 'bytes, up to 40',
  structure: 'structure',
};
const KEEPERS = {
  front: 'every provider, in `io/`',
  both: '`io/`, and told to the provider',
  hint: '`io/`, and told to a provider that has a use for it',
  core: 'the provider alone',
};

function initially({ initial, initialOfStreams }) {
  const shown = initial > 0xffffff ? `0x${initial.toString(16)}` : String(initial);
  return initialOfStreams === undefined ? shown : `${shown}; ${initialOfStreams} of streams`;
}

function remarks({ remark, before, range }) {
  const said = [
    remark ?? '',
    before === undefined ? '' : `to be set before \`${before}\``,
    range === undefined ? '' : `${range[0]} to ${range[1]}`,
  ];
  return said.filter(Boolean).join('; ');
}

/** What one kind of socket can do with an option, or how it refuses. */
function access(option, kind, { foreignOptionError }, spi) {
  if (option.kinds.includes(kind)) return option.access.replace('-', ', ');
  return code(spi.winsockErrorName(foreignOptionError(option)));
}

function options(io, spi) {
  const { SOCKET_OPTIONS } = io;
  return page(
    'Socket options',
    'io/options/table.ts',
    [
      'Options of `getsockopt` and `setsockopt` that every provider built on `io/` has: TCP/IP, memory, and each codec layer.',
      'Lengths and values are as on Windows, measured. A number that is not in this table is `WSAENOPROTOOPT` at the levels',
      'here, and every other level is `WSAEINVAL`. Where a kind of socket does not have an option, its column says how it',
      'refuses: at the levels of IP every number is known everywhere. Reading what can only be written, and writing what can',
      'only be read, is `WSAENOPROTOOPT` on every socket.',
    ].join('\n'),
    table(
      [
        'Option',
        'Level',
        'Number',
        'Value',
        'Streams',
        'Datagrams',
        'Raw',
        'Initially',
        'Inherited by accept',
        'Kept by',
        'Remarks',
      ],
      SOCKET_OPTIONS.map((option) => [
        code(option.name),
        code(LEVELS.find((level) => spi[level] === option.level)),
        String(option.optname),
        words(SHAPES, option.shape),
        ...['stream', 'datagram', 'raw'].map((kind) => access(option, kind, io, spi)),
        option.access === 'write' ? '' : initially(option),
        option.inherited ? 'yes' : 'no',
        words(KEEPERS, option.keeper),
        remarks(option),
      ]),
    ),
  );
}

const OVERLAPPED = {
  'at once': 'done at once; a completion of 0 bytes follows',
  pends: 'pends; the outcome is a completion',
  unsupported: 'pends, and fails with `WSAEOPNOTSUPP`',
  change: 'pends until there is a change',
};

function direction(ioctl, { IOC_IN, IOC_OUT }) {
  const [goesIn, comesOut] = [IOC_IN, IOC_OUT].map((bit) => (ioctl.code & bit) !== 0);
  return [goesIn ? 'in' : '', comesOut ? 'out' : ''].filter(Boolean).join(', ');
}

/** The names of all codes of ioctls that there are constants of. */
function ioctlNames(spi) {
  return Object.keys(spi).filter((name) => /^(SIO|SIOC|FIO)[A-Z_0-9]+$/.test(name) && !name.startsWith('SIO_RESERVED'));
}

function ioctls({ IOCTLS, IOCTLS_ELSEWHERE }, spi) {
  const answered = new Set([...IOCTLS, ...IOCTLS_ELSEWHERE].map(({ name }) => name));
  const hexadecimal = (number) => `0x${number.toString(16)}`;
  return page(
    'Ioctls',
    'io/ioctls/table.ts',
    [
      'Codes of `WSAIoctl` that every provider built on `io/` has: TCP/IP, memory, and each codec layer. Another code is put to the',
      'provider below a layer; in the end it is `WSAEOPNOTSUPP`, at once, or as a completion when the call is overlapped.',
      "`SIO_GET_EXTENSION_FUNCTION_POINTER` gives functions of Microsoft's extensions. What changes is waited for by an overlapped",
      'call, by a call that blocks, or, on a non-blocking socket, by a network event.',
    ].join('\n'),
    table(
      ['Code', 'Number', 'Buffers', 'Overlapped', 'What it does'],
      IOCTLS.map((ioctl) => [
        code(ioctl.name),
        `0x${ioctl.code.toString(16)}`,
        direction(ioctl, spi),
        words(OVERLAPPED, ioctl.overlapped),
        ioctl.meaning,
      ]),
    ),
    "## Answered elsewhere\n\nThese are no affair of a provider's sockets. The layer `tls` has `SIO_TLS_SESSION` ([page](layers/tls.md)).",
    table(
      ['Code', 'Number', 'Buffers', 'Who answers', 'What it does'],
      IOCTLS_ELSEWHERE.map((ioctl) => [
        code(ioctl.name),
        hexadecimal(ioctl.code),
        direction(ioctl, spi),
        ioctl.by,
        ioctl.meaning,
      ]),
    ),
    '## Answered by nobody\n\nThere are constants of them, for layers and programs that know them; here they are `WSAEOPNOTSUPP`.',
    table(
      ['Code', 'Number'],
      ioctlNames(spi)
        .filter((name) => !answered.has(name))
        .map((name) => [code(name), hexadecimal(spi[name])]),
    ),
  );
}

const TRIGGERS = {
  level: 'while it holds, after each re-enabling call',
  edge: 'once per change',
  once: 'once',
};
const REENABLING = {
  receive: '`recv`, `recvfrom`, `WSARecv`, `WSARecvFrom`',
  send: '`send`, `sendto`, `WSASend`, `WSASendTo`',
  accept: '`accept`, `WSAAccept`',
  getQos: '`WSAIoctl` with `SIO_GET_QOS`',
  getGroupQos: '`WSAIoctl` with `SIO_GET_GROUP_QOS`',
  ioctl: '`WSAIoctl` that asks for the notice again',
  never: 'nothing',
};

function networkEvents({ NETWORK_EVENTS }) {
  return page(
    'Network events',
    'io/socket/network-events.ts',
    [
      'The `FD_*` bits of `WSAEventSelect` and `WSAAsyncSelect`. The third column is the index into',
      '`WSANETWORKEVENTS.iErrorCode`. A call re-enables an event even when it fails.',
    ].join('\n'),
    table(
      ['Event', 'Bit', 'Index', 'Reported', 'Re-enabled by'],
      NETWORK_EVENTS.map((row) => [
        code(row.name),
        `0x${row.bit.toString(16).padStart(3, '0')}`,
        String(row.index),
        words(TRIGGERS, row.trigger),
        words(REENABLING, row.reenabledBy),
      ]),
    ),
  );
}

const RESULTS = {
  status: '0 or `SOCKET_ERROR`',
  count: 'how many, or `SOCKET_ERROR`',
  socket: 'a socket or `INVALID_SOCKET`',
  handle: 'a handle or 0',
  boolean: 'TRUE or FALSE',
  pointer: 'an object or text, or `null`',
  error: '0 or the error',
  value: 'a value',
  nothing: 'nothing',
};
const KINDS = {
  any: 'any value',
  boolean: 'BOOL',
  buffer: 'WSABUF',
  buffers: 'array of WSABUF',
  code: 'code',
  error: 'error code',
  event: 'event object',
  guid: 'GUID',
  guids: 'array of GUIDs',
  handles: 'array of handles',
  networkEvents: '`FD_*` bits',
  numbers: 'array of numbers',
  overlapped: 'WSAOVERLAPPED',
  routine: 'function',
  sockets: 'fd_set',
  thread: 'WSATHREADID',
};

function argument({ name, kind, direction, reference, optional, length, structure }) {
  const what =
    structure !== undefined ? `${kind === 'structures' ? 'array of ' : ''}${structure}` : (KINDS[kind] ?? kind);
  const more = [
    reference ? 'by reference' : '',
    { in: '', out: 'out', inout: 'in and out' }[direction],
    length === undefined ? '' : `as many as \`${length}\` says`,
    optional ? 'may be `null`' : '',
  ].filter(Boolean);
  return `\`${name}\` ${what}${more.length === 0 ? '' : ` (${more.join('; ')})`}`;
}

function functions(signatures) {
  const rows = (table) =>
    Object.entries(table)
      .filter(
        ([name]) => ![/[AW]$/, /32$/].some((twin) => twin.test(name) && Object.hasOwn(table, name.replace(twin, ''))),
      )
      .map(([name, { args, result }]) => [
        `${code(name.replace(/^lpW/, 'W'))}${Object.hasOwn(table, `${name}W`) ? ', `…A`, `…W`' : ''}${Object.hasOwn(table, `${name}32`) ? ', `…32`' : ''}`,
        args.map(argument).join('<br>'),
        words(RESULTS, result),
      ]);
  const part = (title, signatures) => `## ${title}\n\n${table(['Function', 'Arguments', 'Returns'], rows(signatures))}`;
  return page(
    'Functions and their arguments',
    'spi/signatures/',
    [
      'Every function that crosses a border: of the API, of transport providers, of WinSock for providers, and of name-space',
      'providers. By reference is what C has a pointer to and JavaScript a `Ref`: an object whose `value` is read or written.',
      'Which errors a function has, and what each argument means, its docstring says.',
    ].join('\n'),
    part('The API', signatures.API_SIGNATURES),
    part('Transport providers', signatures.WSP_SIGNATURES),
    part('Upcalls', signatures.WPU_SIGNATURES),
    part('Name-space providers', signatures.NSP_SIGNATURES),
    part('Name-space providers of version 2', signatures.NSPV2_SIGNATURES),
  );
}

/** What rules are about, by how their names begin. */
const RULES_OF = {
  function: '`WSP*` functions',
  cleanup: '`WSP*` functions',
  completes: '`WSP*` functions',
  start: 'Starting',
  exports: 'Starting',
  definition: 'Starting',
  filter: 'Filters',
  codec: 'Codecs',
  datagram: 'Codecs of datagrams',
};

function layerRules({ LAYER_RULES }) {
  const rows = Object.entries(LAYER_RULES);
  const kinds = [...new Set(Object.values(RULES_OF))];
  const kindOf = (name) => words(RULES_OF, /^[a-z]+/.exec(name)[0]);
  return page(
    'Rules for layers',
    'spi/layer-rules.ts',
    [
      "What a layer has to keep to, and what its author is told when it does not: by the `defect` event of the instance (`ws2.on('defect',",
      '({ message, cause }) => …)`), under the name of the layer, "mine" here, with what it threw as `cause`; the same fault of a socket once. No',
      'breach harms another socket. [Write a layer](write-a-layer.md) says how layers are written; a test breaks each of these rules.',
    ].join('\n'),
    ...kinds.flatMap((kind) => [
      `## ${kind}`,
      table(
        ['Rule', 'Broken, for instance, when', 'The author is told', 'It costs'],
        rows
          .filter(([name]) => kindOf(name) === kind)
          .map(([, { rule, breach, told, cure, costs }]) => [
            rule,
            breach,
            `${told}: ${cure}`.replaceAll("'", "'"),
            costs,
          ]),
      ),
    ]),
  );
}

/** Makes the pages. @returns {Promise<Record<string, string>>} their texts by file name */
export async function generatedPages() {
  const load = (path) => import(new URL(path, DIST).href);
  const paths = ['spi/index.js', 'io/index.js', 'spi/signatures/index.js', 'spi/layer-rules.js'];
  const [spi, io, signatures, rules] = await Promise.all(paths.map(load));
  return {
    'errors.md': errors(spi),
    'options.md': options(io, spi),
    'ioctls.md': ioctls(io, spi),
    'network-events.md': networkEvents(io),
    'functions.md': functions(signatures),
    'layer-rules.md': layerRules(rules),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const check = process.argv.includes('--check');
  for (const [name, text] of Object.entries(await generatedPages())) {
    const file = fileURLToPath(new URL(name, DOCS));
    if (!check) {
      writeFileSync(file, text);
      console.log(`docs/${name}`);
    } else if (readFileSync(file, 'utf8') !== text) {
      console.error(`docs/${name} is out of date: npm run docs`);
      process.exitCode = 1;
    }
  }
}

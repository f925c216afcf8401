import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { once } from 'node:events';
import { FileCatalogStore, unusableEntries } from '../catalog/index.js';
import {
  NSP_NOTIFY_EVENT,
  RNRSERVICE_DELETE,
  RNRSERVICE_REGISTER,
  SIO_NSP_NOTIFY_CHANGE,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SERVICE_MULTIPLE,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SVCID_INET_HOSTADDRBYNAME,
  WSA_IO_PENDING,
  WSAOVERLAPPED,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSAEOPNOTSUPP,
  WSANO_DATA,
  WSS_OPERATION_IN_PROGRESS,
  type CSADDR_INFO,
  type GUID,
} from '../index.js';
import { verifyFiles } from '../providers/namespaces/files/index.js';
import { registryPath, verifyRegistry } from '../providers/namespaces/registry/index.js';
import { oneOfWords, readArguments, UsageError, wholeNumber, type Command } from './command.js';
import { browsed, classOf, questionOf, TYPES } from './names/question.js';
import { resultLines, type NameResult } from './names/results.js';
import { BUILT_IN_NAME_SPACES, installNameSpace, removeNameSpace } from './names/install.js';
import { NameError, NameSession } from './names/session.js';
import { style } from './style.js';

const ACTIONS = [
  'lookup',
  'register',
  'unregister',
  'browse',
  'watch',
  'order',
  'install',
  'remove',
  'verify',
] as const;

const OPTIONS = {
  type: { type: 'string', short: 't' },
  class: { type: 'string' },
  port: { type: 'string' },
  udp: { type: 'boolean' },
  address: { type: 'string', multiple: true },
  comment: { type: 'string' },
  add: { type: 'boolean' },
  hold: { type: 'boolean' },
  provider: { type: 'string' },
  name: { type: 'string' },
  count: { type: 'string' },
  timeout: { type: 'string' },
  catalog: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const HELP = `Usage: ws2spi names <action> [options]

  lookup NAME        what the name spaces know of a name: a host, an address, a service, a DNS record
  register NAME      registers a service or a host, with its addresses
  unregister NAME    takes it back
  browse [TYPE]      all services of a type such as _http._tcp, of a class, or of a port
  watch [TYPE]       the same, and what becomes of them, until it is interrupted
  order [PROVIDER …] which name space is asked first; with names or GUIDs, puts these first, in that order
  install WHAT       has all programs with this catalog ask a name space: ${BUILT_IN_NAME_SPACES.join(', ')}, or a module of yours
  remove PROVIDER    takes it out of the catalog again
  verify             says what is wrong with the hosts, services and protocols files, with the registry, and with the
                     name spaces of the catalog; exit code 1 when something is

Options:
  -t, --type <type>     for lookup: ${TYPES.slice(0, 5).join(', ')}, or a DNS record: ${TYPES.slice(5).join(', ')}
  --class <GUID>        the service class
  --port <number>       the class of a TCP port, or with --udp of a UDP port
  --address <address>   for register: 192.0.2.1, 192.0.2.1:80, [2001:db8::1]:80; more than once for several
  --comment <text>      for register: what others may read
  --add                 for register and unregister: these addresses alone, and leaves others as they are
  --hold                for register: stays, and takes it back when it is interrupted; for what lasts only as long as its
                        process does (redis, mdns)
  --provider <name>     asks this name-space provider alone
  --name <text>         for install: what it is called in the catalog
  --count <number>      for watch: ends after so many changes
  --timeout <seconds>   for watch: ends after so long
  --catalog <path>      the catalog; by default $WS2SPI_CATALOG, else ws2spi/catalog.json in your state directory
  --json                prints JSON: for watch, a line for each change
  -h, --help            this text

Exit codes: 0 done or found, 1 failed or not found, 2 used wrongly.`;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

/** Asks name spaces, and registers with them. */
export const namesCommand: Command = {
  name: 'names',
  summary: 'looks names up, registers and watches services, and installs name spaces',
  help: HELP,
  options: OPTIONS,
  words: ACTIONS,
  values: { type: TYPES, catalog: 'file' },
  async run(args) {
    const { values, positionals } = readArguments('names', args, OPTIONS);
    const [action, ...words] = positionals;
    if (action === undefined) throw new UsageError(`names takes an action: one of ${ACTIONS.join(', ')}`);
    const known = ACTIONS.find((each) => each === action);
    if (known === undefined) {
      throw new UsageError(
        `names has no action "${action}"; it takes one of ${ACTIONS.join(', ')}${oneOfWords(ACTIONS, action)}`,
      );
    }
    if (values.catalog === '') throw new UsageError('--catalog needs the path of a file');
    try {
      using session = new NameSession(values.catalog);
      return await CARRIED_OUT[known](session, words, values);
    } catch (error) {
      if (!(error instanceof NameError)) throw error;
      return failed(error, values);
    }
  },
};

const CARRIED_OUT: Readonly<
  Record<
    (typeof ACTIONS)[number],
    (session: NameSession, words: readonly string[], values: Values) => number | Promise<number>
  >
> = { lookup, register, unregister, browse, watch, order, install, remove, verify };

function lookup(session: NameSession, words: readonly string[], values: Values): number {
  const question = questionOf(oneWord('lookup', words), values.type, classIn(values));
  return show(session.lookUp(question, session.provider(values.provider)), values);
}

function browse(session: NameSession, words: readonly string[], values: Values): number {
  const question = browsed(oneWordOrNone('browse', words), classIn(values));
  return show(session.lookUp(question, session.provider(values.provider)), values);
}

function show(found: NameResult[] | number, values: Values): number {
  if (typeof found === 'number') return failed(new NameError(found), values);
  if (values.json === true) console.log(JSON.stringify({ results: found }, undefined, 2));
  else console.log(found.length === 0 ? 'Nothing was found.' : found.flatMap(resultLines).join('\n'));
  return found.length === 0 ? 1 : 0;
}

async function register(session: NameSession, words: readonly string[], values: Values): Promise<number> {
  const service = serviceOf(session, oneWord('register', words), values);
  if (service.dwNumberOfCsAddrs === 0) throw new UsageError('register needs an --address: 192.0.2.1:80');
  const flags = values.add === true ? SERVICE_MULTIPLE : 0;
  if (session.ws2.WSASetService(service, RNRSERVICE_REGISTER, flags) !== 0) throw whyNotRegistered(session);
  say(values, { registered: service.lpszServiceInstanceName }, `Registered ${service.lpszServiceInstanceName}.`);
  if (values.hold !== true) return 0;
  // A timer keeps the program alive: registrations do not.
  const alive = setInterval(() => undefined, 2 ** 30);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(alive);
  if (session.ws2.WSASetService(service, RNRSERVICE_DELETE, SERVICE_MULTIPLE) !== 0) throw session.error();
  return 0;
}

function unregister(session: NameSession, words: readonly string[], values: Values): number {
  const service = serviceOf(session, oneWord('unregister', words), values);
  const flags = values.add === true ? SERVICE_MULTIPLE : 0;
  if (session.ws2.WSASetService(service, RNRSERVICE_DELETE, flags) !== 0) throw whyNotRegistered(session);
  say(values, { unregistered: service.lpszServiceInstanceName }, `Took ${service.lpszServiceInstanceName} back.`);
  return 0;
}

/** Of what no name space that was asked does, the error's own text says nothing that helps. */
function whyNotRegistered(session: NameSession): NameError {
  const error = session.error();
  const advice = 'no name space that was asked registers services; ws2spi names install registry adds one that does';
  return error.code === WSAEOPNOTSUPP ? new NameError(error.code, advice) : error;
}

function serviceOf(session: NameSession, name: string, values: Values): WSAQUERYSETW {
  const addresses = (values.address ?? []).map((text) => addressOf(text, values.udp === true));
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: name,
    lpServiceClassId: classIn(values) ?? SVCID_INET_HOSTADDRBYNAME,
    lpszComment: values.comment ?? null,
    lpNSProviderId: session.provider(values.provider),
    dwNumberOfCsAddrs: addresses.length,
    lpcsaBuffer: addresses,
  };
}

function addressOf(text: string, isUdp: boolean): CSADDR_INFO {
  const [, host = text, port = '0'] =
    /^\[?([^\]]*?)\]?(?::(\d{1,5}))?$/.exec(isIP(text) === 6 ? `[${text}]` : text) ?? [];
  const version = isIP(host);
  if (version === 0) throw new UsageError(`--address needs an address such as 192.0.2.1:80, not "${text}"`);
  const number = port === '0' ? 0 : wholeNumber('address', port, 1, 65_535);
  const name = version === 4 ? sockaddr_in(host, number) : sockaddr_in6(host, number);
  const one = { lpSockaddr: name, iSockaddrLength: name.length };
  const [iSocketType, iProtocol] = isUdp ? [SOCK_DGRAM, IPPROTO_UDP] : [SOCK_STREAM, IPPROTO_TCP];
  return { LocalAddr: one, RemoteAddr: one, iSocketType, iProtocol };
}

async function watch(session: NameSession, words: readonly string[], values: Values): Promise<number> {
  const question = browsed(oneWordOrNone('watch', words), classIn(values));
  const most = values.count === undefined ? Infinity : wholeNumber('count', values.count, 1, 1e9);
  const seconds = values.timeout === undefined ? Infinity : wholeNumber('timeout', values.timeout, 1, 1e6);
  const { ws2 } = session;
  const notices = new Notices(session, ws2.WSACreateEvent());
  const { event } = notices;
  const chosen = session.provider(values.provider);
  const ids = session
    .providers()
    .filter(({ fActive, NSProviderId }) => fActive && (chosen ?? NSProviderId) === NSProviderId);
  const asked = ids.flatMap(({ NSProviderId }) => {
    const handle = session.begin(question, NSProviderId);
    return typeof handle !== 'number' && notices.ask(handle.value) ? [handle.value] : [];
  });
  if (asked.length === 0) {
    console.error(style('red', 'No name space that was asked tells of changes.', process.stderr));
    return 1;
  }
  let present = new Map<string, NameResult>();
  const compare = (): number => {
    const found = session.lookUp(question, chosen);
    // Nothing there is an answer too.
    if (typeof found === 'number' && found !== WSASERVICE_NOT_FOUND && found !== WSANO_DATA) throw new NameError(found);
    const now = new Map((typeof found === 'number' ? [] : found).map((each) => [JSON.stringify(each), each]));
    const gone = [...present].filter(([key]) => !now.has(key)).map(([, each]) => each);
    const come = [...now].filter(([key]) => !present.has(key)).map(([, each]) => each);
    for (const each of gone) tell('-', each, values);
    for (const each of come) tell('+', each, values);
    present = now;
    return gone.length + come.length;
  };
  compare();
  const deadline = performance.now() + seconds * 1000;
  for (let changes = 0; changes < most;) {
    const left = deadline - performance.now();
    if (left <= 0) return 0;
    const options = left === Infinity ? {} : { timeout: left };
    if ((await ws2.host.waitForMultipleEvents([event], options)) !== 0) return 0;
    ws2.WSAResetEvent(event);
    // Asked for again first, so that what happens meanwhile is not missed.
    for (const handle of asked) notices.ask(handle);
    changes += compare();
  }
  return 0;
}

/** Asks to be told of changes by an event, again and again. */
class Notices {
  // The structures of notices, by look-up.
  readonly #asked = new Map<number, WSAOVERLAPPED>();

  constructor(
    private readonly session: NameSession,
    readonly event: number,
  ) {}

  /** Asks for the next notice, unless one is waited for already; whether there will be one. */
  ask(handle: number): boolean {
    if (this.#asked.get(handle)?.Internal === WSS_OPERATION_IN_PROGRESS) return true;
    const { ws2 } = this.session;
    const lpOverlapped = new WSAOVERLAPPED();
    lpOverlapped.hEvent = this.event;
    this.#asked.set(handle, lpOverlapped);
    const completion = { Type: NSP_NOTIFY_EVENT, Parameters: { Event: { lpOverlapped } } };
    const done = ws2.WSANSPIoctl(handle, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, completion);
    return done === 0 || ws2.WSAGetLastError() === WSA_IO_PENDING;
  }
}

function tell(sign: '+' | '-', result: NameResult, values: Values): void {
  if (values.json === true) console.log(JSON.stringify({ change: sign === '+' ? 'added' : 'removed', ...result }));
  else
    console.log(
      resultLines(result)
        .map((line, place) => (place === 0 ? `${sign} ${line}` : `  ${line}`))
        .join('\n'),
    );
}

function order(session: NameSession, words: readonly string[], values: Values): number {
  const providers = session.providers();
  if (words.length > 0) {
    const first = words.map((word) => session.provider(word)!);
    if (new Set(first).size < first.length) throw new UsageError('order names a provider twice');
    const rest = providers.map(({ NSProviderId }) => NSProviderId).filter((id) => !first.includes(id));
    const error = session.ws2.WSCWriteNameSpaceOrder([...first, ...rest], providers.length);
    if (error !== 0) throw new NameError(error);
    const byId = new Map(providers.map((each) => [each.NSProviderId, each]));
    providers.splice(0, Infinity, ...[...first, ...rest].map((id) => byId.get(id)!));
  }
  const lines = providers.map(
    ({ lpszIdentifier, NSProviderId, fActive }, place) =>
      `${place + 1}  ${lpszIdentifier}  {${NSProviderId}}${fActive ? '' : '  disabled'}`,
  );
  say(values, { providers }, lines.join('\n'));
  return 0;
}

function install(session: NameSession, words: readonly string[], values: Values): number {
  const [word] = words;
  if (word === undefined || words.length > 1) {
    throw new UsageError(`install takes one of ${BUILT_IN_NAME_SPACES.join(', ')}, a file or a package`);
  }
  const installed = installNameSpace(session, word, values.name);
  say(
    values,
    { installed },
    `Installed ${installed.name}; ws2spi names remove '${installed.name}' takes it out again.`,
  );
  return 0;
}

function remove(session: NameSession, words: readonly string[], values: Values): number {
  const removed = removeNameSpace(session, words.length === 0 ? undefined : oneWord('remove', words));
  say(values, { removed }, `Took ${removed} out.`);
  return 0;
}

function verify(session: NameSession, words: readonly string[], values: Values): number {
  if (words.length > 0) throw new UsageError(`verify takes no "${words[0]}"`);
  const store = new FileCatalogStore(session.path);
  const isNameSpace = (item: object): boolean => 'info' in item;
  const registry = registryPath(session.path);
  const problems = [
    ...verifyFiles().map(({ path, line, fault }) => `${path}${line === 0 ? '' : `:${line}`}: ${fault}`),
    ...(registry !== null && existsSync(registry) ? verifyRegistry(registry) : []),
    ...[...unusableEntries(store.read(), store.path)]
      .filter(([item]) => isNameSpace(item))
      .map(([, { message }]) => message),
  ];
  say(values, { problems }, problems.length === 0 ? 'Everything is in order.' : problems.join('\n'));
  return problems.length === 0 ? 0 : 1;
}

function classIn({ class: id, port, udp }: Values): GUID | null {
  return classOf(id, port, udp === true);
}

function oneWord(action: string, words: readonly string[]): string {
  const [word] = words;
  if (word === undefined || word === '' || words.length > 1) {
    throw new UsageError(`${action} takes one name${words.length > 1 ? `, not "${words.join(' ')}"` : ''}`);
  }
  return word;
}

function oneWordOrNone(action: string, words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : oneWord(action, words);
}

function say(values: Values, json: object, text: string): void {
  console.log(values.json === true ? JSON.stringify(json) : text);
}

function failed({ code, message }: NameError, values: Values): number {
  if (values.json === true) console.log(JSON.stringify({ code, error: message }));
  else console.error(style('red', message, process.stderr));
  return 1;
}

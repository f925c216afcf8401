import { readFileSync } from 'node:fs';
import {
  forwardFromChain,
  forwardOverChain,
  readDestination,
  serveProxy,
  type Destination,
  type Gateway,
  type GatewayOptions,
  type ProxyProtocol,
} from '../gateway/index.js';
import { createWs2_32, winsockErrorName, type Ws2_32 } from '../index.js';
import {
  BUILT_IN_LAYER_NAMES,
  makeNamedLayer,
  needLayerFiles,
  readLayerTexts,
  settleLayerText,
  type NamedLayer,
} from '../layer-text/index.js';
import { chainNamed, systemError, type ChainChoice } from '../node/instance/index.js';
import { stackLayers } from '../register/layers.js';
import { readArguments, UsageError, wholeNumber, type Command } from './command.js';
import { printable, style } from './style.js';

const OPTIONS = {
  layer: { type: 'string', multiple: true },
  chain: { type: 'string' },
  port: { type: 'string' },
  proxy: { type: 'string', multiple: true },
  socks: { type: 'string', multiple: true },
  http: { type: 'string', multiple: true },
  tcp: { type: 'string', multiple: true },
  serve: { type: 'string', multiple: true },
  public: { type: 'boolean' },
  open: { type: 'boolean' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  'max-connections': { type: 'string' },
  'handshake-timeout': { type: 'string' },
  'connect-timeout': { type: 'string' },
  grace: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const DEFAULT_PORT = '1080';
const DEFAULT_GRACE = '5';
/** What went wrong is told once each; of more than so many things nobody reads. */
const MOST_PROBLEMS = 1000;
const PASSWORD = 'WS2SPI_GATEWAY_PASSWORD';

const HELP = `Usage: ws2spi gateway [--layer <layer>]... [options]

Leads the connections of other programs, in whatever language, through a chain. Without a port of its own it opens a
proxy on 127.0.0.1:${DEFAULT_PORT} that speaks SOCKS 5, 4A, 4 and HTTP:

  ws2spi gateway --layer capture:out.pcapng
  curl --proxy socks5h://127.0.0.1:${DEFAULT_PORT} https://example.com/

The chain:
  --layer <text>      a layer, the outermost first, as for ws2spi run: capture:out.pcapng, fault:reset=0.01,seed=7
  --chain <name>      an entry of the catalog, by number or name, several with ; between them; what WS2SPI_CHAIN
                      names, else what the catalog gives

What it opens, each as often as wanted; an address is [HOST:]PORT, on 127.0.0.1 without HOST, any free port for 0:
  --port <number>           a proxy on this port of 127.0.0.1
  --proxy <address>         a proxy that speaks SOCKS and HTTP
  --socks <address>         one that speaks SOCKS alone
  --http <address>          one that speaks HTTP alone: CONNECT, and requests for http://
  --tcp <address>=<to>      a port whose connections go through the chain to one HOST:PORT
  --serve <address>=<to>    the reverse: a port that is reached through the chain, and leads without it to a server

Who may use it:
  --public            lets it listen on addresses that others than this machine reach
  --user <name>       who may use the proxies; the password is that of --password-file, or of ${PASSWORD}
  --password-file <file>
  --open              lets everybody who reaches a public proxy use it

Limits:
  --max-connections <n>      at once, on each port (1000)
  --handshake-timeout <s>    in which a client has to say what it wants (10)
  --connect-timeout <s>      in which a destination has to be reached (30)
  --grace <s>                that connections have when it is closed by Ctrl-C (${DEFAULT_GRACE}); a second one ends them

  --json              prints what was opened as one line of JSON
  -h, --help          this text

Exit codes: 0 closed by a signal, 1 it could not be opened, 2 used wrongly.`;

/** What is to be opened. */
interface Opening {
  readonly kind: 'proxy' | 'socks' | 'http' | 'tcp' | 'serve';
  readonly at: Destination;
  readonly to: Destination | null;
}

const PROTOCOLS: Readonly<Record<string, readonly ProxyProtocol[]>> = { socks: ['socks'], http: ['http'] };
const NAMES = {
  proxy: 'SOCKS and HTTP proxy',
  socks: 'SOCKS proxy',
  http: 'HTTP proxy',
  tcp: 'TCP',
  serve: 'served through the chain',
} as const;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

function openingsOf(values: Values): Opening[] {
  const proxies = (['proxy', 'socks', 'http'] as const).flatMap((kind) =>
    (values[kind] ?? []).map((text) => ({ kind, at: addressOf(kind, text), to: null })),
  );
  const ports = (['tcp', 'serve'] as const).flatMap((kind) =>
    (values[kind] ?? []).map((text) => {
      const [at = '', to = '', ...more] = text.split('=');
      const destination = readDestination(to);
      if (more.length > 0 || destination === null) {
        throw new UsageError(`--${kind} must be [HOST:]PORT=HOST:PORT, as 5432=db.example:5432, not "${text}"`);
      }
      return { kind, at: addressOf(kind, at), to: destination };
    }),
  );
  const port = values.port ?? (proxies.length + ports.length === 0 ? DEFAULT_PORT : undefined);
  const byPort: Opening[] =
    port === undefined
      ? []
      : [{ kind: 'proxy', at: { host: '127.0.0.1', port: wholeNumber('port', port, 0, 0xffff) }, to: null }];
  const opened = [...byPort, ...proxies];
  const forProxies = (['user', 'open'] as const).find((option) => values[option] !== undefined);
  if (opened.length === 0 && forProxies !== undefined) {
    throw new UsageError(
      `--${forProxies} is about who may use a proxy, and none is opened: a port lets everybody in who reaches it`,
    );
  }
  return [...opened, ...ports];
}

function addressOf(option: string, text: string): Destination {
  const address = readDestination(text, '127.0.0.1', 0);
  if (address !== null) return address;
  throw new UsageError(`--${option} must be [HOST:]PORT, as 127.0.0.1:1080 or [::1]:1080, not "${text}"`);
}

function passwordOf(values: Values): string | undefined {
  const file = values['password-file'];
  if (values.user === undefined) {
    if (file !== undefined) throw new UsageError('--password-file goes with --user');
    return undefined;
  }
  if (file === undefined) {
    const password = process.env[PASSWORD];
    if (password === undefined) throw new UsageError(`--user needs a password: --password-file, or ${PASSWORD}`);
    return password;
  }
  const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
  return line;
}

function seconds(
  option: 'handshake-timeout' | 'connect-timeout' | 'grace',
  text: string | undefined,
): number | undefined {
  return text === undefined ? undefined : wholeNumber(option, text, option === 'grace' ? 0 : 1, 1_000_000) * 1000;
}

/** Tells each thing once. */
function teller(): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    const text = printable(message).replaceAll('\n', ' ');
    if (told.has(text) || told.size > MOST_PROBLEMS) return;
    told.add(text);
    const more = told.size > MOST_PROBLEMS ? 'there are too many problems: no more are told' : text;
    console.error(style('yellow', `ws2spi gateway: ${more}`, process.stderr));
  };
}

function startedInstance(tell: (message: string) => void): Ws2_32 {
  const ws2 = createWs2_32();
  ws2.on('defect', ({ message }) => tell(message));
  const error = ws2.WSAStartup(0x0202, {});
  if (error !== 0) throw systemError(error, `WSAStartup (${winsockErrorName(error)})`);
  return ws2;
}

/** The library's words for what the program calls otherwise. */
const FLAGS: Readonly<Record<string, string>> = {
  user: '--user',
  password: 'its password (--password-file)',
  public: '--public',
  open: '--open',
};

/** What the library refuses is used wrongly here as well. */
function usage(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  return new UsageError(error.message.replaceAll(/`(\w+)`/g, (text, word: string) => FLAGS[word] ?? text));
}

async function openAll(openings: readonly Opening[], common: GatewayOptions, values: Values): Promise<Gateway[]> {
  const password = passwordOf(values);
  const gateways: Gateway[] = [];
  for (const { kind, at, to } of openings) {
    const options = { ...common, ...at };
    if (kind === 'tcp') gateways.push(await forwardOverChain({ ...options, to: to! }));
    else if (kind === 'serve') gateways.push(await forwardFromChain({ ...options, to: to! }));
    else {
      const { user, open } = values;
      gateways.push(await serveProxy({ ...options, user, password, open, protocols: PROTOCOLS[kind] }));
    }
  }
  return gateways;
}

function print(
  openings: readonly Opening[],
  gateways: readonly Gateway[],
  layers: readonly string[],
  json: boolean,
): void {
  const opened = openings.map(({ kind, to }, at) => {
    const { address, port } = gateways[at]!.address()!;
    return { kind, address, port, ...(to === null ? {} : { to }) };
  });
  if (json) return console.log(JSON.stringify({ opened, layers }));
  const over = layers.length === 0 ? '' : `, over ${layers.join(', ')}`;
  for (const { kind, address, port, to } of opened) {
    console.log(
      `${NAMES[kind]} on ${textOf({ host: address, port })}${to === undefined ? '' : ` to ${textOf(to)}`}${over}`,
    );
  }
}

function textOf({ host, port }: Destination): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Resolves at the first signal; the second one ends the process's connections at once. */
async function untilClosed(gateways: readonly Gateway[], grace: number, json: boolean): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let next: () => void = () => undefined;
  const signalled = (): void => next();
  for (const signal of signals) process.on(signal, signalled);
  await new Promise<void>((resolve) => (next = resolve));
  const count = gateways.reduce((sum, { connections }) => sum + connections, 0);
  if (count > 0 && grace > 0 && !json) {
    console.log(`Closing: ${count} connections have ${grace / 1000} s; Ctrl-C ends them now.`);
  }
  next = () => void Promise.all(gateways.map((gateway) => gateway.close()));
  await Promise.all(gateways.map((gateway) => gateway.close(grace)));
  for (const signal of signals) process.off(signal, signalled);
}

/** The layers that are named, else those of the environment. */
function layersOf(named: readonly string[] | undefined): NamedLayer[] {
  return (named ?? readLayerTexts(process.env['WS2SPI_LAYERS'] ?? '')).map((text) => {
    const settled = settleLayerText(text, process.cwd());
    needLayerFiles(settled);
    return makeNamedLayer(settled);
  });
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('gateway', args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`gateway takes options alone, not "${positionals[0]}"`);
  const openings = openingsOf(values);
  const grace = seconds('grace', values.grace ?? DEFAULT_GRACE)!;
  const tell = teller();
  const maxConnections = values['max-connections'];
  const limits = {
    maxConnections: maxConnections === undefined ? undefined : wholeNumber('max-connections', maxConnections, 1, 1e6),
    handshakeTimeout: seconds('handshake-timeout', values['handshake-timeout']),
    connectTimeout: seconds('connect-timeout', values['connect-timeout']),
  };
  const ws2 = startedInstance(tell);
  try {
    const layers = layersOf(values.layer);
    const chain = chainOf(ws2, values, layers);
    const common = { ws2, chain, public: values.public, onProblem: tell, ...limits };
    const gateways = await openAll(openings, common, values).catch((error: unknown) => {
      throw usage(error);
    });
    print(
      openings,
      gateways,
      layers.map(({ name }) => name),
      values.json === true,
    );
    await untilClosed(gateways, grace, values.json === true);
  } finally {
    ws2[Symbol.dispose]();
  }
  return 0;
}

/** The layers over the chain that was named, as for hooked programs. */
function chainOf(ws2: Ws2_32, values: Values, layers: readonly NamedLayer[]): ChainChoice | undefined {
  const chain = chainNamed(values.chain ?? process.env['WS2SPI_CHAIN']);
  if (layers.length === 0) return chain;
  const { streams, datagrams } = stackLayers(ws2, layers, chain);
  return [streams, datagrams].flatMap((each) => (each === undefined || each instanceof Error ? [] : each));
}

/** `ws2spi gateway`: other programs' connections through a chain. */
export const gatewayCommand: Command = {
  name: 'gateway',
  summary: 'leads the connections of any program through a chain: SOCKS, HTTP, and ports that lead elsewhere',
  help: HELP,
  options: OPTIONS,
  values: { layer: BUILT_IN_LAYER_NAMES, 'password-file': 'file' },
  run,
};

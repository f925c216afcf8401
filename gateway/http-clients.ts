import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { ChainSocket } from '../node/index.js';
import { readDestination, shownDestination, type Destination } from './destination.js';
import type { Gateway } from './gateway.js';
import { relay } from './relay.js';
import { isSameUser, type ProxyUser } from './socks-handshake.js';

/** What a client is answered that is not led on. */
interface Refusal {
  readonly status: number;
  readonly text: string;
}

const NOT_FOR_BROWSERS: Refusal = {
  status: 400,
  text: 'this is a proxy, and no server: it takes CONNECT, and requests for http://HOST/PATH',
};
const NO_USER: Refusal = { status: 407, text: 'this proxy wants to know who asks (Proxy-Authorization: Basic)' };

/** Headers that mean one connection alone (RFC 9110, 7.6.1), and what is for the proxy. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const ABSOLUTE_FORM = /^http:\/\/([^/?#]+)(\/[^#]*|\?[^#]*)?$/i;
const DEFAULT_PORT = 80;
/** Methods whose requests have a body, unless they say how long it is. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);
const MOST_HEADER_BYTES = 16 * 1024;

/** The clients of a proxy that speak HTTP: CONNECT, and requests for `http:` with the whole address. */
export class HttpClients {
  readonly #server: http.Server;
  /** Connections on which one request was refused: what comes behind it may be a page's, not a program's. */
  readonly #refused = new WeakSet<object>();
  /** The answer that each is given at present. Who asks for more before that would have many made at once. */
  readonly #answers = new WeakMap<object, ServerResponse>();

  constructor(
    private readonly gateway: Gateway,
    private readonly user: ProxyUser | null,
  ) {
    this.#server = http.createServer({ maxHeaderSize: MOST_HEADER_BYTES, requestTimeout: 0, headersTimeout: 0 });
    // A client that has ended its sending still waits for its answer.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on('connect', (request: IncomingMessage, client, head: Buffer) =>
      this.#connect(request, client as unknown as ChainSocket, head),
    );
    this.#server.on('request', (request, response) => this.#request(request, response));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, client) =>
      this.#malformed(error, client as unknown as ChainSocket),
    );
  }

  /** Serves a client. */
  serve(client: ChainSocket): void {
    this.#server.emit('connection', client);
    client.resume();
  }

  // — CONNECT —

  #connect(request: IncomingMessage, client: ChainSocket, head: Buffer): void {
    client.pause();
    client.on('error', () => undefined);
    if (this.#refused.has(client) || this.#isAnswered(client)) return void client.destroy();
    const to = readDestination(request.url!);
    const refusal = this.#refusalOf(request) ?? (to === null ? notThere(request.url!) : null);
    if (refusal !== null) return this.#answer(client, refusal);
    this.gateway.settled(client);
    if (head.length > 0) client.unshift(head);
    this.gateway.reach(to!, client, {
      connected: (target) => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        relay(client, target);
      },
      failed: (failure) => this.#answer(client, failure, false),
    });
  }

  /** Answers a client that Node.js' server serves no longer, and ends it. */
  #answer(client: ChainSocket, refusal: Refusal, isTold = true): void {
    if (isTold) this.gateway.problem(`a client is refused: ${refusal.text}`);
    this.#refused.add(client);
    if (!client.writable) return void client.destroy();
    const body = bodyOf(refusal);
    const head = [
      `HTTP/1.1 ${refusal.status} ${http.STATUS_CODES[refusal.status]}`,
      ...Object.entries(headersOf(refusal, body)).map(([name, value]) => `${name}: ${value}`),
    ];
    client.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    client.destroySoon();
  }

  #malformed({ code }: NodeJS.ErrnoException, client: ChainSocket): void {
    if (code === 'ECONNRESET' || !client.writable) return void client.destroy();
    const isLong = code === 'HPE_HEADER_OVERFLOW';
    this.#answer(client, {
      status: isLong ? 431 : 400,
      text: isLong ? `its headers are longer than ${MOST_HEADER_BYTES} bytes` : 'what it says is not HTTP',
    });
  }

  // — Requests with the whole address —

  #request(request: IncomingMessage, response: ServerResponse): void {
    const client = request.socket as unknown as ChainSocket;
    if (this.#refused.has(client)) return void client.destroy();
    if (this.#isAnswered(client)) {
      this.gateway.problem('a client is refused: it asks for more before it was answered');
      return void client.destroy();
    }
    const [, authority, path = ''] = ABSOLUTE_FORM.exec(request.url!) ?? [];
    const to =
      authority === undefined ? null : (readDestination(authority) ?? readDestination(`${authority}:${DEFAULT_PORT}`));
    const refusal = authority === undefined ? NOT_FOR_BROWSERS : to === null ? notThere(authority) : null;
    const first = refusal ?? this.#refusalOf(request);
    if (first !== null) return this.#respond(client, response, first);
    this.gateway.settled(client);
    this.#answers.set(client, response);
    response.once('close', () => {
      if (!client.destroyed) this.gateway.asks(client);
    });
    this.#forward(request, response, client, to!, authority!, path.startsWith('/') ? path : `/${path}`);
  }

  #isAnswered(client: ChainSocket): boolean {
    const answer = this.#answers.get(client);
    return answer !== undefined && !answer.writableEnded && !answer.destroyed;
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    client: ChainSocket,
    to: Destination,
    authority: string,
    path: string,
  ): void {
    const { method } = request;
    const framing = framingOf(request);
    const forwarded = http.request({
      method,
      path,
      setHost: false,
      headers: [
        'Host',
        authority,
        'Connection',
        'close',
        ...endToEnd(request.rawHeaders, ['host', 'expect', 'content-length']),
        ...framing,
      ],
      createConnection: () =>
        this.gateway.reach(to, client, {
          connected: () => undefined,
          failed: (failure) => this.#respond(client, response, failure, false),
        }) as never,
    } as http.RequestOptions);
    const notUnderstood = (reason: string): void => {
      if (client.destroyed || this.#refused.has(client)) return;
      // Before it was answered, whoever connects tells; afterwards the response shows it.
      if (response.headersSent) return void client.resetAndDestroy();
      this.#respond(client, response, { status: 502, text: `${shownDestination(to)} does not answer: ${reason}` });
    };
    forwarded.on('response', (answer) => {
      try {
        response.writeHead(answer.statusCode!, answer.statusMessage, endToEnd(answer.rawHeaders));
      } catch (error) {
        // What one parser lets through, the other need not.
        notUnderstood((error as Error).message);
        return void forwarded.destroy();
      }
      answer.pipe(response);
      answer.once('close', () => {
        if (!answer.complete) client.resetAndDestroy();
      });
    });
    forwarded.on('error', ({ message }) => notUnderstood(message));
    forwarded.once('close', () => {
      if (!response.headersSent) notUnderstood('it ended the connection');
    });
    response.once('close', () => {
      if (!response.writableFinished) forwarded.destroy();
    });
    if (framing.length > 0) request.pipe(forwarded);
    else forwarded.end();
  }

  #respond(client: ChainSocket, response: ServerResponse, refusal: Refusal, isTold = true): void {
    if (isTold) this.gateway.problem(`a client is refused: ${refusal.text}`);
    this.#refused.add(client);
    if (response.headersSent) return void client.destroy();
    const body = bodyOf(refusal);
    response.writeHead(refusal.status, http.STATUS_CODES[refusal.status], headersOf(refusal, body));
    response.end(body);
  }

  #refusalOf({ headers }: IncomingMessage): Refusal | null {
    if (this.user === null) return null;
    const [, encoded = ''] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers['proxy-authorization'] ?? '') ?? [];
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const told = { user: text.slice(0, Math.max(colon, 0)), password: text.slice(colon + 1) };
    return colon > 0 && isSameUser(told, this.user) ? null : NO_USER;
  }
}

function notThere(text: string): Refusal {
  return { status: 400, text: `${JSON.stringify(text.slice(0, 100))} is no HOST:PORT` };
}

function bodyOf({ text }: Refusal): string {
  return `ws2spi gateway: ${text}\n`;
}

function headersOf({ status }: Refusal, body: string): Record<string, string> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...(status === 407 ? { 'Proxy-Authenticate': 'Basic realm="ws2spi gateway", charset="UTF-8"' } : {}),
  };
}

/** How the body of a request is told from what follows it; nothing for one without a body. */
function framingOf({ headers, method }: IncomingMessage): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  if (headers['content-length'] !== undefined) return ['Content-Length', headers['content-length']];
  return WITH_BODY.has(method!) ? ['Content-Length', '0'] : [];
}

/** The headers that are for whoever is at the other end. */
function endToEnd(raw: readonly string[], others: readonly string[] = []): string[] {
  const left = new Set([...HOP_BY_HOP, ...others]);
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]!.toLowerCase() !== 'connection') continue;
    for (const name of raw[at + 1]!.split(',')) left.add(name.trim().toLowerCase());
  }
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) if (!left.has(raw[at]!.toLowerCase())) kept.push(raw[at]!, raw[at + 1]!);
  return kept;
}

// Layers below a hooked program that throw, in each of their calls, and that hang: it costs a connection, and the program goes on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, HOOK } from './hooked.js';

const CHAIN = 'failing over [MSAFD Tcpip [TCP/IP]]';
const PATIENCE = 180_000;

interface Told {
  readonly code?: string;
  readonly message: string;
}

interface Seen {
  readonly said?: string;
  readonly error?: Told;
  readonly answers?: readonly string[];
  readonly first?: Told | null;
  readonly errors?: readonly Told[];
  readonly heard?: readonly string[];
}

const seen = new Map<string, Seen>();
const others = new Map<string, readonly string[]>();
const warnings: string[] = [];
const server = net.createServer((socket) => socket.on('error', () => undefined).pipe(socket));

/** Calls the program's own server, and tells it what came of it. */
async function call(port: number): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (bytes) => (said += String(bytes)));
  return once(socket, 'close').then(
    () => said,
    (error: NodeJS.ErrnoException) => error.code!,
  );
}

async function runOver(kind: string, places: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...HOOK, fixture('failing/program.mjs'), places.join(',')], {
    env: {
      ...process.env,
      PORT: String((server.address() as net.AddressInfo).port),
      WS2SPI_CATALOG: join(temporaryFolder(), 'none.json'),
      WS2SPI_LAYERS: `${fixture('failing/layer.mjs')}:kind=${kind}`,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: PATIENCE,
  });
  const closed = once(child, 'close');
  for await (const line of createInterface(child.stdout)) {
    const [, port] = /^call (\d+)$/.exec(line) ?? [];
    if (port !== undefined) {
      void call(Number(port)).then((said) => child.stdin.write(said));
      continue;
    }
    const told = JSON.parse(line) as { place: string; seen: Seen; others: string[]; warning?: string; message: string };
    if (told.warning !== undefined) {
      warnings.push(told.message);
      continue;
    }
    seen.set(told.place, told.seen);
    others.set(told.place, told.others);
  }
  expect(await closed).toEqual([0, null]);
}

/** Where the layer fails, whether it tells the error of a connection by `connect`, `write` …, and its code. */
const BROKEN: readonly (readonly [place: string, syscall: string, code: string])[] = [
  ['WSPSocket', 'connect', 'WSASYSCALLFAILURE'],
  ['WSPEventSelect', 'connect', 'WSASYSCALLFAILURE'],
  ['WSPEnumNetworkEvents', 'connect', 'WSASYSCALLFAILURE'],
  ['WSPConnect', 'connect', 'WSASYSCALLFAILURE'],
  ['WSPSend', 'write', 'WSASYSCALLFAILURE'],
  ['WSPRecv', 'read', 'WSASYSCALLFAILURE'],
  ['WSPShutdown', 'shutdown', 'WSASYSCALLFAILURE'],
  ['WSPBind', 'listen', 'WSASYSCALLFAILURE'],
  ['WSPListen', 'listen', 'WSASYSCALLFAILURE'],
];
const HARMLESS = ['WSPCloseSocket', 'WSPGetSockName', 'WSPGetPeerName', 'WSPGetSockOpt', 'WSPSetSockOpt', 'WSPIoctl'];
const FILTERS: typeof BROKEN = [
  ['connect', 'connect', 'EACCES'],
  ['rejects', 'connect', 'EACCES'],
  ['hangs', 'connect', 'ETIMEDOUT'],
];
const CODECS: typeof BROKEN = [
  ['codec', 'connect', 'ECONNABORTED'],
  ['open', 'connect', 'ECONNABORTED'],
  ['send', 'write', 'ECONNABORTED'],
  ['receive', 'read', 'ECONNRESET'],
  ['timer', '(?:write|read)', '(?:ECONNABORTED|ECONNRESET)'],
];

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const called = [...BROKEN.map(([place]) => place), ...HARMLESS, 'WSPAccept', 'WSPSendTo', 'WSPRecvFrom'];
  await runOver('passing', called);
  await runOver('coding', [...[...FILTERS, ...CODECS].map(([place]) => place), 'accept', 'handshake hangs']);
}, 2 * PATIENCE);
afterAll(() => void server.close());

const reason = (place: string): string =>
  place === 'hangs' ? 'did not answer in time' : `${place} of a failing layer`;

describe('A layer that fails below a program', () => {
  it.each([...BROKEN, ...FILTERS])(
    'in %s costs its connection: the error of %s names chain, layer and reason',
    (place, syscall, code) => {
      const { error } = seen.get(place)!;
      expect(error?.code).toBe(code);
      expect(error?.message).toMatch(new RegExp(`^${syscall} ${code}\\b`));
      expect(error?.message).toContain(CHAIN);
      expect(error?.message).toContain(reason(place));
    },
  );

  it.each(CODECS)(
    'in its codec’s %s costs its connection, and a warning names chain, layer and reason',
    (place, syscall, code) => {
      expect(seen.get(place)!.error?.message).toMatch(new RegExp(`^${syscall} ${code}\\b`));
      expect(warnings.find((each) => each.includes(reason(place)))).toMatch(
        /^failing over \[MSAFD Tcpip \[TCP\/IP\]\]: the/,
      );
    },
  );

  it.each(HARMLESS)('in %s, of which a connection needs nothing, harms nobody', (place) => {
    expect(seen.get(place)).toEqual({ said: 'hello' });
  });

  it('in WSPAccept lets a caller wait, and the server accepts when it can again', () => {
    expect(seen.get('WSPAccept')).toEqual({ answers: ['welcome', 'welcome'] });
  });

  it('in a filter of accept refuses the caller, and no other', () => {
    expect(seen.get('accept')).toEqual({ answers: ['ECONNRESET', 'welcome'] });
  });

  it('in WSPSendTo costs the datagram', () => {
    const { first, errors, heard } = seen.get('WSPSendTo')!;
    expect([first?.message, errors, heard]).toEqual([expect.stringMatching(/^send UNKNOWN/), [], ['second']]);
  });

  it('in WSPRecvFrom is told, not over and over again, and what has come is received when it can be', () => {
    const { errors, heard } = seen.get('WSPRecvFrom')!;
    expect(heard).toEqual(['first', 'second']);
    expect(errors!.length).toBeLessThanOrEqual(3);
    expect(errors![0]!.message).toMatch(
      /^recvmsg WSASYSCALLFAILURE: WSPRecvFrom of provider "failing over .* of a failing layer$/,
    );
  });

  it('by a handshake that never ends is a network that never answers: the program’s own time limit ends it', () => {
    expect(seen.get('handshake hangs')).toEqual({ said: '', error: { message: 'too late' } });
  });

  it('leaves the connections that there are, and those that come, as they are', () => {
    expect(others.size).toBe(BROKEN.length + HARMLESS.length + 3 + FILTERS.length + CODECS.length + 2);
    for (const [place, said] of others) expect(said, place).toEqual(['still', 'hello']);
  });
});

import {
  AF_INET,
  AF_INET6,
  INVALID_SOCKET,
  IPPROTO_TCP,
  parseSockaddr,
  ref,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  winsockErrorName,
  WSA_FLAG_OVERLAPPED,
  type SOCKET,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from '../index.js';
import { defectsOf } from './instance.js';
import { ANY, checkOptions, type OptionRule } from '../spi/option-check.js';

/** What the sockets of a pair are. */
export interface ConnectedPairOptions {
  /** The catalog entry to open them on, a chain's for example; by default what the catalog gives for TCP. */
  readonly entry?: WSAPROTOCOL_INFO;
  /** AF_INET or AF_INET6; by default the entry's family, else AF_INET. */
  readonly family?: number;
}

const RULES: Readonly<Record<keyof ConnectedPairOptions, OptionRule>> = {
  entry: ANY,
  family: {
    fits: (value) => value === AF_INET || value === AF_INET6,
    expected: 'AF_INET (2) or AF_INET6 (23)',
  },
};

/** Two connected sockets, and the listener that they met at. */
export interface ConnectedPair {
  readonly listener: SOCKET;
  /** The socket that connected. */
  readonly client: SOCKET;
  /** The socket that was accepted. */
  readonly server: SOCKET;
  /** Closes those of the three that are still open. */
  close(): void;
}

/**
 * Connects two sockets of an instance over loopback, by blocking calls.
 *
 * @param ws2 a started instance
 * @param options what the sockets are opened on
 * @returns the pair; both sockets block
 * @throws Error naming the call that failed, its error, and what a test's instance reported meanwhile; TypeError when `ws2` is no instance, or
 *   `entry` no entry
 */
export function connectedPair(ws2: Ws2_32, options: ConnectedPairOptions = {}): ConnectedPair {
  if (typeof (ws2 as Partial<Ws2_32> | null | undefined)?.WSASocket !== 'function') {
    throw new TypeError('connectedPair: the first argument is the instance, as createTestInstance returns it');
  }
  checkOptions('connectedPair', options, RULES);
  const { entry } = options;
  if (entry !== undefined && typeof (entry as Partial<WSAPROTOCOL_INFO> | null)?.ProtocolChain !== 'object') {
    throw new TypeError('connectedPair: `entry` is one catalog entry, such as stack(ws2, [layer])[0]');
  }
  const defects = defectsOf(ws2);
  const before = defects.length;
  const family = options.family ?? entry?.iAddressFamily ?? AF_INET;
  const open: SOCKET[] = [];
  const close = (): void => {
    // One that the test closed itself is WSAENOTSOCK by now, which is as good.
    for (const s of open.splice(0).reverse()) ws2.closesocket(s);
  };
  const need = (call: string, ok: boolean): void => {
    if (ok) return;
    const error = ws2.WSAGetLastError();
    close();
    const reported = new Set(defects.slice(before).map(({ message }) => `\n  reported was: ${message}`));
    const why = [...reported].join('');
    throw new Error(`connectedPair: ${call} failed with ${winsockErrorName(error)} (${error})${why}`);
  };
  const opened = (call: string, s: SOCKET): SOCKET => {
    need(call, s !== INVALID_SOCKET);
    open.push(s);
    return s;
  };
  const create = (): SOCKET =>
    opened(
      'WSASocket',
      ws2.WSASocket(family, SOCK_STREAM, entry?.iProtocol ?? IPPROTO_TCP, entry ?? null, 0, WSA_FLAG_OVERLAPPED),
    );
  const loopback = (port: number): Uint8Array =>
    family === AF_INET6 ? sockaddr_in6('::1', port) : sockaddr_in('127.0.0.1', port);

  const listener = create();
  const any = loopback(0);
  need('bind', ws2.bind(listener, any, any.length) === 0);
  need('listen', ws2.listen(listener, 1) === 0);
  const name = new Uint8Array(any.length);
  need('getsockname', ws2.getsockname(listener, name, ref(name.length)) === 0);
  const client = create();
  const target = loopback(parseSockaddr(name).port);
  need('connect', ws2.connect(client, target, target.length) === 0);
  const server = opened('accept', ws2.accept(listener, null, null));
  return { listener, client, server, close };
}

// What `ws2spi new base` makes.
import { randomUUID } from 'node:crypto';
import type { Template, Project } from './project.js';

/** A base provider whose sockets have paths for names, and reach each other within one instance. */
export function baseTemplate({ title, name, typescript }: Project): Template {
  const type = (text: string): string => (typescript ? text : '');
  return {
    what: 'A base provider',
    source: `import { baseProviderStartup, Readiness${type(', type AddressSlot, type CoreNotice, type SocketCore')} } from 'ws2spi/io';
import * as spi from 'ws2spi/spi';

/** How many bytes may wait for a reader. */
const ROOM = 65_536;

/** The sockets of one instance that have names. */
class Network {
  ${type('readonly ')}bound = new Map${type('<string, Core>')}();
  #nameless = 0;

  /** A path that nobody has, for a socket that connects without a name. */
  freePath()${type(': string')} {
    return \`#\${++this.#nameless}\`;
  }
}

/**
 * One socket: what it can do at once, or not at all. Nothing here waits, throws or calls back. Counts are from 0, or negated
 * WinSock codes; what counts nothing returns 0 or a code.
 */
class Core${type(' implements SocketCore')} {
  /** Whom to tell that something has changed. */
  notice${type(': CoreNotice | null')} = null;
  /** What holds now. */
  readiness = 0;
  error = 0;
  ${type('readonly ')}#network${type(': Network')};
  #path${type(': string | null')} = null;
  #peer${type(': Core | null')} = null;
  #peerPath = '';
  #backlog = 0;
  #callers${type(': Core[]')} = [];
  #arrived = Buffer.alloc(0);
  #closed = false;

  constructor(network${type(': Network')}) {
    this.#network = network;
  }

  /** Looks again; here nothing changes unseen. */
  confirm()${type(': number')} {
    return this.readiness;
  }

  #became(bits${type(': number')})${type(': void')} {
    this.readiness |= bits;
    this.notice?.changed(bits);
  }

  bind(name${type(': Uint8Array')}, namelen${type(': number')})${type(': number')} {
    const path = readName(name, namelen);
    if (path === '') return spi.WSAEADDRNOTAVAIL;
    if (this.#network.bound.has(path)) return spi.WSAEADDRINUSE;
    this.#path = path;
    this.#network.bound.set(path, this);
    return 0;
  }

  listen(backlog${type(': number')})${type(': number')} {
    this.#backlog = Math.min(Math.max(backlog, 1), 200);
    return 0;
  }

  /** A connect that takes time would return WSAEWOULDBLOCK, and tell of CONNECTED or CONNECT_FAILED later. */
  tryConnect(name${type(': Uint8Array')}, namelen${type(': number')})${type(': number')} {
    const listener = this.#network.bound.get(readName(name, namelen));
    if (listener === undefined || listener.#callers.length >= listener.#backlog) return spi.WSAECONNREFUSED;
    this.#path ??= this.#network.freePath();
    const other = new Core(this.#network);
    other.#path = listener.#path;
    this.#join(other);
    other.#join(this);
    listener.#callers.push(other);
    listener.#became(Readiness.ACCEPTABLE);
    return 0;
  }

  #join(peer${type(': Core')})${type(': void')} {
    this.#peer = peer;
    this.#peerPath = peer.#path ?? '';
    this.readiness = Readiness.CONNECTED | Readiness.WRITABLE;
  }

  tryAccept(peer${type(': AddressSlot')})${type(': Core | number')} {
    const core = this.#callers.shift();
    if (this.#callers.length === 0) this.readiness &= ~Readiness.ACCEPTABLE;
    if (core === undefined) return spi.WSAEWOULDBLOCK;
    writeName(core.#peerPath, peer);
    return core;
  }

  tryReceive(buffers${type(': spi.WSABUF[]')}, count${type(': number')}, flags${type(': number')})${type(': number')} {
    if (flags & spi.MSG_OOB) return -spi.WSAEOPNOTSUPP;
    if (!spi.holdBytes(buffers, count)) return -spi.WSAEFAULT;
    if (this.#arrived.length === 0) {
      if (this.readiness & Readiness.RESET) return -this.error;
      if (this.readiness & Readiness.PEER_CLOSED) return 0;
      this.readiness &= ~Readiness.READABLE;
      return -spi.WSAEWOULDBLOCK;
    }
    let taken = 0;
    for (const { buf, len } of buffers.slice(0, count)) {
      taken += this.#arrived.copy(spi.viewOfBytes(buf, 0, len), 0, taken);
    }
    if (flags & spi.MSG_PEEK) return taken;
    this.#arrived = this.#arrived.subarray(taken);
    if (this.#arrived.length === 0 && !(this.readiness & Readiness.PEER_CLOSED)) this.readiness &= ~Readiness.READABLE;
    if (this.#peer !== null) this.#peer.#became(Readiness.WRITABLE);
    return taken;
  }

  /** Sends what fits, without the first \`offset\` bytes: those went before. */
  ${trySend(typescript)} {
    if (flags & spi.MSG_OOB) return -spi.WSAEOPNOTSUPP;
    if (!spi.holdBytes(buffers, count)) return -spi.WSAEFAULT;
    const peer = this.#peer;
    if (peer === null || peer.#closed) {
      this.error = spi.WSAECONNRESET;
      this.#became(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
      return -this.error;
    }
    const all = Buffer.concat(buffers.slice(0, count).map(({ buf, len }) => spi.viewOfBytes(buf, 0, len)));
    const bytes = all.subarray(offset, offset + ROOM - peer.#arrived.length);
    if (bytes.length > 0) {
      peer.#arrived = Buffer.concat([peer.#arrived, bytes]);
      peer.#became(Readiness.READABLE);
    }
    if (peer.#arrived.length >= ROOM) this.readiness &= ~Readiness.WRITABLE;
    return bytes.length > 0 || all.length === offset ? bytes.length : -spi.WSAEWOULDBLOCK;
  }

  /** What comes after SD_RECEIVE is refused by the front. */
  shutdown(how${type(': number')})${type(': number')} {
    if (how !== spi.SD_RECEIVE && this.#peer !== null) this.#peer.#became(Readiness.PEER_CLOSED | Readiness.READABLE);
    return 0;
  }

  /** What was sent is still received by the peer. */
  close()${type(': void')} {
    this.#closed = true;
    if (this.#path !== null && this.#network.bound.get(this.#path) === this) this.#network.bound.delete(this.#path);
    for (const caller of this.#callers.splice(0)) caller.close();
    if (this.#peer !== null) this.#peer.#became(Readiness.PEER_CLOSED | Readiness.READABLE | Readiness.WRITABLE);
  }

  abort()${type(': void')} {
    this.close(); // without resets, this is all that can be done
  }

  localName(slot${type(': AddressSlot')})${type(': number')} {
    if (this.#path === null) return spi.WSAEINVAL;
    writeName(this.#path, slot);
    return 0;
  }

  peerName(slot${type(': AddressSlot')})${type(': number')} {
    if (this.#peer === null) return spi.WSAENOTCONN;
    writeName(this.#peerPath, slot);
    return 0;
  }

  available = () => this.#arrived.length;
  unsent = () => 0; // what was sent is with the peer
  atMark = () => true; // there is no urgent data
  setOption = (level${type(': number')}) => (level === spi.SOL_SOCKET ? 0 : spi.WSAENOPROTOOPT); // the front keeps the value
  getOption = () => -spi.WSAENOPROTOOPT;
  ioctl = () => -spi.WSAEOPNOTSUPP;
}

/** The name of a socket: two bytes of family, the path, and a zero. */
export function socketName(path${type(': string')})${type(': Uint8Array')} {
  return Buffer.concat([Uint8Array.of(spi.AF_UNIX, 0), Buffer.from(path), Uint8Array.of(0)]);
}

function readName(name${type(': Uint8Array')}, namelen${type(': number')})${type(': string')} {
  const path = Buffer.from(name.subarray(2, namelen));
  const end = path.indexOf(0);
  return path.toString('utf8', 0, end < 0 ? path.length : end);
}

function writeName(path${type(': string')}, slot${type(': AddressSlot')})${type(': void')} {
  const name = socketName(path);
  slot.bytes.set(name);
  slot.length = name.length;
}

/** For catalogs: what starts the provider. */
export const WSPStartup = baseProviderStartup('${title}', () => {
  const network = new Network();
  return { createCore: (_family, type) => (type === spi.SOCK_STREAM ? new Core(network) : spi.WSAESOCKTNOSUPPORT) };
});

/** What programs see of it: an entry for \`WSCInstallProvider\`. */
export const entry${type(': spi.WSAPROTOCOL_INFOW')} = {
  ...spi.WSAPROTOCOL_INFOW.decode(new Uint8Array(spi.WSAPROTOCOL_INFOW.size)),
  ProviderId: '${randomUUID().toUpperCase()}',
  szProtocol: '${title}',
  dwServiceFlags1:
    spi.XP1_GUARANTEED_DELIVERY | spi.XP1_GUARANTEED_ORDER | spi.XP1_GRACEFUL_CLOSE | spi.XP1_IFS_HANDLES,
  dwProviderFlags: spi.PFL_MATCHES_PROTOCOL_ZERO,
  ProtocolChain: { ChainLen: spi.BASE_PROTOCOL, ChainEntries: [] },
  iVersion: 2,
  iAddressFamily: spi.AF_UNIX,
  iSocketType: spi.SOCK_STREAM,
  iMinSockAddr: 3,
  iMaxSockAddr: 110,
};
`,
    tests: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_UNIX, createWs2_32, ref, SOCK_STREAM, VirtualClock } from 'ws2spi';
import { testProvider${type(', type ProviderFactory, type TestProviderOptions')} } from 'ws2spi/testkit';
import { entry, socketName } from './index.js';

const module = new URL('./index.js', import.meta.url).href;

test('sockets carry what is sent', () => {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  assert.equal(ws2.WSCInstallProvider(entry.ProviderId, module, [entry], 1, ref(0)), 0);
  ws2.WSAStartup(0x0202, {});
  const name = socketName('a place');
  const listener = ws2.socket(AF_UNIX, SOCK_STREAM, 0);
  ws2.bind(listener, name, name.length);
  ws2.listen(listener, 5);
  const client = ws2.socket(AF_UNIX, SOCK_STREAM, 0);
  assert.equal(ws2.connect(client, name, name.length), 0);
  const server = ws2.accept(listener, null, null);
  ws2.send(client, Buffer.from('hello'), 5, 0);
  const buffer = Buffer.alloc(100);
  const length = ws2.recv(server, buffer, buffer.length, 0);
  assert.equal(buffer.toString('latin1', 0, length), 'hello');
  ws2[Symbol.dispose]();
});

// What it has not got, each with its reason.
const options${type(': TestProviderOptions')} = {
  families: [AF_UNIX],
  skips: {
    datagrams: 'it has streams alone',
    'several families': 'it has one family',
    'internet addresses': 'its names are paths',
    'urgent data': 'it has none',
    resets: 'it cannot abort a connection',
    'connects that take time': 'a connect is done at once',
    'waiting for the peer': 'what was sent is with the peer',
    'sends without a send buffer': 'it takes what there is room for',
  },
};

// What programs may rely on under every I/O model, whatever lies below them.
let names = 0;
const factory${type(': ProviderFactory')} = (given) => {
  const clock = new VirtualClock();
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock, ...given });
  ws2.WSCInstallProvider(entry.ProviderId, module, [entry], 1, ref(0));
  return { ws2, clock, name: () => socketName(\`name \${names++}\`) };
};
for (const { name, skip, run } of testProvider(factory, options)) {
  test(name, { skip: skip ?? false }, run);
}
`,
    usage: [
      'Its sockets are of the family AF_UNIX, and reach each other within one instance. In one program:',
      [
        '```js',
        "import { createWs2_32, ref } from 'ws2spi';",
        `import { entry } from '${name}';`,
        '',
        "const ws2 = createWs2_32({ catalog: 'memory' }); // without it, the catalog of the user: then it stays installed",
        "ws2.on('defect', ({ message, cause }) => console.error(message, cause ?? ''));",
        `ws2.WSCInstallProvider(entry.ProviderId, import.meta.resolve('${name}'), [entry], 1, ref(0));`,
        '```',
      ].join('\n'),
      'How base providers are written: `node_modules/ws2spi/docs/write-a-base-provider.md`.',
    ],
  };
}

function trySend(typescript: boolean): string {
  if (!typescript) return 'trySend(buffers, count, flags, _to, _tolen, offset)';
  return `trySend(
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    _to: Uint8Array | null,
    _tolen: number,
    offset: number,
  ): number`;
}

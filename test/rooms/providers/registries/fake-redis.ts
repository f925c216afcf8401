// A Redis server on an instance's own network and clock, as far as the registry needs one: it goes on during blocking calls.
import { AF_INET, FD_ACCEPT, FD_CLOSE, FD_READ, INSTANCE, SOCK_STREAM, sockaddr_in, type Ws2_32 } from 'ws2spi';

interface Client {
  readonly s: number;
  text: string;
  readonly patterns: string[];
  watched: Map<string, number>;
  queue: string[][] | null;
  isAllowed: boolean;
}

type Value = string | Set<string> | Map<string, string>;

const ok = '+OK\r\n';
const bulk = (text: string | undefined): string =>
  text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const array = (parts: readonly string[]): string => `*${parts.length}\r\n${parts.join('')}`;
const integer = (value: number): string => `:${value}\r\n`;

export class FakeRedis {
  /** What clients have sent, a line each. */
  readonly commands: string[] = [];
  /** What is answered in place of the right thing, by the command's name; looked at for each. */
  readonly overrides = new Map<string, (args: string[]) => string | null>();
  password: string | null = null;
  notices = '';
  /** Whether each byte of an answer comes by itself. */
  isSlow = false;
  readonly values = new Map<string, Value>();
  readonly #expiries = new Map<string, number>();
  readonly #versions = new Map<string, number>();
  readonly #clients = new Set<Client>();
  readonly #listener: number;
  #sentUntil = 0;

  constructor(
    private readonly ws2: Ws2_32,
    port = 6379,
  ) {
    this.#listener = ws2.socket(AF_INET, SOCK_STREAM, 0);
    ws2.bind(this.#listener, sockaddr_in('127.0.0.1', port), 16);
    ws2.listen(this.#listener, 9);
    this.#whenever(this.#listener, FD_ACCEPT, () => this.#accept());
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Ends all connections; clients may come again. */
  disconnect(): void {
    for (const client of [...this.#clients]) this.#drop(client);
  }

  /** Closes it for good. */
  close(): void {
    this.disconnect();
    this.ws2.closesocket(this.#listener);
  }

  #whenever(s: number, events: number, happened: () => void): void {
    const { providerHost } = this.ws2[INSTANCE];
    const event = this.ws2.WSACreateEvent();
    this.ws2.WSAEventSelect(s, event, events);
    providerHost.onEvent(event, () => {
      this.ws2.WSAEnumNetworkEvents(s, event, {});
      happened();
    });
  }

  #accept(): void {
    const s = this.ws2.accept(this.#listener, null, null);
    const client: Client = {
      s,
      text: '',
      patterns: [],
      watched: new Map(),
      queue: null,
      isAllowed: this.password === null,
    };
    this.#clients.add(client);
    this.#whenever(s, FD_READ | FD_CLOSE, () => this.#read(client));
  }

  #drop(client: Client): void {
    this.#clients.delete(client);
    this.ws2.closesocket(client.s);
  }

  #read(client: Client): void {
    const room = new Uint8Array(65_536);
    for (;;) {
      const count = this.ws2.recv(client.s, room, room.length, 0);
      if (count === 0) this.#drop(client);
      if (count <= 0) break;
      client.text += Buffer.from(room.subarray(0, count)).toString('latin1');
    }
    for (
      let command = this.#take(client);
      command !== null && this.#clients.has(client);
      command = this.#take(client)
    ) {
      this.commands.push(command.join(' '));
      this.#send(client, this.#answer(client, command));
    }
  }

  #take(client: Client): string[] | null {
    const head = /^\*(\d+)\r\n/.exec(client.text);
    if (head === null) return null;
    let at = head[0].length;
    const words: string[] = [];
    for (let n = 0; n < Number(head[1]); n++) {
      const length = /^\$(\d+)\r\n/.exec(client.text.slice(at));
      if (length === null) return null;
      at += length[0].length;
      const end = at + Number(length[1]);
      if (client.text.length < end + 2) return null;
      words.push(Buffer.from(client.text.slice(at, end), 'latin1').toString());
      at = end + 2;
    }
    client.text = client.text.slice(at);
    return words;
  }

  #send({ s }: Client, text: string): void {
    const bytes = Buffer.from(text);
    if (!this.isSlow) {
      if (bytes.length > 0) this.ws2.send(s, bytes, bytes.length, 0);
      return;
    }
    const { providerHost } = this.ws2[INSTANCE];
    const begin = Math.max(this.#sentUntil, providerHost.clock.now());
    this.#sentUntil = begin + bytes.length;
    bytes.forEach((_, at) => {
      providerHost.setTimer(begin + at, () => void this.ws2.send(s, bytes.subarray(at, at + 1), 1, 0));
    });
  }

  #answer(client: Client, command: string[]): string {
    const [name = '', ...args] = command;
    const own = this.overrides.get(name)?.(args) ?? null;
    if (own !== null) {
      if (name === 'EXEC') client.queue = null;
      return own;
    }
    if (name === 'AUTH') {
      client.isAllowed = args.at(-1) === this.password;
      return client.isAllowed ? ok : '-WRONGPASS invalid username-password pair\r\n';
    }
    if (!client.isAllowed) return '-NOAUTH Authentication required.\r\n';
    if (name === 'MULTI') {
      client.queue = [];
      return ok;
    }
    if (name === 'EXEC') {
      const queue = client.queue ?? [];
      const isUnchanged = [...client.watched].every(([key, version]) => this.#version(key) === version);
      client.queue = null;
      client.watched = new Map();
      return isUnchanged ? array(queue.map(([each = '', ...rest]) => this.#carryOut(each, rest))) : '*-1\r\n';
    }
    if (client.queue !== null) {
      client.queue.push(command);
      return '+QUEUED\r\n';
    }
    if (name === 'WATCH') {
      for (const key of args) client.watched.set(key, this.#version(key));
      return ok;
    }
    if (name === 'UNWATCH') {
      client.watched = new Map();
      return ok;
    }
    if (name === 'PSUBSCRIBE') {
      client.patterns.push(args[0]!);
      return array([bulk('psubscribe'), bulk(args[0]), integer(client.patterns.length)]);
    }
    return this.#carryOut(name, args);
  }

  #carryOut(name: string, args: string[]): string {
    const [key = ''] = args;
    switch (name) {
      case 'SELECT':
        return ok;
      case 'CONFIG':
        if (args[0] === 'SET') this.notices = args[2]!;
        return args[0] === 'SET' ? ok : array([bulk('notify-keyspace-events'), bulk(this.notices)]);
      case 'SET':
        this.values.set(key, args[1]!);
        this.#expireIn(key, Number(args[3]));
        this.#touch(key, 'set');
        return ok;
      case 'MGET':
        return array(args.map((each) => bulk(this.values.get(each) as string | undefined)));
      case 'DEL':
        return integer(this.#remove(key, 'del'));
      case 'SADD':
        this.#set(key).add(args[1]!);
        this.#touch(key, 'sadd');
        return integer(1);
      case 'SREM': {
        const count = this.#set(key).delete(args[1]!) ? 1 : 0;
        this.#touch(key, 'srem');
        if (this.#set(key).size === 0) this.values.delete(key);
        return integer(count);
      }
      case 'SMEMBERS':
        return array([...((this.values.get(key) as Set<string> | undefined) ?? [])].map(bulk));
      case 'PEXPIRE':
        if (!this.values.has(key)) return integer(0);
        this.#expireIn(key, Number(args[1]));
        this.#touch(key, 'expire');
        return integer(1);
      case 'HSETNX': {
        const hash = (this.values.get(key) as Map<string, string> | undefined) ?? new Map<string, string>();
        if (hash.has(args[1]!)) return integer(0);
        this.values.set(key, hash.set(args[1]!, args[2]!));
        this.#touch(key, 'hset');
        return integer(1);
      }
      case 'HDEL': {
        const isThere = (this.values.get(key) as Map<string, string> | undefined)?.delete(args[1]!) ?? false;
        this.#touch(key, 'hdel');
        return integer(isThere ? 1 : 0);
      }
      case 'HGET':
        return bulk((this.values.get(key) as Map<string, string> | undefined)?.get(args[1]!));
      case 'HVALS':
        return array([...((this.values.get(key) as Map<string, string> | undefined)?.values() ?? [])].map(bulk));
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }

  #set(key: string): Set<string> {
    const set = (this.values.get(key) as Set<string> | undefined) ?? new Set<string>();
    this.values.set(key, set);
    return set;
  }

  #version(key: string): number {
    return this.#versions.get(key) ?? 0;
  }

  #remove(key: string, event: string): number {
    if (!this.values.delete(key)) return 0;
    this.#touch(key, event);
    return 1;
  }

  #expireIn(key: string, milliseconds: number): void {
    const { providerHost } = this.ws2[INSTANCE];
    const when = providerHost.clock.now() + milliseconds;
    this.#expiries.set(key, when);
    providerHost.setTimer(when, () => {
      if (this.#expiries.get(key) === when) this.#remove(key, 'expired');
    });
  }

  #touch(key: string, event: string): void {
    this.#versions.set(key, this.#version(key) + 1);
    if (!this.notices.includes('K')) return;
    const channel = `__keyspace@0__:${key}`;
    for (const client of this.#clients) {
      for (const pattern of client.patterns) {
        const begin = pattern.endsWith('*') ? pattern.slice(0, -1) : pattern;
        const isMeant = pattern.endsWith('*') ? channel.startsWith(begin) : channel === pattern;
        if (isMeant) this.#send(client, array([bulk('pmessage'), bulk(pattern), bulk(channel), bulk(event)]));
      }
    }
  }
}

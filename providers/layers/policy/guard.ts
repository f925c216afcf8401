// The layer at work in one chain: every destination, caller and own address is put to the policy.
import type { FilterRequest, Filters, LayerContext, LayerOverrides } from '../../../chain/index.js';
import {
  IP_HDRINCL,
  IP_OPTIONS,
  IP_RTHDR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_HDRINCL,
  IPV6_RTHDR,
  parseSockaddr,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOCKET_ERROR,
  WSAEACCES,
  type InstanceHost,
  type ParsedSockaddr,
  type SOCKET,
  type WSAPROTOCOL_INFOW,
} from '../../../spi/index.js';
import { isLoopback, isSpecial, readFaces } from './addresses.js';
import type { Audit, PolicyDecision } from './audit.js';
import { isAddressText, normalHostName } from './host-names.js';
import type { Learner } from './learn.js';
import type { PolicySource } from './policy-source.js';
import type { PolicyDirection, PolicyProtocol, PolicyQuestion, Verdict } from './rules.js';

/** What the starts of one layer share. */
export interface PolicyParts {
  /** The layer's name. */
  readonly layer: string;
  /** `null` where everything passes, to be learned from. */
  readonly source: PolicySource | null;
  readonly learner: Learner | null;
  readonly audit: Audit | null;
  readonly denials: Denials | null;
}

/** Denials that are told as defects, each once. */
export class Denials {
  readonly #told = new Set<string>();

  constructor(
    private readonly layer: string,
    private readonly most = 100,
  ) {}

  /** Tells one. */
  tell(what: string, socket: SOCKET, host: InstanceHost): void {
    if (this.#told.has(what) || this.#told.size > this.most) return;
    this.#told.add(what);
    const message =
      this.#told.size > this.most
        ? `${this.layer}: more is denied, and not told any more: \`audit\` has it all`
        : `${this.layer}: ${what}`;
    host.report({ message, provider: this.layer, socket });
  }
}

/** What a decision is about. */
interface Subject {
  readonly direction: PolicyDirection;
  readonly socket: SOCKET;
  readonly address: string;
  readonly port: number;
  /** As it was asked for. */
  readonly name: string | null;
}

/** The start of a layer in one chain. */
export class Guard {
  readonly #host: InstanceHost;
  readonly #protocol: PolicyProtocol | null;
  /** Streams that are bound to a port which the system chose. */
  readonly #chosen = new Set<SOCKET>();
  /** What the time of the clock is counted from, in milliseconds since 1970. */
  readonly #epoch: number;

  constructor(
    private readonly context: LayerContext,
    private readonly parts: PolicyParts,
  ) {
    this.#host = context.host;
    this.#protocol = protocolOf(context.chain);
    const { clock } = this.#host;
    this.#epoch = clock.virtual ? 0 : Date.now() - clock.now();
    // What is wrong with its file is told as the layer starts.
    this.#rules();
  }

  /** The layer's filters. */
  get filters(): Filters {
    return {
      connect: (request) => {
        const direction = request.purpose === 'send' ? 'send' : 'connect';
        return this.#passes({ ...subjectOf(request), direction }) ? undefined : request.refuse();
      },
      accept: (request) => {
        const port = this.#localName(request.socket)?.port ?? -1;
        return this.#passes({ ...subjectOf(request), direction: 'accept', port }) ? undefined : request.refuse();
      },
      bind: (request) => {
        if (request.purpose === 'implicit bind') return;
        // Of a stream that has the system choose, it is asked when it listens: only then somebody can come in.
        const { port, socket } = request;
        if (port === 0 && this.#protocol === 'tcp') {
          this.#chosen.add(socket);
          return;
        }
        return this.#passes({ ...subjectOf(request), direction: 'bind' }) ? undefined : request.refuse();
      },
    };
  }

  /** What filters do not see. */
  get overrides(): LayerOverrides {
    const set: LayerOverrides = {
      WSPSetSockOpt: (lower, s, level, optname, value, length, lpErrno) => {
        const option = routingOption(level, optname);
        if (option === null || this.parts.source === null || !isSetting(value, length)) {
          return lower.lpWSPSetSockOpt(s, level, optname, value, length, lpErrno);
        }
        const what = `${option} is denied: packets that name their own way go past every rule`;
        this.parts.denials?.tell(what, s, this.#host);
        lpErrno.value = WSAEACCES;
        return SOCKET_ERROR;
      },
      WSPCleanup: (lower, lpErrno) => {
        this.parts.learner?.flush();
        this.parts.audit?.flush();
        this.#chosen.clear();
        return lower.lpWSPCleanup(lpErrno);
      },
    };
    if (this.#protocol !== 'tcp') return set;
    return {
      ...set,
      WSPListen: (lower, s, backlog, lpErrno) => {
        const own = this.#localName(s);
        // Without a name it cannot listen, and is told so.
        if (own === null) return lower.lpWSPListen(s, backlog, lpErrno);
        const port = this.#chosen.has(s) ? 0 : own.port;
        if (this.#passes({ direction: 'bind', socket: s, address: own.address, port, name: null })) {
          return lower.lpWSPListen(s, backlog, lpErrno);
        }
        lpErrno.value = WSAEACCES;
        return SOCKET_ERROR;
      },
      WSPCloseSocket: (lower, s, lpErrno) => {
        this.#chosen.delete(s);
        return lower.lpWSPCloseSocket(s, lpErrno);
      },
    };
  }

  #rules() {
    return this.parts.source?.current(this.#host.clock.now(), (message, cause) => {
      this.#host.report({ message: `${this.parts.layer}: ${message}`, provider: this.parts.layer, cause });
    });
  }

  /** Decides, and tells whoever wants to know. */
  #passes(subject: Subject): boolean {
    const faces = readFaces(subject.address);
    const protocol = this.#protocol;
    if (faces === null || protocol === null) {
      this.parts.denials?.tell(
        `${this.context.chain.szProtocol}: denied, for policies know TCP, UDP and raw sockets of IPv4 and IPv6 alone`,
        subject.socket,
        this.#host,
      );
      return false;
    }
    const leads = subject.direction === 'connect' || subject.direction === 'send';
    const { name, names, isName } = leads ? this.#namesOf(subject) : NAMELESS;
    const question: PolicyQuestion = {
      direction: subject.direction,
      protocol,
      faces,
      port: subject.port,
      name,
      names,
      everyAddress: subject.direction === 'bind' && isUnspecified(subject.address),
    };
    const rules = isName ? this.#rules() : undefined;
    const verdict = rules?.decide(question) ?? {
      allowed: isName && this.parts.source === null,
      rule: null,
      nearly: null,
    };
    const { learner, audit, denials } = this.parts;
    if (verdict.allowed && learner !== null) {
      // A name is enough, unless it leads where names have no business to lead to.
      const needsAddress = name === null || isLoopback(faces) || isSpecial(faces);
      const { address, direction, port } = subject;
      learner.note({ direction, protocol, name, address: needsAddress ? bare(address) : null, port }, this.#host);
    }
    if (audit === null && (verdict.allowed || denials === null)) return verdict.allowed;
    const reason = isName ? this.#reason(verdict, name) : `${JSON.stringify(subject.name)} is not a host's name`;
    audit?.note(this.#decision(subject, question, verdict, reason), this.#host);
    if (!verdict.allowed)
      denials?.tell(`${describe(subject, protocol, name)} is denied: ${reason}`, subject.socket, this.#host);
    return verdict.allowed;
  }

  /**
   * The names of a destination. Where the application asked for none, it may have looked one up before: the last of those that gave
   * the address is its name; all of them may deny.
   */
  #namesOf({ name: asked, address }: Subject): typeof NAMELESS {
    const found: string[] = [];
    for (const each of this.#host.resolvedNames(address)) {
      const normal = normalHostName(each);
      if (normal !== null) found.push(normal);
    }
    if (asked === null || isAddressText(asked)) return { name: found.at(-1) ?? null, names: found, isName: true };
    const name = normalHostName(asked);
    if (name === null) return { name, names: found, isName: false };
    return { name, names: [...found, name], isName: true };
  }

  #reason({ allowed, rule, nearly }: Verdict, name: string | null): string {
    const { source } = this.parts;
    if (source === null) return 'everything is allowed while it is learned what is needed';
    const at = (each: { number: number; line: number }): string =>
      each.line === 0 ? `rule ${each.number}` : `rule ${each.number} (${source.name}:${each.line})`;
    if (rule !== null) return `${at(rule)} ${allowed ? 'allows' : 'denies'} it`;
    if (nearly !== null)
      return `${at(nearly)} allows ${name}, but not to lead to such an address: name it in "address"`;
    return source.name === '' ? 'no rule allows it' : `no rule of ${source.name} allows it`;
  }

  #decision(subject: Subject, question: PolicyQuestion, verdict: Verdict, reason: string): PolicyDecision {
    const { direction, protocol, port, name } = question;
    return {
      time: new Date(this.#epoch + this.#host.clock.now()).toISOString(),
      process: process.pid,
      layer: this.parts.layer,
      verdict: verdict.allowed ? 'allow' : 'deny',
      direction,
      protocol,
      socket: subject.socket,
      name: name ?? subject.name,
      address: subject.address,
      port,
      rule: verdict.rule?.number ?? null,
      line: (verdict.rule?.line ?? 0) === 0 ? null : verdict.rule!.line,
      reason,
    };
  }

  #localName(s: SOCKET): ParsedSockaddr | null {
    const name = new Uint8Array(128);
    const length = { value: name.length };
    if (this.context.lower.lpWSPGetSockName(s, name, length, { value: 0 }) !== 0) return null;
    try {
      return parseSockaddr(name, length.value);
    } catch {
      return null;
    }
  }
}

const NAMELESS: { readonly name: string | null; readonly names: readonly string[]; readonly isName: boolean } = {
  name: null,
  names: [],
  isName: true,
};

function subjectOf({ socket, address, port, name }: FilterRequest): Omit<Subject, 'direction'> {
  return { socket, address, port, name };
}

function protocolOf({ iSocketType, iProtocol }: WSAPROTOCOL_INFOW): PolicyProtocol | null {
  if (iSocketType === SOCK_RAW) return 'raw';
  if (iSocketType === SOCK_STREAM && iProtocol === IPPROTO_TCP) return 'tcp';
  return iSocketType === SOCK_DGRAM && iProtocol === IPPROTO_UDP ? 'udp' : null;
}

/** Options by which packets are told another way than the destination that is asked about. */
const ROUTING_OPTIONS: readonly (readonly [name: string, level: number, option: number])[] = [
  ['IP_OPTIONS', IPPROTO_IP, IP_OPTIONS],
  ['IP_HDRINCL', IPPROTO_IP, IP_HDRINCL],
  ['IP_RTHDR', IPPROTO_IP, IP_RTHDR],
  ['IPV6_HDRINCL', IPPROTO_IPV6, IPV6_HDRINCL],
  ['IPV6_RTHDR', IPPROTO_IPV6, IPV6_RTHDR],
];

function routingOption(level: number, option: number): string | null {
  for (const row of ROUTING_OPTIONS) if (row[1] === level && row[2] === option) return row[0];
  return null;
}

/** Whether an option is turned on, or given bytes. */
function isSetting(value: Uint8Array | null, length: number): boolean {
  return value !== null && value.subarray(0, length).some((byte) => byte !== 0);
}

function isUnspecified(address: string): boolean {
  const bytes = readFaces(address)?.own;
  return bytes !== undefined && bytes.words[3] === 0 && (bytes.isIPv4 || bytes.words.every((word) => word === 0));
}

/** An address without scope, and a mapped one as the IPv4 address that it is. */
function bare(address: string): string {
  const text = address.replace(/%.*$/, '');
  return /^::ffff:\d+\./.test(text) ? text.slice(7) : text;
}

function describe({ direction, address, port }: Subject, protocol: PolicyProtocol, name: string | null): string {
  const host = address.includes(':') ? `[${address}]` : address;
  const what = { connect: 'to connect to', send: 'to send to', accept: 'a caller from', bind: 'to bind to' }[direction];
  const where = name === null ? host : `${name} (${host})`;
  return direction === 'accept'
    ? `${what} ${where} at port ${port} (${protocol})`
    : `${what} ${where}:${port} (${protocol})`;
}

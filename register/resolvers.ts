// Node.js' own resolver asks name servers by sockets of its own, which no chain has. What it is asked for goes through the name spaces
// instead, as far as they know such questions. Who names servers of his own gets these, by Node.js; but where the chain takes names, as to
// a proxy, nobody is to be asked for them, and what would ask fails.
import dns, { type LookupAddress } from 'node:dns';
import { AsyncResource } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { reverseName } from '../dns-records/index.js';
import {
  INSTANCE,
  sockaddr_in,
  sockaddr_in6,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  type Ws2_32,
} from '../index.js';
import { lookUp, type ChainChoice, type ChainError } from '../node/instance/index.js';
import { RECORD_KINDS, RecordReader, type RecordKind } from './dns-records.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Holder = Record<string, unknown>;
type Told = (error: Error | null, answer?: unknown) => void;
type GiveUp = () => void;

/** What is asked in place of Node.js' own resolver. */
interface Question {
  /** What errors say was asked, and for what. */
  readonly syscall: string;
  readonly hostname: string;
  /** Asks; gives what gives up, behind which nothing is told. */
  put(told: Told): GiveUp;
}

/** Who is asked in place of Node.js' own resolver. */
export interface AskedInstead {
  /** Whether somebody may ask a name server; not where the chain takes names. */
  mayAsk(): boolean;
  /** Gives the instance, or says why there is none. */
  instance(): Ws2_32 | ChainError;
  /** The chain that is connected on. */
  readonly chain: ChainChoice | undefined;
}

const ASKING = /^(?:resolve|reverse$|lookupService$)/;

/** Errors that Node.js tells of questions; of all else it says ESERVFAIL. */
const CODES: ReadonlyMap<number, string> = new Map([
  [WSAHOST_NOT_FOUND, dns.NOTFOUND],
  [WSASERVICE_NOT_FOUND, dns.NOTFOUND],
  [WSANO_DATA, dns.NODATA],
  [WSANO_RECOVERY, dns.REFUSED],
  [WSATRY_AGAIN, dns.SERVFAIL],
]);

/** Whether the program has named the servers of the default resolver itself, and the other resolvers whose servers it has. */
let asksItsOwn = false;
const askingTheirOwn = new WeakSet<object>();

/** What ends the questions of each resolver that are under way. */
const underWay = new WeakMap<object, Set<() => void>>();

/**
 * Has the functions of `node:dns` that ask name servers ask the name spaces, or fail where nobody may be asked.
 *
 * @param instead who is asked
 */
export function leadResolvers(instead: AskedInstead): void {
  const withCallbacks = [dns, dns.Resolver.prototype];
  const withPromises = [dns.promises, dns.promises.Resolver.prototype];
  for (const each of [...withCallbacks, ...withPromises]) noteServers(each as unknown as Holder);
  for (const { Resolver } of [dns, dns.promises]) cancelWithOwn(Resolver.prototype as unknown as Holder);
  for (const each of withCallbacks) {
    replace(each as unknown as Holder, (name, method) => {
      return function (...args) {
        const callback = args.at(-1);
        if (typeof callback !== 'function') return method.apply(this, args);
        const told = AsyncResource.bind(callback as Told);
        const question = questionOf(this, name, args, instead);
        if (question === 'of Node.js') return method.apply(this, args);
        put(this, question, (error, answer) => process.nextTick(told, error, answer));
        return undefined;
      };
    });
  }
  for (const each of withPromises) {
    replace(each as unknown as Holder, (name, method) => {
      return function (...args) {
        const question = questionOf(this, name, args, instead);
        if (question === 'of Node.js') return method.apply(this, args);
        return new Promise((resolve, reject) =>
          put(this, question, (error, answer) => (error ? reject(error) : resolve(answer))),
        );
      };
    });
  }
  syncBuiltinESMExports();
}

function noteServers(holder: Holder): void {
  const original = holder['setServers'] as Method;
  replaceOne(holder, 'setServers', function (...args) {
    const answer = original.apply(this, args);
    if (isResolver(this)) askingTheirOwn.add(this);
    else asksItsOwn = true;
    return answer;
  });
}

/** `cancel` ends what was asked here as well. */
function cancelWithOwn(holder: Holder): void {
  const original = holder['cancel'] as Method;
  replaceOne(holder, 'cancel', function (...args) {
    const answer = original.apply(this, args);
    for (const cancel of [...(underWay.get(this as object) ?? [])]) cancel();
    return answer;
  });
}

/** Puts a question, which the resolver's `cancel` ends. */
function put(resolver: unknown, question: Question, told: Told): void {
  if (!isResolver(resolver)) {
    question.put(told);
    return;
  }
  const questions = underWay.get(resolver) ?? new Set();
  underWay.set(resolver, questions);
  let giveUp = nothingToGiveUp;
  const cancel = (): void => {
    // Else it would keep the process alive until a server answers, or none does.
    giveUp();
    tell(failed(dns.CANCELLED, question.syscall, question.hostname));
  };
  const tell: Told = (error, answer) => {
    if (questions.delete(cancel)) told(error, answer);
  };
  questions.add(cancel);
  giveUp = question.put(tell);
}

function nothingToGiveUp(): void {
  // The answer is there.
}

function isResolver(asked: unknown): asked is object {
  return asked instanceof dns.Resolver || asked instanceof dns.promises.Resolver;
}

function replace(holder: Holder, by: (name: string, method: Method) => Method): void {
  for (const name of Object.getOwnPropertyNames(holder).filter((each) => ASKING.test(each))) {
    const method = holder[name];
    if (typeof method === 'function') replaceOne(holder, name, by(name, method as Method));
  }
}

function replaceOne(holder: Holder, name: string, value: Method): void {
  const original = holder[name] as Method;
  Object.defineProperty(value, 'name', { value: original.name });
  Object.defineProperty(value, 'length', { value: original.length });
  const { enumerable = true } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
  Object.defineProperty(holder, name, { value, enumerable, writable: true, configurable: true });
}

/** What is asked in place of Node.js' resolver; `of Node.js` for what that is to say itself. */
function questionOf(
  resolver: unknown,
  name: string,
  args: readonly unknown[],
  { mayAsk, instance, chain }: AskedInstead,
): Question | 'of Node.js' {
  const [asked, second] = args;
  if (!mayAsk()) {
    const put = (told: Told): GiveUp => tellAtOnce(told, refusal(name, asked));
    return { syscall: name, hostname: String(asked), put };
  }
  if (typeof asked !== 'string' || (isResolver(resolver) ? askingTheirOwn.has(resolver) : asksItsOwn))
    return 'of Node.js';
  const kind = name === 'resolve' ? (typeof second === 'string' ? second : 'A') : name.slice('resolve'.length);
  const ask = (syscall: string, question: (ws2: Ws2_32, told: Told) => GiveUp): Question => ({
    syscall,
    hostname: asked,
    put(told) {
      const ws2 = instance();
      return ws2 instanceof Error ? tellAtOnce(told, ws2) : question(ws2, told);
    },
  });
  const family = kind === 'A' || kind === '4' ? 4 : kind === 'AAAA' || kind === '6' ? 6 : null;
  if (family !== null) {
    return ask(hostSyscall(family), (ws2, told) => askForHost(ws2, chain, asked, family, second, told));
  }
  if (name === 'reverse') {
    const version = isIP(asked);
    if (version === 0) return 'of Node.js';
    const bytes = version === 4 ? sockaddr_in(asked, 0).subarray(4, 8) : sockaddr_in6(asked, 0).subarray(8, 24);
    const pointer = { ...RECORD_KINDS['Ptr']!, syscall: 'getHostByAddr' };
    return ask(pointer.syscall, (ws2, told) => askForRecords(ws2, pointer, reverseName(bytes), asked, told));
  }
  const records = RECORD_KINDS[kind.charAt(0) + kind.slice(1).toLowerCase()];
  if (records === undefined) return 'of Node.js';
  return ask(records.syscall, (ws2, told) => askForRecords(ws2, records, asked, asked, told));
}

function tellAtOnce(told: Told, error: Error): GiveUp {
  told(error);
  return nothingToGiveUp;
}

const hostSyscall = (family: 4 | 6): string => (family === 4 ? 'queryA' : 'queryAaaa');

function askForHost(
  ws2: Ws2_32,
  chain: ChainChoice | undefined,
  host: string,
  family: 4 | 6,
  options: unknown,
  told: Told,
): GiveUp {
  // How long an answer holds, name spaces do not tell: it is not to be kept.
  const withTtl = typeof options === 'object' && options !== null && (options as { ttl?: unknown }).ttl === true;
  const give = ({ address }: LookupAddress): unknown => (withTtl ? { address, ttl: 0 } : address);
  return lookUp(ws2, chain, host, { family }, (answer) => {
    if (!(answer instanceof Error)) return told(null, answer.map(give));
    const { wsaError = 0 } = answer as Partial<ChainError>;
    told(failure(wsaError, hostSyscall(family), host));
  });
}

function askForRecords(ws2: Ws2_32, kind: RecordKind, name: string, hostname: string, told: Told): GiveUp {
  return ws2[INSTANCE].lookUpRecords(name, kind.type, (error, records) => {
    if (error !== 0) return told(failure(error, kind.syscall, hostname));
    let answers: unknown[];
    try {
      answers = records.map((data) => kind.read(new RecordReader(data)));
    } catch {
      return told(failed(dns.BADRESP, kind.syscall, hostname));
    }
    told(null, kind.isOne === true ? answers[0] : answers);
  });
}

function failure(wsaError: number, syscall: string, hostname: string): Error {
  const error = failed(CODES.get(wsaError) ?? dns.SERVFAIL, syscall, hostname);
  return Object.assign(error, { wsaError });
}

function failed(code: string, syscall: string, hostname: string): Error {
  return Object.assign(new Error(`${syscall} ${code} ${hostname}`), { errno: undefined, code, syscall, hostname });
}

function refusal(name: string, asked: unknown): Error {
  const hostname = String(asked);
  const message =
    `${name} ${dns.REFUSED} ${hostname}: the chain takes names itself, as to a proxy, and dns.${name} would ask a name server around it: ` +
    'connect by the name, or use dns.lookup';
  return Object.assign(new Error(message), { code: dns.REFUSED, syscall: name, hostname });
}

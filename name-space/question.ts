import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  GUID,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  LUP_CONTAINERS,
  LUP_DEEP,
  LUP_FLUSHCACHE,
  LUP_NEAREST,
  LUP_NOCONTAINERS,
  PORT_FROM_SVCID_TCP,
  PORT_FROM_SVCID_UDP,
  RR_FROM_SVCID,
  SVCID_DNS,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  type AFPROTOCOLS,
  type DirectQuestion,
  type WSAQUERYSETW,
} from '../spi/index.js';

/**
 * What is asked for:
 *
 * - `host`: a host, by its name; maybe with a port, which the service class says;
 * - `own host`: the machine itself, by what it is called (SVCID_HOSTNAME without a name);
 * - `address`: the host that has an address, which is the name, in text;
 * - `service`: a service and its port, by `name`, `name/protocol` or `port/protocol` (getservbyname);
 * - `record`: a DNS record of a name, of the type `recordType`;
 * - `class`: an instance of a service class of somebody's own; without a name, all of them;
 * - `containers`: what can be looked into (LUP_CONTAINERS), the name saying where;
 * - `name`: a name and no service class.
 */
export type QuestionKind = 'host' | 'own host' | 'address' | 'service' | 'record' | 'class' | 'containers' | 'name';

/** What is asked of a name space, read from the query's restrictions. */
export interface NameSpaceQuestion {
  readonly kind: QuestionKind;
  /** The service instance's name; empty for none. */
  readonly name: string;
  /** The service class, in capitals; `null` for none. */
  readonly serviceClass: GUID | null;
  /** For a DNS record, its type; else 0. */
  readonly recordType: number;
  /** The port that the service class says, in host order; 0 for none. */
  readonly port: number;
  /** The families that are asked for; all that you have when empty. */
  readonly families: readonly number[];
  /** The pairs of family and protocol that are asked for, as they were given; empty for all. */
  readonly protocols: readonly AFPROTOCOLS[];
  /** `lpszQueryString`; empty for none. */
  readonly queryString: string;
  /** Where in a hierarchy to look; empty for the beginning. */
  readonly context: string;
  /** The version that is asked for; items of another one are left out for you. */
  readonly version: WSAQUERYSETW['lpVersion'];
  /** The query's blob, for name spaces with a language of their own; `null` for none. */
  readonly blob: Uint8Array | null;
  /** `LUP_*`, as they were given to WSALookupServiceBegin. */
  readonly flags: number;
  /** Whether what you have kept may not be used: LUP_FLUSHCACHE. */
  readonly isFresh: boolean;
  /** Whether to look in containers within containers, too: LUP_DEEP. */
  readonly isDeep: boolean;
  /** Whether the nearest comes first, for which items have a `distance`: LUP_NEAREST. */
  readonly byDistance: boolean;
  /** Whether containers are left out: LUP_NOCONTAINERS. */
  readonly withoutContainers: boolean;
  /**
   * Whether an address would be of use.
   *
   * @param family an address family
   * @param protocol such as IPPROTO_TCP; 0, the default, for any
   */
  wants(family: number, protocol?: number): boolean;
  /** Everything that was asked, as the provider was given it. */
  readonly restrictions: WSAQUERYSETW;
}

/** A question, as the room itself uses it. */
export class Question implements NameSpaceQuestion {
  readonly kind: QuestionKind;
  readonly name: string;
  readonly serviceClass: GUID | null;
  readonly families: readonly number[];
  readonly protocols: readonly AFPROTOCOLS[];
  readonly #said: ClassMeaning;
  readonly #asked: WSAQUERYSETW | DirectQuestion;

  /**
   * @param asked the provider's own copy of the restrictions; or a question of the instance's own
   * @param flags `LUP_*`
   */
  constructor(
    asked: WSAQUERYSETW | DirectQuestion,
    readonly flags: number,
  ) {
    this.#asked = asked;
    if ('restrictions' in asked) {
      this.name = asked.name;
      this.serviceClass = asked.serviceClass;
      this.protocols = asked.protocols;
      this.families = asked.families;
    } else {
      this.name = asked.lpszServiceInstanceName ?? '';
      this.serviceClass = GUID.parse(asked.lpServiceClassId ?? '');
      this.protocols = asked.lpafpProtocols ?? [];
      const families = new Set(this.protocols.map(({ iAddressFamily }) => iAddressFamily));
      this.families = families.has(AF_UNSPEC) ? [] : [...families];
    }
    const said = this.serviceClass === null ? NO_CLASS : whatSays(this.serviceClass);
    this.#said = said;
    this.kind = this.#has(LUP_CONTAINERS) ? 'containers' : kindOf(this.serviceClass, this.name, said);
  }

  get restrictions(): WSAQUERYSETW {
    const asked = this.#asked;
    return 'restrictions' in asked ? asked.restrictions : asked;
  }

  // What follows is read when it is asked for: very many questions may be under way.

  get recordType(): number {
    return this.#said.recordType;
  }

  get port(): number {
    return this.#said.port;
  }

  /** The transport protocol that the service class says; 0 for none. */
  get transport(): number {
    return this.#said.transport;
  }

  get queryString(): string {
    return this.#querySet?.lpszQueryString ?? '';
  }

  get context(): string {
    return this.#querySet?.lpszContext ?? '';
  }

  get version(): WSAQUERYSETW['lpVersion'] {
    return this.#querySet?.lpVersion ?? null;
  }

  get blob(): Uint8Array | null {
    return this.#querySet?.lpBlob?.pBlobData ?? null;
  }

  // `null` for a question of the instance's own, which says no more than its name and its class.
  get #querySet(): WSAQUERYSETW | null {
    const asked = this.#asked;
    return 'restrictions' in asked ? null : asked;
  }

  get isFresh(): boolean {
    return this.#has(LUP_FLUSHCACHE);
  }

  get isDeep(): boolean {
    return this.#has(LUP_DEEP);
  }

  get byDistance(): boolean {
    return this.#has(LUP_NEAREST);
  }

  get withoutContainers(): boolean {
    return this.#has(LUP_NOCONTAINERS);
  }

  #has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  wants(family: number, protocol = 0): boolean {
    return isPermitted(this.protocols, family, protocol);
  }

  /** Whether a protocol is among those that are asked for by name. */
  lists(protocol: number): boolean {
    for (const { iProtocol } of this.protocols) if (iProtocol === protocol) return true;
    return false;
  }
}

/**
 * Whether a query's list of protocols lets an address pass. AF_UNSPEC stands for every family, protocol 0 for every
 * protocol, and an empty list for everything.
 *
 * @param family a family; AF_UNSPEC for IPv4 or IPv6
 * @param protocol a protocol; 0 for any
 */
export function isPermitted(list: readonly AFPROTOCOLS[], family: number, protocol: number): boolean {
  if (list.length === 0) return true;
  for (const { iAddressFamily, iProtocol } of list) {
    const isOfFamily =
      iAddressFamily === AF_UNSPEC ||
      iAddressFamily === family ||
      (family === AF_UNSPEC && (iAddressFamily === AF_INET || iAddressFamily === AF_INET6));
    if (isOfFamily && (iProtocol === 0 || protocol === 0 || iProtocol === protocol)) return true;
  }
  return false;
}

/** What a service class says by itself. */
interface ClassMeaning {
  /** The DNS record type; 0 for none. */
  readonly recordType: number;
  readonly port: number;
  readonly transport: number;
}

const NO_CLASS: ClassMeaning = { recordType: 0, port: 0, transport: 0 };
const meanings = new Map<GUID, ClassMeaning>();
const MOST_MEANINGS = 256;

// Remembered: nearly all questions are of a few classes.
function whatSays(serviceClass: GUID): ClassMeaning {
  let meaning = meanings.get(serviceClass);
  if (meaning === undefined) {
    meaning = readMeaning(serviceClass);
    if (meanings.size >= MOST_MEANINGS) meanings.clear();
    meanings.set(serviceClass, meaning);
  }
  return meaning;
}

function readMeaning(serviceClass: GUID): ClassMeaning {
  const type = RR_FROM_SVCID(serviceClass);
  // A DNS record type is a class of DNS' own port, which says nothing of the host's.
  if (type !== 0 && serviceClass === SVCID_DNS(type)) return { ...NO_CLASS, recordType: type };
  return {
    recordType: 0,
    port: PORT_FROM_SVCID_TCP(serviceClass) || PORT_FROM_SVCID_UDP(serviceClass),
    transport: IS_SVCID_TCP(serviceClass) ? IPPROTO_TCP : IS_SVCID_UDP(serviceClass) ? IPPROTO_UDP : 0,
  };
}

function kindOf(serviceClass: GUID | null, name: string, { recordType, transport }: ClassMeaning): QuestionKind {
  switch (serviceClass) {
    case null:
      return 'name';
    case SVCID_HOSTNAME:
      return name === '' ? 'own host' : 'host';
    case SVCID_INET_HOSTADDRBYNAME:
      return 'host';
    case SVCID_INET_HOSTADDRBYINETSTRING:
      return 'address';
    case SVCID_INET_SERVICEBYNAME:
      return 'service';
    default:
      if (recordType !== 0) return 'record';
      return transport !== 0 ? 'host' : 'class';
  }
}

// How getaddrinfo and its like become look-ups, and what they make of the answers.
import {
  AF_INET,
  AF_INET6,
  AI_ADDRCONFIG,
  AI_PASSIVE,
  INVALID_SOCKET,
  LUP_RETURN_ADDR,
  LUP_RETURN_NAME,
  ref,
  SIO_ADDRESS_LIST_QUERY,
  SIO_ADDRESS_LIST_SORT,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SOCKET_ADDRESS_LIST,
  SVCID_INET_HOSTADDRBYNAME,
  WSA_E_NO_MORE,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  WSATYPE_NOT_FOUND,
  type GUID,
  type SOCKET,
} from '../../spi/index.js';
import type { Dispatcher, HostLookup, KeptForm } from '../dispatcher/index.js';
import { wantedFamilies, readRequest, transportsOf, wanted, type AddressInfoRequest } from './address-info-request.js';
import type { QuestionFacets } from './known-answers.js';
import type { LookupQueries } from './lookup-queries.js';
import {
  ALL_NAME_SPACES,
  LookupQuestion,
  type LookupAnswer,
  type LookupResult,
  type LookupStep,
  type NameSpaceChoice,
  type Outcome,
} from './lookup-question.js';
import { Lookup, type LookupListener } from './lookup.js';
import { addressesIn, documented, ownName, placeOf, serviceBy } from './questions.js';

/** Room for an instance's list of addresses, in bytes. */
const LIST_ROOM = 16_384;
/**
 * Addresses that are sorted: the system is asked about each, by a socket, within one turn of the event loop. Those of a longer answer
 * follow as they came.
 */
const MOST_SORTED = 250;

/** What getaddrinfo finds. */
export interface ResolvedHost {
  /** The host's name, as it is known to who has answered. */
  readonly name: string | null;
  /** Whether the node was an address in text to the letter. */
  readonly numeric: boolean;
  /** Sockaddrs with their ports, the one to be tried first in front; not to be changed. */
  readonly addresses: readonly Uint8Array[];
  /** From the service, where the hints leave it open. */
  readonly socketType: number;
  readonly provider: GUID | null;
  readonly blob: Uint8Array | null;
}

/** What is wanted of a host. */
const FOUND_HOST = LUP_RETURN_ADDR | LUP_RETURN_NAME;

interface ServicePort {
  readonly port: number;
  readonly socketType: number;
}

/** Where nobody says which port and which type: most look-ups ask for the host alone. */
const ANYWHERE: ServicePort = { port: 0, socketType: 0 };

function placeAt(port: number, socketType: number): ServicePort {
  return port === 0 && socketType === 0 ? ANYWHERE : { port, socketType };
}

interface FoundHost extends KeptForm {
  readonly name: string | null;
  readonly addresses: readonly Uint8Array[];
  readonly provider: GUID | null;
  readonly blob: Uint8Array | null;
}

/** What was asked by `lookUp`, read. */
interface AskedHost {
  readonly node: string;
  readonly family: number;
  readonly flags: number;
  readonly request: AddressInfoRequest;
  readonly facets: QuestionFacets | null;
}

const NO_ADDRESSES: readonly Uint8Array[] = [];

function addressesOfHost({ addresses }: FoundHost): readonly Uint8Array[] {
  return addresses;
}

// The question that is put for a host with a port; `null` for what is no such question, or not only this one.
function facetsOf(request: AddressInfoRequest, { nameSpace, providerId }: NameSpaceChoice): QuestionFacets | null {
  const { node, literal, service } = request;
  if (literal !== null || node === null || node === '' || typeof service !== 'number') return null;
  const families = wantedFamilies(request);
  return { name: node, serviceClass: SVCID_INET_HOSTADDRBYNAME, families, flags: FOUND_HOST, nameSpace, providerId };
}

/** The look-ups behind getaddrinfo and GetAddrInfoEx. */
export class AddressInfoLookups {
  #lastAsked: AskedHost | null = null;

  constructor(
    private readonly dispatcher: Dispatcher,
    readonly queries: LookupQueries,
  ) {}

  /**
   * Looks up a host, a service, or both.
   *
   * @param choice who is asked
   * @returns what was found; WSAHOST_NOT_FOUND, WSANO_DATA (no address of the families), WSATYPE_NOT_FOUND (no such
   *   service), WSASERVICE_NOT_FOUND (nobody serves the name space that is chosen), or another of the documented errors
   */
  lookup(request: AddressInfoRequest, choice: NameSpaceChoice = ALL_NAME_SPACES): Lookup<ResolvedHost> {
    return new Lookup(this.queries, this.#firstStep(request, choice));
  }

  #firstStep(request: AddressInfoRequest, choice: NameSpaceChoice): LookupStep<ResolvedHost> {
    const { service, socketType } = request;
    return typeof service === 'number'
      ? this.#find(request, choice, placeAt(service, socketType))
      : findServicePort(request, service, (place) => this.#find(request, choice, place));
  }

  /**
   * What is known of a host without asking anybody, and without making a look-up of it.
   *
   * @returns as `lookup`, or `null`
   */
  known(request: AddressInfoRequest, choice: NameSpaceChoice = ALL_NAME_SPACES): LookupAnswer<ResolvedHost> | null {
    const facets = facetsOf(request, choice);
    const outcome = facets === null ? null : this.#knownHost(facets);
    if (outcome === null) return null;
    const place = placeAt(request.service as number, request.socketType);
    return outcome.value === null ? noHost<ResolvedHost>(outcome) : this.fromNameSpaces(request, place, outcome.value);
  }

  #knownHost(facets: QuestionFacets): Outcome<FoundHost> | null {
    const outcome = this.queries.known(facets) as Outcome<FoundHost> | null;
    if (outcome !== null && outcome.value !== null) {
      this.dispatcher.resolvedNames.note(facets.name, outcome.value, addressesOfHost, true);
    }
    return outcome;
  }

  /** Looks a host up for who cannot wait; see `HostLookup`. */
  readonly lookUp: HostLookup = (node, hints, found) => {
    const asked = this.#asked(node, hints);
    if (typeof asked === 'number') {
      found(asked, [], null);
      return nothingToCancel;
    }
    const { request, facets } = asked;
    const known = facets === null ? null : this.#knownHost(facets);
    if (known !== null) {
      const { value } = known;
      const addresses = value === null ? NO_ADDRESSES : this.#usable(request, value);
      if (value === null) found(noHost(known).error, addresses, null);
      else found(addresses.length === 0 ? WSANO_DATA : 0, addresses, addresses === value.addresses ? value : null);
      return nothingToCancel;
    }
    const lookup = new ToldLookup(this.queries, this.#firstStep(request, ALL_NAME_SPACES), found);
    if (lookup.start(lookup)) lookup.lookedUp();
    return lookup.giveUp.bind(lookup);
  };

  // Who looks a host up mostly does so again.
  #asked(node: string, hints: Parameters<HostLookup>[1]): AskedHost | number {
    if (!this.dispatcher.isStarted()) return this.dispatcher.lastError;
    const last = this.#lastAsked;
    const { ai_family: family, ai_flags: flags } = hints;
    if (last !== null && last.node === node && last.family === family && last.flags === flags) return last;
    const request = readRequest(node, null, hints);
    if (typeof request === 'number') return request;
    return (this.#lastAsked = { node, family, flags, request, facets: facetsOf(request, ALL_NAME_SPACES) });
  }

  #find(request: AddressInfoRequest, choice: NameSpaceChoice, place: ServicePort): LookupStep<ResolvedHost> {
    const { node, literal, flags, givenNode } = request;
    if (literal !== null) {
      const found = wanted(request, [literal.address]);
      const numeric = literal.strict;
      return found.length === 0
        ? { value: null, error: WSAHOST_NOT_FOUND }
        : this.#answer(place, { name: givenNode, addresses: found, provider: null, blob: null, form: null }, numeric);
    }
    if (node === null) {
      const own = ownAddresses((flags & AI_PASSIVE) !== 0).filter(({ 0: family }) =>
        wantedFamilies(request).includes(family!),
      );
      return this.#answer(
        place,
        { name: null, addresses: wanted(request, own), provider: null, blob: null, form: null },
        false,
      );
    }
    if (!this.queries.isServed(choice)) return { value: null, error: WSASERVICE_NOT_FOUND };
    if (node !== '') return new HostQuestion(this, request, choice, place, node);
    return ownName((own) => (own.value === null ? own : new HostQuestion(this, request, choice, place, own.value)));
  }

  /** What is answered of a host that was found. */
  fromNameSpaces(request: AddressInfoRequest, place: ServicePort, host: FoundHost): LookupAnswer<ResolvedHost> {
    const addresses = this.#usable(request, host);
    if (addresses.length === 0) return { value: null, error: WSANO_DATA };
    return this.#answer(place, addresses === host.addresses ? host : { ...host, addresses }, false);
  }

  // Those of a host's addresses that are wanted, the one to be tried first in front; the same array where these are all, as they came.
  #usable(request: AddressInfoRequest, host: FoundHost): readonly Uint8Array[] {
    let addresses = wanted(request, host.addresses);
    if ((request.flags & AI_ADDRCONFIG) !== 0) {
      addresses = addresses.filter((address) => this.#hasAddressOf(address[0]!));
    }
    return this.#sorted(addresses);
  }

  #answer({ port, socketType }: ServicePort, host: FoundHost, numeric: boolean): LookupAnswer<ResolvedHost> {
    const { name, provider, blob } = host;
    const addresses = port === 0 ? host.addresses : host.addresses.map((address) => withPort(address, port));
    return { value: { name, addresses, numeric, socketType, provider, blob }, error: 0 };
  }

  // The order of RFC 6724, by the chain's own ioctl; as they are when there is no socket to ask.
  #sorted(addresses: readonly Uint8Array[]): readonly Uint8Array[] {
    if (addresses.length < 2) return addresses;
    if (addresses.length > MOST_SORTED) {
      return [...this.#sorted(addresses.slice(0, MOST_SORTED)), ...addresses.slice(MOST_SORTED)];
    }
    const list = SOCKET_ADDRESS_LIST.encode({
      iAddressCount: addresses.length,
      Address: addresses.map((name) => ({ lpSockaddr: name, iSockaddrLength: name.length })),
    });
    const sorted = this.#askSocket(SIO_ADDRESS_LIST_SORT, [AF_INET6, AF_INET], list, list.length);
    if (sorted === null) return addresses;
    const found = SOCKET_ADDRESS_LIST.decode(sorted).Address.map(({ lpSockaddr }) => lpSockaddr);
    const isWhole = found.length === addresses.length && found.every((name) => name !== null);
    return isWhole ? (found as Uint8Array[]) : addresses;
  }

  // Loopback addresses do not count (RFC 3493, 6.1).
  #hasAddressOf(family: number): boolean {
    const list = this.#askSocket(SIO_ADDRESS_LIST_QUERY, [family], null, LIST_ROOM);
    if (list === null) return false;
    return SOCKET_ADDRESS_LIST.decode(list).Address.some(
      ({ lpSockaddr }) => lpSockaddr !== null && lpSockaddr[0] === family && !isLoopback(lpSockaddr),
    );
  }

  // Asks a socket of one of the families; null when it has no answer. The application's last error stays as it is.
  #askSocket(code: number, families: readonly number[], input: Uint8Array | null, room: number): Uint8Array | null {
    const { dispatcher } = this;
    const { api, lastError } = dispatcher;
    let s: SOCKET = INVALID_SOCKET;
    try {
      for (const family of families) {
        s = api.socket(family, SOCK_STREAM, 0);
        if (s === INVALID_SOCKET) continue;
        const output = new Uint8Array(room);
        const count = ref(0);
        const failed = api.WSAIoctl(s, code, input, input?.length ?? 0, output, room, count, null, null);
        api.closesocket(s);
        return failed === 0 ? output.subarray(0, count.value) : null;
      }
      return null;
    } finally {
      dispatcher.setLastError(lastError);
    }
  }
}

// The port of a service that is named.
function findServicePort<T>(
  request: AddressInfoRequest,
  service: string,
  next: (place: ServicePort) => LookupStep<T>,
): LookupStep<T> {
  const { socketType } = request;
  const found = new Map<string, number>();
  const ask = (transports: readonly string[]): LookupStep<T> => {
    const [transport, ...others] = transports;
    if (transport === undefined) return decide();
    return serviceBy(service, transport, ({ value, error }) => {
      if (value !== null) found.set(transport, placeOf(value).port);
      else if (error !== WSANO_DATA && error !== WSAHOST_NOT_FOUND) return { value: null, error };
      return ask(others);
    });
  };
  const decide = (): LookupStep<T> => {
    const [first] = found;
    if (first === undefined) return { value: null, error: WSATYPE_NOT_FOUND };
    const [transport, port] = first;
    const only = transport === 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
    // One that is there for both leaves it open.
    return next({ port, socketType: socketType === 0 && found.size === 1 ? only : socketType });
  };
  return ask(transportsOf(request));
}

/** A look-up whose answer is told to a function, and which is its own listener: very many may be under way. */
class ToldLookup extends Lookup<ResolvedHost> implements LookupListener {
  readonly #found: Parameters<HostLookup>[2];

  constructor(queries: LookupQueries, first: LookupStep<ResolvedHost>, found: Parameters<HostLookup>[2]) {
    super(queries, first);
    this.#found = found;
  }

  lookedUp(): void {
    const { error, value } = this.answer!;
    this.#found(error, value?.addresses ?? NO_ADDRESSES, null);
  }

  /** Nobody wants to be told any more. */
  giveUp(): void {
    this.cancel();
  }
}

/** Asks for a host's addresses. It is a class of its own, because very many may be under way. */
class HostQuestion extends LookupQuestion<ResolvedHost> {
  constructor(
    private readonly lookups: AddressInfoLookups,
    private readonly request: AddressInfoRequest,
    choice: NameSpaceChoice,
    private readonly place: ServicePort,
    name: string,
  ) {
    super(SVCID_INET_HOSTADDRBYNAME, name, wantedFamilies(request), FOUND_HOST, choice);
  }

  protected override read(result: LookupResult): FoundHost | null {
    const addresses = addressesIn(result, this.families);
    if (addresses.length === 0) return null;
    return { name: result.name || this.name, addresses, provider: result.providerId, blob: result.blob, form: null };
  }

  override next(outcome: Outcome<FoundHost>): LookupStep<ResolvedHost> {
    const { value } = outcome;
    return value === null ? noHost(outcome) : this.lookups.fromNameSpaces(this.request, this.place, value);
  }
}

function noHost<T>({ error, hadResults }: Pick<Outcome<FoundHost>, 'error' | 'hadResults'>): LookupAnswer<T> {
  if (hadResults && error === WSA_E_NO_MORE) return { value: null, error: WSANO_DATA };
  return documented<T>(WSAHOST_NOT_FOUND)({ value: null, error });
}

function nothingToCancel(): void {
  // The answer was given.
}

// Where a server listens, or where one on this machine is reached.
function ownAddresses(passive: boolean): Uint8Array[] {
  return passive
    ? [sockaddr_in6('::', 0), sockaddr_in('0.0.0.0', 0)]
    : [sockaddr_in6('::1', 0), sockaddr_in('127.0.0.1', 0)];
}

function isLoopback(name: Uint8Array): boolean {
  if (name[0] === AF_INET) return name[4] === 127;
  return name.subarray(8, 23).every((byte) => byte === 0) && name[23] === 1;
}

function withPort(address: Uint8Array, port: number): Uint8Array {
  const name = new Uint8Array(address);
  name[2] = port >> 8;
  name[3] = port & 0xff;
  return name;
}

// The questions that functions of name resolution ask, and what their answers mean.
import {
  AF_INET,
  hostent,
  LUP_RETURN_ADDR,
  LUP_RETURN_BLOB,
  LUP_RETURN_NAME,
  servent,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSAECANCELLED,
  WSAEINTR,
  WSAENETDOWN,
  WSAENOMORE,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type GUID,
  type StructureCodec,
} from '../../spi/index.js';
import {
  LookupQuestion,
  type LookupAnswer,
  type LookupResult,
  type LookupStep,
  type Outcome,
} from './lookup-question.js';

// What the functions are documented to fail with; all else is WSANO_RECOVERY.
const DOCUMENTED: readonly number[] = [
  WSAENETDOWN,
  WSAEINTR,
  WSAHOST_NOT_FOUND,
  WSATRY_AGAIN,
  WSANO_RECOVERY,
  WSANO_DATA,
];
const NOT_FOUND: readonly number[] = [WSASERVICE_NOT_FOUND, WSATYPE_NOT_FOUND, WSA_E_NO_MORE, WSAENOMORE];
const CANCELLED: readonly number[] = [WSA_E_CANCELLED, WSAECANCELLED];

/** Asks for the machine's name: WSAENETDOWN when no name space knows it. */
export function ownName<T>(next: (answer: LookupAnswer<string>) => LookupStep<T>): LookupStep<T> {
  const asked = { serviceClass: SVCID_HOSTNAME, name: null, families: [AF_INET], flags: LUP_RETURN_NAME };
  return LookupQuestion.of(asked, {
    read: ({ name }) => name || null,
    next: ({ value }) => next(value === null ? { value, error: WSAENETDOWN } : { value, error: 0 }),
  });
}

/** Asks for a host, or for the machine itself, by its own name, when the name is empty. */
export function forHost<T>(name: string, ask: (host: string) => LookupStep<T>): LookupStep<T> {
  return name === '' ? ownName((own) => (own.value === null ? own : ask(own.value))) : ask(name);
}

/** Asks for a host with IPv4 addresses, as an encoded `hostent`. */
export function hostByName(name: string): LookupStep<Uint8Array> {
  return structureOf(SVCID_INET_HOSTADDRBYNAME, name, AF_INET, hostent, documented(WSAHOST_NOT_FOUND));
}

/** Asks for the host that has an address, given in text, as an encoded `hostent`. */
export function hostByAddress(text: string, family: number): LookupStep<Uint8Array> {
  return structureOf(SVCID_INET_HOSTADDRBYINETSTRING, text, family, hostent, documented(WSAHOST_NOT_FOUND));
}

/** Asks for a service by its name or port, as an encoded `servent`: WSANO_DATA when there is none. */
export function serviceBy<T>(
  name: string,
  protocol: string | null,
  next: (answer: LookupAnswer<Uint8Array>) => LookupStep<T>,
): LookupStep<T> {
  const asked = protocol === null ? name : `${name}/${protocol}`;
  const say = documented<Uint8Array>(WSANO_DATA);
  return structureOf(SVCID_INET_SERVICEBYNAME, asked, AF_INET, servent, (answer) => next(say(answer)));
}

// Asks for a blob that holds a structure, whose pointers are offsets from the blob's start, and may lead anywhere; the
// answer's bytes are of our own making.
function structureOf<S, T>(
  serviceClass: GUID,
  name: string,
  family: number,
  codec: StructureCodec<S>,
  next: (answer: LookupAnswer<Uint8Array>) => LookupStep<T>,
): LookupStep<T> {
  return LookupQuestion.of(
    { serviceClass, name, families: [family], flags: LUP_RETURN_BLOB },
    {
      read: ({ blob }) => (blob === null ? null : codec.encode(codec.decode(blob))),
      next: (outcome) => next(answerOf(outcome)),
    },
  );
}

/** Where an encoded `servent` says that a service is: the port in host order, and the protocol. */
export function placeOf(service: Uint8Array): { readonly port: number; readonly protocol: string } {
  const { s_port: port, s_proto: protocol } = servent.decode(service);
  return { port: ((port & 0xff) << 8) | (port >> 8), protocol };
}

/** An outcome as the answer of a look-up. */
export function answerOf<T>({ value, error }: Outcome<T>): LookupAnswer<T> {
  return error === 0 && value !== null ? { value, error: 0 } : { value: null, error };
}

/** Asks for a host's addresses in one family, each once. */
export function addresses(name: string, family: number): LookupStep<readonly Uint8Array[]> {
  const say = documented<readonly Uint8Array[]>(WSAHOST_NOT_FOUND);
  return LookupQuestion.of(
    { serviceClass: SVCID_INET_HOSTADDRBYNAME, name, families: [family], flags: LUP_RETURN_ADDR },
    {
      read: (result) => {
        const found = addressesIn(result, [family]);
        return found.length === 0 ? null : found;
      },
      next: (outcome) => say(answerOf(outcome)),
    },
  );
}

/** The addresses of some families in a result. */
export function addressesIn({ addresses: found }: LookupResult, families: readonly number[]): readonly Uint8Array[] {
  return found.every((address) => families.includes(address[0]!))
    ? found
    : found.filter((address) => families.includes(address[0]!));
}

/** Makes of an answer what the functions are documented to say. */
export function documented<T>(notFound: number): (answer: LookupAnswer<T>) => LookupAnswer<T> {
  return (answer) => {
    const { error } = answer;
    if (error === 0 || DOCUMENTED.includes(error)) {
      // A name space that does not know the host's service says so in its own words.
      return error === WSAHOST_NOT_FOUND ? { value: null, error: notFound } : answer;
    }
    if (NOT_FOUND.includes(error)) return { value: null, error: notFound };
    return { value: null, error: CANCELLED.includes(error) ? WSAEINTR : WSANO_RECOVERY };
  };
}

// The questions that functions of name resolution ask, and what their answers mean.
import {
  AF_INET,
  hostent,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LUP_RETURN_ADDR,
  LUP_RETURN_BLOB,
  LUP_RETURN_NAME,
  NS_ALL,
  servent,
  SVCID_HOSTNAME,
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
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type GUID,
} from '../../spi/index.js';
import { question, type LookupAnswer, type LookupStep } from './lookup.js';

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
  const read = ({ lpszServiceInstanceName: name }: WSAQUERYSETW): string | null => name || null;
  return question(restrictionsFor(SVCID_HOSTNAME, null, AF_INET), LUP_RETURN_NAME, read, ({ value }) =>
    next(value === null ? { value, error: WSAENETDOWN } : { value, error: 0 }),
  );
}

/** Asks for a host, or for the machine itself, by its own name, when the name is empty. */
export function forHost<T>(name: string, ask: (host: string) => LookupStep<T>): LookupStep<T> {
  return name === '' ? ownName((own) => (own.value === null ? own : ask(own.value))) : ask(name);
}

/** Asks for a host with IPv4 addresses. */
export function hostByName(name: string): LookupStep<hostent> {
  const restrictions = restrictionsFor(SVCID_INET_HOSTADDRBYNAME, name, AF_INET);
  return question(restrictions, LUP_RETURN_BLOB, decodeBlob(hostent.decode), documented(WSAHOST_NOT_FOUND));
}

/** Asks for a service by its name or port: WSANO_DATA when there is none. */
export function serviceBy<T>(
  name: string,
  protocol: string | null,
  next: (answer: LookupAnswer<servent>) => LookupStep<T>,
): LookupStep<T> {
  const asked = protocol === null ? name : `${name}/${protocol}`;
  const say = documented<servent>(WSANO_DATA);
  return question(
    restrictionsFor(SVCID_INET_SERVICEBYNAME, asked, AF_INET),
    LUP_RETURN_BLOB,
    decodeBlob(servent.decode),
    (answer) => next(say(answer)),
  );
}

/** Asks for a host's addresses in one family, each once. */
export function addresses(name: string, family: number): LookupStep<readonly Uint8Array[]> {
  const read = (result: WSAQUERYSETW): Uint8Array[] | null => {
    const found = addressesIn(result, [family]);
    return found.length === 0 ? null : found;
  };
  const restrictions = restrictionsFor(SVCID_INET_HOSTADDRBYNAME, name, family);
  return question(restrictions, LUP_RETURN_ADDR, read, documented(WSAHOST_NOT_FOUND));
}

/** The addresses of some families in a result, each once, as sockaddrs. */
export function addressesIn({ lpcsaBuffer }: WSAQUERYSETW, families: readonly number[]): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  for (const { RemoteAddr } of lpcsaBuffer ?? []) {
    const bytes = RemoteAddr.lpSockaddr?.slice(0, RemoteAddr.iSockaddrLength);
    if (bytes !== undefined && families.includes(bytes[0]!)) found.set(bytes.join('.'), bytes);
  }
  return [...found.values()];
}

/** A query's restrictions: a class, a name, and TCP and UDP in some families. */
export function restrictionsFor(lpServiceClassId: GUID, name: string | null, ...families: number[]): WSAQUERYSETW {
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: name,
    lpServiceClassId,
    dwNameSpace: NS_ALL,
    dwNumberOfProtocols: 2 * families.length,
    lpafpProtocols: families.flatMap((iAddressFamily) => [
      { iAddressFamily, iProtocol: IPPROTO_TCP },
      { iAddressFamily, iProtocol: IPPROTO_UDP },
    ]),
  };
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

/** Reads a structure whose pointers are offsets from the blob's start; `null` when the result has no blob. */
export function decodeBlob<T>(decode: (bytes: Uint8Array) => T): (result: WSAQUERYSETW) => T | null {
  return ({ lpBlob }) => {
    if (lpBlob === null || lpBlob === undefined) return null;
    return decode(lpBlob.pBlobData.slice(0, lpBlob.cbSize));
  };
}

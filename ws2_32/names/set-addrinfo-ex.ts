import { areBytes, isLength, isNull, isStructure } from '../../spi/arguments.js';
import {
  AF_INET,
  AF_INET6,
  copyOfBytes,
  IPPROTO_TCP,
  IPPROTO_UDP,
  RNRSERVICE_DELETE,
  RNRSERVICE_REGISTER,
  SOCK_DGRAM,
  SOCK_STREAM,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_TCP,
  SVCID_UDP,
  WSA_E_CANCELLED,
  WSA_IO_PENDING,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAETIMEDOUT,
  WSANO_DATA,
  WSAQUERYSETW,
  WSATYPE_NOT_FOUND,
  type BLOB,
  type GUID,
  type HANDLE,
  type Ref,
  type SOCKET_ADDRESS,
  type Timer,
  type timeval,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { GetXByYQueries } from './get-x-by-y-queries.js';
import type { NameSpaceChoice } from './lookup-question.js';
import type { Lookup } from './lookup.js';
import { placeOf as placeOfService } from './questions.js';
import type { NameSpaceProviders } from './name-space-providers.js';
import {
  millisecondsOf,
  overlappedFault,
  readChoice,
  type LookupServiceCompletionRoutine,
  type OverlappedCalls,
  type OverlappedWork,
} from './overlapped-calls.js';
import type { ProviderRound } from './provider-round.js';
import { registrationRound } from './registration.js';

/** Where a service is: its port, and how it is spoken to. */
interface RegisteredPort {
  readonly port: number;
  readonly protocol: string;
}

/** What is registered, checked. */
interface Registrant {
  readonly name: string;
  /** The service's name, or its place; `null` for a host alone. */
  readonly service: string | RegisteredPort | null;
  readonly addresses: readonly Uint8Array[];
  readonly blob: BLOB | null;
  readonly flags: number;
  readonly choice: NameSpaceChoice;
}

/** Registers a name: looks its service up, if that has a name, and then asks the providers. */
class NameRegistration implements OverlappedWork {
  #error: number | null = null;
  #lookup: Lookup<Uint8Array> | null = null;
  #round: ProviderRound | null = null;
  #timer: Timer | null = null;
  #over: (() => void) | null = null;

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly providers: NameSpaceProviders,
    private readonly databases: GetXByYQueries,
    private readonly registrant: Registrant,
  ) {}

  begin(over: () => void, timeout: number): boolean {
    const { host } = this.dispatcher;
    if (timeout !== Infinity) this.#timer = host.setTimer(host.clock.now() + timeout, () => this.#expire());
    const { service } = this.registrant;
    if (typeof service === 'string') this.#findService(service);
    else this.#register(service);
    if (this.#error !== null) return true;
    this.#over = over;
    return false;
  }

  get isOver(): boolean {
    return this.#error !== null;
  }

  cancel(error: number = WSA_E_CANCELLED): void {
    this.#over = null;
    this.#end(error);
  }

  conclude(): number {
    return this.#error!;
  }

  #findService(service: string): void {
    const lookup = this.databases.service(service, null);
    this.#lookup = lookup;
    const found = (): void => {
      const { value, error } = lookup.answer!;
      if (value === null) this.#end(error === WSANO_DATA ? WSATYPE_NOT_FOUND : error);
      else this.#register(placeOfService(value));
    };
    if (lookup.start({ lookedUp: found })) found();
  }

  #register(place: RegisteredPort | null): void {
    const { registrant, dispatcher, providers } = this;
    const operation = registrant.addresses.length === 0 ? RNRSERVICE_DELETE : RNRSERVICE_REGISTER;
    const registration = registrationOf(registrant, place);
    const round = registrationRound(dispatcher, providers, registration, operation, registrant.flags);
    if (typeof round === 'number') {
      this.#end(round);
      return;
    }
    this.#round = round;
    round.step();
    if (round.error !== null) this.#end(round.error);
    else round.tell({ roundOver: () => this.#end(round.error!) });
  }

  #expire(): void {
    this.#end(WSAETIMEDOUT);
  }

  #end(error: number): void {
    if (this.#error !== null) return;
    this.#error = error;
    this.#timer?.cancel();
    this.#lookup?.cancel();
    this.#round?.abandon();
    const over = this.#over;
    this.#over = null;
    over?.();
  }
}

/** Registering names with addresses. */
export type SetAddrinfoExFunctions = ReturnType<typeof createSetAddrinfoExFunctions>;

/**
 * Makes SetAddrInfoEx (ws2tcpip.h).
 *
 * @param underWay the overlapped calls of the instance
 */
export function createSetAddrinfoExFunctions(
  dispatcher: Dispatcher,
  providers: NameSpaceProviders,
  databases: GetXByYQueries,
  underWay: OverlappedCalls,
) {
  function end(error: number): number {
    dispatcher.setLastError(error);
    return error;
  }

  /**
   * Registers a host's or a service's name and its addresses with name spaces, or removes it, without waiting if told so
   * (ws2tcpip.h: SetAddrInfoEx). A host is found by `getaddrinfo` then, and a service by `WSALookupServiceBegin` with the
   * class of its port.
   *
   * @param pName the name
   * @param pServiceName a service's name, or its port in decimal (of TCP); `null` or empty for a host
   * @param pAddresses its addresses, in place of those that it had; `null` to remove the name. Their ports, where they
   *   have none, become that of the service
   * @param dwAddressCount how many; 0 to remove the name
   * @param lpBlob what else the provider is given, or `null`
   * @param dwFlags 0, or SERVICE_MULTIPLE to add to the addresses that the name has, or to take these away
   * @param dwNameSpace whose providers are asked; NS_ALL for all
   * @param lpNspId the provider that is asked; `null` for all of the name space
   * @param timeout for how long to try; `null` without limit
   * @param lpOverlapped `null` to wait. Else its `Internal` is WSAEINPROGRESS until the name is registered, then 0 or the
   *   error; its `hEvent` is set then
   * @param lpCompletionRoutine called in an alertable wait in place of the event, with the error, 0 and `lpOverlapped`;
   *   `null` for none
   * @param lpNameHandle receives a handle for `GetAddrInfoExCancel` when the call is overlapped; `null` when not wanted
   * @returns 0, or the error, which is the last error too: WSANOTINITIALISED, WSA_IO_PENDING, WSAEFAULT (bad pointers),
   *   WSAEINVAL (no name, an event and a routine, a routine without `lpOverlapped`, a malformed GUID, or a provider that
   *   is not in the catalog), WSAEAFNOSUPPORT (an address of another family than IPv4 and IPv6), WSATYPE_NOT_FOUND (no
   *   such service), WSASERVICE_NOT_FOUND (no enabled provider, or nothing to remove), WSAETIMEDOUT, WSA_E_CANCELLED (the
   *   wait was interrupted), or what the last provider said that registers names at all: WSATRY_AGAIN, WSANO_RECOVERY,
   *   WSAENOBUFS, WSAEACCES, …
   */
  function SetAddrInfoExW(
    pName: string,
    pServiceName: string | null,
    pAddresses: readonly SOCKET_ADDRESS[] | null,
    dwAddressCount: number,
    lpBlob: BLOB | null,
    dwFlags: number,
    dwNameSpace: number,
    lpNspId: GUID | null,
    timeout: timeval | null,
    lpOverlapped: WSAOVERLAPPED | null,
    lpCompletionRoutine: LookupServiceCompletionRoutine | null,
    lpNameHandle: Ref<HANDLE> | null,
  ): number {
    if (!dispatcher.isStarted()) return dispatcher.lastError;
    const choice = readChoice(dwNameSpace, lpNspId);
    if (typeof choice === 'number') return end(choice);
    const fault = overlappedFault(lpOverlapped, lpCompletionRoutine, lpNameHandle);
    if (fault !== 0) return end(fault);
    const limit = millisecondsOf(timeout);
    if (limit === null) return end(WSAEFAULT);
    if (typeof dwFlags !== 'number') return end(WSAEFAULT);
    const parts = readParts(pName, pServiceName, pAddresses, dwAddressCount, lpBlob);
    if (typeof parts === 'number') return end(parts);
    const work = new NameRegistration(dispatcher, providers, databases, { ...parts, flags: dwFlags >>> 0, choice });
    if (!isNull(lpOverlapped)) {
      underWay.start(work, limit, lpOverlapped, lpCompletionRoutine ?? null, lpNameHandle ?? null);
      return end(WSA_IO_PENDING);
    }
    if (!work.begin(() => undefined, limit)) {
      dispatcher.host.wait(() => work.isOver, Infinity, 'no', 'SetAddrInfoEx');
      if (!work.isOver) work.cancel();
    }
    return end(work.conclude());
  }

  return {
    SetAddrInfoExW,
    /** As `SetAddrInfoExW`; strings have one form here. */
    SetAddrInfoEx: SetAddrInfoExW,
    /** As `SetAddrInfoExW`. */
    SetAddrInfoExA: SetAddrInfoExW,
  };
}

function readParts(
  name: unknown,
  service: unknown,
  addresses: unknown,
  count: unknown,
  blob: unknown,
): Omit<Registrant, 'flags' | 'choice'> | number {
  if (isNull(name) || name === '') return WSAEINVAL;
  if (typeof name !== 'string' || (!isNull(service) && typeof service !== 'string')) return WSAEFAULT;
  if (!isNull(blob) && !(isStructure(blob) && areBytes(blob['pBlobData'], blob['cbSize']))) return WSAEFAULT;
  const list: unknown = addresses ?? [];
  if (!Array.isArray(list) || !isLength(count, list.length)) return WSAEFAULT;
  const copies: Uint8Array[] = [];
  for (const each of list.slice(0, count) as unknown[]) {
    if (!isStructure(each) || !areBytes(each['lpSockaddr'], each['iSockaddrLength'])) return WSAEFAULT;
    const copy = copyOfBytes(each['lpSockaddr'], each['iSockaddrLength'] as number);
    if (!isInternetAddress(copy)) return WSAEAFNOSUPPORT;
    copies.push(copy);
  }
  const { cbSize, pBlobData } = (blob ?? {}) as Partial<BLOB>;
  return {
    name,
    service: isNull(service) || service === '' ? null : registeredPort(service),
    addresses: copies,
    blob: pBlobData === undefined ? null : { cbSize: cbSize!, pBlobData: copyOfBytes(pBlobData, cbSize!) },
  };
}

function registeredPort(service: string): string | RegisteredPort {
  return /^\d{1,5}$/.test(service) && Number(service) <= 0xffff ? { port: Number(service), protocol: 'tcp' } : service;
}

function isInternetAddress(address: Uint8Array): boolean {
  const family = address[1] === 0 ? address[0] : -1;
  return (family === AF_INET && address.length >= 16) || (family === AF_INET6 && address.length >= 28);
}

function registrationOf({ name, addresses, blob, choice }: Registrant, place: RegisteredPort | null): WSAQUERYSETW {
  const isUdp = place?.protocol === 'udp';
  const [iSocketType, iProtocol] =
    place === null ? [0, 0] : isUdp ? [SOCK_DGRAM, IPPROTO_UDP] : [SOCK_STREAM, IPPROTO_TCP];
  const servicePort = place?.port ?? 0;
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: name,
    lpServiceClassId:
      place === null ? SVCID_INET_HOSTADDRBYNAME : isUdp ? SVCID_UDP(servicePort) : SVCID_TCP(servicePort),
    dwNameSpace: choice.nameSpace,
    lpNSProviderId: choice.providerId,
    dwNumberOfCsAddrs: addresses.length,
    lpcsaBuffer: addresses.map((address) => {
      const lpSockaddr = withPortIfNone(address, servicePort);
      const one = { lpSockaddr, iSockaddrLength: lpSockaddr.length };
      return { LocalAddr: { ...one }, RemoteAddr: { ...one }, iSocketType, iProtocol };
    }),
    lpBlob: blob,
  };
}

// The port of the service, unless the address has one.
function withPortIfNone(address: Uint8Array, port: number): Uint8Array {
  const bytes = address.slice();
  if (bytes[2] === 0 && bytes[3] === 0) bytes.set([port >> 8, port & 0xff], 2);
  return bytes;
}

// Instances with a registry, and services to be registered there.
import { onTestFinished } from 'vitest';
import {
  createWs2_32,
  INSTANCE,
  IPPROTO_TCP,
  LUP_RETURN_ALL,
  ref,
  RNRSERVICE_DELETE,
  RNRSERVICE_DEREGISTER,
  RNRSERVICE_REGISTER,
  SERVICE_MULTIPLE,
  SOCK_STREAM,
  sockaddr_in,
  VirtualClock,
  type CSADDR_INFO,
  type Defect,
  type GUID,
  type WSANAMESPACE_INFOW,
  type WSAQUERYSETW,
  type Ws2_32,
  type Ws2_32Options,
} from 'ws2spi';
import { TCPIP_NAMESPACE_PROVIDER } from 'ws2spi/catalog';
import type { NameSpace } from 'ws2spi/names';

/** A service class of somebody's own. */
export const CLASS = '11111111-2222-3333-4444-555555555555';

/** The GUID that registries are installed with here. */
export const REGISTRY = '99999999-2222-4333-8444-555555555555';

/** One address of a TCP service. */
export function at(host: string, port: number): CSADDR_INFO {
  const lpSockaddr = sockaddr_in(host, port);
  const one = { lpSockaddr, iSockaddrLength: lpSockaddr.length };
  return { LocalAddr: one, RemoteAddr: one, iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP };
}

/** Installs a registry in an instance, beside the files' name space alone; returns its GUID. */
export function installRegistry(ws2: Ws2_32, registry: NameSpace): GUID {
  const present: WSANAMESPACE_INFOW[] = [];
  ws2.WSAEnumNameSpaceProviders(ref(100_000), present);
  // Nobody outside is asked.
  for (const { NSProviderId } of present) {
    if (NSProviderId !== TCPIP_NAMESPACE_PROVIDER) ws2.WSCUnInstallNameSpace(NSProviderId);
  }
  ws2[INSTANCE].bindProvider('the-registry', registry);
  if (ws2.WSCInstallNameSpace('registry', 'di:the-registry', registry.nameSpace, 1, REGISTRY) !== 0) {
    throw new Error(`WSCInstallNameSpace failed with ${ws2.WSAGetLastError()}`);
  }
  ws2.WSACleanup();
  ws2.WSAStartup(0x0202, {});
  return REGISTRY;
}

/** An instance with a registry, and a short way to each of its functions. */
export class RegistryUser {
  readonly ws2: Ws2_32;
  readonly defects: Defect[] = [];
  /** The name space that the registry serves. */
  readonly nameSpace: number;

  /** @param options its clock is virtual, and its catalog in memory, unless told otherwise */
  constructor(registry: NameSpace, options: Ws2_32Options = {}) {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock: new VirtualClock(), ...options });
    onTestFinished(() => ws2[Symbol.dispose]());
    this.ws2 = ws2;
    ws2.on('defect', (defect) => this.defects.push(defect));
    ws2.WSAStartup(0x0202, {});
    installRegistry(ws2, registry);
    this.nameSpace = registry.nameSpace;
  }

  /** Registers, and so on: 0 or the error. */
  set(
    operation: number,
    name: string,
    addresses: readonly CSADDR_INFO[],
    more: Partial<WSAQUERYSETW> = {},
    flags = 0,
  ): number {
    const set = {
      dwSize: 60,
      lpszServiceInstanceName: name,
      lpServiceClassId: CLASS,
      lpNSProviderId: REGISTRY,
      ...more,
    };
    const done = this.ws2.WSASetService(
      { ...set, dwNumberOfCsAddrs: addresses.length, lpcsaBuffer: [...addresses] },
      operation,
      flags,
    );
    return done === 0 ? 0 : this.ws2.WSAGetLastError();
  }

  register(name: string, addresses: readonly CSADDR_INFO[], more: Partial<WSAQUERYSETW> = {}): number {
    return this.set(RNRSERVICE_REGISTER, name, addresses, more);
  }

  add(name: string, addresses: readonly CSADDR_INFO[], more: Partial<WSAQUERYSETW> = {}): number {
    return this.set(RNRSERVICE_REGISTER, name, addresses, more, SERVICE_MULTIPLE);
  }

  deregister(name: string, addresses: readonly CSADDR_INFO[] = [], flags = 0): number {
    return this.set(RNRSERVICE_DEREGISTER, name, addresses, {}, flags);
  }

  delete(name: string, addresses: readonly CSADDR_INFO[] = [], flags = 0): number {
    return this.set(RNRSERVICE_DELETE, name, addresses, {}, flags);
  }

  /** All results of a look-up, or its error. */
  find(name: string | null, more: Partial<WSAQUERYSETW> = {}, flags = LUP_RETURN_ALL): WSAQUERYSETW[] | number {
    const { ws2 } = this;
    const handle = ref(0);
    const set = {
      dwSize: 60,
      lpszServiceInstanceName: name,
      lpServiceClassId: CLASS,
      lpNSProviderId: REGISTRY,
      ...more,
    };
    if (ws2.WSALookupServiceBegin(set, flags, handle) !== 0) return ws2.WSAGetLastError();
    const results: WSAQUERYSETW[] = [];
    const out: WSAQUERYSETW[] = [];
    while (ws2.WSALookupServiceNext(handle.value, flags, ref(100_000), out) === 0) results.push(out[0]!);
    const end = ws2.WSAGetLastError();
    ws2.WSALookupServiceEnd(handle.value);
    return results.length > 0 ? results : end;
  }

  /** The ports at which a service is found, or the error. */
  ports(name: string, more: Partial<WSAQUERYSETW> = {}): number[] | number {
    const found = this.find(name, more);
    if (typeof found === 'number') return found;
    return found.flatMap(({ lpcsaBuffer }) =>
      (lpcsaBuffer ?? []).map(({ RemoteAddr }) => portOf(RemoteAddr.lpSockaddr!)),
    );
  }

  /** The names of the services of the class. */
  names(): unknown {
    const found = this.find(null);
    return typeof found === 'number'
      ? found
      : found.map(({ lpszServiceInstanceName }) => lpszServiceInstanceName).sort();
  }
}

function portOf(address: Uint8Array): number {
  return (address[2]! << 8) | address[3]!;
}

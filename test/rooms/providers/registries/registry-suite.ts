// What every registry does: services, classes, and notices of changes.
import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  COMP_EQUAL,
  COMP_NOTLESS,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LUP_CONTAINERS,
  LUP_RETURN_ADDR,
  LUP_RETURN_NAME,
  LUP_RETURN_TYPE,
  NS_DNS,
  NSP_NOTIFY_EVENT,
  ref,
  SERVICE_MULTIPLE,
  SERVICE_TYPE_VALUE_TCPPORT,
  SIO_NSP_NOTIFY_CHANGE,
  sockaddr_in,
  sockaddr_in6,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP,
  WSA_IO_PENDING,
  WSA_WAIT_EVENT_0,
  WSAEALREADY,
  WSAEINVAL,
  WSAETOOMANYREFS,
  WSAEWOULDBLOCK,
  WSANO_DATA,
  WSAOVERLAPPED,
  WSASERVICE_NOT_FOUND,
  WSATYPE_NOT_FOUND,
  type addrinfo,
  type WSAQUERYSETW,
  type WSASERVICECLASSINFOW,
} from 'ws2spi';
import { at, CLASS, REGISTRY, type RegistryUser } from './instance.js';

/** A look-up that is asked to tell by an event. */
export function watching(registry: RegistryUser, name: string | null) {
  const { ws2 } = registry;
  const handle = ref(0);
  ws2.WSALookupServiceBegin(
    { dwSize: 60, lpszServiceInstanceName: name, lpServiceClassId: CLASS, lpNSProviderId: REGISTRY },
    LUP_RETURN_NAME,
    handle,
  );
  const overlapped = new WSAOVERLAPPED();
  overlapped.hEvent = ws2.WSACreateEvent();
  const ioctl = (completion: unknown): number => {
    const done = ws2.WSANSPIoctl(handle.value, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, completion as null);
    return done === 0 ? 0 : ws2.WSAGetLastError();
  };
  return {
    handle: handle.value,
    poll: () => ioctl(null),
    ask: () => ioctl({ Type: NSP_NOTIFY_EVENT, Parameters: { Event: { lpOverlapped: overlapped } } }),
    isTold: (timeout = 0) =>
      ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent as number], false, timeout, false) === WSA_WAIT_EVENT_0,
  };
}

/**
 * Describes what every registry does, wherever it keeps things.
 *
 * @param user makes an instance that uses one with nothing in it
 */
export function describeRegistry(what: string, user: () => RegistryUser): void {
  describe(what, () => {
    it('finds a service as it was registered, by its name and class', () => {
      const registry = user();
      const version = { dwVersion: 3, ecHow: COMP_EQUAL };
      const blob = { cbSize: 3, pBlobData: new Uint8Array([1, 2, 255]) };
      const more = { lpszComment: 'Ä comment', lpVersion: version, lpBlob: blob };
      expect(registry.register('The Service', [at('192.0.2.1', 80)], more)).toBe(0);
      const found = registry.find('the service') as WSAQUERYSETW[];
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({
        lpszServiceInstanceName: 'The Service',
        lpServiceClassId: CLASS,
        dwNameSpace: registry.nameSpace,
        lpNSProviderId: REGISTRY,
        lpcsaBuffer: [at('192.0.2.1', 80)],
        ...more,
      });
      expect(registry.find('another')).toBe(WSASERVICE_NOT_FOUND);
      expect(registry.find('The Service', { lpServiceClassId: REGISTRY })).toBe(WSASERVICE_NOT_FOUND);
      expect(registry.find('The Service', { dwNameSpace: NS_DNS, lpNSProviderId: null })).not.toMatchObject([
        { lpServiceClassId: CLASS },
      ]);
    });

    it('names all services of a class to who gives no name', () => {
      const registry = user();
      for (const name of ['b', 'a', 'c']) registry.register(name, [at('192.0.2.1', 1)]);
      registry.register('other', [at('192.0.2.1', 1)], { lpServiceClassId: REGISTRY });
      expect(registry.names()).toEqual(['a', 'b', 'c']);
      expect(registry.find('a', { lpServiceClassId: null })).toMatchObject([{ lpServiceClassId: CLASS }]);
    });

    it('names all services of a port', () => {
      const registry = user();
      for (const name of ['b', 'a'])
        registry.register(name, [at('192.0.2.1', 80)], { lpServiceClassId: SVCID_TCP(80) });
      const found = registry.find(null, { lpServiceClassId: SVCID_TCP(80) }) as WSAQUERYSETW[];
      expect(found.map((each) => each.lpszServiceInstanceName).sort()).toEqual(['a', 'b']);
    });

    it('returns what LUP_ flags ask for', () => {
      const registry = user();
      registry.register('x', [at('192.0.2.1', 1)], { lpszComment: 'c' });
      const [name] = registry.find('x', {}, LUP_RETURN_NAME) as WSAQUERYSETW[];
      expect([name?.lpszServiceInstanceName, name?.lpszComment ?? null, name?.lpcsaBuffer ?? null]).toEqual([
        'x',
        null,
        null,
      ]);
      const [address] = registry.find('x', {}, LUP_RETURN_ADDR) as WSAQUERYSETW[];
      expect([address?.lpszServiceInstanceName ?? null, address?.lpcsaBuffer?.length]).toEqual([null, 1]);
      expect(registry.find('x', {}, LUP_CONTAINERS)).toBe(WSANO_DATA);
    });

    it('compares versions, and looks only for the protocols that are asked for', () => {
      const registry = user();
      registry.register('x', [at('192.0.2.1', 1)], { lpVersion: { dwVersion: 3, ecHow: 0 } });
      const found = (dwVersion: number, ecHow: number): boolean =>
        typeof registry.find('x', { lpVersion: { dwVersion, ecHow } }) !== 'number';
      expect([found(3, COMP_EQUAL), found(2, COMP_EQUAL), found(2, COMP_NOTLESS), found(4, COMP_NOTLESS)]).toEqual([
        true,
        false,
        true,
        false,
      ]);
      const over = (iProtocol: number, iAddressFamily = AF_INET): unknown =>
        registry.ports('x', { dwNumberOfProtocols: 1, lpafpProtocols: [{ iAddressFamily, iProtocol }] });
      expect([over(IPPROTO_TCP), over(IPPROTO_UDP), over(IPPROTO_TCP, AF_INET6)]).toEqual([
        [1],
        WSANO_DATA,
        WSANO_DATA,
      ]);
    });

    it('keeps services of the same name apart by context', () => {
      const registry = user();
      registry.register('x', [at('192.0.2.1', 1)]);
      registry.register('x', [at('192.0.2.1', 2)], { lpszContext: 'office' });
      expect([registry.ports('x'), registry.ports('x', { lpszContext: '\\' })]).toEqual([[1], [1]]);
      expect([registry.ports('x', { lpszContext: 'office' }), registry.ports('x', { lpszContext: 'home' })]).toEqual([
        [2],
        WSASERVICE_NOT_FOUND,
      ]);
    });

    describe('RNRSERVICE_REGISTER', () => {
      it('replaces the service that is there, with all that was said of it', () => {
        const registry = user();
        registry.register('x', [at('192.0.2.1', 1), at('192.0.2.1', 2)], { lpszComment: 'old' });
        expect(registry.register('X', [at('192.0.2.1', 3)])).toBe(0);
        expect(registry.find('x')).toMatchObject([{ lpszServiceInstanceName: 'X', lpcsaBuffer: [at('192.0.2.1', 3)] }]);
        expect((registry.find('x') as WSAQUERYSETW[])[0]!.lpszComment ?? null).toBeNull();
      });

      it('adds addresses with SERVICE_MULTIPLE, each once, and keeps what is not said anew', () => {
        const registry = user();
        expect(registry.add('x', [at('192.0.2.1', 1)], { lpszComment: 'first' })).toBe(0);
        expect(registry.add('x', [at('192.0.2.1', 2), at('192.0.2.1', 1)])).toBe(0);
        expect(registry.ports('x')).toEqual([1, 2]);
        expect(registry.find('x')).toMatchObject([{ lpszComment: 'first' }]);
      });
    });

    describe('RNRSERVICE_DEREGISTER', () => {
      it('takes the addresses away; the name is known, and has no data', () => {
        const registry = user();
        registry.register('x', [at('192.0.2.1', 1)], { lpszComment: 'kept' });
        expect(registry.deregister('x')).toBe(0);
        expect([registry.find('x'), registry.names()]).toEqual([WSANO_DATA, WSANO_DATA]);
        // What was said of it is remembered.
        registry.add('x', [at('192.0.2.1', 2)]);
        expect(registry.find('x')).toMatchObject([{ lpszComment: 'kept', lpcsaBuffer: [at('192.0.2.1', 2)] }]);
      });

      it('takes those away that are named with SERVICE_MULTIPLE, and they must be the same', () => {
        const registry = user();
        registry.register('x', [at('192.0.2.1', 1), at('192.0.2.1', 2)]);
        registry.deregister('x', [at('192.0.2.1', 2), { ...at('192.0.2.1', 1), iSocketType: 7 }], SERVICE_MULTIPLE);
        expect(registry.ports('x')).toEqual([1]);
        registry.deregister('x', [{ ...at('192.0.2.1', 1), iProtocol: -1 }], SERVICE_MULTIPLE);
        expect(registry.ports('x')).toBe(WSANO_DATA);
      });

      it('refuses a service that is not there', () => {
        expect(user().deregister('x')).toBe(WSASERVICE_NOT_FOUND);
      });
    });

    describe('RNRSERVICE_DELETE', () => {
      it('forgets the service', () => {
        const registry = user();
        registry.register('x', [at('192.0.2.1', 1)]);
        expect([registry.delete('x'), registry.find('x'), registry.delete('x')]).toEqual([
          0,
          WSASERVICE_NOT_FOUND,
          WSASERVICE_NOT_FOUND,
        ]);
      });

      it('forgets it with its last address with SERVICE_MULTIPLE', () => {
        const registry = user();
        registry.register('x', [at('192.0.2.1', 1), at('192.0.2.1', 2)]);
        registry.delete('x', [at('192.0.2.1', 1)], SERVICE_MULTIPLE);
        expect(registry.ports('x')).toEqual([2]);
        registry.delete('x', [at('192.0.2.1', 2)], SERVICE_MULTIPLE);
        expect(registry.ports('x')).toBe(WSASERVICE_NOT_FOUND);
      });
    });

    it.each<[string, string, Partial<WSAQUERYSETW>]>([
      ['a name', '', {}],
      ['a class', 'x', { lpServiceClassId: null }],
    ])('refuses a registration without %s', (_, name, more) => {
      expect(user().register(name, [at('192.0.2.1', 1)], more)).toBe(WSAEINVAL);
    });

    it('refuses an address that is none, and keeps nothing of it', () => {
      const registry = user();
      const bad = { lpSockaddr: new Uint8Array([2, 0, 1]), iSockaddrLength: 3 };
      expect(registry.register('x', [{ ...at('192.0.2.1', 1), RemoteAddr: bad }])).toBe(WSAEINVAL);
      expect([registry.find('x'), registry.defects]).toEqual([WSASERVICE_NOT_FOUND, []]);
    });

    it('has hosts that SetAddrInfoEx registered found by getaddrinfo, gethostbyname and their address', () => {
      const registry = user();
      const { ws2 } = registry;
      const address = (lpSockaddr: Uint8Array) => ({ lpSockaddr, iSockaddrLength: lpSockaddr.length });
      const addresses = [address(sockaddr_in('192.0.2.7', 0)), address(sockaddr_in6('2001:db8::7', 0))];
      expect(
        ws2.SetAddrInfoEx('my-host', null, addresses, 2, null, 0, registry.nameSpace, null, null, null, null, null),
      ).toBe(0);
      const result = ref<addrinfo | null>(null);
      expect(ws2.getaddrinfo('MY-host', '80', { ai_family: AF_INET }, result)).toBe(0);
      expect(result.value?.ai_addr).toEqual(sockaddr_in('192.0.2.7', 80));
      expect(ws2.gethostbyname('my-host')).toMatchObject({
        h_name: 'my-host',
        h_addr_list: [new Uint8Array([192, 0, 2, 7])],
      });
      expect(ws2.gethostbyaddr(new Uint8Array([192, 0, 2, 7]), 4, AF_INET)?.h_name).toBe('my-host');
      expect(registry.find('2001:db8::7', { lpServiceClassId: SVCID_INET_HOSTADDRBYINETSTRING })).toMatchObject([
        { lpszServiceInstanceName: 'my-host' },
      ]);
      // A host answers for every port; a service that is registered with its port, for that.
      expect(registry.ports('my-host', { lpServiceClassId: SVCID_TCP(7) })).toContain(7);
      registry.register('my-host', [at('192.0.2.8', 7)], { lpServiceClassId: SVCID_TCP(7) });
      expect(registry.find('my-host', { lpServiceClassId: SVCID_TCP(7) })).toMatchObject([
        { lpcsaBuffer: [at('192.0.2.8', 7)] },
      ]);
      expect(
        ws2.SetAddrInfoEx('my-host', null, null, 0, null, 0, registry.nameSpace, null, null, null, null, null),
      ).toBe(0);
      expect(registry.find('my-host', { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME })).toBe(WSASERVICE_NOT_FOUND);
    });

    describe('keeps service classes', () => {
      const INFO: WSASERVICECLASSINFOW = {
        lpServiceClassId: CLASS,
        lpszServiceClassName: 'chess',
        dwCount: 1,
        lpClassInfos: [
          {
            lpszName: SERVICE_TYPE_VALUE_TCPPORT,
            dwNameSpace: NS_DNS,
            dwValueType: 4,
            dwValueSize: 4,
            lpValue: new Uint8Array([0x39, 0x30, 0, 0]),
          },
        ],
      };
      const error = (registry: RegistryUser, result: number): number =>
        result === 0 ? 0 : registry.ws2.WSAGetLastError();

      it('until they are removed, which a service of the class forbids', () => {
        const registry = user();
        const { ws2 } = registry;
        const install = (): number => error(registry, ws2.WSAInstallServiceClass(INFO));
        const remove = (): number => error(registry, ws2.WSARemoveServiceClass(CLASS));
        expect([install(), install()]).toEqual([0, WSAEALREADY]);
        const out: WSASERVICECLASSINFOW[] = [];
        expect([ws2.WSAGetServiceClassInfo(REGISTRY, CLASS, ref(1000), out), out]).toEqual([0, [INFO]]);
        registry.register('x', [at('192.0.2.1', 1)]);
        expect(remove()).toBe(WSAETOOMANYREFS);
        registry.deregister('x');
        expect([remove(), remove()]).toEqual([0, WSATYPE_NOT_FOUND]);
        expect(error(registry, ws2.WSAGetServiceClassInfo(REGISTRY, CLASS, ref(1000), out))).toBe(WSATYPE_NOT_FOUND);
      });

      it('by whose names and ports getservbyname knows them, and GetTypeByName', () => {
        const registry = user();
        const { ws2 } = registry;
        ws2.WSAInstallServiceClass(INFO);
        expect(ws2.getservbyname('Chess', 'tcp')).toMatchObject({ s_name: 'chess', s_port: 0x3930, s_proto: 'tcp' });
        expect(ws2.getservbyport(0x3930, 'tcp')?.s_name).toBe('chess');
        expect(registry.find('chess', { lpServiceClassId: SVCID_INET_SERVICEBYNAME }, LUP_RETURN_TYPE)).toMatchObject([
          { lpServiceClassId: CLASS },
        ]);
        const type = ref('');
        expect([ws2.GetTypeByName('chess', type), type.value]).toEqual([0, CLASS]);
      });
    });

    describe('tells of changes by SIO_NSP_NOTIFY_CHANGE', () => {
      it('of those alone that change the answer', () => {
        const registry = user();
        registry.register('there', [at('192.0.2.1', 1)]);
        const watch = watching(registry, 'there');
        expect([watch.ask(), watch.poll()]).toEqual([WSA_IO_PENDING, WSAEWOULDBLOCK]);
        registry.register('another', [at('192.0.2.1', 1)]);
        registry.register('there', [at('192.0.2.1', 1)]);
        expect(watch.isTold(100)).toBe(false);
        registry.register('there', [at('192.0.2.1', 2)]);
        expect([watch.isTold(5000), watch.poll()]).toEqual([true, WSAEWOULDBLOCK]);
        watch.ask();
        registry.delete('there');
        expect([watch.isTold(5000), watch.poll()]).toEqual([true, WSAEWOULDBLOCK]);
      });
    });
  });
}

// The registry: services and classes in a file that processes share, or in memory.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  NS_LOCALNAME,
  NSP_NOTIFY_EVENT,
  ref,
  RNRSERVICE_REGISTER,
  SERVICE_MULTIPLE,
  SERVICE_TYPE_VALUE_TCPPORT,
  SIO_NSP_NOTIFY_CHANGE,
  sockaddr_in,
  sockaddr_in6,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP,
  VirtualClock,
  WSA_E_NO_MORE,
  WSA_IO_PENDING,
  WSA_WAIT_EVENT_0,
  WSAEALREADY,
  WSAEINVAL,
  WSAETOOMANYREFS,
  WSAEWOULDBLOCK,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSAOVERLAPPED,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type addrinfo,
  type WSAQUERYSETW,
  type WSASERVICECLASSINFOW,
} from 'ws2spi';
import { systemClock } from 'ws2spi/host';
import { createRegistry } from 'ws2spi/providers/namespaces/registry';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { at, CLASS, REGISTRY, RegistryUser } from './instance.js';

/** A registry in memory, or in a file of its own. */
function user(where: 'memory' | 'file'): RegistryUser {
  return new RegistryUser(createRegistry(where === 'memory' ? {} : { file: join(temporaryFolder(), 'registry.json') }));
}

/** A look-up that is asked to tell by an event. */
function watching(registry: RegistryUser, name: string | null) {
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

describe.each(['memory', 'file'] as const)('The registry, in %s', (where) => {
  it('finds a service as it was registered, by its name and class', () => {
    const registry = user(where);
    const version = { dwVersion: 3, ecHow: COMP_EQUAL };
    const blob = { cbSize: 3, pBlobData: new Uint8Array([1, 2, 255]) };
    const more = { lpszComment: 'Ä comment', lpVersion: version, lpBlob: blob };
    expect(registry.register('The Service', [at('192.0.2.1', 80)], more)).toBe(0);
    const found = registry.find('the service') as WSAQUERYSETW[];
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      lpszServiceInstanceName: 'The Service',
      lpServiceClassId: CLASS,
      dwNameSpace: NS_LOCALNAME,
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
    const registry = user(where);
    for (const name of ['b', 'a', 'c']) registry.register(name, [at('192.0.2.1', 1)]);
    registry.register('other', [at('192.0.2.1', 1)], { lpServiceClassId: REGISTRY });
    expect(registry.names()).toEqual(['a', 'b', 'c']);
    expect(registry.find('a', { lpServiceClassId: null })).toMatchObject([{ lpServiceClassId: CLASS }]);
  });

  it('returns what LUP_ flags ask for', () => {
    const registry = user(where);
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
    const registry = user(where);
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
    expect([over(IPPROTO_TCP), over(IPPROTO_UDP), over(IPPROTO_TCP, AF_INET6)]).toEqual([[1], WSANO_DATA, WSANO_DATA]);
  });

  it('keeps services of the same name apart by context', () => {
    const registry = user(where);
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
      const registry = user(where);
      registry.register('x', [at('192.0.2.1', 1), at('192.0.2.1', 2)], { lpszComment: 'old' });
      expect(registry.register('X', [at('192.0.2.1', 3)])).toBe(0);
      expect(registry.find('x')).toMatchObject([{ lpszServiceInstanceName: 'X', lpcsaBuffer: [at('192.0.2.1', 3)] }]);
      expect((registry.find('x') as WSAQUERYSETW[])[0]!.lpszComment ?? null).toBeNull();
    });

    it('adds addresses with SERVICE_MULTIPLE, each once, and keeps what is not said anew', () => {
      const registry = user(where);
      expect(registry.add('x', [at('192.0.2.1', 1)], { lpszComment: 'first' })).toBe(0);
      expect(registry.add('x', [at('192.0.2.1', 2), at('192.0.2.1', 1)])).toBe(0);
      expect(registry.ports('x')).toEqual([1, 2]);
      expect(registry.find('x')).toMatchObject([{ lpszComment: 'first' }]);
    });
  });

  describe('RNRSERVICE_DEREGISTER', () => {
    it('takes the addresses away; the name is known, and has no data', () => {
      const registry = user(where);
      registry.register('x', [at('192.0.2.1', 1)], { lpszComment: 'kept' });
      expect(registry.deregister('x')).toBe(0);
      expect([registry.find('x'), registry.names()]).toEqual([WSANO_DATA, WSANO_DATA]);
      // What was said of it is remembered.
      registry.add('x', [at('192.0.2.1', 2)]);
      expect(registry.find('x')).toMatchObject([{ lpszComment: 'kept', lpcsaBuffer: [at('192.0.2.1', 2)] }]);
    });

    it('takes those away that are named with SERVICE_MULTIPLE, and they must be the same', () => {
      const registry = user(where);
      registry.register('x', [at('192.0.2.1', 1), at('192.0.2.1', 2)]);
      registry.deregister('x', [at('192.0.2.1', 2), { ...at('192.0.2.1', 1), iSocketType: 7 }], SERVICE_MULTIPLE);
      expect(registry.ports('x')).toEqual([1]);
      registry.deregister('x', [{ ...at('192.0.2.1', 1), iProtocol: -1 }], SERVICE_MULTIPLE);
      expect(registry.ports('x')).toBe(WSANO_DATA);
    });

    it('refuses a service that is not there', () => {
      expect(user(where).deregister('x')).toBe(WSASERVICE_NOT_FOUND);
    });
  });

  describe('RNRSERVICE_DELETE', () => {
    it('forgets the service', () => {
      const registry = user(where);
      registry.register('x', [at('192.0.2.1', 1)]);
      expect([registry.delete('x'), registry.find('x'), registry.delete('x')]).toEqual([
        0,
        WSASERVICE_NOT_FOUND,
        WSASERVICE_NOT_FOUND,
      ]);
    });

    it('forgets it with its last address with SERVICE_MULTIPLE', () => {
      const registry = user(where);
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
    expect(user(where).register(name, [at('192.0.2.1', 1)], more)).toBe(WSAEINVAL);
  });

  it('refuses an address that is none, and keeps nothing of it', () => {
    const registry = user(where);
    const bad = { lpSockaddr: new Uint8Array([2, 0, 1]), iSockaddrLength: 3 };
    expect(registry.register('x', [{ ...at('192.0.2.1', 1), RemoteAddr: bad }])).toBe(WSAEINVAL);
    expect([registry.find('x'), registry.defects]).toEqual([WSASERVICE_NOT_FOUND, []]);
  });

  it('has hosts that SetAddrInfoEx registered found by getaddrinfo, gethostbyname and their address', () => {
    const registry = user(where);
    const { ws2 } = registry;
    const address = (lpSockaddr: Uint8Array) => ({ lpSockaddr, iSockaddrLength: lpSockaddr.length });
    const addresses = [address(sockaddr_in('192.0.2.7', 0)), address(sockaddr_in6('2001:db8::7', 0))];
    expect(ws2.SetAddrInfoEx('my-host', null, addresses, 2, null, 0, NS_LOCALNAME, null, null, null, null, null)).toBe(
      0,
    );
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
    expect(ws2.SetAddrInfoEx('my-host', null, null, 0, null, 0, NS_LOCALNAME, null, null, null, null, null)).toBe(0);
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
      const registry = user(where);
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
      const registry = user(where);
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
      const registry = user(where);
      registry.register('there', [at('192.0.2.1', 1)]);
      const watch = watching(registry, 'there');
      expect([watch.ask(), watch.poll()]).toEqual([WSA_IO_PENDING, WSAEWOULDBLOCK]);
      registry.register('another', [at('192.0.2.1', 1)]);
      registry.register('there', [at('192.0.2.1', 1)]);
      expect(watch.isTold()).toBe(false);
      registry.register('there', [at('192.0.2.1', 2)]);
      expect([watch.isTold(), watch.poll()]).toEqual([true, WSAEWOULDBLOCK]);
      registry.delete('there');
      expect([watch.poll(), watch.poll()]).toEqual([0, WSAEWOULDBLOCK]);
    });
  });
});

describe('The registry, in memory', () => {
  it('is the instance’s own', () => {
    const [one, other] = [user('memory'), user('memory')];
    one.register('x', [at('192.0.2.1', 1)]);
    expect([one.ports('x'), other.ports('x')]).toEqual([[1], WSASERVICE_NOT_FOUND]);
  });
});

describe('The registry, in a file', () => {
  const fileIn = (folder: string): string => join(folder, 'registry.json');

  it('is shared by instances, and tells one of what another does', () => {
    const file = fileIn(temporaryFolder());
    const [one, other] = [new RegistryUser(createRegistry({ file })), new RegistryUser(createRegistry({ file }))];
    one.register('x', [at('192.0.2.1', 1)]);
    expect(other.ports('x')).toEqual([1]);
    other.delete('x');
    expect(one.ports('x')).toBe(WSASERVICE_NOT_FOUND);
  });

  it('tells of what another process does, though a call waits', () => {
    const file = fileIn(temporaryFolder());
    const clock = systemClock();
    const [one, other] = [
      new RegistryUser(createRegistry({ file }), { clock }),
      new RegistryUser(createRegistry({ file })),
    ];
    const watch = watching(one, null);
    expect(watch.ask()).toBe(WSA_IO_PENDING);
    other.register('x', [at('192.0.2.1', 1)]);
    expect(watch.isTold(10_000)).toBe(true);
  });

  it('lies beside the catalog, for its user alone', () => {
    const folder = temporaryFolder();
    const registry = new RegistryUser(createRegistry(), { catalog: join(folder, 'catalog.json') });
    expect(registry.register('x', [at('192.0.2.1', 1)])).toBe(0);
    expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600);
  });

  it('keeps generations, no more than a few, and leaves no lock', () => {
    const folder = temporaryFolder();
    const registry = new RegistryUser(createRegistry({ file: fileIn(folder) }));
    for (let port = 1; port <= 8; port++) registry.register('x', [at('192.0.2.1', port)]);
    expect(readdirSync(folder).sort()).toEqual([
      'registry.json',
      'registry.json.6',
      'registry.json.7',
      'registry.json.8',
    ]);
  });

  it.each([
    ['an empty file', '', 'is empty'],
    ['half a file', '{"format": "ws2spi-reg', 'was cut off'],
    ['something else', '{"format": "other"}', 'is no registry'],
    ['a later version', '{"format": "ws2spi-registry", "version": 2}', 'has version 2'],
    ['a list', '[]', 'is no registry'],
    ['what lacks its services', '{"format": "ws2spi-registry", "version": 1, "serial": 1}', 'lacks'],
  ])('refuses %s, says so, and leaves it as it is', (_, text, reason) => {
    const file = fileIn(temporaryFolder());
    writeFileSync(file, text);
    const registry = new RegistryUser(createRegistry({ file }));
    expect([registry.find('x'), registry.register('x', [at('192.0.2.1', 1)])]).toEqual([
      WSANO_RECOVERY,
      WSANO_RECOVERY,
    ]);
    expect(registry.defects[0]?.message).toContain(file);
    expect(registry.defects[0]?.message).toContain(reason);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('uses what is sound of a file with damaged entries, and writes those back as they were', () => {
    const file = fileIn(temporaryFolder());
    const registry = new RegistryUser(createRegistry({ file }));
    registry.register('x', [at('192.0.2.1', 1)]);
    const text = readFileSync(file, 'utf8').replace('"services": [', '"services": [ {"name": 7}, null,');
    writeFileSync(file, text);
    expect(registry.ports('x')).toEqual([1]);
    registry.register('y', [at('192.0.2.1', 2)]);
    expect(registry.names()).toEqual(['x', 'y']);
    expect(readFileSync(file, 'utf8')).toContain('{"name":7}');
  });

  it('says that it cannot be read, where a folder lies in its place', () => {
    const folder = temporaryFolder();
    mkdirSync(fileIn(folder));
    const registry = new RegistryUser(createRegistry({ file: fileIn(folder) }));
    expect(typeof registry.find('x')).toBe('number');
    expect(registry.register('x', [at('192.0.2.1', 1)])).not.toBe(0);
    expect(registry.defects[0]?.message).toContain('is a folder');
  });

  it('tries again while somebody else changes it, and says at last who does', () => {
    const folder = temporaryFolder();
    const file = fileIn(folder);
    const clock = new VirtualClock();
    const registry = new RegistryUser(createRegistry({ file, lockTimeout: 3000 }), { clock });
    registry.register('x', [at('192.0.2.1', 1)]);
    // Whether it lives cannot be seen from here.
    writeFileSync(`${file}.lock`, JSON.stringify({ pid: 7, start: '1', host: 'another-machine', token: 'f00d' }));
    expect(registry.set(RNRSERVICE_REGISTER, 'y', [at('192.0.2.1', 2)])).toBe(WSATRY_AGAIN);
    expect(clock.now()).toBeGreaterThanOrEqual(3000);
    expect(registry.defects[0]?.message).toContain(`${file}.lock`);
  });

  it('refuses options that are none', () => {
    expect(() => createRegistry({ fiel: 'x' } as object)).toThrow('"file"');
    expect(() => createRegistry({ file: '' })).toThrow('a path');
    expect(() => createRegistry({ nameSpace: 0 })).toThrow('an NS_ number');
  });
});

it('A query of the registry that is over says so', () => {
  const registry = user('memory');
  registry.register('x', [at('192.0.2.1', 1)]);
  const handle = ref(0);
  const { ws2 } = registry;
  ws2.WSALookupServiceBegin(
    { dwSize: 60, lpszServiceInstanceName: 'x', lpServiceClassId: CLASS },
    LUP_RETURN_NAME,
    handle,
  );
  const out: WSAQUERYSETW[] = [];
  ws2.WSALookupServiceNext(handle.value, 0, ref(1000), out);
  expect([ws2.WSALookupServiceNext(handle.value, 0, ref(1000), out), ws2.WSAGetLastError()]).toEqual([
    -1,
    WSA_E_NO_MORE,
  ]);
});

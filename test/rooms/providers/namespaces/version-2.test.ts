import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  INSTANCE,
  NSPV2_REQUIRED_NAMES,
  ref,
  RNRSERVICE_REGISTER,
  SERVICE_MULTIPLE,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  SVCID_INET_HOSTADDRBYNAME,
  VirtualClock,
  WSA_E_CANCELLED,
  WSA_E_NO_MORE,
  WSA_IO_PENDING,
  WSAEACCES,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINTR,
  WSAEINVAL,
  WSAEINVALIDPROCTABLE,
  WSAEINVALIDPROVIDER,
  WSAEOPNOTSUPP,
  WSAEPROVIDERFAILEDINIT,
  WSAETIMEDOUT,
  WSANO_RECOVERY,
  WSANOTINITIALISED,
  WSAOVERLAPPED,
  WSASERVICE_NOT_FOUND,
  WSASYSCALLFAILURE,
  WSATRY_AGAIN,
  type addrinfo,
  type NSPV2_ROUTINES,
  type WSAQUERYSETW,
  type Ws2_32,
} from 'ws2spi';
import { idOf, lookUp, nameInstance, scriptedProvider, type NameInstanceOptions } from './fixtures.js';
import { hostResult, laterProvider, type LaterProvider } from './later-provider.js';

const HOST = hostResult('host', 192, 0, 2, 7);
const QUERY = { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: 'host' };
const result = (name: string): WSAQUERYSETW => ({ dwSize: 60, lpszServiceInstanceName: name });
const names = (results: readonly WSAQUERYSETW[]): unknown[] => results.map((each) => each.lpszServiceInstanceName);

/** An instance whose only provider is one of version 2, advertised; its clock is virtual. */
function advertised(provider: LaterProvider, options: NameInstanceOptions = {}) {
  const clock = new VirtualClock();
  const instance = nameInstance([{ name: 'later', module: {} }], { clock, ...options });
  if (instance.ws2.WSAAdvertiseProvider(idOf(0), provider.routines) !== 0) throw new Error('not advertised');
  return { ...instance, clock };
}

function begin(ws2: Ws2_32): number {
  const handle = ref(0);
  if (ws2.WSALookupServiceBegin({ dwSize: 60, ...QUERY }, 0, handle) !== 0) throw new Error('begin failed');
  return handle.value;
}

/** Makes the provider's answers come in the providers' phase, after some time. */
function after(provider: LaterProvider, milliseconds: number, action: () => void): void {
  provider.host.setTimer(provider.host.clock.now() + milliseconds, action);
}

describe.each(['memory', 'tcpip'] as const)('A provider of version 2, on %s', (base) => {
  it.each([0, 1, 5000])('is waited for by gethostbyname when it answers after %i ms', (delay) => {
    const provider = laterProvider([HOST], delay);
    const { ws2, clock, defects } = advertised(provider, { base });
    expect(ws2.gethostbyname('host')?.h_addr_list).toEqual([new Uint8Array([192, 0, 2, 7])]);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(clock.now()).toBe(delay);
    expect(provider.calls.filter((name) => name === 'NSPv2LookupServiceEnd')).toHaveLength(1);
    expect(ws2.gethostbyname('host')).not.toBeNull();
    expect(ws2.gethostbyname('')?.h_name).toBe('host');
    expect(defects).toEqual([]);
  });

  it.each([0, 700])('gives its results to WSALookupServiceNext one by one, %i ms each', (delay) => {
    const provider = laterProvider([result('a'), result('b')], delay);
    const { ws2, clock } = advertised(provider, { base });
    expect(lookUp(ws2, QUERY, 0)).toEqual({ begin: 0, results: [result('a'), result('b')], end: WSA_E_NO_MORE });
    expect(clock.now()).toBe(3 * delay);
  });
});

describe('A provider of version 2', () => {
  it('is asked with what version 1 is asked with, and has a session', () => {
    const provider = laterProvider([HOST], 0);
    const { ws2 } = advertised(provider);
    ws2.gethostbyname('host');
    expect(provider.last.get('NSPv2Startup')?.slice(0, 2)).toEqual([idOf(0), { value: 'session' }]);
    const [id, restrictions, flags, session] = provider.last.get('NSPv2LookupServiceBegin') as unknown[];
    expect([id, typeof flags, session]).toEqual([idOf(0), 'number', 'session']);
    expect(restrictions).toMatchObject({ dwSize: 60, ...QUERY });
    const [hAsyncCall, , , length] = provider.last.get('NSPv2LookupServiceNextEx') as [number, number, number, unknown];
    expect(hAsyncCall % 4).toBe(0);
    expect(hAsyncCall).not.toBe(0);
    expect(length).toEqual({ value: 0xffffffff });
  });

  it('has another handle for each call', () => {
    const provider = laterProvider([result('a'), result('b')], null);
    const { ws2 } = advertised(provider);
    const handles = new Set<number>();
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall) => {
      handles.add(hAsyncCall);
      provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, WSA_E_NO_MORE);
    };
    lookUp(ws2, QUERY, 0);
    lookUp(ws2, QUERY, 0);
    expect(handles.size).toBe(2);
  });

  it('stands in line with providers of version 1', () => {
    const later = laterProvider([result('later')], 100);
    const clock = new VirtualClock();
    const { ws2 } = nameInstance(
      [
        { name: 'a', module: scriptedProvider([result('a')]) },
        { name: 'later', module: {} },
        { name: 'b', module: scriptedProvider([result('b')]) },
      ],
      { clock },
    );
    ws2.WSAAdvertiseProvider(idOf(1), later.routines);
    expect(lookUp(ws2, QUERY, 0)).toMatchObject({ results: ['a', 'later', 'b'].map(result), end: WSA_E_NO_MORE });
  });

  it('holds up no other socket while it is waited for', () => {
    const provider = laterProvider([HOST], 5000);
    const { ws2 } = advertised(provider);
    const [from, to] = [ws2.socket(AF_INET, SOCK_DGRAM, 0), ws2.socket(AF_INET, SOCK_DGRAM, 0)];
    const name = new Uint8Array(16);
    ws2.bind(to, sockaddr_in('127.0.0.1', 0), 16);
    ws2.getsockname(to, name, ref(16));
    const buffer = new Uint8Array(4);
    const overlapped = new WSAOVERLAPPED();
    expect(ws2.WSARecv(to, [{ len: 4, buf: buffer }], 1, null, ref(0), overlapped, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
    ws2.gethostbyname('host');
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall) => {
      after(provider, 10, () => ws2.sendto(from, Uint8Array.of(1, 2), 2, 0, name, 16));
      after(provider, 20, () => {
        expect(overlapped.InternalHigh).toBe(2);
        provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, WSATRY_AGAIN);
      });
    };
    expect(ws2.gethostbyname('host')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSATRY_AGAIN);
    expect([...buffer.subarray(0, 2)]).toEqual([1, 2]);
  });

  it('keeps a result that there is no room for, and says how much it takes', () => {
    const provider = laterProvider([], null);
    const { ws2 } = advertised(provider);
    const handle = begin(ws2);
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall, _handle, _flags, length, results) => {
      after(provider, 5, () => {
        const fits = results !== null && length.value >= 100;
        if (fits) results.push(result('kept'));
        else length.value = 100;
        provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, fits ? 0 : WSAEFAULT);
      });
    };
    for (const room of [null, []]) {
      const length = ref(60);
      expect(ws2.WSALookupServiceNext(handle, 0, length, room)).toBe(-1);
      expect([ws2.WSAGetLastError(), length.value]).toEqual([WSAEFAULT, 100]);
    }
    const out: WSAQUERYSETW[] = [];
    expect(ws2.WSALookupServiceNext(handle, 0, ref(100), out)).toBe(0);
    expect(names(out)).toEqual(['kept']);
  });

  it('leaves the last error of the application alone while it answers', () => {
    const provider = laterProvider([], null);
    const { ws2, clock } = advertised(provider);
    ws2.gethostbyname('host');
    after(provider, 10, () => {
      provider.host.setLastError(WSAEACCES);
      provider.waiting[0]?.answer(-1);
      ws2.WSASetLastError(77);
    });
    clock.advance(10);
    expect(ws2.WSAGetLastError()).toBe(77);
  });
});

describe('A provider that never answers', () => {
  it('makes a deadlock, which is reported with its name', () => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider);
    expect(ws2.gethostbyname('host')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSAEINTR);
    expect(defects).toHaveLength(1);
    expect(defects[0]?.message).toMatch(
      /deadlock[^]*gethostbyname[^]*"later" has not completed NSPv2LookupServiceNextEx/,
    );
    expect(provider.calls.at(-1)).toBe('NSPv2LookupServiceEnd');
  });

  it('has its answer ignored once the query was ended', () => {
    const provider = laterProvider([], null);
    const { ws2, clock, defects } = advertised(provider);
    ws2.gethostbyname('host');
    const before = defects.length;
    expect(provider.waiting[0]?.answer(HOST)).toBe(0);
    clock.advance(1);
    expect(defects).toHaveLength(before);
    expect(ws2.gethostbyname('other')).toBeNull();
  });

  it('has the result that comes after an interrupted WSALookupServiceNext taken by the next one', () => {
    const provider = laterProvider([], null);
    const { ws2 } = advertised(provider);
    const handle = begin(ws2);
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_E_CANCELLED);
    provider.waiting[0]?.answer(result('late'));
    const out: WSAQUERYSETW[] = [];
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), out)).toBe(0);
    expect(names(out)).toEqual(['late']);
    expect(provider.calls.filter((name) => name === 'NSPv2LookupServiceNextEx')).toHaveLength(1);
  });

  it('has the call that an interrupted WSALookupServiceNext left taken up by the next one', () => {
    const provider = laterProvider([], null);
    const { ws2 } = advertised(provider);
    const handle = begin(ws2);
    ws2.WSALookupServiceNext(handle, 0, ref(500), []);
    after(provider, 30, () => provider.waiting[0]?.answer(result('late')));
    const out: WSAQUERYSETW[] = [];
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), out)).toBe(0);
    expect(names(out)).toEqual(['late']);
    expect(provider.calls.filter((name) => name === 'NSPv2LookupServiceNextEx')).toHaveLength(1);
  });

  it('is given up by WSACancelBlockingCall', () => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider, { version: 0x0101 });
    let rounds = 0;
    ws2.WSASetBlockingHook(() => {
      if (++rounds === 3) {
        expect(ws2.gethostbyname('host')).toBeNull();
        expect(ws2.WSAGetLastError()).toBe(WSAEINPROGRESS);
        expect(ws2.WSACancelBlockingCall()).toBe(0);
      }
      return false;
    });
    expect(ws2.gethostbyname('host')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSAEINTR);
    expect(rounds).toBe(3);
    expect(provider.waiting[0]?.answer(HOST)).toBe(0);
    expect(defects).toEqual([]);
  });

  it('does not keep an instance from being disposed of', () => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider, { version: 0x0101 });
    ws2.WSASetBlockingHook(() => (ws2[Symbol.dispose](), false));
    expect(ws2.gethostbyname('host')).toBeNull();
    expect(provider.calls.slice(-3)).toEqual(['NSPv2LookupServiceEnd', 'NSPv2ClientSessionRundown', 'NSPv2Cleanup']);
    expect(defects).toEqual([]);
  });

  it('is given up by WSAConnectByName when its time is up', () => {
    const provider = laterProvider([], null);
    const { ws2, clock, defects } = advertised(provider);
    const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
    const timeout = { tv_sec: 2, tv_usec: 500_000 };
    expect(ws2.WSAConnectByName(s, 'host', '80', null, null, null, null, timeout, null)).toBe(false);
    expect(ws2.WSAGetLastError()).toBe(WSAETIMEDOUT);
    expect(clock.now()).toBe(2500);
    expect(defects).toEqual([]);
  });
});

describe('A defective provider of version 2', () => {
  type NextEx = NSPV2_ROUTINES['NSPv2LookupServiceNextEx'];
  const complete =
    (provider: LaterProvider, code: unknown): NextEx =>
    (hAsyncCall) =>
      void provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, code as number);

  it.each<[string, (provider: LaterProvider) => NextEx, RegExp]>([
    ['throws', () => () => fault(), /^name-space provider "later": NSPv2LookupServiceNextEx threw$/],
    [
      'throws after it has completed the call',
      (provider) => (hAsyncCall, _handle, _flags, _length, results) => {
        results?.push(HOST);
        provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, 0);
        fault();
      },
      /threw/,
    ],
    ['returns a promise', () => (async () => undefined) as never, /returned a promise/],
    ['fails without an error', () => (() => -1) as never, /returned -1 and set the last error 0/],
    ['completes with nothing', (provider) => complete(provider, undefined), /completed with undefined for an error/],
    ['completes with text', (provider) => complete(provider, 'x'), /completed with a string/],
    ['completes with a fraction', (provider) => complete(provider, 1.5), /completed with 1.5/],
    ['completes with SOCKET_ERROR alone', (provider) => complete(provider, -1), /completed with -1/],
    ['gives no result', (provider) => complete(provider, 0), /gave 0 results/],
  ])('that %s fails the look-up, and is reported once', (_name, routine, message) => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider);
    provider.overrides.NSPv2LookupServiceNextEx = (...args) => {
      ws2.WSASetLastError(0);
      return routine(provider)(...args);
    };
    expect(ws2.gethostbyname('host')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSANO_RECOVERY);
    expect(defects).toHaveLength(1);
    expect(defects[0]?.message).toMatch(message);
    expect(defects[0]?.provider).toBe('later');
    // What was spoiled is that call alone.
    delete provider.overrides.NSPv2LookupServiceNextEx;
    after(provider, 5, () => provider.waiting[0]?.answer(HOST));
    expect(ws2.gethostbyname('host')).not.toBeNull();
  });

  it('may say SOCKET_ERROR and the last error, either way', () => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider);
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall) => {
      provider.host.setLastError(WSATRY_AGAIN);
      provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, -1);
    };
    expect([ws2.gethostbyname('host'), ws2.WSAGetLastError()]).toEqual([null, WSATRY_AGAIN]);
    provider.overrides.NSPv2LookupServiceNextEx = (() => {
      provider.host.setLastError(WSATRY_AGAIN);
      return -1;
    }) as never;
    expect([ws2.gethostbyname('host'), ws2.WSAGetLastError()]).toEqual([null, WSATRY_AGAIN]);
    expect(defects).toEqual([]);
  });

  it('that completes a call twice is reported, and has changed nothing', () => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider);
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall, _handle, _flags, _length, results) => {
      after(provider, 5, () => {
        results?.push(HOST);
        expect(provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, 0)).toBe(0);
        expect(provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, WSATRY_AGAIN)).toBe(-1);
        expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
      });
    };
    expect(ws2.gethostbyname('host')).not.toBeNull();
    expect(defects.map(({ message }) => message)).toEqual([
      'name-space provider "later": NSPv2LookupServiceNextEx was completed twice',
    ]);
  });

  it('that completes a later call in an earlier one’s name is not believed', () => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider);
    const handle = begin(ws2);
    const [first] = [0].map(() => {
      let call = 0;
      provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall, _handle, _flags, _length, results) => {
        call = hAsyncCall;
        results?.push(result('first'));
        provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, 0);
      };
      expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(0);
      return call;
    });
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall) => {
      after(provider, 1, () => provider.host.WSAProviderCompleteAsyncCall(first!, 0));
      after(provider, 2, () => provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, WSA_E_NO_MORE));
    };
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_E_NO_MORE);
    expect(defects).toHaveLength(1);
  });

  it('that gives useless results without end is left', () => {
    const provider = laterProvider([], null);
    const { ws2 } = advertised(provider);
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall, _handle, _flags, _length, results) => {
      results?.push(result('no host'));
      provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, 0);
    };
    expect([ws2.gethostbyname('host'), ws2.WSAGetLastError()]).toEqual([null, WSANO_RECOVERY]);
  });

  it.each(['NSPv2LookupServiceBegin', 'NSPv2LookupServiceEnd', 'NSPv2ClientSessionRundown', 'NSPv2Cleanup'] as const)(
    'that throws in %s is reported',
    (name) => {
      const provider = laterProvider([HOST], 0);
      const { ws2, defects } = advertised(provider);
      provider.overrides[name] = fault;
      ws2.gethostbyname('host');
      expect(ws2.WSACleanup()).toBe(0);
      expect(defects.map(({ message }) => message)).toEqual([`name-space provider "later": ${name} threw`]);
    },
  );
});

describe('WSAProviderCompleteAsyncCall', () => {
  it('works through the instance too', () => {
    const provider = laterProvider([], null);
    const { ws2 } = advertised(provider);
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall, _handle, _flags, _length, results) => {
      results?.push(HOST);
      expect(ws2.WSAProviderCompleteAsyncCall(hAsyncCall, 0)).toBe(0);
    };
    expect(ws2.gethostbyname('host')).not.toBeNull();
  });

  it.each([0, null, undefined, 'x', 4, 1_000_000])('refuses the handle %j', (handle) => {
    const { ws2, defects } = nameInstance([]);
    expect(ws2.WSAProviderCompleteAsyncCall(handle as number, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2[INSTANCE].providerHost.WSAProviderCompleteAsyncCall(handle as number, 0)).toBe(-1);
    expect(defects).toEqual([]);
  });

  it('needs WSAStartup', () => {
    const { ws2 } = nameInstance([]);
    ws2.WSACleanup();
    expect(ws2.WSAProviderCompleteAsyncCall(4, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });
});

describe('A session with a provider of version 2', () => {
  it('begins with its first use and ends with the last WSACleanup', () => {
    const provider = laterProvider([HOST], 0);
    const { ws2 } = advertised(provider);
    expect(provider.calls).toEqual([]);
    ws2.gethostbyname('host');
    const handle = begin(ws2);
    expect(provider.calls.filter((name) => name === 'NSPv2Startup')).toHaveLength(1);
    ws2.WSACleanup();
    expect(provider.calls.slice(-3)).toEqual(['NSPv2LookupServiceEnd', 'NSPv2ClientSessionRundown', 'NSPv2Cleanup']);
    expect(provider.last.get('NSPv2Cleanup')).toEqual([idOf(0), 'session']);
    expect(provider.last.get('NSPv2ClientSessionRundown')).toEqual([idOf(0), 'session']);
    expect(ws2.WSALookupServiceEnd(handle)).toBe(-1);
  });

  it.each<[string, () => number, RegExp]>([
    ['fails', () => -1, /returned -1 and set the last error 0/],
    ['throws', () => fault(), /NSPv2Startup threw/],
  ])('that does not begin because NSPv2Startup %s leaves the provider out', (_name, startup, message) => {
    const provider = laterProvider([HOST], 0);
    const { ws2, defects } = advertised(provider);
    provider.overrides.NSPv2Startup = startup;
    expect(lookUp(ws2, QUERY, 0).begin).toBe(WSAEPROVIDERFAILEDINIT);
    expect(defects[0]?.message).toMatch(message);
    expect(provider.calls).toEqual(['NSPv2Startup']);
  });

  it('is not needed: a provider may say WSAEOPNOTSUPP, or leave the routine out', () => {
    const provider = laterProvider([HOST], 0);
    const { ws2, defects } = advertised(provider);
    provider.overrides.NSPv2Startup = (_id, _session, host) => (host.setLastError(WSAEOPNOTSUPP), -1);
    expect(ws2.gethostbyname('host')).not.toBeNull();

    const other = laterProvider([HOST], 0);
    const { NSPv2LookupServiceBegin, NSPv2LookupServiceNextEx, NSPv2LookupServiceEnd } = other.routines;
    const table: Parameters<Ws2_32['WSAAdvertiseProvider']>[1] = {
      NSPv2LookupServiceBegin,
      NSPv2LookupServiceNextEx,
      NSPv2LookupServiceEnd,
    };
    const bare = nameInstance([{ name: 'later', module: {} }]);
    expect(bare.ws2.WSAAdvertiseProvider(idOf(0), table)).toBe(0);
    other.host = table.host!;
    expect(bare.ws2.gethostbyname('host')).not.toBeNull();
    expect(bare.ws2.WSACleanup()).toBe(0);
    expect([...defects, ...bare.defects]).toEqual([]);
  });
});

describe('A module of version 2', () => {
  it('may export the routines', () => {
    const provider = laterProvider([HOST], 10);
    const { ws2 } = nameInstance([{ name: 'later', module: { ...provider.routines } }], { clock: new VirtualClock() });
    expect(ws2.gethostbyname('host')).not.toBeNull();
  });

  it('may fill them in in NSPStartup', () => {
    const provider = laterProvider([HOST], 10);
    const module = {
      NSPStartup: (_id: string, table: object) => (Object.assign(table, provider.routines), 0),
    };
    const { ws2 } = nameInstance([{ name: 'later', module }], { clock: new VirtualClock() });
    expect(ws2.gethostbyname('host')).not.toBeNull();
  });

  it.each(NSPV2_REQUIRED_NAMES)('that exports NSPv2Startup must have %s', (name) => {
    const { [name]: _, ...module } = laterProvider([HOST], 0).routines;
    const { ws2, defects } = nameInstance([{ name: 'later', module }]);
    expect(lookUp(ws2, QUERY, 0).begin).toBe(WSAEINVALIDPROCTABLE);
    expect(defects[0]?.message).toMatch(/exports NSPv2Startup, but not all of/);
  });
});

describe('What a provider gives', () => {
  const sockaddr = (): Buffer => Buffer.from(sockaddr_in('192.0.2.7', 0));
  const given = (): WSAQUERYSETW => {
    const { pBlobData, cbSize } = HOST.lpBlob!;
    const name = (): { lpSockaddr: Buffer; iSockaddrLength: number } => ({
      lpSockaddr: sockaddr(),
      iSockaddrLength: 16,
    });
    return {
      dwSize: 60,
      lpszServiceInstanceName: 'host',
      lpcsaBuffer: [{ LocalAddr: name(), RemoteAddr: name(), iSocketType: 1, iProtocol: 6 }],
      dwNumberOfCsAddrs: 1,
      lpBlob: { cbSize, pBlobData: Buffer.from(pBlobData) },
    };
  };

  it('is not written to, though it is in a Buffer of Node.js', () => {
    const mine = given();
    const { ws2 } = advertised(laterProvider([mine], 0));
    const result = ref<addrinfo | null>(null);
    expect(ws2.getaddrinfo('host', '80', null, result)).toBe(0);
    expect(result.value?.ai_addr).toEqual(sockaddr_in('192.0.2.7', 80));
    result.value!.ai_addr!.fill(1);
    ws2.gethostbyname('host')!.h_addr_list[0]!.fill(1);
    const out: WSAQUERYSETW[] = [];
    ws2.WSALookupServiceNext(begin(ws2), 0, ref(1000), out);
    out[0]!.lpBlob!.pBlobData.fill(1);
    out[0]!.lpcsaBuffer![0]!.RemoteAddr.lpSockaddr!.fill(1);
    expect(mine).toEqual(given());
  });

  it('is what it was when it was given, whatever the provider does to it afterwards', () => {
    const mine = given();
    const { ws2 } = advertised(laterProvider([mine], 0));
    const out: WSAQUERYSETW[] = [];
    ws2.WSALookupServiceNext(begin(ws2), 0, ref(1000), out);
    const host = ws2.gethostbyname('host');
    mine.lpszServiceInstanceName = 'other';
    mine.lpcsaBuffer![0]!.RemoteAddr.lpSockaddr!.fill(1);
    mine.lpBlob!.pBlobData.fill(1);
    expect(out[0]).toMatchObject({ lpszServiceInstanceName: 'host' });
    expect(out[0]?.lpcsaBuffer?.[0]?.RemoteAddr.lpSockaddr).toEqual(sockaddr_in('192.0.2.7', 0));
    expect(out[0]?.lpBlob?.pBlobData).toEqual(HOST.lpBlob?.pBlobData);
    expect(host?.h_addr_list).toEqual([new Uint8Array([192, 0, 2, 7])]);
  });

  it('is read once: a result that is another at each look is a defect or a result, never an exception', () => {
    let looks = 0;
    const odd = {
      dwSize: 60,
      get lpszServiceInstanceName(): string {
        if (++looks > 2) throw new Error('a third look');
        return 'host';
      },
    };
    const { ws2 } = advertised(laterProvider([odd], 0));
    const out: WSAQUERYSETW[] = [];
    ws2.WSALookupServiceNextA(begin(ws2), 0, ref(1000), out);
    expect(() => JSON.stringify(out)).not.toThrow();
  });
});

describe('What an application asks', () => {
  it('is as it was at the call, though it is in a Buffer of Node.js', () => {
    const provider = laterProvider([], null);
    const { ws2 } = advertised(provider);
    const blob = Buffer.of(1, 2, 3);
    provider.overrides.NSPv2LookupServiceBegin = (_id, restrictions, _flags, _session, handle) => {
      restrictions.lpBlob!.pBlobData.fill(9);
      handle.value = 4;
      return 0;
    };
    ws2.WSALookupServiceBegin({ dwSize: 60, lpBlob: { cbSize: 3, pBlobData: blob } }, 0, ref(0));
    expect([...blob]).toEqual([1, 2, 3]);
    const name = { lpSockaddr: Buffer.from(sockaddr_in('192.0.2.7', 9)), iSockaddrLength: 16 };
    provider.overrides.NSPv2SetServiceEx = (hAsyncCall, _id, registration) => {
      registration.lpcsaBuffer![0]!.LocalAddr.lpSockaddr!.fill(9);
      provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, 0);
    };
    const lpcsaBuffer = [{ LocalAddr: name, RemoteAddr: name, iSocketType: 1, iProtocol: 6 }];
    expect(ws2.WSASetService({ dwSize: 60, lpcsaBuffer, dwNumberOfCsAddrs: 1 }, RNRSERVICE_REGISTER, 0)).toBe(0);
    expect(name.lpSockaddr).toEqual(Buffer.from(sockaddr_in('192.0.2.7', 9)));
  });
});

describe('A hook', () => {
  it('is told of the calls of name-space providers of both versions', () => {
    const later = laterProvider([result('later')], 0);
    const { ws2 } = nameInstance([
      { name: 'a', module: scriptedProvider([result('a')]) },
      { name: 'later', module: { ...later.routines } },
    ]);
    const told: string[] = [];
    const unhook = ws2.debug.hook({
      match: ({ border }) => border === 'name-space provider',
      before: (call) => void told.push(call.function),
    });
    expect(names(lookUp(ws2, QUERY, 0).results)).toEqual(['a', 'later']);
    expect(told).toEqual([
      'NSPLookupServiceBegin',
      'NSPv2Startup',
      'NSPv2LookupServiceBegin',
      'NSPLookupServiceNext',
      'NSPLookupServiceNext',
      'NSPv2LookupServiceNextEx',
      'NSPv2LookupServiceNextEx',
      'NSPLookupServiceEnd',
      'NSPv2LookupServiceEnd',
    ]);
    unhook();
    told.length = 0;
    lookUp(ws2, QUERY, 0);
    ws2.WSACleanup();
    expect(told).toEqual([]);
  });
});

describe('A hook that throws', () => {
  it.each(['NSPv2LookupServiceBegin', 'NSPv2LookupServiceNextEx', 'NSPv2LookupServiceEnd'] as const)(
    'before %s is taken off, and nobody else is the worse for it',
    (routine) => {
      const { ws2, defects } = advertised(laterProvider([HOST], 0));
      ws2.debug.hook({
        match: routine,
        before() {
          throw new Error('of the hook');
        },
      });
      expect([ws2.gethostbyname('host')?.h_name, ws2.gethostbyname('host')?.h_name]).toEqual(['host', 'host']);
      expect(defects.map(({ message }) => message)).toEqual([
        `a debug hook threw in before of ${routine}: it was taken off`,
      ]);
    },
  );
});

describe('WSAAdvertiseProvider', () => {
  const routines = laterProvider([], 0).routines;
  const { NSPv2LookupServiceEnd: _, ...incomplete } = routines;

  it.each<[string, unknown, unknown, number]>([
    ['no GUID', null, routines, WSAEINVAL],
    ['no routines', idOf(0), null, WSAEINVAL],
    ['a GUID that is not a text', 5, routines, WSAEFAULT],
    ['routines that are not a structure', idOf(0), 'x', WSAEFAULT],
    ['a malformed GUID', 'x', routines, WSAEINVAL],
    ['a table that lacks a routine', idOf(0), incomplete, WSAEINVAL],
    ['a routine that is not a function', idOf(0), { ...routines, NSPv2LookupServiceEnd: 5 }, WSAEINVAL],
    ['a provider that is not in the catalog', idOf(7), routines, WSAEINVALIDPROVIDER],
  ])('refuses %s', (_name, id, table, error) => {
    const { ws2 } = nameInstance([{ name: 'later', module: {} }]);
    expect(ws2.WSAAdvertiseProvider(id as string, table as NSPV2_ROUTINES)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(error);
  });

  it('needs WSAStartup', () => {
    const { ws2 } = nameInstance([{ name: 'later', module: {} }]);
    ws2.WSACleanup();
    expect(ws2.WSAAdvertiseProvider(idOf(0), routines)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    expect(ws2.WSAUnadvertiseProvider(idOf(0))).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });

  it('takes the place of the module that the catalog names, in any case and with braces, until it is taken back', () => {
    const a = scriptedProvider([result('module')]);
    const { ws2 } = nameInstance([{ name: 'a', module: a }]);
    expect(names(lookUp(ws2, QUERY, 0).results)).toEqual(['module']);
    const later = laterProvider([result('advertised')], 0);
    expect(ws2.WSAAdvertiseProvider(`{${idOf(0).toLowerCase()}}`, Object.freeze(later.routines))).toBe(0);
    expect(a.calls.at(-1)).toBe('NSPCleanup');
    expect(names(lookUp(ws2, QUERY, 0).results)).toEqual(['advertised']);
    expect(ws2.WSAAdvertiseProvider(idOf(0), later.routines)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2.WSAUnadvertiseProvider(idOf(0))).toBe(0);
    expect(names(lookUp(ws2, QUERY, 0).results)).toEqual(['module']);
  });

  it('ends with the last WSACleanup', () => {
    const later = laterProvider([result('advertised')], 0);
    const { ws2 } = advertised(later);
    ws2.WSACleanup();
    ws2.WSAStartup(0x0202, {});
    expect(lookUp(ws2, QUERY, 0).begin).toBe(WSAEPROVIDERFAILEDINIT);
  });
});

describe('WSAUnadvertiseProvider', () => {
  it.each<[unknown, number]>([
    [null, WSAEINVAL],
    [5, WSAEFAULT],
    ['x', WSAEINVAL],
    [idOf(0), WSAEINVAL],
  ])('refuses %j', (id, error) => {
    const { ws2 } = nameInstance([{ name: 'later', module: {} }]);
    expect(ws2.WSAUnadvertiseProvider(id as string)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(error);
  });

  it('ends the queries of the provider, and the call that waits for it', () => {
    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider);
    const handle = begin(ws2);
    after(provider, 10, () => expect(ws2.WSAUnadvertiseProvider(idOf(0))).toBe(0));
    expect(ws2.WSALookupServiceNext(handle, 0, ref(500), [])).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_E_CANCELLED);
    expect(provider.calls.slice(-3)).toEqual(['NSPv2LookupServiceEnd', 'NSPv2ClientSessionRundown', 'NSPv2Cleanup']);
    expect(provider.waiting[0]?.answer(HOST)).toBe(0);
    expect(ws2.WSALookupServiceEnd(handle)).toBe(0);
    expect(provider.calls.at(-1)).toBe('NSPv2Cleanup');
    expect(defects).toEqual([]);
  });
});

describe('WSASetService', () => {
  const address = { lpSockaddr: sockaddr_in('192.0.2.1', 80), iSockaddrLength: 16 };
  const addresses = [{ LocalAddr: address, RemoteAddr: address, iSocketType: SOCK_STREAM, iProtocol: 6 }];
  const SERVICE = { dwSize: 60, ...QUERY, lpszComment: 'a comment', lpcsaBuffer: addresses, dwNumberOfCsAddrs: 1 };

  it.each([0, 3000])('waits for a provider of version 2 that takes %i ms', (delay) => {
    const provider = laterProvider([], delay);
    const { ws2, clock } = advertised(provider);
    expect(ws2.WSASetService(SERVICE, RNRSERVICE_REGISTER, SERVICE_MULTIPLE)).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(clock.now()).toBe(delay);
    const [, id, registration, operation, flags, session] = provider.last.get('NSPv2SetServiceEx') as unknown[];
    expect([id, operation, flags, session]).toEqual([idOf(0), RNRSERVICE_REGISTER, SERVICE_MULTIPLE, 'session']);
    expect(registration).toMatchObject(SERVICE);
    expect((registration as WSAQUERYSETW).lpcsaBuffer?.[0]).not.toBe(addresses[0]);
  });

  it('goes to every provider of the name space, and succeeds when one of them has done it', () => {
    const a = scriptedProvider();
    a.overrides.NSPSetService = () => (a.host?.setLastError(WSAEOPNOTSUPP), -1);
    const b = scriptedProvider();
    const { ws2 } = nameInstance([
      { name: 'a', module: a },
      { name: 'b', module: b },
    ]);
    expect(ws2.WSASetServiceW(SERVICE, RNRSERVICE_REGISTER, 0)).toBe(0);
    expect(b.last.get('NSPSetService')?.slice(0, 2)).toEqual([idOf(1), null]);
    b.overrides.NSPSetService = () => (b.host?.setLastError(WSAEACCES), -1);
    expect(ws2.WSASetServiceA(SERVICE, RNRSERVICE_REGISTER, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEACCES);
    expect(ws2.WSASetService({ ...SERVICE, lpNSProviderId: idOf(0) }, RNRSERVICE_REGISTER, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEOPNOTSUPP);
  });

  it('says so when the provider of version 2 has no such routine, and when it fails', () => {
    const { NSPv2SetServiceEx: _, ...routines } = laterProvider([], 0).routines;
    const bare = nameInstance([{ name: 'later', module: routines }]);
    expect(bare.ws2.WSASetService(SERVICE, RNRSERVICE_REGISTER, 0)).toBe(-1);
    expect(bare.ws2.WSAGetLastError()).toBe(WSAEOPNOTSUPP);

    const provider = laterProvider([], null);
    const { ws2, defects } = advertised(provider);
    provider.overrides.NSPv2SetServiceEx = () => fault();
    expect(ws2.WSASetService(SERVICE, RNRSERVICE_REGISTER, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
    expect(defects).toHaveLength(1);
  });

  it('is interrupted when nobody answers', () => {
    const { ws2, defects } = advertised(laterProvider([], null));
    expect(ws2.WSASetService(SERVICE, RNRSERVICE_REGISTER, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_E_CANCELLED);
    expect(defects[0]?.message).toMatch(/deadlock[^]*WSASetService[^]*has not completed NSPv2SetServiceEx/);
  });

  it.each<[string, unknown, unknown, unknown, number]>([
    ['no query set', null, 0, 0, WSAEFAULT],
    ['no operation', SERVICE, null, 0, WSAEFAULT],
    ['no flags', SERVICE, 0, null, WSAEFAULT],
    ['an unknown operation', SERVICE, 3, 0, WSAEINVAL],
    ['too small a size', { ...SERVICE, dwSize: 59 }, 0, 0, WSAEINVAL],
    ['an unknown provider', { ...SERVICE, lpNSProviderId: idOf(7) }, 0, 0, WSAEINVAL],
    ['a comment that is not a text', { ...SERVICE, lpszComment: 5 }, 0, 0, WSAEFAULT],
    ['more addresses than there are', { ...SERVICE, dwNumberOfCsAddrs: 2 }, 0, 0, WSAEFAULT],
    ['addresses that are none', { ...SERVICE, lpcsaBuffer: [{}] }, 0, 0, WSAEFAULT],
    [
      'an address longer than its bytes',
      { ...SERVICE, lpcsaBuffer: [{ ...addresses[0], LocalAddr: { ...address, iSockaddrLength: 17 } }] },
      0,
      0,
      WSAEFAULT,
    ],
    ['a name space that nobody serves', { ...SERVICE, dwNameSpace: 77 }, 0, 0, WSASERVICE_NOT_FOUND],
  ])('refuses %s', (_name, registration, operation, flags, error) => {
    const { ws2 } = advertised(laterProvider([], 0));
    expect(ws2.WSASetService(registration as WSAQUERYSETW, operation as number, flags as number)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(error);
  });
});

function fault(): never {
  throw new Error('a fault of the provider');
}

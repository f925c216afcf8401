// A name-space provider of version 2 that a test tells when to answer, and what.
import {
  hostent,
  AF_INET,
  WSA_E_NO_MORE,
  type HANDLE,
  type InstanceHost,
  type NSPV2_ROUTINES,
  type WSAQUERYSETW,
} from 'ws2spi';

/** A call that the provider has not completed. */
export interface WaitingCall {
  readonly hAsyncCall: HANDLE;
  readonly results: WSAQUERYSETW[] | null;
  readonly length: { value: number };
  readonly flags: number;
  /** Completes it, with a result or an error; what WSAProviderCompleteAsyncCall returned. */
  answer(outcome: WSAQUERYSETW | number): number;
}

export interface LaterProvider {
  readonly routines: NSPV2_ROUTINES;
  /** What was called, in order. */
  readonly calls: string[];
  /** The arguments of the last call of each routine. */
  readonly last: Map<string, unknown[]>;
  /** The calls for results and registrations that wait, the oldest first. */
  readonly waiting: WaitingCall[];
  /** What a test wants done differently; looked at on every call. */
  readonly overrides: Partial<NSPV2_ROUTINES>;
  /** Known from NSPv2Startup on. */
  host: InstanceHost;
}

/**
 * Makes one.
 *
 * @param results what each query gets, one after the other, then WSA_E_NO_MORE
 * @param delay milliseconds of the clock that each answer takes; 0 for an answer before the routine returns, `null` for
 *   none
 */
export function laterProvider(results: readonly WSAQUERYSETW[], delay: number | null): LaterProvider {
  const given = new Map<HANDLE, number>();
  const noHost = null as unknown as InstanceHost;
  const waitingCall = (hAsyncCall: HANDLE, flags = 0, length = { value: 0 }, found: WSAQUERYSETW[] | null = null) => {
    const call: WaitingCall = {
      hAsyncCall,
      flags,
      length,
      results: found,
      answer(outcome) {
        const place = provider.waiting.indexOf(call);
        if (place >= 0) provider.waiting.splice(place, 1);
        if (typeof outcome !== 'number') found?.push(outcome);
        return provider.host.WSAProviderCompleteAsyncCall(hAsyncCall, typeof outcome === 'number' ? outcome : 0);
      },
    };
    provider.waiting.push(call);
    return call;
  };
  const later = (answer: () => unknown): void => {
    if (delay === 0) answer();
    else if (delay !== null) provider.host.setTimer(provider.host.clock.now() + delay, () => void answer());
  };
  const usual: NSPV2_ROUTINES = {
    NSPv2Startup: (_id, session, host) => {
      provider.host = host;
      session.value = 'session';
      return 0;
    },
    NSPv2Cleanup: () => 0,
    NSPv2ClientSessionRundown: () => undefined,
    NSPv2LookupServiceBegin: (_id, _restrictions, _flags, _session, handle) => {
      handle.value = provider.host.allocateHandle();
      given.set(handle.value, 0);
      return 0;
    },
    NSPv2LookupServiceNextEx: (hAsyncCall, hLookup, flags, length, found) => {
      const call = waitingCall(hAsyncCall, flags, length, found);
      later(() => {
        const at = given.get(hLookup) ?? 0;
        given.set(hLookup, at + 1);
        call.answer(results[at] ?? WSA_E_NO_MORE);
      });
    },
    NSPv2LookupServiceEnd: (hLookup) => {
      given.delete(hLookup);
      return 0;
    },
    NSPv2SetServiceEx: (hAsyncCall) => {
      const call = waitingCall(hAsyncCall);
      later(() => call.answer(0));
    },
  };
  const provider: LaterProvider = {
    calls: [],
    last: new Map(),
    waiting: [],
    overrides: {},
    host: noHost,
    routines: Object.fromEntries(
      (Object.keys(usual) as (keyof NSPV2_ROUTINES)[]).map((name) => [
        name,
        function (this: unknown, ...args: unknown[]) {
          if (this !== undefined) throw new Error(`${name} was called with this`);
          provider.calls.push(name);
          provider.last.set(name, args);
          if (name === 'NSPv2Startup') provider.host = args[2] as InstanceHost;
          return (provider.overrides[name] ?? (usual[name] as unknown as Function))(...(args as never[]));
        },
      ]),
    ) as unknown as NSPV2_ROUTINES,
  };
  return provider;
}

/** A result that is a host with one address. */
export function hostResult(name: string, ...address: number[]): WSAQUERYSETW {
  const pBlobData = hostent.encode({
    h_name: name,
    h_aliases: [],
    h_addrtype: AF_INET,
    h_length: 4,
    h_addr_list: [new Uint8Array(address)],
  });
  return { dwSize: 60, lpszServiceInstanceName: name, lpBlob: { cbSize: pBlobData.length, pBlobData } };
}

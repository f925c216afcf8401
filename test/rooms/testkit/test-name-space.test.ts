// The conformance suite of name spaces: name spaces that do right pass it, and planted faults are found.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  FD_READ,
  INSTANCE,
  NS_DNS,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  SVCID_INET_HOSTADDRBYNAME,
  VirtualClock,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  ref,
  seededRandom,
  type LPNSPSTARTUP,
  type NSPV2_ROUTINES,
  type Ws2_32,
} from 'ws2spi';
import {
  defineNameSpace,
  type ChangeNotice,
  type NameSpaceDefinition,
  type NameSpaceHooks,
  type NameSpaceRegistration,
  type NameSpaceSession,
} from 'ws2spi/names';
import { createFilesNameSpace } from 'ws2spi/providers/namespaces/files';
import {
  testNameSpace,
  type NameSpaceCapability,
  type NameSpaceFactory,
  type NameSpaceUnderTest,
} from 'ws2spi/testkit';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { writeFiles } from '../providers/namespaces/fixtures.js';

const SERVER = sockaddr_in('127.0.0.1', 5300);
const PRINTERS = 'A1B2C3D4-0001-4002-8003-ABCDEF012345';
const HOSTS: Readonly<Record<string, string>> = { alpha: '10.9.8.7 10.9.8.6', beta: '10.9.8.5' };

/** Answers names by addresses, in the instance itself; `silent` gets no answer. */
function serve(ws2: Ws2_32): void {
  const { providerHost: host } = ws2[INSTANCE];
  const s = ws2.socket(AF_INET, SOCK_DGRAM, 0);
  ws2.bind(s, SERVER, SERVER.length);
  const event = host.createEvent();
  ws2.WSAEventSelect(s, event, FD_READ);
  host.onEvent(event, () => {
    ws2.WSAEnumNetworkEvents(s, event, {});
    for (;;) {
      const [bytes, from] = [new Uint8Array(2048), new Uint8Array(16)];
      const count = ws2.recvfrom(s, bytes, bytes.length, 0, from, ref(from.length));
      if (count < 0) return;
      const name = Buffer.from(bytes.subarray(0, count)).toString();
      if (name === 'silent') continue;
      const text = Object.hasOwn(HOSTS, name) ? HOSTS[name]! : '';
      ws2.sendto(s, Buffer.from(text), text.length, 0, from, from.length);
    }
  });
}

/** A name space that asks the server for hosts, and keeps services itself. */
function book(session: NameSpaceSession): Required<Omit<NameSpaceHooks, 'end'>> {
  const services: NameSpaceRegistration[] = [];
  const notices = new Set<ChangeNotice>();
  const isSame = (a: NameSpaceRegistration, b: NameSpaceRegistration): boolean =>
    a.name === b.name && a.serviceClass === b.serviceClass;
  const remove = (of: NameSpaceRegistration): boolean => {
    const before = services.length;
    services.splice(0, before, ...services.filter((each) => !isSame(each, of)));
    return services.length < before;
  };
  const changed = (): void => {
    for (const notice of [...notices]) notice();
  };
  return {
    lookup(question, answer) {
      if (question.kind === 'class') {
        for (const { name, serviceClass, addresses, comment } of services) {
          if (serviceClass !== question.serviceClass || (question.name !== '' && question.name !== name)) continue;
          answer.found({ name, serviceClass, addresses, comment });
        }
        answer.done();
        return undefined;
      }
      if (question.kind !== 'host' || question.name === '' || question.name.length > 255) {
        answer.done();
        return undefined;
      }
      const close = (): void => {
        timer.cancel();
        socket.close();
      };
      const socket = session.openDatagram({
        family: AF_INET,
        received(bytes) {
          close();
          const text = Buffer.from(bytes).toString();
          const addresses = text.split(' ').map((each) => sockaddr_in(each || '0.0.0.0', 0));
          if (text !== '') answer.found({ name: question.name, aliases: ['first', 'second'], addresses });
          answer.done();
        },
      });
      const timer = session.setTimer(5000, () => {
        close();
        answer.fail(WSATRY_AGAIN);
      });
      socket.sendTo(Buffer.from(question.name), SERVER);
      return close;
    },
    register(registration, answer) {
      if (!registration.isOneOfSeveral) remove(registration);
      services.push(registration);
      changed();
      session.setTimer(3, () => answer.done());
    },
    deregister(registration, answer) {
      if (remove(registration)) {
        changed();
        answer.done();
      } else answer.fail(WSASERVICE_NOT_FOUND);
    },
    delete(registration, answer) {
      remove(registration);
      changed();
      answer.done();
    },
    installClass: (_classInfo, answer) => answer.done(),
    removeClass: (_serviceClass, answer) => answer.done(),
    getClass: (_serviceClass, answer) => answer.fail(WSATYPE_NOT_FOUND),
    watch(_question, notice) {
      notices.add(notice);
      return () => notices.delete(notice);
    },
  };
}

/** Makes what the suite tries, with something in it changed. */
function factoryOf(
  change: (hooks: ReturnType<typeof book>, session: NameSpaceSession) => Partial<NameSpaceHooks> = () => ({}),
  more: Partial<NameSpaceDefinition> = {},
  startup: (of: LPNSPSTARTUP) => LPNSPSTARTUP = (of) => of,
): NameSpaceFactory {
  return (): NameSpaceUnderTest => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ latency: 7 });
    const { NSPStartup } = defineNameSpace({
      name: 'book',
      nameSpace: NS_DNS,
      start(session) {
        const hooks = book(session);
        return { ...hooks, ...change(hooks, session) };
      },
      ...more,
    });
    const address = sockaddr_in('10.0.0.1', 9100);
    return {
      ws2: createWs2_32({ base: 'memory', catalog: 'memory', clock, network, random: seededRandom(1) }),
      clock,
      nameSpace: { NSPStartup: startup(NSPStartup), nameSpace: NS_DNS },
      present: { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: 'alpha' },
      several: { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: 'alpha' },
      absent: { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: 'nobody' },
      silent: { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: 'silent' },
      host: 'beta',
      service: {
        lpServiceClassId: PRINTERS,
        lpszServiceInstanceName: 'upstairs',
        lpcsaBuffer: [
          {
            LocalAddr: { lpSockaddr: address, iSockaddrLength: address.length },
            RemoteAddr: { lpSockaddr: null, iSockaddrLength: 0 },
            iSocketType: SOCK_STREAM,
            iProtocol: 6,
          },
        ],
      },
      started() {
        serve(this.ws2);
      },
      checkNothingIsLeft: () => expect(network.idle()).toBe(true),
    };
  };
}

describe('A name space that asks a server', () => {
  for (const { name, run } of testNameSpace(factoryOf())) test(name, run);
});

describe('The files’ name space', () => {
  const skips: Partial<Record<NameSpaceCapability, string>> = {
    silence: 'files answer at once',
    registration: 'files are changed by those who own them',
  };
  const factory: NameSpaceFactory = () => {
    const clock = new VirtualClock();
    const byName = (lpszServiceInstanceName: string) => ({
      lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
      lpszServiceInstanceName,
    });
    return {
      ws2: createWs2_32({ base: 'memory', catalog: 'memory', clock }),
      clock,
      nameSpace: { NSPStartup: createFilesNameSpace(writeFiles()), nameSpace: NS_DNS },
      present: byName('alpha'),
      several: byName('alpha'),
      absent: byName('nobody'),
      host: 'alpha',
    };
  };
  for (const { name, skip, run } of testNameSpace(factory, { skips })) {
    if (skip === null) test(name, run);
  }
});

/** The cases that a name space fails. */
function failures(factory: NameSpaceFactory): string[] {
  const failed: string[] = [];
  for (const { name, run } of testNameSpace(factory)) {
    try {
      run();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

/** Changes the routines that a provider fills in. */
function spoilt(spoil: (routines: NSPV2_ROUTINES) => Partial<NSPV2_ROUTINES>): (of: LPNSPSTARTUP) => LPNSPSTARTUP {
  return (startup) => (id, routines) => {
    const result = startup(id, routines);
    Object.assign(routines, spoil({ ...routines } as NSPV2_ROUTINES));
    return result;
  };
}

describe('The suite finds', () => {
  test.each<[string, NameSpaceFactory, string]>([
    [
      'a name space that says nothing of names that it does not know',
      factoryOf(({ lookup }, session) => ({
        lookup: (question, answer) => (question.name === 'nobody' ? undefined : lookup(question, answer, session)),
      })),
      'a query that finds nothing says so, and not only when the time is up',
    ],
    [
      'one that forgets to take back what is under way',
      factoryOf(({ lookup }, session) => ({
        lookup: (question, answer) => void lookup(question, answer, session),
      })),
      'an answer that does not come is given up when the query is ended, by whoever waits for it',
    ],
    [
      'one that keeps one question for all',
      factoryOf(({ lookup }, session) => {
        let last: Parameters<typeof lookup> | null = null;
        return {
          lookup(question, answer) {
            last ??= [question, answer, session];
            const asked = last[0];
            session.setTimer(20, () => (last = null));
            return lookup(asked, answer, session);
          },
        };
      }),
      'an answer that does not come holds up no other',
    ],
    [
      'one that throws at odd names',
      factoryOf(({ lookup }, session) => ({
        lookup(question, answer) {
          decodeURIComponent(encodeURIComponent(question.name));
          return lookup(question, answer, session);
        },
      })),
      'garbage in queries is answered in good time, and others go on',
    ],
    [
      'one that answers twice',
      factoryOf(({ lookup }, session) => ({
        lookup(question, answer) {
          if (question.name === 'nobody') answer.done();
          return lookup(question, answer, session);
        },
      })),
      'a query that finds nothing says so, and not only when the time is up',
    ],
    [
      'one that does not replace what is registered again',
      factoryOf((hooks, session) => ({
        register: (registration, answer) => hooks.register({ ...registration, isOneOfSeveral: true }, answer, session),
      })),
      'a service replaces the one that was registered before',
    ],
    [
      'one that forgets SERVICE_MULTIPLE',
      factoryOf((hooks, session) => ({
        register: (registration, answer) => hooks.register({ ...registration, isOneOfSeveral: false }, answer, session),
      })),
      'a service stands beside others with SERVICE_MULTIPLE',
    ],
    [
      'one that takes nothing back',
      factoryOf(() => ({ deregister: (_registration, answer) => answer.done() })),
      'a service is found where it was registered, and not before or after',
    ],
    [
      'one that tells of no change',
      factoryOf(() => ({ watch: () => () => undefined })),
      'a service that comes and goes is a change, told once to who asks and to who waits',
    ],
    [
      'a provider that gives everything, whatever was asked for',
      factoryOf(
        undefined,
        {},
        spoilt(({ NSPv2LookupServiceNextEx: next }) => ({
          NSPv2LookupServiceNextEx: (call, query, _flags, length, results) => next(call, query, 0, length, results),
        })),
      ),
      'a result has what both the query and the call ask for; a call that asks for nothing gets all of the query',
    ],
    [
      'a provider that loses what did not fit',
      factoryOf(
        undefined,
        {},
        spoilt(({ NSPv2LookupServiceNextEx: next }) => ({
          NSPv2LookupServiceNextEx: (call, query, flags, length, results) =>
            next(call, query, flags | 0x2000, length, results),
        })),
      ),
      'a result is kept while the room is too small, and fits the room that it asks for to the byte',
    ],
    [
      'a provider that has one handle for all of its queries',
      factoryOf(
        undefined,
        {},
        spoilt(({ NSPv2LookupServiceBegin: begin }) => {
          let first: number | null = null;
          return {
            NSPv2LookupServiceBegin(id, restrictions, flags, session, handle) {
              const error = begin(id, restrictions, flags, session, handle);
              if (error === 0) handle.value = first ??= handle.value;
              return error;
            },
          };
        }),
      ),
      'a query is one of many at once, each of which finds its own',
    ],
  ])('%s', (_what, factory, name) => {
    expect(failures(factory)).toContain(name);
  });
});

test('A case that needs what the factory does not give says so, and how to skip it', () => {
  const factory: NameSpaceFactory = () => {
    const { silent: _silent, ...others } = factoryOf()();
    return others;
  };
  const [one] = testNameSpace(factory).filter(
    ({ name }) => name === 'an answer that does not come is an error in the end',
  );
  expect(() => one!.run()).toThrow(
    "testNameSpace: the factory gives no `silent`: give one, or skip 'silence' with a reason",
  );
});

test('A skip that names nothing, or has no reason, is an error', () => {
  const skip = (key: string, reason: string) => () => testNameSpace(factoryOf(), { skips: { [key]: reason } });
  expect(skip('silense', 'x')).toThrow(/"silense" to skip: did you mean "silence"/);
  expect(skip('silence', '')).toThrow(/"silence" needs a reason/);
  expect(() => testNameSpace({} as never)).toThrow(/first argument is a function/);
  const reasons = testNameSpace(factoryOf(), { skips: { silence: 'it never is', garbage: 'later' } });
  expect(new Set(reasons.map((each) => each.skip))).toEqual(new Set([null, 'it never is', 'later']));
});

test.each([
  ['no name space', {}, 'returned an object without `nameSpace`'],
  ['a layer', { nameSpace: { WSPStartup() {} } }, 'returned a `nameSpace` that has no NSPStartup'],
  ['no query', { nameSpace: { NSPStartup() {} } }, 'returned an object without `present`'],
])('A function that makes %s is told what to return', (_, more, fault) => {
  const [first] = testNameSpace((() => ({
    ws2: createWs2_32({ base: 'memory', catalog: 'memory' }),
    ...more,
  })) as never);
  expect(() => first!.run()).toThrow(`testNameSpace: the function that it was given ${fault}`);
});

// Registrations, service classes and notices of changes, through the functions of the API.
import { describe, expect, test } from 'vitest';
import {
  NSP_NOTIFY_EVENT,
  NSP_NOTIFY_IMMEDIATELY,
  ref,
  RESULT_IS_ADDED,
  RESULT_IS_CHANGED,
  RESULT_IS_DELETED,
  RNRSERVICE_DELETE,
  RNRSERVICE_DEREGISTER,
  RNRSERVICE_REGISTER,
  SERVICE_MULTIPLE,
  SIO_NSP_NOTIFY_CHANGE,
  SOCK_STREAM,
  sockaddr_in,
  STATUS_CANCELLED,
  STATUS_PENDING,
  WSA_IO_PENDING,
  WSAEALREADY,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAQUERYSETW,
  WSASERVICE_NOT_FOUND,
  WSATYPE_NOT_FOUND,
  type CSADDR_INFO,
  type WSACOMPLETION,
  type WSASERVICECLASSINFOW,
  type Ws2_32,
} from 'ws2spi';
import type { ChangeNotice, NameSpaceDefinition, NameSpaceRegistration } from 'ws2spi/names';
import { ask, begin, names, next, PRINTERS, withNameSpace } from './fixtures/name-spaces.js';

/** A name space of what is registered in it, as one of the specification's dynamic ones. */
function register(told = new Set<ChangeNotice>()): Partial<NameSpaceDefinition> {
  const services = new Map<string, NameSpaceRegistration[]>();
  const classes = new Map<string, WSASERVICECLASSINFOW>();
  const keyOf = ({ name, serviceClass }: { name: string; serviceClass: string | null }) => `${serviceClass} ${name}`;
  const changed = (): void => {
    for (const each of told) each();
  };
  return {
    lookup(question, answer) {
      for (const of of services.values()) {
        for (const { name, serviceClass, addresses, comment, version } of of) {
          if (serviceClass !== question.serviceClass || (question.name !== '' && question.name !== name)) continue;
          answer.found({ name, serviceClass, addresses, comment, version });
        }
      }
      answer.done();
    },
    register(registration, answer, session) {
      const key = keyOf(registration);
      const others = registration.isOneOfSeveral ? (services.get(key) ?? []) : [];
      services.set(key, [...others, registration]);
      changed();
      // As one that asks a server.
      session.setTimer(5, () => answer.done());
    },
    deregister(registration, answer) {
      if (!services.delete(keyOf(registration))) {
        answer.fail(WSASERVICE_NOT_FOUND);
        return;
      }
      changed();
      answer.done();
    },
    installClass(classInfo, answer, session) {
      session.setTimer(5, () => {
        if (classes.has(classInfo.lpServiceClassId!)) {
          answer.fail(WSAEALREADY);
          return;
        }
        classes.set(classInfo.lpServiceClassId!, classInfo);
        answer.done();
      });
    },
    removeClass(serviceClass, answer) {
      if (classes.delete(serviceClass)) answer.done();
      else answer.fail(WSATYPE_NOT_FOUND);
    },
    getClass(serviceClass, answer) {
      const found = classes.get(serviceClass);
      if (found === undefined) answer.fail(WSATYPE_NOT_FOUND);
      else answer.done(found);
    },
    watch(_question, notice) {
      told.add(notice);
      return () => told.delete(notice);
    },
  };
}

const at = (address: string): CSADDR_INFO => {
  const lpSockaddr = sockaddr_in(address, 9100);
  return {
    LocalAddr: { lpSockaddr, iSockaddrLength: lpSockaddr.length },
    RemoteAddr: { lpSockaddr: null, iSockaddrLength: 0 },
    iSocketType: SOCK_STREAM,
    iProtocol: 6,
  };
};

/** 0 or the error of a WSASetService. */
function set(ws2: Ws2_32, id: string, name: string, operation: number, flags = 0, more: Partial<WSAQUERYSETW> = {}) {
  const service = {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: name,
    lpServiceClassId: PRINTERS,
    lpNSProviderId: id,
    lpcsaBuffer: [at('10.0.0.1')],
    dwNumberOfCsAddrs: 1,
    ...more,
  };
  return ws2.WSASetService(service, operation, flags) === 0 ? 0 : ws2.WSAGetLastError();
}

describe('a service', () => {
  test('is found with all that was registered of it, once the name space has taken it', () => {
    const { ws2, id, clock, finish } = withNameSpace(register());
    expect(set(ws2, id, 'upstairs', RNRSERVICE_REGISTER, 0, { lpszComment: 'colour' })).toBe(0);
    expect(clock.now()).toBe(5);
    const handle = begin(ws2, id, { lpszServiceInstanceName: 'upstairs' });
    const result = next(ws2, handle) as WSAQUERYSETW;
    expect(result).toMatchObject({
      lpszServiceInstanceName: 'upstairs',
      lpServiceClassId: PRINTERS,
      lpszComment: 'colour',
      dwNumberOfCsAddrs: 1,
    });
    expect(result.lpcsaBuffer![0]).toMatchObject({
      RemoteAddr: { lpSockaddr: sockaddr_in('10.0.0.1', 9100) },
      iSocketType: SOCK_STREAM,
      iProtocol: 6,
    });
    finish();
  });

  test('replaces the one before it, or stands beside it with SERVICE_MULTIPLE', () => {
    const { ws2, id, finish } = withNameSpace(register());
    set(ws2, id, 'upstairs', RNRSERVICE_REGISTER);
    set(ws2, id, 'upstairs', RNRSERVICE_REGISTER);
    expect(ask(ws2, id)).toEqual(['upstairs', 'WSA_E_NO_MORE']);
    set(ws2, id, 'upstairs', RNRSERVICE_REGISTER, SERVICE_MULTIPLE);
    expect(ask(ws2, id)).toEqual(['upstairs', 'upstairs', 'WSA_E_NO_MORE']);
    finish();
  });

  test('is taken back by deregister, which stands in for a delete that there is none of', () => {
    const { ws2, id, finish } = withNameSpace(register());
    set(ws2, id, 'upstairs', RNRSERVICE_REGISTER);
    expect(set(ws2, id, 'upstairs', RNRSERVICE_DEREGISTER)).toBe(0);
    expect(set(ws2, id, 'upstairs', RNRSERVICE_DELETE)).toBe(WSASERVICE_NOT_FOUND);
    expect(ask(ws2, id)).toEqual(['WSASERVICE_NOT_FOUND']);
    finish();
  });

  test('is not taken by a name space without the hook, and given up by one that says nothing', () => {
    const { ws2, id, clock, finish } = withNameSpace({ lookup: (_question, answer) => answer.done() });
    expect(set(ws2, id, 'upstairs', RNRSERVICE_REGISTER)).toBe(WSAEOPNOTSUPP);
    finish();
    const silent = withNameSpace({ lookup: (_question, answer) => answer.done(), register: () => undefined });
    expect(set(silent.ws2, silent.id, 'upstairs', RNRSERVICE_REGISTER)).toBe(WSAETIMEDOUT);
    expect([clock.now(), silent.clock.now()]).toEqual([0, 30_000]);
    silent.finish();
  });
});

test('service classes are installed, told and removed by functions that wait for them', () => {
  const { ws2, id, clock, finish } = withNameSpace(register());
  const info = {
    lpServiceClassId: PRINTERS,
    lpszServiceClassName: 'Printers',
    dwCount: 1,
    lpClassInfos: [
      { lpszName: 'TcpPort', dwNameSpace: 12, dwValueType: 4, dwValueSize: 4, lpValue: Uint8Array.of(0, 1, 2, 3) },
    ],
  };
  expect(ws2.WSAInstallServiceClass(info)).toBe(0);
  expect(clock.now()).toBe(5);
  const length = ref(0);
  expect(ws2.WSAGetServiceClassInfo(id, PRINTERS, length, null)).toBe(-1);
  const found: WSASERVICECLASSINFOW[] = [];
  expect(ws2.WSAGetServiceClassInfo(id, PRINTERS, length, found)).toBe(0);
  expect(found).toEqual([info]);
  expect(ws2.WSARemoveServiceClass(PRINTERS)).toBe(0);
  expect(ws2.WSAGetServiceClassInfo(id, PRINTERS, ref(10_000), found)).toBe(-1);
  finish();
});

/** 0 or the error of SIO_NSP_NOTIFY_CHANGE. */
function notify(ws2: Ws2_32, handle: number, completion: WSACOMPLETION | null): number {
  const result = ws2.WSANSPIoctl(handle, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, completion);
  return result === 0 ? 0 : ws2.WSAGetLastError();
}

const POLL: WSACOMPLETION = { Type: NSP_NOTIFY_IMMEDIATELY, Parameters: {} };

describe('changes of an answer', () => {
  test('are told to who asks, since the answer was given and then since it asked last', () => {
    const { ws2, id, finish } = withNameSpace(register());
    const handle = begin(ws2, id);
    expect(names(ws2, handle)).toEqual(['WSASERVICE_NOT_FOUND']);
    set(ws2, id, 'upstairs', RNRSERVICE_REGISTER);
    expect([notify(ws2, handle, POLL), notify(ws2, handle, POLL)]).toEqual([0, WSAEWOULDBLOCK]);
    set(ws2, id, 'downstairs', RNRSERVICE_REGISTER);
    expect([notify(ws2, handle, null), notify(ws2, handle, null)]).toEqual([0, WSAEWOULDBLOCK]);
    finish();
  });

  test('are the next results, each saying what became of it', () => {
    const { ws2, id, finish } = withNameSpace(register());
    for (const name of ['old', 'same', 'other']) set(ws2, id, name, RNRSERVICE_REGISTER);
    const handle = begin(ws2, id);
    expect(names(ws2, handle)).toEqual(['old', 'same', 'other', 'WSA_E_NO_MORE']);
    expect(notify(ws2, handle, POLL)).toBe(WSAEWOULDBLOCK);
    expect(next(ws2, handle)).toBe('WSA_E_NO_MORE');
    set(ws2, id, 'old', RNRSERVICE_DEREGISTER);
    set(ws2, id, 'other', RNRSERVICE_REGISTER, 0, { lpcsaBuffer: [at('10.0.0.2')] });
    set(ws2, id, 'new', RNRSERVICE_REGISTER);
    expect(notify(ws2, handle, POLL)).toBe(0);
    const changes = [next(ws2, handle), next(ws2, handle), next(ws2, handle)] as WSAQUERYSETW[];
    expect(changes.map((each) => [each.lpszServiceInstanceName, each.dwOutputFlags])).toEqual([
      ['other', RESULT_IS_CHANGED],
      ['new', RESULT_IS_ADDED],
      ['old', RESULT_IS_DELETED],
    ]);
    expect(next(ws2, handle)).toBe('WSA_E_NO_MORE');
    finish();
  });

  test('may be told by the name space item by item', () => {
    const told = new Set<ChangeNotice>();
    const { ws2, id, finish } = withNameSpace(register(told));
    const handle = begin(ws2, id);
    names(ws2, handle);
    notify(ws2, handle, POLL);
    for (const tell of told) tell({ name: 'seen', change: 'added' }, { name: 'gone', change: 'deleted' });
    expect(names(ws2, handle)).toEqual(['seen', 'gone', 'WSA_E_NO_MORE']);
    finish();
  });

  test('complete an overlapped request; the end of the query aborts it and stops the watch', () => {
    const told = new Set<ChangeNotice>();
    const { ws2, id, finish } = withNameSpace(register(told));
    const handle = begin(ws2, id);
    names(ws2, handle);
    const overlapped = () => ({ Internal: 0, InternalHigh: 0, Offset: 0, OffsetHigh: 0, hEvent: ws2.WSACreateEvent() });
    const [first, second] = [overlapped(), overlapped()];
    const byEvent = (lpOverlapped: ReturnType<typeof overlapped>): WSACOMPLETION => ({
      Type: NSP_NOTIFY_EVENT,
      Parameters: { Event: { lpOverlapped } },
    });
    expect(notify(ws2, handle, byEvent(first))).toBe(WSA_IO_PENDING);
    expect(first.Internal).toBe(STATUS_PENDING);
    set(ws2, id, 'upstairs', RNRSERVICE_REGISTER);
    expect(first.Internal).toBe(0);
    expect(ws2.WSAWaitForMultipleEvents(1, [first.hEvent], true, 0, false)).toBe(0);
    expect(notify(ws2, handle, byEvent(second))).toBe(WSA_IO_PENDING);
    expect(told.size).toBe(1);
    ws2.WSALookupServiceEnd(handle);
    expect(told.size).toBe(0);
    expect(ws2.WSAWaitForMultipleEvents(1, [second.hEvent], true, 0, false)).toBe(0);
    expect(second.Internal).toBe(STATUS_CANCELLED);
    finish();
  });

  test('are not told by a name space that does not watch', () => {
    const { ws2, id, finish } = withNameSpace({ lookup: (_question, answer) => answer.done() });
    expect(notify(ws2, begin(ws2, id), POLL)).toBe(WSAEOPNOTSUPP);
    finish();
  });
});

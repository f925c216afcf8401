// A hook may lead a routine of a name space to a function that throws: that exception is the application's, which put the hook
// in. The call that it was thrown in is over, nothing of it is left behind, and the next one works.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  LUP_RETURN_ALL,
  NS_ALL,
  ref,
  sockaddr_in,
  SVCID_INET_HOSTADDRBYNAME,
  winsockErrorName,
  WSAQUERYSETW,
  type addrinfo,
  type ADDRINFOEX,
  type Ws2_32,
  type WSAOVERLAPPED,
} from 'ws2spi';
import { withNameSpace } from '../name-space/fixtures/name-spaces.js';

const ROUTINES = ['NSPv2LookupServiceBegin', 'NSPv2LookupServiceNextEx'] as const;
const QUERY = {
  dwSize: WSAQUERYSETW.size,
  lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
  lpszServiceInstanceName: 'alpha',
};

function world() {
  return withNameSpace({
    lookup(_question, answer) {
      answer.found({ name: 'alpha', addresses: [sockaddr_in('10.0.0.1', 0)] });
      answer.done();
    },
  });
}

/** Has a routine throw, once for each call, while something is done. */
function throwing(ws2: Ws2_32, routine: (typeof ROUTINES)[number], what: () => void): void {
  const takeOff = ws2.debug.hook({
    match: routine,
    before: (call) =>
      call.redirect(() => {
        throw new Error('mine');
      }),
  });
  what();
  takeOff();
}

describe.each(ROUTINES)('%s, led to a function that throws,', (routine) => {
  test.each<[name: string, call: (ws2: Ws2_32) => unknown]>([
    ['gethostbyname', (ws2) => ws2.gethostbyname('alpha')?.h_name],
    ['getaddrinfo', (ws2) => ws2.getaddrinfo('alpha', null, { ai_family: AF_INET }, ref<addrinfo | null>(null))],
    ['WSAAsyncGetHostByName', (ws2) => ws2.WSAAsyncGetHostByName(0, 0x400, 'alpha', new Uint8Array(1024), 1024) > 0],
    [
      'GetAddrInfoEx, overlapped',
      (ws2) => {
        const overlapped = {} as WSAOVERLAPPED;
        const result = ref<ADDRINFOEX | null>(null);
        return ws2.GetAddrInfoEx('alpha', null, NS_ALL, null, null, result, null, overlapped, null, null);
      },
    ],
  ])('throws out of %s, which works when it is called again', (_name, call) => {
    const { ws2, finish } = world();
    throwing(ws2, routine, () => expect(() => call(ws2)).toThrow('mine'));
    const again = call(ws2);
    expect(again === 'alpha' || again === 0 || again === true || again === 997).toBe(true);
    // Nothing waits for what was thrown away.
    ws2.WSACleanup();
    finish();
  });
});

test('a query whose next result throws can be gone on with', () => {
  const { ws2, finish } = world();
  const handle = ref(0);
  expect(ws2.WSALookupServiceBegin(QUERY, LUP_RETURN_ALL, handle)).toBe(0);
  throwing(ws2, 'NSPv2LookupServiceNextEx', () =>
    expect(() => ws2.WSALookupServiceNext(handle.value, 0, ref(10_000), [])).toThrow('mine'),
  );
  const found: WSAQUERYSETW[] = [];
  expect(ws2.WSALookupServiceNext(handle.value, 0, ref(10_000), found)).toBe(0);
  expect(found[0]!.lpszServiceInstanceName).toBe('alpha');
  expect(ws2.WSALookupServiceEnd(handle.value)).toBe(0);
  finish();
});

test('whoever waits for an answer whose next part throws is told that there will be none', () => {
  const { ws2, defects } = withNameSpace({
    lookup(_question, answer, session) {
      // Of no use for who wants addresses, so that there is a next part; which comes later, as this does.
      session.setTimer(10, () => answer.found({ name: 'alpha' }));
      const last = session.setTimer(20, () => {
        answer.found({ name: 'alpha', addresses: [sockaddr_in('10.0.0.1', 0)] });
        answer.done();
      });
      answer.onCancel(() => last.cancel());
    },
  });
  let calls = 0;
  const takeOff = ws2.debug.hook({
    match: 'NSPv2LookupServiceNextEx',
    before(call) {
      if (++calls === 2) {
        call.redirect(() => {
          throw new Error('mine');
        });
      }
    },
  });
  expect(ws2.gethostbyname('alpha')).toBeNull();
  expect([winsockErrorName(ws2.WSAGetLastError()), calls]).toEqual(['WSANO_RECOVERY', 2]);
  // Nobody's call is on the way that it could be thrown out of.
  expect(defects).toMatchObject([{ cause: { message: 'mine' } }]);
  takeOff();
  expect(ws2.gethostbyname('alpha')?.h_name).toBe('alpha');
});

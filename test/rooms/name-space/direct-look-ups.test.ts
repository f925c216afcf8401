// The instance's own look-ups, such as getaddrinfo, ask name spaces without query sets, and keep answers that hold. Nobody
// may see a difference but by the time it takes.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  formatIPv4,
  INSTANCE,
  LUP_FLUSHCACHE,
  LUP_RETURN_ALL,
  LUP_RETURN_NAME,
  NS_DNS,
  ref,
  sockaddr_in,
  SVCID_INET_HOSTADDRBYNAME,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  type addrinfo,
  type DirectInquiry,
  type DirectListener,
  type DirectLookUps,
  type DirectQuestion,
  type LPNSPSTARTUP,
  type NSP_ROUTINE,
  type NSPV2_ROUTINE,
  type Ws2_32,
} from 'ws2spi';
import { addNameSpace, defineNameSpace, removeNameSpace, type NameSpaceAnswer } from 'ws2spi/names';
import { ask, withNameSpace } from './fixtures/name-spaces.js';

const ADDRESS = sockaddr_in('10.0.0.1', 0);

/** What getaddrinfo finds: the addresses, or the error. */
function addressesOf(ws2: Ws2_32, name: string): readonly string[] | number {
  const result = ref<addrinfo | null>(null);
  const error = ws2.getaddrinfo(name, null, { ai_family: AF_INET }, result);
  if (error !== 0) return error;
  const found: string[] = [];
  for (let each = result.value; each !== null; each = each.ai_next) found.push(formatIPv4(each.ai_addr!, 4));
  return found;
}

describe('An answer that holds', () => {
  test('is given again without the author being asked, until it holds no longer', () => {
    let asked = 0;
    let holds = true;
    const { ws2, finish } = withNameSpace({
      lookup(_question, answer) {
        asked++;
        answer.holdsWhile(() => holds);
        answer.found({ addresses: [sockaddr_in(`10.0.0.${asked}`, 0)] });
        answer.done();
      },
    });
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.1']);
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.1']);
    expect(asked).toBe(1);
    holds = false;
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.2']);
    finish();
  });

  test('may be that there is nothing', () => {
    let asked = 0;
    const { ws2, finish } = withNameSpace({
      lookup(_question, answer) {
        asked++;
        answer.holdsWhile(() => true);
        answer.fail(asked === 1 ? WSASERVICE_NOT_FOUND : WSATRY_AGAIN);
      },
    });
    expect([addressesOf(ws2, 'alpha'), addressesOf(ws2, 'alpha')]).toEqual([WSAHOST_NOT_FOUND, WSAHOST_NOT_FOUND]);
    expect(asked).toBe(1);
    finish();
  });

  test('is that of its question alone: of its name, families and kind', () => {
    const questions: string[] = [];
    const { ws2, finish } = withNameSpace({
      lookup(question, answer) {
        questions.push(`${question.kind} ${question.name} ${question.families.join()}`);
        answer.holdsWhile(() => true);
        answer.found({ addresses: [ADDRESS] });
        answer.done();
      },
    });
    for (let times = 0; times < 2; times++) {
      addressesOf(ws2, 'alpha');
      addressesOf(ws2, 'beta');
      ws2.getaddrinfo('alpha', null, null, ref(null));
      ws2.gethostbyaddr(Uint8Array.of(10, 0, 0, 1), 4, AF_INET);
    }
    expect(questions).toEqual(['host alpha 2', 'host beta 2', 'host alpha 23,2', 'address 10.0.0.1 2']);
    finish();
  });

  test('is not changed by what an application does to what it was given', () => {
    const { ws2, finish } = withNameSpace({
      lookup(_question, answer) {
        answer.holdsWhile(() => true);
        answer.found({ addresses: [ADDRESS] });
        answer.done();
      },
    });
    for (let times = 0; times < 2; times++) {
      const result = ref<addrinfo | null>(null);
      ws2.getaddrinfo('alpha', null, null, result);
      expect(formatIPv4(result.value!.ai_addr!, 4)).toBe('10.0.0.1');
      result.value!.ai_addr!.fill(0);
      const host = ws2.gethostbyname('alpha')!;
      expect([...host.h_addr_list[0]!]).toEqual([10, 0, 0, 1]);
      host.h_addr_list[0]!.fill(0);
    }
    finish();
  });

  test('goes with another name space that comes before it, and with its own', () => {
    const told = (address: string) => (_question: unknown, answer: NameSpaceAnswer) => {
      answer.holdsWhile(() => true);
      answer.found({ addresses: [sockaddr_in(address, 0)] });
      answer.done();
    };
    const { ws2, id, finish } = withNameSpace({ lookup: told('10.0.0.1') });
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.1']);
    const first = addNameSpace(ws2, defineNameSpace({ name: 'first', nameSpace: NS_DNS, lookup: told('10.0.0.2') }), {
      first: true,
    });
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.2']);
    removeNameSpace(ws2, first);
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.1']);
    removeNameSpace(ws2, id);
    expect(addressesOf(ws2, 'alpha')).toBe(WSAHOST_NOT_FOUND);
    finish();
  });

  test('is asked for again where the function that says so throws, which is reported', () => {
    let asked = 0;
    const { ws2, defects } = withNameSpace({
      lookup(_question, answer) {
        asked++;
        answer.holdsWhile(() => {
          throw new Error('broken');
        });
        answer.found({ addresses: [ADDRESS] });
        answer.done();
      },
    });
    addressesOf(ws2, 'alpha');
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.1']);
    expect(asked).toBe(2);
    expect(defects.map(({ message }) => message)).toEqual([
      'name space "test names" threw in what it gave to answer.holdsWhile',
    ]);
  });

  test('needs a function that says so', () => {
    const { ws2, defects } = withNameSpace({
      lookup(_question, answer) {
        answer.holdsWhile(true as unknown as () => boolean);
        answer.found({ addresses: [ADDRESS] });
        answer.done();
      },
    });
    expect(addressesOf(ws2, 'alpha')).toEqual(['10.0.0.1']);
    expect(defects.map(({ message }) => message)).toEqual([
      'name space "test names" gave a boolean as the argument of answer.holdsWhile: it is a function',
    ]);
  });

  test('is not for queries of applications: their author is asked each time', () => {
    let asked = 0;
    const { ws2, id, finish } = withNameSpace({
      lookup(_question, answer) {
        asked++;
        answer.holdsWhile(() => true);
        answer.found({ name: 'alpha' });
        answer.done();
      },
    });
    const query = { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: 'alpha' };
    for (const flags of [LUP_RETURN_ALL, LUP_RETURN_NAME | LUP_FLUSHCACHE]) ask(ws2, id, { ...query, flags });
    expect(asked).toBe(2);
    finish();
  });
});

describe('A look-up of the instance’s own', () => {
  test('asks the second name space only where the first has nothing of use', () => {
    const asked: string[] = [];
    const { ws2, finish } = withNameSpace({
      lookup({ name }, answer) {
        asked.push(`first ${name}`);
        if (name === 'alpha') answer.found({ addresses: [ADDRESS] });
        else if (name === 'beta') answer.found({ addresses: [] });
        answer.done();
      },
    });
    const lookup = ({ name }: { name: string }, answer: NameSpaceAnswer): void => {
      asked.push(`second ${name}`);
      if (name === 'beta') answer.found({ addresses: [sockaddr_in('10.0.0.2', 0)] });
      answer.done();
    };
    addNameSpace(ws2, defineNameSpace({ name: 'second', nameSpace: NS_DNS, lookup }));
    expect(['alpha', 'beta', 'gamma'].map((name) => addressesOf(ws2, name))).toEqual([
      ['10.0.0.1'],
      ['10.0.0.2'],
      WSAHOST_NOT_FOUND,
    ]);
    expect(asked).toEqual(['first alpha', 'first beta', 'second beta', 'first gamma', 'second gamma']);
    finish();
  });

  test('fails with what was said later than at the beginning, whoever was asked last', () => {
    const { ws2, finish } = withNameSpace({ lookup: (_question, answer) => answer.fail(WSATRY_AGAIN) });
    const refuses = defineNameSpace({
      name: 'refuses',
      nameSpace: NS_DNS,
      looksUpAtBegin: true,
      lookup: (_question, answer) => answer.fail(WSASERVICE_NOT_FOUND),
    });
    addNameSpace(ws2, refuses);
    expect(addressesOf(ws2, 'alpha')).toBe(WSATRY_AGAIN);
    finish();
  });

  test('is seen by a hook on the routines, and answered alike', () => {
    const { ws2, finish } = withNameSpace({
      lookup(_question, answer) {
        answer.holdsWhile(() => true);
        answer.found({ addresses: [ADDRESS] });
        answer.done();
      },
    });
    const called: string[] = [];
    const before = addressesOf(ws2, 'alpha');
    const unhook = ws2.debug.hook({ match: /^NSPv2/, before: (call) => void called.push(call.function) });
    expect(addressesOf(ws2, 'alpha')).toEqual(before);
    expect([...new Set(called)]).toEqual([
      'NSPv2LookupServiceBegin',
      'NSPv2LookupServiceNextEx',
      'NSPv2LookupServiceEnd',
    ]);
    const calls = called.length;
    unhook();
    expect(addressesOf(ws2, 'alpha')).toEqual(before);
    expect(called).toHaveLength(calls);
    finish();
  });

  test('that waits is cancelled when its name space is removed, and asks the next', () => {
    let cancelled = 0;
    const { ws2, id, finish } = withNameSpace({
      lookup: (_question, answer) => answer.onCancel(() => cancelled++),
    });
    const lookup = (_question: unknown, answer: NameSpaceAnswer): void => {
      answer.found({ addresses: [ADDRESS] });
      answer.done();
    };
    addNameSpace(ws2, defineNameSpace({ name: 'second', nameSpace: NS_DNS, lookup }));
    const found: number[] = [];
    ws2[INSTANCE].lookUp('alpha', { ai_family: AF_INET, ai_flags: 0 }, (_error, names) => found.push(names.length));
    removeNameSpace(ws2, id);
    ws2.host.SleepEx(0, false);
    expect({ cancelled, found }).toEqual({ cancelled: 1, found: [1] });
    finish();
  });

  test('that nothing can end names the name space that has not answered', () => {
    const { ws2, defects } = withNameSpace({ timeout: Infinity, lookup: () => undefined });
    expect(() => addressesOf(ws2, 'alpha')).not.toThrow();
    expect(defects[0]?.message).toMatch(/deadlock[^]*getaddrinfo[^]*"test names" has not answered what "alpha" is/);
  });
});

/** A name space by somebody else, who offers direct look-ups of their own making. */
function withOffer(direct: Partial<DirectLookUps>, replaced: Partial<NSPV2_ROUTINE> = {}) {
  const inner = defineNameSpace({
    name: 'test names',
    nameSpace: NS_DNS,
    lookup(_question, answer) {
      answer.found({ addresses: [ADDRESS] });
      answer.done();
    },
  });
  const NSPStartup: LPNSPSTARTUP = (lpProviderId, routines) => {
    const result = inner.NSPStartup(lpProviderId, routines);
    const table: NSP_ROUTINE & Partial<NSPV2_ROUTINE> = routines;
    table.directLookUps = { ...table.directLookUps!, ...direct };
    Object.assign(table, replaced);
    return result;
  };
  const test = withNameSpace({ nameSpace: NS_DNS, lookup: (_question, answer) => answer.done() });
  addNameSpace(test.ws2, { ...inner, NSPStartup }, { first: true });
  return test;
}

describe('An offer of direct look-ups', () => {
  test('does not stand for a routine that somebody has put in its place', () => {
    const begun: unknown[] = [];
    const { ws2, finish } = withOffer(
      {},
      {
        NSPv2LookupServiceBegin(_id, restrictions, _flags, _session, handle) {
          begun.push(restrictions.lpszServiceInstanceName);
          handle.value = 77;
          return 0;
        },
        NSPv2LookupServiceNextEx: (hAsyncCall) => ws2.WSAProviderCompleteAsyncCall(hAsyncCall, WSANO_DATA),
        NSPv2LookupServiceEnd: () => 0,
      },
    );
    expect(addressesOf(ws2, 'alpha')).toBe(WSAHOST_NOT_FOUND);
    expect(begun).toEqual(['alpha']);
    finish();
  });

  const nothing: DirectInquiry = { isStill: null, end: () => undefined };
  test.each<[string, (question: DirectQuestion, listener: DirectListener) => DirectInquiry | number, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      /"test names": directLookUps.ask threw/,
    ],
    ['returns nothing', () => undefined as never, /directLookUps.ask returned undefined, which is neither/],
    [
      'finds what is no result',
      (_question, listener) => {
        listener.found({ name: 'x', addresses: ['10.0.0.1'] } as never);
        return nothing;
      },
      /found what is no result of a direct look-up/,
    ],
    [
      'throws at the end',
      (_question, listener) => {
        listener.ended(WSANO_DATA, false);
        return { ...nothing, end: () => expect.fail('broken') };
      },
      /the end of a direct look-up threw/,
    ],
  ])('that %s costs the question alone, and is reported', (_what, asked, message) => {
    const { ws2, defects } = withOffer({ ask: (_session, question, listener) => asked(question, listener) });
    expect([WSANO_RECOVERY, WSAHOST_NOT_FOUND, WSANO_DATA]).toContain(addressesOf(ws2, 'alpha'));
    expect(defects.map((defect) => defect.message).join('\n')).toMatch(message);
  });

  test('is heard no more once the answer is known or the question given up', () => {
    let listener: DirectListener | null = null;
    let ended = 0;
    const { ws2, finish } = withOffer({
      ask(_session, _question, asking) {
        listener = asking;
        return { isStill: null, end: () => ended++ };
      },
    });
    const found: unknown[] = [];
    const cancel = ws2[INSTANCE].lookUp('alpha', { ai_family: AF_INET, ai_flags: 0 }, (error) => found.push(error));
    cancel();
    expect(listener!.found({ name: 'alpha', addresses: [ADDRESS], blob: null })).toBe(false);
    listener!.ended(0, false);
    ws2.host.SleepEx(0, false);
    expect({ ended, found }).toEqual({ ended: 1, found: [] });
    finish();
  });
});

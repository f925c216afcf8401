// What authors of name spaces are asked, and what comes of their items.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  COMP_EQUAL,
  COMP_NOTLESS,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LUP_CONTAINERS,
  LUP_DEEP,
  LUP_FLUSHCACHE,
  LUP_NEAREST,
  LUP_NOCONTAINERS,
  LUP_RETURN_ALL,
  NS_DNS,
  parseSockaddr,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SVCID_DNS_TYPE_A,
  SVCID_DNS_TYPE_MX,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP,
  SVCID_UDP,
  WSANO_DATA,
  WSATRY_AGAIN,
  type GUID,
  type WSAQUERYSETW,
} from 'ws2spi';
import {
  addNameSpace,
  defineNameSpace,
  removeNameSpace,
  type NameSpaceItem,
  type NameSpaceQuestion,
} from 'ws2spi/names';
import { ask, begin, names, next, PRINTERS, withNameSpace, type Asked } from './fixtures/name-spaces.js';

/** What the author is asked for a query. */
function questionFor(asked: Asked): NameSpaceQuestion {
  let question: NameSpaceQuestion | null = null;
  const { ws2, id, finish } = withNameSpace({
    containers: true,
    lookup(asked, answer) {
      question = asked;
      answer.done();
    },
  });
  ask(ws2, id, asked);
  finish();
  return question!;
}

describe('A question', () => {
  test.each<[string, GUID | null, string | null, number, object]>([
    ['host', SVCID_INET_HOSTADDRBYNAME, 'alpha', 0, { name: 'alpha', port: 0, recordType: 0 }],
    ['host', SVCID_TCP(8080), 'alpha', 0, { port: 8080 }],
    ['host', SVCID_UDP(69), 'alpha', 0, { port: 69 }],
    ['host', SVCID_HOSTNAME, 'alpha', 0, {}],
    ['own host', SVCID_HOSTNAME, null, 0, { name: '' }],
    ['address', SVCID_INET_HOSTADDRBYINETSTRING, '10.0.0.1', 0, { name: '10.0.0.1' }],
    ['service', SVCID_INET_SERVICEBYNAME, 'http/tcp', 0, { name: 'http/tcp' }],
    ['record', SVCID_DNS_TYPE_A, 'alpha', 0, { recordType: 1, port: 0 }],
    ['record', SVCID_DNS_TYPE_MX, 'alpha', 0, { recordType: 15, port: 0 }],
    ['class', PRINTERS, null, 0, { name: '', serviceClass: PRINTERS }],
    ['class', PRINTERS.toLowerCase(), 'upstairs', 0, { serviceClass: PRINTERS }],
    ['name', null, 'anything', 0, { serviceClass: null }],
    ['containers', PRINTERS, null, LUP_CONTAINERS | LUP_DEEP, { isDeep: true, serviceClass: PRINTERS }],
  ])('of the kind %s is asked by class %s and name %s', (kind, lpServiceClassId, name, flags, members) => {
    const question = questionFor({ lpServiceClassId, lpszServiceInstanceName: name, flags: LUP_RETURN_ALL | flags });
    expect(question).toMatchObject({ kind, ...members });
  });

  test('says which families and protocols are wanted, and everything else that was asked', () => {
    const question = questionFor({
      dwNumberOfProtocols: 2,
      lpafpProtocols: [
        { iAddressFamily: AF_INET, iProtocol: IPPROTO_TCP },
        { iAddressFamily: AF_INET6, iProtocol: 0 },
      ],
      lpszQueryString: 'colour',
      lpszContext: '/upstairs',
      lpVersion: { dwVersion: 7, ecHow: COMP_NOTLESS },
      lpBlob: { cbSize: 2, pBlobData: Uint8Array.of(1, 2) },
      flags: LUP_RETURN_ALL | LUP_FLUSHCACHE | LUP_NEAREST | LUP_NOCONTAINERS,
    });
    expect(question).toMatchObject({
      families: [AF_INET, AF_INET6],
      queryString: 'colour',
      context: '/upstairs',
      version: { dwVersion: 7 },
      blob: Uint8Array.of(1, 2),
      isFresh: true,
      isDeep: false,
      byDistance: true,
      withoutContainers: true,
    });
    expect([
      question.wants(AF_INET),
      question.wants(AF_INET, IPPROTO_UDP),
      question.wants(AF_INET6, IPPROTO_UDP),
      question.wants(1),
    ]).toEqual([true, false, true, false]);
    expect(questionFor({}).wants(AF_INET6, IPPROTO_UDP)).toBe(true);
  });

  test('goes to the author when the first result is fetched; or at the beginning, if the definition wants it', () => {
    const asked: string[] = [];
    const lookup = (question: NameSpaceQuestion, answer: { done(): void }): void => {
      asked.push(question.name);
      answer.done();
    };
    const late = withNameSpace({ lookup });
    const handle = begin(late.ws2, late.id, { lpszServiceInstanceName: 'late' });
    expect(asked).toEqual([]);
    next(late.ws2, handle);
    expect(asked).toEqual(['late']);
    const early = withNameSpace({ lookup, looksUpAtBegin: true });
    expect(() => begin(early.ws2, early.id, { lpszServiceInstanceName: 'early' })).toThrow(/WSASERVICE_NOT_FOUND/);
    expect(asked).toEqual(['late', 'early']);
  });

  test('does not reach the author of a name space that another one of which knew the answer', () => {
    const asked: string[] = [];
    const { ws2, finish } = withNameSpace({
      lookup(question, answer) {
        asked.push(question.name);
        answer.found({ addresses: [sockaddr_in('10.0.0.1', 0)] });
        answer.done();
      },
    });
    expect(ws2.gethostbyname('localhost')?.h_addr_list[0]).toEqual(Uint8Array.of(127, 0, 0, 1));
    expect(ws2.gethostbyname('elsewhere')?.h_addr_list[0]).toEqual(Uint8Array.of(10, 0, 0, 1));
    expect(asked).toEqual(['elsewhere']);
    finish();
  });

  test('for containers is no question to a name space without', () => {
    const { ws2, id } = withNameSpace({ lookup: () => expect.unreachable() });
    expect(() => begin(ws2, id, { flags: LUP_CONTAINERS })).toThrow(/WSANO_DATA/);
  });
});

/** The results of a query for items. */
function resultsOf(items: readonly NameSpaceItem[], asked: Asked = {}): WSAQUERYSETW[] {
  const { ws2, id, finish } = withNameSpace({
    containers: true,
    lookup(_question, answer) {
      for (const item of items) answer.found(item);
      answer.done();
    },
  });
  const handle = begin(ws2, id, asked);
  const found: WSAQUERYSETW[] = [];
  for (;;) {
    const result = next(ws2, handle);
    if (typeof result === 'string') break;
    found.push(result);
  }
  finish();
  return found;
}

const namesOf = (results: readonly WSAQUERYSETW[]) => results.map((each) => each.lpszServiceInstanceName);
const places = ([first]: readonly WSAQUERYSETW[]): string[] =>
  (first?.lpcsaBuffer ?? []).map(({ RemoteAddr, iSocketType, iProtocol }) => {
    const { address, port } = parseSockaddr(RemoteAddr.lpSockaddr!);
    return `${address} ${port} ${iSocketType} ${iProtocol}`;
  });
const protocols = (...pairs: [number, number][]): Asked => ({
  dwNumberOfProtocols: pairs.length,
  lpafpProtocols: pairs.map(([iAddressFamily, iProtocol]) => ({ iAddressFamily, iProtocol })),
});

describe('An item', () => {
  const both = [sockaddr_in('10.0.0.1', 0), sockaddr_in6('2001:db8::1', 0)];

  test('may say everything, or nothing', () => {
    const [whole, bare] = resultsOf([
      {
        name: 'upstairs',
        serviceClass: PRINTERS,
        comment: 'colour',
        version: 3,
        queryString: 'q',
        context: '/',
        blob: Uint8Array.of(1),
        change: 'added',
      },
      {},
    ]);
    expect(whole).toMatchObject({
      lpszServiceInstanceName: 'upstairs',
      lpServiceClassId: PRINTERS,
      lpszComment: 'colour',
      lpVersion: { dwVersion: 3 },
      lpszQueryString: 'q',
      lpszContext: '/',
      lpBlob: { cbSize: 1, pBlobData: Uint8Array.of(1) },
      dwOutputFlags: 0x10,
    });
    expect(bare).toMatchObject({ lpszServiceInstanceName: '', lpServiceClassId: PRINTERS, lpcsaBuffer: null });
  });

  test.each<[string, Asked, string[]]>([
    ['both families, over TCP', {}, ['10.0.0.1 0 1 6', '2001:db8::1 0 1 6']],
    ['one family', protocols([AF_INET6, 0]), ['2001:db8::1 0 1 6']],
    ['UDP', protocols([AF_INET, IPPROTO_UDP]), ['10.0.0.1 0 2 17']],
    ['each protocol', protocols([AF_INET, IPPROTO_TCP], [AF_INET, IPPROTO_UDP]), ['10.0.0.1 0 1 6', '10.0.0.1 0 2 17']],
    ['the port of the class', { lpServiceClassId: SVCID_UDP(69) }, ['10.0.0.1 69 2 17', '2001:db8::1 69 2 17']],
    ['the family of a record', { lpServiceClassId: SVCID_DNS_TYPE_A }, ['10.0.0.1 0 1 6']],
  ])('with bare addresses is where the query wants it: %s', (_what, asked, found) => {
    const query = { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, ...asked };
    expect(places(resultsOf([{ addresses: both }], query))).toEqual(found);
  });

  test('may say transport and port itself', () => {
    const address = sockaddr_in('10.0.0.1', 631);
    const items = [
      { addresses: both, protocol: IPPROTO_UDP, port: 53 },
      { addresses: [{ address, socketType: SOCK_STREAM, protocol: IPPROTO_TCP }] },
    ];
    expect(places(resultsOf(items.slice(0, 1)))).toEqual(['10.0.0.1 53 2 17', '2001:db8::1 53 2 17']);
    expect(places(resultsOf(items.slice(1)))).toEqual(['10.0.0.1 631 1 6']);
    expect(places(resultsOf(items.slice(1), protocols([AF_INET, IPPROTO_UDP])))).toEqual([]);
  });

  test('that is there, but not where it is asked for, is WSANO_DATA', () => {
    const { ws2, id, finish } = withNameSpace({
      lookup(_question, answer) {
        answer.found({ addresses: both.slice(1) });
        answer.done();
      },
    });
    expect(ask(ws2, id, protocols([AF_INET, 0]))).toEqual(['WSANO_DATA']);
    expect(ws2.gethostbyname('six')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSANO_DATA);
    finish();
  });

  test('of another version than the query’s is left out', () => {
    const items = [{ name: 'old', version: 1 }, { name: 'new', version: 3 }, { name: 'ageless' }];
    const asked = (dwVersion: number, ecHow: number) => namesOf(resultsOf(items, { lpVersion: { dwVersion, ecHow } }));
    expect(asked(1, COMP_EQUAL)).toEqual(['old', 'ageless']);
    expect(asked(2, COMP_NOTLESS)).toEqual(['new', 'ageless']);
  });

  test('is a container or none, as the query wants it', () => {
    const items = [{ name: 'floor', isContainer: true }, { name: 'printer' }];
    const asked = (flags: number) => namesOf(resultsOf(items, { flags: LUP_RETURN_ALL | flags }));
    expect([asked(0), asked(LUP_CONTAINERS), asked(LUP_NOCONTAINERS)]).toEqual([
      ['floor', 'printer'],
      ['floor'],
      ['printer'],
    ]);
  });

  test('comes by its distance with LUP_NEAREST, aliases behind it', () => {
    const items = [
      { name: 'nowhere' },
      { name: 'far', distance: 9, aliases: ['remote', 'FAR'] },
      { name: 'near', distance: 1 },
    ];
    expect(namesOf(resultsOf(items))).toEqual(['nowhere', 'far', 'remote', 'near']);
    expect(namesOf(resultsOf(items, { flags: LUP_RETURN_ALL | LUP_NEAREST }))).toEqual([
      'near',
      'far',
      'remote',
      'nowhere',
    ]);
  });

  test('is given before the answer is over, and an error behind it is the end like any other', () => {
    const { ws2, id, clock, finish } = withNameSpace({
      lookup(_question, answer, session) {
        let count = 0;
        const more = (): void => {
          answer.found({ name: `${++count}` });
          if (count < 3) session.setTimer(10, more);
          else answer.fail(WSATRY_AGAIN);
        };
        more();
      },
    });
    const handle = begin(ws2, id);
    const moments: [string, number][] = [];
    for (let i = 0; i < 4; i++) {
      const result = next(ws2, handle);
      moments.push([typeof result === 'string' ? result : result.lpszServiceInstanceName!, clock.now()]);
    }
    expect(moments).toEqual([
      ['1', 0],
      ['2', 10],
      ['3', 20],
      ['WSA_E_NO_MORE', 20],
    ]);
    finish();
  });
});

describe('addNameSpace', () => {
  const saying = (last: number, name = 'names') =>
    defineNameSpace({
      name,
      nameSpace: NS_DNS,
      lookup(_question, answer) {
        answer.found({ addresses: [sockaddr_in(`10.0.0.${last}`, 0)] });
        answer.done();
      },
    });

  test('asks a name space last, or first; until it is removed', () => {
    const { ws2, finish } = withNameSpace({ lookup: (_question, answer) => answer.done() });
    const found = (name: string) => ws2.gethostbyname(name)?.h_addr_list[0]?.join('.');
    const last = addNameSpace(ws2, saying(1));
    expect([found('localhost'), found('alpha')]).toEqual(['127.0.0.1', '10.0.0.1']);
    const first = addNameSpace(ws2, saying(2), { first: true });
    expect([found('localhost'), found('alpha')]).toEqual(['10.0.0.2', '10.0.0.2']);
    removeNameSpace(ws2, first);
    removeNameSpace(ws2, first);
    expect(found('alpha')).toBe('10.0.0.1');
    removeNameSpace(ws2, last);
    expect(found('alpha')).toBeUndefined();
    finish();
  });

  test('what is asked of a name space that is removed is cancelled', () => {
    const { ws2, finish } = withNameSpace({ lookup: (_question, answer) => answer.done() });
    const told: string[] = [];
    const id = addNameSpace(
      ws2,
      defineNameSpace({
        name: 'silent',
        nameSpace: NS_DNS,
        lookup(_question, answer, session) {
          answer.onCancel(() => told.push('cancelled'));
          session.setTimer(10, () => told.push('never'));
          session.host.setTimer(session.now() + 5, () => removeNameSpace(ws2, id));
        },
        end: () => told.push('ended'),
      }),
    );
    const handle = begin(ws2, id);
    expect(names(ws2, handle)).toEqual(['WSA_E_CANCELLED']);
    expect(told).toEqual(['cancelled', 'ended']);
    ws2.WSALookupServiceEnd(handle);
    finish();
  });

  test('refuses what are no arguments, in words', () => {
    const { ws2 } = withNameSpace({ lookup: (_question, answer) => answer.done() });
    expect(() => addNameSpace({} as never, saying(1))).toThrow(/the first argument is the instance/);
    expect(() => addNameSpace(ws2, {} as never)).toThrow(/a name space, as defineNameSpace returns it, not an object/);
    expect(() => addNameSpace(ws2, saying(1), { frist: true } as never)).toThrow(/did you mean "first"/);
    expect(() => removeNameSpace(null as never, 'x')).toThrow(/the first argument is the instance/);
  });
});

describe('A Buffer', () => {
  test('that an author gives is copied, not shared: neither sees what the other does with it', () => {
    const address = Buffer.from(sockaddr_in('10.0.0.1', 0));
    const blob = Buffer.from('abc');
    const { ws2, id, finish } = withNameSpace({
      lookup(_asked, answer) {
        answer.found({ name: 'alpha', addresses: [address], blob, port: 80 });
        address[4] = 99;
        blob[0] = 0x7a;
        answer.done();
      },
    });
    const handle = begin(ws2, id);
    const { lpcsaBuffer, lpBlob } = next(ws2, handle) as WSAQUERYSETW;
    expect(parseSockaddr(lpcsaBuffer![0]!.RemoteAddr.lpSockaddr!)).toMatchObject({ address: '10.0.0.1', port: 80 });
    expect(Buffer.from(lpBlob!.pBlobData).toString()).toBe('abc');
    // The port was written into a copy.
    expect([address[2], address[3]]).toEqual([0, 0]);
    ws2.WSALookupServiceEnd(handle);
    finish();
  });
});

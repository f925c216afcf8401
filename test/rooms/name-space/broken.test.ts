// Definitions that do wrong: each fault is reported once, under the name space's name, with what to write instead.
import { describe, expect, test } from 'vitest';
import { AF_INET, NS_DNS, sockaddr_in, WSANO_RECOVERY, WSATRY_AGAIN } from 'ws2spi';
import { defineNameSpace, type NameSpaceAnswer, type NameSpaceDefinition } from 'ws2spi/names';
import { ask, withNameSpace } from './fixtures/name-spaces.js';

const lookup = (_question: unknown, answer: NameSpaceAnswer): void => answer.done();

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'a name space is defined by an object with a name and hooks, not by undefined'],
  ['no name', { nameSpace: NS_DNS, lookup }, 'a name space needs a name of 1 to 128 characters'],
  [
    'no look-up',
    { name: 'n', nameSpace: NS_DNS, register: lookup },
    'name space "n" has no `lookup(question, answer)`',
  ],
  [
    'a misspelt hook',
    { name: 'n', nameSpace: NS_DNS, lookUp: lookup },
    'name space "n" has a "lookUp", which is not a hook: did you mean "lookup"?',
  ],
  [
    'a hook that is not a function',
    { name: 'n', nameSpace: NS_DNS, lookup, watch: true },
    'name space "n" has a "watch" that is not a function',
  ],
  [
    'every name space in one',
    { name: 'n', nameSpace: 0, lookup },
    'name space "n" has a `nameSpace` that is none: it is a number such as NS_DNS, and not NS_ALL',
  ],
  [
    'a time-out that is none',
    { name: 'n', nameSpace: NS_DNS, lookup, timeout: 0 },
    'name space "n" has a `timeout` that is not a number of milliseconds above 0',
  ],
  [
    'a flag that is none',
    { name: 'n', nameSpace: NS_DNS, lookup, containers: 'yes' },
    'name space "n" has a `containers` that is not true or false',
  ],
])('defineNameSpace refuses %s', (_what, definition, message) => {
  expect(() => defineNameSpace(definition as NameSpaceDefinition)).toThrow(
    new TypeError(`defineNameSpace: ${message}`),
  );
});

/** Asks a name space three times; what the third query found, and what was reported. */
function outcome(definition: Partial<NameSpaceDefinition>): { found: string[]; reports: string[] } {
  const { ws2, id, defects } = withNameSpace({ name: 'broken', ...definition });
  let found: string[] = [];
  for (let i = 0; i < 3; i++) found = ask(ws2, id);
  return { found, reports: defects.map(({ message }) => message.replace('name space "broken" ', '')) };
}

type Lookup = NonNullable<NameSpaceDefinition['lookup']>;

describe('a look-up', () => {
  test.each<[string, Lookup, string[], string[]]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
      ['WSASYSCALLFAILURE'],
      ['threw in lookup'],
    ],
    [
      'throws after it has answered',
      (_question, answer) => {
        answer.found({ name: 'a' });
        answer.done();
        throw new Error('no');
      },
      ['a', 'WSA_E_NO_MORE'],
      ['threw in lookup'],
    ],
    [
      'returns a promise',
      () => Promise.reject(new Error('no')),
      ['WSASYSCALLFAILURE'],
      [
        'returned a promise from lookup: a function of a provider answers at once; make it one that is not async, and go on later by a timer, deferred work or an overlapped operation',
      ],
    ],
    [
      'answers twice',
      (_question, answer) => {
        answer.found({ name: 'a' });
        answer.done();
        answer.fail(WSATRY_AGAIN);
        answer.done();
      },
      ['a', 'WSA_E_NO_MORE'],
      [
        'called answer.fail after lookup had been answered: answer once, by done or fail',
        'called answer.done after lookup had been answered: answer once, by done or fail',
      ],
    ],
    [
      'fails with what is not an error',
      (_question, answer) => answer.fail('ENOTFOUND' as never),
      ['WSASYSCALLFAILURE'],
      ['called answer.fail(a string): an error is a WSA code, such as WSATRY_AGAIN'],
    ],
    [
      'fails with success',
      (_question, answer) => answer.fail(0),
      ['WSASYSCALLFAILURE'],
      ['called answer.fail(0): an error is a WSA code, such as WSATRY_AGAIN'],
    ],
    [
      'wants to be told of a cancellation by what is not a function',
      (_question, answer) => {
        answer.onCancel('stop' as never);
        answer.found({ name: 'a' });
        answer.done();
      },
      ['a', 'WSA_E_NO_MORE'],
      ['gave a string as the argument of answer.onCancel: it is a function'],
    ],
  ])('that %s', (_what, hook, found, reports) => {
    expect(outcome({ lookup: hook })).toEqual({ found, reports });
  });

  test('that answers after it was cancelled is not heard, and told', () => {
    const answers: NameSpaceAnswer[] = [];
    const { ws2, clock, defects, id } = withNameSpace({
      name: 'broken',
      timeout: 100,
      lookup: (_question, answer) => void answers.push(answer),
    });
    expect(ask(ws2, id)).toEqual(['WSATRY_AGAIN']);
    expect(clock.now()).toBe(100);
    expect(answers[0]!.isOver).toBe(true);
    expect(answers[0]!.found({ name: 'a' })).toBe(false);
    answers[0]!.done();
    expect(defects.map(({ message }) => message)).toEqual([
      'name space "broken" called answer.found after lookup was cancelled: take back what is under way in answer.onCancel',
      'name space "broken" called answer.done after lookup was cancelled: take back what is under way in answer.onCancel',
    ]);
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'found undefined: an item is an object such as'],
    ['an array', [], 'found an array: an item is an object such as'],
    ['a misspelt member', { adresses: [] }, 'found an item with a "adresses": did you mean "addresses"?'],
    ['a name that is none', { name: 7 }, 'found an item with 7 as its `name`: it is a string without NUL characters'],
    ['a name with a NUL', { name: 'a\0b' }, 'found an item with a string as its `name`: it is a string without NUL'],
    ['one address in place of several', { addresses: 'x' }, 'found an item with a string as its `addresses`: it is an'],
    [
      'an address in text',
      { addresses: ['10.0.0.1'] },
      'found an item with a string among its `addresses`: each is a SOCKADDR',
    ],
    [
      'an address that is too short',
      { addresses: [sockaddr_in('10.0.0.1', 0).subarray(0, 8)] },
      'found an item with 8 bytes that are no SOCKADDR among its `addresses`: each is a SOCKADDR',
    ],
    [
      'four bytes of an address',
      { addresses: [Uint8Array.of(10, 0, 0, 1)] },
      'found an item with 4 bytes that are no SOCKADDR',
    ],
    [
      'sixteen bytes of an address',
      { addresses: [Buffer.from('20010db8'.padEnd(32, '0'), 'hex')] },
      'found an item with 16',
    ],
    [
      'an address without its socket type',
      { addresses: [{ address: sockaddr_in('10.0.0.1', 0) }] },
      'found an item with an object among its `addresses`',
    ],
    [
      'a class that is not a GUID',
      { serviceClass: 'printer' },
      'found an item with a string as its `serviceClass`: it is',
    ],
    ['a port that is none', { port: 70_000 }, 'found an item with 70000 as its `port`: it is a port from 0 to 65535'],
    ['a change that is none', { change: 'new' }, "found an item with a string as its `change`: it is 'added'"],
  ])('that finds %s', (_what, item, report) => {
    const { found, reports } = outcome({
      lookup(_question, answer) {
        answer.found({ name: 'good' });
        answer.found(item as never);
        answer.done();
      },
    });
    expect(found).toEqual(['good', 'WSA_E_NO_MORE']);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain(report);
  });

  test('that finds without end', () => {
    const { ws2, id, defects } = withNameSpace({
      name: 'broken',
      lookup(_question, answer) {
        for (let i = 0; answer.found({ name: `${i}` }); i++);
        answer.done();
      },
    });
    // The first is taken by the call that waits.
    expect(ask(ws2, id)).toHaveLength(1 + 100_000 + 1);
    expect(defects.map(({ message }) => message)).toEqual([
      'name space "broken" found more than 100000 items for one question: end the answer by answer.done()',
    ]);
  });
});

describe('a start', () => {
  test.each<[string, unknown, string]>([
    ['returns a promise', () => Promise.resolve({}), 'returned a promise from start'],
    [
      'returns a misspelt hook',
      () => ({ lookups: lookup }),
      'returned a "lookups" from start, which is not a hook: did you',
    ],
    [
      'returns what is not an object',
      () => 'names',
      'returned a string from start: it is an object of hooks, or nothing',
    ],
    ['returns a hook that is none', () => ({ lookup: 1 }), 'has a "lookup" that is not a function'],
    ['gives no look-up', () => undefined, 'has no `lookup(question, answer)`, and `start` returned none'],
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'threw in start',
    ],
  ])('that %s', (_what, start, report) => {
    const { ws2, defects } = withNameSpace({ name: 'broken', start: start as never });
    expect(ws2.gethostbyname('nobody')).toBeNull();
    expect(defects[0]?.message).toContain(`name space "broken" ${report}`);
  });
});

test('callbacks that throw cost nothing else', () => {
  const { ws2, id, defects, clock } = withNameSpace({
    name: 'broken',
    lookup(_question, answer, session) {
      const socket = session.openDatagram({
        family: AF_INET,
        bind: sockaddr_in('127.0.0.1', 0),
        received() {
          throw new Error('no');
        },
      });
      socket.sendTo(Uint8Array.of(1), socket.name!);
      session.setTimer(10, () => {
        throw new Error('no');
      });
      session.setTimer(20, () => {
        socket.close();
        answer.found({ name: 'a' });
        answer.done();
      });
    },
  });
  expect(ask(ws2, id)).toEqual(['a', 'WSA_E_NO_MORE']);
  expect(clock.now()).toBe(20);
  expect(defects.map(({ message }) => message)).toEqual([
    'name space "broken" threw in `received` of a datagram socket',
    'name space "broken" threw in the callback of a timer',
  ]);
});

test('an answer that the API cannot use is not a success: gethostbyname wants a hostent', () => {
  const { ws2, defects } = withNameSpace({
    name: 'broken',
    lookup(_question, answer) {
      answer.found({ blob: new Uint8Array(3) });
      answer.done();
    },
  });
  expect(ws2.gethostbyname('alpha')).toBeNull();
  expect(ws2.WSAGetLastError()).toBe(WSANO_RECOVERY);
  expect(defects).toEqual([]);
});

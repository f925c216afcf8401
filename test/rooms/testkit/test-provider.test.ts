// The suite as its users see it: cases for any runner, skipped with reasons, and failing with what was not as it should
// be.
import { expect, test } from 'vitest';
import { AF_INET, createWs2_32, VirtualClock } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { testProvider, type ProviderFactory } from 'ws2spi/testkit';

const memory: ProviderFactory = (options) => {
  const clock = new VirtualClock();
  return { ws2: createWs2_32({ base: 'memory', catalog: 'memory', clock, ...options }), clock };
};

const caseOf = (factory: ProviderFactory, name: string) =>
  testProvider(factory, { families: [AF_INET] }).find((each) => each.name === name)!;

test('Every case has a name of its own, and passes on the network in memory', async () => {
  const cases = testProvider(memory);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThan(200);
  for (const { run } of cases.slice(0, 5)) await run();
});

test('What is skipped says why: by a capability, a topic or a case', () => {
  const skips = {
    datagrams: 'it carries streams',
    'Socket handles': 'known',
    'a blocking socket connects once, and never when it listens': 'may connect twice',
  };
  const cases = testProvider(memory, { skips });
  const reasons = new Map(cases.map(({ name, skip }) => [name, skip]));
  expect(reasons.get('a blocking socket connects once, and never when it listens')).toBe('may connect twice');
  expect(new Set(reasons.values())).toEqual(new Set([null, ...Object.values(skips)]));
  for (const { topic, skip } of cases) if (topic === 'a datagram socket') expect(skip).toBe('it carries streams');
});

test('A skip that names nothing, or has no reason, is an error', () => {
  expect(() => testProvider(memory, { skips: { datagram: 'x' } })).toThrow(
    /"datagram" to skip: did you mean "datagrams"/,
  );
  expect(() => testProvider(memory, { skips: { datagrams: '' } })).toThrow(/"datagrams" needs a reason/);
  expect(() => testProvider(memory, { skip: {} } as never)).toThrow(/skip/);
  expect(() => testProvider({} as never)).toThrow(/first argument is a function/);
  expect(() => testProvider(memory, { families: [] })).toThrow(/families/);
});

test('Each family that is given is tried, and no other', () => {
  const names = testProvider(memory, { families: [AF_INET] }).map(({ name }) => name);
  expect(names.filter((name) => name.endsWith('(IPv4)')).length).toBeGreaterThan(3);
  expect(names.filter((name) => name.endsWith('(IPv6)'))).toEqual([]);
});

test('A provider that does wrong fails the cases that are about it', async () => {
  const spoilt: ProviderFactory = (options) => {
    const subject = memory(options);
    const layer = defineLayer({
      name: 'short',
      overrides: {
        WSPSend: (lower, s, buffers, count, sent, ...others) => {
          const result = lower.lpWSPSend(s, buffers, count, sent, ...others);
          if (result === 0 && sent !== null) sent.value -= 1;
          return result;
        },
      },
    });
    return { ...subject, entries: stack(subject.ws2, [layer]) };
  };
  const sentence = 'a blocking socket connects, accepts, sends and receives in one thread (IPv4)';
  await caseOf(memory, sentence).run();
  await expect(caseOf(spoilt, sentence).run()).rejects.toThrow(/strictly equal/);
});

test('What a provider leaves behind, or has reported, fails a case too', async () => {
  const sentence = 'a blocking socket connects, accepts, sends and receives in one thread (IPv4)';
  const leaking: ProviderFactory = (options) => ({
    ...memory(options),
    checkNothingIsLeft() {
      throw new Error('a socket is left');
    },
  });
  await expect(caseOf(leaking, sentence).run()).rejects.toThrow('a socket is left');
  const reporting: ProviderFactory = (options) => {
    const subject = memory(options);
    const layer = defineLayer({ name: 'loud', connect: () => 'yes' as never });
    return { ...subject, entries: stack(subject.ws2, [layer]) };
  };
  await expect(caseOf(reporting, sentence).run()).rejects.toThrow();
});

test.each([
  ['a layer', () => defineLayer({ name: 'mine', connect() {} }), 'returned a layer, which is in no instance yet'],
  ['the instance alone', () => createWs2_32({ base: 'memory', catalog: 'memory' }), 'returned the instance alone'],
  ['a promise', () => Promise.resolve(1), 'returned a promise, and nobody waits for it'],
  ['nothing', () => undefined, 'returned nothing: is a `return` missing'],
  ['an object without an instance', () => ({ entries: [] }), 'returned an object without `ws2`'],
])('A function that makes %s is told what to return', async (_, factory, fault) => {
  const [first] = testProvider(factory as never);
  await expect(first!.run()).rejects.toThrow(`testProvider: the function that it was given ${fault}`);
  await expect(first!.run()).rejects.toThrow(/; it returns \{ ws2, entries: stack\(ws2, \[layer\]\) \}/);
});

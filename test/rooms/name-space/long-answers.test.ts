// Items of very many addresses: they are looked at in many turns of the event loop, and nobody may see a difference but that.
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  hostent,
  NS_DNS,
  ref,
  seededRandom,
  sockaddr_in,
  sockaddr_in6,
  WSAGETASYNCERROR,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSATRY_AGAIN,
  type addrinfo,
} from 'ws2spi';
import { defineNameSpace, type NameSpaceAnswer, type NameSpaceDefinition } from 'ws2spi/names';
import { createTestInstance } from 'ws2spi/testkit';
import { areAllDistinct } from '../../../dist/name-space/all-distinct.js';
import { install } from './fixtures/name-spaces.js';
import { atEachTurn } from './fixtures/turns.js';

const MANY = 20_000;
const fours = Array.from({ length: MANY }, (_, at) => sockaddr_in(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, 0));

/** An instance whose one name space answers so; its turns are counted. */
function answering(answer: (answer: NameSpaceAnswer, name: string) => void, more: Partial<NameSpaceDefinition> = {}) {
  const user = createTestInstance();
  onTestFinished(() => user[Symbol.dispose]());
  const counted = { turns: 0 };
  const nameSpace = defineNameSpace({
    name: 'test names',
    nameSpace: NS_DNS,
    lookup: (question, given) => answer(given, question.name),
    ...more,
  });
  install(
    user.ws2,
    atEachTurn(nameSpace, () => counted.turns++),
  );
  const addresses = (family: number): number => {
    const result = ref<addrinfo | null>(null);
    const error = user.ws2.getaddrinfo('many', null, { ai_family: family, ai_socktype: 1 }, result);
    if (error !== 0) return -error;
    let count = 0;
    for (let each = result.value; each !== null; each = each.ai_next) count++;
    return count;
  };
  return { ...user, counted, addresses };
}

/** Has a host looked up by WSAAsyncGetHostByName; tells what the message says, and what is in the buffer then. */
function asynchronously({ ws2 }: ReturnType<typeof answering>, name = 'many') {
  const buffer = new Uint8Array(1 << 19);
  const messages: number[] = [];
  const window = ws2.host.CreateWindow((_hWnd, _message, _handle, lParam) => {
    messages.push(WSAGETASYNCERROR(lParam));
    return 0;
  });
  const handle = ws2.WSAAsyncGetHostByName(window, 0x0500, name, buffer, buffer.length);
  return { messages, handle, host: () => hostent.decode(buffer) };
}

describe('A name of twenty thousand addresses', () => {
  const all = (answer: NameSpaceAnswer): void => {
    answer.found({ addresses: [...fours, ...fours.slice(0, 100)] });
    answer.done();
  };

  test('has each of them once in the hostent of WSAAsyncGetHostByName, and no turn looks at more than a thousand', async () => {
    const user = answering(all);
    const { messages, host } = asynchronously(user);
    expect(messages).toEqual([]);
    while (messages.length === 0) await new Promise((next) => setImmediate(next));
    expect(messages).toEqual([0]);
    const { h_addr_list } = host();
    expect(h_addr_list.map(String)).toEqual(fours.map((each) => String(each.subarray(4, 8))));
    expect(user.counted.turns).toBeGreaterThanOrEqual(MANY / 1000);
    expect(user.defects).toEqual([]);
  });

  test('has each of them once by getaddrinfo, and none in another family', () => {
    const user = answering(all);
    expect([user.addresses(AF_INET), user.addresses(AF_INET6)]).toEqual([MANY, -WSANO_DATA]);
    expect(user.counted.turns).toBeGreaterThanOrEqual((2 * MANY) / 1000);
  });

  test('is looked at no further when the request is cancelled, and nobody is told', async () => {
    const user = answering(all);
    const { messages, handle } = asynchronously(user);
    for (let turn = 0; turn < 3; turn++) await new Promise((next) => setImmediate(next));
    expect(user.ws2.WSACancelAsyncRequest(handle)).toBe(0);
    const before = user.counted.turns;
    for (let turn = 0; turn < 30; turn++) await new Promise((next) => setImmediate(next));
    expect([messages, user.counted.turns - before < 2]).toEqual([[], true]);
    expect(user.defects).toEqual([]);
  });

  test('is given before the error that the answer ends with, and what comes behind it is passed over', () => {
    const { addresses, defects } = answering((answer) => {
      answer.found({ addresses: fours });
      answer.found({ addresses: [sockaddr_in('192.0.2.1', 0)] });
      answer.fail(WSATRY_AGAIN);
    });
    expect([addresses(AF_INET), defects]).toEqual([MANY, []]);
  });

  test('of a family that is not asked for is passed over for what comes behind it', () => {
    const six = sockaddr_in6('2001:db8::1', 0);
    const { addresses } = answering((answer) => {
      answer.found({ addresses: fours });
      answer.found({ addresses: [six, six] });
      answer.done();
    });
    expect(addresses(AF_INET6)).toBe(1);
  });

  test('is no refusal of the question, where a name space says at the beginning that it has others', () => {
    const user = answering(all, { looksUpAtBegin: true });
    install(
      user.ws2,
      defineNameSpace({
        name: 'others',
        nameSpace: NS_DNS,
        looksUpAtBegin: true,
        lookup: (_question, answer) => answer.fail(WSAHOST_NOT_FOUND),
      }),
    );
    expect(user.addresses(AF_INET6)).toBe(-WSAHOST_NOT_FOUND);
  });
});

describe('Whether pieces of bytes are all different', () => {
  test.each([2, 7, 8, 9, 100, 5000])('is known of %i, wherever two are alike', (count) => {
    const random = seededRandom(count);
    const pieces = Array.from({ length: count }, (_, at) => {
      const bytes = new Uint8Array(16).fill(at & 3);
      new DataView(bytes.buffer).setUint32(4, Math.imul(at, 0x9e3779b1));
      return bytes;
    });
    expect(areAllDistinct(pieces, 0, Infinity)).toBe(true);
    for (let run = 0; run < 20; run++) {
      const [from, to] = [Math.floor(random.next() * count), Math.floor(random.next() * count)];
      const others = pieces.with(to, pieces[from]!.slice());
      expect(areAllDistinct(others, 0, Infinity)).toBe(from === to);
      expect(areAllDistinct(others, 4, 8)).toBe(from === to);
    }
  });

  test('is seen by the part that is compared alone', () => {
    const pieces = Array.from({ length: 300 }, (_, at) => Uint8Array.of(at >> 8, at & 255, 1, 2));
    expect([areAllDistinct(pieces, 0, 2), areAllDistinct(pieces, 2, 4), areAllDistinct(pieces, 1, 4)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

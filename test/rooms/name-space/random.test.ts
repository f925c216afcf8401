// Random authors who do right and wrong, and programs that ask them at random: whatever happens, each call is over once, in
// good time, and what is reported is told under the name space's name.
import { expect, test } from 'vitest';
import {
  AF_INET,
  LUP_FLUSHPREVIOUS,
  LUP_RETURN_ALL,
  NS_DNS,
  ref,
  RNRSERVICE_REGISTER,
  seededRandom,
  SIO_NSP_NOTIFY_CHANGE,
  sockaddr_in,
  SVCID_INET_HOSTADDRBYNAME,
  WSA_IO_PENDING,
  WSAOVERLAPPED,
  WSAQUERYSETW,
  type ADDRINFOEX,
} from 'ws2spi';
import {
  addNameSpace,
  defineNameSpace,
  type ChangeNotice,
  type NameSpaceAnswer,
  type NameSpaceItem,
  type NameSpaceSession,
} from 'ws2spi/name-space';
import { createTestInstance } from 'ws2spi/testkit';

const SEED = Number(process.env['WS2SPI_SEED'] ?? 1);
const RUNS = Number(process.env['WS2SPI_SEQUENCES'] ?? 150);
const STEPS = 40;
/** Milliseconds after which the author's answers are given up. */
const TIMEOUT = 300;

type Chance = <T>(of: readonly T[]) => T;

const ITEMS: readonly unknown[] = [
  {},
  { name: 'a', addresses: [sockaddr_in('10.0.0.1', 0)], aliases: ['b', 'B', ''] },
  { name: 'n'.repeat(5000), comment: 'c', version: 1, distance: 3 },
  { addresses: [sockaddr_in('10.0.0.1', 0).subarray(0, 9)] },
  { blob: new Uint8Array(30), isContainer: true },
  { blob: new Uint8Array(0), addresses: [] },
  { nmae: 'a' },
  null,
  Promise.resolve({}),
];

/** One thing that an author does. */
function act(any: Chance, answer: NameSpaceAnswer, session: NameSpaceSession, depth: number): unknown {
  const again = (): unknown => act(any, answer, session, depth + 1);
  return any<() => unknown>([
    () => answer.done(),
    () => answer.done(),
    () => answer.fail(any([11001, 11002, 11004, 0, -1, 'no' as never])),
    () => answer.found(any(ITEMS) as NameSpaceItem),
    () => {
      for (let i = 0; i < 5; i++) answer.found({ name: `${i}`, addresses: [sockaddr_in(`10.0.0.${i}`, 0)] });
      return depth < 3 ? again() : answer.done();
    },
    () => session.setTimer(any([0, 1, 20, 400]), again),
    () => answer.onCancel(any([() => undefined, again, 5 as never])),
    () => {
      throw new Error('no');
    },
    () => Promise.reject(new Error('no')),
    () => again,
    () => undefined,
    () => {
      const socket = session.openDatagram({
        family: any([AF_INET, 99]),
        received: () => again(),
        failed: () => again(),
      });
      socket.sendTo(Buffer.from('x'), any([sockaddr_in('127.0.0.1', 9), new Uint8Array(1)]));
      if (any([true, false])) session.setTimer(30, () => socket.close());
      return any([undefined, () => socket.close()]);
    },
    () => {
      const socket = session.openStream({
        address: sockaddr_in('127.0.0.1', 9),
        received: again,
        failed: again,
      });
      socket.send(Buffer.from('x'));
      return any([undefined, () => socket.close()]);
    },
  ])();
}

function run(seed: number): void {
  const random = seededRandom(seed);
  const any: Chance = (of) => of[Math.floor(random.next() * of.length)]!;
  const instance = createTestInstance({ seed, network: { latency: 3 } });
  const { ws2, clock, defects, network } = instance;
  const notices: ChangeNotice[] = [];
  const id = addNameSpace(
    ws2,
    defineNameSpace({
      name: 'random',
      nameSpace: NS_DNS,
      timeout: TIMEOUT,
      containers: true,
      looksUpAtBegin: any([true, false]),
      start: (session) => ({
        lookup: (_question, answer) => act(any, answer, session, 0),
        register: (_registration, answer) => act(any, answer as NameSpaceAnswer, session, 0),
        watch: (_question, changed) => {
          notices.push(changed);
          return any([() => undefined, 5 as never]);
        },
        end: () => any([() => undefined, () => Promise.reject(new Error('no'))])(),
      }),
    }),
    { first: any([true, false]) },
  );
  const handles: number[] = [];
  const calls: { told: number; readonly handle: { value: number } }[] = [];
  const query = () => ({
    dwSize: WSAQUERYSETW.size,
    lpNSProviderId: id,
    lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
    lpszServiceInstanceName: any(['a', 'b', '']),
  });
  const patiently = (what: () => unknown): void => {
    const began = clock.now();
    what();
    // The author may put its answer off a few times.
    expect(clock.now() - began).toBeLessThan(20 * TIMEOUT);
  };
  const steps: readonly (() => void)[] = [
    () => {
      const handle = ref(0);
      if (ws2.WSALookupServiceBegin(query(), LUP_RETURN_ALL | any([0, 2, 4, 8]), handle) === 0)
        handles.push(handle.value);
    },
    () => {
      const room = any([0, 60, 200, 100_000]);
      patiently(() =>
        ws2.WSALookupServiceNext(any([...handles, 0]), any([0, LUP_FLUSHPREVIOUS]), ref(room), room === 0 ? null : []),
      );
    },
    () => {
      const handle = handles.splice(Math.floor(random.next() * handles.length), 1)[0];
      if (handle !== undefined) ws2.WSALookupServiceEnd(handle);
    },
    () => patiently(() => ws2.gethostbyname('a')),
    () => patiently(() => ws2.WSASetService(query(), RNRSERVICE_REGISTER, 0)),
    () => {
      const call = { told: 0, handle: ref(0) };
      const error = ws2.GetAddrInfoEx(
        'a',
        null,
        0,
        id,
        null,
        ref<ADDRINFOEX | null>(null),
        null,
        new WSAOVERLAPPED(),
        () => call.told++,
        call.handle,
      );
      if (error === WSA_IO_PENDING) calls.push(call);
    },
    () => {
      if (calls.length > 0) ws2.GetAddrInfoExCancel(any(calls).handle);
    },
    () => {
      if (handles.length > 0) ws2.WSANSPIoctl(any(handles), SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, null);
    },
    () => {
      if (notices.length > 0) any(notices)(...any([[], [any(ITEMS) as NameSpaceItem]]));
    },
    () => clock.advance(any([0, 1, 50, 500])),
    () => {
      if (any([true, false, false, false])) {
        ws2.WSACleanup();
        handles.length = 0;
        calls.length = 0;
        expect(network.idle()).toBe(true);
        expect(ws2.WSAStartup(0x0202, {})).toBe(0);
      }
    },
  ];
  try {
    for (let i = 0; i < STEPS; i++) any(steps)();
    clock.advance(10_000);
    ws2.host.SleepEx(1, true);
    expect(calls.filter(({ told }) => told !== 1)).toEqual([]);
    expect(defects.map(({ message }) => message).filter((each) => !each.startsWith('name space "random" '))).toEqual(
      [],
    );
  } finally {
    ws2[Symbol.dispose]();
  }
  expect(network.idle()).toBe(true);
}

test(`${RUNS} random authors and programs harm nobody`, () => {
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    try {
      run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});

// What a layer says of the operations that it completes is checked: whatever lies below it, and however the application
// waits.
import { expect } from 'vitest';
import {
  INVALID_HANDLE_VALUE,
  ref,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  WSA_IO_PENDING,
  WSAID_WSARECVMSG,
  WSAOVERLAPPED,
  WSASYSCALLFAILURE,
  type LPFN_WSARECVMSG,
  type LPWSAOVERLAPPED_COMPLETION_ROUTINE,
  type Ref,
  type WSATHREADID,
} from 'ws2spi';
import { defineLayer, type LayerContext } from 'ws2spi/chain';
import { scramblingLayer } from '../../support/layers.js';
import { buffer, describeOnEveryProvider, type World } from '../../support/providers.js';

const ROOM = 64;
const IMPOSSIBLE = [65, -5, NaN, 1.5, '64', undefined] as const;
const IMPOSSIBLE_ENDS = [...IMPOSSIBLE.map((count) => [0, count] as const), [NaN, 5], [-1, 5], ['no', 5]] as const;

interface Taken {
  readonly s: number;
  readonly overlapped: WSAOVERLAPPED;
  readonly routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null;
  readonly thread: WSATHREADID | null;
}

/**
 * A chain whose outermost layer leaves every overlapped operation pending, and completes it when and how the test says.
 */
function open(world: World, codec: boolean) {
  let context: LayerContext | null = null;
  const taken: Taken[] = [];
  const pending = (
    s: number,
    overlapped: WSAOVERLAPPED | null,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    thread: WSATHREADID | null,
    lpErrno: { value: number },
  ): number => {
    context!.host.beginOverlapped(s, overlapped!, routine);
    taken.push({ s, overlapped: overlapped!, routine, thread });
    lpErrno.value = WSA_IO_PENDING;
    return -1;
  };
  const result = { count: null as unknown };
  const bad = defineLayer({
    name: 'bad',
    overrides: (given) => {
      context = given;
      return {
        WSPRecv: (lower, ...args) =>
          args[5] === null ? lower.lpWSPRecv(...args) : pending(args[0], args[5], args[6], args[7], args[8]),
        WSPSend: (lower, ...args) =>
          args[5] === null ? lower.lpWSPSend(...args) : pending(args[0], args[5], args[6], args[7], args[8]),
        WSPIoctl: (lower, ...args) => {
          if (args[1] === SIO_GET_EXTENSION_FUNCTION_POINTER && (args[2] as unknown) === WSAID_WSARECVMSG) {
            (args[4] as unknown as Ref<unknown>).value = receiveMessage;
            return 0;
          }
          return args[7] === null ? lower.lpWSPIoctl(...args) : pending(args[0], args[7], args[8], args[9], args[10]);
        },
        WSPGetOverlappedResult: (lower, ...args) => {
          const over = lower.lpWSPGetOverlappedResult(...args);
          if (over && result.count !== null) args[2].value = result.count as number;
          return over;
        },
      };
    },
  });
  const receiveMessage: LPFN_WSARECVMSG = (s, _message, _bytes, overlapped, routine) => {
    const errno = ref(0);
    const failed = pending(s, overlapped, routine, context!.host.thread, errno);
    context!.host.setLastError(errno.value);
    return failed;
  };
  world.stack(codec ? [bad, scramblingLayer()] : [bad]);
  const { client } = world.connectedPair();
  const complete = (error: unknown, count: unknown, which = taken.length - 1): void => {
    const { s, overlapped, routine, thread } = taken[which]!;
    context!.host.completeOverlapped(s, overlapped, routine, thread, error as number, count as number, 0);
  };
  return { client, complete, taken, result };
}

type Begin = (
  world: World,
  s: number,
  overlapped: WSAOVERLAPPED,
  routine?: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) => number;

const OPERATIONS: Readonly<Record<string, { begin: Begin; routine: boolean }>> = {
  WSARecv: {
    routine: true,
    begin: ({ ws2 }, s, overlapped, routine) =>
      ws2.WSARecv(s, [buffer(ROOM)], 1, null, ref(0), overlapped, routine ?? null),
  },
  WSASend: {
    routine: true,
    begin: ({ ws2 }, s, overlapped, routine) =>
      ws2.WSASend(s, [buffer(ROOM - 4), buffer(4)], 2, null, 0, overlapped, routine ?? null),
  },
  WSAIoctl: {
    routine: true,
    begin: ({ ws2 }, s, overlapped, routine) =>
      ws2.WSAIoctl(s, 0x48000016, null, 0, new Uint8Array(ROOM), ROOM, ref(0), overlapped, routine ?? null),
  },
  WSARecvMsg: {
    routine: true,
    begin: ({ ws2 }, s, overlapped, routine) => {
      const message = { name: null, namelen: 0, lpBuffers: [buffer(ROOM)], dwBufferCount: 1, dwFlags: 0 };
      return ws2.WSARecvMsg(s, { ...message, Control: buffer(0) }, null, overlapped, routine ?? null);
    },
  },
  ReadFile: {
    routine: false,
    begin: ({ ws2 }, s, overlapped) => Number(ws2.host.ReadFile(s, new Uint8Array(ROOM), ROOM, null, overlapped)) - 1,
  },
  WriteFile: {
    routine: false,
    begin: ({ ws2 }, s, overlapped) => Number(ws2.host.WriteFile(s, new Uint8Array(ROOM), ROOM, null, overlapped)) - 1,
  },
};

/**
 * How an application hears of the end of an operation: begins it, and tells the error and the count that it was told.
 */
type Waiting = (
  world: World,
  s: number,
  begin: (overlapped: WSAOVERLAPPED, routine?: LPWSAOVERLAPPED_COMPLETION_ROUTINE) => void,
) => () => [failed: boolean, count: number][];

const WAITINGS: Readonly<Record<string, Waiting>> = {
  'an event': (world, s, begin) => {
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    begin(overlapped);
    return () => {
      if (!world.signalled(overlapped.hEvent!)) return [];
      world.ws2.WSAResetEvent(overlapped.hEvent!);
      const count = ref(99);
      const sound = world.ws2.WSAGetOverlappedResult(s, overlapped, count, false, ref(0));
      return [[!sound, sound ? count.value : 0]];
    };
  },
  'a completion routine': (world, _s, begin) => {
    const heard: [boolean, number][] = [];
    begin(new WSAOVERLAPPED(), (dwError, cbTransferred) => void heard.push([dwError !== 0, cbTransferred]));
    return () => {
      world.ws2.host.SleepEx(0, true);
      return heard.splice(0);
    };
  },
  'a completion port': (world, s, begin) => {
    const port = world.ws2.host.CreateIoCompletionPort(INVALID_HANDLE_VALUE, null, 0)!;
    expect(world.ws2.host.CreateIoCompletionPort(s, port, 7)).toBe(port);
    begin(new WSAOVERLAPPED());
    return () => {
      world.settle();
      const [bytes, key, overlapped] = [ref(0), ref(0), ref<WSAOVERLAPPED | null>(null)];
      const sound = world.ws2.host.GetQueuedCompletionStatus(port, bytes, key, overlapped, 0);
      if (!sound && overlapped.value === null) {
        world.ws2.host.CloseHandle(port);
        return [];
      }
      return [[!sound, bytes.value]];
    };
  },
};

describeOnEveryProvider('an operation that a layer completes', (on) => {
  for (const codec of [false, true]) {
    const place = codec ? ', over a codec' : '';
    for (const [name, { begin, routine }] of Object.entries(OPERATIONS)) {
      for (const [how, wait] of Object.entries(WAITINGS)) {
        if (how === 'a completion routine' && !routine) continue;
        on.it(`by ${name} is told of by ${how}: what can be as it is, what cannot be as a failure${place}`, (world) => {
          const { client, complete } = open(world, codec);
          const hear = wait(world, client, (overlapped, completion) => {
            expect(world.code(begin(world, client, overlapped, completion))).toBe(WSA_IO_PENDING);
          });
          complete(0, ROOM);
          expect(hear()).toEqual([[false, ROOM]]);
          expect(world.takeDefects()).toEqual([]);
          complete(0, 5);
          expect(hear(), 'a second time').toEqual([]);
          expect(world.takeDefects()).toEqual([
            expect.stringMatching(/"bad\b.*" completed an operation that is not pending/),
          ]);
        });

        on.it(`by ${name} with what cannot be fails, as ${how} says${place}`, (world) => {
          const { client, complete } = open(world, codec);
          for (const [error, count] of IMPOSSIBLE_ENDS) {
            const hear = wait(world, client, (overlapped, completion) => {
              expect(world.code(begin(world, client, overlapped, completion))).toBe(WSA_IO_PENDING);
            });
            complete(error, count);
            expect(hear()).toEqual([[true, 0]]);
            expect(world.takeDefects()).toEqual([expect.stringMatching(/"bad\b.*" completed an operation with /)]);
            complete(0, 1);
            expect(hear()).toEqual([]);
            expect(world.takeDefects()).toHaveLength(1);
            if (how === 'a completion port') break;
          }
        });
      }
    }

    on.it(`is not over with a count that cannot be, as WSPGetOverlappedResult tells it${place}`, (world) => {
      const { client, complete, result } = open(world, codec);
      const overlapped = new WSAOVERLAPPED();
      expect(world.code(OPERATIONS['WSARecv']!.begin(world, client, overlapped))).toBe(WSA_IO_PENDING);
      complete(0, 5);
      for (const count of IMPOSSIBLE) {
        result.count = count;
        const bytes = ref(7);
        expect(world.code(world.ws2.WSAGetOverlappedResult(client, overlapped, bytes, false, ref(0)))).toBe(
          WSASYSCALLFAILURE,
        );
        expect(bytes.value).toBe(0);
        expect(world.takeDefects()).toEqual([
          expect.stringMatching(/^WSPGetOverlappedResult of provider "bad\b.*" reported .* bytes for buffers of 64: /),
        ]);
      }
      result.count = null;
      const bytes = ref(0);
      expect(world.code(world.ws2.WSAGetOverlappedResult(client, overlapped, bytes, false, ref(0)))).toBe(0);
      expect(bytes.value).toBe(5);
    });
  }
});

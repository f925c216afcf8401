// WSANSPIoctl: whether a lookup's results still hold, and being told when they do so no longer.
import { describe, expect, it } from 'vitest';
import {
  INSTANCE,
  NSP_NOTIFY_APC,
  NSP_NOTIFY_EVENT,
  NSP_NOTIFY_HWND,
  NSP_NOTIFY_IMMEDIATELY,
  NSP_NOTIFY_PORT,
  ref,
  SIO_NSP_NOTIFY_CHANGE,
  SOCKET_ERROR,
  VirtualClock,
  WAIT_TIMEOUT,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSA_WAIT_EVENT_0,
  WSAEFAULT,
  WSAEINVAL,
  WSAENETDOWN,
  WSAENETRESET,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSANOTINITIALISED,
  WSAOVERLAPPED,
  WSS_OPERATION_IN_PROGRESS,
  statusOfWinsockError,
  WSA_OPERATION_ABORTED,
  type Defect,
  type InstanceHost,
  type LPNSPIOCTL,
  type WSACOMPLETION,
  type Ws2_32,
} from 'ws2spi';
import { idOf, nameInstance, scriptedProvider } from '../providers/namespaces/fixtures.js';
import { laterProvider } from '../providers/namespaces/later-provider.js';

const OWN_CODE = 0x98000001;

interface Asked {
  readonly code: number;
  /** Completes the call. */
  end(error: number, bytes?: number): void;
}

interface Room {
  readonly ws2: Ws2_32;
  readonly clock: VirtualClock;
  readonly hLookup: number;
  /** The calls that the provider was asked and has not completed. */
  readonly asked: Asked[];
  readonly defects: Defect[];
  /** Answers the next calls at once. */
  atOnce: number | null;
}

/** An instance with a provider of one version, and a lookup that was begun there. */
function room(version: 1 | 2): Room {
  const clock = new VirtualClock();
  const made: Room = { ws2: null!, clock, hLookup: 0, asked: [], defects: [], atOnce: null };
  let host: InstanceHost = null!;
  const fail = (error: number): number => {
    host.setLastError(error);
    return SOCKET_ERROR;
  };
  const NSPIoctl: LPNSPIOCTL = (hLookup, code, _in, _cbIn, output, _cbOut, returned, completion, thread) => {
    if (hLookup === 0 || thread!.ThreadHandle !== host.thread.ThreadHandle) return fail(WSAEINVAL);
    if (made.atOnce !== null) return made.atOnce === 0 ? 0 : fail(made.atOnce);
    if (completion === null) return fail(WSAEWOULDBLOCK);
    const end = (error: number, bytes = 0): void => {
      output?.fill(7, 0, bytes);
      returned!.value = bytes;
      host.completeNotice(completion, error, bytes);
    };
    made.asked.push({ code, end });
    return fail(WSA_IO_PENDING);
  };
  const endAll = (): number => {
    for (const each of made.asked) each.end(WSA_OPERATION_ABORTED);
    return 0;
  };
  const scripted = scriptedProvider();
  const later = laterProvider([], 0);
  scripted.overrides.NSPLookupServiceEnd = endAll;
  later.overrides.NSPv2LookupServiceEnd = endAll;
  scripted.finish = (table) => {
    host = table.host;
    table.NSPIoctl = NSPIoctl;
    return 0;
  };
  const { ws2, defects } = nameInstance([{ name: 'the one', module: version === 1 ? scripted : {} }], { clock });
  if (version === 2) ws2.WSAAdvertiseProvider(idOf(0), { ...later.routines, NSPIoctl });
  const handle = ref(0);
  if (ws2.WSALookupServiceBegin({ dwSize: 60 }, 0, handle) !== 0) throw new Error('WSALookupServiceBegin failed');
  if (version === 2) host = later.host;
  return Object.assign(made, { ws2, defects, hLookup: handle.value });
}

/** Asks to be told of a change; the last error, 0 on success. */
function ask({ ws2, hLookup }: Room, completion: WSACOMPLETION | null, code = SIO_NSP_NOTIFY_CHANGE): number {
  const result = ws2.WSANSPIoctl(hLookup, code, null, 0, null, 0, null, completion);
  if (result === 0 && ws2.WSAGetLastError() !== 0) throw new Error('a success left an error');
  return ws2.WSAGetLastError();
}

/** One way to be told: what asks for it, and what was told so far. */
interface Way {
  readonly completion: WSACOMPLETION;
  readonly overlapped: WSAOVERLAPPED | null;
  /** What was told: an error each, as that way says it. */
  told(): unknown[];
}

const WAYS: readonly (readonly [string, (ws2: Ws2_32) => Way])[] = [
  [
    'a message',
    (ws2) => {
      const hWnd = ws2.host.CreateWindow();
      return {
        completion: { Type: NSP_NOTIFY_HWND, Parameters: { WindowMessage: { hWnd, uMsg: 0x401, context: 77 } } },
        overlapped: null,
        told() {
          const found: unknown[] = [];
          for (let message = ws2.host.PeekMessage(hWnd, true); message; message = ws2.host.PeekMessage(hWnd, true)) {
            expect(message).toMatchObject({ hWnd, message: 0x401, wParam: 77 });
            found.push(message.lParam);
          }
          return found;
        },
      };
    },
  ],
  [
    'an event',
    (ws2) => {
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = ws2.WSACreateEvent();
      return {
        completion: { Type: NSP_NOTIFY_EVENT, Parameters: { Event: { lpOverlapped: overlapped } } },
        overlapped,
        told() {
          const events = [overlapped.hEvent as number];
          if (ws2.WSAWaitForMultipleEvents(1, events, false, 0, false) !== WSA_WAIT_EVENT_0) return [];
          ws2.WSAResetEvent(events[0]!);
          return [overlapped.Internal];
        },
      };
    },
  ],
  [
    'a completion port',
    (ws2) => {
      const overlapped = new WSAOVERLAPPED();
      const hPort = ws2.host.CreateIoCompletionPort(null, null, 0);
      const Key = { its: 'key' };
      return {
        completion: { Type: NSP_NOTIFY_PORT, Parameters: { Port: { lpOverlapped: overlapped, hPort, Key } } },
        overlapped,
        told() {
          const [bytes, key, found] = [ref(0), ref<unknown>(null), ref<WSAOVERLAPPED | null>(null)];
          const isDone = ws2.host.GetQueuedCompletionStatus(hPort, bytes, key, found, 0);
          if (!isDone && ws2.WSAGetLastError() === WAIT_TIMEOUT) return [];
          expect([key.value, found.value]).toEqual([Key, overlapped]);
          expect(key.value).toBe(Key);
          expect(isDone).toBe(overlapped.Internal === 0);
          return [overlapped.Internal];
        },
      };
    },
  ],
  [
    'a completion routine',
    (ws2) => {
      const overlapped = new WSAOVERLAPPED();
      const calls: unknown[] = [];
      return {
        completion: {
          Type: NSP_NOTIFY_APC,
          Parameters: {
            Apc: {
              lpOverlapped: overlapped,
              lpfnCompletionProc(error, bytes, of, flags) {
                expect([bytes, of === overlapped, flags]).toEqual([0, true, 0]);
                expect(overlapped.Internal === 0).toBe(error === 0);
                calls.push(overlapped.Internal);
              },
            },
          },
        },
        overlapped,
        told() {
          ws2.host.SleepEx(0, true);
          return calls.splice(0);
        },
      };
    },
  ],
];

describe.each([1, 2] as const)('WSANSPIoctl, on a provider of version %i', (version) => {
  describe.each(WAYS)('by %s', (what, make) => {
    it('tells of a change, once', () => {
      const place = room(version);
      const way = make(place.ws2);
      expect(ask(place, way.completion)).toBe(WSA_IO_PENDING);
      expect(way.told()).toEqual([]);
      if (way.overlapped) expect(way.overlapped.Internal).toBe(WSS_OPERATION_IN_PROGRESS);
      place.asked[0]!.end(0);
      place.ws2.host.SleepEx(0, false);
      expect([way.told(), way.told()]).toEqual([[0], []]);
    });

    it('tells of what has changed already, and the call succeeds', () => {
      const place = room(version);
      const way = make(place.ws2);
      place.atOnce = 0;
      expect(ask(place, way.completion)).toBe(0);
      expect(way.told()).toEqual([0]);
    });

    it('tells of an error', () => {
      const place = room(version);
      const way = make(place.ws2);
      ask(place, way.completion);
      place.asked[0]!.end(WSAENETDOWN);
      place.ws2.host.SleepEx(0, false);
      expect(way.told()).toEqual([what === 'a message' ? WSAENETDOWN : statusOfWinsockError(WSAENETDOWN)]);
    });

    it('says nothing more when the provider refused', () => {
      const place = room(version);
      const way = make(place.ws2);
      place.atOnce = WSAENETRESET;
      expect([ask(place, way.completion), way.told()]).toEqual([WSAENETRESET, []]);
    });

    it('ends with the lookup, of which a window is told nothing', () => {
      const place = room(version);
      const way = make(place.ws2);
      ask(place, way.completion);
      expect(place.ws2.WSALookupServiceEnd(place.hLookup)).toBe(0);
      expect(way.told()).toEqual(what === 'a message' ? [] : [statusOfWinsockError(WSA_OPERATION_ABORTED)]);
    });

    it('tells once though the provider tells twice, or after a failure, and reports that', () => {
      const place = room(version);
      const way = make(place.ws2);
      ask(place, way.completion);
      place.asked[0]!.end(0);
      place.asked[0]!.end(0);
      expect([way.told(), place.defects.map(({ message }) => message)]).toEqual([
        [0],
        ['a name-space provider completed an ioctl that is not under way'],
      ]);
      ask(place, way.completion);
      place.asked[1]!.end('x' as never);
      expect(way.told()).toHaveLength(1);
      expect(place.defects[1]?.message).toContain('cannot end with error a string');
    });

    it('keeps a copy of how it was asked', () => {
      const place = room(version);
      const way = make(place.ws2);
      const { completion } = way;
      ask(place, completion);
      completion.Type = 99;
      (completion as { Parameters: object }).Parameters = {};
      place.asked[0]!.end(0);
      place.ws2.host.SleepEx(0, false);
      expect(way.told()).toEqual([0]);
    });
  });

  it.each([null, { Type: NSP_NOTIFY_IMMEDIATELY, Parameters: {} }])(
    'says how it is now, and does not wait: %o',
    (poll) => {
      const place = room(version);
      expect(ask(place, poll)).toBe(WSAEWOULDBLOCK);
      expect(place.clock.now()).toBe(0);
      place.atOnce = 0;
      expect(ask(place, poll)).toBe(0);
      place.atOnce = null;
      expect(ask(place, poll)).toBe(WSAEWOULDBLOCK);
    },
  );

  it('wakes a message loop', () => {
    const place = room(version);
    const { ws2, clock } = place;
    const hWnd = ws2.host.CreateWindow();
    ask(place, { Type: NSP_NOTIFY_HWND, Parameters: { WindowMessage: { hWnd, uMsg: 9, context: 1 } } });
    later(place, 4000, () => place.asked[0]!.end(0));
    expect(ws2.host.GetMessage(hWnd)).toEqual({ hWnd, message: 9, wParam: 1, lParam: 0 });
    expect(clock.now()).toBe(4000);
  });

  it.each<[string, (place: Room) => unknown[], number]>([
    ['a handle of nobody', () => [4, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, null], WSA_INVALID_HANDLE],
    ['no handle', () => [null, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, null], WSA_INVALID_HANDLE],
    ['a code that is a text', ({ hLookup }) => [hLookup, 'x', null, 0, null, 0, null, null], WSAEFAULT],
    ['input that is not there', ({ hLookup }) => [hLookup, 1, null, 4, null, 0, null, null], WSAEFAULT],
    ['less input than it says', ({ hLookup }) => [hLookup, 1, new Uint8Array(3), 4, null, 0, null, null], WSAEFAULT],
    ['output that is not there', ({ hLookup }) => [hLookup, 1, null, 0, null, 4, null, null], WSAEFAULT],
    ['a count that is a number', ({ hLookup }) => [hLookup, 1, null, 0, null, 0, 7, null], WSAEFAULT],
    ['a completion that is a number', ({ hLookup }) => [hLookup, 1, null, 0, null, 0, null, 7], WSAEFAULT],
    ['a completion without a type', ({ hLookup }) => [hLookup, 1, null, 0, null, 0, null, {}], WSAEFAULT],
    [
      'a type that is none',
      ({ hLookup }) => [hLookup, 1, null, 0, null, 0, null, { Type: 5, Parameters: {} }],
      WSAEINVAL,
    ],
    [
      'an event without its structure',
      ({ hLookup }) => completing(hLookup, NSP_NOTIFY_EVENT, { Event: {} }),
      WSAEFAULT,
    ],
    [
      'an APC without a routine',
      ({ hLookup }) => completing(hLookup, NSP_NOTIFY_APC, { Apc: { lpOverlapped: {} } }),
      WSAEFAULT,
    ],
    ['the parameters of another type', ({ hLookup }) => completing(hLookup, NSP_NOTIFY_PORT, { Event: {} }), WSAEFAULT],
    ['no parameters', ({ hLookup }) => completing(hLookup, NSP_NOTIFY_HWND, null), WSAEFAULT],
    [
      'a window that is none',
      ({ hLookup }) => completing(hLookup, NSP_NOTIFY_HWND, { WindowMessage: { hWnd: 4, uMsg: 1, context: 0 } }),
      WSAEINVAL,
    ],
    [
      'a port that is none',
      ({ hLookup }) => completing(hLookup, NSP_NOTIFY_PORT, { Port: { lpOverlapped: {}, hPort: 4, Key: 0 } }),
      WSAEINVAL,
    ],
  ])('refuses %s', (_, args, error) => {
    const place = room(version);
    const ioctl = place.ws2.WSANSPIoctl as (...all: unknown[]) => number;
    expect([ioctl(...args(place)), place.ws2.WSAGetLastError(), place.asked]).toEqual([-1, error, []]);
  });

  it('wants WSAStartup first', () => {
    const place = room(version);
    place.ws2.WSACleanup();
    expect(ask(place, null)).toBe(WSANOTINITIALISED);
  });

  it('hands on codes of the provider’s own, with their output', () => {
    const place = room(version);
    const { ws2, hLookup } = place;
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = ws2.WSACreateEvent();
    const [output, returned] = [new Uint8Array(8), ref(9)];
    const completion = { Type: NSP_NOTIFY_EVENT, Parameters: { Event: { lpOverlapped: overlapped } } };
    const input = new Uint8Array([1, 2]);
    expect(ws2.WSANSPIoctl(hLookup, OWN_CODE, input, 2, output, 8, returned, completion)).toBe(-1);
    expect([ws2.WSAGetLastError(), place.asked[0]!.code, returned.value]).toEqual([WSA_IO_PENDING, OWN_CODE, 0]);
    place.asked[0]!.end(0, 5);
    ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], false, 60_000, false);
    expect([overlapped.Internal, overlapped.InternalHigh, returned.value]).toEqual([0, 5, 5]);
    expect([...output]).toEqual([7, 7, 7, 7, 7, 0, 0, 0]);
  });
});

function completing(hLookup: number, Type: number, Parameters: unknown): unknown[] {
  return [hLookup, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, { Type, Parameters }];
}

/** Does something in the providers' phase, after some time. */
function later({ ws2, clock }: Room, milliseconds: number, action: () => void): void {
  ws2[INSTANCE].providerHost.setTimer(clock.now() + milliseconds, action);
}

it('WSANSPIoctl is refused where a provider of version 2 has no routine for it', () => {
  const { ws2 } = nameInstance([{ name: 'later', module: {} }]);
  ws2.WSAAdvertiseProvider(idOf(0), laterProvider([], 0).routines);
  const handle = ref(0);
  ws2.WSALookupServiceBegin({ dwSize: 60 }, 0, handle);
  const ioctl = ws2.WSANSPIoctl(handle.value, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, null);
  expect([ioctl, ws2.WSAGetLastError()]).toEqual([-1, WSAEOPNOTSUPP]);
});

it('WSANSPIoctl is refused where a provider of version 1 has no NSPIoctl, and where several are asked', () => {
  const { ws2 } = nameInstance([
    { name: 'one', module: scriptedProvider() },
    { name: 'two', module: scriptedProvider() },
  ]);
  const handle = ref(0);
  const ioctl = (): number => {
    ws2.WSANSPIoctl(handle.value, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, null);
    return ws2.WSAGetLastError();
  };
  ws2.WSALookupServiceBegin({ dwSize: 60 }, 0, handle);
  expect(ioctl()).toBe(WSAEINVAL);
  ws2.WSALookupServiceBegin({ dwSize: 60, lpNSProviderId: idOf(1) }, 0, handle);
  expect(ioctl()).toBe(WSAEOPNOTSUPP);
});

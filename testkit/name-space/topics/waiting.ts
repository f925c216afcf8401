// Every way of waiting for an answer, and of not waiting for it any more.
import {
  AF_INET,
  hostent,
  parseSockaddr,
  ref,
  WSAOVERLAPPED,
  WSA_IO_PENDING,
  WSAEINPROGRESS,
  WSAGETASYNCERROR,
  type ADDRINFOEX,
  type addrinfo,
} from '../../../index.js';
import { expect } from '../../provider/expectation.js';
import { PROVIDER } from '../subject.js';
import { its, type NameSpaceTopic } from '../suite.js';
import type { NameSpaceWorld } from '../world.js';
import { contents } from './look-ups.js';

const MESSAGE = 0x0400;
const HINTS = { ai_family: AF_INET };
/** Moments, in milliseconds, at which something is broken off. */
const MOMENTS = [0, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1280];

/** Addresses of a list of getaddrinfo, in order of their text. */
function addressesOf(first: addrinfo | ADDRINFOEX | null): string[] {
  const found: string[] = [];
  for (let each: addrinfo | ADDRINFOEX | null = first; each !== null; each = each.ai_next) {
    found.push(parseSockaddr(each.ai_addr!).address);
  }
  return found.sort();
}

/** The addresses of a host, found by a blocking call. */
function blocking(world: NameSpaceWorld, host: string): string[] {
  const result = ref<ADDRINFOEX | null>(null);
  const error = world.ws2.GetAddrInfoEx(host, null, 0, PROVIDER, HINTS, result, null, null, null, null);
  expect(error, 'GetAddrInfoEx').toBe(0);
  expect(addressesOf(result.value).length, 'addresses of the host').toBeGreaterThan(0);
  return addressesOf(result.value);
}

/** Begins an overlapped look-up of a host. */
function overlapped(world: NameSpaceWorld, host: string, routine: ((error: number) => void) | null = null) {
  const lpOverlapped = new WSAOVERLAPPED();
  lpOverlapped.hEvent = routine === null ? world.ws2.WSACreateEvent() : null;
  const result = ref<ADDRINFOEX | null>(null);
  const handle = ref(0);
  const error = world.ws2.GetAddrInfoEx(host, null, 0, PROVIDER, HINTS, result, null, lpOverlapped, routine, handle);
  expect([0, WSA_IO_PENDING], 'GetAddrInfoEx').toContain(error);
  const isOver = (): boolean => world.ws2.GetAddrInfoExOverlappedResult(lpOverlapped) !== WSAEINPROGRESS;
  return { lpOverlapped, result, handle, isOver };
}

/** I/O models, cancellation, cleanup. */
export const waiting: NameSpaceTopic = {
  title: 'an answer',
  cases: [
    its(
      'is the same for blocking, overlapped and message-driven calls',
      (world) => {
        const host = world.need('host', 'hosts');
        const { ws2 } = world;
        const expected = blocking(world, host);
        const byEvent = overlapped(world, host);
        world.until(byEvent.isOver, 'an overlapped GetAddrInfoEx with an event');
        expect(addressesOf(byEvent.result.value)).toEqual(expected);
        const told: number[] = [];
        const byRoutine = overlapped(world, host, (error) => told.push(error));
        world.until(() => told.length > 0, 'an overlapped GetAddrInfoEx with a completion routine');
        expect([told, addressesOf(byRoutine.result.value)]).toEqual([[0], expected]);

        const hWnd = ws2.host.CreateWindow();
        const room = new Uint8Array(4096);
        const task = ws2.WSAAsyncGetHostByName(hWnd, MESSAGE, host, room, room.length);
        expect(task, 'the task of WSAAsyncGetHostByName').not.toBe(0);
        const peek = () => ws2.host.PeekMessage(hWnd, false);
        world.until(() => peek() !== null, 'the message of WSAAsyncGetHostByName');
        expect(WSAGETASYNCERROR(peek()!.lParam), 'the error of WSAAsyncGetHostByName').toBe(0);
        expect(hostent.decode(room).h_addr_list.length, 'addresses of the hostent').toBeGreaterThan(0);
        ws2.host.DestroyWindow(hWnd);
      },
      'hosts',
    ),
    its(
      'comes for a hundred overlapped calls at once',
      (world) => {
        const host = world.need('host', 'hosts');
        const expected = blocking(world, host);
        const calls = Array.from({ length: 100 }, () => overlapped(world, host));
        world.until(() => calls.every(({ isOver }) => isOver()), 'a hundred overlapped calls');
        for (const { result } of calls) expect(addressesOf(result.value)).toEqual(expected);
      },
      'hosts',
    ),
    its(
      'may be cancelled at every point, and the next one comes',
      (world) => {
        const host = world.need('host', 'hosts');
        const expected = blocking(world, host);
        for (const moment of MOMENTS) {
          const told: number[] = [];
          const call = overlapped(world, host, (error) => told.push(error));
          world.pass(moment);
          world.ws2.GetAddrInfoExCancel(call.handle);
          world.until(() => told.length > 0, 'the completion of a cancelled call');
          expect(told, 'completions of one call').toHaveLength(1);
        }
        world.pass(MOMENTS.at(-1)!);
        expect(blocking(world, host)).toEqual(expected);
      },
      'hosts',
    ),
    its('may be left at every point, and the next one comes', (world) => {
      const expected = contents(world.find(world.present));
      for (let fetched = 0; fetched <= expected.length; fetched++) {
        const handle = world.begin(world.present);
        for (let i = 0; i < fetched; i++) world.next(handle);
        world.end(handle);
      }
      expect(contents(world.find(world.present))).toEqual(expected);
    }),
    its(
      'that does not come is given up when the query is ended, by whoever waits for it',
      (world) => {
        const silent = world.need('silent', 'silence');
        for (const moment of MOMENTS) {
          const handle = world.begin(silent);
          let ended: unknown = 'not yet';
          world.host.setTimer(world.now() + moment, () => {
            ended = world.ws2.WSALookupServiceEnd(handle);
          });
          expect(world.next(handle), 'a call whose query was ended').toBe('WSA_E_CANCELLED');
          expect(ended, 'WSALookupServiceEnd').toBe(0);
        }
        // What was under way is told of no more.
        world.pass(60_000);
      },
      'silence',
    ),
    its(
      'that does not come holds up no other',
      (world) => {
        const host = world.need('host', 'hosts');
        const silent = world.need('silent', 'silence');
        const expected = blocking(world, host);
        const handle = world.begin(silent);
        const began = world.now();
        let answered = 0;
        let ended = 0;
        // While the application blocks in the call that nobody answers.
        const call = overlapped(world, host);
        const timer = (): void => {
          if (call.isOver()) answered = world.now();
          else if (world.now() - began < 10_000) {
            world.host.setTimer(world.now() + 10, timer);
            return;
          }
          ended = world.now();
          world.ws2.WSALookupServiceEnd(handle);
        };
        world.host.setTimer(began + 10, timer);
        expect(world.next(handle)).toBe('WSA_E_CANCELLED');
        expect(addressesOf(call.result.value)).toEqual(expected);
        expect(answered, 'the moment of the answer').toBe(ended);
      },
      'silence',
      'hosts',
    ),
    its(
      'that does not come is an error in the end',
      (world) => {
        const { results, error } = world.ask(world.need('silent', 'silence'));
        expect(results, 'results').toHaveLength(0);
        expect(error, 'what is said of silence').not.toBe('WSA_E_NO_MORE');
      },
      'silence',
    ),
    its(
      'under way when the instance is cleaned up is no more, and the instance can be used again',
      (world) => {
        const host = world.need('host', 'hosts');
        const expected = contents(world.find(world.present));
        for (const moment of MOMENTS.slice(0, 6)) {
          world.begin(world.present);
          for (let i = 0; i < 5; i++) overlapped(world, host);
          world.pass(moment);
          world.expectDone(world.ws2.WSACleanup(), 'WSACleanup');
          world.start();
          expect(contents(world.find(world.present))).toEqual(expected);
        }
      },
      'hosts',
    ),
    its(
      'that does not come is no more when the instance is cleaned up',
      (world) => {
        const silent = world.need('silent', 'silence');
        for (const moment of MOMENTS.slice(0, 6)) {
          const handle = world.begin(silent);
          world.host.setTimer(world.now() + moment, () => void world.ws2.WSACleanup());
          const told = world.next(handle);
          expect(typeof told, 'a call whose instance was cleaned up').toBe('string');
          world.start();
        }
      },
      'silence',
    ),
  ],
};

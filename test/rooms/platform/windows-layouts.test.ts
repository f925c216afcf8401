// What of the binding to Windows does not need Windows: its offers of sockets over handles that are made up, and its layouts of control data.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AF_INET, AF_INET6, sockaddr_in, sockaddr_in6, WSAEINVAL, WSAPROTOCOL_INFOW } from 'ws2spi';
import { readControl, writeControl } from '../../../dist/platform/control-data.js';
import { CONTROL } from '../../../dist/platform/windows/messages.js';
import type { Winsock } from '../../../dist/platform/windows/functions.js';
import { Offers } from '../../../dist/platform/windows/offers.js';
import { pinMemory, type PinnedMemory } from '../../../dist/platform/native-memory.js';
// @ts-expect-error -- a tool in plain JavaScript
import { DIFFERENCES, differenceOf } from '../../../tools/wine/differences.mjs';

/** A Windows that has handles, sections and sockets of one process, and nothing else. */
class FewHandles {
  /** What each handle stands for; those that were closed are gone. */
  readonly open = new Map<number, object>();
  readonly #views = new Map<number, PinnedMemory>();
  readonly #out: PinnedMemory;
  #next = 4;

  /** @param out where DuplicateHandle answers, and WSADuplicateSocketW */
  constructor(out: PinnedMemory) {
    this.#out = out;
  }

  add(what: object): number {
    this.#next += 4;
    this.open.set(this.#next, what);
    return this.#next;
  }

  /** The functions; those that the offers use. @param duplicates takes the WSAPROTOCOL_INFOW and writes the duplicate's handle there */
  functions(): Winsock {
    const sections = new Map<object, PinnedMemory>();
    const close = (handle: number): number => (this.open.delete(handle) ? 1 : 0);
    return {
      GetLastError: () => 0,
      OpenProcess: (_access: number, _inherit: number, id: number) => (id === process.pid ? this.add({}) : 0),
      CloseHandle: close,
      closesocket: (handle: number) => (close(handle) === 1 ? 0 : -1),
      CreateFileMappingW: (_file: number, _security: number, _protection: number, _high: number, size: number) => {
        const section = {};
        sections.set(section, pinMemory(size));
        return this.add(section);
      },
      MapViewOfFile: (handle: number) => {
        const memory = sections.get(this.open.get(handle) ?? {});
        if (memory === undefined) return 0;
        this.#views.set(memory.address, memory);
        return memory.address;
      },
      UnmapViewOfFile: (address: number) => (this.#views.delete(address) ? 1 : 0),
      DuplicateHandle: (_from: number, handle: number, _to: number, out: number, ...[, , options]: number[]) => {
        const what = this.open.get(handle);
        if (what === undefined) return 0;
        if ((options! & 1) !== 0) return close(handle);
        expect(out).toBe(this.#out.address);
        this.#out.ints[0] = this.add(what);
        return 1;
      },
      // No pair of sockets, so that nothing but the note tells.
      bind: () => -1,
      WSADuplicateSocketW: (handle: number, _process: number) => {
        this.duplicate = this.add(this.open.get(handle)!);
        return 0;
      },
      WSASocketW: (family: number) => (family === -1 ? this.duplicate : this.add({})),
    } as unknown as Winsock;
  }

  duplicate = 0;
}

function offersOverFewHandles(): { offers: Offers; handles: FewHandles } {
  // The first memory that Offers pins is where DuplicateHandle answers.
  const out = pinMemory(8);
  const handles = new FewHandles(out);
  const offers = new Offers(handles.functions(), out);
  return { offers, handles };
}

test('a socket that is offered on Windows is taken once, by the numbers of its offer and no others', () => {
  const { offers, handles } = offersOverFewHandles();
  const socket = handles.add({});
  const offer = offers.offer(socket, process.pid);
  if (typeof offer === 'number') throw new Error(`error ${offer}`);
  const { process: from, descriptor, taken, cookie } = offer;
  const file = handles.add({});
  const before = handles.open.size;
  for (const forged of [
    { cookie: cookie ^ 1 },
    { process: from + 1 },
    { taken: taken + 4 },
    { descriptor: file },
    { descriptor: socket },
    { descriptor: 0 },
    { descriptor: -1 },
    { descriptor: 0xffff_fffc },
  ]) {
    expect(offers.take({ process: from, descriptor, taken, cookie, ...forged })).toBe(-WSAEINVAL);
  }
  expect(handles.open.size).toBe(before);
  const mine = offers.take(offer);
  expect(handles.open.get(mine)).toBe(handles.open.get(socket));
  expect(offers.take(offer)).toBe(-WSAEINVAL);
  offers.end(offer);
  expect([...handles.open.keys()].sort()).toEqual([socket, file, mine].sort());
});

test('an offer that nobody takes on Windows leaves nothing behind when it ends, and cannot be taken any more', () => {
  const { offers, handles } = offersOverFewHandles();
  const socket = handles.add({});
  const offer = offers.offer(socket, process.pid);
  if (typeof offer === 'number') throw new Error(`error ${offer}`);
  offers.end(offer);
  expect([...handles.open.keys()]).toEqual([socket]);
  expect(offers.take(offer)).toBe(-WSAEINVAL);
});

test('nothing is offered on Windows to a process that there is not', () => {
  const { offers, handles } = offersOverFewHandles();
  const socket = handles.add({});
  for (const id of [process.pid + 1, 0, -1, 0.5, NaN, 2 ** 40]) expect(offers.offer(socket, id)).toBe(WSAEINVAL);
  expect([...handles.open.keys()]).toEqual([socket]);
});

test('the structure that WSADuplicateSocketW fills has the size of Windows’ own', () => {
  expect(WSAPROTOCOL_INFOW.size).toBe(628);
});

const details = (address: Uint8Array, interfaceIndex: number, hopLimit: number, trafficClass: number) => {
  const bytes = new Uint8Array(128);
  bytes.set(address);
  return { address: { bytes, length: address.length }, interfaceIndex, hopLimit, trafficClass };
};

test.each([
  ['IPv4', AF_INET, sockaddr_in('127.0.0.9', 0)],
  ['IPv6', AF_INET6, sockaddr_in6('fe80::9', 0)],
])('control data of Windows says of %s what was written into it', (_name, family, address) => {
  const control = pinMemory(256);
  const written = writeControl(CONTROL, control, family, details(address, 7, 64, 0x20));
  const read = details(new Uint8Array(0), -1, -1, -1);
  readControl(CONTROL, control, written, read);
  expect(read).toMatchObject({ interfaceIndex: 7, hopLimit: 64, trafficClass: 0x20 });
  expect([...read.address.bytes.subarray(0, read.address.length)]).toEqual([...address]);
});

test('control data of Windows that is cut off or says a wrong length is read to there', () => {
  const control = pinMemory(256);
  const written = writeControl(CONTROL, control, AF_INET, details(sockaddr_in('127.0.0.9', 0), 7, 64, 0x20));
  for (let length = 0; length <= written; length++)
    readControl(CONTROL, control, length, details(new Uint8Array(0), -1, -1, -1));
  control.view.setUint32(0, 3, true);
  const read = details(new Uint8Array(0), -1, -1, -1);
  readControl(CONTROL, control, written, read);
  expect(read).toMatchObject({ interfaceIndex: -1, hopLimit: -1, trafficClass: -1 });
});

test('what Wine does otherwise has a reason each, and stands in a file that there is', () => {
  const differences = DIFFERENCES as { reason: string; tests: [string, RegExp][] }[];
  const reasons = differences.map(({ reason }) => reason);
  expect(new Set(reasons).size).toBe(reasons.length);
  for (const { tests } of differences) {
    for (const [file] of tests) {
      expect(
        ['io', 'testkit'].some((room) => existsSync(`test/rooms/${room}/${file}.test.ts`)),
        file,
      ).toBe(true);
    }
  }
  const of = (name: string, asOnWindows = true): string | null =>
    differenceOf('test/rooms/io/ioctls.test.ts', name, asOnWindows) as string | null;
  expect(of('SIO_TCP_INFO: tcpip alone tells of a connection')).toBe('Wine has no SIO_TCP_INFO');
  expect(of('SIO_TCP_INFO: memory alone tells of a connection')).toBeNull();
  const closed =
    'an ioctl of one kind of socket: tcpip alone SIO_UDP_CONNRESET turns the word of a closed port on and off';
  expect(of(closed)).not.toBe(of(closed, false));
});

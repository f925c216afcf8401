// Which parts of an item a query is given, and what happens when there is not enough room.
import {
  LUP_CONTAINERS,
  LUP_FLUSHCACHE,
  LUP_FLUSHPREVIOUS,
  LUP_NEAREST,
  LUP_RES_SERVICE,
  LUP_RETURN_ADDR,
  LUP_RETURN_ALIASES,
  LUP_RETURN_ALL,
  LUP_RETURN_BLOB,
  LUP_RETURN_COMMENT,
  LUP_RETURN_NAME,
  LUP_RETURN_QUERY_STRING,
  LUP_RETURN_TYPE,
  LUP_RETURN_VERSION,
  ref,
  RESULT_IS_ALIAS,
  sizeofWSAQUERYSET,
  type WSAQUERYSETW,
} from '../../../index.js';
import { expect } from '../../provider/expectation.js';
import { its, type NameSpaceTopic } from '../suite.js';
import { contents } from './look-ups.js';

/** Each flag, and the members that it asks for. */
const MEMBERS: readonly (readonly [flag: number, member: keyof WSAQUERYSETW])[] = [
  [LUP_RETURN_NAME, 'lpszServiceInstanceName'],
  [LUP_RETURN_TYPE, 'lpServiceClassId'],
  [LUP_RETURN_VERSION, 'lpVersion'],
  [LUP_RETURN_COMMENT, 'lpszComment'],
  [LUP_RETURN_ADDR, 'lpcsaBuffer'],
  [LUP_RETURN_BLOB, 'lpBlob'],
  [LUP_RETURN_QUERY_STRING, 'lpszQueryString'],
];

function has(result: WSAQUERYSETW, member: keyof WSAQUERYSETW): boolean {
  return result[member] !== null && result[member] !== undefined;
}

/** Flags and room. */
export const results: NameSpaceTopic = {
  title: 'a result',
  cases: [
    its('has what the flags of the query ask for, and nothing else', (world) => {
      const whole = world.find(world.present);
      for (const [flag, member] of MEMBERS) {
        const some = world.find(world.present, flag);
        expect(
          some.some((each) => has(each, member)),
          `whether ${member} is there`,
        ).toBe(whole.some((each) => has(each, member)));
        for (const result of some) {
          for (const [, other] of MEMBERS) {
            if (other !== member) expect(has(result, other), `${other} without its flag`).toBe(false);
          }
        }
      }
    }),
    its('has what both the query and the call ask for; a call that asks for nothing gets all of the query', (world) => {
      const handle = world.begin(world.present, LUP_RETURN_NAME | LUP_RETURN_TYPE);
      const result = world.next(handle, LUP_RETURN_NAME | LUP_RETURN_ADDR) as WSAQUERYSETW;
      expect([has(result, 'lpServiceClassId'), has(result, 'lpcsaBuffer')]).toEqual([false, false]);
      world.end(handle);
      const names = (flags: number, nextFlags: number) =>
        world.find(world.present, flags, nextFlags).map((each) => each.lpszServiceInstanceName);
      expect(names(LUP_RETURN_NAME, 0)).toEqual(names(LUP_RETURN_NAME, LUP_RETURN_NAME));
    }),
    its('is an alias only if aliases are asked for, and then says so', (world) => {
      const flags = LUP_RETURN_ALL & ~LUP_RETURN_ALIASES;
      const isAlias = ({ dwOutputFlags = 0 }: WSAQUERYSETW): boolean => (dwOutputFlags & RESULT_IS_ALIAS) !== 0;
      expect(world.find(world.present, flags).filter(isAlias)).toHaveLength(0);
      const all = world.find(world.present);
      const proper = all.filter((each) => !isAlias(each));
      expect(contents(proper)).toEqual(contents(world.find(world.present, flags)));
    }),
    its('has its addresses for connect, or for bind with LUP_RES_SERVICE', (world) => {
      const remotes = world.find(world.present, LUP_RETURN_ADDR).flatMap((each) => each.lpcsaBuffer ?? []);
      const locals = world
        .find(world.present, LUP_RETURN_ADDR | LUP_RES_SERVICE)
        .flatMap((each) => each.lpcsaBuffer ?? []);
      expect(locals.map(({ LocalAddr }) => LocalAddr)).toEqual(remotes.map(({ RemoteAddr }) => RemoteAddr));
      expect(locals.map(({ RemoteAddr }) => RemoteAddr)).toEqual(remotes.map(({ LocalAddr }) => LocalAddr));
    }),
    its('may be asked for afresh, by distance, and as a container', (world) => {
      const expected = contents(world.find(world.present));
      expect(contents(world.find(world.present, LUP_RETURN_ALL | LUP_FLUSHCACHE))).toEqual(expected);
      expect(contents(world.find(world.present, LUP_RETURN_ALL | LUP_NEAREST))).toEqual(expected);
      world.ask(world.present, LUP_RETURN_ALL | LUP_CONTAINERS);
    }),
    its('is kept while the room is too small, and fits the room that it asks for to the byte', (world) => {
      const handle = world.begin(world.present);
      const { ws2 } = world;
      const length = ref(0);
      const found: WSAQUERYSETW[] = [];
      expect([ws2.WSALookupServiceNext(handle, 0, length, null), world.error()]).toEqual([-1, 'WSAEFAULT']);
      const needed = length.value;
      for (const room of [0, 1, 59, 60, needed - 1]) {
        length.value = room;
        expect([ws2.WSALookupServiceNext(handle, 0, length, found), world.error()]).toEqual([-1, 'WSAEFAULT']);
        expect(length.value, 'the bytes needed').toBe(needed);
      }
      expect(found, 'results while there was no room').toHaveLength(0);
      length.value = needed;
      world.expectDone(ws2.WSALookupServiceNext(handle, 0, length, found), 'WSALookupServiceNext');
      expect(sizeofWSAQUERYSET(found[0]!)).toBe(needed);
      expect(contents([...found, ...world.rest(handle).results])).toEqual(contents(world.find(world.present)));
    }),
    its(
      'that did not fit is dropped with LUP_FLUSHPREVIOUS, and no other is',
      (world) => {
        const query = world.need('several', 'several results');
        const all = world.find(query);
        expect(all.length, 'results of `several`').toBeGreaterThan(2);
        const handle = world.begin(query);
        const first = world.next(handle, LUP_FLUSHPREVIOUS) as WSAQUERYSETW;
        expect(contents([first]), 'nothing was dropped').toEqual(contents([all[0]!]));
        expect(world.ws2.WSALookupServiceNext(handle, 0, ref(0), null)).toBe(-1);
        const third = world.next(handle, LUP_FLUSHPREVIOUS) as WSAQUERYSETW;
        expect(contents([third]), 'the second was dropped').toEqual(contents([all[2]!]));
        expect(contents(world.rest(handle).results)).toEqual(contents(all.slice(3)));
      },
      'several results',
    ),
  ],
};

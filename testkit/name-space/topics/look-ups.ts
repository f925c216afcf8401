// What a query finds, and how it ends.
import { NS_SAP, NS_X500, RESULT_IS_ALIAS, sizeofWSAQUERYSET, WSAQUERYSETW } from '../../../index.js';
import { expect } from '../../provider/expectation.js';
import { PROVIDER } from '../subject.js';
import { its, type NameSpaceTopic } from '../suite.js';

/** How a query ends that finds nothing: there is no such name, or nothing of what is asked. */
const NOTHING = ['WSASERVICE_NOT_FOUND', 'WSAHOST_NOT_FOUND', 'WSANO_DATA', 'WSATYPE_NOT_FOUND', 'WSA_E_NO_MORE'];

/** What results are, without regard to their order. */
export function contents(results: readonly WSAQUERYSETW[]): string[] {
  return results.map((each) => Buffer.from(WSAQUERYSETW.encode(each)).toString('hex')).sort();
}

/** Queries from beginning to end. */
export const lookUps: NameSpaceTopic = {
  title: 'a query',
  cases: [
    its('finds what is there, in query sets that say who found it, and comes to an end', (world) => {
      for (const result of world.find(world.present)) {
        expect(result.dwSize).toBe(WSAQUERYSETW.size);
        expect(result.lpNSProviderId, 'the provider').toBe(PROVIDER);
        expect(result.dwNameSpace, 'the name space').toBe(world.nameSpace);
        expect(sizeofWSAQUERYSET(result)).toBeGreaterThan(WSAQUERYSETW.size - 1);
        expect((result.lpcsaBuffer ?? []).length, 'the number of addresses').toBe(result.dwNumberOfCsAddrs ?? 0);
        if (((result.dwOutputFlags ?? 0) & RESULT_IS_ALIAS) === 0) {
          expect(typeof result.lpszServiceInstanceName, 'the type of the name').toBe('string');
        }
      }
    }),
    its('finds the same when it is asked again', (world) => {
      const first = contents(world.find(world.present));
      for (let i = 0; i < 3; i++) expect(contents(world.find(world.present))).toEqual(first);
    }),
    its('is independent of what is done to the query set, and to results, afterwards', (world) => {
      const expected = contents(world.find(world.present));
      const query = { ...world.present };
      const handle = world.begin(query);
      for (const member of Object.keys(query)) Reflect.set(query, member, null);
      const { results } = world.rest(handle);
      expect(contents(results)).toEqual(expected);
      for (const { lpcsaBuffer, lpBlob } of results) {
        for (const { RemoteAddr, LocalAddr } of lpcsaBuffer ?? []) {
          RemoteAddr.lpSockaddr?.fill(0xff);
          LocalAddr.lpSockaddr?.fill(0xff);
        }
        lpBlob?.pBlobData.fill(0xff);
      }
      expect(contents(world.find(world.present))).toEqual(expected);
    }),
    its('says once and again that there is no more', (world) => {
      const handle = world.begin(world.present);
      while (typeof world.next(handle) !== 'string');
      expect([world.next(handle), world.next(handle)]).toEqual(['WSA_E_NO_MORE', 'WSA_E_NO_MORE']);
      world.end(handle);
    }),
    its(
      'that finds nothing says so, and not only when the time is up',
      (world) => {
        const absent = world.need('absent', 'absent names');
        const began = world.now();
        const { results, error } = world.ask(absent);
        expect(results, 'results').toHaveLength(0);
        expect(NOTHING, 'what may be said of nothing').toContain(error);
        expect(world.now() - began, 'milliseconds that it took').toBeLessThan(10_000);
      },
      'absent names',
    ),
    its('for another name space finds nothing', (world) => {
      const other = world.nameSpace === NS_SAP ? NS_X500 : NS_SAP;
      const { results, error } = world.ask({ ...world.present, dwNameSpace: other });
      expect(results, 'results').toHaveLength(0);
      expect(NOTHING, 'what may be said of nothing').toContain(error);
    }),
    its('is of no use once it was ended', (world) => {
      const handle = world.begin(world.present);
      world.end(handle);
      expect(world.next(handle)).toBe('WSA_INVALID_HANDLE');
      expect([world.ws2.WSALookupServiceEnd(handle), world.error()]).toEqual([-1, 'WSA_INVALID_HANDLE']);
    }),
    its(
      'is one of many at once, each of which finds its own',
      (world) => {
        const absent = world.need('absent', 'absent names');
        const expected = contents(world.find(world.present));
        const handles = Array.from({ length: 20 }, () => world.begin(world.present));
        const others = Array.from({ length: 20 }, () => world.tryBegin(absent));
        const found = handles.map((): WSAQUERYSETW[] => []);
        const open = new Set(handles);
        while (open.size > 0) {
          for (const [i, handle] of handles.entries()) {
            if (!open.has(handle)) continue;
            const result = world.next(handle);
            if (typeof result === 'string') open.delete(handle);
            else found[i]!.push(result);
            const other = others[i]!;
            if (typeof other === 'number') expect(NOTHING, 'what may be said of nothing').toContain(world.next(other));
          }
        }
        for (const results of found) expect(contents(results)).toEqual(expected);
        for (const handle of [...handles, ...others]) if (typeof handle === 'number') world.end(handle);
      },
      'absent names',
    ),
  ],
};

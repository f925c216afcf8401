// Queries of every odd kind: they come to an end, harm nobody, and are not a defect.
import {
  AF_INET,
  AF_INET6,
  LUP_RETURN_ALL,
  RNRSERVICE_DEREGISTER,
  RNRSERVICE_REGISTER,
  seededRandom,
  SVCID_DNS_TYPE_MX,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP,
} from '../../../index.js';
import { expect } from '../../provider/expectation.js';
import type { NameSpaceQuery } from '../subject.js';
import { its, type NameSpaceTopic } from '../suite.js';
import { contents } from './look-ups.js';

const ODD_CLASS = '0BADC0DE-0000-4000-8000-00000000F00D';
const CLASSES = [
  null,
  ODD_CLASS,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP(80),
  SVCID_DNS_TYPE_MX,
];
const NAMES = [
  null,
  '',
  ' ',
  '.',
  '..',
  'a..b',
  '*',
  '/',
  '300.300.300.300',
  '::',
  '-1/tcp',
  'x'.repeat(64),
  `${'x'.repeat(60)}.`.repeat(20),
  'y'.repeat(100_000),
  'straße.example',
  '\u{1F5A8}',
  '\uD800',
  'tab\tand\nline',
  '__proto__',
  'constructor',
];
const PROTOCOLS = [
  [],
  [{ iAddressFamily: AF_INET6, iProtocol: 17 }],
  [{ iAddressFamily: 99, iProtocol: 99 }],
  [
    { iAddressFamily: 0, iProtocol: 0 },
    { iAddressFamily: AF_INET, iProtocol: -1 },
  ],
];
const OTHERS: readonly NameSpaceQuery[] = [
  {},
  { lpszContext: '\\nowhere' },
  { lpszQueryString: '/\0/' },
  { lpVersion: { dwVersion: 0xffffffff, ecHow: 77 } },
  { lpBlob: { cbSize: 4, pBlobData: Uint8Array.of(255, 255, 255, 255) } },
];
/** Queries in a case. */
const QUERIES = 200;

/** Odd queries and registrations, which are not a defect. */
export const garbage: NameSpaceTopic = {
  title: 'garbage',
  cases: [
    its('in queries is answered in good time, and others go on', (world) => {
      const expected = contents(world.find(world.present));
      const random = seededRandom(7);
      const any = <T>(of: readonly T[]): T => of[Math.floor(random.next() * of.length)]!;
      for (let i = 0; i < QUERIES; i++) {
        const lpafpProtocols = any(PROTOCOLS);
        const query = {
          lpServiceClassId: any(CLASSES),
          lpszServiceInstanceName: any(NAMES),
          dwNumberOfProtocols: lpafpProtocols.length,
          lpafpProtocols: lpafpProtocols.length === 0 ? null : lpafpProtocols,
          ...any(OTHERS),
        };
        // LUP_CONTAINERS and its like, too.
        const { error } = world.ask(query, LUP_RETURN_ALL | Math.floor(random.next() * 16));
        expect(error, `an error for ${JSON.stringify(query).slice(0, 200)}`).not.toBe('WSASYSCALLFAILURE');
        expect(
          world.defects.map(({ message }) => message),
          JSON.stringify(query).slice(0, 200),
        ).toEqual([]);
      }
      expect(contents(world.find(world.present))).toEqual(expected);
    }),
    its('in registrations is refused or taken, and harms nobody', (world) => {
      const expected = contents(world.find(world.present));
      for (const lpServiceClassId of CLASSES) {
        for (const lpszServiceInstanceName of NAMES) {
          const service = world.restrictions({ lpServiceClassId, lpszServiceInstanceName });
          for (const operation of [RNRSERVICE_REGISTER, RNRSERVICE_DEREGISTER]) {
            const result = world.ws2.WSASetService(service, operation, 0);
            if (result !== 0) expect(world.error(), 'WSASetService').not.toBe('WSASYSCALLFAILURE');
          }
        }
      }
      expect(contents(world.find(world.present))).toEqual(expected);
    }),
  ],
};

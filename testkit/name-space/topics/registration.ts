// Services that are registered and taken back, and notices of changes.
import {
  NSP_NOTIFY_EVENT,
  RNRSERVICE_DELETE,
  RNRSERVICE_DEREGISTER,
  RNRSERVICE_REGISTER,
  SERVICE_MULTIPLE,
  SIO_NSP_NOTIFY_CHANGE,
  WSAOVERLAPPED,
  type CSADDR_INFO,
  type WSAQUERYSETW,
} from '../../../index.js';
import { expect } from '../../provider/expectation.js';
import type { NameSpaceQuery } from '../subject.js';
import { its, type NameSpaceTopic } from '../suite.js';
import type { NameSpaceWorld } from '../world.js';

/** Registers a service or takes it back: `done`, or the error's name. */
function set(world: NameSpaceWorld, service: NameSpaceQuery, operation: number, flags = 0): string {
  const count = service.lpcsaBuffer?.length ?? 0;
  const whole = { ...world.restrictions(service), dwNumberOfCsAddrs: count };
  return world.ws2.WSASetService(whole, operation, flags) === 0 ? 'done' : world.error();
}

function service(world: NameSpaceWorld): { readonly service: NameSpaceQuery; readonly query: NameSpaceQuery } {
  const service = world.need('service', 'registration');
  const { lpszServiceInstanceName = null, lpServiceClassId = null } = service;
  return { service, query: { lpszServiceInstanceName, lpServiceClassId } };
}

/** Where a service may be connected to, as text. */
function places(results: readonly WSAQUERYSETW[]): string[] {
  return results
    .flatMap((each) => each.lpcsaBuffer ?? [])
    .map(({ RemoteAddr: { lpSockaddr } }: CSADDR_INFO) => Buffer.from(lpSockaddr ?? []).toString('hex'))
    .sort();
}

function registered({ lpcsaBuffer }: NameSpaceQuery): string[] {
  return (lpcsaBuffer ?? [])
    .map(({ LocalAddr, RemoteAddr }) => RemoteAddr.lpSockaddr ?? LocalAddr.lpSockaddr)
    .map((name) => Buffer.from(name ?? []).toString('hex'))
    .sort();
}

/** How many results a query has. */
function count(world: NameSpaceWorld, query: NameSpaceQuery): number {
  return world.ask(query).results.length;
}

/** Registering services, and being told of changes. */
export const registration: NameSpaceTopic = {
  title: 'a service',
  cases: [
    its(
      'is found where it was registered, and not before or after',
      (world) => {
        const { service: registers, query } = service(world);
        expect(count(world, query), 'services before').toBe(0);
        expect(set(world, registers, RNRSERVICE_REGISTER), 'WSASetService').toBe('done');
        const found = world.find(query);
        expect(places(found), 'where it is').toEqual(registered(registers));
        expect(found[0]!.lpszServiceInstanceName ?? null).toBe(registers.lpszServiceInstanceName ?? null);
        expect(set(world, registers, RNRSERVICE_DEREGISTER), 'RNRSERVICE_DEREGISTER').toBe('done');
        expect(places(world.ask(query).results), 'where it is afterwards').toEqual([]);
        set(world, registers, RNRSERVICE_DELETE);
        expect(count(world, query), 'services afterwards').toBe(0);
      },
      'registration',
    ),
    its(
      'replaces the one that was registered before',
      (world) => {
        const { service: registers, query } = service(world);
        for (let i = 0; i < 3; i++) set(world, registers, RNRSERVICE_REGISTER);
        expect(count(world, query), 'services').toBe(1);
        expect(places(world.find(query))).toEqual(registered(registers));
        set(world, registers, RNRSERVICE_DELETE);
      },
      'registration',
    ),
    its(
      'is deleted at once',
      (world) => {
        const { service: registers, query } = service(world);
        expect(set(world, registers, RNRSERVICE_REGISTER)).toBe('done');
        expect(set(world, registers, RNRSERVICE_DELETE), 'RNRSERVICE_DELETE').toBe('done');
        expect(count(world, query), 'services').toBe(0);
      },
      'registration',
    ),
    its(
      'stands beside others with SERVICE_MULTIPLE',
      (world) => {
        const { service: registers, query } = service(world);
        const other = structuredClone(registers);
        for (const { LocalAddr, RemoteAddr } of other.lpcsaBuffer ?? []) {
          for (const { lpSockaddr } of [LocalAddr, RemoteAddr]) if (lpSockaddr) lpSockaddr[3]! ^= 1;
        }
        set(world, registers, RNRSERVICE_REGISTER, SERVICE_MULTIPLE);
        set(world, other, RNRSERVICE_REGISTER, SERVICE_MULTIPLE);
        expect(places(world.find(query))).toEqual([...registered(registers), ...registered(other)].sort());
        for (const each of [registers, other]) set(world, each, RNRSERVICE_DELETE, SERVICE_MULTIPLE);
        expect(places(world.ask(query).results)).toEqual([]);
      },
      'registration',
      'several instances',
    ),
    its(
      'that comes and goes is a change, told once to who asks and to who waits',
      (world) => {
        const { service: registers, query } = service(world);
        const handle = world.begin(query);
        while (typeof world.next(handle) !== 'string');
        const notify = (completion: Parameters<typeof world.ws2.WSANSPIoctl>[7]): string =>
          world.ws2.WSANSPIoctl(handle, SIO_NSP_NOTIFY_CHANGE, null, 0, null, 0, null, completion) === 0
            ? 'changed'
            : world.error();
        expect(notify(null), 'before anything has changed').toBe('WSAEWOULDBLOCK');
        const lpOverlapped = new WSAOVERLAPPED();
        lpOverlapped.hEvent = world.ws2.WSACreateEvent();
        const completion = { Type: NSP_NOTIFY_EVENT, Parameters: { Event: { lpOverlapped } } };
        expect(notify(completion)).toBe('WSA_IO_PENDING');
        expect(set(world, registers, RNRSERVICE_REGISTER)).toBe('done');
        world.until(() => lpOverlapped.Internal === 0, 'the notice of a change');
        expect(typeof world.next(handle), 'the next result, which is what has changed').toBe('object');
        set(world, registers, RNRSERVICE_DELETE);
        let told = '';
        world.until(() => (told = notify(null)) !== 'WSAEWOULDBLOCK', 'the change to be seen');
        expect([told, notify(null)]).toEqual(['changed', 'WSAEWOULDBLOCK']);
        world.end(handle);
      },
      'registration',
      'changes',
    ),
  ],
};

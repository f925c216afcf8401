// How many multicast groups a socket may join on Windows, over a system that lets it into all.
import { describe, expect, test } from 'vitest';
import {
  GROUP_SOURCE_REQ,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  sockaddr_in6,
  WSAEADDRNOTAVAIL,
  WSAEINVAL,
} from 'ws2spi';
import { JoinedGroups } from '../../../dist/platform/windows/groups.js';

const MOST = 256;
const willing = (): number => 0;
const refusing = (): number => WSAEINVAL;

function group4(which: number, ...more: number[]): Uint8Array {
  return Uint8Array.of(239, 77, which >> 8, which & 0xff, ...more, 127, 0, 0, 1);
}

function group6(which: number): Uint8Array {
  const request = new Uint8Array(20);
  request.set([0xff, 0x01]);
  request.set([which >> 8, which & 0xff, 1], 14);
  return request;
}

const KINDS = [
  ['IPv4', IPPROTO_IP, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, (which: number) => group4(which)],
  ['IPv6', IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP, group6],
] as const;

describe.each(KINDS)('the groups of %s', (_name, level, join, leave, request) => {
  const change = (groups: JoinedGroups, optname: number, which: number, set = willing, descriptor = 4): number =>
    groups.change(descriptor, level, optname, request(which), request(which).length, set);

  function full(): JoinedGroups {
    const groups = new JoinedGroups();
    for (let which = 0; which < MOST; which++) expect(change(groups, join, which)).toBe(0);
    return groups;
  }

  test('are 256 at most, of each socket', () => {
    const groups = full();
    const never = (): never => expect.fail('the system was asked');
    expect(change(groups, join, MOST, never)).toBe(WSAEINVAL);
    expect(change(groups, join, MOST, willing, 8)).toBe(0);
  });

  test('make room for others when one is left', () => {
    const groups = full();
    expect(change(groups, leave, 7)).toBe(0);
    expect(change(groups, join, MOST)).toBe(0);
    expect(change(groups, join, 7)).toBe(WSAEINVAL);
  });

  test('are not those that the system refused', () => {
    const groups = new JoinedGroups();
    for (let which = 0; which < MOST + 1; which++) change(groups, join, which, refusing);
    expect(change(groups, join, 0)).toBe(0);
  });

  test('go with the socket, whose number is another’s then', () => {
    const groups = full();
    groups.forget(4);
    expect(change(groups, join, MOST)).toBe(0);
  });

  test('that nobody is in are not left: WSAEADDRNOTAVAIL, whatever the system calls it', () => {
    const groups = full();
    expect(change(groups, leave, MOST, refusing)).toBe(WSAEADDRNOTAVAIL);
    expect(change(groups, leave, 7, refusing)).toBe(WSAEINVAL);
  });
});

test('a group is one, however many sources of it are wanted, and left with the last', () => {
  const groups = new JoinedGroups();
  const change = (optname: number, host: number, set = willing): number =>
    groups.change(4, IPPROTO_IP, optname, group4(1, 10, 0, 0, host), 12, set);
  for (let host = 0; host < MOST + 1; host++) expect(change(IP_ADD_SOURCE_MEMBERSHIP, host & 0xff)).toBe(0);
  expect(change(IP_ADD_SOURCE_MEMBERSHIP, 3, refusing)).toBe(WSAEADDRNOTAVAIL);
  expect(change(IP_DROP_SOURCE_MEMBERSHIP, 3)).toBe(0);
  expect(change(IP_DROP_SOURCE_MEMBERSHIP, 3, refusing)).toBe(WSAEADDRNOTAVAIL);
  for (let host = 0; host < MOST; host++) change(IP_DROP_SOURCE_MEMBERSHIP, host);
  expect(change(IP_DROP_SOURCE_MEMBERSHIP, 5, refusing)).toBe(WSAEINVAL);
});

test('a group that is joined by an interface’s index is left as it was joined', () => {
  const groups = new JoinedGroups();
  const request = GROUP_SOURCE_REQ.encode({
    gsr_interface: 1,
    gsr_group: sockaddr_in6('ff01::77', 0),
    gsr_source: sockaddr_in6('fd00::9', 0),
  });
  const change = (optname: number, set = willing): number =>
    groups.change(4, IPPROTO_IPV6, optname, request, request.length, set);
  expect(change(MCAST_JOIN_SOURCE_GROUP)).toBe(0);
  expect(change(MCAST_JOIN_SOURCE_GROUP, refusing)).toBe(WSAEADDRNOTAVAIL);
  expect(change(MCAST_LEAVE_SOURCE_GROUP)).toBe(0);
  expect(change(MCAST_LEAVE_SOURCE_GROUP, refusing)).toBe(WSAEINVAL);
});

test('other options are the system’s alone', () => {
  expect(new JoinedGroups().change(4, IPPROTO_IP, IP_TTL, Uint8Array.of(1, 0, 0, 0), 4, refusing)).toBe(WSAEINVAL);
});

// Addresses that stand for names: which they are, and for how long.
import { describe, expect, test } from 'vitest';
import { AF_INET, AF_INET6, parseSockaddr, sockaddr_in, sockaddr_in6, VirtualClock } from 'ws2spi';
import { NamesOfAddresses } from '../../../dist/host/names-of-addresses.js';

const MINUTE = 60_000;

function names(most?: number) {
  const clock = new VirtualClock();
  const table = new NamesOfAddresses(clock, most);
  return {
    table,
    clock,
    address: (name: string, family: number = AF_INET) => {
      const sockaddr = table.addressOf(name, family);
      return sockaddr === null ? null : parseSockaddr(sockaddr).address;
    },
    nameOf: (address: string) =>
      table.nameOf(address.includes(':') ? sockaddr_in6(address, 80) : sockaddr_in(address, 80)),
  };
}

describe('addresses that stand for names', () => {
  test('are the same for the same name, whatever its case, and for both families', () => {
    const { address, nameOf, table } = names();
    expect(address('One.example')).toBe('198.18.0.1');
    expect(address('one.EXAMPLE')).toBe('198.18.0.1');
    expect(address('two.example', AF_INET6)).toBe('100::2');
    expect(address('two.example')).toBe('198.18.0.2');
    expect([nameOf('198.18.0.1'), nameOf('100::1'), nameOf('100::2')]).toEqual([
      'One.example',
      'One.example',
      'two.example',
    ]);
    expect(parseSockaddr(table.addressOf('one.example', AF_INET, 443)!).port).toBe(443);
  });

  test('are no others', () => {
    const { address, nameOf, table } = names();
    expect(table.isAssignable(sockaddr_in('198.18.0.9', 0))).toBe(false);
    address('one.example');
    for (const other of [
      '198.18.0.0',
      '198.18.0.2',
      '198.20.0.1',
      '198.17.255.255',
      '127.0.0.1',
      '::',
      '100::2',
      '100:0:0:1::1',
    ]) {
      expect(nameOf(other), other).toBeNull();
    }
    expect(table.isAssignable(sockaddr_in('198.19.255.255', 0))).toBe(true);
    expect(table.isAssignable(sockaddr_in('198.20.0.0', 0))).toBe(false);
    expect([
      table.nameOf(new Uint8Array(0)),
      table.nameOf(new Uint8Array(2)),
      table.nameOf(Uint8Array.of(2, 0, 0)),
    ]).toEqual([null, null, null]);
  });

  test('stand for another name when all are in use, the longest unused first, and not before ten minutes', () => {
    const { address, nameOf, clock } = names(2);
    address('a');
    address('b');
    expect(address('c')).toBeNull();
    clock.advance(9 * MINUTE);
    expect(nameOf('198.18.0.1')).toBe('a');
    clock.advance(2 * MINUTE);
    expect(address('c')).toBe('198.18.0.2');
    expect(nameOf('198.18.0.2')).toBe('c');
    expect(nameOf('198.18.0.1')).toBe('a');
    expect(address('b')).toBeNull();
  });
});

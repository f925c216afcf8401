// The addresses of a host lie where C puts them, however many there are.
import { expect, test } from 'vitest';
import { AF_INET, AF_INET6, hostent } from 'ws2spi/spi';

test.each([0, 1, 63, 64, 65, 20_000].flatMap((count) => [4, 16].map((length) => [count, length] as const)))(
  '%i addresses of %i bytes follow the tables, one behind the other, and the names follow them',
  (count, length) => {
    const addresses = Array.from({ length: count }, (_, at) => {
      const bytes = new Uint8Array(length).fill(7);
      new DataView(bytes.buffer).setUint32(length - 4, at);
      return bytes;
    });
    const host = {
      h_name: 'host',
      h_aliases: ['other'],
      h_addrtype: length === 4 ? AF_INET : AF_INET6,
      h_length: length,
      h_addr_list: addresses,
    };
    const bytes = hostent.encode(host);
    expect(hostent.decode(bytes)).toEqual(host);

    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const at = (offset: number): number => view.getUint32(offset, true);
    const [aliases, table] = [16, 16 + 8];
    const first = table + 4 * (count + 1);
    const text = first + count * length;
    expect([at(4), at(12)]).toEqual([aliases, table]);
    const pointers = Array.from({ length: count + 1 }, (_, index) => at(table + 4 * index));
    expect(pointers).toEqual([...addresses.map((_, index) => first + index * length), 0]);
    expect([at(0), at(aliases)].toSorted((a, b) => a - b)[0]).toBe(text);
    expect(bytes.length).toBe(text + 'host\0other\0'.length);
  },
);

test('an address of too few bytes is refused, in a long list too', () => {
  const host = { h_name: 'host', h_aliases: [], h_addrtype: AF_INET, h_length: 4 };
  for (const count of [2, 100]) {
    const addresses = Array.from({ length: count }, (_, at) => new Uint8Array(at === count - 1 ? 3 : 4));
    expect(() => hostent.encode({ ...host, h_addr_list: addresses })).toThrow(RangeError);
  }
});

import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  INSTANCE,
  LUP_RETURN_ADDR,
  ref,
  SVCID_INET_HOSTADDRBYNAME,
  WSAQUERYSETW,
  type addrinfo,
  type Ws2_32,
} from 'ws2spi';
import { filesInstance, writeFiles } from '../providers/namespaces/fixtures.js';

function instance(): { ws2: Ws2_32; names(address: string): readonly string[] } {
  const { ws2 } = filesInstance(writeFiles());
  return { ws2, names: (address) => ws2[INSTANCE].providerHost.resolvedNames(address) };
}

const getaddrinfo = (ws2: Ws2_32, name: string, family = 0): number =>
  ws2.getaddrinfo(name, '80', { ai_family: family }, ref<addrinfo | null>(null));

describe('the names by which an address was found', () => {
  it('are those that were looked up by getaddrinfo, in each family, however written', () => {
    const { ws2, names } = instance();
    expect(names('192.0.2.1')).toEqual([]);
    expect(getaddrinfo(ws2, 'ALPHA.example.')).toBe(0);
    expect(names('192.0.2.1')).toEqual(['alpha.example']);
    expect(names('192.0.2.2')).toEqual(['alpha.example']);
    expect(names('2001:db8::1')).toEqual(['alpha.example']);
    expect(names('::ffff:192.0.2.1')).toEqual(['alpha.example']);
    expect(names('192.0.2.3')).toEqual([]);
  });

  it('end with the one that was looked up last', () => {
    const { ws2, names } = instance();
    getaddrinfo(ws2, 'alpha.example');
    getaddrinfo(ws2, 'one-more-name');
    expect(names('192.0.2.1')).toEqual(['alpha.example', 'one-more-name']);
    getaddrinfo(ws2, 'alpha.example');
    expect(names('192.0.2.1')).toEqual(['one-more-name', 'alpha.example']);
  });

  it('are known after gethostbyname, and after a query of the application', () => {
    const { ws2, names } = instance();
    expect(ws2.gethostbyname('first')).not.toBeNull();
    expect(names('192.0.2.1')).toEqual(['first']);
    const handle = ref(0);
    const question = {
      dwSize: WSAQUERYSETW.size,
      lpszServiceInstanceName: 'six.example',
      lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
      dwNumberOfProtocols: 1,
      lpafpProtocols: [{ iAddressFamily: AF_INET6, iProtocol: 6 }],
    };
    expect(ws2.WSALookupServiceBegin(question as never, LUP_RETURN_ADDR, handle)).toBe(0);
    expect(ws2.WSALookupServiceNext(handle.value, 0, ref(10_000), [])).toBe(0);
    ws2.WSALookupServiceEnd(handle.value);
    expect(names('2001:db8::6')).toEqual(['six.example']);
  });

  it('are none of addresses in text, of names that nobody knows, and of addresses turned into names', () => {
    const { ws2, names } = instance();
    getaddrinfo(ws2, '192.0.2.1');
    getaddrinfo(ws2, '0300.0.02.1', AF_INET);
    getaddrinfo(ws2, 'nobody.example');
    ws2.gethostbyaddr(Uint8Array.of(192, 0, 2, 1), 4, AF_INET);
    expect(names('192.0.2.1')).toEqual([]);
  });

  it('are 4,096 at least, whatever was looked up between, and not without end', () => {
    const files = writeFiles();
    const many = Array.from({ length: 8400 }, (_, at) => `10.1.${at >> 8}.${at & 0xff} n${at}\n10.0.0.1 n${at}\n`);
    writeFileSync(files.hosts, `${many.join('')}10.2.0.1 often\n10.2.0.2 often\n`);
    const { ws2 } = filesInstance(files);
    const names = (address: string): readonly string[] => ws2[INSTANCE].providerHost.resolvedNames(address);
    for (let at = 0; at < 8400; at++) {
      getaddrinfo(ws2, `n${at}`);
      if (at % 1000 === 0) getaddrinfo(ws2, 'often');
      // Whether somebody asks between changes nothing.
      if (at % 3000 === 0) expect(names('10.0.0.1').at(-1)).toBe(`n${at}`);
    }
    const known = names('10.0.0.1');
    expect(known.length).toBeGreaterThanOrEqual(4096);
    expect(known.length).toBeLessThanOrEqual(2 * 4096);
    expect(known).toEqual(Array.from({ length: known.length }, (_, at) => `n${8400 - known.length + at}`));
    expect(names('10.2.0.1')).toEqual(['often']);
    expect(names('10.2.0.2')).toEqual(['often']);
    expect(names('10.1.0.0')).toEqual([]);
    expect(names(`10.1.${8399 >> 8}.${8399 & 0xff}`)).toEqual(['n8399']);
  });
});

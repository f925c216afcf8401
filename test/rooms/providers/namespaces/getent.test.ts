// The C library's own program as a witness: `getent` says of hosts, services and protocols what we say, from the same files.
import { spawnSync } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AF_INET, createWs2_32, formatIPv4, parseIPv4, parseSockaddr, ref, type addrinfo, type servent } from 'ws2spi';
import { withoutServer } from '../../../support/real-servers.js';

const missing = withoutServer('getent', ['--version'], 'libc-bin').skip;

/** What `getent` prints, a list of words for each line. */
function getent(...args: string[]): string[][] {
  const { stdout } = spawnSync('getent', args, { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));
}

function instance() {
  const ws2 = createWs2_32({ catalog: 'memory' });
  onTestFinished(() => ws2[Symbol.dispose]());
  expect(ws2.WSAStartup(0x0202, {})).toBe(0);
  return ws2;
}

const inNetworkOrder = (port: number): number => ((port & 0xff) << 8) | (port >> 8);

describe.skipIf(missing)('getent', () => {
  test('says of every service, by its name, its aliases and its port, what getservbyname and getservbyport say', () => {
    const ws2 = instance();
    const shown = (found: servent | null): string =>
      found === null
        ? 'none'
        : [found.s_name, `${inNetworkOrder(found.s_port)}/${found.s_proto}`, ...found.s_aliases].join(' ');
    const all = getent('services');
    const protocolOf = (place: string): string => place.split('/')[1]!;
    const byName = all.flatMap(([name, place, ...aliases]) =>
      [name!, ...aliases].map((each) => `${each}/${protocolOf(place!)}`),
    );
    const byPort = all.map(([, place]) => place!);
    for (const keys of [byName, byPort]) {
      const theirs = getent('services', ...keys).map((words) => words.join(' '));
      const ours = keys.map((key) => {
        const [name, protocol] = key.split('/') as [string, string];
        const isPort = keys === byPort;
        return shown(
          isPort ? ws2.getservbyport(inNetworkOrder(Number(name)), protocol) : ws2.getservbyname(name, protocol),
        );
      });
      expect(ours).toEqual(theirs);
    }
  });

  test('says of every protocol what getprotobyname and getprotobynumber say', () => {
    const ws2 = instance();
    const shown = (found: { p_name: string; p_proto: number } | null): string => `${found?.p_name} ${found?.p_proto}`;
    for (const [name, number] of getent('protocols')) {
      const byName = ws2.getprotobyname(name!);
      // Those that Windows does not know are no protocols of sockets here either.
      if (byName === null) continue;
      expect(shown(byName)).toBe(`${name} ${number}`);
      expect(ws2.getprotobynumber(Number(number))?.p_proto).toBe(Number(number));
    }
  });

  test('says of every host of the file what gethostbyaddr and getaddrinfo say', () => {
    const ws2 = instance();
    const hosts = getent('hosts').filter(([address]) => parseIPv4(address!) !== null);
    for (const [address, name] of hosts) {
      const found = ref<addrinfo | null>(null);
      expect(ws2.getaddrinfo(name!, null, { ai_family: AF_INET, ai_socktype: 1 }, found)).toBe(0);
      const ours: string[] = [];
      for (let one = found.value; one !== null; one = one.ai_next) ours.push(parseSockaddr(one.ai_addr!).address);
      const theirs = getent('ahostsv4', name!).flatMap(([each, type]) => (type === 'STREAM' ? [each] : []));
      expect(ours.sort()).toEqual(theirs.sort());
      const host = ws2.gethostbyaddr(parseIPv4(address!)!, 4, AF_INET);
      expect(host?.h_addr_list.map((each) => formatIPv4(each))).toEqual([address]);
      const [[, first]] = getent('hosts', address!) as [string[]];
      expect(host?.h_name).toBe(first);
    }
  });
});

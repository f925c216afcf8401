// Hosts, services and protocols files of very many lines: they are read in many turns of the event loop, and each line counts.
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  hostent,
  LUP_FLUSHCACHE,
  LUP_RETURN_BLOB,
  LUP_RETURN_NAME,
  ref,
  seededRandom,
  servent,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  WSAHOST_NOT_FOUND,
  WSASERVICE_NOT_FOUND,
  type addrinfo,
  type LPNSPSTARTUP,
  type NSP_ROUTINE,
} from 'ws2spi';
import { lookup } from 'ws2spi/node';
import { createFilesNameSpace, verifyFiles } from 'ws2spi/providers/namespaces/files';
import { lookUp, nameInstance, writeFiles, type Files } from './fixtures.js';

/** Turns of the event loop that the provider asked for. */
let turns = 0;

// The provider of these files, with its turns counted.
function counted(files: Files): LPNSPSTARTUP {
  turns = 0;
  return (id, table) => {
    const { host } = table;
    (table as { host: NSP_ROUTINE['host'] }).host = {
      ...host,
      deferToNextTurn: (work) => {
        turns++;
        host.deferToNextTurn(work);
      },
    };
    return createFilesNameSpace(files)(id, table);
  };
}

function instance(files: Files) {
  return nameInstance([{ name: 'files', module: { NSPStartup: counted(files) } }]);
}

function filesWith(hosts: string | Buffer): Files {
  const files = writeFiles();
  writeFileSync(files.hosts, hosts);
  return files;
}

const LINES = 100_000;
const address = (at: number): string => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;

describe('A hosts file of a hundred thousand lines', () => {
  const files = filesWith(
    Array.from({ length: LINES }, (_, at) => `${address(at)} host${at}.example alias${at}`).join('\n'),
  );

  it('is read in so many turns that no turn looks at a thousand lines', () => {
    const { ws2, defects } = instance(files);
    expect(ws2.gethostbyname('nobody.example')).toBeNull();
    expect(ws2.WSAGetLastError()).toBe(WSAHOST_NOT_FOUND);
    expect(turns).toBeGreaterThan(LINES / 1000);
    expect(defects).toEqual([]);
  });

  it('has every line found by its name, its alias and its address', () => {
    const { ws2 } = instance(files);
    for (let at = 0; at < LINES; at += 997) {
      const host = { h_name: `host${at}.example`, h_aliases: [`alias${at}`] };
      expect(ws2.gethostbyname(`HOST${at}.example`)).toMatchObject(host);
      expect(ws2.gethostbyname(`alias${at}`)).toMatchObject(host);
      const bytes = Uint8Array.from(address(at).split('.'), Number);
      expect(ws2.gethostbyaddr(bytes, 4, 2)).toMatchObject(host);
    }
    const read = turns;
    expect(ws2.gethostbyname(`host${LINES - 1}.example`)).not.toBeNull();
    // What was read is not read again.
    expect(turns).toBe(read);
  });

  it('is searched in so many turns, for a name that twenty thousand lines have, that none looks at a thousand of them', () => {
    const { ws2 } = instance(
      filesWith(Array.from({ length: 20_000 }, (_, at) => `${address(at)} many.example`).join('\n')),
    );
    const result = ref<addrinfo | null>(null);
    ws2.getaddrinfo('nobody.example', null, {}, result);
    const read = turns;
    expect(ws2.getaddrinfo('many.example', null, { ai_socktype: 1 }, result)).toBe(0);
    // Their lines, what these say, its addresses, and those that are wanted.
    expect(turns - read).toBeGreaterThanOrEqual(65);
    let found = 0;
    for (let each = result.value; each !== null; each = each.ai_next) found++;
    expect(found).toBe(20_000);
  });

  it('holds up nothing else while it is read', async () => {
    const { ws2 } = instance(files);
    const order: string[] = [];
    const found = new Promise<void>((done) => {
      lookup(`host${LINES - 1}.example`, { ws2, family: 4 }, (error) => {
        order.push(error === null ? 'found' : String(error));
        done();
      });
    });
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((next) => setImmediate(next));
      order.push('turn');
    }
    await found;
    expect(order).toEqual(['turn', 'turn', 'turn', 'turn', 'turn', 'found']);
  });

  it('is read once for all who ask meanwhile', async () => {
    const { ws2 } = instance(files);
    const ask = (name: string): Promise<string> =>
      new Promise((done) => lookup(name, { ws2 }, (_error, found) => done(String(found))));
    const asked = Array.from({ length: 1000 }, (_, at) => ask(`host${at}.example`));
    expect(await Promise.all(asked)).toEqual(asked.map((_, at) => address(at)));
    const once = turns;
    turns = 0;
    instance(files).ws2.gethostbyname('nobody.example');
    expect(once).toBe(turns);
  });

  it('is let go when the instance ends that reads it', async () => {
    const open = (): string[] =>
      readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)].filter((path) => path === files.hosts);
        } catch {
          return [];
        }
      });
    const { ws2, defects } = instance(files);
    lookup('host1.example', { ws2 }, () => undefined);
    ws2[Symbol.dispose]();
    await new Promise((next) => setImmediate(next));
    expect(defects).toEqual([]);
    expect(process.platform === 'linux' ? open() : []).toEqual([]);
  });
});

describe('A hosts file of', () => {
  // Each has a good line at its end, after so many slices of work that its turns show.
  const noise = (length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    for (let at = 0, state = 12_345; at < length; at++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      bytes[at] = state >>> 16;
    }
    return bytes;
  };
  it.each<[string, string | Buffer, number]>([
    ['a megabyte of noise', noise(1 << 20), 16],
    ['one line of ten megabytes', `192.0.2.1 ${'ab '.repeat(3_500_000)}`, 40],
    ['five million lines of one letter', 'a\n'.repeat(5_000_000), 100],
    ['a million letters that are not ASCII', 'é è\n'.repeat(250_000), 10],
    [
      'a line with thirty thousand names',
      `192.0.2.1 ${Array.from({ length: 8000 }, (_, at) => `n${at}`).join(' ')}`,
      0,
    ],
    ['comments alone', '# nothing here\r\n'.repeat(100_000), 6],
  ])('%s is read in many turns, and its good line is found', (_name, text, least) => {
    const files = filesWith(Buffer.concat([Buffer.from(text), Buffer.from('\n192.0.2.77 good.example\n')]));
    const { ws2, defects } = instance(files);
    expect(ws2.gethostbyname('good.example')?.h_addr_list).toEqual([Uint8Array.of(192, 0, 2, 77)]);
    expect(turns).toBeGreaterThanOrEqual(least);
    expect(defects).toEqual([]);
  });

  it('a list of names to be blocked has a thousand of them by the address that all have', () => {
    const { ws2 } = instance(
      filesWith(Array.from({ length: 20_000 }, (_, at) => `0.0.0.0 ads${at}.example`).join('\n')),
    );
    const host = ws2.gethostbyaddr(new Uint8Array(4), 4, 2);
    expect([host?.h_name, host?.h_aliases.length]).toEqual(['ads0.example', 1023]);
    expect(ws2.gethostbyname('ads19999.example')?.h_addr_list).toEqual([new Uint8Array(4)]);
  });
});

describe('A services and a protocols file of very many lines', () => {
  it('are read in many turns, and have every line', () => {
    const files = writeFiles();
    writeFileSync(files.services, Array.from({ length: 60_000 }, (_, at) => `s${at} ${at}/tcp a${at}`).join('\n'));
    const { ws2 } = instance(files);
    expect(ws2.getservbyname('A59999', 'tcp')).toMatchObject({ s_name: 's59999' });
    expect(turns).toBeGreaterThan(60);
    const find = (query: string): string | null => {
      const { results } = lookUp(
        ws2,
        { lpServiceClassId: SVCID_INET_SERVICEBYNAME, lpszServiceInstanceName: query },
        LUP_RETURN_BLOB,
      );
      return results.length === 0 ? null : servent.decode(results[0]!.lpBlob!.pBlobData).s_name;
    };
    expect([find('s7/tcp'), find('007/tcp'), find('59998'), find('60000'), find('s1/udp')]).toEqual([
      's7',
      's7',
      's59998',
      null,
      null,
    ]);
  });
});

describe('A large file that is being read', () => {
  const large = (name: string): string =>
    [...Array.from({ length: 20_000 }, (_, at) => `${address(at)} host${at}.example`), `192.0.2.77 ${name}`].join('\n');
  const named = (name: string) => ({ lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: name });

  it('and changes meanwhile, answers from what was read, and is read again for the next question', async () => {
    const files = filesWith(large('old.example'));
    const { ws2 } = instance(files);
    const ask = (name: string): Promise<string> =>
      new Promise((done) => lookup(name, { ws2 }, (error, found) => done(error?.code ?? String(found))));
    const before = ask('old.example');
    writeFileSync(`${files.hosts}.new`, large('new.example'));
    const { renameSync } = await import('node:fs');
    renameSync(`${files.hosts}.new`, files.hosts);
    expect(await before).toBe('192.0.2.77');
    expect(await ask('new.example')).toBe('192.0.2.77');
  });

  it('is read once more for who asks with LUP_FLUSHCACHE', () => {
    const files = filesWith(large('old.example'));
    const { ws2 } = instance(files);
    expect(ws2.gethostbyname('nobody.example')).toBeNull();
    const once = turns;
    const handle = ref(0);
    // This one is not waited for, and the file is changed behind it.
    ws2.WSALookupServiceBegin({ dwSize: 60, ...named('old.example') }, LUP_RETURN_NAME | LUP_FLUSHCACHE, handle);
    writeFileSync(files.hosts, large('new.example'));
    const { results } = lookUp(ws2, named('new.example'), LUP_RETURN_NAME | LUP_FLUSHCACHE);
    expect(results.map(({ lpszServiceInstanceName }) => lpszServiceInstanceName)).toEqual(['new.example']);
    expect(turns).toBeGreaterThan(2 * once);
    expect(ws2.WSALookupServiceEnd(handle.value)).toBe(0);
  });

  it('tells a query that finds nothing so by its first result', () => {
    const { ws2 } = instance(filesWith(large('old.example')));
    const { begin, results, end } = lookUp(ws2, named('nobody.example'), LUP_RETURN_NAME);
    expect([begin || end, results]).toEqual([WSASERVICE_NOT_FOUND, []]);
  });
});

it('A line with a NUL in it is left out, and named by verifyFiles', () => {
  const files = filesWith('192.0.2.1 a b\0c\n192.0.2.2 a # \0\n');
  const { ws2, defects } = instance(files);
  expect(ws2.gethostbyname('a')?.h_addr_list).toEqual([Uint8Array.of(192, 0, 2, 2)]);
  expect(verifyFiles(files).filter(({ path }) => path === files.hosts)).toMatchObject([{ line: 1 }]);
  expect(defects).toEqual([]);
});

it('verifyFiles names the first hundred lines that are left out, counts the others, and names a line that is too long', () => {
  const files = writeFiles();
  writeFileSync(files.hosts, `${'x\n'.repeat(1_000_000)}1.2.3.4 ${'n '.repeat(40_000)}\n`);
  writeFileSync(files.services, `1.2.3.4 ${'n '.repeat(40_000)}\nftp 21/tcp`);
  const found = verifyFiles(files);
  expect(found).toHaveLength(102);
  expect(found[99]).toMatchObject({ path: files.hosts, line: 100, fault: expect.stringContaining('"x" is not') });
  expect(found[100]).toEqual({ path: files.hosts, line: 0, fault: '999901 more lines are left out.' });
  expect(found[101]).toMatchObject({
    path: files.services,
    line: 1,
    fault: expect.stringContaining('more than 64 KiB'),
  });
});

// What a hosts file says, read by the simplest means.
function readSimply(text: string): [address: string, names: string[]][] {
  return text.split(/\r\n|\r|\n/).flatMap((line) => {
    const [first = '', ...names] = line.replace(/#.*/s, '').trim().split(/\s+/);
    const isAddress = /^(\d{1,3})(\.\d{1,3}){3}$/.test(first) && first.split('.').every((part) => isNumber(part));
    return isAddress && names.length > 0 && !names.join().includes('\0') ? [[first, names] as [string, string[]]] : [];
  });
}

const isNumber = (part: string): boolean => part === String(Number(part)) && Number(part) <= 255;

it('Any text is read as the simplest reader reads it', () => {
  const words = [
    '1.2.3.4',
    '1.2.3.4',
    '255.255.255.255',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3',
    '1.2.3.4.5',
    '1..2.3',
    '0.0.0.0',
  ];
  const others = ['a', 'A', 'B.example', 'é', 'É', '\u212a', 'k', 'x#y', '#', '\0', '\u00a0', '\ufeff', '😀'];
  const spaces = [' ', ' ', '\t', '  ', '\v', '\f', '\n', '\r', '\r\n', '', '\u2028', '\u0085'];
  const random = seededRandom(Number(process.env['WS2SPI_SEED'] ?? 1));
  const one = (from: readonly string[]): string => from[Math.floor(random.next() * from.length)]!;
  const file = writeFiles();
  for (let run = 0; run < 200; run++) {
    const parts = Array.from(
      { length: 30 * random.next() },
      () => one(random.next() < 0.4 ? words : others) + one(spaces),
    );
    const written = parts.join('');
    writeFileSync(file.hosts, written);
    const { ws2 } = nameInstance([{ name: 'files', module: { NSPStartup: createFilesNameSpace(file) } }]);
    const lines = readSimply(written);
    const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
    for (const [address] of lines) {
      const names = lines.filter((line) => line[0] === address).flatMap((line) => line[1]);
      const expected = names.filter((name, at) => names.findIndex((each) => same(each, name)) === at);
      const { results } = lookUp(
        ws2,
        { lpServiceClassId: SVCID_INET_HOSTADDRBYINETSTRING, lpszServiceInstanceName: address },
        LUP_RETURN_NAME | LUP_RETURN_BLOB,
      );
      const host = hostent.decode(results[0]!.lpBlob!.pBlobData);
      expect([results[0]!.lpszServiceInstanceName, host.h_aliases.length]).toEqual([expected[0], expected.length - 1]);
    }
    for (const name of new Set(lines.flatMap((line) => line[1]).map((each) => each.replace(/\.$/, '')))) {
      const has = lines.filter((line) => line[1].some((each) => same(each, name)));
      if (has.length === 0) continue;
      const { results } = lookUp(
        ws2,
        { lpServiceClassId: SVCID_INET_HOSTADDRBYNAME, lpszServiceInstanceName: name },
        LUP_RETURN_BLOB,
      );
      const expected = [...new Set(has.map((line) => line[0]))].map((each) => Uint8Array.from(each.split('.'), Number));
      expect(hostent.decode(results[0]!.lpBlob!.pBlobData).h_addr_list).toEqual(expected);
    }
    expect(verifyFiles(file).filter(({ path }) => path === file.hosts)).toHaveLength(
      written.split(/\r\n|\r|\n/).filter((line) => line.replace(/#.*/s, '').trim() !== '').length - lines.length,
    );
    ws2[Symbol.dispose]();
  }
});

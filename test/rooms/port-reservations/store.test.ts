import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, describe, test } from 'vitest';
import {
  createWs2_32,
  ERROR_ACCESS_DENIED,
  ERROR_INVALID_DATA,
  ERROR_NOT_FOUND,
  ref,
  sockaddr_in,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEINVAL,
  WSAENETDOWN,
} from 'ws2spi';
import { LinuxPorts } from 'ws2spi/platform/linux';
import { FileKeeping, PortReservationStore, reservationsPath } from 'ws2spi/port-reservations';
import { acquire, bindTo as bindSocket, reserve } from '../../support/port-blocks.js';
import { inWorld, World } from '../../support/providers.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const NOWHERE = {
  automatic: () => ({ first: 49_152, last: 65_535 }),
  nextAutomatic: () => 49_152,
  leavesAlone: () => false,
  inUse: () => 0,
};

/** The reservations in a file, as they are seen in one run of the system. */
function storeAt(file: string, boot = 'this run', told: string[] = []): PortReservationStore {
  return new PortReservationStore(new FileKeeping(file, boot), ({ message }) => void told.push(message));
}

function fileIn(folder = temporaryFolder()): string {
  return reservationsPath(join(folder, 'catalog.json'));
}

describe('tokens of persistent reservations', () => {
  test('stay as they are until the system restarts, and are others then', () => {
    const file = fileIn();
    const before = storeAt(file);
    expect(before.create('tcp', 5000, 20, [])).toBe(0);
    expect(before.create('udp', 5000, 20, [])).toBe(0);
    const token = before.lookUp('tcp', 5000, 20) as bigint;
    expect(storeAt(file).lookUp('tcp', 5000, 20)).toBe(token);
    expect(before.find('tcp', token)).toMatchObject({ first: 5000, count: 20 });

    const after = storeAt(file, 'the next run');
    const fresh = after.lookUp('tcp', 5000, 20) as bigint;
    expect(fresh).toBeTypeOf('bigint');
    expect(fresh).not.toBe(token);
    expect(after.find('tcp', token)).toBe(WSAEINVAL);
    expect(after.find('tcp', fresh)).toMatchObject({ first: 5000, count: 20 });
    expect(after.at('tcp', 5019)?.token).toBe(fresh);
  });

  test('are as good as never the same, nor near each other', () => {
    const file = fileIn();
    const store = storeAt(file);
    const tokens = new Set<bigint>();
    for (let port = 1; port <= 40; port++) {
      expect(store.create('tcp', port, 1, [])).toBe(0);
      tokens.add(store.lookUp('tcp', port, 1) as bigint);
    }
    expect(new Set([...tokens].map((token) => token >> 40n)).size).toBe(40);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('of what a socket acquired end with the run of the system', () => {
    const file = fileIn();
    const store = storeAt(file);
    const block = store.acquire('tcp', 6000, 5, NOWHERE);
    expect(block).toMatchObject({ first: 6000 });
    // As if this process had been of the run before.
    const text = readFileSync(file, 'utf8').replace(/"boot":"[^"]*"/, '"boot":"an earlier run"');
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    expect(store.at('tcp', 6000)).toBeNull();
    expect(store.find('tcp', (block as { token: bigint }).token)).toBe(WSAEINVAL);
    expect(store.create('tcp', 6000, 5, [])).toBe(0);
  });
});

describe('what another has put in place of the file', () => {
  test('is seen by the next question, also within the same moment, and when it is taken away', () => {
    const file = fileIn();
    const [one, two] = [storeAt(file), storeAt(file)];
    for (let round = 0; round < 50; round++) {
      expect(two.at('tcp', 700)).toBeNull();
      expect(one.create('tcp', 700, 1, [])).toBe(0);
      expect(two.at('tcp', 700)).not.toBeNull();
      expect(one.delete('tcp', 700, 1)).toBe(0);
    }
    expect(one.create('tcp', 700, 1, [])).toBe(0);
    expect(two.at('tcp', 700)).not.toBeNull();
    rmSync(file);
    expect(two.at('tcp', 700)).toBeNull();
    expect(two.lookUp('tcp', 700, 1)).toBe(ERROR_NOT_FOUND);
  });
});

describe('a file that cannot be used', () => {
  const good = '{"format":"ws2spi port reservations","version":1,"serial":1,"persistent":[],"runtime":[]}';
  const block = '{"protocol":"tcp","first":80,"count":2,"secret":"00000000000000000000000000000000"}';
  const damaged: readonly (readonly [string, string])[] = [
    ['', 'is not JSON'],
    ['{"format":', 'is not JSON'],
    ['[]', 'has not the format'],
    [good.replace('"version":1', '"version":2'), 'version 2'],
    [good.replace('"serial":1', '"serial":"x"'), 'serial number'],
    [good.replace('"persistent":[]', '"persistent":{}'), 'no lists'],
    [good.replace('[]', `[${block},${block}]`), 'tcp port 80 twice'],
    [good.replace('[]', `[${block.replace('80', '0')}]`), 'that is none'],
    [good.replace('[]', `[${block.replace('"count":2', '"count":65535')}]`), 'that is none'],
    [good.replace('[]', `[${block.replace('0000"', '000g"')}]`), 'that is none'],
    [good.replace('"runtime":[]', `"runtime":[${block}]`), 'that is none'],
    [good.replace('[]', `[${block.replace('tcp', 'sctp')}]`), 'that is none'],
  ];
  for (const [text, fault] of damaged) {
    test(`because it ${fault} (${text.length} bytes) is told of once, and left as it is; nobody is kept from his port`, () => {
      const file = fileIn();
      writeFileSync(file, text);
      const told: string[] = [];
      const store = storeAt(file, 'this run', told);
      expect(store.at('tcp', 80)).toBeNull();
      expect(store.touches('tcp', 1, 65_535)).toBe(false);
      expect(told).toEqual([expect.stringContaining(fault)]);
      expect(told[0]).toContain(file);
      expect(store.create('tcp', 90, 1, [])).toBe(ERROR_INVALID_DATA);
      expect(store.lookUp('tcp', 80, 2)).toBe(ERROR_INVALID_DATA);
      expect(store.delete('tcp', 80, 2)).toBe(ERROR_INVALID_DATA);
      expect(store.acquire('tcp', 90, 1, NOWHERE)).toBe(WSAENETDOWN);
      expect(readFileSync(file, 'utf8')).toBe(text);
      rmSync(file);
      expect(store.create('tcp', 90, 1, [])).toBe(0);
      store.close();
    });
  }

  test('because it is a folder, or too long, is told of likewise', () => {
    for (const make of [
      (file: string) => mkdirSync(file),
      (file: string) => writeFileSync(file, ' '.repeat(5_000_000)),
    ]) {
      const file = fileIn();
      make(file);
      const told: string[] = [];
      const store = storeAt(file, 'this run', told);
      expect(store.at('tcp', 80)).toBeNull();
      expect(store.at('tcp', 80)).toBeNull();
      expect(told).toHaveLength(1);
      expect(store.create('tcp', 90, 1, [])).not.toBe(0);
      store.close();
    }
  });

  test.skipIf(process.geteuid?.() === 0)('because it may not be written is ERROR_ACCESS_DENIED [not as root]', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    const store = storeAt(fileIn(folder));
    expect(store.create('tcp', 90, 1, [])).toBe(ERROR_ACCESS_DENIED);
    chmodSync(folder, 0o700);
  });

  test(
    'is told of by the instance, which binds all the same',
    inWorld('memory', (world) => {
      const folder = temporaryFolder();
      writeFileSync(fileIn(folder), 'rubbish');
      const other = new World('memory', undefined, { catalog: join(folder, 'catalog.json') });
      const s = other.tcpSocket();
      const name = sockaddr_in('127.0.0.1', 80);
      expect(other.ws2.bind(s, name, 16)).toBe(0);
      expect(other.defects.map(({ message }) => message)).toEqual([
        expect.stringContaining('cannot be used: it is not JSON'),
      ]);
      expect(reserve(other, 90, 1)).toBe(ERROR_INVALID_DATA);
      expect(other.ws2.lastProblem()?.message).toContain('moved away');
      expect(acquire(other, s, 1)).toBe(WSAENETDOWN);
      other.abandon();
      expect(world.defects).toEqual([]);
    }),
  );
});

describe('ports that the system leaves alone', () => {
  /** A folder in the manner of /proc. */
  function systemWith(reserved: string): { system: LinuxPorts; list: () => string } {
    const proc = temporaryFolder();
    const folder = join(proc, 'sys/net/ipv4');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'ip_local_reserved_ports');
    writeFileSync(file, `${reserved}\n`);
    writeFileSync(join(folder, 'ip_local_port_range'), '32768\t60999\n');
    // Unlike a file, the system forgets what it is not told again.
    const system = new LinuxPorts(proc);
    const reserve = system.reserve.bind(system);
    system.reserve = (ports) => {
      writeFileSync(file, '');
      reserve(ports);
    };
    return { system, list: () => readFileSync(file, 'utf8').trim() };
  }

  test('are those that it was told of, and the rest of its list stays', () => {
    const { system, list } = systemWith('22,5005-5006,40000');
    const store = storeAt(fileIn());
    expect(store.shareWithSystem('tcp', 5000, 20, system)).toBe(ERROR_NOT_FOUND);
    expect(store.create('tcp', 5000, 20, [])).toBe(0);
    expect(list()).toBe('22,5005-5006,40000');
    expect(store.shareWithSystem('tcp', 5000, 20, system)).toBe(0);
    expect(store.shareWithSystem('tcp', 5000, 20, system)).toBe(0);
    expect(list()).toBe('22,5000-5019,40000');
    expect(store.list()).toMatchObject([{ sharedWithSystem: true }]);
    // What others had put into it is not ours to take out.
    expect(store.delete('tcp', 5000, 20, system)).toBe(0);
    expect(list()).toBe('22,5005-5006,40000');
  });

  test('stay so while a reservation of the other protocol wants them', () => {
    const { system, list } = systemWith('');
    const store = storeAt(fileIn());
    for (const [protocol, first] of [
      ['tcp', 5000],
      ['udp', 5010],
    ] as const) {
      expect(store.create(protocol, first, 20, [])).toBe(0);
      expect(store.shareWithSystem(protocol, first, 20, system)).toBe(0);
    }
    expect(list()).toBe('5000-5029');
    expect(store.delete('tcp', 5000, 20, system)).toBe(0);
    expect(list()).toBe('5010-5029');
    expect(store.delete('udp', 5010, 20, system)).toBe(0);
    expect(list()).toBe('');
  });

  test('are forgotten with a restart, after which its list is left as it is', () => {
    const { system, list } = systemWith('');
    const file = fileIn();
    const store = storeAt(file);
    expect(store.create('tcp', 5000, 20, [])).toBe(0);
    expect(store.shareWithSystem('tcp', 5000, 20, system)).toBe(0);
    const { system: restarted, list: freshList } = systemWith('5000-5001');
    const after = storeAt(file, 'the next run');
    expect(after.list()).toMatchObject([{ sharedWithSystem: false }]);
    expect(after.delete('tcp', 5000, 20, restarted)).toBe(0);
    expect(freshList()).toBe('5000-5001');
    expect(list()).toBe('5000-5019');
  });

  test('that it may not be told of are ERROR_ACCESS_DENIED, and nothing changes', () => {
    const file = fileIn();
    const store = storeAt(file);
    expect(store.create('tcp', 5000, 20, [])).toBe(0);
    const refusing = new LinuxPorts(join(temporaryFolder(), 'nowhere'));
    expect(store.shareWithSystem('tcp', 5000, 20, refusing)).toBe(ERROR_ACCESS_DENIED);
    expect(store.problem?.message).toContain('as root');
    expect(store.list()).toMatchObject([{ sharedWithSystem: false }]);
    const { system } = systemWith('');
    expect(store.shareWithSystem('tcp', 5000, 20, system)).toBe(0);
    expect(store.delete('tcp', 5000, 20, refusing)).toBe(ERROR_ACCESS_DENIED);
    expect(store.lookUp('tcp', 5000, 20)).toBeTypeOf('bigint');
  });
});

describe('where reservations are', () => {
  const bindTo = (ws2: ReturnType<typeof createWs2_32>, port: number): number => {
    const s = ws2.socket(2, 1, 6);
    return ws2.bind(s, sockaddr_in('127.0.0.1', port), 16) === 0 ? 0 : ws2.WSAGetLastError();
  };

  test('with a catalog in memory: with the network, whoever is on it, or else with the instance', () => {
    const world = new World('memory');
    const network = world.network!;
    const same = createWs2_32({ base: 'memory', network });
    const other = createWs2_32({ base: 'memory' });
    for (const each of [same, other]) each.WSAStartup(0x0202, {});
    expect(reserve(world, 5000, 2)).toBeTypeOf('bigint');
    expect(bindTo(same, 5001)).toBe(WSAEACCES);
    expect(bindTo(other, 5001)).toBe(0);
    const token = ref(0n);
    expect(same.LookupPersistentTcpPortReservation(same.htons(5000), 2, token)).toBe(0);
    same[Symbol.dispose]();
    other[Symbol.dispose]();
    world.close();
  });

  test('with a catalog in a file: beside it, made at the first change, for every network', () => {
    const folder = join(temporaryFolder(), 'not', 'there');
    const catalog = join(folder, 'catalog.json');
    const [one, two] = [0, 1].map(() => createWs2_32({ base: 'memory', catalog })) as [
      ReturnType<typeof createWs2_32>,
      ReturnType<typeof createWs2_32>,
    ];
    for (const each of [one, two]) each.WSAStartup(0x0202, {});
    expect(bindTo(one, 5001)).toBe(0);
    expect(one.DeletePersistentTcpPortReservation(one.htons(5000), 2)).toBe(ERROR_NOT_FOUND);
    expect(existsSync(folder)).toBe(false);
    expect(one.CreatePersistentTcpPortReservation(one.htons(5000), 2, ref(0n))).not.toBe(0);
    expect(two.CreatePersistentTcpPortReservation(two.htons(5000), 2, ref(0n))).toBe(0);
    expect(existsSync(reservationsPath(catalog))).toBe(true);
    expect(bindTo(one, 5000)).toBe(WSAEACCES);
    expect(bindTo(one, 5001)).toBe(WSAEACCES);
    one[Symbol.dispose]();
    two[Symbol.dispose]();
  });

  test(
    'a block of all the ports that are given out leaves none, until its socket is closed',
    inWorld('memory', (world) => {
      const s = world.tcpSocket();
      expect(acquire(world, s, 65_536 - 49_152)).toMatchObject({ first: 49_152 });
      const other = world.tcpSocket();
      expect(bindSocket(world, other, 0)).toBe(WSAEADDRINUSE);
      world.ws2.closesocket(s);
      expect(bindSocket(world, other, 0)).toBe(0);
    }),
  );
});

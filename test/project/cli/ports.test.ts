// ws2spi ports: lists, reserves, releases and looks up blocks of ports.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createWs2_32, INET_PORT_RANGE, ref, SIO_ACQUIRE_PORT_RESERVATION, sockaddr_in } from 'ws2spi';
import { beforeEach, describe, expect, test } from 'vitest';
import { noNameSpaces, noOtherUser, NOBODY, skipBecause } from '../../support/privileges.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PROGRAM, ws2spi, type Run } from './program.js';

let folder: string;
let catalog: string;

beforeEach(() => {
  folder = temporaryFolder();
  catalog = join(folder, 'catalog.json');
});

const ports = (...args: string[]): Run => ws2spi(['ports', ...args, '--catalog', catalog]);
const json = (...args: string[]): Record<string, unknown> =>
  JSON.parse(ports(...args, '--json').stdout) as Record<string, unknown>;

describe('ws2spi ports', () => {
  test('reserves a block that lookup and list find in another process, and releases it', () => {
    const reserved = ports('reserve', '5000', '20');
    expect(reserved).toMatchObject({ status: 0, stderr: '' });
    const token = /^the tcp ports 5000-5019 are reserved; token (\d+)\n$/.exec(reserved.stdout)![1]!;
    expect(json('lookup', '5000-5019')).toMatchObject({ protocol: 'tcp', first: 5000, last: 5019, count: 20, token });
    expect(ports('list').stdout).toContain(`tcp  5000-5019    ${token.padEnd(20)}  until it is released\n`);
    expect(json('list')).toMatchObject({
      path: join(folder, 'port-reservations.json'),
      reservations: [{ protocol: 'tcp', first: 5000, last: 5019, persistent: true, process: null, system: false }],
    });
    expect(ports('list', '--udp').stdout).toContain('no ports are reserved');
    expect(ports('release', '5000', '20')).toMatchObject({
      status: 0,
      stdout: 'the tcp ports 5000-5019 are free again\n',
    });
    expect(json('list')).toMatchObject({ reservations: [] });
  });

  test('says why not, with exit code 1', () => {
    expect(ports('reserve', '5000-5019', '--udp').status).toBe(0);
    expect(ports('reserve', '5019', '--udp')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'ERROR_SHARING_VIOLATION: the udp ports 5000-5019 are reserved already.\n',
    });
    expect(json('release', '5000', '19', '--udp')).toMatchObject({
      code: 1168,
      error: expect.stringMatching(/^ERROR_NOT_FOUND: .*There are the udp ports 5000-5019\.$/) as string,
    });
    expect(ports('lookup', '5000', '20')).toMatchObject({ status: 1 });
    expect(ports('reserve', '65530', '20').stderr).toMatch(/^ERROR_INVALID_PARAMETER: .*beyond 65535: there are 6/);
    writeFileSync(join(folder, 'port-reservations.json'), 'rubbish');
    for (const args of [['list'], ['reserve', '80'], ['release', '80'], ['lookup', '80']]) {
      expect(ports(...args)).toMatchObject({ status: 1, stdout: '' });
      expect(ports(...args).stderr).toMatch(/^ERROR_INVALID_DATA: .*port-reservations\.json .*moved away/);
    }
  });

  test('refuses a folder in place of the catalog, beside which nothing is written', () => {
    const place = join(folder, 'place');
    mkdirSync(place);
    expect(ws2spi(['ports', 'reserve', '5000', '--catalog', place])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(`${place} is a folder`) as string,
    });
    expect(readdirSync(folder)).toEqual(['place']);
  });

  test('names the port that a program has, and the process that acquired a block', () => {
    using ws2 = createWs2_32({ catalog });
    ws2.WSAStartup(0x0202, {});
    const s = ws2.socket(2, 1, 6);
    const output = new Uint8Array(16);
    const range = INET_PORT_RANGE.encode({ StartPort: 0, NumberOfPorts: 3 });
    expect(ws2.WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, range, 4, output, 16, ref(0), null, null)).toBe(0);
    const first = (output[0]! << 8) | output[1]!;
    expect(ports('list').stdout).toContain(`while a socket of process ${process.pid} lives`);
    expect(json('list')).toMatchObject({
      reservations: [{ first, count: 3, persistent: false, process: process.pid }],
    });
    expect(ports('release', `${first}`, '3').stderr).toContain('while a socket lives');
    ws2.bind(s, sockaddr_in('127.0.0.1', first), 16);
    ws2.listen(s, 1);
    const range2 = `${first + 3}-${first + 4}`;
    const other = ws2.socket(2, 1, 6);
    ws2.bind(other, sockaddr_in('127.0.0.1', first + 4), 16);
    expect(ports('reserve', range2).stderr).toContain(`has the tcp port ${first + 4}`);
  });

  test.each([
    [[], /takes an action/],
    [['resreve', '80'], /did you mean "reserve"/],
    [['reserve'], /takes the first port and how many/],
    [['reserve', '80', '1', '2'], /takes the first port and how many/],
    [['reserve', '80-90', '2'], /takes the first port and how many/],
    [['reserve', '0'], /from 1 to 65535, not "0"/],
    [['reserve', '65536'], /not "65536"/],
    [['reserve', 'http'], /not "http"/],
    [['reserve', '90-80'], /is no range/],
    [['release', '80', '--system'], /--system is for reserve alone/],
    [['list', '80'], /list takes no port/],
    [['list', '--upd'], /did you mean --udp/],
  ] as [string[], RegExp][])('%j is used wrongly', (args, message) => {
    const { status, stdout, stderr } = ports(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('--system has the system leave the ports alone, and takes back what it added', skipBecause(noNameSpaces), () => {
    const LIST = '/proc/sys/net/ipv4/ip_local_reserved_ports';
    const program = `'${process.execPath}' '${PROGRAM}' ports`;
    const script = [
      'ip link set lo up 2>/dev/null',
      `echo 22,5010 > ${LIST}`,
      `${program} reserve 5000-5019 --system`,
      `cat ${LIST}`,
      `${program} reserve 5000-5019 --system`,
      `${program} list`,
      `${program} reserve 6000 --udp && ${program} reserve 6000 --udp --system && cat ${LIST}`,
      `${program} release 5000-5019`,
      `${program} release 6000 --udp`,
      `cat ${LIST}`,
    ].join('; ');
    const { stdout } = spawnSync('unshare', ['--net', 'sh', '-c', script], {
      encoding: 'utf8',
      env: { ...process.env, WS2SPI_CATALOG: catalog },
    });
    const lines = stdout.trim().split('\n');
    expect(lines[1]).toBe('22,5000-5019');
    expect(stdout).toContain('and the system leaves it alone');
    expect(lines).toContain('22,5000-5019,6000');
    expect(lines.at(-1)).toBe('22,5010');
  });

  test('--system without the right to is told of, and leaves nothing reserved', skipBecause(noOtherUser), () => {
    chmodSync(folder, 0o777);
    const { status, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, 'ports', 'reserve', '5000', '--system', '--catalog', catalog],
      {
        encoding: 'utf8',
        ...NOBODY,
      },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ERROR_ACCESS_DENIED: .*ip_local_reserved_ports cannot be written .*as root\.\n$/);
    expect(json('list')).toMatchObject({ reservations: [] });
    expect(existsSync(join(folder, 'port-reservations.json'))).toBe(true);
  });
});

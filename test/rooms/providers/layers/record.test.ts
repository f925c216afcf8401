// The layer record: what is in the file.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createWs2_32,
  LINGER,
  SD_SEND,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
  WSAECONNRESET,
  WSAEPROVIDERFAILEDINIT,
  type Defect,
} from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { record, WSPStartup as startupOfRecord } from 'ws2spi/providers/layers/record';
import { WSPStartup as startupOfReplay } from 'ws2spi/providers/layers/replay';
import { parseRecording } from 'ws2spi/recordings';
import { connectedPair, verifyCodec } from 'ws2spi/testkit';
import type { World } from '../../../support/providers.js';
import { newRecording, recorded } from '../../../support/recordings.js';
import { scramblingLayer } from '../../../support/layers.js';

/** The lines of one conversation, without its number. */
function conversation(text: string, kind: string): string[] {
  const lines = text.split('\n');
  const number = lines.find((line) => line.includes(` ${kind} `))!.split(' ')[0]!;
  return lines.filter((line) => line.startsWith(`${number} `)).map((line) => line.slice(number.length + 1));
}

test('A program does not see that it is recorded, under any I/O model', () => {
  verifyCodec(record({ file: newRecording(), redact: [/a+b/] }), { seed: 5, bytes: 400, rounds: 1 });
});

describe.each(['memory', 'tcpip'] as const)('A recording: %s', (base) => {
  test('has what each end sent and received, line by line, however it was cut', () => {
    let port = 0;
    const body = (world: World): void => {
      const { client, server, name } = world.connectedPair();
      port = name[2]! * 256 + name[3]!;
      for (const piece of ['GET / HT', 'TP/1.1\r', '\nHost: x\r\n\r\n']) {
        world.send(client, piece);
        world.receiveAll(server, piece.length);
      }
      world.send(server, 'HTTP/1.1 200 OK\r\n\r\nhello');
      world.receiveAll(client, 24);
      expect(world.code(world.ws2.shutdown(client, SD_SEND))).toBe(0);
      expect(world.receive(server)).toBe('');
      world.ws2.closesocket(server);
      expect(world.receive(client)).toBe('');
    };
    const text = recorded(newRecording(), body, {}, base);
    expect(text.split('\n')[0]).toBe('ws2spi-recording 2');
    expect(conversation(text, 'connect')).toEqual([
      `connect tcp 127.0.0.1:${port}`,
      '> GET / HTTP/1.1\\r\\n',
      '> Host: x\\r\\n',
      '> \\r\\n',
      '< HTTP/1.1 200 OK\\r\\n',
      '< \\r\\n',
      '< hello',
      'end >',
      'end <',
      'close',
    ]);
    expect(conversation(text, 'accept')[0]).toMatch(
      new RegExp(`^accept tcp 127\\.0\\.0\\.1:${port} 127\\.0\\.0\\.1:\\d+$`),
    );
    expect(conversation(text, 'accept').at(-1)).toBe('close');
  });

  test('has datagrams, each with whom it went to or came from', () => {
    let to = '';
    const body = (world: World): void => {
      const [one, other] = [world.boundDatagram(), world.boundDatagram()];
      to = `127.0.0.1:${other.name[2]! * 256 + other.name[3]!}`;
      world.ws2.sendto(one.s, Buffer.from('a\nb'), 3, 0, other.name, other.name.length);
      expect(world.receive(other.s)).toBe('a\nb');
      world.ws2.sendto(one.s, Buffer.alloc(0), 0, 0, other.name, other.name.length);
      expect(world.receive(other.s)).toBe('');
    };
    const text = recorded(newRecording(), body, {}, base);
    expect(text).toContain(`to ${to}\n`);
    expect(text).toMatch(/\d+ > a\\n\n\d+ > b\n/);
    expect(text.match(/ from /g)).toHaveLength(2);
  });

  test('has how connections broke', () => {
    const body = (world: World): void => {
      const { client, server } = world.connectedPair();
      world.send(client, 'x');
      world.receiveAll(server, 1);
      const atOnce = LINGER.encode({ l_onoff: 1, l_linger: 0 });
      world.ws2.setsockopt(server, SOL_SOCKET, SO_LINGER, atOnce, atOnce.length);
      world.ws2.closesocket(server);
      expect(world.receive(client)).toBe(-WSAECONNRESET);
    };
    const text = recorded(newRecording(), body, {}, base);
    expect(conversation(text, 'connect').at(-1)).toBe('error WSAECONNRESET');
    expect(conversation(text, 'accept').at(-1)).toBe('abort');
  });
});

describe('A recording', () => {
  test('is for its owner alone, and made anew', () => {
    const file = newRecording();
    writeFileSync(file, 'before');
    chmodSync(file, 0o644);
    const text = recorded(file, (world) => void world.connectedPair());
    expect(text).not.toContain('before');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('is added to, behind its last whole line, if it is to be', () => {
    const file = newRecording();
    const first = recorded(file, (world) => void world.connectedPair());
    writeFileSync(file, `${first}7 > half a li`);
    const both = recorded(file, (world) => void world.connectedPair(), { append: true });
    expect(both.startsWith(`${first}\nws2spi-recording 2\n1 `)).toBe(true);
    expect(both).not.toContain('half a li');
  });

  test('has times, if it is to', () => {
    const text = recorded(
      newRecording(),
      (world) => {
        const { client, server } = world.connectedPair();
        world.clock!.advance(120);
        world.send(client, 'one\ntwo\n');
        world.receiveAll(server, 8);
      },
      { times: true },
    );
    expect(conversation(text, 'connect').slice(1, 3)).toEqual([expect.stringMatching(/^\+12\d > one\\n$/), '> two\\n']);
  });

  test('leaves out what it is told to, however the network cuts it, and nothing else', () => {
    const secret = 'hunter2-hunter2';
    for (let cut = 0; cut <= secret.length; cut++) {
      const text = recorded(
        newRecording(),
        (world) => {
          const { client, server } = world.connectedPair();
          const pieces = [`PASS ${secret.slice(0, cut)}`, `${secret.slice(cut)}\r\nhunter\r\ntoken=ab`, 'cd&x=1'];
          for (const [at, piece] of pieces.entries()) {
            world.send(client, piece);
            world.receiveAll(server, piece.length);
            // What the other end says in between does not help a secret out either.
            if (at < 2) world.send(server, '.');
            if (at < 2) world.receiveAll(client, 1);
          }
        },
        { redact: [secret, { pattern: /(token=)\w+/, replacement: '$1…' }] },
      );
      expect(text).not.toContain(secret);
      expect(text).not.toMatch(/> .*(?:hunter2|abcd|ab\b|cd)/);
      expect(text).toContain('[redacted]');
      expect(text).toContain('> hunter\\r\\n');
      expect(text).toContain('token=…');
      expect(text).toContain('&x=1');
    }
  });

  test('has long blocks that are no text as they are, or in base64 when it is to be text throughout', () => {
    const bytes = Buffer.from(Array.from({ length: 30_000 }, (_, at) => (at * 7919) >> 3));
    const body = (world: World): void => {
      const { client, server } = world.connectedPair();
      world.send(client, bytes);
      world.receiveAll(server, bytes.length);
    };
    const file = newRecording();
    recorded(file, body);
    const raw = readFileSync(file);
    expect(raw.indexOf(Buffer.concat([Buffer.from(' >raw 12288\n'), bytes.subarray(0, 12_288)]))).toBeGreaterThan(0);
    expect(recorded(file, body, { raw: false })).toMatch(/^ws2spi-recording 1\n[\n\x20-\x7e]+$/);
    for (const recording of [raw, readFileSync(file)])
      for (const { events } of parseRecording(recording, file).conversations)
        expect(events.find(({ kind }) => kind === 'bytes')).toMatchObject({ bytes });
  });

  test('is readable up to its last whole event when the process is killed', () => {
    const file = newRecording();
    const program = `
      import { createWs2_32 } from 'ws2spi';
      import { stack } from 'ws2spi/chain';
      import { connectedPair } from 'ws2spi/testkit';
      import { record } from 'ws2spi/providers/layers/record';
      const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      const [entry] = stack(ws2, [record({ file: ${JSON.stringify(file)} })]);
      const { client, server } = connectedPair(ws2, { entry });
      const buffer = Buffer.alloc(9);
      ws2.send(client, Buffer.from('question\\n'), 9, 0);
      ws2.recv(server, buffer, 9, 0);
      ws2.send(server, Buffer.from('answer\\n'), 7, 0);
      ws2.recv(client, buffer, 9, 0);
      process.argv[2] === 'exit' ? process.exit(0) : setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1500);
    `;
    for (const how of ['exit', 'kill']) {
      spawnSync(process.execPath, ['--input-type=module', '-', how], {
        input: program,
        cwd: process.cwd(),
        timeout: 60_000,
      });
      const text = readFileSync(file, 'utf8');
      expect(conversation(text, 'connect').slice(1, 3), how).toEqual(['> question\\n', '< answer\\n']);
      expect(text.endsWith(' open\n'), how).toBe(how === 'exit');
    }
    // The lock of the one that was killed is in nobody's way.
    expect(recorded(file, (world) => void world.connectedPair())).toContain('connect tcp');
  });

  test('sees the bytes of its place in the chain', () => {
    const file = newRecording();
    const below = newRecording();
    recorded(
      file,
      (world) => {
        world.stack([record({ file, name: 'above' }), scramblingLayer(1), record({ file: below })]);
        const { client, server } = world.connectedPair();
        world.send(client, 'abc');
        world.receiveAll(server, 3);
      },
      { file: newRecording() },
    );
    expect(readFileSync(file, 'utf8')).toContain('> abc\n');
    expect(readFileSync(below, 'utf8')).toContain('> `cb\n');
  });
});

describe('A file that cannot be recorded in', () => {
  function problems(file: string): { defects: Defect[]; error: number } {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const defects: Defect[] = [];
    ws2.on('defect', (defect) => void defects.push(defect));
    ws2.WSAStartup(0x0202, {});
    const [entry] = stack(ws2, [record({ file })]);
    ws2.WSASocket(2, SOCK_STREAM, 0, entry!, 0, 0);
    const error = ws2.WSAGetLastError();
    ws2[Symbol.dispose]();
    return { defects, error };
  }
  const textOf = ({ message, cause }: Defect): string => `${message} ${(cause as Error | undefined)?.message ?? ''}`;

  test('keeps every socket from being opened, and is named with the reason', () => {
    const file = `${newRecording()}/nowhere.rec`;
    const { defects, error } = problems(file);
    expect(error).toBe(WSAEPROVIDERFAILEDINIT);
    expect(textOf(defects[0]!)).toMatch(/record.*conversations cannot be recorded in .*nowhere\.rec: ENOENT/);
    const folder = newRecording();
    mkdirSync(folder);
    expect(textOf(problems(folder).defects[0]!)).toMatch(/EISDIR|EEXIST/);
  });

  test('is one that takes not even the first line', () => {
    const { defects, error } = problems('/dev/full');
    expect(error).toBe(WSAEPROVIDERFAILEDINIT);
    expect(defects[0]!.message).toBe(
      'record: conversations cannot be recorded in /dev/full: ENOSPC: no space left on device, write',
    );
  });

  test('is one that is removed later: it is told once, and connections go on', () => {
    const file = newRecording();
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const defects: Defect[] = [];
    ws2.on('defect', (defect) => void defects.push(defect));
    ws2.WSAStartup(0x0202, {});
    const layer = record({ file });
    const [entry] = stack(ws2, [layer]);
    const { client, server } = connectedPair(ws2, { entry: entry! });
    rmSync(file);
    // More than is gathered before it is written.
    const block = Buffer.alloc(64 * 1024, 'all the same\n');
    const room = Buffer.alloc(block.length);
    for (let round = 0; round < 8; round++) {
      expect(ws2.send(client, block, block.length, 0)).toBe(block.length);
      for (let length = 0; length < block.length;) length += ws2.recv(server, room, room.length, 0);
    }
    ws2[Symbol.dispose]();
    expect(defects.map(({ message }) => message)).toEqual([
      `record: the recording ends here: ${file} was removed, or another program has put its own in its place`,
    ]);
    expect(existsSync(file)).toBe(false);
  });

  test('is one that nobody has named, and says how to', () => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const defects: Defect[] = [];
    ws2.on('defect', (defect) => void defects.push(defect));
    ws2.WSAStartup(0x0202, {});
    for (const [name, WSPStartup] of [
      ['record', startupOfRecord],
      ['replay', startupOfReplay],
    ] as const) {
      const [entry] = stack(ws2, [{ name, version: '1.0.0', ifs: false, WSPStartup }]);
      ws2.WSASocket(2, SOCK_STREAM, 0, entry!, 0, 0);
      expect(ws2.WSAGetLastError()).toBe(WSAEPROVIDERFAILEDINIT);
      expect(defects.splice(0)[0]!.message).toMatch(
        new RegExp(`^${name}: the layer needs to know .*: install a module of two lines`),
      );
    }
    ws2[Symbol.dispose]();
  });

  test('is one that is recorded in already', () => {
    const file = newRecording();
    recorded(file, (world) => {
      world.streamSocket();
      expect(textOf(problems(file).defects[0]!)).toMatch(/another layer of this process records into it/);
    });
  });
});

describe('Options', () => {
  test.each([
    [{}, 'record: `file` must be the path of a file, not undefined'],
    [{ file: '' }, 'record: `file` must be the path of a file, not ""'],
    [{ file: 'x', redactt: [] }, 'record: there is no option "redactt"'],
    [{ file: 'x', redact: ['', 'a'] }, 'record: `redact` must be a list of texts'],
    [{ file: 'x', redact: [/é/] }, 'record: `redact` must be a list of texts'],
    [{ file: 'x', times: 1 }, 'record: `times` must be true or false, not 1'],
  ])('%j', (options, message) => {
    expect(() => record(options as never)).toThrow(message);
  });
});

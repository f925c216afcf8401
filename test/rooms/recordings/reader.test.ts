// Recordings as they are read: what is damaged is named by line and column.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { seededRandom } from 'ws2spi';
import { Direction, parseRecording, RecordingError, type Recording } from 'ws2spi/recordings';
import { newRecording, recorded } from '../../support/recordings.js';

const HEADER = 'ws2spi-recording 1\n';
const RAW = 'ws2spi-recording 2\n1 connect tcp 1.2.3.4:7\n';
const FORMS = 'there has to be a space before text, 64 and a space before base64, or raw and how many bytes follow';
const EDITED = 'an editor may have changed them, which keeps none that are no text';

function read(text: string): Recording {
  return parseRecording(Buffer.from(text), 'x.rec');
}

function faultOf(text: string): string {
  try {
    read(text);
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(RecordingError);
    return (error as Error).message;
  }
}

const TEXT = `ws2spi-recording 2
# a comment
1 connect tcp 192.0.2.1:80 example.com
1 +1 > GET / HTTP/1.1\\r\\n
1 > \\r\\n
2 accept tcp [::1]:25 [2001:db8::1]:4000
2 >64 AAECAw==
1 +20 < caf\\xc3\\xa9 é \\\\ \\t\\x00
1 end <
1 close
2 error WSAECONNRESET
3 datagrams udp
3 to 192.0.2.1:53
3 > question
3 from 192.0.2.1:53
3 < answer
3 < , and more
3 close
`;
const RAW_BYTES = '220 ready\n1 >raw 6\n.';
const RAW_LINE = `2 <raw ${RAW_BYTES.length}\n${RAW_BYTES}\n`;
const SOUND = TEXT.replace('1 +20', `${RAW_LINE}1 +20`);

describe('A recording', () => {
  test('is read: conversations, what happened in them, and when', () => {
    const { conversations, timed } = read(SOUND);
    expect(timed).toBe(true);
    const [http, smtp, dns] = conversations;
    expect(http).toMatchObject({
      number: 1,
      line: 3,
      kind: 'connect',
      name: 'example.com',
      endpoint: { address: '192.0.2.1', port: 80 },
      ending: 'close',
    });
    expect(http!.events.map((event) => [event.kind, event.at])).toEqual([
      ['bytes', 1],
      ['bytes', 20],
      ['end', 0],
    ]);
    expect(http!.events[0]).toMatchObject({ direction: Direction.SENT, bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') });
    expect(http!.events[1]).toMatchObject({ bytes: Buffer.from('café é \\ \t\0') });
    expect(smtp).toMatchObject({ kind: 'accept', from: { address: '2001:db8::1', port: 4000 }, ending: 'error' });
    expect(smtp!.events[1]).toMatchObject({ direction: Direction.RECEIVED, bytes: Buffer.from(RAW_BYTES) });
    expect(dns!.events).toHaveLength(2);
    expect(dns!.events[1]).toMatchObject({ kind: 'datagram', bytes: Buffer.from('answer, and more') });
  });

  test('may have the line ends of another system, and parts that were put behind each other', () => {
    const crlf = TEXT.replaceAll('\n', '\r\n');
    expect(read(crlf).conversations).toEqual(read(TEXT).conversations);
    expect(read(SOUND + SOUND).conversations).toHaveLength(6);
  });

  test('may have its lines sorted by conversation', () => {
    const [header, , ...lines] = TEXT.trimEnd().split('\n');
    const sorted = lines.sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
    const eventsOf = (text: string): unknown =>
      read(text).conversations.map(({ events }) => events.map((event) => ({ ...event, line: 0 })));
    expect(eventsOf(`${[header, ...sorted].join('\n')}\n`)).toEqual(eventsOf(TEXT));
  });

  test.each([
    [
      '',
      'x.rec:1:1: the recording is empty: it has to begin with "ws2spi-recording 2", and to be made by the layer record',
    ],
    ['GET / HTTP/1.1\n', 'x.rec:1:1: this is no recording: it has to begin with "ws2spi-recording 2"'],
    [
      'ws2spi-recording 3\n',
      'x.rec:1:18: version 3 of recordings is not known here, only 1 to 2: a later ws2spi reads it',
    ],
    ['ws2spi-recording 0\n', 'x.rec:1:18: there is no version 0 of recordings'],
    ['ws2spi-recording one\n', 'x.rec:1:1: this is no recording: it has to begin with "ws2spi-recording 2"'],
    [
      `${HEADER}0 listen tcp 1.2.3.4\n`,
      'x.rec:2:14: there has to be an address and a port, such as 127.0.0.1:80 or [::1]:80',
    ],
    [
      `${HEADER}1 connect tcp nowhere\n`,
      'x.rec:2:15: there has to be an address and a port, such as 127.0.0.1:80 or [::1]:80',
    ],
    [
      `${HEADER}1 connect tcp 1.2.3.4:70000\n`,
      'x.rec:2:15: there has to be an address and a port, such as 127.0.0.1:80 or [::1]:80',
    ],
    [`${HEADER}1 connect tcp 1.2.3.4:7 a b\n`, 'x.rec:2:26: nothing may follow here'],
    [
      `${HEADER}1 accept tcp 1.2.3.4:7 x\n`,
      'x.rec:2:24: there has to be an address and a port, such as 127.0.0.1:80 or [::1]:80',
    ],
    [`${HEADER}1 > x\n`, 'x.rec:2:1: conversation 1 has not begun: there is no line "1 connect …"'],
    [`${HEADER}x\n`, 'x.rec:2:1: there has to be the number of a conversation and a space'],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 connect tcp 1.2.3.4:7\n`, 'x.rec:3:1: conversation 1 has begun before'],
    [
      `${HEADER}1 connect tcp 1.2.3.4:7\n1 close\n1 > x\n`,
      'x.rec:4:1: conversation 1 is over already: "> x" comes after that',
    ],
    [
      `${HEADER}1 connect tcp 1.2.3.4:7\n1 > a\\q\n`,
      'x.rec:3:6: there is no such escape: \\\\, \\n, \\r, \\t, or \\x and two hexadecimal digits',
    ],
    [
      `${HEADER}1 connect tcp 1.2.3.4:7\n1 > a\\x1\n`,
      'x.rec:3:6: there is no such escape: \\\\, \\n, \\r, \\t, or \\x and two hexadecimal digits',
    ],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 >64 AA!A\n`, 'x.rec:3:9: this is not base64'],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 >64 AAA\n`, 'x.rec:3:10: this is not base64'],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 >x\n`, `x.rec:3:4: ${FORMS}`],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 >raw 1\nx\n`, `x.rec:3:4: ${FORMS}`],
    [`${RAW}1 >raw\n`, `x.rec:3:4: ${FORMS}`],
    [`${RAW}1 >raw 0\n`, 'x.rec:3:8: there has to be how many bytes follow, 1 to 1048576'],
    [`${RAW}1 >raw 1048577\n`, 'x.rec:3:8: there has to be how many bytes follow, 1 to 1048576'],
    [`${RAW}1 end >\n1 >raw 1\nx\n`, 'x.rec:4:3: this direction has ended before'],
    [`${RAW}1 >raw 3\na\nbc\n`, `x.rec:5:2: the 3 raw bytes have to end here: ${EDITED}`],
    [`${RAW}1 >raw 3\nabcd\n`, `x.rec:4:4: the 3 raw bytes have to end here: ${EDITED}`],
    [`${RAW}1 >raw 3\na\nb\n2 > x\n`, 'x.rec:6:1: conversation 2 has not begun: there is no line "2 connect …"'],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 +a > x\n`, 'x.rec:3:3: there has to be a time, such as +12'],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 end\n`, 'x.rec:3:7: there has to be > or <, the direction that ended'],
    [`${HEADER}1 connect tcp 1.2.3.4:7\n1 end >\n1 > x\n`, 'x.rec:4:3: this direction has ended before'],
    [
      `${HEADER}1 connect tcp 1.2.3.4:7\n1 error EPIPE\n`,
      'x.rec:3:9: there has to be the name of an error, such as WSAECONNRESET',
    ],
    [
      `${HEADER}1 connect tcp 1.2.3.4:7\n1 hello\n`,
      'x.rec:3:3: "hello" is nothing that happens in a conversation: >, >64, <, <64, end, error, failed, close, abort or open',
    ],
    [
      `${HEADER}1 connect tcp 1.2.3.4:7\n1 > x\n1 failed WSAECONNREFUSED\n`,
      'x.rec:4:3: "failed" is a connect that led to no connection: it comes alone, behind "connect …"',
    ],
    [
      `${HEADER}1 accept tcp 1.2.3.4:7 1.2.3.4:8\n1 failed WSAECONNREFUSED\n`,
      'x.rec:3:3: "failed" is a connect that led to no connection: it comes alone, behind "connect …"',
    ],
    [
      `${HEADER}1 datagrams udp\n1 > x\n`,
      'x.rec:3:3: before the bytes of a datagram there has to be "to" and an address',
    ],
  ])('that is damaged (%j) is named by line and column', (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  /** A part of the sound recording, and as much of that as is whole. */
  function cutAt(length: number): { text: string; whole: string } {
    const text = SOUND.slice(0, length);
    const [raw, line] = [SOUND.indexOf(RAW_LINE), text.lastIndexOf('\n') + 1];
    return { text, whole: length < raw || length >= raw + RAW_LINE.length ? text.slice(0, line) : SOUND.slice(0, raw) };
  }

  test('that was cut off anywhere is readable up to the last whole line', () => {
    for (let length = HEADER.length; length <= SOUND.length; length++) {
      const { text, whole } = cutAt(length);
      expect(read(text)).toEqual(read(whole));
    }
    for (let length = 0; length < HEADER.length; length++)
      expect(faultOf(HEADER.slice(0, length))).toMatch(/^x\.rec:1:1: /);
  });

  test('that was cut off, within raw bytes or elsewhere, can be added to behind what is whole', () => {
    const file = newRecording();
    const raw = SOUND.indexOf(RAW_LINE);
    const lengths = Array.from({ length: RAW_LINE.length + 4 }, (_, at) => raw - 2 + at);
    for (const length of [HEADER.length, HEADER.length + 1, ...lengths, SOUND.length - 1, SOUND.length]) {
      const { text, whole } = cutAt(length);
      writeFileSync(file, text);
      const added = recorded(file, (world) => void world.streamSocket(), { append: true });
      expect(added).toBe(`${whole}${added.slice(whole.length)}`);
      expect(added.slice(whole.length)).toBe('\nws2spi-recording 2\n');
    }
  });

  test('can be added to behind any number of raw bytes, wherever pieces of the file end', () => {
    const file = newRecording();
    const bytes = Buffer.from(RAW_BYTES.repeat(1000));
    const block = Buffer.concat([Buffer.from(`1 >raw ${bytes.length}\n`), bytes, Buffer.from('\n')]);
    const line = Buffer.from(`1 > ${'x'.repeat(7000)}\n`);
    const parts = [Buffer.from(RAW), ...Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? line : block))];
    const whole = Buffer.concat(parts);
    for (const [left, length] of [
      [0, whole.length],
      [1, whole.length],
      [block.length - 1, whole.length],
      [block.length - 9, whole.length],
    ] as const) {
      writeFileSync(file, Buffer.concat([whole, block.subarray(0, left)]));
      recorded(file, (world) => void world.streamSocket(), { append: true });
      const added = readFileSync(file);
      expect(added.subarray(length).toString()).toBe('\nws2spi-recording 2\n');
      expect(parseRecording(added, file).conversations[0]!.events).toHaveLength(1);
    }
  });

  test('that is mangled is read, or named by line and column', () => {
    const random = seededRandom('mangled recordings');
    const sound = Buffer.from(SOUND);
    const any = (most: number): number => Math.floor(random.next() * most);
    let faults = 0;
    for (let round = 0; round < 5000; round++) {
      const mangled = Buffer.from(sound);
      for (let changes = 1 + any(3); changes > 0; changes--) {
        const at = any(mangled.length);
        if (any(2) === 0) mangled[at] = any(256);
        else mangled.copyWithin(at, any(mangled.length));
      }
      try {
        parseRecording(mangled, 'x.rec');
      } catch (error) {
        faults++;
        expect(error, mangled.toString('latin1')).toBeInstanceOf(RecordingError);
        const { line, column } = error as RecordingError;
        const shown = mangled.toString('latin1').split('\n')[line - 1] ?? '';
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual(shown.length + 2);
      }
    }
    expect(faults).toBeGreaterThan(1000);
  });

  test('with a line that does not end is given up after a megabyte', () => {
    expect(faultOf(`${HEADER}1 connect tcp 1.2.3.4:7\n1 > ${'x'.repeat(2 ** 20)}`)).toMatch(
      /^x\.rec:3:1048577: the line is longer than 1048576 bytes/,
    );
    expect(faultOf(`${HEADER}${'9'.repeat(400)} close\n`)).toMatch(/^x\.rec:2:1: there has to be the number/);
  });

  test('has what any bytes were, however the network cut them', () => {
    const random = seededRandom('any bytes');
    const any = (most: number): number => Math.floor(random.next() * most);
    const kinds = [
      () => Buffer.from(Array.from({ length: any(300) }, () => any(256))),
      () => Buffer.from('a line of text, é and 中 and \u{1f600}\n'.repeat(any(1000))),
      () => Buffer.alloc(any(40_000), '中'),
      () => Buffer.alloc(any(40_000), any(256)),
      () => Buffer.from(Array.from({ length: any(40_000) }, () => any(256))),
      () => Buffer.from(`${' \\x41\\'.repeat(any(30))} `),
      () => Buffer.from('\u202e\ufeff\u0000 \r\n\t'.repeat(any(30))),
    ];
    for (let round = 0; round < 12; round++) {
      const file = newRecording();
      const whole = Buffer.concat([Buffer.from('!'), ...Array.from({ length: 3 }, () => kinds[any(kinds.length)]!())]);
      const recordings = [1, 2].map(() => {
        recorded(file, (world) => {
          const { client, server } = world.connectedPair();
          for (let at = 0; at < whole.length;) {
            const piece = whole.subarray(at, at + 1 + any(9000));
            world.send(client, piece);
            world.receiveAll(server, piece.length);
            at += piece.length;
          }
        });
        return readFileSync(file);
      });
      expect(recordings[0]!.equals(recordings[1]!)).toBe(true);
      const [conversation] = parseRecording(recordings[0]!, file).conversations.filter(
        ({ kind }) => kind === 'connect',
      );
      const [event] = conversation!.events;
      expect(event?.kind === 'bytes' && event.bytes.equals(whole)).toBe(true);
    }
  });
});

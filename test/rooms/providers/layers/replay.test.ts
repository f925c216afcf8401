// The layer replay: what a recording says, served without a network.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  INSTANCE,
  parseSockaddr,
  ref,
  SD_SEND,
  SOCK_STREAM,
  sockaddr_in,
  WSA_IO_PENDING,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEHOSTUNREACH,
  WSAETIMEDOUT,
  WSAEPROVIDERFAILEDINIT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  type Defect,
} from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { fault } from 'ws2spi/providers/layers/fault';
import { record } from 'ws2spi/providers/layers/record';
import { replay, type ReplayOptions } from 'ws2spi/providers/layers/replay';
import { trace } from 'ws2spi/providers/layers/trace';
import { World } from '../../../support/providers.js';
import { scramblingLayer } from '../../../support/layers.js';
import { elsewhere, newRecording, recorded, replayed, writtenRecording } from '../../../support/recordings.js';

/** Two questions and their answers, and the end. */
const DIALOGUE = `1 connect tcp 192.0.2.7:80 example.com
1 > question one
1 < answer one
1 > question two
1 < answer
1 < \\x20two
1 end >
1 < bye
1 end <
1 close
`;

/** A connected socket of a world that plays a recording. */
function connected(world: World, port = 80, family: number = AF_INET): number {
  const s = world.streamSocket(family);
  expect(world.connect(s, elsewhere(port, family))).toBe(0);
  return s;
}

/** Goes through the dialogue, blocking. */
function converse(world: World, s: number): void {
  expect(world.send(s, 'question one')).toBe(12);
  expect(world.receiveAll(s, 10)).toBe('answer one');
  expect(world.send(s, 'question two')).toBe(12);
  expect(world.receiveAll(s, 10)).toBe('answer two');
  expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(0);
  expect(world.receiveAll(s, 3)).toBe('bye');
  expect(world.receive(s)).toBe('');
}

describe.each(['memory', 'tcpip'] as const)('Over %s', (base) => {
  test('what was recorded is served again, byte by byte, with nobody there', () => {
    const file = newRecording();
    let name = elsewhere(0);
    const speak = (world: World, s: number, answer: (text: string) => void): void => {
      for (const [question, reply] of [
        ['one?', '1'],
        ['two?\0\x80', 'two\n'.repeat(3000)],
      ] as const) {
        world.send(s, Buffer.from(question, 'latin1'));
        answer(reply);
        expect(world.receiveAll(s, reply.length)).toBe(reply);
      }
    };
    recorded(
      file,
      (world) => {
        const { client, server, name: there } = world.connectedPair();
        name = there;
        speak(world, client, (reply) => {
          world.receive(server);
          world.send(server, reply);
        });
      },
      {},
      base,
    );
    replayed(file, (world) => {
      const s = world.streamSocket();
      expect(world.connect(s, name)).toBe(0);
      speak(world, s, () => undefined);
      const peer = new Uint8Array(16);
      expect(world.ws2.getpeername(s, peer, ref(16))).toBe(0);
      expect(peer).toEqual(name);
    });
  });
});

describe('A connection to a recording', () => {
  test('opens no socket below that is bound or connected', () => {
    const below = trace({ name: 'below' });
    const world = createWs2_32({ base: 'memory', catalog: 'memory' });
    world.WSAStartup(0x0202, {});
    const [entry] = stack(world, [replay({ file: writtenRecording(DIALOGUE) }), below]);
    const s = world.WSASocket(AF_INET, SOCK_STREAM, 0, entry!, 0, 0);
    expect(world.connect(s, elsewhere(80), 16)).toBe(0);
    world.send(s, Buffer.from('question one'), 12, 0);
    expect(world.recv(s, Buffer.alloc(10), 10, 0)).toBe(10);
    const called = new Set(below.recorder.records.map(({ name }) => name));
    for (const name of ['WSPSocket', 'WSPConnect', 'WSPBind', 'WSPSend', 'WSPSendTo'])
      expect(called).not.toContain(name);
    world[Symbol.dispose]();
  });

  test('works blocking, byte by byte and over IPv6', () => {
    replayed(writtenRecording(DIALOGUE), (world) => {
      const s = connected(world);
      for (const byte of 'question one') world.send(s, byte);
      expect(world.receiveAll(s, 10)).toBe('answer one');
    });
    replayed(writtenRecording(DIALOGUE.replace('192.0.2.7', '[2001:db8::7]')), (world) =>
      converse(world, connected(world, 80, AF_INET6)),
    );
  });

  test('works without blocking, and with select', () => {
    replayed(writtenRecording(DIALOGUE), (world) => {
      const s = world.streamSocket();
      world.nonBlocking(s);
      expect(world.connect(s, elsewhere(80))).toBe(WSAEWOULDBLOCK);
      const set = (): { fd_count: number; fd_array: number[] } => ({ fd_count: 1, fd_array: [s] });
      expect(world.ws2.select(0, null, set(), null, { tv_sec: 60, tv_usec: 0 })).toBe(1);
      expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
      expect(world.ws2.select(0, set(), null, null, { tv_sec: 0, tv_usec: 0 })).toBe(0);
      world.send(s, 'question one');
      expect(world.ws2.select(0, set(), null, null, { tv_sec: 60, tv_usec: 0 })).toBe(1);
      expect(world.receive(s, 4)).toBe('answ');
      expect(world.receive(s)).toBe('er one');
    });
  });

  test('works with event objects', () => {
    replayed(writtenRecording(DIALOGUE), (world) => {
      const s = world.streamSocket();
      const hEvent = world.event();
      world.eventSelect(s, hEvent, FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE);
      expect(world.connect(s, elsewhere(80))).toBe(WSAEWOULDBLOCK);
      expect(world.networkEvents(s, hEvent)).toEqual({ CONNECT: 0, WRITE: 0 });
      world.send(s, 'question one');
      expect(world.networkEvents(s, hEvent)).toEqual({ READ: 0 });
      world.receive(s);
      world.send(s, 'question two');
      world.receive(s);
      world.ws2.shutdown(s, SD_SEND);
      expect(world.networkEvents(s, hEvent)).toMatchObject({ READ: 0 });
      expect(world.receive(s)).toBe('bye');
      expect(world.networkEvents(s, hEvent)).toEqual({ CLOSE: 0 });
    });
  });

  test('works overlapped, with ConnectEx and TransmitFile', () => {
    replayed(writtenRecording(DIALOGUE), (world) => {
      const { ws2 } = world;
      const s = world.streamSocket();
      ws2.bind(s, sockaddr_in('0.0.0.0', 0), 16);
      const connecting = new WSAOVERLAPPED();
      connecting.hEvent = world.event();
      const sent = ref(0);
      const begun = ws2.ConnectEx(s, elsewhere(80), 16, Buffer.from('question '), 9, sent, connecting);
      if (!begun) expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
      expect(world.signalled(connecting.hEvent as number, 60_000)).toBe(true);
      const receiving = new WSAOVERLAPPED();
      receiving.hEvent = world.event();
      const buffer = { len: 10, buf: new Uint8Array(10) };
      expect(ws2.WSARecv(s, [buffer], 1, null, ref(0), receiving, null)).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
      const Head = Buffer.from('one');
      expect(ws2.TransmitFile(s, null, 0, 0, null, { Head, HeadLength: 3, Tail: Head, TailLength: 0 }, 0)).toBe(true);
      expect(world.signalled(receiving.hEvent as number, 60_000)).toBe(true);
      expect(Buffer.from(buffer.buf).toString()).toBe('answer one');
    });
  });

  test('works under other layers', () => {
    const scrambled = writtenRecording('1 connect tcp 192.0.2.7:80\n1 > 4\n1 < 5\n');
    replayed(scrambled, (world) => {
      world.stack([scramblingLayer(1), replay({ file: scrambled })]);
      const s = connected(world);
      world.send(s, '5');
      expect(world.receive(s)).toBe('4');
    });
  });

  test('may be spoken to before it answers, or be spoken to first', () => {
    const file = writtenRecording(
      '1 connect tcp 192.0.2.7:25\n1 < 220 hello\\r\\n\n1 > QUIT\\r\\n\n1 < 221 bye\\r\\n\n1 end <\n',
    );
    replayed(file, (world) => {
      const s = connected(world, 25);
      expect(world.receive(s)).toBe('220 hello\r\n');
      world.send(s, 'QUIT\r\n');
      expect(world.receiveAll(s, 9)).toBe('221 bye\r\n');
      expect(world.receive(s)).toBe('');
    });
    replayed(writtenRecording(DIALOGUE), (world) => {
      const s = connected(world);
      world.send(s, 'question onequestion two');
      expect(world.receiveAll(s, 20)).toBe('answer oneanswer two');
    });
  });

  test('breaks where it broke, and is refused where nobody was', () => {
    const file = writtenRecording('1 connect tcp 192.0.2.7:80\n1 > a\n1 < b\n1 error WSAECONNRESET\n');
    replayed(file, (world) => {
      const s = connected(world);
      world.send(s, 'a');
      expect(world.receive(s)).toBe('b');
      expect(world.receive(s)).toBe(-WSAECONNRESET);
      expect(world.connect(world.streamSocket(), elsewhere(81))).toBe(WSAECONNREFUSED);
      expect(world.takeDefects()).toEqual([
        `replay: there is no conversation to 192.0.2.7:81 in ${file}, which leads to 192.0.2.7:80`,
      ]);
    });
  });

  test('takes a name that has no address any more, and getpeername tells the recorded one', () => {
    replayed(writtenRecording(DIALOGUE), (world) => {
      const s = world.streamSocket();
      const room = new Uint8Array(16);
      const done = world.ws2.WSAConnectByName(s, 'EXAMPLE.com', '80', null, null, ref(16), room, null, null);
      expect(done).toBe(true);
      expect(parseSockaddr(room)).toMatchObject({ address: '192.0.2.7', port: 80 });
      expect(world.send(s, 'question one')).toBe(12);
      expect(world.receiveAll(s, 10)).toBe('answer one');
    });
  });
});

describe('A recording from somebody else', () => {
  test('cannot make messages say something else by the names in it', () => {
    const file = writtenRecording('1 connect tcp 192.0.2.7:80 a\\n\\x1b[2Jreplay:\\x20all\\x20is\\x20well\n1 > a\n');
    replayed(file, (world) => {
      world.send(connected(world), 'b');
      expect(world.connect(world.streamSocket(), elsewhere(81))).toBe(WSAECONNREFUSED);
      for (const message of world.takeDefects()) {
        expect(message).toMatch(/ a\\n\\x1b\[2jreplay: all is well[:,]/i);
        expect(message).not.toMatch(/\x1b|\n\S/);
      }
    });
  });

  test('with very many conversations is looked through at once', () => {
    const many = Array.from(
      { length: 20_000 },
      (_, i) => `${i} connect tcp 192.0.2.7:80\n${i} > GET /${i}\\n\n${i} < ${i}\\n\n`,
    );
    replayed(
      writtenRecording(many.join('')),
      (world) => {
        for (const i of [0, 19_999, 777]) {
          const s = connected(world);
          world.send(s, `GET /${i}\n`);
          expect(world.receive(s)).toBe(`${i}\n`);
        }
      },
      { mode: 'longest' },
    );
  });
});

describe('Strictly', () => {
  test('the conversations of a destination come in order, each once, several at a time', () => {
    const file = writtenRecording(
      ['a', 'b', 'c']
        .map((x, i) => `${i + 1} connect tcp 192.0.2.7:80\n${i + 1} > ${x}\n${i + 1} < ${x}${x}\n`)
        .join(''),
    );
    replayed(file, (world) => {
      const sockets = [connected(world), connected(world), connected(world)];
      for (const [at, text] of ['a', 'b', 'c'].entries()) world.send(sockets[at]!, text);
      expect(sockets.map((s) => world.receive(s))).toEqual(['aa', 'bb', 'cc']);
      expect(world.connect(world.streamSocket(), elsewhere(80))).toBe(WSAECONNREFUSED);
      expect(world.takeDefects()).toEqual([
        `replay: ${file} has 3 conversations to 192.0.2.7:80, and the program makes one more`,
      ]);
    });
  });

  test('a conversation that was had by its name is not had by its address once more', () => {
    const file = writtenRecording(`1 connect tcp 192.0.2.7:80 example.com
1 < by the name
2 connect tcp 192.0.2.7:80
2 < by the address
`);
    replayed(file, (world) => {
      const named = world.streamSocket();
      const to = elsewhere(80);
      world.ws2[INSTANCE].connectNamed('example.com', () => world.connect(named, to));
      expect(world.receiveAll(named, 11)).toBe('by the name');
      expect(world.receiveAll(connected(world), 14)).toBe('by the address');
      expect(world.code(world.ws2.connect(world.streamSocket(), to, to.length))).toBe(WSAECONNREFUSED);
      expect(world.takeDefects()).toEqual([expect.stringContaining('the program makes one more')]);
    });
  });

  test('the first difference is shown: where, what was expected, and what came', () => {
    const file = writtenRecording(DIALOGUE);
    replayed(file, (world) => {
      const s = connected(world);
      world.send(s, 'question one');
      expect(world.receive(s)).toBe('answer one');
      world.send(s, 'question too\r\n');
      expect(world.receive(s)).toBe(-WSAECONNABORTED);
      expect(world.send(s, 'x')).toBe(-WSAECONNABORTED);
      expect(world.takeDefects()).toEqual([
        `replay: what the program sends differs from conversation 1 to example.com, 192.0.2.7:80 (${file}:2) at byte 22 of what it sent then:\n` +
          '  recorded  question onequestion two\n' +
          '  came      question onequestion too\\r\\n\n' +
          '                                  ^',
      ]);
    });
  });

  test('a request that stays unfinished is told of, by the instance’s clock', () => {
    const file = writtenRecording(DIALOGUE);
    replayed(
      file,
      (world) => {
        const s = connected(world);
        world.send(s, 'question');
        const began = world.now();
        expect(world.receive(s)).toBe(-WSAECONNABORTED);
        expect(world.now() - began).toBe(300);
        expect(world.takeDefects()[0]).toContain(
          'the program waits for an answer, and has sent 8 bytes; in conversation 1 to example.com, 192.0.2.7:80',
        );
      },
      { patience: 300 },
    );
  });

  test('a program that ends its side too early is told of', () => {
    replayed(writtenRecording(DIALOGUE), (world) => {
      const s = connected(world);
      world.send(s, 'question one');
      world.receive(s);
      world.ws2.shutdown(s, SD_SEND);
      expect(world.receive(s)).toBe(-WSAECONNABORTED);
      expect(world.takeDefects()[0]).toContain('the program has ended its side, and has sent 12 bytes');
    });
  });
});

describe('By the longest match', () => {
  const file = (): string =>
    writtenRecording(
      ['GET /a', 'GET /ab', 'GET /b', 'GET /a']
        .map(
          (x, i) =>
            `${i + 1} connect tcp 192.0.2.7:80\n${i + 1} > ${x}\n${i + 1} < ${i + 1}: ${x}\n${i + 1} > more\n${i + 1} < ${i + 1}!\n`,
        )
        .join(''),
    );
  const options: Partial<ReplayOptions> = { mode: 'longest' };

  test('a connection gets the conversation that it asks for, in whatever order, and again', () => {
    replayed(
      file(),
      (world) => {
        const ask = (text: string): string | number => {
          const s = connected(world);
          world.send(s, text);
          return world.receive(s);
        };
        expect(ask('GET /b')).toBe('3: GET /b');
        expect(ask('GET /ab')).toBe('2: GET /ab');
        expect([ask('GET /a'), ask('GET /a'), ask('GET /a')]).toEqual(['1: GET /a', '4: GET /a', '1: GET /a']);
      },
      options,
    );
  });

  test('what is asked next is that conversation’s', () => {
    replayed(
      file(),
      (world) => {
        const s = connected(world);
        world.send(s, 'GET /abmo');
        expect(world.receive(s)).toBe('2: GET /ab');
        world.send(s, 're');
        expect(world.receive(s)).toBe('2!');
      },
      options,
    );
  });

  test('the nearest one is shown when none fits', () => {
    replayed(
      file(),
      (world) => {
        const s = connected(world);
        world.send(s, 'GET /abc');
        expect(world.receive(s)).toBe(-WSAECONNABORTED);
        expect(world.takeDefects()[0]).toMatch(/conversation 2 to 192\.0\.2\.7:80 .* at byte 7 /);
      },
      options,
    );
  });
});

describe('What is left out of a recording', () => {
  test('is left out before it is compared, in whatever pieces it comes', () => {
    const recording = newRecording();
    let name = elsewhere(0);
    const redact = ['hunter2', /token=\w+/];
    recorded(
      recording,
      (world) => {
        const { client, server, name: there } = world.connectedPair();
        name = there;
        world.send(client, 'login hunter2 token=abc');
        world.receive(server);
        world.send(server, 'welcome');
        world.receive(client);
        world.send(client, 'bye');
        world.receive(server);
        world.send(server, 'bye');
        world.receive(client);
      },
      { redact },
    );
    expect(readFileSync(recording, 'utf8')).toContain('> login [redacted] [redacted]\n');
    const request = 'login hunter2 token=abc';
    for (let cut = 1; cut < request.length; cut++) {
      replayed(
        recording,
        (world) => {
          const s = world.streamSocket();
          world.connect(s, name);
          world.send(s, request.slice(0, cut));
          world.send(s, request.slice(cut));
          expect(world.receiveAll(s, 7)).toBe('welcome');
          world.send(s, 'bye');
          expect(world.receiveAll(s, 3)).toBe('bye');
        },
        { redact },
      );
    }
  });

  test('and what may vary is not compared', () => {
    const file = writtenRecording('1 connect tcp 192.0.2.7:80\n1 > id=17 date=today\\n\n1 < ok\n');
    replayed(
      file,
      (world) => {
        const s = connected(world);
        world.send(s, 'id=4711 date=tom');
        world.send(s, 'orrow\n');
        expect(world.receive(s)).toBe('ok');
      },
      { vary: [/id=\d+/, { pattern: /date=\w*/, replacement: 'D' }] },
    );
  });
});

describe('A program that accepts', () => {
  test('is connected to as it was, with the names that callers had', () => {
    const file = writtenRecording(
      '1 accept tcp 192.0.2.1:7000 198.51.100.5:4000\n1 < hello\n1 > hi\n1 end <\n1 close\n' +
        '2 accept tcp 192.0.2.1:7000 198.51.100.6:4001\n2 > welcome\n',
    );
    replayed(file, (world) => {
      const { s: listener, name } = world.listener();
      expect(parseSockaddr(name).port).toBe(7000);
      const peer = new Uint8Array(16);
      const first = world.track(world.ws2.accept(listener, peer, ref(16)));
      expect(parseSockaddr(peer)).toMatchObject({ address: '198.51.100.5', port: 4000 });
      world.nonBlocking(listener);
      expect(world.ws2.accept(listener, null, null)).toBe(0xffffffff);
      expect(world.receive(first)).toBe('hello');
      world.send(first, 'hi');
      expect(world.receive(first)).toBe('');
      world.ws2.closesocket(first);
      world.settle();
      const second = world.accept(listener);
      world.send(second, 'wrong');
      expect(world.receive(second)).toBe(-WSAECONNABORTED);
      expect(world.takeDefects()[0]).toContain('conversation 2 from 198.51.100.6:4001');
    });
  });
});

test('Listeners that let their ports be chosen have those of the recording, one after the other', () => {
  const file = writtenRecording(
    '1 accept tcp 192.0.2.1:7000 198.51.100.5:4000\n1 close\n2 accept tcp 192.0.2.1:7001 198.51.100.5:4001\n2 close\n' +
      '3 connect tcp 192.0.2.7:80\n3 < hello\n3 close\n',
  );
  replayed(file, (world) => {
    // A client takes none of theirs.
    const client = connected(world);
    expect(world.receiveAll(client, 5)).toBe('hello');
    const first = world.listener();
    world.ws2.closesocket(first.s);
    const second = world.listener();
    expect([first, second].map(({ name }) => parseSockaddr(name).port)).toEqual([7000, 7001]);
  });
});

describe.each(['memory', 'tcpip'] as const)('A program with several listeners: %s', (base) => {
  test('has each at its own port again, also when nobody came to some of them', () => {
    const file = newRecording();
    const ports = (world: World, speak: (world: World, last: { s: number; name: Uint8Array }) => void): number[] => {
      const listeners = Array.from({ length: 3 }, () => world.listener());
      speak(world, listeners[1]!);
      return listeners.map(({ name }) => parseSockaddr(name).port);
    };
    let before: number[] = [];
    const text = recorded(
      file,
      (world) => {
        before = ports(world, (_, { s, name }) => {
          const client = world.streamSocket();
          expect(world.connect(client, name)).toBe(0);
          world.send(world.accept(s), 'hello');
          expect(world.receiveAll(client, 5)).toBe('hello');
        });
      },
      {},
      base,
    );
    expect(text.match(/^0 listen tcp .*$/gm)).toEqual(before.map((port) => `0 listen tcp 127.0.0.1:${port}`));
    replayed(
      file,
      (world) => {
        const after = ports(world, (_, { s }) => world.send(world.accept(s), 'hello'));
        expect(after).toEqual(before);
      },
      {},
      base,
    );
  });
});

describe('Datagrams', () => {
  const file = (): string =>
    writtenRecording(
      '1 datagrams udp\n1 to 192.0.2.7:53\n1 > one?\n1 from 192.0.2.7:53\n1 < 1\n1 to 192.0.2.7:53\n1 > two?\n' +
        '1 from 192.0.2.7:53\n1 < 2\n1 from 192.0.2.8:53\n1 < another\n',
    );

  test('are answered as they were, with whom they came from', () => {
    replayed(file(), (world) => {
      const s = world.datagramSocket();
      const name = elsewhere(53);
      const ask = (text: string): number =>
        world.count(world.ws2.sendto(s, Buffer.from(text), text.length, 0, name, 16));
      expect(ask('one?')).toBe(4);
      const from = new Uint8Array(16);
      const buffer = Buffer.alloc(20);
      expect(world.ws2.recvfrom(s, buffer, 20, 0, from, ref(16))).toBe(1);
      expect(parseSockaddr(from)).toMatchObject({ address: '192.0.2.7', port: 53 });
      expect(ask('two?')).toBe(4);
      expect([world.receive(s), world.receive(s)]).toEqual(['2', 'another']);
    });
  });

  test('that were not recorded fail, and the difference is shown', () => {
    replayed(file(), (world) => {
      const s = world.datagramSocket();
      expect(world.count(world.ws2.sendto(s, Buffer.from('one!'), 4, 0, elsewhere(53), 16))).toBe(-WSAECONNABORTED);
      expect(world.takeDefects()[0]).toMatch(/the datagram to 192\.0\.2\.7:53 differs from the next one .* at byte 3:/);
    });
  });
});

describe('Times', () => {
  const TIMED = '1 connect tcp 192.0.2.7:80\n1 +0 > a\n1 +250 < b\n1 +300 < c\n1 +1300 end <\n';

  test('are kept, if they are to be, by the instance’s clock', () => {
    replayed(
      writtenRecording(TIMED),
      (world) => {
        const s = connected(world);
        const began = world.now();
        world.send(s, 'a');
        expect(world.receiveAll(s, 2)).toBe('bc');
        expect(world.now() - began).toBe(250);
        expect(world.receive(s)).toBe('');
        expect(world.now() - began).toBe(1300);
      },
      { pace: true },
    );
  });

  test('are not waited for otherwise', () => {
    replayed(writtenRecording(TIMED), (world) => {
      const s = connected(world);
      world.send(s, 'a');
      expect(world.receiveAll(s, 2)).toBe('bc');
      expect(world.receive(s)).toBe('');
      expect(world.now()).toBe(0);
    });
  });
});

describe('Through to the real thing', () => {
  /** A server in the world’s own network, which answers each request by its number and the request. */
  function serve(world: World, listener: number, count: number): () => void {
    const servers: number[] = [];
    return () => {
      world.settle();
      world.nonBlocking(listener);
      const s = world.ws2.accept(listener, null, null);
      if (s !== 0xffffffff) servers.push(world.track(s));
      for (const server of servers) {
        world.nonBlocking(server);
        const request = world.receive(server);
        if (typeof request === 'string' && request !== '') {
          for (const each of request.split(/(?<=\n)/)) world.send(server, `${count++} ${each}`);
        }
      }
    };
  }

  function throughWorld(
    recording: string,
    body: (world: World, connect: () => number, work: () => void) => void,
  ): void {
    replayed(
      recording,
      (world) => {
        const { s: listener, name } = world.listener();
        const work = serve(world, listener, 1);
        const connect = (): number => {
          const s = world.streamSocket();
          world.nonBlocking(s);
          expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
          return s;
        };
        body(world, connect, work);
      },
      { mode: 'through' },
    );
  }

  const ask = (world: World, s: number, text: string, work: () => void): string | number => {
    world.settle();
    let sent = world.send(s, text);
    for (let round = 0; round < 10; round++) {
      work();
      world.settle();
      if (sent === -WSAEWOULDBLOCK) sent = world.send(s, text);
      const answer = world.receive(s);
      if (answer !== -WSAEWOULDBLOCK) return answer;
    }
    return 'nothing';
  };

  test('goes what the recording does not know, and is added to it', () => {
    const file = newRecording();
    throughWorld(file, (world, connect, work) => {
      const s = connect();
      expect(ask(world, s, 'GET /a\n', work)).toBe('1 GET /a\n');
      expect(ask(world, s, 'GET /b\n', work)).toBe('2 GET /b\n');
    });
    const lines = readFileSync(file, 'utf8').split('\n');
    const number = lines.find((line) => line.includes(' connect '))!.split(' ')[0]!;
    expect(lines.filter((line) => line.startsWith(`${number} `)).slice(1)).toEqual(
      ['> GET /a\\n', '< 1 GET /a\\n', '> GET /b\\n', '< 2 GET /b\\n', 'end >', 'close'].map(
        (each) => `${number} ${each}`,
      ),
    );
    // What is known comes from the recording, and what comes after it from a server that was told of it first.
    throughWorld(file, (world, connect, work) => {
      const s = connect();
      expect(ask(world, s, 'GET /a\n', () => undefined)).toBe('1 GET /a\n');
      expect(ask(world, s, 'GET /c\n', work)).toBe('2 GET /c\n');
    });
    expect(readFileSync(file, 'utf8')).toContain('GET /c');
  });

  test('go listeners and datagrams, which are recorded too', () => {
    const file = newRecording();
    const body = (world: World): void => {
      // Who calls does so beside the layer: a call over it would be played.
      const client = world.track(world.ws2.WSASocket(AF_INET, SOCK_STREAM, 0, null, 0, 0));
      const { s: listener, name } = world.listener();
      expect(world.connect(client, name)).toBe(0);
      const server = world.accept(listener);
      world.send(client, 'to the listener');
      expect(world.receiveAll(server, 15)).toBe('to the listener');
      const [one, other] = [world.boundDatagram(), world.boundDatagram()];
      world.ws2.sendto(one.s, Buffer.from('a datagram'), 10, 0, other.name, other.name.length);
      expect(world.receive(other.s)).toBe('a datagram');
      // What is known already is the real thing's all the same: it is no other one that was recorded before.
      world.ws2.sendto(other.s, Buffer.from('and back'), 8, 0, one.name, one.name.length);
      expect(world.receive(one.s)).toBe('and back');
    };
    for (const base of ['memory', 'tcpip'] as const) {
      for (let time = 1; time <= 2; time++) {
        replayed(file, body, { mode: 'through' }, base);
        const text = readFileSync(file, 'utf8');
        const times = base === 'memory' ? time : 2 + time;
        expect(text.match(/ accept tcp /g)).toHaveLength(times);
        expect(text.match(/ < to the listener$/gm)).toHaveLength(times);
        expect(text.match(/ > a datagram$/gm)).toHaveLength(times);
        expect(text.match(/ < and back$/gm)).toHaveLength(times);
      }
    }
  });

  test('goes a connect that fails, which is known from then on', () => {
    const file = newRecording();
    let name = elsewhere(0);
    const fails = (world: World): void => {
      expect(world.connect(world.streamSocket(), name)).toBe(WSAECONNREFUSED);
    };
    const first = (world: World): void => {
      name = world.closedName();
      fails(world);
    };
    replayed(file, first, { mode: 'through' });
    expect(readFileSync(file, 'utf8')).toContain('failed WSAECONNREFUSED');
    replayed(file, fails, { mode: 'through' });
    expect(readFileSync(file, 'utf8').match(/failed/g)).toHaveLength(1);
  });

  test('goes on with what was said, if the answers are those that the program had', () => {
    const file = newRecording();
    throughWorld(file, (world, connect, work) => {
      const s = connect();
      ask(world, s, 'GET /a\n', work);
    });
    writeFileSync(file, readFileSync(file, 'utf8').replace('< 1 GET', '< 7 GET'));
    throughWorld(file, (world, connect, work) => {
      const s = connect();
      expect(ask(world, s, 'GET /a\n', work)).toBe('7 GET /a\n');
      expect(ask(world, s, 'GET /b\n', work)).toBe(-WSAECONNABORTED);
      expect(world.takeDefects()[0]).toMatch(
        /what is asked for is not in the recording, and the real thing answers otherwise before it/,
      );
    });
  });
});

describe.each(['memory', 'tcpip'] as const)('A connect that fails: %s', (base) => {
  test('is recorded, whether it blocks or not, and fails again as it did, with nobody there', () => {
    const file = newRecording();
    let name = elsewhere(0);
    const outcomes = (world: World): number[] => {
      const blocking = world.connect(world.streamSocket(), name);
      const s = world.streamSocket();
      const event = world.event();
      expect(world.eventSelect(s, event, FD_CONNECT)).toBe(0);
      expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
      expect(world.signalled(event, 60_000)).toBe(true);
      const { CONNECT: told } = world.networkEvents(s, event);
      world.ws2.WSACloseEvent(event);
      return [blocking, told!];
    };
    const text = recorded(
      file,
      (world) => {
        name = world.closedName();
        expect(outcomes(world)).toEqual([WSAECONNREFUSED, WSAECONNREFUSED]);
        // Nobody is told of a connection that was not there: the next one is a conversation like any other.
        world.connectedPair();
      },
      {},
      base,
    );
    expect(text.match(/^\d+ failed WSAECONNREFUSED$/gm)).toHaveLength(2);
    const longest = (world: World): void => {
      for (let time = 0; time < 3; time++) expect(world.connect(world.streamSocket(), name)).toBe(WSAECONNREFUSED);
    };
    replayed(file, (world) => expect(outcomes(world)).toEqual([WSAECONNREFUSED, WSAECONNREFUSED]), {}, base);
    replayed(file, longest, { mode: 'longest' }, base);
    writeFileSync(file, text.replaceAll('failed WSAECONNREFUSED', 'failed WSAETIMEDOUT'));
    replayed(file, (world) => expect(outcomes(world)).toEqual([WSAETIMEDOUT, WSAETIMEDOUT]), {}, base);
  });

  test('to one address of a name is not the name’s, when another address answered', () => {
    const file = writtenRecording(
      '1 connect tcp [2001:db8::7]:80 name.example\n1 failed WSAECONNREFUSED\n2 connect tcp 192.0.2.7:80 name.example\n' +
        '2 < hello\n2 close\n3 connect tcp 192.0.2.7:80 name.example\n3 failed WSAETIMEDOUT\n',
    );
    const inOrder = (world: World): void => {
      const connect = (s: number): number => {
        let outcome = 0;
        world.ws2[INSTANCE].connectNamed('name.example', () => (outcome = world.connect(s, elsewhere(80))));
        return outcome;
      };
      const s = world.streamSocket();
      expect(connect(s)).toBe(0);
      expect(world.receiveAll(s, 5)).toBe('hello');
      expect(connect(world.streamSocket())).toBe(WSAETIMEDOUT);
    };
    replayed(file, inOrder, {}, base);
  });

  test('and one behind it that does not come in their order, or are the one that was there', () => {
    const file = writtenRecording(
      '1 connect tcp 192.0.2.7:80\n1 failed WSAECONNREFUSED\n2 connect tcp 192.0.2.7:80\n2 < hello\n2 close\n',
    );
    const connect = (world: World): [number, number] => {
      const s = world.streamSocket();
      return [s, world.connect(s, elsewhere(80))];
    };
    const inOrder = (world: World): void => {
      expect(connect(world)[1]).toBe(WSAECONNREFUSED);
      const [s, outcome] = connect(world);
      expect(outcome).toBe(0);
      expect(world.receiveAll(s, 5)).toBe('hello');
    };
    replayed(file, inOrder, {}, base);
    replayed(file, (world) => expect(connect(world)[1]).toBe(0), { mode: 'longest' }, base);
  });
});

describe('A layer below that refuses', () => {
  test('is recorded as a connect that failed with its error', () => {
    const file = newRecording();
    const world = new World('memory');
    world.stack([record({ file }), fault({ refuse: 1, error: 'WSAEHOSTUNREACH', role: 'client' })]);
    const { name } = world.listener();
    expect(world.connect(world.streamSocket(), name)).toBe(WSAEHOSTUNREACH);
    world.close();
    expect(readFileSync(file, 'utf8')).toMatch(/^1 connect tcp 127\.0\.0\.1:\d+\n1 failed WSAEHOSTUNREACH$/m);
  });
});

describe('A recording that cannot be served', () => {
  test.each([
    ['', /x\.rec|\.rec:1:1: the recording is empty/],
    ['ws2spi-recording 9\n', /\.rec:1:18: version 9 of recordings is not known here/],
    ['ws2spi-recording 1\n1 connect tcp 1.2.3.4:5\n1 < \\q\n', /\.rec:3:5: there is no such escape/],
  ])('(%j) keeps every socket from being opened, and is named', (text, message) => {
    const file = newRecording();
    writeFileSync(file, text);
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const defects: Defect[] = [];
    ws2.on('defect', (defect) => void defects.push(defect));
    ws2.WSAStartup(0x0202, {});
    const [entry] = stack(ws2, [replay({ file })]);
    ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry!, 0, 0);
    expect(ws2.WSAGetLastError()).toBe(WSAEPROVIDERFAILEDINIT);
    expect(defects[0]!.message).toMatch(/^replay: .*:\d+:\d+: /);
    expect(defects[0]!.message).toMatch(message);
    ws2[Symbol.dispose]();
  });

  test.each([
    [{}, 'replay: `file` must be the path of a recording, not undefined'],
    [{ file: 'x', mode: 'longst' }, 'did you mean "longest"?'],
    [{ file: 'x', patience: 0 }, 'replay: `patience` must be milliseconds, more than 0, not 0'],
    [{ file: 'x', ignore: [] }, 'replay: there is no option "ignore"'],
  ])('nor can %j', (options, message) => {
    expect(() => replay(options as never)).toThrow(message);
  });
});

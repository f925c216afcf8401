// What a program sends in small pieces within a turn, under a codec: which of them the codec is given together, and that it
// comes before what was asked for later.
import { describe, expect } from 'vitest';
import { MSG_OOB, ref, SD_SEND, SIOCATMARK, SO_OOBINLINE, SOL_SOCKET, WSAECONNABORTED, WSAEFAULT } from 'ws2spi';
import { defineLayer, identity, type Codec, type LayerDefinition } from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** A codec that hands on what it is given, and notes what it is given to encode. */
function noting(pieces: string[], more: Partial<Codec> = {}): () => Codec {
  return () => ({
    receive: (bytes, output) => output.decoded(bytes),
    send(bytes, output) {
      pieces.push(text(bytes));
      output.encoded(bytes);
    },
    ...more,
  });
}

function connectionOver(world: World, codec: () => Codec, definition: Partial<LayerDefinition> = {}) {
  const { s: listener, name } = world.listener();
  world.stack([defineLayer({ name: 'upper', codec, ...definition }), defineLayer({ name: 'lower', codec: identity })]);
  const client = world.tcpSocket();
  expect(world.connect(client, name)).toBe(0);
  const server = world.accept(listener);
  world.settle();
  return { client, server, name, listener };
}

describe('small sends of one turn', () => {
  describeOnEveryProvider('', (on) => {
    on.it('are given to a codec together, behind the first', (world) => {
      const pieces: string[] = [];
      const { client, server } = connectionOver(world, noting(pieces));
      for (const word of ['one ', 'two ', 'three ', 'four']) expect(world.send(client, word)).toBe(word.length);
      expect(pieces).toEqual(['one ']);
      world.settle();
      expect(pieces).toEqual(['one ', 'two three four']);
      expect(world.receiveAll(server, 18)).toBe('one two three four');
    });

    on.it('of several buffers each keep their order, and the part of a buffer that counts', (world) => {
      const pieces: string[] = [];
      const { client } = connectionOver(world, noting(pieces));
      const buffers = ['ab', 'cde', '', 'f'].map((word) => ({ len: Math.min(2, word.length), buf: Buffer.from(word) }));
      for (let i = 0; i < 3; i++) expect(world.ws2.WSASend(client, buffers, 4, ref(0), 0, null, null)).toBe(0);
      world.settle();
      expect(pieces.join('')).toBe('abcdf'.repeat(3));
    });

    on.it('are as long as their arrays are, whatever those say', (world) => {
      class Short extends Uint8Array {
        override get length(): number {
          return 3;
        }
      }
      class Long extends Uint8Array {
        override get length(): number {
          return 1000;
        }
      }
      const pieces: string[] = [];
      const { client } = connectionOver(world, noting(pieces));
      world.send(client, 'one');
      const short = new Short(Buffer.from('0123456789'));
      expect(world.ws2.send(client, short, 3, 0)).toBe(3);
      expect(world.ws2.send(client, short, 10, 0)).toBe(10);
      expect(world.code(world.ws2.send(client, new Long(4), 1000, 0))).toBe(WSAEFAULT);
      world.send(client, 'two');
      world.settle();
      expect(pieces).toEqual(['one', '0120123456789two']);
    });

    on.it('are given to a codec before larger ones that come behind them', (world) => {
      const pieces: string[] = [];
      const { client, server } = connectionOver(world, noting(pieces));
      for (const size of [1, 2, 3, 10_000, 4, 5]) expect(world.send(client, 'x'.repeat(size))).toBe(size);
      world.settle();
      expect(pieces.map(({ length }) => length)).toEqual([1, 5, 10_000, 9]);
      expect(world.receiveAll(server, 10_015)).toBe('x'.repeat(10_015));
    });

    on.it('a thousand in a row arrive whole, in pieces of many', (world) => {
      const pieces: string[] = [];
      const { client, server } = connectionOver(world, noting(pieces));
      const sent = Array.from({ length: 1000 }, (_, i) => `${i},`);
      for (const each of sent) expect(world.send(client, each)).toBe(each.length);
      const whole = sent.join('');
      expect(world.receiveAll(server, whole.length) === whole).toBe(true);
      expect(pieces.length).toBeLessThan(100);
    });

    on.it('come before what the application asks of the codec behind them', (world) => {
      const heard: string[] = [];
      const { client } = connectionOver(
        world,
        noting(heard, {
          ioctl(code) {
            if (code !== 0x4800_0001) return null;
            heard.push('asked');
            return Uint8Array.of(1);
          },
        }),
      );
      for (const word of ['one', 'two', 'three']) world.send(client, word);
      const answer = new Uint8Array(4);
      expect(world.ws2.WSAIoctl(client, 0x4800_0001, null, 0, answer, 4, ref(0), null, null)).toBe(0);
      world.send(client, 'four');
      world.settle();
      expect(heard).toEqual(['one', 'twothree', 'asked', 'four']);
    });

    on.it('come before urgent data that is sent behind them', (world) => {
      const { client, server } = connectionOver(world, identity);
      const yes = Uint8Array.of(1, 0, 0, 0);
      expect(world.code(world.ws2.setsockopt(server, SOL_SOCKET, SO_OOBINLINE, yes, 4))).toBe(0);
      for (const word of ['one', 'two', 'three']) world.send(client, word);
      expect(world.ws2.send(client, Buffer.from('!'), 1, MSG_OOB)).toBe(1);
      world.send(client, 'more');
      expect(world.receiveAll(server, 11)).toBe('onetwothree');
      const atMark = ref(0);
      expect(world.ws2.ioctlsocket(server, SIOCATMARK, atMark)).toBe(0);
      expect(atMark.value).not.toBe(0);
      expect(world.receiveAll(server, 5)).toBe('!more');
    });

    on.it('wait for a codec that pauses, which gives some of them back, and the end waits behind them', (world) => {
      const pieces: string[] = [];
      let isPaused = false;
      const codec = (): Codec => ({
        receive: (bytes, output) => output.decoded(bytes),
        send(bytes, output) {
          pieces.push(text(bytes));
          const now = Math.min(bytes.length, 4);
          output.encoded(bytes.subarray(0, now));
          if (now === bytes.length) return;
          output.pause('send');
          output.unread(bytes.subarray(now));
          output.setTimer(10);
          isPaused = true;
        },
        timer(output) {
          isPaused = false;
          output.resume('send');
        },
      });
      const { client, server } = connectionOver(world, codec);
      for (const word of ['one ', 'two ', 'three ', 'four']) expect(world.send(client, word)).toBe(word.length);
      expect(world.ws2.shutdown(client, SD_SEND)).toBe(0);
      expect(isPaused).toBe(true);
      expect(world.receiveAll(server, 18)).toBe('one two three four');
      expect(world.receive(server)).toBe('');
      expect(pieces.slice(0, 2)).toEqual(['one ', 'two three four']);
    });

    on.it('of which a codec throws end the connection, and the next one says so', (world) => {
      const { client, server } = connectionOver(
        world,
        noting([], {
          send(bytes, output) {
            if (text(bytes).includes('two')) throw new Error('two is one too many');
            output.encoded(bytes);
          },
        }),
      );
      for (const word of ['one', 'two', 'three']) expect(world.send(client, word)).toBe(word.length);
      world.settle();
      expect(world.send(client, 'four')).toBe(-WSAECONNABORTED);
      expect(world.takeDefects().join()).toMatch(/the codec's "send" threw; its connection is reset/);
      expect(typeof world.receive(server)).toBe('number');
    });

    on.it('of which a codec keeps the memory are not seen in it when others send', (world) => {
      const kept: Uint8Array[] = [];
      const codec = noting([], {
        send(bytes, output) {
          kept.push(bytes);
          output.encoded(bytes);
        },
      });
      const { client, name, listener } = connectionOver(world, codec);
      const other = world.tcpSocket();
      expect(world.connect(other, name)).toBe(0);
      world.accept(listener);
      world.settle();
      for (const word of ['a first one', 'a second one', 'a third one']) world.send(client, word);
      world.settle();
      const whole = new Uint8Array(kept.at(-1)!.buffer);
      for (const word of ['something', 'of another', 'connection']) world.send(other, word);
      world.settle();
      expect(text(kept[1]!)).toBe('a second onea third one');
      expect(text(whole)).not.toContain('another');
    });
  });
});

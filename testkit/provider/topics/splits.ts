// However a stream is cut, the same bytes come: in pieces of every length, drop by drop and all at once, on several connections at once.
import { SD_SEND, seededRandom } from '../../../index.js';
import { drip, firehose } from '../../pieces.js';
import { IO_MODELS, Transfer } from '../../transfer.js';
import { expect } from '../expectation.js';
import { noise } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

const SENTENCE = 'every split of these forty-two bytes counts';

function sentOnce(world: ProviderWorld, s: number, text: string): void {
  expect(world.send(s, text), `send of ${text.length} bytes`).toBe(text.length);
  world.settle();
}

/** What programs rely on: every split. */
export const everySplit = topic('a stream that is cut anywhere', [], (on) => {
  on.it('arrives whole: each of two pieces of every length', (world) => {
    const { client, server } = world.connectedPair();
    for (let at = 1; at < SENTENCE.length; at++) {
      sentOnce(world, client, SENTENCE.slice(0, at));
      sentOnce(world, client, SENTENCE.slice(at));
      expect(world.receiveAll(server, SENTENCE.length), `cut after ${at} bytes`).toBe(SENTENCE);
    }
  });

  on.it('arrives whole: pieces of every length that are sent at once', (world) => {
    const { client, server } = world.connectedPair();
    for (let length = 1; length <= SENTENCE.length; length++) {
      for (let at = 0; at < SENTENCE.length; at += length) {
        const piece = SENTENCE.slice(at, at + length);
        expect(world.send(client, piece)).toBe(piece.length);
      }
      expect(world.receiveAll(server, SENTENCE.length), `in pieces of ${length} bytes`).toBe(SENTENCE);
    }
  });

  on.it('arrives as it is sent: each piece before the next one is', (world) => {
    const { client, server } = world.connectedPair();
    for (let length = 1; length <= SENTENCE.length; length++) {
      sentOnce(world, client, SENTENCE.slice(0, length));
      const piece = world.receiveAll(server, length);
      expect(piece, `${length} bytes, with nothing sent after them`).toBe(SENTENCE.slice(0, length));
    }
  });

  on.it('is received in pieces of any length', (world) => {
    const { client, server } = world.connectedPair();
    for (let room = 1; room <= SENTENCE.length; room++) {
      sentOnce(world, client, SENTENCE);
      let text = '';
      while (text.length < SENTENCE.length) {
        const piece = world.receive(server, room);
        if (typeof piece === 'number' || piece === '')
          throw new Error(`recv with room for ${room} bytes gave ${piece}`);
        expect(piece.length, `bytes received into room for ${room}`).toBeLessThanOrEqual(room);
        text += piece;
      }
      expect(text, `received ${room} bytes at a time`).toBe(SENTENCE);
    }
  });

  on.it('has nothing to do with other streams that are cut in between', (world) => {
    const random = seededRandom(11);
    const pairs = [world.connectedPair(), world.connectedPair(), world.connectedPair()];
    const sent = pairs.map(() => '');
    for (let round = 0; round < 60; round++) {
      const which = Math.floor(random.next() * pairs.length);
      const piece = `${which}`.repeat(1 + Math.floor(random.next() * 20));
      sentOnce(world, pairs[which]!.client, piece);
      sent[which] += piece;
    }
    for (const [which, { server }] of pairs.entries()) {
      expect(world.receiveAll(server, sent[which]!.length), `connection ${which + 1} of 3`).toBe(sent[which]);
    }
  });

  on.it('ends with its last byte, whatever the last piece was', (world) => {
    for (let length = 1; length <= 9; length++) {
      const { client, server } = world.connectedPair();
      sentOnce(world, client, SENTENCE.slice(0, length));
      expect(world.code(world.ws2.shutdown(client, SD_SEND))).toBe(0);
      expect(world.receiveAll(server, length), `the ${length} bytes before the end`).toBe(SENTENCE.slice(0, length));
      expect(world.receive(server), 'behind the last byte').toBe('');
    }
  });
});

const PACES = [
  { name: 'drop by drop', cut: (bytes: Uint8Array) => drip(bytes), bytes: 1500, room: 7 },
  { name: 'all at once', cut: firehose, bytes: 1_200_000, room: 64 * 1024 },
] as const;

function differenceOf(sent: Uint8Array, pieces: readonly Uint8Array[]): string {
  const came = Buffer.concat(pieces);
  for (let at = 0; at < sent.length; at++) {
    if (at >= came.length) return `the stream ended after ${at} of ${sent.length} bytes`;
    if (came[at] !== sent[at]) return `byte ${at} of ${sent.length} is ${came[at]}, not ${sent[at]}`;
  }
  return came.length === sent.length ? '' : `${came.length - sent.length} bytes came that nobody sent`;
}

/** What programs rely on: drip and firehose. */
export const dripAndFirehose = topic('drip and firehose', [], (on) => {
  for (const pace of PACES) {
    for (const [model, carry] of Object.entries(IO_MODELS)) {
      on.it(`${pace.name}, both ways at once and to the end: ${model}`, (world) => {
        const { client, server } = world.connectedPair();
        const [question, answer] = [noise(pace.bytes), noise(pace.bytes).reverse()];
        const there = new Transfer(world.ws2, client, server, pace.cut(question), pace.room);
        const back = new Transfer(world.ws2, server, client, pace.cut(answer), pace.room);
        carry(world.ws2, [there, back]);
        expect(differenceOf(question, there.received), 'from the one who connected').toBe('');
        expect(differenceOf(answer, back.received), 'from the one who accepted').toBe('');
      });
    }
  }
});

/** What programs rely on: half-closed connections. */
export const halfClosed = topic('a connection that is half closed', [], (on) => {
  for (const [first, second] of [
    ['client', 'server'],
    ['server', 'client'],
  ] as const) {
    on.it(`by the ${first} carries data the other way until the ${second} ends it too`, (world) => {
      const pair = world.connectedPair();
      const [one, other] = [pair[first], pair[second]];
      expect(world.send(one, 'question')).toBe(8);
      expect(world.code(world.ws2.shutdown(one, SD_SEND))).toBe(0);
      expect(world.receiveAll(other, 8)).toBe('question');
      expect(world.receive(other), `the end of what the ${first} sends`).toBe('');
      for (const piece of ['an answer', ' in pieces', ' after the end']) {
        expect(world.send(other, piece), `send of the ${second}, whose own side is open`).toBe(piece.length);
        expect(world.receiveAll(one, piece.length)).toBe(piece);
      }
      expect(world.code(world.ws2.shutdown(other, SD_SEND))).toBe(0);
      expect(world.receive(one), `the end of what the ${second} sends`).toBe('');
    });
  }
});

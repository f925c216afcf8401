// A peer that says all, ends, and is gone: a codec that answers its end gets a reset for that, which is no news to who receives.
import { expect } from 'vitest';
import { ref, SIO_PEER_ENDED, WSAECONNABORTED, WSAECONNRESET } from 'ws2spi';
import { defineLayer, identity, type Codec, type Layer } from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

/** As TLS does: the end of one side is answered by the end of the other. */
const answersEnds = defineLayer({
  name: 'answers ends',
  codec: (): Codec => ({
    ...identity(),
    end(output) {
      output.encoded(Buffer.from('goodbye'));
      output.finished();
    },
  }),
});

/** Tells what it is told: the bytes of the peer, and its end. */
const toldOf = (log: string[], shakesHands: boolean): Layer =>
  defineLayer({
    name: shakesHands ? 'told, with a handshake' : 'told',
    codec: (): Codec => ({
      ...identity(),
      handshake: shakesHands,
      open(_role, output) {
        if (shakesHands) output.ready();
      },
      receive(bytes, output) {
        log.push(Buffer.from(bytes).toString());
        output.decoded(bytes);
      },
      end(output) {
        log.push('end');
        output.finished();
      },
    }),
  });

/** A client without the layer has said something and is gone before its connection is accepted. */
function saidAndGone(world: World): number {
  const client = world.tcpSocket();
  world.stack([answersEnds]);
  const { s: listener, name } = world.listener();
  expect(world.connect(client, name)).toBe(0);
  expect(world.send(client, 'all that there is')).toBe(17);
  expect(world.ws2.closesocket(client)).toBe(0);
  for (let turn = 0; turn < 5; turn++) world.settle();
  return world.accept(listener);
}

describeOnEveryProvider('Behind what a peer has said, and its end, a reset', ({ it }) => {
  it('takes nothing of that, and no place at a listener', (world) => {
    const server = saidAndGone(world);
    world.settle();
    expect(world.receive(server)).toBe('all that there is');
    expect(world.receive(server)).toBe('');
  });

  it('is told who sends', (world) => {
    const server = saidAndGone(world);
    expect(world.receive(server)).toBe('all that there is');
    let outcome = 0;
    for (let tries = 0; tries < 10 && outcome >= 0; tries++) {
      world.settle();
      outcome = world.send(server, 'is anybody there?');
    }
    expect([-WSAECONNRESET, -WSAECONNABORTED]).toContain(outcome);
  });

  it('that what was sent met leaves it known that the peer had ended, before anybody heard of that', (world) => {
    const { s: listener, name } = world.listener();
    world.stack([defineLayer({ name: 'plain', codec: identity })]);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    const server = world.accept(listener);
    world.send(server, 'bye');
    expect(world.receive(client)).toBe('bye');
    world.ws2.closesocket(server);
    world.send(client, 'are you there?');
    const answer = new Uint8Array(4);
    world.nonBlocking(client);
    let received: string | number = '';
    for (let tries = 0; tries < 10 && typeof received === 'string'; tries++) {
      world.settle();
      received = world.receive(client);
    }
    if (typeof received === 'number') expect(received).toBe(-WSAECONNABORTED);
    expect(world.ws2.WSAIoctl(client, SIO_PEER_ENDED, null, 0, answer, 4, ref(0), null, null)).toBe(0);
    expect(answer[0]).toBe(1);
  });

  for (const shakesHands of [false, true]) {
    const kind = shakesHands ? 'a codec with a handshake' : 'a codec';
    it(`that took what nobody had received is no end to ${kind}, nor to SIO_PEER_ENDED`, (world) => {
      const peerEnded = (s: number): number | undefined => {
        const answer = new Uint8Array(4);
        expect(world.ws2.WSAIoctl(s, SIO_PEER_ENDED, null, 0, answer, 4, ref(0), null, null)).toBe(0);
        return answer[0];
      };
      const { s: listener, name } = world.listener();
      const plain = world.tcpSocket();
      expect(world.connect(plain, name)).toBe(0);
      const [plainPeer, log] = [world.accept(listener), [] as string[]];
      world.stack([toldOf(log, shakesHands)]);
      const coded = world.tcpSocket();
      expect(world.connect(coded, name)).toBe(0);
      const peer = world.accept(listener);
      world.send(peer, 'hello');
      if (shakesHands) world.until(() => log.includes('hello'));
      expect(world.receive(coded)).toBe('hello');
      for (const [s, other] of [
        [plain, plainPeer],
        [coded, peer],
      ] as const) {
        world.send(other, 'the last word');
        world.ws2.closesocket(other);
        let sent = 0;
        for (let i = 0; i < 1000 && sent >= 0; i++) sent = world.send(s, 'x');
        expect(sent).toBe(-WSAECONNABORTED);
        world.settle();
      }
      expect(peerEnded(plain)).toBe(0);
      const text = log.join('');
      if (text.includes('end')) expect(text).toBe('hellothe last wordend');
      expect(peerEnded(coded)).toBe(text.includes('end') ? 1 : 0);
    });
  }
});

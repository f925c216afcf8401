// The layer replay: what a recording says, served without a network.
import { describe, expect, test } from 'vitest';
import { AF_INET6, SD_SEND, WSAECONNABORTED, WSAECONNREFUSED, WSAECONNRESET, WSAEWOULDBLOCK } from 'ws2spi';
import { elsewhere, newRecording, recorded, replayed, writtenRecording } from '../../../support/recordings.js';
import { describeOnEveryProvider } from '../../../support/providers.js';

describe('A connection that was recorded', () => {
  test('is served again, byte by byte, with nobody there', () => {
    const file = newRecording();
    let name = elsewhere(0);
    recorded(file, (world) => {
      const { client, server, name: there } = world.connectedPair();
      name = there;
      world.send(client, 'question one');
      world.receiveAll(server, 12);
      world.send(server, 'answer one');
      world.receiveAll(client, 10);
      world.send(client, 'question two');
      world.receiveAll(server, 12);
      world.send(server, 'answer ');
      world.receiveAll(client, 7);
      world.send(server, 'two');
      world.receiveAll(client, 3);
      world.ws2.shutdown(client, SD_SEND);
      expect(world.receive(server)).toBe('');
      world.send(server, 'bye');
      world.ws2.closesocket(server);
      expect(world.receiveAll(client, 3)).toBe('bye');
      expect(world.receive(client)).toBe('');
    });
    replayed(file, (world) => {
      const s = world.streamSocket();
      expect(world.connect(s, name)).toBe(0);
      expect(world.network!.idle()).toBe(true);
      world.send(s, 'question one');
      expect(world.receiveAll(s, 10)).toBe('answer one');
      world.send(s, 'quest');
      world.nonBlocking(s);
      expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
      world.nonBlocking(s, 0);
      world.send(s, 'ion two');
      expect(world.receiveAll(s, 10)).toBe('answer two');
      world.ws2.shutdown(s, SD_SEND);
      expect(world.receiveAll(s, 3)).toBe('bye');
      expect(world.receive(s)).toBe('');
    });
  });
});
void [describeOnEveryProvider, AF_INET6, WSAECONNABORTED, WSAECONNREFUSED, WSAECONNRESET, writtenRecording];

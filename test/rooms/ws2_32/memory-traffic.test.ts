import { describe, expect, it } from 'vitest';
import { AF_INET, createWs2_32, IPPROTO_TCP, SOCK_STREAM, sockaddr_in } from 'ws2spi';

describe('an instance over the memory provider', () => {
  it('carries a conversation, and can do so again after WSACleanup', () => {
    const ws2 = createWs2_32({ catalog: 'memory', base: 'memory' });
    const defects: string[] = [];
    ws2.on('defect', ({ message }) => defects.push(message));
    for (let round = 0; round < 2; round++) {
      expect(ws2.WSAStartup(0x0202, {})).toBe(0);
      const name = sockaddr_in('127.0.0.1', 8080);
      const listener = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
      expect([ws2.bind(listener, name, 16), ws2.listen(listener, 5)]).toEqual([0, 0]);
      const client = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
      expect(ws2.connect(client, name, 16)).toBe(0);
      const server = ws2.accept(listener, null, null);
      expect(ws2.send(client, new TextEncoder().encode('hello'), 5, 0)).toBe(5);
      const bytes = new Uint8Array(16);
      expect(ws2.recv(server, bytes, 16, 0)).toBe(5);
      expect(new TextDecoder().decode(bytes.subarray(0, 5))).toBe('hello');
      expect(ws2.closesocket(client)).toBe(0);
      expect(ws2.recv(server, bytes, 16, 0)).toBe(0);
      // Listener and server are left to WSACleanup.
      expect(ws2.WSACleanup()).toBe(0);
    }
    expect(defects).toEqual([]);
  });
});

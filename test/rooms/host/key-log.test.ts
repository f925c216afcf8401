// The secrets of secured connections: from who secures them to who shows them.
import { expect, test } from 'vitest';
import { createWs2_32, INSTANCE, type Defect, type KeyLog, type Ws2_32 } from 'ws2spi';
import { defineLayer, identity, stack } from 'ws2spi/chain';
import { connectedPair } from 'ws2spi/testkit';

function withInstance(body: (ws2: Ws2_32, keyLog: KeyLog, defects: Defect[]) => void): () => void {
  return () => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    const defects: Defect[] = [];
    ws2.on('defect', (defect) => defects.push(defect));
    try {
      ws2.WSAStartup(0x0202, {});
      body(ws2, ws2[INSTANCE].providerHost.keyLog, defects);
    } finally {
      ws2[Symbol.dispose]();
    }
  };
}

test(
  'what a layer writes, those are told that listen, at once, until they are disposed of',
  withInstance((_ws2, keyLog) => {
    expect(keyLog.listening).toBe(false);
    keyLog.write('nobody is told');
    const told: string[] = [];
    const listener = (line: string): void => void told.push(line);
    const [first, second] = [keyLog.listen(listener), keyLog.listen(listener)];
    expect(keyLog.listening).toBe(true);
    keyLog.write('CLIENT_RANDOM 01 02');
    expect(told).toEqual(['CLIENT_RANDOM 01 02', 'CLIENT_RANDOM 01 02']);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    keyLog.write('CLIENT_RANDOM 03 04');
    expect(told).toHaveLength(3);
    second[Symbol.dispose]();
    expect(keyLog.listening).toBe(false);
  }),
);

test(
  'a listener that throws, or is async, is reported without the secret, and taken off; others are told',
  withInstance((_ws2, keyLog, defects) => {
    const told: string[] = [];
    keyLog.listen(() => {
      throw new Error('no room');
    });
    keyLog.listen(() => Promise.reject(new Error('later')) as unknown as void);
    keyLog.listen((line) => void told.push(line));
    keyLog.write('CLIENT_RANDOM 01 secret');
    keyLog.write('CLIENT_RANDOM 02 secret');
    expect(told).toHaveLength(2);
    expect(defects.map(({ message }) => message)).toEqual([
      expect.stringMatching(/listener of the key log threw/),
      expect.stringMatching(/listener of the key log returned a promise/),
    ]);
    expect(JSON.stringify(defects)).not.toContain('secret');
  }),
);

test(
  'a listener that goes while others are told is told nothing more',
  withInstance((_ws2, keyLog) => {
    const told: string[] = [];
    keyLog.listen(() => last[Symbol.dispose]());
    const last = keyLog.listen((line) => void told.push(line));
    keyLog.write('CLIENT_RANDOM 01 02');
    expect(told).toEqual([]);
  }),
);

test(
  'codecs write to the one log of their instance, by their connection',
  withInstance((ws2, keyLog) => {
    const told: string[] = [];
    keyLog.listen((line) => void told.push(line));
    const securing = defineLayer({
      name: 'securing',
      codec: (connection) => {
        connection.keyLog.write(connection.role);
        return identity();
      },
    });
    const [entry] = stack(ws2, [securing]);
    connectedPair(ws2, { entry });
    expect(told.sort()).toEqual(['client', 'server']);
  }),
);

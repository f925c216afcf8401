import { describe, expect, it } from 'vitest';
import { addressSlot, Readiness } from '../../../../dist/io/index.js';
import { bindLoopback, buffers, bytes, has, localName, open, pump, receive, send, until } from './loopback.js';

describe.runIf(process.platform === 'linux')('a datagram core', () => {
  for (const [family, af] of [
    ['IPv4', 2],
    ['IPv6', 23],
  ] as const) {
    it(`sends and receives with addresses over ${family}`, () => {
      const [a, b] = [open(af, 2), open(af, 2)];
      const nameOfA = bindLoopback(a, af);
      const nameOfB = bindLoopback(b, af);
      expect(b.trySend(bytes('hello'), 1, 0, nameOfA, nameOfA.length, 0)).toBe(5);
      until(a, Readiness.READABLE);
      expect(a.available()).toBe(5);
      const from = addressSlot();
      const into = buffers(100);
      expect(a.tryReceive(into, 1, 0, from)).toBe(5);
      expect(from.bytes.slice(0, from.length)).toEqual(nameOfB);
      expect(receive(a)).toBe(-10035);
      expect(has(a, Readiness.READABLE)).toBe(false);
      a.close();
      b.close();
    });
  }

  it('is writable from the beginning', () => {
    const core = open(2, 2);
    expect(has(core, Readiness.WRITABLE)).toBe(true);
    expect(core.confirm(Readiness.WRITABLE) & Readiness.WRITABLE).toBe(Readiness.WRITABLE);
    core.close();
  });

  it('says that a datagram was cut off, and whose it was', () => {
    const [a, b] = [open(2, 2), open(2, 2)];
    const name = bindLoopback(a, 2);
    const nameOfB = bindLoopback(b, 2);
    for (const text of ['0123456789', '0123456789', 'whole']) b.trySend(bytes(text), 1, 0, name, 16, 0);
    until(a, Readiness.READABLE);
    const from = addressSlot();
    const short = buffers(4);
    expect(a.tryReceive(short, 1, 0, from)).toBe(-10040);
    expect(Buffer.from(short[0]!.buf).toString()).toBe('0123');
    expect(from.bytes.slice(0, from.length)).toEqual(nameOfB);
    expect(a.tryReceive(buffers(2, 3), 2, 0, from)).toBe(-10040);
    expect(receive(a)).toBe('whole');
    a.close();
    b.close();
  });

  it('gathers and scatters one datagram, and takes an empty one', () => {
    const [a, b] = [open(2, 2), open(2, 2)];
    const name = bindLoopback(a, 2);
    expect(b.trySend(bytes('ab', 'cde'), 2, 0, name, 16, 0)).toBe(5);
    expect(b.trySend(bytes(''), 1, 0, name, 16, 0)).toBe(0);
    until(a, Readiness.READABLE);
    const into = buffers(3, 10);
    const from = addressSlot();
    expect(a.tryReceive(into, 2, 0, from)).toBe(5);
    expect(from.bytes.slice(0, from.length)).toEqual(localName(b).fill(0, 4, 8).fill(127, 4, 5).fill(1, 7, 8));
    expect(Buffer.from(into[0]!.buf).toString()).toBe('abc');
    expect(receive(a)).toBe('');
    expect(receive(a)).toBe(-10035);
    a.close();
    b.close();
  });

  it('never reports a closed port from a send, and then from one receive', () => {
    const vacant = open(2, 2);
    const nobody = bindLoopback(vacant, 2);
    vacant.close();
    const core = open(2, 2);
    expect(core.tryConnect(nobody, 16)).toBe(0);
    for (let time = 0; time < 10; time++) expect(send(core, 'x')).toBe(1);
    pump(() => has(core, Readiness.READABLE));
    expect(receive(core)).toBe(-10054);
    core.close();
  });

  it('can be told not to report closed ports', () => {
    const vacant = open(2, 2);
    const nobody = bindLoopback(vacant, 2);
    vacant.close();
    const core = open(2, 2);
    expect(core.ioctl(0x9800000c, Uint8Array.of(0, 0, 0, 0), 4, null, 0)).toBe(0);
    core.tryConnect(nobody, 16);
    send(core, 'x');
    send(core, 'x');
    expect(receive(core)).toBe(-10035);
    core.close();
  });

  it('has its peer taken away by an address of zeros', () => {
    const [a, b] = [open(2, 2), open(2, 2)];
    const name = bindLoopback(a, 2);
    expect(b.tryConnect(name, 16)).toBe(0);
    const slot = addressSlot();
    expect(b.peerName(slot)).toBe(0);
    expect(b.tryConnect(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 16)).toBe(0);
    expect(b.peerName(slot)).toBe(10057);
    expect(b.trySend(bytes('x'), 1, 0, null, 0, 0)).toBe(-10057);
    a.close();
    b.close();
  });

  it('does not listen, and knows its longest datagram', () => {
    const core = open(2, 2);
    expect(core.listen(1)).toBe(10045);
    const value = new Uint8Array(4);
    expect(core.getOption(0xffff, 0x2003, value, 4)).toBe(4);
    expect(new DataView(value.buffer).getUint32(0, true)).toBe(65507);
    core.close();
  });
});

describe.runIf(process.platform === 'linux')('routing', () => {
  it('finds the interface for a destination', () => {
    const core = open(2, 2);
    const output = new Uint8Array(16);
    const target = Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(core.ioctl(0xc8000014, target, 16, output, 16)).toBe(16);
    expect([...output.subarray(0, 8)]).toEqual([2, 0, 0, 0, 127, 0, 0, 1]);
    expect(core.ioctl(0x12345678, null, 0, null, 0)).toBe(-10045);
    core.close();
  });
});

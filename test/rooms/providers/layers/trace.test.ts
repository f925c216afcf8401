import diagnostics_channel from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import { FD_READ, ref, WSAECONNREFUSED, WSAEWOULDBLOCK, WSAOVERLAPPED } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { formatTraceRecord, trace, TraceRecorder, WSPStartup, type TraceRecord } from 'ws2spi/providers/layers/trace';
import { connectedPair, createTestInstance } from 'ws2spi/testkit';
import { describeOnEveryProvider } from '../../../support/providers.js';

function calls(records: readonly TraceRecord[], from = 0): string[] {
  return records.slice(from).map(({ name, bytes }) => (bytes === undefined ? name : `${name} ${bytes}`));
}

describeOnEveryProvider('The trace layer', ({ it }) => {
  it('records what crossed, in order, with bytes', (world) => {
    const layer = trace();
    world.stack([layer]);
    const { client, server } = world.connectedPair();
    const before = layer.recorder.records.length;
    world.send(client, 'hello');
    world.receiveAll(server, 5);
    const { records } = layer.recorder;
    expect(calls(records, before)).toEqual(['WSPSend 5', 'WSPRecv 5']);
    expect(records.slice(0, before).map(({ name }) => name)).toEqual([
      'WSPSocket',
      'WSPBind',
      'WSPListen',
      'WSPGetSockName',
      'WSPSocket',
      'WSPConnect',
      'WSPAccept',
    ]);
  });

  it('numbers records in the order of their beginning and nests what happens inside', (world) => {
    const recorder = new TraceRecorder();
    world.stack([trace({ name: 'outer', recorder }), trace({ name: 'inner', recorder })]);
    const { client } = world.connectedPair();
    const before = recorder.records.length;
    world.send(client, 'x');
    const sent = recorder.records.slice(before);
    expect(sent.map(({ layer, depth, name }) => [layer, depth, name])).toEqual([
      ['outer', 0, 'WSPSend'],
      ['inner', 1, 'WSPSend'],
    ]);
    expect(sent[1]!.sequence).toBe(sent[0]!.sequence + 1);
    expect(sent[0]!.duration).toBeGreaterThanOrEqual(sent[1]!.duration);
  });

  it('records failures with their errors, and addresses in text form', (world) => {
    const layer = trace();
    world.stack([layer]);
    const s = world.tcpSocket();
    const closed = world.closedPort();
    expect(world.connect(s, closed)).toBe(WSAECONNREFUSED);
    const record = layer.recorder.records.find(({ name }) => name === 'WSPConnect')!;
    expect(record.error).toBe(WSAECONNREFUSED);
    expect(record.detail).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(formatTraceRecord(record)).toMatch(/WSPConnect \d+ 127\.0\.0\.1:\d+ WSAECONNREFUSED$/);
  });

  it('records network events and overlapped completions before the application is told', (world) => {
    const layer = trace();
    world.stack([layer]);
    const { client, server } = world.connectedPair();
    const hEvent = world.event();
    world.eventSelect(server, hEvent, FD_READ);
    world.send(client, 'now');
    expect(world.signalled(hEvent, 60_000)).toBe(true);
    expect(
      layer.recorder.records.some(
        ({ kind, name, socket }) => kind === 'event' && name === 'FD_READ' && socket === server,
      ),
    ).toBe(true);
    world.receiveAll(server, 3);

    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    const room = { len: 10, buf: new Uint8Array(10) };
    world.ws2.WSARecv(server, [room], 1, null, ref(0), overlapped, null);
    world.send(client, 'later');
    expect(world.signalled(overlapped.hEvent, 60_000)).toBe(true);
    const completion = layer.recorder.records.find(({ kind }) => kind === 'completion')!;
    expect([completion.socket, completion.bytes, completion.error]).toEqual([server, 5, 0]);
  });

  it('changes nothing: a call that would block says so', (world) => {
    const layer = trace();
    world.stack([layer]);
    const { server } = world.connectedPair();
    world.nonBlocking(server);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect(layer.recorder.records.at(-1)!.error).toBe(WSAEWOULDBLOCK);
  });
});

test('Payload is kept only when it is asked for, and only as much as was asked for', () => {
  using world = createTestInstance();
  const silent = trace({ name: 'silent' });
  const curious = trace({ name: 'curious', dataBytes: 4 });
  const [entry] = stack(world.ws2, [silent, curious]);
  const { client, server } = connectedPair(world.ws2, { entry: entry! });
  world.ws2.send(client, Buffer.from('password'), 8, 0);
  world.ws2.recv(server, new Uint8Array(8), 8, 0);
  expect(silent.recorder.records.every(({ data }) => data === undefined)).toBe(true);
  expect(JSON.stringify(silent.recorder.records)).not.toContain('pass');
  const kept = curious.recorder.records.filter(({ data }) => data !== undefined);
  expect(kept.map(({ name, data }) => [name, Buffer.from(data!).toString()])).toEqual([
    ['WSPSend', 'pass'],
    ['WSPRecv', 'pass'],
  ]);
});

test('Times are those of the instance clock', () => {
  using world = createTestInstance({ network: { latency: 250 } });
  const layer = trace();
  const [entry] = stack(world.ws2, [layer]);
  connectedPair(world.ws2, { entry: entry! });
  const connect = layer.recorder.records.find(({ name }) => name === 'WSPConnect')!;
  expect(connect.duration).toBe(500);
});

test('A recorder keeps no more than it is told to, and tells a listener of everything', () => {
  const told: number[] = [];
  const recorder = new TraceRecorder(2, ({ sequence }) => told.push(sequence));
  for (let i = 0; i < 5; i++) recorder.end(recorder.begin('l', 'call', 'WSPSend', 4, i), i);
  expect(recorder.records.map(({ sequence }) => sequence)).toEqual([4, 5]);
  expect(told).toEqual([1, 2, 3, 4, 5]);
});

const record = (recorder: TraceRecorder, time: number): void =>
  recorder.end(recorder.begin('x', 'call', 'send', 4, time), time);

test.each([0, 1, 10, 1000, Infinity])('A recorder keeps the last %d records, whenever it is asked', (limit) => {
  const recorder = new TraceRecorder(limit);
  for (let i = 1; i <= 5000; i++) {
    record(recorder, i);
    if (i % 997 !== 0 && i !== 5000) continue;
    const kept = Math.min(i, limit);
    const expected = Array.from({ length: kept }, (_, at) => i - kept + at + 1);
    expect(recorder.records.map(({ sequence }) => sequence)).toEqual(expected);
    expect(recorder.records.map(({ time }) => time)).toEqual(expected);
    expect(Array.from(recorder, ({ sequence }) => sequence)).toEqual(expected);
  }
});

test('A record costs the same among 10 that are kept as among 100,000', () => {
  const few = new TraceRecorder(10);
  const many = new TraceRecorder(100_000);
  const CALLS = 20_000;
  const cost = (recorder: TraceRecorder): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) record(recorder, i);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  for (let filled = 0; filled < 120_000; filled += CALLS) for (const recorder of [few, many]) cost(recorder);
  // In turn, and the cheapest of each: what the collector does at its own times falls out.
  const rounds = Array.from({ length: 15 }, () => [cost(few), cost(many)] as const);
  const least = (which: 0 | 1): number => Math.min(...rounds.map((round) => round[which]));
  expect(least(1) / least(0)).toBeLessThan(2);
});

test('Records are the reader’s own, and what a reader does to them changes nothing', () => {
  const recorder = new TraceRecorder(10);
  for (let i = 0; i < 15; i++) record(recorder, i);
  const records = recorder.records;
  records[0]!.detail = 'spoilt';
  records.length = 0;
  expect(recorder.records).toHaveLength(10);
  expect(recorder.records[0]!.detail).toBe('');
  for (const { sequence } of recorder) if (sequence < 100) record(recorder, sequence);
  expect(recorder.records.at(-1)!.sequence).toBeGreaterThan(100);
});

test('A recorder that is cleared forgets what it has, with calls that are not over, and goes on counting', () => {
  const recorder = new TraceRecorder(3);
  const open = recorder.begin('x', 'call', 'connect', 4, 1);
  for (let i = 0; i < 5; i++) record(recorder, i);
  recorder.clear();
  expect(recorder.records).toEqual([]);
  record(recorder, 7);
  recorder.end(open, 9);
  expect(recorder.records.map(({ sequence, name }) => [sequence, name])).toEqual([[7, 'send']]);
});

test('A call that is not over is among the records, as it began; one that ends late does not spoil those that came after', () => {
  const recorder = new TraceRecorder(2);
  const open = recorder.begin('x', 'call', 'connect', 4, 1);
  expect(recorder.records).toMatchObject([{ name: 'connect', socket: 4, time: 1, duration: 0 }]);
  record(recorder, 2);
  record(recorder, 3);
  open.detail = 'late';
  recorder.end(open, 9);
  expect(recorder.records).toMatchObject([
    { name: 'send', detail: '', time: 2 },
    { name: 'send', detail: '', time: 3 },
  ]);
});

test('Installed by its WSPStartup, the layer publishes its records on a diagnostics channel', () => {
  using world = createTestInstance();
  const [entry] = stack(world.ws2, [{ name: 'installed', version: '1', ifs: true, WSPStartup }]);
  const names: string[] = [];
  const listen = (record: unknown): void => void names.push((record as TraceRecord).name);
  diagnostics_channel.subscribe('ws2spi:trace', listen);
  connectedPair(world.ws2, { entry: entry! }).close();
  diagnostics_channel.unsubscribe('ws2spi:trace', listen);
  expect(names).toContain('WSPConnect');
  expect(names.filter((name) => name === 'WSPCloseSocket')).toHaveLength(3);
});

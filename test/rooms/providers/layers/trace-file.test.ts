import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { INVALID_SOCKET, parseSockaddr } from 'ws2spi';
import { trace, type TraceOptions } from 'ws2spi/providers/layers/trace';
import { inWorld, loopback, type World } from '../../../support/providers.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string };
}
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number; message?: string };
}

/** A run under the layer: a connection with a secret, and one that is refused. */
async function linesOf(world: World, options: TraceOptions): Promise<{ lines: string[]; port: number; file: string }> {
  const file = join(temporaryFolder(), 'trace');
  const { s: listener, name } = world.listener();
  world.stack([trace({ file, ...options })]);
  const s = world.tcpSocket();
  world.connect(s, name);
  world.accept(listener);
  world.send(s, 'a secret');
  world.connect(world.tcpSocket(), loopback(9));
  await setImmediate();
  await setImmediate();
  return { lines: readFileSync(file, 'utf8').trimEnd().split('\n'), port: parseSockaddr(name).port, file };
}

test(
  'A trace in a file is lines of text, without contents, for its owner alone',
  inWorld('memory', async (world) => {
    const { lines, port, file } = await linesOf(world, {});
    expect(lines.find((line) => line.includes('WSPConnect'))).toContain(`127.0.0.1:${port}`);
    expect(lines.join()).not.toContain('secret');
    expect(statSync(file).mode & 0o077).toBe(0);
  }),
);

test(
  'or lines of JSON, with contents if they are asked for',
  inWorld('memory', async (world) => {
    const { lines } = await linesOf(world, { format: 'json', dataBytes: 8 });
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.find(({ name }) => name === 'WSPSend')).toMatchObject({
      bytes: 8,
      data: Buffer.from('a secret').toString('hex'),
      parent: 0,
    });
    expect(records.filter(({ name }) => name === 'WSPConnect').at(-1)).toMatchObject({ errorName: 'WSAECONNREFUSED' });
  }),
);

test(
  'or spans as OpenTelemetry has them',
  inWorld('memory', async (world) => {
    const { lines, port } = await linesOf(world, { format: 'otlp' });
    const spans = lines.map((line) => {
      const { resourceSpans } = JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      return resourceSpans[0]!.scopeSpans[0]!.spans[0]!;
    });
    const [connect, refused] = spans.filter(({ name }) => name === 'WSPConnect');
    expect(connect!.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(connect!.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(connect!.kind).toBe(3);
    expect(BigInt(connect!.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(connect!.startTimeUnixNano));
    const values = Object.fromEntries(
      connect!.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
    );
    expect(values).toMatchObject({
      'network.transport': 'tcp',
      'network.type': 'ipv4',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': port,
      'server.address': '127.0.0.1',
      'server.port': port,
    });
    expect(refused!.status).toEqual({ code: 2, message: 'WSAECONNREFUSED' });
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    expect(spans.find(({ name }) => name === 'WSPSend')!.traceId).toBe(connect!.traceId);
  }),
);

test('A format without a file, or one that there is not, is refused', () => {
  expect(() => trace({ format: 'json' })).toThrow(/`format` is that of `file`, which is missing/);
  expect(() => trace({ file: 'x', format: 'jsn' as never })).toThrow(/'text', 'json' or 'otlp'.*did you mean "json"\?/);
});

test(
  'A file that cannot be opened keeps the layer from starting',
  inWorld('memory', (world) => {
    world.stack([trace({ file: join(temporaryFolder(), 'no', 'folder') })]);
    const [entry] = world.entries.values();
    expect(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(INVALID_SOCKET);
    expect(world.defects.splice(0)[0]!.message).toMatch(/^trace: the trace cannot be written to .*ENOENT/);
  }),
);

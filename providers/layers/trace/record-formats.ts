// Records as texts: lines for people, JSON lines, and OpenTelemetry's spans as its collectors read them from files.
import { parseIPv4, parseIPv6, winsockErrorName, type RandomSource } from '../../../spi/index.js';
import { formatTraceRecord } from './recorder.js';
import type { TraceRecord } from './trace-record.js';

/** The forms in which records are written. */
export const RECORD_FORMATS = ['text', 'json', 'otlp'] as const;
/** A form in which records are written: lines for people, lines of JSON, or a line of OTLP/JSON for each span. */
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** What records are written by. */
export interface RecordSurroundings {
  /** Milliseconds since 1970 at which the instance's clock was at 0; 0 for a virtual one. */
  readonly epoch: number;
  /** `tcp` or `udp`; `null` for another protocol. */
  readonly transport: string | null;
  readonly random: RandomSource;
}

/** Writes a record as a line, without its end. */
export type WriteRecord = (record: TraceRecord, parent: number) => string;

/**
 * Makes what writes records in one form.
 *
 * @returns a function of a record that is complete, and of the sequence number of the one that it lies in, 0 for none
 */
export function recordWriter(format: RecordFormat, surroundings: RecordSurroundings): WriteRecord {
  if (format === 'text') return (record) => formatTraceRecord(record);
  if (format === 'json') {
    return ({ data, ...record }, parent) =>
      JSON.stringify({
        ...record,
        parent,
        errorName: record.error === 0 ? undefined : winsockErrorName(record.error),
        data: data === undefined ? undefined : Buffer.from(data).toString('hex'),
      });
  }
  const run = hexadecimal(surroundings.random);
  return (record, parent) => JSON.stringify(requestOf(record, parent, run, surroundings));
}

/** Eight bytes in hexadecimal, by chance. */
function hexadecimal(random: RandomSource): string {
  return [0, 1].map(() => fixed(Math.floor(random.next() * 0xffff_ffff) + 1, 8)).join('');
}

function fixed(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** A value as OTLP/JSON has it; whole numbers of 64 bits are texts there. */
function attribute(key: string, value: string | number): object {
  return { key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } };
}

const SPAN_KIND_INTERNAL = 1;
const SPAN_KIND_SERVER = 2;
const SPAN_KIND_CLIENT = 3;
const STATUS_ERROR = 2;

/** One span, as the body of an export (opentelemetry-proto: ExportTraceServiceRequest). A socket is a trace. */
function requestOf(record: TraceRecord, parent: number, run: string, { epoch, transport }: RecordSurroundings): object {
  const { name, layer, socket, sequence, time, duration, bytes, error } = record;
  const attributes = [attribute('ws2spi.layer', layer), attribute('ws2spi.socket', socket)];
  if (transport !== null) attributes.push(attribute('network.transport', transport));
  const place = addressIn(record);
  if (place !== null) {
    attributes.push(attribute('network.type', place.type));
    const side = name === 'WSPBind' || name === 'WSPGetSockName' ? 'network.local' : 'network.peer';
    attributes.push(attribute(`${side}.address`, place.address), attribute(`${side}.port`, place.port));
    if (name === 'WSPConnect') {
      attributes.push(attribute('server.address', place.address), attribute('server.port', place.port));
    }
  }
  if (bytes !== undefined) attributes.push(attribute('ws2spi.bytes', bytes));
  const failure = error === 0 ? null : (winsockErrorName(error) ?? String(error));
  if (failure !== null) attributes.push(attribute('error.type', failure));
  const span = {
    traceId: run + fixed(socket, 16),
    spanId: spanId(sequence, run),
    ...(parent > 0 && { parentSpanId: spanId(parent, run) }),
    name,
    kind: name === 'WSPConnect' ? SPAN_KIND_CLIENT : name === 'WSPAccept' ? SPAN_KIND_SERVER : SPAN_KIND_INTERNAL,
    startTimeUnixNano: nanoseconds(epoch + time),
    endTimeUnixNano: nanoseconds(epoch + time + duration),
    attributes,
    status: failure === null ? {} : { code: STATUS_ERROR, message: failure },
  };
  const resource = { attributes: [attribute('process.pid', process.pid)] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'ws2spi' }, spans: [span] }] }] };
}

function spanId(sequence: number, run: string): string {
  return run.slice(0, 4) + fixed(sequence, 12);
}

/** Milliseconds as a text of nanoseconds: they are more than a number can count. */
function nanoseconds(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1_000_000)));
}

/** The address that a record is about. */
function addressIn({ detail }: TraceRecord): { type: string; address: string; port: number } | null {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d+)/.exec(detail) ?? [];
  const address = six?.replace(/%.*$/, '') ?? four;
  if (address === undefined) return null;
  if (parseIPv4(address) !== null) return { type: 'ipv4', address, port: Number(port) };
  return parseIPv6(address) === null ? null : { type: 'ipv6', address, port: Number(port) };
}

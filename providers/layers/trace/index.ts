/**
 * The trace layer: records what crosses it, in which order, with bytes and times, and changes nothing. Several trace
 * layers with one recorder show a chain nested as it happens. Payload is not kept unless it is asked for.
 *
 * @module
 */
import diagnostics_channel from 'node:diagnostics_channel';
import { threadId } from 'node:worker_threads';
import {
  createLayerStartup,
  fillPassThroughTable,
  functionsBefore,
  LayerCannotStart,
  PassThroughProvider,
  type Layer,
  type LayerContext,
} from '../../../chain/index.js';
import {
  IPPROTO_TCP,
  IPPROTO_UDP,
  WSPPROC_NAMES,
  type LPWSPSTARTUP,
  type Ref,
  type WSPPROC_TABLE,
} from '../../../spi/index.js';
import type { AnyFunction } from '../../../spi/wrap-table.js';
import { failureOf, WSP_SIGNATURES } from '../../../spi/signatures/index.js';
import { checkOptions, numberThat, objectWith, oneOf, textThat, type OptionRule } from '../../../spi/option-check.js';
import { beforeExit } from '../../../outputs/index.js';
import { givenOutput, networkEventNames, openTraceFile, type TraceOutput } from '../../../tracing/index.js';
import { describeCall, SILENT } from './descriptions.js';
import { RECORD_FORMATS, recordWriter, type RecordFormat } from './record-formats.js';
import { quietCalls } from './quiet-calls.js';
import { quietSequenceOf, TraceRecorder } from './recorder.js';
import type { TraceRecord } from './trace-record.js';

export type { RecordFormat } from './record-formats.js';
export { formatTraceRecord, TraceRecorder } from './recorder.js';
export type { TraceRecord } from './trace-record.js';

/** What a trace layer records, and where to. */
export interface TraceOptions {
  /** The layer's name in the records; `trace` if absent. */
  readonly name?: string;
  /** Where the records go; a recorder of the layer's own if absent. */
  readonly recorder?: TraceRecorder;
  /** How many bytes of each transfer to keep in the records; 0 if absent, since payload may be secret. */
  readonly dataBytes?: number;
  /**
   * The path of a file that each record is written to when it is complete, anew, for its owner alone; `%p` in it stands for the number of
   * the process, `%t` for that of the thread. `-` is standard output, and `pipe:` and a number a descriptor: `pipe:2` standard error.
   */
  readonly file?: string;
  /** The form of `file`: `text` lines, `json` lines, or `otlp`: a line of OTLP/JSON for each span. `text` if absent. */
  readonly format?: RecordFormat;
  /** Told of each record when it is complete. */
  readonly onRecord?: (record: TraceRecord) => void;
}

const DESCRIPTOR = /^pipe:(\d{1,9})$/;

const RULES: Readonly<Record<keyof TraceOptions, OptionRule>> = {
  name: { fits: (value) => typeof value === 'string', expected: 'a string' },
  recorder: objectWith(['begin'], 'a TraceRecorder'),
  dataBytes: numberThat((value) => value >= 0, 'a number of bytes, 0 or more'),
  file: textThat(
    (value) => value !== '' && (!value.startsWith('pipe:') || DESCRIPTOR.test(value)),
    "the path of a file, '-' for standard output, or 'pipe:' and the number of a descriptor",
  ),
  format: oneOf(...RECORD_FORMATS),
  onRecord: { fits: (value) => typeof value === 'function', expected: 'a function' },
};

/** A trace layer, with its records. */
export interface TraceLayer extends Layer {
  readonly recorder: TraceRecorder;
}

/**
 * Makes a trace layer.
 *
 * @param options what to record, and where to
 */
export function trace(options: TraceOptions = {}): TraceLayer {
  checkOptions('trace', options, RULES);
  const { name = 'trace', dataBytes = 0, onRecord, format = 'text' } = options;
  const file = options.file?.replaceAll('%p', String(process.pid)).replaceAll('%t', String(threadId));
  if (format !== 'text' && file === undefined)
    throw new TypeError('trace: `format` is that of `file`, which is missing');
  const recorder = options.recorder ?? new TraceRecorder(undefined, onRecord);
  // Opened as the layer first starts, and shared by its chains.
  let output: TraceOutput | null = null;
  const writeTo = (context: LayerContext): ((record: TraceRecord) => void) | null => {
    if (file === undefined) return null;
    const { host, chain } = context;
    if (output === null) {
      const failed = (message: string): void => host.report({ message: `${name}: ${message}`, provider: name });
      const given = file === '-' ? '1' : DESCRIPTOR.exec(file)?.[1];
      const opened =
        given === undefined
          ? LayerCannotStart.unless(name, () => openTraceFile(file, failed))
          : givenOutput(Number(given), failed);
      beforeExit(() => opened.close());
      output = opened;
    }
    const to = output;
    const epoch = host.clock.virtual ? 0 : Date.now() - host.clock.now();
    const transport = chain.iProtocol === IPPROTO_TCP ? 'tcp' : chain.iProtocol === IPPROTO_UDP ? 'udp' : null;
    const line = recordWriter(format, { epoch, transport, random: host.random });
    return (record) => to.write(`${line(record, recorder.parentOf(record))}\n`);
  };
  const WSPStartup = createLayerStartup('trace 1.0.0', (context, table) => {
    fillPassThroughTable(new PassThroughProvider(context), context.lower, table);
    recordCalls(context, table, name, recorder, dataBytes, writeTo(context));
  });
  return { name, version: '1.0.0', ifs: true, WSPStartup, recorder };
}

/** Wraps every function of the table that says something about sockets. */
function recordCalls(
  context: LayerContext,
  table: WSPPROC_TABLE,
  layer: string,
  recorder: TraceRecorder,
  dataBytes: number,
  write: ((record: TraceRecord) => void) | null,
): void {
  const { host } = context;
  const slots = table as unknown as Record<string, AnyFunction>;
  const below = functionsBefore(table, context.lower) as unknown as Readonly<Record<string, AnyFunction>>;

  const quiet = write === null && dataBytes === 0 ? quietSequenceOf(recorder) : null;

  /** What happens to a socket takes no time. */
  const recordMoment = (kind: 'completion' | 'event', name: string, s: number, error: number, bytes?: number): void => {
    const now = host.clock.now();
    if (quiet !== null) {
      const { depth } = quiet;
      quiet.end(quiet.begin(quiet.headOf(layer, kind, name), s, now), depth, 0, '', bytes ?? NaN, error, 0);
      return;
    }
    const record = recorder.begin(layer, kind, name, s, now);
    if (bytes !== undefined) record.bytes = bytes;
    record.error = error;
    recorder.end(record, now);
    write?.(record);
  };
  const watch = (socket: number): void => {
    const stop = host.observe(socket, {
      completed: (s, _overlapped, error, transferred) =>
        recordMoment('completion', 'overlapped operation', s, error, transferred),
      networkEvent: (s, event, error) => recordMoment('event', networkEventNames(event), s, error),
    });
    watched.set(socket, stop);
  };
  const watched = new Map<number, () => void>();

  const own = quiet === null ? {} : quietCalls(context, layer, quiet);
  for (const slot of WSPPROC_NAMES) {
    if (SILENT.has(slot) || slot in own) continue;
    const name = slot.slice(2);
    const { result: kind } = WSP_SIGNATURES[slot];
    const failure = failureOf(WSP_SIGNATURES[slot]);
    const opens = kind === 'socket';
    slots[slot] = (...args: unknown[]): unknown => {
      const socket = typeof args[0] === 'number' && slot !== 'lpWSPSocket' ? args[0] : 0;
      const record = recorder.begin(layer, 'call', name, socket, host.clock.now());
      let result: unknown;
      try {
        result = below[slot]!(...args);
      } finally {
        const lpErrno = args[args.length - 1] as Ref<number>;
        const failed = result === failure || result === undefined;
        record.result = typeof result === 'boolean' ? result : Number(result);
        record.error = failed ? lpErrno.value : 0;
        describeCall(slot, args, record, failed, dataBytes);
        if (opens && !failed) record.socket ||= result as number;
        recorder.end(record, host.clock.now());
        write?.(record);
      }
      // A socket that joins a session as a leaf is there already.
      if (opens && record.error === 0 && !watched.has(result as number)) watch(result as number);
      if (slot === 'lpWSPCloseSocket' && record.error === 0) {
        watched.get(socket)?.();
        watched.delete(socket);
      }
      return result;
    };
  }
  Object.assign(table, own);
}

const channel = diagnostics_channel.channel('ws2spi:trace');

/** The layer as a provider, for catalogs: its records go to the diagnostics channel `ws2spi:trace`. */
export const WSPStartup: LPWSPSTARTUP = (version, data, protocolInfo, upcalls, table) =>
  trace({
    recorder: new TraceRecorder(0, (record) => {
      if (channel.hasSubscribers) channel.publish(record);
    }),
  }).WSPStartup(version, data, protocolInfo, upcalls, table);

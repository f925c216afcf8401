/**
 * The layer that serves recorded conversations back: programs speak to what the layer `record` wrote, and no socket below it
 * is connected.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import {
  createCodecCores,
  createLayerStartup,
  LayerCannotStart,
  type CodecCores,
  type Layer,
  type LayerContext,
} from '../../../chain/index.js';
import { createTransportProvider, type CoreFactory } from '../../../io/index.js';
import {
  PATTERNS,
  readRecording,
  recordedConnections,
  recordedDatagrams,
  recordedFailures,
  RecordingFile,
  rulesOf,
  Substitution,
  type ConversationStyle,
  type Pattern,
  type Recording,
} from '../../../recordings/index.js';
import {
  SOCK_DGRAM,
  SOCK_STREAM,
  WSAEPROVIDERFAILEDINIT,
  WSAESOCKTNOSUPPORT,
  type LPWSPSTARTUP,
  type WSPPROC_TABLE,
} from '../../../spi/index.js';
import { checkOptions, FLAG, numberThat, oneOf, textThat, type OptionRule } from '../../../spi/option-check.js';
import { AnswerOrder } from './answer-order.js';
import { Library } from './library.js';

import { PlayedDatagrams } from './played-datagrams.js';
import { PlayedPorts } from './played-ports.js';
import { PlayedStream } from './played-stream.js';
import type { Stage } from './stage.js';
import { ThroughStream } from './through-stream.js';

export type { Pattern } from '../../../recordings/index.js';

/** What is served, and how. */
export interface ReplayOptions {
  /** The recording. */
  readonly file: string;
  /**
   * `strict`, the usual: connections to a destination get its conversations in their order, and have to send what was sent
   * then, to the byte. `longest`: a connection gets the conversation whose requests match longest, also more than once. `through`: the
   * same, and what is not known goes to the real thing, and is added to the recording. Where programs listen, and datagrams, are
   * the real thing's then.
   */
  readonly mode?: 'strict' | 'longest' | 'through';
  /** What was given to `record`, so that what it left out is left out before it is compared. */
  readonly redact?: readonly Pattern[];
  /** Parts of what the program sends that may be others than in the recording. */
  readonly vary?: readonly Pattern[];
  /** Whether answers take as long as they took, by the instance's clock; at once if absent. */
  readonly pace?: boolean;
  /**
   * Milliseconds of the instance's clock for which a program may wait for an answer before it has sent all of its request; then the
   * connection fails, and what is missing is said. 10,000 if absent, `Infinity` for no limit.
   */
  readonly patience?: number;
  /** The layer's name; `replay` if absent. */
  readonly name?: string;
}

const RULES: Readonly<Record<keyof ReplayOptions, OptionRule>> = {
  file: textThat((value) => value !== '' && !value.includes('\0'), 'the path of a recording'),
  mode: oneOf('strict', 'longest', 'through'),
  redact: PATTERNS,
  vary: PATTERNS,
  pace: FLAG,
  patience: numberThat((value) => value > 0, 'milliseconds, more than 0'),
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

/**
 * Makes a layer that serves a recording.
 *
 * @param options what it serves, and how
 * @throws TypeError for an option that there is not, or that cannot be so; it names the option and what it must be
 */
export function replay(options: ReplayOptions): Layer {
  checkOptions('replay', options, RULES);
  if (options?.file === undefined) throw new TypeError('replay: `file` must be the path of a recording, not undefined');
  const { name = 'replay' } = options;
  // Read once, at the first start: what is played next is known to all instances.
  let library: Library | null = null;
  // All starts of the layer add to one file.
  const added: Added = { file: null, failed: () => undefined };
  const WSPStartup = createLayerStartup(`${name} 1.0.0`, (context, table) => {
    library ??= LayerCannotStart.unless(name, () => new Library(readable(options), variationOf(options.vary)));
    Object.assign(table, createReplay(context, library, options, name, added));
  });
  return { name, version: '1.0.0', ifs: false, WSPStartup };
}

function readable({ file, pace = false, mode }: ReplayOptions): Recording {
  // What goes through to the real thing may begin with nothing.
  if (mode === 'through' && !existsSync(file))
    return { file, conversations: [], listeners: [], timed: pace, version: 2 };
  const recording = readRecording(file);
  if (pace && !recording.timed) {
    throw new Error(`replay cannot pace ${file}: it has no times. Record it with \`times: true\``);
  }
  return recording;
}

/** When an answer of HTTP was made: servers of Node.js write it themselves, as many others do. */
const DATE = /(?<=\r\ndate: )\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT(?=\r\n)/i;

/** What may be another each time. */
function variationOf(patterns: readonly Pattern[] = []): Substitution {
  return new Substitution(rulesOf([...patterns, DATE], '[varies]'));
}

/** What is recorded in the mode `through`. */
interface Added {
  file: RecordingFile | null;
  failed(message: string): void;
}

function createReplay(
  context: LayerContext,
  library: Library,
  options: ReplayOptions,
  name: string,
  added: Added,
): WSPPROC_TABLE {
  const { host, lower, entry } = context;
  const { mode = 'strict', pace = false, patience = 10_000 } = options;
  const redaction = redactionOf(options.redact);
  const stage: Stage = {
    library,
    recording: library.recording,
    host,
    strict: mode === 'strict',
    pace,
    patience,
    substitutions: [redaction, variationOf(options.vary)].filter((each) => each !== null),
    // What goes by recorded times keeps their order by itself.
    order: mode === 'strict' && !pace ? AnswerOrder.of(library.streams, host) : null,
    ports: new PlayedPorts(),
    takesNames: mode !== 'through',
    tell: (message, socket) => host.report({ message: `${name}: ${message}`, provider: name, socket }),
  };
  const real = mode === 'through' ? realSockets(context, options, name, library.recording, added) : null;
  return createTransportProvider({
    upcalls: context.upcalls,
    entry,
    factory: { createCore: real === null ? playedSockets(stage) : throughSockets(stage, real) },
    ownHandles: true,
    cleanup() {
      real?.abortAll();
      lower.lpWSPCleanup({ value: 0 });
      real?.file.close();
    },
  });
}

function redactionOf(patterns: readonly Pattern[] = []): Substitution | null {
  return patterns.length === 0 ? null : new Substitution(rulesOf(patterns, '[redacted]'));
}

function playedSockets(stage: Stage): CoreFactory['createCore'] {
  return (af, type) => {
    if (type === SOCK_STREAM) return new PlayedStream(stage, af);
    return type === SOCK_DGRAM ? new PlayedDatagrams(stage, af) : WSAESOCKTNOSUPPORT;
  };
}

/** The sockets of the layer below, which are recorded. */
interface RealSockets extends CodecCores {
  readonly file: RecordingFile;
}

function realSockets(
  context: LayerContext,
  options: ReplayOptions,
  name: string,
  recording: Recording,
  added: Added,
): RealSockets {
  const { host } = context;
  added.failed = (message) => host.report({ message: `${name}: ${message}`, provider: name });
  // A recording that is text throughout stays so.
  const form = { append: true, raw: recording.version > 1 };
  const file = (added.file ??= new RecordingFile(options.file, form, (message) => added.failed(message)));
  LayerCannotStart.unless(name, () => file.open());
  const redaction = redactionOf(options.redact);
  const timed = options.pace === true;
  const clock = timed ? () => host.clock.now() : null;
  const namesOf = (address: string): readonly string[] => host.resolvedNames(address);
  const style = (): ConversationStyle => ({ redaction, clock, namesOf });
  const codecs = {
    codec: recordedConnections(file, style),
    datagrams: recordedDatagrams(file, style),
    connectFailed: recordedFailures(file, style),
  };
  return { ...createCodecCores(context, { name, ...codecs }), file };
}

function throughSockets(stage: Stage, { createCore }: RealSockets): CoreFactory['createCore'] {
  return (...args) => {
    const core = createCore(...args);
    const [af, type] = args;
    return typeof core === 'number' || type !== SOCK_STREAM ? core : new ThroughStream(stage, af, core);
  };
}

const NEEDS_FILE =
  'replay: the layer needs to know what to serve: install a module of two lines, ' +
  "`import { replay } from 'ws2spi/providers/layers/replay';` and `export const { WSPStartup } = replay({ file: '/path/of/the.recording' });`";

/** The layer as a provider: it starts nothing, for nobody has said what to serve. Install a module that says it. */
export const WSPStartup: LPWSPSTARTUP = (_version, _data, _protocolInfo, upcalls) => {
  upcalls?.host.report({ message: NEEDS_FILE, provider: 'replay' });
  return WSAEPROVIDERFAILEDINIT;
};

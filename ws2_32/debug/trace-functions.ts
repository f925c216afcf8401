// Traces of an instance: those that a program asks for, and those of WS2SPI_TRACE.
import { writeSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { beforeSleep } from '../../host/index.js';
import { isExiting } from '../../outputs/index.js';
import { checkOptions, FLAG, numberThat, oneOf, type OptionRule } from '../../spi/option-check.js';
import {
  readTraceSettings,
  Trace,
  TRACE_FORMATS,
  withUsage,
  type TraceFormatName,
  type TraceSettings,
} from '../../tracing/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { DebugHook, FunctionName, TakeOff, TraceOptions } from './debug-hook.js';
import { matchNames } from './function-match.js';
import { MATCH_RULE, putHookIn } from './put-in.js';
import { traceHook } from './trace-hook.js';

const RULES: Readonly<Record<keyof TraceOptions, OptionRule>> = {
  format: oneOf(...TRACE_FORMATS),
  to: {
    fits: (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
    expected: "the path of a file, 'stderr', 'stdout' or a function that takes text",
  },
  match: MATCH_RULE,
  contents: numberThat((value) => Number.isInteger(value) && value >= 0, 'a number of bytes, 0 or more'),
  secrets: FLAG,
  colours: FLAG,
};

/**
 * Writes a trace of an instance; see `DebugFunctions.trace`.
 *
 * @throws TypeError for a wrong option; Error for a file that cannot be written
 */
export function traceInstance(dispatcher: Dispatcher, options: TraceOptions | undefined): TakeOff {
  checkOptions('debug.trace', options, RULES);
  const { format = 'lines', to = 'stderr', match, contents = 0, secrets = false, colours } = options ?? {};
  const target = to === 'stdout' || to === 'stderr' ? ({ stream: to } as const) : to;
  let takeOff: (() => void) | null = null;
  const trace = new Trace(format, target, colours, (message) => {
    takeOff?.();
    dispatcher.report({ message });
  });
  try {
    const hook = putHookIn(
      dispatcher,
      traceHook(dispatcher, trace, match as DebugHook<unknown>['match'], { contents, secrets }),
    );
    const stopSettling = beforeSleep(() => (trace.settle(), false));
    takeOff = () => {
      dispatcher.endings.delete(settle);
      stopSettling();
      hook();
      trace.finish();
    };
  } catch (cause) {
    trace.finish();
    throw cause;
  }
  const settle = (): void => trace.settle();
  dispatcher.endings.add(settle);
  return Object.assign(takeOff, { [Symbol.dispose]: takeOff });
}

/** What WS2SPI_TRACE asked for in this thread; `null` when that cannot be, which was said then. */
let environment: { readonly value: string; readonly settings: TraceSettings | null; trace: Trace | null } | null = null;

/** Says what is wrong with WS2SPI_TRACE; the program goes on without a trace. */
function complain(message: string): void {
  const warning = `WS2SPI_TRACE: ${message}`;
  if (!isExiting()) {
    process.emitWarning(warning, { type: 'Ws2spiTrace' });
    return;
  }
  // A warning is written in a later turn, which does not come any more.
  try {
    writeSync(2, `(node:${process.pid}) Ws2spiTrace: ${warning}\n`);
  } catch {
    // Nobody reads it.
  }
}

/** Writes the trace of an instance that WS2SPI_TRACE asks for. Whatever is wrong with it is said once, and costs nothing but the trace. */
export function traceByEnvironment(dispatcher: Dispatcher, value: string): void {
  if (environment?.value !== value) {
    environment = { value, settings: null, trace: null };
    try {
      const settings = readTraceSettings(value);
      if (settings === null) return;
      checkMatch(settings);
      environment = { value, settings, trace: openTrace(settings) };
    } catch (cause) {
      complain((cause as Error).message);
      return;
    }
  }
  const { settings, trace } = environment;
  if (settings === null || trace === null) return;
  const { match, contents, secrets } = settings;
  putHookIn(
    dispatcher,
    traceHook(dispatcher, trace, (match ?? undefined) as readonly FunctionName[] | undefined, { contents, secrets }),
  );
}

function checkMatch({ match }: TraceSettings): void {
  try {
    if (match !== null) matchNames(match);
  } catch (cause) {
    throw new TypeError(withUsage((cause as Error).message), { cause });
  }
}

function openTrace({ format, path }: TraceSettings): Trace {
  const target = path === null ? ({ stream: 'stderr' } as const) : ownPath(path);
  const trace = new Trace(format as TraceFormatName, target, undefined, complain);
  beforeSleep(() => (trace.settle(), false));
  return trace;
}

/** Set for the processes that this one starts: the process whose trace has the file that WS2SPI_TRACE names. */
const OWNER = 'WS2SPI_TRACE_OWNER';

/** A file of each process and worker: the first process has the one that is named, the others theirs beside it. */
function ownPath(path: string): string {
  const self = `${process.pid} ${resolve(path)}`;
  const owner = process.env[OWNER];
  // A process that was told of another file than the one that started it has that file.
  const isOwn =
    owner === undefined || owner === self || owner.slice(owner.indexOf(' ')) !== self.slice(self.indexOf(' '));
  if (isOwn) process.env[OWNER] = self;
  const process_ = isOwn ? '' : `.${process.pid}`;
  const worker = isMainThread ? '' : `.worker${threadId}`;
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}${process_}${worker}${ending}`;
}

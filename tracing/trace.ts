import { basename } from 'node:path';
import { isatty } from 'node:tty';
import { threadId } from 'node:worker_threads';
import { beforeExit } from '../outputs/index.js';
import { ChromeFormat } from './chrome-format.js';
import { wantsColours } from './colours.js';
import { JsonLinesFormat } from './json-lines-format.js';
import { LinesFormat } from './lines-format.js';
import { FunctionOutput, givenOutput, openTraceFile, type OutputFailed, type TraceOutput } from './trace-output.js';
import type { TracedCall, TracedCompletion, TracedResult, TraceFormat } from './traced-call.js';

/** The formats of traces: readable lines, JSON lines, and Chrome's for Perfetto. */
export const TRACE_FORMATS = ['lines', 'json', 'perfetto'] as const;
/** A format of traces. */
export type TraceFormatName = (typeof TRACE_FORMATS)[number];

/** What a trace is written to: a file's path, a stream of the process, or a function. */
export type TraceTarget = string | { readonly stream: 'stdout' | 'stderr' } | ((text: string) => void);

/** A trace that is being written: of one instance, or of several. */
export class Trace {
  readonly #output: TraceOutput;
  readonly #format: TraceFormat;
  readonly #open: TracedCall[] = [];
  readonly #staysAtExit: () => void;
  #instances = 0;
  #isFinished = false;

  /**
   * @param failed told when it cannot be written any more
   * @throws Error when its file cannot be opened
   */
  constructor(format: TraceFormatName, target: TraceTarget, colours: boolean | undefined, failed: OutputFailed) {
    this.#output = outputOf(target, failed);
    const write = (text: string): void => this.#output.write(text);
    const isTerminal = typeof target === 'object' && isatty(target.stream === 'stdout' ? 1 : 2);
    const program = process.argv[1] === undefined ? 'node' : basename(process.argv[1]);
    this.#format =
      format === 'lines'
        ? new LinesFormat(write, colours ?? (typeof target === 'object' && wantsColours(isTerminal)))
        : format === 'json'
          ? new JsonLinesFormat(write, { process: process.pid, thread: threadId })
          : new ChromeFormat(write, {
              process: process.pid,
              name: threadId === 0 ? program : `${program}, worker ${threadId}`,
            });
    this.#staysAtExit = beforeExit(() => this.finish());
  }

  /** Numbers another instance that this is a trace of. */
  addInstance(): number {
    return ++this.#instances;
  }

  /** A call began. */
  begin(call: TracedCall): void {
    if (this.#isFinished) return;
    this.#open.push(call);
    this.#format.begin(call);
  }

  /** It returned. */
  end(call: TracedCall, result: TracedResult): void {
    if (this.#isFinished) return;
    const at = this.#open.lastIndexOf(call);
    if (at >= 0) this.#open.splice(at, 1);
    this.#format.end(call, result);
  }

  /** An operation has ended. */
  completed(completion: TracedCompletion): void {
    if (!this.#isFinished) this.#format.completed(completion);
  }

  /** The thread is about to sleep: what there is of the trace can be read meanwhile. */
  settle(): void {
    if (this.#isFinished) return;
    this.#format.settle();
    this.#output.flush();
  }

  /** Ends it: what is under way is told as that. */
  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#staysAtExit();
    this.#format.finish(this.#open);
    this.#output.close();
  }
}

function outputOf(target: TraceTarget, failed: OutputFailed): TraceOutput {
  if (typeof target === 'string') return openTraceFile(target, failed);
  if (typeof target === 'object') return givenOutput(target.stream === 'stdout' ? 1 : 2, failed);
  return new FunctionOutput(target, failed);
}

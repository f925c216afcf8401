// The trace event format of Chrome, which chrome://tracing and Perfetto (ui.perfetto.dev) show.
import { trackName } from './lines-format.js';
import type { TracedCall, TracedCompletion, TracedResult, TraceFormat, WriteText } from './traced-call.js';

/** The least that two events are apart, in microseconds: what has one time is sorted as it is found, or not at all. */
const STEP = 0.001;

/**
 * A Chrome trace with a track for each layer: a slice for each call, and an asynchronous one for each operation from its
 * start to its end. Of a process that was killed the array has no end, which both programs put up with.
 */
export class ChromeFormat implements TraceFormat {
  readonly #tracks = new Map<string, number>();
  /** Operations whose slice has begun. */
  readonly #underWay = new Set<string>();
  #last = 0;
  #isFirst = true;

  /** @param from the process, and what it is called */
  constructor(
    private readonly write: WriteText,
    private readonly from: { readonly process: number; readonly name: string },
  ) {
    this.#event({ ph: 'M', name: 'process_name', args: { name: from.name } });
  }

  begin(call: TracedCall): void {
    this.#event({
      ph: 'B',
      name: call.function,
      cat: call.border,
      ts: this.#time(call.began),
      tid: this.#track(call),
      args: { id: call.id, ...(call.socket === undefined ? {} : { socket: call.socket }), ...call.arguments },
    });
  }

  end(call: TracedCall, { ended, result, error, errorName, outputs, thrown, isPending }: TracedResult): void {
    const tid = this.#track(call);
    const ts = this.#time(ended);
    const failure = error === 0 ? {} : { error: errorName ?? error };
    const args = { result, ...failure, ...(thrown === null ? {} : { thrown }), ...outputs };
    this.#event({ ph: 'E', ts, tid, args });
    if (!isPending) return;
    const id = `${call.instance}.${call.id}`;
    this.#underWay.add(id);
    this.#event({
      ph: 'b',
      name: call.function,
      cat: 'operation',
      id,
      ts: this.#time(ended),
      tid,
      args: { id: call.id },
    });
  }

  completed(completion: TracedCompletion): void {
    const { error, errorName, transferred, by, outputs } = completion;
    const tid = this.#track(completion);
    const ts = this.#time(completion.time);
    const id = `${completion.instance}.${completion.id}`;
    const args = {
      id: completion.id,
      transferred,
      by,
      ...(error === 0 ? {} : { error: errorName ?? error }),
      ...outputs,
    };
    const name = completion.function;
    // What ends at once has no slice of its own.
    if (this.#underWay.delete(id)) this.#event({ ph: 'e', name, cat: 'operation', id, ts, tid, args });
    else this.#event({ ph: 'i', name: `${name} ends`, cat: 'operation', s: 't', ts, tid, args });
  }

  settle(): void {
    // Nothing is held back.
  }

  finish(open: readonly TracedCall[]): void {
    for (const call of open.toReversed()) {
      this.#event({ ph: 'E', ts: this.#time(0), tid: this.#track(call), args: { unfinished: true } });
    }
    this.write('\n]\n');
  }

  #time(milliseconds: number): number {
    // The clock of another instance may have another beginning.
    this.#last = Math.max(milliseconds * 1000, this.#last + STEP);
    return Number(this.#last.toFixed(3));
  }

  #track({ border, layer, instance }: Pick<TracedCall, 'border' | 'layer' | 'instance'>): number {
    const name = `${instance === 1 ? '' : `${instance}: `}${trackName(border, layer)}`;
    const known = this.#tracks.get(name);
    if (known !== undefined) return known;
    const tid = this.#tracks.size + 1;
    this.#tracks.set(name, tid);
    const place = { api: 0, provider: 100, upcall: 200, 'name-space provider': 300 }[border] + (layer?.depth ?? 0);
    this.#event({ ph: 'M', name: 'thread_name', tid, args: { name } });
    this.#event({ ph: 'M', name: 'thread_sort_index', tid, args: { sort_index: 1000 * instance + place } });
    return tid;
  }

  #event(event: Record<string, unknown>): void {
    this.write(`${this.#isFirst ? '[\n' : ',\n'}${JSON.stringify({ pid: this.from.process, tid: 0, ...event })}`);
    this.#isFirst = false;
  }
}

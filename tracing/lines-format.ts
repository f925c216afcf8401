import { styleText } from 'node:util';
import type { TracedCall, TracedCompletion, TracedResult, TraceFormat, WriteText } from './traced-call.js';
import { argumentTexts, printable, valueText } from './value-texts.js';

type Style = Parameters<typeof styleText>[0];

const INDENT = '  ';

/**
 * Lines for people: time, layer, the call indented by depth, and what came of it. A call within which there were others
 * has a line for each end.
 */
export class LinesFormat implements TraceFormat {
  /** The line of the call that began last, as long as nothing else happened. */
  #held: { readonly call: TracedCall; readonly line: string } | null = null;

  /** @param isColoured whether lines are for a terminal that shows colours */
  constructor(
    private readonly write: WriteText,
    private readonly isColoured: boolean,
  ) {}

  begin(call: TracedCall): void {
    this.settle();
    const line = `${this.#head(call, call.began)}${this.#paint('bold', call.function)}(${argumentTexts(call.arguments)})`;
    this.#held = { call, line };
  }

  end(call: TracedCall, result: TracedResult): void {
    const held = this.#held;
    if (held?.call === call) {
      this.#held = null;
      this.#line(`${held.line}${this.#outcome(call, result)}`);
      return;
    }
    this.settle();
    const name = this.#paint('bold', call.function);
    this.#line(`${this.#head(call, result.ended)}${name}${this.#outcome(call, result)}`);
  }

  completed({ error, errorName, transferred, by, outputs, ...call }: TracedCompletion): void {
    this.settle();
    const what = error === 0 ? `${transferred} bytes` : this.#paint('yellow', errorName ?? String(error));
    const told = by === 'none' ? '' : `, told by ${by}`;
    const received = argumentTexts(outputs);
    const contents = received === '' ? '' : `; ${received}`;
    const head = this.#head({ ...call, depth: 0 }, call.time);
    this.#line(`${head}${this.#paint('bold', call.function)} #${call.id} ends: ${what}${told}${contents}`);
  }

  settle(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#line(`${held.line} …`);
  }

  finish(open: readonly TracedCall[]): void {
    this.settle();
    for (const call of open.toReversed()) this.#line(`${this.#head(call, call.began)}${call.function} … not over`);
  }

  #outcome(call: TracedCall, { ended, result, error, errorName, outputs, thrown, isPending }: TracedResult): string {
    const took = ended - call.began;
    const time = took >= 0.001 ? this.#paint('dim', ` (${took.toFixed(3)} ms)`) : '';
    if (thrown !== null) return ` ${this.#paint('red', `threw ${printable(thrown)}`)}${time}`;
    const failure = error === 0 ? '' : ` ${this.#paint(isPending ? 'yellow' : 'red', errorName ?? String(error))}`;
    const operation = isPending ? ` #${call.id}` : '';
    const texts = argumentTexts(outputs);
    const out = texts === '' ? '' : ` → ${texts}`;
    return ` = ${valueText(result)}${failure}${operation}${out}${time}`;
  }

  #head(
    { border, layer, depth, instance }: Pick<TracedCall, 'border' | 'layer' | 'depth' | 'instance'>,
    time: number,
  ): string {
    const number = instance === 1 ? '' : `${instance}: `;
    const whose = `${number}${printable(trackName(border, layer))}`.padEnd(18);
    return `${this.#paint('dim', `${time.toFixed(3).padStart(12)} ms`)}  ${this.#paint('cyan', whose)} ${INDENT.repeat(depth)}`;
  }

  #line(line: string): void {
    this.write(`${line}\n`);
  }

  #paint(style: Style, text: string): string {
    return this.isColoured ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** What a border and a layer are called in a trace. */
export function trackName(border: TracedCall['border'], layer: TracedCall['layer']): string {
  switch (border) {
    case 'api':
      return 'API';
    case 'provider':
      return `${layer!.depth} ${layer!.name}`;
    case 'upcall':
      return `upcalls ${layer!.name}`;
    case 'name-space provider':
      return `names ${layer!.name}`;
  }
}

import type { TracedCall, TracedCompletion, TracedResult, TraceFormat, WriteText } from './traced-call.js';

/** A JSON object on a line for each call, when it has returned, and for each end of an operation. */
export class JsonLinesFormat implements TraceFormat {
  /** @param from what is said of the process in each line */
  constructor(
    private readonly write: WriteText,
    private readonly from: { readonly process: number; readonly thread: number },
  ) {}

  begin(): void {
    // It is told of with its result.
  }

  end(call: TracedCall, { ended, result, error, errorName, outputs, thrown, isPending }: TracedResult): void {
    this.#line({
      ...this.#aboutCall(call),
      duration: ended - call.began,
      result,
      error,
      errorName,
      outputs,
      ...(thrown === null ? {} : { thrown }),
      ...(isPending ? { pending: true } : {}),
    });
  }

  completed({ layer, socket, ...completion }: TracedCompletion): void {
    this.#line({ event: 'completion', ...completion, layer: this.#layer(layer), socket: socket ?? null, ...this.from });
  }

  settle(): void {
    // Nothing is held back.
  }

  finish(open: readonly TracedCall[]): void {
    for (const call of open) this.#line({ ...this.#aboutCall(call), unfinished: true });
  }

  #aboutCall({
    id,
    parent,
    depth,
    function: name,
    border,
    layer,
    socket,
    instance,
    began,
    arguments: given,
  }: TracedCall) {
    return {
      event: 'call',
      id,
      parent,
      depth,
      function: name,
      border,
      layer: this.#layer(layer),
      socket: socket ?? null,
      time: began,
      arguments: given,
      instance,
      ...this.from,
    };
  }

  #layer(layer: TracedCall['layer']): unknown {
    return layer === null
      ? null
      : { name: layer.name, depth: layer.depth, entry: layer.entry?.dwCatalogEntryId ?? null };
  }

  #line(object: unknown): void {
    this.write(`${JSON.stringify(object)}\n`);
  }
}

import type { RequestAnswer } from '../../../name-space/index.js';
import type { DeferredWork, InstanceHost } from '../../../spi/index.js';
import type { Search } from './database.js';

/** A question whose answer is looked for: a slice in each turn, for a name may be in very many lines. */
export class Answering<T> implements DeferredWork {
  queued = false;

  /**
   * @param host whose turns they are
   * @param search that finds the answer
   * @param answer over when nobody wants it any more
   * @param found told of what was found; by the first `run`, if that is soon found
   */
  constructor(
    private readonly host: Pick<InstanceHost, 'deferToNextTurn'>,
    private readonly search: Search<T>,
    private readonly answer: Pick<RequestAnswer, 'isOver'>,
    private readonly found: (found: T) => void,
  ) {}

  run(): void {
    if (this.answer.isOver) return;
    const { done, value } = this.search.next();
    if (done === true) this.found(value);
    else this.host.deferToNextTurn(this);
  }
}

import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable } from '../spi/answers.js';
import type { Defect, KeyLogListener, KeyLog as KeyLogOfHost } from '../spi/index.js';

/** The secrets of an instance's secured connections, from the layers that secure them to those that show them. */
export class KeyLog implements KeyLogOfHost {
  /** A list that is never changed: a listener may come and go while others are told. */
  #listeners: readonly KeyLogListener[] = [];

  /** @param report told of listeners that throw; must not throw, and is told no secret */
  constructor(private readonly report: (defect: Defect) => void) {}

  get listening(): boolean {
    return this.#listeners.length > 0;
  }

  write(line: string): void {
    for (const listener of this.#listeners) {
      if (!this.#listeners.includes(listener)) continue;
      try {
        const answer: unknown = listener(line);
        if (isThenable(answer)) {
          ignoreOutcome(answer);
          this.#takeOff(listener, `returned a promise: ${ANSWERS_AT_ONCE}`);
        }
      } catch (cause) {
        this.#takeOff(listener, 'threw', cause);
      }
    }
  }

  listen(listener: KeyLogListener): Disposable {
    // A function of its own: who listens twice is told twice, and taken off one at a time.
    const own: KeyLogListener = (line) => listener(line);
    this.#listeners = [...this.#listeners, own];
    return { [Symbol.dispose]: () => this.#without(own) };
  }

  #without(listener: KeyLogListener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  #takeOff(listener: KeyLogListener, what: string, cause?: unknown): void {
    this.#without(listener);
    this.report({
      message: `a listener of the key log ${what}; it is told nothing more`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

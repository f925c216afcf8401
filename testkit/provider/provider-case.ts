/** One case of the suite, for a test runner. */
export interface ProviderCase {
  /** The topic's title and a sentence. */
  readonly name: string;
  /** What it is about. */
  readonly topic: string;
  /** Why it is not tried; `null` for those that are. */
  readonly skip: string | null;
  /**
   * Tries it, in an instance of its own.
   *
   * @throws AssertionError telling which rule was broken, at which line, and which calls led there
   */
  run(): Promise<void>;
}

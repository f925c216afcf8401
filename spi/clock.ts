/** The instance's source of time. Everything below `node/` takes the time from here. */
export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions; never goes back. */
  now(): number;
  /** Whether time moves only when it is told to. */
  readonly virtual: boolean;
  /** Attaches a reactor, which a virtual clock asks for its timers and has work while it moves; returns the detachment. */
  attach?(client: ClockClient): () => void;
  /** Moves a virtual clock to a moment, never back. */
  moveTo?(moment: number): void;
  /** The moment of the earliest timer of all who are attached; `Infinity` for none. */
  nextTimer?(): number;
  /** Has all who are attached do what is due. */
  runDue?(): void;
}

/** What a virtual clock knows of a reactor. */
export interface ClockClient {
  /** The moment of the next timer; `Infinity` for none. */
  nextTimer(): number;
  /** Does what is due. */
  runDue(): void;
}

/** A timer of the instance's clock. */
export interface Timer {
  /** Takes the timer back; harmless when it has fired. */
  cancel(): void;
}

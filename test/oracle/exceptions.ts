// Where Wine is known to differ from Windows, and this project goes with Windows; and what Linux below it cannot do.

/** A line of a trace that is another one here. */
export interface Exception {
  readonly group: string;
  /** The scenario's title. */
  readonly scenario: string;
  /** Only on this base provider; on both if absent. */
  readonly base?: 'memory' | 'tcpip';
  /** Wine's line. */
  readonly wine: string;
  /** What Windows does, and this project, in the same words. */
  readonly here: string;
  /** Why that is known. */
  readonly because: string;
}

/** All of them. An exception that is none any more fails the test of its scenario. */
export const EXCEPTIONS: readonly Exception[] = [];

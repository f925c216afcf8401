// What a recording is, apart from how it is written down.

/** The format's name and version, as the first line of a recording has them. */
export const FORMAT = 'ws2spi-recording';
/** The latest version that is written and read; it has raw bytes, which version 1 has not. */
export const VERSION = 2;

/** Which way something went, as the program sees it. */
export const Direction = { SENT: 0, RECEIVED: 1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** One end of a connection. */
export interface Endpoint {
  /** An address in text form. */
  readonly address: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** When and where an event is in a recording. */
interface EventPlace {
  /** Milliseconds since the conversation began; 0 where no times are recorded. */
  readonly at: number;
  /** The line that it ends with. */
  readonly line: number;
}

/** What happened in a conversation, in order. */
export type RecordedEvent = EventPlace &
  (
    | { readonly kind: 'bytes'; readonly direction: Direction; readonly bytes: Buffer }
    | { readonly kind: 'end'; readonly direction: Direction }
    | { readonly kind: 'error'; readonly code: number }
    | { readonly kind: 'failed'; readonly code: number }
    | { readonly kind: 'datagram'; readonly direction: Direction; readonly bytes: Buffer; readonly peer: Endpoint }
  );

/**
 * How a conversation is over: `close` and `abort` by the program, `error` by the network; `failed` when its connect did; `open`
 * when it was not over when the program was; `cut` when the recording does not say.
 */
export type Ending = 'close' | 'abort' | 'error' | 'failed' | 'open' | 'cut';

/** One conversation of a recording. */
export interface RecordedConversation {
  /** Its number within its part of the recording. */
  readonly number: number;
  /** The line that it begins with. */
  readonly line: number;
  readonly kind: 'connect' | 'accept' | 'datagrams';
  /** The host's name that the program gave, if it did. */
  readonly name: string | null;
  /** Where the program connected to, or the local name that it accepted at; `null` for datagrams. */
  readonly endpoint: Endpoint | null;
  /** Whom the program accepted; `null` for others. */
  readonly from: Endpoint | null;
  readonly events: readonly RecordedEvent[];
  readonly ending: Ending;
  /** How many connections that the program accepted were over when this one began. */
  readonly overBefore: number;
}

/** A recording that was read. */
export interface Recording {
  /** The file. */
  readonly file: string;
  readonly conversations: readonly RecordedConversation[];
  /** Where the program listened, in that order, where there was more than one place. */
  readonly listeners: readonly Endpoint[];
  /** Whether events have times. */
  readonly timed: boolean;
  /** The latest version that a part of it has. */
  readonly version: number;
}

/** A recording that cannot be used: damaged, empty, or of a later version. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';

  /**
   * @param file the recording
   * @param line from 1
   * @param column from 1
   * @param what what is wrong, and what to do
   */
  constructor(
    readonly file: string,
    readonly line: number,
    readonly column: number,
    what: string,
  ) {
    super(`${file}:${line}:${column}: ${what}`);
  }
}

/** An endpoint as a text: `127.0.0.1:80`, `[::1]:80`. */
export function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

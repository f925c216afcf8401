// Data that goes with the beginning and the end of a connection, beside the stream of messages.

/** What goes along in one direction: data, and options that the two programs agree on; `null` for none. */
export interface UserData {
  readonly data: Uint8Array | null;
  readonly options: Uint8Array | null;
}

/** Nothing goes along. */
export const NO_USER_DATA: UserData = { data: null, options: null };

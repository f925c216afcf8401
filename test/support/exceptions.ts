// Where the operating system below the native provider cannot do what Windows does. The expectation stays, and is held
// by the memory provider; on the native one the test is skipped, with the reason in its name.

/** Expectations that the native provider does not meet on Linux, and why. */
export const NATIVE_EXCEPTIONS = {
  'urgent bytes queue up':
    'Linux keeps one urgent byte per connection; a second one pushes the first into the normal data',
  'an ordinary receive leaves urgent data alone':
    'Linux drops an urgent byte that an ordinary receive passes, and a codec receives below on its own account',
  'a reset is told before the data that came first':
    'Linux lets a reset overtake data that was received before it, but reports the data first to a reader that asks',
  'exact buffer sizes':
    'Linux rounds SO_SNDBUF and SO_RCVBUF up and counts its own overhead, so that the room is not the number asked for',
  'a full listen queue refuses':
    'Linux drops a connection request that finds the listen queue full, and the client asks again, instead of refusing it',
} as const;

/** One of the exceptions. */
export type NativeException = keyof typeof NATIVE_EXCEPTIONS;

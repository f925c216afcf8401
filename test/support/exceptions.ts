// Where the operating system below the native provider cannot do what Windows does. The expectation stays, and is held
// by the memory provider; on the native one the test is skipped, with the reason in its name.

/** Expectations that the native provider does not meet on Linux, and why. */
export const NATIVE_EXCEPTIONS = {
  'a send needs no send buffer':
    'Linux gives every socket a send buffer of a few kilobytes and takes no more than that holds',
  'a full listen queue refuses':
    'Linux drops a connection request that finds the listen queue full, and the client asks again, instead of refusing it',
  'a multicast can be kept from its sender':
    'Linux’ loopback interface gives everything back, whatever IP_MULTICAST_LOOP says; on other interfaces it is obeyed',
  'the oldest datagram gives way':
    'Linux drops a datagram that finds the receive queue full, and has nothing that drops the oldest instead',
  'urgent bytes wait side by side':
    'Linux keeps one urgent byte; when a newer one arrives before the stream was read up to the first, that becomes ordinary data',
} as const;

/** One of the exceptions. */
export type NativeException = keyof typeof NATIVE_EXCEPTIONS;

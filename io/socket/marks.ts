// What a front remembers in one bit. There may be very many sockets, and each field of one takes eight bytes; so does a class
// with `#methods`, and those that very many objects are of have `private` ones.

/** The bits of `SocketWaits.marks`. */
export const Mark = {
  RECEIVE_SHUT_DOWN: 0x1,
  SEND_SHUT_DOWN: 0x2,
  /** FD_CLOSE was recorded. */
  CLOSE_REPORTED: 0x4,
  /** It became connected by `connect`. */
  ACTIVE: 0x8,
  /** Its core has another front as well. */
  DUPLICATE: 0x10,
  /** What a receive may have left is to be confirmed. */
  UNVERIFIED: 0x20,
  /** An operation is being served through the layers above. */
  SERVING: 0x40,
  /** Receives that waited when receiving was shut down go on. */
  LAST_RECEIVES: 0x80,
  /** WSA_FLAG_OVERLAPPED. */
  OVERLAPPED: 0x100,
  /** SOCK_STREAM or SOCK_SEQPACKET. */
  STREAM: 0x200,
  /** Two bits: one of `MissingContext`. */
  LACKS_CONTEXT: 0xc00,
  /** SOCK_SEQPACKET. */
  KEEPS_BOUNDARIES: 0x1000,
  /** The root of a multipoint session. */
  SESSION_ROOT: 0x2000,
  /** It stands for a leaf that is about to be joined. */
  JOINING: 0x4000,
} as const;

/** Where the two bits of `LACKS_CONTEXT` begin. */
export const LACKS_CONTEXT_SHIFT = 10;

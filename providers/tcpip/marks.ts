// What a core remembers in one bit. There may be very many cores, and each field of one takes eight bytes; so does a class
// with `#methods`, and those that very many objects are of have `private` ones.

/** The bits of `DescriptorCore.marks`. */
export const Mark = {
  BOUND: 0x1,
  /** SO_OOBINLINE. */
  INLINE_URGENT: 0x2,
  /** Others have the socket too. */
  SHARED: 0x4,
  /** Urgent data has been about. */
  URGENT_SEEN: 0x8,
  /** Ordinary receives have to look for urgent bytes first. */
  URGENT_NEAR: 0x10,
  /** The front was told of the byte that the kernel has. */
  URGENT_TOLD: 0x20,
  /** In line, a byte still ahead in the stream may have been taken out of band. */
  TAKEN_AHEAD: 0x40,
  SENDING_ENDED: 0x80,
  RECEIVING_ENDED: 0x100,
  /** What was received before a reset is given all the same. */
  KEEPS_RECEIVED: 0x200,
} as const;

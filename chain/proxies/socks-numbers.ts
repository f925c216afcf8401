// The numbers of SOCKS (RFC 1928, RFC 1929, and the memos on versions 4 and 4A).

/** The versions of the protocol, and of its negotiation of a password. */
export const SocksVersion = { FOUR: 4, FIVE: 5, PASSWORD: 1 } as const;

/** What a proxy can be asked for; `UDP_ASSOCIATE` of SOCKS 5 alone. */
export const SocksCommand = { CONNECT: 1, BIND: 2, UDP_ASSOCIATE: 3 } as const;

/** How a proxy learns who asks. */
export const SocksMethod = { NONE: 0, PASSWORD: 2, NO_ACCEPTABLE: 255 } as const;

/** Replies of SOCKS 5 that have a meaning of their own to programs. */
export const Socks5Reply = {
  GRANTED: 0,
  FAILURE: 1,
  NOT_ALLOWED: 2,
  NETWORK_UNREACHABLE: 3,
  HOST_UNREACHABLE: 4,
  CONNECTION_REFUSED: 5,
  TTL_EXPIRED: 6,
  COMMAND_NOT_SUPPORTED: 7,
  ADDRESS_NOT_SUPPORTED: 8,
} as const;

/** Replies of SOCKS 4: granted, or not. */
export const Socks4Reply = { GRANTED: 90, REFUSED: 91 } as const;

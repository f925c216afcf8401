// macOS' numbers and layouts, for the code that the Unix family shares: after the public headers `sys/socket.h`,
// `sys/filio.h`, `netinet/in.h` and `netinet6/in6.h`. They are the same on both processors.
import { PKTINFO, type SystemNumbers } from '../posix/system-numbers.js';
import { errors } from './errors.js';

/** Those of macOS. */
export const darwinNumbers: SystemNumbers = {
  errors,
  AF_INET6: 30,
  namesHaveLength: true,
  message: { NAME: 0, NAMELEN: 2, IOV: 4, IOVLEN: 6, CONTROL: 8, CONTROLLEN: 10, FLAGS: 11, SIZE: 48 },
  control: {
    LEVEL: 4,
    TYPE: 8,
    DATA: 12,
    ALIGNMENT: 4,
    PKTINFO,
    IP_PKTINFO: 26,
    // Of IPv4, neither goes out by control data; see `DarwinSockets.sendMessage`.
    IP_TTL: 4,
    IP_TOS: 3,
    RECEIVED_TTL: [24],
    RECEIVED_TOS: [27],
    IPV6_PKTINFO: 46,
    IPV6_HOPLIMIT: 47,
    IPV6_TCLASS: 36,
    RECEIVED_TCLASS: [36],
  },
  MSG_TRUNC: 0x10,
  // SO_NOSIGPIPE instead.
  MSG_NOSIGNAL: 0,
  SOL_SOCKET: 0xffff,
  SO_REUSEADDR: 0x4,
  SO_REUSEPORT: 0x200,
  SO_TYPE: 0x1008,
  SO_ERROR: 0x1007,
  SO_KEEPALIVE: 0x8,
  // SO_LINGER_SEC: that SO_LINGER of macOS counts ticks.
  SO_LINGER: 0x1080,
  SO_ACCEPTCONN: 0x2,
  TCP_KEEPIDLE: 0x10,
  TCP_KEEPINTVL: 0x101,
  sharedDatagrams: [0x4, 0x200],
  FIONREAD: 0x4004667f,
  SIOCATMARK: 0x40047307,
  scopeMissing: [49 /* EADDRNOTAVAIL */, 51 /* ENETUNREACH */, 65 /* EHOSTUNREACH */],
};

/** Numbers that are used in this folder alone. */
export const DARWIN = {
  AF_UNIX: 1,
  O_NONBLOCK: 0x4,
  FD_CLOEXEC: 1,
  F_SETFD: 2,
  F_SETFL: 4,
  F_DUPFD_CLOEXEC: 67,
  SO_NOSIGPIPE: 0x1022,
  SO_NREAD: 0x1020,
  SO_NWRITE: 0x1024,
  SO_RCVTIMEO: 0x1006,
  SCM_RIGHTS: 1,
  SOL_LOCAL: 0,
  LOCAL_PEERPID: 2,
  IPV6_V6ONLY: 27,
  IPV6_BOUND_IF: 125,
  TCP_CONNECTION_INFO: 0x106,
} as const;
